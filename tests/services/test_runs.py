"""Runs over both ways in: planned, looked through, mended and started; consent, the guard, dry runs, and what is kept on the disk."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.services.conftest import ENVIRON, basic
from tests.services.test_work import ended, saved
from tests.sink import Received, reply, sink
from workbench import Settings, Workbench
from workbench.errors import Forbidden, Invalid, NotFound, Refused
from workbench.models.base import SecretRef
from workbench.models.event import EVENT_PAYLOAD, Event, EventInput, EventVariable
from workbench.models.person import Role
from workbench.models.run import CheckedFilter, Mapped, Run, RunPlan
from workbench.models.work import JobConfirmation, RowFilter
from workbench.sandbox.app import Sandbox
from workbench.sandbox.faults import Fault
from workbench.services import run_checking, run_filling
from workbench.services.run_checking import Checking

PAYLOAD = '{"to": "${User Identifier}", "n": "{{ n }}"}'
EMAIL, N = Mapped(target="email", column="mail"), Mapped(target="n", column="n")
MAPPING = (EMAIL, N)


def csv(*rows: tuple[str, object], header: str = "mail,n") -> str:
    return "\n".join([header, *(f"{mail},{n}" for mail, n in rows)]) + "\n"


def people(count: int, first: int = 1) -> list[tuple[str, object]]:
    return [(f"ana{n}@example.com", n) for n in range(first, first + count)]


async def planned(bench: Workbench, integration: str, text: str, **more: Any) -> Run:
    table = await bench.runs.paste(text)
    plan = RunPlan.model_validate(
        {"integration_id": integration, "table_id": table.id, "mapping": MAPPING, **more}
    )
    return await bench.runs.plan(plan)


async def looked(bench: Workbench, id: str) -> Run:
    """Let a run be looked through, and return it then."""
    await bench.runs.check(id)
    async with asyncio.timeout(30):
        while True:
            run = await bench.runs.get(id)
            if run.state != "checking":
                return run
            await asyncio.sleep(0.01)


async def sent(bench: Workbench, id: str, confirmation: JobConfirmation | None = None) -> Run:
    """Start a run, and return it at its job's end."""
    await bench.runs.start(id, confirmation)
    async with asyncio.timeout(30):
        while True:
            run = await bench.runs.get(id)
            if run.state != "starting":
                break
            await asyncio.sleep(0.01)
    assert run.job_id is not None
    await ended(bench, run.job_id)
    return run


@pytest.fixture
async def mails(house: Workbench, secret: SecretRef) -> str:
    return await saved(house, basic(secret, payload=PAYLOAD))


async def bought(bench: Workbench, url: str = "https://events.example.com/x", **more: Any) -> Event:
    """Return an event that is sent to an address as it is."""
    name = more.pop("name", "bought")
    settings = Settings(
        name=f"Event {name}", url=url, channel="event", payload=EVENT_PAYLOAD, local_test="127" in url
    )
    integration = await saved(bench, settings)
    variables = (EventVariable(name="n", type="number", required=True),)
    event = {"name": name, "integration_id": integration, "variables": variables, **more}
    return await bench.events.save(Event.model_validate(event))


# -- from nothing to its outcome file, over both ways in ----------------------------------------------------------------


