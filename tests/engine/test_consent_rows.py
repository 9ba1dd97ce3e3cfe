"""Consent rows: any file is read to its end, each wrong line is named, and no cell of an audit runs as a formula."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine import consent_rows
from workbench.engine.consent_rows import COLUMNS, audit_lines, audit_row, audit_table, read_rows
from workbench.engine.spreadsheet import unsheltered
from workbench.models.consent import ConsentEvent

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
NUMBER = "+46701234567"


def event(**fields: object) -> ConsentEvent:
    given = {"id": "con_1", "at": NOW, "point": "+46***67 #0c41d7", "status": "opted_in", "source": "form"}
    return ConsentEvent.model_validate({**given, **fields})


def test_names_of_columns_may_be_said_otherwise() -> None:
    rows, problems = read_rows(
        f"\ufeffPhone ,Status,Happened at,Reason\n'{NUMBER},opted_out,2026-02-01 10:00 UTC,called\n", NOW
    )
    assert problems == []
    [found] = [row.event for row in rows]
    assert found is not None
    assert (found.point, found.provider_at, found.words) == (
        NUMBER,
        datetime(2026, 2, 1, 10, tzinfo=UTC),
        "called",
    )
    rows, problems = read_rows("email;status\nana@example.com;opted_out\n", NOW)
    assert (rows, [one.line for one in problems]) == ([], [2]), "semicolons make no columns"
    rows, _ = read_rows("email,status\nana@example.com,opted_out\n", NOW)
    assert rows[0].event is not None
    assert rows[0].event.channel == "email"


def test_an_inbound_text_is_told_from_a_change() -> None:
    text = json.dumps(
        {"from": NUMBER, "to": "+1555", "text": "STOP", "at": "2026-02-01T10:00:00+01:00", "id": "SM1"}
    )
    [row] = read_rows(text, NOW)[0]
    assert row.event is None
    assert row.inbound is not None
    assert (row.inbound.sender, row.inbound.body, row.inbound.at, row.inbound.provider_id) == (
        NUMBER, "STOP", datetime(2026, 2, 1, 9, tzinfo=UTC), "SM1",
    )  # fmt: skip


@pytest.mark.parametrize(("row", "why"), [
    (f"{NUMBER},maybe,", "“status”"), (f"{NUMBER},opted_in,soon", "is no time"), ("+46***67,opted_in,", "masked"),
    ("0701234567,opted_in,", "no country code"), (",opted_in,", "no contact point"),
])  # fmt: skip
def test_a_wrong_row_is_named_with_its_line(row: str, why: str) -> None:
    rows, [problem] = read_rows(f"point,status,at\n{NUMBER},opted_out,\n{row}\n", NOW)
    assert (len(rows), problem.line) == (1, 3)
    assert why in str(problem.sentence)
    assert NUMBER not in str(problem.sentence)


def test_a_file_that_is_too_long_is_read_as_far_as_it_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consent_rows, "MOST_ROWS", 2)
    rows, [problem] = read_rows("point,status\n" + f"{NUMBER},opted_out\n" * 5, NOW)
    assert (len(rows), problem.line) == (2, 4)


@given(text=st.text(max_size=200), form=st.sampled_from(("{}", "point,status\n{}", '{{"point":"x"}}\n{}')))
def test_whatever_a_file_holds_it_is_read_to_its_end(text: str, form: str) -> None:
    rows, problems = read_rows(form.format(text), NOW)
    assert all(row.event is not None or row.inbound is not None for row in rows)
    assert all(problem.line for problem in problems)


FORMULA = ("=", "+", "-", "@", "\t", "\r")
HARMLESS = re.compile(r"[+-]?\d+(\.\d+)?")
"""What a spreadsheet may hold as it is: a phone number, an amount."""


@given(
    words=st.text(max_size=30) | st.sampled_from([f"{sign}1+a" for sign in FORMULA]), who=st.text(max_size=5)
)
def test_no_cell_runs_as_a_formula_and_every_one_is_found_again(words: str, who: str) -> None:
    row = audit_row(event(words=words, who=who), "key")
    text = audit_table([row])
    head, cells = list(csv.reader(io.StringIO(text, newline="")))
    assert tuple(head) == COLUMNS
    assert not [cell for cell in cells if cell.startswith(FORMULA) and not HARMLESS.fullmatch(cell)]
    found = dict(zip(head, cells, strict=True))
    assert unsheltered(found["words"]) == words
    assert json.loads(audit_lines([row]).encode("utf-8", "surrogatepass"))["words"] == words
