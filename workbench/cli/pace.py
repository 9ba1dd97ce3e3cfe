"""Pace: how fast an integration's account may be called: shown, and set for all jobs and integrations that share it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

import typer
from pydantic import ValidationError

from workbench.errors import Invalid
from workbench.models.base import Problem
from workbench.models.pace import Budget, Rate
from workbench.sentence import N_, say

from .frame import command
from .send import Name
from .session import Session
from .steering import Url

ORIGINS = {
    "provider": N_("From the provider's documentation."),
    "person": N_("Set by a person."),
    "answers": N_("Learned from the account's own answers."),
}
_RATE = re.compile(r"(\d{1,9})\s*/\s*(\d{1,6}(?:\.\d{1,3})?)?\s*(s|m|h)?", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, None: 1}


@command("work pace", N_("Show or set how fast an integration's account may be called."))
async def pace(
    session: Session,
    integration: Name,
    windows: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="CALLS/TIME",
            help=N_("A limit: 10/1s, 1000/60s or 5000/1h. May be repeated: all of them hold."),
            show_default=False,
        ),
    ] = None,
    none: Annotated[bool, typer.Option("--none", help=N_("Set no limit."))] = False,
    url: Url = None,
) -> None:
    """Show the pace of an account, or set it."""
    rates = [read_rate(text) for text in windows or ()]
    if rates and none:
        raise _invalid("none", "--set --none")
    async with session.bench(url=url) as bench:
        if rates or none:
            budget = await bench.work.set_pace(integration, rates)
        else:
            budget = await bench.work.budget(integration)
    session.show(budget.model_dump(mode="json"), _lines(session, budget))


def read_rate(text: str) -> Rate:
    """Return the limit that a person typed: calls, a slash, and a time in seconds, minutes (m) or hours (h)."""
    found = _RATE.fullmatch(text.strip())
    if found is None:
        raise _invalid("set", text)
    try:
        return Rate(limit=int(found[1]), per_s=float(found[2] or 1) * _SECONDS[found[3]])
    except ValidationError:
        raise _invalid("set", text) from None


def _lines(session: Session, budget: Budget) -> Iterator[str]:
    if not budget.rates:
        yield session.text(N_("No limit is set: rows go as fast as the provider answers."))
        return
    used = (*budget.used, *([0] * len(budget.rates)))
    for rate, count in zip(budget.rates, used, strict=False):
        yield session.text(
            say(
                "{limit} calls in any {seconds} s, {used} of them used",
                limit=rate.limit, seconds=f"{rate.per_s:g}", used=count,
            )
        )  # fmt: skip
    yield session.text(ORIGINS.get(budget.origin, budget.origin))
    if budget.held_until is not None:
        at = session.language.date(budget.held_until)
        yield session.text(say("The provider asked to be left alone until {at} UTC.", at=at))


def _invalid(option: str, text: str) -> Invalid:
    sentence = say(
        "“{text}” is no limit. Write calls and a time, like 10/1s or 1000/60s, up to a day; or --none alone.",
        text=text[:40],
    )
    return Invalid([Problem(field=option, sentence=sentence)])
