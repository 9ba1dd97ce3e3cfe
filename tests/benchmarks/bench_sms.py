"""How fast the SMS hub is: python -m tests.benchmarks.bench_sms. What stands beside it is measured in the same run, in turns.

- Callbacks: 200 signed Twilio reports at once over a real port, to a server in a process of its own. Each is proved and on the disk
  (SQLite, synchronous=FULL) before it is acknowledged. Beside it a bare Starlette app with the same answer, in a process of its own too.
- Consent: decisions of 10,000 questions over 100,000 known points. Beside it the digest and one look-up in SQLite for each.
- The meter: segments, encoding and the characters that force it. Beside it a plain count in Python, which says only how many segments.
- Requests: one text composed for each provider, signed where it signs. Beside it httpx, which is given the finished parts.
"""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from hashlib import blake2b
from pathlib import Path
from statistics import median
from time import perf_counter

import aiohttp
import httpx
import uvicorn
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.benchmarks.figures import sheet_of
from tests.callback_room import KEYS, OURS, PUBLIC, Room, report, room
from tests.loopback import listener
from workbench import Workbench
from workbench.adapters.clock import new_id
from workbench.engine import gsm7
from workbench.engine.segments import meter
from workbench.engine.sms import message_request
from workbench.models.callback import Callback
from workbench.models.consent import ConsentAsk, ConsentEvent
from workbench.models.message import Delivery, Message
from workbench.server.sms import add_sms_receiver
from workbench.services.callback_effects import new_delivery

ROUNDS = int(os.environ.get("WORKBENCH_BENCH_ROUNDS", "5"))
AT_ONCE = 200
POINTS = int(os.environ.get("WORKBENCH_BENCH_POINTS", "100000"))
ASKED = 10_000
ENVIRON = {"WORKBENCH_KEYRING": "off"}
ANSWER = b"<Response></Response>"
BODIES = (
    "Your table for two is booked tonight at 19:30. Reply STOP to opt out.",
    "Sale! {50 %} off everything until Sunday [online only]: shop.example/sale €9.90 " * 2,
    "Din kod är 4711. Dela den inte med någon – inte ens oss 🙂",
    "Спасибо за заказ! Мы сообщим, когда он будет готов к выдаче. " * 2,
)


# Callbacks -----------------------------------------------------------------------------------------------------------


async def serve(what: str, port: int, home: str) -> None:
    """Serve the receiver of a home, or the bare app, in this process."""
    config = {"host": "127.0.0.1", "port": port, "lifespan": "off", "log_config": None, "access_log": False}
    if what == "bare":

        async def take(request: Request) -> Response:
            await request.body()
            return Response(ANSWER, media_type="text/xml")

        bare = Starlette(routes=[Route("/sms/{token}/delivery", take, methods=["POST"])])
        await uvicorn.Server(uvicorn.Config(bare, **config)).serve()  # type: ignore[arg-type]
        return
    async with Workbench.open(home, public_at=PUBLIC, environ=ENVIRON) as bench:
        await bench.serve()
        app = FastAPI()
        add_sms_receiver(app, bench.callback_receiving)
        await uvicorn.Server(uvicorn.Config(app, **config)).serve()  # type: ignore[arg-type]


@asynccontextmanager
async def serving(what: str, home: Path) -> AsyncIterator[str]:
    """Serve it in a process of its own, and give its address."""
    free = listener()
    port = free.getsockname()[1]
    free.close()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.benchmarks.bench_sms", "serve", what, str(port), str(home)
    )
    try:
        async with asyncio.timeout(60):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.1)
                    continue
                writer.close()
                break
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


async def all_at_once(http: aiohttp.ClientSession, address: str, calls: list[Callback]) -> list[float]:
    """Make the calls together, and return how long each took to be acknowledged, the shortest first."""

    async def one(call: Callback) -> float:
        began = perf_counter()
        url = address + call.url.removeprefix(PUBLIC)
        async with http.post(url, data=call.body, headers=dict(call.headers)) as answer:
            assert answer.status == 200, answer.status
            await answer.read()
        return perf_counter() - began

    return sorted(await asyncio.gather(*map(one, calls)))


