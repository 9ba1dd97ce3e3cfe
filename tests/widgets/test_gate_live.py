"""The page of the send gates as sendouts come, are decided and answered; by the real services and the stand-in, without a browser."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.widgets.conftest import Connected
from tests.widgets.faces import field, kernel_state, markup, of, offered, press, read, tell
from workbench import Workbench
from workbench.adapters.clock import SystemClock
from workbench.models.gate import Action, AnswerOptions, Gate, GateSettings
from workbench.models.hold import Hold, Outlook, Tally
from workbench.models.platform import Sendout, Timing
from workbench.models.rules import Comparison, Rule, RuleSet
from workbench.models.work import Counts
from workbench.sentence import say
from workbench.widgets import gates_page, settle
from workbench.widgets.around import Around
from workbench.widgets.gate_live_contacts import STEP
from workbench.widgets.gate_live_hold import LIVELY_S, HoldFace, pause_after
from workbench.widgets.gate_live_holds import HoldList
from workbench.widgets.gate_live_rehearse import Rehearsing
from workbench.widgets.gate_live_words import STATES, clock_of, decided_bar, hold_row, outlook_line

NO_CONSENT = RuleSet(
    rules=(
        Rule(
            name="consent",
            when=Comparison(field="consent", operator="not_equals", value="yes"),
            reason="No <b>consent</b>",
        ),
    )
)
BY_HAND = AnswerOptions(start="person")


async def fired(
    house: Workbench, *, size: int = 10, settled: bool = True, sendout: Sendout | None = None, **settings: Any
) -> str:
    """Make a gate where there is none, fire a sendout at it, let it be decided, and return the hold's id."""
    if not await house.gates.list():
        await house.gates.create(
            GateSettings(**{"name": "Front", "key": "front", "rules": NO_CONSENT, **settings})
        )
    await house.rehearsal.fire("front", sendout or Sendout(name="Day <b>1</b>", size=size, consent_share=0.5))
    hold = (await house.holds.holds())[0]
    if settled:
        await house.holds.settle(hold.id)
    return hold.id


async def face(bench: Workbench, id: str, **more: Any) -> HoldFace:
    gates = {gate.id: gate for gate in await bench.gates.list()}
    made = HoldFace(Around(bench, await bench.about.facts()), await bench.holds.hold(id), gates, **more)
    await made.look()
    return made


def hold(**more: Any) -> Hold:
    """Return a hold as a service tells it."""
    now = SystemClock().now()
    return Hold.model_validate({
        "id": "hol_1", "gate_id": "gat_1", "kind": "batch", "state": "ready", "mode": "rehearsal", "opened_at": now, "changed_at": now,
        "limit_at": now + timedelta(minutes=60), "sendout_name": "Day 1", "tally": Tally(contacts=10, accepted=7, rejected=3), **more,
    })  # fmt: skip


# -- what is said ------------------------------------------------------------------------------------------------------


def test_the_time_left_counts_down_and_says_when_it_has_passed() -> None:
    one = hold()
    assert "59:59" in clock_of(one, one.limit_at - timedelta(minutes=59, seconds=59))
    assert "wb-gate-soon" in clock_of(one, one.limit_at - timedelta(seconds=30))
    late = clock_of(one, one.limit_at + timedelta(seconds=1))
    assert "wb-gate-late" in late
    assert "00:00" in late
    ended = one.model_copy(update={"state": "finished", "ended_at": one.opened_at + timedelta(seconds=20)})
    assert "20 s" in clock_of(ended, one.limit_at)
    journey = one.model_copy(update={"limit_at": one.opened_at + timedelta(days=30)})
    assert "720:00:00" in clock_of(journey, one.opened_at)


def test_the_outlook_says_in_time_or_not_and_when_to_begin_at_the_latest() -> None:
    assert outlook_line(hold()) is None
    soon = Outlook(
        calls=300, rate_per_s=10, needs_s=30, left_s=3600, latest_start_at=hold().limit_at, in_time=True
    )
    assert "In time: 300 calls" in str(outlook_line(hold(outlook=soon)))
    late = soon.model_copy(update={"in_time": False, "left_s": 10, "needs_s": 30})
    assert "Not in time" in str(outlook_line(hold(outlook=late)))
    assert outlook_line(hold(outlook=late, state="finished")) is None


def test_every_state_has_words_and_a_bar_says_its_counts_in_words() -> None:
    for state in STATES:
        row = hold_row(hold(state=state), {}, SystemClock().now())
        assert row["state"]["text"]
        assert row["gate"] == "deleted gate"
    shown = decided_bar(Tally(contacts=10, accepted=6, rejected=2, bad=1, doubles=1))
    for words in ("Accepted: 6", "Rejected: 2", "Not decided yet: 2", "Not readable: 1", "Doubles: 1"):
        assert words in shown


def test_what_waits_is_looked_at_often_and_what_has_ended_no_more() -> None:
    assert pause_after(hold(state="answering")) == LIVELY_S
    assert pause_after(hold(state="held_back")) == LIVELY_S
    assert pause_after(hold(state="finished")) is None


