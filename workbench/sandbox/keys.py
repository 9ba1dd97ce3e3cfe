"""Keys: whether a request carries the authorization that its provider asks for."""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from workbench.models.credential import Auth, BasicPair, BearerToken, HeaderKey, Signature
from workbench.models.provider import Provider
from workbench.models.request import Request

from .tokens import PREFIX, WRONG, TokenServer

Expected = Mapping[str, str]
"""The credential's fields and the values that are let in."""

_STAMP = re.compile(r"\d{8}T\d{6}Z", re.ASCII)
_SCHEMES = ("basic", "bearer")


def lets_in(provider: Provider, request: Request, tokens: TokenServer, expected: Expected | None) -> bool:
    """Return whether one of the provider's ways of authorization fits the request.

    With ``expected`` the very key or signature is checked. Without it any key of the right shape will do, except one
    that holds ``wrong``, ``invalid`` or ``revoked``: so a refusal can be rehearsed.
    """
    return any(_fits(credential.auth, request, tokens, expected) for credential in provider.credentials)


def _fits(auth: Auth, request: Request, tokens: TokenServer, expected: Expected | None) -> bool:
    if isinstance(auth, HeaderKey):
        return _key_fits(auth, request.header(auth.header) or "", expected)
    if isinstance(auth, BasicPair):
        return _pair_fits(auth, request.header("Authorization") or "", expected)
    if isinstance(auth, Signature):
        return _signature_fits(auth, request, expected)
    if isinstance(auth, BearerToken):
        return _token_fits(request.header("Authorization") or "", tokens)
    # a scheme that no other credential is about is a locked header of the person's own making
    given = request.header("Authorization") or ""
    return given.partition(" ")[0].lower() not in _SCHEMES and _plausible(given)


def _key_fits(auth: HeaderKey, given: str, expected: Expected | None) -> bool:
    if expected is not None:
        return _same(auth.value.format_map(expected), given)
    parts = re.split(r"\{\w+\}", auth.value)
    return bool(re.fullmatch(r"\S+".join(re.escape(part) for part in parts), given)) and _plausible(given)


def _pair_fits(auth: BasicPair, authorization: str, expected: Expected | None) -> bool:
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        user, _, password = base64.b64decode(given.strip(), validate=True).decode().partition(":")
    except ValueError:
        return False
    if expected is not None:
        wanted = f"{auth.username.format_map(expected)}:{auth.password.format_map(expected)}"
        return _same(wanted, f"{user}:{password}")
    fixed_user = "{" not in auth.username
    return bool(user and password) and (not fixed_user or user == auth.username) and _plausible(password)


def _token_fits(authorization: str, tokens: TokenServer) -> bool:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        return False
    return tokens.valid(token) if token.startswith(PREFIX) else _plausible(token)


def _signature_fits(auth: Signature, request: Request, expected: Expected | None) -> bool:
    authorization = request.header("Authorization") or ""
    stamp = request.header("X-Amz-Date") or ""
    if not _STAMP.fullmatch(stamp) or not all(
        part in authorization for part in ("Credential=", "SignedHeaders=", "Signature=")
    ):
        return False
    if expected is None:
        return _plausible(authorization)
    try:
        at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return False
    return _same(dict(auth.sign(request, expected, at)).get("Authorization", ""), authorization)


def _same(wanted: str, given: str) -> bool:
    return hmac.compare_digest(wanted.encode("utf-8", "replace"), given.encode("utf-8", "replace"))


def _plausible(given: str) -> bool:
    return not any(word in given.lower() for word in WRONG)
