"""What takes ``live`` is tested for each way of the wire, on each event loop; what takes ``database`` on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.databases import own_schema
from tests.ways import each_loop, live, pytest_asyncio_loop_factories
from workbench.adapters.database import Database
from workbench.adapters.documents import Documents
from workbench.adapters.home import Home, open_home

__all__ = ["each_loop", "live", "pytest_asyncio_loop_factories"]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home", {})


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str | None:
    return None if request.param == "sqlite" else own_schema(request.getfixturevalue("postgres_url"))


@pytest.fixture
async def database(url: str | None, home: Home) -> AsyncIterator[Database]:
    made = Database.open(url, home)
    yield made
    await made.close()


@pytest.fixture
def team_url(postgres_url: str) -> str:
    """The URL of a team's database that is empty."""
    return own_schema(postgres_url)


@pytest.fixture
def documents(team_url: str, home: Home) -> Iterator[Documents]:
    """The documents of a team; for tests without a loop."""
    database = Database.open(team_url, home)
    yield Documents(database)
    asyncio.run(database.close())
