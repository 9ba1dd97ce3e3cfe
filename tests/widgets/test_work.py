"""The progress of one job: what it says in each state, what each role is offered, and that it goes on being looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.widgets.faces import field, markup, of, offered, press, read, tell
from tests.widgets.jobs import contacts, done, filled, nameless, waited
from workbench import EntryFilter, Workbench
from workbench.adapters.remote import ServerClient
from workbench.errors import NotFound, Unreachable
from workbench.models.integration import Integration
from workbench.models.person import Role
from workbench.models.work import Progress, RowFilter
from workbench.sentence import say
from workbench.widgets import job_progress, settle
from workbench.widgets.around import Around
from workbench.widgets.rows import STEP
from workbench.widgets.spawn import running
from workbench.widgets.work import CALM_S, LIVELY_S, LOST_S, JobFace, pause_after

Connected = Callable[[Role], Workbench]
STEERING = {
    "Start", "Pause", "Resume", "Cancel", "Send rows again", "Erase the contacts", "Delete",
}  # fmt: skip


async def face(bench: Workbench, id: str, **more: Any) -> JobFace:
    return JobFace(Around(bench, await bench.about.facts()), await bench.work.job(id), **more)


async def beat(face: JobFace) -> None:
    """Let the browser beat, as it does while the page is shown."""
    await tell(face.pulse, {"beat": True})


# -- what it says ------------------------------------------------------------------------------------------------------


async def test_a_job_from_filling_to_done(connected: Connected, house: Workbench, saved: Integration) -> None:
    id = await filled(house, saved, [*contacts(20), *nameless(3)], title="Spring <b>sale</b>")
    shown = await face(connected("operator"), id)
    text = read(shown.widget)
    for part in (
        "Spring <b>sale</b>",
        "Through esp.example.com",
        "Being filled",
        "Nothing is sent",
        "Waiting 23",
        "All rows 23",
    ):
        assert part in text
    assert "<b>" not in markup(shown.widget)
    assert {"Start", "Cancel"} <= offered(shown.widget)
    await press(shown.widget, "Start")
    await waited(house, id)
    await beat(shown)
    text = read(shown.widget)
    for part in (
        "Partly done",
        "Accepted 20",
        "Invalid 3",
        "Waiting 0",
        "All rows 23",
        "Open the failed rows",
    ):
        assert part in text
    assert offered(shown.widget) == {"Open the failed rows", "Send rows again"}
    assert shown.pulse.news.startswith("Partly done. Not every row was taken")


async def test_a_job_whose_rows_all_failed_is_not_green(
    connected: Connected, house: Workbench, saved: Integration
) -> None:
    shown = await face(connected("viewer"), await done(house, saved, nameless(2)))
    assert 'wb-badge wb-error">Failed' in shown.state.value
    assert shown.pulse.news.startswith("Failed. Not every row was taken")


async def test_a_job_is_paused_and_resumed_and_says_so(
    connected: Connected, house: Workbench, saved: Integration
) -> None:
    id = await filled(house, saved, contacts(5))
    await house.work.house.ledger.change(id, "running", {"filling"})
    shown = await face(connected("operator"), id)
    assert "Interrupted" in read(shown.widget)  # no process works on it
    assert "No process works on it" in shown.pulse.news
    await press(shown.widget, "Pause")
    assert "Paused" in read(shown.widget)
    assert {"Resume", "Cancel"} <= offered(shown.widget)
    assert "Pause" not in offered(shown.widget)
    await press(shown.widget, "Resume")
    await waited(house, id)
    await beat(shown)
    assert "The provider has taken every row." in read(shown.widget)


async def test_a_stopped_job_says_why_and_a_notice_what_holds_it_up(
    connected: Connected, house: Workbench, saved: Integration
) -> None:
    id = await filled(house, saved, contacts(5))
    await house.work.house.ledger.change(id, "running", {"filling"})
    reason = say("The provider refused the key <b>{key}</b>. Lock the right one.", key="****")
    await house.work.house.ledger.change(id, "stopped", {"running"}, reason)
    shown = await face(connected("viewer"), id)
    assert "Why it stopped: The provider refused the key <b>****</b>. Lock the right one." in read(
        shown.widget
    )
    assert "<b>" not in markup(shown.widget)
    held = shown.progress.model_copy(update={"notice": say("The disk is full. Free some room.")})
    shown.show(held.model_copy(update={"job": held.job.model_copy(update={"state": "running"})}))
    assert "What holds it up: The disk is full. Free some room." in read(shown.widget)
    assert "Why it stopped" not in read(shown.widget)


async def test_cancelling_asks_once_more_and_says_what_stays_undone(
    connected: Connected, house: Workbench, saved: Integration
) -> None:
    id = await filled(house, saved, contacts(7))
    shown = await face(connected("operator"), id)
    await press(shown.widget, "Cancel")
    assert "7 rows are not at their end" in read(shown.widget)
    assert (await house.work.job(id)).job.state == "filling"
    await press(shown.widget, "Let it go on")
    assert "Cancel the job" not in offered(shown.widget)
    await press(shown.widget, "Cancel")
    await press(shown.widget, "Cancel the job")
    assert (await house.work.job(id)).job.state == "cancelled"
    assert "Left undone 7" in read(shown.widget)
    assert "Cancel" not in offered(shown.widget)


# -- roles -------------------------------------------------------------------------------------------------------------


async def test_a_viewer_sees_everything_and_his_kernel_holds_no_button_that_steers(
    connected: Connected, house: Workbench, saved: Integration
) -> None:
    for id in (await filled(house, saved, contacts(2)), await done(house, saved, contacts(2))):
        shown = await face(connected("viewer"), id)
        held = {button.description for _, button in shown.steering.buttons}
        assert not held & STEERING
        assert "All rows 2" in read(shown.widget)
    operator = await face(connected("operator"), id)
    assert not {button.description for _, button in operator.steering.buttons} & {
        "Erase the contacts",
        "Delete",
    }


async def test_an_admin_erases_the_contacts_and_deletes_the_job_each_after_a_question(
    connected: Connected, house: Workbench, saved: Integration
) -> None:
    id = await done(house, saved, contacts(3))
    left: list[str] = []

    async def gone() -> None:
        left.append(id)

    shown = await face(connected("admin"), id, gone=gone)
    await press(shown.widget, "Erase the contacts")
    assert "for good" in read(shown.widget)
    await press(shown.widget, "Leave it")
    await press(shown.widget, "Delete")
    assert left == []
    await press(shown.widget, "Delete the job")
    assert left == [id]
    with pytest.raises(NotFound):
        await house.work.job(id)
    assert await shown.look() is None


# -- live --------------------------------------------------------------------------------------------------------------


async def test_a_live_job_begins_only_by_the_button_that_names_host_and_number(tmp_path: Path) -> None:
    async with Workbench.open(tmp_path, live=True, environ={"WORKBENCH_KEYRING": "off"}) as bench:
        draft = await bench.integrations.start()
        settings = draft.settings.model_copy(
            update={
                "name": "Live",
                "url": "https://esp.invalid/send",
                "credential_kind": "none",
                "payload": "{}",
            }
        )
        live = await bench.integrations.save(draft.model_copy(update={"settings": settings}))
        id = await filled(bench, live, contacts(4))
        shown = await face(bench, id)
        assert "LIVE" in read(shown.widget)
        await press(shown.widget, "Start")
        text = read(shown.widget)
        assert "4 real messages leave this computer" in text
        assert "Send 4 messages through esp.invalid" in offered(shown.widget)
        assert (await bench.work.job(id)).job.state == "filling"
        await press(shown.widget, "Do not send")
        assert "Send 4 messages through esp.invalid" not in offered(shown.widget)
        assert (await bench.work.job(id)).job.state == "filling"


# -- the looking -------------------------------------------------------------------------------------------------------


class Shaky:
    """A connection whose server is gone from time to time; it counts the calls, and how many there are at once."""

    def __init__(self, inner: ServerClient) -> None:
        self.inner, self.gone, self.calls, self.at_once, self.most = inner, False, 0, 0, 0

    async def post(self, path: str, body: bytes) -> object:
        if path == "/api/work/job":
            self.calls += 1
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        try:
            if self.gone:
                raise Unreachable(say("The server process does not answer."))
            return await self.inner.post(path, body)
        finally:
            self.at_once -= path == "/api/work/job"


async def test_a_server_that_is_gone_for_a_moment_is_said_and_found_again(
    connected: Connected, house: Workbench, saved: Integration
) -> None:
    id = await filled(house, saved, contacts(2))
    client = Shaky(connected("operator")._client)  # type: ignore[arg-type]
    shown = await face(Workbench.connect(client=client), id)  # type: ignore[arg-type]
    client.gone = True
    assert await shown.look() == LOST_S
    assert await shown.look() == LOST_S
    assert "What stands here is from before" in read(shown.widget)
    assert "Waiting 2" in read(shown.widget)
    client.gone = False
    assert await shown.look() == CALM_S
    assert "from before" not in read(shown.widget)


async def test_looks_never_overlap_and_settling_does_not_wait_for_a_running_job(
    connected: Connected, house: Workbench, saved: Integration
) -> None:
    id = await filled(house, saved, contacts(2))
    client = Shaky(connected("operator")._client)  # type: ignore[arg-type]
    shown = await face(Workbench.connect(client=client), id)  # type: ignore[arg-type]
    before = client.calls
    await asyncio.gather(*(shown.look() for _ in range(5)))
    assert client.most == 1
    assert client.calls == before + 5
    await settle()
    assert running == set()


async def test_a_job_that_was_deleted_meanwhile_is_looked_at_no_more(
    connected: Connected, house: Workbench, saved: Integration
) -> None:
    id = await done(house, saved, contacts(1))
    shown = await face(connected("viewer"), id)
    await house.work.delete(id)
    assert await shown.look() is None
    assert "wb-error" in markup(shown.widget)


async def test_a_change_of_state_is_told_once(
    connected: Connected, house: Workbench, saved: Integration
) -> None:
    id = await filled(house, saved, contacts(2))
    told: list[str] = []

    async def changed() -> None:
        told.append("changed")

    shown = await face(connected("viewer"), id, changed=changed)
    await shown.look()
    assert told == []
    await house.work.cancel(id)
    await shown.look()
    await shown.look()
    assert told == ["changed"]


def test_a_job_is_looked_at_often_while_it_goes_calmly_while_it_rests_and_not_after_its_end() -> None:
    def after(**more: Any) -> float | None:
        job = {
            "id": "job_1", "kind": "send", "title": "t", "mode": "rehearsal", "who": "w", "account": "a",
            "created_at": "2026-11-22T00:00:00Z", "changed_at": "2026-11-22T00:00:00Z", **more,
        }  # fmt: skip
        return pause_after(Progress.model_validate({"job": job, "workers": 1}))

    assert after(state="running", counts={"waiting": 3}) == LIVELY_S
    assert after(state="running", counts={"retrying": 3}) == CALM_S
    assert after(state="paused", counts={"in_flight": 1}) == LIVELY_S
    assert after(state="paused", counts={"waiting": 3}) == CALM_S
    assert after(state="cancelled", counts={"in_flight": 1}) == LIVELY_S
    assert after(state="cancelled", counts={"cancelled": 1}) is None
    assert after(state="done", counts={"accepted": 1}) is None


# -- in a notebook -----------------------------------------------------------------------------------------------------


async def test_a_notebook_shows_the_progress_and_waits_for_the_end(
    house: Workbench, saved: Integration
) -> None:
    id = await filled(house, saved, contacts(40))
    await house.work.start(id)
    shown = await job_progress(house, id)
    assert repr(shown) == "<progress of a job>"
    ended = await shown.finished()
    assert (ended.job.state, ended.job.counts.accepted) == ("done", 40)
    assert "Accepted 40" in read(shown)
    await settle()
    resting = await job_progress(house, await filled(house, saved, contacts(1)))
    assert (await resting.finished()).job.state == "filling"
    with pytest.raises(NotFound):
        await job_progress(house, "job_none")


# -- the rows ----------------------------------------------------------------------------------------------------------


def listed(widget: Any) -> list[dict[str, Any]]:
    [rows] = of(widget, "RowList")
    return list(rows.rows)


async def test_the_failed_rows_are_opened_page_by_page_each_with_its_sentence(
    connected: Connected, house: Workbench, saved: Integration
) -> None:
    id = await done(house, saved, [*contacts(3), *nameless(STEP + 2)])
    shown = await face(connected("viewer"), id)
    await press(shown.widget, "Open the failed rows")
    first = listed(shown.widget)
    assert [row["number"] for row in first] == [str(n) for n in range(4, 4 + STEP)]
    assert {row["state"]["text"] for row in first} == {"Invalid"}
    assert all("subject" in row["sentence"] for row in first)
    assert "Rows 1 to 50" in read(shown.widget)
    assert "Earlier rows" not in offered(shown.widget)
    await press(shown.widget, "Later rows")
    assert [row["number"] for row in listed(shown.widget)] == ["54", "55"]
    assert "Later rows" not in offered(shown.widget)
    await press(shown.widget, "Earlier rows")
    assert listed(shown.widget) == first
    await press(shown.widget, "Close the rows")
    assert of(shown.widget, "RowList") == []


async def test_a_row_shows_the_way_to_its_exchange_and_a_masked_recipient(
    connected: Connected, house: Workbench, saved: Integration
) -> None:
    id = await done(house, saved, contacts(2))
    shown = await face(connected("viewer"), id)
    await press(shown.widget, "Open the rows")
    assert field(shown.widget, "Which rows").value == ""
    [rows] = of(shown.widget, "RowList")
    rows.selected = rows.rows[0]["id"]
    [link] = [item for one in of(shown.widget, "PageLinks") for item in one.items]
    row = (await house.work.rows(id))[0]
    assert (link["page"], link["place"]) == ("activity", f"entry={row.entry_id}")
    assert row.key in read(shown.widget)
    assert "ana0@example.com" not in read(shown.widget)
    field(shown.widget, "Which rows").value = "failed"
    await settle()
    assert listed(shown.widget) == []
    assert "No row is in this state." in read(shown.widget)
    assert of(shown.widget, "PageLinks") == []


# -- once more ---------------------------------------------------------------------------------------------------------


async def test_a_replay_sends_exactly_what_its_preview_named(
    connected: Connected, house: Workbench, saved: Integration
) -> None:
    id = await done(house, saved, [*contacts(4), *nameless(3)])
    shown = await face(connected("operator"), id)
    await press(shown.widget, "Send rows again")
    assert "Failed" not in [one.label for one in of(shown.widget, "SwitchField")]
    await press(shown.widget, "Show who would get it again")
    assert "Choose at least one kind of rows." in read(shown.widget)
    field(shown.widget, "Accepted (4)").value = True
    await press(shown.widget, "Show who would get it again")
    text = read(shown.widget)
    assert "Surely twice: taken already 4" in text
    assert "4 rows were taken already: they arrive twice." in text
    assert "ana0@example.com" not in text
    before = {row.number: row.changed_at for row in await house.work.rows(id)}
    await press(shown.widget, "Send 4 rows again")
    await waited(house, id)
    after = {row.number: row.changed_at for row in await house.work.rows(id)}
    assert [number for number in after if after[number] > before[number]] == [1, 2, 3, 4]
    assert await house.house.journal.count(EntryFilter(kind="send")) == 8
    assert "Send rows again" in offered(shown.widget)


async def test_a_changed_choice_takes_the_preview_away_and_a_time_that_is_none_is_said(
    connected: Connected, house: Workbench, saved: Integration
) -> None:
    id = await done(house, saved, nameless(2))
    shown = await face(connected("operator"), id)
    await press(shown.widget, "Send rows again")
    field(shown.widget, "Invalid (2)").value = True
    await press(shown.widget, "Show who would get it again")
    assert "Send 2 rows again" in offered(shown.widget)
    field(shown.widget, "Last changed from").value = "yesterday"
    assert "Send 2 rows again" not in offered(shown.widget)
    await press(shown.widget, "Show who would get it again")
    assert "“yesterday” is no time" in field(shown.widget, "Last changed from").error
    field(shown.widget, "Last changed from").value = "2199-01-01 00:00"
    await press(shown.widget, "Show who would get it again")
    assert "No row fits that may be sent again." in read(shown.widget)


async def test_a_replay_is_refused_when_something_changed_after_its_preview(
    connected: Connected, house: Workbench, saved: Integration
) -> None:
    id = await done(house, saved, nameless(2))
    shown = await face(connected("operator"), id)
    await press(shown.widget, "Send rows again")
    field(shown.widget, "Invalid (2)").value = True
    await press(shown.widget, "Show who would get it again")
    wanted = RowFilter(states=("invalid",))
    token = (await house.work.preview_replay(id, wanted)).token
    await house.work.replay(id, wanted, token)
    await waited(house, id)
    rows = await house.work.rows(id)
    await press(shown.widget, "Send 2 rows again")
    assert "wb-error" in markup(shown.widget)
    assert await house.work.rows(id) == rows
