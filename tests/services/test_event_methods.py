"""SendPulse through the services: its methods, the bounds of a token, the secret URL checked and never shown, answers without a word."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.services.conftest import ENVIRON
from tests.sink import Received, reply, sink
from workbench import Contact, Settings, Workbench
from workbench.adapters.remote import write_error
from workbench.errors import Invalid, WorkbenchError
from workbench.models.base import SecretRef
from workbench.models.event import EVENT_PAYLOAD
from workbench.models.integration import Draft
from workbench.models.request import Request
from workbench.models.work import Job, JobConfirmation, JobOptions, Row, RowFilter
from workbench.providers import provider
from workbench.sandbox.app import Sandbox
from workbench.sandbox.faults import Fault
from workbench.sandbox.platform.app import Platform

HASH = "feedfacecafebeef0123456789abcdef"
EVENT_URL = f"https://events.sendpulse.com/events/id/{HASH}/7043663"
API_KEY = "sp_pl4nted-Api-key-77"
EMAIL, PHONE = "planted.ana@example.com", "+5511987650001"
BODY = {"email": EMAIL, "phone": PHONE, "automation_id": 12345, "products": [{"id": "1", "for": EMAIL}]}
ANA = Contact(identifiers={"email": EMAIL, "phone": PHONE}, variables={"event": BODY})
METHODS = ("rest", "raw", "form", "urlencoded")


def settings(
    house: Workbench, method: str = "rest", url: str = EVENT_URL, event: str = "purchase", **more: Any
) -> Settings:
    """Return the settings of an integration for events: REST with ID and secret, the others by URL."""
    seal = house.house.vault.seal_text
    kind, credential = (
        "oauth2",
        {"event": event, "client_id": "id-1", "client_secret": seal(API_KEY).model_dump()},
    )
    if method != "rest":
        kind, credential = "sendpulse_event_url", {"event_url": seal(url).model_dump()}
    return Settings(
        name=f"Purchase by {method}", channel="event", provider="sendpulse", endpoint=method,
        url=provider("sendpulse").endpoint(method).url, credential_kind=kind, credential=credential, payload=EVENT_PAYLOAD,
    ).model_copy(update=more)  # fmt: skip


async def drafted(bench: Workbench, form: Settings) -> Draft:
    draft = await bench.integrations.start("sendpulse")
    return await bench.integrations.keep(draft.model_copy(update={"settings": form}))


async def saved(bench: Workbench, form: Settings) -> str:
    return (await bench.integrations.save(await drafted(bench, form))).id


# the methods -------------------------------------------------------------------------------------------------------


async def test_a_new_draft_is_ready_for_the_whole_event(bench: Workbench) -> None:
    draft = await bench.integrations.start("sendpulse")
    assert (draft.settings.channel, draft.settings.payload, draft.settings.credential_kind) == (
        "event",
        EVENT_PAYLOAD,
        "oauth2",
    )


@pytest.mark.parametrize("method", METHODS)
async def test_each_method_delivers_the_event(house: Workbench, sandbox: Sandbox, method: str) -> None:
    id = await saved(house, settings(house, method))
    preview = await house.delivery.preview(id, ANA)
    assert preview.problems == ()
    assert preview.recipient == EMAIL
    sent = await house.delivery.send(id, ANA)
    assert sent.outcome.kind == "accepted"
    assert preview.request is not None
    assert (preview.request.body, preview.request.url) == (sent.request.body, sent.request.url)
    (arrived,) = sandbox.events.received
    assert arrived.endpoint == method
    assert arrived.body["email"] == EMAIL
    assert arrived.body["automation_id"] == (12345 if method in ("rest", "raw") else "12345")
    assert arrived.body["products"] == BODY["products"]


async def test_events_of_one_channel_stand_side_by_side(house: Workbench) -> None:
    for method in METHODS:
        await saved(
            house,
            settings(
                house, method, url=EVENT_URL.replace("7043663", f"70436{method[:1]}".replace("r", "1"))[:80]
            ),
        )
    assert len(await house.integrations.list_all()) == 4


async def test_a_contact_with_a_number_alone_is_the_recipient(house: Workbench) -> None:
    contact = Contact(identifiers={"phone": PHONE}, variables={"event": {"phone": PHONE}})
    sent = await house.delivery.send(await saved(house, settings(house)), contact)
    assert sent.outcome.kind == "accepted"
    assert sent.entry.recipient is not None
    assert sent.entry.recipient.startswith("+55***01 #")


# the token ---------------------------------------------------------------------------------------------------------


async def test_many_sends_at_once_share_one_token_and_one_renewal(house: Workbench, sandbox: Sandbox) -> None:
    form = settings(house)
    one, other = await saved(house, form), await saved(house, form.model_copy(update={
        "name": "Registration", "credential": {**form.credential, "event": "registration"},
    }))  # fmt: skip
    sent = await asyncio.gather(*(house.delivery.send(id, ANA) for id in (one, other) * 10))
    assert {one.outcome.kind for one in sent} == {"accepted"}
    assert sandbox.tokens.calls == 1
    sandbox.tokens.revoke_all()
    sent = await asyncio.gather(*(house.delivery.send(id, ANA) for id in (one, other) * 10))
    assert {one.outcome.kind for one in sent} == {"accepted"}
    assert sandbox.tokens.calls == 2
    assert sorted({one.event for one in sandbox.events.received}) == ["purchase", "registration"]
    assert len(sandbox.events.received) == 40


@pytest.mark.parametrize(("cached", "tokens"), [(True, 1), (False, 2)])
async def test_a_permanent_401_makes_two_calls_and_stops(tmp_path: Path, cached: bool, tokens: int) -> None:
    """R-EVT-03: exactly 2 event and 1 token requests with a kept token, 2 and 2 with none."""
    sandbox = Sandbox()
    async with Workbench.open(tmp_path / "home", sandbox=sandbox, environ=ENVIRON) as bench:
        id = await saved(bench, settings(bench))
        if cached:
            assert (await bench.delivery.send(id, ANA)).outcome.ok
        sandbox.apps["sendpulse"].drawings[:] = (
            Sandbox(faults={"sendpulse": (Fault(kind="unauthorized"),)}).apps["sendpulse"].drawings
        )
        before = sandbox.tokens.calls
        sent = await bench.delivery.send(id, ANA)
    assert (sent.outcome.kind, sent.reply and sent.reply.status) == ("refused", 401)
    assert "rejected the credentials" in str(sent.outcome.sentence)
    assert (sandbox.apps["sendpulse"].drawings[0].used, sandbox.tokens.calls - before) == (2, tokens)


async def test_a_permanent_401_stops_a_whole_job(tmp_path: Path) -> None:
    sandbox = Sandbox(faults={"sendpulse": (Fault(kind="unauthorized"),)})
    async with Workbench.open(tmp_path / "home", sandbox=sandbox, environ=ENVIRON) as bench:
        id = await saved(bench, settings(bench))
        job = (await bench.work.create(id, JobOptions(at_once=1))).job
        await bench.work.add(job.id, [ANA] * 5)
        await bench.work.start(job.id)
        ended = await reached(bench, job.id, "stopped")
    assert ended.counts.waiting == 5
    assert sandbox.apps["sendpulse"].drawings[0].used == 2
    assert sandbox.tokens.calls == 2


@pytest.mark.parametrize("method", ["raw", "form", "urlencoded"])
async def test_a_live_job_of_a_local_test_goes_where_the_secret_address_leads(
    tmp_path: Path, method: str
) -> None:
    """No host of this machine is allowed by name: that the address is one lets the job out, and to that one alone."""

    def take(received: Received, number: int) -> bytes:
        return reply(body=b'{"result": true}')

    async with sink(take) as taking, Workbench.open(tmp_path / "home", live=True, environ=ENVIRON) as bench:
        id = await saved(bench, settings(bench, method, taking.url, local_test=True))
        job = (await bench.work.create(id, JobOptions(at_once=1))).job
        await bench.work.add(job.id, [ANA] * 3)
        await bench.work.start(job.id, JobConfirmation(host=job.host, rows=3))
        assert (await reached(bench, job.id, "done", "stopped")).counts.accepted == 3
        assert taking.count == 3


@pytest.mark.parametrize("kind", ["throttled", "throttled_bare"])
async def test_a_single_event_that_is_throttled_lets_the_whole_account_rest(
    tmp_path: Path, kind: str
) -> None:
    """R-EVT-17: jobs share the account's pace, whoever was told to slow down."""
    sandbox = Sandbox(faults={"sendpulse": (Fault(kind=kind, seconds=60, times=1),)})
    async with Workbench.open(tmp_path / "home", sandbox=sandbox, environ=ENVIRON) as bench:
        one, other = [
            await saved(bench, settings(bench, event=event, name=event)) for event in ("purchase", "refund")
        ]
        assert (await bench.work.budget(other)).held_until is None
        assert (await bench.delivery.send(one, ANA)).outcome.kind == "throttled"
        assert (await bench.work.budget(other)).held_until is not None


