"""The cassettes part: list, one of them whole, checks in a form, proposals to tick, diff, play, downloads; without a browser."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.engine.hostile_markup import HOSTILE
from tests.widgets.conftest import PLANTED, Connected
from tests.widgets.faces import markup, of, offered, press, read, tell
from workbench import Contact, Workbench
from workbench.models.assertion import OPERATORS, Assertion, Capture, Operator, Subject
from workbench.models.cassette import Answer, Cassette
from workbench.models.integration import Integration
from workbench.widgets.cassettes import CassetteShelf
from workbench.widgets.cassettes_checks import CheckRow, Proposals
from workbench.widgets.cassettes_one import OneCassette
from workbench.widgets.cassettes_words import OPERATORS as WORDS
from workbench.widgets.cassettes_words import assertion_of, operator_of, typed
from workbench.widgets.page import Frame
from workbench.widgets.spawn import settle


async def shelf(bench: Workbench) -> CassetteShelf:
    """Return the cassettes of a workbench as the page shows them."""
    frame = Frame("events", "Events", lambda _: None, bench)  # type: ignore[arg-type,return-value]
    frame._facts = await bench.about.facts()
    made = CassetteShelf(frame)
    await made.refresh()
    return made


def opened(page: CassetteShelf) -> OneCassette:
    assert page.opened is not None
    return page.opened


@pytest.fixture
async def cassette(house: Workbench, saved: Integration, ana: Contact) -> Cassette:
    return await house.cassettes.record(saved.id, ana, "Cart reminder")


async def test_an_exchange_of_the_journal_is_kept_in_one_click(
    connected: Connected, house: Workbench, saved: Integration
) -> None:
    page = await shelf(connected("operator"))
    assert "No cassettes yet" in read(page.widget)
    assert page.fold.opened
    await press(page.widget, "Keep it, with the proposed checks")
    assert page.entry.error == "Choose an exchange. Send a test first where there is none."
    page.entry.value = page.entry.options[1][0]
    page.name.value = "First one"
    await press(page.widget, "Keep it, with the proposed checks")
    [row] = page.list.rows
    assert (row["name"], row["kept"]["kind"], row["played"]) == ("First one", "ok", "")
    assert page.place == f"cassette={row['id']}" == f"cassette={page.list.selected}"
    shown = read(page.detail.widget)
    assert "The status is 202 " in shown
    assert "checks hold" in shown
    assert (await house.cassettes.cassettes())[0].name == "First one"


async def test_a_viewer_checks_and_carries_away_and_is_offered_nothing_else(
    connected: Connected, cassette: Cassette
) -> None:
    page = await shelf(connected("viewer"))
    await page.go(f"cassette={cassette.id}")
    assert "Run the checks again" in offered(page.widget)
    assert {"JUnit report", "HTML report", "Notebook"} <= offered(page.widget)
    for word in (
        "Play it again",
        "Save the checks",
        "Delete the cassette",
        "▸ Edit the checks",
        "▸ Keep an exchange as a cassette",
    ):
        assert word not in offered(page.widget)
    await press(page.widget, "Run the checks again")
    assert "All " in read(opened(page).verdict.widget)


async def test_checks_are_tried_as_they_are_typed_and_saved_when_they_are_right(
    house: Workbench, cassette: Cassette
) -> None:
    page = await shelf(house)
    await page.go(f"cassette={cassette.id}")
    one = opened(page)
    await press(page.widget, "▸ Edit the checks")
    row = one.checks.rows[0]
    assert (row.subject.value, row.operator.value, row.expected.value) == ("status", "equals", "202")
    row.expected.value = "500"
    await settle()
    assert "It is 202, not 500." in read(one.verdict.widget)
    assert (await house.cassettes.get(cassette.id)).assertions == cassette.assertions
    row.subject.value = "json"
    row.operator.value = "matches"
    row.path.value = ""
    row.expected.value = "("
    await press(page.widget, "Save the checks")
    assert "Name the place" in row.path.error
    assert "Correct the checks that are marked" in read(one.messages.widget)
    row.path.value = "message"
    assert row.path.error == ""
    row.operator.value = "exists"
    await press(page.widget, "Capture a value")
    one.checks.captures[0].name.value = "7"
    await press(page.widget, "Save the checks")
    assert "cannot be a name" in one.checks.captures[0].name.error
    one.checks.captures[0].name.value = "code"
    one.checks.captures[0].subject.value = "status"
    await press(page.widget, "Save the checks")
    kept = await house.cassettes.get(cassette.id)
    assert kept.assertions[0] == Assertion(path="message", operator="exists", expected=True)
    assert kept.captures == (Capture(name="code", subject="status"),)
    assert "The checks are saved." in read(one.messages.widget)
    assert page.list.rows[0]["kept"]["kind"] == "error"
    assert "code 202" in read(one.verdict.widget)


async def test_proposals_are_ticked_and_taken(house: Workbench, cassette: Cassette) -> None:
    await house.cassettes.save_assertions(cassette.id, [])
    page = await shelf(house)
    await page.go(f"cassette={cassette.id}")
    switches = of(page.detail.widget, "SwitchField")
    assert len(switches) == len(cassette.assertions)
    await press(page.widget, "Tick none")
    assert not any(switch.value for switch in switches)
    switches[0].value = True
    await press(page.widget, "Take those that are ticked")
    assert (await house.cassettes.get(cassette.id)).assertions == cassette.assertions[:1]
    await press(page.widget, "Take those that are ticked")
    assert (await house.cassettes.get(cassette.id)).assertions == cassette.assertions
    assert "nothing more to propose" in read(page.widget)
    rows = opened(page).checks.rows
    remove = [one for one in of(rows[0].widget, "Button") if one.description == "Remove"]
    remove[0].click()
    assert len(opened(page).checks.rows) == len(cassette.assertions) - 1
    await settle()


async def test_it_is_played_again_differences_are_shown_volatile_ones_in_grey_and_learned(
    house: Workbench, cassette: Cassette
) -> None:
    page = await shelf(house)
    await page.go(f"cassette={cassette.id}")
    await press(page.widget, "Play it again")
    assert "Checks of the answer to the request, sent again" in read(opened(page).played.widget)
    assert page.list.rows[0]["played"]["kind"] == "ok"
    await press(page.widget, "▸ Edit the checks")
    await press(page.widget, "Learn what changes each time")
    learned = (await house.cassettes.get(cassette.id)).volatile
    assert learned
    assert f"Places that change each time: {len(learned)}" in read(opened(page).messages.widget)
    await press(page.widget, "Play it again")
    shown = markup(opened(page).played.widget)
    assert shown.count("wb-volatile") >= 4
    assert "means nothing: changes each time (learned)" in shown
    [first, *_] = [one for one in of(page.widget, "Button") if one.description == "Compare it again"]
    first.click()
    await settle()
    assert (await house.cassettes.get(cassette.id)).volatile == learned[1:]


async def test_two_are_compared_renamed_and_deleted(
    house: Workbench, cassette: Cassette, saved: Integration, ana: Contact
) -> None:
    other = await house.cassettes.record(saved.id, ana, "Other")
    page = await shelf(house)
    await page.go(f"cassette={cassette.id}")
    await press(page.widget, "▸ Compare with another cassette")
    opened(page).others.value = other.id
    await settle()
    assert "Cart reminder Other Meaning" in read(opened(page).compared.widget)
    await press(page.widget, "▸ Rename or delete")
    [name] = [
        one
        for one in of(page.detail.widget, "TextField")
        if one.label == "Name" and one.value == "Cart reminder"
    ]
    name.value = "Renamed"
    await press(page.widget, "Rename")
    assert opened(page).title.title == "Renamed"
    await press(page.widget, "Delete the cassette")
    assert [row["name"] for row in page.list.rows] == ["Other"]
    assert (page.place, page.opened, page.list.selected) == ("", None, "")
    page.list.selected = page.list.rows[0]["id"]
    await settle()
    assert opened(page).cassette.id == other.id


async def test_a_contact_is_kept_sealed_and_is_not_shown_again(house: Workbench, saved: Integration) -> None:
    entry = (await house.activity.entries())[-1]
    made = await house.cassettes.of_entry(entry.id)
    page = await shelf(house)
    await page.go(f"cassette={made.id}")
    await press(page.widget, "▸ Whom it is played for")
    contact = opened(page).contact
    assert contact.form is not None
    contact.form.identifier.value = "zuleika@planted.example"
    await press(page.widget, "Keep this contact, sealed")
    assert (await house.cassettes.get(made.id)).contact_kept
    assert "The contact is kept, sealed." in read(contact.messages.widget)
    await page.go(f"cassette={made.id}")
    state = str([one.get_state() for one in _all(page.widget)])
    assert "zuleika" not in state


async def test_links_make_cassettes_of_an_exchange_and_a_job_and_files_are_taken(
    house: Workbench, saved: Integration, ana: Contact
) -> None:
    page = await shelf(house)
    entry = (await house.activity.entries())[-1]
    await page.go(f"entry={entry.id}")
    assert "Kept with " in read(page.messages.widget)
    job = (await house.work.create(saved.id)).job.id
    await house.work.add(job, [ana])
    await house.work.start(job)
    await house.work.crew.wait(job)
    await page.go(f"job={job}")
    assert len(page.list.rows) == 2
    document = await house.cassettes.document(opened(page).cassette.id)
    await page._taken(json.dumps(document))
    assert len(page.list.rows) == 3
    await page._taken("no JSON")
    assert "not an exported cassette" in read(page.messages.widget)


async def test_downloads_are_made_when_asked_and_stay_in_no_state(
    house: Workbench, cassette: Cassette
) -> None:
    page = await shelf(house)
    await page.go(f"cassette={cassette.id}")
    given: list[dict[str, str]] = []
    for download in of(page.widget, "Download"):
        download.send = lambda content, buffers=None: given.append(content)
        await tell(download, {"wanted": True})
    assert {file["name"] for file in given} == {
        "cassette.xml", "cassette.html", "cassette.ipynb", "cassette.json", "cassettes.xml", "cassettes.html",
    }  # fmt: skip
    state = str([one.get_state() for one in _all(page.widget)])
    for file in given:
        assert file["text"] not in state
        assert PLANTED not in file["text"]
        assert "ana@example.com" not in file["text"]
    assert PLANTED not in state
    assert "ana@example.com" not in state


async def test_hostile_answers_and_names_are_text(house: Workbench, cassette: Cassette) -> None:
    text = " ".join(HOSTILE)
    checks = [
        Assertion(path="a[0]", operator="equals", expected=HOSTILE[0]),
        Assertion(path="a[1]", operator="equals", expected="x"),
    ]
    answer = Answer(status=200, headers=(("X-Odd", text),), is_json=True, tree={"a": list(HOSTILE)})
    await house.cassettes.shelf.change(cassette.id, answer=answer, assertions=tuple(checks), name=HOSTILE[0])
    page = await shelf(house)
    await page.go(f"cassette={cassette.id}")
    await press(page.widget, "Play it again")
    await press(page.widget, "▸ Request and answer, as they were kept")
    shown = markup(page.widget)
    assert "&lt;script&gt;" in shown
    for start in (
        "<script",
        "<img",
        "<svg",
        "<iframe",
        "<object",
        "<embed",
        "<meta",
        "<link",
        "<base",
        "<form",
        "<math",
    ):
        assert start not in shown.lower().replace("<style>", "")


# -- checks as they are typed ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "assertion",
    [
        Assertion(subject="status", operator="equals", expected=200),
        Assertion(subject="status", operator="one_of", expected=[200, 202]),
        Assertion(subject="header", path="X-Id", operator="equals", expected="77"),
        Assertion(subject="text", operator="contains", expected='{"a": 1}'),
        Assertion(path="a", operator="equals", expected="77"),
        Assertion(path="a", operator="equals", expected=77),
        Assertion(path="a", operator="equals", expected="true"),
        Assertion(path="a", operator="equals", expected=None),
        Assertion(path="a", operator="equals", expected="plain words"),
        Assertion(path="a", operator="equals", expected=""),
        Assertion(path="a", operator="equals", expected={"b": [1, "x"]}),
        Assertion(path="a", operator="exists", expected=True),
        Assertion(path="a", operator="exists", expected=False),
        Assertion(path="a", operator="matches", expected="^[0-9]+$"),
        Assertion(path="a", operator="type", expected="integer"),
        Assertion(path="a", operator="length", expected=">=1"),
        Assertion(path="a", operator="one_of", expected=["x", "y"]),
        Assertion(subject="time", operator="below", expected=2000),
    ],
    ids=str,
)
def test_a_check_in_the_form_is_the_check_it_was(assertion: Assertion) -> None:
    row = CheckRow(assertion, lambda _: None, lambda: None)
    assert row.assertion() == assertion
    assert operator_of(assertion) in {value for value, *_ in row.operator.options}


def test_values_with_commas_are_a_list() -> None:
    assert assertion_of("json", " a ", "one_of", "x, 2, true").expected == ["x", 2, True]
    assert typed(Assertion(path="a", operator="equals", expected="77")) == '"77"'
    assert assertion_of("json", "a", "equals", "NaN").expected == "NaN"


@pytest.mark.parametrize(
    ("subject", "operator"), [(s, o) for s, operators in OPERATORS.items() for o in operators]
)
def test_each_subject_offers_its_operators_alone(subject: Subject, operator: Operator) -> None:
    row = CheckRow(Assertion(), lambda _: None, lambda: None)
    row.subject.value = subject
    row.operator.value = operator
    offered_here = {value for value, *_ in row.operator.options}
    assert operator in offered_here
    assert offered_here <= set(WORDS)
    shown = of(row.widget, "TextField")
    assert (row.path in shown) is (subject in ("json", "header"))
    assert (row.expected in shown) is (operator not in ("exists", "type"))


def test_proposals_without_any_say_so() -> None:
    face = Proposals([], _nothing)
    assert "nothing more to propose" in read(face.widget)
    assert face.ticked() == []


async def _nothing(_: list[Assertion]) -> None:
    """Take nothing."""


def _all(widget: Any) -> list[Any]:
    """Return a widget with all that is in it, shown or not."""
    return [widget, *(one for child in getattr(widget, "children", ()) for one in _all(child))]
