"""The stand-ins of texts: they hold what they took, report it by each provider's own course, and answer their other routes from it."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sandbox.running import running
from tests.sandbox.texting import (
    DELIVERY,
    GOOD,
    INBOUND,
    SENDER,
    TEXTING,
    Postbox,
    Texter,
    sender_of,
)
from tests.sink import sink as serve
from workbench.adapters.clock import VirtualClock
from workbench.engine.rehearsed_numbers import (
    ANSWERS_STOP,
    REFUSED,
    SILENT,
    THROTTLED,
    course_of,
    endings,
    fate_of,
)
from workbench.engine.sms import dialect, items_of, proof
from workbench.models.callback import Callback, DeliveryReport, InboundMessage
from workbench.models.message import FINAL
from workbench.models.phone import number_key
from workbench.models.sms_dialect import Heard, Held
from workbench.models.studio import Subscribed
from workbench.providers import every
from workbench.sandbox.app import Sandbox
from workbench.sandbox.faults import Fault
from workbench.sandbox.sms import courier as couriers
from workbench.sandbox.sms.courier import Courier
from workbench.sandbox.sms.held import Kept, Messages

EACH = pytest.mark.parametrize("key", TEXTING)
SUBSCRIBED = Subscribed(DELIVERY, INBOUND)


def ending(last: str) -> str:
    """Return a number with these last digits."""
    return f"+155586{last}"


def joined(texter: Texter, *answers: int) -> Postbox:
    """Let an account's calls be taken in this process."""
    box = Postbox(*answers)
    texter.stand_in.courier.deliver = box.deliver
    texter.stand_in.subscribed = SUBSCRIBED
    return box


async def passed(texter: Texter, seconds: float = 10) -> None:
    """Let the time of the stand-in pass, and what is due be brought."""
    assert isinstance(texter.clock, VirtualClock)
    await texter.clock.advance(seconds)
    await texter.stand_in.courier.settle()


def reported(texter: Texter, calls: list[Callback]) -> list[str]:
    """Return what the calls say, each proved: states, and texts that came in."""
    said = []
    for call in calls:
        assert proof(texter.provider, call, {**texter.values, "topic": ""}) is None
        for item in items_of(texter.provider, call):
            assert isinstance(item, DeliveryReport | InboundMessage), item
            said.append(item.state if isinstance(item, DeliveryReport) else item.body)
    return said


# -- numbers -----------------------------------------------------------------------------------------------------------


@given(st.from_regex(r"\+[1-9][0-9]{7,13}", fullmatch=True))
def test_other_numbers_are_delivered_by_the_providers_own_course(number: str) -> None:
    for key in TEXTING:
        emulation = dialect(every()[key]).emulation
        if number[-5:] in {one.digits for one in endings(emulation)}:
            continue
        assert fate_of(number) == "taken"
        stops = course_of(number, every()[key])
        assert [(stop.state, stop.raw_state) for stop in stops] == list(emulation.states)


@EACH
def test_every_failure_has_a_number_and_ends_so(key: str) -> None:
    emulation = dialect(every()[key]).emulation
    told = {one.digits: one for one in endings(emulation)}
    assert list(told)[:4] == [REFUSED, THROTTLED, SILENT, ANSWERS_STOP]
    for at, (state, code, words) in enumerate(emulation.failures, 1):
        last = course_of(ending(f"99{at:03}"), every()[key])[-1]
        assert (last.state, last.code, last.words) == (state, code, words)
        known = told[f"99{at:03}"]
        assert (known.state, known.code, known.words) == (state, code, words)
    assert course_of(ending(f"99{len(emulation.failures) + 1:03}"), every()[key])[-1].state == "delivered"
    assert course_of(ending(SILENT), every()[key]) == ()
    assert course_of("WORKBENCH", every()[key])[-1].state == "delivered"


# -- sends -------------------------------------------------------------------------------------------------------------


