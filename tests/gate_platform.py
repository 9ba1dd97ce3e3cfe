"""A platform that holds one sendout, for tests of the answer: it notes every call with its time, and misbehaves as it is told.

It plays in process (``route``) or on loopback (``on_loopback``), and knows no more than the table of facts A5.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast
from urllib.parse import unquote, urlsplit

from tests.loopback import listener
from workbench.adapters.stand_in import ASGIApp
from workbench.models.request import Request

HOST = "gate.example"
TOKEN = "x-carma-authentication-token"
Answer = tuple[int, dict[str, str], bytes]


class Call(NamedTuple):
    """One call that came: when, what it was, for whom, and what it was answered (0: nothing)."""

    at: float
    kind: str
    contact: str
    status: int


Behave = Callable[[str, str, int], int | str | None]
"""Gives for a call, a contact and the count of such calls so far another status, "silent", "cut" or None: as the table says."""


@dataclass
class GatePlatform:
    """One batch. ``people`` are ids and properties; those with ``consent`` = no are to be rejected."""

    people: list[tuple[str, dict[str, str]]]
    base: str = f"https://{HOST}"
    behave: Behave | None = None
    file: bytes | None = None
    calls: list[Call] = field(default_factory=list)
    cancelled: set[str] = field(default_factory=set)
    properties: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    finishes: list[frozenset[str]] = field(default_factory=list)
    seen: Counter[tuple[str, str]] = field(default_factory=Counter)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    closed: bool = False
    clock: Callable[[], float] = time.monotonic

    @classmethod
    def of(cls, count: int, rejected: Iterable[int] = (), **more: Any) -> GatePlatform:
        """Return a batch of so many contacts, of which those with these numbers (from 1) have no consent."""
        no = set(rejected)
        people = [(f"contact-{n:05}", {"consent": "no" if n in no else "yes"}) for n in range(1, count + 1)]
        return cls(people, **more)

    @property
    def to_reject(self) -> set[str]:
        return {id for id, known in self.people if known["consent"] == "no"}

    def hook(self, **more: Any) -> dict[str, Any]:
        """Return the batch's webhook."""
        return {
            "finishUri": f"{self.base}/rest/1/sendgate/b-000001/finish", "actions": [], "projectName": "Newsletter",
            "journeyName": "Spring sale", "sendoutName": "Day 1 mail",
            "itemDownloadUri": f"{self.base}/rest/1/sendgate/b-000001/items", **more,
        }  # fmt: skip

    def single(self, **more: Any) -> dict[str, Any]:
        """Return the webhook of the one contact."""
        hook = self.hook(
            items=[{"contactId": self.people[0][0], "rejectUri": self.cancel_uri(self.people[0][0])}], **more
        )
        del hook["itemDownloadUri"]
        return hook

    def cancel_uri(self, id: str) -> str:
        return f"{self.base}/rest/1/sendgate/b-000001/cancel/{id}"

    def lines(self) -> bytes:
        rows = (
            {"id": id, "cancelUri": self.cancel_uri(id), "properties": known} for id, known in self.people
        )
        return "".join(json.dumps(row) + "\n" for row in rows).encode()

    def made(self, kind: str) -> list[Call]:
        """Return the calls of a kind, in their order."""
        return [call for call in self.calls if call.kind == kind]

    def codes(self, name: str = "code") -> dict[str, set[str]]:
        """Return for each contact the different codes that were written."""
        return {id: {one[name] for one in wrote if name in one} for id, wrote in self.properties.items()}

    async def reach(self, count: int) -> None:
        """Return when so many calls have come."""
        while len(self.calls) < count:
            self.news.clear()
            await self.news.wait()

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer | None:
        """Return the answer to a call, None for silence; what a call does, it does."""
        kind, contact = _read(path)
        if kind == "event":
            contact = json.loads(body)["to"]
        self.seen[kind, contact] += 1
        told = self.behave(kind, contact, self.seen[kind, contact]) if self.behave else None
        status = told if isinstance(told, int) else self._done(method, kind, contact, headers, body)
        self.calls.append(Call(self.clock(), kind, contact, 0 if told == "silent" else status))
        self.news.set()
        if told == "silent":
            return None
        if kind == "items" and status == 200:
            data = self.lines() if self.file is None else self.file
            return (200, {"cut": "1"} if told == "cut" else {}, data)
        more = {"retry-after": "3"} if status == 429 else {}
        return status, more, b"{}"

    def _done(self, method: str, kind: str, contact: str, headers: dict[str, str], body: bytes) -> int:
        if kind == "":
            return 404
        if self.closed:
            return 410
        if method != {"items": "GET", "write": "PUT"}.get(kind, "POST"):
            return 405
        if kind == "cancel":
            if self.finishes and contact not in self.cancelled:
                return 409
            self.cancelled.add(contact)
        elif kind == "finish":
            self.finishes.append(frozenset(self.cancelled))
        elif kind == "write":
            self.properties.setdefault(contact, []).append(json.loads(body)["properties"])
        return 200

    # -- how it is reached ---------------------------------------------------------------------------------------------

    def route(self, request: Request) -> ASGIApp | None:
        """Return the app for a request of the rehearsal, for its own host alone."""
        return self.app if request.url.startswith(self.base + "/") else None

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        answer = self.answer(scope["method"], scope["raw_path"].decode(), headers, body)
        if answer is None:
            raise ConnectionResetError
        status, more, data = answer
        cut = more.pop("cut", "")
        await send({"type": "http.response.start", "status": status, "headers": [
            (name.encode(), value.encode()) for name, value in {"content-type": "application/json", **more}.items()
        ]})  # fmt: skip
        half = len(data) // 2
        await send({"type": "http.response.body", "body": data[:half], "more_body": True})
        if cut:
            raise ConnectionResetError
        await send({"type": "http.response.body", "body": data[half:]})


