"""Check publish: before others can reach pages or a server: settings, notebooks and a running address, read for the unsafe ways."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from workbench.errors import NotFound
from workbench.models.publish import PublishFinding
from workbench.sentence import N_, say
from workbench.services.publish_here import known_in, look_into
from workbench.services.publish_look import look_at

from .codes import OK, REFUSED_THERE
from .frame import command
from .pages import folder_of
from .session import Session

LARGEST: Final = 20_000_000
"""Bytes: a file that is larger is neither settings nor a notebook that somebody publishes."""
NAMES: Final = ("Caddyfile", "Containerfile", "Dockerfile", "Procfile")
ENDINGS: Final = (
    ".ipynb",
    ".py",
    ".json",
    ".yaml",
    ".yml",
    ".toml",
    ".conf",
    ".service",
    ".sh",
    ".env",
    ".cfg",
    ".ini",
)
_LEFT_OUT: Final = frozenset({".git", ".venv", "node_modules", "__pycache__", ".ipynb_checkpoints"})

Files = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="[FILE|FOLDER]…",
        help=N_("Notebooks, settings and start files; else the dashboards that “workbench up” publishes."),
        show_default=False,
    ),
]
At = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="URL",
        help=N_(
            "Where it runs: pages or a server; with ?token=… as “workbench up” prints it, pages are opened too."
        ),
        show_default=False,
    ),
]


@command(
    "check publish",
    N_("Look whether pages, settings or a running address may be published; refuse the unsafe ways."),
)
async def check_publish(session: Session, files: Files = None, at: At = None) -> int:
    """Look at files and an address, say each unsafe thing with its fix, and give 1 when there is any."""
    paths = list(_paths(files or ([] if at else [folder_of("dashboards")])))
    async with session.bench() as bench:
        known = await asyncio.to_thread(known_in, bench.house, os.environ)
    found = await asyncio.to_thread(look_into, paths, known)
    if at:
        found += await look_at(at)
    document = [
        {"rule": one.rule, "where": one.field, "line": one.line, "sentence": session.text(one.sentence)}
        for one in found
    ]
    session.show(
        {"ok": not found, "looked_at": len(paths), "found": document}, _lines(session, found, len(paths), at)
    )
    return REFUSED_THERE if found else OK


def _lines(session: Session, found: Sequence[PublishFinding], files: int, at: str | None) -> Iterator[str]:
    for one in found:
        yield f"{typer.style('✗', fg='red')} {session.where(one)}: {session.text(one.sentence)}"
    if found:
        yield session.text(say("Do not publish this yet. Unsafe things found: {count}.", count=len(found)))
    elif at:
        yield session.text(say("Nothing unsafe was found in {files} files and at the address.", files=files))
    else:
        yield session.text(
            say(
                "Nothing unsafe was found in {files} files. Look at the running address too, with --at.",
                files=files,
            )
        )


def _paths(given: Iterable[Path]) -> Iterator[Path]:
    """Give the files that are named, and those in named folders that are notebooks, settings or start files."""
    for path in given:
        if path.is_file():
            yield path
        elif path.is_dir():
            yield from (one for one in sorted(path.rglob("*")) if _counts(one.relative_to(path), one))
        else:
            raise NotFound(say("There is no file or folder “{path}”.", path=str(path)))


def _counts(inside: Path, path: Path) -> bool:
    named = path.suffix in ENDINGS or path.name.startswith(NAMES) or path.name == ".env"
    return (
        named
        and not _LEFT_OUT.intersection(inside.parts)
        and path.is_file()
        and path.stat().st_size <= LARGEST
    )
