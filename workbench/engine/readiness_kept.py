"""READINESS KEPT: evidence as it may be kept and shared: nobody is named in it, and it is no longer than people read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from workbench.models.base import JsonValue
from workbench.models.request import ReplyView, RequestView

from .kept_answer import masked_tree
from .personal import is_pseudonym, masking
from .redact import MASK

LONGEST_TEXT: Final = 400
MOST_ITEMS: Final = 20
DEEPEST: Final = 12
LONGEST_BODY: Final = 4_000
"""Characters of a request or reply that are kept."""
SHORTEST: Final = 3
_ADDRESSES: Final = frozenset({"url", "referrer", "pageUrl", "previousUrl"})
"""Addresses of pages: what stands behind their ``?`` may name a person."""


def masker(body: Mapping[str, Any], salt: bytes) -> Callable[[str], str]:
    """Return what takes the persons out of a text: those that a page's body names, and all that looks like an address or a number."""
    named = [text for text in _texts(body.get("entityInfo")) if len(text) >= SHORTEST]
    named += [
        str(one["email"])
        for one in body.get("events") or ()
        if isinstance(one, dict) and isinstance(one.get("email"), str)
    ]
    known = [text for text in named if "@" in text or text.startswith("+")]
    return masking(dict.fromkeys(known), salt)


def kept_body(body: Mapping[str, Any], salt: bytes) -> JsonValue:
    """Return what a page tells without its persons: a contact's values are pseudonyms or stars, a push subscription is gone."""
    mask = masker(body, salt)
    found: dict[str, JsonValue] = {}
    for name, value in body.items():
        if name == "pushSubscription":
            found[name] = None if value is None else MASK
        elif name == "entityInfo":
            found[name] = _starred(value, mask)
        else:
            found[name] = masked_tree(_without_queries(value), mask)
    return cut(found)


def kept_record(value: JsonValue, salt: bytes) -> JsonValue:
    """Return a record that was answered without what looks like a person in it."""
    return cut(masked_tree(value, masking((), salt)))


def cut(value: JsonValue, depth: int = DEEPEST) -> JsonValue:
    """Return a JSON value short enough to be kept: long texts and lists end in “…”."""
    if isinstance(value, str):
        return value if len(value) <= LONGEST_TEXT else value[:LONGEST_TEXT] + "…"
    if isinstance(value, (dict, list)) and depth <= 0:
        return "…"
    if isinstance(value, list):
        return [cut(item, depth - 1) for item in value[:MOST_ITEMS]] + (
            ["…"] if len(value) > MOST_ITEMS else []
        )
    if isinstance(value, dict):
        return {
            str(key)[:LONGEST_TEXT]: cut(item, depth - 1)
            for key, item in list(value.items())[: MOST_ITEMS * 5]
        }
    return value


def kept_request(request: RequestView | None) -> RequestView | None:
    """Return a request as it is kept: its body not longer than people read."""
    if request is None or len(request.body) <= LONGEST_BODY:
        return request
    return request.model_copy(update={"body": request.body[:LONGEST_BODY] + "…"})


def kept_reply(reply: ReplyView | None) -> ReplyView | None:
    """Return a reply as it is kept: its text once, and not longer than people read."""
    if reply is None:
        return None
    long = len(reply.body) > LONGEST_BODY
    body = reply.body[:LONGEST_BODY] + "…" if long else reply.body
    return reply.model_copy(update={"body": body, "cut": reply.cut or long, "json_body": None})


def as_text(body: JsonValue) -> str:
    """Return a kept body as people read it."""
    return json.dumps(body, ensure_ascii=False, indent=2)


def _texts(value: JsonValue) -> list[str]:
    return [item for item in value.values() if isinstance(item, str)] if isinstance(value, dict) else []


def _starred(value: JsonValue, mask: Callable[[str], str]) -> JsonValue:
    """Return a contact's values: pseudonyms for addresses and numbers, stars for all other texts, numbers and lists as what they are."""
    if isinstance(value, dict):
        return {str(key): _starred(item, mask) for key, item in value.items()}
    if not isinstance(value, str) or not value:
        return [_starred(item, mask) for item in value] if isinstance(value, list) else value
    shown = mask(value)
    return shown if is_pseudonym(shown) else "***"


def _without_queries(value: JsonValue, name: str = "") -> JsonValue:
    if isinstance(value, dict):
        return {key: _without_queries(item, str(key)) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_queries(item, name) for item in value]
    if isinstance(value, str) and name in _ADDRESSES:
        return _bare(value)
    return value


def _bare(url: str) -> str:
    """Return an address without query and fragment, also one that is percent-encoded whole."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return MASK
    plain = urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
    return plain.partition("%3F")[0].partition("%3f")[0]
