"""Events: contracts of what happens to contacts: kept, looked at, composed for one contact, compared over the methods, and sent."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import from_json

from workbench.adapters.clock import new_id
from workbench.engine.checks import blocking
from workbench.engine.event_drift import drift as drift_of
from workbench.engine.event_lint import check_event
from workbench.engine.event_mapping import mapped
from workbench.engine.event_samples import sample as sample_of
from workbench.engine.event_schema import json_schema
from workbench.engine.event_values import composed
from workbench.errors import Invalid, NotFound, Refused
from workbench.models.base import JsonValue, Problem, SecretRef
from workbench.models.contact import Contact
from workbench.models.event import Composed, Drift, Event, EventInput, FieldPath, MessagePreview
from workbench.models.event_look import FlowCheck, Looked, MappedSample, MethodLook
from workbench.models.integration import Integration
from workbench.models.journal import Entry, EntryFilter
from workbench.models.sending import Confirmation, Preview, Sent
from workbench.sentence import say

from .delivery import Delivery
from .event_addresses import check_address
from .event_flows import asked, listed
from .event_looking import looked_so_far, messages_of
from .event_methods import methods_of
from .event_sending import EventSending, contact_of, settings_for
from .event_ways import check_way, no_way
from .house import House
from .integrations import Integrations
from .meanwhile import check_seen
from .roles import operator, viewer

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from workbench.adapters.send_marks import SendMarks

KIND = "events"
MOST_BODIES: Final = 1_000
"""So many bodies one drift report looks at."""


class Events:
    """What a person can do with events."""

    def __init__(
        self, house: House, integrations: Integrations, delivery: Delivery, marks: SendMarks | None = None
    ) -> None:
        self.house, self.integrations, self.delivery = house, integrations, delivery
        self.sending = EventSending(house, delivery.dispatch, delivery.ledger, marks)

    # -- contracts ---------------------------------------------------------------------------------------------------

    @viewer
    async def get(self, id: str) -> Event:
        """Return one event by its id, or by its exact name; NotFound otherwise."""
        try:
            return Event.model_validate(await asyncio.to_thread(self.house.catalogue.get, KIND, id))
        except NotFound:
            named = [event for event in await self.all() if event.name == id]
            if named:
                return named[0]
            raise

    @viewer
    async def check(self, event: Event) -> list[Problem]:
        """Return everything that is to be said of a contract: names, types, the stop pair, and how it is sent."""
        others = [other for other in await self.all() if other.id != event.id]
        return [*check_event(event, others), *check_way(event, await self._integration(event), others)]

    @operator
    async def save(self, event: Event) -> Event:
        """Keep a contract that passes every check, under its id or a new one; raises Invalid with all problems otherwise.

        ``updated_at`` is that of the contract that was changed: Refused where somebody else saved it meanwhile.
        """
        event = event.model_copy(update={"name": event.name.strip()})
        problems = blocking(await self.check(event))
        if problems:
            raise Invalid(problems)
        id, now = event.id or new_id("evt"), self.house.clock.now()

        def change(before: dict[str, Any] | None) -> dict[str, Any]:
            old = Event.model_validate(before) if before else None
            if old is not None:
                check_seen(event.updated_at, old.updated_at, old.name)
            created = old.created_at if old else now
            kept = event.model_copy(update={"id": id, "created_at": created, "updated_at": now})
            return kept.model_dump(mode="json")

        await asyncio.to_thread(self.house.catalogue.update, KIND, id, change)
        await self._note("saved", event)
        return await self.get(id)

    @operator
    async def delete(self, id: str) -> None:
        """Delete a contract. Its integration stays; the journal keeps what was sent."""
        event = await self.get(id)
        starts = [other.name for other in await self.all() if other.stopped_by == event.id]
        if starts:
            raise Refused(
                say(
                    "“{name}” stops what “{start}” starts. Take it out of that pair first.",
                    name=event.name,
                    start=starts[0],
                )
            )
        await asyncio.to_thread(self.house.catalogue.delete, KIND, event.id)
        await self._note("deleted", event)

    @viewer
    async def schema(self, event_id: str) -> dict[str, JsonValue]:
        """Return the contract as a JSON Schema (draft 2020-12): what other systems check their bodies with."""
        return json_schema(await self.get(event_id))

    @viewer
    async def sample(self, event_id: str, seed: int = 0) -> EventInput:
        """Return an example of an occurrence; another ``seed`` gives another one, the same seed the same one."""
        return sample_of(await self.get(event_id), seed)

    @viewer
    async def drift(self, event_id: str, bodies: list[dict[str, JsonValue]]) -> Drift:
        """Return how bodies differ from the contract: what lacks, what is undeclared, what has another type."""
        if len(bodies) > MOST_BODIES:
            raise Refused(say("One report looks at {most} bodies at most. Give fewer.", most=MOST_BODIES))
        return drift_of(await self.get(event_id), bodies)

    @viewer
    async def drift_of_journal(self, event_id: str) -> Drift:
        """Return how what was last sent through the event's integration differs from the contract as it is now."""
        event = await self.get(event_id)
        if event.integration_id is None:
            raise Refused(no_way(event))
        wanted = EntryFilter(integration_id=event.integration_id, limit=500)
        entries = await self.house.journal.entries(wanted)
        bodies = [_body(entry) for entry in entries if entry.kind in ("send", "test")]
        return drift_of(event, [body for body in bodies if body is not None])

    @viewer
    async def map_sample(
        self, event_id: str, sample: JsonValue, mapping: list[FieldPath] | None = None
    ) -> MappedSample:
        """Return what a mapping (the event's own, where none is given) makes of one nested sample of a source."""
        chosen = (await self.get(event_id)).mapping if mapping is None else mapping
        given, problems = mapped(chosen, sample)
        return MappedSample(given=given, problems=tuple(problems))

    # -- one occurrence ----------------------------------------------------------------------------------------------

    @viewer
    async def compose(self, event_id: str, given: EventInput) -> Composed:
        """Return the body as it would go out, with what was converted, what is wrong and what mends it. Sends nothing."""
        return self._composed(await self.get(event_id), given)

    @viewer
    async def preview(self, event_id: str, given: EventInput) -> Preview:
        """Return the exact request, masked; problems are listed, not raised. Sends nothing."""
        event = await self.get(event_id)
        return await self._preview(event, self._composed(event, given))

    @viewer
    async def look(self, event_id: str, given: EventInput) -> Looked:
        """Return an occurrence from all sides: body, request, messages, consent, and whether it went a short while ago."""
        event = await self.get(event_id)
        made = self._composed(event, given)
        looked = looked_so_far(event, given, made)
        if not made.ok:
            return looked
        looked = looked.model_copy(update={"request": await self._preview(event, made)})
        saved = await self._integration(event)
        if saved is None:
            return looked
        held_back = await self.sending.held_back(event, made.identifiers)
        earlier = await self.sending.earlier(event, saved, made)
        return looked.model_copy(update={"held_back": held_back, "earlier": earlier})

    @viewer
    async def messages(self, event_id: str, given: EventInput) -> list[MessagePreview]:
        """Return the flow's messages filled with this occurrence: their texts, what they lack, what they leave unused."""
        event = await self.get(event_id)
        return messages_of(event, given, self._composed(event, given))

    @viewer
    async def compare(self, event_id: str, given: EventInput) -> list[MethodLook]:
        """Return the same occurrence by each method: the call, what is lost in it, and what it puts at risk (R-EVT-25)."""
        event = await self.get(event_id)
        made = self._composed(event, given)
        if made.body is None:
            raise Invalid(blocking(made.problems))
        saved = await self._integration(event)
        return methods_of(event, made.body, saved.settings.endpoint if saved else "")

    @viewer
    async def check_flow(self, event_id: str, automation_id: int) -> FlowCheck:
        """Return whether a flow is there and runs: by the event's own list, and in live mode by the account itself (R-EVT-20)."""
        event = await self.get(event_id)
        known = listed(event, automation_id)
        saved = await self._integration(event)
        if self.house.mode != "live" or saved is None:
            return known
        found = await asked(self.house, saved, automation_id)
        return known if found.state == "not_asked" and known.state != "unknown" else found

    @operator
    async def check_address(self, address: SecretRef, integration_id: str | None = None) -> list[Problem]:
        """Return what is wrong with the locked address of an event's tab (R-EVT-14); the address itself is repeated nowhere.

        ``integration_id`` is the integration whose address it is already, where there is one.
        """
        return await check_address(self.house, await self.integrations.all(), address, integration_id)

    @operator
    async def send(
        self,
        event_id: str,
        given: EventInput,
        *,
        again: bool = False,
        confirmation: Confirmation | None = None,
    ) -> Sent:
        """Send one occurrence and write it in the journal. Live mode wants the confirmation.

        Args:
            event_id: the event's id or name.
            given: what happened, as it was typed or read.
            again: the second word where the same went to the same contact a short while ago.
            confirmation: host and recipient, as the person read them.

        Raises:
            Invalid: with every problem of the occurrence.
            Refused: where consent keeps it back (R-EVT-27), or it went already and ``again`` is not said (R-EVT-19).
        """
        event = await self.get(event_id)
        made = self._composed(event, given)
        if not made.ok:
            raise Invalid(blocking(made.problems))
        saved = await self._integration(event)
        if saved is None:
            raise Refused(no_way(event))
        sent = await self.sending.send(event, saved, made, again=again, confirmation=confirmation)
        told = tuple(problem for problem in made.problems if problem.level == "warning")
        return sent.model_copy(update={"problems": (*sent.problems, *told)}) if told else sent

    @viewer
    async def list(self) -> list[Event]:
        """Return the events by name."""
        return sorted(await self.all(), key=lambda event: (event.name.casefold(), event.id))

    # -- not routes --------------------------------------------------------------------------------------------------

    async def all(self) -> Sequence[Event]:
        """Return every event, in no order. Not a route: ``list`` is what pages ask."""
        return [
            Event.model_validate(item) for item in await asyncio.to_thread(self.house.catalogue.all, KIND)
        ]

    async def contact(self, event: Event, given: EventInput) -> tuple[Contact, Composed]:
        """Return an occurrence as a contact of the event's integration. Not a route: runs make their rows with it.

        Raises Invalid with every problem that keeps it back.
        """
        made = self._composed(event, given)
        if not made.ok:
            raise Invalid(blocking(made.problems))
        return contact_of(made), made

    def _composed(self, event: Event, given: EventInput) -> Composed:
        return composed(event, given, today=self.house.clock.now().date())

    async def _preview(self, event: Event, made: Composed) -> Preview:
        if not made.ok:
            return Preview(request=None, problems=made.problems)
        saved = await self._integration(event)
        if saved is None:
            return Preview(
                request=None,
                problems=(Problem(field="integration_id", sentence=no_way(event), level="warning"),),
            )
        return await self.delivery.dispatch.preview(settings_for(saved, made), contact_of(made))

    async def _integration(self, event: Event) -> Integration | None:
        """Return the integration that the event is sent through; None where it has none, or it is gone."""
        if not event.integration_id:
            return None
        try:
            return await self.integrations.get(event.integration_id)
        except NotFound:
            return None

    async def _note(self, what: str, event: Event) -> None:
        await self.house.journal.append(
            Entry(
                id=new_id("ent"),
                at=self.house.clock.now(),
                kind="change",
                mode=self.house.mode,
                who=self.house.person.name,
                integration_id=event.integration_id,
                integration_name=event.name,
                detail=what,
            )
        )


def _body(entry: Entry) -> dict[str, JsonValue] | None:
    """Return the body of a journal's entry where it was kept and is a JSON object."""
    try:
        tree = from_json(entry.request.body) if entry.request else None
    except ValueError:
        return None
    return tree if isinstance(tree, dict) else None