async def test_a_run_from_a_table_to_its_outcomes(bench: Workbench, mails: str) -> None:
    rows = people(40)
    rows[4], rows[9] = ("no address", 5), ("", 10)
    run = await planned(bench, mails, csv(*rows))
    assert (run.state, run.preflight) == ("planned", None)
    run = await looked(bench, run.id)
    seen = run.preflight
    assert seen is not None
    assert (run.state, seen.done, seen.total, seen.ready, seen.bad, seen.left_out) == (
        "checked",
        True,
        40,
        38,
        2,
        0,
    )
    assert sum(one.rows for one in seen.problems) == 2
    bad = await bench.runs.rows(run.id)
    assert [row.number for row in bad] == [5, 10]
    assert bad[0].cells == {"mail": "no address", "n": "5"}
    with pytest.raises(Refused, match="all or nothing"):
        await bench.runs.start(run.id)
    mended = await bench.runs.fix(run.id, 5, {"mail": "mended@example.com"})
    assert (mended.state, mended.fixed) == ("ready", ("mail",))
    assert json.loads(mended.body)["to"].startswith("m***@example.com #")
    run = await bench.runs.leave_out(run.id, [10, 11])
    assert run.preflight is not None
    assert (run.preflight.ready, run.preflight.bad, run.preflight.left_out) == (38, 0, 2)
    run = await sent(bench, run.id)
    assert run.state == "started"
    outcomes = await bench.runs.outcomes(run.id)
    assert [one.row for one in outcomes] == list(range(1, 41))
    assert [one.row for one in outcomes if one.state == "left_out"] == [10, 11]
    assert all(one.state == "accepted" and one.provider_id for one in outcomes if one.row not in (10, 11))
    assert [one.row for one in await bench.runs.outcomes(run.id, after=9, limit=3)] == [10, 11, 12]
    page = await bench.runs.outcomes(run.id, after=12, limit=2, state="accepted")
    assert [one.row for one in page] == [13, 14]
    summary = await bench.runs.summary(run.id)
    assert summary.progress is not None
    assert (summary.total, summary.left_out, summary.not_added, summary.progress.job.counts.accepted) == (
        40,
        2,
        0,
        38,
    )
    assert (await bench.runs.start(run.id)).job_id == run.job_id, "started once"
    with pytest.raises(Refused, match="started already"):
        await bench.runs.fix(run.id, 5, {"mail": "other@example.com"})
    assert [one.id for one in await bench.runs.runs()] == [run.id]


async def test_columns_are_proposed_by_their_names(house: Workbench, mails: str) -> None:
    table = await house.runs.put_table(
        "x.csv", base64.b64encode(csv(*people(2), header="E-mail,N").encode()).decode()
    )
    run = await house.runs.plan(RunPlan(integration_id=mails, table_id=table.id))
    assert run.plan.mapping == (Mapped(target="email", column="E-mail"), Mapped(target="n", column="N"))
    assert run.plan.title == "x.csv"
    assert await house.runs.propose(run.id) == run.plan.mapping
    assert [target.key for target in await house.runs.targets(mails)] == ["email", "n"]
    run = await house.runs.change(
        run.id,
        run.plan.model_copy(update={"title": "Other", "mapping": (Mapped(target="email", column="E-mail"),)}),
    )
    with pytest.raises(Invalid, match="n"):
        await house.runs.check(run.id)
    assert (await house.runs.get(run.id)).state == "planned"


async def test_a_table_comes_in_slices(house: Workbench) -> None:
    content = csv(*people(500)).encode()
    upload = await house.runs.begin_upload("big.csv", len(content))
    for at in range(0, len(content), 4000):
        part = base64.b64encode(content[at : at + 4000]).decode()
        told = await house.runs.put_slice(upload.id, at, part)
        assert told.have == min(at + 4000, len(content))
        if told.table is None:  # what was lost on the way is sent again
            assert await house.runs.put_slice(upload.id, at, part) == told
    assert told.table is not None
    assert told.table.columns == ("mail", "n")
    with pytest.raises(NotFound):
        await house.runs.put_slice(upload.id, 0, "")
    with pytest.raises(Refused, match="missing"):
        await house.runs.put_slice((await house.runs.begin_upload("y", 9)).id, 4, "AAAA")
    with pytest.raises(Refused, match="MB"):
        await house.runs.begin_upload("huge", 10**9)
    with pytest.raises(Refused, match="as it was sent"):
        await house.runs.put_table("x", "not base64!")


async def test_a_path_is_taken_on_ones_own_workbench_alone(
    house: Workbench, connected: Callable[[Role], Workbench], tmp_path: Path
) -> None:
    path = tmp_path / "people.csv"
    path.write_text(csv(*people(3)))
    assert (await house.runs.place(path)).columns == ("mail", "n")
    assert not hasattr(connected("admin").runs, "place")


