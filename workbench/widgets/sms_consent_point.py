"""CONSENT POINT: one contact point of the ledger: its history, and a change by hand with a reason that stays."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import cast

from workbench.errors import Invalid
from workbench.models.consent import ComplianceProfile, ConsentFilter, ConsentRecord, ConsentStatus
from workbench.sentence import N_, say

from . import look
from .around import Around
from .fields import ChoiceField, TextField
from .fold import Place
from .headline import Headline
from .messages import Messages
from .piece import said
from .sms_consent_words import STATUSES, event_cells
from .tables import table

__all__ = ["PointFace"]

MOST = 200
"""Changes of one contact point that are shown."""


class PointFace:
    """One contact point. ``changed`` is called when its consent was changed here."""

    def __init__(
        self, around: Around, record: ConsentRecord, profiles: Sequence[ComplianceProfile],
        changed: Callable[[], Awaitable[object]], focus: bool = False,
    ) -> None:  # fmt: skip
        self.around, self.record, self._profiles, self._changed = around, record, profiles, changed
        self.messages, self.history = Messages(), Place()
        words = {key: text for key, (text, _) in STATUSES.items()}
        self.status = ChoiceField(
            N_("Change it to"),
            [(key, said(text)) for key, text in words.items()],
            value="opted_out",
            style="segmented",
        )
        self.purpose = ChoiceField(N_("For"), _purposes(profiles), value=_purpose(record, profiles))
        self.reason = TextField(
            N_("Reason"), required=True, hint=N_("It stays in the audit, such as: asked by phone on 3 March."),
        )  # fmt: skip
        save = look.button(N_("Change the consent"), "primary")
        around.click(save, self.save, self.messages)
        form = [look.columns(self.status, self.purpose), self.reason, look.buttons(save, align="start")]
        self.widget = look.card(
            "", Headline(say("{point}", point=record.point), N_("Every change that was ever recorded, the newest first."), focus=focus),
            self.history.widget, *(form if around.may("operator") else []), self.messages.widget,
        )  # fmt: skip

    def __repr__(self) -> str:
        return "<PointFace>"

    async def refresh(self) -> None:
        """Read the history anew."""
        found = await self.around.bench.consent.events(ConsentFilter(key=self.record.key, limit=MOST))
        columns = [N_("When (UTC)"), N_("Change"), N_("Holds for"), N_("By"), N_("Words")]
        rows = [event_cells(event, self._profiles) for event in found]
        self.history.put(table(columns, rows, N_("History of this contact point")))

    async def save(self) -> None:
        """Record the change."""
        self.reason.error = ""
        profile, _, rest = self.purpose.value.partition("/")
        purpose, _, topic = rest.partition("/")
        try:
            await self.around.bench.consent.record(
                "", cast(ConsentStatus, self.status.value), self.reason.value,
                key=self.record.key, profile=profile, purpose=purpose, topic=topic,
            )  # fmt: skip
        except Invalid as error:
            mine = next((problem for problem in error.problems if problem.field == "reason"), None)
            if mine is None:
                raise
            self.reason.error = mine.sentence
            self.reason.focus()
            return
        self.reason.value = ""
        await self._changed()
        await self.refresh()
        self.messages.show("ok", N_("The consent is changed, and the reason is kept."))


def _purposes(profiles: Sequence[ComplianceProfile]) -> list[tuple[str, str]]:
    """Return every purpose and topic of every profile, named by ``profile/purpose/topic``."""
    found = []
    for profile in profiles:
        before = f"{said(profile.name)}: " if len(profiles) > 1 else ""
        for purpose in profile.purposes:
            found.append((f"{profile.key}/{purpose.key}/", f"{before}{said(purpose.name)}"))
            found += [
                (f"{profile.key}/{purpose.key}/{topic.key}", f"{before}{said(purpose.name)}, {topic.name}")
                for topic in purpose.topics
            ]
    return found


def _purpose(record: ConsentRecord, profiles: Sequence[ComplianceProfile]) -> str:
    """Return the purpose that a record is of; for one that reaches further, the first there is."""
    wanted = f"{record.profile}/{record.purpose}/{record.topic}"
    known = [key for key, _ in _purposes(profiles)]
    return wanted if wanted in known else known[0] if known else ""
