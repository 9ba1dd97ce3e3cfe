"""PIECES: a text taken apart into what is written as it is and the variables that stand for secrets."""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from workbench.models.request import Request
from workbench.models.snippet import Placeholder
from workbench.sentence import N_

FORMS: Final = {
    "_URL": N_("percent-encoded"),
    "_JSON": N_("escaped as inside a JSON text"),
    "_HTML": N_("escaped as inside HTML"),
    "_ENCODED": N_("encoded as in the request"),
}
"""Suffixes of placeholders: in what form the secret is wanted."""

_PLACEHOLDER = re.compile(r"\$[A-Z][A-Z0-9_]*")


@dataclass(frozen=True, slots=True)
class Piece:
    """A text as it is, or the name of a variable: one of the two is empty."""

    text: str = ""
    variable: str = ""


@dataclass(frozen=True, slots=True)
class HeaderLine:
    """A header that a snippet writes. ``basic`` says that the pieces are a pair which goes out as Basic credentials."""

    name: str
    value: tuple[Piece, ...]
    basic: bool = False


class Pieces:
    """Takes texts apart, and notes which variables it met.

    Args:
        placeholders: Each ``$`` and a variable's name (``$SECRET_1``); a mapping gives what each stands for. With a suffix of ``FORMS``
            one stands for the encoded secret; ``%24SECRET_1`` is read as ``$SECRET_1_URL``. What looks like a placeholder but is none of
            these stays text.
    """

    def __init__(self, placeholders: Collection[str]) -> None:
        if not all(_PLACEHOLDER.fullmatch(one) for one in placeholders):
            raise ValueError(
                "a placeholder is $ and a name in capital letters"
            )  # not echoed: it may be a secret
        names = sorted((one.removeprefix("$") for one in placeholders), key=len, reverse=True)
        forms = "|".join(FORMS)
        found = rf"(\$|%24)({'|'.join(names)})({forms})?" if names else r"(?!)"
        self._pattern = re.compile(found)
        self._titles = placeholders if isinstance(placeholders, Mapping) else {}
        self._met: dict[str, Placeholder] = {}

    def split(self, text: str) -> tuple[Piece, ...]:
        """Return the pieces of ``text``, none of them empty."""
        return tuple(self._split(text))

    def holds(self, text: str) -> bool:
        """Return whether there is a placeholder in ``text``."""
        return self._pattern.search(text) is not None

    def met(self) -> tuple[Placeholder, ...]:
        """Return the variables met so far, by name."""
        return tuple(self._met[name] for name in sorted(self._met))

    def note(self, placeholders: Iterable[Placeholder]) -> None:
        """Note variables of a program's own, beside those that stand in the request."""
        self._met.update({one.name: one for one in placeholders})

    def headers(self, request: Request) -> tuple[HeaderLine, ...]:
        """Return the headers to write: all but the length, which every client counts itself, with the secrets put in.

        A Basic credential around a placeholder is taken apart into its pair.
        """
        return tuple(
            self._header(name, value) for name, value in request.headers if name.lower() != "content-length"
        )

    def body(self, request: Request) -> tuple[Piece, ...]:
        """Return the pieces of the body; a byte that is not UTF-8 is a lone surrogate in them."""
        return self.split(request.body.decode("utf-8", "surrogateescape"))

    def _split(self, text: str) -> Iterator[Piece]:
        at = 0
        for match in self._pattern.finditer(text):
            if match.start() > at:
                yield Piece(text[at : match.start()])
            form = match[3] or ("_URL" if match[1] == "%24" else "")
            name, title = match[2] + form, str(self._titles.get(f"${match[2]}", ""))
            self._met[name] = Placeholder(name=name, title=title, form=FORMS.get(form, ""))
            yield Piece(variable=name)
            at = match.end()
        if at < len(text):
            yield Piece(text[at:])

    def _header(self, name: str, value: str) -> HeaderLine:
        pair = basic_pair(value) if name.lower() == "authorization" else ""
        if pair and self.holds(pair):
            return HeaderLine(name, self.split(pair), basic=True)
        return HeaderLine(name, self.split(value))


def after(text: str, pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """Return the pieces with ``text`` before them, as one piece with a text that comes first."""
    if pieces and pieces[0].text:
        return (Piece(text + pieces[0].text), *pieces[1:])
    return (Piece(text), *pieces)


def basic_pair(value: str) -> str:
    """Return what a Basic credential says, or an empty text where it is none that can be read."""
    scheme, _, token = value.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(token, validate=True).decode()
    except ValueError:
        return ""


def has_data(request: Request) -> bool:
    """Return whether a length goes out: with a body, and with these methods without one too."""
    return bool(request.body) or request.method in ("POST", "PUT", "PATCH")


def without_type(request: Request) -> bool:
    """Return whether the client has to be kept from saying of the body what it is."""
    return has_data(request) and request.header("content-type") is None
