"""CONTACT: the contact of a test: its identifier, its variables and its user data."""

from __future__ import annotations

import json
from typing import Any

from workbench.engine.identifiers import TITLES, hash_email
from workbench.engine.strict_json import plain, read
from workbench.models.base import JsonValue, Problem
from workbench.models.contact import SAMPLE, Contact
from workbench.models.integration import IdentifierType
from workbench.sentence import N_, say
from workbench.widgets import look
from workbench.widgets.editor import JsonEditor
from workbench.widgets.fields import TextField
from workbench.widgets.fold import Fold, visible
from workbench.widgets.form import Plain
from workbench.widgets.piece import said
from workbench.widgets.secrets import Changed

SAMPLE_ID = "customer-1001"


class ContactForm:
    """The face of one contact. ``latest`` is the last contact whose JSON could be read, for the live preview.

    ``texts`` holds variables and user data as they were typed at the last visit, right or wrong.
    """

    def __init__(
        self,
        contact: Contact,
        kind: IdentifierType,
        changed: Changed,
        *,
        live: bool,
        texts: tuple[str, str] | None = None,
    ) -> None:
        variables, user_data = texts or (_pretty(contact.variables), _pretty(contact.user_data))
        self.kind = kind
        self._changed = changed
        self._given = contact
        value = contact.identifiers.get(kind.key, "") or ("" if live else _sample(kind))
        self.identifier = TextField(
            TITLES[kind.kind] if kind.kind != "custom" else kind.name or TITLES["custom"],
            hint=N_("Whom the test is for: the value of ${User Identifier}."),
            value=value,
            required=True,
        )
        self.address = Plain(self.identifier, self._typed)
        self.variables = JsonEditor(
            variables,
            N_("Variables"),
            height="150px",
            hint=N_("Names and values, as a JSON object."),
        )
        self.fill = look.button("", "secondary", N_("Adds them to the variables, empty, for you to fill in"))
        self.user_data = JsonEditor(
            user_data,
            N_("User data"),
            height="120px",
            hint=N_("By feed and property, for ${User data|FEED|PROPERTY}."),
        )
        self.fold = Fold(N_("User data"), self.user_data, opened=bool(contact.user_data))
        self.latest = contact
        self.lacking: tuple[str, ...] = ()
        self.widget = look.stack(self.identifier, self.variables, self.fill, self.fold.widget)
        self.offer(())
        self.fill.on_click(lambda _button: self._add())
        self._read()
        for editor in (self.variables, self.user_data):
            editor.observe(lambda _change: self._typed(), "value")

    def __repr__(self) -> str:
        return "<ContactForm>"

    @property
    def texts(self) -> tuple[str, str]:
        """Variables and user data as they are typed."""
        return self.variables.value, self.user_data.value

    def offer(self, lacking: tuple[str, ...]) -> None:
        """Offer to add the values that the payload asks for and this contact lacks; none makes the offer vanish."""
        self.lacking = lacking
        self.fill.description = said(say("Add what is missing: {names}", names=", ".join(lacking)[:80]))
        visible(self.fill, bool(lacking))

    def contact(self) -> Contact | None:
        """Return the contact as it is typed; None where its JSON cannot be read, which is then shown."""
        if self._read():
            return self.latest
        for editor in (self.variables, self.user_data):
            if editor.problems:
                editor.error = N_("Correct this first.")
                editor.focus()
                if editor is self.user_data:
                    self.fold.open()
                break
        return None

    def _add(self) -> None:
        added = dict.fromkeys(self.lacking, "")
        self.variables.value = _pretty({**self.latest.variables, **added})
        self.variables.focus()

    def _typed(self) -> None:
        self._read()
        self._changed()

    def _read(self) -> bool:
        """Read both editors, mark what is wrong in them, and keep what could be read; return whether all could."""
        variables, wrong = _object(self.variables.value, "variables")
        user_data, wrong_too = _object(self.user_data.value, "user_data")
        wrong_too = wrong_too or _not_by_feed(user_data)
        for editor, problems in ((self.variables, wrong), (self.user_data, wrong_too)):
            editor.problems = problems
            editor.error = ""
        identifiers = {**self._given.identifiers, self.kind.key: self.identifier.value}
        self.latest = self._given.model_copy(update={
            "identifiers": identifiers,
            "variables": self.latest.variables if wrong else variables,
            "user_data": self.latest.user_data if wrong_too else user_data,
        })  # fmt: skip
        return not wrong and not wrong_too


def _object(text: str, field: str) -> tuple[dict[str, JsonValue], list[Problem]]:
    """Return the JSON object of a text (none of an empty one) and what is wrong with it."""
    if not text.strip():
        return {}, []
    reading = read(text, field=field)
    if reading.problems or reading.node is None:
        return {}, list(reading.problems)
    return dict(plain(reading.node)), []


def _not_by_feed(user_data: dict[str, Any]) -> list[Problem]:
    wrong = next((feed for feed, properties in user_data.items() if not isinstance(properties, dict)), None)
    if wrong is None:
        return []
    sentence = say(
        '“{feed}” must hold properties: write {{"FEED": {{"PROPERTY": "value"}}}}.', feed=wrong[:40]
    )
    return [Problem(field="user_data", sentence=sentence, line=1, column=1)]


def _pretty(value: JsonValue) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) if value else "{}"


def _sample(kind: IdentifierType) -> str:
    """Return a value of this type that reaches nobody (RFC 2606, and a number of no subscriber)."""
    if kind.kind == "email_sha256":
        return hash_email(SAMPLE.identifiers["email"])
    return SAMPLE.identifiers.get(kind.kind, SAMPLE_ID)
