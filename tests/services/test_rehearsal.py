"""Rehearsal: a saved gate's sendout is held, looked at and brought to its end, over every way in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.sandbox.running import running
from tests.services.conftest import ENVIRON, PLANTED
from workbench import Workbench
from workbench.errors import Forbidden, Invalid, NotFound, Refused, Unreachable
from workbench.models.base import SecretRef
from workbench.models.gate import Gate, GateSettings
from workbench.models.person import Role
from workbench.models.platform import Sendout, Target
from workbench.sandbox.app import Sandbox
from workbench.sandbox.platform.delivery import Taken
from workbench.services.rehearsal import GATES, Rehearsal

NOW = datetime(2026, 1, 5, tzinfo=UTC)


class Endpoint:
    """Takes the hooks that the stand-in delivers in this process."""

    def __init__(self) -> None:
        self.targets: list[Target] = []

    async def __call__(self, target: Target, body: bytes, ack_s: float) -> Taken:
        self.targets.append(target)
        return Taken("acknowledged", 202)


@pytest.fixture
def endpoint(house: Workbench, sandbox: Sandbox) -> Endpoint:
    made = Endpoint()
    sandbox.platform.deliver = made
    return made


def keep(bench: Workbench, **settings: object) -> Gate:
    made = GateSettings.model_validate({"name": "Spring gate", "key": "spring", **settings})
    gate = Gate(id=f"gat_{made.key}", settings=made, created_at=NOW, changed_at=NOW)
    bench.house.catalogue.put(GATES, gate.id, gate.model_dump(mode="json"))
    return gate


async def test_a_sendout_is_held_for_a_gate_and_ends(
    bench: Workbench, house: Workbench, endpoint: Endpoint
) -> None:
    gate = keep(house)
    standing = await bench.rehearsal.fire(gate.id, Sendout(size=3))
    assert (standing.hook, standing.waiting) == ("acknowledged", 3)
    assert endpoint.targets == [Target(url="http://gate.sandbox.localhost/gate/spring")]
    assert [item.id for item in await bench.rehearsal.standings()] == [standing.id]
    assert [item.ending for item in await bench.rehearsal.endings(standing.id)] == [None] * 3
    [moved] = await bench.rehearsal.advance(60.5)
    assert (moved.timed_out, moved.now_min) == (3, 60.5)
    assert await bench.rehearsal.standing(standing.id) == moved
    [last] = await bench.rehearsal.endings(standing.id, after=2, limit=5)
    assert (last.number, last.ending and last.ending.words) == (3, "timed-out path")


@pytest.mark.parametrize("wanted", ["gat_spring", "spring", " spring GATE "])
async def test_a_gate_is_found_by_id_key_or_name(house: Workbench, endpoint: Endpoint, wanted: str) -> None:
    keep(house)
    keep(house, key="other", name="Other")
    await house.rehearsal.fire(wanted, Sendout(size=1))
    assert endpoint.targets[0].url.endswith("/gate/spring")


async def test_the_gates_key_goes_with_the_hook_and_is_not_shown(
    house: Workbench, endpoint: Endpoint, secret: SecretRef
) -> None:
    keep(house, auth="header", header="X-Gate", header_value=secret)
    keep(house, key="two", name="Two", auth="basic", username="gate", password=secret)
    keep(
        house, key="three", name="Three", kind="sqs", auth="iam", access_key_id="AKIA",
        secret_access_key=secret, queue_url="http://127.0.0.1:9/sqs/000000000000/send-gate", queue_region="eu-west-1",
    )  # fmt: skip
    for name in ("spring", "two", "three"):
        standing = await house.rehearsal.fire(name, Sendout(size=1))
        assert PLANTED not in standing.model_dump_json()
    assert [(target.auth, target.name, target.token) for target in endpoint.targets] == [
        ("header", "X-Gate", PLANTED), ("basic", "gate", PLANTED), ("iam", "AKIA", PLANTED),
    ]  # fmt: skip
    assert (endpoint.targets[2].kind, endpoint.targets[2].region) == ("sqs", "eu-west-1")


async def test_a_target_that_somebody_gives_is_not_taken(house: Workbench, endpoint: Endpoint) -> None:
    keep(house)
    await house.rehearsal.fire("spring", Sendout(size=1, target=Target(url="http://127.0.0.1:9/elsewhere")))
    assert endpoint.targets[0].url.endswith("/gate/spring")


async def test_what_is_wrong_is_said(house: Workbench, endpoint: Endpoint) -> None:
    with pytest.raises(NotFound, match="no gate"):
        await house.rehearsal.fire("nobody", Sendout())
    keep(house, auth="header", header="X", header_value=SecretRef(handle="sec_" + "0" * 20))
    with pytest.raises(Invalid, match="vault"):
        await house.rehearsal.fire("spring", Sendout())
    keep(house)
    with pytest.raises(Refused, match="at most 10000"):
        await house.rehearsal.fire("spring", Sendout(single=True, size=20_000))
    with pytest.raises(NotFound, match="no such sendout"):
        await house.rehearsal.standing("so_none/../x")
    for minutes in (-1.0, float("nan"), float("inf")):
        with pytest.raises(Refused, match="clock"):
            await house.rehearsal.advance(minutes)


@pytest.mark.parametrize(
    "work",
    [
        lambda rehearsal: rehearsal.fire("spring", Sendout()),
        lambda rehearsal: rehearsal.standings(),
        lambda rehearsal: rehearsal.advance(1),
    ],
)
async def test_a_live_workbench_rehearses_nothing(
    tmp_path: Path, work: Callable[[Rehearsal], Awaitable[object]]
) -> None:
    async with Workbench.open(tmp_path / "live", live=True, environ=ENVIRON) as bench:
        keep(bench)
        with pytest.raises(Refused, match="live"):
            await work(bench.rehearsal)


async def test_a_viewer_looks_and_fires_nothing(
    connected: Callable[[Role], Workbench], house: Workbench
) -> None:
    keep(house)
    viewer = connected("viewer")
    assert await viewer.rehearsal.standings() == []
    with pytest.raises(Forbidden):
        await viewer.rehearsal.fire("spring", Sendout())
    with pytest.raises(Forbidden):
        await viewer.rehearsal.advance(1)


async def test_the_stand_in_of_the_environment_is_used_where_one_is_served(tmp_path: Path) -> None:
    sandbox = Sandbox()
    sandbox.platform.deliver = Endpoint()
    async with (
        running(sandbox) as address,
        Workbench.open(tmp_path / "home", sandbox_at=address, environ=ENVIRON) as bench,
    ):
        keep(bench)
        standing = await bench.rehearsal.fire("spring", Sendout(size=2))
        assert list(sandbox.platform.courses) == [standing.id]
        course = sandbox.platform.courses[standing.id]
        assert f'"finishUri": "{address}/platform/rest/'.encode() in course.hook(0)
        [moved] = await bench.rehearsal.advance(61)
        assert moved.timed_out == 2


async def test_a_stand_in_that_is_away_or_something_else_is_told(house: Workbench, sandbox: Sandbox) -> None:
    with pytest.raises(Unreachable, match="does not answer"):
        await Rehearsal(house.house, at="http://elsewhere.example").standings()

    async def page(scope: object, receive: object, send: object) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})  # type: ignore[operator]
        await send({"type": "http.response.body", "body": b"<html>"})  # type: ignore[operator]

    sandbox.platform._app = page  # type: ignore[assignment]
    with pytest.raises(Unreachable, match="something else"):
        await house.rehearsal.standings()
