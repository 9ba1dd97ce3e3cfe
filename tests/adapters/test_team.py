"""What all workbenches on one database have in common: the id, and the salt of the pseudonyms."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psycopg
import pytest

from workbench.adapters.database import Database
from workbench.adapters.home import Home, open_home
from workbench.adapters.journal import Journal
from workbench.adapters.team import take_over, team_home
from workbench.errors import Damaged

Opened = Callable[[str], tuple[Database, Home]]


@pytest.fixture
async def opened(team_url: str, tmp_path: Path) -> AsyncIterator[Opened]:
    """Opens a home of this name, and the team's database with it."""
    databases: list[Database] = []

    def work(name: str) -> tuple[Database, Home]:
        home = open_home(tmp_path / name)
        databases.append(Database.open(team_url, home))
        return databases[-1], home

    yield work
    for database in databases:
        await database.close()


async def test_every_home_has_the_team_s_id_and_salt_and_its_own_folder(opened: Opened) -> None:
    homes = [(home, team_home(database, home)) for database, home in map(opened, ("one", "two", "one"))]
    assert len({(team.id, team.salt) for _, team in homes}) == 1
    for own, team in homes:
        assert team.folder == own.folder
        assert (team.id, team.salt) != (own.id, own.salt), "a person's own pseudonyms stay that person's"
        assert team.notices == []


async def test_a_journal_that_was_there_before_goes_on_with_the_pseudonyms_it_was_written_with(
    opened: Opened,
) -> None:
    database, home = opened("one")
    Journal(database)
    assert team_home(database, home) == home
    database, other = opened("two")
    assert team_home(database, other).salt == home.salt


async def test_two_that_open_an_empty_database_at_once_agree(opened: Opened) -> None:
    places, found = [opened(f"home{n}") for n in range(4)], []
    threads = [
        threading.Thread(target=lambda place=place: found.append(team_home(*place))) for place in places
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len({(home.id, home.salt) for home in found}) == 1


async def test_one_that_is_moved_there_keeps_its_own(opened: Opened) -> None:
    database, home = opened("one")
    before = team_home(database, home)
    take_over(database, home.id, home.salt)
    database, other = opened("two")
    now = team_home(database, other)
    assert (now.id, now.salt) == (home.id, home.salt) != (before.id, before.salt)


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM workbench_team_about WHERE name = 'salt'",
        "UPDATE workbench_team_about SET value = 'x' WHERE name = 'salt'",
        "UPDATE workbench_team_about SET value = '00' WHERE name = 'salt'",
        "UPDATE workbench_team_about SET value = '' WHERE name = 'id'",
        "DELETE FROM workbench_team_about WHERE name = 'id'",
    ],
)
async def test_another_salt_is_never_drawn_in_place_of_one_that_was_lost(
    change: str, opened: Opened, team_url: str
) -> None:
    database, home = opened("one")
    team_home(database, home)
    with psycopg.connect(team_url) as connection:
        connection.execute(change)
    for _ in range(2):
        with pytest.raises(Damaged, match="Restore a backup"):
            team_home(database, home)


async def test_what_lies_in_the_folder_and_is_not_used_is_said(opened: Opened) -> None:
    database, home = opened("one")
    home.path("vault.json").write_text("{}")
    assert team_home(database, home).notices == []
    home.path("integrations.json").write_text("{}")
    (notice,) = team_home(database, home).notices
    assert "a workbench of its own (integrations)" in str(notice)
    assert "WORKBENCH_DATABASE" in str(notice)
