"""How a held contact ends: the golden rows, each switch with both answers, and what holds whatever happens."""

from __future__ import annotations

import math
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.hold import hour_ends, settle
from workbench.models.platform import PATHS, Ending, Switches, Timing

Answer = Literal["accept", "reject"]

DEFAULTS = Switches()
JOURNEY = Timing(flow="journey")
CAMPAIGN = Timing(flow="campaign_manager")


def ends(
    timing: Timing,
    answer: Answer | None = None,
    at: float | None = None,
    finish: float | None = None,
    *,
    single: bool = False,
    hook_failed: bool = False,
    **switches: str,
) -> Ending:
    played = Switches.model_validate(switches)
    return settle(
        timing,
        played,
        answer=answer,
        answer_min=at,
        finish_min=finish,
        single=single,
        hook_failed=hook_failed,
    )


def step(*minutes: float, split: bool = True) -> Timing:
    return Timing(flow="campaign_manager", split=split, next_steps_min=minutes)


# The table of the sheet ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("timing", "answer", "at", "sent", "words"),
    [
        (JOURNEY, "accept", 10, True, "accepted path"),
        (JOURNEY, "accept", 60, True, "accepted path"),
        (JOURNEY, "accept", 61, False, "timed-out path ; late accept at 61 refused 410 [P]"),
        (JOURNEY, "reject", 10, False, "rejected path"),
        (JOURNEY, None, None, False, "timed-out path"),
        (Timing(split=False), "accept", 10, True, "continues (single path)"),
        (Timing(split=False), "reject", 10, False, "leaves the flow (rejected)"),
        (Timing(split=False), None, None, False, "leaves the flow (timed out)"),
        (step(30), "accept", 10, True, "accepted path"),
        (step(30), "accept", 45, True, "leaves the flow (next step ran first)"),
        (step(30), "reject", 45, False, "leaves the flow (next step ran first)"),
        (step(30), None, None, False, "leaves the flow (next step ran first)"),
        (step(60), None, None, False, "timed-out path, moved at minute 60"),
        (step(120), "accept", 45, True, "accepted path"),
        (
            step(120),
            "accept",
            61,
            False,
            "timed-out path, moved at minute 120 ; late accept at 61 refused 410 [P]",
        ),
        (step(120), None, None, False, "timed-out path, moved at minute 120"),
        (CAMPAIGN, None, None, False, "timed-out path"),
        (step(120, split=False), "accept", 45, True, "continues (single path)"),
        (step(120, split=False), "reject", 10, False, "leaves the flow (rejected)"),
        (step(120, split=False), None, None, False, "leaves the flow (timed out)"),
        (step(30, split=False), "accept", 45, True, "leaves the flow (next step ran first)"),
    ],
)
def test_golden_table(
    timing: Timing, answer: Answer | None, at: float | None, sent: bool, words: str
) -> None:
    ending = ends(timing, answer, at)
    assert (ending.sent, ending.words) == (sent, words)


def test_a_journey_waits_as_long_as_its_step_says_and_a_campaign_one_hour() -> None:
    assert ends(Timing(limit_min=10), "accept", 11).sent is False
    assert ends(Timing(limit_min=600), "accept", 599).sent
    assert ends(Timing(flow="campaign_manager", limit_min=600), "accept", 61).sent is False


def test_a_campaigns_timed_out_contacts_move_when_the_next_step_runs_and_a_journeys_at_the_limit() -> None:
    assert ends(step(120)).moved_min == 120
    assert ends(JOURNEY).moved_min == 60
    assert ends(CAMPAIGN).moved_min is None


def test_accepted_messages_leave_at_the_scheduled_time_but_not_before_they_are_accepted() -> None:
    scheduled = Timing(scheduled_min=50)
    assert ends(scheduled, "accept", 10).sent_min == 50
    assert ends(scheduled, "accept", 55).sent_min == 55


# The open questions ----------------------------------------------------------------------------------------------


def test_a1_when_the_hour_starts() -> None:
    timing = Timing(generated_min=-20, scheduled_min=30)
    assert hour_ends(timing, DEFAULTS) == 60
    assert hour_ends(timing, Switches(hour_starts="generation")) == 40
    assert hour_ends(timing, Switches(hour_starts="scheduled")) == 90
    assert ends(timing, "accept", 50, hour_starts="generation").path == "timed_out"
    late = ends(timing, "accept", 80, hour_starts="scheduled")
    assert (late.path, late.decided_by) == ("accepted", "A-1")


def test_an_hour_that_was_over_before_the_hook_ends_with_it() -> None:
    ending = ends(Timing(generated_min=-90), hour_starts="generation")
    assert (ending.path, ending.moved_min) == ("timed_out", 0)


