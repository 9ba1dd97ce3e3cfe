"""NEWSLETTER CALLS: what a platform says when somebody subscribes or unsubscribes in it: a GET with ``email`` and ``ip`` (R-SYNC-31).

Nothing of it is trusted: the address is checked, and the ip, which anybody can write, is kept as words at most.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple
from urllib.parse import parse_qsl

from workbench.models.base import Problem
from workbench.sentence import Sentence, say

from .identifiers import is_email

Change = Literal["subscribe", "unsubscribe"]
CHANGES: Final[tuple[Change, ...]] = ("subscribe", "unsubscribe")
QUERY_BYTES: Final = 2_000
EMAIL_LENGTH: Final = 254
"""Characters of the longest address that can be written to (RFC 5321, 4.5.3.1.3)."""
IP_LENGTH: Final = 45
"""Characters of the longest way to write an address of the internet, an IPv4 address within an IPv6 one."""


class Heard(NamedTuple):
    """Whom a call is about, and what it says of where they were. ``email`` is empty where there is a problem."""

    email: str
    ip: str = ""
    problem: Problem | None = None


def read_call(query: bytes) -> Heard:
    """Return what the query of a call says. Never raises; the problem says what is wrong with the address, without repeating it."""
    if len(query) > QUERY_BYTES:
        return _wrong(say("The call is longer than {most} bytes, so it was not read.", most=QUERY_BYTES))
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=20)
    except ValueError:  # bytes that are no UTF-8 once they are decoded, or too many fields
        return _wrong(say("The call cannot be read. It needs “email=” and the address, percent-encoded."))
    emails = [value.strip() for name, value in pairs if name == "email"]
    if len(emails) != 1 or not emails[0]:
        return _wrong(
            say("The call names {count} e-mail addresses; it needs exactly one, as “email=”.", count=len([*filter(None, emails)]))
        )  # fmt: skip
    if len(emails[0]) > EMAIL_LENGTH or not is_email(emails[0]):
        return _wrong(say("What the call names is not an e-mail address. Check the platform's settings."))
    return Heard(emails[0], _words(next((value for name, value in pairs if name == "ip"), "")))


def _words(ip: str) -> str:
    """Return what a call says as its ip, as words that can do no harm: nothing ever asks what stands in them."""
    return "".join(letter for letter in ip.strip() if letter.isascii() and letter.isprintable())[:IP_LENGTH]


def _wrong(sentence: Sentence) -> Heard:
    return Heard("", problem=Problem(field="email", sentence=sentence))
