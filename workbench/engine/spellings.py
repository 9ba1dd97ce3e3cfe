"""SPELLINGS: every way a value may be written in what a provider answers, as patterns to search for.

Plain, percent-encoded up to three times, form-encoded, JSON and JSON in JSON, HTML, hex, and base64 at each of its three alignments.
Each way also has a landmark, a few letters or digits that nothing can spell otherwise: a text that holds none of them needs no search.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from html.entities import codepoint2name
from itertools import groupby
from typing import Final
from urllib.parse import quote, quote_plus

SHORTEST: Final = 6
"""Characters a secret needs to be searched for in running text; shorter ones would shred it."""
_BASE64: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_SHORT_ESCAPES: Final = {"\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t"}
_PERCENT: Final = "%(?:25){0,2}"  # percent-encoded up to three times
_RUNS: Final = re.compile(r"[0-9A-Za-z]+", re.ASCII)
_BOTH_CASES: Final = re.compile(r"\[([a-z])(?i:\1)\]", re.ASCII)


def too_short(secret: str) -> bool:
    """Return whether a secret is too short to be found in running text: a form should advise a longer one."""
    return len(secret) < SHORTEST


def secret_pattern(secret: str) -> str:
    """Return the pattern for a secret in any of its forms."""
    return "|".join("".join(pieces) for pieces in _secret_forms(secret))


def secret_landmarks(secret: str) -> tuple[bytes, ...] | None:
    """Return one landmark for each form of a secret: a text holds none of the forms unless it holds one of these.

    They are to be looked for in the text's UTF-8 with its ASCII letters made small. None where a form has no landmark.
    """
    found = [_landmark(pieces) for pieces in _secret_forms(secret)]
    return tuple(dict.fromkeys(found)) if all(found) else None


def identifier_landmarks(value: str) -> list[bytes]:
    """Return the letters and digits, run by run, all of which stand in a text wherever the identifier does.

    As for secrets, in small letters. They are found in every text that ``identifier_pattern`` matches, but for one with a character
    that is no ASCII letter and yet is taken for one when capitals do not count: see ``has_odd_letters``.
    """
    return [run.lower().encode() for run in _RUNS.findall(value)]


def identifier_landmark(value: str) -> bytes:
    """Return the longest of an identifier's landmarks; empty where it has none."""
    return max(_RUNS.findall(value), key=len, default="").lower().encode()


def has_odd_letters(text: str) -> bool:
    """Return whether the text holds one of the four other characters that ``re.IGNORECASE`` takes for ASCII letters.

    They are named with ``re.IGNORECASE`` in https://docs.python.org/3/library/re.html#flags.
    """
    return not text.isascii() and (
        "\u0131" in text or "\u0130" in text or "\u017f" in text or "\u212a" in text
    )  # for i, i, s and k


def _secret_forms(secret: str) -> list[list[str]]:
    """Return the pieces of each form of a secret: a piece is the pattern of one character of it."""
    data = secret.encode("utf-8", "surrogatepass")
    # What is put in base64 may be encoded already: RFC 6749 section 2.3.1 form-encodes id and secret for Basic.
    before = dict.fromkeys(
        [
            data,
            quote(secret, safe="", errors="replace").encode(),
            quote_plus(secret, errors="replace").encode(),
            json.dumps(secret)[1:-1].encode(),
            json.dumps(secret, ensure_ascii=False)[1:-1].encode("utf-8", "surrogatepass"),
        ]
    )
    forms = [_text_pieces(secret), [_hex_digit(digit) for digit in data.hex()]]
    forms += [_base64_pieces(one, lead) for one in before for lead in range(3)]
    return forms


def identifier_pattern(value: str) -> str:
    """Return the pattern for an identifier in any of its text forms, in any case; a short one as a whole word.

    The plus of a phone number may be missing: several providers answer with bare digits.
    """
    pattern = f"(?i:{_text_pattern(value)})"
    if value.startswith("+") and not too_short(value[1:]):
        pattern = f"(?i:{_spelled('+', False)}?{_text_pattern(value[1:])})"
    if too_short(value):
        return rf"(?:(?<![0-9A-Za-z])|(?<=%[0-9A-Fa-f][0-9A-Fa-f])){pattern}(?![0-9A-Za-z])"
    return pattern


def _landmark(pieces: list[str]) -> bytes:
    """Return the longest run of letters and digits that have one spelling each (or two, as capital and small letter)."""
    runs = groupby((_only_letter(piece) for piece in pieces), key=bool)
    return max(("".join(run) for plain, run in runs if plain), key=len, default="").lower().encode()


