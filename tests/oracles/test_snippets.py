"""Every dialect of a snippet is run by its own language against a recorder, and what arrives is compared with the frozen request."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.loopback import listener
from tests.oracles.conftest import _interpreter
from tests.snippet_room import (
    DRIVERS,
    HTTP_WORDS,
    HTTPIE_DRIVER,
    PLACEHOLDERS,
    by_mark,
    fixed_requests,
    programs,
    script,
    strangers,
    taken,
)
from workbench.adapters.interpreters import Interpreters
from workbench.adapters.processes import Ran, run
from workbench.adapters.recorder import Recorder
from workbench.engine.snippets import Arrived, Trial, compared, snippet, trial
from workbench.models.request import Request
from workbench.models.snippet import Dialect

pytestmark = pytest.mark.oracle

PROGRAMS: Mapping[Dialect, str] = {"curl": "curl", "php_curl": "php", "javascript_fetch": "node"}
Play = Callable[[Sequence[Trial]], Awaitable[list[Arrived | None]]]


def program(name: str) -> str:
    """Return where a program is; in CI none may be missing."""
    found = shutil.which(name)
    if found is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"{name} is not on this machine")
    return found


def exported(environ: Mapping[str, str]) -> str:
    """Return the words that set variables, for a shell that runs many commands."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in environ.items())


class Stage:
    """A recorder, and what runs many trials of a dialect against it."""

    def __init__(self, recorder: Recorder, folder: Path) -> None:
        self.recorder, self.folder = recorder, folder
        self.environ = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8", "MARK": f"{recorder.origin}/mark",
            "NO_PROXY": "*", "HTTPIE_CONFIG_DIR": str(folder),
        }  # fmt: skip
        (folder / "config.json").write_text('{"disable_update_warnings": true}')

    async def run(self, words: Sequence[str], text: str, environ: Mapping[str, str] = {}) -> Ran:
        done = await run(words, text, environ={**self.environ, **environ}, folder=self.folder, patience_s=120)
        assert done.code == 0, done.words
        return done

    async def play(self, dialect: Dialect, trials: Sequence[Trial]) -> list[Arrived | None]:
        if dialect in ("python_httpx", "python_requests"):
            driver = script(self.folder, "driver.py", DRIVERS["python"])
            await self.run(
                [sys.executable, "-I", str(driver)], programs([(one.text, one.environ) for one in trials])
            )
        elif dialect == "javascript_fetch":
            driver = script(self.folder, "driver.mjs", DRIVERS["javascript"])
            await self.run(
                [program("node"), str(driver)], programs([(one.text, one.environ) for one in trials])
            )
        elif dialect == "httpie":
            return await self._httpie(trials)
        else:
            words = [program("php")] if dialect == "php_curl" else [program("sh"), "-s"]
            return [await self._one(words, one) for one in trials]
        return by_mark(await taken(self.recorder), len(trials))

    async def _one(self, words: Sequence[str], one: Trial) -> Arrived | None:
        await self.run(words, one.text, one.environ)
        found = await taken(self.recorder)
        return found[-1] if found else None

    async def _httpie(self, trials: Sequence[Trial]) -> list[Arrived | None]:
        """Let a shell make the words of each command, and one process of HTTPie take them all."""
        python = _interpreter("snippets")
        outs = [str(self.folder / f"http-{at}") for at in range(len(trials))]
        for old in self.folder.glob("http-*"):
            old.unlink()
        made = [
            exported({**one.environ, "OUT": out}) + one.text for out, one in zip(outs, trials, strict=True)
        ]
        await self.run([program("sh"), "-s"], HTTP_WORDS + "".join(f"(\n{one})\n" for one in made))
        driver = script(self.folder, "driver.py", HTTPIE_DRIVER)
        await self.run([str(python), "-I", str(driver)], json.dumps(outs))
        return by_mark(await taken(self.recorder), len(trials))


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with Recorder(listener=listener(), most=1000) as recorder:
        yield Stage(recorder, tmp_path)


async def check(stage: Stage, dialect: Dialect, wanted: Sequence[Request]) -> None:
    """Run the snippets of requests; what arrives is the same to the byte, unless the snippet itself says what is not."""
    trials = [trial(request, dialect, PLACEHOLDERS, stage.recorder.origin) for request in wanted]
    arrived = await stage.play(dialect, trials)
    wrong = []
    for request, one, came in zip(wanted, trials, arrived, strict=True):
        known = snippet(request, dialect, PLACEHOLDERS).differences
        told = [str(sentence) for sentence in known if "is a secret here" not in sentence.text]
        found = (
            ["nothing arrived"]
            if came is None
            else [str(sentence) for sentence in compared(one.expected, came)]
        )
        if came is not None and strangers(request, came) and not told:
            found.append(f"headers of its own: {strangers(request, came)}")
        if found and not told:
            wrong.append(
                (request.method, request.url, request.headers, request.body[:60], found, one.text[:1500])
            )
        assert came is not None or told, (found, one.text[:3000])
    assert wrong == []


