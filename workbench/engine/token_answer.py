"""Reading what a token URL answers: a token, or a sentence that says which of the many ways it went wrong (R-ESP-16)."""

from __future__ import annotations

import json

from pydantic import SecretStr

from workbench.errors import TokenRefused
from workbench.models.base import JsonValue
from workbench.models.credential import OAuth2
from workbench.models.request import Failure, Reply
from workbench.models.token import TokenAnswer
from workbench.sentence import Sentence, say

from .paths import first

NAME_LENGTH = 60
"""Characters of a name or code in an answer that a sentence repeats."""

_REFUSED_CLIENT = ("invalid_client", "unauthorized_client", "invalid_grant", "access_denied")


def read_token(credential: OAuth2, answer: Reply | Failure) -> TokenAnswer:
    """Return the token of a 2xx JSON object with a non-empty text at ``token_path``; else raise TokenRefused with the reason."""
    if isinstance(answer, Failure):
        raise TokenRefused(say("The token URL gave no answer. {reason}", reason=answer.sentence))
    if 300 <= answer.status < 400:
        raise TokenRefused(
            say("The token URL answered {status} and points elsewhere. Redirects are never followed: use the final address.",
                status=answer.status),
        )  # fmt: skip
    body = _object(answer)
    if not 200 <= answer.status < 300:
        raise TokenRefused(_refusal(answer, body))
    if body is None:
        raise TokenRefused(_not_json(answer))
    token = first(body, credential.token_path)
    if not isinstance(token, str) or not token:
        names = ", ".join(name[:NAME_LENGTH] for name in sorted(body)[:10])
        raise TokenRefused(
            say("The token URL answered, but there is no token at “{path}”. The answer has: {names}. Change “Token field”.",
                path=credential.token_path, names=names or "nothing"),
        )  # fmt: skip
    return TokenAnswer(
        access_token=SecretStr(token),
        token_type=str(body.get("token_type", "Bearer")),
        expires_in_s=_seconds(body),
        margin_s=type(credential).margin_s,
        unstated_s=type(credential).unstated_s,
    )


def _object(reply: Reply) -> dict[str, JsonValue] | None:
    try:
        parsed = json.loads(reply.text())
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def _refusal(reply: Reply, body: dict[str, JsonValue] | None) -> Sentence:
    code = str((body or {}).get("error", ""))[:NAME_LENGTH]
    if reply.status in (401, 403) or code in _REFUSED_CLIENT:
        return say(
            "The token URL refused the client id or secret (HTTP {status} {code}). Check both, and their keys.",
            status=reply.status,
            code=code,
        )
    if reply.status == 404:
        return say("There is nothing at the token URL (HTTP 404). Check the address.")
    if reply.status == 429:
        return say("The token URL asks to slow down (HTTP 429). Wait a minute, then try again.")
    if reply.status >= 500:
        return say(
            "The token URL has a fault of its own (HTTP {status}). Try again later.", status=reply.status
        )
    if body is None and _is_html(reply):
        return _not_json(reply)
    return say(
        "The token URL refused the request (HTTP {status} {code}). Check the keys, the placement and the parameters.",
        status=reply.status,
        code=code,
    )


def _not_json(reply: Reply) -> Sentence:
    if _is_html(reply):
        return say(
            "The token URL answered with a web page instead of a token. This is often a sign-in page: check the address."
        )
    if not reply.body.strip():
        return say(
            "The token URL answered {status} with an empty body, so there is no token.", status=reply.status
        )
    return say(
        "The token URL answered {status}, but not with a JSON object, so there is no token to read.",
        status=reply.status,
    )


def _is_html(reply: Reply) -> bool:
    return "html" in (reply.header("content-type") or "").lower() or reply.body.lstrip()[:1] == b"<"


def _seconds(body: dict[str, JsonValue]) -> float | None:
    value = body.get("expires_in", body.get("expiresIn"))
    try:
        seconds = float(str(value))
    except ValueError:
        return None
    return seconds if 0 <= seconds < 10**9 else None
