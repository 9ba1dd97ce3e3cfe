"""Runs on the page: a table given, mapped, looked through, mended and sent; by the real services and in each role, without a browser."""

from __future__ import annotations

import asyncio
import csv
import io
from pathlib import Path
from typing import Any

import pytest

from tests.services.conftest import ENVIRON
from tests.services.test_runs import PAYLOAD, bought, people
from tests.services.test_runs import csv as table_text
from tests.sink import Received, reply, sink
from tests.widgets.conftest import Connected
from tests.widgets.faces import field, of, offered, press, read
from workbench import Workbench
from workbench.errors import NotFound, Refused
from workbench.models.integration import Settings
from workbench.widgets import runs_outcomes
from workbench.widgets.page import Frame
from workbench.widgets.runs import RunBoard
from workbench.widgets.runs_upload import TableFile
from workbench.widgets.spawn import settle


async def board(bench: Workbench) -> RunBoard:
    """Return the runs of a workbench as the page shows them."""
    frame = Frame("events", "Events", lambda _: None, bench)  # type: ignore[arg-type,return-value]
    frame._facts = await bench.about.facts()
    made = RunBoard(frame)
    await made.refresh()
    return made


@pytest.fixture
async def mails(house: Workbench) -> str:
    settings = Settings(name="Mails", url="https://esp.example.com/v1/send", payload=PAYLOAD)
    draft = (await house.integrations.start()).model_copy(update={"settings": settings})
    return (await house.integrations.save(draft)).id


async def pasted(page: RunBoard, text: str) -> None:
    """Begin a new run and paste its rows."""
    await press(page.widget, "New run")
    await press(page.widget, "▸ Paste rows instead")
    field(page.widget, "Rows").value = text
    await press(page.widget, "Read the rows")


async def looked_through(page: RunBoard) -> None:
    await press(page.widget, "Look at every row")
    async with asyncio.timeout(20):
        while page.face is None or page.face.run.state == "checking":
            if page.face is not None:
                await page.face.look()
            await asyncio.sleep(0.01)


async def done(page: RunBoard, bench: Workbench) -> None:
    """Wait for the run's job, and show it then."""
    assert page.face is not None
    async with asyncio.timeout(20):
        while page.face.job is None:
            await page.face.again()
            await asyncio.sleep(0.01)
        await page.face.job.finished()
    await page.face.job._changed()


async def test_from_nothing_to_the_outcomes(connected: Connected, house: Workbench, mails: str) -> None:
    page = await board(connected("operator"))
    assert "No table was sent yet" in read(page.widget)
    rows = people(6)
    rows[2] = ("no address", 3)
    await pasted(page, table_text(*rows, header="email,n"))
    told = read(page.widget)
    assert "ana1@example.com" in told
    assert "2" in told
    assert field(page.widget, "email").chosen_label == "email", "what fits by its name is chosen"
    await looked_through(page)
    assert page.face is not None
    seen = page.face.run.preflight
    assert seen is not None
    assert (seen.ready, seen.bad) == (5, 1)
    told = read(page.widget)
    assert "All or nothing" in told
    assert "Cannot be sent" in told
    await press(page.widget, "Start sending")
    assert "all or nothing" in read(page.widget)
    assert page.face.rows is not None
    page.face.rows.list.selected = "3"
    await settle()
    cell = field(page.widget, "email")
    assert (cell.value, bool(cell.error)) == ("no address", True)
    await press(page.widget, "Save and look again")
    assert "No cell was changed" in read(page.widget)
    cell.value = "still wrong"
    await press(page.widget, "Save and look again")
    assert field(page.widget, "email").value == "still wrong"
    field(page.widget, "email").value = "three@example.com"
    await press(page.widget, "Save and look again")
    assert "Row 3: Ready." in read(page.widget)
    seen = page.face.run.preflight
    assert seen is not None
    assert (seen.ready, seen.bad) == (6, 0)
    await press(page.widget, "Start sending")
    await done(page, house)
    told = read(page.widget)
    assert "Outcomes by row" in told
    assert "a***@example.com #" in told
    assert "ana1@example.com" not in told
    assert (await house.runs.summary(page.face.run.id)).progress.job.counts.accepted == 6  # type: ignore[union-attr]
    assert page.list.rows[0]["state"]["text"] == "Done"
    assert {"Outcome file (CSV for machines)", "Outcome file (for a spreadsheet)"} <= offered(page.widget)