async def test_who_may_only_look_sees_no_cell_and_every_contact_masked(
    house: Workbench, connected: Callable[[Role], Workbench], mails: str
) -> None:
    run = await planned(house, mails, csv(("ana.lima@x@example.com", 1), ("bob@example.com", 2)))
    await looked(house, run.id)
    looking = connected("viewer")
    [row] = await looking.runs.rows(run.id)
    assert (row.cells, row.number) == ({}, 1)
    seen = (await looking.runs.get(run.id)).model_dump_json() + row.model_dump_json()
    assert "ana.lima@" not in seen
    ready = await looking.runs.rows(run.id, CheckedFilter(states=("ready",)))
    assert "bob@" not in repr(ready)
    for forbidden in (
        looking.runs.paste("a"), looking.runs.start(run.id), looking.runs.fix(run.id, 1, {}), looking.runs.check(run.id),
        looking.runs.table(run.plan.table_id), looking.runs.delete(run.id),
    ):  # fmt: skip
        with pytest.raises(Forbidden):
            await forbidden


# -- mending -----------------------------------------------------------------------------------------------------------


async def test_what_was_mended_or_left_out_stays_when_the_rows_are_looked_at_again(
    house: Workbench, mails: str
) -> None:
    run = await planned(house, mails, csv(("x", 1), ("y", 2), *people(5, 3)))
    await looked(house, run.id)
    await house.runs.fix(run.id, 1, {"mail": "one@example.com"})
    await house.runs.leave_out(run.id, [4])
    run = await looked(house, run.id)
    assert run.preflight is not None
    assert (run.preflight.ready, run.preflight.bad, run.preflight.left_out) == (5, 1, 1)
    [first] = await house.runs.rows(run.id, CheckedFilter(states=("ready",), limit=1))
    assert (first.cells["mail"], first.fixed) == ("one@example.com", ("mail",))
    again = await house.runs.fix(run.id, 1, {})
    assert (again.state, again.fixed, again.cells["mail"]) == ("bad", (), "x")
    run = await house.runs.leave_out(run.id, [4], out=False)
    assert run.preflight is not None
    assert (run.preflight.ready, run.preflight.bad, run.preflight.left_out) == (5, 2, 0)
    with pytest.raises(Invalid, match="no column"):
        await house.runs.fix(run.id, 1, {"other": "x"})
    with pytest.raises(NotFound):
        await house.runs.fix(run.id, 99, {"mail": "x@example.com"})


async def test_a_problem_of_many_rows_is_told_once_and_rows_are_found_by_it(
    house: Workbench, mails: str
) -> None:
    run = await planned(house, mails, csv(*((f"bad{n}", n) for n in range(60)), *people(5)))
    run = await looked(house, run.id)
    assert run.preflight is not None
    [told] = run.preflight.problems
    assert (told.rows, told.first, told.field) == (60, 1, "identifier")
    assert "bad0" not in str(told.sentence), "what is told of many rows is masked"
    wanted = CheckedFilter(states=("bad",), field="identifier", after=50, limit=5)
    assert [row.number for row in await house.runs.rows(run.id, wanted)] == [51, 52, 53, 54, 55]
    assert await house.runs.rows(run.id, CheckedFilter(states=("bad",), field="other")) == []


async def test_rows_beyond_those_kept_in_full_are_read_from_the_table(
    house: Workbench, mails: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_checking, "MOST_DETAILED", 3)
    run = await planned(house, mails, csv(*((f"bad{n}", n) for n in range(1, 9))))
    await looked(house, run.id)
    rows = await house.runs.rows(run.id)
    assert [row.cells["mail"] for row in rows] == [f"bad{n}" for n in range(1, 9)]
    assert all(row.problems for row in rows)
    run = await house.runs.leave_out(run.id, [8])
    assert run.preflight is not None
    assert (run.preflight.bad, run.preflight.left_out) == (7, 1)


