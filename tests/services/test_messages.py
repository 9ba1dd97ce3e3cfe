"""Messages over both ways in: consent asked first, kept before sent, never twice, nothing of a person at rest in plain letters."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from workbench import Workbench
from workbench.adapters.clock import VirtualClock
from workbench.adapters.wire import Wire
from workbench.engine.senders import RouteRule
from workbench.engine.sms import dialect, values_of_account
from workbench.errors import Forbidden, Invalid, Refused
from workbench.models.callback import DeliveryReport
from workbench.models.journal import EntryFilter
from workbench.models.message import DeliveryFilter
from workbench.models.message_draft import (
    AudiencePart,
    EstimateAsk,
    FailoverPlan,
    MessageDraft,
    Price,
    PriceTable,
    Recipient,
)
from workbench.models.person import Role
from workbench.models.request import Failure, Reply, Request
from workbench.models.sending import Confirmation
from workbench.models.sms_account import Sender, SmsAccount, SmsSettings
from workbench.providers import every
from workbench.sandbox.app import Sandbox
from workbench.sandbox.faults import Fault

NUMBER, OTHER = "+46701740605", "+46701740606"
SID = "AC" + "0" * 31 + "1"
AUTH_TOKEN = "5ec2e7" + "a1" * 13
PLANTED_TEXT = "Annikki-Plaintext"


class QuickClock(VirtualClock):
    """A clock that sleeps in no time, and notes for how long."""

    def __init__(self) -> None:
        super().__init__()
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await super().sleep(0)


@pytest.fixture
def clock() -> QuickClock:
    return QuickClock()


@pytest.fixture
async def house(tmp_path: Path, sandbox: Sandbox, clock: QuickClock) -> AsyncIterator[Workbench]:
    environ = {"WORKBENCH_KEYRING": "off"}
    public = "https://wb.example.com"
    async with Workbench.open(
        tmp_path / "home", sandbox=sandbox, clock=clock, public_at=public, environ=environ
    ) as bench:
        yield bench


async def account_of(bench: Workbench, provider: str, **more: Any) -> SmsAccount:
    """Return a saved account of a provider, made as the wizard makes it."""
    vault = bench.house.vault
    credential: dict[str, Any] = {"account_sid": SID, "auth_token": vault.seal_text(AUTH_TOKEN).model_dump()}
    kind = "twilio_token"
    if provider == "azure_communication_services":
        kind = every()[provider].credentials[0].kind
        text = "endpoint=https://contoso.communication.azure.com/;accesskey=" + "c2VjcmV0LWtleS1mb3ItdGVzdHM="
        credential = {"primary_connection_string": vault.seal_text(text).model_dump()}
    if provider == "infobip":
        kind = every()[provider].credentials[0].kind
        credential = {
            "host": "xyz1.api.infobip.com",
            "api_key": vault.seal_text("1nf0b1p-key-of-tests").model_dump(),
        }
    if provider == "custom_channel":
        kind = "channel_none"
        credential = dict.fromkeys(
            ("channel_definition_id", "organization_id"), "4e4e3a4e-7b1c-4f0a-9f39-1d4f4c9f5a10"
        )
        more["url"] = "https://sms.example.com/outbound"
    settings = SmsSettings(
        name=more.pop("name", provider), provider=provider, credential_kind=kind, credential=credential,
        consent_at_provider=more.pop("ticked", True),
        senders=more.pop("senders", (Sender(value="+46701740699", name="Shop", type="long_code"),)), **more,
    )  # fmt: skip
    draft = await bench.sms_accounts.draft()
    await bench.sms_accounts.draft(draft.model_copy(update={"settings": settings}))
    return await bench.sms_accounts.save(draft.id)


@pytest.fixture
async def twilio(house: Workbench) -> SmsAccount:
    return await account_of(house, "twilio")


async def opt_in(bench: Workbench, *numbers: str) -> None:
    for number in numbers:
        await bench.consent.record(point=number, status="opted_in", reason="asked for in a test")


def draft_to(
    account: SmsAccount, *numbers: str, text: str = "Sale! Reply STOP to opt out", **more: Any
) -> MessageDraft:
    people = tuple(Recipient(number=number) for number in numbers)
    return MessageDraft(account=account.id, text=text, recipients=people, **more)


async def settled(bench: Workbench) -> None:
    """Wait until what came in has been worked on."""
    for _ in range(500):
        if any(one.reported for one in await bench.callbacks.deliveries(DeliveryFilter())):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("nothing was reported")


def everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def levels(problems: Any) -> list[tuple[str, str]]:
    return [(problem.field, problem.level) for problem in problems]


# Sending -------------------------------------------------------------------------------------------------------------


async def test_who_opted_in_gets_it_and_who_did_not_is_told_why(house: Workbench, twilio: SmsAccount) -> None:
    await opt_in(house, NUMBER)
    taken, withheld = await house.messages.send(draft_to(twilio, "070-174 06 05", OTHER, region="SE"))
    assert taken.outcome.kind == "accepted"
    assert taken.taken[0].accepted
    assert taken.taken[0].message_id.startswith("SM")
    assert withheld.outcome.kind == "blocked"
    assert "opted in" in str(withheld.outcome.sentence)
    [delivery] = await house.callbacks.deliveries(DeliveryFilter())
    assert delivery.provider_id == taken.taken[0].message_id
    assert delivery.state in ("accepted", "queued")
    assert delivery.to == taken.taken[0].to == "+46***05 " + delivery.to.split(" ")[1]
    assert delivery.tag == delivery.message_id == taken.message.id
    assert delivery.region == "SE"
    entries = await house.activity.entries(EntryFilter(kind="send"))
    assert {(entry.id, entry.outcome.kind) for entry in entries if entry.outcome} == {
        (taken.entry_id, "accepted"), (withheld.entry_id, "blocked")
    }  # fmt: skip
    assert all(entry.detail for entry in entries)


async def test_an_opt_out_blocks_the_next_send(house: Workbench, twilio: SmsAccount) -> None:
    await opt_in(house, NUMBER)
    await house.consent.record(point=NUMBER, status="opted_out", reason="STOP")
    [blocked] = await house.messages.send(draft_to(twilio, NUMBER))
    assert blocked.outcome.kind == "blocked"
    assert await house.callbacks.deliveries(DeliveryFilter()) == []


async def test_the_delivery_is_on_the_disk_before_the_request_goes(
    house: Workbench, twilio: SmsAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    await opt_in(house, NUMBER)
    seen: list[Any] = []
    send = Wire.send

    async def looked(wire: Wire, request: Request, **limits: float) -> Reply | Failure:
        seen.extend(await house.callbacks.deliveries(DeliveryFilter()))
        assert limits == {"connect_s": 5.0, "total_s": 20.0}
        return await send(wire, request, **limits)

    monkeypatch.setattr(Wire, "send", looked)
    await house.messages.send(draft_to(twilio, NUMBER))
    assert [(one.state, one.provider_id) for one in seen] == [("unknown", "")]


async def test_a_report_that_is_faster_than_the_answer_finds_its_delivery(
    house: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = await account_of(
        house, "azure_communication_services", senders=(Sender(value="+18335550100", type="toll_free"),)
    )
    url = (await house.sms_accounts.addresses(account.id)).delivery
    provider, credential, secrets = await house.sms_accounts.opened(account)
    values = values_of_account(account.settings, credential, secrets)
    send = Wire.send

    async def overtaken(wire: Wire, request: Request, **limits: float) -> Reply | Failure:
        answer = await send(wire, request, **limits)
        tag = json.loads(request.body)["smsSendOptions"]["tag"]
        assert isinstance(answer, Reply)
        id = json.loads(answer.body)["value"][0]["messageId"]
        report = DeliveryReport(
            provider_id=id, state="delivered", raw_state="Delivered", to="+14155550123", tag=tag
        )
        call = dialect(provider).write_reports((report,), url, values, house.house.clock.now())
        token = url.split("/")[4]
        said = await house.callback_receiving.taken(token, "delivery", "POST", url, call.headers, call.body)
        assert said.status == 200
        await settled(house)
        return answer

    monkeypatch.setattr(Wire, "send", overtaken)
    [sent] = await house.messages.send(draft_to(account, "+14155550123", text="Your table is ready."))
    [delivery] = await house.callbacks.deliveries(DeliveryFilter())
    assert sent.outcome.kind == "accepted"
    assert (delivery.state, delivery.reported) == ("delivered", True)
    assert delivery.provider_id == sent.taken[0].message_id


async def test_one_request_carries_as_many_as_the_provider_takes(house: Workbench) -> None:
    account = await account_of(
        house, "azure_communication_services", senders=(Sender(value="+18335550100", type="toll_free"),)
    )
    numbers = [f"+1415555{number:04}" for number in range(100, 230)]
    draft = draft_to(account, *numbers, text="Your table is ready.")
    checked = await house.messages.check(draft)
    assert checked.designation == "transactional"
    assert checked.requests == 2
    [sent] = await house.messages.send(draft_to(account, *numbers[:3], text="Your table is ready."))
    assert len(sent.message.to) == 3
    assert all(one.accepted for one in sent.taken)
    found = await house.callbacks.deliveries(DeliveryFilter())
    assert {one.provider_id for one in found} == {one.message_id for one in sent.taken}
    assert len(found) == 3
    assert {one.message_id for one in found} == {sent.message.id}


async def test_the_same_number_twice_gets_one_text(house: Workbench, twilio: SmsAccount) -> None:
    await opt_in(house, NUMBER)
    sent = await house.messages.send(draft_to(twilio, NUMBER, "0046 70 174 06 05", "tel:+46-70-174-06-05"))
    assert [one.outcome.kind for one in sent] == ["accepted", "blocked", "blocked"]
    assert "more than once" in str(sent[1].outcome.sentence)


async def test_numbers_that_are_none_are_told_and_the_rest_is_sent(
    house: Workbench, twilio: SmsAccount
) -> None:
    await opt_in(house, NUMBER)
    sent = await house.messages.send(draft_to(twilio, "call me", "72345", NUMBER))
    assert [one.outcome.kind for one in sent] == ["accepted", "blocked", "blocked"]
    assert "letters" in str(sent[1].outcome.sentence)
    assert "short code" in str(sent[2].outcome.sentence)


async def test_a_sender_that_does_not_reach_a_country_is_not_used_there(house: Workbench) -> None:
    account = await account_of(house, "twilio", senders=(Sender(value="Shop", type="alphanumeric"),))
    states = "+14155550123"
    await opt_in(house, NUMBER, states)
    sent = await house.messages.send(draft_to(account, NUMBER, states, text="Sale! shop.example.com/p"))
    assert [one.outcome.kind for one in sent] == ["accepted", "blocked"]
    assert "alphanumeric" in str(sent[1].outcome.sentence)


async def test_each_gets_a_text_of_its_own_and_nobody_gets_one_with_a_hole(
    house: Workbench, twilio: SmsAccount
) -> None:
    await opt_in(house, NUMBER, OTHER)
    text = "Hi {{ name }}, reply STOP to opt out"
    people = (
        Recipient(number=NUMBER, values={"name": "João"}),
        Recipient(number=OTHER, values={"name": "Ana"}),
    )
    draft = MessageDraft(account=twilio.id, text=text, recipients=people, transliterate=True)
    sent = await house.messages.send(draft)
    assert sorted(one.message.body for one in sent) == [
        "Hi Ana, reply STOP to opt out", "Hi Joao, reply STOP to opt out"
    ]  # fmt: skip
    with pytest.raises(Invalid, match="Row 2: There is no value"):
        await house.messages.send(
            draft.model_copy(update={"recipients": (people[0], Recipient(number=OTHER))})
        )
    assert len(await house.callbacks.deliveries(DeliveryFilter())) == 2


@pytest.mark.parametrize("kind", ["throttled_bare", "server_error", "reset"])
async def test_what_was_not_taken_is_repeated_with_growing_pauses(
    tmp_path: Path, clock: QuickClock, kind: Any
) -> None:
    sandbox = Sandbox(faults={"twilio": (Fault(kind=kind, times=2),)})
    async with Workbench.open(
        tmp_path / "x", sandbox=sandbox, clock=clock, environ={"WORKBENCH_KEYRING": "off"}
    ) as bench:
        account = await account_of(bench, "twilio")
        await opt_in(bench, NUMBER)
        clock.slept.clear()
        [sent] = await bench.messages.send(draft_to(account, NUMBER))
        if kind == "reset":  # the request was under way: it may have arrived
            assert sent.outcome.kind == "uncertain"
            assert not clock.slept
            return
        assert sent.outcome.kind == "accepted"
        first, second = clock.slept[:2]
        assert 0.9 <= first <= 1.1
        assert 1.8 <= second <= 2.2
        assert len(sandbox.sms["twilio"].messages.newest(clock.now())) == 1


async def test_a_lost_answer_is_uncertain_and_never_sent_again(tmp_path: Path, clock: QuickClock) -> None:
    sandbox = Sandbox(faults={"twilio": (Fault(kind="lost"),)})
    async with Workbench.open(
        tmp_path / "x", sandbox=sandbox, clock=clock, environ={"WORKBENCH_KEYRING": "off"}
    ) as bench:
        account = await account_of(bench, "twilio")
        await opt_in(bench, NUMBER)
        [sent] = await bench.messages.send(draft_to(account, NUMBER))
        assert sent.outcome.kind == "uncertain"
        assert sent.taken[0].state == "unknown"
        [delivery] = await bench.callbacks.deliveries(DeliveryFilter())
        assert delivery.state == "unknown"
        assert len(sandbox.sms["twilio"].messages.newest(clock.now())) == 1


@pytest.mark.parametrize("provider", ["custom_channel", "twilio", "infobip"])
async def test_a_report_finds_the_message_whose_answer_was_lost(provider: str, tmp_path: Path) -> None:
    sandbox = Sandbox(faults={provider: (Fault(kind="lost"),)}, pace_s=0)
    environ = {"WORKBENCH_KEYRING": "off"}
    async with Workbench.open(tmp_path / "x", sandbox=sandbox, environ=environ) as bench:
        account = await account_of(bench, provider)
        await opt_in(bench, NUMBER)
        [sent] = await bench.messages.send(draft_to(account, NUMBER))
        assert sent.outcome.kind == "uncertain"
        await sandbox.sms[provider].courier.settle()
        await bench.callback_receiving.settled()
        [delivery] = await bench.callbacks.deliveries(DeliveryFilter())
        assert delivery.state == "delivered"


async def test_a_repeated_request_keeps_its_id_at_azure(
    house: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = await account_of(
        house, "azure_communication_services", senders=(Sender(value="+18335550100", type="toll_free"),)
    )
    bodies: list[bytes] = []

    async def refused(_wire: Wire, request: Request, **_limits: float) -> Reply:
        bodies.append(request.body)
        return Reply(status=503)

    monkeypatch.setattr(Wire, "send", refused)
    [sent] = await house.messages.send(draft_to(account, "+14155550123", text="Your table is ready."))
    assert sent.outcome.kind == "server_error"
    assert len(bodies) == 4
    assert len(set(bodies)) == 1
    assert b"repeatabilityRequestId" in bodies[0]


async def test_after_a_wrong_key_the_others_are_not_tried(
    house: Workbench, twilio: SmsAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [f"+467017406{number:02}" for number in range(10, 22)]
    await opt_in(house, *numbers)
    asked: list[Request] = []

    async def refused(_wire: Wire, request: Request, **_limits: float) -> Reply:
        asked.append(request)
        return Reply(
            status=401,
            headers=(("content-type", "application/json"),),
            body=b'{"code": 20003, "message": "Authenticate"}',
        )

    monkeypatch.setattr(Wire, "send", refused)
    sent = await house.messages.send(draft_to(twilio, *numbers))
    assert len(asked) <= 4
    assert len(sent) == 12
    assert sum("not tried" in str(one.outcome.sentence) for one in sent) == 12 - len(asked)


async def test_nothing_of_a_person_and_no_secret_rests_in_plain_letters(
    house: Workbench, twilio: SmsAccount, tmp_path: Path
) -> None:
    await opt_in(house, NUMBER)
    person = Recipient(number=NUMBER, values={"name": PLANTED_TEXT, "code": "90210777"})
    draft = MessageDraft(
        account=twilio.id,
        text="Hi {{ name }}, {{ code }} 44332211. Reply STOP to opt out",
        recipients=(person,),
    )
    [sent] = await house.messages.send(draft)
    assert sent.outcome.kind == "accepted"
    assert sent.message.to[0] != NUMBER
    assert sent.message.report_url == ""
    token = (await house.sms_accounts.addresses(twilio.id)).delivery.split("/")[4]
    entry = await house.activity.entry(sent.entry_id)
    assert entry.request is not None
    assert "Body=Hi+%7B%7B+name" in entry.request.body
    await house.close()
    kept = everything_in(tmp_path)
    for secret in (NUMBER, NUMBER[1:], PLANTED_TEXT, "90210777", "44332211", AUTH_TOKEN, token):
        assert secret.encode() not in kept, secret


# Live ----------------------------------------------------------------------------------------------------------------


async def test_live_wants_the_host_and_the_recipient_confirmed(
    tmp_path: Path, clock: QuickClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Request] = []

    async def answered(_wire: Wire, request: Request, **_limits: float) -> Reply:
        asked.append(request)
        return Reply(
            status=201,
            headers=(("content-type", "application/json"),),
            body=b'{"sid": "SM1", "status": "queued"}',
        )

    async with Workbench.open(
        tmp_path / "x", live=True, clock=clock, environ={"WORKBENCH_KEYRING": "off"}
    ) as bench:
        account = await account_of(bench, "twilio")
        await opt_in(bench, NUMBER, OTHER)
        monkeypatch.setattr(Wire, "send", answered)
        draft = draft_to(account, NUMBER, OTHER)
        checked = await bench.messages.check(draft)
        assert (checked.host, checked.recipient) == ("api.twilio.com", f"{NUMBER} (+1)")
        with pytest.raises(Refused, match="really sends"):
            await bench.messages.send(draft)
        with pytest.raises(Refused, match="does not fit"):
            await bench.messages.send(draft, Confirmation(host="api.twilio.com", recipient=NUMBER))
        assert not asked
        assert not await bench.callbacks.deliveries(DeliveryFilter())
        await bench.messages.send(draft, Confirmation(host=checked.host, recipient=checked.recipient))
        assert len(asked) == 2
        # nobody reaches this machine from the internet, so no address is told to the provider
        assert all(b"StatusCallback" not in request.body for request in asked)


# Looking -------------------------------------------------------------------------------------------------------------


async def test_the_checks_of_a_draft_that_is_not_ready(house: Workbench, twilio: SmsAccount) -> None:
    checked = await house.messages.check(MessageDraft(text="Hi"))
    assert levels(checked.problems) == [("account", "error")]
    assert not checked.ready
    checked = await house.messages.check(MessageDraft(account="Nobody", text="Hi"))
    assert "no SMS account “Nobody”" in str(checked.problems[0].sentence)
    checked = await house.messages.check(MessageDraft(account="twilio", sender="+46701740000", text="Hi"))
    assert levels(checked.problems) == [("sender", "error")]
    checked = await house.messages.check(MessageDraft(account="twilio"))
    assert levels(checked.problems) == [("text", "error"), ("recipients", "error")]
    with pytest.raises(Invalid):
        await house.messages.send(MessageDraft(account="twilio", text="Hi"))


async def test_a_check_tells_consent_lengths_and_cost(house: Workbench, twilio: SmsAccount) -> None:
    await opt_in(house, NUMBER)
    await house.messages.save_prices(
        PriceTable(currency="SEK", prices=(Price(region="se", amount=Decimal("0.5")),))
    )
    checked = await house.messages.check(draft_to(twilio, NUMBER, OTHER, text="ã" * 71 + " STOP"))
    assert checked.ready
    assert [one.goes for one in checked.recipients] == [True, False]
    assert checked.lengths is not None
    assert checked.lengths.most.segments == 2
    assert checked.cost is not None
    assert checked.cost.amount == Decimal("1.0")
    assert checked.cost.currency == "SEK"
    assert checked.cost.segments == 2
    assert checked.requests == 1


async def test_quiet_hours_are_told_for_commercial_texts(house: Workbench, clock: QuickClock) -> None:
    account = await account_of(house, "infobip")
    await opt_in(house, NUMBER)
    night = datetime(2026, 1, 6, 22, 30, tzinfo=clock.now().tzinfo)
    checked = await house.messages.check(draft_to(account, NUMBER, send_at=night))
    assert "23:30" in str(checked.problems[-1].sentence)
    assert checked.ready
    day = draft_to(account, NUMBER, send_at=night + timedelta(hours=12))
    assert (await house.messages.check(day)).problems == ()
    service = draft_to(account, NUMBER, send_at=night, designation="transactional")
    assert (await house.messages.check(service)).problems == ()


async def test_what_an_account_would_leave_out_is_told(house: Workbench, clock: QuickClock) -> None:
    account = await account_of(house, "twilio", ticked=False)
    await opt_in(house, NUMBER)
    later = clock.now() + timedelta(hours=2)
    checked = await house.messages.check(draft_to(account, NUMBER))
    assert levels(checked.problems) == [("consent_at_provider", "warning")]
    passed = await house.messages.check(draft_to(account, NUMBER, send_at=clock.now()))
    assert "has passed" in str(passed.problems[0].sentence)
    azure = await account_of(
        house, "azure_communication_services", senders=(Sender(value="+18335550100", type="toll_free"),)
    )
    ready = draft_to(azure, "+14155550123", text="Ready.", valid_s=600, send_at=later)
    assert levels((await house.messages.check(ready)).problems) == [
        ("send_at", "error"),
        ("valid_s", "warning"),
    ]
    with pytest.raises(Invalid, match="cannot hold a text until later"):
        await house.messages.send(ready)
    infobip = await account_of(house, "infobip", senders=(Sender(value="Kiosk", type="alphanumeric"),))
    checked = await house.messages.check(
        draft_to(infobip, NUMBER, text="Sale! shop.example.com/p", send_at=later, valid_s=600)
    )
    assert levels(checked.problems) == []


async def test_a_viewer_may_look_and_not_send(
    connected: Callable[[Role], Workbench], house: Workbench, twilio: SmsAccount
) -> None:
    await opt_in(house, NUMBER)
    viewer, draft = connected("viewer"), draft_to(twilio, NUMBER)
    assert (await viewer.messages.check(draft)).ready
    view = await viewer.messages.preview(draft)
    shown = view.model_dump_json()
    assert NUMBER not in shown
    assert AUTH_TOKEN not in shown
    assert "Sale%21+Reply+STOP" in view.body
    token = (await house.sms_accounts.addresses(twilio.id)).delivery.split("/")[4]
    assert token not in shown
    assert "wb.example.com" in view.body
    assert (await viewer.messages.meter("Hi {{ x }}", [{"x": "ã" * 70}])).most.segments == 2
    assert (await viewer.messages.transliterate("ação")).text == "acao"
    for call in (
        viewer.messages.send(draft), viewer.messages.rehearse_failover(FailoverPlan(draft=draft, secondary_account="x"))
    ):  # fmt: skip
        with pytest.raises(Forbidden):
            await call
    [sent] = await connected("operator").messages.send(draft)
    assert sent.outcome.kind == "accepted"


async def test_the_same_text_as_each_provider_would_get_it(house: Workbench, twilio: SmsAccount) -> None:
    rows = {
        row.provider: row for row in await house.messages.compare(draft_to(twilio, NUMBER, text="Olá 🙂"))
    }
    assert set(rows) == {key for key, one in every().items() if one.sms is not None}
    assert next(iter(rows)) == "twilio"
    assert rows["twilio"].own
    assert rows["twilio"].account == "twilio"
    for row in rows.values():
        assert row.request is not None
        assert row.requests == 1
        assert row.meter is not None
        assert row.meter.encoding == "ucs2"
        assert NUMBER not in row.request.model_dump_json()
        assert row.loses
        assert AUTH_TOKEN not in row.request.model_dump_json()
    assert rows["infobip"].to.startswith("46***")
    assert rows["azure_communication_services"].to.startswith("+46")
    assert '"destinations":[{"to":"46***' in rows["infobip"].request.body  # type: ignore[union-attr]
    assert any(one.blocks for one in rows["link_mobility"].problems)
    assert any(one.blocks for one in rows["vibes"].problems)


async def test_a_comparison_needs_no_account(house: Workbench) -> None:
    rows = await house.messages.compare(MessageDraft(text="Hello"))
    assert all(row.request is not None and not row.own for row in rows)
    assert rows[0].amount is None


async def test_what_an_audience_costs_and_how_long_it_takes(house: Workbench) -> None:
    account = await account_of(
        house, "azure_communication_services", senders=(Sender(value="+18335550100", type="toll_free"),)
    )
    ask = EstimateAsk(
        draft=MessageDraft(account=account.id, text="a" * 161),
        audience=(AudiencePart(region="US", count=1_000_000),),
    )
    found = await house.messages.estimate(ask)
    assert found.segments == 2_000_000
    assert found.amount == Decimal("20000.00")
    assert "example" in found.note
    assert found.seconds == (1_000_000 // 200 - 1) * 60
    with pytest.raises(Invalid):
        await house.messages.estimate(ask.model_copy(update={"draft": MessageDraft(text="a")}))


async def test_prices_are_kept_and_the_later_of_two_counts(house: Workbench) -> None:
    assert "example" in (await house.messages.prices()).note
    twice = (Price(region="se", amount=Decimal("0.1")), Price(region="SE ", amount=Decimal("0.2")))
    await house.messages.save_prices(PriceTable(currency="USD", prices=twice, note="ours"))
    kept = await house.messages.prices()
    assert [(one.region, one.amount) for one in kept.prices] == [("SE", Decimal("0.2"))]
    assert kept.note == "ours"


# Failover ------------------------------------------------------------------------------------------------------------


async def test_a_failover_is_rehearsed_with_consent_and_country(house: Workbench, twilio: SmsAccount) -> None:
    infobip = await account_of(house, "infobip", senders=(Sender(value="Shop", type="alphanumeric"),))
    await opt_in(house, NUMBER, "+14155550123")
    plan = FailoverPlan(draft=draft_to(twilio, NUMBER), secondary_account=infobip.id)
    run = await house.messages.rehearse_failover(plan)
    assert run.end == "sent_by_secondary"
    assert run.arrived == 1
    assert run.steps[-1].sender == "Shop"
    assert not await house.callbacks.deliveries(DeliveryFilter())
    abroad = plan.model_copy(update={"draft": draft_to(twilio, "+14155550123")})
    run = await house.messages.rehearse_failover(abroad)
    assert run.end == "not_sent"
    assert "alphanumeric" in str(run.steps[-1].sentence)
    nobody = plan.model_copy(update={"draft": draft_to(twilio, OTHER)})
    run = await house.messages.rehearse_failover(nobody)
    assert run.end == "not_sent"
    assert not run.steps
    assert "opted in" in str(run.sentence)
    run = await house.messages.rehearse_failover(plan.model_copy(update={"primary": ("uncertain",)}))
    assert run.end == "uncertain"
    assert run.arrived == 1
    same = plan.model_copy(update={"secondary_account": twilio.id})
    assert "same sender" in str((await house.messages.rehearse_failover(same)).steps[-1].sentence)
    with pytest.raises(Invalid) as wrong:
        await house.messages.rehearse_failover(plan.model_copy(update={"secondary_account": "none"}))
    assert levels(wrong.value.problems) == [("secondary_account", "error")]


async def test_consent_for_the_second_sender_is_asked_too(house: Workbench, twilio: SmsAccount) -> None:
    infobip = await account_of(house, "infobip", senders=(Sender(value="Shop", type="alphanumeric"),))
    await opt_in(house, NUMBER)
    await house.consent.record(point=NUMBER, status="opted_out", reason="STOP", sender="Shop", scope="sender")
    plan = FailoverPlan(draft=draft_to(twilio, NUMBER), secondary_account=infobip.id)
    run = await house.messages.rehearse_failover(plan)
    assert run.end == "not_sent"
    assert run.arrived == 0
    assert "not used" in str(run.steps[-1].sentence)


async def test_a_line_of_ones_own_in_the_matrix_goes_before_the_others(
    house: Workbench, twilio: SmsAccount
) -> None:
    rule = RouteRule(provider="twilio", to=("SE",), words="Not yet registered in {region}.")
    saved = await house.sms_accounts.save_routes([rule])
    assert saved[0] == rule
    await opt_in(house, NUMBER)
    checked = await house.messages.check(draft_to(twilio, NUMBER))
    assert checked.recipients[0].problem is not None
    assert str(checked.recipients[0].problem.sentence) == "Not yet registered in SE."
    assert not checked.ready
    for wrong in ({"words": "{nothing}"}, {"words": " "}, {"words": "x", "to": ("Sweden",)}):
        with pytest.raises(Invalid):
            await house.sms_accounts.save_routes([RouteRule.model_validate(wrong)])
    assert await house.sms_accounts.routes() == saved


@pytest.mark.parametrize("provider", ["twilio", "azure_communication_services", "infobip"])
async def test_the_request_is_there_as_a_command_without_secret_or_number(
    house: Workbench, provider: str
) -> None:
    account = await account_of(house, provider, senders=(Sender(value="+18335550100", type="toll_free"),))
    await opt_in(house, NUMBER)
    command = await house.messages.curl(draft_to(account, NUMBER))
    assert "--request POST" in command
    assert '"$NUMBER_1' in command
    token = (await house.sms_accounts.addresses(account.id)).delivery.split("/")[-2]
    for hidden in (AUTH_TOKEN, "1nf0b1p-key-of-tests", "c2VjcmV0LWtleS1mb3ItdGVzdHM=", token, NUMBER[1:]):
        assert hidden not in command
