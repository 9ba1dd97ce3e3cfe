"""SHOP ROWS: a table with one line for each item of a purchase becomes one row for each purchase.

Lines of a purchase need not stand together as long as the purchases that are open hold no more than ``most`` lines; above that the one that
got no line for longest is given out, and if it comes back the table is refused, with the fix.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import chain
from typing import Final, NamedTuple

from workbench.errors import Refused
from workbench.models.base import JsonValue
from workbench.models.run import Target
from workbench.sentence import Sentence, say

from .event_names import squashed
from .event_proposals import propose_columns
from .shop_names import LINE, PRODUCT, PURCHASE
from .shop_reading import is_blank
from .shop_wire import LINES
from .strict_json import clip

MOST_LINES: Final = 100_000
MOST_CLOSED: Final = 2_000_000
"""Purchases that were given out and are still remembered, eight bytes each and their place in a set."""
MOST_OF_ONE: Final = 10_000
"""Lines of one purchase; more are a mistake of the column."""


class Gathering(NamedTuple):
    """How a table is gathered: the column that names the purchase, those its lines share, and those of the lines with their field."""

    by: str
    shared: tuple[str, ...]
    lines: tuple[tuple[str, str], ...]


class Gathered(NamedTuple):
    """One purchase: its cells, with ``products`` for its lines, and what its lines do not agree on."""

    cells: dict[str, JsonValue]
    lines: int
    problem: Sentence | None = None


def gathering_of(columns: Sequence[str], by: str = "") -> Gathering:
    """Return how a table is gathered, as its columns' names propose: those of lines by the wire's names, or words that mean the same.

    Raises Refused where no column is called ``by`` (or, without it, like ``purchaseId``), or none holds a line's product.
    """
    known = {target: name for name in columns if name != by and (target := _ALSO.get(squashed(name)))}
    left = [name for name in columns if name != by and name not in known.values()]
    proposed = {
        one.target: one.column
        for one in propose_columns([one for one in _TARGETS if one.key not in known], left)
    } | known
    found = by or proposed.get("purchaseId", "")
    if found not in columns:
        raise Refused(say(
            "No column names the purchase that a line belongs to. Name it; the table has {columns}.", columns=clip(", ".join(columns), 120)
        ))  # fmt: skip
    if "productId" not in columns and squashed(proposed.get("name", "")) in _WHOSE_NAME:
        del proposed["name"]  # the customer's, or the order's: a product would be renamed
    lines = tuple(
        (column, target) for target, column in proposed.items() if target in _OF_LINES and column != found
    )
    if not any(name == "productId" for _, name in lines):
        raise Refused(say(
            "No column names the product of a line. Call it “productId”; the table has {columns}.", columns=clip(", ".join(columns), 120)
        ))  # fmt: skip
    of_lines = {column for column, _ in lines}
    return Gathering(
        found, tuple(column for column in columns if column not in of_lines and column != found), lines
    )


_TARGETS: Final = (
    *(Target(key=name.key) for name in PURCHASE),
    *(Target(key=name.key) for name in (*PRODUCT, *LINE)),
)
_ALSO: Final = {
    "orderid": "purchaseId", "ordernumber": "purchaseId", "orderno": "purchaseId",
    "linetotal": "price", "lineprice": "price", "linesubtotal": "price", "itemtotal": "price", "rowtotal": "price", "subtotal": "price",
}  # fmt: skip
"""Names that shops give their columns, beyond those that mean the same everywhere."""
_WHOSE_NAME: Final = frozenset({"name", "nome", "nombre", "nom", "title"})
_OF_LINES: Final = frozenset(name.key for name in (*PRODUCT, *LINE))


@dataclass(slots=True)
class _Open:
    began: int
    shared: dict[str, JsonValue]
    lines: list[JsonValue] = field(default_factory=list)
    problem: Sentence | None = None


def gather(
    rows: Iterable[Mapping[str, JsonValue]], by: str = "purchaseId", *, most: int = MOST_LINES
) -> Iterator[dict[str, JsonValue]]:
    """Give the cells of one row for each purchase: ``by``, what its lines share, and ``products``, a list with the names of the wire.

    The columns are those of the first row, and which are the lines' their names tell (``gathering_of``). Raises Refused for a table that
    cannot be gathered, and where the lines of a purchase do not agree: nothing of it should be used then.
    """
    walk = iter(rows)
    first = next(walk, None)
    if first is None:
        return
    for one in gathered(chain([first], walk), gathering_of(tuple(first), by), most=most):
        if one.problem is not None:
            raise Refused(
                say(
                    "Purchase “{id}”: {sentence}", id=clip(str(one.cells.get(by) or "")), sentence=one.problem
                )
            )
        yield one.cells


def gathered(
    rows: Iterable[Mapping[str, JsonValue]], how: Gathering, *, most: int = MOST_LINES
) -> Iterator[Gathered]:
    """Give one row for each purchase, in the order in which they begin where all fit in ``most`` lines.

    Its cells are ``how.by``, what its lines share, and ``products``: a list of the lines with the names of the wire. Where lines differ in
    what they should share, or none names the purchase, its ``problem`` says so and the first line counts. Raises Refused for a purchase
    that comes back after it was given out: nothing of the table should be used then.
    """
    held_open: dict[str, _Open] = {}
    closed: set[int] = set()
    held = 0
    for number, row in enumerate(rows):
        held += _taken(row, number, how, held_open, closed)
        while held > most and len(held_open) > 1:
            key = next(iter(held_open))
            given = held_open.pop(key)
            held -= len(given.lines)
            closed.add(_short(key))
            if len(closed) > MOST_CLOSED:
                raise Refused(say("The table has too many purchases to be gathered. Split it by date."))
            yield _gathered(key, given, how)
    for key, given in sorted(held_open.items(), key=lambda item: item[1].began):
        yield _gathered(key, given, how)


def _taken(
    row: Mapping[str, JsonValue], number: int, how: Gathering, held_open: dict[str, _Open], closed: set[int]
) -> int:
    """Put one line to its purchase; return how many lines that are more."""
    value = row.get(how.by)
    key = "" if is_blank(value) else str(value).strip()
    found = held_open.pop(key, None)
    if found is None:
        if closed and _short(key) in closed:
            raise Refused(say(
                "The lines of purchase “{id}” stand too far apart to be gathered. Sort the table by “{column}”, and give it again.",
                id=clip(key), column=clip(how.by),
            ))  # fmt: skip
        found = _Open(number, {column: row.get(column) for column in how.shared})
        if not key:
            found.problem = say(
                "“{column}” is empty, so nobody knows whose line it is. Fill it in.", column=clip(how.by)
            )
    elif found.problem is None:
        found.problem = _differs(row, found, how)
    held_open[key] = found  # at the end: it got a line last
    if len(found.lines) >= MOST_OF_ONE:
        raise Refused(say(
            "Purchase “{id}” has more than {most} lines. See whether “{column}” is the column that names it.",
            id=clip(key), most=MOST_OF_ONE, column=clip(how.by),
        ))  # fmt: skip
    found.lines.append({name: one for column, name in how.lines if not is_blank(one := row.get(column))})
    return 1


def _differs(row: Mapping[str, JsonValue], found: _Open, how: Gathering) -> Sentence | None:
    """Return what a line says otherwise than those before it; a blank cell says nothing. What only a later line says is taken over."""
    for column in how.shared:
        value = row.get(column)
        if is_blank(value):
            continue
        before = found.shared.get(column)
        if is_blank(before):
            found.shared[column] = value
        elif value != before:
            return say(
                "The lines of this purchase do not agree on “{column}”. Make it the same in all of them, or call the column as the field "
                "of a line that it is, such as {example}.",
                column=clip(column), example="price",
            )  # fmt: skip
    return None


def _gathered(key: str, given: _Open, how: Gathering) -> Gathered:
    return Gathered({how.by: key, **given.shared, LINES: given.lines}, len(given.lines), given.problem)


def _short(key: str) -> int:
    return int.from_bytes(blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest())