@EACH
async def test_a_text_is_taken_held_and_reported_rightly_signed(key: str) -> None:
    texter = Texter(key)
    box = joined(texter)
    outcome, (taken,) = await texter.send(report_url=DELIVERY, body="Hello {{ request }} é")
    assert outcome.kind == "accepted", outcome.errors
    (held,) = texter.stand_in.messages.newest(texter.clock.now())
    assert (held.provider_id, held.reports) == (taken.message_id, ())
    assert held.heard.body == "Hello {{ request }} é"
    assert number_key(held.heard.sender) == number_key(sender_of(key))
    await passed(texter)
    good = [state for state, _ in texter.stand_in.dialect.emulation.states]
    assert reported(texter, box.calls) == good
    (held,) = texter.stand_in.messages.newest(texter.clock.now())
    assert [report.state for report in held.reports] == good
    for call in box.calls:
        (item,) = items_of(texter.provider, call)
        assert isinstance(item, DeliveryReport)
        assert item.provider_id.partition("$")[0] == taken.message_id
    await texter.sandbox.close()


@EACH
async def test_each_failure_is_reported_with_the_providers_own_code(key: str) -> None:
    texter = Texter(key)
    box = joined(texter)
    for at, (state, code, _) in enumerate(texter.stand_in.dialect.emulation.failures, 1):
        box.calls.clear()
        _, (taken,) = await texter.send(ending(f"99{at:03}"), report_url=DELIVERY)
        assert taken.accepted
        await passed(texter)
        (last,) = items_of(texter.provider, box.calls[-1])
        assert isinstance(last, DeliveryReport)
        assert last.state == state, (code, last)
        assert code in (last.code, last.raw_state)
    await texter.sandbox.close()


@EACH
async def test_numbers_are_refused_throttled_silent_or_answer_stop(key: str) -> None:
    texter = Texter(key)
    box = joined(texter)
    refused, (none,) = await texter.send(ending(REFUSED))
    # a provider that answers for each recipient says yes to the call, and no to the number
    assert (refused.kind in ("refused", "check_body"), none.accepted) == (True, False)
    throttled, (none,) = await texter.send(ending(THROTTLED))
    assert (throttled.kind, none.accepted) == ("throttled", False)
    assert throttled.retry_after_s
    assert len(texter.stand_in.messages) == 0
    _, (silent,) = await texter.send(ending(SILENT), report_url=DELIVERY)
    assert silent.accepted
    await passed(texter, 3600)
    assert box.calls == []
    await texter.send(ending(ANSWERS_STOP), report_url=DELIVERY)
    await passed(texter)
    assert reported(texter, box.calls)[-1] == "STOP"
    (text,) = texter.stand_in.messages.inbound
    assert (number_key(text.sender), number_key(text.to)) == (
        number_key(ending(ANSWERS_STOP)),
        number_key(sender_of(key)),
    )
    await texter.sandbox.close()


async def test_of_several_recipients_one_may_be_refused_in_an_answer_that_is_a_yes() -> None:
    texter = Texter("azure_communication_services")
    outcome, taken = await texter.send(GOOD, ending(REFUSED), "+15558675311")
    told = {one.to: one.accepted for one in taken}
    if outcome.kind == "refused":  # the provider's declaration refuses the whole body for one number
        assert set(told.values()) == {False}
        assert len(texter.stand_in.messages) == 0
    else:
        assert told == {GOOD: True, ending(REFUSED): False, "+15558675311": True}
        assert len(texter.stand_in.messages) == 2


@EACH
async def test_a_wrong_key_is_let_into_no_route(key: str) -> None:
    kind = 1 if key == "custom_channel" else 0  # its first credential is none at all
    texter = Texter(key, kind=kind)
    _, (taken,) = await texter.send()
    changed = {handle: value.swapcase() for handle, value in texter.secrets.items()}
    wrong = Texter(key, kind=kind)
    wrong.sandbox, wrong.secrets = texter.sandbox, changed
    wrong.wire = texter.wire
    outcome, (none,) = await wrong.send()
    assert (outcome.kind, none.accepted) == ("refused", False)
    assert len(texter.stand_in.messages) == 1
    if texter.provider.sms and texter.provider.sms.status:
        assert await wrong.status(taken.message_id) == ()


