"""Where platforms call: ``/shops/{token}/subscribe`` and ``/shops/{token}/unsubscribe``. The address itself holds a secret.

All that such a call says stands in its address: a body is never read, so that who sends one slowly holds up nobody.
"""

from __future__ import annotations

from typing import Final, cast

from fastapi import FastAPI, Request
from fastapi.responses import Response

from workbench.engine.newsletter_calls import CHANGES, Change
from workbench.models.callback import Acknowledgement
from workbench.services.newsletter import Newsletter

_NOT_THIS_WAY: Final = Acknowledgement(status=405, body='{"received": false}', headers=(("Allow", "GET"),))


def add_shop_receiver(app: FastAPI, newsletter: Newsletter) -> None:
    """Let the app take the newsletter calls of all shops. Other methods than GET are answered with 405, and do nothing."""

    async def receive(request: Request) -> Response:
        if request.method != "GET":  # a HEAD comes in beside GET, and may come from a scanner of links
            return _answer(request, _NOT_THIS_WAY)
        token = str(request.path_params["token"])
        what = cast(Change, request.url.path.rpartition("/")[2])
        query: bytes = request.scope.get("query_string", b"")
        return _answer(request, await newsletter.taken(token, what, query))

    for what in CHANGES:
        app.add_route(f"/shops/{{token}}/{what}", receive, methods=["GET"], include_in_schema=False)


def _answer(request: Request, answer: Acknowledgement) -> Response:
    """Return the answer. Where a body comes along, the connection ends with it, so that the body is not waited for."""
    headers = dict(answer.headers)
    if "content-length" in request.headers or "transfer-encoding" in request.headers:
        headers["Connection"] = "close"
    media = answer.content_type if answer.body else None
    return Response(answer.body, status_code=answer.status, media_type=media, headers=headers)
