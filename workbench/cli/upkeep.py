"""Upkeep on the command line: how long what a workbench holds is kept, what is due to go, and letting it go now."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench.errors import Invalid
from workbench.models.base import Problem
from workbench.models.upkeep import Due, Retention, UpkeepState
from workbench.sentence import N_, Sentence, say

from .frame import command
from .session import Session

FOR_GOOD = "forever"

Url = Annotated[
    str | None,
    typer.Option(
        "--url",
        metavar="URL",
        envvar="WORKBENCH_URL",
        help=N_("The server process that is meant, with the token in WORKBENCH_TOKEN; else this home."),
        show_default=False,
    ),
]
JournalDays = Annotated[
    str | None,
    typer.Option(
        "--journal",
        metavar="DAYS",
        help=N_("Days that entries of the journal are kept, or forever."),
        show_default=False,
    ),
]
ContentsDays = Annotated[
    str | None,
    typer.Option(
        "--contents",
        metavar="DAYS",
        help=N_("Days after its end that a job's rows still say whom they were for, or forever."),
        show_default=False,
    ),
]
CallsDays = Annotated[
    str | None,
    typer.Option(
        "--calls",
        metavar="DAYS",
        help=N_("Days that callbacks, and the contacts of ended sendouts, are kept, or forever."),
        show_default=False,
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help=N_("Do not ask."))]


@command("upkeep", N_("Show how long things are kept, and what is due to go."))
async def upkeep(session: Session, url: Url = None) -> None:
    """Show it."""
    async with session.bench(url=url) as bench:
        _show(session, await bench.upkeep.state())


@command("upkeep keep", N_("Say how long things are kept; what is older goes within a day."))
async def keep(
    session: Session,
    journal: JournalDays = None,
    contents: ContentsDays = None,
    calls: CallsDays = None,
    url: Url = None,
) -> None:
    """Change what is named and leave the rest."""
    named = {"journal": journal, "contents": contents, "calls": calls}
    async with session.bench(url=url) as bench:
        before = (await bench.upkeep.state()).retention
        changed = {f"{name}_days": _days(name, text) for name, text in named.items() if text is not None}
        _show(
            session, await bench.upkeep.set_retention(Retention.model_validate(before.model_dump() | changed))
        )


@command("upkeep now", N_("Let go what is due, now. It cannot be brought back."))
async def now(session: Session, yes: Yes = False, url: Url = None) -> None:
    """Say what would go, ask, and let it go."""
    async with session.bench(url=url) as bench:
        due = (await bench.upkeep.state()).due
        if due.total and not yes:
            session.tell(_of(due))
            session.sure(say("Let this go for good?"), say("Nothing went."))
        done = await bench.upkeep.clean_now()
        session.show({"done": done.model_dump()}, [session.text(_of(done))])


def _show(session: Session, state: UpkeepState) -> None:
    kept = state.retention
    lines = [
        session.text(_kept(N_("Journal"), kept.journal_days)),
        session.text(_kept(N_("Contents of ended jobs"), kept.contents_days)),
        session.text(_kept(N_("Calls from outside"), kept.calls_days)),
        session.text(say("Due to go: {what}", what=_of(state.due))),
    ]
    session.show(state.model_dump(mode="json"), lines)


def _kept(what: str, days: int | None) -> Sentence:
    if days is None:
        return say("{what}: kept for good", what=Sentence(what))
    return say("{what}: kept for {days} days", what=Sentence(what), days=days)


def _of(due: Due) -> Sentence:
    return say(
        "{entries} entries, the contents of {jobs} jobs ({rows} rows), {callbacks} callbacks, {holds} sendouts.",
        entries=due.entries, jobs=due.jobs, rows=due.rows, callbacks=due.callbacks, holds=due.holds,
    )  # fmt: skip


def _days(option: str, text: str) -> int | None:
    """Return the days, or None for good. Raises Invalid."""
    if text.strip().lower() == FOR_GOOD:
        return None
    if text.strip().isdecimal() and 1 <= int(text) <= 36_500:
        return int(text)
    sentence = say(
        "“{value}” is no number of days for --{option}. Use 1 to 36500, or “{forever}”.",
        value=text[:20], option=option, forever=FOR_GOOD,
    )  # fmt: skip
    raise Invalid([Problem(field=option, sentence=sentence)])
