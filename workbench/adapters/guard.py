"""GUARD: the wire's edge: what it connects to, how far it unpacks what comes in, what is said when that fails.

A name is resolved, every address judged, and the connection goes to a judged address itself, never to the name a
second time: an answer of the DNS that changes in between (rebinding) changes nothing. TLS still asks for the name.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import zlib
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import httpcore

from workbench.engine.addresses import verdict
from workbench.errors import AddressRefused, WorkbenchError
from workbench.models.request import Failure, FailureKind
from workbench.sentence import N_, Sentence, say

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Returns the IP addresses of a host name, the best first."""

ATTEMPTS: Final = 4
"""Addresses of one host that are tried, one after the other, each with its share of the time."""


async def system_resolve(host: str, port: int) -> tuple[str, ...]:
    """Return the addresses the operating system knows for ``host``; raises ``socket.gaierror`` where it knows none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


class Guard(httpcore.AsyncNetworkBackend):
    """Opens TCP connections for httpcore, to public addresses and to hosts that were allowed by their exact name.

    ``allowed`` holds hosts as they stand in a URL (lower case, punycode, no brackets), each alone or as ``host:port``.
    """

    def __init__(self, allowed: Collection[str] = (), resolve: Resolve = system_resolve) -> None:
        self._allowed = frozenset(allowed)
        self._resolve = resolve
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Return a connection to ``host``; raises AddressRefused when any of its addresses is refused."""
        loop = asyncio.get_running_loop()
        end = None if timeout is None else loop.time() + timeout
        addresses = await self._judged(host, port)
        options = None if socket_options is None else tuple(socket_options)
        for number, address in enumerate(addresses[:-1]):
            share = None if end is None else max(0.0, end - loop.time()) / (len(addresses) - number)
            try:
                return _Stream(await self._inner.connect_tcp(address, port, share, local_address, options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue  # the next address may answer, and the last one's error is told
        left = None if end is None else max(0.0, end - loop.time())
        return _Stream(await self._inner.connect_tcp(addresses[-1], port, left, local_address, options))

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Refuse: a request never goes to a socket file."""
        raise AddressRefused(say("A request goes to a host on the network, never to a file of this machine."))

    async def _judged(self, host: str, port: int) -> Sequence[str]:
        """Return the first addresses of ``host``, once all of them were judged: one refused address refuses the host."""
        addresses = await self._resolve(host, port)
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "no address")
        private_ok = host in self._allowed or f"{host}:{port}" in self._allowed
        for address in addresses:
            refusal = verdict(address, private_ok=private_ok)
            if refusal is not None:
                raise AddressRefused(refusal)
        return addresses[:ATTEMPTS]


class _Stream(httpcore.AsyncNetworkStream):
    """A connection that is closed when its handshake is given up: httpcore closes it after errors only."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self.read = inner.read  # type: ignore[method-assign]
        self.write = inner.write  # type: ignore[method-assign]
        self.aclose = inner.aclose  # type: ignore[method-assign]
        self.get_extra_info = inner.get_extra_info  # type: ignore[method-assign]
        self._inner = inner

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
    ) -> httpcore.AsyncNetworkStream:
        try:
            return await self._inner.start_tls(ssl_context, server_hostname, timeout)
        except asyncio.CancelledError:
            await self._inner.aclose()
            raise


def unpacked(body: bytes, codings: str, *, limit: int) -> bytes:
    """Return the body without its content codings, at most ``limit`` bytes of it; as it is where that fails."""
    names = [
        name.strip().lower() for name in codings.split(",") if name.strip().lower() not in ("", "identity")
    ]
    if len(names) > 3 or not body:
        return body
    plain = body
    for name in reversed(names):
        try:
            plain = _inflated(plain, name, limit)
        except (zlib.error, LookupError):  # not what it says, or a coding that was not asked for
            return body
    return plain


def _inflated(data: bytes, coding: str, limit: int) -> bytes:
    bits = {"gzip": 31, "x-gzip": 31, "deflate": 15}[coding]
    try:
        return zlib.decompressobj(bits).decompress(data, limit)
    except zlib.error:
        if coding != "deflate":
            raise
        # Some servers send it without the zlib header, https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1.2
        return zlib.decompressobj(-15).decompress(data, limit)


# What is said when nothing comes back ----------------------------------------------------------------------------

_REFUSED = N_(
    "{host} refused the connection, so nothing was sent. Check the host and port, or try again later."
)
_NO_CONNECTION = N_(
    "There is no connection to {host}, so nothing was sent. Check the host, and this machine's network."
)
_NO_NAME = N_(
    "No server is known under the name {host}, so nothing was sent. Check the host for typing errors."
)
_NO_LOOKUP = N_("The name {host} cannot be looked up now, so nothing was sent. Check this machine's network.")
_EXPIRED = N_("The certificate of {host} is out of date, so nothing was sent. Its owner must renew it.")
_OTHER_NAME = N_(
    "{host} shows the certificate of another name, so nothing was sent. Check the host in the address."
)
_UNTRUSTED = N_("No authority that is trusted here vouches for {host}, so nothing was sent. Check the host.")
_NO_TLS = N_("{host} does not set up a secure connection. Check that the host and port speak https.")
_LATE = N_(
    "{host} was not reached within {seconds} s, so nothing was sent. Check the host, or allow more time."
)
_SILENT = N_(
    "{host} did not answer within {seconds} s. The request may have been taken: check there before you send it again."
)
_BROKE = N_("{host} broke off the connection before anything was sent. Try again.")
_BROKE_AFTER = N_(
    "{host} broke off the connection before its answer was complete. The request may have been taken: "
    "check there before you send it again."
)
_NOT_HTTP = N_("{host} did not answer in HTTP. Check that the host and port are those of an HTTP endpoint.")
_NOT_SENT = N_("The request to {host} cannot be sent as it is. Check its address and headers.")

# OpenSSL's X509_V_ERR codes, https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/
_CERTIFICATES: Final = {9: _EXPIRED, 10: _EXPIRED, 62: _OTHER_NAME, 64: _OTHER_NAME}


Kinds = tuple[tuple[tuple[type[BaseException], ...], FailureKind], ...]
_BEFORE_SENDING: Final = ("blocked", "dns", "connect", "connect_timeout")
_ENDED = re.compile("disconnected|peer closed")
_WAITING: Final = (ssl.SSLWantReadError, ssl.SSLWantWriteError)
"""No faults: TLS says so while it waits for bytes, and they stay in the context of what comes after."""


class Trip:
    """How far one request got. ``kinds`` tells failures by class; the first class among an error's causes decides."""

    def __init__(self, host: str, kinds: Kinds, *, connect_s: float, total_s: float) -> None:
        self.host = host
        self._kinds = kinds
        self.connect_s = connect_s
        self.total_s = total_s
        self.on_sending: Callable[[], None] = lambda: None
        self._securing = False
        self._sent = False

    def sending(self) -> None:
        """Note that from now on the server may have the request."""
        self._sent = True
        self.on_sending()

    async def trace(self, event: str, details: Mapping[str, Any]) -> None:
        """Follow httpcore's events, https://www.encode.io/httpcore/extensions/#trace."""
        if event == "connection.start_tls.started":
            self._securing = True
        elif event.endswith(".send_request_headers.started"):
            self.sending()

    def failure(self, error: BaseException, *, elapsed_ms: float) -> Failure:
        """Return what became of the request, with a sentence."""
        causes = tuple(_causes(error))
        kind = self._kind(causes)
        sent = self._sent and kind not in _BEFORE_SENDING
        if kind == "blocked":
            sentence = next(cause.sentence for cause in causes if isinstance(cause, WorkbenchError))
        else:
            seconds = self.total_s if sent else self.connect_s
            sentence = _explanation(kind, self.host, seconds=seconds, sent=sent, causes=causes)
        return Failure(kind=kind, sentence=sentence, sent=sent, elapsed_ms=elapsed_ms)

    def _kind(self, causes: tuple[BaseException, ...]) -> FailureKind:
        kind = next(
            kind for classes, kind in self._kinds if any(isinstance(cause, classes) for cause in causes)
        )
        if kind == "timeout" and not self._sent:
            return "connect_timeout"
        if kind in ("connect", "reset") and self._securing and not self._sent:
            return "tls"
        # httpcore and h11 have these words for a connection that ended too soon, and no class of their own.
        if any(isinstance(one, httpcore.RemoteProtocolError) and _ENDED.search(str(one)) for one in causes):
            return "reset"
        return kind


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        if not isinstance(error, _WAITING):
            yield error
        error = error.__cause__ or error.__context__  # httpcore's pool drops the cause, and the context stays


def _explanation(
    kind: FailureKind, host: str, *, seconds: float, sent: bool, causes: Sequence[BaseException]
) -> Sentence:
    """Return what to say about a request to ``host`` that failed; it names the host and nothing else of the request."""
    text = {
        "dns": _NO_LOOKUP if any(cause.args[:1] == (socket.EAI_AGAIN,) for cause in causes) else _NO_NAME,
        "connect": _REFUSED
        if any(isinstance(one, ConnectionRefusedError) for one in causes)
        else _NO_CONNECTION,
        "tls": next((_certificate(cause) for cause in causes if isinstance(cause, ssl.SSLError)), _NO_TLS),
        "connect_timeout": _LATE,
        "timeout": _SILENT,
        "reset": _BROKE_AFTER if sent else _BROKE,
    }.get(kind, _NOT_HTTP if sent else _NOT_SENT)
    values = {"host": host, "seconds": int(seconds) if seconds == int(seconds) else seconds}
    return Sentence(text, {name: value for name, value in values.items() if f"{{{name}}}" in text})


def _certificate(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _CERTIFICATES.get(error.verify_code, _UNTRUSTED)
    return _NO_TLS
