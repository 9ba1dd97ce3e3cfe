"""SMS CHANNEL FORM: a custom channel from its definition to its parts, each problem beside its field (R-SMS-29, 30)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from workbench.engine.checks import blocking
from workbench.engine.custom_channel import TEXT_PART, check_channel, read_design, tidy_channel
from workbench.errors import Invalid
from workbench.models.base import JsonValue, Problem
from workbench.models.custom_channel import ChannelDesign, ChannelSettings, MessagePart
from workbench.sentence import N_, say

from . import look
from .around import Around
from .fields import TextField
from .fold import Fold, Place, visible
from .form import Input, Inputs
from .gates_fields import Number, Part, Word
from .gates_rows import Rows
from .headline import Headline
from .messages import Messages
from .piece import said
from .secrets import Desk
from .sms_channel_words import DEFINITION, FORMS, MORE, PART, PART_OPTIONS, SWITCHES, TABLES, TYPES

__all__ = ["ChannelForm"]

WHOLE_NUMBERS: Final = ("max_length", "order")
RECORD: Final = ("entity", "view_id")
FIRST_PART: Final[Mapping[str, JsonValue]] = {"name": TEXT_PART, "display_name": "Text", "max_length": 1000}


class _PartFields(Part):
    """The fields of one message part; what may be left out is typed as a number all the same. A record's fields show for a record."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.inputs["type"].widget.observe(lambda _: self._arrange(), "value")
        self._arrange()

    def _input(self, name: str, word: Word, value: Mapping[str, JsonValue]) -> Input:
        if name not in WHOLE_NUMBERS:
            return super()._input(name, word, value)
        held = value.get(name)
        field = TextField(
            word.label, hint=word.hint, value="" if held is None else str(held), placeholder=word.example, input_type="number"
        )  # fmt: skip
        return Number(field, True, self._changed)

    def _arrange(self) -> None:
        record = self.inputs["type"].value() == "record"
        for name in RECORD:
            visible(self.inputs[name].widget, record or bool(self.inputs[name].value()))

    def value(self) -> JsonValue:
        """Return what is filled in; a length that is left empty is none, not the default."""
        return {"max_length": None, **super().value()}


