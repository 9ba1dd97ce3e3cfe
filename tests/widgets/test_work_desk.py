"""The work page: live jobs on top, the chosen one below, found again by its address; it tells what it cannot reach."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.widgets.faces import markup, of, offered, press, read, tell
from tests.widgets.jobs import contacts, done, filled, nameless
from workbench import Workbench
from workbench.adapters.remote import ServerClient
from workbench.errors import Unreachable
from workbench.models.integration import Integration
from workbench.models.person import Role
from workbench.sentence import say
from workbench.widgets import settle, work_page
from workbench.widgets.jobs import BUSY_S, CALM_S, COLUMNS, STEP
from workbench.widgets.spawn import running

Connected = Callable[[Role], Workbench]


def rows(page: Any) -> list[dict[str, Any]]:
    return list(of(page, "RowList")[0].rows)


def titles(page: Any) -> list[str]:
    return [one.title for one in of(page, "Headline")]


async def test_an_empty_page_says_what_a_job_is(connected: Connected) -> None:
    page = await work_page(connected("viewer"))
    assert "No job yet." in read(page)
    assert "New job" not in offered(page)
    assert "New job" in offered(await work_page(connected("operator")))
    await settle()
    assert running == set()


async def test_live_jobs_stand_on_top_and_each_row_says_how_it_goes(
    connected: Connected, house: Workbench, saved: Integration
) -> None:
    await filled(house, saved, contacts(4), title="waits")
    await done(house, saved, [*contacts(3), *nameless(1)], title="first")
    await done(house, saved, contacts(2), title="second")
    page = await work_page(connected("viewer"))
    assert [row["title"] for row in rows(page)] == ["waits", "second", "first"]
    waits, _, first = rows(page)
    assert waits["state"] == {"text": "Being filled", "kind": "info"}
    assert waits["bar"] == {"text": "0 of 4", "parts": [{"state": "waiting", "share": 100.0}]}
    assert first["bar"]["text"] == "4 of 4"
    assert {part["state"]: part["share"] for part in first["bar"]["parts"]} == {
        "accepted": 75.0,
        "invalid": 25.0,
    }
    assert first["counts"] == "Accepted: 3\nNot taken: 1"
    assert of(page, "RowList")[0].columns[-1]["key"] != COLUMNS[-1]["key"]  # all were rehearsed


async def test_a_job_is_chosen_named_in_the_address_and_found_again_by_it(
    connected: Connected, house: Workbench, saved: Integration
) -> None:
    id = await done(house, saved, contacts(2), title="Spring")
    page = await work_page(connected("viewer"))
    [bar] = of(page, "TopBar")
    told: list[Any] = []
    bar.send = lambda content, buffers=None: told.append(content)
    of(page, "RowList")[0].selected = id
    await settle()
    assert told == [{"stand": f"job={id}"}]
    assert bar.lasting == ["job"]
    assert titles(page)[-1] == "Spring"
    again = await work_page(connected("viewer"))
    arrived = {"kept": None, "browser": [], "dismissed": [], "place": f"job={id}"}
    await tell(of(again, "TopBar")[0], {"arrived": arrived})
    assert titles(again)[-1] == "Spring"
    assert of(again, "RowList")[0].selected == id


async def test_what_was_open_is_open_again_in_another_language(
    connected: Connected, house: Workbench, saved: Integration
) -> None:
    id = await done(house, saved, contacts(2), title="Spring")
    page = await work_page(connected("viewer"))
    [bar] = of(page, "TopBar")
    await tell(bar, {"place": f"job={id}"})
    await tell(bar, {"language": "fr"})
    assert titles(page)[-1] == "Spring"


async def test_a_job_that_is_gone_is_said_and_the_page_stays(connected: Connected) -> None:
    page = await work_page(connected("viewer"))
    await tell(of(page, "TopBar")[0], {"place": "job=job_gone"})
    assert "wb-error" in markup(page)
    assert "No job yet." in read(page)


async def test_a_viewer_who_follows_a_link_to_a_new_job_is_refused_by_the_server(
    connected: Connected, house: Workbench, saved: Integration
) -> None:
    page = await work_page(connected("viewer"))
    await tell(of(page, "TopBar")[0], {"place": "new"})
    assert "Your role is viewer" in read(page)
    assert not {text for text in offered(page) if text.startswith("Start")}


async def test_deleting_the_chosen_job_takes_it_off_the_page(
    connected: Connected, house: Workbench, saved: Integration
) -> None:
    id = await done(house, saved, contacts(1), title="Gone soon")
    page = await work_page(connected("admin"))
    of(page, "RowList")[0].selected = id
    await settle()
    await press(page, "Delete")
    await press(page, "Delete the job")
    assert rows(page) == []
    assert "“Gone soon” is deleted." in read(page)
    assert titles(page) == ["Work"]


async def test_the_list_is_looked_at_while_it_is_shown_and_follows_the_jobs(
    connected: Connected, house: Workbench, saved: Integration
) -> None:
    page = await work_page(connected("viewer"))
    [pulse] = of(page, "Pulse")
    told: list[Any] = []
    pulse.send = lambda content, buffers=None: told.append(content)
    id = await filled(house, saved, contacts(1), title="New here")
    await tell(pulse, {"beat": True})
    assert [row["title"] for row in rows(page)] == ["New here"]
    assert told == [{"next": CALM_S}]
    assert BUSY_S < CALM_S
    of(page, "RowList")[0].selected = id
    await settle()
    await house.work.cancel(id)
    for one in of(page, "Pulse"):
        await tell(one, {"beat": True})
    assert rows(page)[0]["state"]["text"] == "Cancelled"


class Away:
    """A connection whose server is gone from time to time."""

    def __init__(self, inner: ServerClient) -> None:
        self.inner, self.gone = inner, False

    async def post(self, path: str, body: bytes) -> object:
        if self.gone:
            raise Unreachable(say("The server process does not answer."))
        return await self.inner.post(path, body)


async def test_a_list_that_cannot_be_read_stays_says_so_and_is_read_again(
    connected: Connected, house: Workbench, saved: Integration
) -> None:
    await filled(house, saved, contacts(1), title="Spring")
    client = Away(connected("viewer")._client)  # type: ignore[arg-type]
    page = await work_page(Workbench.connect(client=client))  # type: ignore[arg-type]
    [pulse] = of(page, "Pulse")
    client.gone = True
    await tell(pulse, {"beat": True})
    await tell(pulse, {"beat": True})
    assert read(page).count("The list is from before") == 1
    assert [row["title"] for row in rows(page)] == ["Spring"]
    client.gone = False
    await tell(pulse, {"beat": True})
    assert "from before" not in read(page)


async def test_older_jobs_are_shown_on_demand(
    connected: Connected, house: Workbench, saved: Integration
) -> None:
    for n in range(STEP + 2):
        id = await filled(house, saved, contacts(1), title=f"job {n}")
        await house.work.cancel(id)
    page = await work_page(connected("viewer"))
    assert len(rows(page)) == STEP
    await press(page, "Show older")
    assert len(rows(page)) == STEP + 2
    assert "Show older" not in offered(page)
