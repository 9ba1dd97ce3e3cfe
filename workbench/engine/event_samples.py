"""Event samples: an occurrence made up from the contract, which always composes (R-EVT-21)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from workbench.models.base import JsonValue
from workbench.models.event import Event, EventColumn, EventInput, EventVariable

from .event_arrays import READERS, ArrayReader, columns_in
from .event_findings import Findings, Mark
from .event_plan import declared_in
from .event_types import Reader

_NAMES: Final = (
    "Ana Lima",
    "Bruno Costa",
    "Clara Nilsson",
    "David Moreau",
    "Elena García",
    "Filipe Souza",
    "Greta Lind",
)
_PRODUCTS: Final = (
    "Linen shirt",
    "Running shoes",
    "Coffee grinder",
    "Desk lamp",
    "Rain jacket",
    "Travel bag",
    "Garden chair",
)
_CITIES: Final = ("São Paulo", "Lisboa", "Göteborg", "Lyon", "Sevilla", "Curitiba", "Porto")
_FIRST_DAY: Final = date(2026, 1, 5)
_LAST_DRAMA: Final = 95


def sample(event: Event, seed: int = 0) -> EventInput:
    """Return an occurrence with every declared variable filled; the same for the same event and seed.

    A variable's own sample is taken where it fits its type. Addresses lie under example.com (RFC 2606), and the numbers are those that
    Sweden keeps for films (070-1740605 to 070-1740699,
    https://www.tellerreport.com/life/2020-09-07-hundreds-of-telephone-numbers-are-reserved-for-film--television-and-books.Symrwpm4w.html).
    """
    names = _NAMES[seed % len(_NAMES)].lower().replace("í", "i").split()
    flow = event.automation_id or next((flow.id for flow in event.flows if flow.active), None)
    return EventInput(
        email=f"{names[0]}.{names[1]}{abs(seed) % 1_000_000}@example.com",
        phone=f"+467017406{5 + seed % _LAST_DRAMA:02d}",
        automation_id=flow,
        values={item.name: _value(item, seed) for item in declared_in(event).values()},
    )


def _value(variable: EventVariable, seed: int) -> JsonValue:
    if variable.type == "array":
        reader = ArrayReader(variable.columns)
        found = Findings()
        given = reader(variable.sample, "sample", found)
        if isinstance(given, list) and given and not found.problems:
            return given
        return [_row(variable.columns, seed + place) for place in range(1 + seed % 3)]
    given = _taken(READERS[variable.type], variable.sample)
    return _made_up(variable.name, variable.type, seed) if given is None else given


def _row(columns: tuple[EventColumn, ...], seed: int) -> dict[str, JsonValue]:
    columns = columns_in(columns) or (EventColumn(name="id"), EventColumn(name="name"))
    row = {}
    for column in columns:
        given = _taken(READERS[column.type], column.sample)
        row[column.name] = _made_up(column.name, column.type, seed) if given is None else given
    return row


def _taken(read: Reader, given: JsonValue) -> JsonValue:
    """Return a contract's own sample as it goes out; None where there is none, or it does not fit."""
    found = Findings()
    value = None if given is None else read(given, "sample", found)
    blank = isinstance(value, str) and not value.strip()
    return None if isinstance(value, Mark) or found.blocked or blank else value


def _made_up(name: str, kind: str, seed: int) -> JsonValue:
    """Return a value of a type that fits the name a little."""
    word = name.casefold()
    if kind == "boolean":
        return seed % 2 == 0
    if kind == "date":
        return (_FIRST_DAY + timedelta(days=seed % 300)).isoformat()
    if kind == "number":
        if any(
            part in word
            for part in (
                "price",
                "total",
                "amount",
                "preco",
                "preço",
                "valor",
                "prix",
                "precio",
                "sum",
                "cost",
            )
        ):
            return round(9.9 + 7.35 * (seed % 40), 2)
        return (
            1 + seed % 9
            if any(part in word for part in ("qty", "quant", "count", "number"))
            else 100 + seed % 900
        )
    return _text(word, name, seed)


def _text(word: str, name: str, seed: int) -> str:
    if any(part in word for part in ("url", "link", "href", "img", "image", "picture")):
        return f"https://shop.example.com/{100 + seed % 900}"
    if "mail" in word:
        return f"contact{seed % 900}@example.com"
    if any(part in word for part in ("first_name", "firstname", "prenom", "primeiro", "nombre")):
        return _NAMES[seed % len(_NAMES)].split()[0]
    if "product" in word or "item" in word or word in ("name", "title", "sku_name"):
        return _PRODUCTS[seed % len(_PRODUCTS)]
    if "name" in word or "nome" in word:
        return _NAMES[seed % len(_NAMES)]
    if "currency" in word or "moeda" in word:
        return ("EUR", "BRL", "SEK")[seed % 3]
    if "city" in word or "cidade" in word or "ville" in word:
        return _CITIES[seed % len(_CITIES)]
    if word == "id" or word.endswith(("_id", "sku", "code", "number")):
        return str(1000 + seed % 9000)
    return f"{name.replace('_', ' ')} {1 + seed % 9}"
