"""Where a platform calls: ``POST /gate/{key}``. No token of ours is asked for; the gate has its own proof.

A body is read as it comes, up to a size and for so long; who sends slowly holds up nobody but himself. A call that may not come in is
answered before its body is read.
"""

from __future__ import annotations

import asyncio
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.requests import ClientDisconnect

from workbench.models.request import Headers
from workbench.services.receiving import BODY_BYTES, Receipt, Receiving

PATH: Final = "/gate/{key}"
BODY_S: Final = 10.0
"""Seconds that a body may take: the platform itself gives up after one."""
OPEN_BODIES: Final = 1000
"""Bodies that are read at a time; so much memory may be taken, and no more."""


def add_receiver(app: FastAPI, receiving: Receiving, body_s: float = BODY_S) -> None:
    """Let the app take the hooks of all gates. Other methods than POST are answered with 405, and never decide anything."""
    reading = 0

    async def receive(request: Request) -> Response:
        nonlocal reading
        key = str(request.path_params["key"])
        headers: Headers = tuple((name, value) for name, value in request.headers.items())
        peer = request.client.host if request.client else ""
        refused = await receiving.admits(key, headers, peer)
        if refused is not None:
            return _answer(refused, close=True)
        if reading >= OPEN_BODIES:
            return _answer(
                Receipt(503, {"received": False, "reason": "Too many calls at a time."}), close=True
            )
        reading += 1
        try:
            body = await _body(request, body_s)
        finally:
            reading -= 1
        if isinstance(body, Receipt):
            return _answer(body, close=True)
        return _answer(await receiving.taken(key, body))

    app.add_route(PATH, receive, methods=["POST"], include_in_schema=False)


async def _body(request: Request, body_s: float) -> bytes | Receipt:
    """Return the body, or what is answered where it is too large or takes too long."""
    pieces: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(body_s):
            async for piece in request.stream():
                pieces.append(piece)
                size += len(piece)
                if size > BODY_BYTES:
                    reason = f"The hook is larger than {BODY_BYTES} bytes."
                    return Receipt(413, {"received": False, "reason": reason})
    except TimeoutError:
        return Receipt(
            408, {"received": False, "reason": f"The hook did not come within {body_s:g} seconds."}
        )
    except ClientDisconnect:
        return Receipt(400, {"received": False, "reason": "The hook broke off."})
    return b"".join(pieces)


def _answer(receipt: Receipt, *, close: bool = False) -> Response:
    """Return the answer; ``close`` ends the connection, so that what is left of a body is not waited for."""
    headers = {"Connection": "close"} if close else {}
    if receipt.status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="gate"'
    return JSONResponse(receipt.body, status_code=receipt.status, headers=headers)
