"""The ways of the live wire: single sends, and the lane of bulk jobs; on Python's own event loop, and on uvloop's.

What is tested of one way holds for each: a test that takes ``live`` runs for all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

import pytest

from workbench.adapters.wire import Wire

Live = Callable[..., Wire]
Loop = Callable[[], asyncio.AbstractEventLoop]
ON_EACH_LOOP = {"live", "each_loop"}
"""A test that takes one of these fixtures runs on each event loop."""


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Function) -> dict[str, Loop]:
    """Return the loops for a test, https://pytest-asyncio.readthedocs.io/"""
    loops: dict[str, Loop] = {"asyncio": asyncio.new_event_loop}
    if ON_EACH_LOOP.intersection(item.fixturenames):
        with suppress(ImportError):  # there is none for Windows
            import uvloop

            loops["uvloop"] = uvloop.new_event_loop
    return loops


@pytest.fixture
def each_loop() -> None:
    """Ask for the test to run on each event loop."""


@pytest.fixture(params=["single", "bulk"])
async def live(request: pytest.FixtureRequest) -> AsyncIterator[Live]:
    """What makes a wire as ``Wire.live`` does, once for each way. They are closed after the test."""
    made: list[Wire] = []

    def make(*args: Any, **more: Any) -> Wire:
        wire = Wire.live(*args, **more)
        made.append(wire if request.param == "single" else wire.bulk(at_once=200))
        return made[-1]

    yield make
    for wire in made:
        await wire.close()
