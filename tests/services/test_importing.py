"""Imports against the stand-in, on a virtual clock: parts, queue, questions, reports, what is mended, and what a crash leaves behind."""

from __future__ import annotations

import asyncio
import csv
import io
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.import_room import ImportRoom, contacts, import_room
from tests.sync_room import API_KEY, ENVIRON, SITE
from workbench import Workbench
from workbench.adapters.clock import VirtualClock
from workbench.adapters.remote import ServerClient
from workbench.engine.import_report import MOST_LINES, MOST_LINES_OF_ROW
from workbench.errors import Forbidden, NotFound, Refused
from workbench.models.person import Person, Role
from workbench.models.request import Failure, Reply, Request
from workbench.models.run import CheckedFilter, RowOutcome, Run
from workbench.models.sync import ImportReport
from workbench.models.work import Counts, Progress, RowFilter, RowState
from workbench.sandbox.app import Sandbox
from workbench.sandbox.connectif.settings import StandInSettings
from workbench.server import make_app
from workbench.services import import_asking, import_ends
from workbench.services.import_failed import REASON
from workbench.services.roles import caller
from workbench.services.sync_calling import ShopLine

SMALL = 1_000
"""Bytes of a small part: some thirty contacts."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that all tests share: each has its shop, its clock and its platform."""
    return tmp_path_factory.mktemp("imports") / "home"


