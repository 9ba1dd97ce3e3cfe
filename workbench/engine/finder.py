"""FINDER: where secrets and identifiers stand in a text, and what is put in their place.

The pattern for all spellings of a value is exact and slow. Most texts hold none of them, and a row of a job names its
recipient plainly: both are known from a value's landmark (``spellings.py``) without the pattern, and with its result.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Mapping
from functools import cached_property
from itertools import pairwise
from typing import Final
from urllib.parse import unquote, unquote_plus

from .spellings import (
    has_odd_letters,
    identifier_landmark,
    identifier_landmarks,
    identifier_pattern,
    secret_landmarks,
    secret_pattern,
    too_short,
)

SHORTEST_IDENTIFIER: Final = 3
"""Characters: a shorter identifier is not searched for."""
_PLAIN: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z@._+:=~|#-]*", re.ASCII)
_PHONE: Final = re.compile(r"\+([0-9]{6,})", re.ASCII)
_PLUS: Final = ord("+")
_BEGINNINGS: Final = (b"&", b"%", b"\\")
_ENDS: Final = tuple(bytes([end]) for end in b";0123456789abcdef")
_ENDS_OF_A_PLUS: Final = b";b"  # of &#43; and %2b


def folded(text: str) -> bytes:
    """Return a text as landmarks are looked for in it: UTF-8 with small ASCII letters."""
    return text.encode("utf-8", "surrogatepass").lower()


class Finder:
    """A set of values, and what each is replaced by. Their pattern is compiled when it is first needed."""

    def __init__(
        self,
        shown: Mapping[str, str],
        pattern: Callable[[str], str],
        landmarks: tuple[bytes, ...] | None,
        *,
        caseless: bool = False,
    ) -> None:
        # The longest first: of two secrets, one of which begins with the other, the longer one is found.
        self._values = sorted(shown, key=lambda value: (-len(value), value))
        self._shown = shown
        self._spelling = pattern
        self._landmarks = landmarks
        self._caseless = caseless

    def may_be_in(self, text: str, low: bytes) -> bool:
        """Return False only where no value is in ``text``, in any spelling; ``low`` is the text folded."""
        if self._landmarks is None or any(map(low.__contains__, self._landmarks)):
            return True
        return self._caseless and has_odd_letters(text)

    def replace(self, text: str, low: bytes) -> str:
        """Return what ``searched`` returns, without the search where none is needed; ``low`` is the text folded."""
        return self.searched(text) if self.may_be_in(text, low) else text

    def searched(self, text: str, *, by_form: bool = False) -> str:
        """Return ``text`` with each value replaced; those that overlap together, so that no end of one stays."""
        done: list[str] = []
        at = 0
        for start, end, value in self._spans(text) if self._values else ():
            shown = self._shown[value]
            done += [text[at:start], shown + _form(value, text[start:end]) if by_form else shown]
            at = end
        return "".join([*done, text[at:]]) if at else text

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile("|".join(f"({self._spelling(value)})" for value in self._values))

    def _spans(self, text: str) -> list[tuple[int, int, str]]:
        """Return where values stand, in order, overlapping ones joined under the name of the longest."""
        spans: list[tuple[int, int, str]] = []
        match = self._pattern.search(text)
        longest = 0
        while match is not None:
            start, end = match.span()
            value = self._values[(match.lastindex or 1) - 1]
            if spans and start < spans[-1][1]:
                first, last, name = spans.pop()
                spans.append((first, max(last, end), value if end - start > longest else name))
                longest = max(longest, end - start)
            else:
                spans.append((start, end, value))
                longest = end - start
            match = self._pattern.search(text, start + 1)
        return spans


class PlainFinder:
    """The finder of one identifier whose signs no other spelling begins or ends with: found plain, it is found whole.

    Wherever its pattern matches, its landmark stands. Next to a landmark that has the plain signs of the value around
    it, no other spelling of a sign fits: those begin with ``&``, ``%`` or a backslash and end with a hexadecimal digit
    or ``;``. So if each landmark stands in a plain one, which do not overlap, or next to a sign that is none of these,
    then the plain ones are what the pattern would find.
    """

    def __init__(self, value: str, shown: str, *, phone: bool) -> None:
        self._value = value
        self._shown = shown
        self._phone = phone
        self._folded = (value[1:] if phone else value).lower().encode()
        # Of an address the part before the at sign: the domain is in many texts that are not about this person.
        self._landmark = identifier_landmark(value[: value.rfind("@") + 1])
        if len(self._landmark) < SHORTEST_IDENTIFIER:
            self._landmark = identifier_landmark(value)
        self._lead = self._folded.index(self._landmark)

    def may_be_in(self, text: str, low: bytes) -> bool:
        """Return False only where it is not in ``text``, in any spelling; ``low`` is the text folded."""
        if self._landmark in low and all(map(low.__contains__, identifier_landmarks(self._value))):
            return True
        return has_odd_letters(text)

    def replace(self, text: str, low: bytes) -> str:
        """Return what ``searched`` returns, without the search where none is needed; ``low`` is the text folded."""
        if self._landmark not in low and (text.isascii() or not has_odd_letters(text)):
            return text
        spans = None if has_odd_letters(text) else self.spans(low)
        if spans is None:
            return self.searched(text) if self.may_be_in(text, low) else text
        if text.count(self._value) == len(spans):
            return text.replace(self._value, self._shown)
        # It stands there in other letters, or without its plus.
        return _put(text, [(start, end, self._shown) for start, end in spans])

    def searched(self, text: str) -> str:
        """Return ``text`` with it replaced, in whatever spelling it stands there."""
        return self._any_spelling.searched(text)

    @cached_property
    def _any_spelling(self) -> Finder:
        return Finder({self._value: self._shown}, identifier_pattern, None)

    def spans(self, low: bytes) -> list[tuple[int, int]] | None:
        """Return where it stands, in bytes; None where its landmark stands elsewhere too, or it overlaps itself."""
        spans: list[tuple[int, int]] = []
        end = 0
        at = low.find(self._landmark)
        while at >= 0:
            start = at - self._lead
            if start >= 0 and low.startswith(self._folded, start):
                if start < end:
                    return None
                last, end = end, start + len(self._folded)
                if self._phone and start > last:  # its plus may be there or not
                    before = low[start - 1]
                    if before in _ENDS_OF_A_PLUS:
                        return None
                    start -= before == _PLUS
                spans.append((start, end))
            elif not self._stands_alone(low, at):
                return None
            at = low.find(self._landmark, at + 1)
        return spans

    def _stands_alone(self, low: bytes, at: int) -> bool:
        """Return whether a sign next to the landmark at ``at`` is none that the value has there, in any spelling."""
        end = self._lead + len(self._landmark)
        sign, after = self._folded[end : end + 1], at + len(self._landmark)
        if sign and low[after : after + 1] not in (sign, *_BEGINNINGS):
            return True
        sign = self._folded[: self._lead][-1:]
        return bool(sign) and low[at - 1 : at] not in (sign, *_ENDS)


class PlainFinders:
    """The finder of several identifiers, each of them plain: what an event's body names beside each other.

    Each finds its own places without a pattern. As long as those do not overlap, they are what the pattern of all would find.
    """

    def __init__(self, shown: Mapping[str, str], finders: tuple[PlainFinder, ...]) -> None:
        self._shown = shown
        self._finders = tuple(zip(finders, shown.values(), strict=True))

    def may_be_in(self, text: str, low: bytes) -> bool:
        """Return False only where none is in ``text``, in any spelling; ``low`` is the text folded."""
        return any(finder.may_be_in(text, low) for finder, _ in self._finders)

    def replace(self, text: str, low: bytes) -> str:
        """Return what ``searched`` returns, without the search where none is needed; ``low`` is the text folded."""
        found = None if has_odd_letters(text) else self._places(low)
        if found is None:
            return self.searched(text) if self.may_be_in(text, low) else text
        return _put(text, found) if found else text

    def searched(self, text: str) -> str:
        """Return ``text`` with each replaced, in whatever spelling it stands there."""
        return self._any_spelling.searched(text)

    @cached_property
    def _any_spelling(self) -> Finder:
        return Finder(self._shown, identifier_pattern, None)

    def _places(self, low: bytes) -> list[tuple[int, int, str]] | None:
        """Return where they stand, in order, and what is put there; None where only the pattern can tell."""
        found: list[tuple[int, int, str]] = []
        for finder, shown in self._finders:
            spans = finder.spans(low)
            if spans is None:
                return None
            found += [(start, end, shown) for start, end in spans]
        found.sort()
        overlap = any(before[1] > after[0] for before, after in pairwise(found))
        return None if overlap else found


def _put(text: str, places: list[tuple[int, int, str]]) -> str:
    """Return ``text`` with something else at some places of its bytes; they begin and end with ASCII signs, so no character is cut."""
    data = text.encode("utf-8", "surrogatepass")
    done: list[bytes] = []
    at = 0
    for start, end, shown in places:
        done += [data[at:start], shown.encode("utf-8", "surrogatepass")]
        at = end
    return b"".join([*done, data[at:]]).decode("utf-8", "surrogatepass")


def secret_finder(shown: Mapping[str, str]) -> Finder:
    """Return the finder of secrets; those that are too short to be searched for are left out."""
    found = {secret: mask for secret, mask in shown.items() if not too_short(secret)}
    marks = [secret_landmarks(secret) for secret in found]
    every = tuple(mark for some in marks if some is not None for mark in some)
    return Finder(found, secret_pattern, None if None in marks else every)


def identifier_finder(shown: Mapping[str, str]) -> Finder | PlainFinder | PlainFinders:
    """Return the finder of identifiers, in any case of letters; those of fewer than three characters are left out."""
    finders = tuple(_plain(value, mask) for value, mask in shown.items())
    plain = tuple(finder for finder in finders if finder is not None)
    if plain and len(plain) == len(finders):
        return plain[0] if len(plain) == 1 else PlainFinders(shown, plain)
    named = {value: mask for value, mask in shown.items() if len(value) >= SHORTEST_IDENTIFIER}
    marks = tuple(identifier_landmark(value) for value in named)
    return Finder(named, identifier_pattern, marks if all(marks) else None, caseless=True)


def _plain(value: str, mask: str) -> PlainFinder | None:
    """Return the finder of an identifier that is plain, or None."""
    phone = _PHONE.fullmatch(value) is not None
    plain = phone or (not too_short(value) and _PLAIN.fullmatch(value))
    return PlainFinder(value, mask, phone=phone) if plain else None


def _form(secret: str, found: str) -> str:
    """Return the name of the form in which a secret was found; empty for the secret as it is."""
    if found == secret:
        return ""
    if secret in (unquote(found), unquote_plus(found)):
        return "_URL"
    if html.unescape(found) == secret:
        return "_HTML"
    try:
        return "_JSON" if json.loads(f'"{found}"') == secret else "_ENCODED"
    except ValueError:
        return "_ENCODED"
