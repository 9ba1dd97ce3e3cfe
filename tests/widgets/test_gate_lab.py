"""The gate lab: what is moved is played, the newest last; errors stand beside their fields; every run can be looked at closer."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.widgets.faces import field, markup, of, press, read, tell
from workbench import Answering, Scenario, Segment, Switches, Timing, Workbench
from workbench.errors import Invalid
from workbench.models.person import Role
from workbench.models.platform import QUESTIONS
from workbench.models.scenario import Profile
from workbench.services.lab import Lab
from workbench.widgets import gate_lab_page, settle
from workbench.widgets.gate_lab import BEGIN, gate_lab, scenario_from, token_of
from workbench.widgets.gate_lab_contacts import STEP
from workbench.widgets.gate_lab_export import contacts_csv, questions_text
from workbench.widgets.gate_lab_form import ScenarioForm
from workbench.widgets.gate_lab_outcome import in_force, verdict_of
from workbench.widgets.gate_lab_pair import differences
from workbench.widgets.gate_lab_words import (
    PROFILES,
    SWITCH_WORDS,
    duration,
    length,
    percent,
    switch_defaults,
)
from workbench.widgets.language import begin
from workbench.widgets.latest import Latest
from workbench.widgets.page import Frame
from workbench.widgets.slider import Slider

Connected = Callable[[Role], Workbench]
HOSTILE = "<script>alert(1)</script>"
CAMPAIGN = Timing(flow="campaign_manager", next_steps_min=(30,))
TIGHT = Scenario(size=2000, codes=True, timing=CAMPAIGN, answering=Answering(call_ms=5000, at_once=4))


@pytest.fixture
async def page() -> Any:
    """What the page holds, on a lab of its own; whole pages, through the server's app, are tested below."""
    begin()
    frame = Frame("gate", "Gate lab", gate_lab, cast("Workbench", SimpleNamespace(lab=Lab())))
    content = await gate_lab(frame)
    await settle()
    return content.widget


def figures(page: Any) -> dict[str, str]:
    """Return the headline numbers of the page by their words."""
    text = next(one.value for one in of(page, "Markup") if '<dl class="wb-counts wb-lab-figures' in one.value)
    cells = [cell.split("</dt><dd>") for cell in text.split("<div")[1:]]
    return {words.split("</span>")[1]: count.split("<")[0] for words, count in cells}


def slider(page: Any, label: str) -> Slider:
    [found] = [one for one in of(page, "Slider") if one.label == label]
    return cast("Slider", found)


async def turn(page: Any, view: str) -> None:
    field(page, "Look closer").value = view
    await settle()


# The page ------------------------------------------------------------------------------------------------------------------


async def test_the_first_run_stands_there_with_the_numbers_of_the_service(
    page: Any, house: Workbench
) -> None:
    result = await Lab().run(BEGIN)
    assert figures(page)["Messages sent"] == f"{result.sent:,}"
    assert figures(page)["Rejected"] == f"{result.rejected:,}"
    assert "Everybody is answered in time" in read(page)
    assert markup(page).count("<svg") == 3


async def test_a_viewer_has_the_same_page_through_the_server(connected: Connected) -> None:
    page = await gate_lab_page(connected("viewer"))
    slider(page, "It begins after").value = 90
    await settle()
    result = await Lab().run(BEGIN.model_copy(update={"answering": Answering(start_min=90)}))
    assert figures(page)["Timed out"] == f"{result.timed_out:,}"
    assert "Contacts of this run" in markup(page)
    await turn(page, "questions")
    assert "change how this run ends" in read(page)


async def test_what_is_moved_is_played(page: Any) -> None:
    slider(page, "One call takes").value = 5000
    slider(page, "Calls at once").value = 1
    await settle()
    answering = Answering(call_ms=5000, at_once=1)
    result = await Lab().run(BEGIN.model_copy(update={"answering": answering}))
    assert figures(page)["Timed out"] == f"{result.timed_out:,}" == "10,000"
    assert "What to do" in read(page)


async def test_a_field_that_is_wrong_says_so_and_the_run_before_stays_marked_as_old(page: Any) -> None:
    size = field(page, "Contacts")
    before = figures(page)
    size.value = "many"
    await settle()
    assert size.error == "Type a whole number."
    assert "These figures are of the run before." in read(page)
    assert "wb-lab-old" in str([one._dom_classes for one in of(page, "Stack")])
    assert figures(page) == before
    size.value = "1000001"
    await settle()
    assert size.error == "Type 1,000,000 at most."
    size.value = "0"
    await settle()
    assert size.error == ""
    assert "wb-lab-old" not in str([one._dom_classes for one in of(page, "Stack")])
    assert "There are no contacts" in read(page)
    assert "of the run before" not in read(page)


