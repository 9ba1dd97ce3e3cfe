"""What can be told of snippets without running them: quoting, variables, comments, names, entries, comparisons. Run: tests/oracles."""

from __future__ import annotations

import ast
import json
import re
import shlex
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.snippets import (
    EMITTERS,
    Arrived,
    SecretName,
    compared,
    curl,
    dialects_for,
    kept_request,
    secret_names,
    snippet,
    token_name,
    trial,
)
from workbench.engine.snippets.language import (
    JAVASCRIPT,
    PHP,
    PYTHON,
    by_line,
    javascript_bytes,
    python_bytes,
)
from workbench.engine.snippets.names import variable_name
from workbench.engine.snippets.pieces import Piece, Pieces
from workbench.engine.snippets.targets import oddities, origin_and_target
from workbench.models.base import SecretRef
from workbench.models.credential import BasicAuth
from workbench.models.integration import Header, Settings
from workbench.models.request import Request, RequestView
from workbench.models.snippet import DIALECTS, Dialect

TEXTS = st.text(st.characters(exclude_categories=["Cs"])) | st.text(
    st.sampled_from("'\"$`\\\n\r\t{}<>?*/#x0\x00\x7f\x85\u2028é🙂"), max_size=20
)
EVENT = Request(
    method="POST", url="https://api.sendpulse.com/events/name/registration", body=b'{"email":"a@example.com"}', provider="sendpulse",
    headers=(("Content-Type", "application/json"), ("Authorization", "Bearer $KEY")),
)  # fmt: skip


# -- quoting -------------------------------------------------------------------------------------------------------------


@given(TEXTS)
def test_a_python_literal_is_the_text(text: str) -> None:
    literal = PYTHON.literal(text)
    assert ast.literal_eval(literal) == text
    assert "\n" not in literal


@given(st.binary())
def test_python_bytes_are_the_bytes(data: bytes) -> None:
    assert ast.literal_eval(python_bytes(Piece(data.decode("utf-8", "surrogateescape")))) == data


@given(TEXTS)
def test_a_javascript_literal_is_the_text_and_has_no_line_break_of_any_kind(text: str) -> None:
    literal = JAVASCRIPT.literal(text)
    assert not re.search(r"[\n\r\u2028\u2029]", literal)
    assert literal[0] == literal[-1]
    inside = literal[1:-1].replace("\\'", "'") if literal[0] == "'" else literal[1:-1]
    quoted = re.sub(r'(?<!\\)((?:\\\\)*)"', r'\1\\"', inside) if literal[0] == "'" else inside
    assert json.loads(f'"{quoted}"') == text


@given(st.binary())
def test_javascript_bytes_are_ascii_and_the_bytes(data: bytes) -> None:
    literal = javascript_bytes(Piece(data.decode("utf-8", "surrogateescape")))
    assert literal.isascii()
    inside = literal.removeprefix("Buffer.from(").removesuffix(', "latin1")')
    assert ast.literal_eval(inside).encode("latin-1") == data


@given(st.binary(max_size=30).map(lambda data: data.decode("utf-8", "surrogateescape")) | TEXTS)
def test_a_php_literal_ends_where_it_ends_and_expands_nothing(text: str) -> None:
    literal = PHP.literal(text)
    if literal[0] == "'":
        inside = literal[1:-1]
        assert re.fullmatch(r"(?:[^'\\]|\\['\\])*", inside)
        assert re.sub(r"\\(['\\])", r"\1", inside) == text
        return
    inside = literal[1:-1]
    assert re.fullmatch(r'(?:[^"\\$]|\\["\\$nrt]|\\x[0-9a-f]{2})*', inside)
    assert inside.isprintable()


@given(st.lists(TEXTS.filter(bool).map(Piece) | st.just(Piece(variable="KEY")), max_size=5))
def test_cutting_into_lines_loses_nothing(pieces: list[Piece]) -> None:
    cut = by_line(pieces)
    assert "".join(one.text or f"<{one.variable}>" for one in cut) == "".join(
        one.text or f"<{one.variable}>" for one in pieces
    )


def test_a_body_of_very_many_lines_is_one_literal() -> None:
    assert len(by_line([Piece("a\n" * 30)])) == 30
    assert len(by_line([Piece("a\n" * 5000)])) == 1


HOSTILE_TITLES = ["?>evil", "*/evil", "a\nevil", "a\u2028evil", "a\rb", "\x00x\x1b[31m"]


@pytest.mark.parametrize("title", HOSTILE_TITLES)
@pytest.mark.parametrize("dialect", get_args(Dialect))
def test_what_a_title_says_ends_no_comment(dialect: Dialect, title: str) -> None:
    made = snippet(EVENT, dialect, {"$KEY": title})
    lines = made.text.splitlines()
    comments = [line for line in lines if line.startswith(("#", "//"))]
    assert not any("evil" in line for line in lines if line not in comments)
    assert "?>" not in made.text
    assert not re.search(r"[\x00\x1b\u2028]", made.text)


