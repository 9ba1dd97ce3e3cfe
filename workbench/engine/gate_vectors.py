"""GATE VECTORS: rows that tell how a held contact ends, read from a table and played with the rules of ``hold``.

The columns are ``flow;split;next_step_min;answer;answer_min;message;contact_ends``; ``-`` stands for none, and the limit is 60 minutes.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from workbench.models.platform import Ending, Switches, Timing
from workbench.sentence import Sentence, say

from .hold import figure, settle

COLUMNS = ("flow", "split", "next_step_min", "answer", "answer_min", "message", "contact_ends")
LIMIT_MIN = 60.0
NONE = frozenset(("", "-", "none"))

_FLOWS: dict[str, Literal["journey", "campaign_manager"]] = {
    "journey": "journey",
    "cm": "campaign_manager",
    "campaign_manager": "campaign_manager",
}
_SPLIT = {"on": True, "off": False}
_ANSWERS: dict[str, Literal["accept", "reject"]] = {"accept": "accept", "reject": "reject"}
_SENT = re.compile(r"(NOT SENT|SENT)(?:\s*[(\[](?P<rule>A-\d+|[DP])[)\]])?", re.IGNORECASE)
_LATE = re.compile(r"late (accept|reject) at ([0-9.]+)")
_STATUS = re.compile(r"\b([245]\d\d)\b")
_WAS_SENT = re.compile(r"\b(not )?sent\b", re.IGNORECASE)
_RULE = re.compile(r"[(\[](A-\d+|[DP])[)\]]", re.IGNORECASE)
"""A mark of the sheet beside the words of a row; it is no part of them."""
_NAMED = re.compile(r"\bA-\d+\b", re.IGNORECASE)
"""A rule of the sheet that is named beside a row: it must be the one that decided it."""


class Vector(NamedTuple):
    """One row: what happens, and how it should end. ``line`` counts from 1."""

    line: int
    timing: Timing
    answer: Literal["accept", "reject"] | None
    answer_min: float | None
    message: str
    contact_ends: str


class BadLine(NamedTuple):
    """A line that is no vector, and why."""

    line: int
    sentence: Sentence


class Difference(NamedTuple):
    """A row that ends otherwise than it says: what it says and what the rules give."""

    vector: Vector
    message: str
    contact_ends: str

    @property
    def sentence(self) -> Sentence:
        """Return the difference in words."""
        return say(
            "Line {line} says “{message}; {ends}”, and the rules give “{played}; {played_ends}”.",
            line=self.vector.line,
            message=self.vector.message,
            ends=self.vector.contact_ends,
            played=self.message,
            played_ends=self.contact_ends,
        )


class Vectors(NamedTuple):
    """What a table held: its rows, and the lines that are none."""

    rows: tuple[Vector, ...]
    bad: tuple[BadLine, ...]


def read_vectors(text: str) -> Vectors:
    """Return the rows of a table whose first line names the columns; blank lines and those that begin with # are passed over."""
    rows: list[Vector] = []
    bad: list[BadLine] = []
    places: dict[str, int] | None = None
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        fields = [field.strip() for field in next(csv.reader([line], delimiter=";"), [])]
        if places is None:
            places = {name.lower(): index for index, name in enumerate(fields)}
            missing = [name for name in COLUMNS if name not in places]
            if missing:
                return Vectors((), (BadLine(number, _no_columns(missing)),))
            width = len(fields)
            continue
        if len(fields) > width:  # the words of the last column may hold semicolons of their own
            fields[width - 1 :] = [" ; ".join(fields[width - 1 :])]
        read = (
            _row(number, {name: fields[index] for name, index in places.items()})
            if len(fields) == width
            else BadLine(number, _width(len(fields), width))
        )
        (rows if isinstance(read, Vector) else bad).append(read)  # type: ignore[arg-type]
    if places is None:
        bad.append(BadLine(1, _no_columns(COLUMNS)))
    return Vectors(tuple(rows), tuple(bad))


def play(vector: Vector, switches: Switches | None = None) -> Ending:
    """Return how a row ends by the rules; without ``switches`` by their defaults."""
    return settle(
        vector.timing,
        switches or Switches(),
        answer=vector.answer,
        answer_min=vector.answer_min,
        single=True,  # a row tells of one contact, whose reject stands for itself
    )


def differing(rows: Sequence[Vector], switches: Switches | None = None) -> list[Difference]:
    """Return the rows that end otherwise than they say, in their order."""
    found = []
    for vector in rows:
        ending = play(vector, switches)
        if not (_same_message(vector, ending) and _same_end(vector, ending)):
            found.append(Difference(vector, "SENT" if ending.sent else "NOT SENT", ending.words))
    return found


