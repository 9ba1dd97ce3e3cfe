"""Killed at random points of a 1,000-contact batch: resumed, nothing lost, no code used twice, the finish never before its rejects."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from pathlib import Path

import pytest

from tests.faults.forked import worker
from tests.gate_platform import GatePlatform, on_loopback
from tests.gate_room import CODE, Room, room, with_codes
from workbench.models.hold import WAITING, Hold

CONTACTS = 1000


def new_batch(platform: GatePlatform, number: int, dice: random.Random) -> None:
    """Let the platform hold another sendout: everything noted so far is of the one before."""
    no = set(dice.sample(range(1, CONTACTS + 1), dice.randrange(100, 500)))
    people = [(f"p-{number}-{n:04}", {"consent": "no" if n in no else "yes"}) for n in range(1, CONTACTS + 1)]
    platform.people, platform.calls, platform.cancelled = people, [], set()
    platform.properties, platform.finishes = {}, []
    platform.seen.clear()


async def killed(home: Path, kills: int, seed: int) -> int:
    """Kill the worker so often, over as many sendouts as that takes; return how many those were."""
    dice = random.Random(seed)
    platform = GatePlatform.of(0)
    used: dict[str, str] = {}
    sendouts = 0
    async with (
        on_loopback(platform) as host,
        worker("gate_worker") as victim,
        room(home, platform, live=[host], **with_codes(platform)) as made,
    ):
        (home / "gate.json").write_text(made.gate.model_dump_json())
        while kills > 0:
            sendouts += 1
            new_batch(platform, sendouts, dice)
            await made.gates.pools.add("spring", [f"S{sendouts}-{n}" for n in range(CONTACTS)])
            finish = f"{platform.base}/rest/1/sendgate/b-{sendouts:06}/finish"
            id = await made.receive(platform.hook(actions=[CODE], finishUri=finish))
            while (hold := await made.gates.holds.hold(id)).state in WAITING:
                before = len(platform.calls)
                pid = await victim.begin(home, host, id)
                ending = asyncio.create_task(victim.ended())
                point = asyncio.create_task(platform.reach(before + dice.randrange(1, 300)))
                await asyncio.wait([ending, point], return_when=asyncio.FIRST_COMPLETED)
                point.cancel()
                await asyncio.sleep(dice.random() * 0.05)
                if not ending.done() and kills > 0:
                    os.kill(pid, signal.SIGKILL)
                    kills -= 1
                assert await ending in (0, signal.SIGKILL), "it ends by itself only well"
                assert hold.state != "held_back", hold.notice
            check(platform, hold, used)
            await keeps_its_counts(made, hold)
    return sendouts


def check(platform: GatePlatform, hold: Hold, used: dict[str, str]) -> None:
    """Look at what came of a sendout: ``used`` are the codes of those before it, with whom each went to."""
    assert hold.state == "finished", hold.notice
    accepted = {id for id, _ in platform.people} - platform.to_reject
    assert platform.finishes, "none is lost"
    assert set(platform.finishes) == {frozenset(platform.to_reject)}, (
        "every reject came before every finish, and no other"
    )
    first = platform.made("finish")[0].at
    assert all(
        call.at <= first for call in platform.calls if call.kind in ("cancel", "write") and call.status == 200
    )
    codes = platform.codes()
    assert set(codes) == accepted, "each accepted contact has a code, and no other"
    for contact, written in codes.items():
        assert len(written) == 1, "exactly one code each, however often it was written"
        (code,) = written
        assert used.setdefault(code, contact) == contact, "no code is used twice"


async def keeps_its_counts(made: Room, hold: Hold) -> None:
    accepted = CONTACTS - hold.tally.rejected
    assert (hold.tally.contacts, hold.answer.accepted, hold.answer.total) == (
        CONTACTS,
        CONTACTS + 1,
        CONTACTS + 1,
    )
    assert await made.gates.pools.codes_of(hold.id) == accepted == hold.tally.accepted


async def test_killed_a_few_times(tmp_path: Path) -> None:
    assert await killed(tmp_path / "home", 8, seed=4) >= 1


@pytest.mark.soak
async def test_killed_at_two_hundred_random_points(tmp_path: Path) -> None:
    sendouts = await killed(tmp_path / "home", 200, seed=20261122)
    print(f"200 kills over {sendouts} sendouts of {CONTACTS} contacts")
