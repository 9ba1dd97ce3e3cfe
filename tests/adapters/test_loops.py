"""The event loop of a process that works on jobs."""

from __future__ import annotations

import asyncio
import sys

import pytest

from workbench.adapters.loops import new_loop


def test_the_fast_loop_is_taken_where_it_is_installed() -> None:
    uvloop = pytest.importorskip("uvloop")
    with asyncio.Runner(loop_factory=new_loop) as runner:
        assert isinstance(runner.get_loop(), uvloop.Loop)


def test_without_it_pythons_own_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    with asyncio.Runner(loop_factory=new_loop) as runner:
        assert type(runner.get_loop()).__module__.startswith("asyncio")
        assert runner.run(asyncio.sleep(0, "ran")) == "ran"
