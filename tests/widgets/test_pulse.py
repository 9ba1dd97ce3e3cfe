"""The pulse: the browser beats, the page looks; never twice at once, and nothing is left running without a browser."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from workbench.widgets.pulse import Pulse
from workbench.widgets.spawn import running, settle


class Watcher:
    """Something that is looked at, whose look takes as long as the test wants."""

    def __init__(self, *answers: float | None) -> None:
        self.answers, self.looks, self.at_once, self.most = list(answers), 0, 0, 0
        self.free = asyncio.Event()
        self.free.set()

    async def look(self) -> float | None:
        self.looks += 1
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await self.free.wait()
        self.at_once -= 1
        return self.answers.pop(0)


def listened(pulse: Pulse) -> list[Any]:
    told: list[Any] = []
    pulse.send = lambda content, buffers=None: told.append(content)
    return told


async def test_a_beat_looks_once_and_says_when_to_beat_again() -> None:
    watcher = Watcher(1.0, None)
    pulse = Pulse(watcher.look)
    told = listened(pulse)
    for expected in ({"next": 1.0}, {"next": None}):
        pulse._handle_custom_msg({"beat": True}, [])
        await settle()
        assert told[-1] == expected
    assert watcher.looks == 2


async def test_beats_that_come_during_a_look_start_no_second_one() -> None:
    watcher = Watcher(1.0, 1.0)
    watcher.free.clear()
    pulse = Pulse(watcher.look)
    listened(pulse)
    for _ in range(5):
        pulse._handle_custom_msg({"beat": True}, [])
        await asyncio.sleep(0)
    watcher.free.set()
    await settle()
    assert (watcher.looks, watcher.most) == (1, 1)
    pulse._handle_custom_msg({"beat": True}, [])
    await settle()
    assert watcher.looks == 2


async def test_without_a_browser_nothing_runs_and_settling_does_not_wait() -> None:
    watcher = Watcher()
    pulse = Pulse(watcher.look)
    pulse.again()
    await settle()
    assert watcher.looks == 0
    assert running == set()


async def test_a_look_that_fails_is_shown_and_the_next_beat_looks_again() -> None:
    watcher = Watcher()
    pulse = Pulse(watcher.look)
    asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
    pulse._handle_custom_msg({"beat": True}, [])
    with pytest.raises(IndexError):
        await settle()
    watcher.answers = [None]
    pulse._handle_custom_msg({"beat": True}, [])
    await settle()
    assert watcher.looks == 2


@pytest.mark.parametrize("message", [None, "beat", {}, {"beat": False}, ["beat"]])
async def test_a_message_of_an_unknown_shape_looks_at_nothing(message: object) -> None:
    watcher = Watcher()
    Pulse(watcher.look)._handle_custom_msg(message, [])
    await settle()
    assert watcher.looks == 0
