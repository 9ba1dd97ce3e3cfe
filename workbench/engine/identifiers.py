"""Identifiers: what each type must look like, how it is normalised, and which hash stands for an address."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from workbench.models.base import Problem
from workbench.models.contact import Contact
from workbench.models.integration import IdentifierType
from workbench.sentence import N_, Sentence, say

E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
CUSTOM_LENGTH = 250
_PLAIN_ADDRESS = re.compile(
    r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*@([0-9A-Za-z.-]+)", re.ASCII
)
_PLAIN_LENGTH = 200
"""Characters up to which an address is short enough whatever its parts."""

TITLES = {
    "email": N_("Plain text email"),
    "phone": N_("Phone number (E.164)"),
    "email_sha256": N_("Email, SHA-256"),
    "custom": N_("Custom identifier"),
}


def hash_email(address: str) -> str:
    """Return the SHA-256 of the trimmed, lowercase address, as 64 hex digits (https://dy.dev/docs/identify-user, ``he``)."""
    return hashlib.sha256(address.strip().lower().encode()).hexdigest()


def check_identifier(kind: IdentifierType, value: str, shown: str | None = None) -> Sentence | None:
    """Return what is wrong with ``value`` as an identifier of this type, or None (R-ESP-11).

    With ``shown``, that stands for the value in the sentence: a mask, where the sentence is kept.
    """
    shown = _short(value) if shown is None else shown
    if kind.kind == "email":
        if is_email(value):
            return None
        if SHA256.fullmatch(value.strip().lower()):
            return say(
                "This is a SHA-256 hash, but the integration expects a plain email address. Choose the identifier type “Email, SHA-256”."
            )
        return say("“{value}” is not an email address. Write it like name@example.com.", value=shown)
    if kind.kind == "phone":
        if E164.fullmatch(value):
            return None
        return say(
            "“{value}” is not a phone number in international form. Write + and digits only, like +46701234567.",
            value=shown,
        )
    if kind.kind == "email_sha256":
        if SHA256.fullmatch(value):
            return None
        if is_email(value):
            return say(
                "This is a plain email address, but the integration expects its SHA-256 hash. Hash it, or choose “Plain text email”."
            )
        return say(
            "“{value}” is not a SHA-256 hash. It must be 64 characters, digits and small letters a to f.",
            value=shown,
        )
    return _check_custom(value, shown)


def _check_custom(value: str, shown: str) -> Sentence | None:
    # identify-v1's cuid: no slash, at most 250 characters (https://dy.dev/docs/identify-user)
    if not value.strip():
        return say("The identifier is empty. Give the value that names this contact to your provider.")
    if len(value) > CUSTOM_LENGTH:
        return say(
            "The identifier has {length} characters; at most {most} are allowed.",
            length=len(value),
            most=CUSTOM_LENGTH,
        )
    if "/" in value:
        return say(
            "The identifier “{value}” holds a slash, which is not allowed. Use a value without “/”.",
            value=shown,
        )
    return None


def identifier_of(kind: IdentifierType, contact: Contact) -> tuple[str | None, Problem | None]:
    """Return the contact's identifier of this type, or the problem that keeps the message back (R-ESP-12).

    A plain address given for the hash type is not hashed silently: what goes out is what is shown.
    """
    value, wrong = identifier_in(kind, contact.identifiers)
    return value, None if wrong is None else Problem(field="identifier", sentence=wrong)


def identifier_in(
    kind: IdentifierType, identifiers: Mapping[str, str], shown: str | None = None
) -> tuple[str | None, Sentence | None]:
    """Return what ``identifier_of`` returns, from a contact's identifiers; ``shown`` is as in ``check_identifier``."""
    value = identifiers.get(kind.key)
    if value:
        wrong = check_identifier(kind, value, shown)
        return (None, wrong) if wrong else (value, None)
    near = next((key for key in identifiers if key.lower().strip() == kind.key.lower()), None)
    if near is not None and near != kind.key:
        return None, say(
            "The contact has “{near}” but the integration asks for “{key}”. Names are case-sensitive: make them equal.",
            near=near,
            key=kind.key,
        )
    return None, say(
        "The contact has no identifier “{key}”, so it is not sent. Add it to the contact or choose another identifier type.",
        key=kind.key,
    )


def is_email(value: str) -> bool:
    """Return whether ``value`` has the form of an email address (no look-up is made)."""
    plain = _PLAIN_ADDRESS.fullmatch(value) if len(value) <= _PLAIN_LENGTH else None
    return _is_valid(value) if plain is None else _is_domain(plain[1])


@lru_cache(maxsize=4096)
def _is_domain(domain: str) -> bool:
    """Return whether addresses at ``domain`` are valid whose part before the at sign is. A list of contacts shares a few domains."""
    return _is_valid(f"a@{domain}")


def _is_valid(value: str) -> bool:
    try:
        validate_email(value, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


def _short(value: str) -> str:
    return value if len(value) <= 40 else value[:37] + "..."