async def test_what_the_service_refuses_stands_beside_its_field(page: Any) -> None:
    for one in of(page, "TextField"):
        if one.label == "Share (%)":
            one.value = "0"
    await settle()
    assert "add up to 0" in read(page)
    names = [one for one in of(page, "TextField") if one.label == "Segment"]
    for one in of(page, "TextField"):
        if one.label == "Share (%)":
            one.value = "50"
    names[0].value = names[1].value
    await settle()
    assert "cannot be told apart" in names[0].error


async def test_campaign_manager_waits_an_hour_and_nothing_can_change_that(page: Any) -> None:
    journey = field(page, "Limit (minutes)")
    assert not journey.disabled
    journey.value = "240"
    field(page, "Flow").value = "campaign_manager"
    await settle()
    limit = field(page, "Limit (minutes)")
    assert (limit.value, limit.disabled) == ("60", True)
    assert "60 min" in markup(page)
    limit.value = "240"  # a visitor can set what is disabled
    field(page, "Next step at (minutes)").value = "90"
    await settle()
    assert "1 h 30 min" in markup(page) or "90 min" in markup(page)
    assert "4 h" not in next(one.value for one in of(page, "Markup") if 'id="wb-chart-timeline' in one.value)


async def test_segments_are_added_and_taken_away_and_the_shares_still_add_up(page: Any) -> None:
    await press(page, "Add a segment")
    shares = [float(one.value) for one in of(page, "TextField") if one.label == "Share (%)"]
    assert shares == [30, 35, 35]
    await press(page, "Remove segment 1")
    shares = [float(one.value) for one in of(page, "TextField") if one.label == "Share (%)"]
    assert shares == [65, 35]
    await press(page, "Remove segment 2")
    assert not [one for one in of(page, "Button") if one.description.startswith("Remove")]
    assert figures(page)["Messages sent"] != "0"


async def test_names_are_shown_and_never_run(page: Any) -> None:
    [name, _] = [one for one in of(page, "TextField") if one.label == "Segment"]
    name.value = HOSTILE
    field(page, "Name of this run").value = HOSTILE
    await settle()
    await press(page, "Keep this run")
    slider(page, "One call takes").value = 20
    await settle()
    for view in ("contacts", "questions", "pair"):
        await turn(page, view)
        assert "<script" not in markup(page)
    assert "&lt;script" in markup(page)


async def test_the_address_holds_the_run_or_is_said_to_hold_none_and_another_language_loses_nothing(
    connected: Connected,
) -> None:
    page = await gate_lab_page(connected("viewer"))
    [bar] = of(page, "TopBar")
    told: list[Any] = []
    bar.send = lambda content, buffers=None: told.append(content)
    field(page, "Contacts").value = "777"
    await settle()
    place = told[-1]["stand"]
    await press(page, "Start over")
    assert told[-1] == {"stand": ""}
    await tell(bar, {"place": place})
    assert field(page, "Contacts").value == "777"
    await tell(bar, {"place": "scenario=rubbish"})
    assert "holds no scenario that can be read" in read(page)
    assert field(page, "Contacts").value == "777"
    await tell(bar, {"language": "fr"})
    assert "777" in [one.value for one in of(page, "TextField")]


async def test_start_over_brings_the_first_run_back(page: Any) -> None:
    first = figures(page)
    field(page, "Contacts").value = "50"
    await settle()
    assert figures(page) != first
    await press(page, "Start over")
    assert figures(page) == first


# Looking closer --------------------------------------------------------------------------------------------------------------


async def test_contacts_are_paged_filtered_and_carried_away(page: Any) -> None:
    assert f"Contacts 1 to {STEP}" in read(page)
    await press(page, "Next")
    assert f"Contacts {STEP + 1} to {2 * STEP}" in read(page)
    await press(page, "Previous")
    assert f"Contacts 1 to {STEP}" in read(page)
    field(page, "Path").value = "rejected"
    await settle()
    table = next(one.value for one in of(page, "Markup") if "Contacts of this run" in one.value)
    assert "Rejected path" in table
    assert "Accepted path" not in table
    field(page, "Contacts").value = "120"
    field(page, "Path").value = ""
    await settle()
    [save] = [one for one in of(page, "Download") if one.label.startswith("Download (CSV")]
    sent: list[Any] = []
    save.send = lambda content, buffers=None: sent.append(content)
    await tell(save, {"wanted": True})
    rows = list(csv.DictReader(io.StringIO(sent[0]["text"])))
    assert [row["contact"] for row in rows] == [str(n) for n in range(1, 121)]
    result = await Lab().run(BEGIN.model_copy(update={"size": 120}))
    assert sum(row["sent"] == "yes" for row in rows) == result.sent
    assert {row["A-1"] for row in rows} == {"hook"}