@pytest.fixture
async def room(home: Path) -> AsyncIterator[ImportRoom]:
    async with import_room(home) as room:
        yield room


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def at(call: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(call["at"])


async def ledger_rows(room: ImportRoom, job_id: str | None) -> list[tuple[str, str]]:
    found = await room.work.rows(job_id or "", RowFilter(limit=100))
    return [(row.state, str(row.sentence)) for row in found]


# -- from a table to its report, mended and imported again ---------------------------------------------------------------


async def test_a_clean_import_is_green_and_only_what_changed_goes_the_next_time(
    room: ImportRoom, tmp_path: Path
) -> None:
    run, report = await room.imported(contacts(30))
    assert report.clean
    [part] = report.parts
    assert (part.first, part.last, part.rows, part.success, part.state, part.total) == (
        1,
        30,
        30,
        30,
        "finished",
        30,
    )
    assert room.platform.contacts["ana7@example.com"]["_name"] == "Ana 7"
    assert len(room.calls("import")) == 1
    assert await ledger_rows(room, run.job_id) == [("accepted", "Every row was taken (30).")]
    assert (await room.imports.remote(room.shop.id))[0].id == part.import_id
    with pytest.raises(Refused, match="nothing to mend"):
        await room.imports.mend(run.id)
    with pytest.raises(Refused, match="looked at again"):
        await room.imports.look_again(run.id)
    again = await room.looked(contacts(31, n4="Anna"), only_changes=True)
    assert again.preflight is not None
    assert (again.preflight.ready, again.preflight.left_out) == (2, 29)


@pytest.mark.parametrize("shape", ["errors", "rows"])
async def test_a_partial_success_is_joined_mended_and_imported_again(room: ImportRoom, shape: str) -> None:
    room.platform.settings = StandInSettings(report=shape)  # type: ignore[arg-type]
    text = contacts(12, n3='"two\nlines, ""quoted"""', n5="e0101", n9='"http500\nand more"')
    run = await room.looked(text.replace("ana7@example.com", "no address"), on_bad="skip")
    [bad] = await room.runs.rows(run.id, CheckedFilter(states=("bad",)))
    assert bad.number == 7
    run = await room.begun(run)
    await room.ended(run)
    report = await room.imports.report(run.id)
    assert (report.rows, report.success, report.errors, report.joined, report.unjoined) == (11, 9, 2, 2, 0)
    assert report.done
    assert not report.clean
    assert (report.parts[0].state, report.parts[0].report) == ("partial", "joined")
    [(state, sentence)] = await ledger_rows(room, run.job_id)
    assert (state, sentence[:28]) == ("failed", "9 of 11 rows were taken, 2 r")
    assert room.platform.keys_at_reports == 0, "the report lies on another host: no key goes there"

    refused = await room.imports.refused(run.id)
    assert [(one.row, one.line, one.cells["_email"]) for one in refused] == [
        (5, 7, "ana5@example.com"), (9, 10, "ana9@example.com")
    ]  # fmt: skip
    assert "E0101" in refused[0].message
    assert "ana5" not in refused[0].recipient
    assert [one.row for one in await room.imports.refused(run.id, after=1, limit=1)] == [9]

    outcomes = await room.runs.outcomes(run.id)
    assert [one.row for one in outcomes] == list(range(1, 13))
    assert [one.row for one in outcomes if one.state == "failed"] == [5, 9]
    assert [one.row for one in outcomes if one.state == "bad"] == [7]
    assert sum(one.state == "accepted" and one.sentence is None for one in outcomes) == 9
    assert "E0101" in str(outcomes[4].sentence)
    assert "ana5" not in outcomes[4].model_dump_json()
    assert [one.row for one in await room.runs.outcomes(run.id, after=10, limit=1)] == [11]

    corrected = rows(await room.imports.corrected(run.id))
    assert corrected[0] == ["_email", "_name", REASON]
    assert [line[:2] for line in corrected[1:]] == [
        ["ana5@example.com", "e0101"],
        ["ana9@example.com", "http500\nand more"],
    ]
    assert "E0101" in corrected[1][2]

    mended = await room.imports.mend(run.id)
    assert (mended.plan.sync, mended.plan.mapping) == (run.plan.sync, run.plan.mapping)
    assert mended.plan.title == f"{run.plan.title}: failed rows"
    mended = await room.checked(mended)
    await room.runs.fix(mended.id, 1, {"_name": "Ana"})
    fixed = await room.runs.fix(mended.id, 2, {"_name": "Bea"})
    assert "E0101" not in fixed.cells["_name"]  # type: ignore[operator]
    mended = await room.begun(await room.runs.get(mended.id))
    await room.ended(mended)
    assert (await room.imports.report(mended.id)).clean
    assert room.platform.contacts["ana9@example.com"]["_name"] == "Bea"


def connected(room: ImportRoom, role: Role) -> Workbench:
    """A workbench that reaches the room's through the server's app, in a role."""
    people = {sha256(role.encode()).hexdigest(): Person(name=f"a {role}", role=role)}
    return Workbench.connect(client=ServerClient.in_process(make_app(room.bench, people), role))


async def test_through_a_server_each_sees_and_does_what_his_role_lets_him(room: ImportRoom) -> None:
    run, report = await room.imported(contacts(4, n2="e0101"))
    bench = connected(room, "viewer")
    viewer, operator = bench.sync_imports, connected(room, "operator").sync_imports
    assert await viewer.report(run.id) == report
    [seen] = await viewer.refused(run.id)
    assert (seen.row, seen.cells, "E0101" in seen.message) == (2, {}, True)
    told = seen.model_dump_json() + "".join(
        one.model_dump_json() for one in await bench.runs.outcomes(run.id)
    )
    assert "ana2@example.com" not in told
    assert (await viewer.remote(room.shop.id))[0].errors == 1
    for call in (viewer.corrected(run.id), viewer.mend(run.id), viewer.look_again(run.id)):
        with pytest.raises(Forbidden):
            await call
    assert "ana2@example.com" in await operator.corrected(run.id, spreadsheet=True)
    assert (await operator.mend(run.id)).plan.sync == run.plan.sync
    assert not hasattr(operator, "corrected_lines"), "what may be as long as it likes is no route"


async def test_products_with_semicolons_and_coupons(room: ImportRoom) -> None:
    text = f'productId;name;productDetailUrl;unitPrice;tags\nP1;"A; ""b""";{SITE}/p1;19.90;red,blue\nP2;B;{SITE}/p2;5;\n'
    _, report = await room.imported(text, "product", delimiter=";")
    assert report.clean
    assert room.platform.products["P1"]["name"] == 'A; "b"'
    assert room.platform.products["P1"]["unitPrice"] == 19.9
    coupons = "65a000000000000000000003"
    _, report = await room.imported("code\nAAA\nBBB\n", "coupon", coupon_set_id=coupons)
    assert report.clean
    assert room.platform.coupons[coupons] == ["AAA", "BBB"]


async def test_before_anything_goes(room: ImportRoom) -> None:
    """A dry run makes the files and calls nobody; a row that fits into no part is bad."""
    run, report = await room.imported(contacts(60), dry_run=True, part_bytes=SMALL)
    assert not report.clean
    assert report.done
    assert not room.platform.received
    assert {state for state, _ in await ledger_rows(room, run.job_id)} == {"cancelled"}
    run = await room.looked(contacts(3, n2="x" * SMALL), part_bytes=SMALL)
    [bad] = await room.runs.rows(run.id)
    assert bad.number == 2
    assert "bytes" in str(bad.problems[0].sentence)
    [ready, _] = await room.runs.rows(run.id, CheckedFilter(states=("ready",)))
    assert ready.body.startswith("_email,_name\r\n")
    assert "ana1@" not in ready.body


# -- row by row ----------------------------------------------------------------------------------------------------------


async def told_rows(room: ImportRoom, run: Run, state: RowState | None = None) -> list[RowOutcome]:
    """What is told of a run's rows, a few at a time: as a page and an outcome file read it."""
    found: list[RowOutcome] = []
    while page := await room.runs.outcomes(run.id, found[-1].row if found else 0, 7, state):
        found += page
    return found


async def test_every_row_of_the_table_is_told_once_and_counted_once(room: ImportRoom) -> None:
    room.platform.settings = StandInSettings(calls_per_min=0)
    room.platform.end_imports("finished", "error")
    text = contacts(90, n3="e0101", n5="e0101", n88="e0102").replace("ana7@example.com", "no address")
    run = await room.looked(text, part_bytes=SMALL, on_bad="skip")
    await room.runs.leave_out(run.id, [8])
    run = await room.begun(await room.runs.get(run.id))
    await room.ended(run)
    outcomes = await told_rows(room, run)
    assert [one.row for one in outcomes] == list(range(1, 91))
    states = Counter(one.state for one in outcomes)
    report, summary = await room.imports.report(run.id), await room.runs.summary(run.id)
    [lost] = [part for part in report.parts if part.state == "failed"]
    failed = {3, 5, 88} | (set(range(lost.first, lost.last + 1)) - {7, 8})
    assert {one.row for one in outcomes if one.state == "failed"} == failed
    assert states == {"accepted": 88 - len(failed), "failed": len(failed), "bad": 1, "left_out": 1}
    assert (summary.total, summary.bad, summary.left_out, summary.not_added) == (90, 1, 1, 0)
    assert summary.counts == Counts(accepted=states["accepted"], failed=states["failed"])
    assert summary.progress is not None
    assert summary.progress.job.counts.total == len(report.parts), "the job's own are files"
    for state in ("accepted", "failed", "waiting", "uncertain"):
        assert [one for one in outcomes if one.state == state] == await told_rows(room, run, state)


async def test_rows_that_are_on_their_way_or_never_went_are_told_so(room: ImportRoom) -> None:
    room.platform.settings = StandInSettings(calls_per_min=0)
    run = await room.looked(contacts(60), part_bytes=SMALL)
    assert (await room.runs.summary(run.id)).not_added == 60
    room.platform.end_imports(*["never"] * 9)
    run = await room.begun(run)

    async def there() -> ImportReport | None:
        report = await room.imports.report(run.id)
        return report if any(part.state == "in_progress" for part in report.parts) else None

    report = await room.until(there)
    assert {one.state for one in await told_rows(room, run)} <= {"waiting", "in_flight"}
    under_way = (await room.runs.summary(run.id)).counts
    assert (under_way.total, under_way.waiting + under_way.in_flight) == (60, 60)
    await room.work.cancel(run.job_id or "")

    async def over() -> Progress | None:
        progress = await room.work.job(run.job_id or "")
        return progress if not progress.job.counts.open else None

    await room.until(over)
    report = await room.imports.report(run.id)
    sent = {n for part in report.parts if part.import_id for n in range(part.first, part.last + 1)}
    assert sent
    outcomes = await told_rows(room, run)
    assert {one.row for one in outcomes if one.state == "uncertain"} == sent, "nobody asks how they end"
    assert all(one.state in ("uncertain", "cancelled") for one in outcomes)
    counts = (await room.runs.summary(run.id)).counts
    assert counts == Counts(uncertain=len(sent), cancelled=60 - len(sent))


async def test_a_dry_run_tells_that_its_rows_were_rehearsed(room: ImportRoom) -> None:
    run, _ = await room.imported(contacts(40), dry_run=True, part_bytes=SMALL)
    assert [one.outcome for one in await told_rows(room, run)] == ["dry_run"] * 40
    summary = await room.runs.summary(run.id)
    assert (summary.rehearsed, summary.counts.total, summary.not_added) == (40, 40, 0)


# -- parts and the queue -------------------------------------------------------------------------------------------------


async def test_many_parts_keep_to_the_queue_and_are_one_report(room: ImportRoom) -> None:
    queued = []
    taken = room.platform._imports.take

    def take(*given: Any) -> Any:
        found = taken(*given)
        queued.append(room.platform._imports.queued(given[3]))
        return found

    room.platform._imports.take = take  # type: ignore[method-assign]
    room.platform.settings = StandInSettings(import_s=5, calls_per_min=0)
    room.platform.plant("E0401", call="import")
    text = contacts(450, n11="e0101", n449="e0102")
    run, report = await room.imported(text, part_bytes=SMALL)
    assert len(report.parts) > 12
    assert max(queued) <= 10
    assert (report.rows, report.success, report.errors, report.joined) == (450, 448, 2, 2)
    assert [one.row for one in await room.imports.refused(run.id)] == [11, 449]
    assert [part.first for part in report.parts] == [1, *(part.last + 1 for part in report.parts[:-1])]
    assert len(room.platform.contacts) == 448
    uploads = room.calls("import")
    assert [one["status"] for one in uploads].count(400) == 1, "E0401 was waited for"
    assert len(uploads) == len(report.parts) + 1, "no part was uploaded twice"
    assert len({part.import_id for part in report.parts}) == len(report.parts)


# -- questions -----------------------------------------------------------------------------------------------------------


async def test_it_is_asked_more_and_more_seldom_and_given_up_with_its_id_kept(
    room: ImportRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_asking, "GIVE_UP", timedelta(minutes=2))
    room.platform.end_imports("never")
    run, report = await room.imported(contacts(3))
    [part] = report.parts
    assert (part.state, part.status, report.done, report.clean) == (
        "still_running",
        "inProgress",
        True,
        False,
    )
    assert part.import_id in str(part.sentence)
    [(state, sentence)] = await ledger_rows(room, run.job_id)
    assert state == "uncertain"
    assert part.import_id in sentence
    asked = [at(one) for one in room.calls("import_get")]
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(asked)]
    waits = [3, 4.5, 6.75, 10.125, *[15] * 100]
    assert all(wait <= gap <= wait + 6 for gap, wait in zip(gaps, waits, strict=False)), gaps
    assert 120 / 21 <= len(asked) <= 120 / 15 + 5
    corrected = await room.imports.corrected(run.id)
    assert rows(corrected)[1:] == [], "nobody knows that a row failed"
    with pytest.raises(Refused, match="nothing to mend"):
        await room.imports.mend(run.id)

    one = room.platform._imports.kept[part.import_id]
    one.end = "finished"
    room.platform._imports._open.append(one)
    report = await room.imports.look_again(run.id)
    assert report.parts[0].state == "in_progress"
    await room.ended(run)
    assert (await room.imports.report(run.id)).clean
    assert len(room.calls("import")) == 1


