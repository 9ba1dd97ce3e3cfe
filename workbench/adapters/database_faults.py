"""DATABASE FAULTS: what SQLite or PostgreSQL could not do, as a sentence for a person."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError

from workbench.errors import CannotWrite, Damaged, StorageFault
from workbench.sentence import say


def fault_of(error: DBAPIError, journal: str, busy_s: float) -> StorageFault:
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
                "The journal {journal} was damaged. It was set aside and a new one begun; try again.",
                journal=journal,
            )
        )
    if code == sqlite3.SQLITE_FULL or name.startswith("53"):
        return CannotWrite(
            say(
                "There is no room left for the journal {journal}. Free some space, then try again.",
                journal=journal,
            )
        )
    if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN} or name in {
        "25006",
        "42501",
    }:
        return CannotWrite(
            say(
                "The journal {journal} cannot be written: you may only read it. Ask its owner for the right to write.",
                journal=journal,
            )
        )
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED} or name == "55P03":
        return CannotWrite(
            say(
                "The journal {journal} has been in use by another process for {seconds} seconds. Close that one, or "
                "wait until it is done, then try again.",
                journal=journal,
                seconds=round(busy_s),
            )
        )
    if not code and (not name or name.startswith(("08", "57P", "28", "3D"))):
        return StorageFault(
            say(
                "The database of the journal, {journal}, does not let us in or does not answer. Check its address, "
                "your name and password, and that it runs.",
                journal=journal,
            )
        )
    return CannotWrite(
        say(
            "The journal {journal} did not do what was asked ({code}). Check its disk, then try again.",
            journal=journal,
            code=name,
        )
    )
