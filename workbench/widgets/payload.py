"""PAYLOAD: the composer: a JSON editor with live problems, and beside it the body as it would go out.

Everything here is computed in this process (``engine.template``): a keystroke shows at once, and nothing is sent.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from urllib.parse import parse_qsl

from workbench.engine.compose import form_encoded, xml_body
from workbench.engine.forms import nested_pairs
from workbench.engine.template import Template, check_template, compile_template
from workbench.errors import Invalid, MissingVariable, WorkbenchError
from workbench.models.base import JsonValue, Problem
from workbench.models.payload import PayloadTemplate
from workbench.models.provider import Encoding
from workbench.sentence import N_, Sentence, say

from . import look
from .editor import JsonEditor
from .fields import ChoiceField
from .fold import visible
from .look import Html
from .piece import said
from .secrets import Changed

__all__ = ["RECONNECT", "Composer", "completions"]

RECONNECT = ("${User Identifier}", "${dyCampaignName}", "${User data|FEED|PROPERTY}")
"""The variables of Reconnect that every payload may use (facts/gate-and-esp.md B7)."""

Values = Callable[[], Mapping[str, JsonValue]]
Lint = Callable[[Template, JsonValue, int, Mapping[str, JsonValue]], Iterable[Problem]]


def completions(values: Mapping[str, JsonValue]) -> list[str]:
    """Return what the editor offers: Reconnect's variables, and every value there is by its name."""
    named = [f"${{{name}}}" for name in values if name.startswith("User data|")]
    plain = [f"{{{{ {name} }}}}" for name in _names(values)]
    return list(dict.fromkeys([*RECONNECT, *named, *plain]))


def _names(values: Mapping[str, JsonValue], under: str = "") -> Iterable[str]:
    """Return the names a ``{{ slot }}`` may use, those inside objects with their dots."""
    for name, value in values.items():
        if not under and (name.startswith("User ") or name == "dyCampaignName"):
            continue
        yield under + name
        if isinstance(value, dict):
            yield from _names(value, f"{under}{name}.")


