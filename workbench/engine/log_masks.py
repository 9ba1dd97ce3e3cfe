"""LOG MASKS: what a line of the log may not hold, found by its form alone: secrets by their names and shapes, people by their addresses.

The secrets that a workbench knows are replaced by their values before (``engine.redact``); this catches those that it never saw.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from .redact import MASK

LONGEST: Final = 4_000
"""Characters of one text in the log; the rest is cut off, before anything is looked for in it."""

_NAMES: Final = (
    "token|secret|passw(?:or)?d|passphrase|passwd|pwd|(?:api|access|private)[_-]?key|signature|credentials?"
    "|authorization|cookie"
)
_MASKED: Final = (
    # "input_value=..., input_type=str": pydantic repeats what it was given
    (re.compile(r"(input_value=).*?(?=, input_type=|$)", re.DOTALL), rf"\1{MASK}"),
    (re.compile(r"-----BEGIN [A-Z ]{0,40}KEY-----.*?(?:-----END [A-Z ]{0,40}KEY-----|$)", re.DOTALL), MASK),
    (re.compile(r"(://)[^/\s?#@\"']{1,300}@"), rf"\1{MASK}@"),
    (
        re.compile(r"(/(?:sms|newsletter|shops?)/)[^/\s?#\"']{8,200}"),
        rf"\1{MASK}",
    ),  # addresses that hold a secret
    (re.compile(r"(?i)\b(bearer|basic|digest|apikey|negotiate)\s+[A-Za-z0-9._~+/=:-]{6,}"), rf"\1 {MASK}"),
    (
        re.compile(
            rf"(?i)(?<![\w-])([\w-]{{0,40}}?(?:{_NAMES})[\w-]{{0,20}}[\"']?\s{{0,3}}(?:=|:|%3D)\s{{0,3}})"
            r"(?:\"[^\"]*+\"?|'[^']*+'?|[^\s\"'&,;)}\]]+)"
        ),
        rf"\1{MASK}",
    ),
    (re.compile(r"\b(?:wbk_|SG\.|sk_|pk_|rk_|whsec_|xkeysib-|xox[abp]-|gAAAA)[\w.=-]{6,}"), MASK),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?"), MASK),  # a JSON Web Token
    (re.compile(r"\bAKIA[0-9A-Z]{12,}"), MASK),
)
_CONTACTS: Final = (
    re.compile(r"[\w.%+'-]{1,64}(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}"),
    re.compile(r"(?<![\w+])(?:\+|%2B|00)[1-9](?:[ ()./-]{0,2}[0-9]){6,16}(?!\w)"),
    re.compile(r"(?<![\w.:+-])\(?[0-9]{3}\)?[ .-][0-9]{3}[ .-][0-9]{3,5}(?![\w.:-])"),
    re.compile(r"(?<![\w.:+-])[0-9]{9,15}(?![\w:-]|\.[0-9])"),
)


def masked(text: str, pseudonym: Callable[[str], str]) -> str:
    """Return the text without what looks like a secret, and with each e-mail address and phone number as its ``pseudonym``.

    At most ``LONGEST`` characters of it. It masks rather too much than too little: an account number looks like a phone number.
    """
    shown = text if len(text) <= LONGEST else text[:LONGEST] + "…"
    for pattern, instead in _MASKED:
        shown = pattern.sub(instead, shown)
    for pattern in _CONTACTS:
        shown = pattern.sub(lambda found: pseudonym(_plain(found[0])), shown)
    return shown


def _plain(address: str) -> str:
    """Return an address as it is written outside a URL, so that a person has one pseudonym."""
    return address.replace("%40", "@").replace("%2B", "+")
