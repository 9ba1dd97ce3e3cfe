"""Hooks of the stand-in: delivered once within the time, to this machine only, and the circuit breaker when they fail."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from workbench.errors import Refused
from workbench.models.platform import Breaker, Sendout, Switches, Target
from workbench.sandbox.platform.app import Platform
from workbench.sandbox.platform.course import Course
from workbench.sandbox.platform.delivery import HOW, SOME_FAILED, Taken, check_target, on_this_machine

TARGET = Target(url="http://127.0.0.1:9/gate/main")


class Endpoint:
    """An endpoint in this process that takes hooks as ``answer`` says, and keeps them."""

    def __init__(self, answer: Callable[[int], Taken] = lambda number: Taken("acknowledged", 202)) -> None:
        self.answer = answer
        self.bodies: list[bytes] = []

    async def __call__(self, target: Target, body: bytes, ack_s: float) -> Taken:
        self.bodies.append(body)
        return self.answer(len(self.bodies))


def standing_hook(platform: Platform, course: Course) -> str:
    return course.standing(platform.moments.now_ms()).hook


def said(platform: Platform, course: Course) -> list[str]:
    return [text for _, text in course.standing(platform.moments.now_ms()).timeline]


async def test_a_hook_is_delivered_once() -> None:
    endpoint = Endpoint()
    platform = Platform(deliver=endpoint)
    course = await platform.fire(Sendout(target=TARGET))
    assert endpoint.bodies == [course.hook(0)]
    assert standing_hook(platform, course) == "acknowledged"


@pytest.mark.parametrize("how", ["refused", "late", "unreachable"])
async def test_a_hook_that_fails_is_not_sent_again_and_its_contacts_time_out(how: str) -> None:
    endpoint = Endpoint(lambda number: Taken(how))  # type: ignore[arg-type]
    platform = Platform(deliver=endpoint)
    course = await platform.fire(Sendout(target=TARGET, size=3))
    platform.moments.advance(61)
    standing = course.standing(platform.moments.now_ms())
    assert (len(endpoint.bodies), standing.timed_out, standing.sent) == (1, 3, 0)
    assert standing.hook == HOW[how]  # type: ignore[index]
    ending = course.ended(platform.moments.now_ms(), 0, 1)[0].ending
    assert ending is not None
    assert ending.decided_by == "A-11"


async def test_a_hook_that_failed_may_have_been_processed_all_the_same() -> None:
    platform = Platform(deliver=Endpoint(lambda number: Taken("late")))
    course = await platform.fire(Sendout(target=TARGET, size=3))
    assert course.holds[0].finish(platform.moments.now_ms()) == "first"
    assert course.standing(platform.moments.now_ms()).accepted == 3


async def test_contacts_of_a_failed_hook_can_be_released_at_once() -> None:
    platform = Platform(deliver=Endpoint(lambda number: Taken("refused")))
    course = await platform.fire(
        Sendout(target=TARGET, size=3, switches=Switches(failed_hook="released_unsent"))
    )
    standing = course.standing(platform.moments.now_ms())
    assert (standing.timed_out, standing.sent, standing.closed) == (3, 0, True)
    assert course.holds[0].finish(platform.moments.now_ms()) == "closed"


async def test_an_endpoint_that_takes_longer_than_the_time_is_late() -> None:
    async def sleepy(target: Target, body: bytes, ack_s: float) -> Taken:
        await asyncio.Event().wait()
        raise AssertionError("never set")

    platform = Platform(deliver=sleepy)
    course = await platform.fire(Sendout(target=TARGET, breaker=Breaker(ack_s=0.01)))
    assert standing_hook(platform, course) == HOW["late"]


async def test_a_hook_can_come_twice_or_broken() -> None:
    endpoint = Endpoint()
    platform = Platform(deliver=endpoint)
    course = await platform.fire(Sendout(target=TARGET, mischief=("hook_twice",)))
    assert endpoint.bodies == [course.hook(0)] * 2
    broken = await platform.fire(Sendout(target=TARGET, mischief=("broken_hook",)))
    assert broken.hook(0).startswith(endpoint.bodies[2])
    assert len(endpoint.bodies[2]) < len(broken.hook(0))


async def test_the_breaker_opens_after_its_failures_and_hooks_in_between_are_lost() -> None:
    endpoint = Endpoint(lambda number: Taken("refused" if number <= 3 else "acknowledged"))
    platform = Platform(deliver=endpoint)
    rule = Breaker(failures=3, rest_s=60)
    courses = [await platform.fire(Sendout(target=TARGET, breaker=rule, size=1)) for _ in range(5)]
    assert len(endpoint.bodies) == 3
    assert [standing_hook(platform, course) for course in courses[3:]] == [HOW["lost"]] * 2
    assert "The circuit breaker opens: the endpoint is not called for a while." in said(platform, courses[2])
    platform.moments.advance(1)
    tried = await platform.fire(Sendout(target=TARGET, breaker=rule, size=1))
    assert standing_hook(platform, tried) == "acknowledged"
    assert "The circuit breaker closes." in said(platform, tried)
    other = await platform.fire(
        Sendout(target=TARGET.model_copy(update={"url": "http://127.0.0.1:9/other"}), size=1)
    )
    assert standing_hook(platform, other) == "acknowledged"


async def test_single_messages_trip_the_breaker_and_the_rest_are_lost() -> None:
    endpoint = Endpoint(lambda number: Taken("acknowledged" if number <= 10 else "refused"))
    platform = Platform(deliver=endpoint)
    course = await platform.fire(Sendout(target=TARGET, single=True, size=40))
    await platform.delivered()
    assert len(endpoint.bodies) == 15
    assert standing_hook(platform, course) == SOME_FAILED
    assert course.taken == {"acknowledged": 10, "refused": 5, "lost": 25}


async def test_a_rehearsal_stays_on_this_machine() -> None:
    platform = Platform(deliver=Endpoint())
    for url in (
        "https://hooks.example.com/x",
        "http://10.0.0.8/x",
        "ftp://127.0.0.1/x",
        "nonsense",
        "http://[",
        "http://127.0.0.1.example/",
    ):
        with pytest.raises(Refused):
            await platform.fire(Sendout(target=Target(url=url)))
    assert platform.courses == {}
    assert all(
        on_this_machine(host)
        for host in ("127.0.0.1", "::1", "localhost", "gate.sandbox.localhost", "LOCALHOST.")
    )
    check_target(Target(url="https://staging.example/x"), {"staging.example"})


async def test_too_many_single_messages_are_refused() -> None:
    with pytest.raises(Refused, match="10001"):
        await Platform().fire(Sendout(single=True, size=10_001))


async def test_a_defect_of_the_endpoint_in_this_process_is_not_swallowed_and_counts_as_a_failure() -> None:
    async def broken(target: Target, body: bytes, ack_s: float) -> Taken:
        raise ZeroDivisionError

    platform = Platform(deliver=broken)
    rule = Breaker(failures=1)
    with pytest.raises(ZeroDivisionError):
        await platform.fire(Sendout(target=TARGET, breaker=rule))
    lost = await platform.fire(Sendout(target=TARGET, breaker=rule))
    assert standing_hook(platform, lost) == HOW["lost"]


async def test_of_two_deliveries_the_first_counts() -> None:
    platform = Platform(deliver=Endpoint(lambda number: Taken("acknowledged" if number == 1 else "refused")))
    course = await platform.fire(Sendout(target=TARGET, mischief=("hook_twice",)))
    assert standing_hook(platform, course) == "acknowledged"