async def reports(at: Room, first: int) -> list[Callback]:
    """Return the calls of a burst; the deliveries that they tell of are kept."""
    house = at.bench.house
    now, made, calls = house.clock.now(), [], []
    for number in range(first, first + AT_ONCE):
        id = f"SM{number:032}"
        delivery = Delivery(
            id=new_id("dlv"), message_id=new_id("msg"), provider_id=id, account_id=at.account.id, provider="twilio",
            sender=OURS, to="+46***67 #abc", mode="rehearsal", state="accepted", sent_at=now, changed_at=now,
        )  # fmt: skip
        made.append(await new_delivery(house, delivery, "+46701234567"))
        calls.append(at.reports(report("delivered", id)))
    await at.deliveries.add(made)
    return calls


async def callbacks(home: Path) -> None:
    rates: dict[str, list[float]] = {"bare": [], "ours": [], "worked on": []}
    times: dict[str, list[list[float]]] = {"bare": [], "ours": []}
    connector = aiohttp.TCPConnector(limit=0)
    async with (
        Workbench.open(home, public_at=PUBLIC, environ=ENVIRON) as bench,
        serving("ours", home) as ours,
        serving("bare", home) as bare,
        aiohttp.ClientSession(connector=connector) as http,
    ):
        at = await room(bench, "twilio")
        for number in range(ROUNDS + 1):  # the first one opens the connections and is not counted
            calls = await reports(at, number * AT_ONCE)
            for name, address in (("bare", bare), ("ours", ours)):
                began = perf_counter()
                took = await all_at_once(http, address, calls)
                whole = perf_counter() - began
                if number:
                    rates[name].append(AT_ONCE / whole)
                    times[name].append(took)
            while await at.deliveries.unfinished(1):  # noqa: ASYNC110 - another process works on them
                await asyncio.sleep(0.02)
            if number:
                rates["worked on"].append(AT_ONCE / (perf_counter() - began))
    topic = f"{AT_ONCE} signed callbacks at once, proved and on the disk before they are acknowledged"
    sheet_of("sms", topic, "callbacks/s", rates, ours="ours", ceilings=("bare",), parts=("worked on",)).tell()
    for name in ("ours", "bare"):
        half = median(one[len(one) // 2] for one in times[name])
        slowest = [one[-1] for one in times[name]]
        print(
            f"  {name:10} median {half * 1000:6.0f} ms   slowest {median(slowest) * 1000:6.0f} ms"
            f" (of all rounds {max(slowest) * 1000:.0f} ms)"
        )


# Consent -------------------------------------------------------------------------------------------------------------


async def consent(home: Path) -> None:
    dice = random.Random(7)
    async with Workbench.open(home, environ=ENVIRON) as bench:
        doors, now = bench.consent.doors, bench.house.clock.now()
        numbers = [f"+467{number:08}" for number in range(POINTS)]
        began = perf_counter()
        for first in range(0, POINTS, 5000):
            events = [
                ConsentEvent(
                    id=new_id("con"), at=now, point=number, source="import", purpose="commercial",
                    status="opted_out" if place % 10 == 0 else "opted_in",
                )
                for place, number in enumerate(numbers[first : first + 5000], first)
            ]  # fmt: skip
            await doors.log.add(await doors.all_kept([(event, "") for event in events]))
        filled = POINTS / (perf_counter() - began)
        look_up = sqlite3.connect(home / "journal.sqlite")
        ours, alone = [], []
        for _ in range(ROUNDS):
            points = dice.sample(numbers, ASKED)
            asks = [ConsentAsk(point=point, purpose="commercial") for point in points]
            began = perf_counter()
            decided = await bench.consent.doors.decide(asks)
            ours.append(ASKED / (perf_counter() - began))
            assert sum(one.send for one in decided) == sum(int(point[4:]) % 10 != 0 for point in points)
            began = perf_counter()
            for point in points:
                digest = blake2b(f"sms:{point}".encode(), key=b"k" * 32, digest_size=16).hexdigest()
                look_up.execute(
                    "SELECT no FROM workbench_consent_standing WHERE digest = ?", (digest,)
                ).fetchall()
            alone.append(ASKED / (perf_counter() - began))
        look_up.close()
    topic = f"Consent decisions over {POINTS:,} known points, {ASKED:,} at a time"
    rates = {"ours": ours, "a digest and a look-up each": alone}
    sheet_of("sms", topic, "decisions/s", rates, ours="ours").tell()
    print(f"  recorded at {filled:,.0f}/s")


# The meter and the requests ------------------------------------------------------------------------------------------

_BASIC = frozenset(chr(code) for code in range(0x250) if not gsm7.foreign(chr(code)))
_ESCAPED = frozenset("^{}\\[~]|€\f")


def plain_count(text: str) -> int:
    """Return the segments of a text as a program of one's own would count them."""
    if all(sign in _BASIC or sign in _ESCAPED for sign in text):
        units, single, joined = len(text) + sum(sign in _ESCAPED for sign in text), 160, 153
    else:
        units, single, joined = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if units <= single else -(-units // joined)


def rate(work: Callable[[], object], seconds: float = 0.3) -> float:
    """Return how often a second the work is done."""
    count, began = 0, perf_counter()
    while (took := perf_counter() - began) < seconds:
        for _ in range(20):
            work()
        count += 20
    return count / took


def meters() -> None:
    for text in BODIES:
        assert meter(text).segments == plain_count(text), text
    ours, plain = [], []
    for _ in range(ROUNDS):
        ours.append(rate(lambda: [meter(text) for text in BODIES]) * len(BODIES))
        plain.append(rate(lambda: [plain_count(text) for text in BODIES]) * len(BODIES))
    topic = f"The meter: segments and what forces them, {len(BODIES)} texts of 58 to 162 characters"
    rates = {"ours": ours, "a plain count": plain}
    sheet_of("sms", topic, "texts/s", rates, ours="ours", ceilings=("a plain count",)).tell()


async def requests(home: Path) -> None:
    async with Workbench.open(home, environ=ENVIRON) as bench:
        for key in KEYS:
            at = await room(bench, key)
            provider, credential, secrets = await bench.sms_accounts.opened(at.account)
            url = "https://api.example.com/send" if not provider.endpoints[0].url else ""
            settings = at.account.settings.model_copy(update={"url": url})
            message = Message(
                id=new_id("msg"), sender=OURS, to=("+46701234567",), body=BODIES[0], tag="msg_1",
                report_url=f"{PUBLIC}/sms/token/delivery", now=bench.house.clock.now(),
            )  # fmt: skip
            token = "t" * 40
            made = message_request(settings, provider, credential, secrets, message, token=token)
            ours, peer = [], []
            for _ in range(ROUNDS):
                ours.append(
                    rate(lambda: message_request(settings, provider, credential, secrets, message, token=token), 0.15)  # noqa: B023
                )  # fmt: skip
                peer.append(
                    rate(lambda: httpx.Request(made.method, made.url, headers=made.headers, content=made.body), 0.15)  # noqa: B023
                )  # fmt: skip
            rates = {"ours": ours, "httpx, given the finished parts": peer}
            sheet_of("sms", f"One text composed for {key}", "requests/s", rates, ours="ours").tell()


async def main() -> None:
    with tempfile.TemporaryDirectory(prefix="wb-bench") as folder:
        await callbacks(Path(folder) / "callbacks")
        await consent(Path(folder) / "consent")
        meters()
        await requests(Path(folder) / "requests")


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[2], int(sys.argv[3]), sys.argv[4]) if sys.argv[1:2] == ["serve"] else main())
