"""Channels: design a custom channel, take it out as ``customizations.xml``, and try its handler against the contract."""

from __future__ import annotations

import asyncio
import ipaddress
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

from workbench.adapters.clock import new_id
from workbench.engine.channel_contract import (
    check_parts,
    judge,
    outbound,
    sample_inbound,
    sample_report,
    text_at,
    wrapped,
)
from workbench.engine.checks import blocking
from workbench.engine.custom_channel import check_channel, customizations_xml, tidy_channel
from workbench.engine.customizations import read_customizations
from workbench.engine.read import read
from workbench.engine.redact import Redactor
from workbench.engine.urls import check_url
from workbench.errors import Invalid, NotFound, Refused
from workbench.models.base import Problem
from workbench.models.custom_channel import (
    CHANNEL_DESIGNS,
    ChannelDesign,
    ChannelSettings,
    ContractKind,
    ContractTry,
    ContractVerdict,
    HandlerTry,
    ListedChannel,
    ReadChannel,
)
from workbench.models.journal import Entry
from workbench.models.request import Reply, Request
from workbench.providers import provider as provider_of
from workbench.sentence import say

from .house import House
from .meanwhile import check_seen
from .roles import operator, viewer

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from collections.abc import AsyncIterator

    from workbench.adapters.wire import Wire

MOST_DESIGNS: Final = 500
ORGANIZATION: Final = "00000000-0000-4000-8000-000000000001"
"""The organization that samples name: none in particular."""


