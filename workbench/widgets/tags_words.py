"""TAGS WORDS: how tags, events, their values and findings are called, and an example of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from workbench.models.base import Level
from workbench.models.tags import Effect, ScriptKind, TagKind, Way
from workbench.sentence import N_, Sentence

from .look import Kind
from .piece import said

__all__ = [
    "EFFECTS",
    "FIELDS",
    "LEVELS",
    "LINE_COLUMNS",
    "SAMPLES",
    "SCRIPTS",
    "STATES",
    "TAGS",
    "WAY_NAMES",
    "Asked",
    "choices",
]

TAGS: Final[Mapping[TagKind, str]] = {
    "cart": N_("State of the cart"), "purchase": N_("Purchase"), "product_visited": N_("Product visited"),
    "product_searched": N_("Product found by a search"), "product_not_found": N_("Product not found"), "search": N_("Search"),
    "login": N_("Login"), "register": N_("Registration"), "newsletter_subscribe": N_("Newsletter subscribed"),
    "client_info": N_("Who the visitor is"), "page_info": N_("Categories and words of the page"), "banner": N_("Place for content"),
}  # fmt: skip
SCRIPTS: Final[Mapping[ScriptKind, str]] = {
    "page-visit": N_("Page visited"), "product-visited": N_("Product visited"), "product-searched": N_("Product found by a search"),
    "product-not-found": N_("Product not found"), "search": N_("Search"), "login": N_("Login"), "register": N_("Registration"),
    "newsletter-subscribe": N_("Newsletter subscribed"), "cart": N_("State of the cart"), "purchase": N_("Purchase"),
    "custom": N_("An event of the shop's own"),
}  # fmt: skip
WAY_NAMES: Final[Mapping[Way, str]] = {"api": N_("API"), "tag": N_("Tag"), "js": N_("JavaScript")}
LEVELS: Final[Mapping[Level, tuple[str, Kind]]] = {
    "error": (N_("Lost"), "error"), "warning": (N_("Look at this"), "warn"), "note": (N_("Note"), "info"),
}  # fmt: skip
EFFECTS: Final[Mapping[Effect, str]] = {
    "dropped": N_("dropped"), "changed": N_("changed"), "ignored": N_("ignored"), "missing": N_("missing"), "unread": N_("never read"),
    "advice": N_("advice"),
}  # fmt: skip
STATES: Final[Mapping[str, tuple[str, Kind]]] = {
    "covered": (N_("told"), "ok"), "missing": (N_("not told"), "quiet"), "twice": (N_("told twice"), "error"),
    "impossible": (N_("not possible"), "quiet"),
}  # fmt: skip


class Asked(NamedTuple):
    """A value that the form asks for: its name on the wire, what it is called, its kind, and whether it can be left open."""

    key: str
    label: str
    needed: bool = False
    kind: str = "text"
    """``text``, ``list`` (one a line), ``choice``, ``json``, ``pairs`` (name and value a line), ``lines`` (products)."""
    hint: str = ""
    placeholder: str = ""


_ID: Final = Asked("productId", N_("Product id"), True)
_PRODUCT: Final = (
    _ID,
    Asked("name", N_("Name"), True),
    Asked("productDetailUrl", N_("Address of its page"), True, placeholder="https://shop.example.com/p/1"),
    Asked("unitPrice", N_("Price of one"), True, placeholder="19.90"),
    Asked("availability", N_("Availability"), kind="choice"),
    Asked("unitPriceOriginal", N_("Price before the discount")),
    Asked("unitPriceWithoutVAT", N_("Price without tax")),
    Asked("discountedAmount", N_("Discount, as an amount")),
    Asked("discountedPercentage", N_("Discount, in percent")),
    Asked("imageUrl", N_("Address of its picture")),
    Asked("thumbnailUrl", N_("Address of its small picture")),
    Asked("brand", N_("Brand")),
    Asked("description", N_("Description")),
    Asked("categories", N_("Categories"), kind="list", hint=N_("One a line; / stands between levels."), placeholder="/home/knives"),
    Asked("tags", N_("Tags of the product"), kind="list", hint=N_("One a line.")),
    Asked("relatedExternalProductIds", N_("Related products"), kind="list", hint=N_("One id a line.")),
    Asked("priority", N_("Priority")),
    Asked("rating", N_("Rating")),
    Asked("ratingCount", N_("Number of ratings")),
    Asked("reviewCount", N_("Number of reviews")),
    Asked("customField1", N_("Field of your own 1")),
    Asked("customField2", N_("Field of your own 2")),
    Asked("customField3", N_("Field of your own 3")),
)  # fmt: skip
_TOTALS: Final = (
    Asked("products", N_("Products"), kind="lines", hint=N_("price is what a line costs together. Cells of a spreadsheet can be pasted.")),
    Asked("totalQuantity", N_("Pieces in all"), hint=N_("Left open: the sum of the lines.")),
    Asked("totalPrice", N_("Price in all"), hint=N_("Left open: the sum of the lines.")),
)  # fmt: skip
_CART: Final = (Asked("cartId", N_("Cart id"), True), *_TOTALS)
_PURCHASE: Final = (
    Asked("purchaseId", N_("Purchase id"), True),
    Asked("cartId", N_("Cart id"), hint=N_("With it the cart is taken for bought.")),
    Asked("purchaseDate", N_("Moment of the purchase"), placeholder="2026-03-01T09:30:00Z", hint=N_("With its zone.")),
    Asked("paymentMethod", N_("Payment method")),
    *_TOTALS,
)  # fmt: skip
_CONTACT: Final = (
    Asked("primaryKey", N_("E-mail address"), placeholder="ana.lima@example.com"),
    Asked("trackerId", N_("Visitor's id"), hint=N_("Only where the platform gave one; 24 characters at most.")),
    Asked("fields", N_("Other fields"), kind="pairs", hint=N_("One a line: the field's id, = and the value."), placeholder="_name = Ana"),
)  # fmt: skip

FIELDS: Final[Mapping[str, Sequence[Asked]]] = {
    "cart": _CART,
    "purchase": _PURCHASE,
    "product_visited": _PRODUCT,
    "product_searched": _PRODUCT,
    "product_not_found": (_ID,),
    "search": (Asked("searchText", N_("What was searched for"), True),),
    "login": (),
    "register": (),
    "page_visit": (),
    "newsletter_subscribe": (Asked("email", N_("E-mail address"), True),),
    "client_info": _CONTACT,
    "page_info": (
        Asked("categories", N_("Categories of the page"), kind="list", hint=N_("One a line, ten at most."), placeholder="/home/knives"),
        Asked("tags", N_("Words of the page"), kind="list", hint=N_("One a line, ten at most, of 25 characters at most.")),
    ),
    "banner": (Asked("id", N_("Id of the place"), True, placeholder="home-top"),),
    "custom": (
        Asked("eventId", N_("Event id"), True, hint=N_("As the platform shows it.")),
        Asked("payload", N_("Payload"), kind="json", placeholder='{"size": 38}'),
    ),
    "bought": (*_PURCHASE[:4], Asked("contactEmail", N_("E-mail address of the buyer"), hint=N_("Only the API takes it.")), *_TOTALS),
}  # fmt: skip
"""What is asked for, by kind (an event's with ``_`` for ``-``); ``bought`` is a purchase as all ways tell it."""
LINE_COLUMNS: Final[Mapping[str, str]] = {
    "productId": N_("Product id"), "name": N_("Name"), "productDetailUrl": N_("Address of its page"), "unitPrice": N_("Price of one"),
    "quantity": N_("Quantity"), "price": N_("Price of the line"),
}  # fmt: skip
"""What a line of a cart is asked for, and what it is called; a program may tell more."""

_KNIFE: Final = {
    "productId": "P-1", "name": "Bread knife", "productDetailUrl": "https://shop.example.com/p/1", "unitPrice": "60,25",
}  # fmt: skip
_BOARD: Final = {
    "productId": "P-2", "name": "Board", "productDetailUrl": "https://shop.example.com/p/2", "unitPrice": "12.00",
}  # fmt: skip
_LINES: Final = ({**_KNIFE, "quantity": "1", "price": "60,25"}, {**_BOARD, "quantity": "2", "price": "24.00"})
_BOUGHT: Final = {
    "purchaseId": "O-1001", "cartId": "CART-7", "purchaseDate": "2026-03-01T09:30:00Z", "paymentMethod": "card", "products": _LINES,
}  # fmt: skip
_SEEN: Final = {**_KNIFE, "availability": "instock", "categories": "/kitchen/knives", "brand": "Corte"}
_ANA: Final = "ana.lima@example.com"
SAMPLES: Final[Mapping[str, Mapping[str, Any]]] = {
    "cart": {"cartId": "CART-7", "products": _LINES},
    "purchase": _BOUGHT,
    "bought": {**_BOUGHT, "contactEmail": _ANA},
    "product_visited": _SEEN,
    "product_searched": _SEEN,
    "product_not_found": {"productId": "P-9"},
    "search": {"searchText": "bread knife"},
    "newsletter_subscribe": {"email": _ANA},
    "client_info": {"primaryKey": _ANA, "fields": "_name = Ana\n_newsletterSubscriptionStatus = subscribed"},
    "page_info": {"categories": "/kitchen/knives", "tags": "new\nsharp"},
    "banner": {"id": "home-top"},
    "custom": {"eventId": "size-chosen", "payload": '{"size": 38}'},
}


def choices(names: Mapping[Any, str]) -> list[tuple[str, Sentence, str]]:
    """Return names as the options of a choice."""
    return [(str(key), Sentence("{name}", {"name": said(text)}), "") for key, text in names.items()]
