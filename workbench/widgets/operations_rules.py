"""OPERATIONS RULES: who comes in without a token of this workbench (by a proxy, by JupyterHub), and which role and units each gets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from workbench.errors import Invalid, Refused
from workbench.models.base import Problem
from workbench.models.person import IdentitySettings, Role, Rule
from workbench.sentence import N_, Sentence, say

from . import look
from .fields import ChoiceField, TextField
from .fold import Place
from .messages import Messages
from .operations_words import units_of
from .page import ROLES, Frame
from .piece import said

__all__ = ["RulesFace"]

OF = {"group": N_("A group"), "person": N_("A person"), "anyone": N_("Anyone else")}
SET_UP = "workbench people proxy --trust 10.1.0.5\nworkbench people hub http://127.0.0.1:8081/hub/api"
NO_WAY = N_(
    "Nobody comes in without a token now. A proxy or a JupyterHub that knows people is named on the command line:"
)


class _Row:
    """One rule: its inputs, and what moves it up or takes it away."""

    def __init__(self, rule: Rule, up: Callable[[_Row], None], remove: Callable[[_Row], None]) -> None:
        self.of = ChoiceField(N_("Who"), [(key, said(text)) for key, text in OF.items()], value=rule.of)
        self.name = TextField(
            N_("Name"), value=rule.name, placeholder=N_("as the proxy or the hub writes it")
        )
        self.role = ChoiceField(
            N_("Role"), [(key, said(text)) for key, text in ROLES.items()], value=rule.role
        )
        self.units = TextField(N_("Units"), value=", ".join(rule.units), placeholder=N_("all units"))
        self.above, self.remove = look.button(N_("Up"), "quiet"), look.button(N_("Remove"), "quiet")
        self.above.on_click(lambda _button: up(self))
        self.remove.on_click(lambda _button: remove(self))
        self.of.observe(lambda _: self._named(), "value")
        self._named()
        fields = look.columns(self.of, self.name, self.role, self.units)
        fields.add_class("wb-rule")
        self.widget = look.stack(fields, look.buttons(self.above, self.remove, align="start"), gap="small")

    def rule(self) -> Rule:
        """Return the rule as it is typed."""
        of = self.of.value
        return Rule.model_validate(
            {
                "of": of,
                "name": "" if of == "anyone" else self.name.value.strip(),
                "role": cast(Role, self.role.value),
                "units": units_of(self.units.value),
            }
        )

    def number(self, at: int) -> None:
        """Say to screen readers which rule the buttons are of."""
        self.above.tooltip = said(say("Move rule {number} up", number=at))
        self.remove.tooltip = said(say("Remove rule {number}", number=at))
        self.above.disabled = at == 1

    def show(self, field: str, sentence: Sentence) -> None:
        """Say what is wrong beside its input."""
        at = {"units": self.units, "of": self.of}.get(field, self.name)
        at.error = sentence

    def clear(self) -> None:
        """Say nothing of what is typed any more."""
        self.of.error = self.name.error = self.units.error = ""

    def _named(self) -> None:
        self.name.disabled = self.of.value == "anyone"


class RulesFace:
    """The ways in beside tokens, and the rules in their order: the first that fits decides."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.settings = IdentitySettings()
        self.rows: list[_Row] = []
        self._read = False
        self.messages, self.ways, self.place = Messages(), Place(), Place()
        add, save, anew = (
            look.button(N_("Add a rule")),
            look.button(N_("Save the rules")),
            look.button(N_("Read them anew"), "quiet"),
        )
        add.on_click(lambda _button: self._add(Rule(of="group")))
        frame.click(save, self.save, self.messages)
        frame.click(anew, self._anew, self.messages)
        self.widget = look.card(
            N_("Who comes in without a token"),
            self.ways.widget,
            self.place.widget,
            look.buttons(add, save, anew, align="start"),
            self.messages.widget,
            subtitle=N_(
                "The first rule that fits decides; who fits none stays outside. A rule holds from the next call on."
            ),
        )

    async def refresh(self) -> None:
        """Read the settings; what is being typed stays."""
        if not self._read:
            await self._anew()

    async def save(self) -> None:
        """Keep the rules as they are typed; problems are said beside their inputs."""
        for row in self.rows:
            row.clear()
        settings = self.settings.model_copy(update={"rules": tuple(row.rule() for row in self.rows)})
        try:
            kept = await self.frame.bench.people.save_identity(settings)
        except Invalid as error:
            self._show_problems(error.problems)
            return
        except Refused as error:  # somebody was quicker: what is typed stays to be looked at
            self.messages.show("warn", error.sentence)
            return
        self._show(kept)
        self.messages.show("ok", N_("The rules are saved. They hold from the next call on."))

    async def _anew(self) -> None:
        self._show(await self.frame.bench.people.identity())
        self._read = True

    def _show(self, settings: IdentitySettings) -> None:
        self.settings = settings
        self.ways.put(*_ways(settings))
        self.rows = [_Row(rule, self._up, self._remove) for rule in settings.rules]
        self._draw()

    def _show_problems(self, problems: Sequence[Problem]) -> None:
        rest = []
        for problem in problems:
            place, _, inside = problem.field.removeprefix("rules.").partition(".")
            if problem.field.startswith("rules.") and place.isdecimal() and int(place) < len(self.rows):
                self.rows[int(place)].show(inside.partition(".")[0], problem.sentence)
            else:
                rest.append(problem)
        if rest:
            self.messages.fail(Invalid(rest))

    def _add(self, rule: Rule) -> None:
        last = len(self.rows) - 1 if self.rows and self.rows[-1].of.value == "anyone" else len(self.rows)
        self.rows.insert(max(last, 0), _Row(rule, self._up, self._remove))
        self._draw()

    def _up(self, row: _Row) -> None:
        at = self.rows.index(row)
        if at:
            self.rows[at - 1], self.rows[at] = self.rows[at], self.rows[at - 1]
            self._draw()

    def _remove(self, row: _Row) -> None:
        self.rows.remove(row)
        self._draw()

    def _draw(self) -> None:
        for at, row in enumerate(self.rows, 1):
            row.number(at)
        self.place.put(*(row.widget for row in self.rows))


def _ways(settings: IdentitySettings) -> list[look.Markup]:
    pairs: list[tuple[str, object]] = []
    if settings.proxy:
        named = settings.proxy
        headers = say(
            "from {trusted}: the person in {name}, the groups in {groups}",
            trusted=", ".join(named.trusted),
            name=named.name_header,
            groups=named.groups_header or "–",
        )
        pairs.append((N_("Proxy"), headers))
    if settings.hub:
        pairs.append((N_("JupyterHub"), settings.hub.url))
    if pairs:
        return [look.key_value_table(pairs)]
    return [look.show(NO_WAY), look.code_block(SET_UP)]