class Composer:
    """The payload being written, and what it becomes for one contact.

    Args:
        text: the payload as it is now.
        templates: the provider's ready payloads.
        encoding: how the body is sent; a form is shown as its fields, XML as XML.
        values: gives the values of the contact, as ``engine.compose.values_of`` names them.
        lint: gives the provider's warnings on a payload that is otherwise fine.
        changed: called whenever the text changes.
        lacking: called at each refresh with the names of the values that the payload asks for and nobody gives.
    """

    def __init__(
        self,
        text: str,
        templates: Sequence[PayloadTemplate],
        *,
        encoding: Encoding = "json",
        values: Values = dict,
        lint: Lint = lambda *_: (),
        changed: Changed = lambda: None,
        lacking: Callable[[tuple[str, ...]], object] = lambda _names: None,
    ) -> None:
        self.templates = {template.id: template for template in templates}
        self.encoding = encoding
        self._values = values
        self._lint = lint
        self._changed = changed
        self._lacking = lacking
        self._before = ""
        self.editor = JsonEditor(text, N_("JSON payload"), height="380px", required=True)
        self.preview = look.show("")
        self.picker = ChoiceField(
            N_("Ready payload"),
            [(one.id, Sentence(one.name), Sentence(one.notes) if one.notes else "") for one in templates],
            value=next((one.id for one in templates if one.text == text), ""),
        )
        self.undo = look.button(N_("Undo"), "quiet", N_("Bring back the payload that was here before"))
        visible(self.undo, False)
        self.editor.observe(self._typed, "value")
        self.picker.observe(self._picked, "value")
        self.undo.on_click(lambda _button: self._bring_back())
        picking = [look.columns(self.picker, look.buttons(self.undo, align="start"), weights=(3, 1))]
        self.widget = look.stack(
            *(picking if templates else []),
            look.columns(self.editor, self.preview, weights=(1, 1)),
        )
        self.refresh()

    def __repr__(self) -> str:
        return f"<Composer of {len(self.text)} characters>"

    @property
    def text(self) -> str:
        """The payload as it is typed."""
        return str(self.editor.value)

    def refresh(self) -> None:
        """Check the text and fill it again: after a keystroke, and when the contact's values have changed."""
        values = self._values()
        self.editor.completions = completions(values)
        known = set(_names(values))
        problems = [*check_template(self.text, known)]
        lacking: tuple[str, ...] = ()
        try:
            template = compile_template(self.text)
            size = len(template.render(values))
            tree = template.tree(values)
            problems += self._lint(template, tree, size, values)
            self.preview.value = self._filled(tree, size)
        except Invalid as error:
            problems = problems or list(error.problems)
            self.preview.value = _empty(say("The preview appears as soon as the payload has no errors."))
        except WorkbenchError as error:
            lacking = _unknown(template, known) if isinstance(error, MissingVariable) else ()
            self.preview.value = _empty(error.sentence)
        self.editor.problems = problems
        self._lacking(lacking)

    def show(self, problems: Iterable[Problem]) -> bool:
        """Show the service's errors on the payload in the editor and go to the first; return whether there is one."""
        errors = [problem for problem in problems if problem.blocks and problem.field == "payload"]
        if not errors:
            self.editor.error = ""
            return False
        self.editor.error = errors[0].sentence if errors[0].line is None else N_("Correct the payload first.")
        if errors[0].line is not None:
            self.editor.go_to(errors[0].line, errors[0].column or 1)
        return True

    def _typed(self, _change: object) -> None:
        self.editor.error = ""
        self.refresh()
        self._changed()

    def _picked(self, _change: object) -> None:
        chosen = self.templates.get(self.picker.value)
        if chosen is None or chosen.text == self.text:
            return
        self._before = self.text
        visible(self.undo, True)
        self.editor.value = chosen.text

    def _bring_back(self) -> None:
        visible(self.undo, False)
        self.editor.value = self._before
        self.picker.value = next((one.id for one in self.templates.values() if one.text == self._before), "")

    def _filled(self, tree: JsonValue, size: int) -> Html:
        if self.encoding in ("form", "nested_form", "multipart"):
            pairs = nested_pairs(tree)
            if self.encoding == "form":
                pairs = parse_qsl(form_encoded(tree).decode(), keep_blank_values=True)
            text = "\n".join(f"{name} = {value}" for name, value in pairs)
            title = say("Body as it is sent: a form with {count} fields", count=len(pairs))
        elif self.encoding == "xml":
            text = xml_body(tree).decode()
            title = say("Body as it is sent: XML, {size} bytes", size=len(text.encode()))
        else:
            text = json.dumps(tree, indent=2, ensure_ascii=False)
            title = say("Body as it is sent: JSON, {size} bytes", size=size)
        return _preview(title, text)


def _unknown(template: Template, known: Collection[str]) -> tuple[str, ...]:
    """Return the names that slots without a default ask for and that are not among ``known``."""
    wanted = (
        slot.key
        for slot in template.slots
        if slot.kind in ("variable", "text") and all(one.name != "default" for one in slot.filters)
    )
    return tuple(dict.fromkeys(key for key in wanted if key not in known))


def _preview(title: Sentence, text: str) -> Html:
    shown = text.encode("utf-8", "replace").decode()
    return look.markup(
        '<div class="wb-label-row"><span class="wb-label">{title}</span></div>'
        '<pre class="wb-code wb-preview" tabindex="0" role="region" aria-label="{title}">{text}</pre>',
        title=said(title),
        text=shown,
    )


def _empty(sentence: Sentence) -> Html:
    return look.markup(
        '<div class="wb-label-row"><span class="wb-label">{title}</span></div>'
        '<p class="wb-empty" role="status">{text}</p>',
        title=said(N_("Body as it is sent")),
        text=said(sentence),
    )