def test_a2_an_answer_exactly_on_the_limit() -> None:
    in_time = ends(JOURNEY, "accept", 60)
    assert (in_time.path, in_time.decided_by, in_time.answer) == ("accepted", "A-2", 200)
    late = ends(JOURNEY, "accept", 60, on_the_limit="late")
    assert (late.path, late.decided_by, late.answer) == ("timed_out", "A-2", 410)
    assert ends(step(30), "accept", 30, on_the_limit="late").path == "accepted"


def test_a3_the_next_step_exactly_on_the_limit() -> None:
    assert ends(step(60)).decided_by == "A-3"
    left = ends(step(60), next_step_on_the_limit="left_flow")
    assert (left.path, left.decided_by) == ("left_flow", "A-3")
    assert ends(step(60), "accept", 60, next_step_on_the_limit="left_flow").path == "accepted"


def test_a4_an_accept_after_the_next_step_but_within_the_hour() -> None:
    sent = ends(step(30), "accept", 45)
    assert (sent.path, sent.sent, sent.decided_by, sent.answer) == ("left_flow", True, "A-4", 200)
    held = ends(step(30), "accept", 45, accept_after_next_step="not_sent")
    assert (held.path, held.sent, held.decided_by, held.answer) == ("left_flow", False, "A-4", 410)
    assert ends(step(30), "accept", 61).sent is False


def test_a4_a_reject_is_taken_as_long_as_an_accept_would_send() -> None:
    assert ends(step(30), "reject", 45).answer == 200
    assert ends(step(30), "reject", 45, finish=50).sent is False
    assert ends(step(30), "reject", 45, accept_after_next_step="not_sent").answer == 410


def test_a5_an_answer_after_the_limit() -> None:
    assert (ends(JOURNEY, "reject", 61).answer, ends(JOURNEY, "reject", 61).decided_by) == (410, "A-5")
    ignored = ends(JOURNEY, "accept", 61, late_answer="ignored_200")
    assert (ignored.answer, ignored.sent, ignored.path) == (200, False, "timed_out")
    assert ignored.words == "timed-out path ; late accept at 61 ignored 200 [P]"


def test_a6_a_cancel_after_the_finish() -> None:
    ahead = Timing(scheduled_min=50)
    refused = ends(ahead, "reject", 20, finish=10)
    assert (refused.path, refused.sent, refused.answer, refused.decided_by) == ("accepted", True, 409, "A-6")
    honoured = ends(ahead, "reject", 20, finish=10, cancel_after_finish="honoured")
    assert (honoured.path, honoured.sent, honoured.answer) == ("rejected", False, 200)
    too_late = ends(ahead, "reject", 51, finish=10, cancel_after_finish="honoured")
    assert (too_late.path, too_late.sent, too_late.answer) == ("accepted", True, 409)


def test_of_equal_times_the_cancel_comes_before_the_finish() -> None:
    ending = ends(JOURNEY, "reject", 10, finish=10)
    assert (ending.path, ending.sent, ending.answer, ending.decided_by) == ("rejected", False, 200, "D A7")


def test_a8_the_earliest_next_step_or_each_branchs_own() -> None:
    steps = step(120, 120, 30)
    assert ends(steps, "accept", 45).path == "left_flow"
    own = ends(steps, "accept", 45, next_step="own_branch")
    assert (own.path, own.decided_by, own.moved_min) == ("accepted", "A-8", 120)
    assert ends(steps, next_step="own_branch").path == "left_flow"
    assert ends(step(30, 90, 120), next_step="own_branch").moved_min == 120


def test_a9_cancels_without_a_finish() -> None:
    assert (ends(JOURNEY, "reject", 10).path, ends(JOURNEY, "reject", 10).decided_by) == ("rejected", "A-9")
    timed_out = ends(JOURNEY, "reject", 10, cancels_without_finish="timed_out")
    assert (timed_out.path, timed_out.sent, timed_out.decided_by) == ("timed_out", False, "A-9")
    assert ends(JOURNEY, "reject", 10, finish=20, cancels_without_finish="timed_out").path == "rejected"
    assert ends(JOURNEY, "reject", 10, finish=61, cancels_without_finish="timed_out").path == "timed_out"
    assert ends(JOURNEY, "reject", 10, single=True, cancels_without_finish="timed_out").path == "rejected"


def test_a10_a_gate_on_the_last_step_of_a_campaign() -> None:
    assert ends(CAMPAIGN).decided_by == "A-10"
    never = ends(CAMPAIGN, last_step="nothing")
    assert (never.path, never.sent, never.moved_min) == ("timed_out", False, None)
    accepted = ends(CAMPAIGN, "accept", 5000, last_step="nothing")
    assert (accepted.path, accepted.decided_by) == ("accepted", "A-10")
    assert hour_ends(CAMPAIGN, Switches(last_step="nothing")) == math.inf
    assert hour_ends(JOURNEY, Switches(last_step="nothing")) == 60


