"""The callback studio: calls of every provider, right and wrong in each way, played to the real receiver, over HTTP and in process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pytest
import uvicorn

from tests.callback_room import KEYS, NUMBER, PUBLIC, Room, report, room
from tests.loopback import listener
from tests.sandbox.texting import GIVEN, TEXTING, sender_of
from workbench import Workbench
from workbench.adapters.remote import ServerClient
from workbench.engine.studio_calls import Subject, Writing, calls
from workbench.engine.studio_courses import courses
from workbench.errors import Forbidden, NotFound, Refused
from workbench.models.callback import CallbackFilter
from workbench.models.message import FINAL, DeliveryFilter
from workbench.models.message_draft import MessageDraft, Recipient
from workbench.models.person import Person
from workbench.models.studio import StudioCourse, StudioPlan, Subscribed
from workbench.providers import every
from workbench.sandbox.app import Sandbox
from workbench.server import make_app
from workbench.services.callback_studio import CallbackStudio

TOPIC = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Communication/CommunicationServices/shop"


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    environ = {"WORKBENCH_KEYRING": "off"}
    async with Workbench.open(tmp_path / "home", environ=environ, public_at=PUBLIC) as made:
        yield made


async def at(bench: Workbench, key: str) -> Room:
    return await room(bench, key, topic=TOPIC if key.startswith("azure") else "")


def plan(place: Room, course: str = "good", *ids: str, **more: object) -> StudioPlan:
    return StudioPlan.model_validate(
        {"account_id": place.account.id, "course": course, "delivery_ids": ids, **more}
    )


# -- reports -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", KEYS)
async def test_all_that_a_provider_can_play_is_taken_or_refused_as_it_should(
    bench: Workbench, key: str
) -> None:
    """One workbench for each provider: to open one costs more than all of its calls."""
    place = await at(bench, key)
    offered = await bench.studio.courses(place.account.id)
    await _each_course_ends_as_it_says(place, offered)
    await _out_of_order_late_and_twice_end_the_same(place, offered[0])
    await _what_is_wrongly_signed_does_nothing(place, offered)
    await _an_unknown_word_ends_nothing(place, offered[0])
    if "stop" in {course.key for course in offered}:
        await _texts_come_in_and_stop_is_heard(place)
    await _a_preview_hides_secrets_and_numbers(place, offered)


async def _each_course_ends_as_it_says(place: Room, offered: list[StudioCourse]) -> None:
    for number, course in enumerate(course for course in offered if course.kind == "report"):
        sent = await place.sent(provider_id=f"course-{number}")
        played = await place.bench.studio.play(plan(place, course.key, sent.id))
        assert {one.status for one in played} == {200}, (course.key, played)
        assert played[-1].effects, course.key
        after = await place.bench.callbacks.delivery(sent.id)
        assert (after.state, after.reported) == (course.state, True), course.key


async def _out_of_order_late_and_twice_end_the_same(place: Room, good: StudioCourse) -> None:
    for number, how in enumerate(how for how in ("out_of_order", "late", "twice") if how in good.hows):
        sent = await place.sent(provider_id=f"order-{number}")
        played = await place.bench.studio.play(plan(place, "good", sent.id, how=how))
        assert {one.status for one in played} == {200}
        assert (await place.bench.callbacks.delivery(sent.id)).state == "delivered"
        if how == "twice":
            assert [one.duplicate for one in played[1::2]] == [True] * (len(played) // 2)
            assert all(
                one.call.body == two.call.body for one, two in zip(played[::2], played[1::2], strict=True)
            )


async def _what_is_wrongly_signed_does_nothing(place: Room, offered: list[StudioCourse]) -> None:
    sent = await place.sent(provider_id="wrong-1")
    for course in {course.kind: course for course in offered}.values():
        made = plan(place, course.key, sent.id, how="wrongly_signed", body="Hello")
        played = await place.bench.studio.play(made)
        assert played
        for one in played:
            assert one.status in (403, 404), (course.key, one)
            assert one.effects == ()
    after = await place.bench.callbacks.delivery(sent.id)
    assert (after.state, after.reported) == ("accepted", False)


async def _an_unknown_word_ends_nothing(place: Room, good: StudioCourse) -> None:
    if "unknown_type" not in good.hows:
        return  # its calls cannot say such a word
    sent = await place.sent(provider_id="unknown-1")
    played = await place.bench.studio.play(plan(place, "good", sent.id, how="unknown_type"))
    assert {one.status for one in played} == {200}
    assert {said for one in played for said in one.call.says} <= {"unknown", "other"}
    assert (await place.bench.callbacks.delivery(sent.id)).state not in FINAL


async def _texts_come_in_and_stop_is_heard(place: Room) -> None:
    studio, sent = place.bench.studio, await place.sent(provider_id="text-1")
    (stop,) = await studio.play(plan(place, "stop", sent.id))
    assert (stop.status, stop.call.route, stop.call.says) == (200, "inbound", ("inbound",))
    assert stop.effects
    (text,) = await studio.play(plan(place, "text", sender="+15005550009", body="Olá & até já 😀"))
    assert text.status == 200
    (start,) = await studio.play(plan(place, "start", sent.id))
    assert start.effects
    with pytest.raises(Refused, match="text is empty"):
        await studio.play(plan(place, "text", sent.id, body="  "))


async def _a_preview_hides_secrets_and_numbers(place: Room, offered: list[StudioCourse]) -> None:
    sent = await place.sent(provider_id="preview-1")
    hidden = [value for value in place.values.values() if "s3cret" in value]
    hidden += [place.token, NUMBER, NUMBER.removeprefix("+")]
    for course in {course.kind: course for course in offered}.values():
        for how in course.hows:
            made = plan(place, course.key, sent.id, how=how, body="Hello")
            shown = await place.bench.studio.preview(made)
            assert shown
            assert all(call.method and call.url.endswith(f"/****/{call.route}") for call in shown)
            text = json.dumps([call.model_dump(mode="json") for call in shown])
            assert [one for one in hidden if one in text] == [], (course.key, how)
    played = await place.bench.studio.play(plan(place, "good", sent.id, how="wrongly_signed"))
    told = json.dumps([one.model_dump(mode="json") for one in played], default=str)
    assert [one for one in hidden if one in told] == []


async def test_one_bad_item_in_a_batch_and_the_others_are_worked_on(bench: Workbench) -> None:
    place = await at(bench, "azure_communication_services")
    sent = [
        await place.sent(provider_id=f"id-{number}", number=f"+4670123456{number}") for number in range(3)
    ]
    (played,) = await bench.studio.play(plan(place, "good", *(one.id for one in sent), how="bad_item"))
    assert played.call.says == ("bad", "delivered", "delivered", "delivered")
    assert [item.kind for item in played.items] == ["bad", "report", "report", "report"]
    assert {(await bench.callbacks.delivery(one.id)).state for one in sent} == {"delivered"}


async def test_what_is_older_than_the_replay_window_is_refused(bench: Workbench) -> None:
    place = await at(bench, "telesign")
    sent = await place.sent(provider_id="id-1")
    played = await bench.studio.play(plan(place, "good", sent.id, how="late", late_h=100))
    assert {(one.status, one.genuine) for one in played} == {(403, "refused")}
    assert "three days" in str(played[0].reason)
    assert (await bench.callbacks.delivery(sent.id)).state == "accepted"


async def test_without_a_delivery_it_is_of_a_message_that_nobody_sent(bench: Workbench) -> None:
    place = await at(bench, "twilio")
    played = await bench.studio.play(plan(place))
    assert [one.status for one in played] == [200, 200, 200]


# -- handshakes -------------------------------------------------------------------------------------------------------


async def test_event_grid_asks_and_is_answered(bench: Workbench) -> None:
    place = await at(bench, "azure_communication_services")
    (asked,) = await bench.studio.play(plan(place, "handshake"))
    assert asked.status == 200
    assert set(json.loads(asked.answer)) == {"validationResponse"}
    (clouds,) = await bench.studio.play(plan(place, "handshake_cloud_events"))
    assert (clouds.status, clouds.call.method, clouds.call.says) == (200, "OPTIONS", ("handshake",))
    twilio = await at(bench, "twilio")
    with pytest.raises(NotFound, match="no course"):
        await bench.studio.play(plan(twilio, "handshake"))


# -- what is shown -----------------------------------------------------------------------------------------------------


async def test_the_same_plan_writes_the_same_bytes(bench: Workbench) -> None:
    for key in KEYS:
        place = await at(bench, key)
        values = Subscribed(place.url(), place.url("inbound"), place.values)
        writing = Writing(place.provider, values, (), bench.house.clock.now())
        subjects = (Subject("id-1", NUMBER, "+15557122661", "tag"),)
        for course in courses(place.provider):
            for how in course.hows:
                made = plan(place, course.key, how=how, body="Hi")
                assert calls(writing, made, course, subjects) == calls(writing, made, course, subjects)


# -- what is refused ---------------------------------------------------------------------------------------------------


async def test_what_cannot_be_played_is_said(bench: Workbench, tmp_path: Path) -> None:
    place, other = await at(bench, "twilio"), await at(bench, "telesign")
    with pytest.raises(NotFound, match="no course"):
        await bench.studio.play(plan(place, "nothing"))
    with pytest.raises(Refused, match="cannot come like that"):
        await bench.studio.play(plan(place, how="bad_item"))
    foreign = await other.sent(provider_id="id-1")
    with pytest.raises(Refused, match="of another account"):
        await bench.studio.play(plan(place, "good", foreign.id))
    never = await place.sent(provider_id="")
    with pytest.raises(Refused, match="never took"):
        await bench.studio.play(plan(place, "good", never.id))
    one = await place.sent(provider_id="id-1")
    with pytest.raises(Refused, match="at most 400"):
        await bench.studio.play(plan(place, "good", *[one.id] * 100, how="twice"))
    with pytest.raises(NotFound):
        await bench.studio.play(StudioPlan(account_id="sms_none", course="good"))
    async with Workbench.open(tmp_path / "live", live=True, environ={"WORKBENCH_KEYRING": "off"}) as live:
        place = await at(live, "twilio")
        with pytest.raises(Refused, match="rehearsal only"):
            await live.studio.play(plan(place))


async def test_a_viewer_looks_and_an_operator_plays(bench: Workbench) -> None:
    place = await at(bench, "twilio")
    people = {
        sha256(role.encode()).hexdigest(): Person(name=role, role=role) for role in ("viewer", "operator")
    }
    app = make_app(bench, people)
    viewer = Workbench.connect(client=ServerClient.in_process(app, "viewer"))
    assert len(await viewer.studio.preview(plan(place))) == 3
    assert (await viewer.studio.courses(place.account.id))[0].key == "good"
    with pytest.raises(Forbidden):
        await viewer.studio.play(plan(place))
    operator = Workbench.connect(client=ServerClient.in_process(app, "operator"))
    assert [one.status for one in await operator.studio.play(plan(place))] == [200, 200, 200]


# -- over HTTP, and the stand-ins --------------------------------------------------------------------------------------


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Workbench]:
    """A workbench whose receiver listens on a port; its stand-ins report at once."""
    bound = listener()
    address = f"http://127.0.0.1:{bound.getsockname()[1]}"
    sandbox = Sandbox(pace_s=0.0)
    environ = {"WORKBENCH_KEYRING": "off"}
    async with Workbench.open(
        tmp_path / "home", environ=environ, sandbox=sandbox, server_at=address, public_at=PUBLIC
    ) as made:
        config = uvicorn.Config(make_app(made, {}), log_config=None, lifespan="off", access_log=False)
        server = uvicorn.Server(config)
        bound.listen()  # who calls before it serves waits for it
        task = asyncio.create_task(server.serve(sockets=[bound]))
        try:
            yield made
        finally:
            await made.studio.close()
            server.should_exit = True
            await task


async def test_over_http_to_the_real_receiver_and_to_no_other_place(served: Workbench) -> None:
    for key in ("twilio", "azure_communication_services"):
        place = await at(served, key)
        sent = await place.sent(provider_id="id-1")
        played = await served.studio.play(plan(place, "good", sent.id))
        assert {(one.status, one.genuine) for one in played} <= {(200, "signed"), (200, "token")}
        assert (await served.callbacks.delivery(sent.id)).state == "delivered"
        refused = await served.studio.play(plan(place, "good", sent.id, how="wrongly_signed"))
        assert {one.status for one in refused} <= {403, 404}
    nobody = CallbackStudio(
        served.house,
        served.sms_accounts,
        served.studio.deliveries,
        served.callback_receiving,
        "http://127.0.0.1:9",
    )
    played = await nobody.play(plan(place, "handshake"))
    await nobody.close()
    assert [one.status for one in played] == [0]
    assert played[0].reason


async def test_a_stand_in_finds_the_account_and_its_calls_are_believed(bench: Workbench) -> None:
    place = await at(bench, "twilio")
    heard = place.dialect.emulation.hear(
        {"To": NUMBER, "From": "+15557122661", "StatusCallback": place.url()}
    )
    found = await bench.studio.subscribed("twilio", heard)
    assert found is not None
    assert (found.delivery, found.values["auth_token"]) == (place.url(), place.values["auth_token"])
    assert place.token not in repr(found) or "values" not in repr(found)
    by_sender = heard.model_copy(update={"report_url": ""})
    assert (await bench.studio.subscribed("twilio", by_sender)) == found
    assert await bench.studio.subscribed("telesign", by_sender) is None
    second = await room(bench, "twilio", name="Second", senders=("+15557122662",))
    of_second = await bench.studio.subscribed(
        "twilio", by_sender.model_copy(update={"sender": "15557122662"})
    )
    assert of_second is not None
    assert of_second.delivery == second.url()
    assert (
        await bench.studio.subscribed("twilio", by_sender.model_copy(update={"sender": "+15550000000"}))
        is None
    )
    sent = await place.sent(provider_id="SM1")
    call = place.reports(report("delivered", "SM1"))
    assert await bench.studio.deliver(call) == 200
    await place.receiving.settled()
    assert (await bench.callbacks.delivery(sent.id)).state == "delivered"
    assert await bench.studio.deliver(call.model_copy(update={"url": "https://hub.shop.example/other"})) == 0


async def test_a_text_of_a_rehearsal_is_reported_and_answered_with_stop_as_it_would_be(
    tmp_path: Path,
) -> None:
    """The whole way: composed, sent to the stand-in of each provider, reported by it, and its recipient's STOP heard."""
    sandbox = Sandbox(pace_s=0.0)
    environ = {"WORKBENCH_KEYRING": "off"}
    async with Workbench.open(tmp_path / "home", environ=environ, sandbox=sandbox, public_at=PUBLIC) as bench:
        for at_key, key in enumerate(key for key in TEXTING if every()[key].endpoint().url):
            place = await room(bench, key, senders=(sender_of(key),), **GIVEN.get(key, {}))
            good, failing, stops = (f"+1{at_key + 2}0255{last}" for last in ("50199", "99001", "99900"))
            draft = MessageDraft(
                account=place.account.id, text="Hello", designation="transactional",
                recipients=tuple(Recipient(number=number) for number in (good, failing, stops)),
            )  # fmt: skip
            sent = await bench.messages.send(draft)
            assert all(taken.accepted for one in sent for taken in one.taken), (key, sent)
            await sandbox.sms[key].courier.settle()
            await bench.callback_receiving.settled()
            found = await bench.callbacks.deliveries(DeliveryFilter(account_id=place.account.id))
            states = {one.state for one in found if one.reported}
            (state, code, _) = place.dialect.emulation.failures[0]
            assert states == {"delivered", state}, key
            assert code in {one.code for one in found} | {one.raw_state for one in found}
            texted = await bench.callbacks.callbacks(
                CallbackFilter(account_id=place.account.id, kind="inbound")
            )
            assert [bool(one.effects) for one in texted] == [True], key
            assert sandbox.sms[key].unwritten == 0