# -- variables -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", get_args(Dialect))
def test_each_variable_is_named_with_what_it_stands_for(dialect: Dialect) -> None:
    request = EVENT.model_copy(update={"body": b'{"email":"$MAIL","x":"$OTHER"}'})
    made = snippet(request, dialect, {"$KEY": "API key", "$MAIL": "the recipient", "$UNUSED": "never"})
    names = {one.name: one.title for one in made.placeholders}
    own = {"SENDPULSE_ID", "SENDPULSE_SECRET"} if EMITTERS[dialect].events_only else {"KEY"}
    assert set(names) == own | {"MAIL"}
    assert names["MAIL"] == "the recipient"
    for name in names:
        assert re.search(rf"(?:#|//)   {name}: ", made.text)
    assert "UNUSED" not in made.text
    assert "$OTHER" in made.text.replace("\\$", "$")
    assert made.file.rpartition(".")[2] in ("sh", "py", "php", "mjs")


def test_a_form_of_a_secret_is_a_variable_of_its_own() -> None:
    request = EVENT.model_copy(update={"url": "https://api.example.com/%24KEY?x=$KEY_JSON"})
    made = snippet(request, "python_httpx", {"$KEY": "API key"})
    assert [(one.name, one.form) for one in made.placeholders] == [
        ("KEY", ""), ("KEY_JSON", "escaped as inside a JSON text"), ("KEY_URL", "percent-encoded"),
    ]  # fmt: skip


@pytest.mark.parametrize("dialect", get_args(Dialect))
def test_what_is_made_anew_is_said_and_the_comments_are_translated(dialect: Dialect) -> None:
    request = EVENT.model_copy(update={"body": b'{"email":"**** wxyz"}'})
    made = snippet(request, dialect, {"$KEY": ""}, translate=lambda text: f"[{text}]")
    assert "[**** stands for a value that is made anew" in made.text
    assert re.search(r"\[Set these (?:environment )?variables first:\]", made.text)


@pytest.mark.parametrize("dialect", get_args(Dialect))
def test_what_is_no_placeholder_is_not_echoed(dialect: Dialect) -> None:
    with pytest.raises(ValueError, match=r"^a placeholder is \$ and a name in capital letters$"):
        snippet(EVENT, dialect, ["sk_live_1234"])


def test_the_curl_snippet_is_the_curl_command() -> None:
    assert snippet(EVENT, "curl", ["$KEY"]).text == curl(EVENT, ["$KEY"])
    assert shlex.split(snippet(EVENT, "curl", ["$KEY"]).text, comments=True)[0] == "curl"


# -- which dialects ------------------------------------------------------------------------------------------------------

NO_EVENTS: list[dict[str, Any]] = [
    {"url": "https://api.sendpulse.com/events/name/"},
    {"url": "https://api.sendpulse.com/events/name/a/b"},
    {"url": "https://api.sendpulse.com/events/name/a?b"},
    {"url": "https://api.sendpulse.com.example.com/events/name/a"},
    {"url": "http://api.sendpulse.com/events/name/a"},
    {"url": "https://events.sendpulse.com/events/id/0/1"},
    {"method": "PUT"},
    {"body": b""},
    {"body": b"{}"},
    {"body": b"[1]"},
    {"body": b'{"a":1,"a":2}'},
    {"body": b'{"a":NaN}'},
    {"body": b"\xff"},
    {"body": b"[" * 100_000},
]


def test_the_sdks_send_events_of_the_rest_api_alone() -> None:
    assert dialects_for(EVENT) == DIALECTS
    assert set(EMITTERS) == set(DIALECTS)


@pytest.mark.parametrize("change", NO_EVENTS, ids=str)
def test_another_request_has_no_sdk(change: dict[str, Any]) -> None:
    request = EVENT.model_copy(update=change)
    assert dialects_for(request) == DIALECTS[:6]
    with pytest.raises(ValueError, match="no event"):
        snippet(request, "python_sendpulse")


def test_headers_that_an_sdk_cannot_send_are_told() -> None:
    request = EVENT.model_copy(update={"headers": (*EVENT.headers, ("X-Trace", "1"))})
    for dialect in ("php_sendpulse", "python_sendpulse"):
        assert any(
            "cannot send the header X-Trace" in str(one) for one in snippet(request, dialect).differences
        )


