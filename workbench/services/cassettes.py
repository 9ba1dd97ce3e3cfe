"""Cassettes: keep an exchange with checks on its answer; check it again without sending, play it again, compare, report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from workbench.adapters.clock import new_id
from workbench.adapters.language import Language
from workbench.engine.assertions import MOST_ASSERTIONS, check_assertion, run_checks
from workbench.engine.captures import MOST_CAPTURES, check_captures
from workbench.engine.check_notebook import check_notebook
from workbench.engine.html_report import html_report
from workbench.engine.junit import junit_xml
from workbench.engine.kept_answer import answer_of
from workbench.engine.proposals import propose
from workbench.engine.structural_diff import compare_answers
from workbench.engine.volatile import learn
from workbench.errors import Invalid, NotFound, Refused
from workbench.models.assertion import Assertion, Capture
from workbench.models.base import JsonValue, Problem
from workbench.models.cassette import AnswerDiff, Cassette, CassetteListed, Report
from workbench.models.contact import Contact
from workbench.models.run import Run
from workbench.models.sending import Confirmation, Preview
from workbench.sentence import say

from .cassette_carrying import carried, from_carried
from .cassette_keeping import Maker, line_of
from .cassette_making import Masks, contact_of_row
from .cassette_playing import Player, kept_report
from .cassette_shelf import Shelf
from .delivery import Delivery
from .house import House
from .integrations import Integrations
from .meanwhile import check_seen
from .roles import operator, viewer

ReportFormat = Literal["junit", "html"]
ReportOf = Literal["last", "kept", "both"]
"""Which answers a report is about: the last play's (the kept one where it was never played), the kept one, or both."""


class Runs(Protocol):
    """Where a run's job is looked up: ``bench.runs``."""

    async def get(self, id: str) -> Run:
        """Return one run."""


