"""Imports: whatever is pasted, nothing is raised, nothing grows without bound, and no secret of the text comes out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.imports.carried import read
from tests.engine.imports.test_curl_command import CHROME_BASH, CHROME_CMD, POWERSHELL
from tests.engine.imports.test_openapi import SHOP
from workbench.engine.imports import MAX_BYTES
from workbench.engine.imports.found import MAX_REQUESTS
from workbench.models.imported import Imported

SEEDS = [CHROME_BASH, CHROME_CMD, POWERSHELL, SHOP]
PIECES = st.sampled_from(
    ["curl ", "https://a.example/x ", "-d ", "'", '"', "\\", "$", "$(", ")", "{{", "}}", "<<EOF\n", "EOF\n", "|", "`", "^", "\n", "{", "}",
     "@-",      "-H ", "A: b", "--json ", "printf ", "$'", "\\u00", "%A%", "-F ", "-u ", "a:b", ";", "&", "--next "]
)  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(st.lists(PIECES, max_size=25).map("".join))
def test_any_command_is_read_without_an_error(text: str) -> None:
    assert isinstance(read("curl " + text), Imported)


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(SEEDS), st.integers(0, 400), st.text(max_size=3))
def test_a_damaged_text_is_read_without_an_error(seed: str, at: int, put: str) -> None:
    assert isinstance(read(seed[:at] + put + seed[at + 1 :]), Imported)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=4), below, max_size=3),
    max_leaves=8,
)
KEYS = {
    "postman": ["info", "item", "request", "url", "method", "header", "body", "mode", "raw", "auth", "type", "bearer", "event", "variable"],
    "openapi": ["openapi", "paths", "/x", "post", "requestBody", "content", "application/json", "schema", "allOf", "security", "servers"],
    "har": ["log", "entries", "request", "postData", "params", "headers", "method", "url", "text", "mimeType"],
}  # fmt: skip


def shaped(names: list[str]) -> st.SearchStrategy[Any]:
    """Return documents that have the format's own names in the wrong places."""
    return st.recursive(
        JSON, lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(names), below, max_size=5), max_leaves=15
    )  # fmt: skip


@pytest.mark.parametrize("kind", sorted(KEYS))
def test_documents_of_wrong_types_are_read_without_an_error(kind: str) -> None:
    head: dict[str, dict[str, Any]] = {
        "postman": {"info": {"name": "x"}, "item": []},
        "openapi": {"openapi": "3.0.0"},
        "har": {"log": {"entries": []}},
    }

    @settings(deadline=None, max_examples=25, database=None)
    @given(shaped(KEYS[kind]))
    def run(inner: Any) -> None:
        document = dict(head[kind])
        if isinstance(inner, dict):
            document.update(inner)
        documents = {"postman": {**document, "item": [inner, {"request": inner}]},
                     "openapi": {**document, "paths": {"/x": {"post": inner}}},
                     "har": {"log": {"entries": [inner, {"request": inner}]}}}  # fmt: skip
        assert isinstance(read(json.dumps(documents[kind])), Imported)
        assert isinstance(read(json.dumps(document)), Imported)

    run()


def test_a_text_that_is_too_large_is_refused_with_its_size() -> None:
    found = read("curl https://a.example " + "x" * MAX_BYTES)
    assert "5 MB" in str(found.problems[0].sentence)


def test_only_so_many_requests_are_read_and_it_is_said() -> None:
    found = read("curl https://api.example.com/send --json '{}'\n" * (MAX_REQUESTS + 20))
    assert len(found.requests) == MAX_REQUESTS
    assert any(left.what == "limit" for left in found.left_out)


