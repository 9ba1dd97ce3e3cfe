"""The page Operations: each part for who may, and for who may only look; a token is shown once and is in no state."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.widgets.conftest import PLANTED, Connected
from tests.widgets.faces import field, kernel_state, markup, of, offered, press, read, tell
from workbench import JobFilter, Workbench
from workbench.adapters.remote import ServerClient
from workbench.errors import Unreachable
from workbench.models.integration import Integration
from workbench.models.person import IdentitySettings, Rule
from workbench.models.publish import PublishFinding
from workbench.models.server_state import PublishLook
from workbench.models.upkeep import Retention
from workbench.models.work import Worker
from workbench.sentence import say
from workbench.server import make_app
from workbench.widgets.operations import PARTS, OperationsPage, operations
from workbench.widgets.operations_health import HealthPart
from workbench.widgets.operations_people import PeoplePart
from workbench.widgets.operations_publish import PublishPart
from workbench.widgets.operations_words import size, units_of
from workbench.widgets.page import Frame
from workbench.widgets.spawn import settle


async def page_at(bench: Workbench, part: str = "") -> OperationsPage:
    frame = Frame("operations", "Operations", lambda _: None, bench)  # type: ignore[arg-type,return-value]
    frame._facts = await bench.about.facts()
    page = await operations(frame)
    if part:
        await page.go(part)
    return page


def drawn(page: OperationsPage) -> str:
    return read(page.widget)


async def test_each_part_opens_for_who_may_only_look_and_offers_nothing_that_needs_more(
    connected: Connected,
) -> None:
    page = await page_at(connected("viewer"))
    for part in PARTS:
        await page.go(part)
        await settle()
        if part in ("backups", "people", "publish"):
            assert "the role admin" in drawn(page), part
    changing = {
        "Keep it this long",
        "Let it go now…",
        "Make a backup",
        "Make a token",
        "Save the rules",
        "Look now",
    }
    assert not changing & offered(page.widget)


async def test_people_of_some_units_are_told_what_is_of_all_units_together(house: Workbench) -> None:
    token = await house.people.add("Bo", "admin", ("Retail",))
    page = await page_at(Workbench.connect(client=ServerClient.in_process(make_app(house), token)))
    assert "Ready" in drawn(page)
    assert "This concerns the whole workbench" in drawn(page)
    assert "Processes that work on jobs" not in drawn(page)
    await page.go("upkeep")
    assert "is for all units together" in drawn(page)
    assert "Keep it this long" not in offered(page.widget)
    await page.go("backups")
    assert "This concerns the whole workbench" in drawn(page)
    assert "Make a backup" not in offered(page.widget)
    await page.go("people")
    assert "Name Bo Role admin: also deletes, exports and lets people in Units Retail" in drawn(page)
    assert not {"Make a token", "Save the rules"} & offered(page.widget)
    await page.go("publish")
    await press(page.widget, "Look now")
    assert "This concerns the whole workbench" in drawn(page)


# -- health ------------------------------------------------------------------------------------------------------------


async def test_health_says_what_ready_says_and_how_much_there_is(
    connected: Connected, saved: Integration
) -> None:
    page = await page_at(connected("viewer"))
    told = drawn(page)
    assert "Ready The database answers" in told
    assert "SQLite, a file of this workbench's home" in told
    assert "Entries of the journal 2" in told
    assert "No job runs now." in told


async def test_a_job_that_runs_stands_there_with_the_process_that_works_on_it(
    connected: Connected, house: Workbench, saved: Integration
) -> None:
    job = await house.work.create(saved.id)
    await house.house.ledger.change(job.job.id, "running", {"filling"})
    worker = Worker(id="wrk_1", host="shop-1", pid=4711, began=1.0, jobs=frozenset({job.job.id}))
    await house.house.ledger.join(worker)
    page = await page_at(connected("viewer"))
    assert [row["title"] for row in of(page.widget, "RowList")[0].rows] == [job.job.title]
    assert f"<td>4711</td><td>{job.job.title}</td>" in markup(page.widget)
    await house.work.cancel(job.job.id)
    assert await house.work.jobs(JobFilter(state="running")) == []


async def test_what_is_wrong_is_said_and_the_part_rests_while_it_is_hidden(
    connected: Connected, house: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await page_at(connected("viewer"))
    [part] = page.made["health"]
    assert isinstance(part, HealthPart)
    assert await part.look() is not None

    def full(_home: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(type(house.house.home), "check_writable", full)
    page = await page_at(connected("viewer"))
    assert "Not ready." in drawn(page)
    assert "The disk is full or takes no new files" in drawn(page)
    [part] = page.made["health"]
    assert isinstance(part, HealthPart)
    await page.go("people")
    assert await part.look() is None
    assert await part.cluster.look() is None
    await page.go("health")
    assert await part.look() == 5.0


async def test_a_server_that_goes_away_leaves_what_stood_there(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = connected("viewer")
    page = await page_at(bench)
    [part] = page.made["health"]
    assert isinstance(part, HealthPart)

    async def gone(path: str, body: bytes) -> object:
        raise Unreachable(say("Nobody answers."))

    assert bench._client is not None
    monkeypatch.setattr(bench.upkeep, "_post", gone)
    assert await part.look() == 10.0
    assert "Nobody answers." in drawn(page)
    assert "Entries of the journal" in drawn(page)
    monkeypatch.undo()
    await part.look()
    assert "Nobody answers." not in drawn(page)


# -- upkeep ------------------------------------------------------------------------------------------------------------


async def test_what_is_due_is_shown_before_it_goes_and_goes_after_a_second_step(
    connected: Connected, house: Workbench, saved: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await page_at(connected("admin"), "upkeep")
    assert "Nothing is due." in drawn(page)
    journal = field(page.widget, "Journal")
    for wrong in ("soon", "0", "-1", "36501", "1.5"):
        journal.value = wrong
        await press(page.widget, "Keep it this long")
        assert "whole number of days" in journal.error, wrong
    assert (await house.upkeep.state()).retention == Retention()
    journal.value = "30"
    now = house.house.clock.now()
    monkeypatch.setattr(house.house.clock, "now", lambda: now + timedelta(days=31))
    await press(page.widget, "Keep it this long")
    assert journal.error == ""
    assert "nothing has gone yet" in drawn(page)
    assert "Entries of the journal 2" in drawn(page)
    await press(page.widget, "Let it go now…")
    assert "cannot be brought back" in drawn(page)
    await press(page.widget, "Leave it")
    assert (await house.upkeep.state()).due.entries == 2
    await press(page.widget, "Let it go now…")
    await press(page.widget, "Let it go")
    assert (await house.upkeep.state()).due.total == 0
    assert "2 things went for good." in drawn(page)
    assert "What went:" in drawn(page)


async def test_a_viewer_reads_how_long_things_are_kept(connected: Connected, house: Workbench) -> None:
    await house.upkeep.set_retention(Retention(journal_days=365))
    told = drawn(await page_at(connected("viewer"), "upkeep"))
    assert "Journal 365 days" in told
    assert "Calls from outside for good" in told
    assert "Somebody with the role admin can change this." in told


# -- backups -----------------------------------------------------------------------------------------------------------


async def test_a_backup_is_made_read_through_and_deleted(
    connected: Connected, house: Workbench, saved: Integration
) -> None:
    page = await page_at(connected("admin"), "backups")
    assert "The key to the secrets is not in a backup." in drawn(page)
    assert "No backup was made here yet." in drawn(page)
    await press(page.widget, "Make a backup")
    [made] = await house.backups.list_all()
    assert f"{made.name} is written." in drawn(page)
    await press(page.widget, "Read it through")
    assert "is whole: every part has its count" in drawn(page)
    await press(page.widget, "Delete…")
    assert [one.name for one in await house.backups.list_all()] == [made.name], (
        "nothing goes before the second step"
    )
    await press(page.widget, "Delete the backup")
    assert await house.backups.list_all() == []
    assert "Read it through" not in offered(page.widget)
    assert PLANTED not in kernel_state()


async def test_a_damaged_backup_is_said_to_be_so(house: Workbench) -> None:
    made = await house.backups.create()
    page = await page_at(house, "backups")
    of(page.widget, "RowList")[-1].selected = made.name
    (house.house.home.path("backups") / made.name).write_bytes(b"no archive")
    await press(page.widget, "Read it through")
    assert "is whole" not in drawn(page)
    assert 'role="alert"' in markup(page.widget)


def people_of(page: OperationsPage) -> PeoplePart:
    [part] = page.made["people"]
    assert isinstance(part, PeoplePart)
    return part


# -- people ------------------------------------------------------------------------------------------------------------


async def test_a_token_is_shown_once_opens_the_door_and_is_taken_back(
    connected: Connected, house: Workbench
) -> None:
    page = await page_at(connected("admin"), "people")
    await press(page.widget, "Make a token")
    assert "A person has a name" in field(people_of(page).widget.children[1], "Name").error
    name = people_of(page).name
    name.value = " Ana Lima "
    people_of(page).role.value = "operator"
    people_of(page).units.value = "Retail, Travel,,Retail"
    await press(page.widget, "Make a token")
    [once] = of(page.widget, "Once")
    told: list[dict[str, str]] = []
    once.send = lambda content, buffers=None: told.append(content)
    await tell(once, {"drawn": True})
    await tell(once, {"drawn": True})
    token = told[0]["text"]
    assert [one["text"] for one in told] == [token, ""], "the second view gets nothing"
    assert token not in kernel_state()
    app = make_app(house)
    facts = await Workbench.connect(client=ServerClient.in_process(app, token)).about.facts()
    assert (facts.person.name, facts.person.role, facts.person.units) == (
        "Ana Lima",
        "operator",
        ("Retail", "Travel"),
    )
    listed = people_of(page).list
    assert [(row["name"], row["units"]) for row in listed.rows] == [("Ana Lima", "Retail, Travel")]
    listed.selected = "0"
    await press(page.widget, "Take Ana Lima's tokens back…")
    await press(page.widget, "Take them back")
    assert await house.people.list_all() == []
    assert of(page.widget, "Once") == []


async def test_rules_are_kept_in_their_order_and_problems_stand_beside_their_inputs(
    connected: Connected, house: Workbench
) -> None:
    page = await page_at(connected("admin"), "people")
    assert "Nobody comes in without a token now." in drawn(page)
    face = people_of(page).rules
    for _ in range(2):
        await press(page.widget, "Add a rule")
    face.rows[0].of.value = "anyone"
    face.rows[1].name.value = ""
    await press(page.widget, "Save the rules")
    assert "Move it to the end" in face.rows[0].of.error
    assert "names nobody" in face.rows[1].name.error
    face.rows[1].name.value, face.rows[1].role.value, face.rows[1].units.value = "crm", "operator", "Retail"
    face.rows[1].above.click()
    await press(page.widget, "Save the rules")
    wanted = (Rule(of="group", name="crm", role="operator", units=("Retail",)), Rule(of="anyone"))
    assert (await house.people.identity()).rules == wanted
    await press(page.widget, "Add a rule")
    assert [row.of.value for row in face.rows] == ["group", "group", "anyone"], (
        "that for anyone stays the last"
    )


async def test_rules_that_somebody_changed_meanwhile_are_not_overwritten(house: Workbench) -> None:
    page = await page_at(house, "people")
    face = people_of(page).rules
    theirs = IdentitySettings(rules=(Rule(of="person", name="Eve"),))
    await house.people.save_identity(theirs)
    await press(page.widget, "Add a rule")
    face.rows[0].name.value = "crm"
    await press(page.widget, "Save the rules")
    assert "changed how people come in meanwhile" in drawn(page)
    assert (await house.people.identity()).rules == theirs.rules
    await press(page.widget, "Read them anew")
    assert [row.name.value for row in face.rows] == ["Eve"]
    face.rows[0].remove.click()
    await press(page.widget, "Save the rules")
    assert (await house.people.identity()).rules == ()


# -- publish -----------------------------------------------------------------------------------------------------------


async def test_the_published_pages_are_looked_at_and_nothing_unsafe_is_in_them(connected: Connected) -> None:
    page = await page_at(connected("admin"), "publish")
    await press(page.widget, "Look now")
    assert "Nothing unsafe was found." in drawn(page)
    assert "published pages and the server's settings" in drawn(page)


async def test_each_finding_has_its_place_and_its_fix(house: Workbench) -> None:
    page = await page_at(house, "publish")
    [part] = page.made["publish"]
    assert isinstance(part, PublishPart)
    finding = PublishFinding(
        rule="plain_http", field="WORKBENCH_PUBLIC", sentence=say("Let a proxy speak https."), line=1
    )
    part.show(
        PublishLook(
            notebooks=12, public="http://hooks.example.com", found=(finding,), missed=say("Nobody answers.")
        )
    )
    told = drawn(page)
    for words in (
        "Unsafe things found: 1",
        "Reached over http",
        "WORKBENCH_PUBLIC, line 1",
        "Let a proxy speak https.",
        "Nobody answers.",
    ):
        assert words in told
    assert "--at http://hooks.example.com" in told


# -- words -------------------------------------------------------------------------------------------------------------


def test_sizes_and_units_are_read_and_written_plainly() -> None:
    assert [str(size(n)) for n in (0, 999, 1_500_000, 2_340_000_000)] == ["1 kB", "1 kB", "1.5 MB", "2.34 GB"]
    assert units_of(" Retail,, Travel , Retail") == ("Retail", "Travel")
    assert units_of(" , ") == ()
