"""A new job: contacts read and judged line by line, options in plain words, a pace, and a filling that can be interrupted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.widgets.faces import field, of, offered, press, read, tell
from tests.widgets.jobs import contacts, waited
from workbench import Contact, Workbench
from workbench.adapters.remote import ServerClient
from workbench.errors import Unreachable
from workbench.models.integration import Integration
from workbench.models.pace import Rate
from workbench.models.person import Role
from workbench.models.work import JobFilter, JobOptions
from workbench.sentence import say
from workbench.widgets import settle, work_page
from workbench.widgets.adding import PART_BYTES, PART_ROWS, Adding, parts_of

Connected = Callable[[Role], Workbench]
TABLE = "email,subject\nana@example.com,Hello\nnobody,Hello\nbo@example.com,Hello\n"


async def form(bench: Workbench) -> Any:
    """Return the work page with the form for a new job open."""
    page = await work_page(bench)
    await press(page, "New job")
    return page


async def paste(page: Any, text: str) -> None:
    field(page, "Contacts").value = text
    await press(page, "Read the contacts")


async def test_contacts_are_read_and_what_cannot_be_is_told_line_by_line(
    connected: Connected, saved: Integration
) -> None:
    page = await form(connected("operator"))
    await press(page, "Read the contacts")
    assert field(page, "Contacts").error == "Paste contacts here, or choose a file."
    await paste(page, TABLE)
    text = read(page)
    assert "2 contacts can be sent to. 1 cannot be read and are left out" in text
    assert "3 “nobody” is not an email address" in text
    assert "Start with 2 contacts" in offered(page)
    field(page, "Contacts").value = TABLE + "cy@example.com,Hello\n"
    assert not {text for text in offered(page) if text.startswith("Start with")}
    await paste(page, "ana@example.com\n")
    assert "1 contacts can be sent to." in read(page)
    await paste(page, "email\n")
    assert "There is no contact in it." in read(page)


async def test_a_job_is_made_filled_started_and_shown(
    connected: Connected, house: Workbench, saved: Integration
) -> None:
    page = await form(connected("operator"))
    await paste(page, TABLE)
    await press(page, "▸ Options")
    field(page, "Title").value = "From a table"
    field(page, "Rows at once").value = "8"
    field(page, "A row that was sent and got no answer goes again").value = "never"
    field(page, "What the activity keeps of an accepted row").value = "outcome"
    field(page, "Ask the consent ledger before each row").value = "commercial"
    await press(page, "Start with 2 contacts")
    [made] = await house.work.jobs()
    assert made.job.options == JobOptions(
        title="From a table", at_once=8, repeat="never", record="outcome", ask_consent="commercial"
    )
    ended = await waited(house, made.job.id)
    assert (ended.job.state, ended.job.counts.accepted) == ("done", 2)
    assert "New job" not in [one.title for one in of(page, "Headline")]
    assert any(one.title == "From a table" for one in of(page, "Headline"))
    assert of(page, "RowList")[0].selected == made.job.id


async def test_a_file_takes_the_place_of_what_was_pasted(connected: Connected, saved: Integration) -> None:
    page = await form(connected("operator"))
    await paste(page, "ana@example.com\n")
    [file] = of(page, "TextFile")
    content = "email;subject\nana@example.com;Olá\nbo@example.com;Hi\ncy@example.com;Hi\n".encode()
    await tell(file, {"begin": True, "size": len(content)})
    file._handle_custom_msg({"slice": 0}, [memoryview(content)])
    await settle()
    assert field(page, "Contacts").value == ""
    assert "Start with 3 contacts" in offered(page)
    assert "Olá" not in str([one.get_state() for one in of(page, "TextFile")])


@pytest.mark.parametrize(
    ("label", "value", "error"),
    [
        ("Rows at once", "0", "from 1 to 1024"),
        ("Rows at once", "many", "from 1 to 1024"),
        ("Title", "x" * 121, "120 letters at most"),
    ],
)
async def test_an_option_that_does_not_fit_is_said_beside_it_and_no_job_is_made(
    label: str, value: str, error: str, connected: Connected, house: Workbench, saved: Integration
) -> None:
    page = await form(connected("operator"))
    await paste(page, TABLE)
    await press(page, "▸ Options")
    field(page, label).value = value
    await press(page, "Start with 2 contacts")
    assert error in field(page, label).error
    assert await house.work.jobs() == []
    field(page, label).value = "12"
    assert field(page, label).error == ""


async def test_without_an_integration_the_way_to_one_is_shown(connected: Connected) -> None:
    page = await form(connected("operator"))
    assert "there is none yet" in read(page)
    [link] = [item for one in of(page, "PageLinks") for item in one.items]
    assert (link["page"], link["place"]) == ("integrations", "new")


async def test_what_keeps_an_integration_from_sending_is_said_and_the_form_stays(
    connected: Connected, house: Workbench, saved: Integration
) -> None:
    page = await form(connected("operator"))
    await paste(page, TABLE)
    await house.integrations.delete(saved.id)
    await press(page, "Start with 2 contacts")
    assert "wb-error" in " ".join(one.value for one in of(page, "Markup"))
    assert "Start with 2 contacts" in offered(page)


async def test_the_pace_of_the_account_is_shown_and_set_window_by_window(
    connected: Connected, house: Workbench, saved: Integration
) -> None:
    page = await form(connected("operator"))
    await press(page, "▸ Pace of the account")
    assert "No limit is set" in read(page)
    await press(page, "Add a window")
    field(page, "Calls (window 1)").value = "0"
    field(page, "Seconds (window 1)").value = "never"
    await press(page, "Set this pace")
    assert "whole number" in field(page, "Calls (window 1)").error
    assert "Type seconds" in field(page, "Seconds (window 1)").error
    field(page, "Calls (window 1)").value = "500"
    field(page, "Seconds (window 1)").value = "1.5"
    await press(page, "Set this pace")
    assert (await house.work.budget(saved.id)).rates == (Rate(limit=500, per_s=1.5),)
    assert "Set by a person." in read(page)
    await press(page, "Remove")
    await press(page, "Set this pace")
    assert (await house.work.budget(saved.id)).rates == ()


# -- filling -----------------------------------------------------------------------------------------------------------


class Breaking:
    """A connection that breaks at the second part: before the server has it, or after, so that only the answer is lost."""

    def __init__(self, inner: ServerClient, arrives: bool) -> None:
        self.inner, self.arrives, self.parts, self.broken = inner, arrives, 0, False

    async def post(self, path: str, body: bytes) -> object:
        if path == "/api/work/add":
            self.parts += 1
            if self.parts == 2 and not self.broken:
                self.broken = True
                if self.arrives:
                    await self.inner.post(path, body)
                raise Unreachable(say("The server process does not answer."))
        return await self.inner.post(path, body)


@pytest.mark.parametrize("arrives", [False, True], ids=["before", "after"])
async def test_an_interrupted_filling_goes_on_without_a_double_or_a_gap(
    arrives: bool, connected: Connected, house: Workbench, saved: Integration
) -> None:
    client = Breaking(connected("operator")._client, arrives)  # type: ignore[arg-type]
    page = await form(Workbench.connect(client=client))  # type: ignore[arg-type]
    everybody = [f"ana{n}@example.com" for n in range(2 * PART_ROWS + 300)]
    await paste(page, "email,subject\n" + "".join(f"{one},Hello\n" for one in everybody))
    await press(page, "Start with 2300 contacts")
    assert "Not all contacts are in the job. Nothing was sent." in read(page)
    [job] = await house.work.jobs()
    assert job.job.state == "filling"
    await press(page, "Go on adding")
    assert (await house.work.job(job.job.id)).job.counts.total == 2300
    await house.work.cancel(job.job.id)
    await waited(house, job.job.id)


async def test_a_filling_is_given_up_and_its_job_cancelled(
    connected: Connected, house: Workbench, saved: Integration
) -> None:
    client = Breaking(connected("operator")._client, arrives=False)  # type: ignore[arg-type]
    page = await form(Workbench.connect(client=client))  # type: ignore[arg-type]
    await paste(page, "email,subject\n" + "".join(f"ana{n}@example.com,Hello\n" for n in range(1500)))
    await press(page, "Start with 1500 contacts")
    await press(page, "Cancel the job")
    [job] = await house.work.jobs(JobFilter())
    assert (job.job.state, job.job.counts.cancelled) == ("cancelled", 1000)
    assert "New job" not in [one.title for one in of(page, "Headline")]


async def test_adding_stops_between_two_parts(house: Workbench, saved: Integration) -> None:
    made = await house.work.create(saved.id)
    adding = Adding(house, made.job.id, contacts(2500), lambda: adding.stop() if adding.done else None)
    await adding.run()
    assert (adding.done, adding.complete) == (PART_ROWS, False)


@given(st.lists(st.integers(0, PART_BYTES // 3), max_size=12), st.integers(0, 2 * PART_ROWS + 1))
def test_parts_hold_every_contact_once_in_order_and_none_is_too_large(sizes: list[int], many: int) -> None:
    everybody = [Contact(label="x" * size) for size in sizes] + contacts(many)
    parts = list(parts_of(everybody))
    assert [contact for part in parts for contact in part] == everybody
    for part in parts:
        assert 0 < len(part) <= PART_ROWS
        assert len(part) == 1 or sum(len(one.model_dump_json()) for one in part) <= PART_BYTES