@pytest.mark.parametrize(
    "text",
    [
        "curl https://a.example -d '" + "[" * 200_000 + "'",
        "curl https://a.example -d '" + "{{" * 100_000 + "'",
        "curl https://a.example --json '{\"a\": \"" + "${x}" * 60_000 + "\"}'",
        "curl " + "$(" * 20_000,
        "curl https://a.example -d \"" + "$(echo " * 2000 + "x" + ")" * 2000 + '"',
        "X=$Y\n" * 20_000,
        "curl https://a.example?" + "a=b&" * 100_000,
        "curl https://a.example -d '" + "a[b]=c&" * 50_000 + "'",
        json.dumps({"info": {}, "item": [{"item": [{"item": []}] * 50}] * 50}),
    ],
    ids=["lists", "braces", "slots", "open", "nested", "assignments", "query", "form", "folders"],
)  # fmt: skip
def test_hostile_texts_end(text: str) -> None:
    assert isinstance(read(text), Imported)


def test_a_text_of_signs_that_no_text_has_is_refused() -> None:
    found = read("curl https://a.example " + "".join(chr(code) for code in range(0xFDD0, 0xFDF0)))
    assert "signs" in str(found.problems[0].sentence)


def test_folders_nested_without_end_are_cut() -> None:
    inner: dict[str, Any] = {"name": "x", "request": "https://a.example"}
    for _ in range(90):
        inner = {"name": "f", "item": [inner]}
    found = read(json.dumps({"info": {"name": "x"}, "item": [inner]}))
    assert any(left.what == "limit" for left in found.left_out)


SECRET = "Pl4nted-s3cret+value/99=="


@pytest.mark.parametrize(
    "text",
    [
        f"curl https://api.example.com/send -H 'Authorization: Bearer {SECRET}' --json '{{\"note\": \"{SECRET}\"}}'",
        f"curl https://api.example.com/send -u 'me:{SECRET}' --json '{{\"a\": 1}}'",
        f"KEY='{SECRET}'\ncurl https://api.example.com/send -H \"X-Api-Key: $KEY\" --json '{{\"a\": 1}}'",
        f"curl https://api.example.com/send -H 'X-Auth: {SECRET}' -H 'X-Copy: {SECRET}' --json '{{}}'",
        f"curl https://api.example.com/send --json '{{\"api_key\": \"{SECRET}\", \"x\": [\"{SECRET}\"]}}'",
        f"curl 'https://api.example.com/send?token={SECRET.replace('+', '%2B').replace('/', '%2F').replace('=', '%3D')}' --json '{{}}'",
        f"curl https://api.brevo.com/v3/smtp/email -H 'api-key: {SECRET}' --json '{{\"subject\": \"{SECRET}\"}}'",
        f"curl https://api.example.com/send -b 'sid={SECRET}' --json '{{}}'",
        json.dumps({"info": {"name": "x"}, "variable": [{"key": "apiKey", "value": SECRET}],
                    "item": [{"name": "{{apiKey}}", "request": {"method": "POST", "url": "https://api.example.com/{{apiKey}}",
                                                                "header": [{"key": "X", "value": "{{apiKey}}"}],
                                                                "body": {"mode": "raw", "raw": "{\"k\": \"{{apiKey}}\"}"}}}]}),
        json.dumps({"info": {"name": "x"}, "variable": [{"key": "hookToken", "value": SECRET}],
                    "item": [{"name": "x", "request": {"method": "POST", "url": "https://api.example.com/{{hookToken}}/send"}}]}),
        json.dumps({"log": {"entries": [{"request": {"method": "POST", "url": f"https://me:{SECRET}@api.example.com/x", "headers": [
            {"name": "X-Goog-Api-Key", "value": SECRET}]}}]}}),
    ],
    ids=["bearer", "basic", "variable", "header", "body", "query", "provider", "cookie", "postman", "path", "har"],
)  # fmt: skip
def test_no_secret_comes_out(text: str) -> None:
    found = read(text)
    assert found.requests
    shown = found.model_dump_json()
    for form in (
        SECRET,
        SECRET.replace("/", "\\/"),
        SECRET.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D"),
    ):
        assert form not in shown


def test_nothing_of_the_engine_opens_a_file() -> None:
    folder = Path(__file__).parents[3] / "workbench" / "engine" / "imports"
    for file in folder.glob("*.py"):
        text = file.read_text("utf-8")
        assert " open(" not in text
        assert "subprocess" not in text