# -- addresses -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "odd"),
    [
        ("https://h/a/b-c_d.e~f/%C3%A9?x=%20+1&y=/?", set()),
        ("https://h", set()),
        ("https://h/a/./b", {"dots"}),
        ("https://h/a/%2E%2e", {"dots", "escapes"}),
        ("https://h/a..b/.c", set()),
        ("https://h//a", {"slashes"}),
        ("https://h/a[1]", {"signs"}),
        ("https://h/a'b", {"signs"}),
        ("https://h/%7E", {"escapes"}),
        ("https://h/%c3", {"escapes"}),
        ("https://h/100%", {"escapes"}),
        ("https://h/a?", {"empty"}),
        ("https://h?a=1", {"empty"}),
        ("$KEY", set()),
        ("https://$KEY/a/../b", set()),
        ("https://h/$KEY", set()),
    ],
)
def test_what_is_odd_about_an_address(url: str, odd: set[str]) -> None:
    assert oddities(Pieces(["$KEY"]).split(url)) == odd


def test_an_origin_that_is_a_variables_cannot_be_cut_off() -> None:
    pieces = Pieces(["$KEY"])
    assert origin_and_target(pieces.split("https://$KEY/a")) is None
    assert origin_and_target(pieces.split("https://h/a#part")) == ("https://h", (Piece("/a"),))
    assert origin_and_target(pieces.split("https://h?$KEY")) == (
        "https://h",
        (Piece("/?"), Piece(variable="KEY")),
    )


# -- names ---------------------------------------------------------------------------------------------------------------


def ref(at: int, hint: str = "****") -> SecretRef:
    return SecretRef(handle=f"sec_{at:08d}", hint=hint)


def test_secrets_are_called_by_provider_and_field_each_once() -> None:
    settings = Settings(
        provider="custom", credential_kind="basic",
        headers=(Header(name="X-Key", value=ref(1)), Header(name="x key", value=ref(2)), Header(name="X-Url", value=ref(3))),
        credential={
            "username": "me", "password": ref(4, "**** wxyz").model_dump(), "again": ref(1).model_dump(),
            "parameters": [{"name": "audience", "value": ref(5).model_dump()}], "access_token": ref(6).model_dump(),
        },
    )  # fmt: skip
    named = secret_names(settings, BasicAuth)
    assert [(one.name, one.title) for one in named] == [
        ("CUSTOM_X_KEY", "X-Key"), ("CUSTOM_X_KEY_2", "x key"), ("CUSTOM_X_ADDRESS", "X-Url"), ("CUSTOM_PASSWORD", "Password"),
        ("CUSTOM_AUDIENCE", "audience"), ("CUSTOM_ACCESS_TOKEN_2", "access_token"),
    ]  # fmt: skip
    assert named[3].hint == "**** wxyz"
    assert token_name("custom") == "CUSTOM_ACCESS_TOKEN"


@given(st.text(max_size=20), st.text(max_size=20))
def test_every_name_is_one_that_a_placeholder_can_have(provider: str, field: str) -> None:
    Pieces([f"${variable_name(provider, field)}"])
    assert not variable_name(provider, field).endswith(("_URL", "_JSON", "_HTML", "_ENCODED"))


# -- entries -------------------------------------------------------------------------------------------------------------


def view(**more: Any) -> RequestView:
    given = {
        "method": "POST",
        "url": "https://h/a",
        "headers": (),
        "body": "",
        "size": 0,
        "provider": "custom",
        **more,
    }
    return RequestView.model_validate(given)


def test_masks_and_pseudonyms_of_an_entry_become_variables() -> None:
    names = [
        SecretName("h1", "CUSTOM_KEY", "API key", "**** wxyz"),
        SecretName("h2", "CUSTOM_PW", "Password", "****"),
    ]
    kept = view(
        url="https://h/**** wxyz?to=a***@example.com #3f9a1c",
        headers=(
            ("Authorization", "Bearer **** 1234"),
            ("X-Other", "****"),
            ("X-Plain", "**** is no mask of four"),
            ("A", "b"),
        ),
        body='{"to":"a***@example.com #3f9a1c","key":"**** wxyz","word":"****","n":"**** 9999"}',
    )
    request, found = kept_request(kept, names, "a***@example.com #3f9a1c")
    assert request.url == "https://h/$CUSTOM_KEY?to=$RECIPIENT"
    assert dict(request.headers) == {
        "Authorization": "Bearer $CUSTOM_ACCESS_TOKEN", "X-Other": "$CUSTOM_X_OTHER", "X-Plain": "$CUSTOM_X_PLAIN is no mask of four",
        "A": "b",
    }  # fmt: skip
    assert json.loads(request.body) == {
        "to": "$RECIPIENT", "key": "$CUSTOM_KEY", "word": "$CUSTOM_MASKED", "n": "$CUSTOM_MASKED",
    }  # fmt: skip
    assert set(found) == {
        *("$CUSTOM_KEY", "$RECIPIENT", "$CUSTOM_ACCESS_TOKEN", "$CUSTOM_X_OTHER", "$CUSTOM_X_PLAIN", "$CUSTOM_MASKED"),
    }  # fmt: skip
    assert found["$CUSTOM_KEY"] == "API key"


