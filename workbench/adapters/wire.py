"""WIRE: the one door to the network, and the only importer of httpx.

What goes out is the frozen ``Request``: its method, its headers, its body and the raw path and query of its URL, byte
for byte. Added are ``Host`` and ``Content-Length``, and where the request names none ``User-Agent`` and
``Accept-Encoding``. No redirect is followed, no proxy, cookie or ``.netrc`` taken up, nothing tried a second time.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Collection, Mapping, MutableMapping
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import unquote

import httpcore
import httpx

from workbench.errors import NotRehearsed, Refused, WorkbenchError
from workbench.models.request import Failure, Headers, Mode, Reply, Request, header
from workbench.sentence import say

from .guard import Guard, Kinds, Resolve, Trip, system_resolve, unpacked

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
ASGIApp = Callable[
    [Scope, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]
Route = Callable[[Request], ASGIApp | None]
"""Returns the stand-in that answers a request, or None where there is none for its host."""

BODY_LIMIT: Final = 1024 * 1024
"""Bytes of an answer that are read, and bytes they may unpack to."""
KEEP_S: Final = 4.0
"""Seconds an idle connection is kept: less than the five after which Node and uvicorn close it from their side."""
DEFAULTS: Final[Headers] = (("Accept-Encoding", "gzip, deflate"), ("User-Agent", "integration-workbench"))

NO_ANSWER: Final = (httpx.TransportError, httpx.InvalidURL)
"""What a ``client`` raises when the server does not answer."""


class Wire:
    """Sends frozen requests: to the network (``Wire.live``) or to stand-ins in this process (``Wire.rehearsal``)."""

    def __init__(self, mode: Mode, carrier: _Carrier) -> None:
        self.mode: Mode = mode
        self._carrier = carrier

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
    def rehearsal(cls, route: Route) -> Wire:
        """Return a wire that ends in this process: ``route`` names the stand-in; without one nothing is sent."""
        return cls("rehearsal", _Rehearsal(route))

    async def send(
        self, request: Request, *, connect_s: float = 5.0, total_s: float = 10.0
    ) -> Reply | Failure:
        """Return the answer, or why there is none; nothing that a network can do is raised.

        Args:
            request: What goes out, exactly.
            connect_s: Seconds for name, connection and TLS together.
            total_s: Seconds for everything, to the last byte of the answer.
        """
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            ready = _Ready.of(request)
        except Refused as refusal:
            return Failure(kind="protocol", sentence=refusal.sentence)
        trip = Trip(ready.host, _KINDS, connect_s=min(connect_s, total_s), total_s=total_s)
        try:
            async with asyncio.timeout(trip.connect_s) as timer:
                trip.on_sending = lambda: timer.reschedule(started + total_s)
                answer = await self._carrier.carry(request, ready.outgoing(trip), trip)
                body, truncated = await _body(answer)
        except (*_FROM_HTTPX, WorkbenchError, OSError, UnicodeError) as error:
            return trip.failure(error, elapsed_ms=(loop.time() - started) * 1000)
        return Reply(
            status=answer.status_code,
            headers=tuple((_text(name), _text(value)) for name, value in answer.headers.raw),
            body=body,
            elapsed_ms=(loop.time() - started) * 1000,
            truncated=truncated,
        )

    async def close(self) -> None:
        """Close the connections that are kept open."""
        await self._carrier.close()


def outgoing_headers(request: Request) -> Headers:
    """Return the headers as they go out, with those the wire adds; Refused where the request cannot be sent."""
    return _Ready.of(request).headers


def client(
    base_url: str, *, app: ASGIApp | None = None, headers: Mapping[str, str] | None = None
) -> httpx.AsyncClient:
    """Return a plain client for the workbench's own server: over the network, or in process where ``app`` is given.

    It is not guarded: it goes where the workbench itself was told to connect, never to an address from a form.
    ``NO_ANSWER`` is what it raises when the server does not answer.
    """
    transport = httpx.AsyncHTTPTransport(trust_env=False) if app is None else httpx.ASGITransport(app)
    return httpx.AsyncClient(base_url=base_url, transport=transport, headers=headers, trust_env=False)


# The two ways a request is carried -------------------------------------------------------------------------------


class _Carrier(Protocol):
    async def carry(self, request: Request, outgoing: httpx.Request, trip: Trip) -> httpx.Response: ...

    async def close(self) -> None: ...


class _Live(httpx.AsyncHTTPTransport):
    """httpx's own transport over a pool whose connections the guard opens."""

    def __init__(self, guard: Guard, tls: ssl.SSLContext) -> None:
        super().__init__(verify=tls, trust_env=False)
        # The callers' workers bound how many are under way; a bound here would let them wait past their time.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls, max_connections=None, keepalive_expiry=KEEP_S, network_backend=guard
        )

    async def carry(self, request: Request, outgoing: httpx.Request, trip: Trip) -> httpx.Response:
        return await self.handle_async_request(outgoing)

    async def close(self) -> None:
        await self.aclose()