class Cassettes:
    """What a person can do with kept exchanges."""

    def __init__(
        self, house: House, integrations: Integrations, delivery: Delivery, runs: Runs | None = None
    ) -> None:
        self.house, self.integrations, self.delivery, self.runs = house, integrations, delivery, runs
        self.shelf = Shelf(house)
        self.maker = Maker(house, self.shelf, integrations)
        self.player = Player(house, self.shelf, integrations, delivery)

    # -- looking -------------------------------------------------------------------------------------------------------

    @viewer
    async def cassettes(self) -> list[CassetteListed]:
        """Return every cassette, the newest first, with what its checks say of the kept answer and of the last play."""
        return [_listed(one) for one in await self.shelf.all()]

    @viewer
    async def get(self, id: str) -> Cassette:
        """Return one cassette by its id or exact name; NotFound otherwise."""
        return await self.shelf.get(id)

    @viewer
    async def check(self, id: str) -> Report:
        """Return what the checks say of the kept answer. Nothing is sent, and nothing changed."""
        return kept_report(await self.get(id), self.house.clock)

    @viewer
    async def compare(self, before: str, after: str) -> AnswerDiff:
        """Return every place in which the answers of two cassettes differ; what is volatile in either is marked as such."""
        one, other = await self.get(before), await self.get(after)
        if one.answer is None or other.answer is None:
            raise Refused(say("One of the two has no answer: there is nothing to compare."))
        volatile = dict.fromkeys((*one.volatile, *other.volatile))
        return compare_answers(one.answer, other.answer, volatile, (one.name, other.name))

    @viewer
    async def propose(self, entry_id: str) -> list[Assertion]:
        """Return checks that hold for the answer in an entry of the journal and would for the next one; none where there is no answer."""
        entry = await self.house.journal.entry(entry_id)
        masks = await Masks.of(self.house, await self.maker.through(entry), None, entry.request)
        answer = masks.exchange(entry).answer
        return list(propose(answer)) if answer else []

    @viewer
    async def proposals(self, id: str) -> list[Assertion]:
        """Return checks for a cassette's answer that it does not have yet; what was learned to be volatile is asserted by its shape."""
        cassette = await self.get(id)
        if cassette.answer is None:
            return []
        taken = {(one.subject, one.path, one.operator) for one in cassette.assertions}
        return [
            one
            for one in propose(cassette.answer, cassette.volatile)
            if (one.subject, one.path, one.operator) not in taken
        ]

    @viewer
    async def try_checks(self, id: str, assertions: list[Assertion]) -> Report:
        """Return what other checks would say of the kept answer, before they are saved."""
        cassette = await self.get(id)
        return kept_report(
            cassette.model_copy(update={"assertions": tuple(assertions[:MOST_ASSERTIONS])}), self.house.clock
        )

    # -- making --------------------------------------------------------------------------------------------------------

    @operator
    async def of_entry(
        self,
        entry_id: str,
        name: str = "",
        assertions: list[Assertion] | None = None,
        contact: Contact | None = None,
    ) -> Cassette:
        """Keep an exchange of the journal as a cassette, masked; without ``assertions`` the proposed ones are taken.

        The journal holds no contact: of a job's row it is still in the ledger, else ``contact`` may give it; it is sealed, and has to be
        the one of then. Without it a rehearsal plays the cassette for a made-up contact.
        """
        entry = await self.house.journal.entry(entry_id)
        if entry.request is None or entry.outcome is None:
            raise Refused(
                say(
                    "This entry holds no exchange: choose a test or a send whose request and answer were kept."
                )
            )
        if contact is not None:
            self.maker.check_contact(entry, contact)
        return await self.maker.keep(
            entry, name, assertions, contact or await contact_of_row(self.house, entry)
        )

    @operator
    async def of_job(self, id: str, name: str = "") -> Cassette:
        """Keep one exchange of a job or a run as a cassette: of the first row that was accepted, else of the first whose answer was kept.

        What differed between the answers to the first rows is taken as volatile.
        """
        job_id = id
        if self.runs is not None and id.startswith("run_"):
            job_id = (await self.runs.get(id)).job_id or ""
            if not job_id:
                raise Refused(say("This run has not begun, so nothing of it was sent yet."))
        progress = await self.house.ledger.job(job_id)
        entries = await self.maker.entries(job_id)
        if not entries:
            raise Refused(
                say(
                    "The journal holds no exchange of this job's rows. Let the job record whole exchanges, or wait for its first answer."
                )
            )
        first = entries[0]
        cassette = await self.maker.keep(
            first, name or progress.job.title, None, await contact_of_row(self.house, first)
        )
        answers = [
            answer_of(one.reply)
            for one in entries
            if one.reply and first.reply and one.reply.status == first.reply.status
        ]
        if len(answers) < 2 or cassette.answer is None:
            return cassette
        volatile = learn(answers)
        return await self.shelf.change(
            cassette.id, volatile=volatile, assertions=propose(cassette.answer, volatile)
        )

    @operator
    async def record(
        self, integration: str, contact: Contact, name: str = "", confirmation: Confirmation | None = None
    ) -> Cassette:
        """Send one message and keep the exchange as a cassette, with the contact sealed. Live mode wants the confirmation."""
        sent = await self.delivery.send(integration, contact, None, confirmation)
        return await self.maker.keep(sent.entry, name, None, contact)

    @operator
    async def take(self, document: dict[str, JsonValue]) -> Cassette:
        """Keep a cassette that was exported. In a rehearsal its integration is made too where none of its name is here, with any key."""
        now = self.house.clock.now()
        cassette = from_carried(
            document,
            id=new_id("cas"),
            who=self.house.person.name,
            created_at=now,
            changed_at=now,
            contact_kept=False,
        )
        carried_integration = document.get("integration")
        integration = await self.maker.named(cassette.integration_name)
        if integration is None and carried_integration and self.house.mode == "rehearsal":
            integration = await self.maker.made(carried_integration)
        if integration is not None:
            cassette = cassette.model_copy(update={"integration_id": integration.id, "fingerprint": ""})
        return await self.shelf.put(cassette)

    @operator
    async def save_assertions(
        self, id: str, assertions: list[Assertion], captures: list[Capture] | None = None, seen: list[Assertion] | None = None
    ) -> Cassette:  # fmt: skip
        """Keep other checks, and captures where they are given. Raises Invalid with every problem.

        ``seen`` are the checks that were changed: Refused where somebody else changed them meanwhile.
        A secret or a person's value that a check compares with is kept as it is in the masked answer.
        """
        cassette = await self.get(id)
        problems = [
            problem
            for at, one in enumerate(assertions)
            for problem in check_assertion(one, f"assertions.{at}")
        ]
        problems += check_captures(captures or ())
        if len(assertions) > MOST_ASSERTIONS or len(captures or ()) > MOST_CAPTURES:
            sentence = say(
                "A cassette holds {checks} checks and {captures} captures at most.",
                checks=MOST_ASSERTIONS,
                captures=MOST_CAPTURES,
            )
            problems.append(Problem(field="assertions", sentence=sentence))
        if problems:
            raise Invalid(problems)
        masks = await self.maker.masks(cassette)
        kept: dict[str, object] = {"assertions": tuple(map(masks.assertion, assertions))}
        if captures is not None:
            kept["captures"] = tuple(map(masks.capture, captures))
        before = None if seen is None else tuple(seen)

        def check(now: Cassette) -> None:
            check_seen(before, now.assertions, now.name)

        return await self.shelf.change(cassette.id, check, **kept)

    @operator
    async def rename(self, id: str, name: str) -> Cassette:
        """Give a cassette another name."""
        cassette = await self.get(id)
        masks = await self.maker.masks(cassette)
        return await self.shelf.change(cassette.id, name=line_of(masks.mask(name), cassette.name))

    @operator
    async def keep_contact(self, id: str, contact: Contact) -> Cassette:
        """Keep the contact that a cassette is played for, sealed."""
        cassette = await self.get(id)
        await self.shelf.seal(cassette.id, contact)
        return await self.shelf.change(cassette.id, contact_kept=True)

    @operator
    async def delete(self, id: str) -> None:
        """Delete a cassette, with its contact. The journal keeps what was sent."""
        await self.shelf.delete((await self.get(id)).id)

    # -- playing -------------------------------------------------------------------------------------------------------

    @operator
    async def preview(self, id: str, contact: Contact | None = None) -> Preview:
        """Return the request that ``play`` would send now, masked, with the host and recipient that live mode wants confirmed."""
        return await self.player.preview(await self.get(id), contact)

    @operator
    async def play(
        self, id: str, confirmation: Confirmation | None = None, contact: Contact | None = None,
        values: dict[str, JsonValue] | None = None,
    ) -> Report:  # fmt: skip
        """Send the request again through its integration and return what the checks say of the new answer; the report is kept.

        It goes to ``contact``, else to the one that is kept, else in a rehearsal to a made-up one. ``values`` are put among its variables.
        Live mode wants the confirmation, and refuses whoever opted out.
        """
        return (await self.player.play(await self.get(id), confirmation, contact, values or {}))[0]

    @operator
    async def play_all(self, ids: list[str]) -> list[Report]:
        """Play cassettes one after the other; what one captures is among the variables of the next. In a rehearsal only."""
        if self.house.mode == "live":
            raise Refused(say("Live, each cassette is played and confirmed by itself."))
        values: dict[str, JsonValue] = {}
        reports: list[Report] = []
        for id in ids:
            report, found = await self.player.play(await self.get(id), None, None, values)
            reports.append(report)
            values |= found
        return reports

    @operator
    async def learn_volatile(self, id: str) -> Cassette:
        """Learn which places of the answer change each time, from the answers to the same contact so far; Refused below two."""
        cassette = await self.get(id)
        answers = [cassette.answer] if cassette.answer and cassette.contact_kept else []
        for entry_id in cassette.played:
            try:
                entry = await self.house.journal.entry(entry_id)
            except NotFound:
                continue  # older than entries are kept
            if entry.reply is not None and (
                cassette.answer is None or entry.reply.status == cassette.answer.status
            ):
                answers.append(answer_of(entry.reply))
        if len(answers) < 2:
            raise Refused(
                say(
                    "There are not two answers yet to compare. Play it {count} more times, then learn.",
                    count=2 - len(answers),
                )
            )
        learned = dict.fromkeys((*cassette.volatile, *learn(answers)))
        return await self.shelf.change(cassette.id, volatile=tuple(learned))

    @operator
    async def forget_volatile(self, id: str, path: str) -> Cassette:
        """Take a place out of those that are volatile: from now on a difference there means something."""
        cassette = await self.get(id)
        return await self.shelf.change(
            cassette.id, volatile=tuple(one for one in cassette.volatile if one != path)
        )

    # -- carrying away -------------------------------------------------------------------------------------------------

    @viewer
    async def reports(self, ids: list[str], of: ReportOf = "last") -> list[Report]:
        """Return the reports of cassettes; of none named, of all, in the order in which they were made."""
        found = [await self.get(id) for id in ids] if ids else (await self.shelf.all())[::-1]
        return [report for one in found for report in self._reports(one, of)]

    @viewer
    async def report(
        self,
        ids: list[str],
        format: ReportFormat = "junit",  # noqa: A002 - the word a person would use
        of: ReportOf = "last",
        language: str = "en",
    ) -> str:
        """Return the reports as JUnit XML or as one page of HTML; of all cassettes where none is named."""
        found = await self.reports(ids, of)
        chosen = Language(language)
        if format == "html":
            return html_report(found, language=chosen.code, words=chosen.say)
        return junit_xml(found, words=chosen.say)

    @viewer
    async def document(self, id: str) -> dict[str, JsonValue]:
        """Return a cassette for another workbench: masked, without request, contact and secrets. ``take`` reads it."""
        cassette = await self.get(id)
        return carried(cassette, await self.maker.integration(cassette.integration_id))

    @viewer
    async def notebook(self, id: str) -> str:
        """Return a notebook (.ipynb) that checks the kept answer and plays the request again in a rehearsal of its own.

        It holds no secret and nobody's data; run by ``pytest --nbval`` it shows the same each time, as long as all checks hold.
        """
        cassette = await self.get(id)
        steady = tuple(
            one for one in cassette.assertions if one.subject != "time"
        )  # how fast is another matter on each machine
        integration = await self.maker.integration(cassette.integration_id)
        document = carried(cassette.model_copy(update={"assertions": steady}), integration)
        told = from_carried(
            document, id="cas_0", created_at=cassette.created_at, changed_at=cassette.created_at
        )
        kept = kept_report(told, self.house.clock)
        through = cassette.integration_name or cassette.provider
        about = [say("Recorded through “{name}” ({provider}).", name=through, provider=cassette.provider)]
        if behind := len(cassette.assertions) - len(told.assertions):
            about.append(
                say(
                    "Checks of the time, and those that compare with a masked value, stay behind: {count}.",
                    count=behind,
                )
            )
        hoped = tuple(f"passed  {verdict.title}" for verdict in kept.verdicts)
        return check_notebook(
            document, title=cassette.name, about=about, kept=kept.lines, played=hoped if integration else None
        )

    # ------------------------------------------------------------------------------------------------------------------

    def _reports(self, cassette: Cassette, of: ReportOf) -> Sequence[Report]:
        kept = kept_report(cassette, self.house.clock)
        if cassette.last is None or of == "kept":
            return (kept,)
        return (kept, cassette.last) if of == "both" else (cassette.last,)


def _listed(cassette: Cassette) -> CassetteListed:
    verdicts = run_checks(cassette.assertions, cassette.answer)
    passed, last, answer = sum(verdict.passed for verdict in verdicts), cassette.last, cassette.answer
    return CassetteListed(
        id=cassette.id, name=cassette.name, integration_name=cassette.integration_name, provider=cassette.provider, mode=cassette.mode,
        status=answer.status if answer else None, recorded_at=cassette.recorded_at, checks=len(verdicts), passed=passed,
        holds=answer is not None and passed == len(verdicts), last_played_at=last.at if last else None,
        last_holds=last.passed if last else None,
    )  # fmt: skip
