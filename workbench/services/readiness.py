"""Readiness: a checklist over a shop that fills itself with evidence, is kept, and can be shared (R-SYNC-25)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from workbench.adapters.clock import new_id
from workbench.adapters.language import Language
from workbench.engine.readiness_plan import CHECKS, STEPS, checks_of
from workbench.engine.readiness_report import readiness_report
from workbench.engine.readiness_score import added, line_of, standing
from workbench.errors import Invalid, NotFound, Refused
from workbench.models.base import JsonValue, Problem
from workbench.models.journal import Entry
from workbench.models.readiness import (
    MOST_RUNS,
    READINESS,
    Ask,
    CheckPlan,
    Evidence,
    Given,
    Standing,
    StepPlan,
    Validation,
    ValidationLine,
)
from workbench.models.sending import Confirmation
from workbench.sentence import Sentence, say

from .house import House
from .readiness_calls import PlatformChecks
from .readiness_found import Doing, Found, evidence_of
from .readiness_looks import Looks
from .roles import admin, operator, viewer

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from .push import Push
    from .runs import Runs
    from .shops import Shops
    from .sync_imports import SyncImports
    from .tags import Tags

SHORTEST_WORD: Final = 8
"""Letters: a person's word says what was seen, and that takes more than “ok”."""
Check = Callable[[Doing], Awaitable[Found]]


