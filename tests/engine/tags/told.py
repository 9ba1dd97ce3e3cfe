"""Carts and purchases as a shop may have them, by the names of the wire, with every kind of text that HTML and JavaScript stumble over."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

AWKWARD = (
    "</script>",
    "<!--",
    "-->",
    "&amp;",
    "&",
    "<b>",
    '"',
    "'",
    "\\",
    "\u2028",
    "é",
    "😀",
    "]]>",
    "${x}",
    "`",
    "//",
    "a",
    "Z",
    " ",
    "\n",
    "0",
)
TEXTS = st.lists(st.sampled_from(AWKWARD), min_size=1, max_size=6).map(
    lambda parts: "n" + "".join(parts) + "n"
)
IDS = st.text(alphabet="abcXYZ019-_.", min_size=1, max_size=12).map(lambda text: "i" + text)
MONEY = st.decimals(min_value=0, max_value=Decimal("99999.99"), places=2, allow_nan=False)
WHOLE = st.integers(0, 10_000)
URLS = IDS.map(lambda id: f"https://shop.example/{id}?a=1&b=2")

PRODUCTS = st.fixed_dictionaries(
    {"productId": IDS, "name": TEXTS, "productDetailUrl": URLS, "unitPrice": MONEY},
    optional={
        "availability": st.sampled_from(["instock", "outofstock"]), "imageUrl": URLS, "description": TEXTS, "brand": TEXTS,
        "categories": st.lists(IDS, max_size=3, unique=True), "tags": st.lists(TEXTS, max_size=2, unique=True),
        "priority": WHOLE, "rating": MONEY,
        "reviewCount": WHOLE, "unitPriceOriginal": MONEY, "customField1": TEXTS, "inStockUnits": WHOLE, "isBlacklisted": st.booleans(),
    },
)  # fmt: skip
LINES = st.builds(
    lambda product, quantity, price: {**product, "quantity": quantity, "price": price}, PRODUCTS, WHOLE, MONEY
)
CARTS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"cartId": IDS, "products": st.lists(LINES, max_size=3)}
)
PURCHASES: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"purchaseId": IDS, "products": st.lists(LINES, min_size=1, max_size=3)},
    optional={
        "cartId": IDS, "paymentMethod": TEXTS, "purchaseDate": st.sampled_from(["2026-03-01T09:30:00Z", "2026-03-01T09:30:00.5+01:00"]),
        "contactEmail": st.just("ana@example.com"),
    },
)  # fmt: skip
