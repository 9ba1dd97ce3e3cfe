"""Tokens: one fetch for everybody, used no longer than it lives, and no trace of a failed one."""

from __future__ import annotations

import asyncio
import gc
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from workbench.adapters.tokens import Read, Tokens, key_of
from workbench.errors import TokenRefused
from workbench.models.request import Failure, Reply, Request
from workbench.models.token import TokenAnswer
from workbench.sentence import say

REQUEST = Request(
    method="POST", url="https://auth.example/token", headers=(), body=b"grant_type=client_credentials"
)


@dataclass
class Ticking:
    """A clock that stands where it is put."""

    at: float = 1000.0

    def monotonic(self) -> float:
        return self.at


@dataclass
class TokenUrl:
    """A token URL: answers in turn with what it was given, after as many turns of the loop as asked."""

    answers: list[Reply | Failure | Exception] = field(default_factory=list)
    turns: int = 3
    asked: int = 0
    gate: asyncio.Event | None = None
    called: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    async def __call__(self, request: Request) -> Reply | Failure:
        assert request == REQUEST
        self.asked += 1
        number = self.asked
        self.called.release()
        for _ in range(self.turns):
            await asyncio.sleep(0)
        if self.gate is not None:
            await self.gate.wait()
        answer = self.answers.pop(0) if self.answers else Reply(status=200, body=f"token-{number}".encode())
        if isinstance(answer, Exception):
            raise answer
        return answer


def reader(expires_in_s: float | None = 3600.0) -> Read:
    def read(answer: Reply | Failure) -> TokenAnswer:
        if isinstance(answer, Failure):
            raise TokenRefused(answer.sentence)
        if answer.status != 200:
            raise TokenRefused(say("refused"))
        return TokenAnswer(access_token=SecretStr(answer.text()), expires_in_s=expires_in_s)

    return read


async def test_a_token_is_kept_until_a_minute_before_its_end() -> None:
    clock, url = Ticking(), TokenUrl()
    tokens = Tokens(clock, url)
    assert await tokens.token("k", REQUEST, reader(3600)) == "token-1"
    clock.at += 3539.9
    assert await tokens.token("k", REQUEST, reader(3600)) == "token-1"
    clock.at += 0.1
    assert await tokens.token("k", REQUEST, reader(3600)) == "token-2"
    assert url.asked == 2


@pytest.mark.parametrize(
    ("expires_in_s", "usable_s"),
    [(None, 300), (3600, 3540), (121, 61), (120, 60), (119, 59.5), (60, 30), (10, 5), (1, 0.5)],
)
async def test_how_long_a_token_is_used(expires_in_s: float | None, usable_s: float) -> None:
    clock, url = Ticking(), TokenUrl()
    tokens = Tokens(clock, url)
    await tokens.token("k", REQUEST, reader(expires_in_s))
    clock.at += usable_s - 0.25
    await tokens.token("k", REQUEST, reader(expires_in_s))
    assert url.asked == 1
    clock.at += 0.25
    await tokens.token("k", REQUEST, reader(expires_in_s))
    assert url.asked == 2


async def test_a_token_that_lives_no_time_serves_once() -> None:
    url = TokenUrl()
    tokens = Tokens(Ticking(), url)
    assert await tokens.token("k", REQUEST, reader(0)) == "token-1"
    assert await tokens.token("k", REQUEST, reader(0)) == "token-2"
    assert repr(tokens) == "<Tokens: 0 kept>"


async def test_the_life_of_a_token_counts_from_the_asking() -> None:
    clock, url = Ticking(), TokenUrl(gate=asyncio.Event())
    tokens = Tokens(clock, url)
    waiting = asyncio.create_task(tokens.token("k", REQUEST, reader(3600)))
    await url.called.acquire()
    clock.at += 3540  # it took so long to come that it is not used a second time
    url.gate.set()
    assert await waiting == "token-1"
    assert await tokens.token("k", REQUEST, reader(3600)) == "token-2"


async def test_fifty_callers_with_an_expired_token_cause_one_call() -> None:
    clock, url = Ticking(), TokenUrl()
    tokens = Tokens(clock, url)
    await tokens.token("k", REQUEST, reader(600))
    clock.at += 600
    got = await asyncio.gather(*(tokens.token("k", REQUEST, reader(600)) for _ in range(50)))
    assert set(got) == {"token-2"}
    assert url.asked == 2


async def test_fifty_refused_callers_cause_one_refresh() -> None:
    url = TokenUrl()
    tokens = Tokens(Ticking(), url)
    refused = asyncio.Barrier(50)

    async def send() -> str:
        token = await tokens.token("k", REQUEST, reader())
        await refused.wait()  # all of them went out with the same token and got a 401
        tokens.forget("k", token)
        return await tokens.token("k", REQUEST, reader())

    assert set(await asyncio.gather(*(send() for _ in range(50)))) == {"token-2"}
    assert url.asked == 2


async def test_a_late_refusal_of_an_old_token_drops_no_new_one() -> None:
    url = TokenUrl()
    tokens = Tokens(Ticking(), url)
    old = await tokens.token("k", REQUEST, reader())
    tokens.forget("k", old)
    assert await tokens.token("k", REQUEST, reader()) == "token-2"
    tokens.forget("k", old)
    tokens.forget("another", old)
    assert await tokens.token("k", REQUEST, reader()) == "token-2"


