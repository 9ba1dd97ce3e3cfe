"""EXACT JSON: a JSON value as bytes in which a Decimal is the number it is, digit for digit: never a text, and never by way of a float."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from workbench.errors import Invalid
from workbench.models.base import JsonValue, Problem
from workbench.sentence import say


def exact_json(value: JsonValue) -> bytes:
    """Return a JSON value as compact bytes; a Decimal is written as the number it is, all its digits kept (1.10 stays 1.10).

    Raises Invalid for a number that JSON does not have (infinite, or none), TypeError for what is no JSON at all.
    """
    pieces: list[str] = []
    _write(value, pieces)
    return "".join(pieces).encode("utf-8", "replace")


def exact_number(number: Decimal) -> str:
    """Return a Decimal's digits without an exponent, as JSON writes a number; ``-0`` is 0. Raises Invalid where it is no number."""
    if not number.is_finite():
        sentence = say(
            "“{number}” is not a number that can be sent. Write an amount such as 19.90.", number=str(number)
        )
        raise Invalid([Problem(field="", sentence=sentence)])  # fmt: skip
    return f"{number if number else abs(number):f}"


def _write(value: Any, pieces: list[str]) -> None:
    if isinstance(value, Decimal):
        pieces.append(exact_number(value))
    elif isinstance(value, Mapping):
        pieces.append("{")
        for index, (name, item) in enumerate(value.items()):
            pieces.append(("," if index else "") + json.dumps(str(name), ensure_ascii=False) + ":")
            _write(item, pieces)
        pieces.append("}")
    elif isinstance(value, (list, tuple)):
        pieces.append("[")
        for index, item in enumerate(value):
            if index:
                pieces.append(",")
            _write(item, pieces)
        pieces.append("]")
    elif isinstance(value, float):
        pieces.append(exact_number(Decimal(repr(value))))
    else:
        pieces.append(json.dumps(value, ensure_ascii=False))
