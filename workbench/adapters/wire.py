"""WIRE: the one door to the network, and the only importer of httpx.

What goes out is the frozen ``Request``: its method, its headers, its body and the raw path and query of its URL, byte
for byte. Added are ``Host`` and ``Content-Length``, and where the request names none ``User-Agent`` and
``Accept-Encoding``. No redirect is followed, no proxy, cookie or ``.netrc`` taken up, nothing tried a second time.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import unquote

import httpcore
import httpx

from workbench.errors import NotRehearsed, Refused, WorkbenchError
from workbench.models.request import Failure, Headers, Mode, Reply, Request
from workbench.sentence import say

from . import stand_in
from .download import MOST_BYTES, Download, Limits, Opened, asking_for_gzip
from .guard import Guard
from .incoming import BODY_LIMIT as BODY_LIMIT
from .incoming import Answer, collected, reply
from .lookups import Resolve, system_resolve
from .outgoing import Heads, Origin, Ready
from .stand_in import ASGIApp, Scope
from .trip import Kinds, Trip

Route = Callable[[Request], ASGIApp | None]
"""Returns the stand-in that answers a request, or None where there is none for its host."""

KEEP_S: Final = 4.0
"""Seconds an idle connection is kept: less than the five after which Node and uvicorn close it from their side."""
HEADS: Final = 64
"""Different addresses and sets of headers that a bulk wire remembers."""

NO_ANSWER: Final = (httpx.TransportError, httpx.InvalidURL)
"""What a ``client`` raises when the server does not answer."""


class Wire:
    """Sends frozen requests: to the network (``Wire.live``) or to stand-ins in this process (``Wire.rehearsal``)."""

    def __init__(
        self, mode: Mode, carrier: Carrier, *, at_once: int | None = None, real: Real | None = None
    ) -> None:
        self.mode: Mode = mode
        self._carrier = carrier
        self._real = real
        self._turns = nullcontext() if at_once is None else asyncio.Semaphore(at_once)
        self._heads = Heads(locate, kept=0 if at_once is None else HEADS)

    @classmethod
    def live(
        cls,
        allowed_hosts: Collection[str] = (),
        *,
        authorities: Path | None = None,
        resolve: Resolve = system_resolve,
    ) -> Wire:
        """Return a wire to the network. Certificates are always verified, against the name in the URL.

        Args:
            allowed_hosts: Exact hosts (``intranet.example``, ``localhost:8080``) that may have a private address.
            authorities: A PEM file of further certificate authorities to trust, such as a company's own.
            resolve: Where host names are looked up.
        """
        return cls(
            "live", _Live(Guard({_as_in_url(name) for name in allowed_hosts}, resolve), _tls(authorities))
        )

    @classmethod
    def rehearsal(cls, route: Route, real: Collection[str] = ()) -> Wire:
        """Return a wire that ends in this process: ``route`` names the stand-in; without one nothing is sent.

        Args:
            route: Which stand-in answers a request.
            real: Servers of this machine (``127.0.0.1:8080``, with their port) that are truly called: who rehearses with a program of
                their own, or with stand-ins on a port, names it. Refused for one that is not on loopback.
        """
        names = frozenset(_on_loopback(name) for name in real)
        over = _Live(Guard(names, _loopback_resolve), _tls(None)) if names else None
        return cls("rehearsal", _Rehearsal(route), real=None if over is None else Real(names, over))

    def bulk(self, at_once: int) -> Wire:
        """Return a wire of the same kind for a job of many requests: the fast lane, or the same stand-ins.

        It has connections of its own, at most ``at_once``, and whoever asked for it closes it. More sends than that
        wait for their turn, and their time begins with it.
        """
        real = None if self._real is None else Real(self._real.names, self._real.carrier.bulk())
        return Wire(self.mode, self._carrier.bulk(), at_once=at_once, real=real)

    async def send(
        self, request: Request, *, connect_s: float = 5.0, total_s: float = 10.0
    ) -> Reply | Failure:
        """Return the answer, or why there is none; nothing that a network can do is raised.

        Args:
            request: What goes out, exactly.
            connect_s: Seconds for name, connection and TLS together.
            total_s: Seconds for everything, to the last byte of the answer.
        """
        async with self._turns:
            try:
                ready = self._heads.ready(request)
            except Refused as refusal:
                return Failure(kind="protocol", sentence=refusal.sentence)
            carrier = self._carrier_of(ready)
            trip = Trip(ready.head.origin.host, carrier.kinds, connect_s=connect_s, total_s=total_s)
            try:
                async with trip.timer:
                    answer = await carrier.carry(ready, trip)
            except carrier.kinds.classes as error:
                return trip.failure(error)
            return reply(answer, trip.elapsed_ms)

    @asynccontextmanager
    async def download(
        self,
        request: Request,
        *,
        connect_s: float = 5.0,
        idle_s: float = 30.0,
        total_s: float | None = None,
        most_bytes: int = MOST_BYTES,
    ) -> AsyncIterator[Download | Failure]:
        """Give the head of an answer of any length, whose ``chunks`` follow as they come in; or why there is none.

        Nothing that a network can do is raised, but by ``chunks``: CutShort where the body does not come to its end. It is given as it is
        packed; a request that names no ``Accept-Encoding`` asks for gzip. Usage::

            async with wire.download(request) as got:
                if isinstance(got, Failure): ...
                async for chunk in got.chunks: ...

        Args:
            request: What goes out, exactly.
            connect_s: Seconds for name, connection and TLS together.
            idle_s: Seconds until the head has come, and then from part to part.
            total_s: Seconds for everything (None: as long as it takes).
            most_bytes: Bytes of the body that are read; one that is longer is cut short.
        """
        async with self._turns:
            limits = Limits(idle_s, total_s, most_bytes)
            got = await self._opened(asking_for_gzip(request), connect_s, limits)
            try:
                yield got
            finally:
                if isinstance(got, Download):
                    await got.close()

    def rehearses(self, request: Request) -> bool:
        """Return whether a rehearsal has a stand-in for a request, or a server of this machine that it calls; never for a live wire."""
        if not isinstance(self._carrier, _Rehearsal):
            return False
        try:
            ready = self._heads.ready(request)
        except Refused:
            return False
        return self._carrier_of(ready) is not self._carrier or self._carrier.route(request) is not None

    async def close(self) -> None:
        """Close the connections that are kept open."""
        self._heads.forget()
        await self._carrier.close()
        if self._real is not None:
            await self._real.carrier.close()

    async def _opened(self, request: Request, connect_s: float, limits: Limits) -> Download | Failure:
        try:
            ready = self._heads.ready(request)
        except Refused as refusal:
            return Failure(kind="protocol", sentence=refusal.sentence)
        carrier = self._carrier_of(ready)
        seconds, _ = limits.patience()
        trip = Trip(ready.head.origin.host, carrier.kinds, connect_s=connect_s, total_s=seconds)
        try:
            async with trip.timer:
                opened = await carrier.open(ready, trip)
        except carrier.kinds.classes as error:
            return trip.failure(error)
        return Download(opened, trip, carrier.kinds, limits)

    def _carrier_of(self, ready: Ready) -> Carrier:
        origin = ready.head.origin
        if self._real is not None and f"{origin.name}:{origin.port}" in self._real.names:
            return self._real.carrier
        return self._carrier


def outgoing_headers(request: Request) -> Headers:
    """Return the headers as they go out, with those the wire adds; Refused where the request cannot be sent."""
    return Heads(locate).ready(request).headers


def client(
    base_url: str, *, app: ASGIApp | None = None, headers: Mapping[str, str] | None = None
) -> httpx.AsyncClient:
    """Return a plain client for the workbench's own server: over the network, or in process where ``app`` is given.

    It is not guarded: it goes where the workbench itself was told to connect, never to an address from a form.
    ``NO_ANSWER`` is what it raises when the server does not answer.
    """
    transport = httpx.AsyncHTTPTransport(trust_env=False) if app is None else httpx.ASGITransport(app)
    return httpx.AsyncClient(base_url=base_url, transport=transport, headers=headers, trust_env=False)


# The ways a request is carried -----------------------------------------------------------------------------------


class Carrier(Protocol):
    """Takes a ready request to its server and brings back the answer, or raises one of ``kinds``."""

    @property
    def kinds(self) -> Kinds:
        """The failures it has, by what it raises."""

    async def carry(self, ready: Ready, trip: Trip) -> Answer:
        """Return what was answered; ``trip`` is told how far it got."""

    async def open(self, ready: Ready, trip: Trip) -> Opened:
        """Return the head of the answer; whoever takes it closes it."""

    def bulk(self) -> Carrier:
        """Return what carries many requests the same way."""

    async def close(self) -> None:
        """Close what is kept open."""


@dataclass(frozen=True)
class Real:
    """What carries a rehearsal's requests to the servers of this machine that it truly calls, by ``host:port``."""

    names: frozenset[str]
    carrier: Carrier


