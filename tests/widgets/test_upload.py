"""A file of text from the browser: slice by slice, checked, and kept in no state."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.widgets.spawn import settle
from workbench.widgets.upload import MOST_BYTES, TextFile


class Browser:
    """The browser's half: hands over the slices that it is asked for."""

    def __init__(self, file: bytes) -> None:
        self.file, self.taken, self.asked = file, [], []
        self.field = TextFile("Choose a file", self.take, ".csv")
        self.field.send = self.told

    async def take(self, text: str) -> None:
        self.taken.append(text)

    def told(self, message: dict[str, Any], buffers: object = None) -> None:
        self.asked.append(message)
        if "next" in message:
            self.slice(message["next"])

    def slice(self, at: int) -> None:
        part = self.file[at : at + self.field.slice]
        self.field._handle_custom_msg({"slice": at, "name": "secret-list.csv"}, [memoryview(part)])

    async def choose(self, size: int | None = None) -> None:
        self.field._handle_custom_msg({"begin": True, "size": len(self.file) if size is None else size}, [])
        await settle()


async def test_a_small_file_arrives_whole_and_leaves_nothing_in_the_state() -> None:
    browser = Browser(b"\xef\xbb\xbfemail\nana@example.com\n")
    await browser.choose()
    assert browser.taken == ["email\nana@example.com\n"]
    assert "ana@example.com" not in json.dumps(browser.field.get_state(), default=str)
    assert browser.field.error == browser.field.note == ""
    await browser.choose()
    assert len(browser.taken) == 2


@given(st.integers(0, 3), st.integers(-2, 2))
async def test_a_large_file_arrives_whole_in_slices(slices: int, more: int) -> None:
    text = "ã" * max(1, (slices * 1000 + more) // 2)
    browser = Browser(text.encode())
    browser.field.slice = 1000
    await browser.choose()
    assert browser.taken == [text]
    assert [message.get("next") for message in browser.asked][:-1] == list(range(0, len(browser.file), 1000))


@pytest.mark.parametrize(
    ("file", "size", "said"),
    [
        (b"", None, "The file is empty"),
        (b"x", MOST_BYTES + 1_000_000, "The file has 65 MB; a page takes 64 MB at most"),
        ("Ana Lima, São Paulo".encode("cp1252"), None, "no text in UTF-8"),
        ("email\n".encode("utf-16"), None, "no text in UTF-8"),
        (b"x", -1, "The file is empty"),
    ],
    ids=["empty", "large", "windows", "utf-16", "negative"],
)
async def test_a_file_that_cannot_be_taken_is_said_with_what_to_do(
    file: bytes, size: int | None, said: str
) -> None:
    browser = Browser(file)
    await browser.choose(size)
    assert said in browser.field.error
    assert browser.taken == []


async def test_slices_that_nobody_asked_for_are_left_alone() -> None:
    browser = Browser(b"email\n")
    browser.slice(0)
    browser.field.send = lambda message, buffers=None: None
    await browser.choose()
    for at, part in ((3, b"il\n"), (0, b""), (0, b"email\nand more")):
        browser.field._handle_custom_msg({"slice": at}, [memoryview(part)])
    browser.field._handle_custom_msg({"slice": "0"}, [memoryview(b"email\n")])
    browser.field._handle_custom_msg({"slice": 0}, [])
    await settle()
    assert browser.taken == []
    browser.slice(0)
    await settle()
    assert browser.taken == ["email\n"]


async def test_a_file_that_the_browser_cannot_read_is_said() -> None:
    browser = Browser(b"x")
    browser.field._handle_custom_msg({"unreadable": True}, [])
    assert "could not read the file" in browser.field.error
