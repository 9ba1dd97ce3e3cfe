"""SMS CHANNEL CONTRACT: what the platform would give a channel's handler, and the verdict on what comes back (R-SMS-31, 32)."""

from __future__ import annotations

from typing import Any

import ipywidgets

from workbench.models.custom_channel import (
    ChannelDesign,
    ContractKind,
    ContractTry,
    ContractVerdict,
    HandlerTry,
)
from workbench.sentence import N_, Sentence, say

from . import look
from .around import Around
from .fields import ChoiceField, TextField
from .fold import Fold, Place
from .messages import Messages
from .piece import said
from .sms_channel_words import KINDS
from .tables import table

__all__ = ["Simulator"]

LEVELS = {"error": N_("breaks the contract"), "warning": N_("to mind"), "note": N_("note")}
BADGES: dict[str, look.Kind] = {"error": "error", "warning": "warn", "note": "info"}


class Simulator:
    """Tries a handler of one design: payloads for both contexts, pasted documents, and a handler on this machine."""

    def __init__(self, around: Around, design: ChannelDesign) -> None:
        self.around, self.design = around, design
        self.messages, self.shown, self.judged, self.called = Messages(), Place(), Place(), Place()
        self.payload, self.response = "", ""
        self.sender = TextField(N_("From"), value="+15550100", hint=N_("The sender of the channel."))
        self.to = TextField(N_("To"), value="+15550123", hint=N_("Made up: nobody is written to."))
        self.texts = {
            part.name: TextField(part.display_name or part.name, value=said(N_("Hello from the rehearsal")), required=part.required)
            for part in design.settings.parts
        }  # fmt: skip
        self.kind = ChoiceField(
            N_("What came back"), [(key, said(text)) for key, text in KINDS.items()], value="response", style="segmented"
        )  # fmt: skip
        self.text = TextField(
            N_("Document"), multiline=True, rows=8, monospace=True, placeholder='{"response": "{\\"Status\\": \\"Sent\\"}"}',
            hint=N_("What your custom API returned, or the call that it makes: the whole call, or the JSON in it."),
        )  # fmt: skip
        self.url = TextField(
            N_("Address of the handler"), input_type="url", placeholder="http://127.0.0.1:7071/api/outbound",
            hint=N_("A handler that you run on this machine. It is called twice: for a journey, and for a test send."),
        )  # fmt: skip
        self.widget = self._draw()

    def __repr__(self) -> str:
        return f"<Simulator of {self.design.name!r}>"

    async def show_payloads(self) -> None:
        """Show what the platform would give the handler, in both contexts."""
        found = await self.around.bench.channels.payloads(self.design.settings, self._ask())
        self.payload = found[0].document
        self.shown.put(look.columns(*(_payload(one) for one in found)))

    async def put_sample(self) -> None:
        """Put in a document that keeps to the contract, to begin from."""
        await self._ready()
        self.text.value = await self.around.bench.channels.sample(
            self.design.settings, self._kind(), self.payload
        )
        self.judged.put()

    async def judge(self) -> None:
        """Say where the document departs from the contract."""
        self.text.error = ""
        if not self.text.value.strip():
            self.text.error = N_("Paste a document here, or put in a sample.")
            self.text.focus()
            return
        await self._ready()
        kind = self._kind()
        found = await self.around.bench.channels.judge(
            self.design.settings,
            kind,
            self.text.value,
            self.payload,
            self.response if kind == "report" else "",
        )
        if kind == "response":
            self.response = found.document
        self.judged.put(*verdict(found))

    async def call(self) -> None:
        """Call the handler in both contexts and show what it answered."""
        found = await self.around.bench.channels.call(
            self.design.settings, self._ask(), self.url.value.strip()
        )
        self.called.put(*(_called(one) for one in found))

    async def _ready(self) -> None:
        if not self.payload:
            await self.show_payloads()

    def _ask(self) -> ContractTry:
        message = {name: field.value for name, field in self.texts.items() if field.value}
        return ContractTry(sender=self.sender.value, to=self.to.value, message=message)

    def _kind(self) -> ContractKind:
        return next(kind for kind in KINDS if kind == self.kind.value)

    def _draw(self) -> look.Stack:
        show, sample = look.button(N_("Show the payloads")), look.button(N_("Put in a sample"))
        judge, call = look.button(N_("Check the document")), look.button(N_("Call the handler"))
        for button, work in (
            (show, self.show_payloads),
            (sample, self.put_sample),
            (judge, self.judge),
            (call, self.call),
        ):
            self.around.click(button, work, self.messages)
        parts: list[Any] = [
            self.messages.widget, look.columns(self.sender, self.to), *self.texts.values(), look.buttons(show, align="start"),
            self.shown.widget, self.kind, self.text, look.buttons(judge, sample, align="start"), self.judged.widget,
        ]  # fmt: skip
        if self.around.may("operator"):
            fold = Fold(
                N_("Call a handler that runs here"),
                self.url,
                look.buttons(call, align="start"),
                self.called.widget,
            )
            parts.append(fold.widget)
        return look.card(
            N_("Contract simulator"), *parts,
            subtitle=N_("What the platform gives your handler, and whether what comes back is what it takes."),
        )  # fmt: skip


def verdict(found: ContractVerdict) -> list[ipywidgets.Widget]:
    """Return what is shown of a judged document: kept to the contract, or each departure from it."""
    rows = [
        [look.badge(LEVELS[one.level], BADGES[one.level]), one.field, said(one.sentence)] for one in found.problems
    ]  # fmt: skip
    listed = [table([N_("How bad"), N_("Where"), N_("What and why")], rows, N_("Departures"))] if rows else []
    if found.kept:
        return [look.banner("ok", say("It keeps to the contract of {api}.", api=found.custom_api)), *listed]
    count = sum(one.blocks for one in found.problems)
    text = say("It breaks the contract of {api} in {count} places.", api=found.custom_api, count=count)
    return [look.banner("error", text), *listed]


def _payload(one: ContractVerdict) -> look.Stack:
    return look.stack(look.heading(_context(one.test_send), 3), look.code_block(one.document, "JSON"))


def _context(test_send: bool) -> Sentence:
    return say("In a test send") if test_send else say("In a journey")


def _called(one: HandlerTry) -> look.Stack:
    parts: list[ipywidgets.Widget] = [look.heading(_context(one.test_send), 3)]
    if one.outcome is not None and not one.outcome.ok:
        parts.append(look.banner("error", one.outcome.sentence))
    if one.answer is not None:
        parts += verdict(one.answer)
    elif one.reply is not None:
        parts.append(
            look.banner("error", N_("The handler answered without a body; the contract wants a response."))
        )
    if one.reply is not None and one.reply.body:
        parts.append(look.code_block(one.reply.body, "JSON"))
    return look.stack(*parts)
