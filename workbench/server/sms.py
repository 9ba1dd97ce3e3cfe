"""Where SMS providers call: ``/sms/{token}/delivery`` and ``/sms/{token}/inbound``. The address itself holds a secret.

A call that may not come in is answered before its body is read. Nothing of a call is given back but what a handshake has to hear.
"""

from __future__ import annotations

from typing import Final, cast

from fastapi import FastAPI, Request
from fastapi.responses import Response

from workbench.models.callback import Acknowledgement, CallbackRoute
from workbench.models.request import Headers
from workbench.services.callback_receiving import BODY_BYTES, CallbackReceiving

from .bodies import BODY_S, Bodies

ROUTES: Final[tuple[CallbackRoute, ...]] = ("delivery", "inbound")
METHODS: Final = ("POST", "GET", "PUT", "OPTIONS")
"""What some provider calls with; which of them an account's provider may use is asked for each call."""


def add_sms_receiver(app: FastAPI, receiving: CallbackReceiving, body_s: float = BODY_S) -> None:
    """Let the app take the callbacks of all SMS accounts."""
    bodies = Bodies(BODY_BYTES, body_s)

    async def receive(request: Request) -> Response:
        token = str(request.path_params["token"])
        route = cast(CallbackRoute, request.url.path.rpartition("/")[2])
        refused = await receiving.admits(token, route, request.method)
        if refused is not None:
            return _answer(refused, close=True)
        body = await bodies.read(request)
        if isinstance(body, int):
            return _answer(Acknowledgement(status=body, body='{"received": false}'), close=True)
        headers: Headers = tuple((name, value) for name, value in request.headers.items())
        return _answer(
            await receiving.taken(token, route, request.method, _as_called(request), headers, body)
        )

    for route in ROUTES:
        app.add_route(f"/sms/{{token}}/{route}", receive, methods=list(METHODS), include_in_schema=False)


def _as_called(request: Request) -> str:
    """Return path and query as they came, in their own spelling: that is what a provider signs."""
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    query: bytes = request.scope.get("query_string", b"")
    called = raw.partition(b"?")[0] + (b"?" + query if query else b"")
    return called.decode("latin-1")


def _answer(answer: Acknowledgement, *, close: bool = False) -> Response:
    """Return the answer; ``close`` ends the connection, so that what is left of a body is not waited for."""
    headers = dict(answer.headers)
    if close:
        headers["Connection"] = "close"
    return Response(answer.body, status_code=answer.status, media_type=answer.content_type, headers=headers)
