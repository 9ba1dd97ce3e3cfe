"""TABLES: rows to read, and rows to choose from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import ipywidgets
import traitlets

from workbench.sentence import N_, Sentence

from .look import Html, escape, markup, show
from .piece import Piece, Said, Words, said

__all__ = ["RowList", "table", "table_markup"]

NOTHING = N_("Nothing here yet.")

Cell = Any
"""A text, a number, a ``Sentence``, or ``Html`` made by ``look`` (a badge). None shows as a dash."""


def table_markup(
    columns: Sequence[Said | tuple[str, Said]],
    rows: Sequence[Sequence[Cell] | Mapping[str, Cell]],
    caption: Said = "",
    empty: Said = NOTHING,
    numeric: Sequence[int] = (),
) -> Html:
    """Return a table as markup, every text escaped; without rows, the sentence ``empty`` stands in its place.

    ``columns`` holds headings, or ``(key, heading)`` when the rows are mappings. ``numeric`` holds the
    positions, from 0, of columns to align to the right.
    """
    headings = [column[1] if isinstance(column, tuple) else column for column in columns]
    if not rows:
        return markup('<p class="wb-empty">{text}</p>', text=said(empty))
    kinds = [Html(' class="wb-num"' if at in numeric else "") for at in range(len(headings))]
    head = Html("").join(
        markup('<th scope="col"{kind}>{text}</th>', kind=kind, text=said(heading))
        for kind, heading in zip(kinds, headings, strict=True)
    )
    body = Html("").join(
        markup(
            "<tr>{cells}</tr>",
            cells=Html("").join(
                markup("<td{kind}>{cell}</td>", kind=kind, cell=_cell(cell))
                for kind, cell in zip(kinds, _cells(row, columns), strict=True)
            ),
        )
        for row in rows
    )
    return markup(
        '<div class="wb-scroll" tabindex="0" role="region" aria-label="{name}"><table class="wb-table">'
        "{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>",
        name=said(caption) or said(N_("Table")),
        caption=markup("<caption>{text}</caption>", text=said(caption)) if caption else Html(""),
        head=head,
        body=body,
    )


def table(
    columns: Sequence[Said | tuple[str, Said]],
    rows: Sequence[Sequence[Cell] | Mapping[str, Cell]],
    caption: Said = "",
    empty: Said = NOTHING,
    numeric: Sequence[int] = (),
) -> ipywidgets.HTML:
    """Return ``table_markup`` as a widget."""
    return show(table_markup(columns, rows, caption, empty, numeric))


def _cells(row: Sequence[Cell] | Mapping[str, Cell], columns: Sequence[Any]) -> list[Cell]:
    if isinstance(row, Mapping):
        return [row.get(column[0] if isinstance(column, tuple) else column) for column in columns]
    return list(row)


def _cell(cell: Cell) -> Html:
    if cell is None or cell == "":
        return Html("–")
    return escape(said(cell) if isinstance(cell, Sentence) else cell)


class RowList(Piece):
    """A list of rows of which one can be chosen, by mouse or by arrows, Home, End, Enter and Space.

    ``columns`` holds ``(key, label)`` or ``{key, label, kind}`` (``kind``: text, strong, muted, code, number, lines).
    ``rows`` holds ``{id, <key>: text}``; ``{"text": ..., "kind": ok|warn|error|info|quiet}`` instead of a text
    shows as a badge, ``{"text": ..., "parts": [{"state", "share"}]}`` as a bar above the text. ``selected`` is the id
    of the chosen row, or the empty text.
    """

    part: ClassVar[str] = "rows"
    columns: traitlets.List[Any] = traitlets.List().tag(sync=True)
    rows: traitlets.List[Any] = traitlets.List().tag(sync=True)
    selected = traitlets.Unicode().tag(sync=True)
    empty = Words().tag(sync=True)

    def __init__(
        self,
        label: Said = "",
        *,
        columns: Sequence[Mapping[str, Any] | tuple[str, Said]] = (),
        rows: Sequence[Mapping[str, Any]] = (),
        selected: str = "",
        empty: Said = NOTHING,
        **state: Any,
    ) -> None:
        super().__init__(
            label=label, columns=list(columns), rows=list(rows), selected=selected, empty=empty, **state
        )

    @traitlets.validate("columns")
    def _columns_in_words(self, proposal: Any) -> list[dict[str, str]]:
        return [_column(column) for column in proposal["value"]]

    @traitlets.validate("rows")
    def _rows_in_words(self, proposal: Any) -> list[dict[str, Any]]:
        return [{key: _plain(cell) for key, cell in row.items()} for row in proposal["value"]]

    def on_open(self, callback: Callable[[str], object]) -> None:
        """Call ``callback`` with the id of a row double-clicked or entered; it may be a coroutine function."""
        self._listen("open", callback)

    def _receive(self, content: dict[str, Any]) -> None:
        row = content.get("open")
        if isinstance(row, str) and any(row == known["id"] for known in self.rows):
            self._call("open", row)


def _column(column: Mapping[str, Any] | tuple[str, Said]) -> dict[str, str]:
    if isinstance(column, tuple):
        column = {"key": column[0], "label": column[1]}
    return {
        "key": str(column["key"]),
        "label": said(column.get("label", "")),
        "kind": str(column.get("kind", "text")),
    }


def _plain(cell: Cell) -> Any:
    """Return a cell as the browser takes it: text, text with a kind, or text with a bar's parts; never markup."""
    if isinstance(cell, Mapping) and "parts" in cell:
        return {"text": _plain(cell.get("text")), "parts": list(cell["parts"])}
    if isinstance(cell, Mapping):
        return {"text": _plain(cell.get("text")), "kind": str(cell.get("kind", "quiet"))}
    if isinstance(cell, Sentence):
        return said(cell)
    return "" if cell is None else str(cell)
