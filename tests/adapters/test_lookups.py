"""Lookups are shared by many connections, for a few seconds, and their failures too."""

from __future__ import annotations

import asyncio
import socket

import pytest

from workbench.adapters.lookups import remembered


class Names:
    """A resolver that notes what it is asked, and answers when it is let."""

    def __init__(self, *, at_once: bool = True, error: Exception | None = None) -> None:
        self.asked: list[tuple[str, int]] = []
        self.may_answer = asyncio.Event()
        self.error = error
        if at_once:
            self.may_answer.set()

    async def __call__(self, host: str, port: int) -> tuple[str, ...]:
        self.asked.append((host, port))
        await self.may_answer.wait()
        if self.error is not None:
            raise self.error
        return (f"1.1.1.{len(self.asked)}",)


async def test_many_who_ask_at_once_share_one_lookup() -> None:
    names = Names(at_once=False)
    resolve = remembered(names)
    tasks = [asyncio.create_task(resolve("api.example", 443)) for _ in range(64)]
    await asyncio.sleep(0)
    names.may_answer.set()
    assert {tuple(found) for found in await asyncio.gather(*tasks)} == {("1.1.1.1",)}
    assert names.asked == [("api.example", 443)]


async def test_an_answer_is_good_for_its_time_only() -> None:
    names = Names()
    resolve = remembered(names, good_s=0)
    assert await resolve("api.example", 443) == ("1.1.1.1",)
    assert await resolve("api.example", 443) == ("1.1.1.2",)


async def test_each_name_and_port_has_its_own_answer() -> None:
    names = Names()
    resolve = remembered(names)
    for _ in range(2):
        for place in (("a.example", 443), ("a.example", 80), ("b.example", 443)):
            await resolve(*place)
    assert names.asked == [("a.example", 443), ("a.example", 80), ("b.example", 443)]


async def test_an_unknown_name_is_remembered_too() -> None:
    names = Names(error=socket.gaierror(socket.EAI_NONAME, "unknown"))
    resolve = remembered(names)
    for _ in range(3):
        with pytest.raises(socket.gaierror) as told:
            await resolve("api.example", 443)
        assert told.value.args == (socket.EAI_NONAME, "unknown")
    assert len(names.asked) == 1


async def test_what_went_wrong_otherwise_is_asked_again() -> None:
    names = Names(error=UnicodeError("label too long"))
    resolve = remembered(names)
    for _ in range(2):
        with pytest.raises(UnicodeError):
            await resolve("api.example", 443)
    assert len(names.asked) == 2


async def test_one_who_gives_up_does_not_take_the_others_along() -> None:
    names = Names(at_once=False)
    resolve = remembered(names)
    first, second = [asyncio.create_task(resolve("api.example", 443)) for _ in range(2)]
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    names.may_answer.set()
    assert await second == ("1.1.1.2",)
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_no_more_names_are_kept_than_were_allowed() -> None:
    names = Names()
    resolve = remembered(names, kept=3)
    for number in range(4):
        await resolve(f"{number}.example", 443)
    await resolve("3.example", 443)
    assert len(names.asked) == 4
    await resolve("0.example", 443)
    assert len(names.asked) == 5
