"""The counts of a preflight add up, whatever rows are counted, and changed, and in which order; and no cell stands in what is told."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workbench.models.base import Problem
from workbench.models.run import CheckState
from workbench.sentence import say
from workbench.services.run_tally import MOST_GROUPS, Tally, hidden

STATES: list[CheckState] = ["ready", "bad", "left_out"]
PROBLEMS = [
    Problem(field=field, sentence=sentence, level=level)
    for field in ("email", "n")
    for sentence in (say("“{value}” is wrong.", value="x"), say("It lacks."))
    for level in ("error", "warning", "note")
]
ROW = st.tuples(st.sampled_from(STATES), st.lists(st.sampled_from(PROBLEMS), max_size=3))


@given(st.lists(st.tuples(ROW, st.lists(ROW, max_size=3)), max_size=12))
def test_counts_add_up_and_are_those_of_the_last_look(
    rows: list[tuple[tuple[CheckState, list[Problem]], list[tuple[CheckState, list[Problem]]]]],
) -> None:
    tally = Tally(lambda text: "***")
    for number, (first, _) in enumerate(rows, 1):
        tally.add(number, *first, {"n": "1"}, number)
    for number, (first, later) in enumerate(rows, 1):
        before = first
        for after in later:
            tally = Tally(lambda text: "***", tally.preflight)
            tally.again(number, before, after, {"n": "1"}, 0)
            before = after
    last = [later[-1] if later else first for first, later in rows]
    seen = tally.preflight
    assert seen.total == len(rows) == seen.ready + seen.bad + seen.left_out
    for state, count in (("ready", seen.ready), ("bad", seen.bad), ("left_out", seen.left_out)):
        assert count == sum(one == state for one, _ in last)
    assert seen.warned == sum(
        state == "ready" and any(p.level == "warning" for p in found) for state, found in last
    )
    for told in seen.problems:
        assert told.level != "note"
        assert told.rows == sum(
            any(
                (p.field, p.sentence.text, p.level) == (told.field, told.sentence.text, told.level)
                for p in found
            )
            for _, found in last
        )
    assert seen.largest == len(rows)


def test_a_table_with_too_many_kinds_of_problems_is_told_so_many() -> None:
    tally = Tally(str)
    for number in range(2 * MOST_GROUPS):
        tally.add(number, "bad", [Problem(field=f"f{number}", sentence=say("It lacks."))], {})
    assert len(tally.preflight.problems) == MOST_GROUPS
    assert tally.preflight.bad == 2 * MOST_GROUPS


def test_what_a_cell_holds_is_masked_in_part_and_in_whole() -> None:
    cells = {"mail": "ana.lima@example,com", "tel": 46700000001, "n": "7"}
    sentence = say(
        "“{value}…” of “{column}” in row {row}: {inner}", value="ana.lima@exam", column="mail", row=7,
        inner=say("not {number}, nor {flag}", number=46700000001, flag=True),
    )  # fmt: skip
    told = str(hidden(sentence, cells, lambda text: "***"))
    assert told == "“***…” of “mail” in row 7: not ***, nor True"


def test_words_around_a_cell_stay() -> None:
    sentence = say("“{field}” is {what}.", field="n", what="the text “many people”, 12 letters")
    told = str(hidden(sentence, {"n": "many people", "m": "12"}, lambda text: "***"))
    assert told == "“n” is the text “***”, 12 letters."