def test_a11_a_hook_that_was_not_acknowledged() -> None:
    assert ends(JOURNEY, hook_failed=True).decided_by == "A-11"
    assert ends(JOURNEY, "accept", 10, hook_failed=True).sent
    released = ends(JOURNEY, "accept", 10, hook_failed=True, failed_hook="released_unsent")
    assert (released.path, released.sent, released.moved_min, released.answer) == ("timed_out", False, 0, 410)


def test_a_contact_that_nobody_cancelled_is_accepted_by_the_finish() -> None:
    assert ends(JOURNEY, finish=10) == ends(JOURNEY, "accept", 10)


def test_an_answer_has_a_time() -> None:
    with pytest.raises(ValueError, match="time"):
        ends(JOURNEY, "accept")


# Whatever happens ------------------------------------------------------------------------------------------------

minutes = st.integers(0, 200).map(float) | st.floats(0, 200, allow_nan=False)
timings = st.builds(
    Timing,
    flow=st.sampled_from(["journey", "campaign_manager"]),
    split=st.booleans(),
    limit_min=st.floats(1, 200),
    next_steps_min=st.lists(minutes, max_size=3).map(tuple),
    generated_min=st.floats(-100, 0),
    scheduled_min=st.floats(0, 100),
)
switch_settings = st.builds(
    Switches,
    **{name: st.sampled_from(field.annotation.__args__) for name, field in Switches.model_fields.items()},  # type: ignore[union-attr]
)
calls = st.one_of(
    st.tuples(st.none(), st.none(), st.none() | minutes),
    st.tuples(st.just("accept"), minutes, st.none()),
    st.tuples(st.just("reject"), minutes, st.none() | minutes),
)
Called = tuple[Answer | None, float | None, float | None]


def played(timing: Timing, switches: Switches, called: Called, *, single: bool, failed: bool) -> Ending:
    answer, at, finish = called
    return settle(
        timing, switches, answer=answer, answer_min=at, finish_min=finish, single=single, hook_failed=failed
    )


@given(timings, switch_settings, calls, st.booleans(), st.booleans())
def test_every_contact_ends_on_one_path_and_is_sent_only_where_it_was_accepted(
    timing: Timing, switches: Switches, called: Called, single: bool, failed: bool
) -> None:
    ending = played(timing, switches, called, single=single, failed=failed)
    assert ending.path in PATHS
    assert ending.sent == (ending.sent_min is not None)
    assert ending.sent == (ending.path == "accepted") or ending.decided_by in ("A-4", "A-6")
    if ending.sent and ending.sent_min is not None:
        assert ending.sent_min >= timing.scheduled_min
        assert "accept" in called or called[2] is not None
    assert ending.answer == 0 if called == (None, None, None) else ending.answer in (200, 409, 410)
    assert ending.path != "left_flow" or timing.flow == "campaign_manager"


@given(timings, switch_settings, calls, st.booleans(), st.booleans())
def test_split_control_changes_the_path_and_never_what_is_sent(
    timing: Timing, switches: Switches, called: Called, single: bool, failed: bool
) -> None:
    # Each branch's own date needs branches: without split control there is one date for all.
    switches = switches.model_copy(update={"next_step": "earliest"})
    on = played(timing.model_copy(update={"split": True}), switches, called, single=single, failed=failed)
    off = played(timing.model_copy(update={"split": False}), switches, called, single=single, failed=failed)
    assert (on.sent, on.sent_min, on.path, on.answer) == (off.sent, off.sent_min, off.path, off.answer)


@given(timings, calls)
def test_the_plain_oracle_of_the_sheet(timing: Timing, called: Called) -> None:
    """The four lines of facts A7, for the defaults of the switches and a contact by itself."""
    answer, at, _ = called
    cm = timing.flow == "campaign_manager"
    limit = 60.0 if cm else timing.limit_min
    steps = min(timing.next_steps_min) if cm and timing.next_steps_min else None
    cut = limit if steps is None else min(limit, steps)
    ending = settle(timing, DEFAULTS, answer=answer, answer_min=at, single=True)
    if answer is not None and at is not None and at <= cut:
        assert (ending.sent, ending.path) == (answer == "accept", f"{answer}ed")
    elif steps is not None and steps < 60:
        assert ending.path == "left_flow"
        assert ending.sent == (answer == "accept" and at is not None and at <= 60)
    else:
        assert (ending.sent, ending.path) == (False, "timed_out")
