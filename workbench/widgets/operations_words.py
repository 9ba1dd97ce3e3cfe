"""OPERATIONS WORDS: what the page Operations calls things, and how it writes sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ipywidgets

from workbench.models.backup import DatabaseKind, Totals
from workbench.models.person import Person
from workbench.models.publish import PublishRule
from workbench.models.upkeep import Due
from workbench.sentence import N_, Sentence, say

from . import look
from .language import number
from .page import ROLES
from .piece import said

__all__ = ["DATABASES", "RULES", "due_rows", "for_admins", "held", "size", "units_of", "units_said"]

DATABASES: Mapping[DatabaseKind, str] = {
    "sqlite": N_("SQLite, a file of this workbench's home"),
    "postgresql": N_("PostgreSQL, shared by a team"),
}
RULES: Mapping[PublishRule, str] = {
    "server_extension": N_("Shown by a Jupyter server"),
    "open_door": N_("Open to everybody"),
    "prefilled_secret": N_("A secret is in it"),
    "tracebacks": N_("Errors show values"),
    "sources": N_("Code is shown"),
    "any_host": N_("Answers to any name"),
    "override": N_("Visitors choose the template"),
    "kernels": N_("Kernels without limit"),
    "plain_http": N_("Reached over http"),
}


def size(bytes_: int) -> Sentence:
    """Return an amount of bytes in words."""
    if bytes_ >= 1_000_000_000:
        return say("{size} GB", size=number(round(bytes_ / 1_000_000_000, 2)))
    if bytes_ >= 1_000_000:
        return say("{size} MB", size=number(round(bytes_ / 1_000_000, 1)))
    return say("{size} kB", size=number(max(round(bytes_ / 1_000), 1)))


def due_rows(due: Due) -> list[tuple[str, str]]:
    """Return what is due, or went, thing by thing."""
    return [
        (said(N_("Entries of the journal")), number(due.entries)),
        (said(N_("Contents of ended jobs")), _contents(due)),
        (said(N_("Callbacks")), number(due.callbacks)),
        (said(N_("Contacts of ended sendouts")), number(due.holds)),
    ]


def _contents(due: Due) -> str:
    if not due.jobs:
        return number(0)
    return said(say("{jobs} jobs with {rows} rows", jobs=number(due.jobs), rows=number(due.rows)))


def held(totals: Totals) -> Sentence:
    """Return how much a backup holds."""
    return say(
        "{documents} documents, {secrets} locked secrets, {rows} rows, {files} files",
        documents=number(totals.documents),
        secrets=number(totals.secrets),
        rows=number(totals.rows),
        files=number(totals.files),
    )


def units_said(units: Sequence[str]) -> str:
    """Return for whom somebody works."""
    return ", ".join(units) if units else said(N_("All units"))


def units_of(text: str) -> tuple[str, ...]:
    """Return the units in a text with commas between them, each once."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def for_admins(what: str, person: Person) -> ipywidgets.Widget:
    """Return what is shown in place of something that only an admin may see: ``what`` says what it is."""
    text = say(
        "Your role is {role}. Ask somebody with the role {admin}.",
        role=Sentence(ROLES[person.role]),
        admin=Sentence(ROLES["admin"]),
    )
    return look.card(what, look.banner("info", text, N_("This is for admins.")))
