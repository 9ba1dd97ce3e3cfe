"""Cassette playing: the request of a cassette is sent again through its integration, and the new answer checked and compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from workbench.adapters.clock import Clock
from workbench.engine.assertions import run_checks
from workbench.engine.captures import capture, with_values
from workbench.engine.fingerprint import fingerprint
from workbench.engine.kept_answer import shown
from workbench.engine.structural_diff import compare_answers
from workbench.errors import NotFound, Refused
from workbench.models.base import JsonValue
from workbench.models.cassette import Cassette, Report
from workbench.models.consent import ConsentAsk, ConsentChannel
from workbench.models.contact import Contact
from workbench.models.integration import IdentifierType, Integration, Settings
from workbench.models.sending import Confirmation, Preview
from workbench.sentence import Sentence, say

from .cassette_making import Masks
from .cassette_shelf import Shelf
from .delivery import Delivery
from .house import House
from .integrations import Integrations

POINTS: Final[Mapping[str, ConsentChannel]] = {"email": "email", "phone": "sms"}
"""The identifiers that consent is asked about, and the channel it is asked for."""
MOST_PLAYED: Final = 10
"""Plays of a cassette that are remembered, to learn from."""


class Player:
    """What plays the cassettes of one shelf."""

    def __init__(self, house: House, shelf: Shelf, integrations: Integrations, delivery: Delivery) -> None:
        self.house, self.shelf = house, shelf
        self.integrations, self.delivery = integrations, delivery

    async def preview(self, cassette: Cassette, contact: Contact | None) -> Preview:
        """Return the request that would be sent now, masked, with its host and recipient; nothing is sent."""
        integration = await self._integration(cassette)
        chosen, _ = await self._contact(cassette, contact)
        return await self.delivery.dispatch.preview(_settings(integration, chosen), chosen)

    async def play(
        self,
        cassette: Cassette,
        confirmation: Confirmation | None,
        contact: Contact | None,
        values: Mapping[str, JsonValue],
    ) -> tuple[Report, dict[str, JsonValue]]:
        """Send the request again, check the answer, and return the report, which is kept, with the captured values, which are not.

        Raises Refused where there is nobody to play it for, or he opted out of what would really reach him.
        """
        integration = await self._integration(cassette)
        chosen, notes = await self._contact(cassette, contact)
        chosen = with_values(chosen, values)
        if self.house.mode == "live":
            await self._ask_consent(chosen)
        dispatch = self.delivery.dispatch
        prepared = await dispatch.prepare(
            _settings(integration, chosen), chosen, integration_id=integration.id
        )
        sent = await dispatch.send(prepared, "send", confirmation)
        if cassette.fingerprint and cassette.fingerprint != fingerprint(integration.settings):
            notes.append(
                say("The integration was changed since this was recorded: the request may be another one.")
            )
        real = (
            None if chosen == with_values(cassette.example, values) else chosen
        )  # nobody has to be hidden who is made up
        masks = await Masks.of(self.house, integration, real, sent.entry.request if real else None)
        played = masks.exchange(sent.entry)
        found, told = capture(cassette.captures, played.answer)
        report = Report(
            cassette_id=cassette.id, name=cassette.name, source="played", mode=sent.entry.mode, at=sent.entry.at,
            verdicts=run_checks(cassette.assertions, played.answer), outcome=played.outcome,
            status=played.answer.status if played.answer else None, elapsed_ms=played.answer.elapsed_ms if played.answer else 0.0,
            captured={name: shown(value) for name, value in found.items()},
            changes=compare_answers(cassette.answer, played.answer, cassette.volatile).changes
            if cassette.answer and played.answer else (),
            notes=(*notes, *told), entry_id=sent.entry.id,
        )  # fmt: skip
        before = (await self.shelf.get(cassette.id)).played
        await self.shelf.change(cassette.id, last=report, played=(*before, sent.entry.id)[-MOST_PLAYED:])
        return report, found

    async def _integration(self, cassette: Cassette) -> Integration:
        if cassette.integration_id is None:
            raise Refused(
                say(
                    "This cassette belongs to no saved integration, so it cannot be played again. Its checks can be run."
                )
            )
        try:
            return await self.integrations.get(cassette.integration_id)
        except NotFound:
            raise Refused(
                say(
                    "The integration “{name}” was deleted, so this cannot be played again. Its checks can be run.",
                    name=cassette.integration_name,
                )
            ) from None

    async def _contact(self, cassette: Cassette, given: Contact | None) -> tuple[Contact, list[Sentence]]:
        """Return whom it is played for, and what has to be said of that; a made-up contact in a rehearsal only."""
        if given is not None:
            return given, []
        kept = await self.shelf.contact(cassette.id)
        if kept is not None:
            return kept, []
        if self.house.mode == "live":
            raise Refused(
                say(
                    "Whom this was sent to is not kept, and live it is played for a real contact. Give the contact, then play it."
                )
            )
        return cassette.example, [say("Played for a made-up contact: whom it was sent to is not kept.")]

    async def _ask_consent(self, contact: Contact) -> None:
        """Raise Refused where the consent ledger says that the contact opted out: a check is no reason to write to him."""
        asks = [
            ConsentAsk(channel=channel, point=point)
            for kind, channel in POINTS.items()
            if (point := contact.identifiers.get(kind, ""))
        ]
        ledger = self.delivery.ledger
        for decision in await ledger.decide(asks) if ledger and asks else ():
            if not decision.send and decision.event_id:  # without a record it may be a test address as well
                raise Refused(
                    say(
                        "By the consent ledger {point} may not get commercial messages. {reason} Nothing was sent.",
                        point=decision.point,
                        reason=decision.reason,
                    )
                )


def _settings(integration: Integration, contact: Contact) -> Settings:
    """Return an integration's settings as this contact needs them: an event is for a number where there is no e-mail address."""
    settings = integration.settings
    if (
        settings.channel != "event"
        or settings.identifier.key in contact.identifiers
        or "phone" not in contact.identifiers
    ):
        return settings
    return settings.model_copy(update={"identifier": IdentifierType(kind="phone")})


def kept_report(cassette: Cassette, clock: Clock) -> Report:
    """Return what the checks say of the answer in the cassette. Nothing is sent."""
    answer = cassette.answer
    found, told = capture(cassette.captures, answer)
    return Report(
        cassette_id=cassette.id, name=cassette.name, source="kept", mode=cassette.mode, at=clock.now(),
        verdicts=run_checks(cassette.assertions, answer), outcome=cassette.outcome, status=answer.status if answer else None,
        elapsed_ms=answer.elapsed_ms if answer else 0.0, captured={name: shown(value) for name, value in found.items()},
        notes=tuple(told), entry_id=cassette.entry_id,
    )  # fmt: skip
