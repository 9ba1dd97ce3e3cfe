"""TEAM: what every workbench on one shared database has in common: its id, and the salt of its pseudonyms.

A home's own are in its folder. A team's are in the database, so that the same person has the same pseudonym on every machine.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import sqlalchemy as sa

from workbench.errors import Damaged
from workbench.sentence import Sentence, say

from .clock import new_id
from .database import Database, Migration, Schema
from .home import ABOUT_FILE, VAULT_FILE, Home

MIGRATIONS: Final[Mapping[int, Migration]] = {}
"""For each version of the tables that was ever released: how to leave it."""
SALT_BYTES: Final = 32

_tables = sa.MetaData()
_about = sa.Table(
    "workbench_team_about",
    _tables,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
_JOURNAL: Final = "workbench_entries"


def team_home(database: Database, home: Home) -> Home:
    """Return the home as this database's team sees it: the folder is this machine's, id and salt are the team's.

    The first workbench to open the database draws them; where one kept only its journal there before, its own are taken, so that what
    was written goes on to fit. ``notices`` says what lies in the folder and is not used. Raises StorageFault, TooNew, Damaged.
    """
    with_journal = database.read_now(lambda connection: sa.inspect(connection).has_table(_JOURNAL))
    database.prepare(Schema("team", _tables, MIGRATIONS))
    found = database.read_now(_read)
    if not found:
        own = (home.id, home.salt) if with_journal else (new_id("home"), secrets.token_bytes(SALT_BYTES))
        found = database.write_now(lambda connection: _write(connection, *own, over=False))
    salt = _salt(found, database.where)
    return replace(home, id=found["id"], salt=salt, notices=[*home.notices, *_unused(home)])


def take_over(database: Database, id: str, salt: bytes) -> None:
    """Make a workbench's id and salt the team's, in place of those that the database has: for one that is moved here or restored."""
    database.prepare(Schema("team", _tables, MIGRATIONS))
    database.write_now(lambda connection: _write(connection, id, salt, over=True))


def team_about(database: Database) -> dict[str, str]:
    """Return the ``id`` and the ``salt`` (in hexadecimal) that the database holds; empty where it has none yet."""
    return database.read_now(_read)


def _read(connection: sa.Connection) -> dict[str, str]:
    return {row.name: row.value for row in connection.execute(sa.select(_about))}


def _write(connection: sa.Connection, id: str, salt: bytes, *, over: bool) -> dict[str, str]:
    """Keep them, all machines one after the other, and return what holds now."""
    schema = Schema("team", _tables, MIGRATIONS)
    connection.execute(sa.update(schema.about).values(value=schema.about.c.value))  # its row is the lock
    found = _read(connection)
    if not found or over:
        connection.execute(sa.delete(_about))
        rows = [{"name": "id", "value": id}, {"name": "salt", "value": salt.hex()}]
        connection.execute(sa.insert(_about), rows)
        found = _read(connection)
    return found


def _salt(found: Mapping[str, str], where: str) -> bytes:
    try:
        salt = bytes.fromhex(found.get("salt", ""))
    except ValueError:
        salt = b""
    if len(salt) != SALT_BYTES or not found.get("id"):
        raise Damaged(
            say(
                "The database {database} does not hold the salt of the team's pseudonyms any more: somebody changed it. "
                "Restore a backup: with another salt nobody's consent would be found.",
                database=where,
            )
        )
    return salt


def _unused(home: Home) -> list[Sentence]:
    """Return the notice that the home holds documents of its own, which a team's workbench does not use."""
    own = sorted(
        path.stem for path in home.folder.glob("*.json") if path.name not in (ABOUT_FILE, VAULT_FILE)
    )
    if not own:
        return []
    return [
        say(
            "{folder} holds a workbench of its own ({kinds}), which is not used while a database is named. Bring it over with {command}, "
            "or leave WORKBENCH_DATABASE out to work with it.",
            folder=str(home.folder), kinds=", ".join(own), command="workbench migrate",
        )
    ]  # fmt: skip