TRIED: list[Dialect] = ["curl", "python_httpx", "python_requests", "php_curl", "javascript_fetch", "httpie"]


@pytest.mark.parametrize("dialect", TRIED)
async def test_the_same_bytes_arrive(stage: Stage, dialect: Dialect) -> None:
    wanted = fixed_requests()
    await check(
        stage, dialect, wanted if dialect != "curl" else wanted[-20:]
    )  # more of it: tests/engine/test_snippets.py


def texts() -> st.SearchStrategy[str]:
    """Any text of a few signs, those that mean something to a language more often."""
    odd = st.sampled_from(list("'\"$`\\\n\r\t %{}[]<>&;:=@#!*?~/-_\x00\x7f\x85\u2028é日🙂"))
    return st.lists(odd | st.characters(exclude_categories=["Cs"]), max_size=12).map("".join)


HEADER = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=12).map(str.strip)
BODY = st.one_of(
    st.lists(texts() | st.sampled_from(["$SHOP_KEY", "$SHOP_KEY_2_URL", "$OTHER"]), max_size=3).map(
        lambda parts: "".join(parts).encode()
    ),
    st.binary(max_size=20),
)
REQUESTS = st.builds(
    lambda method, segment, query, headers, body, typed: Request(
        method=method,
        url=f"https://api.example.com/{quote(segment, safe='')}/x?q={quote_plus(query)}",
        headers=((("Content-Type", "a/b"),) if typed else ()) + headers,
        body=body,
    ),
    st.sampled_from(["POST", "PUT", "DELETE"]),
    texts(),
    texts(),
    st.lists(
        st.tuples(st.sampled_from(["X-One", "X-Two"]), HEADER), max_size=2, unique_by=lambda pair: pair[0]
    ).map(tuple),
    BODY,
    st.booleans(),
)


NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
"""Each try starts programs: to search for a smaller example would take minutes, and the failure shows the one request that is wrong."""


@pytest.mark.parametrize("dialect", TRIED)
def test_any_text_arrives_as_it_is(tmp_path: Path, dialect: Dialect) -> None:
    """One loop for each example: many requests are run together."""
    many = 8 if dialect in ("curl", "php_curl", "httpie") else 25

    async def play(wanted: Sequence[Request]) -> None:
        async with Recorder(listener=listener(), most=1000) as recorder:
            await check(Stage(recorder, tmp_path), dialect, wanted)

    @settings(deadline=None, max_examples=3, phases=NO_SHRINKING, suppress_health_check=list(HealthCheck))
    @given(st.lists(REQUESTS, min_size=many, max_size=many))
    def series(wanted: list[Request]) -> None:
        asyncio.run(play(wanted))

    series()


@pytest.mark.soak
@pytest.mark.parametrize("dialect", TRIED)
def test_any_text_arrives_as_it_is_in_a_long_series(tmp_path: Path, dialect: Dialect) -> None:
    async def play(wanted: Sequence[Request]) -> None:
        async with Recorder(listener=listener(), most=1000) as recorder:
            await check(Stage(recorder, tmp_path), dialect, wanted)

    @settings(deadline=None, max_examples=60, phases=NO_SHRINKING, suppress_health_check=list(HealthCheck))
    @given(st.lists(REQUESTS, min_size=20, max_size=20))
    def series(wanted: list[Request]) -> None:
        asyncio.run(play(wanted))

    series()


# -- what is known to differ, and does -----------------------------------------------------------------------------------

