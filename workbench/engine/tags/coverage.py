"""COVERAGE: which of the API's objects and of the web events are told by which way, what is missing, and what counts twice (R-SYNC-26)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from workbench.models.tags import WAYS, Coverage, Covered, Way
from workbench.sentence import N_, Sentence, say

from .page import Page
from .reading import cart_of, client_of, events_of


class Thing(NamedTuple):
    """One thing to tell and the ways there are; ``billed`` says that telling it uses up an activity of the plan."""

    key: str
    title: str
    possible: tuple[Way, ...]
    billed: bool = False


OBJECTS: Final = (
    Thing("contacts", N_("Contacts"), ("api", "tag", "js")),
    Thing("products", N_("Products"), ("api", "tag", "js")),
    Thing("purchases", N_("Purchases"), ("api",)),
    Thing("coupons", N_("Coupons"), ("api",)),
)
EVENTS: Final = (
    Thing("page-visit", N_("Page visited"), ("tag", "js"), True),
    Thing("product-visited", N_("Product visited"), ("tag", "js"), True),
    Thing("product-searched", N_("Product found by a search"), ("tag", "js"), True),
    Thing("product-not-found", N_("Product not found"), ("tag", "js")),
    Thing("search", N_("Search made"), ("tag", "js"), True),
    Thing("login", N_("Login"), ("tag", "js"), True),
    Thing("register", N_("Registration"), ("tag", "js"), True),
    Thing("newsletter-subscribe", N_("Newsletter subscribed"), ("tag", "js"), True),
    Thing("cart", N_("State of the cart"), ("tag", "js"), True),
    Thing("purchase", N_("Purchase made"), ("api", "tag", "js"), True),
    Thing("contact-info", N_("Who the visitor is"), ("tag", "js"), True),
    Thing("custom", N_("Events of the shop's own"), ("js",), True),
)
_TWICE: Final[Mapping[str, Sentence]] = {
    "purchase": say(
        "A purchase told twice may count twice, in sales and in activities. Choose one way, or make sure that all carry the same "
        "purchaseId; the API is the surest, and does not know what the visitor saw."
    ),
    "cart": say("The cart is told twice: the tag of an older page can take the place of a newer cart. Choose one way."),
    "page-visit": say(
        "The platform's script tells a visit by itself whenever a page is loaded. Tell it by JavaScript only where no page is loaded."
    ),
}  # fmt: skip
_PLAIN_TWICE: Final = say(
    "It is told twice: each telling is an event and starts the automations anew. Choose one way."
)
_HARMLESS: Final = ("contacts", "products", "contact-info")
_STATES: Final = ("cart", "contact-info")
"""What is told as a state: the same state told twice is no second event."""


def coverage(choices: Mapping[str, Sequence[Way]]) -> Coverage:
    """Return how each thing stands with the ways that are chosen for it; keys and ways that are none are left out."""
    chosen = {key: tuple(way for way in WAYS if way in ways) for key, ways in choices.items()}
    if "purchases" in chosen:  # the object and the event are the same purchase
        chosen["purchase"] = tuple(
            way for way in WAYS if way in (*chosen.get("purchase", ()), *chosen["purchases"])
        )
    rows = [_row(thing, "object", chosen) for thing in OBJECTS] + [
        _row(thing, "event", chosen) for thing in EVENTS
    ]
    return Coverage(
        rows=tuple(rows),
        covered=sum(row.state in ("covered", "twice") for row in rows),
        missing=sum(row.state == "missing" for row in rows),
        twice=sum(row.state == "twice" for row in rows),
    )


def told_by(page: Page) -> dict[str, list[Way]]:
    """Return what a page's tags tell, as choices: the events and the cart that arrive, and whether the visitor is known."""
    found: dict[str, list[Way]] = {str(event["type"]): ["tag"] for event in events_of(page)}
    if cart_of(page) is not None:
        found["cart"] = ["tag"]
    if client_of(page).get("primaryKey"):
        found["contact-info"] = ["tag"]
    return found


def times_told(key: str, choices: Mapping[str, Sequence[Way]]) -> int:
    """Return how many times one event is counted: once for each way it is told, and once where nothing is chosen."""
    if key in _STATES:
        return 1
    ways = set(choices.get(key, ()))
    if key == "purchase":
        ways |= set(choices.get("purchases", ()))
    return max(1, len(ways & set(WAYS)))


def _row(thing: Thing, group: str, chosen: Mapping[str, Iterable[Way]]) -> Covered:
    ways = tuple(way for way in chosen.get(thing.key, ()) if way in thing.possible)
    more = len(ways) > 1 and thing.key not in _HARMLESS
    return Covered.model_validate({
        "key": thing.key, "title": thing.title, "group": group, "possible": thing.possible, "chosen": ways,
        "state": "twice" if more else "covered" if ways else "missing",
        "sentence": _TWICE.get(thing.key, _PLAIN_TWICE) if more else _missing(thing) if not ways else None,
    })  # fmt: skip


def _missing(thing: Thing) -> Sentence:
    if thing.possible == ("api",):
        return say("Nothing tells it yet. Only the API does: sync a table.")
    if thing.possible == ("js",):
        return say("Nothing tells it yet. Only JavaScript does.")
    return say("Nothing tells it yet. Choose a way, or leave it out on purpose.")