# -- one hold ----------------------------------------------------------------------------------------------------------


async def test_a_sendout_is_decided_shown_and_answered_after_a_question(
    connected: Connected, house: Workbench
) -> None:
    id = await fired(house, answering=BY_HAND)
    shown = await face(connected("operator"), id)
    text = read(shown.widget)
    for words in (
        "Day <b>1</b>",
        "Waits for you",
        "All contacts 10",
        "Decided, and why",
        "asks for no action",
        "Timeline",
    ):
        assert words in text
    assert "No &lt;b&gt;consent&lt;/b&gt;" in markup(shown.widget)
    assert "<b>" not in markup(shown.widget)
    assert {"Answer now", "Accept everybody", "Reject everybody"} <= offered(shown.widget)
    assert "Release it anyway" not in offered(shown.widget)
    await press(shown.widget, "Answer now")
    assert "released when every reject was taken" in read(shown.widget)
    assert (await house.holds.hold(id)).state == "ready"
    await press(shown.widget, "Leave it")
    await press(shown.widget, "Answer now")
    tally = shown.hold.tally
    await press(shown.widget, f"Release {tally.accepted}, reject {tally.rejected}")
    await house.holds.settle(id)
    await tell(shown.pulse, {"beat": True})
    text = read(shown.widget)
    assert "Released" in text
    assert "Calls: " in text
    assert "See every call in the work" in text
    assert "Answer now" not in offered(shown.widget)
    assert shown.pulse.news.startswith("Released.")


async def test_a_person_decides_one_contact_otherwise_and_it_says_who(
    connected: Connected, house: Workbench
) -> None:
    id = await fired(house, answering=BY_HAND)
    shown = await face(connected("operator"), id)
    await press(shown.widget, "▸ Contacts")
    contacts = shown.contacts
    assert len(contacts.list.rows) == 10
    contacts.which.value = "reject"
    await settle()
    before = contacts.list.rows
    assert {row["verdict"]["text"] for row in before} == {"rejected"}
    assert all(row["reason"] == "No <b>consent</b>" for row in before)
    contacts.choose(before[0]["id"])
    await press(shown.widget, "Accept this contact")
    assert "although the rules rejected it" in read(shown.widget)
    [sure] = [one for one in offered(shown.widget) if one.startswith("Accept ") and "#" in one]
    await press(shown.widget, sure)
    assert len(contacts.list.rows) == len(before) - 1
    contacts.which.value = "accept"
    await settle()
    assert [row["hand"] for row in contacts.list.rows if row["hand"]] == ["an operator"] or [
        row["hand"] for row in contacts.list.rows if row["hand"]
    ] == ["a operator"]
    contacts.rule.value = "no such rule"
    await settle()
    assert contacts.list.rows == []


async def test_contacts_are_turned_page_by_page(connected: Connected, house: Workbench) -> None:
    id = await fired(house, size=STEP + 2, answering=BY_HAND)
    shown = await face(connected("viewer"), id)
    await press(shown.widget, "▸ Contacts")
    assert len(shown.contacts.list.rows) == STEP
    await press(shown.widget, "Later contacts")
    assert [row["number"] for row in shown.contacts.list.rows] == [str(STEP + 1), str(STEP + 2)]
    assert "Later contacts" not in offered(shown.widget)
    await press(shown.widget, "Earlier contacts")
    assert len(shown.contacts.list.rows) == STEP


async def test_everybody_is_rejected_by_the_button_that_names_the_number(
    connected: Connected, house: Workbench
) -> None:
    id = await fired(house, answering=BY_HAND)
    shown = await face(connected("operator"), id)
    await press(shown.widget, "Reject everybody")
    assert "None of the 10 contacts is sent to" in read(shown.widget)
    await press(shown.widget, "Reject all 10 contacts")
    done = await house.holds.settle(id)
    assert (done.state, done.tally.rejected) == ("finished", 10)


async def test_an_unknown_action_holds_back_and_says_which_and_what_releasing_means(
    connected: Connected, house: Workbench
) -> None:
    sendout = Sendout(
        name="Day 1", size=4, sendout_actions=(Action(identifier="<b>mystery</b>", details="x"),)
    )
    id = await fired(house, sendout=sendout)
    shown = await face(connected("operator"), id)
    text = read(shown.widget)
    assert "Held back" in text
    assert "No meaning here: <b>mystery</b>" in text
    assert "<b>" not in markup(shown.widget)
    await press(shown.widget, "Release it anyway")
    text = read(shown.widget)
    assert "sent to in spite of the rejection" in text
    assert "Release “Day 1” with" in text
    await press(shown.widget, "Leave it")
    assert (await house.holds.hold(id)).state == "held_back"


async def test_a_viewer_sees_it_all_and_has_no_button_that_decides(
    connected: Connected, house: Workbench
) -> None:
    id = await fired(house, answering=BY_HAND)
    shown = await face(connected("viewer"), id)
    assert not shown.steering.buttons
    await press(shown.widget, "▸ Contacts")
    shown.contacts.choose("1")
    assert not {one for one in offered(shown.widget) if "this contact" in one}