class Readiness:
    """What a person can do to know that a shop's integration is right. A step rests on evidence, never on a tick."""

    def __init__(
        self, house: House, shops: Shops, sync_imports: SyncImports, tags: Tags, push: Push, runs: Runs
    ) -> None:
        self.house, self.shops, self.push = house, shops, push
        asked, looks = PlatformChecks(house, shops), Looks(house, shops, sync_imports, tags, push, runs)
        self._asked = asked
        self._checks: Mapping[str, Check] = {
            "key.let_in": asked.let_in, "key.areas": asked.areas, "contacts.api": asked.record, "product.api": asked.record,
            "purchase.api": asked.record, "paths.proven": looks.paths, "domains.listed": looks.domain_list,
            "domains.used": looks.domains_used, "newsletter.subscribe": looks.subscribed, "newsletter.unsubscribe": looks.subscribed,
            "push.settings": looks.push_settings, "push.worker": looks.push_worker, "push.browser": looks.push_browser,
            "import.clean": looks.last_import, "double.none": looks.double,
            **{key: looks.page for key, plan in CHECKS.items() if plan.needs in ("page", "pages")},
        }  # fmt: skip

    # -- looking -------------------------------------------------------------------------------------------------------

    @viewer
    async def plan(self) -> list[StepPlan]:
        """Return the steps, and what each has to prove."""
        return [*STEPS]

    @viewer
    async def runs(self, shop_id: str = "") -> list[ValidationLine]:
        """Return the validations of a shop, or of all shops, the newest first."""
        found = [one for one in await asyncio.to_thread(self._read) if shop_id in ("", one.shop_id)]
        return [line_of(one) for one in sorted(found, key=lambda one: (one.begun_at, one.id), reverse=True)]

    @viewer
    async def get(self, id: str) -> Validation:
        """Return one validation with its evidence, in which nobody is named; NotFound otherwise."""
        return Validation.model_validate(await asyncio.to_thread(self.house.catalogue.get, READINESS, id))

    @viewer
    async def standing(self, id: str) -> Standing:
        """Return how a validation stands, check by check, with what each counts and why."""
        return standing(await self.get(id))

    @viewer
    async def report(self, id: str, language: str = "en") -> str:
        """Return a validation as one page of HTML that needs nothing else and can be passed on: no contact is named in it."""
        chosen = Language(language)
        return readiness_report(await self.get(id), language=chosen.code, words=chosen.say)

    # -- doing ---------------------------------------------------------------------------------------------------------

    @operator
    async def begin(self, shop_id: str) -> Validation:
        """Begin a validation of a shop: every step is red until something shows that it is right."""
        shop = await self.shops.get(shop_id)
        now = self.house.clock.now()
        made = Validation(
            id=new_id("val"), shop_id=shop.id, shop_name=shop.name, mode=self.house.mode, by=self.house.person.name, begun_at=now,
            changed_at=now,
        )  # fmt: skip

        def keep() -> None:
            with self.house.catalogue.transaction(READINESS) as documents:
                same = [one for one in documents.values() if one["shop_id"] == shop.id]
                for old in sorted(same, key=lambda one: str(one["begun_at"]))[: len(same) - MOST_RUNS + 1]:
                    del documents[old["id"]]
                documents[made.id] = made.model_dump(mode="json")

        await asyncio.to_thread(keep)
        await self._note(made, "readiness: begun")
        return made

    @operator
    async def ask(self, id: str, check: str, evidence: dict[str, JsonValue] | None = None) -> Ask:
        """Return what a check will do, and by which words a live call is confirmed; nothing is sent. Invalid where none can be made."""
        plan = _plan(check)
        doing = await self._doing(await self.get(id), plan.key, evidence, None)
        if plan.key == "push.worker":
            return await self.push.ask(doing.shop.id)
        if plan.source == "answer":
            return await self._asked.ask(doing)
        return Ask(check=plan.key, sentence=say("Nothing is sent for this."))

    @operator
    async def do(
        self, id: str, step: str = "", evidence: dict[str, JsonValue] | None = None, confirmation: Confirmation | None = None
    ) -> Validation:  # fmt: skip
        """Do one check (``cart.page``) with what the person gives, and keep what was found, also when it is not so.

        For a step, or for all of them (an empty ``step``), every check is done that needs nothing; what it is too early to say is left
        open. Raises Invalid for what is missing in ``evidence``, Refused where live wants a confirmation or a rehearsal can show nothing.
        """
        validation = await self._changeable(id)
        if step in CHECKS:
            return await self._do(validation, _plan(step), evidence, confirmation)
        for plan in self._alone(step):
            validation = await self._do(validation, plan, None, confirmation, alone=False)
        return validation

    @operator
    async def confirm(self, id: str, check: str, note: str, seen: bool = True) -> Validation:
        """Keep a person's word of what was seen (not seen: ``seen`` false), with name and time. Refused where none is taken."""
        plan = _plan(check)
        if not plan.word:
            raise Refused(say("A word does not count here: the workbench looks at it itself."))
        validation = await self._changeable(id)
        self._check_mode(validation, plan)
        _check_note(note, say("Write what you saw, and where: in a month nobody will know otherwise."))
        who = self.house.person.name
        text = (
            say("{who} looked, and saw it.", who=who)
            if seen
            else say("{who} looked, and did not see it.", who=who)
        )
        found = Found(seen, text, "word", note=note.strip())
        await self._note(validation, f"readiness: word given, {check}")
        return await self._keep(validation, evidence_of(self.house, check, found, new_id("evd")))

    @operator
    async def leave_out(self, id: str, check: str, note: str) -> Validation:
        """Leave a check out, with the reason; it counts neither for nor against until evidence comes."""
        _plan(check)
        validation = await self._changeable(id)
        _check_note(note, say("Write why this is left out: who reads the report will ask."))
        found = Found(False, say("Left out by {who}.", who=self.house.person.name), "word", note=note.strip())
        made = evidence_of(self.house, check, found, new_id("evd"))
        await self._note(validation, f"readiness: left out, {check}")
        return await self._keep(validation, made.model_copy(update={"state": "left_out", "next_step": None}))

    @admin
    async def delete(self, id: str) -> None:
        """Delete a validation and its evidence. NotFound where there is none."""
        validation = await self.get(id)
        await asyncio.to_thread(self.house.catalogue.delete, READINESS, id)
        await self._note(validation, "readiness: deleted")

    # ------------------------------------------------------------------------------------------------------------------

    async def _do(
        self, validation: Validation, plan: CheckPlan, evidence: dict[str, JsonValue] | None, confirmation: Confirmation | None, *,
        alone: bool = True,
    ) -> Validation:  # fmt: skip
        """Do a check and keep what was found; among others, what it is too early to say is left open."""
        self._check_mode(validation, plan)
        check = self._checks.get(plan.key)
        if check is None:
            raise Refused(say("Only a person can see this. Look, and give your word."))
        found = await check(await self._doing(validation, plan.key, evidence, confirmation))
        if found.early and not alone:
            return validation
        return await self._keep(validation, evidence_of(self.house, plan.key, found, new_id("evd")))

    def _alone(self, step: str) -> list[CheckPlan]:
        """Return the checks of a step (of all for an empty text) that need nothing, and no word but the shop's for a live call."""
        try:
            found = checks_of(step)
        except KeyError:
            raise NotFound(say("There is no step “{name}”.", name=step[:80])) from None
        return [
            plan
            for plan in found
            if plan.needs == "nothing"
            and plan.key != "push.worker"
            and (plan.rehearsed or self.house.mode == "live")
        ]

    async def _doing(
        self, validation: Validation, check: str, evidence: dict[str, JsonValue] | None, confirmation: Confirmation | None
    ) -> Doing:  # fmt: skip
        return Doing(
            validation, await self.shops.open(validation.shop_id), check, _given(evidence), confirmation
        )

    async def _changeable(self, id: str) -> Validation:
        validation = await self.get(id)
        if validation.mode != self.house.mode:
            raise Refused(say(
                "This validation was begun in another mode: what is rehearsed does not prove what is live. Begin a new one."
            ))  # fmt: skip
        return validation

    def _check_mode(self, validation: Validation, plan: CheckPlan) -> None:
        if validation.mode == "rehearsal" and not plan.rehearsed:
            raise Refused(
                say("Only the platform itself can show this; a rehearsal proves nothing of it. Do it live.")
            )

    async def _keep(self, validation: Validation, evidence: Evidence) -> Validation:
        """Add evidence to the validation as it stands now; others may have added some meanwhile."""

        def change(document: dict[str, Any] | None) -> dict[str, Any]:
            if document is None:
                raise NotFound(say("The validation was deleted in the meantime."))
            return added(Validation.model_validate(document), [evidence]).model_dump(mode="json")

        kept = await asyncio.to_thread(self.house.catalogue.update, READINESS, validation.id, change)
        return Validation.model_validate(kept)

    def _read(self) -> list[Validation]:
        return [Validation.model_validate(item) for item in self.house.catalogue.all(READINESS)]

    async def _note(self, validation: Validation, what: str) -> None:
        entry = Entry(
            id=new_id("ent"), at=self.house.clock.now(), kind="change", mode=self.house.mode, who=self.house.person.name,
            integration_id=validation.shop_id, integration_name=validation.shop_name, detail=what,
        )  # fmt: skip
        await self.house.journal.append(entry)


def _plan(check: str) -> CheckPlan:
    """Return the plan of a check; NotFound where there is none."""
    found = CHECKS.get(check)
    if found is None:
        raise NotFound(say("There is no check “{name}”.", name=check[:80]))
    return found


def _given(evidence: dict[str, JsonValue] | None) -> Given:
    try:
        return Given.model_validate(evidence or {})
    except ValidationError as error:
        names = ", ".join(".".join(str(part) for part in one["loc"]) for one in error.errors())
        sentence = say(
            "What was given cannot be read: {fields}. A page may have two million characters.",
            fields=names[:200],
        )
        raise Invalid([Problem(field="evidence", sentence=sentence)]) from None


def _check_note(note: str, sentence: Sentence) -> None:
    if len(note.strip()) < SHORTEST_WORD:
        raise Invalid([Problem(field="note", sentence=sentence)])
    if len(note) > 2000:
        raise Invalid([Problem(field="note", sentence=say("At most 2000 characters are kept here."))])