@pytest.mark.parametrize("key", [key for key in TEXTING if dialect(every()[key]).status])
async def test_the_status_call_tells_what_is_true_by_now(key: str) -> None:
    texter = Texter(key)
    _, (taken,) = await texter.send()
    for _ in range(5):
        await passed(texter, texter.pace_s)
    reports = await texter.status(taken.message_id)
    assert reports
    assert reports[-1].state == "delivered"
    assert await texter.status("0" * 32) == ()


async def test_twilio_lists_cancels_and_reports_the_cancelling() -> None:
    texter = Texter("twilio")
    box = joined(texter)
    account = "https://api.twilio.com/2010-04-01/Accounts/" + texter.values["account_sid"]
    _, (taken,) = await texter.send(report_url=DELIVERY, send_at=texter.clock.now() + timedelta(hours=1))
    await passed(texter, 100)
    assert box.calls == []
    form = "application/x-www-form-urlencoded"
    answer = await texter.call(
        "POST", f"{account}/Messages/{taken.message_id}.json", b"Status=canceled", form
    )
    assert json.loads(answer.body)["status"] == "canceled"
    await passed(texter, 10_000)
    assert reported(texter, box.calls) == ["canceled"]
    # what has ended is not cancelled again
    await texter.call("POST", f"{account}/Messages/{taken.message_id}.json", b"Status=canceled", form)
    await passed(texter)
    assert len(box.calls) == 1
    for turn in range(3):
        await texter.send(body=f"number {turn}")
    listed = json.loads((await texter.call("GET", f"{account}/Messages.json?PageSize=2")).body)
    assert [one["body"] for one in listed["messages"]] == ["number 2", "number 1"]
    assert (await texter.call("GET", f"{account}/Nothing.json")).status == 404
    assert (
        await texter.call("POST", f"{account}/Messages/{taken.message_id}.json", b"\xff=", form)
    ).status < 500
    await texter.sandbox.close()


async def test_infobip_gives_reports_logs_and_the_inbox() -> None:
    texter = Texter("infobip")
    host = "https://" + texter.values["host"]
    _, (taken,) = await texter.send()
    text = InboundMessage(
        provider_id="in-1", sender=GOOD, to=SENDER, body="QUIZ Paris", at=texter.clock.now()
    )
    texter.stand_in.text_back(text, Subscribed("", ""))
    inbox = json.loads((await texter.call("GET", f"{host}/sms/1/inbox/reports")).body)
    assert [one["messageId"] for one in inbox["results"]] == ["in-1"]
    await passed(texter)
    reports = json.loads(
        (await texter.call("GET", f"{host}/sms/3/reports?messageId={taken.message_id}")).body
    )
    assert [one["status"]["name"] for one in reports["results"]] == ["DELIVERED_TO_HANDSET"]


# -- what is held ------------------------------------------------------------------------------------------------------


async def test_so_many_messages_are_held_the_oldest_goes_first() -> None:
    texter = Texter("twilio")
    texter.stand_in.messages.most = 3
    ids = [(await texter.send())[1][0].message_id for _ in range(5)]
    now = texter.clock.now()
    assert [held.provider_id for held in texter.stand_in.messages.newest(now)] == ids[:1:-1]
    assert [held.provider_id for held in texter.stand_in.messages.newest(now, ["no", ids[3]])] == [ids[3]]
    assert Messages().most == 10_000


def test_a_course_only_ends_once() -> None:
    now = VirtualClock().now()
    held = Texter("twilio").stand_in.dialect.emulation.hear({"To": GOOD, "From": SENDER})
    assert held == Heard(to=(GOOD,), sender=SENDER)
    report = DeliveryReport(provider_id="SM1", state="delivered", at=now)
    kept = Kept(Held(provider_id="SM1", to=GOOD, heard=held, at=now), (report,))
    assert kept.by(now - timedelta(seconds=1)).reports == ()
    assert kept.by(now).reports == (report,)
    assert not kept.end(report.model_copy(update={"state": "canceled"}), now)
    assert kept.by(now).reports == (report,)
    assert report.state in FINAL


