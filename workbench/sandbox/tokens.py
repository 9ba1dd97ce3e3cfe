"""A stand-in for token URLs: hands out tokens for client credentials in any placement, refuses as RFC 6749 says."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote_plus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

LIFETIME_S = 3600
PREFIX = "wbt_"
WRONG = ("wrong", "invalid", "revoked")
"""A secret that holds one of these words is refused, so that a refusal can be rehearsed."""


class TokenServer:
    """An ASGI app for the token URL. ``clients`` (id to secret) makes it strict; without it any plausible pair is taken.

    Tokens start with ``wbt_`` and are valid for one hour; ``valid(token)`` tells the other stand-ins.
    """

    def __init__(self, clients: Mapping[str, str] | None = None, lifetime_s: int = LIFETIME_S) -> None:
        self.clients = clients
        self.lifetime_s = lifetime_s
        self.issued: dict[str, float] = {}
        self.calls = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one token request."""
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    def valid(self, token: str) -> bool:
        """Return whether the token was handed out here and has not run out."""
        return self.issued.get(token, 0.0) > time.monotonic()

    def revoke_all(self) -> None:
        """Forget every token: the next use of one is answered 401."""
        self.issued.clear()

    async def _answer(self, request: Request) -> Response:
        self.calls += 1
        if request.method != "POST":
            return _refuse(405, "invalid_request", "The token URL takes POST only.")
        fields = _fields(await request.body(), request.headers.get("content-type", ""))
        if fields is None:
            return _refuse(400, "invalid_request", "The body cannot be read.")
        grant = fields.pop("grant_type", None)
        if grant is not None and grant != "client_credentials":
            return _refuse(400, "unsupported_grant_type", f"grant_type {grant!r} is not supported.")
        pair = _pair(fields, request.headers)
        if pair is None:
            return _refuse(
                401, "invalid_client", "Client authentication failed: no client id and secret were found."
            )
        if not self._known(*pair):
            return _refuse(401, "invalid_client", "Client authentication failed.")
        token = PREFIX + secrets.token_urlsafe(24)
        self.issued[token] = time.monotonic() + self.lifetime_s
        # accessToken and expiresIn are the names of Salesforce's legacy answer
        return JSONResponse(
            {
                "access_token": token,
                "token_type": "Bearer",
                "expires_in": self.lifetime_s,
                "accessToken": token,
                "expiresIn": self.lifetime_s,
            },
            headers={"Cache-Control": "no-store"},
        )

    def _known(self, client_id: str, secret: str) -> bool:
        if self.clients is not None:
            return (
                secrets.compare_digest(self.clients.get(client_id, ""), secret) and client_id in self.clients
            )
        return not any(word in secret.lower() for word in WRONG)


def _fields(body: bytes, content_type: str) -> dict[str, str] | None:
    try:
        if "json" in content_type:
            parsed = json.loads(body)
            return (
                {str(key): str(value) for key, value in parsed.items()} if isinstance(parsed, dict) else None
            )
        return dict(parse_qsl(body.decode(), keep_blank_values=True))
    except ValueError:
        return None


def _pair(fields: Mapping[str, str], headers: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the id and secret wherever they are: Basic header, headers of their own, or the body's first two fields."""
    authorization = headers.get("authorization", "")
    if authorization.lower().startswith("basic "):
        try:
            user, _, password = base64.b64decode(authorization[6:]).decode().partition(":")
        except ValueError:
            return None
        return (unquote_plus(user), unquote_plus(password)) if user and password else None
    named = {
        **fields,
        **{name: value for name, value in headers.items() if "client" in name or "secret" in name},
    }
    ids = [
        value
        for name, value in named.items()
        if "id" in name.lower() and "account" not in name.lower() and value
    ]
    keys = [
        value
        for name, value in named.items()
        if ("secret" in name.lower() or "password" in name.lower()) and value
    ]
    if ids and keys:
        return ids[0], keys[0]
    rest = [
        value
        for name, value in fields.items()
        if name not in ("scope", "audience", "account_id", "resource") and value
    ]
    return (rest[0], rest[1]) if len(rest) >= 2 else None


def _refuse(status: int, error: str, description: str) -> Response:
    headers = {"WWW-Authenticate": "Basic"} if status == 401 else None
    return JSONResponse(
        {"error": error, "error_description": description}, status_code=status, headers=headers
    )
