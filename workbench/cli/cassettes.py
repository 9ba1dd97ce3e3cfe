"""Cassettes: exchanges that were kept with their checks: made of the journal, looked at again, played again, and reported for CI."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from workbench.bench import Workbench
from workbench.errors import NotFound
from workbench.models.assertion import Verdict
from workbench.models.cassette import Report
from workbench.sentence import N_, say

from .codes import OK, REFUSED_THERE
from .contacts import write_text
from .frame import command
from .send import AllowHost, ConfirmHost, ConfirmRecipient, confirmed
from .session import Session

AnyCassettes = Annotated[
    list[str] | None,
    typer.Argument(metavar="CASSETTE", help=N_("Ids or names; without one all of them."), show_default=False),
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help=N_("Where to write it; else it is shown."), show_default=False)
]  # fmt: skip
SIGNS = {"passed": ("✓", "green"), "failed": ("✗", "red"), "broken": ("!", "yellow")}


@command("cassettes list", N_("List the cassettes and whether their checks hold."))
async def list_all(session: Session) -> int:
    """List them; the code is 1 where a check does not hold on a kept answer."""
    async with session.bench() as bench:
        found = await bench.cassettes.cassettes()

    def lines() -> Iterator[str]:
        if not found:
            yield session.text(say("There is no cassette yet. Make one: workbench cassettes keep ENTRY."))
        for one in found:
            sign, colour = SIGNS["passed" if one.holds else "failed"]
            through = one.integration_name or one.provider
            yield f"{typer.style(sign, fg=colour)} {one.id}  {one.name}  [{through}]  {one.passed}/{one.checks}"

    session.show([one.model_dump(mode="json") for one in found], lines())
    return OK if all(one.holds for one in found) else REFUSED_THERE


@command("cassettes keep", N_("Keep an exchange as a cassette, with checks proposed from its answer."))
async def keep(
    session: Session,
    source: Annotated[
        str, typer.Argument(metavar="ENTRY", help=N_("An entry of the journal, a job or a run."), show_default=False)
    ],
    name: Annotated[str, typer.Option("--name", metavar="TEXT", help=N_("How you find it again."), show_default=False)] = "",
) -> None:  # fmt: skip
    """Make a cassette of an entry, a job or a run."""
    async with session.bench() as bench:
        is_entry = source.startswith("ent_")
        made = await (
            bench.cassettes.of_entry(source, name) if is_entry else bench.cassettes.of_job(source, name)
        )
    session.show(
        made.model_dump(mode="json"),
        [
            session.text(
                say("{id}: “{name}”, {count} checks.", id=made.id, name=made.name, count=len(made.assertions))
            )
        ],
    )


@command("cassettes check", N_("Look again at kept answers. Nothing is sent."))
async def check(session: Session, cassette: AnyCassettes = None) -> int:
    """Run the checks on the kept answers; the code is 1 where one does not hold."""
    async with session.bench() as bench:
        found = [await bench.cassettes.check(id) for id in await _ids(bench, cassette or ())]
    return _show(session, found)


@command("cassettes play", N_("Send the requests again, and check the new answers."))
async def play(
    session: Session,
    cassette: AnyCassettes = None,
    confirm_host: ConfirmHost = None,
    confirm_recipient: ConfirmRecipient = None,
    allow_host: AllowHost = None,
) -> int:
    """Play cassettes one after the other; live each one is confirmed by itself."""
    async with session.bench(allow_host or ()) as bench:
        ids = await _ids(bench, cassette or ())
        if not session.live:
            found = await bench.cassettes.play_all(ids)
        else:
            found = []
            for id in ids:
                preview = await bench.cassettes.preview(id)
                confirmation = confirmed(session, preview, confirm_host, confirm_recipient)
                found.append(await bench.cassettes.play(id, confirmation))
    return _show(session, found)


@command("cassettes report", N_("Write the last verdicts as JUnit XML or as a page of HTML."))
async def report(
    session: Session,
    cassette: AnyCassettes = None,
    format: Annotated[  # noqa: A002 - the word a person would use
        Literal["junit", "html"], typer.Option("--format", help=N_("For CI systems, or for people."))
    ] = "junit",
    output: Output = None,
) -> int:
    """Write a report; the code is 1 where a check does not hold."""
    async with session.bench() as bench:
        ids = await _ids(bench, cassette or ())
        found = await bench.cassettes.reports(ids)
        text = await bench.cassettes.report(ids, format, language=session.language.code)
    _write(session, text, output)
    return OK if all(one.passed for one in found) else REFUSED_THERE


@command(
    "cassettes notebook", N_("Write a notebook that nbval runs: the checks, and the request played again.")
)
async def notebook(
    session: Session,
    cassette: Annotated[
        str, typer.Argument(metavar="CASSETTE", help=N_("Its id or name."), show_default=False)
    ],
    output: Output = None,
) -> None:
    """Write the notebook of one cassette."""
    async with session.bench() as bench:
        [id] = await _ids(bench, [cassette])
        text = await bench.cassettes.notebook(id)
    _write(session, text, output)


async def _ids(bench: Workbench, named: Sequence[str]) -> list[str]:
    """Return the ids of the named cassettes, in the order of the names; of all, the oldest first, where none is named."""
    found = await bench.cassettes.cassettes()
    if not named:
        return [one.id for one in reversed(found)]
    by_name = {one.name: one.id for one in found} | {one.id: one.id for one in found}
    unknown = [name for name in named if name not in by_name]
    if unknown:
        raise NotFound(
            say("There is no cassette “{name}”. “workbench cassettes list” shows them.", name=unknown[0][:60])
        )
    return [by_name[name] for name in named]


def _show(session: Session, found: Sequence[Report]) -> int:
    def lines() -> Iterator[str]:
        for one in found:
            sign, colour = SIGNS["passed" if one.passed else "failed"]
            yield f"{typer.style(sign, fg=colour)} {one.name}"
            yield from (f"    {_told(session, verdict)}" for verdict in one.verdicts)
            yield from (f"    {session.text(note)}" for note in one.notes)

    session.show([one.model_dump(mode="json") for one in found], lines())
    return OK if all(one.passed for one in found) else REFUSED_THERE


def _told(session: Session, verdict: Verdict) -> str:
    sign, colour = SIGNS[verdict.state]
    told = f"{typer.style(sign, fg=colour)} {session.text(verdict.title)}"
    return told if verdict.passed else f"{told}: {session.text(verdict.sentence)}"


def _write(session: Session, text: str, output: Path | None) -> None:
    if output is None:
        session.show({"text": text}, [text.rstrip("\n")])
        return
    write_text(output, text)
    session.show({"file": str(output)}, [session.text(say("Written: {file}", file=str(output)))])