async def test_nobody_on_a_path_is_said(page: Any) -> None:
    field(page, "Path").value = "left_flow"
    await settle()
    assert "Nobody is on this path." in read(page)


async def test_how_far_each_setting_can_go(page: Any) -> None:
    await turn(page, "limits")
    even = await Lab().break_even(BEGIN)
    assert f"{even.largest_size:,}" in read(page)
    assert markup(page).count('class="wb-c-curve"') == len([one for one in even.curves if one.points])
    assert "in time up to" in markup(page)


async def test_the_questions_that_matter_and_the_text_to_send(page: Any) -> None:
    field(page, "Flow").value = "campaign_manager"
    field(page, "Next step at (minutes)").value = "30"
    slider(page, "One call takes").value = 1000
    await settle()
    await turn(page, "questions")
    assert "A-4" in read(page).split("change how this run ends:")[1][:20]
    [copy] = [one for one in of(page, "CopyButton") if one.label.startswith("Copy the questions")]
    assert copy.text.index("A-4") < copy.text.index("A-1 ")
    assert "We assumed: It is sent." in copy.text
    assert all(question.number in copy.text for question in QUESTIONS)
    await press(page, "▸ Read them here")
    assert "Questions about Send Gate Plus" in markup(page)


async def test_two_runs_stand_side_by_side(page: Any) -> None:
    assert "Choose “Keep this run”" not in read(page)
    await press(page, "Keep this run")
    slider(page, "Calls at once").value = 1
    slider(page, "One call takes").value = 5000
    await settle()
    text = read(page)
    assert "One call takes 150 ms 5 s" in text
    assert "Accepted path Timed-out path" in text
    assert markup(page).count("Played with these answers") == 3
    assert markup(page).count("Where each contact ends") >= 3


# The parts -------------------------------------------------------------------------------------------------------------------


async def test_the_newest_is_done_last_and_what_came_between_is_left_out() -> None:
    wanted, done, begun, gate = 0, list[int](), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        seen = wanted
        begun.set()
        await gate.wait()
        done.append(seen)

    latest = Latest(work)
    wanted = 1
    latest.ask()
    await begun.wait()
    for newer in (2, 3, 4):
        wanted = newer
        latest.ask()
    assert latest.overtaken
    gate.set()
    await settle()
    assert done == [1, 4]
    assert not latest.busy
    latest.ask()
    await settle()
    assert done == [1, 4, 4]


async def test_work_that_fails_does_not_end_it() -> None:
    turns = []

    async def work() -> None:
        turns.append(1)
        if len(turns) == 1:
            raise ValueError("once")

    latest = Latest(work)
    latest.ask()
    with pytest.raises(ValueError, match="once"):
        await settle()
    latest.ask()
    await settle()
    assert len(turns) == 2


def test_a_slider_takes_what_is_no_stop_and_trusts_no_place() -> None:
    shown = Slider("Calls", (1, 10, 100), 7, lambda value: f"{value:g}")
    assert shown.stops == (1, 7, 10, 100)
    assert shown.value == 7
    shown.value = 50
    assert shown.texts == ["1", "7", "10", "50", "100"]
    assert shown.value == 50
    shown.at = 99
    assert shown.value == 100
    shown.at = -5
    assert shown.value == 1


SCENARIOS = st.builds(
    Scenario,
    size=st.integers(0, 1_000_000),
    codes=st.booleans(),
    segments=st.lists(
        st.builds(
            Segment,
            name=st.text(st.characters(codec="utf-8"), min_size=1, max_size=20),
            share=st.floats(0, 1),
            consent=st.integers(0, 100).map(lambda n: n / 100),
        ),
        min_size=1,
        max_size=12,
    ).map(tuple),
    seed=st.integers(-(10**9), 10**9),
    title=st.text(st.characters(codec="utf-8"), max_size=80),
    answering=st.builds(Answering, profile=st.sampled_from(get_args(Profile)), call_ms=st.floats(0, 600_000)),
    switches=st.builds(Switches, on_the_limit=st.sampled_from(["in_time", "late"])),
)


@settings(max_examples=40)
@given(SCENARIOS)
def test_an_address_gives_its_scenario_back(scenario: Scenario) -> None:
    token = token_of(scenario)
    assert scenario_from(token) == scenario
    assert token.replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize(
    "token", ["", "a", "AAAA", "é", token_of(BEGIN)[:-40], "eJwDAAAAAAE", token_of(BEGIN) + "!"]
)
def test_an_address_that_holds_none_is_refused(token: str) -> None:
    with pytest.raises(Invalid):
        scenario_from(token)