def _read(path: str) -> tuple[str, str]:
    """Return which call a path is, and for whom."""
    parts = unquote(urlsplit(path).path).strip("/").split("/")
    if parts[-1] in ("items", "finish", "event"):
        return parts[-1], ""
    if len(parts) > 1 and parts[-2] == "cancel":
        return "cancel", parts[-1]
    return ("write", parts[-2]) if parts[-1] == "update" else ("", "")


class _Connection(asyncio.Protocol):
    def __init__(self, platform: GatePlatform) -> None:
        self._platform = platform
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._read += data
        while (end := self._read.find(b"\r\n\r\n")) >= 0:
            first, *lines = self._read[:end].decode("latin-1").split("\r\n")
            headers = {
                name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
            }
            whole = end + 4 + int(headers.get("content-length", "0"))
            if len(self._read) < whole:
                return
            body, self._read = self._read[end + 4 : whole], self._read[whole:]
            method, path, _ = first.split(" ")
            self._give(self._platform.answer(method, path, headers, body))

    def _give(self, answer: Answer | None) -> None:
        if answer is None:
            self._transport.abort()
            return
        status, more, data = answer
        cut = more.pop("cut", "")
        lines = [f"HTTP/1.1 {status} X", f"content-length: {len(data)}", "content-type: application/json"]
        lines += [f"{name}: {value}" for name, value in more.items()]
        self._transport.write(
            ("\r\n".join(lines) + "\r\n\r\n").encode() + (data[: len(data) // 2] if cut else data)
        )
        if cut:
            self._transport.close()


@asynccontextmanager
async def on_loopback(platform: GatePlatform) -> AsyncIterator[str]:
    """Serve a platform on loopback for the length of a block, under its own ``base``; gives its host with the port."""
    bound = listener()
    host = f"127.0.0.1:{bound.getsockname()[1]}"
    platform.base = f"http://{host}"
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(platform), sock=bound)
    try:
        yield host
    finally:
        server.close()
        server.close_clients() if hasattr(server, "close_clients") else None
