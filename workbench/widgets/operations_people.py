"""OPERATIONS PEOPLE: who comes in with a token and which role and units that gives; tokens are made here, shown once, and taken back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from workbench.errors import Invalid
from workbench.models.person import Person, Role
from workbench.sentence import N_, Sentence, say

from . import look
from .fields import ChoiceField, TextField
from .fold import Place
from .messages import Messages
from .once import Once
from .operations_rules import RulesFace
from .operations_words import units_of, units_said
from .page import ROLES, Frame
from .piece import said
from .sure import Sure
from .tables import RowList

__all__ = ["PeoplePart", "role_choice"]

COLUMNS: list[Mapping[str, str]] = [
    {"key": "name", "label": N_("Name"), "kind": "strong"},
    {"key": "role", "label": N_("Role")},
    {"key": "units", "label": N_("Units")},
]
MAY: Mapping[Role, str] = {
    "viewer": N_("reads"),
    "operator": N_("builds and sends"),
    "admin": N_("also deletes, exports and lets people in"),
}


def role_choice(label: str, hint: str) -> ChoiceField:
    """Return a choice of roles that says what each may do."""
    options = [
        (key, said(say("{role}: {may}", role=Sentence(name), may=Sentence(MAY[key]))))
        for key, name in ROLES.items()
    ]
    return ChoiceField(label, options, value="viewer", hint=hint)


class PeoplePart:
    """The part. A viewer or an operator reads what holds for him or her, and who can change it."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.found: list[Person] = []
        self.messages, self.token, self.chosen = Messages(), Place(), Place()
        self.sure = Sure(frame, self.messages)
        self.list = RowList(
            N_("People with a token"), columns=COLUMNS, empty=N_("Nobody has a token of this workbench yet.")
        )
        self.list.observe(lambda _: self._choose(), "selected")
        self.name = TextField(
            N_("Name"), hint=N_("The journal shows it beside what this person did."), required=True
        )
        self.role = role_choice(N_("Role"), N_("What this person may do."))
        self.units = TextField(N_("Units"), hint=N_("With commas between them; empty: all."))
        add = look.button(N_("Make a token"), "primary")
        frame.click(add, self._add, self.messages)
        self.rules = RulesFace(frame)
        cards = look.stack(
            look.card(
                N_("People with a token"),
                self.list,
                self.chosen.widget,
                self.sure.widget,
                self.messages.widget,
                self.token.widget,
                subtitle=N_("A token opens the server and the command line. Only its hash is kept."),
            ),
            look.card(
                N_("Let somebody in"),
                look.columns(self.name, self.role, self.units),
                look.buttons(add, align="start"),
            ),
            self.rules.widget,
        )
        person = frame.facts.person
        self._may = person.may("admin") and not person.units  # who comes in is nobody's in particular
        self.widget = cards if self._may else self._own()

    async def refresh(self) -> None:
        """Read who has a token, and the rules."""
        if self._may:
            await self._read()
            await self.rules.refresh()

    async def go(self, place: str) -> None:
        """Nothing inside this part has a name of its own."""

    async def _read(self) -> None:
        self.found = await self.frame.bench.people.list_all()
        self.list.rows = [_row(number, one) for number, one in enumerate(self.found)]
        self.list.selected = ""

    def _own(self) -> look.Stack:
        person = self.frame.facts.person
        pairs = [
            (N_("Name"), person.name),
            (
                N_("Role"),
                say("{role}: {may}", role=Sentence(ROLES[person.role]), may=Sentence(MAY[person.role])),
            ),
            (N_("Units"), units_said(person.units)),
        ]
        who = N_(
            "Who comes in, and with which role and units, is seen and changed by somebody with the role admin for all units."
        )
        return look.card(N_("You"), look.key_value_table(pairs), look.banner("info", who))

    async def _add(self) -> None:
        self.token.put()
        self.name.error = self.units.error = ""
        name, units = self.name.value.strip(), units_of(self.units.value)
        try:
            token = await self.frame.bench.people.add(name, cast(Role, self.role.value), units)
        except Invalid as error:
            for problem in error.problems:
                field = self.units if problem.field.startswith("units") else self.name
                field.error = problem.sentence
            return
        await self._read()
        self.name.value = self.units.value = ""
        text = N_(
            "Copy it now and hand it over safely: it is not shown again. If it is lost, take it back and make another."
        )
        put_away = look.button(N_("I have it"), "quiet")
        put_away.on_click(lambda _button: self.token.put())
        self.token.put(
            look.banner("ok", text, say("The token of {name}.", name=name)),
            Once(token, say("Token of {name}", name=name)),
            look.buttons(put_away, align="start"),
        )

    def _choose(self) -> None:
        one = next((one for number, one in enumerate(self.found) if f"{number}" == self.list.selected), None)
        if one is None:
            self.chosen.put()
            return
        remove = look.button(say("Take {name}'s tokens back…", name=one.name))
        remove.on_click(lambda _button: self._ask(one.name))
        self.chosen.put(look.buttons(remove, align="start"))

    def _ask(self, name: str) -> None:
        count = sum(one.name == name for one in self.found)
        text = say(
            "{name} comes in with none of these any more, at once: {count}. What was done so far stays in the journal.",
            name=name,
            count=count,
        )
        self.sure.ask(N_("Take these tokens back?"), text, N_("Take them back"), lambda: self._remove(name))

    async def _remove(self, name: str) -> None:
        gone = await self.frame.bench.people.remove(name)
        self.token.put()
        await self._read()
        self.messages.show("ok", say("Tokens of {name} taken back: {count}.", name=name, count=gone))


def _row(number: int, person: Person) -> dict[str, str]:
    return {
        "id": f"{number}",
        "name": person.name,
        "role": said(ROLES[person.role]),
        "units": units_said(person.units),
    }
