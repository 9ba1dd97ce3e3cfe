"""GATE HOOK: a hook that somebody pasted, as it is read: what it says, what is wrong, and which of its addresses would be called."""

from __future__ import annotations

import json
from collections.abc import Sequence

import ipywidgets

from workbench.engine.hooks import OldGate
from workbench.models.base import Problem
from workbench.models.gate import Action, Gate, Hook
from workbench.sentence import N_, Sentence, say

from . import look
from .around import Around
from .fields import ChoiceField, SwitchField, TextField
from .fold import Fold, Place
from .gates_trial import actions_in
from .messages import Messages
from .piece import said
from .tables import table

__all__ = ["HookReading", "Merging", "OldGates"]

EXAMPLE = """{"finishUri": "https://…/finish", "actions": [{"identifier": "check-consent"}],
 "projectName": "Newsletter", "journeyName": "Spring sale", "sendoutName": "Day 1 mail",
 "itemDownloadUri": "https://…/items"}"""
LEVELS = {"project": N_("project"), "sendout": N_("sendout"), None: N_("not said")}


class HookReading:
    """Where a hook is pasted. Its text leaves the page's state as soon as it is read: its addresses decide."""

    def __init__(self, around: Around) -> None:
        self.around = around
        self.messages, self.result = Messages(), Place()
        self.paste = TextField(
            N_("Hook"), multiline=True, rows=6, monospace=True, placeholder=EXAMPLE,
            hint=N_("The JSON that the platform posts. Nothing of it is called or kept; its addresses are masked."),
        )  # fmt: skip
        self.gate = ChoiceField(
            N_("As the gate would read it"),
            [("", said(N_("none")))],
            hint=N_("Says for each address whether this gate would call it."),
        )
        go = look.button(N_("Read the hook"), "primary")
        around.click(go, self.read, self.messages)
        self.widget = look.card(
            N_("Read a hook"), self.paste, self.gate, look.buttons(go, align="start"), self.messages.widget, self.result.widget,
            subtitle=N_("Paste what the platform sent, and see what it means here."),
        )  # fmt: skip

    def __repr__(self) -> str:
        return "<HookReading>"

    def offer(self, gates: Sequence[Gate]) -> None:
        """Offer these gates to read the hook as."""
        chosen = self.gate.value
        self.gate.options = [("", said(N_("none"))), *((one.id, one.settings.name) for one in gates)]
        self.gate.value = (
            chosen if chosen in {one.id for one in gates} else gates[0].id if len(gates) == 1 else ""
        )

    async def read(self) -> None:
        """Read what is pasted, and forget it."""
        text = self.paste.value
        if not text.strip():
            self.paste.error = N_("Paste a hook here.")
            self.paste.focus()
            return
        self.paste.error = ""
        found = await self.around.bench.gates.read_hook(text, self.gate.value)
        if found.hook is not None:
            self.paste.value = ""
        shown = [_facts(found.hook), _actions(found.hook.actions)] if found.hook else []
        more = [_extra(found.hook)] if found.hook and found.hook.extra else []
        self.result.put(*_told(found.problems), *shown, *more)


class Merging:
    """The actions of a project and of a sendout, and what the hook would hold: none replaces another (R-GATE-9, 10, 11)."""

    def __init__(self, around: Around) -> None:
        self.around = around
        self.messages, self.result = Messages(), Place()
        hint = N_("One a line: identifier, or identifier=details.")
        self.project = TextField(
            N_("Actions of the project"),
            multiline=True,
            rows=4,
            monospace=True,
            hint=hint,
            placeholder="check-consent",
        )
        self.sendout = TextField(
            N_("Actions of the sendout"),
            multiline=True,
            rows=4,
            monospace=True,
            hint=hint,
            placeholder="promo-code=SPRING",
        )
        go = look.button(N_("Merge them"))
        around.click(go, self.merge, self.messages)
        self.widget = look.card(
            N_("Actions of both levels"), look.columns(self.project, self.sendout), look.buttons(go, align="start"),
            self.messages.widget, self.result.widget,
            subtitle=N_("The sendout's actions are added to the project's; they never replace them. Those of a sendout are not kept "
                "for reuse."),
        )  # fmt: skip

    def __repr__(self) -> str:
        return "<Merging>"

    async def merge(self) -> None:
        """Show what the hook would hold."""
        project, sendout = actions_in(self.project.value), actions_in(self.sendout.value)
        found = await self.around.bench.gates.merged(project, sendout)
        self.result.put(
            *_told(found.problems),
            look.columns(
                _actions(
                    [one.model_copy(update={"level": "project"}) for one in project], N_("Of the project")
                ),
                _actions(
                    [one.model_copy(update={"level": "sendout"}) for one in sendout], N_("Of the sendout")
                ),
                _actions(found.actions, N_("In the hook")),
            ),
        )


