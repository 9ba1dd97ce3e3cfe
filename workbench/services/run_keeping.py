"""RUN KEEPING: what is kept of a row that needs a word, sealed with its run's own key; and how it is shown, and to whom."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from pydantic import TypeAdapter
from pydantic_core import from_json, to_json

from workbench.engine.redact import Redactor, mask_identifier
from workbench.models.base import JsonValue, Problem
from workbench.models.run import CheckedRow, CheckState
from workbench.models.run_kept import KeptRow, KeptRun
from workbench.sentence import Sentence

from .house import House

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from workbench.adapters.sealed_rows import RowKey

    from .run_look import Look, Looked

LONGEST_CELL: Final = 2_000
"""Letters of a cell that are kept for a person to see; what goes out is read from the table."""
_problems = TypeAdapter(tuple[Problem, ...])


async def new_key(house: House) -> tuple[RowKey, str]:
    """Return a run's own key, and as it is kept: sealed by the vault."""
    from workbench.adapters.sealed_rows import RowKey

    key = RowKey.new()
    return key, await asyncio.to_thread(house.vault.seal_data, key.text.encode())


async def key_of(house: House, kept: KeptRun) -> RowKey:
    """Return the key of a run's rows. Raises MissingSecret where the vault does not open it."""
    from workbench.adapters.sealed_rows import RowKey

    return RowKey((await asyncio.to_thread(house.vault.open_data, kept.key)).decode())


def kept_row(
    key: RowKey, look: Look, looked: Looked, state: CheckState, problems: tuple[Problem, ...], before: KeptRow | None = None
) -> KeptRow:  # fmt: skip
    """Return what is kept of a row that was looked at; what a person did to it before stays."""
    told = {
        "cells": {name: _short(value) for name, value in looked.cells.items()},
        "problems": _problems.dump_python(problems, mode="json"),
        "recipient": look.recipient(looked),
        "hidden": look.hidden(looked),
    }
    return KeptRow(
        looked.number,
        state,
        tuple(problem.field for problem in problems),
        before.by_hand if before else False,
        before.fixes if before else None,
        key.seal(to_json(told, inf_nan_mode="constants")),
    )


def fixes_of(key: RowKey, kept: KeptRow | None) -> dict[str, JsonValue]:
    """Return the cells of a row that a person changed."""
    if kept is None or kept.fixes is None:
        return {}
    found = from_json(key.open(kept.fixes))
    return found if isinstance(found, dict) else {}


def sealed_fixes(key: RowKey, fixes: Mapping[str, JsonValue]) -> str | None:
    """Return the changed cells as they are kept."""
    return key.seal(to_json(dict(fixes), inf_nan_mode="constants")) if fixes else None


def problems_of(key: RowKey, kept: KeptRow | None) -> tuple[Problem, ...]:
    """Return what was found wrong with a kept row."""
    told = _told(key, kept)
    return _problems.validate_python(told.get("problems", ())) if told else ()


def recipient_of(key: RowKey, kept: KeptRow) -> str:
    """Return the masked contact of a kept row."""
    return str(_told(key, kept).get("recipient", ""))


def checked_row(house: House, key: RowKey, kept: KeptRow) -> CheckedRow:
    """Return a kept row as the person may see it: who may only look sees no cell, and every contact point masked."""
    told = _told(key, kept)
    row = CheckedRow(
        number=kept.number, state=kept.state, cells=told.get("cells", {}), fixed=tuple(fixes_of(key, kept)),
        recipient=told.get("recipient", ""), problems=problems_of(key, kept),
    )  # fmt: skip
    return shown(house, row, told.get("hidden", {}))


def shown(house: House, row: CheckedRow, hidden: Mapping[str, str]) -> CheckedRow:
    """Return a row as the person who asks may see it."""
    if house.person.may("operator"):
        return row
    return row.model_copy(update={"cells": {}, "problems": _hidden(row.problems, hidden)})


def reason_of(key: RowKey, kept: KeptRow) -> Sentence | None:
    """Return why a row was kept back, its contact masked: what an outcome file says to everybody."""
    told = _told(key, kept)
    problems = _hidden(problems_of(key, kept), told.get("hidden", {}))
    blocking = [problem for problem in problems if problem.blocks]
    chosen = blocking[0] if blocking else problems[-1] if problems else None
    return None if chosen is None else chosen.sentence


def _hidden(problems: Sequence[Problem], hidden: Mapping[str, str]) -> tuple[Problem, ...]:
    redactor = Redactor({}).naming(dict(hidden))
    return tuple(
        problem.model_copy(update={"sentence": redactor.sentence(problem.sentence)}) for problem in problems
    )


def masked(house: House, value: str) -> str:
    """Return a contact point as it may be shown."""
    return mask_identifier(value, house.home.salt) if value else ""


def _told(key: RowKey, kept: KeptRow | None) -> dict[str, Any]:
    if kept is None or kept.detail is None:
        return {}
    found = from_json(key.open(kept.detail))
    return found if isinstance(found, dict) else {}


def _short(value: JsonValue) -> JsonValue:
    return f"{value[:LONGEST_CELL]}…" if isinstance(value, str) and len(value) > LONGEST_CELL else value
