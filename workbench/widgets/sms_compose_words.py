"""COMPOSE WORDS: what is pasted is read, and what a text is, is said: its length, its characters, its checks."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final, NamedTuple

from workbench.models.base import JsonValue, Problem
from workbench.models.message import Designation
from workbench.models.message_draft import (
    MOST_RECIPIENTS,
    AudiencePart,
    Forcing,
    Lengths,
    Meter,
    Price,
    PriceTable,
    Recipient,
    SmsEncoding,
)
from workbench.models.sms_account import Sender
from workbench.sentence import N_, Sentence, say

from . import look
from .language import number
from .look import Html, markup
from .piece import Said, said

DESIGNATIONS: Final[Sequence[tuple[Designation, str, str]]] = (
    ("commercial", N_("Commercial"), N_("Advertising and offers: it says how to opt out.")),
    (
        "transactional",
        N_("Transactional"),
        N_("About an order, an appointment, a code: what the recipient asked for."),
    ),
)
ENCODINGS: Final[dict[SmsEncoding, str]] = {"gsm7": "GSM-7", "ucs2": "UCS-2"}
MOST_ROWS: Final = 200
"""Sample rows that are measured at each key."""
_APART = re.compile(r"[,;\n\t]+")
_PAIR = re.compile(r"^\s*([A-Za-z]{2}|\*)\s*[:=,;\t ]\s*([0-9][0-9 .,_']*)\s*$")
_LEVELS: Final[dict[str, tuple[str, look.Kind]]] = {
    "error": (N_("Problem"), "error"), "warning": (N_("Look here"), "warn"), "note": (N_("Note"), "info"),
}  # fmt: skip


class Rows(NamedTuple):
    """Sample rows as they were read, and what is wrong with them."""

    rows: list[dict[str, JsonValue]]
    problem: Sentence | None = None


class Pairs(NamedTuple):
    """Countries with a figure each, and what is wrong with them."""

    pairs: list[tuple[str, Decimal]]
    problem: Sentence | None = None


# -- what is pasted ----------------------------------------------------------------------------------------------------


def numbers_of(text: str) -> list[str]:
    """Return the numbers of a pasted text: one a line, or with commas or semicolons between them."""
    return [one.strip() for one in _APART.split(text) if one.strip()]


def recipients_of(
    text: str, rows: Sequence[dict[str, JsonValue]]
) -> tuple[tuple[Recipient, ...], Sentence | None]:
    """Return the recipients, each with the values of its row (the last row serves the rest), or what is wrong with them."""
    numbers = numbers_of(text)
    if len(numbers) > MOST_RECIPIENTS:
        sentence = say(
            "{count} numbers are more than the {most} of one text. Send to more with a job.",
            count=len(numbers),
            most=MOST_RECIPIENTS,
        )
        return (), sentence
    people = tuple(
        Recipient(number=one[:100], values=rows[min(at, len(rows) - 1)] if rows else {})
        for at, one in enumerate(numbers)
    )
    return people, None


def rows_of(text: str) -> Rows:
    """Return the sample rows of a pasted table: the first line has the names; commas, semicolons or tabs between them."""
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        return Rows([])
    apart = max(("\t", ";", ","), key=lines[0].count)
    try:
        table = [[cell.strip() for cell in line] for line in csv.reader(lines, delimiter=apart)]
    except csv.Error:
        return Rows(
            [],
            say(
                "This cannot be read as a table. Write the names in the first line, and one row in each line below."
            ),
        )
    names, cells = table[0], table[1 : MOST_ROWS + 1]
    if len(set(names)) < len(names) or not all(names):
        return Rows([], say("The first line names the values: each name once, and none of them empty."))
    wide = next((at for at, row in enumerate(cells, 2) if len(row) > len(names)), None)
    if wide is not None:
        return Rows([], say("Line {line} has more values than the first line has names.", line=wide))
    return Rows([dict(zip(names, row, strict=False)) for row in cells])


def pairs_of(text: str) -> Pairs:
    """Return what lines such as ``SE 120000`` or ``SE: 0.055`` say; ``*`` stands for every other country."""
    found: list[tuple[str, Decimal]] = []
    for at, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        match = _PAIR.match(line)
        try:
            if match is None:
                raise InvalidOperation
            found.append((match[1].upper().replace("*", ""), Decimal(_plain(match[2]))))
        except InvalidOperation:
            return Pairs(
                [],
                say(
                    "Line {line} cannot be read. Write a country's two letters and a number, such as SE 1000.",
                    line=at,
                ),
            )
    return Pairs(found)


def _plain(figure: str) -> str:
    """Return a figure without what groups its digits; a comma before one to six last digits that is not a group is a decimal point."""
    bare = re.sub(r"[ _']", "", figure)
    if re.fullmatch(r"[0-9]{1,3}([.,][0-9]{3})+", bare) and not bare.startswith("0"):
        return re.sub(r"[.,]", "", bare)
    return bare.replace(",", ".")


def audience_of(pairs: Iterable[tuple[str, Decimal]]) -> tuple[AudiencePart, ...]:
    """Return an audience from pairs."""
    return tuple(AudiencePart(region=region, count=int(count)) for region, count in pairs)


def prices_text(table: PriceTable) -> str:
    """Return a price table as it is edited, those for one provider alone left out: they are kept as they are."""
    return "\n".join(f"{price.region or '*'} {price.amount}" for price in table.prices if not price.provider)


def with_prices(table: PriceTable, pairs: Iterable[tuple[str, Decimal]], currency: str) -> PriceTable:
    """Return the price table with other prices; raises ValueError where one is none."""
    kept = [price for price in table.prices if price.provider]
    made = [Price(region=region, amount=amount) for region, amount in pairs]
    note = N_("Edited here: what your own contracts say.")
    return PriceTable(currency=currency.strip().upper(), prices=tuple(made + kept), note=note)


# -- what is said ------------------------------------------------------------------------------------------------------


def sender_label(sender: Sender, kind: Said) -> str:
    """Return how a sender is called in a list."""
    name = f"{sender.name} · " if sender.name else ""
    return f"{name}{sender.value} ({said(kind)})"


def meter_words(meter: Meter) -> Sentence:
    """Return how long a text is, in one sentence."""
    return say(
        "{encoding}, segments: {segments} (of up to {most}). Characters: {characters}, units: {units}, left in the last segment: {left}.",
        encoding=ENCODINGS[meter.encoding], characters=meter.characters, units=meter.units, segments=meter.segments,
        most=meter.per_segment, left=meter.left,
    )  # fmt: skip


def lengths_markup(lengths: Lengths) -> Html:
    """Return shortest, typical and longest beside each other; one line where they are the same."""
    if lengths.least == lengths.most:
        return markup('<p class="wb-hint">{text}</p>', text=said(meter_words(lengths.most)))
    rows = ((N_("Shortest"), lengths.least), (N_("Typical"), lengths.typical), (N_("Longest"), lengths.most))
    items = Html("").join(
        markup("<li><strong>{name}</strong> {text}</li>", name=said(name), text=said(meter_words(one)))
        for name, one in rows
    )
    return markup('<ul class="wb-hint wb-sms-meter-list">{items}</ul>', items=items)


def shown_character(one: Forcing) -> str:
    """Return a character as it can be seen: one that is not seen by its code."""
    plain = one.character.strip()
    return one.character if plain and plain.isprintable() else one.name


def forcing_words(one: Forcing) -> Sentence:
    """Return which character makes a text UCS-2, where it stands first, and what GSM-7 would write."""
    facts: dict[str, str | int] = {
        "character": shown_character(one),
        "name": one.name,
        "place": one.place,
        "count": one.count,
    }
    if one.instead is None:
        return say(
            "“{character}” ({name}), first at place {place}, {count} in all: GSM-7 has nothing like it.",
            **facts,
        )
    if not one.instead:
        return say(
            "{name}, first at place {place}, {count} in all: it is not seen, and can be left out.", **facts
        )
    return say(
        "“{character}” ({name}), first at place {place}, {count} in all: in GSM-7 “{instead}”.",
        **facts,
        instead=one.instead,
    )


def change_words(one: Forcing) -> Sentence:
    """Return what transliteration changed."""
    if not one.instead:
        return say("{name} left out ({count})", name=one.name, count=one.count)
    return say("“{old}” became “{new}” ({count})", old=shown_character(one), new=one.instead, count=one.count)


def list_markup(sentences: Iterable[Sentence]) -> Html:
    """Return sentences as a list."""
    items = Html("").join(markup("<li>{text}</li>", text=said(one)) for one in sentences)
    return markup('<ul class="wb-sms-meter-list">{items}</ul>', items=items) if items else Html("")


def checks_markup(problems: Sequence[Problem]) -> Html:
    """Return the checks as a list, each with its level in words, the worst first."""
    if not problems:
        return markup('<p class="wb-empty">{text}</p>', text=said(N_("Nothing speaks against this text.")))
    order = list(_LEVELS)
    items = Html("").join(
        markup(
            "<li>{badge}<span>{text}</span></li>",
            badge=look.badge(*_LEVELS[one.level]),
            text=said(one.sentence),
        )
        for one in sorted(problems, key=lambda one: order.index(one.level))
    )
    return markup('<ul class="wb-sms-checks">{items}</ul>', items=items)


def money(amount: Decimal | None, currency: str) -> str:
    """Return an amount with its currency; a dash where it is not known."""
    return "–" if amount is None else f"{number(float(amount))} {currency}"


def why(text: Said) -> Html:
    """Return a sentence as a cell of a table: wide enough to be read."""
    return markup('<span class="wb-sms-why">{text}</span>', text=said(text)) if text else Html("")


def one_line(text: str) -> Html:
    """Return a number or an id as a cell of a table: never broken."""
    return markup('<span class="wb-sms-number">{text}</span>', text=text) if text else Html("")


def whole(text: str) -> Html:
    """Return a masked number, or a few words, as a cell of a table: broken at blanks only, so that a narrow table keeps its room."""
    return markup('<span class="wb-sms-whole">{text}</span>', text=text) if text else Html("")
