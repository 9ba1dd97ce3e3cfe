"""Cassettes, embedded and through the server: kept masked, checked without sending, played again, compared, reported, carried."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request as AsgiRequest
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.events_room import API_KEY, PHONE, contract, occurrence, way
from tests.faults.test_secret_leaks import FORMS, SECRET, core
from tests.pages.fresh import ROOT, environment
from tests.services.conftest import ENVIRON, PLANTED, basic
from tests.services.test_runs import looked, sent
from tests.sink import Received, reply, sink
from workbench import Confirmation, Contact, JobOptions, Settings, Workbench
from workbench.engine.personal import is_pseudonym
from workbench.errors import Forbidden, Invalid, NotFound, Refused, TooNew
from workbench.models.assertion import Assertion, Capture
from workbench.models.base import SecretRef
from workbench.models.cassette import Report
from workbench.models.event import EventMethod
from workbench.models.integration import Integration
from workbench.models.person import Role
from workbench.models.request import Request
from workbench.models.run import Mapped, RunPlan
from workbench.models.work import JobFilter
from workbench.sandbox.platform.app import Platform

Connected = Callable[[Role], Workbench]

PERSON = Contact(
    label="Zuleika Quartermain",
    identifiers={"email": "zuleika.quartermain@planted.example", "phone": "+46701740605"},
    variables={"first_name": "Zuleika", "subject": "Zuleika, your cart", "street": "Plantedgatan 12"},
)
METHODS: tuple[EventMethod, ...] = ("rest", "raw", "form", "urlencoded")
PERSONAL = ("zuleika", "quartermain", "46701740605", "plantedgatan", "70-174 06 05")


class Echo:
    """A provider that answers with what it was sent, in every spelling, with an id and a counter of its own."""

    def __init__(self) -> None:
        self.platform = Platform()
        self.calls: list[dict[str, Any]] = []
        self.status = 200
        self.extra: dict[str, Any] = {}

    def route(self, _: Request) -> ASGIApp:
        return self

    def joined(self, *_: object) -> None:
        """It has no stand-ins of texts, which would ask whose message they took."""

    async def close(self) -> None:
        """It keeps nothing that would have to be forgotten."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = AsgiRequest(scope, receive)
        body = json.loads(await request.body() or b"{}")
        self.calls.append(body)
        number = len(self.calls)
        told = {name: value for name, value in request.headers.items() if name != "content-length"}
        answer = {
            "result": True, "message_id": f"msg-{number:08d}-abcdef", "balance": 100 - number, "echo": body, "to": [body.get("to")],
            "headers": told, "phone": "Call 070-174 06 05 or +46 70 174 06 05", "msisdn": 46701740605,
            "by_address": {str(body.get("to")): "ok", "46701740605": 1}, **self.extra,
        }  # fmt: skip
        headers = {"X-Request-Id": f"r{number}", "X-To": str(body.get("to"))}
        await JSONResponse(answer, status_code=self.status, headers=headers)(scope, receive, send)


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
async def house(tmp_path: Path, echo: Echo) -> AsyncIterator[Workbench]:
    """The embedded workbench that both ways lead to; its one provider echoes."""
    async with Workbench.open(tmp_path / "home", sandbox=echo, environ=ENVIRON) as bench:  # type: ignore[arg-type]
        yield bench


@pytest.fixture
async def saved(house: Workbench, secret: SecretRef) -> Integration:
    draft = await house.integrations.start()
    settings = basic(secret, payload=(
        '{"to": "${User Identifier}", "from": "Shop", "subject": "{{ subject }}", "name": "{{ first_name }}", "street": "{{ street }}"}'
    ))  # fmt: skip
    return await house.integrations.save(
        await house.integrations.keep(draft.model_copy(update={"settings": settings}))
    )


def failing(report: Report) -> list[str]:
    """Return what did not hold, but for the counter that nothing tells to be one."""
    return [
        verdict.assertion.path
        for verdict in report.verdicts
        if not verdict.passed and verdict.assertion.path != "balance"
    ]


async def entry_of(bench: Workbench, saved: Integration) -> str:
    return (await bench.delivery.send(saved.id, PERSON)).entry.id


