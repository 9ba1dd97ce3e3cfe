"""The activity page: find an exchange, open it, compare two, carry the list away as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any, get_args

import pytest

from tests.widgets.conftest import PLANTED
from tests.widgets.faces import field, markup, of, offered, press, read, tell
from workbench import Contact, Workbench
from workbench.models.integration import Integration
from workbench.models.journal import EntryKind
from workbench.models.person import Role
from workbench.models.upkeep import Retention
from workbench.sandbox.app import Sandbox
from workbench.sandbox.faults import Fault
from workbench.widgets import activity_page, settle
from workbench.widgets.journal import KINDS, LONGEST_BADGE, STEP

Connected = Callable[[Role], Workbench]


def rows(page: Any) -> list[dict[str, Any]]:
    [listed] = of(page, "RowList")
    return list(listed.rows)


async def choose(page: Any, number: int) -> None:
    [listed] = of(page, "RowList")
    listed.selected = listed.rows[number]["id"]
    await settle()


async def narrow(page: Any, label: str, value: str) -> list[dict[str, Any]]:
    field(page, label).value = value
    await settle()
    return rows(page)


async def test_an_empty_journal_invites_and_a_filter_that_fits_nothing_says_so(connected: Connected) -> None:
    page = await activity_page(connected("viewer"))
    assert "Nothing has gone out yet" in read(page)
    assert "Clear the filter" not in offered(page)
    assert await narrow(page, "Search", "zebra") == []
    assert "Nothing fits this filter." in read(page)
    await press(page, "Clear the filter")
    assert "Nothing has gone out yet" in read(page)


async def test_the_list_is_filtered_by_each_field(
    connected: Connected, house: Workbench, saved: Integration, ana: Contact
) -> None:
    await house.delivery.send(saved.id, ana)
    page = await activity_page(connected("viewer"))
    assert [row["kind"] for row in rows(page)] == ["Send", "Change", "Test"]
    assert rows(page)[0]["integration"] == "Cart reminders"
    assert rows(page)[0]["outcome"] == {"text": "Accepted", "kind": "ok"}
    assert rows(page)[1]["outcome"] == {"text": "Saved", "kind": "quiet"}
    assert {row["who"] for row in rows(page)} == {house.house.owner.name}
    assert "ana@example.com" not in str(rows(page))
    assert [row["kind"] for row in await narrow(page, "What", "send")] == ["Send"]
    assert await narrow(page, "Mode", "live") == []
    await narrow(page, "Mode", "")
    await narrow(page, "What", "")
    assert (
        len(await narrow(page, "Integration", saved.id)) == 2
    )  # the first test had no saved integration yet
    assert await narrow(page, "Outcome", "refused") == []
    await press(page, "Clear the filter")
    assert len(rows(page)) == 3
    assert len(await narrow(page, "Search", "esp.example.com")) == 2


async def test_older_entries_are_added_page_by_page_without_a_gap_or_a_double(
    connected: Connected, house: Workbench, saved: Integration, ana: Contact
) -> None:
    for _ in range(STEP):
        await house.delivery.send(saved.id, ana)
    page = await activity_page(connected("viewer"))
    assert len(rows(page)) == STEP
    await house.delivery.send(saved.id, ana)  # something new must not shift the pages
    await press(page, "Show older")
    everything = [entry.id for entry in await house.activity.entries()]
    assert [row["id"] for row in rows(page)] == everything[1:]
    assert "Show older" not in offered(page)
    await press(page, "Look for new entries")
    assert rows(page)[0]["id"] == everything[0]


async def test_one_exchange_is_shown_whole_and_masked(connected: Connected, saved: Integration) -> None:
    page = await activity_page(connected("viewer"))
    await choose(page, 1)
    await press(page, "▸ Request, as it was sent")
    await press(page, "▸ The same request as a cURL command")
    text = read(page)
    for part in ("POST https://esp.example.com/v1/send", "Accepted", "Response body", "a***@example.com"):
        assert part in text
    copied = [one.text for one in of(page, "CopyButton")]
    assert PLANTED not in str(copied) + text
    assert "ana@example.com" not in text


async def test_a_change_opens_without_an_exchange(connected: Connected, saved: Integration) -> None:
    page = await activity_page(connected("viewer"))
    await choose(page, 0)
    assert "Saved" in read(page)
    assert "Compare: take it as A" not in offered(page)


async def test_the_list_says_by_whom_and_keeps_a_long_change_short(
    connected: Connected, house: Workbench
) -> None:
    await connected("admin").upkeep.set_retention(Retention(journal_days=365))
    page = await activity_page(connected("viewer"))
    [row] = rows(page)
    assert row["who"] == "a admin"
    [listed] = of(page, "RowList")
    assert {"key": "who", "label": "By", "kind": "text"} in listed.columns
    assert row["outcome"]["text"].endswith("…")
    assert len(row["outcome"]["text"]) <= LONGEST_BADGE
    await choose(page, 0)
    assert "journal 365" in markup(page)


async def test_two_exchanges_are_compared_place_by_place(
    connected: Connected, house: Workbench, saved: Integration, ana: Contact
) -> None:
    await house.delivery.send(
        saved.id, ana.model_copy(update={"variables": {"subject": "Another <b>subject</b>"}})
    )
    page = await activity_page(connected("viewer"))
    await choose(page, 2)
    await press(page, "Compare: take it as A")
    assert "Choose an exchange in the list above" in read(page)
    assert "Swap A and B" not in offered(page)
    await choose(page, 0)
    await press(page, "Compare: take it as B")
    shown = markup(page)
    assert "<code>body.subject</code>" in shown
    assert "Another &lt;b&gt;subject&lt;/b&gt;" in shown
    assert shown.index('<span class="wb-value">Hello') < shown.index('<span class="wb-value">Another')
    await press(page, "Swap A and B")
    shown = markup(page)
    assert shown.index('<span class="wb-value">Another') < shown.index('<span class="wb-value">Hello')
    await press(page, "Close the comparison")
    assert "Compare two exchanges" not in read(page)


async def test_equal_exchanges_say_that_the_request_does_not_differ(
    connected: Connected, house: Workbench, saved: Integration, ana: Contact
) -> None:
    await house.delivery.send(saved.id, ana)
    page = await activity_page(connected("viewer"))
    await choose(page, 0)
    await press(page, "Compare: take it as A")
    await choose(page, 2)
    await press(page, "Compare: take it as B")
    assert "Request: no difference." in read(page)


async def test_the_csv_is_for_admins_follows_the_filter_and_is_in_no_state(
    connected: Connected, saved: Integration
) -> None:
    assert "Download as CSV" not in offered(await activity_page(connected("operator")))
    page = await activity_page(connected("admin"))
    await narrow(page, "What", "test")
    [download] = of(page, "Download")
    given: list[dict[str, str]] = []
    download.send = lambda content, buffers=None: given.append(content)
    await tell(download, {"wanted": True})
    [file] = given
    assert file["name"] == "activity.csv"
    assert file["type"].startswith("text/csv")
    table = list(csv.DictReader(io.StringIO(file["text"])))
    assert [line["kind"] for line in table] == ["test"]
    assert file["text"] not in str(download.get_state())
    assert not download.busy
    assert PLANTED not in file["text"]


@pytest.mark.parametrize("sandbox", [Sandbox(faults={"custom": (Fault(kind="html"),)})], ids=["html"])
async def test_hostile_html_of_a_provider_is_text(connected: Connected, saved: Integration) -> None:
    page = await activity_page(connected("viewer"))
    await choose(page, 1)
    assert "<script" not in markup(page)
    assert "&lt;script&gt;document.title" in markup(page)


async def test_a_link_leads_to_an_entry_or_to_what_was_sent_through_an_integration(
    connected: Connected, house: Workbench, saved: Integration, ana: Contact
) -> None:
    sent = await house.delivery.send(saved.id, ana)
    page = await activity_page(connected("viewer"))
    [bar] = of(page, "TopBar")
    await tell(bar, {"place": f"entry={sent.entry.id}"})
    assert of(page, "RowList")[0].selected == sent.entry.id
    assert "Response body" in read(page)
    await tell(bar, {"place": f"integration={saved.id}"})
    assert {row["kind"] for row in rows(page)} == {"Send", "Change"}
    await tell(bar, {"place": "entry=ent_gone"})
    assert "This entry is not in the journal" in read(page)


async def test_enter_opens_an_entry_and_takes_the_focus_there(
    connected: Connected, saved: Integration
) -> None:
    page = await activity_page(connected("viewer"))
    [listed] = of(page, "RowList")
    await tell(listed, {"open": listed.rows[1]["id"]})
    assert any(one.focus for one in of(page, "Headline"))


def test_every_kind_of_entry_has_its_word() -> None:
    assert set(KINDS) == set(get_args(EntryKind))
