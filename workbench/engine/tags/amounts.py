"""AMOUNTS: what a person means by a number on a page: ``€ 1.234,56`` is 1234.56. One that may be two is never guessed."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

_FIGURE: Final = re.compile(r"[+-]?[0-9](?:[0-9.,'\u2019 \xa0\u202f\u2009]*[0-9])?", re.ASCII)
_SPACED: Final = re.compile(r"(?<=[0-9])['\u2019 \xa0\u202f\u2009](?=[0-9]{3}(?![0-9]))", re.ASCII)
_THOUSANDS: Final = re.compile(r"[+-]?[0-9]{1,3}(?:([.,])[0-9]{3})(?:\1[0-9]{3})*", re.ASCII)
_LONGEST: Final = 40


def meant_by(text: str) -> tuple[Decimal, ...]:
    """Return what a text means as an amount: one value, two where it may be either, none where it is no amount.

    Currencies and other signs around the figure do not count. ``1,234`` may be either; ``1.234`` is taken as it stands, since a point is
    what a program writes.
    """
    if len(text) > _LONGEST:
        return ()
    figures = _FIGURE.findall(text)
    if len(figures) != 1:
        return ()
    figure = _SPACED.sub("", figures[0])
    if re.search(r"[^0-9.,+-]", figure):
        return ()
    commas, points = figure.count(","), figure.count(".")
    if commas and points:
        last = max(figure.rfind(","), figure.rfind("."))
        decimal = figure[last]
        whole = figure[:last]
        if figure.count(decimal) > 1 or not _THOUSANDS.fullmatch(whole):
            return ()
        return (_amount(re.sub("[.,]", "", whole) + "." + figure[last + 1 :]),)
    if commas + points > 1:
        return (_amount(re.sub("[.,]", "", figure)),) if _THOUSANDS.fullmatch(figure) else ()
    if commas and _THOUSANDS.fullmatch(figure) and not figure.lstrip("+-").startswith("0"):
        return (_amount(figure.replace(",", "")), _amount(figure.replace(",", ".")))
    return (_amount(figure.replace(",", ".")),)


def _amount(text: str) -> Decimal:
    return Decimal(text.removeprefix("+"))
