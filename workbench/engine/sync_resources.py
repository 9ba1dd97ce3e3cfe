"""SYNC RESOURCES: what a platform tells of: an import, a coupon set, a page of a list. What is odd is left out, never guessed."""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from urllib.parse import urljoin

from workbench.errors import Refused
from workbench.models.base import JsonValue
from workbench.models.shop_data import CouponSet
from workbench.models.sync import RemoteImport
from workbench.sentence import say

from .paths import first
from .sync_codes import text_of
from .sync_paths import same_server
from .urls import host_of

_WHOLE: Final = re.compile(r"[0-9]{1,15}", re.ASCII)


class Page(NamedTuple):
    """One page of a list: its objects, and the address of the next one (empty: this is the last)."""

    items: tuple[dict[str, JsonValue], ...]
    next: str = ""


def remote_import(body: JsonValue) -> RemoteImport | None:
    """Return an import as the platform tells of it; None where that has no id. Its status stays the platform's own word."""
    if not isinstance(body, dict) or not (id := text_of(body.get("id"))):
        return None
    return RemoteImport(
        id=id,
        type=text_of(body.get("type")),
        origin=text_of(body.get("origin")),
        status=text_of(body.get("status")),
        total=_count(body.get("total")),
        success=_count(body.get("success")) or 0,
        errors=_count(body.get("errors")) or 0,
        has_report=bool(report_url(body)),
        created_at=text_of(body.get("createdAt")),
    )


def report_url(body: JsonValue) -> str:
    """Return where an import's error report lies; an empty text where there is none yet. It may let in whoever knows it: keep it secret."""
    return text_of(body.get("errorReportFileUrl")) if isinstance(body, dict) else ""


def coupon_set(body: JsonValue) -> CouponSet | None:
    """Return a coupon set; None where it has no id. A quantity or a rest that is null is unlimited."""
    if not isinstance(body, dict) or not (id := text_of(body.get("id"))):
        return None
    used = body.get("usedInWorkflows")
    workflows = [text_of(first(one, "workflowId")) for one in used] if isinstance(used, list) else []
    return CouponSet(
        id=id,
        name=text_of(body.get("name")),
        type=text_of(body.get("type")),
        code=text_of(body.get("code")),
        quantity=_count(body.get("quantity")),
        available=_count(body.get("available")),
        assigned=_count(body.get("assigned")),
        workflows=tuple(workflow for workflow in workflows if workflow),
        created_at=text_of(body.get("createdAt")),
        updated_at=text_of(body.get("updatedAt")),
    )


def page(body: JsonValue, base_url: str) -> Page:
    """Return the objects of a page, and the address of the next one. A list without links is read too; what is no object is left out.

    ``base_url`` is where the list was asked for. Raises Refused for a next link that leads to another server: the key would go there.
    """
    found = body.get("results") if isinstance(body, dict) else body
    items = tuple(item for item in found if isinstance(item, dict)) if isinstance(found, list) else ()
    link = text_of(first(body, "links.next")) if isinstance(body, dict) else ""
    if not link:
        return Page(items)
    try:
        address = urljoin(f"{base_url.rstrip('/')}/", link)
    except ValueError:
        address = link
    if not same_server(base_url, address):
        raise Refused(
            say(
                "The link to the next page leads to {host}, not to {own}: it was not followed, so that the API key stays where it belongs.",
                host=host_of(address) or "?",
                own=host_of(base_url),
            )
        )
    return Page(items, address)


def _count(value: JsonValue) -> int | None:
    """Return a count, also one that came as a text; None where it is none."""
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        return int(value)
    whole = isinstance(value, int) and not isinstance(value, bool)
    return int(value) if whole and 0 <= value < 10**15 else None