@dataclass(frozen=True)
class _Rehearsal:
    """Stand-ins in this process, called as ASGI apps. A defect in one is not the network's: it is raised."""

    route: Route

    async def carry(self, request: Request, outgoing: httpx.Request, trip: Trip) -> httpx.Response:
        app = self.route(request)
        if app is None:
            raise NotRehearsed(
                say(
                    "The rehearsal has no stand-in for {host}, so nothing was sent. "
                    "Choose its provider, or send it live.",
                    host=trip.host,
                )
            )
        path, _, query = outgoing.extensions["target"].partition(b"?")
        raw = {"raw_path": path, "path": unquote(path.decode("ascii")), "query_string": query}

        async def stand_in(scope: Scope, receive: Any, send: Any) -> None:
            trip.sending()
            await app({**scope, **raw}, receive, send)

        return await httpx.ASGITransport(stand_in).handle_async_request(outgoing)

    async def close(self) -> None:
        """Nothing is kept open."""


def _tls(authorities: Path | None) -> ssl.SSLContext:
    """Return what TLS trusts: httpx's bundle, the machine's own store and ``authorities``. Nothing turns it off."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
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


# What goes out ---------------------------------------------------------------------------------------------------

_URL = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/?#]*)(?P<target>[^#]*)", re.IGNORECASE)
_TARGET = re.compile(r"[\x21-\x7e]*")
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"(?:[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)?")


@dataclass(frozen=True)
class _Ready:
    """A request that can go out: where to, and every header."""

    method: str
    origin: httpx.URL
    target: bytes
    headers: Headers
    body: bytes

    @property
    def host(self) -> str:
        return self.origin.host

    @classmethod
    def of(cls, request: Request) -> _Ready:
        """Return the request made ready; Refused says why it cannot go out as it is."""
        if not _TOKEN.fullmatch(request.method):
            raise Refused(say("The method of a request is one word, such as POST."))
        origin, target = _where(request.url)
        return cls(request.method, origin, target, _checked(request, origin), request.body)

    def outgoing(self, trip: Trip) -> httpx.Request:
        """Return it for httpx; the target goes beside the URL, because httpx would tidy up the path."""
        headers = [(name.encode("ascii"), value.encode("ascii")) for name, value in self.headers]
        extensions = {"target": self.target, "trace": trip.trace, "timeout": {"connect": trip.connect_s}}
        return httpx.Request(
            self.method, self.origin, headers=headers, content=self.body, extensions=extensions
        )


def _where(url: str) -> tuple[httpx.URL, bytes]:
    """Return the server and the raw target of a URL."""
    parts = _URL.match(url)
    if parts is None or not parts["authority"]:
        raise Refused(
            say("The address must start with https:// and name a host, like https://api.example.com/send.")
        )
    if "@" in parts["authority"]:
        raise Refused(
            say("The address holds a user name or password before “@”. Put them into the credentials.")
        )
    if not _TARGET.fullmatch(parts["target"]):
        raise Refused(
            say("The address holds a blank, an accent or a line break. Write it percent-encoded, like %20.")
        )
    try:
        origin = httpx.URL(f"{parts['scheme']}://{parts['authority']}/")
    except httpx.InvalidURL as error:
        raise Refused(say("The host in the address cannot be read. Check it for typing errors.")) from error
    if not origin.host or (origin.port is not None and not 0 < origin.port < 65536):
        raise Refused(say("The host or port in the address cannot be read. Check it for typing errors."))
    target = parts["target"] if parts["target"].startswith("/") else "/" + parts["target"]
    return origin, target.encode("ascii")


def _checked(request: Request, origin: httpx.URL) -> Headers:
    """Return all headers in the order in which they go out, once each of them can."""
    for name, value in request.headers:
        if not _TOKEN.fullmatch(name):
            raise Refused(
                say("A header's name holds letters, digits and hyphens only. Check the names of the headers.")
            )
        if not _VALUE.fullmatch(value):
            raise Refused(
                say(
                    "The header {name} cannot be sent: its value begins or ends with a blank, or holds an accent or a "
                    "line break. Use plain characters.",
                    name=name,
                )
            )
    names = [name.lower() for name, _ in request.headers]
    length = str(len(request.body))
    if "transfer-encoding" in names or names.count("host") > 1 or names.count("content-length") > 1:
        raise Refused(
            say(
                "The headers Host, Content-Length and Transfer-Encoding are set by the workbench. Remove them."
            )
        )
    if request.header("content-length") not in (None, length):
        raise Refused(
            say(
                "The header Content-Length does not fit the body, which has {length} bytes. Remove it.",
                length=length,
            )
        )
    ahead: Headers = () if "host" in names else (("Host", origin.netloc.decode("ascii")),)
    sized = bool(request.body) or request.method in ("POST", "PUT", "PATCH")
    behind: Headers = (("Content-Length", length),) if sized and "content-length" not in names else ()
    missing = tuple((name, value) for name, value in DEFAULTS if header(request.headers, name) is None)
    return ahead + request.headers + behind + missing


# What comes back -------------------------------------------------------------------------------------------------


async def _body(answer: httpx.Response) -> tuple[bytes, bool]:
    """Return the body, unpacked, and whether it was longer than is read."""
    parts: list[bytes] = []
    size = 0
    try:
        async with aclosing(answer.aiter_raw()) as stream:  # type: ignore[type-var]
            async for part in stream:
                parts.append(part)
                size += len(part)
                if size > BODY_LIMIT:
                    break
    finally:
        await answer.aclose()
    packed = b"".join(parts)[:BODY_LIMIT]
    body = unpacked(packed, answer.headers.get("content-encoding", ""), limit=BODY_LIMIT + 1)
    return body[:BODY_LIMIT], size > BODY_LIMIT or len(body) > BODY_LIMIT


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


# Why nothing comes back ------------------------------------------------------------------------------------------

_FROM_HTTPX: Final = (httpx.HTTPError, httpx.InvalidURL, httpx.CookieConflict, httpx.StreamError)

_KINDS: Final[Kinds] = (
    ((WorkbenchError,), "blocked"),
    ((socket.gaierror,), "dns"),
    ((httpx.ConnectTimeout, httpx.PoolTimeout), "connect_timeout"),
    ((httpx.TimeoutException, TimeoutError), "timeout"),
    ((ssl.SSLError,), "tls"),
    ((ConnectionRefusedError, httpx.ConnectError, httpx.ProxyError), "connect"),
    ((httpx.NetworkError, OSError), "reset"),
    ((*_FROM_HTTPX, UnicodeError), "protocol"),
)
