"""Answering: write-backs, rejects, and the finish only after them; whatever the platform answers."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.gate_platform import GatePlatform
from tests.gate_room import CODE, Room, hurried, room, with_codes
from workbench import EntryFilter, Settings
from workbench.adapters.clock import VirtualClock
from workbench.models.gate import AnswerOptions, CallEndpoint, Meaning, TimeLimit
from workbench.models.hold import Hold
from workbench.models.integration import IdentifierType
from workbench.models.journal import Entry
from workbench.models.work import RowFilter


async def entries(made: Room, hold: Hold) -> list[Entry]:
    """Return the journal's entries of the calls of a hold."""
    found = await made.gates.house.journal.entries(EntryFilter(kind="gate", limit=500))
    return [
        entry
        for entry in found
        if entry.job_id == hold.job_id and entry.detail in ("cancel", "write", "finish")
    ]


async def test_a_batch_is_rejected_then_finished(tmp_path: Path) -> None:
    platform = GatePlatform.of(40, rejected=range(1, 11))
    async with room(tmp_path / "home", platform) as made:
        hold = await made.settled()
        assert hold.state == "finished"
        assert (hold.tally.accepted, hold.tally.rejected) == (30, 10)
        assert platform.finishes == [frozenset(platform.to_reject)]
        assert hold.answer.accepted == hold.answer.total == len(platform.made("cancel")) + 1 == 11
        kept = await entries(made, hold)
        cancels = [entry for entry in kept if entry.detail == "cancel"]
        assert all(one.request is None and one.outcome and one.outcome.ok for one in cancels)
        assert {one.recipient for one in cancels} == {row.recipient for row in await _rows(made, hold)} - {""}
        (finish,) = [entry for entry in kept if entry.detail == "finish"]
        assert finish.request is not None
        assert finish.request.url == "gate.example …nish"


async def _rows(made: Room, hold: Hold) -> list[object]:
    assert hold.job_id is not None
    return await made.gates.house.ledger.rows(hold.job_id, RowFilter(limit=1000))  # type: ignore[return-value]


async def test_codes_are_written_before_the_rejects(tmp_path: Path) -> None:
    platform = GatePlatform.of(30, rejected=[3, 4])
    async with room(tmp_path / "home", platform, **with_codes(platform)) as made:
        await made.gates.pools.add("spring", [f"CODE-{n:03}" for n in range(100)])
        hold = await made.settled(platform.hook(actions=[CODE]))
        assert hold.state == "finished"
        codes = platform.codes()
        assert set(codes) == {id for id, _ in platform.people} - platform.to_reject
        assert all(len(one) == 1 for one in codes.values())
        assert len(set.union(*codes.values())) == 28
        assert max(call.at for call in platform.made("write")) <= platform.made("finish")[0].at


@pytest.mark.parametrize("rejected", [False, True])
async def test_a_single_is_released_or_rejected_by_one_call(tmp_path: Path, rejected: bool) -> None:
    platform = GatePlatform.of(1)
    async with room(tmp_path / "home", platform) as made:
        if rejected:
            await made.change(rules=made.gate.settings.rules.model_copy(update={"otherwise": "reject"}))
        hold = await made.settled(platform.single())
        assert hold.state == "finished"
        assert [call.kind for call in platform.calls] == (["cancel"] if rejected else ["finish"])


async def test_all_rejected_is_finished_with_nobody(tmp_path: Path) -> None:
    platform = GatePlatform.of(20, rejected=range(1, 21))
    async with room(tmp_path / "home", platform) as made:
        hold = await made.settled()
        assert hold.state == "finished"
        assert platform.finishes == [frozenset(platform.to_reject)]


@pytest.mark.parametrize("status", [409, 404, 400])
async def test_the_leak_guard_keeps_the_finish_back_and_repeats_when_asked(
    tmp_path: Path, status: int
) -> None:
    platform = GatePlatform.of(
        20, rejected=range(1, 7), behave=lambda kind, id, _: status if id.endswith(("1", "2", "3")) else None
    )
    async with room(tmp_path / "home", platform) as made:
        hold = await made.settled()
        assert hold.state == "held_back"
        assert "3 rejects were not taken" in str(hold.notice)
        assert not platform.made("finish")
        failed = [entry for entry in await entries(made, hold) if entry.outcome and not entry.outcome.ok]
        assert len(failed) == 3
        assert all(entry.request and "b-000001" not in entry.request.url for entry in failed)
        platform.behave = None
        await made.holds.answer(hold.id)
        hold = await made.holds.settle(hold.id)
        assert hold.state == "finished", hold.notice
        assert platform.finishes == [frozenset(platform.to_reject)]
        assert sum(call.status == 200 for call in platform.made("cancel")) == 6, (
            "what was taken is not called again"
        )