async def test_the_outcome_file_for_machines_and_for_spreadsheets(house: Workbench, mails: str) -> None:
    page = await board(house)
    await pasted(page, table_text(("bad", 1), *people(3), header="email,n"))
    field(page.widget, "Rows that cannot be sent").value = "skip"
    await looked_through(page)
    await press(page.widget, "Start sending")
    await done(page, house)
    assert page.face is not None
    machines, sheets = [one for one in of(page.widget, "Download") if "Outcome file" in one.label]
    for download in (machines, sheets):
        text = await download._prepare()
        rows = list(csv.DictReader(io.StringIO(text)))
        assert [row["row"] for row in rows] == ["1", "2", "3", "4"]
        assert [row["state"] for row in rows] == ["bad", "accepted", "accepted", "accepted"]
        assert not any(cell.startswith(("=", "@", "+", "-")) for row in rows for cell in row.values())
    field(page.widget, "Which rows").value = "accepted"
    await settle()


async def test_a_file_that_ends_before_the_table_says_so(
    house: Workbench, mails: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs_outcomes, "MOST_ROWS", 2)
    page = await board(house)
    await pasted(page, table_text(*people(3), header="email,n"))
    await looked_through(page)
    await press(page.widget, "Start sending")
    await done(page, house)
    machines, _ = [one for one in of(page.widget, "Download") if "Outcome file" in one.label]
    assert len((await machines._prepare()).splitlines()) == 3
    assert "The file holds the first 2 rows." in read(page.widget)


async def test_an_event_is_chosen_and_a_constant_fills_a_field(house: Workbench) -> None:
    event = await bought(house)
    page = await board(house)
    await pasted(page, "mail\nana@example.com\n")
    assert page.form is not None
    assert page.form.what.value == f"event={event.id}", "the only one there is"
    await press(page.widget, "Look at every row")
    assert "Put right what is said" in read(page.widget)
    assert "no column fills it" in field(page.widget, "n").error
    field(page.widget, "n").value = "="
    field(page.widget, "Value of n").value = "2.5"
    field(page.widget, "email").value = "0"
    await looked_through(page)
    assert page.face is not None
    assert page.face.run.plan.mapping[-1].constant == 2.5
    field(page.widget, "Which rows").value = "ready"
    await settle()
    assert page.face.rows is not None
    page.face.rows.list.selected = "1"
    await settle()
    assert '"n":2.5' in page.face.rows.found[0].body


async def test_problems_lead_to_their_rows_and_whole_pages_are_left_out(house: Workbench, mails: str) -> None:
    page = await board(house)
    await pasted(page, table_text(*((f"bad{n}", n) for n in range(30)), *people(2), header="email,n"))
    await looked_through(page)
    assert page.face is not None
    rows = page.face.rows
    assert rows is not None
    assert rows.kinds.rows[0]["rows"] == "30"
    rows.kinds.selected = "0"
    await settle()
    assert (rows.field, len(rows.found)) == ("identifier", 25)
    await press(page.widget, "Later rows")
    assert len(rows.found) == 5
    await press(page.widget, "Leave these rows out")
    assert page.face.run.preflight is not None
    assert (page.face.run.preflight.bad, page.face.run.preflight.left_out) == (25, 5)
    rows.kinds.selected = ""
    rows.which.value = "left_out"
    await settle()
    rows.list.selected = str(rows.found[0].number)
    await settle()
    await press(page.widget, "Let it in again")
    assert page.face.run.preflight.left_out == 4


async def test_the_plan_is_changed_and_the_run_deleted(
    connected: Connected, house: Workbench, mails: str
) -> None:
    page = await board(connected("operator"))
    await pasted(page, table_text(*people(3), header="email,n"))
    await looked_through(page)
    await press(page.widget, "Change the plan")
    field(page.widget, "Dry run").value = True
    await looked_through(page)
    assert page.face is not None
    assert page.face.run.plan.dry_run
    assert len(page.found) == 1
    await press(page.widget, "Begin the dry run")
    await done(page, house)
    assert "A dry run: every request was made and none was sent" in read(page.widget)
    assert "Dry run: not sent" in read(page.widget)
    await press(page.widget, "Delete")
    await press(page.widget, "Delete the run")
    assert "is deleted" in read(page.widget)
    assert page.found == []


async def test_a_table_that_nobody_sends_is_not_kept(house: Workbench, mails: str) -> None:
    page = await board(house)
    await pasted(page, table_text(*people(3), header="email,n"))
    assert page.form is not None
    first = page.form.table.table
    assert first is not None
    field(page.widget, "Rows").value = "email,n\nother@example.com,1\n"
    await press(page.widget, "Read the rows")
    second = page.form.table.table
    assert second is not None
    with pytest.raises(NotFound):
        await house.runs.table(first.id)
    await press(page.widget, "Close")
    with pytest.raises(NotFound):
        await house.runs.table(second.id)
    await pasted(page, table_text(*people(3), header="email,n"))
    await looked_through(page)
    assert page.face is not None
    with pytest.raises(Refused):
        await house.runs.drop_table(page.face.run.plan.table_id)