async def test_ragged_rows_are_bad_and_those_around_them_are_not(house: Workbench, mails: str) -> None:
    run = await planned(
        house,
        mails,
        "mail,n\na@example.com,1\nb@example.com\nc@example.com,3,4\nd@example.com,=1+1\ne@example.com,5\n",
    )
    run = await looked(house, run.id)
    assert run.preflight is not None
    assert (run.preflight.ready, run.preflight.bad) == (2, 3)
    row = await house.runs.fix(run.id, 2, {"n": "2"})
    assert row.state == "ready"


# -- the plan ----------------------------------------------------------------------------------------------------------


async def test_rows_are_looked_at_again_after_a_change_that_concerns_them(
    house: Workbench, mails: str
) -> None:
    run = await planned(house, mails, csv(*people(3)))
    await looked(house, run.id)
    run = await house.runs.change(
        run.id, run.plan.model_copy(update={"title": "T", "dry_run": True, "on_bad": "skip"})
    )
    assert run.state == "checked", "these say nothing of a row"
    run = await house.runs.change(run.id, run.plan.model_copy(update={"guard": False}))
    assert (run.state, run.preflight) == ("planned", None)
    with pytest.raises(Refused, match="looked at first"):
        await house.runs.start(run.id)


async def test_an_integration_that_changed_meanwhile_sends_nothing(house: Workbench, mails: str) -> None:
    run = await planned(house, mails, csv(*people(3)))
    await looked(house, run.id)
    draft = await house.integrations.edit(mails)
    other = draft.settings.model_copy(update={"payload": '{"to": "${User Identifier}", "m": "{{ n }}"}'})
    await house.integrations.save(draft.model_copy(update={"settings": other}))
    with pytest.raises(Refused, match="Look at them again"):
        await house.runs.start(run.id)
    await looked(house, run.id)
    assert (await sent(house, run.id)).state == "started"


async def test_a_run_with_no_row_that_can_go_is_not_started(house: Workbench, mails: str) -> None:
    run = await planned(house, mails, csv(("x", 1)), on_bad="skip")
    await looked(house, run.id)
    with pytest.raises(Refused, match="No row"):
        await house.runs.start(run.id)


async def test_a_plan_names_what_is_there(house: Workbench, mails: str) -> None:
    table = await house.runs.paste(csv(*people(1)))
    with pytest.raises(NotFound):
        await house.runs.plan(RunPlan(integration_id=mails, table_id="tab_none"))
    with pytest.raises(NotFound):
        await house.runs.plan(RunPlan(integration_id="int_none", table_id=table.id))
    with pytest.raises(NotFound):
        await house.runs.plan(RunPlan(event_id="evt_none", table_id=table.id))
    with pytest.raises(NotFound):
        await house.runs.get("run_none")


async def test_a_dry_run_makes_every_request_and_sends_none(tmp_path: Path) -> None:
    async with (
        sink() as taking,
        Workbench.open(tmp_path / "home", live=True, allowed_hosts=[taking.host], environ=ENVIRON) as bench,
    ):
        integration = await saved(bench, Settings(name="S", local_test=True, url=taking.url, payload=PAYLOAD))
        run = await planned(bench, integration, csv(*people(20), ("bad", 1)), dry_run=True, on_bad="skip")
        await looked(bench, run.id)
        run = await sent(bench, run.id)  # no confirmation is asked for: nothing leaves
        outcomes = await bench.runs.outcomes(run.id)
        assert [one.outcome for one in outcomes] == ["dry_run"] * 20 + ["bad"]
        assert all("***@example.com #" in one.recipient for one in outcomes[:20])
        summary = await bench.runs.summary(run.id)
        assert (summary.rehearsed, summary.bad, taking.count) == (20, 1, 0)
        # the same table can be sent for real afterwards: a dry run leaves no mark
        real = await bench.runs.plan(run.plan.model_copy(update={"dry_run": False}))
        real = await looked(bench, real.id)
        assert real.preflight is not None
        assert real.preflight.ready == 20
        for confirmation in (
            None,
            JobConfirmation(host="127.0.0.1", rows=21),
            JobConfirmation(host="other", rows=20),
        ):
            with pytest.raises(Refused):
                await bench.runs.start(real.id, confirmation)
        assert await bench.runs.host(real.id) == "127.0.0.1"
        await sent(bench, real.id, JobConfirmation(host="127.0.0.1", rows=20))
        assert taking.count == 20