def test_each_identifier_of_a_contact_is_a_variable_of_its_own() -> None:
    body = '{"email":"a***@example.com #3f9a1c","phone":"+46***05 #9cb1c1","again":"+46***05 #9cb1c1"}'
    request, found = kept_request(view(body=body), (), "a***@example.com #3f9a1c")
    assert json.loads(request.body) == {
        "email": "$RECIPIENT",
        "phone": "$RECIPIENT_2",
        "again": "$RECIPIENT_2",
    }
    assert set(found) == {"$RECIPIENT", "$RECIPIENT_2"}


def test_two_secrets_of_the_same_hint_are_not_told_apart() -> None:
    names = [SecretName("h1", "CUSTOM_A", "A", "**** wxyz"), SecretName("h2", "CUSTOM_B", "B", "**** wxyz")]
    request, found = kept_request(view(body="**** wxyz"), names)
    assert request.body == b"$CUSTOM_MASKED"
    assert list(found) == ["$CUSTOM_MASKED"]


@given(st.text(st.characters(), max_size=40))
def test_an_entry_of_any_text_can_be_read(text: str) -> None:
    request, found = kept_request(view(body=text, headers=(("X", text),)), (), text[:3])
    for dialect in dialects_for(request):
        assert snippet(request, dialect, found).text.encode()


# -- trials --------------------------------------------------------------------------------------------------------------

AT = "http://127.0.0.1:15000"


def test_a_trial_moves_the_origin_and_fills_every_variable() -> None:
    request = Request(
        method="POST", url="https://$KEY.example.com/a/$KEY?x=%24OTHER", body=b"$OTHER \xff",
        headers=(("Authorization", "Basic bWU6JEtFWQ=="), ("X", "$OTHER_JSON")),
    )  # fmt: skip
    one = trial(request, "python_httpx", ["$KEY", "$OTHER"], AT)
    assert set(one.environ) == {"KEY", "OTHER", "OTHER_URL", "OTHER_JSON"}
    assert one.expected.url == f"{AT}/a/{one.environ['KEY']}?x={one.environ['OTHER_URL']}"
    assert one.expected.body == one.environ["OTHER"].encode() + b" \xff"
    assert "example.com" not in one.text
    assert one.environ["KEY"] not in one.text
    assert repr(one).startswith("<workbench.engine.snippets.trials.Trial object")


def test_an_address_that_is_a_variable_leads_to_the_recorder() -> None:
    one = trial(Request(method="POST", url="$ADDRESS", headers=()), "curl", ["$ADDRESS"], AT)
    assert one.environ == {"ADDRESS": f"{AT}/dummy/address/1"}
    assert one.expected.url == one.environ["ADDRESS"]


def test_an_sdk_is_given_the_token_that_has_to_arrive() -> None:
    one = trial(EVENT, "python_sendpulse", ["$KEY"], AT)
    assert one.token == one.environ["KEY"]
    assert {"SENDPULSE_ID", "SENDPULSE_SECRET"} <= set(one.environ)


SENT = Request(method="POST", url=f"{AT}/a?b", headers=(("X", "1"), ("x", "2"), ("Y", "")), body=b'{"a":[1]}')


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, []),
        ({"headers": (("y", ""), ("x", "1"), ("X", "2"), ("User-Agent", "u"))}, []),
        ({"method": "PUT"}, ["Method: PUT arrived, POST was meant."]),
        ({"target": "/a?c"}, ["Address: /a?c arrived, /a?b was meant."]),
        ({"headers": (("X", "2"), ("X", "1"), ("Y", ""))}, ["Header x: 2 | 1 arrived, 1 | 2 was meant."]),
        ({"headers": (("X", "1"), ("X", "2"))}, ["Header y: it did not arrive."]),
        ({"body": b'{"a": [1]}'}, ["Body: the same JSON values in other bytes (10 bytes arrived, 9 were meant)."]),
        ({"body": b'{"a":[2]}'}, ["Body: it differs from byte 7 on (9 bytes arrived, 9 were meant)."]),
        ({"body": b'{"a"'}, ["Body: it differs from byte 5 on (4 bytes arrived, 9 were meant)."]),
        ({"target": "/" + "a" * 100}, ["Address: /" + "a" * 58 + "… arrived, /a?b was meant."]),
    ],
    ids=["same", "other order", "method", "target", "values", "missing", "json", "value", "short", "long"],
)  # fmt: skip
def test_what_differs_is_said(change: dict[str, Any], found: list[str]) -> None:
    given = {"method": "POST", "target": "/a?b", "headers": SENT.headers, "body": SENT.body, **change}
    assert [str(one) for one in compared(SENT, Arrived(**given))] == found