async def test_who_may_only_look_is_offered_nothing_else(
    connected: Connected, house: Workbench, mails: str
) -> None:
    page = await board(connected("operator"))
    await pasted(page, table_text(("bad.address", 1), *people(2), header="email,n"))
    await looked_through(page)
    assert page.face is not None
    id = page.face.run.id
    looking = await board(connected("viewer"))
    await looking.go(f"run={id}")
    assert looking.face is not None
    assert looking.place == f"run={id}"
    assert looking.face.rows is not None
    looking.face.rows.list.selected = "1"
    await settle()
    told = read(looking.widget)
    assert "Cells are shown to operators alone" in told
    assert "bad.address" not in told
    assert not offered(looking.widget) & {
        "New run",
        "Start sending",
        "Delete",
        "Save and look again",
        "Change the plan",
    }


async def test_a_file_is_handed_on_slice_by_slice(house: Workbench) -> None:
    page = await board(house)
    taken: list[Any] = []

    async def arrived(table: Any) -> None:
        taken.append(table)

    file = TableFile(page.frame, "Choose a file", arrived)
    asked: list[Any] = []
    file.send = lambda content, buffers=None: asked.append(content)
    content = table_text(*people(300), header="email,n").encode("utf-16")
    file._heard(file, {"begin": True, "size": len(content), "name": "people.csv"}, [])
    await settle()
    while asked and "next" in asked[-1]:
        at = asked.pop()["next"]
        file._heard(file, {"slice": at}, [content[at : at + 1000]])
        await settle()
    assert taken[0].columns == ("email", "n")
    assert taken[0].name == "people.csv"
    file._heard(file, {"begin": True, "size": 10**9, "name": "x"}, [])
    assert "MB" in file.error
    file._heard(file, {"begin": True, "size": 4, "name": "x"}, [])
    await settle()
    file._heard(file, {"slice": 2}, [b"ab"])
    await settle()
    assert len(taken) == 1, "not what was asked for"
    assert content.decode("utf-16") not in repr(file.get_state())


async def test_a_path_is_offered_on_ones_own_workbench_alone(
    connected: Connected, house: Workbench, mails: str, tmp_path: Path
) -> None:
    path = tmp_path / "people.csv"
    path.write_text(table_text(*people(3), header="email,n"))
    page = await board(connected("admin"))
    await press(page.widget, "New run")
    assert "Name a file of this computer" not in read(page.widget)
    own = await board(house)
    await press(own.widget, "New run")
    await press(own.widget, "▸ Name a file of this computer")
    await press(own.widget, "Read the file")
    field(own.widget, "Path").value = str(path)
    await press(own.widget, "Read the file")
    assert "ana3@example.com" in read(own.widget)
    await looked_through(own)
    assert own.face is not None
    assert own.face.run.preflight is not None
    assert own.face.run.preflight.ready == 3


async def test_without_an_integration_the_page_says_where_to_begin(house: Workbench) -> None:
    page = await board(house)
    await page.go("new")
    assert "Create one first" in read(page.widget)
    await press(page.widget, "Close")
    assert page.form is None
    page.shown = False
    assert not page.shown


async def test_uncertain_rows_are_kept_apart_and_sent_again_on_purpose(tmp_path: Path) -> None:
    healed: list[bool] = []

    def silent(received: Received, number: int) -> bytes | float:
        return reply() if healed or number != 2 else 60.0

    async with (
        sink(silent) as taking,
        Workbench.open(tmp_path / "home", live=True, allowed_hosts=[taking.host], environ=ENVIRON) as bench,
    ):
        settings = Settings(name="S", local_test=True, url=taking.url, payload=PAYLOAD, total_s=1.0)
        draft = (await bench.integrations.start()).model_copy(update={"settings": settings})
        await bench.integrations.save(draft)
        page = await board(bench)
        await pasted(page, table_text(*people(4), header="email,n"))
        await press(page.widget, "▸ More about how it is sent")
        field(page.widget, "Rows at once").value = "many"
        await press(page.widget, "Look at every row")
        assert "Type a whole number from 1 to 1024" in field(page.widget, "Rows at once").error
        field(page.widget, "Rows at once").value = "1"
        await looked_through(page)
        await press(page.widget, "Start sending")
        assert "This is no rehearsal: 4 real messages leave this computer." in read(page.widget)
        assert taking.count == 0
        await press(page.widget, "Send 4 messages through 127.0.0.1")
        await done(page, bench)
        assert "whose end is not known: 1." in read(page.widget)
        await press(page.widget, "Show the uncertain rows")
        await settle()
        assert page.face is not None
        assert page.face.outcomes is not None
        assert [one.state for one in page.face.outcomes.found] == ["uncertain"]
        healed.append(True)
        await press(page.widget, "Send rows again")
        field(page.widget, "Uncertain (1)").value = True
        await press(page.widget, "Show who would get it again")
        await press(page.widget, "Send 1 rows again")
        await done(page, bench)
        assert "whose end is not known" not in read(page.widget)
        assert taking.count == 5