class Channels:
    """What a person can do with custom channels."""

    def __init__(self, house: House) -> None:
        self.house = house

    # -- designs -------------------------------------------------------------------------------------------------------

    @viewer
    async def get(self, id: str) -> ChannelDesign:
        """Return one design by its id or its name; NotFound otherwise."""
        wanted = id.strip().casefold()
        for one in await self._all():
            if id == one.id or wanted == one.name.casefold():
                return one
        raise NotFound(
            say(
                "There is no custom channel “{name}”. Look at the list of channels for its name.",
                name=id[:80],
            )
        )

    @viewer
    async def check(self, settings: ChannelSettings) -> list[Problem]:
        """Return what keeps a design from being exported, and what to mind, in the order of the form."""
        return check_channel(tidy_channel(settings))

    @operator
    async def save(
        self, settings: ChannelSettings, id: str = "", seen: ChannelSettings | None = None
    ) -> ChannelDesign:
        """Keep a design, new or changed, complete or not: it gets its ids now. Invalid where it has no name, or one that is taken.

        ``seen`` are the settings that were changed: Refused where somebody else saved others meanwhile.
        """
        made = _with_ids(tidy_channel(settings))
        now, key = self.house.clock.now(), id or new_id("chn")
        kept: list[ChannelDesign] = []

        def change(documents: dict[str, Any]) -> None:
            if id and id not in documents:
                raise NotFound(say("The channel was deleted in the meantime."))
            known = {name: ChannelDesign.model_validate(item) for name, item in documents.items()}
            _raise_if_unnamed(made, [one for name, one in known.items() if name != key])
            before = known.get(key)
            if before is not None:
                check_seen(seen, before.settings, before.settings.display_name)
            if before is None and len(known) >= MOST_DESIGNS:
                raise Refused(
                    say(
                        "There are {most} channels already. Delete one that is not needed.", most=MOST_DESIGNS
                    )
                )
            design = ChannelDesign(
                id=key, settings=made, created_at=before.created_at if before else now, updated_at=now
            )
            documents[key] = design.model_dump(mode="json")
            kept.append(design)

        await asyncio.to_thread(self._transact, change)
        await self._note("saved", kept[0])
        return kept[0]

    @operator
    async def delete(self, id: str) -> None:
        """Delete a design. What was exported of it stays where it was imported."""
        design = await self.get(id)
        await asyncio.to_thread(self.house.catalogue.delete, CHANNEL_DESIGNS, design.id)
        await self._note("deleted", design)

    @viewer
    async def export(self, id: str) -> str:
        """Return the ``customizations.xml`` of a design: the same text for the same design. Invalid says what is missing."""
        return customizations_xml((await self.get(id)).settings).decode()

    @viewer
    async def read(self, text: str) -> ReadChannel:
        """Return the channels that a ``customizations.xml`` defines, with what in it departs from the rules. Nothing is kept."""
        return await asyncio.to_thread(read_customizations, text)

    # -- the contract --------------------------------------------------------------------------------------------------

    @viewer
    async def payloads(self, settings: ChannelSettings, ask: ContractTry) -> list[ContractVerdict]:
        """Return what the platform would give the handler: in a journey, and in a test send, where the context is empty (R-SMS-32)."""
        settings = _with_ids(tidy_channel(settings))
        _raise_parts(settings, ask)
        return [self._payload(settings, ask, test_send) for test_send in (False, True)]

    @viewer
    async def judge(
        self, settings: ChannelSettings, kind: ContractKind, text: str, payload: str = "", response: str = ""
    ) -> ContractVerdict:
        """Return every departure of a pasted document from the contract; ``payload`` and ``response`` are what went before it."""
        return await asyncio.to_thread(
            lambda: judge(tidy_channel(settings), kind, text, payload=payload, response=response)
        )

    @viewer
    async def sample(
        self,
        settings: ChannelSettings,
        kind: ContractKind,
        payload: str,
        status: str = "",
        text: str = "STOP",
    ) -> str:
        """Return the call of the handler's side as the contract wants it, to compare with or to begin from."""
        settings = tidy_channel(settings)
        if kind == "report":
            return sample_report(
                settings,
                payload,
                message_id="msg-1",
                organization_id=ORGANIZATION,
                status=status or "Delivered",
            )
        if kind == "inbound":
            return sample_inbound(settings, payload, text=text, organization_id=ORGANIZATION)
        answer = {
            "ChannelDefinitionId": text_at(payload, "ChannelDefinitionId"),
            "MessageId": "msg-1",
            "RequestId": text_at(payload, "RequestId"),
            "Status": status or "Sent",
        }
        return json.dumps({"response": json.dumps(answer)}, indent=2)

    @operator
    async def call(self, settings: ChannelSettings, ask: ContractTry, url: str) -> list[HandlerTry]:
        """Call a handler with both contexts, a journey's and a test send's, and return what it answered with the verdict.

        In a rehearsal the handler runs on this machine (``http://127.0.0.1:PORT/…``), and only where this workbench is your own.
        """
        settings = _with_ids(tidy_channel(settings))
        _raise_parts(settings, ask)
        wrong = check_url(url, local_test=True, campaign=False)
        if wrong:
            raise Invalid([Problem(field="url", sentence=wrong)])
        async with self._wire(url) as wire:
            return [await self._called(wire, settings, ask, url, test_send) for test_send in (False, True)]

    async def _all(self) -> list[ChannelDesign]:
        """Return every design, in no order."""
        found = await asyncio.to_thread(self.house.catalogue.all, CHANNEL_DESIGNS)
        return [ChannelDesign.model_validate(item) for item in found]

    # ------------------------------------------------------------------------------------------------------------------

    def _payload(self, settings: ChannelSettings, ask: ContractTry, test_send: bool) -> ContractVerdict:
        asked = ask.model_copy(update={"test_send": test_send})
        return outbound(settings, asked, f"req-{uuid4()}", str(uuid4()), str(uuid4()))

    async def _called(
        self, wire: Wire, settings: ChannelSettings, ask: ContractTry, url: str, test_send: bool
    ) -> HandlerTry:
        payload = self._payload(settings, ask, test_send)
        request = Request(
            method="POST",
            url=url,
            headers=(("Content-Type", "application/json"),),
            body=wrapped(payload).encode(),
        )
        answer = await wire.send(request)
        outcome = read(provider_of("custom"), answer, self.house.clock.now())
        shown = Redactor({})
        reply = shown.reply(answer) if isinstance(answer, Reply) else None
        judged = None
        if isinstance(answer, Reply) and answer.body.strip():
            judged = judge(settings, "response", answer.text(), payload=payload.document)
        await self.house.journal.append(
            Entry(
                id=new_id("ent"), at=self.house.clock.now(), kind="test", mode=self.house.mode, who=self.house.person.name,
                integration_name=settings.display_name or None, provider="custom_channel", request=shown.request(request),
                reply=reply, outcome=outcome, detail="contract",
            )
        )  # fmt: skip
        return HandlerTry(
            test_send=test_send,
            payload=payload,
            answer=judged,
            outcome=outcome,
            reply=reply,
            mode=self.house.mode,
        )

    @asynccontextmanager
    async def _wire(self, url: str) -> AsyncIterator[Wire]:
        """Give the wire to a handler: the house's own when live, else one that reaches that one server of this machine."""
        if self.house.mode == "live":
            yield self.house.wire
            return
        if self.house.served or not _is_own(url):
            raise Refused(
                say(
                    "A rehearsal calls only handlers on this machine, from a workbench of your own: http://127.0.0.1 with its port. "
                    "Paste the handler's answer instead."
                )
            )
        from workbench.adapters.wire import Wire

        wire = Wire.rehearsal(lambda _request: None, [urlsplit(url).netloc])
        try:
            yield wire
        finally:
            await wire.close()

    def _transact(self, change: Any) -> None:
        with self.house.catalogue.transaction(CHANNEL_DESIGNS) as documents:
            change(documents)

    async def _note(self, what: str, design: ChannelDesign) -> None:
        entry = Entry(
            id=new_id("ent"), at=self.house.clock.now(), kind="change", mode=self.house.mode, who=self.house.person.name,
            integration_id=design.id, integration_name=design.name, provider="custom_channel", detail=what,
        )  # fmt: skip
        await self.house.journal.append(entry)

    @viewer
    async def list(self) -> list[ListedChannel]:
        """Return the designs by name, each with what is wrong with it."""
        found = sorted(await self._all(), key=lambda one: one.name.casefold())
        return [ListedChannel(design=one, problems=tuple(check_channel(one.settings))) for one in found]