# -- events ------------------------------------------------------------------------------------------------------------


async def test_an_event_is_sent_for_each_row_by_its_contract(tmp_path: Path) -> None:
    bodies: list[dict[str, Any]] = []

    def take(received: Received, number: int) -> bytes:
        bodies.append(json.loads(received.body))
        return reply()

    async with (
        sink(take) as taking,
        Workbench.open(tmp_path / "home", live=True, allowed_hosts=[taking.host], environ=ENVIRON) as bench,
    ):
        event = await bought(bench, taking.url)
        text = "mail,tel,n\nana@example.com,,1.5\n,+46700000001,2\n,,3\nbob@example.com,1e10,4\ncy@example.com,,many\n"
        table = await bench.runs.paste(text)
        mapping = (EMAIL, Mapped(target="phone", column="tel"), N)
        run = await bench.runs.plan(
            RunPlan(event_id=event.id, table_id=table.id, mapping=mapping, on_bad="skip")
        )
        assert run.plan.integration_id == event.integration_id
        run = await looked(bench, run.id)
        assert run.preflight is not None
        assert (run.preflight.ready, run.preflight.bad) == (2, 3)
        assert {row.number for row in await bench.runs.rows(run.id)} == {3, 4, 5}
        run = await sent(bench, run.id, JobConfirmation(host="127.0.0.1", rows=2))
        assert sorted(bodies, key=str) == [
            {"email": "ana@example.com", "n": 1.5},
            {"phone": "+46700000001", "n": 2},
        ]
        outcomes = await bench.runs.outcomes(run.id)
        assert [one.state for one in outcomes] == ["accepted", "accepted", "bad", "bad", "bad"]
        assert outcomes[1].recipient.startswith("+46***01")


ADDRESS = "https://events.sendpulse.com/events/id/0123456789abcdef0123456789abcdef/7043663"


def sendpulse(bench: Workbench, endpoint: str) -> Settings:
    """Return an integration of the event ``bought``: by the REST endpoint with a key, or by its secret address."""
    seal = bench.house.vault.seal_text
    way: dict[str, Any] = (
        {
            "url": "https://api.sendpulse.com/events/name/{event}",
            "credential_kind": "sendpulse_api_key",
            "credential": {"event": "bought", "api_key": seal("a-planted-k3y-of-an-account").model_dump()},
        }
        if endpoint == "rest"
        else {
            "url": "{event_url}",
            "credential_kind": "sendpulse_event_url",
            "credential": {"event_url": seal(ADDRESS).model_dump()},
        }
    )
    return Settings(
        name="SP", provider="sendpulse", channel="event", endpoint=endpoint, payload=EVENT_PAYLOAD, **way
    )


@pytest.mark.parametrize("endpoint", ["rest", "form"])
async def test_each_row_reaches_sendpulse_once_and_what_it_does_not_confirm_is_kept_apart(
    tmp_path: Path, endpoint: str
) -> None:
    sandbox = Sandbox(faults={"sendpulse": (Fault(kind="malformed", times=3),)})
    async with Workbench.open(tmp_path / "home", sandbox=sandbox, environ=ENVIRON) as bench:
        integration = await saved(bench, sendpulse(bench, endpoint))
        variables = (EventVariable(name="n", type="number"),)
        event = await bench.events.save(Event(name="bought", integration_id=integration, variables=variables))
        run = await planned(bench, "", csv(*people(40)), event_id=event.id)
        run = await looked(bench, run.id)
        assert run.preflight is not None
        assert run.preflight.seconds == 4, "40 rows at 10 a second"
        await bench.work.set_pace(integration, [])
        run = await sent(bench, run.id)
        outcomes = await bench.runs.outcomes(run.id)
        assert sorted(one.state for one in outcomes) == ["accepted"] * 37 + ["uncertain"] * 3
        arrived = [str(one.body["email"]) for one in sandbox.events.received]
        assert len(arrived) == len(set(arrived)), "never twice"
        assert {f"ana{one.row}@example.com" for one in outcomes if one.state == "accepted"} <= set(arrived)


