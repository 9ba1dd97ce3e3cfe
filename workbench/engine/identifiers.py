"""Identifiers: what each type must look like, how it is normalised, and which hash stands for an address."""

from __future__ import annotations

import hashlib
import re

from email_validator import EmailNotValidError, validate_email

from workbench.models.base import Problem
from workbench.models.contact import Contact
from workbench.models.integration import IdentifierType
from workbench.sentence import N_, Sentence, say

E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
CUSTOM_LENGTH = 250

TITLES = {
    "email": N_("Plain text email"),
    "phone": N_("Phone number (E.164)"),
    "email_sha256": N_("Email, SHA-256"),
    "custom": N_("Custom identifier"),
}


def hash_email(address: str) -> str:
    """Return the SHA-256 of the trimmed, lowercase address, as 64 hex digits (https://dy.dev/docs/identify-user, ``he``)."""
    return hashlib.sha256(address.strip().lower().encode()).hexdigest()


def check_identifier(kind: IdentifierType, value: str) -> Sentence | None:
    """Return what is wrong with ``value`` as an identifier of this type, or None (R-ESP-11)."""
    if kind.kind == "email":
        if SHA256.fullmatch(value.strip().lower()):
            return say(
                "This is a SHA-256 hash, but the integration expects a plain email address. Choose the identifier type “Email, SHA-256”."
            )
        return (
            None
            if is_email(value)
            else say(
                "“{value}” is not an email address. Write it like name@example.com.", value=_short(value)
            )
        )
    if kind.kind == "phone":
        if E164.fullmatch(value):
            return None
        return say(
            "“{value}” is not a phone number in international form. Write + and digits only, like +46701234567.",
            value=_short(value),
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
            value=_short(value),
        )
    return _check_custom(value)


def _check_custom(value: str) -> Sentence | None:
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
            value=_short(value),
        )
    return None


def identifier_of(kind: IdentifierType, contact: Contact) -> tuple[str | None, Problem | None]:
    """Return the contact's identifier of this type, or the problem that keeps the message back (R-ESP-12).

    A plain address given for the hash type is not hashed silently: what goes out is what is shown.
    """
    value = contact.identifiers.get(kind.key)
    if value is None or value == "":
        near = next((key for key in contact.identifiers if key.lower().strip() == kind.key.lower()), None)
        sentence = (
            say(
                "The contact has “{near}” but the integration asks for “{key}”. Names are case-sensitive: make them equal.",
                near=near,
                key=kind.key,
            )
            if near is not None and near != kind.key
            else say(
                "The contact has no identifier “{key}”, so it is not sent. Add it to the contact or choose another identifier type.",
                key=kind.key,
            )
        )
        return None, Problem(field="identifier", sentence=sentence)
    wrong = check_identifier(kind, value)
    return (None, Problem(field="identifier", sentence=wrong)) if wrong else (value, None)


def is_email(value: str) -> bool:
    """Return whether ``value`` has the form of an email address (no look-up is made)."""
    try:
        validate_email(value, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


def _short(value: str) -> str:
    return value if len(value) <= 40 else value[:37] + "..."