# -- keeping -------------------------------------------------------------------------------------------------------------


async def test_an_entry_becomes_a_cassette_with_checks_that_hold(
    bench: Workbench, saved: Integration
) -> None:
    cassette = await bench.cassettes.of_entry(await entry_of(bench, saved), "Cart reminder")
    assert cassette.assertions == tuple(await bench.cassettes.propose(cassette.entry_id or ""))
    report = await bench.cassettes.check(cassette.id)
    assert (report.passed, report.source, report.count("passed")) == (True, "kept", len(cassette.assertions))
    [listed] = await bench.cassettes.cassettes()
    assert (listed.name, listed.holds, listed.checks, listed.last_holds) == (
        "Cart reminder",
        True,
        len(cassette.assertions),
        None,
    )
    assert await bench.cassettes.get("Cart reminder") == cassette
    by_path = {one.path: one for one in cassette.assertions}
    assert by_path["result"].expected is True
    assert by_path["message_id"].operator == "matches"
    assert by_path["echo.from"].expected == "Shop"
    assert by_path["echo.name"].operator == "type"


async def test_checks_are_run_again_on_the_past_answer_without_sending(
    house: Workbench, saved: Integration, echo: Echo
) -> None:
    cassette = await house.cassettes.of_entry(await entry_of(house, saved))
    calls, entries = len(echo.calls), len(await house.activity.entries())
    other = [
        Assertion(path="result", operator="equals", expected=False),
        Assertion(path="zebra", operator="exists"),
    ]
    tried = await house.cassettes.try_checks(cassette.id, other)
    assert (tried.passed, tried.count("failed")) == (False, 2)
    assert (await house.cassettes.get(cassette.id)).assertions == cassette.assertions
    await house.cassettes.save_assertions(cassette.id, other)
    report = await house.cassettes.check(cassette.id)
    assert [verdict.state for verdict in report.verdicts] == ["failed", "failed"]
    told = len(await house.activity.entries())
    assert (len(echo.calls), told) == (calls, entries + 1)  # nothing was sent; that checks were saved is told
    assert (await house.cassettes.cassettes())[0].holds is False


async def test_wrong_checks_and_captures_are_all_named(house: Workbench, saved: Integration) -> None:
    cassette = await house.cassettes.of_entry(await entry_of(house, saved))
    with pytest.raises(Invalid) as raised:
        await house.cassettes.save_assertions(
            cassette.id,
            [Assertion(path="a", operator="matches", expected="("), Assertion(path="", operator="exists")],
            [Capture(name="9", path="a")],
        )
    assert [problem.field for problem in raised.value.problems] == [
        "assertions.0.expected",
        "assertions.1.path",
        "captures.0.name",
    ]
    with pytest.raises(Invalid):
        await house.cassettes.of_entry(cassette.entry_id or "", "x", [Assertion(path="", operator="exists")])
    with pytest.raises(Invalid, match="200 checks"):
        await house.cassettes.save_assertions(cassette.id, [Assertion(path="a")] * 201)


async def test_what_is_no_exchange_or_not_there_is_refused(house: Workbench, saved: Integration) -> None:
    [change] = await house.activity.entries()
    with pytest.raises(Refused, match="holds no exchange"):
        await house.cassettes.of_entry(change.id)
    for call in (
        house.cassettes.of_entry,
        house.cassettes.get,
        house.cassettes.play,
        house.cassettes.delete,
        house.cassettes.of_job,
    ):
        with pytest.raises(NotFound):
            await call("gone")


async def test_a_contact_has_to_be_the_one_of_then(house: Workbench, saved: Integration) -> None:
    entry = await entry_of(house, saved)
    with pytest.raises(Refused, match="not the contact of then"):
        await house.cassettes.of_entry(entry, contact=Contact(identifiers={"email": "other@example.com"}))
    assert (await house.cassettes.of_entry(entry, contact=PERSON)).contact_kept


