"""OUTGOING: what makes a frozen request ready: where it goes, its raw target and every header, byte for byte.

Both ways of the wire, and the preview, take a request from here, so that they cannot differ.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from workbench.errors import Refused
from workbench.models.request import Headers, Request
from workbench.sentence import say

DEFAULTS: Final[Headers] = (("Accept-Encoding", "gzip, deflate"), ("User-Agent", "integration-workbench"))
"""Sent where the request names none."""

_URL = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/?#]*)(?P<target>[^#]*)", re.IGNORECASE)
_TARGET = re.compile(r"[\x21-\x7e]*")
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"(?:[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)?")


class Origin(NamedTuple):
    """The server of a URL: as it was written, as people read it, as it is looked up, and as ``Host`` names it."""

    scheme: str
    authority: str
    host: str
    name: str
    port: int
    netloc: str


Locate = Callable[[str, str], Origin]
"""Returns the server of a scheme and an authority (``api.example:8443``); Refused where there is none of that name."""


class Head(NamedTuple):
    """What comes before the body: all of it that does not depend on the body, which is everything but its length."""

    origin: Origin
    target: str
    ahead: Headers
    behind: Headers
    length: str | None  # as the request itself gives it
    first: bytes
    last: bytes


class Ready(NamedTuple):
    """A request that can go out, with the headers it goes out with."""

    request: Request
    head: Head
    length: Headers

    @property
    def headers(self) -> Headers:
        """All headers in the order in which they go out."""
        return self.head.ahead + self.length + self.head.behind

    @property
    def written(self) -> bytes:
        """The request line and all headers, with the empty line after them, https://www.rfc-editor.org/rfc/rfc9112."""
        return self.head.first + _lines(self.length).encode("ascii") + self.head.last


class Heads:
    """Makes requests ready. The last ``kept`` heads are remembered: the rows of a job mostly share address and headers."""

    def __init__(self, locate: Locate, kept: int = 0) -> None:
        self._locate = locate
        self._kept = kept
        self._made: dict[tuple[str, str, Headers], Head] = {}

    def ready(self, request: Request) -> Ready:
        """Return the request made ready; Refused says why it cannot go out as it is."""
        key = (request.method, request.url, request.headers)
        head = self._made.get(key)
        if head is None:
            head = _head(request, self._locate)
            if self._kept:
                if len(self._made) >= self._kept:
                    self._made.clear()
                self._made[key] = head
        return Ready(request, head, _length(request, head.length))

    def forget(self) -> None:
        """Drop what is remembered: headers hold secrets."""
        self._made.clear()


def _head(request: Request, locate: Locate) -> Head:
    if not _TOKEN.fullmatch(request.method):
        raise Refused(say("The method of a request is one word, such as POST."))
    origin, target = _where(request.url, locate)
    headers = request.headers
    names = [name.lower() for name, _ in headers]
    _check(headers, names)
    at = names.index("host") if "host" in names else None
    # Host goes first, as RFC 9112 wants it, https://www.rfc-editor.org/rfc/rfc9112#section-3.2-6
    ahead = (
        (("Host", origin.netloc), *headers)
        if at is None
        else (headers[at], *headers[:at], *headers[at + 1 :])
    )
    behind = tuple((name, value) for name, value in DEFAULTS if name.lower() not in names)
    length = headers[names.index("content-length")][1] if "content-length" in names else None
    first = f"{request.method} {target} HTTP/1.1\r\n{_lines(ahead)}"
    return Head(
        origin, target, ahead, behind, length, first.encode("ascii"), f"{_lines(behind)}\r\n".encode("ascii")
    )


def _lines(headers: Headers) -> str:
    return "".join([f"{name}: {value}\r\n" for name, value in headers])


def _where(url: str, locate: Locate) -> tuple[Origin, str]:
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
    target = parts["target"] if parts["target"].startswith("/") else "/" + parts["target"]
    return locate(parts["scheme"].lower(), parts["authority"]), target


def _check(headers: Headers, names: list[str]) -> None:
    """Refuse headers that cannot be sent, or that are not the request's to set."""
    for name, value in headers:
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
    if "transfer-encoding" in names or names.count("host") > 1 or names.count("content-length") > 1:
        raise Refused(
            say(
                "The headers Host, Content-Length and Transfer-Encoding are set by the workbench. Remove them."
            )
        )


def _length(request: Request, own: str | None) -> Headers:
    """Return the length's header to add; Refused where the request gives a wrong one itself."""
    length = str(len(request.body))
    if own is None:
        sized = request.body or request.method in ("POST", "PUT", "PATCH")
        return (("Content-Length", length),) if sized else ()
    if own != length:
        raise Refused(
            say(
                "The header Content-Length does not fit the body, which has {length} bytes. Remove it.",
                length=length,
            )
        )
    return ()