def _with_ids(settings: ChannelSettings) -> ChannelSettings:
    """Return the settings with a GUID for the definition and for each part that has none yet."""
    parts = tuple(
        part if part.id else part.model_copy(update={"id": str(uuid4())}) for part in settings.parts
    )
    id = settings.definition_id or str(uuid4())
    return settings.model_copy(update={"definition_id": id, "parts": parts})


def _raise_if_unnamed(settings: ChannelSettings, others: list[ChannelDesign]) -> None:
    problems = [
        problem for problem in check_channel(settings) if problem.field == "display_name" and problem.blocks
    ]
    if any(one.name.casefold() == settings.display_name.casefold() for one in others):
        sentence = say(
            "There already is a channel named “{name}”. Choose another name.", name=settings.display_name
        )
        problems.append(Problem(field="display_name", sentence=sentence))
    if any(one.settings.definition_id == settings.definition_id for one in others):
        sentence = say("There already is a channel with this id. Empty the id, so that a new one is made.")
        problems.append(Problem(field="definition_id", sentence=sentence))
    if problems:
        raise Invalid(problems)


def _raise_parts(settings: ChannelSettings, ask: ContractTry) -> None:
    problems = blocking(check_parts(settings, ask.message))
    if problems:
        raise Invalid(problems)


def _is_own(url: str) -> bool:
    """Return whether an address is a server of this machine, with its port."""
    parts = urlsplit(url)
    try:
        own = parts.hostname == "localhost" or ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False
    return own and parts.port is not None
