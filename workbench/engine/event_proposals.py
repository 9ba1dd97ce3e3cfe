"""Event proposals: which path or column probably fills which variable, for a person to look at (R-EVT-23)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from workbench.models.base import JsonValue
from workbench.models.event import AUTOMATION_ID, IDENTIFIERS, Event, EventVariable, FieldPath
from workbench.models.run import Mapped, Target

from .event_arrays import columns_in
from .event_names import SURE, likeness, singular
from .event_paths import Step, path_of, steps_of
from .event_paths_found import paths_in
from .event_plan import declared_in

_COLUMN: Final = re.compile(r"(.+)\[\]\.(.+)", re.DOTALL)


def propose(event: Event, sample: JsonValue) -> tuple[FieldPath, ...]:
    """Return a mapping for the identifiers and variables whose names, or words that mean the same, are found in the sample."""
    found = [(steps, kind) for path, kind, _ in paths_in(sample) if (steps := steps_of(path))]
    flat = [steps for steps, kind in found if None not in steps and kind not in ("array", "list", "object")]
    lists = [steps for steps, kind in found if kind == "array" and None not in steps]
    if not lists and isinstance(sample, list):
        lists = [()]
    declared = declared_in(event)
    made: list[FieldPath] = []
    free = list(flat)
    for name in (
        *IDENTIFIERS,
        AUTOMATION_ID,
        *(name for name, item in declared.items() if item.type != "array"),
    ):
        best = _best(name, free, least=96 if name == AUTOMATION_ID else SURE)
        if best is not None:
            free.remove(best)
            made.append(FieldPath(variable=name, path=path_of(best)))
    for variable in declared.values():
        if variable.type == "array":
            made += _proposed_array(variable, lists, [steps for steps, _ in found])
    return tuple(made)


def _best(
    name: str, candidates: Sequence[tuple[Step, ...]], least: int = SURE, above: str = ""
) -> tuple[Step, ...] | None:
    """Return the path whose last names look most like a name; of equal ones the least deep, then the first."""
    scored = [
        (likeness(name, *([above] if above else []), *_words(steps)), -len(steps), -at, steps)
        for at, steps in enumerate(candidates)
    ]
    best = max(scored, key=lambda score: score[:3], default=None)
    return best[3] if best and best[0] >= least else None


def _words(steps: tuple[Step, ...]) -> tuple[str, ...]:
    return tuple(step for step in steps if isinstance(step, str))


def _proposed_array(
    variable: EventVariable, lists: Sequence[tuple[Step, ...]], paths: Sequence[tuple[Step, ...]]
) -> Iterator[FieldPath]:
    base = _best(variable.name, lists) if lists != [()] else ()
    if base is None and len(lists) == 1:
        base = lists[0]
    if base is None:
        return
    columns = columns_in(variable.columns)
    if not columns and base:
        yield FieldPath(variable=variable.name, path=path_of(base))
    inner = [
        steps[len(base) + 1 :]
        for steps in paths
        if steps[: len(base) + 1] == (*base, None) and len(steps) > len(base) + 1
    ]
    free = [steps for steps in inner if None not in steps]
    for column in columns:
        best = _best(column.name, free, above=variable.name)
        best = best or _best(f"{singular(variable.name)}{column.name}", free)
        if best is not None:
            free.remove(best)
            yield FieldPath(variable=f"{variable.name}[].{column.name}", path=path_of((*base, None, *best)))


def propose_columns(targets: Sequence[Target], columns: Sequence[str]) -> tuple[Mapped, ...]:
    """Return the column for each target whose name it bears, or a word that means the same; no column serves two targets.

    The surest pairs are made first. A field of an array (``products[].id``) takes ``products[].id``, ``products.id`` or ``product_id``.
    """
    pairs = [
        (_column_likeness(target.key, column), -place, -at, target.key, column)
        for place, target in enumerate(targets)
        for at, column in enumerate(columns)
    ]
    chosen: dict[str, str] = {}
    used: set[str] = set()
    for score, _, _, target, column in sorted(pairs, reverse=True):
        if score >= SURE and target not in chosen and column not in used:
            chosen[target] = column
            used.add(column)
    return tuple(
        Mapped(target=target.key, column=chosen[target.key]) for target in targets if target.key in chosen
    )


def _column_likeness(target: str, column: str) -> int:
    if target == column:
        return 101
    field = _COLUMN.fullmatch(target)
    if field is None:
        return likeness(target, column)
    singular = field[1].removesuffix("s")
    return max(likeness(name, column) for name in (f"{field[1]}{field[2]}", f"{singular}{field[2]}"))
