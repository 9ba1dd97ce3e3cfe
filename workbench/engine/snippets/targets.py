"""TARGETS: what of a request's address a client would write in its own way."""

from __future__ import annotations

import re
from typing import Literal

from .pieces import Piece

Oddity = Literal["dots", "slashes", "signs", "escapes", "empty"]
"""Steps such as ``/./`` and ``/../``; two slashes at the beginning; signs that RFC 3986 wants escaped; escapes that a client would write
otherwise (``%7e``, a lone ``%``); a question mark with nothing behind it, or with no path before it."""

_ORIGIN = re.compile(r"https?://[^/?#]*", re.IGNORECASE)
_DOTS = re.compile(r"/(?:\.|%2e){1,2}(?=[/?#]|$)", re.IGNORECASE)
_SIGNS = re.compile(r"[^A-Za-z0-9\-._~:@!$&()*+,;=/?%]")
_ESCAPES = re.compile(r"%(?![0-9A-F]{2})|%(?:2D|2E|5F|7E|3[0-9]|4[1-9A-F]|5[0-9A]|6[1-9A-F]|7[0-9A])")


def origin_and_target(pieces: tuple[Piece, ...]) -> tuple[str, tuple[Piece, ...]] | None:
    """Return the origin (``https://host``) and the pieces behind it, or None where the origin itself is a variable's."""
    found = _ORIGIN.match(pieces[0].text) if pieces and pieces[0].text else None
    if found is None or (found.end() == len(pieces[0].text) and len(pieces) > 1):
        return None
    rest = pieces[0].text[found.end() :].partition("#")[0]
    behind = tuple(one for one in (Piece(rest), *pieces[1:]) if one != Piece())
    if not rest.startswith("/"):
        behind = (Piece("/" + rest), *pieces[1:])
    return found[0], behind


def oddities(pieces: tuple[Piece, ...]) -> frozenset[Oddity]:
    """Return what is odd about an address; nothing where it is a variable's from its beginning on."""
    found = origin_and_target(pieces)
    if found is None:
        return frozenset()
    given = pieces[0].text[len(found[0]) :]
    target = "".join(one.text or "X" for one in found[1])
    path, mark, query = target.partition("?")
    odd: dict[Oddity, bool] = {
        "dots": bool(_DOTS.search(path)),
        "slashes": path.startswith("//"),
        "signs": bool(_SIGNS.search(target)),
        "escapes": bool(_ESCAPES.search(target)),
        "empty": bool(mark and not query) or given.startswith("?"),
    }
    return frozenset(name for name, there in odd.items() if there)
