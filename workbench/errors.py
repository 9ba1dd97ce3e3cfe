"""ERRORS: what can go wrong, as one tree. Every error is a sentence that a marketer can act on.

WorkbenchError
├── Refused                 a rule of the workbench forbids it; nothing was done
│   ├── Invalid             one or more fields are wrong; carries every problem found
│   ├── Forbidden           the person's role does not allow it
│   ├── NotRehearsed        the rehearsal has no stand-in for this address
│   └── AddressRefused      the address lies in a private or reserved network
├── NotFound                nothing is kept under this id
├── MissingSecret           a secret is referred to that this vault cannot open
├── MissingVariable         a template names a value that the contact does not have
├── TokenRefused            the token URL did not give a token
├── StorageFault            the disk or the database did not take or give what was asked
│   ├── CannotWrite         full, read-only or not permitted
│   ├── Damaged             a file cannot be read; it was set aside
│   └── TooNew              written by a newer version of the workbench
└── Unreachable             the server process does not answer
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .sentence import Sentence, Value, say

if TYPE_CHECKING:
    from .models.base import Problem

__all__ = [
    "AddressRefused",
    "CannotWrite",
    "Damaged",
    "Forbidden",
    "Invalid",
    "MissingSecret",
    "MissingVariable",
    "NotFound",
    "NotRehearsed",
    "Refused",
    "StorageFault",
    "TokenRefused",
    "TooNew",
    "Unreachable",
    "WorkbenchError",
]


class WorkbenchError(Exception):
    """The root: carries a ``Sentence`` (``.sentence``); ``str()`` gives it in English. Never holds a secret."""

    def __init__(self, sentence: Sentence | str, /, **values: Value) -> None:
        self.sentence = sentence if isinstance(sentence, Sentence) else Sentence(sentence, values)
        super().__init__(str(self.sentence))


class Refused(WorkbenchError):
    """A rule of the workbench forbids it; nothing was done."""


class Invalid(Refused):
    """One or more fields are wrong; ``problems`` holds all of them, in the order of the form."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        first = self.problems[0].sentence if self.problems else say("Something is not filled in correctly.")
        super().__init__(first)


class Forbidden(Refused):
    """The person's role does not allow it."""


class NotRehearsed(Refused):
    """The rehearsal has no stand-in for this address."""


class AddressRefused(Refused):
    """The address lies in a private or reserved network, and is not allowed by name."""


class NotFound(WorkbenchError):
    """Nothing is kept under this id."""


class MissingSecret(WorkbenchError):
    """A secret is referred to that this vault cannot open."""


class MissingVariable(WorkbenchError):
    """A template names a value that the contact does not have."""


class TokenRefused(WorkbenchError):
    """The token URL did not give a token."""


class StorageFault(WorkbenchError):
    """The disk or the database did not take or give what was asked."""


class CannotWrite(StorageFault):
    """Full, read-only or not permitted; nothing was written."""


class Damaged(StorageFault):
    """A file cannot be read; it was set aside."""


class TooNew(StorageFault):
    """Written by a newer version of the workbench; left untouched."""


class Unreachable(WorkbenchError):
    """The server process does not answer."""
