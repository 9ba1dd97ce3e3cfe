"""The platform that holds: item files, the table of the decision calls, and the three paths, on its own clock."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sandbox.connected import Connected
from workbench.engine.gate_vectors import read_vectors
from workbench.engine.hooks import read_hook
from workbench.models.gate import Action
from workbench.models.platform import PATHS, Ending, Sendout, Standing, Switches, Target, Timing
from workbench.sandbox.platform.app import MOST_SENDOUTS, Platform
from workbench.sandbox.platform.contacts import contact, place
from workbench.sandbox.platform.hold import Hold, Situation
from workbench.sandbox.platform.moments import MINUTE_MS, Moments

GOLDEN = Path(__file__).parent.parent / "golden" / "gate_vectors.csv"
CAMPAIGN = Timing(flow="campaign_manager")


@pytest.fixture
async def tester() -> AsyncIterator[Connected]:
    async with Connected(Platform()) as made:
        yield made


async def held(tester: Connected, size: int = 4, **fields: Any) -> tuple[str, dict[str, Any], list[str]]:
    """Fire a sendout; return its id, its hook, and the addresses that cancel its contacts."""
    standing = await tester.fire(Sendout(size=size, **fields))
    [hook] = await tester.hooks(standing.id)
    return standing.id, hook, [row["cancelUri"] for row in await tester.rows(hook)]


def ways(standing: Standing) -> tuple[int, ...]:
    return (standing.waiting, standing.accepted, standing.rejected, standing.timed_out, standing.left_flow)


# A batch from its hook to its end --------------------------------------------------------------------------------


async def test_a_batch_is_held_until_it_is_finished(tester: Connected) -> None:
    id, hook, cancels = await held(tester)
    assert ways(await tester.standing(id)) == (4, 0, 0, 0, 0)
    assert await tester.post(cancels[1]) == 200
    assert ways(await tester.standing(id)) == (3, 0, 1, 0, 0)
    assert await tester.post(hook["finishUri"]) == 200
    standing = await tester.standing(id)
    assert ways(standing) == (0, 3, 1, 0, 0)
    assert (standing.sent, standing.closed) == (3, True)
    endings = [item.ending for item in await tester.endings(id)]
    assert [ending.words for ending in endings if ending] == [
        "accepted path", "rejected path", "accepted path", "accepted path",
    ]  # fmt: skip


async def test_the_hook_is_one_that_a_reader_understands_with_both_levels_of_actions(
    tester: Connected,
) -> None:
    project, sendout = Action(identifier="check-consent"), Action(identifier="promo-code", details="SPRING")
    standing = await tester.fire(Sendout(project_actions=(project,), sendout_actions=(sendout,)))
    [hook] = await tester.hooks(standing.id)
    read = read_hook(json.dumps(hook).encode()).hook
    assert read is not None
    assert (read.kind, [action.identifier for action in read.actions]) == (
        "batch",
        ["check-consent", "promo-code"],
    )
    assert (read.project_name, read.journey_name, read.sendout_name) == (
        "Newsletter",
        "Spring sale",
        "Day 1 mail",
    )


async def test_single_messages_have_a_hook_each_that_decides_about_one_contact(tester: Connected) -> None:
    standing = await tester.fire(Sendout(size=3, single=True))
    hooks = await tester.hooks(standing.id)
    assert all("itemDownloadUri" not in hook and len(hook["items"]) == 1 for hook in hooks)
    assert await tester.post(hooks[0]["items"][0]["rejectUri"]) == 200
    assert await tester.post(hooks[1]["finishUri"]) == 200
    assert await tester.post(hooks[1]["items"][0]["rejectUri"]) == 409
    assert ways(await tester.standing(standing.id)) == (1, 1, 1, 0, 0)
    await tester.advance(61)
    assert ways(await tester.standing(standing.id)) == (0, 1, 1, 1, 0)
    assert (await tester.standing(standing.id)).closed


async def test_contacts_that_nobody_answers_for_time_out(tester: Connected) -> None:
    id, hook, cancels = await held(tester)
    await tester.advance(60)
    assert (await tester.standing(id)).waiting == 4
    await tester.advance(0.001)
    assert ways(await tester.standing(id)) == (0, 0, 0, 4, 0)
    assert await tester.post(hook["finishUri"]) == 410
    assert await tester.post(cancels[0]) == 410
    assert ways(await tester.standing(id)) == (0, 0, 0, 4, 0)
    assert (await tester.standing(id)).sent == 0


async def test_a_campaign_whose_next_step_runs_first_loses_its_contacts_and_an_accept_still_sends(
    tester: Connected,
) -> None:
    id, hook, cancels = await held(tester, timing=CAMPAIGN.model_copy(update={"next_steps_min": (30.0,)}))
    await tester.advance(45)
    assert ways(await tester.standing(id)) == (0, 0, 0, 0, 4)
    assert await tester.post(cancels[0]) == 200
    assert await tester.post(hook["finishUri"]) == 200
    standing = await tester.standing(id)
    assert (ways(standing), standing.sent) == ((0, 0, 0, 0, 4), 3)


async def test_accepted_messages_leave_at_the_scheduled_time(tester: Connected) -> None:
    id, hook, _cancels = await held(tester, timing=Timing(scheduled_min=50))
    assert await tester.post(hook["finishUri"]) == 200
    assert (await tester.standing(id)).sent == 0
    await tester.advance(50)
    assert (await tester.standing(id)).sent == 4


async def test_an_empty_batch_can_be_finished_and_sends_nothing(tester: Connected) -> None:
    id, hook, cancels = await held(tester, size=0)
    assert cancels == []
    assert await tester.post(hook["finishUri"]) == 200
    standing = await tester.standing(id)
    assert (standing.sent, standing.closed) == (0, True)


# The table of the calls ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
async def test_only_a_post_decides(tester: Connected, method: str) -> None:
    id, hook, cancels = await held(tester)
    for address in (hook["finishUri"], cancels[0]):
        answer = await tester.client.request(method, address)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert (await tester.standing(id)).waiting == 4


async def test_the_same_decision_twice_has_no_effect(tester: Connected) -> None:
    id, hook, cancels = await held(tester)
    assert [await tester.post(cancels[0]) for _ in range(3)] == [200, 200, 200]
    assert [await tester.post(hook["finishUri"]) for _ in range(3)] == [200, 200, 200]
    assert await tester.post(cancels[0]) == 200
    assert ways(await tester.standing(id)) == (0, 3, 1, 0, 0)
    await tester.advance(120)
    assert [await tester.post(address) for address in (cancels[0], hook["finishUri"])] == [200, 200]


async def test_a_cancel_after_the_finish_is_refused_and_the_contact_stays_accepted(tester: Connected) -> None:
    id, hook, cancels = await held(tester)
    await tester.post(hook["finishUri"])
    assert await tester.post(cancels[0]) == 409
    standing = await tester.standing(id)
    assert (ways(standing), standing.sent_although_rejected) == ((0, 4, 0, 0, 0), 1)
    ending = (await tester.endings(id, limit=1))[0].ending
    assert isinstance(ending, Ending)
    assert (ending.path, ending.decided_by, ending.answer) == ("accepted", "A-6", 409)


async def test_a_cancel_after_the_finish_can_be_honoured_while_the_message_is_still_there(
    tester: Connected,
) -> None:
    id, hook, cancels = await held(
        tester, timing=Timing(scheduled_min=50), switches=Switches(cancel_after_finish="honoured")
    )
    await tester.post(hook["finishUri"])
    assert await tester.post(cancels[0]) == 200
    await tester.advance(50)
    assert await tester.post(cancels[1]) == 409
    standing = await tester.standing(id)
    assert (ways(standing), standing.sent) == ((0, 3, 1, 0, 0), 3)


async def test_a_late_answer_can_be_ignored_with_a_200(tester: Connected) -> None:
    id, hook, cancels = await held(tester, switches=Switches(late_answer="ignored_200"))
    await tester.advance(61)
    assert [await tester.post(address) for address in (cancels[0], cancels[0], hook["finishUri"])] == [
        200
    ] * 3
    assert ways(await tester.standing(id)) == (0, 0, 0, 4, 0)


async def test_cancels_without_a_finish(tester: Connected) -> None:
    id, _, cancels = await held(tester, switches=Switches(cancels_without_finish="timed_out"))
    assert await tester.post(cancels[0]) == 200
    assert (await tester.standing(id)).waiting == 4
    await tester.advance(61)
    assert ways(await tester.standing(id)) == (0, 0, 0, 4, 0)


async def test_a_campaigns_last_step_may_never_time_out(tester: Connected) -> None:
    id, hook, _ = await held(tester, timing=CAMPAIGN, switches=Switches(last_step="nothing"))
    await tester.advance(100_000)
    assert (await tester.standing(id)).waiting == 4
    assert await tester.post(hook["finishUri"]) == 200
    assert (await tester.standing(id)).accepted == 4


@pytest.mark.parametrize("call", ["finish", "cancel", "reject", "items"])
async def test_an_address_that_was_never_given_out_is_unknown(tester: Connected, call: str) -> None:
    id, hook, cancels = await held(tester)
    root = hook["finishUri"].rpartition("/finish/")[0]
    token = (hook["finishUri"] if call == "finish" else cancels[0]).rpartition("/")[2]
    wrong = [
        f"{token[:-1]}{'A' if token[-1] != 'A' else 'B'}",
        "0-0",
        "0-99-" + token[-24:],
        "x",
        f"0{token}",
    ]
    wrong.append(cancels[0].rpartition("/")[2] if call != "cancel" else hook["finishUri"].rpartition("/")[2])
    for name in wrong:
        method = "GET" if call == "items" else "POST"
        answer = await tester.client.request(method, f"{root}/{call}/{name}")
        assert answer.status_code == 404, name
    assert await tester.post(hook["finishUri"].replace(id, "so_other")) == 404
    assert (await tester.standing(id)).waiting == 4


async def test_no_two_addresses_are_alike(tester: Connected) -> None:
    _, one, cancels = await held(tester, size=500)
    _, other, more = await held(tester, size=500)
    addresses = [*cancels, *more, one["finishUri"], other["finishUri"], one["itemDownloadUri"]]
    assert len(set(addresses)) == len(addresses)
    assert len({address[-24:] for address in addresses}) == len(addresses)


# Item files ------------------------------------------------------------------------------------------------------


async def test_the_item_file_in_each_form(tester: Connected) -> None:
    told = {}
    for form in ("ndjson", "json", "csv", "ndjson_gzip"):
        standing = await tester.fire(Sendout(size=1201, form=form))
        [hook] = await tester.hooks(standing.id)
        answer = await tester.client.get(hook["itemDownloadUri"])
        told[form] = answer.headers["Content-Type"]
        if form == "csv":
            rows = [(row["id"], row["cancelUri"]) for row in csv.DictReader(io.StringIO(answer.text))]
        elif form == "json":
            rows = [(row["id"], row["cancelUri"]) for row in answer.json()]
        else:
            rows = [(row["id"], row["cancelUri"]) for row in map(json.loads, answer.text.splitlines())]
        assert len(rows) == len(set(rows)) == 1201
        assert answer.headers.get("Content-Encoding") == ("gzip" if form == "ndjson_gzip" else None)
        assert await tester.post(rows[-1][1]) == 200
    assert told == {
        "ndjson": "application/x-ndjson", "json": "application/json", "csv": "text/csv; charset=utf-8",
        "ndjson_gzip": "application/x-ndjson",
    }  # fmt: skip


@pytest.mark.parametrize("form", ["ndjson", "json", "csv", "ndjson_gzip"])
async def test_an_empty_item_file_is_one_of_its_form(tester: Connected, form: str) -> None:
    standing = await tester.fire(Sendout.model_validate({"size": 0, "form": form}))
    [hook] = await tester.hooks(standing.id)
    answer = await tester.client.get(hook["itemDownloadUri"])
    assert answer.json() == [] if form == "json" else answer.text.count("\n") == (form == "csv")


async def test_the_item_file_is_gone_once_the_hold_is_closed(tester: Connected) -> None:
    _id, hook, _ = await held(tester)
    await tester.post(hook["finishUri"])
    assert (await tester.client.get(hook["itemDownloadUri"])).status_code == 410
    assert (await tester.client.post(hook["itemDownloadUri"])).status_code == 405
    _, other, _ = await held(tester)
    await tester.advance(61)
    assert (await tester.client.get(other["itemDownloadUri"])).status_code == 410


async def test_mischief_with_the_file(tester: Connected) -> None:
    def sendout(*mischief: str, **fields: Any) -> Sendout:
        return Sendout.model_validate({"size": 200, "mischief": mischief, **fields})

    async def file(made: Sendout) -> Any:
        [hook] = await tester.hooks((await tester.fire(made)).id)
        return await tester.client.get(hook["itemDownloadUri"])

    assert (await file(sendout("expired_link"))).status_code == 410
    with pytest.raises(ConnectionResetError):
        await file(sendout("file_cut"))
    rows = (await file(sendout("bad_rows", "double_rows"))).text.splitlines()
    assert len(rows) == 208
    assert sum(row == '{"id": ' for row in rows) == 4
    assert len((await file(sendout("double_rows", form="csv"))).text.splitlines()) == 205
    assert len((await file(sendout("slow_file", size=3))).text.splitlines()) == 3


async def test_some_rejects_fail_on_purpose_and_are_counted_where_they_leak(tester: Connected) -> None:
    id, hook, cancels = await held(tester, size=40, mischief=("rejects_fail",))
    assert [await tester.post(address) for address in cancels].count(503) == 2
    await tester.post(hook["finishUri"])
    standing = await tester.standing(id)
    assert (standing.sent, standing.sent_although_rejected, standing.rejected) == (2, 2, 38)


async def test_the_same_seed_makes_the_same_people(tester: Connected) -> None:
    one, other = Sendout(size=50, seed=7), Sendout(size=90, seed=7, name="another")
    assert [contact(one, index) for index in range(50)] == [contact(other, index) for index in range(50)]
    assert contact(one, 3) != contact(Sendout(seed=8), 3)
    shares = [
        sum(
            contact(Sendout(consent_share=share), index).properties["consent"] == "yes"
            for index in range(4000)
        )
        for share in (0.0, 0.25, 1.0)
    ]
    assert shares[0] == 0
    assert 900 < shares[1] < 1100
    assert shares[2] == 4000
    assert {contact(Sendout(segments=()), 0).properties["segment"]} == {""}
    assert place(contact(one, 3).id) == (7, 3)
    assert place("P07-0000003") is place("P7-3") is place("x") is None


# Time ------------------------------------------------------------------------------------------------------------


async def test_the_timeline_tells_the_steps_in_their_order(tester: Connected) -> None:
    id, hook, cancels = await held(tester, timing=CAMPAIGN.model_copy(update={"next_steps_min": (90.0,)}))
    for address in cancels[:2]:
        await tester.advance(5)
        await tester.post(address)
    await tester.advance(10)
    await tester.post(hook["finishUri"])
    await tester.advance(100)
    timeline = (await tester.standing(id)).timeline
    assert [minute for minute, _ in timeline] == [0, 0, 0, 5, 10, 20, 60, 90]
    assert timeline[-1][1] == "The next step runs."


async def test_the_timeline_of_single_messages_tells_each_thing_once(tester: Connected) -> None:
    standing = await tester.fire(Sendout(size=30, single=True))
    for hook in await tester.hooks(standing.id):
        await tester.post(hook["finishUri"])
        await tester.advance(0.5)
    assert [text for _, text in (await tester.standing(standing.id)).timeline] == [
        "The hook is fired, and the messages are held.",
        "not delivered: the sendout has no endpoint",
        "The first message is accepted.",
        "The last message so far is accepted.",
    ]


def test_the_clock_only_moves_on() -> None:
    moments = Moments()
    moments.advance(1.5)
    assert moments.now_ms() == 90_000
    for wrong in (-1, float("nan"), 1e12):
        with pytest.raises(ValueError, match="clock"):
            moments.advance(wrong)


async def test_the_oldest_sendouts_are_forgotten(tester: Connected) -> None:
    first = await tester.fire(Sendout(size=1))
    [hook] = await tester.hooks(first.id)
    for _ in range(MOST_SENDOUTS):
        await tester.fire(Sendout(size=1))
    assert (await tester.client.get(f"{tester.at}/sendouts/{first.id}")).status_code == 404
    assert await tester.post(hook["finishUri"]) == 404
    listed = (await tester.client.get(f"{tester.at}/sendouts")).json()["sendouts"]
    assert len(listed) == MOST_SENDOUTS


# Codes -----------------------------------------------------------------------------------------------------------


def written_hold(timing: Timing, **fields: Any) -> Hold:
    hold = Hold(Sendout(size=3, timing=timing, **fields), 0, 3)
    hold.open(0)
    return hold


def test_messages_that_left_before_their_code_was_stored_are_counted() -> None:
    hold = written_hold(Timing())
    hold.write(0, 0)
    hold.finish(0)
    hold.write(1, 0)  # in the same millisecond, but after the message left
    assert hold.sums(0).sent_without_code == 2
    assert hold.sums(MINUTE_MS).sent_without_code == 2


def test_nobody_lacks_a_code_where_none_was_written() -> None:
    hold = written_hold(Timing())
    hold.finish(0)
    assert (hold.sums(0).sent, hold.sums(0).sent_without_code) == (3, 0)


def test_codes_come_in_time_until_the_scheduled_release() -> None:
    hold = written_hold(Timing(scheduled_min=50))
    hold.finish(0)
    for index, minute in enumerate((10, 50, 51)):
        hold.write(index, minute * MINUTE_MS)
    assert hold.sums(60 * MINUTE_MS).sent_without_code == 2


def test_rendered_at_generation_no_code_comes_in_time_unless_generation_is_delayed() -> None:
    at_generation = Switches(properties_used="at_generation")
    for generation, without in (("immediate", 3), ("delayed", 1)):
        hold = written_hold(Timing(scheduled_min=20), switches=at_generation, generation=generation)
        for index, minute in enumerate((5, 20, 25)):
            hold.write(index, minute * MINUTE_MS)
        hold.finish(30 * MINUTE_MS)
        assert hold.sums(40 * MINUTE_MS).sent_without_code == without


def test_rejected_contacts_need_no_code() -> None:
    hold = written_hold(Timing())
    hold.write(0, 0)
    hold.cancel(1, 0)
    hold.cancel(2, 0)
    hold.finish(0)
    assert (hold.sums(0).sent, hold.sums(0).sent_without_code) == (1, 0)


async def test_single_messages_without_a_code_are_counted_beside_those_with_one(tester: Connected) -> None:
    standing = await tester.fire(Sendout(size=3, single=True))
    hooks = await tester.hooks(standing.id)
    address = f"{tester.at}/rest/1234/lists/1/contacts/{hooks[0]['items'][0]['contactId']}/update"
    headers = {"X-Carma-Authentication-Token": "t"}
    answer = await tester.client.put(address, json={"properties": {"code": "A1"}}, headers=headers)
    assert answer.status_code == 200
    for hook in hooks[:2]:
        await tester.post(hook["finishUri"])
    now = await tester.standing(standing.id)
    assert (now.sent, now.sent_without_code) == (2, 1)


# The stand-in and the rules say the same -------------------------------------------------------------------------


async def test_the_golden_rows_end_so_at_the_stand_in(tester: Connected) -> None:
    for vector in read_vectors(GOLDEN.read_text(encoding="utf-8")).rows:
        async with Connected(Platform()) as fresh:
            id, hook, cancels = await held(fresh, size=1, timing=vector.timing)
            await fresh.advance(vector.answer_min or 0)
            if vector.answer:
                await fresh.post(cancels[0] if vector.answer == "reject" else hook["finishUri"])
            await fresh.advance(200)
            [ended] = await fresh.endings(id)
            assert ended.ending is not None
            assert ended.ending.words == vector.contact_ends
            assert ended.ending.sent == (vector.message == "SENT")


STATUSES: dict[Situation, set[int]] = {"first": {200}, "again": {200}, "opposite": {409}, "closed": {410}}
steps = st.lists(st.integers(0, 150), max_size=3).map(lambda found: tuple(float(step) for step in found))
timings = st.builds(
    Timing,
    flow=st.sampled_from(["journey", "campaign_manager"]),
    split=st.booleans(),
    limit_min=st.sampled_from([20.0, 60.0]),
    next_steps_min=steps,
    generated_min=st.sampled_from([0.0, -15.0]),
    scheduled_min=st.sampled_from([0.0, 30.0, 70.0]),
)
switch_settings = st.builds(
    Switches,
    **{name: st.sampled_from(field.annotation.__args__) for name, field in Switches.model_fields.items()},  # type: ignore[union-attr]
)
events = st.lists(
    st.tuples(
        st.sampled_from([0, 0, 10, 30]),
        st.sampled_from(["cancel", "finish", "write", "fail"]),
        st.integers(0, 4),
    ),
    max_size=12,
)


Events = list[tuple[int, str, int]]


@given(timings, switch_settings, events, st.booleans())
def test_sums_and_endings_agree_and_nobody_is_lost_whatever_is_called(
    timing: Timing, switches: Switches, called: Events, failed: bool
) -> None:
    play(timing, switches, called, failed=failed)


@pytest.mark.soak
@given(timings, switch_settings, events, st.booleans())
@settings(max_examples=10_000)
def test_nobody_is_lost_in_ten_thousand_scenarios(
    timing: Timing, switches: Switches, called: Events, failed: bool
) -> None:
    play(timing, switches, called, failed=failed)


def play(timing: Timing, switches: Switches, called: Events, *, failed: bool) -> None:
    size, now_ms = 5, 0
    hold = Hold(Sendout(size=size, timing=timing, switches=switches), 0, size)
    hold.open(0)
    hold.hook_failed = failed
    sent_before: set[int] = set()
    for wait, call, index in [*called, (200, "look", 0)]:
        now_ms += wait * MINUTE_MS
        if call == "cancel":
            assert STATUSES[hold.cancel(index, now_ms)]
        elif call == "finish":
            assert hold.finish(now_ms) in ("first", "again", "closed")
        elif call == "write":
            hold.write(index, now_ms)
        elif call == "fail":
            hold.fail_cancel(index)
        endings = [hold.ending(number, now_ms) for number in range(size)]
        sums = hold.sums(now_ms)
        counted = [sum(ending is not None and ending.path == path for ending in endings) for path in PATHS]
        assert [sums.accepted, sums.rejected, sums.timed_out, sums.left_flow] == counted
        assert sums.waiting == sum(ending is None for ending in endings)
        left = {
            number
            for number, ending in enumerate(endings)
            if ending and ending.sent_min is not None and ending.sent_min * MINUTE_MS <= now_ms
        }
        assert sums.sent == len(left)
        assert left >= sent_before, "a message that left cannot be called back"
        assert sums.sent_without_code <= sums.sent
        assert sums.sent_although_rejected <= sums.sent
        sent_before = left


def test_a_target_never_shows_its_key() -> None:
    numbers = count()
    target = Target(
        url=f"http://127.0.0.1:9/{next(numbers)}", auth="header", name="X-Key", token="planted-secret"
    )
    assert "planted-secret" not in repr(Sendout(target=target))


def test_gzip_files_are_whole() -> None:
    from workbench.sandbox.platform.items import written

    sendout = Sendout(size=1000, form="ndjson_gzip")
    packed = b"".join(written(sendout, 1000, lambda index: contact(sendout, index), str))
    assert gzip.decompress(packed).count(b"\n") == 1000
