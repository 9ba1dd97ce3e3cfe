"""Hooks: read with patience, written strictly, merged without overriding, and shown without an address."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.hooks import (
    OldGate,
    finish_digest,
    lint_old_gate,
    mask_uri,
    masked,
    merge_actions,
    read_hook,
    write_hook,
)
from workbench.errors import Invalid
from workbench.models.gate import Action, Hook, HookItem

FINISH = "https://gate.example/rest/1234/sendgate/b-7f3a/finish"
ITEMS = "https://gate.example/rest/1234/sendgate/b-7f3a/items"
REJECT = "https://gate.example/rest/1234/sendgate/m-19c2/reject"

BATCH: dict[str, Any] = {
    "finishUri": FINISH,
    "actions": [
        {"identifier": "check-consent", "details": "list=sms"},
        {"identifier": "promo-code", "details": "SPRING"},
    ],
    "projectName": "Newsletter",
    "journeyName": "Spring sale",
    "sendoutName": "Day 1 mail",
    "itemDownloadUri": ITEMS,
}
SINGLE: dict[str, Any] = {
    **{name: value for name, value in BATCH.items() if name != "itemDownloadUri"},
    "items": [{"contactId": "ORIGINALID123", "rejectUri": REJECT}],
}


def hook_of(document: Any) -> Hook:
    reading = read_hook(json.dumps(document).encode())
    assert reading.hook is not None, reading.problems
    return reading.hook


def wrong(document: Any) -> list[tuple[str, str]]:
    """Return field and sentence of every error, for a document or for bytes."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    reading = read_hook(body)
    assert reading.hook is None
    assert all(one.line is not None and one.column is not None for one in reading.problems)
    return [(one.field, str(one.sentence)) for one in reading.problems if one.blocks]


def only(document: Any) -> tuple[str, str]:
    (problem,) = wrong(document)
    return problem


# the two kinds (R-GATE-1)


def test_the_sheets_batch_is_read() -> None:
    assert hook_of(BATCH) == Hook(
        kind="batch",
        finish_uri=FINISH,
        actions=(
            Action(identifier="check-consent", details="list=sms"),
            Action(identifier="promo-code", details="SPRING"),
        ),
        project_name="Newsletter",
        journey_name="Spring sale",
        sendout_name="Day 1 mail",
        item_download_uri=ITEMS,
    )


def test_the_sheets_single_is_read() -> None:
    hook = hook_of(SINGLE)
    assert (hook.kind, hook.item_download_uri) == ("single", None)
    assert hook.items == (HookItem(contact_id="ORIGINALID123", reject_uri=REJECT),)


def test_both_or_neither_name_the_field() -> None:
    field, sentence = only({**BATCH, "items": SINGLE["items"]})
    assert field == "items"
    assert "both itemDownloadUri and items" in sentence
    field, sentence = only({name: value for name, value in BATCH.items() if name != "itemDownloadUri"})
    assert field == "itemDownloadUri"
    assert "neither" in sentence


@pytest.mark.parametrize("nothing", [None, []])
def test_an_empty_list_of_items_beside_a_file_is_none(nothing: Any) -> None:
    assert hook_of({**BATCH, "items": nothing}) == hook_of(BATCH)
    assert "neither" in only({**SINGLE, "items": nothing})[1]


def test_several_contacts_are_no_single_sendout() -> None:
    two = [SINGLE["items"][0], {"contactId": "2", "rejectUri": f"{REJECT}2"}]
    field, sentence = only({**SINGLE, "items": two})
    assert (field, "2 contacts" in sentence) == ("items", True)


def test_a_hook_without_finish_uri() -> None:
    assert only({**BATCH, "finishUri": "x"})[0] == "finishUri"
    assert only({name: value for name, value in BATCH.items() if name != "finishUri"})[0] == "finishUri"


# tolerance (R-GATE-2)


@pytest.mark.parametrize("id", ["contactId", "id", "originalId"])
@pytest.mark.parametrize("uri", ["rejectUri", "cancelUri"])
def test_synonyms_are_read_and_written_in_one_way(id: str, uri: str) -> None:
    hook = hook_of({**SINGLE, "items": [{id: "ORIGINALID123", uri: REJECT}]})
    assert hook == hook_of(SINGLE)
    assert json.loads(write_hook(hook))["items"] == SINGLE["items"]


def test_synonyms_that_agree_are_one_and_others_a_problem() -> None:
    item = {"contactId": "1", "originalId": "1", "rejectUri": REJECT, "cancelUri": REJECT}
    assert hook_of({**SINGLE, "items": [item]}).items[0].contact_id == "1"
    assert only({**SINGLE, "items": [{**item, "originalId": "2"}]})[0] == "items.0.originalId"
    assert only({**SINGLE, "items": [{**item, "cancelUri": f"{REJECT}2"}]})[0] == "items.0.cancelUri"


