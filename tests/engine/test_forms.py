"""Forms: nested names as PHP writes them, urlencoded and multipart, the same bytes for the same content, and read back by the stand-in."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.engine.compose import CONTENT_TYPES, body_of, content_type_of, encoded
from workbench.engine.forms import (
    DEEPEST,
    form_text,
    multipart_boundary,
    multipart_encoded,
    nested_encoded,
    nested_pairs,
    nested_tree,
)
from workbench.engine.template import compile_template
from workbench.sandbox.bodies import Unreadable, parse_body

CART = {
    "email": "ana@example.com",
    "automation_id": 77,
    "total": 12.5,
    "vip": True,
    "new": False,
    "coupon": None,
    "products": [{"id": "1", "name": "Ação & co"}, {"id": 2, "name": "b=c"}],
    "tags": ["x", "y"],
    "empty": [],
}
PAIRS = [
    ("email", "ana@example.com"), ("automation_id", "77"), ("total", "12.5"), ("vip", "1"), ("new", "0"), ("products[0][id]", "1"),
    ("products[0][name]", "Ação & co"), ("products[1][id]", "2"), ("products[1][name]", "b=c"), ("tags[0]", "x"), ("tags[1]", "y"),
]  # fmt: skip
"""What PHP's http_build_query makes of it: true is 1, false is 0, null and empty arrays are left out."""

NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="[]"), min_size=1, max_size=8)
VALUES = st.recursive(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.integers() | st.booleans(),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3) | st.dictionaries(NAMES, inner, min_size=1, max_size=3)
    ),
    max_leaves=8,
)
TREES = st.dictionaries(NAMES, VALUES, max_size=5)


def as_texts(value: Any) -> Any:
    """Return a tree with every value as the text it becomes; objects whose keys count from 0 are lists to who reads a form."""
    if isinstance(value, dict):
        items = {key: as_texts(item) for key, item in value.items()}
        counts = bool(items) and list(items) == [str(index) for index in range(len(items))]
        return list(items.values()) if counts else items
    return [as_texts(item) for item in value] if isinstance(value, list) else form_text(value)


def test_names_say_where_each_value_lies() -> None:
    assert nested_pairs(CART) == PAIRS
    assert parse_qsl(nested_encoded(CART).decode(), strict_parsing=True) == PAIRS
    assert b"products%5B0%5D%5Bname%5D=A%C3%A7%C3%A3o+%26+co" in nested_encoded(CART)


def test_a_multipart_form_has_the_bytes_that_httpx_makes_of_the_same_fields() -> None:
    body = multipart_encoded(CART)
    boundary = multipart_boundary(body)
    request = httpx.Request(
        "POST", "https://events.example", files=[(name, (None, value)) for name, value in PAIRS],
        headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
    )  # fmt: skip
    assert request.read() == body
    assert content_type_of("multipart", body) == request.headers["Content-Type"]


def test_the_boundary_comes_from_the_content_and_is_not_in_it() -> None:
    body = multipart_encoded(CART)
    boundary = multipart_boundary(body)
    assert multipart_encoded(dict(CART)) == body
    assert multipart_boundary(multipart_encoded({**CART, "more": 1})) != boundary
    # the journal keeps it: it may not tell who guesses a value whether he is right
    assert multipart_boundary(multipart_encoded({**CART, "email": "bia@example.com"})) == boundary
    hostile = multipart_encoded({**CART, "note": f"--{boundary}\r\n--{boundary}--"})
    other = multipart_boundary(hostile)
    assert hostile.count(f"--{other}".encode()) == len(PAIRS) + 2


def test_a_value_that_holds_its_own_boundary_gets_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A digest cannot be aimed at, so the first one is said to be in the content."""
    first = multipart_boundary(multipart_encoded({"a": "1"}))

    class Twice:
        def __init__(self, _content: bytes, digest_size: int) -> None:
            self.size, self.turn = digest_size, 0

        def update(self, _more: bytes) -> None:
            self.turn += 1

        def hexdigest(self) -> str:
            return "aa" if self.turn == 0 else "bb"

    monkeypatch.setattr("workbench.engine.forms.hashlib.blake2b", Twice)
    body = multipart_encoded({"a": "----workbench-aa"})
    assert multipart_boundary(body) == "----workbench-bb"
    assert first not in ("----workbench-aa", "----workbench-bb")


@pytest.mark.parametrize("encoding", ["multipart", "nested_form"])
@settings(deadline=None, max_examples=40)
@given(tree=TREES)
def test_what_is_written_is_read_again_as_texts(encoding: Any, tree: dict[str, Any]) -> None:
    body = encoded(tree, encoding)
    kind = content_type_of(encoding, body)
    if encoding == "multipart" and any(sign in name for name, _ in nested_pairs(tree) for sign in '\r\n"\\'):
        return  # such a name is escaped as browsers do it, which no reader undoes
    assert parse_body(body, kind, encoding) == {name: as_texts(value) for name, value in tree.items()}


def test_a_name_cannot_break_out_of_its_header() -> None:
    body = multipart_encoded({'a"\r\nX-Evil: 1\r\n\r\n': "v"})
    head, _, _ = body.partition(b"\r\n\r\n")
    assert head.count(b"\r\n") == 1
    assert b'name="a%22%0D%0AX-Evil: 1%0D%0A%0D%0A"' in head


def test_an_empty_object_is_an_empty_form() -> None:
    assert nested_encoded({}) == b""
    body = multipart_encoded({"a": None})
    assert body == f"--{multipart_boundary(body)}--\r\n".encode()
    assert parse_body(body, content_type_of("multipart", body), "multipart") == {}


@pytest.mark.parametrize("tree", [[1], "text", 3, None])
def test_a_form_needs_an_object(tree: Any) -> None:
    with pytest.raises(ValueError, match="object"):
        nested_pairs(tree)


def test_a_template_is_composed_in_both_encodings() -> None:
    template = compile_template('"{{ event }}"')
    assert body_of(template, "nested_form", {"event": CART}) == nested_encoded(CART)
    assert body_of(template, "multipart", {"event": CART}) == multipart_encoded(CART)
    assert CONTENT_TYPES["nested_form"] == "application/x-www-form-urlencoded"


# reading -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pairs", "tree"),
    [
        ([("a[]", "1"), ("a[]", "2")], {"a": ["1", "2"]}),
        ([("a[1]", "x")], {"a": {"1": "x"}}),
        ([("a", "1"), ("a", "2")], {"a": "2"}),
        ([("a", "1"), ("a[b]", "2")], {"a": {"b": "2"}}),
        ([("a[b]", "2"), ("a", "1")], {"a": "1"}),
        ([("[a]", "1"), ("b[", "2"), ("", "3")], {"[a]": "1", "b[": "2", "": "3"}),
    ],
)
def test_odd_names_are_read(pairs: list[tuple[str, str]], tree: Any) -> None:
    assert nested_tree(pairs) == tree


def test_a_name_that_is_nested_too_deep_is_refused() -> None:
    deep = "a" + "[b]" * DEEPEST
    with pytest.raises(ValueError, match="deeper"):
        nested_tree([(deep, "1")])
    with pytest.raises(Unreadable):
        parse_body(f"{deep}=1".encode(), "application/x-www-form-urlencoded", "nested_form")