async def test_a_word_that_nobody_knows_is_shown_and_asked_again(room: ImportRoom) -> None:
    room.platform.end_imports("validating")
    run = await room.begun(await room.looked(contacts(3)))

    async def unknown() -> ImportReport | None:
        report = await room.imports.report(run.id)
        return report if report.parts[0].state == "unknown" else None

    report = await room.until(unknown)
    assert report.parts[0].status == "validating"
    assert not report.done
    [one] = room.platform._imports.kept.values()
    one.end = "finished"
    await room.ended(run)
    assert (await room.imports.report(run.id)).clean


async def test_what_ends_otherwise_is_failed_and_all_its_rows_can_be_mended(room: ImportRoom) -> None:
    room.platform.end_imports("finished", "error", "cancelled")
    run, report = await room.imported(contacts(90), part_bytes=SMALL)
    assert sorted(part.state for part in report.parts) == ["cancelled", "failed", "finished"]
    assert report.done
    assert not report.clean
    lost = [part for part in report.parts if part.state != "finished"]
    failed = rows(await room.imports.corrected(run.id))[1:]
    numbers = [n for part in lost for n in range(part.first, part.last + 1)]
    assert [line[0] for line in failed] == [f"ana{n}@example.com" for n in numbers]
    assert {line[2] for line in failed} == {str(part.sentence) for part in lost}
    assert any("cancelled" in line[2] for line in failed)
    assert any("error" in line[2] for line in failed)
    mended = await room.checked(await room.imports.mend(run.id))
    assert mended.preflight is not None
    assert mended.preflight.ready == len(numbers)


