"""CONSENT ROWS: consent events and inbound texts as a file holds them, and the audit as a file: CSV with a header, or JSON lines."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple

from pydantic import ValidationError

from workbench.models.base import JsonValue, Problem
from workbench.models.callback import InboundMessage
from workbench.models.consent import ConsentEvent
from workbench.sentence import Sentence, say

from .consent_profiles import check_point
from .lines import lines_of
from .spreadsheet import csv_text, unsheltered
from .strict_json import clip
from .wording import problems_of

MOST_ROWS: Final = 100_000
"""A cell that begins so is run as a formula: https://owasp.org/www-community/attacks/CSV_Injection"""

COLUMNS: Final = (
    "at", "happened_at", "channel", "point", "key", "status", "profile", "purpose", "topic", "sender", "scope", "word", "to", "source",
    "who", "words", "carrier", "provider", "message_id", "id",
)  # fmt: skip
"""The columns of the audit, and of a file that is brought in (``point`` and ``status`` are enough there)."""

_OTHER_NAMES: Final[Mapping[str, str]] = {
    "number": "point", "phone": "point", "email": "point", "happened_at": "provider_at", "reason": "words", "time": "at",
}  # fmt: skip
_FIELDS: Final = frozenset(ConsentEvent.model_fields) - {"id"}
_WORD = re.compile(r"[^a-z_]")


class ReadRow(NamedTuple):
    """One row of a file: a change of consent with its point in full, or an inbound text. ``dated`` says that the row named its time."""

    line: int
    event: ConsentEvent | None = None
    inbound: InboundMessage | None = None
    dated: bool = False


def read_rows(text: str, now: datetime) -> tuple[list[ReadRow], list[Problem]]:
    """Return the rows of a text, and what could not be read, with line numbers.

    A row with a ``text`` and no ``status`` is an inbound message (``from``, ``to``, ``text``, ``at``, ``id``). A time without a zone is in
    UTC; where there is none, ``now`` counts.
    """
    rows: list[ReadRow] = []
    problems: list[Problem] = []
    for line, fields in _fields(text.removeprefix("\ufeff"), problems):
        if len(rows) + len(problems) >= MOST_ROWS:
            problems.append(_wrong(line, say(
                "The file has more than {most} rows. The rest was not read: split it into several.", most=MOST_ROWS
            )))  # fmt: skip
            break
        read = _row(line, fields, now)
        if isinstance(read, Problem):
            problems.append(read)
        else:
            rows.append(read)
    return rows, problems


def _fields(text: str, problems: list[Problem]) -> Iterator[tuple[int, dict[str, JsonValue]]]:
    """Give each row's fields by name, with the number of its line."""
    if text.lstrip().startswith("{"):
        for number, line in enumerate(lines_of(text), 1):
            if not line.strip():
                continue
            try:
                document = json.loads(line)
            except (ValueError, RecursionError):
                document = None
            if isinstance(document, dict):
                yield number, {_name(name): value for name, value in document.items() if value is not None}
            else:
                problems.append(_wrong(number, say("This line is no JSON object. Write one object a line.")))
        return
    reader = csv.reader(lines_of(text))
    names: list[str] = []
    try:
        for cells in reader:
            if not names:
                names = [_name(cell) for cell in cells]
            elif any(cell.strip() for cell in cells):
                pairs = zip(names, cells, strict=False)
                yield reader.line_num, {name: _bare(cell) for name, cell in pairs if cell.strip()}
    except csv.Error:
        problems.append(_wrong(reader.line_num, say("This line cannot be read as CSV. Save the file as CSV in UTF-8.")))  # fmt: skip


def _name(text: object) -> str:
    name = _WORD.sub("", str(text).strip().lower().replace(" ", "_"))
    return _OTHER_NAMES.get(name, name)


def _bare(cell: str) -> str:
    """Return a cell without the apostrophe that keeps a spreadsheet from running it."""
    text = cell.strip()
    return unsheltered(text)


def _row(line: int, fields: dict[str, JsonValue], now: datetime) -> ReadRow | Problem:
    at, wrong = _moment(fields.get("at"))
    happened, wrong_too = _moment(fields.get("provider_at"))
    if sentence := wrong or wrong_too:
        return _wrong(line, sentence)
    said = fields.get("text", fields.get("body"))
    if "status" not in fields and isinstance(said, str):
        number = str(fields.get("message_id") or fields.get("id") or "")
        sender = str(fields.get("from") or fields.get("point") or "")
        heard = InboundMessage(
            provider_id=number, sender=sender, to=str(fields.get("to") or ""), body=said, at=happened or at
        )
        return ReadRow(line, inbound=heard, dated=at is not None)
    point = str(fields.get("point") or "")
    channel: JsonValue = fields.get("channel") or ("email" if "@" in point else "sms")
    if "***" in point:
        return _wrong(
            line,
            say(
                "The contact point is masked, so nobody knows whose it is. Bring in a file with whole numbers."
            ),
        )
    if channel in ("sms", "email", "custom") and (sentence := check_point(channel, point)):
        return _wrong(line, sentence)
    given = {
        name: value for name, value in fields.items() if name in _FIELDS and name not in ("at", "provider_at")
    }
    try:
        event = ConsentEvent.model_validate(
            {
                "source": "import",
                **given,
                "channel": channel,
                "point": point,
                "id": "",
                "at": at or now,
                "provider_at": happened,
            }
        )
    except ValidationError as error:
        [first, *_] = problems_of(error)
        return _wrong(line, say("“{field}”: {sentence}", field=first.field, sentence=first.sentence))
    return ReadRow(line, event=event, dated=at is not None or happened is not None)


def _moment(value: JsonValue) -> tuple[datetime | None, Sentence | None]:
    """Return a time, or what is wrong with it."""
    if value is None or value == "":
        return None, None
    try:
        found = datetime.fromisoformat(str(value).strip().replace(" UTC", "+00:00"))
    except ValueError:
        return None, say(
            "“{time}” is no time. Write it like {example}.",
            time=clip(str(value)),
            example="2026-03-01T09:30:00Z",
        )
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC), None


def _wrong(line: int, sentence: Sentence) -> Problem:
    return Problem(field="rows", sentence=sentence, line=line)


# -- the audit ---------------------------------------------------------------------------------------------------------


def audit_row(event: ConsentEvent, key: str) -> dict[str, JsonValue]:
    """Return an event as a row of the audit; its point is masked already, ``key`` names it without saying it."""
    document = event.model_dump(mode="json")
    document |= {"key": key, "happened_at": document.pop("provider_at")}
    return {name: document[name] for name in COLUMNS}


def audit_lines(rows: Iterable[Mapping[str, JsonValue]]) -> str:
    """Return rows as JSON lines."""
    return "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows)


def audit_table(rows: Iterable[Mapping[str, JsonValue]]) -> str:
    """Return rows as CSV with a header. A text that a spreadsheet would run as a formula begins with an apostrophe."""
    return csv_text(COLUMNS, ([row[name] for name in COLUMNS] for row in rows), spreadsheet=True)