_FROM_HTTPX: Final = (httpx.HTTPError, httpx.InvalidURL, httpx.CookieConflict, httpx.StreamError)
_ENDED = re.compile("disconnected|peer closed")
_KINDS: Final = Kinds(
    ((WorkbenchError,), "blocked"),
    ((socket.gaierror,), "dns"),
    ((httpx.ConnectTimeout, httpx.PoolTimeout), "connect_timeout"),
    ((httpx.TimeoutException, TimeoutError), "timeout"),
    ((ssl.SSLError,), "tls"),
    ((ConnectionRefusedError, httpx.ConnectError, httpx.ProxyError), "connect"),
    ((httpx.NetworkError, OSError), "reset"),
    ((*_FROM_HTTPX, UnicodeError), "protocol"),
)


class _Live(httpx.AsyncHTTPTransport):
    """httpx's own transport over a pool whose connections the guard opens."""

    kinds = _KINDS

    def __init__(self, guard: Guard, tls: ssl.SSLContext) -> None:
        super().__init__(verify=tls, trust_env=False)
        self._guard = guard
        self._tls = tls
        # The callers' workers bound how many are under way; a bound here would let them wait past their time.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls, max_connections=None, keepalive_expiry=KEEP_S, network_backend=guard
        )

    async def carry(self, ready: Ready, trip: Trip) -> Answer:
        trip.opening()
        with _ends_told():
            return await _read(await self.handle_async_request(_for_httpx(ready, trip)))

    async def open(self, ready: Ready, trip: Trip) -> Opened:
        trip.opening()
        with _ends_told():
            response = await self.handle_async_request(_for_httpx(ready, trip))
        return Opened(response.status_code, response.headers.raw, _parts(response), response.aclose)

    def bulk(self) -> Carrier:
        from .lane import Lane  # loaded by those who run jobs

        return Lane(self._guard.remembering(), self._tls, keep_s=KEEP_S)

    async def close(self) -> None:
        await self.aclose()


