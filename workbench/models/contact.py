"""The contact: whom a message is for, and what is known of him or her."""

from __future__ import annotations

from pydantic import Field

from .base import JsonValue, Noun, Problem


class Contact(Noun):
    """One recipient. ``identifiers`` by type (``email``, ``phone``, ``email_sha256`` or a custom name), ``variables`` by name,
    ``user_data`` by feed and property (Reconnect's ``${User data|FEED|PROPERTY}``).
    """  # noqa: D205 - the list of fields is one sentence

    label: str = ""
    identifiers: dict[str, str] = Field(default_factory=dict)
    variables: dict[str, JsonValue] = Field(default_factory=dict)
    user_data: dict[str, dict[str, JsonValue]] = Field(default_factory=dict)


SAMPLE = Contact(
    label="Ana Lima",
    identifiers={
        "email": "ana.lima@example.com",
        "phone": "+5511987654321",
        "email_sha256": "03bcdf026c44eaf449d42b4755f97281cdb0145fbdc93837106cf937c216eea9",
    },
    variables={"first_name": "Ana", "subject": "Your cart is waiting", "number_of_items": 2},
)
"""The contact that a new test starts with; example.com never reaches a person (RFC 2606)."""


class Pasted(Noun):
    """The contacts that a pasted text or a file holds, and what could not be read, with line numbers. ``total`` counts both."""

    contacts: tuple[Contact, ...] = ()
    problems: tuple[Problem, ...] = ()
    total: int = 0