async def test_consent_leaves_out_who_opted_out_by_any_contact_point(house: Workbench) -> None:
    event = await bought(house)
    await house.consent.record("out@example.com", "opted_out", "wrote", channel="email")
    await house.consent.record("+46700000009", "opted_out", "called")
    text = "mail,tel,n\nout@example.com,,1\nnew@example.com,+46700000009,2\nnew@example.com,,3\n"
    table = await house.runs.paste(text)
    plan = RunPlan(
        event_id=event.id, table_id=table.id, mapping=(EMAIL, Mapped(target="phone", column="tel"), N)
    )
    run = await looked(house, (await house.runs.plan(plan)).id)
    assert run.preflight is not None
    assert (run.preflight.ready, run.preflight.left_out) == (1, 2)
    assert {one.field for one in run.preflight.problems} == {"consent"}
    transactional = await looked(
        house, (await house.runs.plan(plan.model_copy(update={"ask_consent": "transactional"}))).id
    )
    assert transactional.preflight is not None
    assert transactional.preflight.left_out < 2


async def test_a_stop_that_comes_after_the_look_still_counts(house: Workbench) -> None:
    event = await bought(house)
    run = await planned(house, "", csv(("ana@example.com", 1), ("bob@example.com", 2)), event_id=event.id)
    await looked(house, run.id)
    await house.consent.record("bob@example.com", "opted_out", "just now", channel="email")
    run = await sent(house, run.id)
    outcomes = await house.runs.outcomes(run.id)
    assert [one.state for one in outcomes] == ["accepted", "invalid"]
    assert "opted out" in str(outcomes[1].sentence)


# -- the guard ---------------------------------------------------------------------------------------------------------


async def test_what_went_a_short_while_ago_is_left_out(house: Workbench) -> None:
    event = await bought(house)
    await house.events.send(event.id, EventInput(email="ana1@example.com", values={"n": 1}))
    run = await planned(
        house, "", csv(*people(3), ("ana2@example.com", 2), ("ana2@example.com", 9)), event_id=event.id
    )
    run = await looked(house, run.id)
    assert run.preflight is not None
    assert (run.preflight.ready, run.preflight.left_out) == (3, 2)
    told = {row.number: str(row.problems[-1].sentence) for row in await house.runs.rows(run.id)}
    assert "min ago" in told[1]
    assert "Row 2 says the same" in told[4]
    await sent(house, run.id)
    again = await house.runs.plan(run.plan)
    again = await looked(house, again.id)
    assert again.preflight is not None
    assert (again.preflight.ready, again.preflight.left_out) == (0, 5)
    free = await house.runs.plan(run.plan.model_copy(update={"guard": False}))
    free = await looked(house, free.id)
    assert free.preflight is not None
    assert free.preflight.ready == 5


async def test_of_two_runs_that_begin_together_each_row_goes_once(tmp_path: Path) -> None:
    async with (
        sink(lambda received, number: 0.005) as taking,
        Workbench.open(tmp_path / "home", live=True, allowed_hosts=[taking.host], environ=ENVIRON) as bench,
    ):
        integration = await saved(bench, Settings(name="S", local_test=True, url=taking.url, payload=PAYLOAD))
        runs = [await planned(bench, integration, csv(*people(60))) for _ in range(2)]
        runs = [await looked(bench, run.id) for run in runs]
        confirmation = JobConfirmation(host="127.0.0.1", rows=60)
        done = await asyncio.gather(*(sent(bench, run.id, confirmation) for run in runs))
        assert taking.count == 60
        states = [one for run in done for one in await bench.runs.outcomes(run.id)]
        assert sorted(one.state for one in states) == ["accepted"] * 60 + ["invalid"] * 60
        assert all(
            "same went to this contact" in str(one.sentence) for one in states if one.state == "invalid"
        )


