"""COMPOSE FORM: account and sender, recipients, the kind of text, the text itself and sample values. A thin face: it judges nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from workbench.engine.senders import TYPE_NAMES
from workbench.engine.urls import host_of, is_private
from workbench.models.base import JsonValue, Problem
from workbench.models.consent import ComplianceProfile
from workbench.models.message import Designation
from workbench.models.message_draft import LONGEST_TEXT, MessageDraft
from workbench.models.sms_account import ListedAccount, Sender, SmsAccount
from workbench.sentence import N_, Sentence, say

from . import look
from .fields import ChoiceField, SwitchField, TextField
from .fold import Fold, visible
from .piece import said
from .sms_compose_meter import SegmentMeter
from .sms_compose_words import DESIGNATIONS, Rows, recipients_of, rows_of, sender_label
from .sms_consent_words import EXAMPLE_MOMENT, moment_in

__all__ = ["ComposeForm"]

MOST_MINUTES: Final = 10_080
"""A week: no provider tries for longer."""


class ComposeForm:
    """The fields. ``on_changed`` is called after each change; the meter has been told by then."""

    def __init__(self, on_changed: Callable[[], object]) -> None:
        self.accounts: list[SmsAccount] = []
        self._on_changed = on_changed
        self._filling = False
        self._chosen: Designation | None = None
        self.account = ChoiceField(N_("Account"), hint=N_("Who carries the text."), required=True)
        self.sender = ChoiceField(
            N_("Sender"), hint=N_("What the recipient sees it come from."), required=True
        )
        self.designation = ChoiceField(
            N_("Kind of text"),
            [(key, said(label), said(about)) for key, label, about in DESIGNATIONS],
            value="commercial",
            style="radio",
        )
        self.recipients = TextField(
            N_("Recipients"), multiline=True, rows=3, required=True, placeholder="+46 70 174 06 05",
            hint=N_("Phone numbers with their country code, one a line. Consent is asked for each of them."),
        )  # fmt: skip
        self.text = TextField(
            N_("Text"), multiline=True, rows=5, required=True,
            hint=say("A slot such as {slot} is filled for each recipient.", slot="{{ first_name }}"),
        )  # fmt: skip
        self.values = TextField(
            N_("Sample values"), multiline=True, rows=4, monospace=True, placeholder="first_name,order\nAna,1204",
            hint=N_(
                "What the slots are filled with: names in the first line, then a row for each recipient. The last row serves the rest."
            ),
        )  # fmt: skip
        self.transliterate = SwitchField(
            N_("Write it in GSM-7 where that is possible"),
            hint=N_(
                'ã becomes a, “ becomes ": more characters fit into a segment. What GSM-7 has, such as é and ñ, stays.'
            ),
        )
        self.region = TextField(
            N_("Country of numbers without a code"),
            hint=N_("Two letters, such as SE. Empty: every number has its code."),
        )
        self.purpose = ChoiceField(
            N_("Purpose"), [("", said(N_("By the kind of text")))], hint=N_("What consent is asked for.")
        )
        self.local = SwitchField(
            N_("The channel's own address may be on this machine"),
            hint=N_(
                "For trying your own handler in live mode: only the address that the account names is reached."
            ),
        )
        self.send_at = TextField(
            N_("Send at (UTC)"),
            placeholder=EXAMPLE_MOMENT,
            hint=N_("Empty: at once. Not every provider can wait."),
        )
        self.valid_for = TextField(
            N_("Wanted for so many minutes"), input_type="number", placeholder="60",
            hint=N_("What is not delivered by then is given up. Empty: as long as the provider tries."),
        )  # fmt: skip
        self.meter = SegmentMeter()
        self.more = Fold(
            N_("More settings"),
            look.columns(self.region, self.purpose),
            look.columns(self.send_at, self.valid_for),
            self.local,
        )
        for field in (
            self.account, self.sender, self.designation, self.recipients, self.text, self.values, self.transliterate, self.region,
            self.purpose, self.send_at, self.valid_for, self.local,
        ):  # fmt: skip
            field.observe(self._changed, "value")
        self.widget = look.card(
            N_("The text"),
            look.columns(self.account, self.sender),
            self.designation,
            self.recipients,
            self.text,
            self.meter.widget,
            self.transliterate,
            self.values,
            self.more.widget,
        )
        self._measure()

    def __repr__(self) -> str:
        return f"<ComposeForm of {len(self.accounts)} accounts>"

    # -- what there is to choose from ------------------------------------------------------------------------------------

    def offer(self, listed: Sequence[ListedAccount], profiles: Sequence[ComplianceProfile]) -> None:
        """Offer the accounts that can send, and the purposes of the profiles; what was chosen stays where it is still there."""
        self.accounts = [one.account for one in listed if not one.account.read_only]
        self._filling = True
        try:
            self.account.options = [(one.id, one.name) for one in self.accounts]
            if self._account() is None:
                self.account.value = self.accounts[0].id if self.accounts else ""
            self._offer_senders()
            self.purpose.options = [
                ("", said(N_("By the kind of text"))),
                *_purposes(profiles),
            ]
        finally:
            self._filling = False
        self._changed(None)

    def choose_account(self, id: str) -> None:
        """Choose an account by its id, where it is offered."""
        if any(one.id == id for one in self.accounts):
            self.account.value = id

    def _offer_senders(self) -> None:
        account = self._account()
        visible(self.local, self._is_local())
        senders = account.settings.senders if account else ()
        self.sender.options = [
            (one.id or one.value, sender_label(one, TYPE_NAMES[one.type])) for one in senders
        ]
        if not any(value == self.sender.value for value, *_ in self.sender.options):
            self.sender.value = self.sender.options[0][0] if self.sender.options else ""

    def _is_local(self) -> bool:
        account = self._account()
        return account is not None and is_private(host_of(account.settings.url))

    def _account(self) -> SmsAccount | None:
        return next((one for one in self.accounts if one.id == self.account.value), None)

    def chosen_sender(self) -> Sender | None:
        """The sender that is chosen."""
        account = self._account()
        senders = account.settings.senders if account else ()
        return next((one for one in senders if self.sender.value in (one.id, one.value)), None)

    # -- what is filled in -----------------------------------------------------------------------------------------------

    def rows(self) -> Rows:
        """The sample rows as they are typed."""
        return rows_of(self.values.value)

    def draft(self) -> MessageDraft:
        """Return the draft as it stands; what cannot be read is said beside its field, and left out."""
        rows = self.rows()
        people, wrong = recipients_of(self.recipients.value, rows.rows)
        send_at, valid_s = self._send_at(), self._valid_s()
        self.values.error, self.recipients.error = rows.problem or "", wrong or ""
        return MessageDraft(
            account=self.account.value, sender=self.sender.value, recipients=people, text=self.text.value[:LONGEST_TEXT],
            designation=self._designation(), purpose=self.purpose.value, region=self.region.value.strip()[:2],
            transliterate=self.transliterate.value, samples=tuple(rows.rows), local_test=self.local.value and self._is_local(),
            send_at=send_at, valid_s=valid_s,
        )  # fmt: skip

    def show(self, problems: Sequence[Problem]) -> list[Problem]:
        """Show what is wrong with account, sender and times beside them; return the rest."""
        fields = {"account": self.account, "sender": self.sender, "send_at": self.send_at}
        self.account.error = self.sender.error = ""  # a time that cannot be read keeps its own words
        left = []
        for problem in problems:
            if problem.field in fields and problem.blocks:
                fields[problem.field].error = problem.sentence
                if problem.field == "send_at":
                    self.more.open()
            else:
                left.append(problem)
        return left

    def unread(self) -> Sentence | None:
        """Return what is wrong with a time that cannot be read, and lead to it: without it the text would go at once."""
        self.draft()
        for field in (self.send_at, self.valid_for):
            if field.error:
                self.more.open()
                field.focus()
                return say(
                    "Nothing was sent: correct “{field}” under “More settings”, or empty it.",
                    field=field.label,
                )
        return None

    def _send_at(self) -> datetime | None:
        """Return when the text is to go out; what cannot be read is said beside the field."""
        self.send_at.error = ""
        try:
            return moment_in(self.send_at.value)
        except ValueError:
            self.send_at.error = say("This is no moment. Write it like {example}.", example=EXAMPLE_MOMENT)
            return None

    def _valid_s(self) -> int | None:
        """Return for how many seconds the text is wanted; what cannot be read is said beside the field."""
        text, self.valid_for.error = self.valid_for.value.strip(), ""
        if not text:
            return None
        if text.isascii() and text.isdigit() and 0 < int(text[:9]) <= MOST_MINUTES:
            return int(text[:9]) * 60
        self.valid_for.error = say(
            "Write whole minutes from 1 to {most}, which is a week.", most=MOST_MINUTES
        )
        return None

    def _designation(self) -> Designation | None:
        return self._chosen

    def _changed(self, change: object) -> None:
        if self._filling:
            return
        owner = getattr(change, "owner", None)
        if owner is self.account:
            self._led(self._offer_senders)
        if owner is self.designation:
            self._chosen = "transactional" if self.designation.value == "transactional" else "commercial"
        elif self._chosen is None:
            self._led(self._preselect)
        if owner in (None, self.text, self.values, self.transliterate):
            self._measure()
        self._on_changed()

    def _led(self, work: Callable[[], None]) -> None:
        """Do what changes other fields, as one change."""
        self._filling = True
        try:
            work()
        finally:
            self._filling = False

    def _preselect(self) -> None:
        """Preselect what fits the sender: transactional for a toll-free number (R-SMS-26)."""
        sender = self.chosen_sender()
        self.designation.value = (
            "transactional" if sender is not None and sender.type == "toll_free" else "commercial"
        )

    def _measure(self) -> None:
        rows: list[dict[str, JsonValue]] = self.rows().rows
        self.meter.measure(self.text.value[:LONGEST_TEXT], rows, self.transliterate.value)


def _purposes(profiles: Sequence[ComplianceProfile]) -> list[tuple[str, str]]:
    return [
        (purpose.key, f"{profile.name} · {purpose.name}")
        for profile in profiles
        if profile.active
        for purpose in profile.purposes
    ]
