"""A planted secret is found nowhere: eleven encodings in an answer, every surface of services and disk (R-ESP-8, R-CMN-03)."""

from __future__ import annotations

import base64
import html
import json
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from starlette.requests import Request as AsgiRequest
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from workbench import Contact, Header, Settings, Workbench
from workbench.adapters.remote import write_error
from workbench.errors import WorkbenchError
from workbench.models.base import SecretRef
from workbench.models.request import Request
from workbench.sandbox.platform.app import Platform

SECRET = 'S3cr&t "q"/+<é\\>=pl4nted~'
TWIN = SECRET + "-longer-twin"
ASCII = "S3cr&t'pl4nted/+=header"


def basic(user: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()


FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64 inside": lambda s: base64.b64encode(f"xy{s}z".encode()).decode(),
    "base64url": lambda s: base64.urlsafe_b64encode(s.encode()).decode().rstrip("="),
    "basic": lambda s: basic("reconnect", s),
    "percent": lambda s: quote(s, safe=""),
    "plus": quote_plus,
    "json": lambda s: json.dumps(s)[1:-1],
    "json in json": lambda s: json.dumps(json.dumps(s))[1:-1],
    "html": html.escape,
    "hex": lambda s: s.encode().hex(),
}


def core(form: str, text: str) -> str:
    """Return the part of an encoded secret that depends on the secret alone."""
    return text[12:-4] if form in ("base64 inside", "basic") else text.rstrip("=")


class Echo:
    """A provider that answers with everything it was sent, in every encoding, and with headers of its own that repeat the key."""

    def __init__(self, status: int) -> None:
        self.status = status
        self.platform = Platform()

    def route(self, _: Request) -> ASGIApp:
        return self

    def joined(self, *_: object) -> None:
        """It has no stand-ins of texts, which would ask whose message they took."""

    async def close(self) -> None:
        """It keeps nothing that would have to be forgotten."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = AsgiRequest(scope, receive)
        body = (await request.body()).decode()
        said = {
            f"{form} {n}": make(secret)
            for form, make in FORMS.items()
            for n, secret in enumerate((SECRET, TWIN, ASCII))
        }
        answer = {
            "error": "invalid_client",
            "message": " | ".join(said.values()),
            "headers": dict(request.headers),
            "body": body,
            **said,
        }
        headers = {
            "X-Echo": ASCII,
            "Set-Cookie": f"sid={quote(SECRET)}",
            "Location": f"https://x.example/?k={quote(SECRET)}",
        }
        await JSONResponse(answer, status_code=self.status, headers=headers)(scope, receive, send)


@pytest.fixture(params=[200, 302, 401, 500])
async def bench(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Workbench]:
    echo = Echo(request.param)
    async with Workbench.open(tmp_path / "home", sandbox=echo, environ={"WORKBENCH_KEYRING": "off"}) as bench:  # type: ignore[arg-type]
        yield bench


def settings(secret: SecretRef, twin: SecretRef, plain: SecretRef, kind: str) -> Settings:
    basic_auth = {"username": "reconnect", "password": secret.model_dump()}
    oauth = {
        "token_url": "https://auth.example.com/token",
        "client_id": "app",
        "client_secret": secret.model_dump(),
        "parameters": [{"name": "audience", "value": twin.model_dump()}],
    }
    return Settings(
        name="Leaky",
        url="https://esp.example.com/send",
        headers=(Header(name="X-Odd-Name", value=plain),),
        credential_kind=kind,
        credential=basic_auth if kind == "basic" else oauth,
        payload='{"to": "${User Identifier}", "n": "{{ n }}"}',
    )


@pytest.mark.parametrize("kind", ["basic", "oauth2"])
async def test_no_surface_shows_it(
    bench: Workbench, kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    vault = bench.house.vault
    secret, twin, plain = vault.seal_text(SECRET), vault.seal_text(TWIN), vault.seal_text(ASCII)
    draft = await bench.integrations.start()
    draft = await bench.integrations.keep(
        draft.model_copy(update={"settings": settings(secret, twin, plain, kind)})
    )
    ana = Contact(identifiers={"email": "ana@example.com"}, variables={"n": 1})
    seen: list[object] = [draft, repr(vault), repr(bench), repr(bench.house)]
    for call in (
        lambda: bench.integrations.preview(draft, ana),
        lambda: bench.integrations.check_token(draft),
        lambda: bench.integrations.test(draft, ana),
        lambda: bench.integrations.check(draft, "save"),
    ):
        try:
            seen.append(await call())
        except WorkbenchError as error:
            seen += [str(error), repr(error), write_error(error), error.__cause__, error.__context__]
    saved = await bench.integrations.save(await bench.integrations.draft(draft.id))
    seen += [saved, await bench.integrations.export(saved.id), await bench.integrations.list_all()]
    seen += [await bench.activity.entries(), await bench.activity.export_csv(), await bench.about.facts()]
    await bench.close()
    files = {path.name: path.read_bytes() for path in (tmp_path / "home").rglob("*") if path.is_file()}
    surfaces = {"objects": " ".join(f"{item!r} {item!s} {_dump(item)}" for item in seen), "log": caplog.text}
    surfaces |= {name: data.decode("utf-8", "replace") for name, data in files.items()}
    assert any(name.startswith("journal") for name in surfaces)
    found = [
        (surface, form)
        for surface, text in surfaces.items()
        for form, make in FORMS.items()
        for value in (SECRET, ASCII, TWIN)
        if core(form, make(value)) in text
    ]
    assert found == []


def _dump(item: object) -> str:
    dump = getattr(item, "model_dump_json", None)
    if dump is not None:
        return str(dump())
    return " ".join(_dump(part) for part in item) if isinstance(item, list) else str(item)