@pytest.mark.parametrize("on_failed_write", ["hold_back", "finish"])
async def test_a_write_back_that_fails(tmp_path: Path, on_failed_write: str) -> None:
    platform = GatePlatform.of(
        10, behave=lambda kind, id, _: 404 if kind == "write" and id.endswith("7") else None
    )
    options = AnswerOptions(at_once=4, on_failed_write=on_failed_write)  # type: ignore[arg-type]
    async with room(tmp_path / "home", platform, **with_codes(platform), answering=options) as made:
        await made.gates.pools.add("spring", [f"SECRETCODE-{n}" for n in range(10)])
        hold = await made.settled(platform.hook(actions=[CODE]))
        assert hold.state == ("held_back" if on_failed_write == "hold_back" else "finished")
        assert len(platform.finishes) == (on_failed_write == "finish")
        (failed,) = [entry for entry in await entries(made, hold) if entry.outcome and not entry.outcome.ok]
        assert failed.request is not None
        assert "contact-00007" not in failed.model_dump_json()
        assert "SECRETCODE" not in failed.model_dump_json()


async def test_a_410_closes_the_hold_and_nothing_more_is_called(tmp_path: Path) -> None:
    platform = GatePlatform.of(300, rejected=range(1, 301))

    def behave(kind: str, _: str, __: int) -> int | None:
        return 410 if kind == "cancel" and len(platform.calls) > 20 else None

    platform.behave = behave
    async with room(tmp_path / "home", platform) as made:
        hold = await made.settled()
        assert hold.state == "expired"
        assert not platform.made("finish")
        assert len(platform.calls) < 100
        assert f"{hold.answer.accepted} of 301 calls were taken" in str(hold.notice)


async def test_a_wrong_token_stops_at_once(tmp_path: Path) -> None:
    platform = GatePlatform.of(
        200, rejected=range(1, 201), behave=lambda kind, *_: 401 if kind == "cancel" else None
    )
    async with room(tmp_path / "home", platform) as made:
        hold = await made.settled()
        assert hold.state == "held_back"
        assert "401" in str(hold.notice)
        assert len(platform.made("cancel")) < 40


async def test_what_fails_is_tried_again_within_seconds(tmp_path: Path) -> None:
    clock = VirtualClock()
    platform = GatePlatform.of(
        10,
        rejected=range(1, 6),
        behave=lambda kind, _, n: (500, 429, "silent")[n - 1] if kind != "items" and n <= 3 else None,
    )
    platform.clock = clock.monotonic
    async with room(tmp_path / "home", platform, clock=clock) as made:
        hold = await hurried(clock, made.settled(), 0.25)
        assert hold.state == "finished", hold.notice
        assert set(platform.finishes) == {frozenset(platform.to_reject)}, (
            "what got no answer may have been taken"
        )
        for contact in platform.to_reject:
            times = [call.at for call in platform.made("cancel") if call.contact == contact]
            assert len(times) == 4
            assert times[1] - times[0] >= 0.9
            assert times[2] - times[1] >= 2.9, "the platform asked for three seconds"
        assert platform.calls[-1].at < 300


async def test_a_platform_that_stays_down_is_given_up_while_a_person_has_time(tmp_path: Path) -> None:
    clock = VirtualClock()
    platform = GatePlatform.of(4, rejected=[1], behave=lambda kind, *_: 503 if kind == "cancel" else None)
    platform.clock = clock.monotonic
    async with room(tmp_path / "home", platform, clock=clock, limits=(TimeLimit(minutes=10),)) as made:
        hold = await hurried(clock, made.settled(), 2.0)
        assert hold.state == "held_back"
        assert "1 rejects were not taken" in str(hold.notice)
        assert platform.made("cancel")[-1].at <= 5 * 60, "the last try lies before the margin"
        assert hold.outlook is not None
        assert hold.outlook.left_s > 0


