"""CONTRACT MAPPING: from a nested source to the event's variables: paste a sample, pick paths, test on several (R-EVT-23)."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence

import ipywidgets

from workbench.engine.event_mapping import paths_in, propose
from workbench.models.base import JsonValue
from workbench.models.event import AUTOMATION_ID, Event, FieldPath
from workbench.sentence import N_, Sentence, say

from . import look
from .events_compose_fields import text_of
from .events_contract_tools import bodies_in
from .exchange import findings
from .fields import ChoiceField, TextField
from .fold import Fold, Place
from .messages import Messages
from .page import Frame
from .piece import said

__all__ = ["MappingDesk"]

LONGEST_EXAMPLE = 40


class MappingDesk:
    """The assistant. ``on_kept`` is given the event with its mapping. Samples stay on the page: nothing of them is kept."""

    def __init__(self, frame: Frame, event: Event, on_kept: Callable[[Event], Awaitable[object]]) -> None:
        self.frame, self.event, self._on_kept = frame, event, on_kept
        self.messages, self.picked, self.result = Messages(), Place(), Place()
        self.picks: dict[str, ChoiceField] = {}
        self.text = TextField(
            N_("A sample of the source"),
            multiline=True,
            rows=10,
            monospace=True,
            placeholder='{"customer": {"email": "ana@example.com"}, "items": [{"sku": "B-1", "price": 19.9}]}',
            hint=N_("What the other system sends, as JSON. Several samples: a list of them, or one a line."),
        )
        find = look.button(N_("Find the fields"))
        frame.click(find, self.find, self.messages)
        self.keep_button = look.button(N_("Save the mapping"), "primary")
        test = look.button(N_("Test on the samples"))
        frame.click(test, self.test, self.messages)
        frame.click(self.keep_button, self.keep, self.messages)
        ways = [test, self.keep_button] if frame.may("operator") else [test]
        self.foot = look.buttons(*ways, align="start")
        self.widget = look.stack(
            look.heading(
                N_("Mapping"),
                3,
                N_(
                    "Which field of another system fills which variable. Rows of a list become rows of an array."
                ),
            ),
            self.text,
            look.buttons(find, align="start"),
            self.picked.widget,
            self.messages.widget,
            self.result.widget,
        )
        self.known = event.mapping
        if event.mapping:
            self._offer([], event.mapping)

    def __repr__(self) -> str:
        return f"<MappingDesk of {len(self.picks)}>"

    async def find(self) -> None:
        """Find the paths of the first sample, and propose one for each variable; what is mapped already stays."""
        samples = self._samples()
        if not samples:
            return
        found = paths_in(samples[0])
        known = {one.variable: one for one in self.mapping() or self.known}
        proposed = {one.variable: one for one in propose(self.event, samples[0])}
        self._offer(
            [(path, _path_label(path, kind, example)) for path, kind, example in found],
            list({**proposed, **known}.values()),
        )
        await self.test()

    async def test(self) -> None:
        """Show what the mapping makes of each sample, and what is wrong with it."""
        samples = self._samples()
        rows = [await self._tested(number, sample) for number, sample in enumerate(samples, 1)]
        good = sum(1 for ok, _ in rows if ok)
        if rows:
            kind: look.Kind = "ok" if good == len(rows) else "warn"
            told = look.banner(kind, say("Ready to send: {good} of {all} samples.", good=good, all=len(rows)))
            self.result.put(told, *(fold for _, fold in rows))

    async def keep(self) -> None:
        """Keep the mapping with the event."""
        kept = await self.frame.bench.events.save(
            self.event.model_copy(update={"mapping": tuple(self.mapping())})
        )
        self.event = kept
        await self._on_kept(kept)

    def mapping(self) -> list[FieldPath]:
        """Return what is picked."""
        return [
            FieldPath(variable=name, path=field.value) for name, field in self.picks.items() if field.value
        ]

    async def _tested(self, number: int, sample: JsonValue) -> tuple[bool, ipywidgets.Widget]:
        events = self.frame.bench.events
        mapped = await events.map_sample(self.event.id, sample, self.mapping())
        made = await events.compose(self.event.id, mapped.given)
        problems = (*mapped.problems, *made.problems)
        ok = made.ok and not any(problem.blocks for problem in mapped.problems)
        title = (
            say("Sample {number}: ready", number=number)
            if ok
            else say("Sample {number}: to correct", number=number)
        )
        body = (
            look.code_block(json.dumps(made.body, ensure_ascii=False, indent=2), "JSON")
            if made.body
            else look.show("")
        )
        return ok, Fold(title, *findings(problems), body, opened=number == 1 or not ok).widget

    def _samples(self) -> list[dict[str, JsonValue]]:
        samples, wrong = bodies_in(self.text.value)
        self.text.error = wrong or ""
        return samples

    def _offer(self, paths: Sequence[tuple[str, str]], mapping: Sequence[FieldPath]) -> None:
        """Make a choice of paths for each variable, and for each column of an array."""
        chosen = {one.variable: one.path for one in mapping}
        known = dict(paths)
        for path in chosen.values():
            known.setdefault(path, path)
        options = [("", said(N_("Nothing"))), *known.items()]
        self.picks = {
            key: ChoiceField(Sentence("{name}", {"name": key}), options, value=chosen.get(key, ""), hint=hint)
            for key, hint in _targets(self.event)
        }
        fields = list(self.picks.values())
        rows = [look.columns(*fields[at : at + 2]) for at in range(0, len(fields), 2)]
        self.picked.put(*rows, self.foot)


def _targets(event: Event) -> list[tuple[str, str]]:
    """Return what can be filled, each with what it is."""
    found = [("email", ""), ("phone", ""), (AUTOMATION_ID, "")]
    for variable in event.variables:
        found.append((variable.name, variable.about))
        if variable.type == "array":
            found += [(f"{variable.name}[].{column.name}", "") for column in variable.columns]
    return found


def _path_label(path: str, kind: str, example: JsonValue) -> str:
    shown = text_of(example)
    short = shown if len(shown) <= LONGEST_EXAMPLE else shown[: LONGEST_EXAMPLE - 1] + "…"
    return f"{path}  ·  {short}" if short else f"{path}  ·  {kind}"
