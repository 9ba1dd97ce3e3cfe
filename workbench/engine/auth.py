"""Authorization: a credential and its opened secrets become headers; and the token request of OAuth2."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote_plus, urlencode

from workbench.models.base import SecretRef
from workbench.models.credential import BasicPair, BearerToken, Credential, HeaderKey, OAuth2, Signature
from workbench.models.provider import Endpoint, Provider
from workbench.models.request import Headers, Request

Opened = Mapping[str, str]
"""Secrets by handle: real values to send, masks to show, placeholders for a snippet."""


def opened(value: str | SecretRef, secrets: Opened) -> str:
    """Return the plain value, or what ``secrets`` holds for the handle (its mask where it holds nothing)."""
    return secrets.get(value.handle, value.hint) if isinstance(value, SecretRef) else value


def credential_values(credential: Credential, secrets: Opened) -> dict[str, str]:
    """Return the credential's fields as text, secrets opened."""
    return {
        name: opened(value, secrets)
        for name, value in ((name, getattr(credential, name)) for name in type(credential).model_fields)
        if isinstance(value, (str, SecretRef))
    }


_FIELD = re.compile(r"\{(\w+)\}")


def address_field(url: str, model: type[Credential]) -> str:
    """Return the field of the credential that is the whole address of the call (``{event_url}``); an empty text where none is."""
    found = _FIELD.fullmatch(url.strip())
    return found[1] if found and found[1] in model.model_fields else ""


def credentials_for(provider: Provider, endpoint: Endpoint) -> tuple[type[Credential], ...]:
    """Return the provider's credentials that fill the endpoint's address; all of them where it names no field of any."""
    known = {name for model in provider.credentials for name in model.model_fields}
    wanted = known & set(_FIELD.findall(endpoint.url))
    return tuple(model for model in provider.credentials if wanted <= set(model.model_fields))


class Authorization:
    """What a credential adds to the requests of an integration, made ready once: each waits only for its token or signature."""

    def __init__(self, credential: Credential, secrets: Opened) -> None:
        auth = type(credential).auth
        self.values = credential_values(credential, secrets)
        self._takes_token = isinstance(auth, BearerToken)
        self._sign = auth.sign if isinstance(auth, Signature) else None
        self._fixed: Headers = ()
        if isinstance(auth, HeaderKey):
            self._fixed = ((auth.header.format_map(self.values), auth.value.format_map(self.values)),)
        elif isinstance(auth, BasicPair):
            username, password = (part.format_map(self.values) for part in (auth.username, auth.password))
            self._fixed = (("Authorization", basic(username, password)),)

    def headers(self, token: str | None) -> Headers:
        """Return the headers that are the same for every request with this token."""
        return (("Authorization", f"Bearer {token or ''}"),) if self._takes_token else self._fixed

    def signed(self, request: Request, now: datetime) -> Request:
        """Return the request with the headers of its signature, where the credential makes one."""
        if self._sign is None:
            return request
        added = self._sign(request, self.values, now)
        return request.model_copy(update={"headers": request.headers + added})


def authorize(
    request: Request, credential: Credential, secrets: Opened, *, token: str | None, now: datetime
) -> Request:
    """Return the request with the credential's headers added; its body and URL stay as they are."""
    authorization = Authorization(credential, secrets)
    added = authorization.headers(token)
    if added:
        request = request.model_copy(update={"headers": request.headers + added})
    return authorization.signed(request, now)


def basic(username: str, password: str) -> str:
    """Return the value of a Basic Authorization header, UTF-8 (https://www.rfc-editor.org/rfc/rfc7617#section-2.1)."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def token_request(credential: OAuth2, secrets: Opened, provider: str) -> Request:
    """Return the request that asks the token URL for a token (RFC 6749 section 4.4; the placements of R-ESP-14)."""
    client_id, client_secret = credential.client_id, opened(credential.client_secret, secrets)
    pairs = [("grant_type", credential.grant_type)] if credential.grant_type else []
    ours = [(credential.client_id_key, client_id), (credential.client_secret_key, client_secret)]
    more = [(parameter.name, opened(parameter.value, secrets)) for parameter in credential.parameters]
    headers: list[tuple[str, str]] = [("Accept", "application/json")]
    if credential.placement == "basic":
        # section 2.3.1: id and secret are form-encoded before they are joined
        headers.append(("Authorization", basic(quote_plus(client_id), quote_plus(client_secret))))
    elif credential.placement == "headers":
        headers += ours
    else:
        pairs += ours
    pairs += more
    if credential.placement == "json":
        body = json.dumps(dict(pairs), ensure_ascii=False, separators=(",", ":")).encode()
        headers.append(("Content-Type", "application/json"))
    else:
        body = urlencode(pairs).encode()
        headers.append(("Content-Type", "application/x-www-form-urlencoded"))
    return Request(
        method="POST", url=credential.token_url, headers=tuple(headers), body=body, provider=provider
    )