@dataclass(frozen=True)
class _Rehearsal:
    """Stand-ins in this process, called as ASGI apps. A defect in one is not the network's: it is raised."""

    route: Route
    kinds: Kinds = _KINDS

    async def carry(self, ready: Ready, trip: Trip) -> Answer:
        app = self._app(ready, trip)
        path, _, query = ready.head.target.partition("?")
        raw = {
            "raw_path": path.encode("ascii"),
            "path": unquote(path),
            "query_string": query.encode("ascii"),
        }

        async def sent(scope: Scope, receive: Any, send: Any) -> None:
            trip.sending()
            await app({**scope, **raw}, receive, send)

        return await _read(await httpx.ASGITransport(sent).handle_async_request(_for_httpx(ready, trip)))

    async def open(self, ready: Ready, trip: Trip) -> Opened:
        return await stand_in.opened(self._app(ready, trip), ready, trip)

    def bulk(self) -> Carrier:
        return self

    async def close(self) -> None:
        """Nothing is kept open."""

    def _app(self, ready: Ready, trip: Trip) -> ASGIApp:
        trip.opening()
        app = self.route(ready.request)
        if app is None:
            raise NotRehearsed(
                say(
                    "The rehearsal has no stand-in for {host}, so nothing was sent. "
                    "Choose its provider, or send it live.",
                    host=trip.host,
                )
            )
        return app