async def reached(bench: Workbench, id: str, *states: str) -> Job:
    """Return a job once it is in one of the states and nothing of it is under way."""
    async with asyncio.timeout(30):
        while True:
            job = (await bench.work.job(id)).job
            if job.state in states and not job.counts.in_flight:
                return job
            await asyncio.sleep(0.02)


async def attempted(bench: Workbench, id: str) -> list[Row]:
    """Return the rows of a job once each was attempted, however that ended."""
    async with asyncio.timeout(30):
        while True:
            rows = await bench.work.rows(id, RowFilter())
            if rows and not {row.state for row in rows} & {"waiting", "in_flight"}:
                return rows
            await asyncio.sleep(0.02)


# accepted, not confirmed -------------------------------------------------------------------------------------------


class Answering:
    """A provider that answers every event alike, and notes what it got."""

    def __init__(self, body: Any, status: int = 200) -> None:
        self.body, self.status = body, status
        self.got: list[str] = []
        self.platform = Platform()

    def route(self, request: Request) -> ASGIApp:
        self.got.append(request.url)
        return self

    def joined(self, *_: object) -> None:
        """It has no stand-ins of texts."""

    async def close(self) -> None:
        """It keeps nothing."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            continue
        await JSONResponse(self.body, status_code=self.status)(scope, receive, send)


async def test_a_200_without_result_ends_as_uncertain_and_is_not_repeated_by_itself(tmp_path: Path) -> None:
    answering = Answering({})
    async with Workbench.open(tmp_path / "home", sandbox=answering, environ=ENVIRON) as bench:  # type: ignore[arg-type]
        id = await saved(bench, settings(bench, "raw"))
        sent = await bench.delivery.send(id, ANA)
        assert sent.outcome.kind == "unconfirmed"
        assert sent.entry.reply is not None  # what was answered is kept
        assert sent.entry.reply.json_body == {}
        job = (await bench.work.create(id, JobOptions(repeat="always", record="outcome"))).job
        await bench.work.add(job.id, [ANA] * 3)
        await bench.work.start(job.id)
        ended = await reached(bench, job.id, "done")
        assert (ended.counts.uncertain, ended.counts.accepted) == (3, 0)
        rows = await bench.work.rows(job.id, RowFilter(states=("uncertain",)))
        assert {row.outcome for row in rows} == {"unconfirmed"}
        assert all("accepted, not confirmed" in str(row.sentence) for row in rows)
        tested = await bench.integrations.get(id)
        assert (await bench.delivery.test(tested.id, ANA)).outcome.kind == "unconfirmed"
        [listed] = await bench.integrations.list_all()
        assert listed.badge == "unconfirmed", "neither tested nor failed"
    assert len(answering.got) == 5


# the secret URL ----------------------------------------------------------------------------------------------------


async def test_a_wrong_url_is_found_by_the_wizards_check_and_by_every_send(
    bench: Workbench, house: Workbench, sandbox: Sandbox
) -> None:
    form = settings(house, "raw", EVENT_URL.replace("sendpulse", "example"))
    draft = await drafted(bench, form)
    assert "credential.event_url" not in {
        one.field for one in await bench.integrations.check(draft, "configure")
    }
    found = [
        one
        for one in await bench.integrations.check(draft, "authenticate")
        if one.field == "credential.event_url"
    ]
    assert len(found) == 1
    assert found[0].blocks
    assert "leads to “events.example.com”" in str(found[0].sentence)
    for call in (lambda: bench.integrations.test(draft, ANA), lambda: bench.integrations.save(draft)):
        with pytest.raises(Invalid) as raised:
            await call()
        assert "credential.event_url" in {one.field for one in raised.value.problems}
        assert HASH not in str(raised.value)
    assert not sandbox.events.received


async def test_one_url_for_two_integrations_is_a_warning(house: Workbench) -> None:
    await saved(house, settings(house, "raw"))
    draft = await drafted(house, settings(house, "form", f" {EVENT_URL}/"))
    (warning,) = [
        one for one in await house.integrations.check(draft, "save") if one.field == "credential.event_url"
    ]
    assert warning.level == "warning"
    assert "“Purchase by raw”" in str(warning.sentence)
    again = await house.integrations.edit((await house.integrations.get("Purchase by raw")).id)
    assert await house.integrations.check(again, "save") == []


async def test_blanks_around_the_pasted_url_are_not_sent(house: Workbench) -> None:
    sent = await house.delivery.send(await saved(house, settings(house, "raw", f"\n {EVENT_URL} \t")), ANA)
    assert sent.outcome.kind == "accepted"
    assert sent.request.url == "https://events.sendpulse.com/events/id/**** 3663"
    assert HASH not in sent.model_dump_json()


class Echo(Answering):
    """A provider that answers with the address and the contact it was sent, in several spellings."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["raw_path"].decode()
        self.body = {
            "message": f"{path} | {HASH} | {EVENT_URL} | {EVENT_URL.encode().hex()} | {API_KEY} {EMAIL} {PHONE}",
            "url": json.dumps({"u": EVENT_URL}), "hash": HASH.upper(), "encoded": EVENT_URL.replace("/", "%2F").replace(":", "%3A"),
        }  # fmt: skip
        await super().__call__(scope, receive, send)


