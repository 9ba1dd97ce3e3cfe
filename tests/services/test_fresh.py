"""What is made of files: once, and anew when one of them was replaced."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from workbench.services.fresh import Fresh


def replace(path: Path, text: str) -> None:
    """Replace a file whole, as the catalogue does."""
    new = path.with_suffix(".new")
    new.write_text(text)
    new.replace(path)


async def test_it_is_made_once_and_anew_when_a_file_was_replaced(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    calls = 0

    def make() -> str:
        nonlocal calls
        calls += 1
        return "".join(path.read_text() for path in (one, two) if path.exists())

    fresh = Fresh([one, two], make)
    replace(one, "a")
    assert [await fresh.now() for _ in range(3)] == ["a", "a", "a"]
    assert calls == 1
    one.unlink()
    replace(two, "b")
    assert await asyncio.gather(*(fresh.now() for _ in range(20))) == ["b"] * 20
    assert calls == 2
    replace(two, "c")
    assert await fresh.now() == "c"
    two.unlink()
    assert await fresh.now() == ""
    calls = 0
    assert [await fresh.now(), await fresh.now()] == ["", ""]
    assert calls == 2  # without a file nothing tells one moment from another


async def test_what_could_not_be_made_is_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "one"

    fresh = Fresh([path], path.read_text)
    with pytest.raises(FileNotFoundError):
        await fresh.now()
    replace(path, "a")
    assert await fresh.now() == "a"
