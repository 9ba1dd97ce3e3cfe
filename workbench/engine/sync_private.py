"""SYNC PRIVATE: which texts of a call and of its answer are a contact's own: they are shown and kept as pseudonyms.

Of a contact that is all text in it but the choices (``subscribed``); of a purchase the address of who bought. An import's error report lies
at an address that lets in whoever knows it: that is kept from the journal too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Final
from urllib.parse import unquote, urlsplit

from workbench.models.base import JsonValue
from workbench.models.request import Reply, Request
from workbench.models.shop import ShopSettings
from workbench.models.sync_platform import SyncPlatform

from .exact_json import exact_json
from .read import json_of
from .sync_calls import base_of, path_of

MOST: Final = 200
"""Texts of one call or answer that are looked for."""
DEEPEST: Final = 20
_CHOSEN: Final = frozenset({"radio", "checkbox"})
_NAMES: Final = frozenset({"_email", "contactEmail", "email", "primaryKey", "_externalId", "_mobilePhone"})
"""Whose text is a contact's wherever it stands."""
_MADE: Final = frozenset({"id", "createdAt", "updatedAt"})
"""Of a contact's answer: what the platform made."""
_PLACE: Final = re.compile(r"\\\{([a-z_]+)\\\}")


def contact_texts(
    platform: SyncPlatform,
    settings: ShopSettings,
    call: str,
    request: Request,
    reply: Reply | None = None,
    *,
    names_only: bool = False,
) -> tuple[str, ...]:
    """Return the texts of a call and its answer that are a contact's own, each once; ``names_only``: those that it is known by."""
    named = platform.call(call).entity == "contact"
    whole = named and not names_only
    chosen = _choices(platform, settings)
    found: list[str] = list(parts_in(platform, settings, call, request.url).values()) if named else []
    sent = None if platform.call(call).entity == "import" else _parsed(request.body)
    found += _texts(sent, whole, chosen)
    if reply is not None:
        found += _texts(json_of(reply), whole and reply.status < 400, chosen | _MADE)
    return tuple(dict.fromkeys(text for text in found if text.strip()))[:MOST]


def masked_body(
    platform: SyncPlatform,
    settings: ShopSettings,
    call: str,
    body: bytes,
    mask: Callable[[str], str],
    *,
    answer: bool = False,
) -> bytes | None:
    """Return a JSON body with a contact's own texts masked where they stand, that of another call as it is; None where it is none.

    ``answer``: what the platform made of it (``id``) is left. Sooner than looking for each text everywhere, which an answer that may quote
    any of them needs.
    """
    if platform.call(call).entity != "contact" or not body.strip():
        return body
    try:
        tree = json.loads(body.decode(), parse_float=Decimal)
    except (ValueError, RecursionError):
        return None
    return exact_json(_masked(tree, _choices(platform, settings) | (_MADE if answer else frozenset()), mask))


def recipient_of(platform: SyncPlatform, settings: ShopSettings, call: str, request: Request) -> str:
    """Return whom a call is about: a contact's email or external id, a purchase's buyer; an empty text for what is about nobody."""
    entity = platform.call(call).entity
    if entity == "contact":
        parts = parts_in(platform, settings, call, request.url)
        return next(iter(parts.values()), "")
    body = _parsed(request.body) if entity == "purchase" else None
    email = body.get("contactEmail") if isinstance(body, dict) else None
    return email if isinstance(email, str) else ""


def parts_in(platform: SyncPlatform, settings: ShopSettings, call: str, url: str) -> dict[str, str]:
    """Return what a call's URL has in the places of its path, decoded."""
    path, _ = path_of(platform, settings, call)
    found = _pattern(urlsplit(base_of(platform, settings)).path + path).fullmatch(urlsplit(url).path)
    return {} if found is None else {name: unquote(value) for name, value in found.groupdict().items()}


@lru_cache(maxsize=256)
def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(_PLACE.sub(r"(?P<\1>[^/]*)", re.escape(path)))


def _choices(platform: SyncPlatform, settings: ShopSettings) -> frozenset[str]:
    fields = (*platform.fields.get("contact", ()), *settings.fields)
    return frozenset(field.id for field in fields if field.type in _CHOSEN and field.choices)


def _texts(value: JsonValue, whole: bool, chosen: frozenset[str], depth: int = DEEPEST) -> Iterator[str]:
    """Give the texts of a contact (``whole``), or of anything those under a name that only contacts have."""
    if depth <= 0:
        return
    if isinstance(value, list):
        for item in value:
            yield from _texts(item, whole, chosen, depth - 1)
    if not isinstance(value, dict):
        return
    for name, item in value.items():
        if isinstance(item, str):
            if name in _NAMES or (whole and name not in chosen):
                yield item
        elif whole and name not in chosen and isinstance(item, list):
            yield from _leaves(item)
        else:
            yield from _texts(item, whole, chosen, depth - 1)


def _masked(
    value: JsonValue, chosen: frozenset[str], mask: Callable[[str], str], depth: int = DEEPEST
) -> JsonValue:
    if isinstance(value, str):
        return mask(value) if value.strip() else value
    if depth <= 0:
        return None
    if isinstance(value, list):
        return [_masked(item, chosen, mask, depth - 1) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: item if name in chosen else _masked(item, chosen, mask, depth - 1)
        for name, item in value.items()
    }


def _leaves(items: Iterable[JsonValue]) -> Iterator[str]:
    return (item for item in items if isinstance(item, str))


def _parsed(body: bytes) -> JsonValue:
    return json_of(Reply(status=200, body=body)) if body[:1] in (b"{", b"[") else None
