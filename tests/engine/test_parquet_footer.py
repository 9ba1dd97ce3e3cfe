"""Parquet footers: row groups as they were written, and nothing but a refusal for what is no footer."""

from __future__ import annotations

import contextlib
import io

import polars
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.parquet_footer import TAIL, NoFooter, footer_bytes, row_groups


def footer(rows: int, group: int) -> bytes:
    frame = polars.DataFrame(
        {"n": range(rows), "text": ["é" * (n % 9) for n in range(rows)], "yes": [True] * rows}
    )
    frame = frame.with_columns(many=polars.lit([[1, 2]]), at=polars.lit(0).cast(polars.Datetime))
    held = io.BytesIO()
    frame.write_parquet(held, row_group_size=group)
    data = held.getvalue()
    return data[-TAIL - footer_bytes(data[-TAIL:]) : -TAIL]


@pytest.mark.parametrize(("rows", "group"), [(1, 10), (1_000, 64), (1_000, 1_000), (5_000, 999)])
def test_row_groups_are_counted(rows: int, group: int) -> None:
    found = row_groups(footer(rows, group))
    assert sum(found) == rows
    assert len(found) == 1 if group >= rows else len(found) > 1


@given(at=st.integers(0, 10_000), byte=st.integers(0, 255), cut=st.booleans())
def test_a_damaged_footer_is_none(at: int, byte: int, cut: bool) -> None:
    data = bytearray(WHOLE)
    data[at % len(data)] = byte
    with contextlib.suppress(NoFooter):
        assert all(rows >= 0 for rows in row_groups(bytes(data[: at % len(data)] if cut else data)))


@given(data=st.binary(max_size=60))
def test_no_bytes_whatsoever_raise_anything_else(data: bytes) -> None:
    with contextlib.suppress(NoFooter):
        row_groups(data)
    with contextlib.suppress(NoFooter):
        footer_bytes(data)


WHOLE = footer(300, 64)