async def test_a_file_that_is_not_taken_fails_alone(room: ImportRoom) -> None:
    for refusal in ("http413", "http415"):
        room.platform.plant(refusal, call="import")
    run, report = await room.imported(contacts(90), part_bytes=SMALL)
    failed = [part for part in report.parts if part.state == "failed"]
    assert sorted(part.state for part in report.parts) == ["failed", "failed", "finished"]
    assert sorted("413" in str(part.sentence) for part in failed) == [False, True]
    assert sorted("415" in str(part.sentence) for part in failed) == [False, True]
    states = [state for state, _ in await ledger_rows(room, run.job_id)]
    assert states == ["failed" if part in failed else "accepted" for part in report.parts]
    assert len(rows(await room.imports.corrected(run.id))) == 1 + sum(part.rows for part in failed)


async def test_a_key_that_is_not_let_in_stops_the_job_and_it_goes_on_later(room: ImportRoom) -> None:
    room.platform.settings = StandInSettings(keys={API_KEY: ("imports: read",)})
    run = await room.begun(await room.looked(contacts(3)))
    progress = await room.ended(run)
    assert progress.job.state == "stopped"
    assert "imports: write" in str(progress.job.reason)
    room.platform.settings = StandInSettings()
    await room.work.resume(run.job_id or "")
    await room.ended(run)
    assert (await room.imports.report(run.id)).clean