@pytest.mark.parametrize(
    ("method", "status"), [("rest", 400), ("raw", 200), ("form", 500), ("urlencoded", 400)]
)
async def test_no_file_and_no_surface_shows_the_url_the_key_or_the_contact(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, method: str, status: int
) -> None:
    caplog.set_level(logging.DEBUG)
    echo = Echo({}, status)
    if method == "rest":
        status_of_token = Sandbox()
        echo.route = lambda request: status_of_token.route(request) if request.provider == "oauth2" else echo  # type: ignore[method-assign,assignment,return-value]
    seen: list[object] = []
    async with Workbench.open(tmp_path / "home", sandbox=echo, environ=ENVIRON) as bench:  # type: ignore[arg-type]
        form = settings(bench, method)
        draft = await drafted(bench, form)
        calls: list[Callable[[], Any]] = [
            lambda: bench.integrations.check(draft, "save"), lambda: bench.integrations.test(draft, ANA),
        ]  # fmt: skip
        for call in calls:
            try:
                seen.append(await call())
            except WorkbenchError as error:
                seen += [str(error), repr(error), write_error(error), error.__cause__, error.__context__]
        id = (await bench.integrations.save(await bench.integrations.draft(draft.id))).id
        seen.append(await bench.delivery.send(id, ANA))
        before = _files(tmp_path)  # a job's ledger keeps its rows' contacts until they are erased
        job = (await bench.work.create(id, JobOptions())).job
        await bench.work.add(job.id, [ANA])
        await bench.work.start(job.id)
        rows = await attempted(bench, job.id)
        kept = [*await bench.activity.entries(), *rows]
        seen += [
            await bench.integrations.export(id),
            await bench.activity.export_csv(),
            await bench.delivery.preview(id, ANA),
        ]
    shown = " ".join([*(_dump(one) for one in (*seen, *kept)), repr(bench), caplog.text])
    files = _files(tmp_path)
    assert any(name.startswith("journal") for name in files)
    by_url = (HASH, EVENT_URL, HASH.upper(), EVENT_URL.encode().hex())
    for secret in (API_KEY,) if method == "rest" else by_url:
        assert secret not in shown
        assert not [name for name, data in files.items() if secret.encode() in data]
    assert len(kept) > 2
    for person in (EMAIL, PHONE, PHONE[1:]):  # the sender may see whom he sends to; what is kept names nobody
        assert person not in " ".join(_dump(one) for one in kept)
        assert not [name for name, data in before.items() if person.encode() in data]


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "home").rglob("*") if path.is_file()}


def _dump(item: object) -> str:
    dump = getattr(item, "model_dump_json", None)
    return str(dump()) if dump is not None else f"{item!r} {item!s}"


def test_the_refs_that_travel_are_masks(house: Workbench) -> None:
    ref = SecretRef.model_validate(settings(house, "raw").credential["event_url"])
    assert ref.hint == "**** 3663"
