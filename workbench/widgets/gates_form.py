"""GATE FORM: a gate from its address to its rules, with the verdict beside it while it is being filled in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from workbench.engine.checks import blocking
from workbench.engine.gate_checks import Stock, check_gate, read_settings
from workbench.engine.hub_keys import hub_meaning
from workbench.errors import Invalid
from workbench.models.base import JsonValue, Problem
from workbench.models.gate import ConsentList, Gate, GateSettings
from workbench.sentence import N_, Sentence, say

from . import gates_parts as parts
from . import look
from .around import Around
from .fold import Fold, Place
from .form import Input, Inputs
from .gates_condition import Known
from .gates_rules import RulesInput
from .gates_trial import Trial
from .headline import Headline
from .messages import Messages
from .piece import said
from .secrets import Desk

__all__ = ["GateForm", "offered_by"]

Kept = Callable[[Gate], Awaitable[object]]


class GateForm:
    """The form of a gate. ``on_saved`` is given the gate that was kept, ``on_closed`` is called when the person gives up."""

    def __init__(
        self, around: Around, gate: Gate | None, offered: parts.Offered, stock: Stock, desk: Desk,
        on_saved: Kept, on_closed: Callable[[], Awaitable[object]],
    ) -> None:  # fmt: skip
        self.around, self.gate, self.stock, self.desk = around, gate, stock, desk
        self._on_saved = on_saved
        self.messages, self.verdict = Messages(), Place()
        self._told: tuple[Problem, ...] | None = None
        self._make(gate.settings if gate else _new(), offered)
        self.trial = Trial(around, self.settings)
        self.save_button = look.button(N_("Save the gate"), "primary")
        close = look.button(N_("Close without saving"), "quiet")
        around.click(self.save_button, self.save, self.messages)
        around.click(close, on_closed, self.messages)
        title = say("Change the gate “{name}”", name=gate.settings.name) if gate else N_("New gate")
        self.widget = look.stack(
            Headline(
                title,
                N_(
                    "One gate answers for the whole account. Nothing is called before the first hook arrives."
                ),
            ),
            *self._cards(),
            look.card(
                "",
                self.verdict.widget,
                self.messages.widget,
                look.buttons(self.save_button, close, align="start"),
            ),
        )
        self.judge()

    def __repr__(self) -> str:
        return "<GateForm>"

    # -- what is filled in ---------------------------------------------------------------------------------------------

    def document(self) -> dict[str, JsonValue]:
        """Return what is filled in; it need not be right."""
        return {
            **self.endpoint.value(), **self.safety.value(), "limits": self.limits.value(), "meanings": self.meanings.value(),
            "rules": self.rules.value(), "live_checks": self.live.value(), "write_back": self.back.value(),
            "answering": self.answering.value(),
        }  # fmt: skip

    def settings(self) -> GateSettings:
        """Return the settings as filled in; raises Invalid where they cannot be read."""
        settings, problems = read_settings(self.document())
        if settings is None:
            raise Invalid(problems)
        return settings

    def judge(self) -> Sequence[Problem]:
        """Give the verdict on what is filled in, beside the form; each error goes to its field when the form is saved."""
        settings, problems = read_settings(self.document())
        if settings is not None:
            problems = check_gate(settings, self.stock)
        told = tuple(problems)
        if told != self._told:
            self._told = told
            self.verdict.put(look.show(_verdict(told)))
        return problems

    async def save(self) -> None:
        """Keep the gate, or show what is wrong beside the fields."""
        await self.desk.idle()
        problems = blocking(self.judge())
        if problems:
            self._blame(problems)
            return
        gates = self.around.bench.gates
        settings = self.settings()
        try:
            kept = await (
                gates.save(self.gate.id, settings, self.gate.settings)
                if self.gate
                else gates.create(settings)
            )
        except Invalid as error:  # what only the workbench knows: another gate's name
            self._blame(error.problems)
            return
        await self._on_saved(kept)

    def _blame(self, problems: Sequence[Problem]) -> None:
        left = [problem for problem in self.inputs.show(problems) if problem.blocks]
        text = say(
            "{count} things have to be put right before the gate can be saved. Each stands beside its field.",
            count=len(problems),
        )
        if left:
            self.messages.fail(Invalid(left))
        else:
            self.messages.show(
                "error",
                text
                if len(problems) > 1
                else N_("One thing has to be put right; it stands beside its field."),
            )

    # -- the parts -----------------------------------------------------------------------------------------------------

    def _make(self, settings: GateSettings, offered: parts.Offered) -> None:
        value: dict[str, Any] = settings.model_dump()
        offered.checks = self._checks
        self.live = parts.live_checks(value["live_checks"], self.desk, self._edited)
        self.endpoint = parts.Endpoint(value, self.desk, self._edited)
        self.limits = parts.limits(value["limits"], self.desk, self._edited)
        self.meanings = parts.meanings(value["meanings"], offered, self.desk, self._edited)
        self.rules = RulesInput(value["rules"], Known(offered.lists, self._checks), self.desk, self._edited)
        self.safety = parts.safety(value, self.desk, self._edited)
        self.back = parts.write_back(value["write_back"], self.desk, self._edited)
        self.answering = parts.answering(value["answering"], self.desk, self._edited)
        self.folds = {
            "limits": Fold(N_("Time limits"), self.limits.widget, opened=True),
            "answering": Fold(N_("How a sendout is answered"), self.answering.widget),
            "live_checks": Fold(N_("Live consent checks"), self.live.widget, opened=bool(settings.live_checks)),
            "write_back": Fold(N_("Where codes, tags and properties "
                "are written"), self.back.widget, opened=bool(settings.write_back.base_url)),
            "hosts": Fold(N_("Whom the gate calls, and who "
                "may call it"), self.safety.widget, opened=bool(settings.hosts or settings.source_ips)),
        }  # fmt: skip
        inputs: dict[str, Input] = {
            **self.endpoint.paths(), "limits": self.limits, "meanings": self.meanings, "rules": self.rules, "live_checks": self.live,
            "write_back": self.back, "answering": self.answering, **self.safety.inputs,
        }  # fmt: skip
        folds = {**self.folds, "source_ips": self.folds["hosts"], "account_token": self.folds["hosts"]}
        self.inputs = Inputs(inputs, folds)

    def _cards(self) -> Sequence[look.Stack]:
        meant = N_("What the platform's actions make happen here. Each identifier is named once.")
        decided = N_(
            "From the top down: the first rule that fits decides, and its reason is kept with the contact. Actions that check consent "
            "come first."
        )
        tried = Fold(N_("Try the rules on contacts"), self.trial.widget)
        return (
            look.card(
                N_("Endpoint"),
                self.endpoint.widget,
                subtitle=N_("Where the platform's hooks come in, and how they prove themselves."),
            ),
            look.card(N_("Actions"), self.meanings.widget, subtitle=meant),
            look.card(N_("Rules"), self.rules.widget, tried.widget, subtitle=decided),
            look.card(
                "",
                *(
                    self.folds[name].widget
                    for name in ("limits", "answering", "live_checks", "write_back", "hosts")
                ),
            ),
        )

    def _checks(self) -> Sequence[tuple[str, str]]:
        found = [str(one.get("key") or "") for one in self.live.value()]
        return [(key, key) for key in found if key]

    def _edited(self) -> None:
        if hasattr(self, "trial"):  # the parts are made one after the other, and tell of themselves
            self.judge()


PLACES: Mapping[str, str] = {
    "meanings": N_("Action {number}"), "rules": N_("Rule {number}"), "live_checks": N_("Live check {number}"),
    "limits": N_("Time limit {number}"),
}  # fmt: skip


def _placed(problem: Problem) -> str:
    """Return a problem with the row it is of: its field says which input, not which row."""
    first, *rest = problem.field.replace("rules.rules", "rules").split(".")
    if first not in PLACES or not rest or not rest[0].isdigit():
        return said(problem.sentence)
    row = Sentence(PLACES[first], {"number": int(rest[0]) + 1})
    return said(say("{row}: {text}", row=row, text=problem.sentence))


def _new() -> GateSettings:
    return GateSettings(auth="header", header="X-Gate-Token")


def _verdict(problems: Sequence[Problem]) -> look.Html:
    """Return what is to be put right, what is worth a thought, and what is good to know."""
    errors = [problem for problem in problems if problem.blocks]
    head = (
        look.banner_markup(
            "info", say("Still to be done before it can be saved: {count}.", count=len(errors))
        )
        if errors
        else look.banner_markup("ok", N_("The gate can be saved."))
    )
    marks: dict[str, tuple[str, look.Kind]] = {
        "error": (N_("to do"), "error"),
        "warning": (N_("look"), "warn"),
        "note": (N_("note"), "info"),
    }
    items = look.Html("").join(
        look.markup(
            "<li>{badge} {text}</li>",
            badge=look.badge(marks[one.level][0], marks[one.level][1]),
            text=_placed(one),
        )
        for one in sorted(problems, key=lambda one: ("error", "warning", "note").index(one.level))
    )
    return look.markup('{head}<ul class="wb-gate-verdict">{items}</ul>', head=head, items=items)


def _list_name(one: ConsentList) -> Sentence:
    """Return how a form calls a consent list; one of the hub's ledger says who is on it."""
    return hub_meaning(one.key) or say("{name} ({size})", name=one.key, size=one.size)


async def offered_by(around: Around) -> tuple[parts.Offered, Stock]:
    """Return what a form may offer: the pools, lists and integrations there are now."""
    bench = around.bench
    pools, lists = await bench.gates.pools(), await bench.gates.consent_lists()
    saved = [item.integration for item in await bench.integrations.list_all()]
    offered = parts.Offered(
        [(pool.key, say("{name} ({left} left)", name=pool.key, left=pool.left)) for pool in pools],
        [(one.key, _list_name(one)) for one in lists],
        [(item.id, item.name) for item in saved],
    )
    stock = Stock({pool.key for pool in pools}, {one.key for one in lists}, {item.id for item in saved})
    return offered, stock
