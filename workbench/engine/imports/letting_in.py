"""LETTING IN: how a foreign request is let in, as a credential of the provider: chosen by what its headers and its address say."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pydantic import ValidationError

from workbench.engine.auth import credentials_for
from workbench.engine.checks import check_header_name
from workbench.models.base import JsonValue, SecretRef
from workbench.models.credential import (
    AddressKey,
    BasicPair,
    BearerToken,
    Credential,
    HeaderKey,
    Signature,
)
from workbench.models.provider import Endpoint, Provider

from .found import Found
from .marked import Marks
from .noise import is_noise
from .secrecy import is_secret_header

_PLACEHOLDER: Final = SecretRef(handle="sec_placeholder0")
FIELD: Final = re.compile(r"\{([a-z_]+)\}")
_SCOPE: Final = re.compile(r"Credential=([^/,\s]+)/")
SIGNED: Final = frozenset(
    {
        "authorization", "date", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256", "x-amz-user-agent",
        "amz-sdk-invocation-id", "amz-sdk-request", "x-ms-date", "x-ms-content-sha256", "x-ts-date", "x-ts-nonce",
        "x-ts-auth-method",
    }
)  # fmt: skip
"""Headers that a signature makes anew for each request."""


IDEMPOTENCY: Final = frozenset({"idempotency-key", "x-idempotency-key", "x-idempotence-key"})
NO_KEY: Final = IDEMPOTENCY | {"authorization", "proxy-authorization", "cookie", "set-cookie", "content-type"}
"""Headers that are no key of one's own, whatever they are called."""


@dataclass(slots=True)
class Evidence:
    """How well a credential's kind fits, the values of its fields (with marks), and the headers that they came from (in small letters)."""

    model: type[Credential]
    score: int = 0
    values: dict[str, str] = field(default_factory=dict)
    headers: set[str] = field(default_factory=set)


def chosen(
    found: Found, provider: Provider, endpoint: Endpoint, fields: Mapping[str, str], marks: Marks
) -> Evidence:
    """Return the provider's kind of credential that fits a request best, with what the request says of its fields."""
    models = credentials_for(provider, endpoint) or provider.credentials
    return max((_evidence(model, found, fields, marks) for model in models), key=lambda one: one.score)


def basic_pair(found: Found, marks: Marks) -> tuple[str, str] | None:
    """Return user name and password of a request that has them, from ``-u``, from Postman's form or from its header."""
    if found.auth is not None and found.auth.kind == "basic":
        return found.auth.values.get("username", ""), found.auth.values.get("password", "")
    scheme, _, token = marks.known(found.header("authorization") or "").strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    variable = marks.alone(token.strip())
    if variable is not None:
        if variable.form != "base64":
            return None
        pair = variable.value or ""
    else:
        try:
            pair = base64.b64decode(token.strip(), validate=True).decode()
        except ValueError:
            return None
    name, colon, password = pair.partition(":")
    return (name, password) if colon else None


def _evidence(model: type[Credential], found: Found, fields: Mapping[str, str], marks: Marks) -> Evidence:
    evidence = Evidence(model)
    auth = model.auth
    if isinstance(auth, HeaderKey) and (own := FIELD.fullmatch(auth.header)):
        _own_header(evidence, auth, own[1], found, marks)
    elif isinstance(auth, HeaderKey):
        _header_key(evidence, auth, found, marks)
    elif isinstance(auth, AddressKey) and auth.value.strip("{}") in fields:
        # a key in a header can be a locked row beside it; a user name and password can not
        evidence.score += 4 if found.auth is None else 1
    elif isinstance(auth, BasicPair):
        _pair(evidence, auth, basic_pair(found, marks), marks)
    elif isinstance(auth, BearerToken):
        _token(evidence, found, marks)
    elif isinstance(auth, Signature):
        _signature(evidence, found)
    for name, value in fields.items():
        if name not in model.model_fields:
            continue
        before = evidence.values.get(name)
        evidence.score -= 2 if before is not None and marks.known(before) != marks.known(value) else 0
        evidence.values.setdefault(name, value)
    evidence.score -= 2 * len(_unfit(evidence, marks))
    return evidence


