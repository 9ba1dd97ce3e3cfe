"""A stand-in for token URLs: hands out tokens for client credentials in any placement, refuses as RFC 6749 says."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Callable, Mapping
from itertools import combinations
from typing import Final
from urllib.parse import parse_qsl, unquote_plus

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from .answers import Rendered, respond, written
from .bodies import read_body

LIFETIME_S: Final = 3600
BODY_BYTES: Final = 1_000_000
FIELDS: Final = 100
PREFIX: Final = "wbt_"
WRONG: Final = ("wrong", "invalid", "revoked")
"""A secret that holds one of these words is refused, so that a refusal can be rehearsed."""

_NOT_OURS = frozenset(
    (
        "accept", "accept-encoding", "accept-language", "authorization", "connection", "content-length",
        "content-type", "cookie", "host", "origin", "referer", "te", "traceparent", "tracestate",
        "transfer-encoding", "user-agent", "x-workbench-fault",
    )
)  # fmt: skip
_STANDARD = (("client_id", "client_secret"), ("clientId", "clientSecret"))
_MORE = ("scope", "audience", "resource", "account_id")

Pairs = list[tuple[str, str]]


class TokenServer:
    """An ASGI app for the token URL. ``clients`` (id to secret) makes it strict; without it any plausible pair is taken.

    Tokens start with ``wbt_`` and are valid for ``lifetime_s`` seconds of ``clock``; ``valid(token)`` tells the other stand-ins.
    """

    def __init__(
        self,
        clients: Mapping[str, str] | None = None,
        lifetime_s: float = LIFETIME_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.clients = clients
        self.lifetime_s = lifetime_s
        self.clock = clock
        self.issued: dict[str, float] = {}
        self.calls = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one token request."""
        self.calls += 1
        body = await read_body(receive, BODY_BYTES)
        await respond(send, self._answer(scope["method"], Headers(scope=scope), body))

    def valid(self, token: str) -> bool:
        """Return whether the token was handed out here and has not run out."""
        return self.issued.get(token, 0.0) > self.clock()

    def revoke_all(self) -> None:
        """Forget every token: the next use of one is answered 401."""
        self.issued.clear()

    def _answer(self, method: str, headers: Headers, body: bytes | None) -> Rendered:
        if method != "POST":
            return _refuse(405, "invalid_request", "The token URL takes POST only.")
        fields = None if body is None else _fields(body, headers.get("content-type", ""))
        if fields is None:
            return _refuse(400, "invalid_request", "The body cannot be read.")
        if len({name for name, _ in fields}) < len(fields):
            # https://www.rfc-editor.org/rfc/rfc6749#section-3.2
            return _refuse(400, "invalid_request", "A parameter is there more than once.")
        grant = dict(fields).get("grant_type")
        if grant is not None and grant != "client_credentials":
            return _refuse(400, "unsupported_grant_type", f"grant_type {grant[:40]!r} is not supported.")
        return self._authenticate(headers, [pair for pair in fields if pair[0] != "grant_type"])

    def _authenticate(self, headers: Headers, fields: Pairs) -> Rendered:
        basic = _basic(headers.get("authorization", ""))
        named = any(name in ids for name, _ in fields for ids in _STANDARD)
        if basic and named:
            # https://www.rfc-editor.org/rfc/rfc6749#section-2.3
            return _refuse(
                400, "invalid_request", "Client id and secret are there twice: in the header and in the body."
            )
        own = [(name, value) for name, value in headers.items() if name not in _NOT_OURS]
        pairs = [basic] if basic else _candidates(fields) + _candidates(own)
        if not pairs:
            return _refuse(
                401, "invalid_client", "Client authentication failed: no client id and secret were found."
            )
        if not self._known(pairs):
            return _refuse(401, "invalid_client", "Client authentication failed.")
        return self._issue()

    def _known(self, pairs: Pairs) -> bool:
        if self.clients is None:
            return not any(word in secret.lower() for _, secret in pairs for word in WRONG)
        known = self.clients
        return any(
            client_id in known and secrets.compare_digest(known[client_id].encode(), secret.encode())
            for client_id, secret in pairs
        )

    def _issue(self) -> Rendered:
        now = self.clock()
        self.issued = {token: end for token, end in self.issued.items() if end > now}
        token = PREFIX + secrets.token_urlsafe(24)
        self.issued[token] = now + self.lifetime_s
        lifetime = int(self.lifetime_s)
        # accessToken and expiresIn are the names of Salesforce's legacy answer
        body = {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": lifetime,
            "accessToken": token,
            "expiresIn": lifetime,
        }
        return written(200, [("Cache-Control", "no-store")], body)


def _fields(body: bytes, content_type: str) -> Pairs | None:
    """Return the parameters in their order, or None where the body cannot be read."""
    try:
        if "json" in content_type.lower():
            parsed = json.loads(body, object_pairs_hook=list)
            return [(str(name), _text(value)) for name, value in parsed] if _is_object(parsed, body) else None
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FIELDS)
    except (ValueError, RecursionError):
        return None


def _is_object(parsed: object, body: bytes) -> bool:
    return isinstance(parsed, list) and body.lstrip().startswith(b"{")


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _basic(authorization: str) -> tuple[str, str] | None:
    """Return id and secret of a Basic header, which are form-encoded in it (RFC 6749 section 2.3.1)."""
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(given.strip(), validate=True).decode().partition(":")
    except ValueError:
        return None
    return (unquote_plus(user), unquote_plus(password)) if user and password else None


def _candidates(found: Pairs) -> Pairs:
    """Return which two of these may be id and secret: those with the usual names, else any two, for keys can be renamed."""
    values = dict(found)
    for client_id, secret in _STANDARD:
        for names in ((client_id, secret), (client_id.lower(), secret.lower())):
            if values.get(names[0]) and values.get(names[1]):
                return [(values[names[0]], values[names[1]])]
    rest = [value for name, value in found if value and name not in _MORE]
    return list(combinations(rest[:10], 2))


def _refuse(status: int, error: str, description: str) -> Rendered:
    headers = [("WWW-Authenticate", "Basic")] if status == 401 else []
    return written(status, headers, {"error": error, "error_description": description})
