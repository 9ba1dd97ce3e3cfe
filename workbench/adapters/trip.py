"""TRIP: how far one request got, when its time is up, and what is said when nothing comes back."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator, Sequence
from time import perf_counter
from typing import Final

from workbench.errors import WorkbenchError
from workbench.models.request import Failure, FailureKind
from workbench.sentence import N_, Sentence

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

_BEFORE_SENDING: Final = ("blocked", "dns", "connect", "connect_timeout")
_WAITING: Final = (ssl.SSLWantReadError, ssl.SSLWantWriteError)
"""No faults: TLS says so while it waits for bytes, and they stay in the context of what comes after."""


class Kinds:
    """Tells failures by the classes of their causes: the first row with a class among them decides."""

    def __init__(self, *rows: tuple[tuple[type[BaseException], ...], FailureKind]) -> None:
        self._rows = rows
        self.classes = tuple(one for classes, _ in rows for one in classes)

    def of(self, causes: Sequence[BaseException]) -> FailureKind:
        """Return the kind of a failure that one of ``classes`` tells of."""
        return next(kind for classes, kind in self._rows if any(isinstance(one, classes) for one in causes))


class Trip:
    """One request under way to ``host``: ``connect_s`` for name, connection and TLS, ``total_s`` for everything."""

    def __init__(self, host: str, kinds: Kinds, *, connect_s: float, total_s: float) -> None:
        self.host = host
        self.connect_s = min(connect_s, total_s)
        self._total_s = total_s
        self._kinds = kinds
        self._began = perf_counter()  # finer than the clock of uvloop, which counts milliseconds
        self._started = asyncio.get_running_loop().time()
        self._opening = self._securing = self._sent = False
        self.timer = asyncio.timeout_at(self._started + total_s)

    @property
    def elapsed_ms(self) -> float:
        """Milliseconds since the start."""
        return (perf_counter() - self._began) * 1000

    def opening(self) -> None:
        """Note that a connection is being made: until the request goes out, ``connect_s`` is what it may take."""
        self._opening = True
        self.timer.reschedule(self._started + self.connect_s)

    def securing(self) -> None:
        """Note that TLS is being set up."""
        self._securing = True

    def sending(self) -> None:
        """Note that from now on the server may have the request."""
        self._sent = True
        if self._opening:
            self.timer.reschedule(self._started + self._total_s)

    def failure(self, error: BaseException) -> Failure:
        """Return what became of the request, with a sentence."""
        causes = tuple(_causes(error))
        kind = self._kind(causes)
        sent = self._sent and kind not in _BEFORE_SENDING
        if kind == "blocked":
            sentence = next(cause.sentence for cause in causes if isinstance(cause, WorkbenchError))
        else:
            seconds = self._total_s if sent else self.connect_s
            sentence = _explanation(kind, self.host, seconds=seconds, sent=sent, causes=causes)
        return Failure(kind=kind, sentence=sentence, sent=sent, elapsed_ms=self.elapsed_ms)

    def _kind(self, causes: tuple[BaseException, ...]) -> FailureKind:
        kind = self._kinds.of(causes)
        if kind == "timeout" and not self._sent:
            return "connect_timeout"
        if kind in ("connect", "reset") and self._securing and not self._sent:
            return "tls"
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
