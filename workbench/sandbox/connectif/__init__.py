"""The stand-in of Connectif: contacts, products, purchases, coupon sets and imports, kept as long as it lives."""
