"""RECIPIENTS: whom a body names. An integration sends to the contact that each row brings, never to the one of a copied example."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from workbench.models.base import JsonValue

from .marked import Marks

IDENTIFIER: Final = "${User Identifier}"
MAX_DEPTH: Final = 60
_EMAIL: Final = re.compile(r"[^\s@<>\"(),:;\[\]\\]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_PHONE: Final = re.compile(r"\+?[1-9][0-9]{6,14}")
_WHO: Final = frozenset(
    {
        "to", "recipient", "recipients", "toaddress", "toaddresses", "destination", "destinations", "phone", "phonenumber",
        "phone_number", "msisdn", "mobile", "to_number", "to_email", "recipient_email", "recipient_phone_number", "recipientid",
        "@address",
    }
)  # fmt: skip
_PLAIN: Final = frozenset(
    {
        "email", "address", "e-mail", "emailaddress", "email_address", "number", "value", "phone", "phone_number",
    }
)  # fmt: skip
_AROUND: Final = frozenset(
    {
        "to", "recipient", "recipients", "destination", "destinations", "personalizations", "contact", "subscriber", "customer",
        "profile", "user", "attributes", "person", "messageversions", "smsrecipients",
    }
)  # fmt: skip
_OTHERS: Final = frozenset(
    {
        "from", "sender", "reply_to", "replyto", "reply-to", "cc", "bcc", "originator", "return_path", "returnpath",
        "fromemailaddress", "from_email", "source", "ccaddresses", "bccaddresses", "replytoaddresses", "headers", "tags", "metadata",
    }
)  # fmt: skip


class Recipients:
    """The recipients that a body names, by the places where they stand."""

    def __init__(self, tree: JsonValue, channel: str, marks: Marks) -> None:
        found = [
            (path, text) for path, text in _strings(tree, ()) if not marks.has(text) and _names_one(path)
        ]
        emails = list(dict.fromkeys(text for _, text in found if _EMAIL.fullmatch(text)))
        phones = list(
            dict.fromkeys(
                text
                for path, text in found
                if _PHONE.fullmatch(text) and (channel == "sms" or _is_phone(path))
            )
        )
        first = phones if channel == "sms" else emails or phones
        self.kind = "" if len(first) != 1 else "phone" if first is phones else "email"
        self.value = first[0] if self.kind else ""
        self.several = max(len(emails), len(phones)) if max(len(emails), len(phones)) > 1 else 0
        other = emails if self.kind == "phone" else phones
        self._other = (
            (other[0], "email" if self.kind == "phone" else "phone")
            if self.kind and len(other) == 1
            else None
        )

    def slot(self, path: tuple[str, ...], text: str) -> str | None:
        """Return what takes the place of a text of the body, or None where it names no recipient."""
        if not self.value or not _names_one(path):
            return None
        if text == self.value:
            return IDENTIFIER
        return "{{ " + self._other[1] + " }}" if self._other and text == self._other[0] else None


def _strings(tree: JsonValue, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(tree, str):
        yield path, tree
    elif isinstance(tree, dict) and len(path) < MAX_DEPTH:
        for key, value in tree.items():
            yield from _strings(value, (*path, key))
    elif isinstance(tree, list):
        for item in tree:
            yield from _strings(item, path)


def _names_one(path: tuple[str, ...]) -> bool:
    """Return whether a recipient is expected there: ``to``, ``recipients.address.email``, ``email`` at the top; not ``from.email``."""
    names = [name.lower().replace(" ", "") for name in path]
    if not names or any(name in _OTHERS for name in names):
        return False
    return names[-1] in _WHO or (
        names[-1] in _PLAIN and (len(names) == 1 or any(name in _AROUND for name in names[:-1]))
    )


def _is_phone(path: tuple[str, ...]) -> bool:
    return any(word in path[-1].lower() for word in ("phone", "mobile", "msisdn"))