async def test_a_job_becomes_a_cassette_in_one_click_with_its_contact_and_what_varies(
    house: Workbench, saved: Integration, echo: Echo
) -> None:
    job = (await house.work.create(saved.id, JobOptions(title="Autumn"))).job
    with pytest.raises(Refused, match="no exchange of this job"):
        await house.cassettes.of_job(job.id)
    await house.work.add(job.id, [PERSON, PERSON, PERSON])
    await house.work.start(job.id)
    await house.work.crew.wait(job.id)
    cassette = await house.cassettes.of_job(job.id)
    assert (cassette.name, cassette.job_id, cassette.contact_kept) == ("Autumn", job.id, True)
    assert "body.balance" in cassette.volatile
    assert "body.message_id" in cassette.volatile
    assert {one.operator for one in cassette.assertions if one.path == "balance"} == {"type"}
    report = await house.cassettes.play(cassette.id)
    assert report.passed
    assert echo.calls[-1] == echo.calls[0]
    assert not [change for change in report.changes if not change.volatile]


# -- playing -------------------------------------------------------------------------------------------------------------


async def test_a_rehearsal_plays_for_a_made_up_contact_and_says_so(
    house: Workbench, saved: Integration, echo: Echo
) -> None:
    cassette = await house.cassettes.of_entry(await entry_of(house, saved))
    report = await house.cassettes.play(cassette.id)
    assert failing(report) == []
    assert echo.calls[-1]["to"] == "ana.lima@example.com"
    assert not [word for word in PERSONAL if word in str(echo.calls[-1]).lower()]
    assert [str(note) for note in report.notes] == [
        "Played for a made-up contact: whom it was sent to is not kept."
    ]
    kept = await house.cassettes.get(cassette.id)
    assert kept.last == report
    assert kept.played == (report.entry_id,)
    assert (await house.cassettes.cassettes())[0].last_holds is False  # the counter counts


async def test_with_its_contact_the_very_same_request_goes_out_again(
    house: Workbench, saved: Integration, echo: Echo
) -> None:
    cassette = await house.cassettes.record(saved.id, PERSON, "Recorded")
    echo.extra = {"result": "yes", "new": 1}
    report = await house.cassettes.play(cassette.id)
    assert echo.calls[0] == echo.calls[1]
    assert not report.passed
    assert failing(report) == ["result"]
    failed = next(verdict for verdict in report.verdicts if verdict.assertion.path == "result")
    assert str(failed.sentence) == 'It is "yes" (string), not true (boolean).'
    found = {change.path: (change.kind, change.volatile) for change in report.changes}
    assert found["body.result"] == ("type", "")
    assert found["body.new"] == ("added", "")
    assert found["body.message_id"] == ("changed", "looks")
    assert found["header.x-request-id"] == ("changed", "looks")
    assert found["body.balance"] == ("changed", "")


async def test_volatile_places_are_learned_from_repeated_answers_shown_and_forgotten(
    house: Workbench, saved: Integration
) -> None:
    cassette = await house.cassettes.of_entry(await entry_of(house, saved))
    with pytest.raises(Refused, match="Play it 2 more times"):
        await house.cassettes.learn_volatile(cassette.id)
    await house.cassettes.play(cassette.id)
    await house.cassettes.play(cassette.id)
    learned = await house.cassettes.learn_volatile(cassette.id)
    assert set(learned.volatile) == {"header.x-request-id", "body.message_id", "body.balance"}
    report = await house.cassettes.play(cassette.id)
    assert {change.path: change.volatile for change in report.changes}["body.balance"] == "learned"
    forgotten = await house.cassettes.forget_volatile(cassette.id, "body.balance")
    assert set(forgotten.volatile) == {"header.x-request-id", "body.message_id"}


async def test_two_cassettes_are_compared_and_what_one_learned_counts_for_both(
    house: Workbench, saved: Integration
) -> None:
    one = await house.cassettes.record(saved.id, PERSON, "One")
    await house.cassettes.play(one.id)
    await house.cassettes.learn_volatile(one.id)
    other = await house.cassettes.record(saved.id, PERSON, "Other")
    diff = await house.cassettes.compare(one.id, other.id)
    assert (diff.before, diff.after, diff.real) == ("One", "Other", ())
    assert {change.path for change in diff.changes} >= {"body.balance", "body.message_id"}