def test_an_address_that_swells_is_refused() -> None:
    import base64
    import zlib

    bomb = zlib.compress(b'{"title": "' + b"a" * 10_000_000 + b'"}', 9)
    with pytest.raises(Invalid):
        scenario_from(base64.urlsafe_b64encode(bomb).decode())


@settings(max_examples=5, deadline=None)
@given(SCENARIOS)
def test_a_form_gives_back_what_it_was_filled_with(scenario: Scenario) -> None:
    form = ScenarioForm(scenario, lambda: None)
    read_back = form.read()
    assert read_back.problems == ()
    kept = read_back.value.model_dump()
    expected = scenario.model_dump()
    for one, other in zip(kept.pop("segments"), expected.pop("segments"), strict=True):
        assert one["name"] == other["name"]
        assert one["share"] == pytest.approx(other["share"], abs=1e-8)
        assert one["consent"] == other["consent"]
    assert kept["answering"].pop("call_ms") == pytest.approx(expected["answering"].pop("call_ms"), abs=1e-6)
    assert kept == expected


def test_each_question_has_words_for_every_answer_and_the_default_first() -> None:
    for question in QUESTIONS:
        annotation = Switches.model_fields[question.switch].annotation
        assert tuple(SWITCH_WORDS[question.switch]) == get_args(annotation)
        assert next(iter(SWITCH_WORDS[question.switch])) == switch_defaults()[question.switch]
    assert [value for value, _, _ in PROFILES] == list(get_args(Profile))


def test_a_run_is_printed_with_the_switches_in_force() -> None:
    shown = in_force(Scenario(switches=Switches(on_the_limit="late")))
    assert all(f"<b>{question.number}</b>" in shown for question in QUESTIONS)
    assert shown.count("wb-lab-changed") == 1
    assert "Late" in shown


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        (Scenario(size=100), "Everybody is answered in time"),
        (Scenario(size=0), "There are no contacts"),
        (Scenario(size=100, answering=Answering(profile="never")), "Let it go on where it stopped"),
        (Scenario(size=500, answering=Answering(failing=0.5)), "Repeat the failed calls"),
        (Scenario(size=500, answering=Answering(failing=0.5, leak_guard=False)), "Turn the leak guard on"),
        (Scenario(size=5000, answering=Answering(call_ms=60_000)), "Answer sooner"),
        (TIGHT, "Leave more time between the steps"),
        (
            Scenario(size=500, codes=True, answering=Answering(failing_writes=0.5)),
            "Turn the code guard on",
        ),
        (
            Scenario(size=500, codes=True, switches=Switches(properties_used="at_generation")),
            "Ask the vendor question A-7",
        ),
    ],
)
async def test_each_ending_says_what_to_do(scenario: Scenario, words: str) -> None:
    assert words in verdict_of(await Lab().run(scenario))


async def test_a_segment_named_like_a_formula_does_not_run() -> None:
    scenario = Scenario(size=3, segments=(Segment(name='=cmd|"/c calc"!A1'),))
    text = contacts_csv(scenario, await Lab().trace(scenario))
    assert [row["segment"][:2] for row in csv.DictReader(io.StringIO(text))] == ["'="] * 3


async def test_the_text_for_the_vendor_names_no_contact_and_folds_its_lines() -> None:
    text = questions_text(TIGHT, await Lab().doubts(TIGHT))
    assert max(map(len, text.splitlines())) <= 88
    assert "change the outcome" in text
    assert "good to know" in text


def test_settings_that_differ_are_called_as_in_the_form() -> None:
    other = TIGHT.model_copy(update={"switches": Switches(late_answer="ignored_200"), "codes": False})
    assert differences(TIGHT, other) == [
        ("Promo codes", "on", "off"),
        ("A-5", "An error (410)", "A 200 without effect"),
    ]
    assert differences(TIGHT, TIGHT) == []


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "0 s"),
        (0.2, "12 s"),
        (1, "1 min"),
        (6.52, "6.5 min"),
        (90, "90 min"),
        (150, "2 h 30 min"),
        (180, "3 h"),
        (4320, "3 d"),
        (-30, "−30 min"),
    ],
)
def test_a_time_is_written_in_the_unit_that_suits_it(minutes: float, words: str) -> None:
    assert str(duration(minutes)) == words


def test_short_times_and_shares() -> None:
    assert str(length(150)) == "150 ms"
    assert str(length(1500)) == "1.5 s"
    assert str(length(60_000)) == "1 min"
    assert percent(0.035) == "3.5 %"
