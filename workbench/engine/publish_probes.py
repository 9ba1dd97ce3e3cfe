"""PUBLISH PROBES: what to ask an address where pages or a server are published, and what its answers say about the unsafe ways."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from workbench.models.publish import Probe, PublishFinding, PublishRule

from .publish_words import finding

FOREIGN_HOST: Final = "evil.example"
NO_TEMPLATE: Final = "no-such-template-4711"
OPERATION: Final = "/api/about/facts"
"""An operation of the workbench's server that every viewer may call, and no stranger."""

_LINK: Final = re.compile(r"href=[\"']([^\"'#]*?/?voila/render/[^\"'#?]+\.ipynb)")
_TRACEBACK: Final = re.compile(
    r"Traceback(?:</span>)? \(most recent call last\)|ansi-red-[\w-]+[^<]{0,40}<[^>]*>Traceback"
)
_SOURCES: Final = re.compile(
    r"hl-(?:ipython3|python)\b|jp-CodeMirrorEditor|class=\"[^\"]*\bjp-InputArea-editor\b"
)
_DARK: Final = re.compile(r"data-jp-theme-light=[\"']false|\btheme-dark\b")


def page_in(body: str) -> str | None:
    """Return the path of the first page that a list of pages leads to."""
    found = _LINK.search(body)
    return None if found is None else found[1]


def judge(address: str, told: Mapping[str, Probe]) -> list[PublishFinding]:
    """Return what is unsafe about an address by its answers: by the names of ``_RULES``, those that were not asked left out."""
    return [finding(rule, address) for rule, broken in _RULES if broken(address, told)]


def _answered(told: Mapping[str, Probe], name: str) -> Probe | None:
    """Return an answer that gave something."""
    probe = told.get(name)
    return probe if probe is not None and 200 <= probe.status < 300 else None


def _is_jupyter_server(_: str, told: Mapping[str, Probe]) -> bool:
    """Voila by itself knows none of a Jupyter server's own addresses: 404. One that wants a token answers 403 with its own JSON."""
    return any(
        (probe := told.get(name)) is not None
        and "json" in probe.content_type
        and probe.status in (200, 401, 403)
        and "kind" not in probe.body[:200].partition(":")[0]
        and ('"version"' in probe.body or '"content"' in probe.body or '"message"' in probe.body)
        for name in ("jupyter", "contents")
    )


def _lets_strangers_in(_: str, told: Mapping[str, Probe]) -> bool:
    served = told.get("operation")
    if served is not None and served.status == 200 and "json" in served.content_type:
        return True
    door = _answered(told, "door")
    return door is not None and "voila" in door.body.lower() and "password" not in door.body.lower()


def _shows_tracebacks(_: str, told: Mapping[str, Probe]) -> bool:
    return any(_TRACEBACK.search(_plain(probe.body)) is not None for probe in told.values())


def _shows_sources(_: str, told: Mapping[str, Probe]) -> bool:
    page = _answered(told, "page")
    return page is not None and _SOURCES.search(page.body) is not None


def _answers_any_name(_: str, told: Mapping[str, Probe]) -> bool:
    foreign, own = told.get("foreign"), told.get("own")
    if foreign is None or own is None or foreign.status in (400, 403, 404, 421, 444, 0):
        return False
    return foreign.status == own.status and (FOREIGN_HOST not in foreign.location or own.status < 300)


def _is_overridden(_: str, told: Mapping[str, Probe]) -> bool:
    page = _answered(told, "page")
    if page is None:
        return False
    template, theme = told.get("template"), told.get("theme")
    answered = theme is None or theme.status == 200
    other = (
        template is not None
        and answered
        and (not 0 < template.status < 500 or len(template.body) * 4 < len(page.body))
    )
    return other or (theme is not None and is_dark(theme, page))


def is_dark(theme: Probe, page: Probe) -> bool:
    """Return whether a page that was asked for in dark is so, and by itself is not."""
    return _DARK.search(theme.body) is not None and _DARK.search(page.body) is None


def _is_plain(address: str, told: Mapping[str, Probe]) -> bool:
    """Http in public, or an address that answers over http beside https and does not lead there."""
    parts = urlsplit(address)
    if parts.scheme == "http":
        return not is_loopback(parts.hostname or "")
    beside = told.get("http")
    if beside is None or beside.status == 0:
        return False
    return not (300 <= beside.status < 400 and beside.location.startswith("https://")) and beside.status < 400


def is_loopback(host: str) -> bool:
    """Return whether a host as written is this machine itself, which nobody else reaches."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost" or host.lower().endswith(".localhost")


def _plain(body: str) -> str:
    """Return a page's text without its tags: colours stand between the words of a traceback."""
    return re.sub(r"<[^>]{0,300}>", "", body)


_RULES: Final[tuple[tuple[PublishRule, Callable[[str, Mapping[str, Probe]], bool]], ...]] = (
    ("server_extension", _is_jupyter_server),
    ("open_door", _lets_strangers_in),
    ("tracebacks", _shows_tracebacks),
    ("sources", _shows_sources),
    ("any_host", _answers_any_name),
    ("override", _is_overridden),
    ("plain_http", _is_plain),
)


def questions(address: str) -> Iterator[tuple[str, str, str, str]]:
    """Give what is to be asked: name, method, path and another Host header (or none). Nothing of it changes anything there."""
    base = urlsplit(address).path.rstrip("/")
    root = base.partition("/voila/render/")[0]
    yield "own", "GET", base or "/", ""
    yield "foreign", "GET", base or "/", FOREIGN_HOST
    yield "jupyter", "GET", f"{root}/api", ""
    yield "contents", "GET", f"{root}/api/contents", ""
    yield "operation", "POST", f"{root}{OPERATION}", ""