async def test_what_one_cassette_captures_fills_the_next_request(
    house: Workbench, saved: Integration, echo: Echo
) -> None:
    first = await house.cassettes.record(saved.id, PERSON, "First")
    await house.cassettes.save_assertions(
        first.id, [], [Capture(name="first_name", path="message_id"), Capture(name="no", path="zebra")]
    )
    second = await house.cassettes.record(saved.id, PERSON, "Second")
    reports = await house.cassettes.play_all([first.id, second.id])
    assert echo.calls[-1]["name"] == "msg-00000003-abcdef"
    assert reports[0].captured == {"first_name": '"msg-00000003-abcdef"'}
    assert "“no” was not captured" in str(reports[0].notes[0])
    played = await house.cassettes.play(second.id, values={"first_name": "Given"})
    assert echo.calls[-1]["name"] == "Given"
    assert failing(played) == []


async def test_a_changed_or_deleted_integration_is_said(house: Workbench, saved: Integration) -> None:
    cassette = await house.cassettes.record(saved.id, PERSON)
    draft = await house.integrations.edit(saved.id)
    changed = draft.settings.model_copy(update={"payload": '{"to": "${User Identifier}", "from": "Shop"}'})
    await house.integrations.save(
        await house.integrations.keep(draft.model_copy(update={"settings": changed}))
    )
    report = await house.cassettes.play(cassette.id)
    assert "was changed since this was recorded" in str(report.notes[0])
    await house.integrations.delete(saved.id)
    with pytest.raises(Refused, match="was deleted, so this cannot be played"):
        await house.cassettes.play(cassette.id)
    assert (await house.cassettes.check(cassette.id)).count("broken") == 0


async def test_no_answer_is_a_report_that_does_not_hold(
    house: Workbench, saved: Integration, echo: Echo
) -> None:
    cassette = await house.cassettes.record(saved.id, PERSON)
    echo.status = 500
    report = await house.cassettes.play(cassette.id)
    assert not report.passed
    assert report.status == 500
    assert [change.path for change in report.changes if change.path == "status"] == ["status"]


async def test_live_asks_for_the_contact_the_confirmation_and_consent(tmp_path: Path, echo: Echo) -> None:
    home = tmp_path / "home"
    async with Workbench.open(home, sandbox=echo, environ=ENVIRON) as bench:  # type: ignore[arg-type]
        key = bench.house.vault.seal_text(PLANTED)
        draft = await bench.integrations.start()
        made = await bench.integrations.save(draft.model_copy(update={"settings": basic(key)}))
        cassette = await bench.cassettes.of_entry((await bench.delivery.send(made.id, PERSON)).entry.id)
    async with Workbench.open(home, live=True, environ=ENVIRON) as live:
        with pytest.raises(Refused, match="Whom this was sent to is not kept"):
            await live.cassettes.play(cassette.id)
        with pytest.raises(Refused, match="confirmed by itself"):
            await live.cassettes.play_all([cassette.id])
        await live.cassettes.keep_contact(cassette.id, PERSON)
        preview = await live.cassettes.preview(cassette.id)
        assert (preview.host, preview.recipient) == ("esp.example.com", "zuleika.quartermain@planted.example")
        with pytest.raises(Refused, match="really sends"):
            await live.cassettes.play(cassette.id)
        with pytest.raises(Refused, match="does not fit"):
            await live.cassettes.play(
                cassette.id, Confirmation(host="esp.example.com", recipient="x@example.com")
            )
        assert live.house.mode == "live"
    assert len(echo.calls) == 1


# -- roles ---------------------------------------------------------------------------------------------------------------


async def test_a_viewer_looks_and_changes_nothing(
    house: Workbench, connected: Connected, saved: Integration
) -> None:
    cassette = await house.cassettes.of_entry(await entry_of(house, saved))
    viewer = connected("viewer").cassettes
    assert (await viewer.check(cassette.id)).passed
    assert "testsuites" in await viewer.report([cassette.id])
    for call in (
        viewer.play(cassette.id),
        viewer.delete(cassette.id),
        viewer.learn_volatile(cassette.id),
        viewer.rename(cassette.id, "x"),
    ):
        with pytest.raises(Forbidden):
            await call
    operator = connected("operator").cassettes
    assert (await operator.rename(cassette.id, " Other\nname ")).name == "Other name"
    await operator.delete(cassette.id)
    assert await viewer.cassettes() == []