async def test_no_more_calls_begin_than_the_gate_allows(tmp_path: Path) -> None:
    clock = VirtualClock()
    platform = GatePlatform.of(25, rejected=range(1, 26))
    platform.clock = clock.monotonic
    async with room(
        tmp_path / "home", platform, clock=clock, answering=AnswerOptions(at_once=16, per_second=5)
    ) as made:
        hold = await hurried(clock, made.settled(), 0.1)
        assert hold.state == "finished"
        times = sorted(call.at for call in platform.calls if call.kind != "items")
        assert len(times) == 26
        assert times[-1] - times[0] >= 4.0, "25 more calls at five a second"


async def test_an_integration_is_called_for_each_accepted_contact(tmp_path: Path) -> None:
    platform = GatePlatform.of(4, rejected=[2])
    async with room(tmp_path / "home", platform) as made:
        integrations = made.bench.integrations
        form = Settings(
            name="Events", url=f"{platform.base}/event", identifier=IdentifierType(kind="custom", name="id"),
            payload='{"to": "${User Identifier}", "consent": "{{ consent }}"}',
        )  # fmt: skip
        draft = await integrations.start()
        saved = await integrations.save(draft.model_copy(update={"settings": form}))
        await made.change(meanings=(Meaning(identifier="tell", does=CallEndpoint(integration_id=saved.id)),))
        hold = await made.settled(platform.hook(actions=[{"identifier": "tell"}]))
        assert hold.state == "finished", hold.notice
        assert {call.contact for call in platform.made("event")} == {
            id for id, _ in platform.people
        } - platform.to_reject
        assert platform.calls[-1].kind == "finish"


async def test_an_integration_that_is_gone_is_told(tmp_path: Path) -> None:
    platform = GatePlatform.of(4, rejected=[2])
    async with room(tmp_path / "home", platform) as made:
        await made.change(
            meanings=(Meaning(identifier="tell", does=CallEndpoint(integration_id="int_missing")),)
        )
        hold = await made.settled(platform.hook(actions=[{"identifier": "tell"}]))
        assert hold.state == "held_back"
        assert not platform.made("finish")


# -- the order, whatever is answered -----------------------------------------------------------------------------------

Told = tuple[asyncio.Runner, Room, VirtualClock, "count[int]"]
ANSWERS = st.lists(st.sampled_from((200, 500, "silent", 429, 409, 410)), max_size=3)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(plans=st.lists(ANSWERS, min_size=2, max_size=6), finish=ANSWERS, at_once=st.sampled_from((1, 3, 8)))
def _order(told: Told, plans: list[list[int | str]], finish: list[int | str], at_once: int) -> None:
    runner, made, clock, numbers = told
    runner.run(_play(made, clock, next(numbers), plans, finish, at_once))


async def _play(
    made: Room,
    clock: VirtualClock,
    number: int,
    plans: list[list[int | str]],
    finish: list[int | str],
    at_once: int,
) -> None:
    platform = made.platform
    fresh = GatePlatform.of(len(plans) + 2, rejected=range(1, len(plans) + 1))
    platform.people, platform.calls, platform.finishes, platform.cancelled = fresh.people, [], [], set()
    platform.seen.clear()
    plan = {id: plans[at] for at, (id, _) in enumerate(platform.people[: len(plans)])}

    def behave(kind: str, id: str, n: int) -> int | str | None:
        told = plan[id] if kind == "cancel" else finish if kind == "finish" else []
        return told[n - 1] if n <= len(told) and told[n - 1] != 200 else None

    platform.behave = behave
    await made.change(answering=AnswerOptions(at_once=at_once))
    uri = f"{platform.base}/rest/1/sendgate/b-{number:06}/finish"
    hold = await hurried(clock, made.settled(platform.hook(finishUri=uri)), 1.0)
    assert hold.state in ("finished", "held_back", "expired"), hold.notice
    taken: set[str] = set()
    for call in platform.calls:
        if call.kind == "cancel" and call.status == 200:
            taken.add(call.contact)
        assert call.kind != "finish" or taken == platform.to_reject, (
            "the finish comes after the last reject was taken"
        )
    assert (hold.state == "finished") == bool(platform.finishes) or hold.state == "held_back"
    assert sum(call.status == 200 for call in platform.made("finish")) <= 1


def test_the_finish_never_comes_before_the_last_reject_was_taken(tmp_path: Path) -> None:
    clock = VirtualClock()
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        made = runner.run(stack.enter_async_context(room(tmp_path / "home", GatePlatform.of(0), clock=clock)))
        try:
            _order((runner, made, clock, count(1)))
        finally:
            runner.run(stack.aclose())