class OldGates:
    """What settings of the older Send gate would do beside Send Gate Plus, and the steps of the conversion (R-GATE-11)."""

    def __init__(self, around: Around) -> None:
        self.around = around
        self.messages, self.result = Messages(), Place()
        words = {
            "account": (N_("Account: active"), N_("Account: pauses the sendout"), N_("Account: identifier")),
            "project": (N_("Project: active"), N_("Project: pauses the sendout"), N_("Project: identifier")),
            "delivery": (
                N_("Delivery: active"),
                N_("Delivery: pauses the sendout"),
                N_("Delivery: identifier"),
            ),
        }
        self.levels = {
            level: (SwitchField(active), SwitchField(pauses, value=True), TextField(identifier))
            for level, (active, pauses, identifier) in words.items()
        }
        go = look.button(N_("Look for leftovers"))
        around.click(go, self.look, self.messages)
        rows = [look.columns(*fields) for fields in self.levels.values()]
        fold = Fold(
            N_("What the older Send gate is set to"),
            *rows,
            look.buttons(go, align="start"),
            self.result.widget,
        )
        self.widget = look.card(
            N_("The older Send gate"), fold.widget, self.messages.widget,
            subtitle=N_("The two products do not fit together. Say what is still set, and see what it would do."),
        )  # fmt: skip

    def __repr__(self) -> str:
        return "<OldGates>"

    async def look(self) -> None:
        """Show what is left over, and what to do about it."""
        levels = [
            OldGate(level=level, active=active.value, pause=pause.value, identifier=identifier.value.strip())  # type: ignore[arg-type]
            for level, (active, pause, identifier) in self.levels.items()
        ]
        found = await self.around.bench.gates.old_gate(levels)
        self.result.put(
            *(
                _told(found)
                or [look.banner("ok", N_("Nothing of the older Send gate is left. No step is needed."))]
            )
        )


def _told(problems: Sequence[Problem]) -> list[ipywidgets.HTML]:
    kinds: dict[str, look.Kind] = {"error": "error", "warning": "warn", "note": "info"}
    return [look.banner(kinds[one.level], _placed(one)) for one in problems]


def _placed(problem: Problem) -> Sentence:
    if problem.line is None:
        return problem.sentence
    return say(
        "Line {line}, column {column}: {text}",
        line=problem.line,
        column=problem.column or 1,
        text=problem.sentence,
    )


def _facts(hook: Hook) -> ipywidgets.HTML:
    kind = N_("batch: a file of contacts") if hook.kind == "batch" else N_("single: one contact")
    pairs = [
        (N_("Kind"), said(kind)), (N_("Project"), hook.project_name), (N_("Journey or campaign"), hook.journey_name),
        (N_("Sendout"), hook.sendout_name), (N_("Address that releases it"), hook.finish_uri),
        *([(N_("File of contacts"), hook.item_download_uri)] if hook.item_download_uri else []),
        *((N_("Contact"), f"{item.contact_id} → {item.reject_uri}") for item in hook.items),
    ]  # fmt: skip
    return look.key_value_table(pairs)


def _actions(actions: Sequence[Action], caption: str = N_("Actions")) -> ipywidgets.HTML:
    rows = [[one.identifier, one.details, said(LEVELS[one.level])] for one in actions]
    return table([N_("Identifier"), N_("Details"), N_("Level")], rows, caption, N_("No action."))


def _extra(hook: Hook) -> look.Stack:
    text = json.dumps(hook.extra, indent=2, ensure_ascii=False)
    return look.code_block(text, said(N_("Fields that nobody here knows")))
