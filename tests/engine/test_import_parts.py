"""A table cut into files on row borders (R-SYNC-13): joined they are the rows again, none is above its size, each has the header."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.engine.import_parts import LEAST_BYTES, Cut, Cutter, line, part_bytes, too_long
from workbench.errors import Refused
from workbench.models.sync import SyncPlan
from workbench.models.sync_platform import ImportRules

CELLS = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=12
) | st.sampled_from(
    ["", " ", '"', '""', "a\nb", "a\r\nb", "\r", "a,b", "a;b", "é" * 5, "=1+1", "\u2028", "\ufeffx"]
)
ROWS = st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=40)


def cut(rows: Sequence[Sequence[str]], header: bytes, limit: int, delimiter: str) -> list[tuple[Cut, bytes]]:
    """Return the parts of rows that are numbered 3, 6, 9 ..., each with its file."""
    cutter, sizes = Cutter(len(header), limit), [line(row, delimiter) for row in rows]
    cuts = [found for at, one in enumerate(sizes, 1) if (found := cutter.add(3 * at, len(one))) is not None]
    cuts += [last] if (last := cutter.end()) is not None else []
    return [(one, header + b"".join(sizes[one.first // 3 - 1 : one.last // 3])) for one in cuts]


def read(file: bytes, delimiter: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(file.decode(), newline=""), delimiter=delimiter, strict=True))


@settings(max_examples=150)
@given(rows=ROWS, room=st.integers(0, 300), delimiter=st.sampled_from([",", ";"]))
def test_the_parts_joined_are_exactly_the_rows(rows: list[list[str]], room: int, delimiter: str) -> None:
    header = line(("_email", 'say "x"\nor y'), delimiter)
    longest = max((len(line(row, delimiter)) for row in rows), default=0)
    limit = len(header) + max(longest, 1) + room
    parts = cut(rows, header, limit, delimiter)
    joined = [row for _, file in parts for row in read(file, delimiter)[1:]]
    assert joined == rows
    for number, (one, file) in enumerate(parts, 1):
        assert len(file) <= limit
        assert read(file, delimiter)[0] == ["_email", 'say "x"\nor y']
        assert (one.number, one.size, one.rows) == (number, len(file), len(read(file, delimiter)) - 1)
        assert one.rows > 0
    assert sum(one.rows for one, _ in parts) == len(rows)


@settings(max_examples=60)
@given(sizes=st.lists(st.integers(1, 90), max_size=60), stop=st.integers(0, 60))
def test_going_on_behind_a_part_cuts_the_same(sizes: list[int], stop: int) -> None:
    def cuts(behind: Cut | None) -> list[Cut]:
        cutter, after = Cutter(10, 100, behind), behind.last if behind else 0
        found = [cutter.add(at, size) for at, size in enumerate(sizes, 1) if at > after]
        return [one for one in [*found, cutter.end()] if one is not None]

    whole = cuts(None)
    kept = whole[: stop % (len(whole) + 1)]
    assert kept + cuts(kept[-1] if kept else None) == whole


def test_a_part_is_as_large_as_it_may_be() -> None:
    cutter = Cutter(10, 100)
    assert [cutter.add(at, 30) for at in (1, 2, 3)] == [None, None, None]
    assert cutter.add(7, 30) == Cut(1, 1, 3, 3, 100), "three rows and the header are exactly what fits"
    assert cutter.end() == Cut(2, 7, 7, 1, 40)
    assert cutter.end() is None


def test_what_fits_nowhere_is_said_before_it_is_cut() -> None:
    assert too_long(10, 90, 100) is None
    problem = too_long(10, 91, 100)
    assert problem is not None
    assert problem.blocks
    assert "91 bytes" in str(problem.sentence)
    assert "90" in str(problem.sentence)
    with pytest.raises(Refused, match=r"Row 5"):
        Cutter(10, 100).add(5, 91)
    with pytest.raises(Refused, match="header"):
        Cutter(100, 100)


def test_the_size_has_a_margin_and_a_person_may_only_make_it_smaller() -> None:
    rules, plan = ImportRules(bytes=50_000_000, margin=0.04), SyncPlan(shop_id="s", how="import")
    assert part_bytes(rules, plan) == 48_000_000
    assert part_bytes(rules, plan.model_copy(update={"part_bytes": 2_000_000})) == 2_000_000
    assert part_bytes(rules, plan.model_copy(update={"part_bytes": 50_000_000})) == 48_000_000
    assert part_bytes(rules, plan.model_copy(update={"part_bytes": 1})) == LEAST_BYTES


def test_a_row_of_one_empty_cell_is_a_row() -> None:
    assert line([""], ",") == b'""\r\n'
    assert line(["", ""], ";") == b";\r\n"
