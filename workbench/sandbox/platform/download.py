"""The item file as an ASGI answer: part by part, so that a million contacts are never in memory at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Final

from starlette.types import Receive, Scope, Send

from workbench.models.platform import Sendout
from workbench.sandbox.faults import CUT

from .items import CONTENT_TYPES

SLOW_S: Final = 0.25
"""How long a slow file waits before each of its parts."""


async def send_file(
    sendout: Sendout, parts: Iterator[bytes], scope: Scope, receive: Receive, send: Send
) -> None:
    """Answer with the file; one that is to break off does so for real where the server can (``sandbox/port.py``)."""
    headers = [(b"content-type", CONTENT_TYPES[sendout.form].encode())]
    if sendout.form == "ndjson_gzip":
        headers.append((b"content-encoding", b"gzip"))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for part in parts:
        await asyncio.sleep(SLOW_S if "slow_file" in sendout.mischief else 0)  # others have their turn
        await send({"type": "http.response.body", "body": part, "more_body": True})
    if "file_cut" in sendout.mischief:
        await _break(scope, receive)
        return
    await send({"type": "http.response.body", "body": b""})


async def _break(scope: Scope, receive: Receive) -> None:
    cut: Callable[[], None] | None = (scope.get("extensions") or {}).get(CUT)
    if cut is None:
        raise ConnectionResetError("the rehearsal broke this file off on purpose")
    await asyncio.sleep(SLOW_S)  # what was sent before a reset is lost where it was not read yet
    cut()
    while (await receive())["type"] != "http.disconnect":
        continue
