"""Event e-mail addresses: trimmed, checked, a domain of other letters than a to z in its wire form, likely slips hinted at (R-EVT-13)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from email_validator import EmailNotValidError, validate_email

from workbench.sentence import Sentence, say

from .event_findings import ABSENT, Findings, Mark, masked, shown
from .event_plain import simple
from .identifiers import SHA256

FIELD: Final = "email"
LONGEST: Final = 254
"""Characters of an address (RFC 5321 section 4.5.3.1.3, less the angle brackets)."""
BLANKS: Final = (
    " \t\r\n\x0b\x0c\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u200b\u200c\u200d\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
)
"""What is cut off around an identifier: blanks of all kinds, also those without width that come along when a text is copied."""
POPULAR: Final = (
    "gmail.com",
    "yahoo.com",
    "hotmail.com",
    "outlook.com",
    "icloud.com",
    "googlemail.com",
    "protonmail.com",
    "yahoo.com.br",
    "hotmail.com.br",
    "outlook.com.br",
    "terra.com.br",
    "uol.com.br",
    "bol.com.br",
    "hotmail.fr",
    "orange.fr",
    "wanadoo.fr",
    "laposte.net",
    "hotmail.es",
    "telefonica.net",
    "sapo.pt",
    "hotmail.co.uk",
    "yahoo.co.uk",
    "yahoo.fr",
    "yahoo.es",
)
_NO_SLIPS: Final = frozenset(
    {
        "mail.com",
        "email.com",
        "ymail.com",
        "fmail.com",
        "hotmail.de",
        "hotmail.it",
        "hotmail.be",
        "yahoo.de",
        "yahoo.it",
        "yahoo.ca",
        "yahoo.in",
    }
)
_ENDINGS: Final = {
    ".con": ".com",
    ".cmo": ".com",
    ".ocm": ".com",
    ".comm": ".com",
    ".vom": ".com",
    ".xom": ".com",
    ".nte": ".net",
}

_PLAIN: Final = re.compile(
    r"([\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*)@([0-9A-Za-z.-]{1,180})", re.ASCII
)
_WRAPPED: Final = re.compile(
    r"(?:.*<([^<>@\s]+@[^<>@\s]+)>|mailto:([^?\s]+@[^?\s]+)(?:\?.*)?|[\"'(]([^\"'()\s]+@[^\"'()\s]+)[\"')])[.,;]*",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Domain:
    """What is known of a domain: whether mail can go there, its wire form, and the popular one that was probably meant."""

    valid: bool
    wire: str = ""
    meant: str = ""


def read_email(value: object, found: Findings) -> Any:
    """Return the address as it goes out, ``ABSENT`` for a blank one, ``UNFIT`` for none."""
    if type(value) is not str:
        value = simple(value)
        if value is None:
            return ABSENT
        if type(value) is not str:
            return found.error(
                FIELD,
                say(
                    "“email” must be a text, but it is {value}. Give one address in double quotes.",
                    value=shown(value),
                ),
            )
    plain = _PLAIN.fullmatch(value)
    if plain is None:
        return _thoroughly(value, found)
    domain = domain_of(plain[2])
    if not domain.valid or len(value) > LONGEST:
        return _thoroughly(value, found)
    if domain.meant:
        _hint(plain[1], plain[2], domain.meant, found)
    return value


def _thoroughly(given: str, found: Findings) -> str | Mark:
    """Return the address, with everything that is to be said of it."""
    value = given.strip(BLANKS)
    if not value:
        return ABSENT
    wrong = wrong_with(value)
    if wrong is not None:
        for offered in _offers(value):
            found.fix(FIELD, say("Put {value} in “email”.", value=masked(offered)), offered)
        return found.error(FIELD, wrong)
    if value != given:
        found.note(FIELD, say("Blanks around the e-mail address {value} were removed.", value=masked(value)))
        found.fix(FIELD, say("Trim “email”."), value)
    return _on_the_wire(value, found)


def _on_the_wire(value: str, found: Findings) -> str:
    local, _, name = value.rpartition("@")
    domain = domain_of(name)
    if not local.isascii():
        found.warn(
            FIELD,
            say(
                "The e-mail address {value} has letters beyond a to z before the “@”, which many servers do not take. Ask for another.",
                value=masked(value),
            ),
        )
    if domain.meant:
        _hint(local, name, domain.meant, found)
    if name.isascii():
        return value
    wire = f"{local}@{domain.wire}"
    found.note(
        FIELD,
        say(
            "The domain “{name}” of the e-mail address goes out in its wire form, “{wire}”.",
            name=name,
            wire=domain.wire,
        ),
    )
    found.fix(FIELD, say("Write the domain as {wire}.", wire=domain.wire), wire)
    return wire


def wrong_with(value: str) -> Sentence | None:
    """Return what is wrong with a trimmed address, or None."""
    if len(value) > LONGEST:
        return say(
            "The e-mail address has {length} characters; at most {most} are allowed. Give one address alone.",
            length=len(value),
            most=LONGEST,
        )
    shown = masked(value)
    signs = value.count("@")
    if not signs:
        if SHA256.fullmatch(value.lower()):
            return say(
                "“email” is a SHA-256 hash, and the provider needs the address itself. Give the plain address."
            )
        return say("The e-mail address “{value}” has no “@”. Write it like name@example.com.", value=shown)
    if signs > 1:
        return say(
            "The e-mail address “{value}” has more than one “@”. Give one address alone, like name@example.com.",
            value=shown,
        )
    if any(sign.isspace() or sign in BLANKS for sign in value):
        return say(
            "The e-mail address “{value}” has a blank inside. Remove it, and give one address alone.",
            value=shown,
        )
    if not value.isprintable():
        return say(
            "The e-mail address “{value}” holds a sign that cannot be seen. Type it again.", value=shown
        )
    local, _, domain = value.partition("@")
    if not local:
        return say(
            "The e-mail address “{value}” has nothing before the “@”. Write it like name@example.com.",
            value=shown,
        )
    if "." not in domain.strip("."):
        return say(
            "The domain of the e-mail address “{value}” has no dot. Write it like name@example.com.",
            value=shown,
        )
    if not _is_address(value):
        return say(
            "“{value}” is no e-mail address that mail can be sent to. Write it like name@example.com.",
            value=shown,
        )
    return None


def _is_address(value: str) -> bool:
    try:
        made = validate_email(value, check_deliverability=False)
    except (EmailNotValidError, UnicodeError):
        return False
    # an address that only long spellings of its domain make valid could not go out
    return len(made.local_part) + 1 + len(made.ascii_domain or "") <= LONGEST


def _offers(value: str) -> list[str]:
    """Return the address that stands inside of what was given, where there is exactly one."""
    if len(value) > 1000:
        return []
    found = _WRAPPED.fullmatch(value)
    bare = next((part for part in found.groups() if part), "") if found else value.strip(".,;:<>\"' ")
    return [bare] if bare != value and wrong_with(bare) is None else []


@lru_cache(maxsize=4096)  # a list of contacts shares a few domains
def domain_of(name: str) -> Domain:
    """Return what is known of a domain as it stands behind the at sign."""
    try:
        made = validate_email(f"a@{name}", check_deliverability=False)
    except (EmailNotValidError, UnicodeError):
        return Domain(valid=False)
    wire = name if name.isascii() else str(made.ascii_domain)
    return Domain(valid=True, wire=wire, meant=meant_by(wire.lower()))


def meant_by(name: str) -> str:
    """Return the popular domain from which a name differs by one slip of the keyboard; an empty text where it is none."""
    if name in POPULAR or name in _NO_SLIPS:
        return ""
    for wrong, right in _ENDINGS.items():
        if name.endswith(wrong):
            return meant_by(fixed := name.removesuffix(wrong) + right) or fixed
    return next((popular for popular in POPULAR if _one_slip(name, popular)), "")


def _one_slip(given: str, meant: str) -> bool:
    """Return whether one sign too many, too few or wrong, or two exchanged, lies between the texts."""
    shorter, longer = sorted((given, meant), key=len)
    if len(longer) - len(shorter) > 1:
        return False
    at = next(
        (place for place, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), len(shorter)
    )
    if len(shorter) != len(longer):
        return shorter[at:] == longer[at + 1 :]
    swapped = given[at + 1 : at + 2] + given[at : at + 1] + given[at + 2 :]
    return given[at + 1 :] == meant[at + 1 :] or swapped == meant[at:]


def _hint(local: str, name: str, meant: str, found: Findings) -> None:
    found.warn(
        FIELD, say("The e-mail address ends in “{name}”. Was “{meant}” meant?", name=name, meant=meant)
    )
    found.fix(FIELD, say("Change the domain to {meant}.", meant=meant), f"{local}@{meant}")
