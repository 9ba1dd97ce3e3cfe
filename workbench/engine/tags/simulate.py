"""SIMULATE: from a page to what the platform's script would send for it, or why it sends nothing (R-SYNC-23)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote, unquote

from workbench.models.base import JsonValue
from workbench.models.tags import Simulated
from workbench.sentence import Sentence, say

from .javascript import cut
from .page import Page
from .reading import (
    TRACKER_LENGTH,
    Value,
    cart_of,
    client_of,
    events_of,
    page_info_of,
    placeholders_of,
)

_TRACKER: Final = re.compile(r"[?&]__cn_tracker=([^&#]*)", re.IGNORECASE)
_UNESCAPED: Final = "!~*'()-_."


def simulate(
    page: Page, before: Page | None = None, *, url: str = "", loads: bool = True, domains: Sequence[str] = ()
) -> Simulated:  # fmt: skip
    """Return what is sent for ``page`` by a visitor who saw ``before``.

    ``loads``: the page was opened, so the script gathers its events; else a script of the shop changed the tags and asked to send anew,
    without an event. ``domains`` are the addresses that the platform takes, none for all. What the browser alone knows (its size, a
    push subscription, the visitor's own id) is not in it.
    """
    if url and domains and not any(_within(url, domain) for domain in domains):
        return Simulated(
            sentence=say("The page's address is in none of the allowed domains: nothing is sent.")
        )
    events = events_of(page) if loads else []
    client, cart = _known(client_of(page), url), cart_of(page)
    earlier = cart_of(before) if before is not None else None
    same_client = before is not None and client == _known(client_of(before), "")
    same_cart = cart is not None and earlier is not None and cart_is_same(cart, earlier)
    another = {"entity": not same_client, "cart": cart is not None and not same_cart}
    changed = tuple(name for name, differs in another.items() if differs)
    if not events and not changed:
        return Simulated(sentence=say(
            "Neither the contact nor the cart is another than before, and there is no event: nothing is sent."
        ))  # fmt: skip
    body: dict[str, JsonValue] = {"entityInfo": client}
    if cart is not None and not same_cart:
        body["cart"] = cart
    body |= {"events": events, "bannerPlaceholders": placeholders_of(page), "pageInfo": page_info_of(page)}
    if url:
        body["browserInfo"] = {"url": quote(url, safe=_UNESCAPED)}
    kinds = tuple(str(event["type"]) for event in events)
    return Simulated(
        body=body, sentence=_told(kinds, cart, earlier, same_cart), events=kinds, changed=changed
    )


def cart_is_same(cart: Value, before: Value) -> bool:
    """Whether the script takes two carts for the same: by id, totals, and each line's product, quantity and price; by nothing else."""
    if any(cart.get(key) != before.get(key) for key in ("cartId", "totalPrice", "totalQuantity")):
        return False
    if len(cart["products"]) != len(before["products"]):
        return False
    there = {_line(one) for one in before["products"]}
    return all(_line(one) in there for one in cart["products"])


def _line(value: Value) -> tuple[JsonValue, ...]:
    return value.get("quantity"), value.get("price"), value.get("productId")


def _known(client: Value, url: str) -> Value:
    """Return the contact as it is sent: an id of the visitor from the page, else from the address, cut."""
    found = _TRACKER.search(url)
    tracker = client.get("trackerId") or (unquote(found[1].replace("+", " ")) if found else "")
    rest = {key: value for key, value in client.items() if key != "trackerId"}
    return rest | ({"trackerId": cut(str(tracker), TRACKER_LENGTH)} if tracker else {})


def _within(url: str, domain: str) -> bool:
    starts = (domain,) if "://" in domain else (f"https://{domain}", f"http://{domain}")
    return url.startswith(starts)


def _told(kinds: Sequence[str], cart: Value | None, earlier: Value | None, same: bool) -> Sentence:
    events = ", ".join(kinds) if kinds else say("none")
    if cart is None and earlier is not None:
        return say(
            "Sent: the contact; events: {events}. The page before showed a cart and this one shows none: the old one stands, and counts "
            "as abandoned. Show an emptied cart too, with its id, 0 and 0.",
            events=events,
        )  # fmt: skip
    if cart is None:
        return say("Sent: the contact; events: {events}. No cart.", events=events)
    if same:
        return say(
            "Sent: the contact; events: {events}. The cart is the same as before and is left out.",
            events=events,
        )
    return say(
        "Sent: the contact, the cart with {count} products; events: {events}.",
        events=events, count=len(cart["products"]),
    )  # fmt: skip