# -- nothing leaks ---------------------------------------------------------------------------------------------------------


async def test_no_surface_and_no_file_shows_a_secret_or_the_contact(
    house: Workbench, echo: Echo, tmp_path: Path
) -> None:
    echo.extra = {
        f"{form} {number}": f"x {make(secret)} y" for form, make in FORMS.items() for number, secret in enumerate((SECRET, PLANTED))
    }  # fmt: skip
    vault = house.house.vault
    settings = basic(
        vault.seal_text(PLANTED),
        payload='{"to": "${User Identifier}", "name": "{{ first_name }}", "street": "{{ street }}"}',
        credential={"username": "reconnect", "password": vault.seal_text(SECRET).model_dump()},
    )
    draft = await house.integrations.start()
    saved = await house.integrations.save(draft.model_copy(update={"settings": settings}))
    cassette = await house.cassettes.record(
        saved.id, PERSON, f"Named {PLANTED} of zuleika.quartermain@planted.example"
    )
    await house.cassettes.save_assertions(
        cassette.id,
        [
            *cassette.assertions, Assertion(subject="text", operator="contains", expected=f"x {PLANTED}"),
            Assertion(path="echo.to", operator="equals", expected="zuleika.quartermain@planted.example"),
            Assertion(path="echo.name", operator="one_of", expected=["Zuleika", SECRET]),
        ],
        [Capture(name="echo", path="echo.name"), Capture(name="to", path="to[0]")],
    )  # fmt: skip
    played = await house.cassettes.play(cassette.id)
    states = {verdict.assertion.path: verdict.state for verdict in played.verdicts}
    assert (states["echo.to"], states["echo.name"]) == (
        "passed",
        "passed",
    )  # they compare with what stands in a masked answer
    kept = await house.cassettes.get(cassette.id)
    surfaces: dict[str, str] = {
        "junit": await house.cassettes.report([], "junit", "both"), "html": await house.cassettes.report([], "html", "both"),
        "notebook": await house.cassettes.notebook(cassette.id), "document": json.dumps(await house.cassettes.document(cassette.id)),
        "cassette": kept.model_dump_json(), "report": played.model_dump_json(), "repr": f"{kept!r} {played!r} {kept}",
        "diff": (await house.cassettes.compare(cassette.id, cassette.id)).model_dump_json(),
        "proposals": str(await house.cassettes.proposals(cassette.id)),
    }  # fmt: skip
    await house.close()
    for path in (tmp_path / "home").rglob("*"):
        if path.is_file() and path.name.startswith(("cassette", "vault")):
            surfaces[path.name] = path.read_text("utf-8", "replace")
    assert {"cassettes.json", "cassette_contacts.json"} <= set(surfaces)
    found = [
        (surface, form)
        for surface, text in surfaces.items()
        for form, make in FORMS.items()
        for secret in (SECRET, PLANTED)
        if core(form, make(secret)) in text
    ]
    assert found == []
    assert [
        (surface, word) for surface, text in surfaces.items() for word in PERSONAL if word in text.lower()
    ] == []
    for form, make in FORMS.items():
        for value in (*PERSON.identifiers.values(), "Plantedgatan 12"):
            assert [surface for surface, text in surfaces.items() if core(form, make(value)) in text] == [], (
                form,
                value,
            )


async def test_the_catalogue_holds_readable_json(
    house: Workbench, saved: Integration, tmp_path: Path
) -> None:
    cassette = await house.cassettes.record(saved.id, PERSON, "Readable")
    kept = json.loads((tmp_path / "home" / "cassettes.json").read_text())["documents"][cassette.id]
    assert kept["answer"]["tree"]["echo"]["from"] == "Shop"
    assert is_pseudonym(kept["answer"]["tree"]["echo"]["name"])
    assert kept["assertions"][0] == {"subject": "status", "path": "", "operator": "equals", "expected": 200}
    assert "sealed" not in str(kept)


# -- carrying --------------------------------------------------------------------------------------------------------------