def _only_letter(piece: str) -> str:
    if piece.isascii() and piece.isalnum():
        return piece
    return piece[1] if _BOTH_CASES.fullmatch(piece) else ""


def _text_pattern(value: str) -> str:
    return "".join(_text_pieces(value))


def _text_pieces(value: str) -> list[str]:
    """Return the pattern for a text: plain, percent-encoded, form-encoded, JSON (in JSON), HTML, or a mix.

    A run of backslashes takes the backslashes of the escape after it too, so that there is one way to match a
    text and the search stays linear.
    """
    pieces: list[str] = []
    after_backslash = False
    for character, run in groupby(value):
        count = len(list(run))
        if character == "\\":
            others = "|".join([rf"{_PERCENT}5[cC]", r"&(?:amp;)?#(?:92|[xX]0*5[cC]);"])
            pieces.append(rf"(?:\\{{{count},{8 * count + 8}}}|(?:{others}){{{count}}})")
            after_backslash = True
            continue
        pieces.append(_spelled(character, after_backslash))
        pieces += [_spelled(character, False)] * (count - 1)
        after_backslash = False
    return pieces


@lru_cache(maxsize=1024)
def _spelled(character: str, after_backslash: bool) -> str:
    """Return the pattern for one character in any of its spellings."""
    if character.isascii() and character.isalnum():
        return character
    some, maybe = ("", "") if after_backslash else (r"\\{1,8}", r"\\{0,8}")
    code = ord(character)
    names = [codepoint2name.get(code), "apos" if character == "'" else None]
    entities = [f"#(?:{code}|[xX]0*{_hex_digits(f'{code:x}')})", *(name for name in names if name)]
    ways = [f"&(?:amp;){{0,2}}(?:{'|'.join(entities)});"]
    if character != "%":
        ways.append("".join(_PERCENT + _hex(byte) for byte in character.encode("utf-8", "surrogatepass")))
    if character == " ":
        ways.append(r"\+")
    if character in _SHORT_ESCAPES:
        ways.append(some + _SHORT_ESCAPES[character])
    units = character.encode("utf-16-be", "surrogatepass").hex(" ", 2).split()
    ways.append(some + r"\\{1,8}".join(f"u{_hex_digits(unit)}" for unit in units))
    # Last, because a plain ampersand would otherwise leave the rest of its own entity behind.
    plain = {"%": "%(?:25){0,3}"}.get(character, re.escape(character))
    ways.append(maybe + plain if character in "\"'/" else plain)
    return f"(?:{'|'.join(ways)})"


def _hex(byte: int) -> str:
    return _hex_digits(f"{byte:02x}")


def _hex_digits(digits: str) -> str:
    return "".join(_hex_digit(digit) for digit in digits)


def _hex_digit(digit: str) -> str:
    return f"[{digit}{digit.upper()}]" if digit.isalpha() else digit


def _base64_pieces(data: bytes, lead: int) -> list[str]:
    """Return the pattern for ``data`` in base64 or base64url (RFC 4648) when ``lead`` bytes stand before it.

    At its ends a character holds bits of the neighbours as well: there, any character with the right bits fits,
    and the character is taken whole.
    """
    bits = "?" * (8 * lead) + "".join(f"{byte:08b}" for byte in data)
    open_end = len(bits) % 24 != 0
    bits += "?" * (-len(bits) % 6)
    sextets = [bits[i : i + 6] for i in range(0, len(bits), 6)]
    pieces = [_sextet(sextet) for sextet in sextets if sextet != "??????"]
    return [*pieces, f"(?:{_spelled('=', False)}){{0,2}}"] if open_end else pieces


@lru_cache(maxsize=1024)
def _sextet(bits: str) -> str:
    """Return the pattern for the base64 characters whose six bits are ``bits``, ``?`` being any."""
    shape = re.compile(bits.replace("?", "[01]"))
    fitting = [index for index in range(64) if shape.fullmatch(f"{index:06b}")]
    letters = "".join(_BASE64[index] for index in fitting if index < 62)
    ways = [letters if len(letters) == 1 else f"[{letters}]"] if letters else []
    ways += [f"{_spelled('+', False)}|-"] if 62 in fitting else []
    ways += [f"{_spelled('/', False)}|_"] if 63 in fitting else []
    return ways[0] if len(ways) == 1 and 62 not in fitting and 63 not in fitting else f"(?:{'|'.join(ways)})"
