"""DATABASE FAULTS: what SQLite or PostgreSQL could not do, as a sentence for a person."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError

from workbench.errors import CannotWrite, Damaged, StorageFault
from workbench.sentence import say


def fault_of(error: DBAPIError, database: str, busy_s: float) -> StorageFault:
    """Return what happened, for a person. The database's own words may hold data: only its code is shown."""
    if isinstance(error.orig, sqlite3.Error):
        code, name = (
            getattr(error.orig, "sqlite_errorcode", 0) & 0xFF,
            getattr(error.orig, "sqlite_errorname", ""),
        )
    else:
        code, name = 0, getattr(error.orig, "sqlstate", None) or ""
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return Damaged(
            say(
                "The database {database} was damaged. It was set aside and a new one begun; try again.",
                database=database,
            )
        )
    if code == sqlite3.SQLITE_FULL or name.startswith("53"):
        return CannotWrite(
            say(
                "There is no room left in the database {database}. Free some space, then try again.",
                database=database,
            )
        )
    if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN} or name in {
        "25006",
        "42501",
    }:
        return CannotWrite(
            say(
                "The database {database} cannot be written: you may only read it. Ask its owner for the right to write.",
                database=database,
            )
        )
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED} or name == "55P03":
        return CannotWrite(
            say(
                "The database {database} has been in use by another process for {seconds} seconds. Close that one, or "
                "wait until it is done, then try again.",
                database=database,
                seconds=round(busy_s),
            )
        )
    if not code and (not name or name.startswith(("08", "57P", "28", "3D"))):
        return StorageFault(
            say(
                "The database {database} does not let us in or does not answer. Check its address, "
                "your name and password, and that it runs.",
                database=database,
            )
        )
    return CannotWrite(
        say(
            "The database {database} did not do what was asked ({code}). Check its disk, then try again.",
            database=database,
            code=name,
        )
    )
