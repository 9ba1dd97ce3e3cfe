"""REHEARSAL: local stand-ins for the providers, as ASGI apps. The product floors cannot import them; only ``bench`` joins them."""