def test_unknown_fields_are_kept_where_they_stood() -> None:
    document = {
        **SINGLE,
        "version": 2,
        "batch": {"a": [1, None]},
        "actions": [{"identifier": "a", "details": "", "level": "sendout", "since": "x"}],
        "items": [{**SINGLE["items"][0], "properties": {"consent": "yes"}}],
    }
    hook = hook_of(document)
    assert hook.extra == {
        "version": 2, "batch": {"a": [1, None]}, "actions.0.since": "x", "items.0.properties": {"consent": "yes"},
    }  # fmt: skip
    assert hook.actions[0].level == "sendout"
    assert json.loads(write_hook(hook)) == document


def test_actions_as_texts_without_details_or_with_other_details() -> None:
    hook = hook_of({**BATCH, "actions": ["a", {"identifier": "b"}, {"identifier": 7, "details": {"k": 1}}]})
    assert [(one.identifier, one.details) for one in hook.actions] == [
        ("a", ""),
        ("b", ""),
        ("7", '{"k": 1}'),
    ]


def test_a_level_that_is_none_is_kept_as_unknown() -> None:
    hook = hook_of({**BATCH, "actions": [{"identifier": "a", "level": "account"}]})
    assert (hook.actions[0].level, hook.extra) == (None, {"actions.0.level": "account"})
    assert hook_of(json.loads(write_hook(hook))) == hook


def test_a_byte_order_mark_one_item_without_a_list_and_an_id_without_quotes() -> None:
    document = {**SINGLE, "items": {"id": 12345678901234567890, "cancelUri": REJECT}}
    reading = read_hook(b"\xef\xbb\xbf" + json.dumps(document).encode())
    assert reading.hook is not None
    assert reading.hook.items[0].contact_id == "12345678901234567890"


def test_no_actions_is_a_warning() -> None:
    for document in ({**BATCH, "actions": []}, {k: v for k, v in BATCH.items() if k != "actions"}):
        reading = read_hook(json.dumps(document).encode())
        assert reading.hook is not None
        assert [(one.field, one.level) for one in reading.problems] == [("actions", "warning")]


# duplicates (R-GATE-3)


def test_the_same_address_twice_names_both_lines() -> None:
    body = f'{{\n"finishUri": "{FINISH}",\n\n"itemDownloadUri": "{FINISH}#x"\n}}'.encode()
    field, sentence = only(body)
    assert field == "itemDownloadUri"
    assert "line 4" in sentence
    assert "line 2" in sentence
    assert only({**SINGLE, "items": [{"id": "1", "rejectUri": FINISH}]})[0] == "items.0.rejectUri"


# bad input (R-GATE-10, 30)


@pytest.mark.parametrize(
    ("body", "line", "column"),
    [
        (b"", 1, 1), (b"{", 1, 2), (b"{\n  'finishUri': 1}", 2, 3), (b'{"a": NaN}', 1, 7), (b'{"a": 1e999}', 1, 7),
        (b'{"a": 1,\n "a": 2}', 2, 2), (b'{"a": "\\ud800"}', 1, 8), (b'{\n"a": "\xff"}', 2, 7), (b'{"a":' + b"[" * 5000, 1, None),
        (b"[]", 1, 1), (b"null", 1, 1), (b'"text"', 1, 1), (b"5", 1, 1), (b'{"a": "x\ny"}', 1, 9),
    ],
)  # fmt: skip
def test_what_is_no_json_object_is_told_with_its_place(body: bytes, line: int, column: int | None) -> None:
    reading = read_hook(body)
    assert reading.hook is None
    first = reading.problems[0]
    assert (first.field, first.line) == ("hook", line)
    assert column is None or first.column == column


