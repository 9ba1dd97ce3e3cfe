"""Routes: which call a method and a path are, by the paths that the platform declares and by older ones of the same call."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import unquote

from workbench.providers.connectif import PLATFORM

OTHERS: Final = (
    ("contact_by_email", "PATCH", "/contacts/{email}"),
    ("contact_get", "GET", "/contacts/email/{email}"),
    ("contact_delete", "DELETE", "/contacts/email/{email}"),
    ("product_get", "GET", "/products/{id}"),
)
"""Paths of the same calls that documents or clients show too."""
_PLACE: Final = re.compile(r"\\\{([a-z_]+)\\\}")


class Found(NamedTuple):
    """The call that a request makes, and what its path has in its places."""

    key: str
    parts: dict[str, str]


class Routes:
    """The calls by method and path. ``paths`` are further ones."""

    def __init__(self, paths: Mapping[str, str]) -> None:
        declared = [(call.key, call.method, call.path) for call in PLATFORM.calls]
        own = [(key, PLATFORM.call(key).method, path) for key, path in paths.items()]
        self._routes = [(method, _pattern(path), key) for key, method, path in (*own, *declared, *OTHERS)]
        self.known = [f"{method} {path}" for _, method, path in declared]

    def find(self, method: str, path: str) -> Found | None:
        """Return the call, by a path that is still percent-encoded; None where there is none."""
        for wanted, pattern, key in self._routes:
            if wanted == method and (match := pattern.fullmatch(path)):
                return Found(key, {name: unquote(value) for name, value in match.groupdict().items()})
        return None

    def methods(self, path: str) -> list[str]:
        """Return the methods that a path has."""
        return sorted({method for method, pattern, _ in self._routes if pattern.fullmatch(path)})


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(_PLACE.sub(r"(?P<\1>[^/]+)", re.escape(path.rstrip("/"))) + "/?")
