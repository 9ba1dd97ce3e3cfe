"""CONTRACT TOOLS: what a contract is good for: a drift report of real bodies, a JSON Schema for developers, samples for tests."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Final

import ipywidgets

from workbench.models.base import JsonValue
from workbench.models.event import IDENTIFIERS, Drift, Event, EventVariable
from workbench.sentence import N_, Sentence, say

from . import look
from .download import Download
from .fields import TextField
from .fold import Place
from .messages import Messages
from .page import Frame
from .piece import said
from .tables import table

__all__ = ["DriftDesk", "SchemaDesk", "bodies_in"]


class DriftDesk:
    """Compares a contract with bodies: pasted ones, or those that were last sent. ``on_adopt`` is given the variables that were found."""

    def __init__(
        self, frame: Frame, event: Event, on_adopt: Callable[[Sequence[EventVariable]], object]
    ) -> None:
        self.frame, self.event, self._on_adopt = frame, event, on_adopt
        self.messages, self.result = Messages(), Place()
        self.text = TextField(
            N_("Bodies"),
            multiline=True,
            rows=7,
            monospace=True,
            placeholder='{"email": "ana@example.com", "product_id": 123}',
            hint=N_("One JSON object, a list of them, or one a line: from a log, a webhook, another system."),
        )
        pasted, sent = (
            look.button(N_("Compare these"), "primary"),
            look.button(N_("Compare what was last sent")),
        )
        frame.click(pasted, self.pasted, self.messages)
        frame.click(sent, self.sent, self.messages)
        self.widget = look.stack(
            look.heading(
                N_("Drift"),
                3,
                N_(
                    "What bodies lack, add or type otherwise than the contract says. Nothing of them is kept."
                ),
            ),
            self.text,
            look.buttons(pasted, sent, align="start"),
            self.messages.widget,
            self.result.widget,
        )

    def __repr__(self) -> str:
        return "<DriftDesk>"

    async def pasted(self) -> None:
        """Compare what is pasted."""
        bodies, wrong = bodies_in(self.text.value)
        self.text.error = wrong or ""
        if wrong is None:
            self.show(await self.frame.bench.events.drift(self.event.id, bodies))

    async def sent(self) -> None:
        """Compare what was last sent through the event's integration."""
        self.text.error = ""
        self.show(await self.frame.bench.events.drift_of_journal(self.event.id))

    def show(self, found: Drift) -> None:
        """Show a report."""
        if not found.seen:
            self.result.put(look.banner("info", N_("There is no body to compare yet.")))
            return
        if found.none:
            self.result.put(
                look.banner(
                    "ok", say("No drift: {count} compared, and all keep to the contract.", count=found.seen)
                )
            )
            return
        needed = {one.name for one in self.event.variables if one.required} | set(IDENTIFIERS)
        counted: list[tuple[str, str, look.Kind, int]] = [
            *(
                (name, N_("Lacking"), "error" if name in needed else "quiet", count)
                for name, count in found.missing.items()
            ),
            *((name, N_("Of another type"), "error", count) for name, count in found.mistyped.items()),
            *((name, N_("Not declared"), "warn", count) for name, count in found.undeclared.items()),
        ]
        order: tuple[look.Kind, ...] = ("error", "warn", "quiet")
        rows = [
            [
                look.markup("<code>{name}</code>", name=name),
                look.badge(title, kind),
                say("{count} of {all}", count=count, all=found.seen),
            ]
            for name, title, kind, count in sorted(
                counted, key=lambda one: (order.index(one[2]), -one[3], one[0])
            )
        ]
        parts: list[ipywidgets.Widget] = [
            look.banner(
                "warn",
                say("Compared: {count}. They do not all keep to the contract.", count=found.seen),
                N_("Drift"),
            ),
            table([N_("Variable"), N_("What"), N_("Bodies")], rows, N_("Where bodies and contract differ")),
        ]
        if found.proposed and self.frame.may("operator"):
            adopt = look.button(N_("Declare what was found"))
            adopt.on_click(lambda _: self._on_adopt(found.proposed))
            parts.append(look.buttons(adopt, align="start"))
        self.result.put(*parts)


class SchemaDesk:
    """The contract as JSON Schema, and samples that keep to it."""

    def __init__(self, frame: Frame, event: Event) -> None:
        self.frame, self.event = frame, event
        self.messages, self.schema, self.sample = Messages(), Place(), Place()
        self._seed = 0
        again = look.button(N_("Another sample"))
        frame.click(again, self.another, self.messages)
        self.download = Download(
            N_("Download the schema"),
            f"{_file(event.name)}.schema.json",
            self._text,
            self.messages.guard,
            "application/schema+json",
        )
        self.widget = look.stack(
            self.messages.widget,
            look.heading(
                N_("JSON Schema"),
                3,
                N_("Draft 2020-12: other systems check their bodies with it before they send them."),
            ),
            self.schema.widget,
            look.buttons(self.download, align="start"),
            look.heading(N_("Sample"), 3, N_("Made up from the contract; it names nobody real.")),
            self.sample.widget,
            look.buttons(again, align="start"),
        )

    def __repr__(self) -> str:
        return "<SchemaDesk>"

    async def open(self) -> None:
        """Show the schema and a first sample."""
        self.schema.put(_short(look.code_block(await self._text(), "JSON Schema")))
        await self.another()

    async def another(self) -> None:
        """Show another sample."""
        given = await self.frame.bench.events.sample(self.event.id, self._seed)
        self._seed += 1
        made = await self.frame.bench.events.compose(self.event.id, given)
        self.sample.put(look.code_block(_json(made.body), "JSON"))

    async def _text(self) -> str:
        return _json(await self.frame.bench.events.schema(self.event.id))


MOST_BODIES: Final = 1_000


def bodies_in(text: str) -> tuple[list[dict[str, JsonValue]], Sentence | None]:
    """Return the bodies in a pasted text: one object, a list of them, or one a line; or what is wrong with it."""
    text = text.strip()
    if not text:
        return [], say("Paste at least one body here.")
    try:
        tree = json.loads(text)
        found = tree if isinstance(tree, list) else [tree]
    except (ValueError, RecursionError):
        found, wrong = _lines(text)
        if wrong:
            return [], say(
                "Line {line} is no JSON. Each line holds one object, from its first brace to its last.",
                line=wrong,
            )
    bodies = [one for one in found if isinstance(one, dict)]
    if len(bodies) < len(found) or not bodies:
        return [], say("Each body must be a JSON object: {example}.", example='{"email": "ana@example.com"}')
    if len(bodies) > MOST_BODIES:
        return [], say(
            "This has {count} bodies; {most} are compared at once. Paste fewer.",
            count=len(bodies),
            most=MOST_BODIES,
        )
    return bodies, None


def _lines(text: str) -> tuple[list[JsonValue], int]:
    found: list[JsonValue] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            found.append(json.loads(line))
        except (ValueError, RecursionError):
            return [], number
    return found, 0


def _short(block: look.Stack) -> look.Stack:
    """Let a long block scroll in its own box."""
    block.children[1].layout.max_height = "420px"
    block.children[1].layout.overflow = "auto"
    return block


def _json(value: JsonValue) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _file(name: str) -> str:
    """Return a name that every file system takes."""
    plain = "".join(
        sign if sign.isascii() and (sign.isalnum() or sign in "-_") else "-" for sign in name
    ).strip("-")
    return plain[:60] or said(N_("event"))