class ChannelForm:
    """The form of a design. ``on_saved`` is given the design that was kept, ``on_closed`` is called when the person gives up."""

    def __init__(
        self, around: Around, design: ChannelDesign | None, settings: ChannelSettings | None,
        on_saved: Callable[[ChannelDesign], Awaitable[object]], on_closed: Callable[[], Awaitable[object]],
    ) -> None:  # fmt: skip
        self.around, self.design, self._on_saved = around, design, on_saved
        self.messages, self.verdict = Messages(), Place()
        self._told: tuple[Problem, ...] | None = None
        held = design.settings if design else settings
        value = held.model_dump(mode="json") if held else {"parts": [dict(FIRST_PART)]}
        self._make(value)
        save, close = (
            look.button(N_("Save the design"), "primary"),
            look.button(N_("Close without saving"), "quiet"),
        )
        around.click(save, self.save, self.messages)
        around.click(close, on_closed, self.messages)
        title = say("Change the channel “{name}”", name=design.name) if design else N_("New custom channel")
        self.widget = look.stack(
            Headline(
                title,
                N_(
                    "It becomes part of a Dataverse solution: its customizations.xml is made here, and checked first."
                ),
            ),
            *self._cards(),
            look.card(
                "", self.verdict.widget, self.messages.widget, look.buttons(save, close, align="start")
            ),
        )
        self.judge()

    def __repr__(self) -> str:
        return "<ChannelForm>"

    def document(self) -> dict[str, JsonValue]:
        """Return what is filled in; it need not be right."""
        found: dict[str, JsonValue] = {"parts": self.parts.value()}
        for section in self.sections:
            found.update(section.value())
        return found

    def settings(self) -> ChannelSettings:
        """Return the settings as filled in; raises Invalid where a number is none."""
        settings, problems = read_design(self.document())
        if settings is None:
            raise Invalid(problems)
        return tidy_channel(settings)

    def judge(self) -> Sequence[Problem]:
        """Give the verdict on what is filled in, below the form while it is typed; each error goes to its field when it is saved."""
        settings, problems = read_design(self.document())
        if settings is not None:
            problems = check_channel(tidy_channel(settings))
        if tuple(problems) != self._told:
            self._told = tuple(problems)
            self.verdict.put(*_verdict(problems))
        return problems

    async def save(self) -> None:
        """Keep the design, complete or not, and show beside the fields what keeps it from being exported."""
        problems = blocking(self.judge())
        self.inputs.show(problems)
        settings = self.settings()
        try:
            before = self.design
            kept = await self.around.bench.channels.save(
                settings, before.id if before else "", before.settings if before else None
            )
        except Invalid as error:  # what only the workbench knows: another channel's name
            left = self.inputs.show([*problems, *error.problems])
            self.messages.fail(Invalid([one for one in left if one.blocks] or error.problems))
            return
        self.design = kept
        if problems:
            self._take_ids(kept.settings)
            words = say(
                "Saved, but it cannot be exported yet. What is still missing is shown beside the fields: {count}.",
                count=len(problems),
            )
            self.messages.show("warn", words)
            return
        await self._on_saved(kept)

    # -- the fields ----------------------------------------------------------------------------------------------------

    def _make(self, value: Mapping[str, Any]) -> None:
        self.desk = Desk(self.around.bench.secrets)
        self.definition = self._section(DEFINITION, value, (("display_name", "type"),), {"type": TYPES})
        self.switches = self._section(
            SWITCHES, value, (("has_delivery_receipt", "has_inbound", "supports_account"),)
        )
        self.tables = self._section(
            TABLES, value, (("instance_entity", "instance_form_id"), ("account_entity", "account_form_id"))
        )
        self.editor = self._section(FORMS, value)
        self.more = self._section(
            MORE, value, (("special_consent_required", "supports_attachment", "supports_binary"),)
        )
        self.sections = (self.definition, self.switches, self.tables, self.editor, self.more)
        self.parts = Rows(
            self._part, value.get("parts", ()), name=lambda number: say("Part {number}", number=number), add=N_("Add a part"),
            empty=N_("No part yet. A channel has at least one."), blank={"max_length": 1000}, changed=self._edited,
        )  # fmt: skip
        self.fold = Fold(N_("More settings"), self.more.widget)
        paths = {name: one for section in self.sections for name, one in section.inputs.items()}
        self.inputs = Inputs({**paths, "parts": self.parts}, dict.fromkeys(MORE, self.fold))
        self.definition.inputs["type"].widget.observe(lambda _: self._turned(), "value")

    def _section(
        self, words: Mapping[str, Word], value: Mapping[str, Any], beside: Sequence[Sequence[str]] = (),
        options: Mapping[str, Any] | None = None,
    ) -> Part:  # fmt: skip
        return Part(ChannelSettings, words, value, self.desk, self._edited, beside=beside, options=options)

    def _part(self, value: Mapping[str, JsonValue]) -> Input:
        return _PartFields(
            MessagePart, PART, value, self.desk, self._edited, options={"type": PART_OPTIONS},
            beside=(("name", "type"), ("display_name", "max_length", "order"), ("entity", "view_id")),
        )  # fmt: skip

    def _cards(self) -> list[Any]:
        return [
            look.card(N_("Definition"), self.definition.widget, self.switches.widget, self.fold.widget),
            look.card(
                N_("Message parts"), self.parts.widget,
                subtitle=N_("What a message of this channel is made of. SMS: exactly one, named text."),
            ),
            look.card(
                N_("Tables and forms"), self.tables.widget, self.editor.widget,
                subtitle=N_("Tables and forms of your solution: a sender of the channel, its account, and an editor of your own."),
            ),
        ]  # fmt: skip

    def _edited(self) -> None:
        if hasattr(self, "inputs"):  # the sections are made one after the other
            self.judge()

    def _turned(self) -> None:
        """Let what follows from the type follow it: accounts are for SMS alone, and so are inbound messages."""
        sms = self.definition.inputs["type"].value() == "SMS"
        self.switches.inputs["supports_account"].widget.value = sms
        if not sms:
            self.switches.inputs["has_inbound"].widget.value = False
        elif not self.parts.rows:
            self.parts.add(FIRST_PART)
        self.judge()

    def _take_ids(self, settings: ChannelSettings) -> None:
        """Show the ids that were made, so that the next save keeps them."""
        self.more.inputs["definition_id"].widget.value = settings.definition_id
        for row, part in zip(self.parts.rows, settings.parts, strict=True):
            row.input.inputs["id"].widget.value = part.id  # type: ignore[attr-defined]


def _verdict(problems: Sequence[Problem]) -> list[Any]:
    wrong, minded = blocking(problems), [one for one in problems if not one.blocks]
    if not wrong and not minded:
        return [look.banner("ok", N_("The design keeps to every rule. It can be exported."))]
    shown = []
    if wrong:
        items = look.Html("").join(look.markup("<li>{text}</li>", text=said(one.sentence)) for one in wrong)
        title = say("Before it can be exported: {count}", count=len(wrong))
        shown.append(look.banner("info", look.markup("<ul>{items}</ul>", items=items), title))
    return shown + [look.banner("warn", one.sentence) for one in minded]
