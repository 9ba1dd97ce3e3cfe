"""TOKENS: OAuth2 access tokens, fetched once for everybody who waits and kept in memory only."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from pydantic import SecretStr

from workbench.models.request import Failure, Reply, Request
from workbench.models.token import TokenAnswer

Send = Callable[[Request], Awaitable[Reply | Failure]]
Read = Callable[[Reply | Failure], TokenAnswer]


class Ticks(Protocol):
    """The part of a clock that is needed here."""

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start; they never go back."""
        ...


@dataclass(frozen=True, slots=True)
class _Kept:
    token: SecretStr
    until: float


class Tokens:
    """The tokens of this process, by key. A key stands for all fields of an authorization: see ``key_of``."""

    def __init__(self, clock: Ticks, send: Send) -> None:
        self._clock = clock
        self._send = send
        self._kept: dict[str, _Kept] = {}
        self._flights: dict[str, asyncio.Task[SecretStr]] = {}

    def __repr__(self) -> str:
        return f"<Tokens: {len(self._kept)} kept>"

    async def token(self, key: str, request: Request, read: Read) -> str:
        """Return a token that is good for now: the kept one, or one fetched by ``request``.

        However many wait, one request goes out. A token is used until the margin before its end (60 seconds, where its
        credential says no other), one that lives less than two margins for half its life, one of unstated life for five
        minutes or what its credential says. A failed fetch is not kept: the next caller tries anew.

        Raises:
            TokenRefused: Whatever ``read`` raises about the answer reaches everybody who waited for it.
        """
        kept = self._kept.get(key)
        if kept is not None and self._clock.monotonic() < kept.until:
            return kept.token.get_secret_value()
        flight = self._flights.get(key)
        if flight is None or flight.done():
            flight = asyncio.create_task(self._fetch(key, request, read))
            self._flights[key] = flight
            flight.add_done_callback(lambda done: self._landed(key, done))
        # Shielded, so that one caller who gives up does not take the token from the others.
        return (await asyncio.shield(flight)).get_secret_value()

    def forget(self, key: str, token: str | None = None) -> None:
        """Drop the token of ``key``. With ``token``, drop it only if it is still that one.

        After a 401, give the token that was refused: of many who were refused with the same one, the first drops it and
        all share the one that is fetched next.
        """
        kept = self._kept.get(key)
        if token is None:
            self._flights.pop(key, None)  # who waits for it still gets it, but it is not kept
            self._kept.pop(key, None)
        elif kept is not None and kept.token.get_secret_value() == token:
            del self._kept[key]

    async def _fetch(self, key: str, request: Request, read: Read) -> SecretStr:
        asked_at = (
            self._clock.monotonic()
        )  # the token's life began no earlier, so counting from here is never too long
        answer = read(await self._send(request))
        if self._flights.get(key) is asyncio.current_task():
            self._keep(key, _Kept(answer.access_token, asked_at + _usable_s(answer)))
        return answer.access_token

    def _keep(self, key: str, token: _Kept) -> None:
        now = self._clock.monotonic()
        self._kept = {name: kept for name, kept in self._kept.items() if kept.until > now}
        if token.until > now:
            self._kept[key] = token

    def _landed(self, key: str, flight: asyncio.Task[SecretStr]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
        if not flight.cancelled():
            flight.exception()  # seen here too: every waiter may have given up


def key_of(request: Request) -> str:
    """Return the key of a token request: any change to its address, headers or body (hence any secret) gives another."""
    parts = [request.method, request.url, *(part for header in request.headers for part in header)]
    digest = hashlib.sha256()
    for data in [*(part.encode("utf-8", "surrogatepass") for part in parts), request.body]:
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


def _usable_s(answer: TokenAnswer) -> float:
    lives_s, margin_s = answer.expires_in_s, answer.margin_s
    if lives_s is None:
        return answer.unstated_s
    return max(lives_s - margin_s, lives_s / 2 if lives_s < 2 * margin_s else 0.0)
