"""Check: is everything here that the workbench needs? One line for each thing, green or red, and a code for a script."""

from __future__ import annotations

import stat
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Literal

import typer

from workbench.adapters import ports
from workbench.adapters.home import Home, open_home
from workbench.adapters.language import LANGUAGES, Language, catalogue
from workbench.bench import Workbench
from workbench.errors import StorageFault, WorkbenchError
from workbench.models.journal import EntryFilter
from workbench.sentence import N_, Sentence, say

from .codes import OK, REFUSED_THERE
from .frame import command
from .lab import LAB, LAB_PORT
from .session import Session
from .up import DASHBOARDS, PAGES_PORT, SANDBOX, SANDBOX_PORT, SERVER, SERVER_PORT

Verdict = Literal["ok", "note", "wrong"]
SIGNS: dict[Verdict, tuple[str, str]] = {"ok": ("✓", "green"), "note": ("!", "yellow"), "wrong": ("✗", "red")}


@dataclass(frozen=True, slots=True)
class Found:
    """What was found about one thing."""

    what: str
    verdict: Verdict
    sentence: Sentence


@command("check", N_("Look whether everything is in place: home, key, database, ports."))
async def check(session: Session) -> int:
    """Look at everything, say what was found, and give 1 when something is wrong."""
    found = [one async for one in _look(session)]

    def lines() -> Iterator[str]:
        for one in found:
            sign, colour = SIGNS[one.verdict]
            yield f"{typer.style(sign, fg=colour)} {session.text(one.what):14} {session.text(one.sentence)}"

    wrong = any(one.verdict == "wrong" for one in found)
    document = [
        {"what": one.what, "verdict": one.verdict, "sentence": session.text(one.sentence)} for one in found
    ]
    session.show({"ok": not wrong, "found": document}, lines())
    return REFUSED_THERE if wrong else OK


async def _look(session: Session) -> AsyncIterator[Found]:
    try:
        home = open_home(session.home)
        home.check_writable()
    except WorkbenchError as error:
        yield Found(N_("home"), "wrong", error.sentence)
    else:
        yield Found(N_("home"), "ok", say("{folder} is there and takes new files.", folder=str(home.folder)))
        for notice in home.notices:
            yield Found(N_("home"), "note", notice)
        yield _permissions(home)
        async for one in _storage(session):
            yield one
    for one in (*_languages(), *_ports()):
        yield one


def _permissions(home: Home) -> Found:
    """Return whether folder and files are the owner's alone."""
    open_to_others = sorted(
        path.name
        for path in (home.folder, *home.folder.glob("*"))
        if stat.S_IMODE(path.stat().st_mode) & 0o077 and path.is_file()
    )
    if open_to_others:
        names = ", ".join(open_to_others)
        return Found(
            N_("permissions"),
            "wrong",
            say("Other accounts may read: {names}. Take their rights away with chmod 600.", names=names),
        )
    return Found(N_("permissions"), "ok", say("The folder and its files are yours alone."))


async def _storage(session: Session) -> AsyncIterator[Found]:
    try:
        bench = session.bench()
    except WorkbenchError as error:
        yield Found(N_("storage"), "wrong", error.sentence)
        return
    async with bench:
        facts = await bench.about.facts()
        yield _key(bench)
        yield await _catalogue(bench)
        yield await _database(bench, facts.journal)
        for notice in (
            *bench.house.vault.notices,
            *bench.house.catalogue.notices,
            *bench.house.journal.notices,
        ):
            yield Found(N_("storage"), "note", notice)


def _key(bench: Workbench) -> Found:
    """Return whether the key of the saved secrets is here; that of none is wanted by none."""
    vault = bench.house.vault
    handles = vault.handles()
    if handles and not any(map(vault.has, handles)):
        return Found(
            N_("key"), "wrong",
            say(
                "No saved secret can be opened: the key that locked them is not here. Bring it back in WORKBENCH_KEY. "
                "If it is lost for good, {command} lets these secrets go.",
                command="workbench secrets give-up",
            ),
        )  # fmt: skip
    return Found(
        N_("key"), "ok", say("The key to the secrets comes from: {source}.", source=vault.key_source)
    )


async def _catalogue(bench: Workbench) -> Found:
    try:
        saved, drafts, people = (
            await bench.integrations.list_all(),
            await bench.integrations.drafts(),
            await bench.people.list_all(),
        )
    except WorkbenchError as error:
        return Found(N_("catalogue"), "wrong", error.sentence)
    missing = [item.integration.name for item in saved if item.missing_secrets]
    if missing:
        return Found(
            N_("catalogue"), "wrong",
            say("These integrations lack a secret that this vault can open: {names}. Type it again.", names=", ".join(missing)),
        )  # fmt: skip
    return Found(
        N_("catalogue"), "ok",
        say("{saved} integrations, {drafts} drafts, {people} people.", saved=len(saved), drafts=len(drafts), people=len(people)),
    )  # fmt: skip


async def _database(bench: Workbench, kind: str) -> Found:
    try:
        await bench.activity.entries(EntryFilter(limit=1))
    except StorageFault as error:
        return Found(N_("database"), "wrong", error.sentence)
    return Found(N_("database"), "ok", say("The database answers ({kind}).", kind=kind))


def _languages() -> Iterator[Found]:
    for code, name in LANGUAGES.items():
        try:
            count = len(catalogue(code))
        except (OSError, ValueError):
            yield Found(
                N_("languages"),
                "wrong",
                say("The texts in {language} cannot be read. Install the workbench again.", language=name),
            )
            continue
        if code != "en":
            number = Language().number(count)
            yield Found(
                N_("languages"),
                "ok" if count else "note",
                say("{language}: {count} texts.", language=name, count=number),
            )


def _ports() -> Iterator[Found]:
    wanted = ((DASHBOARDS, PAGES_PORT), (SERVER, SERVER_PORT), (SANDBOX, SANDBOX_PORT), (LAB, LAB_PORT))
    for what, port in wanted:
        if ports.is_free(port):
            yield Found(
                N_("ports"), "ok", say("Port {port} is free for {what}.", port=str(port), what=Sentence(what))
            )
        else:
            yield Found(
                N_("ports"), "note",
                say("Port {port} for {what} is taken by {who}.", port=str(port), what=Sentence(what), who=ports.holder(port) or "?"),
            )  # fmt: skip
