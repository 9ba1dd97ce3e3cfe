"""SYNC CALLS: what a shop sends its platform: one call, the next page of a list, or the form that uploads an import's file.

The addresses are made in ``sync_paths``, the form in ``sync_forms``, the bodies in ``exact_json``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlencode

from workbench.errors import Invalid, Refused
from workbench.models.base import JsonValue, Problem
from workbench.models.request import Headers, Request
from workbench.models.shop import ShopSettings
from workbench.models.sync import SyncPlan
from workbench.models.sync_platform import SyncPlatform
from workbench.sentence import say

from .exact_json import exact_json, exact_number
from .sync_forms import check_import, form_of, import_fields, without_file
from .sync_paths import base_of, check_path, filled_path, path_of, same_server
from .urls import host_of

__all__ = [
    "Query",
    "account_of_shop",
    "base_of",
    "check_import",
    "check_path",
    "exact_json",
    "exact_number",
    "import_fields",
    "import_request",
    "next_request",
    "path_of",
    "request_of",
    "same_server",
    "without_file",
]

QueryValue = str | int | bool
Query = Mapping[str, QueryValue | None] | Sequence[tuple[str, QueryValue]]
"""A query's names and values, in their order; None is left out, true and false are words."""


def request_of(
    platform: SyncPlatform,
    settings: ShopSettings,
    key: str,
    call: str,
    parts: Mapping[str, str] | None = None,
    query: Query | None = None,
    body: JsonValue = None,
) -> Request:
    """Return the frozen request of one call.

    Args:
        platform: What is called.
        settings: The shop's address and paths.
        key: The API key, open.
        call: The call's key, such as ``contact_by_email``.
        parts: What its path names in braces, as it is: each is percent-encoded here.
        query: What goes behind the path.
        body: A JSON value, in which numbers may be Decimal; None sends no body.

    Raises:
        Invalid: where a part is missing, empty or cannot stand in a path, or a number is none.
        KeyError: where the platform has no such call.
    """
    path, _ = path_of(platform, settings, call)
    url = base_of(platform, settings) + filled_path(path, parts or {})
    if words := _query_text(query or {}):
        url = f"{url}?{words}"
    content = b"" if body is None else exact_json(body)
    headers: Headers = (("Accept", "application/json"), *_authorization(platform, key))
    if content:
        headers = (("Content-Type", "application/json"), *headers)
    return Request(
        method=platform.call(call).method, url=url, headers=headers, body=content, provider=platform.key
    )


def next_request(platform: SyncPlatform, settings: ShopSettings, key: str, url: str) -> Request:
    """Return the request for a list's next page, by the link that its answer gave. Refused where that leads to another server."""
    if not same_server(base_of(platform, settings), url):
        raise Refused(
            say(
                "The link to the next page leads to {host}, not to {own}: it was not followed, so that the API key stays where it belongs.",
                host=host_of(url) or "?",
                own=host_of(base_of(platform, settings)),
            )
        )
    headers = (("Accept", "application/json"), *_authorization(platform, key))
    return Request(method="GET", url=url, headers=headers, provider=platform.key)


def import_request(
    platform: SyncPlatform,
    settings: ShopSettings,
    key: str,
    sync: SyncPlan,
    file: bytes,
    name: str = "import.csv",
) -> Request:
    """Return the frozen request that uploads one file: the form's fields in the order in which the vendor's own importer writes them.

    Raises Invalid where the entity cannot be imported, or the options contradict each other.
    """
    fields = import_fields(platform, sync)
    body, boundary = form_of(fields, file, name)
    path, _ = path_of(platform, settings, "import")
    return Request(
        method=platform.call("import").method,
        url=base_of(platform, settings) + path,
        headers=(
            ("Content-Type", f"multipart/form-data; boundary={boundary}"),
            ("Accept", "application/json"),
            *_authorization(platform, key),
        ),
        body=body,
        provider=platform.key,
    )


def account_of_shop(shop_id: str, settings: ShopSettings) -> str:
    """Return the name of the account whose pace a shop's calls keep to. One that is not saved goes by its key's handle."""
    who = shop_id
    if not who:
        handle = settings.api_key.handle if settings.api_key else ""
        who = hashlib.sha256(handle.encode()).hexdigest()[:16]
    return f"{settings.platform}:{host_of(settings.base_url.strip())}:{who}"


def _authorization(platform: SyncPlatform, key: str) -> Headers:
    value = platform.authorization.replace("{api_key}", key.strip())
    if not value.isascii() or not value.isprintable():
        sentence = say(
            "The API key holds a character that no key has. Copy it anew, whole and without blanks."
        )
        raise Invalid([Problem(field="api_key", sentence=sentence)])  # fmt: skip
    return (("Authorization", value),)


def _query_text(query: Query) -> str:
    pairs = list(query.items()) if isinstance(query, Mapping) else list(query)
    return urlencode([(name, _word(value)) for name, value in pairs if value is not None], quote_via=quote)


def _word(value: QueryValue) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
