"""Imports over ranges of their tables: their parts are those that one process would have cut."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.import_room import contacts, import_room
from tests.spreads import Shuffled
from workbench.engine import table_ranges

CUT = {"number", "first", "last", "rows", "size"}


async def test_parts_that_several_cut_are_those_of_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr(table_ranges, "BLOCK", 600)
    text = contacts(120, n3='"two\nlines, ""quoted"""', n90='"\n"').replace("ana7@example.com", "no address")
    text = text.replace("ana80@example.com", "ana2@example.com")
    async with import_room(tmp_path / "home") as room:
        alone = await room.looked(text, on_bad="skip", part_bytes=1_000)
        room.runs.spread = spread = Shuffled([room.bench, room.bench], seed=3)
        run = await room.looked(text, on_bad="skip", part_bytes=1_000)
        assert run.preflight == alone.preflight
        assert run.preflight is not None
        assert (run.preflight.bad, run.preflight.left_out) == (1, 1)
        assert run.preflight.seconds
        run = await room.begun(run)
        room.runs.spread = Shuffled([room.bench])
        alone = await room.begun(alone)
        assert {piece.method for piece in spread.done} == {"read_block", "look_over", "fill_over"}
        stored = [await room.doors.imports.parts(id) for id in (run.id, alone.id)]
        parts = [[one.part.model_dump(include=CUT) for one in kept] for kept in stored]
        assert parts[0] == parts[1]
        assert len(parts[0]) > 3