async def test_a_document_is_taken_elsewhere_and_played_there_with_any_key(
    house: Workbench, saved: Integration
) -> None:
    cassette = await house.cassettes.record(saved.id, PERSON, "Carried")
    document = await house.cassettes.document(cassette.id)
    async with Workbench.scratch() as other:
        taken = await other.cassettes.take(document)
        assert (taken.name, taken.contact_kept, taken.request) == ("Carried", False, None)
        assert (await other.cassettes.check(taken.id)).passed
        report = await other.cassettes.play(taken.id)
        assert report.status == 202  # the stand-in of this workbench answers in its own way
        again = await other.cassettes.take(document)  # the integration is there already
        assert again.integration_id == taken.integration_id
        for wrong in ({}, {**document, "format": "other"}, {**document, "cassette": {"name": 3}}):
            with pytest.raises(Invalid):
                await other.cassettes.take(wrong)
        with pytest.raises(TooNew):
            await other.cassettes.take({**document, "version": 99})


def nbval(path: Path, home: Path) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--nbval",
        "--nbval-current-env",
        "--nbval-cell-timeout=120",
        "-p",
        "no:cacheprovider",
        "-q",
        str(path),
    ]
    return subprocess.run(
        command, cwd=ROOT, env=environment(home), capture_output=True, text=True, timeout=300, check=False
    )


async def test_the_notebook_is_run_by_nbval_and_finds_what_it_shows(tmp_path: Path) -> None:
    async with Workbench.open(tmp_path / "home", environ=ENVIRON) as bench:
        draft = await bench.integrations.start("sendgrid")
        key = bench.secrets.keep_text(PLANTED)
        settings = draft.settings.model_copy(
            update={
                "name": "SendGrid",
                "credential": {**draft.settings.credential, "api_key": key.model_dump()},
            }
        )
        saved = await bench.integrations.save(draft.model_copy(update={"settings": settings}))
        cassette = await bench.cassettes.record(saved.id, PERSON, "SendGrid takes a message")
        assert any(one.subject == "time" for one in cassette.assertions)
        text = await bench.cassettes.notebook(cassette.id)
    path = tmp_path / "cassette.ipynb"
    path.write_text(text)
    run = nbval(path, tmp_path / "nowhere")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "5 passed" in run.stdout
    assert "2000 ms" not in text  # how fast is another matter on each machine


async def test_reports_name_all_cassettes_or_some_in_a_language(house: Workbench, saved: Integration) -> None:
    first = await house.cassettes.record(saved.id, PERSON, "First")
    await house.cassettes.record(saved.id, PERSON, "Second")
    assert [report.name for report in await house.cassettes.reports([])] == ["First", "Second"]
    await house.cassettes.play(first.id)
    assert [report.source for report in await house.cassettes.reports([first.id], "both")] == [
        "kept",
        "played",
    ]
    assert [report.source for report in await house.cassettes.reports([first.id])] == ["played"]
    assert '<html lang="pt">' in await house.cassettes.report([], "html", "last", "pt")
    assert (await house.work.jobs(JobFilter())) == []


# -- events and runs -------------------------------------------------------------------------------------------------------


async def test_an_event_by_each_method_becomes_a_cassette_that_plays_here_and_elsewhere(
    tmp_path: Path,
) -> None:
    async with Workbench.open(tmp_path / "home", environ=ENVIRON) as bench, Workbench.scratch() as other:
        for method in METHODS:
            saved = await way(bench, method)
            event = await bench.events.save(contract(saved.id, name="purchase", guard_min=0))
            answer = await bench.events.send(
                event.id, occurrence(email=PERSON.identifiers["email"], phone=PERSON.identifiers["phone"])
            )
            cassette = await bench.cassettes.of_entry(answer.entry.id, method)
            await bench.events.delete(event.id)
            for keeper, id in (
                (bench, cassette.id),
                (other, (await other.cassettes.take(await bench.cassettes.document(cassette.id))).id),
            ):
                report = await keeper.cassettes.play(id)
                assert report.passed, (method, report.lines)
                assert "result is true" in " ".join(report.lines)
            told = (
                cassette.model_dump_json()
                + report.model_dump_json()
                + await bench.cassettes.notebook(cassette.id)
            )
            for word in (*PERSONAL, "eb561baa", "7043663", API_KEY, "Blue shirt"):
                assert word not in told.lower().replace("personal", ""), (method, word)


