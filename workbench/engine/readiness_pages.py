"""READINESS PAGES: whether what a page tells is what a check of the validation wants to hear.

A page's tags are read as the platform's script reads them (``engine.tags``); what a browser truly posted is read as it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from workbench.models.base import JsonValue
from workbench.models.readiness import Source
from workbench.models.tags import Finding, Simulated
from workbench.sentence import Sentence, say

LONGEST_PAGE: Final = 2_000_000
_EVENTS: Final[Mapping[str, str]] = {
    "product.page": "product-visited", "purchase.page": "purchase", "login.page": "login", "register.page": "register",
    "search.page": "search", "newsletter.page": "newsletter-subscribe",
}  # fmt: skip
_TAGS: Final[Mapping[str, tuple[str, ...]]] = {
    "product": ("cn_product_visited",), "cart": ("cn_cart", "product_basket_item"), "purchase": ("cn_purchase", "product_basket_item"),
    "login": ("cn_login", "cn_client_info"), "register": ("cn_register", "cn_client_info"), "search": ("cn_search",),
    "newsletter": ("cn_newsletter_subscribe",),
}  # fmt: skip
"""The tags whose findings matter to a step."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a page tells: the body that goes to the platform (None: nothing goes), what changed since the page before, the findings."""

    body: Mapping[str, Any] | None
    source: Source = "page"
    events: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    compared: bool = False
    findings: tuple[Finding, ...] = ()
    why: Sentence | None = None
    """Why nothing goes."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict: whether it is so, in a sentence, and what to do where it is not (None: what the plan says)."""

    ok: bool
    sentence: Sentence
    next_step: Sentence | None = None
    notes: tuple[Sentence, ...] = ()


