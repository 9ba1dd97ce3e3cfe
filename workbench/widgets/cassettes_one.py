"""ONE CASSETTE: its checks and what they say, the request and the answer, playing it again, differences, and what can be carried away."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence

import ipywidgets

from workbench.engine.kept_answer import body_text
from workbench.errors import Invalid, NotFound
from workbench.models.assertion import Assertion
from workbench.models.cassette import Cassette, CassetteListed, Report
from workbench.models.request import ReplyView
from workbench.models.sending import Confirmation
from workbench.sentence import N_, say

from . import look
from .cassettes_checks import Checks, Proposals
from .cassettes_contact import CassetteContact
from .cassettes_words import SOURCES, change_table, report_facts, texts, verdict_banner, verdict_table
from .confirming import question
from .download import Download
from .exchange import exchange
from .fields import ChoiceField, TextField
from .fold import Fold, Place, visible
from .headline import Headline
from .language import when
from .latest import Latest
from .listing import provider_name
from .messages import Messages
from .page import Frame
from .piece import Speech, said

Then = Callable[[], Awaitable[object]]


class OneCassette:
    """The card of one cassette. ``on_changed`` is called when the list has to be read anew, ``on_gone`` when it was deleted."""

    def __init__(
        self,
        frame: Frame,
        cassette: Cassette,
        others: Sequence[CassetteListed],
        on_changed: Then,
        on_gone: Then,
        *,
        focus: bool = False,
    ) -> None:
        self.frame, self.cassette = frame, cassette
        self._on_changed, self._on_gone = on_changed, on_gone
        self.messages, self.asked = Messages(), Place()
        self.verdict, self.played, self.form = Place(), Place(), Place()
        self.compared = Place()
        self.checks = Checks(cassette.assertions, cassette.captures, self._edited)
        self._trying = Latest(self._try)
        self.contact = CassetteContact(frame, cassette, self._contact_kept)
        self.title = Headline(cassette.name, self._subtitle(), focus=focus)
        self.others = ChoiceField(N_("Compare the answer with"), self._options(others))
        self.others.observe(lambda _: frame.start(self.compare(), self.messages), "value")
        self.widget = look.card("", *self._parts(others))

    def __repr__(self) -> str:
        return "<OneCassette>"

    async def open(self) -> None:
        """Run the checks on the kept answer, and show the last play."""
        await self.check()
        self._show_played(self.cassette.last)
        if self.frame.may("operator"):
            await self._propose()
            await self.contact.open()

    async def check(self) -> None:
        """Run the checks on the kept answer again; nothing is sent."""
        self._show_report(self.verdict, await self.frame.bench.cassettes.check(self.cassette.id))

    async def save(self) -> None:
        """Save the checks as they are written; what is wrong stands beside its field."""
        assertions, captures = self.checks.values()
        try:
            self.cassette = await self.frame.bench.cassettes.save_assertions(
                self.cassette.id, assertions, captures, list(self.cassette.assertions)
            )
        except Invalid as error:
            left = self.checks.show(error.problems)
            self.messages.show(
                "error",
                left[0].sentence if left else say("Correct the checks that are marked, then save again."),
            )
            return
        await self.check()
        await self._propose()
        await self._on_changed()
        self.messages.show("ok", say("The checks are saved."))

    async def play(self) -> None:
        """Send the request again; live, host and recipient are shown first, and asked about."""
        if self.frame.facts.mode != "live":
            await self._send(None)
            return
        preview = await self.frame.bench.cassettes.preview(self.cassette.id)
        if preview.request is None:
            raise Invalid(preview.problems)
        confirmation = Confirmation(host=preview.host, recipient=preview.recipient)
        card, go = question(confirmation, self.asked.put)
        self.frame.click(go, lambda: self._send(confirmation), self.messages)
        self.asked.put(card)

    async def learn(self) -> None:
        """Learn from the answers so far which places change each time."""
        self.cassette = await self.frame.bench.cassettes.learn_volatile(self.cassette.id)
        self._show_form()
        await self._propose()
        count = len(self.cassette.volatile)
        self.messages.show(
            "ok",
            say("Places that change each time: {count}. Differences there are shown in grey.", count=count),
        )

    async def forget(self, path: str) -> None:
        """Take a place out of those that change each time."""
        self.cassette = await self.frame.bench.cassettes.forget_volatile(self.cassette.id, path)
        self._show_form()

    async def compare(self) -> None:
        """Show how the answer differs from that of the cassette that is chosen."""
        self.compared.put()
        if self.others.value:
            diff = await self.frame.bench.cassettes.compare(self.cassette.id, self.others.value)
            told = [look.banner("info", N_("Only the first differences are listed."))] if diff.cut else []
            self.compared.put(
                change_table(diff.changes, said(N_("Differences")), diff.before, diff.after), *told
            )

    async def rename(self, name: str) -> None:
        """Give the cassette another name."""
        self.cassette = await self.frame.bench.cassettes.rename(self.cassette.id, name)
        self.title.title = self.cassette.name
        await self._on_changed()

    async def delete(self) -> None:
        """Delete the cassette."""
        await self.frame.bench.cassettes.delete(self.cassette.id)
        await self._on_gone()

    # ------------------------------------------------------------------------------------------------------------------

    def _parts(self, others: Sequence[CassetteListed]) -> list[ipywidgets.Widget]:
        again = look.button(N_("Run the checks again"))
        self.frame.click(again, self.check, self.messages)
        buttons = [again]
        if self.frame.may("operator"):
            play = look.button(
                N_("Play it again"),
                "primary",
                tooltip=N_("Sends the same request again and checks the new answer"),
            )
            self.frame.click(play, self.play, self.messages)
            buttons.insert(0, play)
        visible(self.others, len(others) > 1)
        folds = [
            Fold(N_("Request and answer, as they were kept"), self._exchange()),
            Fold(N_("Compare with another cassette"), self.others, self.compared.widget),
        ]
        if len(others) < 2:
            folds = folds[:1]
        if self.frame.may("operator"):
            self._show_form()
            folds.insert(
                0, Fold(N_("Edit the checks"), self.form.widget, opened=not self.cassette.assertions)
            )
            folds.append(Fold(N_("Whom it is played for"), self.contact.widget))
            folds.append(Fold(N_("Rename or delete"), self._standing()))
        return [
            self.title, look.buttons(*buttons, align="start"), self.messages.widget, self.asked.widget, self.verdict.widget,
            self.played.widget, *(fold.widget for fold in folds), self._downloads(),
        ]  # fmt: skip

    def _subtitle(self) -> str:
        one = self.cassette
        through = one.integration_name or provider_name(one.provider)
        words = say(
            "{name}, recorded {at} UTC, to {recipient}",
            name=through,
            at=when(one.recorded_at),
            recipient=one.recipient or "–",
        )
        return said(words)

    def _exchange(self) -> ipywidgets.Widget:
        answer = self.cassette.answer
        reply = None
        if answer is not None:
            text = body_text(answer)
            reply = ReplyView(
                status=answer.status,
                headers=answer.headers,
                body=text,
                elapsed_ms=answer.elapsed_ms,
                cut=answer.cut,
            )
        return exchange(self.cassette.request, reply, self.cassette.outcome)

    def _standing(self) -> ipywidgets.Widget:
        name = TextField(N_("Name"), value=self.cassette.name)
        rename, delete = look.button(N_("Rename")), look.button(N_("Delete the cassette"), "danger")
        self.frame.click(rename, lambda: self.rename(name.value), self.messages)
        self.frame.click(delete, self.delete, self.messages)
        return look.stack(name, look.buttons(rename, delete, align="start"))

    def _downloads(self) -> ipywidgets.Widget:
        cassettes, id, language = self.frame.bench.cassettes, self.cassette.id, Speech.lang
        files = (
            Download(
                N_("JUnit report"), "cassette.xml", lambda: cassettes.report([id], "junit", "last", language),
                self.messages.guard, "application/xml",
            ),
            Download(
                N_("HTML report"), "cassette.html", lambda: cassettes.report([id], "html", "both", language),
                self.messages.guard, "text/html",
            ),
            Download(N_("Notebook"), "cassette.ipynb", lambda: cassettes.notebook(id), self.messages.guard),
            Download(N_("Cassette as a file"), "cassette.json", self._document, self.messages.guard),
        )  # fmt: skip
        hint = look.show(N_("No secret and no contact is in these files."), "wb-hint")
        return look.stack(hint, look.buttons(*files, align="start"), gap="small")

    async def _document(self) -> str:
        document = await self.frame.bench.cassettes.document(self.cassette.id)
        return json.dumps(document, ensure_ascii=False, indent=1)

    def _show_form(self) -> None:
        save = look.button(N_("Save the checks"))
        learn = look.button(
            N_("Learn what changes each time"), tooltip=N_("Compares the answers of the plays so far")
        )
        self.frame.click(save, self.save, self.messages)
        self.frame.click(learn, self.learn, self.messages)
        self.proposed = Place()
        if self.form.widget.children:  # what stood there is closed; what was typed in it stays
            self.checks = Checks(*self.checks.values(), self._edited)
        self.form.put(
            self.checks.widget, look.buttons(save, learn, align="start"), *self._learned(),
            look.heading(N_("Proposed from the answer"), 3), self.proposed.widget,
        )  # fmt: skip

    def _learned(self) -> list[ipywidgets.Widget]:
        """Return the places that change each time, each with a button that takes it out."""
        if not self.cassette.volatile:
            return []
        hint = look.show(N_("These places change each time; differences there are shown in grey:"), "wb-hint")
        return [look.stack(hint, *map(self._volatile, self.cassette.volatile), gap="small")]

    def _volatile(self, path: str) -> ipywidgets.Widget:
        forget = look.button(
            N_("Compare it again"), "quiet", tooltip=N_("From now on a difference here means something")
        )
        self.frame.click(forget, lambda: self.forget(path), self.messages)
        return look.buttons(look.show(look.markup("<code>{path}</code>", path=path)), forget, align="start")

    async def _propose(self) -> None:
        found = await self.frame.bench.cassettes.proposals(self.cassette.id)
        proposals = Proposals(found, self._take)
        self.frame.click(proposals.take, proposals.give, self.messages)
        self.proposed.put(proposals.widget)

    async def _take(self, taken: list[Assertion]) -> None:
        for one in taken:
            self.checks.add(one)
        await self.save()

    async def _contact_kept(self, cassette: Cassette) -> None:
        self.cassette = cassette

    def _edited(self) -> None:
        self._trying.ask()

    async def _try(self) -> None:
        """Show what the checks say as they are typed, before they are saved."""
        assertions, _ = self.checks.values()
        report = await self.frame.bench.cassettes.try_checks(self.cassette.id, assertions)
        self._show_report(self.verdict, report)

    async def _send(self, confirmation: Confirmation | None) -> None:
        self.asked.put()
        self.played.put(look.banner("info", N_("Sending, then checking the answer.")))
        try:
            report = await self.frame.bench.cassettes.play(self.cassette.id, confirmation)
        except Exception:
            self._show_played(self.cassette.last)
            raise
        try:
            self.cassette = await self.frame.bench.cassettes.get(self.cassette.id)
        except NotFound:
            await self._on_gone()
            return
        self._show_played(report)
        await self._on_changed()

    def _show_played(self, report: Report | None) -> None:
        self.played.put()
        if report is not None:
            self._show_report(self.played, report)

    def _show_report(self, place: Place, report: Report) -> None:
        parts: list[ipywidgets.Widget] = [
            look.heading(SOURCES[report.source], 3), verdict_banner(report), look.show(report_facts(report), "wb-hint"),
            *texts(report.notes), verdict_table(report),
        ]  # fmt: skip
        if report.captured:
            parts.append(look.key_value_table(report.captured.items(), N_("Captured values")))
        if report.source == "played":
            caption = said(N_("Differences from the kept answer"))
            parts.append(change_table(report.changes, caption, said(N_("Before")), said(N_("After"))))
        place.put(look.stack(*parts, gap="small"))

    def _options(self, others: Sequence[CassetteListed]) -> list[tuple[str, str]]:
        return [
            ("", said(N_("Choose…"))),
            *((one.id, one.name) for one in others if one.id != self.cassette.id),
        ]