# -- what is brought ---------------------------------------------------------------------------------------------------


async def test_a_call_that_is_not_taken_is_tried_again_and_then_dropped() -> None:
    texter = Texter("azure_communication_services")
    box = joined(texter, 500, 0)
    await texter.send()
    await passed(texter, 60)
    assert [posted.status for posted in texter.stand_in.courier.posted] == [500, 0, 200]
    assert len({call.body for call in box.calls}) == 1
    assert texter.stand_in.courier.dropped == 0
    box.answers = [503] * 10
    await texter.send()
    await passed(texter, 600)
    assert (len(box.calls), texter.stand_in.courier.dropped) == (6, 1)


async def test_so_many_calls_wait_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(couriers, "MOST_WAITING", 4)
    texter = Texter("twilio")
    box = joined(texter)
    await texter.send(report_url=DELIVERY)
    await texter.send(report_url=DELIVERY)
    assert texter.stand_in.courier.dropped == 2
    await passed(texter)
    assert len(box.calls) == 4


async def test_nothing_waits_where_nobody_is_called() -> None:
    texter = Texter("twilio")
    await texter.send(report_url="https://shop.example/sms/token/delivery")
    await texter.send()
    assert texter.stand_in.courier._work is None
    texter.stand_in.courier.deliver = Postbox().deliver
    assert texter.stand_in.courier.reaches("https://shop.example/sms/token/delivery")
    assert not texter.stand_in.courier.reaches("")


async def test_who_knows_the_accounts_is_asked_where_they_are_called() -> None:
    texter = Texter("telesign", kind=1, strict=False)
    box, asked = Postbox(), []

    async def subscribe(provider: str, heard: Heard) -> Subscribed | None:
        asked.append((provider, number_key(heard.sender)))
        return Subscribed(DELIVERY, INBOUND, texter.values)

    texter.sandbox.joined(subscribe, box.deliver)
    await texter.send()
    await passed(texter)
    assert reported(texter, box.calls) == ["queued", "sent", "delivered"]
    assert set(asked) == {("telesign", number_key(SENDER))}
    # an account that nobody knows is called nowhere
    texter.sandbox.joined(_nobody, box.deliver)
    await texter.send()
    await passed(texter)
    assert len(box.calls) == 3
    await texter.sandbox.close()


async def _nobody(provider: str, heard: Heard) -> Subscribed | None:
    return None


async def test_over_http_to_this_machine_and_to_no_other() -> None:
    async with serve() as sink:
        texter = Texter("twilio", strict=False, pace_s=0.0)
        address = f"http://{sink.host}/sms/token/delivery?i=1"
        await texter.send(report_url=address)
        await texter.stand_in.courier.settle()
        posted = [(one.host.partition(":")[0], one.status) for one in texter.stand_in.courier.posted]
        assert posted == [("127.0.0.1", 200)] * 3
        for url in (
            "http://192.0.2.1/x",
            "http://127.0.0.1:port/x",
            "http://[::1/x",
            "ftp://127.0.0.1/x",
            "x",
        ):
            away = Callback(method="POST", url=url, headers=(), at=texter.clock.now())
            assert await texter.stand_in.courier._post(away) == 0
            assert not texter.stand_in.courier.reaches(url)
        await texter.sandbox.close()


async def test_what_waits_is_forgotten_when_it_is_closed() -> None:
    clock = VirtualClock()
    box = Postbox()
    courier = Courier(clock, box.deliver)

    async def make() -> Callback:
        return Callback(method="POST", url=DELIVERY, headers=(), at=clock.now())

    courier.bring(clock.now() + timedelta(seconds=5), make)
    await clock.advance(1)
    await courier.close()
    await clock.advance(10)
    assert box.calls == []
    courier.bring(clock.now(), make)
    await courier.settle()
    assert len(box.calls) == 1
    await courier.close()