async def test_an_event_for_a_number_alone_is_played_for_it(tmp_path: Path) -> None:
    async with Workbench.open(tmp_path / "home", environ=ENVIRON) as bench:
        event = await bench.events.save(contract((await way(bench)).id, guard_min=0))
        answer = await bench.events.send(event.id, occurrence(email=None))
        contact = Contact(
            identifiers={"phone": PHONE}, variables={"event": {"phone": PHONE, "product_name": "x"}}
        )
        cassette = await bench.cassettes.of_entry(answer.entry.id, contact=contact)
        assert (await bench.cassettes.play(cassette.id)).passed


async def test_a_run_becomes_a_cassette_with_the_contact_of_its_sealed_row(
    house: Workbench, saved: Integration, echo: Echo
) -> None:
    mapping = tuple(
        Mapped(target=target, column=column)
        for target, column in (
            ("email", "mail"),
            ("first_name", "name"),
            ("subject", "name"),
            ("street", "name"),
        )
    )
    table = await house.runs.paste("mail,name\nzuleika.quartermain@planted.example,Zuleika\n")
    run = await house.runs.plan(
        RunPlan(title="Autumn run", integration_id=saved.id, table_id=table.id, mapping=mapping)
    )
    with pytest.raises(Refused, match="has not begun"):
        await house.cassettes.of_job(run.id)
    await looked(house, run.id)
    await sent(house, run.id)
    cassette = await house.cassettes.of_job(run.id)
    assert (cassette.name, cassette.contact_kept) == ("Autumn run", True)
    assert failing(await house.cassettes.play(cassette.id)) == []
    assert echo.calls[-1] == echo.calls[0]
    assert not [word for word in ("zuleika", "quartermain") if word in cassette.model_dump_json().lower()]


async def test_whoever_opted_out_is_not_played_to_live(tmp_path: Path, echo: Echo) -> None:
    home = tmp_path / "home"
    async with Workbench.open(home, sandbox=echo, environ=ENVIRON) as bench:  # type: ignore[arg-type]
        draft = await bench.integrations.start()
        made = await bench.integrations.save(
            draft.model_copy(update={"settings": basic(bench.house.vault.seal_text(PLANTED))})
        )
        cassette = await bench.cassettes.record(made.id, PERSON)
        await bench.consent.record(PERSON.identifiers["phone"], "opted_out", "Said so on the phone")
    async with Workbench.open(home, live=True, environ=ENVIRON) as live:
        with pytest.raises(Refused, match="By the consent ledger"):
            await live.cassettes.play(
                cassette.id, Confirmation(host="esp.example.com", recipient=PERSON.identifiers["email"])
            )


async def test_live_the_confirmed_play_truly_goes_out_once_and_no_answer_is_told(tmp_path: Path) -> None:
    bodies: list[bytes] = []

    def behave(received: Received, number: int) -> bytes | None:
        bodies.append(received.body)
        return reply() if number < 3 else None  # the third time it breaks off

    async with sink(behave) as place, Workbench.open(tmp_path / "home", live=True, environ=ENVIRON) as live:
        settings = Settings(
            name="Local", url=f"http://127.0.0.1:{place.port}/send", payload='{"to": "${User Identifier}"}', local_test=True
        )  # fmt: skip
        draft = await live.integrations.start()
        saved = await live.integrations.save(draft.model_copy(update={"settings": settings}))
        yes = Confirmation(host="127.0.0.1", recipient=PERSON.identifiers["email"])
        cassette = await live.cassettes.record(saved.id, PERSON, confirmation=yes)
        report = await live.cassettes.play(cassette.id, yes)
        assert (report.passed, report.mode, len(bodies)) == (True, "live", 2)
        assert bodies[0] == bodies[1] == b'{"to":"zuleika.quartermain@planted.example"}'
        lost = await live.cassettes.play(cassette.id, yes)
        assert (lost.passed, lost.status, lost.count("broken")) == (False, None, len(cassette.assertions))
        assert 'errors="' in await live.cassettes.report([cassette.id])
