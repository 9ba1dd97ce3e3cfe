"""Snippets: the frozen request of an integration as a program in other languages, and the proof that it sends the same bytes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from workbench.engine.snippets import (
    EMITTERS,
    TOKEN_PATH,
    Arrived,
    SecretName,
    Trial,
    compared,
    dialects_for,
    kept_request,
    secret_names,
    snippet,
    trial,
)
from workbench.errors import NotFound, Refused
from workbench.models.contact import Contact
from workbench.models.journal import Entry
from workbench.models.request import Request
from workbench.models.snippet import DIALECTS, Dialect, Proof, Snippet
from workbench.providers import every
from workbench.sentence import Sentence, say

from .delivery import Delivery
from .dispatch import PENDING_TOKEN
from .house import House
from .integrations import Integrations
from .roles import operator, viewer

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from workbench.adapters.interpreters import Interpreters

MOST_BODY: Final = 1024 * 1024
"""Bytes of a body that is written as code: eight dialects of it go to the page together."""

Blank = tuple[Request, dict[str, str]]
"""A request with placeholders in place of secrets, and what each of them stands for."""


class Snippets:
    """What a person can do with snippets. None of them ever holds a secret; those of a contact hold what the person gave of it."""

    def __init__(
        self, house: House, integrations: Integrations, delivery: Delivery, interpreters: Interpreters | None = None
    ) -> None:  # fmt: skip
        self.house, self.integrations, self.delivery = house, integrations, delivery
        self._interpreters = interpreters
        self._one_at_a_time = asyncio.Lock()

    @viewer
    async def of(
        self, integration: str, contact: Contact, payload: str | None = None, dialects: list[Dialect] | None = None
    ) -> list[Snippet]:  # fmt: skip
        """Return the request for a contact in each dialect that can send it, or in the ones named; nothing is sent.

        Raises Invalid with every problem that keeps the request back, MissingVariable, and Refused for a dialect that cannot send it.
        """
        return _written(await self._blank(integration, contact, payload), dialects)

    @viewer
    async def of_entry(self, entry_id: str) -> list[Snippet]:
        """Return the request that an entry of the activity kept, in each dialect. What was masked in it is a variable.

        Raises NotFound, and Refused where the entry kept no request.
        """
        entry = await self.house.journal.entry(entry_id)
        if entry.request is None:
            raise Refused(
                say(
                    "This entry kept no request, so there is nothing to make a snippet of. Choose an integration and a contact."
                )
            )
        made = _written(kept_request(entry.request, await self._names(entry), entry.recipient or ""), None)
        if "\ufffd" not in entry.request.body:
            return made
        lost = say(
            "The activity keeps text only: bytes that are none stand as “�” here, so this body is not the one that was sent."
        )
        return [one.model_copy(update={"differences": (lost, *one.differences)}) for one in made]

    @operator
    async def provable(self) -> list[Proof]:
        """Return for each dialect whether it can be run here: ``reason`` says what to install, and is empty where nothing lacks."""
        tools = self._tools()
        return [Proof(dialect=one, reason=await asyncio.to_thread(tools.lacks, one)) for one in DIALECTS]

    @operator
    async def prove(
        self, integration: str, contact: Contact, dialect: Dialect, payload: str | None = None
    ) -> Proof:
        """Run a snippet with dummies in place of its secrets against a recorder on this machine, and return what differs.

        Nothing leaves the machine. Where the language is not installed the proof says what to install. Raises as ``of``.
        """
        blank = await self._blank(integration, contact, payload)
        _check_size(blank[0])
        _check(blank[0], dialect)
        tools = self._tools()
        lacks = await asyncio.to_thread(tools.lacks, dialect)
        if lacks is not None:
            return Proof(dialect=dialect, reason=lacks)
        async with self._one_at_a_time:
            return await _proven(tools, dialect, *blank)

    async def _blank(self, integration: str, contact: Contact, payload: str | None) -> Blank:
        """Return the request as the preview makes it, with placeholders. Raises Invalid and MissingVariable."""
        settings = (await self.integrations.get(integration)).settings
        if payload is not None:
            settings = settings.model_copy(update={"payload": payload})
        prepared = await self.delivery.dispatch.prepare(settings, contact)
        line = prepared.line
        return line.blank(line.compose(prepared.values, PENDING_TOKEN), PENDING_TOKEN)

    async def _names(self, entry: Entry) -> tuple[SecretName, ...]:
        """Return how the secrets of the entry's integration are called; none where it is gone."""
        if entry.integration_id is None:
            return ()
        try:
            settings = (await self.integrations.get(entry.integration_id)).settings
        except NotFound:
            return ()
        kinds = every()[settings.provider].credentials if settings.provider in every() else ()
        return secret_names(
            settings, next((kind for kind in kinds if kind.kind == settings.credential_kind), None)
        )

    def _tools(self) -> Interpreters:
        if self._interpreters is None:
            from workbench.adapters.interpreters import Interpreters

            self._interpreters = Interpreters(php_folder=self.house.home.folder / "php")
        return self._interpreters


def _written(blank: Blank, dialects: list[Dialect] | None) -> list[Snippet]:
    request, placeholders = blank
    _check_size(request)
    for one in dialects or ():
        _check(request, one)
    wanted = dialects_for(request) if dialects is None else dict.fromkeys(dialects)
    return [snippet(request, one, placeholders) for one in wanted]


def _check_size(request: Request) -> None:
    if len(request.body) > MOST_BODY:
        raise Refused(
            say(
                "The body has {size} bytes, and code shows {most} at most. Choose a contact with less data.",
                size=len(request.body),
                most=MOST_BODY,
            )
        )


def _check(request: Request, dialect: Dialect) -> None:
    """Raise Refused where a dialect cannot send the request."""
    if dialect not in dialects_for(request):
        raise Refused(
            say(
                "{title} sends events by SendPulse's REST API only. Choose another language for this request.",
                title=Sentence(EMITTERS[dialect].title),
            )
        )


async def _proven(
    tools: Interpreters, dialect: Dialect, request: Request, placeholders: dict[str, str]
) -> Proof:
    """Run the snippet and compare what arrived."""
    from workbench.adapters.recorder import Recorder

    async with Recorder() as recorder:
        made: Trial = trial(request, dialect, placeholders, recorder.origin)
        recorder.token = made.token
        ran = await tools.run(dialect, made.text, made.environ, recorder.origin)
        came = _the_one(recorder.arrived)
    if came is None:
        words = ran.words or "-"
        return Proof(
            dialect=dialect,
            ran=True,
            reason=say("The snippet ran, but no request arrived. Its last words: {words}", words=words),
        )
    found = compared(made.expected, came)
    return Proof(dialect=dialect, ran=True, same=not found, differences=found)


def _the_one(arrived: list[Arrived]) -> Arrived | None:
    """Return the request that counts: the last one that is no sign-in."""
    return next((one for one in reversed(arrived) if not one.target.endswith(TOKEN_PATH)), None)
