"""Keys: whether a request carries the authorization that its provider asks for."""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from workbench.engine.redact import SENSITIVE_HEADERS
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
    return any(
        _fits(provider, credential.auth, request, tokens, expected) for credential in provider.credentials
    )


def _fits(
    provider: Provider, auth: Auth, request: Request, tokens: TokenServer, expected: Expected | None
) -> bool:
    if isinstance(auth, HeaderKey):
        # a header of one's own is known by what is expected alone
        name = _written(auth.header, expected or {})
        return name is not None and _key_fits(auth, request.header(name) or "", expected)
    if isinstance(auth, BasicPair):
        return _pair_fits(auth, request.header("Authorization") or "", expected)
    if isinstance(auth, Signature):
        return _signature_fits(provider, auth, request, expected)
    if isinstance(auth, BearerToken):
        return not _other_bearer(provider, expected) and _token_fits(
            request.header("Authorization") or "", tokens
        )
    # a scheme that no other credential is about is a locked header of the person's own making
    given = request.header("Authorization") or ""
    if any(request.header(header) is not None for header in _own_headers(provider, expected or {})):
        return False
    if _any_header(provider) and not all(map(_plausible, _keys_of(request))):
        return False
    return given.partition(" ")[0].lower() not in _SCHEMES and _plausible(given)


def _other_bearer(provider: Provider, expected: Expected | None) -> bool:
    """Return whether what is expected is a key that stands where a token would: then no token is let in beside it."""
    return expected is not None and any(
        isinstance(one.auth, HeaderKey)
        and one.auth.header == "Authorization"
        and _written(one.auth.value, expected) is not None
        for one in provider.credentials
    )


def _own_headers(provider: Provider, expected: Expected) -> set[str]:
    """Return the headers in which a credential of the provider has its key: with one of them it is not a request without a key."""
    found = {
        _written(credential.auth.header, expected)
        for credential in provider.credentials
        if isinstance(credential.auth, HeaderKey)
    }
    return {name for name in found if name is not None} - {"Authorization"}


def _any_header(provider: Provider) -> bool:
    """Return whether the person names the header of the key, so that it may be any."""
    return any(isinstance(one.auth, HeaderKey) and "{" in one.auth.header for one in provider.credentials)


def _keys_of(request: Request) -> list[str]:
    """Return the values of the headers that usually carry a key, beside Authorization."""
    return [value for name, value in request.headers if name.lower() in SENSITIVE_HEADERS - {"authorization"}]


def learned(provider: Provider, request: Request) -> dict[str, str]:
    """Return what a request that was let in shows of the credential: its user name and password, or its key. A signature shows nothing."""
    found: dict[str, str] = {}
    given = request.header("Authorization") or ""
    for credential in provider.credentials:
        auth = credential.auth
        if isinstance(auth, HeaderKey):
            found |= _read_by(auth.value, request.header(auth.header) or "")
        elif isinstance(auth, BasicPair) and (pair := _pair_of(given)) is not None:
            found |= _read_by(auth.username, pair[0]) | _read_by(auth.password, pair[1])
    return found


def _read_by(template: str, text: str) -> dict[str, str]:
    """Return the fields that a template names, as a text that was written by it holds them."""
    parts = re.split(r"\{(\w+)\}", template)
    pattern = "".join(re.escape(part) if at % 2 == 0 else f"(?P<{part}>.+)" for at, part in enumerate(parts))
    match = re.fullmatch(pattern, text, re.DOTALL)
    return match.groupdict() if match else {}


def _written(template: str, expected: Expected) -> str | None:
    """Return what the template makes of the expected values; None where it is of another credential, whose fields are not there."""
    try:
        return template.format_map(expected)
    except KeyError:
        return None


def _key_fits(auth: HeaderKey, given: str, expected: Expected | None) -> bool:
    if expected is not None:
        wanted = _written(auth.value, expected)
        return wanted is not None and _same(wanted, given)
    if PREFIX in given:  # what the token server gave out is a token and no key
        return False
    parts = re.split(r"\{\w+\}", auth.value)
    return bool(re.fullmatch(r"\S+".join(re.escape(part) for part in parts), given)) and _plausible(given)


def _pair_fits(auth: BasicPair, authorization: str, expected: Expected | None) -> bool:
    pair = _pair_of(authorization)
    if pair is None:
        return False
    user, password = pair
    if expected is not None:
        names = (_written(auth.username, expected), _written(auth.password, expected))
        return None not in names and _same(f"{names[0]}:{names[1]}", f"{user}:{password}")
    fixed_user = "{" not in auth.username
    return bool(user and password) and (not fixed_user or user == auth.username) and _plausible(password)


def _pair_of(authorization: str) -> tuple[str, str] | None:
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(given.strip(), validate=True).decode().partition(":")
    except ValueError:
        return None
    return user, password


def _token_fits(authorization: str, tokens: TokenServer) -> bool:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        return False
    return tokens.valid(token) if PREFIX in token else _plausible(token)


def _signature_fits(provider: Provider, auth: Signature, request: Request, expected: Expected | None) -> bool:
    if provider.sms is not None and provider.sms.emulation.lets_in is not None:
        return provider.sms.emulation.lets_in(request, expected) and (
            expected is not None or _plausible(request.header("Authorization") or "")
        )
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