async def test_another_key_has_its_own_token() -> None:
    url = TokenUrl()
    tokens = Tokens(Ticking(), url)
    got = await asyncio.gather(*(tokens.token(key, REQUEST, reader()) for key in "abab"))
    assert got[0] == got[2] != got[1] == got[3]
    assert url.asked == 2


async def test_a_failed_fetch_reaches_all_who_wait_and_is_not_kept() -> None:
    failure = Failure(kind="timeout", sentence=say("no answer"), sent=True)
    url = TokenUrl([failure, Reply(status=401)])
    tokens = Tokens(Ticking(), url)
    errors = await asyncio.gather(
        *(tokens.token("k", REQUEST, reader()) for _ in range(50)), return_exceptions=True
    )
    assert {str(error) for error in errors} == {"no answer"}
    assert all(isinstance(error, TokenRefused) for error in errors)
    assert url.asked == 1
    with pytest.raises(TokenRefused, match="refused"):
        await tokens.token("k", REQUEST, reader())
    assert await tokens.token("k", REQUEST, reader()) == "token-3"


async def test_a_failed_refresh_does_not_bring_the_old_token_back() -> None:
    clock, url = Ticking(), TokenUrl([Reply(status=200, body=b"first"), Reply(status=401)])
    tokens = Tokens(clock, url)
    await tokens.token("k", REQUEST, reader(600))
    clock.at += 600
    with pytest.raises(TokenRefused):
        await tokens.token("k", REQUEST, reader(600))
    assert await tokens.token("k", REQUEST, reader(600)) == "token-3"


async def test_one_who_gives_up_does_not_take_the_token_from_the_others() -> None:
    url = TokenUrl(gate=asyncio.Event())
    tokens = Tokens(Ticking(), url)
    first = asyncio.create_task(tokens.token("k", REQUEST, reader()))
    second = asyncio.create_task(tokens.token("k", REQUEST, reader()))
    await url.called.acquire()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    url.gate.set()
    assert await second == "token-1"
    assert url.asked == 1


async def test_when_all_give_up_a_failure_is_no_loose_error() -> None:
    url = TokenUrl([Reply(status=401)], gate=asyncio.Event())
    tokens = Tokens(Ticking(), url)
    loose: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: loose.append(context))
    waiting = asyncio.create_task(tokens.token("k", REQUEST, reader()))
    await url.called.acquire()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    url.gate.set()
    await asyncio.wait(asyncio.all_tasks() - {asyncio.current_task()})
    await asyncio.sleep(0)  # its callbacks run a turn later, and only then is it let go
    gc.collect()
    assert loose == []
    assert await tokens.token("k", REQUEST, reader()) == "token-2"


async def test_what_was_forgotten_under_way_is_not_kept() -> None:
    url = TokenUrl(gate=asyncio.Event())
    tokens = Tokens(Ticking(), url)
    before = asyncio.create_task(tokens.token("k", REQUEST, reader()))
    await url.called.acquire()
    tokens.forget("k")
    after = asyncio.create_task(tokens.token("k", REQUEST, reader()))
    await url.called.acquire()
    url.gate.set()
    assert await before == "token-1"
    assert await after == "token-2"
    assert await tokens.token("k", REQUEST, reader()) == "token-2"


async def test_a_fetch_that_was_cancelled_is_begun_anew() -> None:
    url = TokenUrl(gate=asyncio.Event())
    tokens = Tokens(Ticking(), url)
    waiting = asyncio.create_task(tokens.token("k", REQUEST, reader()))
    await url.called.acquire()
    for task in asyncio.all_tasks() - {asyncio.current_task(), waiting}:
        task.cancel()  # as the end of a loop does
    with pytest.raises(asyncio.CancelledError):
        await waiting
    url.gate.set()
    assert await tokens.token("k", REQUEST, reader()) == "token-2"


async def test_expired_tokens_do_not_pile_up() -> None:
    clock = Ticking()
    tokens = Tokens(clock, TokenUrl())
    for number in range(20):
        await tokens.token(f"k{number}", REQUEST, reader(120))
        clock.at += 100
    assert repr(tokens) == "<Tokens: 1 kept>"


async def test_a_token_stands_in_no_representation() -> None:
    tokens = Tokens(Ticking(), TokenUrl())
    await tokens.token("k", REQUEST, reader())
    assert "token-1" not in repr(tokens)
    assert "token-1" not in repr(vars(tokens))
    answer = TokenAnswer(access_token=SecretStr("token-1"))
    assert "token-1" not in repr(answer) + str(answer) + str(answer.model_dump()) + answer.model_dump_json()


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf")])
def test_a_life_that_makes_no_sense_is_no_answer(seconds: float) -> None:
    with pytest.raises(ValidationError):
        TokenAnswer(access_token=SecretStr("t"), expires_in_s=seconds)


def test_an_empty_token_is_no_answer() -> None:
    with pytest.raises(ValidationError):
        TokenAnswer(access_token=SecretStr(""))


headers = st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), max_size=3).map(tuple)
requests = st.builds(
    Request,
    method=st.sampled_from(["GET", "POST"]),
    url=st.text(max_size=8),
    headers=headers,
    body=st.binary(max_size=8),
)


@settings(deadline=None)
@given(requests, requests)
def test_any_change_to_the_token_request_gives_another_key(one: Request, other: Request) -> None:
    same = (one.method, one.url, one.headers, one.body) == (
        other.method,
        other.url,
        other.headers,
        other.body,
    )
    assert (key_of(one) == key_of(other)) is same