def posted(text: str) -> Mapping[str, Any] | None:
    """Return the body that a browser posted, where ``text`` is one; None for a page."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    known = isinstance(value, dict) and any(key in value for key in ("events", "cart", "entityInfo"))
    return value if known else None


def seen_posted(body: Mapping[str, Any], before: Mapping[str, Any] | None) -> Seen:
    """Return what a browser told; a cart that stands in the body is one that changed, for the script leaves others out."""
    events = tuple(str(one.get("type")) for one in _events(body))
    cart = (
        ("cart",)
        if isinstance(body.get("cart"), dict) and body.get("cart") != (before or {}).get("cart")
        else ()
    )
    return Seen(body=body, source="browser", events=events, changed=cart, compared=before is not None)


def seen_page(found: Simulated, findings: Sequence[Finding], compared: bool) -> Seen:
    """Return what a page tells by its tags."""
    return Seen(
        body=found.body, events=found.events, changed=found.changed, compared=compared, findings=tuple(findings), why=found.sentence,
    )  # fmt: skip


def judge(check: str, seen: Seen) -> Judged:
    """Return whether what was told is what the check wants."""
    step = check.partition(".")[0]
    mattering = [one for one in seen.findings if one.tag in _TAGS.get(step, ())]
    notes = tuple(one.sentence for one in mattering)
    lost = next((one for one in mattering if one.level == "error"), None)
    told = _cart(check, seen) if step == "cart" else _event(check, seen)
    if told.ok and lost is not None:
        told = Judged(False, say("It is told, but not whole: {why}", why=lost.sentence), lost.fix)
    elif not told.ok and lost is not None:
        told = Judged(False, say("{told} {why}", told=told.sentence, why=lost.sentence), lost.fix)
    return Judged(told.ok, told.sentence, told.next_step, notes)


def _event(check: str, seen: Seen) -> Judged:
    wanted = _EVENTS[check]
    event = next((one for one in _events(seen.body or {}) if one.get("type") == wanted), None)
    if event is None:
        others = [kind for kind in seen.events if kind != "page-visit"]
        if not others:
            return Judged(
                False, say("The page does not tell “{event}”, nor anything else but a visit.", event=wanted)
            )
        return Judged(
            False,
            say(
                "The page does not tell “{event}”. It tells: {others}.",
                event=wanted,
                others=", ".join(others)[:200],
            ),
        )
    if check in ("login.page", "register.page"):
        return _who(wanted, seen)
    if check == "product.page":
        product = _part(event, "product")
        return Judged(
            True,
            say(
                "The page tells a visit of “{name}” ({id}).",
                name=_text(product, "name"),
                id=_text(product, "productId"),
            ),
        )
    if check == "search.page":
        return Judged(True, say("The page tells a search for “{text}”.", text=_text(event, "searchText")))
    if check == "purchase.page":
        return _purchase(_part(event, "purchase"))
    if not event.get("email") and not _primary(seen):
        return Judged(False, say("The page tells a sign-up, but not whose: there is no email in it."), say(
            "Write the address into the tag's “email”, or tell who the visitor is (cn_client_info with primary_key)."
        ))  # fmt: skip
    return Judged(True, say("The page tells a sign-up with its address."))


def _who(event: str, seen: Seen) -> Judged:
    if _primary(seen):
        return Judged(True, say("The page tells “{event}”, and who it was.", event=event))
    return Judged(False, say("The page tells “{event}”, but not who it was.", event=event), say(
        "Put a cn_client_info with the customer's address as primary_key on the page too."
    ))  # fmt: skip


def _purchase(purchase: Mapping[str, Any]) -> Judged:
    lines = _lines(purchase)
    if not lines:
        return Judged(False, say("The page tells purchase {id}, but none of its products arrives.", id=_text(purchase, "purchaseId")), say(
            "Put each product into the tag as “product_basket_item”, with name, url, product_id and a unit_price like 60.25."
        ))  # fmt: skip
    return Judged(True, say(
        "The page tells purchase {id}: {count} products, {total} in all.",
        id=_text(purchase, "purchaseId"), count=len(lines), total=_text(purchase, "totalPrice"),
    ))  # fmt: skip


def _cart(check: str, seen: Seen) -> Judged:
    cart = _part(seen.body or {}, "cart")
    if check == "cart.changed":
        return _changed(seen, bool(cart))
    if not cart:
        return Judged(False, say("The page tells no cart."))
    lines = _lines(cart)
    if check == "cart.emptied":
        if lines or cart.get("totalQuantity"):
            return Judged(
                False,
                say(
                    "The page tells a cart of {count} products. Empty it in the shop, then paste the page.",
                    count=len(lines),
                ),
            )
        return Judged(True, say("The page tells that cart {id} is empty.", id=_text(cart, "cartId")))
    if not lines:
        return Judged(False, say("The page tells a cart without any product that arrives."))
    return Judged(True, say(
        "The page tells cart {id}: {count} products, {total} in all.",
        id=_text(cart, "cartId"), count=len(lines), total=_text(cart, "totalPrice"),
    ))  # fmt: skip


def _changed(seen: Seen, cart: bool) -> Judged:
    if not seen.compared:
        return Judged(
            False,
            say("The page before the change is missing, so nothing can be compared."),
            say("Paste both pages."),
        )
    if cart and "cart" in seen.changed:
        return Judged(True, say("The changed cart is told again, whole."))
    if seen.why is not None and not cart:
        return Judged(False, say("The changed cart is not told: {why}", why=seen.why))
    return Judged(False, say("The cart is told the same as before, so the change does not arrive."), say(
        "Look whether the second page carries the new cart: the tag has to change with it, also where a script changes the page."
    ))  # fmt: skip


def _events(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    events = body.get("events")
    return [one for one in events if isinstance(one, dict)] if isinstance(events, list) else []


def _part(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = value.get(name)
    return part if isinstance(part, dict) else {}


def _lines(value: Mapping[str, Any]) -> list[JsonValue]:
    lines = value.get("products")
    return lines if isinstance(lines, list) else []


def _text(value: Mapping[str, Any], name: str) -> str:
    found = value.get(name)
    return "–" if found is None else str(found)[:120]


def _primary(seen: Seen) -> bool:
    return bool(_part(seen.body or {}, "entityInfo").get("primaryKey"))
