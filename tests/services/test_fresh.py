"""What is made of documents: once, and anew when one of them was changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from tests.databases import own_schema
from workbench.adapters.catalogue import Catalogue
from workbench.adapters.database import Database
from workbench.adapters.documents import Documents
from workbench.adapters.home import open_home
from workbench.adapters.vault import Vault
from workbench.errors import NotFound
from workbench.services.fresh import Fresh, marks_of
from workbench.services.house import House

OFF = {"WORKBENCH_KEYRING": "off"}


@dataclass
class Doors:
    """As much of a house as the marks need."""

    catalogue: Catalogue
    vault: Vault


@pytest.fixture(params=["files", "postgresql"])
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    home = open_home(tmp_path / "home")
    url = own_schema(request.getfixturevalue("postgres_url")) if request.param == "postgresql" else None
    database = Database.open(url, home)
    documents = Documents(database) if database.shared else None
    yield cast(House, Doors(Catalogue(home, documents=documents), Vault.open(home, OFF, documents)))
    await database.close()


async def test_it_is_made_once_and_anew_when_a_document_was_changed(house: House) -> None:
    calls = 0

    def make() -> str:
        nonlocal calls
        calls += 1
        return "".join(one["text"] for kind in ("gates", "shops") for one in house.catalogue.all(kind))

    fresh = Fresh(marks_of(house, "gates", "shops"), make)
    assert [await fresh.now(), await fresh.now()] == ["", ""]
    assert calls == 2  # where nothing was ever kept nothing tells one moment from another
    calls = 0
    house.catalogue.put("gates", "one", {"text": "a"})
    assert [await fresh.now() for _ in range(3)] == ["a", "a", "a"]
    assert calls == 1
    house.catalogue.delete("gates", "one")
    house.catalogue.put("shops", "two", {"text": "b"})
    assert await asyncio.gather(*(fresh.now() for _ in range(20))) == ["b"] * 20
    assert calls == 2
    house.catalogue.put("shops", "two", {"text": "c"})
    assert await fresh.now() == "c"
    house.catalogue.put("integrations", "three", {"text": "d"})
    assert await fresh.now() == "c"
    assert calls == 3


async def test_a_secret_counts_where_it_is_asked_for(house: House) -> None:
    with_secrets, without = marks_of(house, "gates", vault=True), marks_of(house, "gates")
    house.catalogue.put("gates", "one", {})
    before = await with_secrets(), await without()
    house.vault.seal_text("a secret of the tests")
    assert await with_secrets() != before[0]
    assert await without() == before[1]


async def test_what_could_not_be_made_is_tried_again() -> None:
    marks: list[Hashable] = ["first"]

    async def now() -> Sequence[Hashable]:
        return tuple(marks)

    def make() -> str:
        if marks == ["first"]:
            raise NotFound("not yet")
        return "made"

    fresh = Fresh(now, make)
    with pytest.raises(NotFound):
        await fresh.now()
    marks[:] = ["second"]
    assert await fresh.now() == "made"
