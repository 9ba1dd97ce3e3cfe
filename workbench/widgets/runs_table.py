"""RUNS TABLE: the table of a run: uploaded, pasted, or named by its path; its first rows, and how its text is to be read."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Awaitable, Callable
from typing import Any

import ipywidgets

from workbench.engine.strict_json import clip
from workbench.errors import NotFound, Refused
from workbench.models.base import JsonValue
from workbench.models.run import Table
from workbench.sentence import N_, say

from . import look
from .exchange import findings
from .fields import ChoiceField, TextField
from .fold import Fold, Place
from .language import number
from .messages import Messages
from .page import Frame
from .piece import said
from .runs_upload import TableFile
from .tables import table

__all__ = ["TableChooser"]

ENCODINGS = (
    ("", N_("As found out")), ("utf-8", "UTF-8"), ("cp1252", "Windows-1252"), ("utf-16", "UTF-16"), ("latin-1", "ISO 8859-1"),
)  # fmt: skip
DELIMITERS = (
    ("", N_("As found out")), (",", N_("Comma")), (";", N_("Semicolon")), ("\t", N_("Tabulator")), ("|", N_("Vertical bar")),
)  # fmt: skip
FORMATS = {"csv": "CSV", "parquet": "Parquet", "jsonl": "JSON"}
SHOWN_ROWS = 8


class TableChooser:
    """Where a table is given. ``table`` is the one that was given last; ``changed`` is called at each change of it."""

    def __init__(self, frame: Frame, changed: Callable[[], Awaitable[object]]) -> None:
        self.frame, self._changed = frame, changed
        self.table: Table | None = None
        self.messages, self.result = Messages(), Place()
        self.file = TableFile(frame, N_("Choose a file"), self.take)
        self.paste = TextField(
            N_("Rows"), multiline=True, rows=6, monospace=True, placeholder="email,first_name\nana.lima@example.com,Ana",
            hint=N_("With the names of the columns in the first row; also as a spreadsheet copies them, or JSON lines."),
        )  # fmt: skip
        read = look.button(N_("Read the rows"))
        frame.click(read, self.read, self.messages)
        self.encoding = ChoiceField(N_("Encoding"), [(key, said(text)) for key, text in ENCODINGS])
        self.delimiter = ChoiceField(N_("Separator"), [(key, said(text)) for key, text in DELIMITERS])
        for field in (self.encoding, self.delimiter):
            field.observe(lambda _: frame.start(self.read_otherwise(), self.messages), "value")
        self.otherwise = Fold(N_("Read it otherwise"), look.columns(self.encoding, self.delimiter))
        self.widget = look.stack(
            look.buttons(self.file, align="start"),
            look.show(N_("CSV, Parquet or JSON lines, told by its content and not by its name. What is kept of it is sealed."), "wb-hint"),
            Fold(N_("Paste rows instead"), self.paste, look.buttons(read, align="start")).widget,
            *self._by_path(),
            self.messages.widget,
            self.result.widget,
        )  # fmt: skip

    async def take(self, table: Table) -> None:
        """Show a table and work with it from now on; the one before goes, unless a run needs it."""
        if self.table is not None and self.table.id != table.id:
            await self.drop()
        self.table = table
        self.result.put(*_shown(table), *([self.otherwise.widget] if table.format == "csv" else []))
        await self._changed()

    async def drop(self) -> None:
        """Let go of the table: what nobody sends is not kept."""
        table, self.table = self.table, None
        if table is not None:
            with contextlib.suppress(Refused, NotFound):
                await self.frame.bench.runs.drop_table(table.id)

    async def read(self) -> None:
        """Read what is pasted."""
        self.paste.error = ""
        if not self.paste.value.strip():
            self.paste.error = N_("Paste rows here, or choose a file.")
            self.paste.focus()
            return
        found = await self.frame.bench.runs.paste(self.paste.value)
        self.paste.value = ""
        await self.take(found)

    async def read_path(self) -> None:
        """Take the file that is named, where it lies."""
        self.path.error = ""
        if not self.path.value.strip():
            self.path.error = N_("Write the file's path.")
            self.path.focus()
            return
        await self.take(await self.frame.bench.runs.place(self.path.value.strip()))

    async def read_otherwise(self) -> None:
        """Read the table in another encoding, or with another separator."""
        if self.table is not None and (self.encoding.value or self.delimiter.value):
            await self.take(
                await self.frame.bench.runs.change_table(
                    self.table.id, self.encoding.value, self.delimiter.value
                )
            )

    def _by_path(self) -> list[ipywidgets.Widget]:
        """Return the field for a path: on one's own workbench alone, for a served page names no file of the server's machine."""
        self.path = TextField(
            N_("Path"),
            monospace=True,
            hint=N_("A file of this computer. It is read where it lies, however long it is."),
        )
        if not callable(getattr(self.frame.bench.runs, "place", None)):
            return []
        take = look.button(N_("Read the file"))
        self.frame.click(take, self.read_path, self.messages)
        return [Fold(N_("Name a file of this computer"), self.path, look.buttons(take, align="start")).widget]


def _shown(found: Table) -> list[ipywidgets.Widget]:
    rows = say("{count} rows", count=number(found.rows)) if found.rows is not None else N_("not counted yet")
    facts: list[tuple[str, Any]] = [
        (N_("Table"), found.name), (N_("Format"), FORMATS[found.format]), (N_("Rows"), rows),
        (N_("Columns"), number(len(found.columns))),
    ]  # fmt: skip
    if found.format == "csv":
        facts.append((N_("Encoding"), found.encoding))
    sample = [[_cell(value) for value in row] for row in found.sample[:SHOWN_ROWS]]
    return [
        look.key_value_table(facts),
        *findings(list(found.problems)),
        table(
            [(f"{at}", name) for at, name in enumerate(found.columns)],
            [{f"{at}": value for at, value in enumerate(row)} for row in sample],
            N_("The first rows"), empty=N_("The table has no rows."),
        ),
    ]  # fmt: skip


def _cell(value: JsonValue) -> str:
    text = value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)
    return clip(text)