def _same_message(vector: Vector, ending: Ending) -> bool:
    """Return whether the message column is right; a rule in brackets beside it (``SENT (A-4)``) is read too."""
    read = _SENT.fullmatch(vector.message)
    if read is None or (read[1].upper() == "SENT") != ending.sent:
        return False
    return read["rule"] is None or read["rule"].upper() in (ending.decided_by, "P", "D")


def _same_end(vector: Vector, ending: Ending) -> bool:
    """Return whether the contact's end is right; a remark behind it may be left out, but nothing in one may be false."""
    if not {rule.upper() for rule in _NAMED.findall(vector.contact_ends)} <= {ending.decided_by}:
        return False
    said, *remarks = (_plain(part) for part in vector.contact_ends.split(";"))
    ours = _plain(ending.words.partition(";")[0])
    return said == ours and all(_true(remark, vector, ending) for remark in remarks)


def _true(remark: str, vector: Vector, ending: Ending) -> bool:
    """Return whether what a remark tells holds: a status, whether the message was sent, an answer that came late."""
    if any(int(status) != ending.answer for status in _STATUS.findall(remark)):
        return False
    sent = _WAS_SENT.search(remark)
    if sent is not None and (sent[1] is None) != ending.sent:
        return False
    late = _LATE.search(remark)
    if late is None:
        return True
    return late[1] == vector.answer and _number(late[2]) == vector.answer_min and ending.answer == 410


def _plain(part: str) -> str:
    return " ".join(_RULE.sub(" ", part).split())


def _row(number: int, fields: dict[str, str]) -> Vector | BadLine:
    flow = _FLOWS.get(fields["flow"].lower())
    split = _SPLIT.get(fields["split"].lower())
    answer = _ANSWERS.get(fields["answer"].lower())
    step, minute = _number(fields["next_step_min"]), _number(fields["answer_min"])
    wrong = {
        "flow": flow is None,
        "split": split is None,
        "next_step_min": step is None and fields["next_step_min"].lower() not in NONE,
        "answer": answer is None and fields["answer"].lower() not in NONE,
        "answer_min": (minute is None) != (answer is None)
        or (minute is None and fields["answer_min"].lower() not in NONE),
        "message": _SENT.fullmatch(fields["message"]) is None,
        "contact_ends": not fields["contact_ends"],
    }
    first = next((name for name in COLUMNS if wrong[name]), None)
    if first is not None or flow is None or split is None:
        return BadLine(number, _wrong(first or "flow", fields[first or "flow"]))
    timing = Timing(
        flow=flow, split=split, limit_min=LIMIT_MIN, next_steps_min=() if step is None else (step,)
    )
    return Vector(number, timing, answer, minute, fields["message"], fields["contact_ends"])


_TAKEN: dict[str, Sentence] = {
    "flow": say("“journey” or “cm”"),
    "split": say("“on” or “off”"),
    "next_step_min": say("minutes from 0, or “-” for the last step"),
    "answer": say("“accept”, “reject” or “-”"),
    "answer_min": say("minutes from 0, or “-” where there is no answer"),
    "message": say("“SENT” or “NOT SENT”"),
    "contact_ends": say("how the contact ends, in words"),
}


def _wrong(column: str, value: str) -> Sentence:
    return say(
        "The column “{column}” holds “{value}”; it takes {taken}.",
        column=column,
        value=value[:60],
        taken=_TAKEN[column],
    )


def _width(found: int, wanted: int) -> Sentence:
    return say(
        "The line has {found} fields and the head has {wanted}. They are separated by semicolons.",
        found=found,
        wanted=wanted,
    )


def _no_columns(missing: Sequence[str]) -> Sentence:
    return say(
        "The first line does not name the columns {missing}. It begins with {all}.",
        missing=", ".join(missing),
        all=";".join(COLUMNS),
    )


def _number(text: str) -> float | None:
    """Return minutes from 0, or None where the text is no such number."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def described(vector: Vector) -> str:
    """Return the head of a row as it is written: ``cm;on;120;accept;61``."""
    steps = vector.timing.next_steps_min
    return ";".join(
        (
            "journey" if vector.timing.flow == "journey" else "cm",
            "on" if vector.timing.split else "off",
            figure(steps[0]) if steps else "-",
            vector.answer or "-",
            "-" if vector.answer_min is None else figure(vector.answer_min),
        )
    )