async def test_answers_that_are_none_are_waited_for_and_an_import_that_is_forgotten_is_failed(
    room: ImportRoom,
) -> None:
    room.platform.plant("http429bare", call="import")
    room.platform.plant("http429", call="import_get", times=2)
    room.platform.plant("http500", call="import_get")
    _, report = await room.imported(contacts(3))
    assert report.clean
    assert len(room.calls("import")) == 2
    room.platform.plant("http404", call="import_get", times=3)
    _, report = await room.imported(contacts(3))
    assert report.parts[0].state == "failed"
    assert "does not know" in str(report.parts[0].sentence)


# -- reports -------------------------------------------------------------------------------------------------------------


async def test_a_report_that_cannot_be_read_is_told_and_fetched_again(
    room: ImportRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden: dict[str, str] = {}

    class Hidden(dict[str, str]):
        def get(self, key: str, default: Any = None) -> Any:
            return default

        def __setitem__(self, key: str, value: str) -> None:
            super().__setitem__(key, value)
            hidden[key] = value

    room.platform._imports.reports = Hidden()
    run, report = await room.imported(contacts(4, n2="e0101"))
    [part] = report.parts
    assert (part.state, part.report, part.errors, report.joined) == ("partial", "unreadable", 1, 0)
    assert "404" in str(part.sentence)
    assert (await ledger_rows(room, run.job_id))[0][0] == "uncertain"
    with pytest.raises(Refused, match="could not be read"):
        await room.imports.mend(run.id)
    with monkeypatch.context() as patch:
        patch.setattr(import_asking, "report_url", lambda body: "http://169.254.169.254/latest")
        await room.imports.look_again(run.id)
        await room.ended(run)
    assert "private network" in str((await room.imports.report(run.id)).parts[0].sentence), (
        "nothing is fetched from there"
    )
    room.platform._imports.reports = dict(hidden)
    await room.imports.look_again(run.id)
    await room.ended(run)
    report = await room.imports.report(run.id)
    assert (report.parts[0].report, report.joined) == ("joined", 1)
    assert (await ledger_rows(room, run.job_id))[0][0] == "failed"
    assert len(room.calls("import")) == 1


async def test_a_report_that_does_not_end_fills_no_disk(room: ImportRoom) -> None:
    room.platform.settings = StandInSettings()
    finish = room.platform._imports._finish

    def finished(one: Any, settings: StandInSettings) -> None:
        finish(one, settings)
        room.platform._imports.reports[one.id] += "3,_email,not this one\r\n" * 40_000

    room.platform._imports._finish = finished  # type: ignore[method-assign]
    run, report = await room.imported(contacts(4, n2="e0101"))
    [part] = report.parts
    assert (part.state, part.report) == ("partial", "unreadable")
    assert "much longer than the file" in str(part.sentence)
    assert not report.clean
    assert len(await room.imports.refused(run.id, limit=10_000)) <= MOST_LINES + 4 * MOST_LINES_OF_ROW


async def test_a_finished_import_that_does_not_tell_of_every_row_is_not_green(room: ImportRoom) -> None:
    finish = room.platform._imports._finish

    def finished(one: Any, settings: StandInSettings) -> None:
        finish(one, settings)
        one.success -= 1

    room.platform._imports._finish = finished  # type: ignore[method-assign]
    run, report = await room.imported(contacts(4))
    assert (report.parts[0].state, report.clean) == ("partial", False)
    assert "3 of 4 rows were taken" in str(report.parts[0].sentence)
    assert {one.state for one in await room.runs.outcomes(run.id)} == {"uncertain"}
    again = await room.looked(contacts(4), only_changes=True)
    assert again.preflight is not None
    assert again.preflight.ready == 4, "nobody knows which were taken, so all go again"


async def test_an_import_of_which_nothing_is_said_any_more_keeps_its_id(room: ImportRoom) -> None:
    room.platform.plant("http500", call="import_get", times=100_000)
    run = await room.begun(await room.looked(contacts(3)))
    await room.ended(run, 300)
    [part] = (await room.imports.report(run.id)).parts
    assert (part.state, part.import_id) == ("still_running", next(iter(room.platform.imports)))
    assert part.import_id in str(part.sentence)
    [(state, sentence)] = await ledger_rows(room, run.job_id)
    assert (state, part.import_id in sentence) == ("uncertain", True)


async def test_a_report_line_that_fits_no_row_is_counted_apart(room: ImportRoom) -> None:
    room.platform.settings = StandInSettings()
    finish = room.platform._imports._finish

    def finished(one: Any, settings: StandInSettings) -> None:
        finish(one, settings)
        room.platform._imports.reports[one.id] += "99,_email,nobody@example.com is not known\r\n"

    room.platform._imports._finish = finished  # type: ignore[method-assign]
    run, report = await room.imported(contacts(4, n2="e0101"))
    assert (report.joined, report.unjoined, report.errors) == (1, 1, 1)
    assert [one.state for one in await room.runs.outcomes(run.id)] == [
        "uncertain",
        "failed",
        "uncertain",
        "uncertain",
    ]
    unknown = [one for one in await room.imports.refused(run.id) if not one.row]
    assert [(one.line, one.cells) for one in unknown] == [(99, {})]
    token = caller.set(Person(name="vera", role="viewer"))
    try:
        seen = [one for one in await room.imports.refused(run.id) if not one.row]
    finally:
        caller.reset(token)
    assert "nobody@example.com" not in seen[0].message
    assert "is not known" in seen[0].message


# -- crashes -------------------------------------------------------------------------------------------------------------


class Died(BaseException):
    """The process ends here."""


async def test_a_crash_between_upload_and_answer_uploads_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second upload arrives, and the process dies before it hears so: another one finds it in the platform's list."""
    clock = VirtualClock()
    sandbox = Sandbox(clock=clock)
    async with import_room(tmp_path / "home", sandbox, clock) as room:
        dead = room.bench
        send, arrived = ShopLine.send, asyncio.Event()
        count = 0

        async def dying(self: ShopLine, request: Request, *given: Any, **more: Any) -> Reply | Failure:
            nonlocal count
            answer = await send(self, request, *given, **more)
            if request.method == "POST":
                count += 1
                if count == 2:
                    arrived.set()
                    await asyncio.Event().wait()
            return answer

        monkeypatch.setattr(ShopLine, "send", dying)
        run = await room.begun(await room.looked(contacts(90), part_bytes=SMALL))

        async def there() -> bool | None:
            return True if arrived.is_set() else None

        await room.until(there)
        for task in room.work.crew._tasks.values():
            task.cancel()
        await asyncio.gather(*room.work.crew._tasks.values(), return_exceptions=True)
        [worker] = await room.bench.house.ledger.workers()
        assert await room.bench.house.ledger.take_over(worker.id) >= 1
        before = [one["id"] for one in room.platform.imports.values()]
        assert len(before) == 2

        monkeypatch.setattr(ShopLine, "send", send)
        async with Workbench.open(
            tmp_path / "home", sandbox=sandbox, clock=room.clock, environ=ENVIRON
        ) as room.bench:
            await room.work.resume(run.job_id or "")
            await room.ended(run)
            report = await room.imports.report(run.id)
        room.bench = dead
    assert report.clean
    assert len(report.parts) == len(room.calls("import")) == len(room.platform.imports)
    assert set(before) < {part.import_id for part in report.parts}


@pytest.mark.parametrize("arrived", [True, False])
async def test_an_upload_whose_answer_is_lost_is_looked_for_first(
    room: ImportRoom, monkeypatch: pytest.MonkeyPatch, arrived: bool
) -> None:
    send, lost = ShopLine.send, False

    async def losing(self: ShopLine, request: Request, *given: Any, **more: Any) -> Reply | Failure:
        nonlocal lost
        if request.method == "POST" and not lost:
            lost = True
            if arrived:
                await send(self, request, *given, **more)
            return Failure(kind="timeout", sentence=import_ends.looking(), sent=True)
        return await send(self, request, *given, **more)

    monkeypatch.setattr(ShopLine, "send", losing)
    _, report = await room.imported(contacts(90), part_bytes=SMALL)
    assert report.clean
    assert len(room.platform.imports) == len(report.parts) == 3
    assert len(room.platform.contacts) == 90, "none took another one's place"
    assert len(room.calls("imports")) == (1 if arrived else 3), (
        "a list may lag: it is looked through three times"
    )


async def test_two_that_may_be_ours_are_left_to_a_person(
    room: ImportRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = ShopLine.send

    async def twice(self: ShopLine, request: Request, *given: Any, **more: Any) -> Reply | Failure:
        if request.method != "POST":
            return await send(self, request, *given, **more)
        for _ in range(2):  # a proxy of their own repeats it
            await send(self, request, *given, **more)
        return Failure(kind="timeout", sentence=import_ends.looking(), sent=True)

    monkeypatch.setattr(ShopLine, "send", twice)
    run, report = await room.imported(contacts(3))
    assert report.parts[0].state == "failed"
    assert all(id in str(report.parts[0].sentence) for id in room.platform.imports)
    assert (await ledger_rows(room, run.job_id))[0][0] == "uncertain"
    assert len(room.calls("import")) == 2, "and none by us"


async def test_filling_goes_on_where_a_crash_left_it(room: ImportRoom) -> None:
    run = await room.looked(contacts(200), part_bytes=SMALL)
    add, added = room.doors.imports.add, 0

    async def adding(*given: Any) -> None:
        nonlocal added
        added += 1
        await add(*given)
        if added == 1:  # kept, and not in the ledger yet
            raise Refused(import_ends.looking())

    room.doors.imports.add = adding  # type: ignore[method-assign]
    with pytest.raises(Refused):
        await room.begun(run)
    run = await room.begun(run)
    await room.ended(run)
    report = await room.imports.report(run.id)
    assert report.clean
    assert report.rows == 200 == len(room.platform.contacts)
    assert [part.number for part in report.parts] == list(range(1, len(report.parts) + 1))


async def test_a_table_that_is_read_otherwise_is_not_uploaded(room: ImportRoom, tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    path.write_text(contacts(3))
    room.platform.plant("http429", call="import")
    table = await room.runs.place(path)
    planned = await room.planned(contacts(1))
    run = await room.checked(
        await room.runs.change(planned.id, planned.plan.model_copy(update={"table_id": table.id}))
    )
    run = await room.begun(run)
    settings = room.shop.settings.model_copy(update={"lower_local": True})
    await room.doors.shops.save(settings, room.shop.id)
    await room.work.pause(run.job_id or "")
    await room.ended(run)
    await room.work.resume(run.job_id or "")
    progress = await room.ended(run)
    assert progress.job.state == "stopped"
    assert "changed since" in str(progress.job.reason)
    assert not room.platform.imports


# -- what is kept, and for whom ------------------------------------------------------------------------------------------


async def test_no_file_holds_the_key_or_a_contact_and_a_deleted_run_leaves_nothing(room: ImportRoom) -> None:
    run, _ = await room.imported(contacts(40, n7="e0101"), part_bytes=SMALL)
    home = room.bench.house.home.folder
    for path in home.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            for planted in (
                API_KEY,
                API_KEY.partition(":")[2],
                "ana7@example.com",
                "ana8@example.com",
                "Ana 8",
            ):
                assert planted.encode() not in data, (path.name, planted)
    await room.runs.delete(run.id)
    await room.doors.imports.sweep()
    assert await room.doors.imports.parts(run.id) == []
    with pytest.raises(NotFound):
        await room.imports.report(run.id)
    single = await room.looked(contacts(1), how="single")
    with pytest.raises(NotFound, match="no import"):
        await room.imports.report(single.id)
