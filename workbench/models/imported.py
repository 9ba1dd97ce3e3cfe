"""The import: what a foreign text (cURL, Postman, OpenAPI, HAR) asks to be sent, as integrations that a person may take over.

No secret of the text is in it: each one is asked for by ``WantedSecret``, and ``Fill`` says where it goes.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from workbench.sentence import Sentence

from .base import JsonValue, Noun, Problem
from .integration import Settings

ImportFormat = Literal["curl", "postman", "openapi", "har", "unknown"]
LeftOutKind = Literal[
    "auth",
    "body",
    "certificate",
    "cookie",
    "example",
    "file",
    "header",
    "insecure",
    "limit",
    "method",
    "option",
    "parameter",
    "proxy",
    "redirect",
    "reference",
    "retry",
    "schema",
    "script",
    "secret",
    "variable",
]


class LeftOut(Noun):
    """One thing that could not be carried over, and why. ``place`` names the request, the folder or the pointer; lines count from 1."""

    what: LeftOutKind
    sentence: Sentence
    place: str = ""
    line: int | None = None


class WantedSecret(Noun):
    """A secret that is asked for: once, however many requests use it.

    ``hint`` is the mask of what the text holds, empty where it holds none. ``name`` is the variable that stands for it in the text.
    ``header`` names the header whose whole value it is; ``begins`` what that value begins with (``Bearer``).
    """

    key: str
    title: Sentence
    about: Sentence | None = None
    hint: str = ""
    name: str = ""
    header: str = ""
    begins: str = ""


class Fill(Noun):
    """Where a wanted secret goes in the settings: ``headers.0.value`` or ``credential.api_key``."""

    place: str
    secret: str


class ImportedRequest(Noun):
    """One request of the text as an integration.

    ``settings`` lack their secrets: ``fills`` names the places. ``url`` may be shown: it holds no secret. ``recognised`` says that a
    provider of the catalogue was found by its host. ``variables`` are sample values of the payload's slots, and ``recipient`` the one
    contact that the text named, whose place in the payload ``${User Identifier}`` has taken. ``reason`` says why it is no integration.
    """

    id: str
    name: str
    folder: tuple[str, ...] = ()
    method: str
    url: str
    line: int | None = None
    provider_name: str = ""
    recognised: bool = False
    settings: Settings = Settings()
    fills: tuple[Fill, ...] = ()
    variables: dict[str, JsonValue] = Field(default_factory=dict)
    recipient: str = ""
    left_out: tuple[LeftOut, ...] = ()
    problems: tuple[Problem, ...] = ()
    reason: Sentence | None = None

    @property
    def usable(self) -> bool:
        """Whether it can become an integration."""
        return self.reason is None


class Imported(Noun):
    """What was read of a text. ``title`` is the text's own (a collection's name); ``problems`` say what could not be read, by line."""

    format: ImportFormat = "unknown"
    title: str = ""
    requests: tuple[ImportedRequest, ...] = ()
    secrets: tuple[WantedSecret, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    problems: tuple[Problem, ...] = ()

    def request(self, id: str) -> ImportedRequest | None:
        """Return the request ``id``, or None."""
        return next((request for request in self.requests if request.id == id), None)
