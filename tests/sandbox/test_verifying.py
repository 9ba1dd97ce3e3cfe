"""The pass or fail sheet: our own receiver passes it over real ports, and each fault of an endpoint is found by its own check."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.loopback import quiet_port
from tests.queues import served
from workbench import Workbench
from workbench.errors import Refused
from workbench.models.gate import GateSettings
from workbench.models.platform import Target
from workbench.models.rules import Comparison, Rule, RuleSet
from workbench.models.verification import Sheet
from workbench.sandbox.verifying import verify
from workbench.server import make_app

TOKEN = "a-gate-token-of-many-letters"
CONSENT = RuleSet(
    rules=(
        Rule(
            name="consent",
            when=Comparison(field="consent", operator="not_equals", value="yes"),
            reason="No consent",
        ),
    )
)


def states(sheet: Sheet) -> dict[str, str]:
    return {check.key: check.state for check in sheet.checks}


async def test_our_own_receiver_passes_every_check(tmp_path: Path) -> None:
    port = quiet_port()
    async with Workbench.open(
        tmp_path, sandbox_at=f"http://127.0.0.1:{port}", environ={"WORKBENCH_KEYRING": "off"}
    ) as bench:
        value = bench.house.vault.seal_text(TOKEN)
        await bench.gates.create(
            GateSettings(
                name="Shop", key="shop", auth="header", header="X-Gate", header_value=value, rules=CONSENT
            )
        )
        await bench.serve()
        async with served(make_app(bench)) as at:
            target = Target(url=f"{at}/gate/shop", auth="header", name="X-Gate", token=TOKEN)
            sheet = await verify(target, rows=300, wait_s=30, quiet_s=1, port=port)
    slow = {"acknowledged"}  # this machine may be busy: the figure is told, and no test is timed
    assert {key: state for key, state in states(sheet).items() if key not in slow and state != "passed"} == {}
    assert {"key", "leak", "cut", "twice", "large"} <= set(states(sheet))
    assert TOKEN not in sheet.model_dump_json()


async def lines_of(http: httpx.AsyncClient, url: str) -> list[str]:
    """The lines of a file, as far as it came."""
    text = b""
    with suppress(httpx.TransportError):
        async with http.stream("GET", url) as answer:
            async for chunk in answer.aiter_raw():
                text += chunk
    return text.decode().splitlines()


@asynccontextmanager
async def endpoint(*, status: int = 202, reads: bool = True, answers: bool = True) -> AsyncIterator[str]:
    """A careless endpoint: it takes everything, rejects who has no consent whatever comes of it, and always finishes."""
    tasks: set[asyncio.Task[None]] = set()

    async def answer(hook: dict[str, object]) -> None:
        async with httpx.AsyncClient(timeout=20) as http:
            with suppress(httpx.TransportError):  # the stand-in may be gone already
                await decide(http, hook)

    async def decide(http: httpx.AsyncClient, hook: dict[str, object]) -> None:
        if reads and hook.get("itemDownloadUri"):
            for line in await lines_of(http, str(hook["itemDownloadUri"])):
                if (
                    '"consent":"yes"' not in line.replace(" ", "")
                    and line.startswith('{"id"')
                    and line.endswith("}")
                ):
                    await http.post(json.loads(line)["cancelUri"])
        await http.post(str(hook["finishUri"]))

    async def take(request: Request) -> Response:
        try:
            hook = await request.json()
        except ValueError:
            hook = None
        if hook is not None and answers:
            task = asyncio.create_task(answer(hook))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        return Response(status_code=status)

    async with served(Starlette(routes=[Route("/gate", take, methods=["POST"])])) as at:
        yield f"{at}/gate"
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_careless_endpoint_is_found_out() -> None:
    async with endpoint() as url:
        sheet = await verify(
            Target(url=url, auth="header", name="X-Gate", token=TOKEN), rows=60, wait_s=15, quiet_s=1
        )
    found = states(sheet)
    assert {key for key, state in found.items() if state == "failed"} >= {"broken", "key", "cut", "leak"}
    assert found["batch"] == found["empty"] == "passed"
    assert not sheet.passed


async def test_one_that_never_answers_or_refuses_is_found_out() -> None:
    async with endpoint(answers=False) as url:
        silent = states(await verify(Target(url=url), rows=20, wait_s=0.5, quiet_s=0))
    async with endpoint(status=500) as url:
        refusing = states(await verify(Target(url=url), rows=20, wait_s=0.5, quiet_s=0))
    assert silent["batch"] == silent["single"] == "failed"
    assert silent["cut"] == "passed"
    assert refusing["acknowledged"] == refusing["batch"] == refusing["after"] == "failed"


async def test_an_endpoint_elsewhere_is_not_called_without_a_word() -> None:
    with pytest.raises(Refused, match="on this machine only"):
        await verify(Target(url="https://gate.shop.example/hook"), rows=20, wait_s=1)
