"""Where a platform calls: ``POST /gate/{key}``. No token of ours is asked for; the gate has its own proof.

A body is read as it comes, up to a size and for so long; who sends slowly holds up nobody but himself. A call that may not come in is
answered before its body is read.
"""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from workbench.models.request import Headers
from workbench.services.receiving import BODY_BYTES, Receipt, Receiving

from .bodies import BODY_S, Bodies

__all__ = ["BODY_S", "PATH", "add_receiver"]

PATH: Final = "/gate/{key}"


def add_receiver(app: FastAPI, receiving: Receiving, body_s: float = BODY_S) -> None:
    """Let the app take the hooks of all gates. Other methods than POST are answered with 405, and never decide anything."""
    bodies = Bodies(BODY_BYTES, body_s)

    async def receive(request: Request) -> Response:
        key = str(request.path_params["key"])
        headers: Headers = tuple((name, value) for name, value in request.headers.items())
        peer = request.client.host if request.client else ""
        refused = await receiving.admits(key, headers, peer)
        if refused is not None:
            return _answer(refused, close=True)
        body = await bodies.read(request)
        if isinstance(body, int):
            return _answer(Receipt(body, {"received": False, "reason": _reason(body, body_s)}), close=True)
        return _answer(await receiving.taken(key, body))

    app.add_route(PATH, receive, methods=["POST"], include_in_schema=False)


def _reason(status: int, body_s: float) -> str:
    """Return why a body was not read."""
    return {
        400: "The hook broke off.",
        408: f"The hook did not come within {body_s:g} seconds.",
        413: f"The hook is larger than {BODY_BYTES} bytes.",
        503: "Too many calls at a time.",
    }[status]


def _answer(receipt: Receipt, *, close: bool = False) -> Response:
    """Return the answer; ``close`` ends the connection, so that what is left of a body is not waited for."""
    headers = {"Connection": "close"} if close else {}
    if receipt.status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="gate"'
    return JSONResponse(receipt.body, status_code=receipt.status, headers=headers)
