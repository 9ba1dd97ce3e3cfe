"""Backup: everything a workbench holds in one file, back again from it, and over to a team's database or out of it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from workbench.adapters.home import default_folder
from workbench.bench import Workbench
from workbench.models.backup import Moved, Part, Totals, elsewhere_of
from workbench.sentence import N_, Sentence, say
from workbench.services.backups import Told, checked, quiet
from workbench.services.migration import Place, migrate, restore

from .frame import command
from .session import Session

BETWEEN_S: Final = 0.2
OLD_NAME: Final = "WORKBENCH_JOURNAL"
"""Where it is set, the journal of a home lay in a database alone: its documents are brought to it."""
BackupFile = Annotated[
    Path | None,
    typer.Argument(
        metavar="FILE",
        help=N_("Where to write it; else into the folder backups of the workbench."),
        show_default=False,
    ),
]
Archive = Annotated[Path, typer.Argument(metavar="FILE", help=N_("A backup."), show_default=False)]
CheckOnly = Annotated[
    bool, typer.Option("--check", help=N_("Only say whether the backup is whole; nothing is written."))
]
To = Annotated[
    str,
    typer.Option(
        "--to",
        metavar="URL|FOLDER",
        help=N_("An empty PostgreSQL (postgresql://...), or the folder of a new home."),
        show_default=False,
    ),
]


@command(
    "backup", N_("Write everything this workbench holds to one file, while it goes on working."), busy=True
)
async def backup(session: Session, file: BackupFile = None) -> None:
    """Write a backup and look at it again."""
    async with session.bench() as bench:
        if file is None:
            made = await bench.backups.create()
            path = bench.house.home.path("backups") / made.name
        else:
            path = _absolute(file)
            await bench.backups.write(path, _following(session))
        note = bench.backups.key_note()
    manifest = checked(path)
    document = {"file": str(path), "size": path.stat().st_size, **manifest.model_dump(mode="json")}
    lines = [
        session.text(say("{file}: {size} kB, read again and whole.", file=str(path), size=path.stat().st_size // 1024 + 1)),
        session.text(_amounts(manifest.totals)),
    ]  # fmt: skip
    session.show(document, lines)
    session.tell(note, fg="yellow")
    session.tell(say("It holds what you know of your contacts: keep it as you keep the workbench itself."))
    _tell_elsewhere(session, manifest.parts)


@command("restore", N_("Put a backup into an empty folder or an empty database."), busy=True)
async def bring_back(session: Session, file: Archive, check: CheckOnly = False) -> None:
    """Look at all of a backup, then put it into its place."""
    if check:
        manifest = checked(file, _following(session))
        day = f"{manifest.made_at:%Y-%m-%d %H:%M} UTC"
        session.show(
            {"file": str(file), **manifest.model_dump(mode="json")},
            [
                session.text(
                    say("{file} is whole: every part is as it was written on {day}.", file=str(file), day=day)
                ),
                session.text(_amounts(manifest.totals)),
            ],
        )
        return
    database = session.database or os.environ.get("WORKBENCH_DATABASE") or None
    moved = await restore(file, _place(session, session.home, database), _following(session))
    _report(session, moved)


@command("migrate", N_("Bring this workbench to a team's database, or from there to a folder."), busy=True)
async def move(session: Session, to: To) -> None:
    """Bring everything over, compare it, and say how to go on."""
    url = to if "://" in to else None
    target = _place(session, session.home if url else Path(to), url)
    old = () if os.environ.get("WORKBENCH_DATABASE") else (OLD_NAME,)
    source = Workbench.open(session.home, database=session.database, environ=_environ(*old))
    async with source as bench:
        moved = await migrate(bench.house, target, _following(session))
    _report(session, moved)
    session.tell(
        say(
            "{source} was left as it is. Do not go on working with it: what happens there is not seen here.",
            source=moved.source,
        )
    )
    how = "WORKBENCH_DATABASE=postgresql://..." if url else f"WORKBENCH_HOME={moved.target}"
    session.tell(say("From now on start the workbench with {setting}.", setting=how))


def _place(session: Session, home: Path | None, database: str | None) -> Place:
    """Return where a workbench is to be: what the environment says of others places does not count."""
    environ = _environ("WORKBENCH_DATABASE", OLD_NAME)

    def opened(folder: Path | None, url: str | None) -> Workbench:
        return Workbench.open(folder, database=url, environ=environ)

    folder = None
    if database is None:
        folder = _absolute(home or _own(environ))
    return Place(folder if database is None else home, database, opened)


def _environ(*without: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in without}


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path.expanduser()))  # noqa: PTH100 - resolve() would follow the person's links


def _own(environ: Mapping[str, str]) -> Path:
    named = environ.get("WORKBENCH_HOME", "").strip()
    return Path(named) if named else default_folder(environ)


def _following(session: Session) -> Told:
    """Return what says which part is on its way, where a person looks on: a few times a second, on one line."""
    said = [0.0]

    def tell(name: str, count: int) -> None:
        now = time.monotonic()
        if now - said[0] > BETWEEN_S:
            said[0] = now
            typer.echo(f"\r\x1b[K{name} {count:_}\r", nl=False, err=True)

    return quiet if session.json or not os.isatty(2) else tell


def _report(session: Session, moved: Moved) -> None:
    document = moved.model_dump(mode="json")
    session.show(document, [session.text(line) for line in _lines(moved)])
    _tell_elsewhere(session, moved.parts)
    if moved.locked:
        session.tell(
            say(
                "Secrets that cannot be opened here: {count}. The key they were locked with is not on this machine. Put it into "
                "WORKBENCH_KEY, or type them again.",
                count=moved.locked,
            ),
            fg="yellow",
        )
    if moved.stopped:
        session.tell(
            say(
                "Jobs that were running when the backup was made: {count}. They rest now, for what they did since then is not known here: "
                "look at them with {command}, then resume or cancel each.",
                count=moved.stopped, command="workbench work list",
            ),
            fg="yellow",
        )  # fmt: skip
    if moved.under_way:
        session.tell(
            say(
                "Jobs that are not done: {count}. They go on as soon as this workbench is served.",
                count=moved.under_way,
            ),
            fg="yellow",
        )


def _tell_elsewhere(session: Session, parts: tuple[Part, ...]) -> None:
    if count := elsewhere_of(parts):
        session.tell(
            say(
                "Tables that are read where they lie on a disk: {count}. Their files are not in it: bring them along yourself, to the same "
                "folders.",
                count=count,
            ),
            fg="yellow",
        )


def _lines(moved: Moved) -> Iterator[Sentence]:
    yield say("{target} holds the workbench {home} now.", target=moved.target, home=moved.home)
    if moved.before:
        yield say("It had arrived before: nothing was written now.")
    yield _amounts(moved.totals)
    yield say(
        "Compared part by part: {count} parts, each with the same count and the same SHA-256.",
        count=len(moved.parts),
    )


def _amounts(totals: Totals) -> Sentence:
    return say(
        "Documents: {documents}. Sealed secrets: {secrets}. Rows of the database: {rows}. Files: {files}.",
        documents=totals.documents, secrets=totals.secrets, rows=totals.rows, files=totals.files,
    )  # fmt: skip
