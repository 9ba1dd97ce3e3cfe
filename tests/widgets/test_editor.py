import json

from workbench.models.base import Problem
from workbench.sentence import say
from workbench.widgets.editor import JsonEditor


def test_the_repr_is_the_same_in_every_run() -> None:
    assert repr(JsonEditor("{}", "Payload")) == "<JsonEditor 'Payload'>"


def test_problems_are_texts_and_places_whatever_they_came_as() -> None:
    editor = JsonEditor("{", "Payload")
    editor.problems = [
        {"line": 1, "column": 2, "message": say("The {field} is open.", field="object"), "level": "error"},
        Problem(field="payload", sentence=say("Nothing is sent."), level="warning", line=3, column=4),
        Problem(field="payload", sentence=say("No place.")),
        {"message": "Only a message."},
    ]
    assert editor.problems == [
        {"line": 1, "column": 2, "message": "The object is open.", "level": "error"},
        {"line": 3, "column": 4, "message": "Nothing is sent.", "level": "warning"},
        {"line": 0, "column": 0, "message": "No place.", "level": "error"},
        {"line": 0, "column": 0, "message": "Only a message.", "level": "error"},
    ]


def test_its_large_bundle_is_sent_once_for_all_editors() -> None:
    one, two = JsonEditor("{}", "One"), JsonEditor("{}", "Two")
    assert one._editor is two._editor
    assert one._editor is not one._code
    assert len(json.dumps(one.get_state())) < 6_000
    assert len(one._editor.code) > 100_000


def test_go_to_asks_the_browser() -> None:
    editor = JsonEditor("{}", "Payload")
    messages: list[object] = []
    editor.send = lambda content, buffers=None: messages.append(content)
    editor.go_to(5, 2)
    assert messages == [{"go": {"line": 5, "column": 2}}]


def test_options_of_the_constructor_are_traits() -> None:
    editor = JsonEditor(
        "[1]", "Payload", completions=["first_name"], read_only=True, height="90px", hint="JSON."
    )
    assert (editor.value, editor.completions, editor.read_only, editor.height, editor.hint) == (
        "[1]",
        ["first_name"],
        True,
        "90px",
        "JSON.",
    )