@pytest.mark.parametrize(
    "uri",
    [
        "", "/finish", "finish", "//gate.example/x", "javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "file:///etc/passwd",
        "ftp://gate.example/x", "https://", "https:///pl4nted", "https://gate.example:0/pl4nted", "https://gate.example:99999/x", "https://[::1/x",
        "https://user:pw@gate.example/x", "https://user@gate.example/x", " https://gate.example/x", "https://gate.example/pl4nted b",
        "https://gate.example/\n", "https://gate.example/\u0000", "https://gate.example/" + "x" * 2000, "\thttps://gate.example/",
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", ["finishUri", "itemDownloadUri", "rejectUri"])
def test_what_is_no_address_is_refused_by_its_field_and_not_repeated(uri: str, place: str) -> None:
    document = (
        {**SINGLE, "items": [{"id": "1", "rejectUri": uri}]}
        if place == "rejectUri"
        else {**BATCH, place: uri}
    )
    problems = wrong(document)
    assert problems[-1][0].endswith(place) or problems[0][0] == "hook"
    secret = uri.partition("://")[2].partition("/")[2]
    assert len(secret) < 4 or all(secret not in sentence for _, sentence in problems)


@pytest.mark.parametrize("value", [5, True, {}, ["x"]])
@pytest.mark.parametrize(
    "field", ["finishUri", "projectName", "journeyName", "sendoutName", "itemDownloadUri"]
)
def test_wrong_types_are_told_by_their_field(field: str, value: Any) -> None:
    assert only({**BATCH, field: value})[0] == field


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"actions": "check"}, "actions"),
        ({"actions": {"identifier": "x"}}, "actions"),
        ({"actions": [5.5]}, "actions.0"),
        ({"actions": [["x"]]}, "actions.0"),
        ({"actions": [{"identifier": ["x"]}]}, "actions.0.identifier"),
        ({"actions": [{"identifier": " "}]}, "actions.0.identifier"),
        ({"actions": [{"details": "x"}]}, "actions.0.identifier"),
        ({"actions": ["a", ""]}, "actions.1"),
        ({"actions": [{"identifier": None}]}, "actions.0.identifier"),
        ({"actions": ["x" * 256]}, "actions.0"),
        ({"actions": [{"identifier": "x", "details": "x" * 2001}]}, "actions.0.details"),
        ({"projectName": "x" * 256}, "projectName"),
        ({"items": ["x"], "itemDownloadUri": None}, "items.0"),
        ({"items": [{"rejectUri": REJECT}], "itemDownloadUri": None}, "items.0.contactId"),
        ({"items": [{"id": " ", "rejectUri": REJECT}], "itemDownloadUri": None}, "items.0.id"),
        ({"items": [{"id": 1.5, "rejectUri": REJECT}], "itemDownloadUri": None}, "items.0.id"),
        ({"items": [{"id": "1"}], "itemDownloadUri": None}, "items.0.rejectUri"),
        ({"items": [{"id": "1", "rejectUri": 7}], "itemDownloadUri": None}, "items.0.rejectUri"),
    ],
)
def test_each_wrong_field_is_named(fields: dict[str, Any], field: str) -> None:
    assert only({**BATCH, **fields})[0] == field


def test_names_of_255_characters_are_fine() -> None:
    assert hook_of({**BATCH, "sendoutName": "é" * 255}).sendout_name == "é" * 255


@pytest.mark.parametrize(
    "document", [{**BATCH, "sendoutName": "a\0b"}, {**BATCH, "x": {"y": ["\0"]}}, {**BATCH, "\0": 1}]
)
def test_zeros_are_refused_wherever_they_stand(document: Any) -> None:
    assert "U+0000" in only(document)[1]


@given(st.binary(max_size=200))
def test_no_bytes_make_reading_fail(body: bytes) -> None:
    reading = read_hook(body)
    assert (reading.hook is None) == any(one.blocks for one in reading.problems)


# what was written is read again (R-GATE-2)

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
uris = st.integers(0, 10**9).map(lambda number: f"https://gate.example:8443/r/{number}?t=%20é")
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)
actions = st.builds(
    Action,
    identifier=text.filter(lambda value: bool(value.strip())),
    details=text,
    level=st.sampled_from([None, "project", "sendout"]),
)
KNOWN = {*BATCH, "items"}
extras = st.dictionaries(text.filter(lambda name: name not in KNOWN and "." not in name), values, max_size=3)


@st.composite
def hooks(draw: st.DrawFn) -> Hook:
    addresses = draw(st.lists(uris, min_size=2, max_size=2, unique=True))
    single = draw(st.booleans())
    names = {name: draw(text) for name in ("project_name", "journey_name", "sendout_name")}
    contact = draw(text.filter(lambda value: bool(value.strip())))
    return Hook(
        kind="single" if single else "batch",
        finish_uri=addresses[0],
        actions=tuple(draw(st.lists(actions, max_size=3))),
        item_download_uri=None if single else addresses[1],
        items=(HookItem(contact_id=contact, reject_uri=addresses[1]),) if single else (),
        extra=draw(extras),
        **names,
    )


@given(hooks())
def test_a_hook_written_and_read_again_is_equal(hook: Hook) -> None:
    assert read_hook(write_hook(hook)).hook == hook