async def test_what_the_provider_refused_may_go_again_at_once(tmp_path: Path) -> None:
    healed: list[bool] = []

    def refusing(received: Received, number: int) -> bytes:
        return reply() if healed else reply("422 Unprocessable Entity", b"{}")

    async with (
        sink(refusing) as taking,
        Workbench.open(tmp_path / "home", live=True, allowed_hosts=[taking.host], environ=ENVIRON) as bench,
    ):
        integration = await saved(bench, Settings(name="S", local_test=True, url=taking.url, payload=PAYLOAD))
        run = await planned(bench, integration, csv(*people(5)))
        await looked(bench, run.id)
        confirmation = JobConfirmation(host="127.0.0.1", rows=5)
        run = await sent(bench, run.id, confirmation)
        await bench.work.crew.wait(run.job_id or "")
        assert {one.state for one in await bench.runs.outcomes(run.id)} == {"failed"}
        healed.append(True)
        again = await looked(bench, (await bench.runs.plan(run.plan)).id)
        again = await sent(bench, again.id, confirmation)
        assert {one.state for one in await bench.runs.outcomes(again.id)} == {"accepted"}
        wanted = RowFilter(states=("accepted",))
        preview = await bench.work.preview_replay(again.job_id or "", wanted)
        await bench.work.replay(again.job_id or "", wanted, preview.token)
        assert (await ended(bench, again.job_id or "")).job.counts.accepted == 5, "on purpose it goes twice"
        assert taking.count == 15


# -- crashes and the disk ----------------------------------------------------------------------------------------------


async def test_adding_goes_on_behind_the_last_row_that_was_added(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_filling, "BATCH", 10)
    home = tmp_path / "home"
    async with Workbench.open(home, environ=ENVIRON) as bench:
        integration = await saved(bench, Settings(name="S", url="https://esp.example.com/s", payload=PAYLOAD))
        run = await planned(bench, integration, csv(*people(34), ("bad", 0), *people(30, 35)), on_bad="skip")
        await looked(bench, run.id)
        add, calls = bench.house.ledger.add, 0

        async def broken(*given: Any, **named: Any) -> int:
            nonlocal calls
            calls += 1
            if calls == 4:
                raise asyncio.CancelledError  # as when the process ends
            return await add(*given, **named)

        monkeypatch.setattr(bench.house.ledger, "add", broken, raising=False)
        with pytest.raises(asyncio.CancelledError):
            await bench.runs.start(run.id)
        found = await bench.runs.summary(run.id)
        assert found.progress is not None
        assert (found.run.state, found.progress.job.counts.total, found.not_added) == ("starting", 30, 34)
    monkeypatch.undo()
    async with Workbench.open(home, environ=ENVIRON) as bench:
        await bench.runs.catch_up()
        found_run = await bench.runs.wait(run.id)
        assert found_run.state == "started"
        progress = await ended(bench, found_run.job_id or "")
        assert progress.job.counts.accepted == progress.job.counts.total == 64
        assert [one.row for one in await bench.runs.outcomes(run.id, state="accepted", limit=100)] == [
            n for n in range(1, 66) if n != 35
        ]


