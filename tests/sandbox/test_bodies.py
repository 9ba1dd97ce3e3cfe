"""Bodies: what is read of anything a client may post."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.sandbox.bodies import FIELDS, PARTS, Unreadable, parse_body, read_body

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=b42"


def parts(*texts: str) -> bytes:
    return ("".join(f"--b42\r\n{text}\r\n" for text in texts) + "--b42--\r\n").encode()


class Receiving:
    """What a server hands over piece by piece; ``left`` are the pieces that nobody asked for yet."""

    def __init__(self, *chunks: bytes, gone: bool = False) -> None:
        last = {"type": "http.disconnect"} if gone else {"type": "http.request", "body": b""}
        self.left: list[Any] = [
            {"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks
        ]
        self.left.append(last)

    async def __call__(self) -> Any:
        return self.left.pop(0)


async def test_a_body_is_gathered() -> None:
    assert await read_body(Receiving(b"ab", b"", b"c"), 3) == b"abc"
    assert await read_body(Receiving(), 3) == b""


async def test_too_much_is_read_to_its_end_and_dropped() -> None:
    receive = Receiving(b"ab", b"cd", b"ef")
    assert await read_body(receive, 3) is None
    assert receive.left == []


async def test_a_client_that_went_away_has_no_body() -> None:
    assert await read_body(Receiving(b"ab", gone=True), 10) is None


@pytest.mark.parametrize("body", [b'{"a": 1}', b"[1]", b" {} "])
def test_json_is_an_object_or_a_list(body: bytes) -> None:
    assert parse_body(body, "application/json", "json") is not None


@pytest.mark.parametrize(
    "body", [b"", b"{", b"1", b'"a"', b"null", b"\xff\xfe", b"[" * 200_000, b"a=b", b"9" * 5000, b"<xml/>"]
)
def test_what_is_no_json_object_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        parse_body(body, "application/json", "json")


def test_a_form_repeats_keys_as_a_list() -> None:
    assert parse_body(b"to=a&to=b&o%3Atag=x+y&empty=", FORM, "form") == {
        "to": ["a", "b"],
        "o:tag": "x y",
        "empty": "",
    }
    assert parse_body(b"", FORM, "form") == {}


@pytest.mark.parametrize("body", [b"a=\xff", b"&".join([b"a=b"] * (FIELDS + 1))])
def test_a_form_that_is_none_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        parse_body(body, FORM, "form")


def test_a_multipart_form_gives_fields_and_the_names_of_files() -> None:
    body = parts(
        'Content-Disposition: form-data; name="to"\r\n\r\na@example.com',
        'Content-Disposition: form-data; name="to"\r\n\r\nb@example.com',
        'Content-Disposition: form-data; name="text"\r\nContent-Type: text/plain\r\n\r\nline\r\n\r\nline é',
        'content-disposition: form-data; name="attachment"; filename="a.txt"\r\n\r\n\x00binary',
    )
    assert parse_body(body, MULTIPART, "form") == {
        "to": ["a@example.com", "b@example.com"],
        "text": "line\r\n\r\nline é",
        "attachment": "a.txt",
    }


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", MULTIPART),
        (b"--b42--\r\n", "multipart/form-data"),
        (parts("no header at all"), MULTIPART),
        (parts("Content-Disposition: form-data\r\n\r\nx"), MULTIPART),
        (parts('Content-Disposition: form-data; name="a"\r\n\r\nx').removesuffix(b"--\r\n"), MULTIPART),
        (parts(*['Content-Disposition: form-data; name="a"\r\n\r\nx'] * PARTS), MULTIPART),
        (b'--b42\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--b42--\r\n', MULTIPART),
    ],
)
def test_a_multipart_form_that_is_none_is_unreadable(body: bytes, kind: str) -> None:
    with pytest.raises(Unreadable):
        parse_body(body, kind, "form")


@settings(deadline=None)
@given(
    st.binary(max_size=400),
    st.sampled_from([FORM, MULTIPART, "text/plain", 'multipart/form-data; boundary="', ""]),
)
def test_any_bytes_are_read_or_unreadable(body: bytes, kind: str) -> None:
    for encoding in ("json", "form"):
        try:
            parse_body(body, kind, encoding)  # type: ignore[arg-type]
        except Unreadable:
            continue


@settings(deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=5))
def test_any_multipart_body_is_read_or_unreadable(chunks: list[bytes]) -> None:
    body = b"--b42".join(chunks) + b"--b42--"
    try:
        assert isinstance(parse_body(body, MULTIPART, "form"), dict)
    except Unreadable:
        assert chunks is not None
