"""Tags: read a shop's page as the platform's script would, and say what it would drop."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from workbench.models.tags import LintReport
from workbench.sentence import N_, say

from .codes import INPUT, OK
from .contacts import read_text
from .frame import command
from .session import Session

Page = Annotated[
    Path,
    typer.Argument(metavar="FILE", help=N_("The page: a saved HTML file."), show_default=False),
]
COLOURS = {"error": "red", "warning": "yellow", "note": "blue"}


@command("tags lint", N_("Say what the platform's page script would drop or change on a page, and why."))
async def lint(
    session: Session,
    file: Page,
    strict: Annotated[
        bool, typer.Option("--strict", help=N_("Fail on warnings too, not only on what is lost."))
    ] = False,
) -> int:
    """Lint a page; the code is 0 only when nothing is lost."""
    async with session.bench() as bench:
        found = await bench.tags.lint(read_text(file))
    session.show(found.model_dump(mode="json"), _lines(session, file, found))
    warned = any(one.level == "warning" for one in found.findings)
    return INPUT if not found.ok or (strict and warned) else OK


@command("tags body", N_("Show what the platform's page script would send for a page."))
async def body(
    session: Session,
    file: Page,
    before: Annotated[
        Path | None,
        typer.Option(
            "--before",
            metavar="FILE",
            help=N_("The page that was seen before it: then only what changed is sent."),
            show_default=False,
        ),
    ] = None,
) -> None:
    """Show the body as JSON, or why nothing is sent."""
    async with session.bench() as bench:
        found = await bench.tags.simulate(
            read_text(file), read_text(before) if before is not None else None, ""
        )
    if session.json:
        session.show(found.model_dump(mode="json"), ())
        return
    session.tell(found.sentence)
    if found.body is not None:
        session.show(None, [json.dumps(found.body, ensure_ascii=False, indent=2)])


def _lines(session: Session, file: Path, found: LintReport) -> Iterator[str]:
    for one in found.findings:
        place = typer.style(f"{file}:{one.line}:{one.column}", fg=COLOURS[one.level])
        what = f"{one.tag}.{one.field}" if one.field else one.tag
        yield f"{place}  {what}  {session.text(one.sentence)}"
        yield f"    {session.text(one.fix)}"
    kept = sum(tag.kept for tag in found.tags)
    yield session.text(
        say("{kept} of {all} tags arrive; {findings} findings.", kept=kept, all=len(found.tags), findings=len(found.findings))
    )  # fmt: skip