def _header_key(evidence: Evidence, auth: HeaderKey, found: Found, marks: Marks) -> None:
    value = found.header(auth.header)
    if value is None:
        return
    groups = _groups(auth.value, marks.known(value))
    if groups is None:
        evidence.score -= 1
        return
    evidence.score += 3
    evidence.values.update(groups)
    evidence.headers.add(auth.header.lower())


def _own_header(evidence: Evidence, auth: HeaderKey, own: str, found: Found, marks: Marks) -> None:
    """Note the first header that carries a key, of a request that has no other way in; further ones are locked rows."""
    if found.auth is not None or found.header("authorization") is not None:
        return
    for name, value in found.headers:
        if (
            is_key_header(found, name, value, marks)
            and (groups := _groups(auth.value, marks.known(value))) is not None
        ):
            evidence.score += 2
            evidence.values.update({own: marks.known(name), **groups})
            evidence.headers.add(name.lower())
            return


def is_key_header(found: Found, name: str, value: str, marks: Marks) -> bool:
    """Return whether a header carries a key, by its name, its shape or what a description says of it."""
    low, known = name.lower(), marks.known(value)
    if low in NO_KEY or is_noise(low, value, found.quiet) or check_header_name(marks.known(name)) is not None:
        return False
    declared = low in {one.lower() for one in found.secret_names}
    return declared or marks.secret_in(value) or is_secret_header(name, known)


def _pair(evidence: Evidence, auth: BasicPair, pair: tuple[str, str] | None, marks: Marks) -> None:
    if pair is None:
        return
    for template, text in ((auth.username, pair[0]), (auth.password, pair[1])):
        groups = _groups(template, marks.known(text)) if text != template else {}
        if groups is None:
            evidence.score -= 1
            return
        evidence.values.update(groups)
    evidence.score += 3
    evidence.headers.add("authorization")


def _token(evidence: Evidence, found: Found, marks: Marks) -> None:
    """Note OAuth2: the fields of Postman's form; a token in the header lives for a while only and is fetched anew."""
    value = found.header("authorization") or ""
    if found.auth is not None and found.auth.kind == "oauth2":
        evidence.score += 3
        evidence.values.update({name: value for name, value in found.auth.values.items() if value})
    elif value.lower().startswith("bearer "):
        evidence.score += 4 if "access_token" in marks.named(value).lower() else 0
        evidence.headers.add("authorization")


def _signature(evidence: Evidence, found: Found) -> None:
    value = found.header("authorization") or ""
    if found.auth is not None and found.auth.kind == "aws":
        evidence.score += 3
        evidence.values.update(
            {
                name: text
                for name, text in found.auth.values.items()
                if text and name in evidence.model.model_fields
            }
        )
    elif value and not value.lower().startswith(("basic ", "bearer ")):
        evidence.score += 2
        if (scope := _SCOPE.search(value)) and "access_key_id" in evidence.model.model_fields:
            evidence.values["access_key_id"] = scope[1]
    evidence.headers |= SIGNED


def _groups(template: str, text: str) -> dict[str, str] | None:
    """Return what stands in ``text`` where ``template`` names a field (``Bearer {api_key}``); a scheme's word may have any case."""
    pieces = FIELD.split(template)
    pattern = "".join(
        f"(?P<{piece}>.+)" if index % 2 else f"(?i:{re.escape(piece)})" for index, piece in enumerate(pieces)
    )
    if not text and FIELD.fullmatch(template):
        return {}  # a field that is not filled in yet
    found = re.fullmatch(pattern, text.strip(), re.DOTALL)
    return found.groupdict() if found else None


def _unfit(evidence: Evidence, marks: Marks) -> set[str]:
    """Return the fields whose value the kind would refuse."""
    given: dict[str, JsonValue] = {}
    secret = evidence.model.secret_fields()
    for name, value in evidence.values.items():
        given[name] = _PLACEHOLDER if name in secret else marks.known(value)
    for name in secret:
        given.setdefault(name, _PLACEHOLDER)
    try:
        evidence.model.model_validate(given)
    except ValidationError as error:
        wrong = {
            str(item["loc"][0])
            for item in error.errors(include_url=False, include_input=False)
            if item["loc"]
        }
        return wrong & {
            name
            for name in evidence.values
            if not marks.open_in(str(given[name]) if name not in secret else "")
        }
    return set()