NAMED: list[tuple[Dialect, Request, str, str]] = [
    (
        "python_requests", Request(method="GET", url="https://api.example.com/a?x=[1]", headers=()), "writes the address in its own way",
        "Address: /a?x=%5B1%5D arrived, /a?x=[1] was meant.",
    ),
    (
        "httpie", Request(method="GET", url="https://api.example.com/a?x=[1]", headers=()), "writes the address in its own way",
        "Address: /a?x=%5B1%5D arrived, /a?x=[1] was meant.",
    ),
    (
        "javascript_fetch", Request(method="GET", url="https://api.example.com/a/../b", headers=()), "writes the address in its own way",
        "Address: /b arrived, /a/../b was meant.",
    ),
    (
        "javascript_fetch", Request(method="GET", url="https://api.example.com/", headers=(("X-A", "1"), ("X-A", "2"))),
        "joins the header x-a", "Header x-a: 1, 2 arrived, 1 | 2 was meant.",
    ),
    (
        "javascript_fetch", Request(method="GET", url="https://api.example.com/", headers=(), body=b"x"),
        "sends no body with GET", "Body: it differs from byte 1 on (0 bytes arrived, 1 were meant).",
    ),
    (
        "javascript_fetch", Request(method="POST", url="https://api.example.com/", headers=(("Expect", "100-continue"),)),
        "does not let a program set the header Expect", "Header expect: it did not arrive.",
    ),
    (
        "httpie", Request(method="GET", url="https://api.example.com/", headers=(("X-A", "a\\:b"),)),
        "takes a backslash before", "Header x-a: a:b arrived, a\\:b was meant.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("dialect", "request_", "known", "found"),
    NAMED,
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_is_said_to_differ_does(
    stage: Stage, dialect: Dialect, request_: Request, known: str, found: str
) -> None:
    [sentence] = snippet(request_, dialect).differences
    assert known in str(sentence)
    one = trial(request_, dialect, (), stage.recorder.origin)
    [came] = await stage.play(dialect, [one])
    assert came is not None
    assert [str(each) for each in compared(one.expected, came)] == [found]


# -- SendPulse's own SDKs ------------------------------------------------------------------------------------------------

KEY = {"$SENDPULSE_API_KEY": "API key"}
BODY_TEXT = (
    '{"email":"ana@example.com","é":"it\'s \\"q\\" /x $y {$z} #{x}","products":[{"id":1.0,"x":{},"0":{"0":"a"}}],'
    '"n":null,"b":true,"f":129.9}'
)


def event(
    name: str = "registration",
    body: str = '{"email":"a@example.com","phone":"+123456789","automation_id":77}',
) -> Request:
    return Request(
        method="POST", url=f"https://api.sendpulse.com/events/name/{quote(name, safe='')}", body=body.encode(), provider="sendpulse",
        headers=(("Content-Type", "application/json"), ("Authorization", "Bearer $SENDPULSE_API_KEY")),
    )  # fmt: skip


async def played(tools: Interpreters, dialect: Dialect, wanted: Request) -> tuple[list[Arrived], list[str]]:
    async with Recorder(listener=listener()) as recorder:
        one = trial(wanted, dialect, KEY, recorder.origin)
        recorder.token = one.token
        done = await tools.run(dialect, one.text, one.environ, recorder.origin)
        assert done.code == 0, done.words
        return recorder.arrived, [str(each) for each in compared(one.expected, recorder.arrived[-1])]


async def test_pysendpulse_sends_the_same_values_and_its_faults_are_named() -> None:
    tools = Interpreters(python=_interpreter("sendpulse"))
    for name, body in (("registration", event().body.decode()), ("a b/c?d'\"é", BODY_TEXT)):
        wanted = event(name, body)
        arrived, found = await played(tools, "python_sendpulse", wanted)
        assert [one.target for one in arrived] == [
            "/oauth/access_token",
            f"//events/name/{quote(name, safe='')}",
        ]
        assert json.loads(arrived[-1].body) == json.loads(body)
        assert [sentence.partition(":")[0] for sentence in found] == ["Address", "Body"]
        told = " ".join(str(sentence) for sentence in snippet(wanted, "python_sendpulse", KEY).differences)
        assert "two slashes" in told
        assert "the same values in other bytes" in told


async def test_sendpulses_library_for_php_sends_the_same_values() -> None:
    folder = os.environ.get("SENDPULSE_PHP_FOLDER")
    tools = Interpreters(php_folder=Path(folder) if folder else None)
    lacks = tools.lacks("php_sendpulse")
    if lacks is not None:
        pytest.skip(f"{lacks} Then name that folder in SENDPULSE_PHP_FOLDER.")
    simple, found = await played(tools, "php_sendpulse", event())
    assert [one.target for one in simple] == ["/oauth/access_token", "/events/name/registration"]
    assert found == []
    wanted = event("a b/c?d'\"é", BODY_TEXT)
    arrived, found = await played(tools, "php_sendpulse", wanted)
    assert json.loads(arrived[-1].body) == json.loads(BODY_TEXT)
    assert [sentence.partition(":")[0] for sentence in found] == ["Body"]
    assert any(
        "PHP writes slashes" in str(sentence)
        for sentence in snippet(wanted, "php_sendpulse", KEY).differences
    )