def _for_httpx(ready: Ready, trip: Trip) -> httpx.Request:
    """Return the request for httpx, which would tidy up path and method: both are given to it once more, raw."""

    async def follow(event: str, details: Mapping[str, Any]) -> None:
        # https://www.encode.io/httpcore/extensions/#trace
        if event == "connection.start_tls.started":
            trip.securing()
        elif event.endswith(".send_request_headers.started"):
            trip.sending()

    origin = ready.head.origin
    outgoing = httpx.Request(
        ready.request.method,
        httpx.URL(f"{origin.scheme}://{origin.authority}/"),
        headers=[(name.encode("ascii"), value.encode("ascii")) for name, value in ready.headers],
        content=ready.request.body,
        extensions={
            "target": ready.head.target.encode("ascii"),
            "trace": follow,
            "timeout": {"connect": trip.connect_s},
        },
    )
    outgoing.method = ready.request.method
    return outgoing


async def _read(response: httpx.Response) -> Answer:
    try:
        async with aclosing(response.aiter_raw()) as parts:  # type: ignore[type-var]
            body, cut = await collected(parts)
    finally:
        await response.aclose()
    return Answer(response.status_code, response.headers.raw, body, cut)


async def _parts(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    with _ends_told():
        async with aclosing(response.aiter_raw()) as parts:  # type: ignore[type-var]
            async for part in parts:
                yield part


@contextmanager
def _ends_told() -> Iterator[None]:
    """Tell a connection that ended too soon from other faults: httpcore and h11 have words for it, and no class of their own."""
    try:
        yield
    except httpx.RemoteProtocolError as error:
        if _ENDED.search(str(error)):
            raise httpx.ReadError(str(error)) from error
        raise


# Where it goes, and who is trusted there -------------------------------------------------------------------------


@lru_cache(maxsize=HEADS)
def locate(scheme: str, authority: str) -> Origin:
    """Return the server that a URL names; Refused where it cannot be one."""
    try:
        url = httpx.URL(f"{scheme}://{authority}/")
    except httpx.InvalidURL as error:
        raise Refused(say("The host in the address cannot be read. Check it for typing errors.")) from error
    if not url.host or (url.port is not None and not 0 < url.port < 65536):
        raise Refused(say("The host or port in the address cannot be read. Check it for typing errors."))
    port = url.port or {"http": 80, "https": 443}[scheme]
    name = url.raw_host.decode("ascii")
    return Origin(scheme, authority, url.host, name, port, url.netloc.decode("ascii"))


def _as_in_url(name: str) -> str:
    """Return an allowed host as the guard will meet it."""
    wrong = say("“{name}” is not a host. Write it like intranet.example or localhost:8080.", name=name)
    if not re.fullmatch(r"[^/?#@\s]+", name):
        raise Refused(wrong)
    try:
        url = httpx.URL(f"//[{name}]" if name.count(":") > 1 and "[" not in name else f"//{name}")
    except httpx.InvalidURL as error:
        raise Refused(wrong) from error
    host = url.raw_host.decode("ascii")
    return host if url.port is None else f"{host}:{url.port}"


def _on_loopback(name: str) -> str:
    """Return a server of this machine as ``host:port``; Refused where it is another one, or has no port."""
    host, _, port = _as_in_url(name).rpartition(":")
    try:
        own = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        own = False
    if not own or not port:
        raise Refused(
            say(
                "“{name}” is no server of this machine: a rehearsal calls those alone. Write it with its port, like 127.0.0.1:8080.",
                name=name,
            )
        )
    return f"{host}:{port}"


async def _loopback_resolve(host: str, port: int) -> tuple[str, ...]:
    """Return the addresses of a server of this machine; whatever else its name may stand for is left out."""
    found = await system_resolve(host, port)
    return tuple(one for one in found if ipaddress.ip_address(one).is_loopback)


def _tls(authorities: Path | None) -> ssl.SSLContext:
    """Return what TLS trusts: httpx's bundle, the machine's own store and ``authorities``. Nothing turns it off."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    context.set_alpn_protocols(["http/1.1"])
    if authorities is not None:
        try:
            context.load_verify_locations(authorities)
        except OSError as error:
            raise Refused(
                say(
                    "The file {file} holds no certificates that can be read. Give a PEM file.",
                    file=authorities.name,
                )
            ) from error
    return context