async def test_nothing_of_a_contact_lies_plainly_on_the_disk(tmp_path: Path) -> None:
    home = tmp_path / "home"
    planted = ["planted.lima", "46709998887", "Mended.Secret", "bad planted cell"]
    async with Workbench.open(home, environ=ENVIRON) as bench:
        event = await bought(bench)
        text = "mail,tel,n\nplanted.lima@example.com,+46709998887,1\nbad planted cell,,2\nx,,3\n"
        table = await bench.runs.paste(text)
        plan = RunPlan(
            event_id=event.id,
            table_id=table.id,
            on_bad="skip",
            mapping=(EMAIL, Mapped(target="phone", column="tel"), N),
        )
        run = await looked(bench, (await bench.runs.plan(plan)).id)
        await bench.runs.fix(run.id, 3, {"mail": "Mended.Secret@example.com"})
        run = await sent(bench, run.id)
        assert [one.state for one in await bench.runs.outcomes(run.id)] == ["accepted", "bad", "accepted"]
    for path in home.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            for secret in planted:
                assert secret.encode() not in content, f"{secret} in {path.name}"


async def test_a_deleted_run_takes_its_table_along(house: Workbench, mails: str) -> None:
    run = await planned(house, mails, csv(*people(3), ("bad", 1)))
    other = await house.runs.plan(run.plan)
    await looked(house, run.id)
    await house.runs.delete(run.id)
    assert (await house.runs.table(run.plan.table_id)).columns == ("mail", "n"), "another run needs it"
    await house.runs.delete(other.id)
    with pytest.raises(NotFound):
        await house.runs.table(run.plan.table_id)
    with pytest.raises(NotFound):
        await house.runs.get(run.id)


async def test_rows_are_added_only_behind_those_that_are_there(house: Workbench, mails: str) -> None:
    id = (await house.work.create(mails)).job.id
    add = house.house.ledger.add
    assert await add(id, ["{}", "{}"], after=0) == 2
    for after in (0, 1, 3):
        with pytest.raises(Refused, match="another process"):
            await add(id, ["{}"], after=after)
    assert await add(id, ["{}"], after=2) == 3


async def test_a_run_whose_job_is_cancelled_while_rows_are_added_is_cancelled(
    house: Workbench, mails: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_filling, "BATCH", 10)
    run = await planned(house, mails, csv(*people(30)))
    await looked(house, run.id)
    add = house.house.ledger.add

    async def cancelled(id: str, data: list[str], *, after: int) -> int:
        total = await add(id, data, after=after)
        await house.work.cancel(id)
        return total

    monkeypatch.setattr(
        type(house.house.ledger), "add", lambda _self, *given, **named: cancelled(*given, **named)
    )
    await house.runs.start(run.id)
    found = await house.runs.wait(run.id)
    assert found.state == "cancelled"
    summary = await house.runs.summary(run.id)
    assert summary.progress is not None
    assert (summary.progress.job.counts.cancelled, summary.not_added, summary.total) == (10, 20, 30)


async def test_rows_that_were_being_looked_at_are_looked_at_again_after_a_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    async with Workbench.open(home, environ=ENVIRON) as bench:
        integration = await saved(bench, Settings(name="S", url="https://esp.example.com/s", payload=PAYLOAD))
        run = await planned(bench, integration, csv(*people(5), ("bad", 1)))

        async def dies(*_: Any) -> None:
            raise asyncio.CancelledError  # as when the process ends

        monkeypatch.setattr(Checking, "run", dies)
        with pytest.raises(asyncio.CancelledError):
            await bench.runs.check(run.id)
        assert (await bench.runs.get(run.id)).state == "checking"
    monkeypatch.undo()
    async with Workbench.open(home, environ=ENVIRON) as bench:
        await bench.runs.catch_up()
        found = await bench.runs.wait(run.id)
        assert found.preflight is not None
        assert (found.state, found.preflight.ready, found.preflight.bad) == ("checked", 5, 1)


async def test_what_holds_a_run_up_stands_with_it(
    house: Workbench, mails: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await planned(house, mails, csv(*people(3)))

    async def fails(*_: Any) -> None:
        raise ValueError("a defect")

    monkeypatch.setattr(Checking, "run", fails)
    with pytest.raises(ValueError, match="a defect"):
        await house.runs.check(run.id)
    run = await house.runs.get(run.id)
    assert run.state == "planned"
    assert run.preflight is not None
    assert "defect of its own (ValueError)" in str(run.preflight.problems[0].sentence)
