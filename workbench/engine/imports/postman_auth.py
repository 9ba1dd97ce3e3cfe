"""POSTMAN AUTH: how a Postman request is let in, its own way or that of the folder around it.

https://schema.postman.com/collection/json/v2.1.0/docs/index.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote

from workbench.models.base import JsonValue
from workbench.sentence import say

from .documents import mapping, rows, words
from .found import Auth, Found

_NAMES: Final[Mapping[str, str]] = {
    "digest": "Digest", "hawk": "Hawk", "ntlm": "NTLM", "oauth1": "OAuth 1.0", "edgegrid": "Akamai EdgeGrid", "jwt": "JWT Bearer",
    "asap": "ASAP",
}  # fmt: skip


def fields_of(auth: Mapping[str, JsonValue], kind: str) -> dict[str, str]:
    """Return the fields of one way: a list of key and value in 2.1, an object in 2.0."""
    inside = auth.get(kind)
    if isinstance(inside, list):
        return {words(row.get("key")): words(row.get("value")) for row in rows(inside)}
    return {name: words(value) for name, value in mapping(inside).items()}


def let_in(found: Found, auth: JsonValue, mark: Callable[[str], str]) -> None:
    """Put what Postman's authorization does into a request: a header, a parameter, or a credential. ``mark`` reads its variables."""
    known = mapping(auth)
    kind = words(known.get("type"))
    fields = {name: mark(value) for name, value in fields_of(known, kind).items()}
    if kind in ("", "noauth", "inherit"):
        return
    if kind == "basic":
        found.auth = Auth(
            "basic", {"username": fields.get("username", ""), "password": fields.get("password", "")}
        )
    elif kind == "bearer":
        _header(found, "Authorization", f"Bearer {fields.get('token', '')}")
    elif kind == "apikey":
        _key(found, fields)
    elif kind == "oauth2":
        _oauth2(found, fields)
    elif kind == "awsv4":
        names = {
            "access_key_id": "accessKey",
            "secret_access_key": "secretKey",
            "session_token": "sessionToken",
        }
        found.auth = Auth(
            "aws",
            {ours: fields.get(theirs, "") for ours, theirs in names.items()}
            | {"region": fields.get("region", "")},
        )
    else:
        sentence = say("Postman's “{kind}” is a way to be let in that the workbench does not have. Choose one in step 2.",
                       kind=_NAMES.get(kind, kind[:30]))  # fmt: skip
        found.leave("auth", sentence)


def _header(found: Found, name: str, value: str) -> None:
    """Add a header; one that is written out goes before."""
    if found.header(name) is None:
        found.headers.append((name, value))


def _key(found: Found, fields: Mapping[str, str]) -> None:
    name, value = fields.get("key", ""), fields.get("value", "")
    if not name:
        return
    found.secret_names.add(name)
    if fields.get("in", "header") == "query":
        found.url += ("&" if "?" in found.url else "?") + f"{quote(name, safe='')}={value}"
    else:
        _header(found, name, value)


def _oauth2(found: Found, fields: Mapping[str, str]) -> None:
    grant = fields.get("grant_type", "") or ("client_credentials" if fields.get("accessTokenUrl") else "")
    if grant != "client_credentials":
        sentence = say(
            "OAuth 2.0 with the grant “{grant}” needs a person in a browser. The workbench uses client credentials: set them up in step 2.",
            grant=grant[:40] or "?",
        )  # fmt: skip
        found.leave("auth", sentence)
        return
    found.auth = Auth(
        "oauth2",
        {
            "token_url": fields.get("accessTokenUrl", ""),
            "client_id": fields.get("clientId", ""),
            "client_secret": fields.get("clientSecret", ""),
            "placement": "form" if fields.get("client_authentication") == "body" else "basic",
        },
        scope=fields.get("scope", ""),
    )
