"""Vectors: the golden rows hold, a wrong row is found, and a line that is none is told by its number."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from workbench.engine.gate_vectors import COLUMNS, Vector, described, differing, play, read_vectors
from workbench.models.platform import Switches

GOLDEN = Path(__file__).parent.parent / "golden" / "gate_vectors.csv"
HEAD = ";".join(COLUMNS) + "\n"


def rows(text: str) -> tuple[Vector, ...]:
    read = read_vectors(HEAD + text)
    assert not read.bad
    return read.rows


def test_the_golden_rows_hold() -> None:
    read = read_vectors(GOLDEN.read_text(encoding="utf-8"))
    assert len(read.rows) == 40
    assert not read.bad
    assert [str(one.sentence) for one in differing(read.rows)] == []


def test_each_golden_row_is_found_when_its_message_is_turned_round() -> None:
    text = GOLDEN.read_text(encoding="utf-8")
    turned = text.replace(";SENT;", ";?;").replace(";NOT SENT;", ";SENT;").replace(";?;", ";NOT SENT;")
    read = read_vectors(turned)
    assert len(differing(read.rows)) == len(read.rows) == 40


def test_every_row_of_the_grid_is_played_as_it_would_be_written() -> None:
    steps, answers = ("-", "30", "60", "120"), ("-", "accept", "reject")
    for flow, split, step, answer in product(("journey", "cm"), ("on", "off"), steps, answers):
        for minute in ("-",) if answer == "-" else ("0", "10", "45", "60", "60.5", "61", "75"):
            [vector] = rows(f"{flow};{split};{step};{answer};{minute};SENT;x")
            ending = play(vector)
            line = f"{described(vector)};{'SENT' if ending.sent else 'NOT SENT'};{ending.words}"
            assert line.startswith(f"{flow};{split};{step};{answer};{minute};")
            assert differing(rows(line)) == []


@pytest.mark.parametrize(
    "line",
    [
        "cm;on;30;accept;45;SENT;leaves the flow (next step ran first)",
        "cm;on;30;accept;45;SENT (A-4);leaves the flow (next step ran first)",
        "cm;off;30;accept;45;SENT;leaves the flow (next step ran first) [A-4]",
        "cm;off;30;accept;45;SENT;leaves the flow (next step ran first) ; message sent by A-4",
        "cm;on;30;accept;61;NOT SENT;leaves the flow (next step ran first)",
        "cm;on;30;accept;61;NOT SENT;leaves the flow (next step ran first) ; late accept at 61 refused 410 [P]",
        "journey;on;-;reject;60.5;NOT SENT;timed-out path ; late reject at 60.5 refused 410 [P]",
        "cm;on;-;accept;10;SENT;accepted path ; and a remark",
        "cm;on;120;accept;61;NOT SENT;timed-out path, moved at minute 120",
        'cm;on;120;accept;61;NOT SENT;"timed-out path, moved at minute 120 ; late accept at 61 refused 410 [P]"',
    ],
)
def test_other_right_rows_hold(line: str) -> None:
    assert differing(rows(line)) == []


@pytest.mark.parametrize(
    "line",
    [
        "cm;on;30;accept;45;SENT (A-5);leaves the flow (next step ran first)",
        "cm;on;30;accept;45;NOT SENT;leaves the flow (next step ran first)",
        "cm;on;30;accept;61;NOT SENT;leaves the flow (next step ran first) ; late accept at 62 refused 410 [P]",
        "cm;on;30;accept;45;SENT;leaves the flow (next step ran first) ; late accept at 45 refused 410 [P]",
        "cm;on;120;accept;61;NOT SENT;timed-out path, moved at minute 60 ; late accept at 61 refused 410 [P]",
        "cm;on;-;accept;10;SENT;continues (single path)",
        "cm;on;-;accept;10;SENT;accepted path ; not sent",
        "cm;on;-;accept;10;SENT;accepted path ; refused 409",
        "journey;on;-;accept;61;NOT SENT;timed-out path ; late accept at 61 ignored 200",
        "cm;on;-;accept;10;SENT;accepted path [A-4]",
        "cm;off;30;accept;45;SENT;leaves the flow (next step ran first) ; message sent by A-3",
    ],
)
def test_wrong_rows_are_found_and_told(line: str) -> None:
    [found] = differing(rows(line))
    assert str(found.sentence).startswith("Line 2 says “")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("train;on;-;accept;10;SENT;x", "flow"),
        ("cm;maybe;-;accept;10;SENT;x", "split"),
        ("cm;on;-5;accept;10;SENT;x", "next_step_min"),
        ("cm;on;nan;accept;10;SENT;x", "next_step_min"),
        ("cm;on;-;shrug;10;SENT;x", "answer"),
        ("cm;on;-;accept;-;SENT;x", "answer_min"),
        ("cm;on;-;accept;inf;SENT;x", "answer_min"),
        ("cm;on;-;-;10;SENT;x", "answer_min"),
        ("cm;on;-;accept;10;LOST;x", "message"),
        ("cm;on;-;accept;10;SENT;", "contact_ends"),
        ("cm;on;-", "3 fields"),
    ],
)
def test_a_line_that_is_no_vector_is_told_by_its_number(line: str, told: str) -> None:
    read = read_vectors(f"{HEAD}\n# a remark\n{line}\ncm;on;-;accept;10;SENT;accepted path\n")
    assert [bad.line for bad in read.bad] == [4]
    assert told in str(read.bad[0].sentence)
    assert len(read.rows) == 1


@pytest.mark.parametrize("text", ["", "a;b;c\n1;2;3\n", "\ufeff\n"])
def test_a_table_without_its_columns_is_told(text: str) -> None:
    read = read_vectors(text)
    assert not read.rows
    assert "contact_ends" in str(read.bad[0].sentence)


def test_columns_are_found_by_their_names() -> None:
    text = "answer;answer_min;flow;split;next_step_min;message;contact_ends\naccept;10;cm;on;-;SENT;accepted path\n"
    assert differing(read_vectors(text).rows) == []


def test_other_answers_to_the_open_questions_are_played() -> None:
    read = rows("journey;on;-;accept;60;SENT;accepted path")
    assert differing(read, Switches()) == []
    assert len(differing(read, Switches(on_the_limit="late"))) == 1