async def test_the_sooner_call_is_brought_first_whenever_it_came() -> None:
    clock = VirtualClock()
    box = Postbox()
    courier = Courier(clock, box.deliver)

    def at(name: str) -> couriers.Make:
        async def make() -> Callback:
            return Callback(method="POST", url=f"{DELIVERY}?{name}", headers=(), at=clock.now())

        return make

    courier.bring(clock.now() + timedelta(seconds=5), at("later"))
    await clock.advance(1)
    courier.bring(clock.now() + timedelta(seconds=1), at("sooner"))
    await clock.advance(9)
    await courier.settle()
    assert [call.url.rpartition("?")[2] for call in box.calls] == ["sooner", "later"]
    await courier.close()


# -- faults, and the sandbox on a port ---------------------------------------------------------------------------------


async def test_faults_apply_and_a_lost_answer_is_of_a_message_that_is_held() -> None:
    texter = Texter("twilio")
    texter.sandbox = Sandbox(
        faults={"twilio": (Fault(kind="server_error", times=1), Fault(kind="lost", times=1))},
        clock=texter.clock,
    )
    texter.wire = texter.wire.rehearsal(texter.sandbox.route)
    assert (await texter.send())[0].kind == "server_error"
    assert len(texter.stand_in.messages) == 0
    assert (await texter.send())[0].kind == "uncertain"
    assert len(texter.stand_in.messages) == 1
    assert (await texter.send())[0].kind == "accepted"


async def test_the_port_serves_steers_and_names_them() -> None:
    sandbox = Sandbox(pace_s=0.0)
    async with serve() as sink, running(sandbox) as address, httpx.AsyncClient(trust_env=False) as client:
        index = (await client.get(f"{address}/")).json()
        assert {key: index["providers"][key] for key in TEXTING} == {key: f"/{key}" for key in TEXTING}
        assert index["texts"] == "/texts"
        told = {
            "delivery": f"http://{sink.host}/sms/token/delivery",
            "inbound": f"http://{sink.host}/sms/token/inbound",
        }
        set_up = await client.put(f"{address}/texts/infobip/addresses", json=told)
        assert (set_up.status_code, set_up.json()) == (200, told)
        sent = await client.post(
            f"{address}/infobip/sms/3/messages", headers={"Authorization": "App some-key"},
            json={"messages": [{"sender": "InfoSMS", "destinations": [{"to": "41793026727"}], "content": {"text": "Hi"}}]},
        )  # fmt: skip
        assert sent.status_code == 200, sent.text
        text = {"sender": GOOD, "to": SENDER, "body": "STOP"}
        assert (await client.post(f"{address}/texts/infobip/inbound", json=text)).status_code == 201
        await sandbox.sms["infobip"].courier.settle()
        state = (await client.get(f"{address}/texts/")).json()["providers"]["infobip"]
        assert (state["held"], state["inbound"], state["dropped"]) == (1, 1, 0)
        assert sorted(one["status"] for one in state["posted"]) == [200, 200, 200]
        assert state["numbers_that_end_with"][THROTTLED].startswith("The provider throttles")
        (held,) = (await client.get(f"{address}/texts/infobip/messages")).json()["messages"]
        assert held["heard"]["body"] == "Hi"
        away = await client.put(
            f"{address}/texts/infobip/addresses", json={"delivery": "https://shop.example/x"}
        )
        assert away.status_code == 400
        assert (await client.post(f"{address}/texts/infobip/inbound", content=b"[")).status_code == 400
        assert (
            await client.post(f"{address}/texts/infobip/inbound", content=b"x" * 70_000)
        ).status_code == 400
        for method, path in (("GET", "messages"), ("PUT", "addresses"), ("POST", "inbound")):
            assert (await client.request(method, f"{address}/texts/nobody/{path}")).status_code == 404
    await sandbox.close()


async def test_many_ask_at_a_time_and_each_gets_its_own_message() -> None:
    texter = Texter("twilio")
    sent = await asyncio.gather(*(texter.send(body=f"text {turn}") for turn in range(50)))
    held = texter.stand_in.messages.newest(texter.clock.now())
    assert {taken[0].message_id for _, taken in sent} == {one.provider_id for one in held}
    assert len({one.heard.body for one in held}) == 50
