"""What the pages are tested with: a real workbench, embedded and through the server's app in a role, and English again afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from tests.widgets.faces import begin
from workbench import Contact, Workbench
from workbench.adapters.remote import ServerClient
from workbench.models.base import SecretRef
from workbench.models.integration import Header, Integration, Settings
from workbench.models.person import Person, Role
from workbench.sandbox.app import Sandbox
from workbench.server import make_app
from workbench.widgets import language, piece

PLANTED = "pl4nted-S3cret/value+99=="
Connected = Callable[[Role], Workbench]


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    yield
    language._spoken = None
    piece.speak(lambda text: text)


@pytest.fixture(autouse=True)
def a_kernel_of_ones_own() -> None:
    begin()


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox()


@pytest.fixture
async def house(tmp_path: Path, sandbox: Sandbox) -> AsyncIterator[Workbench]:
    """The embedded workbench behind the server's app."""
    async with Workbench.open(
        tmp_path / "home", sandbox=sandbox, environ={"WORKBENCH_KEYRING": "off"}
    ) as bench:
        yield bench


@pytest.fixture
def connected(house: Workbench) -> Connected:
    """A workbench that reaches the embedded one through the server's app, in a role, as a dashboard does."""
    people = {
        sha256(role.encode()).hexdigest(): Person(name=f"a {role}", role=role)
        for role in ("viewer", "operator", "admin")
    }
    app = make_app(house, people)
    return lambda role: Workbench.connect(client=ServerClient.in_process(app, role))


@pytest.fixture
def ana() -> Contact:
    return Contact(
        identifiers={"email": "ana@example.com"}, variables={"subject": "Hello", "first_name": "Ana"}
    )


@pytest.fixture
def secret(house: Workbench) -> SecretRef:
    return house.house.vault.seal_text(PLANTED)


@pytest.fixture
async def saved(house: Workbench, secret: SecretRef, ana: Contact) -> Integration:
    """A saved and tested integration with a locked header and a password."""
    settings = Settings(
        name="Cart reminders",
        allow_several=True,
        url="https://esp.example.com/v1/send",
        headers=(Header(name="X-Key", value=secret),),
        credential_kind="basic",
        credential={"username": "reconnect", "password": secret.model_dump()},
        payload='{"to": "${User Identifier}", "subject": "{{ subject }}"}',
    )
    draft = (await house.integrations.start()).model_copy(update={"settings": settings})
    await house.integrations.test(draft, ana)
    return await house.integrations.save(await house.integrations.draft(draft.id))
