"""READINESS GATHERED: what the evidence of a whole validation says together: which domains, which paths, what is told by which way."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from workbench.models.base import JsonValue
from workbench.models.readiness import Validation
from workbench.models.shop import ShopSettings
from workbench.models.sync_platform import SyncPlatform
from workbench.models.tags import Coverage, Way
from workbench.sentence import Sentence, say

from .readiness_pages import Judged
from .readiness_score import newest
from .sync_calls import path_of
from .urls import host_of

_PAGES: Final[Mapping[str, str]] = {
    "product.page": "product-visited", "purchase.page": "purchase", "login.page": "login", "register.page": "register",
    "search.page": "search", "newsletter.page": "newsletter-subscribe", "cart.page": "cart",
}  # fmt: skip
"""What a check that passed shows to be told by the page, by the names of the web events."""


def product_hosts(validation: Validation) -> set[str]:
    """Return the hosts of every product's page that was seen in this validation."""
    return {host for one in validation.evidence for url in _urls(one.body) if (host := host_of(url))}


def domains_judged(settings: ShopSettings, hosts: Collection[str]) -> Judged | None:
    """Return whether all products seen are on allowed domains; None where no product was seen yet."""
    if not hosts:
        return None
    foreign = sorted(set(hosts) - set(settings.domains))
    if foreign:
        return Judged(False, say(
            "Products were seen on {hosts}, which is not among the allowed domains.", hosts=", ".join(foreign)[:300]
        ))  # fmt: skip
    return Judged(
        True, say("All products seen are on allowed domains: {hosts}.", hosts=", ".join(sorted(hosts))[:300])
    )


def site_judged(settings: ShopSettings) -> Judged:
    """Return whether the shop's own host is among the allowed domains."""
    host = host_of(settings.site)
    if not settings.domains:
        return Judged(False, say("No allowed domain is written down, so a refusal cannot be foreseen."))
    if not host:
        return Judged(
            False, say("The shop's own address is not filled in."), say("Write it into the shop's settings.")
        )
    if host not in settings.domains:
        return Judged(False, say("The shop's own host {host} is not among the allowed domains.", host=host))
    return Judged(
        True,
        say(
            "The shop's own host {host} is among the {count} allowed domains.",
            host=host,
            count=len(settings.domains),
        ),
    )


def unproven_paths(
    platform: SyncPlatform, settings: ShopSettings, validation: Validation
) -> list[tuple[str, str]]:
    """Return title and path of each call that no document shows and no answer of this validation came by."""
    answered = {
        call
        for one in validation.evidence
        if one.state == "passed" and one.mode == "live"
        for call in one.calls
    }
    found = [(call, *path_of(platform, settings, call.key)) for call in platform.calls]
    return [(call.title, path) for call, path, verified in found if not verified and call.key not in answered]


def paths_judged(open_paths: Sequence[tuple[str, str]]) -> Judged:
    """Return whether every path is proven by an answer; else which are not."""
    if not open_paths:
        return Judged(True, say("Every path that no document shows was answered by the platform."))
    notes = tuple(say("{title}: {path}", title=Sentence(title), path=path) for title, path in open_paths)
    return Judged(
        False, say("{count} paths are not shown by any document, and no answer came by them yet.", count=len(open_paths)),
        say("Look them up in the platform's reference and give your word, or prove the checks that use them."), notes,
    )  # fmt: skip


def ways_of(validation: Validation, synced: Collection[str] = ()) -> dict[str, list[Way]]:
    """Return what is told by which way, as far as it was seen here; ``synced`` are the objects that the shop's runs send by the API.

    A test record of the validation itself is no way of the shop's.
    """
    ways: dict[str, list[Way]] = {}
    for check, key in _PAGES.items():
        found = newest(validation, check)
        if found is not None and found.state == "passed" and found.source in ("page", "browser"):
            ways[key] = [*ways.get(key, ()), "tag" if found.source == "page" else "js"]
    for key in sorted(synced):
        ways[key] = ["api"]
    return ways


def double_judged(coverage: Coverage) -> Judged:
    """Return whether anything is told twice."""
    twice = [row for row in coverage.rows if row.state == "twice"]
    if not twice:
        return Judged(True, say("Nothing that was seen here is told by two ways."))
    notes = tuple(row.sentence for row in twice if row.sentence is not None)
    titles = ", ".join(row.key for row in twice)
    return Judged(
        False, say("Told by two ways: {what}.", what=titles[:200]), notes[0] if notes else None, notes
    )


def _urls(value: JsonValue) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "productDetailUrl" and isinstance(item, str):
                yield item
            else:
                yield from _urls(item)
    elif isinstance(value, list):
        for item in value:
            yield from _urls(item)
