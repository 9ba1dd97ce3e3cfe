"""The payload's nouns: the template that is kept, and the slots that are found in its text."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from workbench.sentence import N_

from .base import JsonValue, Noun

SlotKind = Literal[
    "variable",  # {{ order.total }}: a value of the contact or the event
    "identifier",  # ${User Identifier}
    "user_data",  # ${User data|FEED|PROPERTY}
    "campaign",  # ${dyCampaignName}
    "text",  # every other ${...}: set once for all its uses
]


class FilterCall(Noun):
    """One filter as the slot writes it: ``default("x")`` is ``default`` with the argument ``"x"``."""

    name: str
    arguments: tuple[JsonValue, ...] = ()

    def __str__(self) -> str:
        """Return the filter as it is written in a slot."""
        written = ", ".join(json.dumps(argument, ensure_ascii=False) for argument in self.arguments)
        return f"{self.name}({written})" if written else self.name


class Slot(Noun):
    """A place in a payload that a value fills.

    ``key`` is the value's name, one flat set of names for all kinds: ``order.total``, ``User Identifier``,
    ``User data|FEED|PROPERTY``, ``dyCampaignName`` or the text variable's own name. ``source`` is the slot as
    written, ``line`` and ``column`` (from 1) its first character in the template's text, ``path`` the place
    of its string (``personalizations[0].to[0].email``). ``whole`` says that the string is this slot alone, so
    that the value keeps its type.
    """

    key: str
    kind: SlotKind
    filters: tuple[FilterCall, ...] = ()
    source: str
    line: int
    column: int
    whole: bool
    path: str


class PayloadTemplate(Noun):
    """A payload as it is kept: the text as typed (it may still be wrong), how it is sent, and its source."""

    id: str
    name: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=100),
        Field(title=N_("Name"), description=N_("How you find this payload again.")),
    ]
    text: Annotated[
        str,
        Field(
            title=N_("Payload"),
            description=N_("JSON as your provider expects it; slots are filled for each contact."),
        ),
    ]
    encoding: Annotated[
        Literal["json", "form", "xml", "multipart", "nested_form"],
        Field(
            title=N_("Sent as"),
            description=N_("JSON, the fields of a form (Mailgun, Twilio), or XML (Vibes)."),
        ),
    ] = "json"
    notes: Annotated[str, Field(title=N_("Notes"), description=N_("For your colleagues; never sent."))] = ""
    source_url: Annotated[
        str | None, Field(title=N_("Source"), description=N_("The page that documents this payload."))
    ] = None
