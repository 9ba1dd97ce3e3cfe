"""Holds: watched and answered by hand, by whom, and in which states; and the keeper that moves them on."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from tests.gate_platform import GatePlatform, on_loopback
from tests.gate_room import CODE, Room, hurried, room, with_codes
from workbench.adapters.clock import VirtualClock
from workbench.errors import NotFound, Refused
from workbench.models.gate import AnswerOptions, TimeLimit
from workbench.models.hold import DecidedFilter, Hold, HoldConfirmation, HoldFilter
from workbench.models.person import Role
from workbench.services.holds import Holds
from workbench.services.roles import role_of

PERSON = AnswerOptions(start="person", at_once=8)


async def ended(made: Room, id: str) -> Hold:
    """Return the hold once it waits no more, whoever moves it on."""
    async with asyncio.timeout(60):
        while (hold := await made.holds.hold(id)).state in ("received", "deciding", "answering"):  # noqa: ASYNC110 - the keeper tells nobody
            await asyncio.sleep(0.02)
    return hold


async def test_a_person_says_when(tmp_path: Path) -> None:
    platform = GatePlatform.of(12, rejected=[1, 2])
    async with room(tmp_path / "home", platform, answering=PERSON) as made:
        hold = await made.settled()
        assert hold.state == "ready"
        assert {call.kind for call in platform.calls} == {"items"}
        assert hold.outlook is not None
        assert (hold.outlook.calls, hold.outlook.in_time) == (3, True)
        await made.holds.answer(hold.id)
        assert (await made.holds.settle(hold.id)).state == "finished"


async def test_contacts_are_decided_by_hand(tmp_path: Path) -> None:
    platform = GatePlatform.of(12, rejected=[1, 2])
    async with room(tmp_path / "home", platform, answering=PERSON, **with_codes(platform)) as made:
        await made.gates.pools.add("spring", [f"C{n}" for n in range(20)])
        hold = await made.settled(platform.hook(actions=[CODE]))
        await made.holds.decide(hold.id, [1], "accept")
        hold = await made.holds.decide(hold.id, [11, 12], "reject")
        assert (hold.tally.accepted, hold.tally.rejected) == (9, 3)
        by_hand = await made.holds.decided(hold.id, DecidedFilter(verdict="accept"))
        assert [(one.number, one.by_hand != "") for one in by_hand][:2] == [(1, True), (3, False)]
        await made.holds.answer(hold.id)
        hold = await made.holds.settle(hold.id)
        assert platform.finishes == [frozenset({"contact-00002", "contact-00011", "contact-00012"})]
        assert "contact-00001" in platform.codes()
        events = await made.holds.events(hold.id)
        assert [event.who for event in events if event.step == "by_hand"] == [
            made.gates.house.person.name
        ] * 2


@pytest.mark.parametrize("verdict", ["accept", "reject"])
async def test_all_are_decided_by_hand(tmp_path: Path, verdict: str) -> None:
    platform = GatePlatform.of(12, rejected=[1, 2])
    async with room(tmp_path / "home", platform, answering=PERSON) as made:
        hold = await made.settled()
        await (made.holds.accept_all if verdict == "accept" else made.holds.reject_all)(hold.id)
        assert (await made.holds.settle(hold.id)).state == "finished"
        everybody = {id for id, _ in platform.people}
        assert platform.finishes == [frozenset(everybody if verdict == "reject" else ())]


async def test_over_the_leak_guard_only_by_name(tmp_path: Path) -> None:
    platform = GatePlatform.of(
        12, rejected=[1, 2], behave=lambda kind, id, _: 409 if id == "contact-00001" else None
    )
    async with room(tmp_path / "home", platform) as made:
        hold = await made.settled()
        assert hold.state == "held_back"
        with pytest.raises(Refused, match="went out already"):
            await made.holds.decide(hold.id, [2], "accept")
        with pytest.raises(Refused, match="went out already"):
            await made.holds.accept_all(hold.id)
        await made.holds.finish_anyway(hold.id)
        hold = await made.holds.settle(hold.id)
        assert hold.state == "finished"
        assert platform.finishes == [frozenset({"contact-00002"})]
        (said,) = [event for event in await made.holds.events(hold.id) if event.step == "finish_anyway"]
        assert made.gates.house.person.name in str(said.sentence)


async def test_more_can_be_rejected_after_the_leak_guard(tmp_path: Path) -> None:
    platform = GatePlatform.of(
        12, rejected=[1, 2], behave=lambda kind, id, n: 404 if id == "contact-00001" and n == 1 else None
    )
    async with room(tmp_path / "home", platform) as made:
        hold = await made.settled()
        await made.holds.decide(hold.id, [5], "reject")
        await made.holds.answer(hold.id)
        hold = await made.holds.settle(hold.id)
        assert hold.state == "finished", hold.notice
        assert platform.finishes == [frozenset({"contact-00001", "contact-00002", "contact-00005"})]


async def test_what_cannot_be_done_is_said(tmp_path: Path) -> None:
    platform = GatePlatform.of(2)
    async with room(tmp_path / "home", platform) as made:
        id = await made.receive()
        with pytest.raises(Refused, match="not decided yet"):
            await made.holds.answer(id)
        with pytest.raises(Refused, match="still waits"):
            await made.holds.forget(id)
        await made.holds.settle(id)
        with pytest.raises(Refused, match="is finished"):
            await made.holds.reject_all(id)
        with pytest.raises(NotFound):
            await made.holds.hold("hld_none")


async def test_a_forgotten_hold_keeps_its_counts_alone(tmp_path: Path) -> None:
    platform = GatePlatform.of(5, rejected=[1])
    async with room(tmp_path / "home", platform) as made:
        hold = await made.settled()
        after = await made.holds.forget(hold.id)
        assert (after.tally, after.answer) == (hold.tally, hold.answer)
        with pytest.raises(NotFound):
            await made.gates.opened(hold.id)
        with pytest.raises(NotFound):
            await made.gates.house.ledger.row_data(hold.job_id or "", 1)


async def test_live_wants_the_sendout_and_its_contacts_named(tmp_path: Path) -> None:
    platform = GatePlatform.of(6, rejected=[1])
    async with (
        on_loopback(platform) as host,
        room(tmp_path / "home", platform, live=[host], answering=PERSON) as made,
    ):
        hold = await made.settled()
        assert (hold.state, hold.mode) == ("ready", "live")
        with pytest.raises(Refused, match="Confirm it by naming"):
            await made.holds.answer(hold.id)
        with pytest.raises(Refused, match="does not fit"):
            await made.holds.reject_all(hold.id, HoldConfirmation(sendout_name="Day 1 mail", contacts=5))
        await made.holds.answer(hold.id, HoldConfirmation(sendout_name="Day 1 mail", contacts=6))
        assert (await made.holds.settle(hold.id)).state == "finished"


async def test_the_keeper_moves_on_what_comes_and_what_others_left(tmp_path: Path) -> None:
    platform = GatePlatform.of(30, rejected=range(1, 11))
    async with room(tmp_path / "home", platform) as made:
        left = await made.receive()
        await made.holds.serve()
        uri = f"{platform.base}/rest/1/sendgate/b-000002/finish"
        new = await made.receive(platform.hook(finishUri=uri))
        made.holds.wake(new)
        assert [(await ended(made, id)).state for id in (left, new)] == ["finished", "finished"]
        assert len(platform.finishes) == 2
        assert {one.id for one in await made.holds.holds(HoldFilter())} == {left, new}


@pytest.mark.parametrize("when_late", ["begin", "hold_back"])
async def test_what_comes_too_late_is_said_before(tmp_path: Path, when_late: str) -> None:
    clock = VirtualClock()
    platform = GatePlatform.of(200, rejected=range(1, 201))
    options = AnswerOptions(at_once=1, per_second=1, when_late=when_late)  # type: ignore[arg-type]
    async with room(
        tmp_path / "home", platform, clock=clock, answering=options, limits=(TimeLimit(minutes=1),)
    ) as made:
        hold = await hurried(clock, made.settled(), 0.2)
        warned = [event for event in await made.holds.events(hold.id) if event.step in ("answering", "ready")]
        assert "201 calls" in str(warned[0].sentence)
        assert hold.state == ("expired" if when_late == "begin" else "ready")
        if when_late == "begin":
            assert not platform.finishes
            assert 0 < hold.answer.accepted < 200
        else:
            assert "not be complete in time" in str(hold.notice)
            assert {call.kind for call in platform.calls} == {"items"}


async def test_a_hold_past_its_limit_is_closed(tmp_path: Path) -> None:
    clock = VirtualClock()
    platform = GatePlatform.of(3)
    async with room(tmp_path / "home", platform, clock=clock, answering=PERSON) as made:
        hold = await made.settled()
        await clock.advance(timedelta(hours=1).total_seconds())
        with pytest.raises(Refused, match="time limit"):
            await made.holds.answer(hold.id)
        assert (await made.holds.hold(hold.id)).state == "expired"


async def test_a_host_that_is_allowed_no_more_is_not_called(tmp_path: Path) -> None:
    platform = GatePlatform.of(6, rejected=[1])
    async with (
        on_loopback(platform) as host,
        room(tmp_path / "home", platform, live=[host], answering=PERSON) as made,
    ):
        hold = await made.settled()
        await made.change(hosts=())
        await made.holds.answer(hold.id, HoldConfirmation(sendout_name="Day 1 mail", contacts=6))
        hold = await made.holds.settle(hold.id)
        assert hold.state == "held_back"
        assert host in str(hold.notice)
        assert {call.kind for call in platform.calls} == {"items"}


def test_who_may_what() -> None:
    wanted: dict[Role, set[str]] = {
        "viewer": {"holds", "hold", "events", "decided"},
        "operator": {"answer", "finish_anyway", "decide", "accept_all", "reject_all"},
        "admin": {"forget"},
    }
    public = {name: role_of(getattr(Holds, name)) for name in dir(Holds) if not name.startswith("_")}
    assert {role: {name for name, needs in public.items() if needs == role} for role in wanted} == wanted
    assert {name for name, needs in public.items() if needs is None} == {"close", "serve", "settle", "wake"}


async def test_a_defect_of_ours_holds_the_sendout_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = GatePlatform.of(3)
    async with room(tmp_path / "home", platform) as made:
        told: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["exception"]))
        monkeypatch.setattr("workbench.services.deciding.effects_of", None)
        id = await made.receive()
        with pytest.raises(TypeError):
            await made.holds.settle(id)
        hold = await made.holds.hold(id)
        assert (hold.state, str(hold.notice)) == (
            "held_back",
            "The workbench met a defect of its own (TypeError).",
        )
        assert len(told) == 1
        monkeypatch.undo()
        await made.holds.answer(id)
        assert (await made.holds.settle(id)).state == "finished"