@pytest.mark.parametrize(
    "changed",
    [
        {"finish_uri": "javascript:alert(1)"}, {"item_download_uri": None}, {"item_download_uri": FINISH}, {"project_name": "\0"},
        {"actions": (Action(identifier=" "),)}, {"extra": {"finishUri": "x"}}, {"extra": {"a": float("nan")}}, {"extra": {"a": {1}}},
        {"extra": {"actions.0.identifier": "x"}}, {"project_name": "\ud800"}, {"kind": "single"}, {"extra": {"a": 2**70}},
    ],
)  # fmt: skip
def test_a_hook_that_could_not_be_read_again_is_not_written(changed: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        write_hook(hook_of(BATCH).model_copy(update=changed))
    assert refused.value.problems


# merging (R-GATE-9, 10)


def pairs(*items: str) -> list[Action]:
    return [Action(identifier=item.partition(":")[0], details=item.partition(":")[2]) for item in items]


def test_the_levels_add_up_and_each_is_tagged() -> None:
    merged = merge_actions(pairs("a:1", "b:1"), pairs("c:1", "a:1", "c:1"))
    assert [(one.identifier, one.details, one.level) for one in merged.actions] == [
        ("a", "1", "project"), ("b", "1", "project"), ("c", "1", "sendout"),
    ]  # fmt: skip
    assert merged.problems == ()


def test_other_details_are_kept_twice_with_a_warning() -> None:
    merged = merge_actions(pairs("a:1"), pairs("a:2"))
    assert [(one.details, one.level) for one in merged.actions] == [("1", "project"), ("2", "sendout")]
    (problem,) = merged.problems
    assert problem.level == "warning"
    assert "“a” comes 2 times" in str(problem.sentence)


def test_none_at_all_is_a_warning_and_a_blank_one_an_error() -> None:
    assert [one.level for one in merge_actions([], []).problems] == ["warning"]
    merged = merge_actions(pairs("a", " "), pairs(""))
    assert [(one.field, one.level) for one in merged.problems] == [
        ("project.1.identifier", "error"), ("sendout.0.identifier", "error"),
    ]  # fmt: skip
    assert [one.identifier for one in merged.actions] == ["a"]


@given(st.lists(actions, max_size=6), st.lists(actions, max_size=6))
def test_nothing_is_overridden_and_nothing_made_up(project: list[Action], sendout: list[Action]) -> None:
    merged = merge_actions(project, sendout).actions
    plain = [(one.identifier, one.details) for one in merged]
    assert len(plain) == len(set(plain))
    assert set(plain) == {(one.identifier, one.details) for one in [*project, *sendout]}
    levels = [one.level for one in merged]
    assert levels == sorted(levels, key=str)
    assert {(one.identifier, one.details) for one in merged if one.level == "project"} == {
        (one.identifier, one.details) for one in project
    }


# leftovers of the older product (R-GATE-11)


def test_leftovers_of_the_older_product_are_told() -> None:
    levels = [
        OldGate("account", identifier="x"),
        OldGate("project", pause=False, identifier="y"),
        OldGate("delivery", active=False),
    ]
    fields = [one.field for one in lint_old_gate(levels, plus_active=True)]
    assert fields == ["active", "project.pause", "identifier"]
    assert [one.field for one in lint_old_gate(levels, plus_active=False)] == ["project.pause", "identifier"]
    assert lint_old_gate([OldGate("account", active=False, pause=False)], plus_active=True) == ()
    sentence = str(lint_old_gate([OldGate("account")], plus_active=True)[0].sentence)
    assert "project by project" in sentence


def test_a_hook_that_shows_leftovers_is_read_with_warnings() -> None:
    reading = read_hook(
        json.dumps({**BATCH, "identifier": "x", "Pause sendout": "No", "active": True}).encode()
    )
    assert reading.hook is not None
    assert [(one.field, one.level) for one in reading.problems] == [
        ("identifier", "warning"), ("Pause sendout", "warning"), ("active", "warning"),
    ]  # fmt: skip


# addresses are secrets (R-GATE-29)


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        (FINISH, "gate.example …nish"),
        ("http://127.0.0.1:8868/platform/finish/abcdefgh", "127.0.0.1:8868 …efgh"),
        ("https://gate.example/short", "gate.example …"),
        ("https://user:pw@gate.example/rest/12345678", "gate.example …5678"),
        ("https://gate.example", "gate.example …"),
        ("https://[bad", " …"),
    ],
)
def test_an_address_is_shown_by_its_host_and_its_end(uri: str, shown: str) -> None:
    assert mask_uri(uri) == shown


def test_a_masked_hook_holds_no_address_and_no_representation_does() -> None:
    hook = hook_of({**SINGLE, "more": [f"see {FINISH}"], "x": {REJECT: 1}})
    shown = masked(hook).model_dump_json()
    for secret in ("1234/sendgate", "b-7f3a", "m-19c2"):
        assert secret not in shown
        assert secret not in f"{hook!r}{hook}{read_hook(write_hook(hook))!r}"


def test_the_digest_knows_an_address_again_and_no_other() -> None:
    salt = b"s" * 32
    assert finish_digest(FINISH, salt) == finish_digest(f"{FINISH}#part", salt)
    digests = {
        finish_digest(FINISH, salt),
        finish_digest(ITEMS, salt),
        finish_digest(FINISH),
        finish_digest(FINISH, b"t"),
    }
    assert len(digests) == 4
    assert all(len(digest) == 64 for digest in digests)
