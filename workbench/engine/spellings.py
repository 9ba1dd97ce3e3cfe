"""SPELLINGS: every way a value may be written in what a provider answers, as patterns to search for.

Plain, percent-encoded up to three times, form-encoded, JSON and JSON in JSON, HTML, hex, and base64 at each of its three alignments.
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


def too_short(secret: str) -> bool:
    """Return whether a secret is too short to be found in running text: a form should advise a longer one."""
    return len(secret) < SHORTEST


def secret_pattern(secret: str) -> str:
    """Return the pattern for a secret in any of its forms."""
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
    forms = [_text_pattern(secret), "".join(_hex(byte) for byte in data)]
    forms += [_base64_pattern(one, lead) for one in before for lead in range(3)]
    return "|".join(forms)


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


def _text_pattern(value: str) -> str:
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
    return "".join(pieces)


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
    return "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in digits)


def _base64_pattern(data: bytes, lead: int) -> str:
    """Return the pattern for ``data`` in base64 or base64url (RFC 4648) when ``lead`` bytes stand before it.

    At its ends a character holds bits of the neighbours as well: there, any character with the right bits fits,
    and the character is taken whole.
    """
    bits = "?" * (8 * lead) + "".join(f"{byte:08b}" for byte in data)
    open_end = len(bits) % 24 != 0
    bits += "?" * (-len(bits) % 6)
    sextets = [bits[i : i + 6] for i in range(0, len(bits), 6)]
    pieces = [_sextet(sextet) for sextet in sextets if sextet != "??????"]
    return "".join(pieces) + (f"(?:{_spelled('=', False)}){{0,2}}" if open_end else "")


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
