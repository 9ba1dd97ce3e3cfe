"""One suite over both ways in: embedded, and through the server process's own app."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from hashlib import sha256
from pathlib import Path

import pytest

from workbench import Contact, Header, Settings, Workbench
from workbench.adapters.remote import ServerClient
from workbench.models.base import SecretRef
from workbench.models.person import Person, Role
from workbench.sandbox.app import Sandbox
from workbench.server import make_app

ENVIRON = {"WORKBENCH_KEYRING": "off"}
PLANTED = "pl4nted-S3cret/value+99=="


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox()


@pytest.fixture
async def house(tmp_path: Path, sandbox: Sandbox) -> AsyncIterator[Workbench]:
    """The embedded workbench that both ways lead to."""
    async with Workbench.open(tmp_path / "home", sandbox=sandbox, environ=ENVIRON) as bench:
        yield bench


@pytest.fixture
def connected(house: Workbench) -> Callable[[Role], Workbench]:
    """A workbench that reaches the embedded one through the server's app, in a role."""
    people = {
        sha256(role.encode()).hexdigest(): Person(name=f"a {role}", role=role)
        for role in ("viewer", "operator", "admin")
    }
    app = make_app(house, people)
    return lambda role: Workbench.connect(client=ServerClient.in_process(app, role))


@pytest.fixture(params=["embedded", "connected"])
def bench(
    request: pytest.FixtureRequest, house: Workbench, connected: Callable[[Role], Workbench]
) -> Workbench:
    return house if request.param == "embedded" else connected("admin")


@pytest.fixture
def secret(house: Workbench) -> SecretRef:
    """The planted secret, in the vault."""
    return house.house.vault.seal_text(PLANTED)


@pytest.fixture
def ana() -> Contact:
    return Contact(
        identifiers={"email": "ana@example.com"},
        variables={"subject": 'Quote " and \\ line\n', "first_name": "Ana"},
    )


def basic(secret: SecretRef, **more: object) -> Settings:
    """Settings with Basic auth and a locked header."""
    return Settings(
        name="Cart reminders",
        url="https://esp.example.com/v1/send",
        headers=(Header(name="X-Tenant", value="t1"), Header(name="X-Key", value=secret)),
        credential_kind="basic",
        credential={"username": "reconnect", "password": secret.model_dump()},
        payload='{"to": "${User Identifier}", "subject": "{{ subject }}", "name": "{{ first_name }}"}',
    ).model_copy(update=more)