def test_calls_and_notices_are_shown_as_a_service_tells_them(house: Workbench) -> None:
    around = Around(house, None)
    around.may = lambda role: False  # type: ignore[method-assign]
    shown = HoldFace(
        around,
        hold(
            state="answering",
            answer=Counts(accepted=5, waiting=3, failed=2),
            notice=say("The platform is slow."),
        ),
        {},
    )
    text = read(shown.widget)
    assert "Calls: 7 of 10 are at their end; 2 were not taken" in text
    assert "The platform is slow." in text


# -- the page and the rehearsal ----------------------------------------------------------------------------------------


async def test_the_page_says_what_to_do_when_there_is_nothing(connected: Connected) -> None:
    page = await gates_page(connected("operator"))
    assert "No sendout has come yet" in read(page)
    part = field(page, "Part of the page")
    for name, words in (
        ("gates", "Make your first gate"),
        ("stock", "No codes yet"),
        ("rehearse", "There is no open gate yet"),
        ("tools", "Paste"),
    ):
        part.value = name
        await settle()
        assert words in read(page) or name == "tools"


async def test_a_sendout_is_fired_and_seen_to_its_end_at_the_platform(
    connected: Connected, house: Workbench
) -> None:
    await house.gates.create(GateSettings(name="Front", key="front", rules=NO_CONSENT))
    bench = connected("operator")
    heard: list[str] = []

    async def told() -> None:
        heard.append("fired")

    panel = Rehearsing(Around(bench, await bench.about.facts()), told)
    panel.offer(await bench.gates.list())
    field(panel.widget, "Contacts").value = "12"
    field(panel.widget, "Share with consent").value = "0.5"
    await press(panel.widget, "Fire the sendout")
    assert heard == ["fired"]
    assert "was fired at the gate" in read(panel.widget)
    [one] = await house.holds.holds()
    await house.holds.settle(one.id)
    await tell(panel.pulse, {"beat": True})
    text = read(panel.widget)
    [standing] = await house.rehearsal.standings()
    assert (standing.sent, standing.accepted + standing.rejected) == (standing.accepted, 12)
    assert f"Messages sent {standing.sent}" in text
    assert f"Rejected {standing.rejected}" in text
    await press(panel.widget, "See how each contact ended")
    assert "accepted" in markup(panel.widget)
    await press(panel.widget, "Let an hour pass")
    assert "Waiting 0" in read(panel.widget)


async def test_a_sendout_that_is_not_possible_is_not_fired(connected: Connected, house: Workbench) -> None:
    await house.gates.create(GateSettings(name="Front", key="front"))
    bench = connected("operator")

    async def told() -> None:
        raise AssertionError

    panel = Rehearsing(Around(bench, await bench.about.facts()), told)
    panel.offer(await bench.gates.list())
    for value in ("-1", "1000001", "some"):
        field(panel.widget, "Contacts").value = value
        await press(panel.widget, "Fire the sendout")
        assert field(panel.widget, "Contacts").error
    assert await house.rehearsal.standings() == []
    campaign = panel.times.inputs["flow"].widget
    campaign.value = "campaign_manager"
    assert panel.times.inputs["limit_min"].widget.disabled
    field(panel.widget, "Contacts").value = "5"
    panel.next_step.value = "30"
    wanted = panel.read()
    assert wanted is not None
    assert wanted.timing == Timing(flow="campaign_manager", limit_min=60, next_steps_min=(30,))


async def test_no_address_of_the_platform_and_no_contact_is_state_of_a_page(
    connected: Connected, house: Workbench
) -> None:
    id = await fired(house, size=5, answering=BY_HAND)
    store = house.gates.holds
    opened = await house.holds.gates.opened(id)
    page = await gates_page(connected("admin"))
    await page_shows(page, id)
    state = kernel_state()
    assert opened.hook.finish_uri not in state
    assert (opened.hook.item_download_uri or "never") not in state
    assert opened.hook.finish_uri.rpartition("/sendgate/")[2] not in state
    for kept in await store.kept_items(id, None, 0, 50):
        assert kept.sealed not in state
    assert (await store.sealed(id)) not in state


async def page_shows(page: Any, id: str) -> None:
    """Choose a hold in the list, as a click does, and open its contacts."""
    rows = next(one for one in of(page, "RowList") if any(row["id"] == id for row in one.rows))
    rows.selected = id
    await settle()
    await press(page, "▸ Contacts")
    assert "Waits for you" in read(page)


def test_a_gate_is_named_in_the_list() -> None:
    now = SystemClock().now()
    gate = Gate(id="gat_1", settings=GateSettings(name="Front"), created_at=now, changed_at=now)
    assert hold_row(hold(), {"gat_1": gate}, now)["gate"] == "Front"


async def test_a_page_made_ready_before_the_first_gate_names_it_all_the_same(
    connected: Connected, house: Workbench
) -> None:
    held = HoldList(Around(connected("viewer")), lambda *_: None)
    await held.refresh()
    await fired(house)
    await held.look()
    assert held.list.rows[0]["gate"] == "Front"
    (gate,) = await house.gates.list()
    assert held.gates == {gate.id: gate}
