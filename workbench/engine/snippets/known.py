"""KNOWN: the differences of a client that can be told in advance, as sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from workbench.models.request import Request
from workbench.sentence import Sentence, say

from .pieces import Pieces
from .targets import Oddity, oddities


def address_difference(
    client: str, request: Request, pieces: Pieces, rewritten: Collection[Oddity]
) -> list[Sentence]:
    """Return what is said where this client would write the address otherwise."""
    if oddities(pieces.split(request.url)).isdisjoint(rewritten):
        return []
    return [
        say(
            "{client} writes the address in its own way: dots and double slashes in the path, or signs that are not percent-encoded, may "
            "arrive in another spelling. Use cURL where they matter.",
            client=client,
        )
    ]


def repeated_names(request: Request) -> list[str]:
    """Return the names of headers that come more than once, in small letters."""
    return [name for name, count in Counter(name.lower() for name, _ in request.headers).items() if count > 1]
