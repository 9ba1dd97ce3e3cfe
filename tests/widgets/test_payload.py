"""The composer: live problems, live preview, completions, ready payloads; nothing is sent for any of it."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.compose import values_of
from workbench.engine.template import compile_template
from workbench.models.base import Problem
from workbench.models.contact import SAMPLE
from workbench.models.event import EVENT_SAMPLE
from workbench.models.payload import PayloadTemplate
from workbench.providers import every
from workbench.sentence import say
from workbench.widgets.payload import Composer, completions

VALUES = values_of(SAMPLE, "ana@example.com", "Spring")
READY = (
    PayloadTemplate(id="one", name="One", text='{"to": "${User Identifier}"}'),
    PayloadTemplate(id="two", name="Two", text='{"to": "${User Identifier}", "c": "${dyCampaignName}"}'),
)


def composer(text: str = READY[0].text, **more: Any) -> Composer:
    return Composer(text, READY, **{"values": lambda: VALUES, **more})


def shown(one: Composer) -> str:
    """The body as the preview shows it."""
    found = re.search(r"<pre[^>]*>(.*)</pre>", one.preview.value, re.DOTALL)
    return html.unescape(found[1]) if found else ""


def test_the_preview_is_the_body_as_it_would_go_out() -> None:
    one = composer()
    assert json.loads(shown(one)) == {"to": "ana@example.com"}
    one.editor.value = '{"to": "${User Identifier}", "items": "{{ number_of_items }}"}'
    assert json.loads(shown(one)) == {"to": "ana@example.com", "items": 2}
    assert "34 bytes" in one.preview.value


def test_a_keystroke_that_breaks_the_json_is_marked_with_its_place() -> None:
    one = composer()
    one.editor.value = '{\n  "to": "x",\n}'
    assert one.editor.problems[0]["level"] == "error"
    assert one.editor.problems[0]["line"] in (2, 3)
    assert shown(one) == ""
    assert "as soon as the payload has no errors" in one.preview.value


def test_a_missing_value_is_named_where_the_preview_would_be() -> None:
    one = composer('{"to": "{{ nobody.knows }}"}')
    assert "nobody.knows" in one.preview.value
    assert any("nobody.knows" in problem["message"] for problem in one.editor.problems)


def test_another_contact_shows_at_once() -> None:
    values = dict(VALUES)
    one = composer(values=lambda: values)
    values["User Identifier"] = "bo@example.com"
    one.refresh()
    assert json.loads(shown(one)) == {"to": "bo@example.com"}


def test_xml_is_shown_as_xml_and_what_it_needs_is_told() -> None:
    one = composer('{"m": {"@to": "${User Identifier}", "text": "<b>"}}', encoding="xml")
    assert shown(one).endswith('<m to="ana@example.com"><text>&lt;b&gt;</text></m>')
    assert "XML, 89 bytes" in one.preview.value
    one.editor.value = '{"m": 1, "n": 2}'
    assert "one root element" in str(one.editor.problems[0])


def test_a_form_is_shown_as_its_fields() -> None:
    one = composer('{"to": "${User Identifier}", "tag": ["a", "b"]}', encoding="form")
    assert shown(one) == "to = ana@example.com\ntag = a\ntag = b"
    assert "a form with 3 fields" in one.preview.value


def test_the_providers_warnings_stand_in_the_editor() -> None:
    warning = Problem(field="payload", level="warning", sentence=say("Too long."))
    one = composer(lint=lambda *_: [warning])
    assert [(problem["message"], problem["level"]) for problem in one.editor.problems] == [
        ("Too long.", "warning")
    ]


def test_a_ready_payload_replaces_the_text_and_can_be_undone() -> None:
    told: list[int] = []
    one = composer('{"mine": 1}', changed=lambda: told.append(1))
    assert one.picker.value == ""
    assert one.undo.layout.display == "none"
    one.picker.value = "two"
    assert one.text == READY[1].text
    assert one.undo.layout.display is None
    one.undo.click()
    assert (one.text, one.picker.value) == ('{"mine": 1}', "")
    assert one.undo.layout.display == "none"
    assert len(told) == 2


def test_the_services_errors_lead_to_their_line() -> None:
    one = composer()
    sent: list[Any] = []
    one.editor.send = lambda content, *_: sent.append(content)  # type: ignore[method-assign]
    assert one.show([Problem(field="payload", sentence=say("Bad."), line=3, column=2)]) is True
    assert sent == [{"go": {"line": 3, "column": 2}}]
    assert one.editor.error
    assert one.show([]) is False
    assert one.editor.error == ""
    assert one.show([Problem(field="payload", sentence=say("Nothing to send."))]) is True
    assert one.editor.error == "Nothing to send."


def test_completions_name_what_there_is() -> None:
    offered = completions({**VALUES, "order": {"total": 1}, "User data|CRM|tier": "gold"})
    for name in (
        "${User Identifier}",
        "${dyCampaignName}",
        "${User data|CRM|tier}",
        "{{ first_name }}",
        "{{ order }}",
        "{{ order.total }}",
    ):
        assert name in offered
    assert len(offered) == len(set(offered))


@pytest.mark.parametrize("provider", every().values(), ids=every())
def test_every_ready_payload_of_the_catalogue_previews_without_an_error(provider: Any) -> None:
    values = {**VALUES, **EVENT_SAMPLE.variables} if provider.channel == "event" else VALUES
    for template in provider.templates:
        one = Composer(
            template.text, provider.templates, encoding=provider.endpoints[0].encoding, values=lambda: values
        )
        assert [problem for problem in one.editor.problems if problem["level"] == "error"] == []
        assert shown(one)
        assert one.picker.value == template.id


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_no_value_breaks_the_preview_or_becomes_markup(value: str) -> None:
    text = '{"v": "{{ v }}"}'
    one = Composer(text, (), values=lambda: {"v": value})
    assert json.loads(shown(one)) == json.loads(compile_template(text).render({"v": value})) == {"v": value}
    inside = one.preview.value.partition("<pre")[2].partition(">")[2].removesuffix("</pre>")
    assert "<" not in inside


@given(st.text(max_size=80))
def test_whatever_is_typed_the_composer_lives(text: str) -> None:
    one = composer()
    one.editor.value = text
    assert isinstance(one.preview.value, str)
