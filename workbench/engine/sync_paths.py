"""SYNC PATHS: where a platform's calls go: the address that all begin with, each call's path, and what may stand in its places.

Each place is percent-encoded whole: ``a+b@x.com`` becomes ``a%2Bb%40x.com``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urlsplit

from workbench.errors import Invalid
from workbench.models.base import Problem
from workbench.models.shop import ShopSettings
from workbench.models.sync_platform import SyncPlatform
from workbench.sentence import Sentence, say

LONGEST_PATH: Final = 500
LONGEST_PART: Final = 1000
"""Characters of a path as it is edited, and of one value in it."""
_PART: Final = re.compile(r"\{([a-z_]+)\}")
_PLAIN: Final = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,;=:@%/{}]+")
_BROKEN_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")


def base_of(platform: SyncPlatform, settings: ShopSettings) -> str:
    """Return the address that all calls begin with, without a slash at its end: the shop's own, else the platform's."""
    return (settings.base_url.strip() or platform.base_url).rstrip("/")


def path_of(platform: SyncPlatform, settings: ShopSettings, call: str) -> tuple[str, bool]:
    """Return a call's path with its places in braces, and whether a document shows it. A path that a person changed is not shown by any.

    Raises KeyError where the platform has no such call.
    """
    declared = platform.call(call)
    own = settings.paths.get(call, "").strip()
    if own and own != declared.path:
        return own, False
    return declared.path, declared.verified


def check_path(platform: SyncPlatform, call: str, path: str) -> tuple[Problem, ...]:
    """Return what is wrong with a path that a person changed. It has every place that the call fills (``{email}``), and no other."""
    wrong = _wrong_path(path.strip(), set(_PART.findall(platform.call(call).path)))
    return (Problem(field=f"paths.{call}", sentence=wrong),) if wrong else ()


def filled_path(path: str, parts: Mapping[str, str]) -> str:
    """Return the path with each place filled. Raises Invalid for what is missing, or would leave the segment that it stands in."""

    def fill(place: re.Match[str]) -> str:
        name = place[1]
        value = parts.get(name, "")
        if wrong := _wrong_part(value):
            raise Invalid([Problem(field=name, sentence=wrong)])
        return quote(value, safe="")

    return _PART.sub(fill, path)


def _wrong_part(value: str) -> Sentence | None:
    if not value.strip():
        return say("This value is empty, and the call needs it in its address. Fill it in.")
    if value in (".", ".."):
        return say(
            "“{value}” cannot stand in an address: servers read it as a way to another folder.", value=value
        )
    if len(value) > LONGEST_PART:
        return say(
            "This value has {length} characters; at most {most} fit into an address.",
            length=len(value),
            most=LONGEST_PART,
        )
    try:
        value.encode()
    except UnicodeEncodeError:
        return say("This value holds half a character, which cannot be written. Type it again.")
    return None


def _wrong_path(path: str, wanted: set[str]) -> Sentence | None:
    if not path.startswith("/") or path.startswith("//"):
        return say("A path begins with one “/”, like /contacts/email/{{email}}.")
    if len(path) > LONGEST_PATH:
        return say(
            "The path has {length} characters; at most {most} are allowed.",
            length=len(path),
            most=LONGEST_PATH,
        )
    if not _PLAIN.fullmatch(path) or _BROKEN_PERCENT.search(path):
        return say("The path holds a character that no path has, such as a blank, “?” or “#”. Take it out.")
    if any(part in (".", "..") for part in path.split("/")):
        return say("“.” and “..” cannot stand in a path. Write the path as it is called.")
    places, rest = _PART.findall(path), _PART.sub("", path)
    if "{" in rest or "}" in rest:
        return say(
            "A brace in the path has no partner, or a place that nobody knows. Write places like {{email}}."
        )
    missing, unknown = sorted(wanted - set(places)), sorted(set(places) - wanted)
    if missing:
        return say("The path needs the place {place}: the value stands there.", place="{" + missing[0] + "}")
    if unknown:
        known = ", ".join("{" + name + "}" for name in sorted(wanted)) or "–"
        return say(
            "The path has a place {place} that this call does not fill. It has: {known}.",
            place="{" + unknown[0] + "}",
            known=known,
        )
    if len(places) != len(set(places)):
        return say("The path names the same place twice. Keep one of them.")
    return None


def same_server(base: str, url: str) -> bool:
    """Return whether a URL leads to the server that ``base`` names: scheme, host and port, and no ``user:password@`` in it."""
    try:
        one, other = urlsplit(base), urlsplit(url)
        ports = [parts.port or {"http": 80, "https": 443}.get(parts.scheme) for parts in (one, other)]
    except ValueError:
        return False
    same_host = (one.scheme, one.hostname) == (other.scheme, other.hostname)
    return bool(other.hostname) and same_host and ports[0] == ports[1] and "@" not in other.netloc
