"""Event sending: one occurrence goes out: asked about consent, guarded against going twice, and let out like every other message."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from workbench.adapters.clock import new_id
from workbench.errors import Refused
from workbench.models.contact import Contact
from workbench.models.event import Composed, Event
from workbench.models.event_look import Earlier
from workbench.models.integration import IdentifierType, Integration, Settings
from workbench.models.message import Designation
from workbench.models.sending import Confirmation, Sent
from workbench.sentence import Sentence, say

from .consent_asking import Ledger, decided
from .dispatch import Dispatch
from .double_send import DID_NOT_GO, mark_of
from .house import House

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from workbench.adapters.send_marks import SendMarks


def contact_of(composed: Composed) -> Contact:
    """Return whom a composed occurrence is for, as every integration takes a contact: the body is its variable ``event``."""
    return Contact(identifiers=composed.identifiers, variables={"event": composed.body})


def settings_for(saved: Integration, composed: Composed) -> Settings:
    """Return an integration's settings as this occurrence needs them: it is named by the number where it has no e-mail address."""
    known, settings = composed.identifiers, saved.settings
    if settings.identifier.key in known or not known:
        return settings
    kind = "email" if "email" in known else "phone"
    return settings.model_copy(update={"identifier": IdentifierType.model_validate({"kind": kind})})


class EventSending:
    """The way out of an occurrence."""

    def __init__(
        self, house: House, dispatch: Dispatch, ledger: Ledger | None, marks: SendMarks | None
    ) -> None:
        self._house, self._dispatch, self._ledger, self._marks = house, dispatch, ledger, marks

    async def held_back(self, event: Event, identifiers: Mapping[str, str]) -> Sentence | None:
        """Return why the consent ledger lets nobody send this event to a contact (R-EVT-27); None where it may go.

        Only a record counts: somebody who never said anything is not kept back. A transactional event is asked for as such.
        """
        if self._ledger is None:
            return None
        designation: Designation = "transactional" if event.transactional else "commercial"
        [against] = await decided(self._ledger, "event", designation, [identifiers])
        if against is None or not against[0]:  # without a point there is nobody who could have opted out
            return None
        point, reason = against
        return _opted_out(point, reason, transactional=event.transactional)

    async def earlier(self, event: Event, saved: Integration, composed: Composed) -> Earlier | None:
        """Return when the same went to the same contact within the guard's minutes; None where it did not."""
        if self._marks is None or not event.guard_min or composed.body is None:
            return None
        mark = self._mark(saved, composed)
        since = self._house.clock.now() - timedelta(minutes=event.guard_min)
        found = (await self._marks.first([mark], since)).get(mark)
        return None if found is None else Earlier(at=found.at, minutes=event.guard_min)

    async def send(
        self,
        event: Event,
        saved: Integration,
        composed: Composed,
        *,
        again: bool,
        confirmation: Confirmation | None,
    ) -> Sent:
        """Send it once and write it in the journal.

        Raises Refused where consent keeps it back, where the same went a short while ago (unless ``again``), and in live mode without
        the confirmation. Never raises for the network.
        """
        why = await self.held_back(event, composed.identifiers)
        if why is not None:
            raise Refused(why)
        settings = settings_for(saved, composed)
        prepared = await self._dispatch.prepare(settings, contact_of(composed), integration_id=saved.id)
        key = await self._claim(event, saved, composed, again=again)
        try:
            sent = await self._dispatch.send(prepared, "send", confirmation)
        except asyncio.CancelledError:
            raise  # it may be under way: the mark stays
        except BaseException:
            await self._let_go([key])
            raise
        if sent.outcome.kind in DID_NOT_GO:
            await self._let_go([key])
        return sent

    async def _claim(self, event: Event, saved: Integration, composed: Composed, *, again: bool) -> str:
        """Put the mark down before it goes, so that of two clicks one alone gets through; return its key, empty without a guard."""
        if self._marks is None or not event.guard_min:
            return ""
        mark, key, now = self._mark(saved, composed), new_id("one"), self._house.clock.now()
        if again:
            await self._marks.keep([(mark, key)], now)
            return key
        taken = await self._marks.claim([(mark, key)], now, now - timedelta(minutes=event.guard_min))
        if found := taken.get(key):
            raise Refused(
                say(
                    "The same event went to the same contact at {at} UTC, less than {minutes} minutes ago. Nothing was sent. "
                    "If it shall go twice, send it again on purpose.",
                    at=f"{found.at:%H:%M:%S}",
                    minutes=event.guard_min,
                )
            )
        return key

    async def _let_go(self, keys: Sequence[str]) -> None:
        if self._marks is not None and any(keys):
            await self._marks.let_go(keys)

    def _mark(self, saved: Integration, composed: Composed) -> str:
        """Return the mark, the same as a run over a table makes of it: what went in one is known to the other."""
        return mark_of(
            self._house, saved.id, contact_of(composed).model_dump(include={"identifiers", "variables"})
        )


def _opted_out(point: str, reason: Sentence, *, transactional: bool) -> Sentence:
    if transactional:
        return say(
            "By the consent ledger {point} may not even get transactional messages. {reason} Nothing was sent.",
            point=point,
            reason=reason,
        )
    return say(
        "By the consent ledger {point} may not get commercial messages. {reason} Nothing was sent. "
        "Mark the event as transactional only if it truly is.",
        point=point,
        reason=reason,
    )
