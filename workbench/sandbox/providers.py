"""The stand-ins: each provider's declaration becomes an ASGI app that checks what the vendor checks and refuses as it refuses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Final
from urllib.parse import urlsplit

from starlette.types import Receive, Scope, Send

from workbench.engine.auth import credentials_for
from workbench.engine.compose import CONTENT_TYPES
from workbench.models.base import JsonValue
from workbench.models.provider import Encoding, Endpoint, Provider
from workbench.models.request import Request

from .answers import Rendered, fill, render, respond, written
from .bodies import Unreadable, parse_body, read_body
from .keys import Expected, lets_in
from .rules import refusal_of, refused_items
from .tokens import TokenServer

BODY_BYTES: Final = 30_000_000
"""The longest body where the vendor names no limit of its own."""
KINDS: Final[Mapping[Encoding, str]] = {
    "json": "a JSON object",
    "form": "a form",
    "nested_form": "a form",
    "multipart": "a form in parts",
    "xml": "XML",
}
"""What a body is that cannot be read, in the words of a refusal (``{{ kind }}``)."""
BATCH_BYTES: Final = 50_000_000
"""The longest body of a call that carries many messages: the vendor's limit is one message's then."""


class Emulator:
    """One provider's stand-in. ``expected`` (credential field to value) makes it check the very key or signature;
    without it any key of the right shape is taken, except one that holds ``wrong``, ``invalid`` or ``revoked``.
    """  # noqa: D205 - one sentence

    def __init__(self, provider: Provider, tokens: TokenServer, expected: Expected | None = None) -> None:
        self.provider = provider
        self.tokens = tokens
        self.expected = expected
        self.taken = 0
        self.routes = [(endpoint, pattern_of(endpoint.url)) for endpoint in provider.endpoints]
        self._keyed = {
            endpoint.key: provider.model_copy(update={"credentials": credentials_for(provider, endpoint)})
            for endpoint in provider.endpoints
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request as the vendor would."""
        path = path_of(scope)
        found = self.endpoint_at(path)
        matching = [(endpoint, names) for endpoint, names in found if endpoint.method == scope["method"]]
        most = max((_most(self.provider, endpoint) for endpoint, _ in matching), default=BODY_BYTES)
        body = await read_body(receive, most)
        if not matching:
            await respond(send, self._unknown(scope["method"], path, found))
        elif body is None:
            await respond(send, too_large(self.provider, most))
        else:
            request = seen(scope, body, self.provider)
            await respond(send, self._answer(request, *by_content_type(matching, request)))

    def endpoint_at(self, path: str) -> list[tuple[Endpoint, dict[str, str]]]:
        """Return the endpoints whose path this is, each with the names its path holds."""
        return [
            (endpoint, match.groupdict())
            for endpoint, pattern in self.routes
            if (match := pattern.fullmatch(path.rstrip("/") or "/"))
        ]

    def owns(self, path: str) -> bool:
        """Return whether a path is one of this provider's and of no other one: not where any path would do."""
        return bool(self.provider.endpoint().url) and bool(self.endpoint_at(path))

    def _answer(self, request: Request, endpoint: Endpoint, names: dict[str, str]) -> Rendered:
        emulation = self.provider.emulation
        if not lets_in(self._keyed[endpoint.key], request, self.tokens, self.expected):
            return render(emulation.unauthorized, names, None)
        try:
            parsed = parse_body(request.body, request.header("Content-Type") or "", endpoint.encoding)
        except Unreadable:
            return render(emulation.malformed, {**names, "kind": KINDS[endpoint.encoding]}, None)
        return self.given(request, endpoint, names, parsed)

    def given(
        self, request: Request, endpoint: Endpoint, names: dict[str, str], parsed: JsonValue
    ) -> Rendered:
        """Return the answer to a body that can be read, of somebody who is let in."""
        refusal = refusal_of(endpoint, parsed)
        if refusal is not None:
            return render(refusal, names, parsed)
        self.taken += 1
        items: dict[int, JsonValue] = {
            index: fill(answer.body, {**names, "request": element})
            for index, (answer, element) in refused_items(endpoint, parsed).items()
        }
        return render(endpoint.accepted, names, parsed, items)

    def shown_path(self, endpoint: Endpoint) -> str:
        """Return an endpoint's path as it is told to whom looked for another one."""
        return urlsplit(endpoint.url).path or "/"

    def _unknown(self, method: str, path: str, found: list[tuple[Endpoint, dict[str, str]]]) -> Rendered:
        """Return a 405 for a known path, else a 404; both name what the stand-in knows, so that nobody has to guess."""
        told = [f"{endpoint.method} {self.shown_path(endpoint)}" for endpoint, _ in self.routes]
        known = list(dict.fromkeys(told))
        message = f"The stand-in for {self.provider.name} has no {method} {path}. It has: {', '.join(known)}."
        allow = ", ".join(sorted({endpoint.method for endpoint, _ in found}))
        return written(
            405 if found else 404, [("Allow", allow)] if found else [], {"message": message, "known": known}
        )


def by_content_type(
    found: list[tuple[Endpoint, dict[str, str]]], request: Request
) -> tuple[Endpoint, dict[str, str]]:
    """Return the endpoint that takes bodies of the request's Content-Type, the first where none says so: one address may have several."""
    kind = (request.header("Content-Type") or "").partition(";")[0].strip().lower()
    return next((one for one in found if CONTENT_TYPES[one[0].encoding] == kind), found[0])


def stands_in_for(provider: Provider, host: str) -> bool:
    """Return whether the provider's stand-in answers for this host."""
    return any(fnmatchcase(host.lower(), pattern) for pattern in provider.hosts)


def _most(provider: Provider, endpoint: Endpoint) -> int:
    return BATCH_BYTES if endpoint.accepted.each == "$" else provider.limits.body_bytes or BODY_BYTES


def too_large(provider: Provider, most: int) -> Rendered:
    """Return the refusal of a body that is longer than ``most`` bytes."""
    message = f"The body is too large: the stand-in for {provider.name} takes at most {most} bytes."
    return written(413, [], {"message": message})


def path_of(scope: Scope) -> str:
    """Return the path of a call, without what the stand-in is mounted under."""
    return scope["path"].removeprefix(scope.get("root_path", "")) or "/"


def seen(scope: Scope, body: bytes, provider: Provider) -> Request:
    """Return the request as the client sent it, for the checks that are pure functions of it."""
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
    host = next((value for name, value in headers if name.lower() == "host"), "")
    path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1").partition("?")[0]
    query = scope["query_string"].decode("latin-1")
    url = f"{scope.get('scheme', 'http')}://{host}{path}" + (f"?{query}" if query else "")
    return Request(method=scope["method"], url=url, headers=headers, body=body, provider=provider.key)


def pattern_of(url: str) -> re.Pattern[str]:
    """Return the pattern of a path, or of a URL's; a ``{field}`` matches one segment. Without a URL every path fits."""
    if not url:
        return re.compile(r".*", re.DOTALL)
    path = url if url.startswith("/") else "/" + (url.partition("://")[2] or url).partition("/")[2]
    path = path.partition("?")[0]
    parts = re.split(r"\{(\w+)\}", path.rstrip("/") or "/")
    return re.compile(
        "".join(
            re.escape(part) if index % 2 == 0 else f"(?P<{part}>[^/]+)" for index, part in enumerate(parts)
        )
    )
