"""GSM-7: the default alphabet of text messages and its extension table, and what in it is like a character that it lacks.

3GPP TS 23.038, sections 6.2.1 and 6.2.1.1: https://www.etsi.org/deliver/etsi_ts/123000_123099/123038/17.00.00_60/ts_123038v170000p.pdf
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The 127 characters that take one septet; the 128th, escape, leads to the extension table."""
EXTENDED: Final = "\f^{}\\[~]|€"
"""The characters that take two septets: escape, and their own."""
ALPHABET: Final = frozenset(BASIC + EXTENDED)

_FOREIGN = re.compile(f"[^{re.escape(BASIC + EXTENDED)}]")
_EXTENDED = re.compile(f"[{re.escape(EXTENDED)}]")

_LIKE: Final = {
    **dict.fromkeys("“”„‟«»″〝〞＂", '"'),
    **dict.fromkeys("‘’‚‛‹›′`´ʼʹˈ＇", "'"),
    **dict.fromkeys("‐‑‒–—―−﹘﹣－⁃", "-"),
    **dict.fromkeys("•·‧∙●▪", "-"),
    **dict.fromkeys("\t\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "),
    **dict.fromkeys("\u2028\u2029\x85\v", "\n"),
    **dict.fromkeys("\xad\u200b\u200c\u200e\u200f\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", ""),
    "…": "...", "⁄": "/", "∕": "/", "×": "x", "÷": "/", "©": "(C)", "®": "(R)",
    "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th",
    "ı": "i", "ħ": "h", "Ħ": "H", "ŧ": "t", "Ŧ": "T", "ĸ": "k", "ŋ": "ng", "Ŋ": "NG", "ẞ": "SS", "¦": "|", "¢": "c",
}  # fmt: skip
"""What Unicode's own decomposition does not give: typographic signs, letters with a stroke, signs that are not seen."""


def foreign(text: str) -> bool:
    """Return whether a text holds a character that GSM-7 does not have."""
    return _FOREIGN.search(text) is not None


def extended(text: str) -> int:
    """Return how many characters of a text take two septets."""
    return len(_EXTENDED.findall(text))


def septets(character: str) -> int:
    """Return how many septets a character of GSM-7 takes."""
    return 2 if character in EXTENDED else 1


@lru_cache(maxsize=4096)
def like(character: str) -> str | None:
    """Return what stands for a character (with its combining marks); "" for one that is not seen, None where nothing is like it."""
    composed = unicodedata.normalize("NFC", character)
    if not foreign(composed):
        return composed
    if character in _LIKE:
        return _LIKE[character]
    parts = [
        _LIKE.get(part, part)
        for part in unicodedata.normalize("NFKD", character)
        if not unicodedata.combining(part)
    ]
    found = "".join(parts)
    return found if found and not foreign(found) else None
