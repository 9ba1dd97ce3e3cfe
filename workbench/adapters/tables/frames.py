"""TABLE FRAMES: Parquet and DataFrames, read by polars, as rows of plain JSON values.

Times become ISO 8601, decimals the text they are written as, categories their names; NaN and infinity, which JSON does not have, nothing.
https://docs.pola.rs/api/python/stable/reference/lazyframe/api/polars.LazyFrame.collect_batches.html
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from workbench.engine.parquet_footer import TAIL, NoFooter, footer_bytes, row_groups
from workbench.engine.table_rows import TableRow
from workbench.errors import Refused
from workbench.models.base import JsonValue
from workbench.sentence import Sentence, say

if TYPE_CHECKING:
    import polars

BATCH: Final = 20_000
"""Rows that are in memory at once."""

Source = Path | io.BytesIO


def parquet_shape(source: Source) -> tuple[tuple[str, ...], int]:
    """Return the columns of a Parquet file and how many rows it has. Raises Refused when it cannot be read."""
    import polars  # takes a tenth of a second: only who reads Parquet or a frame pays it

    try:
        lazy = polars.scan_parquet(source)
        return tuple(lazy.collect_schema()), int(lazy.select(polars.len()).collect().item())
    except (
        polars.exceptions.PolarsError,
        polars.exceptions.PanicException,
        OSError,
    ):  # a panic is no Exception
        raise Refused(damaged()) from None


def parquet_groups(source: Source, rows: int) -> list[int]:
    """Return how many of a Parquet file's ``rows`` each row group has; where the file does not tell, they count as one."""
    try:
        with source.open("rb") if isinstance(source, Path) else io.BytesIO(source.getbuffer()) as file:
            size = file.seek(0, io.SEEK_END)
            file.seek(max(0, size - TAIL))
            length = footer_bytes(file.read())
            file.seek(max(0, size - TAIL - length))
            found = row_groups(file.read(length))
    except (NoFooter, OSError):
        return [rows]
    return found if sum(found) == rows else [rows]


def parquet_rows(source: Source, after: int, limit: int | None = None) -> Iterator[TableRow]:
    """Give the rows after row ``after``, row group by row group, ``limit`` at most; never raises for what it reads.

    ``line`` is the row's number: Parquet has no lines. Where the file is damaged the last row has a problem.
    """
    import polars

    number = after
    try:
        lazy = polars.scan_parquet(source).slice(after, limit)
        for batch in lazy.collect_batches(chunk_size=BATCH, maintain_order=True, lazy=True):
            for cells in frame_rows(batch):
                number += 1
                yield TableRow(number, number, cells)
    except (polars.exceptions.PolarsError, polars.exceptions.PanicException):
        yield TableRow(number + 1, number + 1, {}, damaged())


def damaged() -> Sentence:
    """Return what is said of a Parquet file that cannot be read, or not to its end."""
    return say("This Parquet file cannot be read: it is damaged, or was not written to its end. Export it again.")  # fmt: skip


def frame_rows(frame: polars.DataFrame) -> Iterator[dict[str, JsonValue]]:
    """Give the rows of a polars DataFrame as plain values."""
    from polars import col, when

    columns, floats = frame.columns, [name for name, kind in frame.schema.items() if kind.is_float()]
    odd = [at for at, kind in enumerate(frame.dtypes) if not _is_plain(kind)]
    frame = frame.with_columns(when(col(name).is_finite()).then(col(name)) for name in floats)
    for values in frame.rows():
        if odd:
            cells = list(values)
            for index in odd:
                cells[index] = plain(cells[index])
            yield dict(zip(columns, cells, strict=True))
        else:
            yield dict(zip(columns, values, strict=True))


def _is_plain(kind: polars.DataType) -> bool:
    return kind.is_integer() or kind.is_float() or str(kind) in ("String", "Boolean", "Null")


def rows_of_frame(frame: Any) -> Iterator[dict[str, JsonValue]]:
    """Give the rows of a DataFrame of polars, pandas or Arrow, or of a list of dicts, as plain values. Raises Refused for anything else."""
    if isinstance(frame, (list, tuple)) and all(isinstance(row, Mapping) for row in frame):
        for row in frame:
            yield {str(name): plain(value) for name, value in row.items()}
    elif hasattr(frame, "collect_batches"):  # polars' LazyFrame
        for batch in frame.collect_batches(chunk_size=BATCH, maintain_order=True, lazy=True):
            yield from frame_rows(batch)
    elif hasattr(frame, "iter_slices"):  # polars' DataFrame
        for piece in frame.iter_slices(BATCH):
            yield from frame_rows(piece)
    elif hasattr(frame, "iloc") and hasattr(
        frame, "to_dict"
    ):  # pandas, by its own words: Arrow is extra there
        for start in range(0, len(frame), BATCH):
            for row in frame.iloc[start : start + BATCH].to_dict("records"):
                yield {str(name): plain(value) for name, value in row.items()}
    elif hasattr(frame, "__arrow_c_stream__"):
        import polars

        yield from rows_of_frame(polars.DataFrame(frame))
    else:
        raise Refused(say("This is no table. Give a DataFrame of polars or pandas, an Arrow table, or a list of dicts."))  # fmt: skip


def plain(value: Any) -> JsonValue:
    """Return a value as JSON has it."""
    match value:
        case None | bool() | str():
            return value
        case int():
            return int(value)
        case float():
            return float(value) if math.isfinite(value) else None
        case datetime() | date() | time():
            text = value.isoformat()
            return None if text == "NaT" else text
        case timedelta():
            return value.total_seconds()
        case Decimal():
            return format(value, "f") if value.is_finite() else None
        case bytes():
            return value.hex()
        case Mapping():
            return {str(name): plain(inner) for name, inner in value.items()}
        case list() | tuple():
            return [plain(inner) for inner in value]
    if hasattr(value, "item") and getattr(value, "ndim", 1) == 0:  # a number of numpy
        return plain(value.item())
    if hasattr(value, "tolist") or hasattr(value, "to_list"):  # an array, or a column inside of a cell
        return [plain(inner) for inner in islice(iter(value), 100_000)]
    text = str(value)
    return None if text in ("NaT", "<NA>") else text
