"""How a job stands: every state in words, a bar that tells the same without colours, counts that add up."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.standing import JOB_NAMES, ROW_NAMES, lasting
from workbench.models.work import ROW_STATES, Counts, Job, JobState, Progress
from workbench.widgets.piece import said
from workbench.widgets.standing import (
    JOB_KINDS,
    ROW_KINDS,
    bar,
    counted,
    explained,
    pace_line,
    parts,
    rate_of,
    state_badge,
)

AT = datetime(2026, 11, 22, 14, 5, 30, tzinfo=UTC)
counts = st.builds(Counts, **{state: st.integers(0, 10**9) for state in ROW_STATES})


def job(state: JobState = "running", counts: Counts | None = None) -> Job:
    return Job(
        id="job_1", kind="send", title="Spring", state=state, mode="rehearsal", who="Ada", account="a", host="h",
        counts=counts or Counts(), created_at=AT, changed_at=AT,
    )  # fmt: skip


def progress(
    state: JobState = "running", workers: int = 1, counts: Counts | None = None, **more: object
) -> Progress:
    return Progress.model_validate({"job": job(state, counts), "workers": workers, **more})


def test_every_state_has_a_name_and_an_explanation() -> None:
    assert set(ROW_NAMES) == set(ROW_KINDS) == set(ROW_STATES)
    assert set(JOB_NAMES) == set(JOB_KINDS) == set(get_args(JobState))
    explanations = {said(explained(progress(state))) for state in get_args(JobState)}
    assert len(explanations) == len(get_args(JobState))


def test_a_running_job_without_a_process_is_interrupted_and_says_that_it_can_be_resumed() -> None:
    lone = progress(workers=0)
    assert state_badge(lone) == {"text": "Interrupted", "kind": "warn"}
    assert "No process works on it" in said(explained(lone))
    assert "resume it" in said(explained(lone))
    assert pace_line(lone) == []
    assert state_badge(progress("paused", workers=0))["text"] == "Paused"


def test_an_end_says_whether_everything_was_taken() -> None:
    assert said(explained(progress("done", counts=Counts(accepted=3)))) == "The provider has taken every row."
    assert "Not every row" in said(explained(progress("done", counts=Counts(accepted=2, uncertain=1))))


@pytest.mark.parametrize(
    ("counts", "text", "kind"),
    [
        (Counts(accepted=3), "Done", "ok"),
        (Counts(), "Done", "ok"),
        (Counts(accepted=2, failed=1), "Partly done", "warn"),
        (Counts(accepted=2, uncertain=1), "Partly done", "warn"),
        (Counts(accepted=2, cancelled=1), "Partly done", "warn"),
        (Counts(failed=3), "Failed", "error"),
        (Counts(failed=2, invalid=1), "Failed", "error"),
        (Counts(failed=2, uncertain=1), "Uncertain", "warn"),
    ],
)
def test_a_job_at_its_end_is_green_only_where_every_row_was_taken(
    counts: Counts, text: str, kind: str
) -> None:
    assert state_badge(progress("done", counts=counts)) == {"text": text, "kind": kind}
    for state in get_args(JobState):
        if state != "done":
            assert state_badge(progress(state, counts=counts))["text"] == JOB_NAMES[state]


def test_a_dry_run_is_done_and_a_file_that_was_taken_in_part_did_not_fail() -> None:
    rehearsed = progress("done", counts=Counts(cancelled=3))
    rehearsed = rehearsed.model_copy(
        update={"job": rehearsed.job.model_copy(update={"spec": {"dry_run": True}})}
    )
    assert state_badge(rehearsed) == {"text": "Done", "kind": "ok"}
    files = progress("done", counts=Counts(failed=1))
    files = files.model_copy(update={"job": files.job.model_copy(update={"kind": "import"})})
    assert state_badge(files) == {"text": "Partly done", "kind": "warn"}


def test_the_pace_names_rate_time_left_and_what_is_due_again() -> None:
    going = progress(
        counts=Counts(waiting=10, retrying=17, accepted=3), rate_per_s=0.25, left_s=131.0, next_due_at=AT
    )
    assert [said(part) for part in pace_line(going)] == [
        "0.2 rows a second",
        "about 2 min left",
        "17 due again, the next at 22 Nov, 14:05 UTC",
    ]
    assert rate_of(going) == "0.2"
    assert pace_line(progress("paused", counts=Counts(waiting=3), rate_per_s=5.0, left_s=1.0)) == []
    assert rate_of(progress("done", rate_per_s=5.0)) == ""


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "1 s"),
        (89.4, "89 s"),
        (90, "2 min"),
        (5_340, "89 min"),
        (5_399, "1 h 30 min"),
        (5_400, "1 h 30 min"),
        (99_305, "27 h 35 min"),
        (200_000, "2 days"),
    ],
)
def test_a_time_is_said_as_a_person_would(seconds: float, words: str) -> None:
    assert said(lasting(seconds)) == words


@given(counts)
def test_the_counts_that_are_shown_add_up_and_the_bar_is_whole(counts: Counts) -> None:
    text = bar(job(counts=counts))
    shown = [int(number.replace(",", "")) for number in re.findall(r"<dd>([\d,]+)</dd>", text)]
    assert sum(shown[:-1]) == shown[-1] == counts.total
    shares = [part["share"] for part in parts(counts)]
    assert not counts.total or abs(sum(shares) - 100) < 0.01
    assert len(shares) == sum(getattr(counts, state) > 0 for state in ROW_STATES)
    assert said(counted(counts)) == f"{counts.total - counts.open:,} of {counts.total:,}"


def test_the_bar_says_in_words_what_it_shows() -> None:
    text = bar(job(counts=Counts(accepted=150, failed=3, retrying=47)))
    [label] = re.findall(r'role="img" aria-label="([^"]+)"', text)
    assert html.unescape(label) == "All rows: 200. Accepted: 150, Due again: 47, Failed: 3"
    assert "Left undone" not in text
    assert "Left undone" in bar(job(counts=Counts(cancelled=1)))
