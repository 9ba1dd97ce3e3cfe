"""Gate scenarios: how a held sendout would end, in numbers; and a recorded one played again under other circumstances."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from workbench.bench import Workbench
from workbench.engine.wording import named, problems_of
from workbench.errors import Invalid, Refused
from workbench.models.base import JsonValue, Problem
from workbench.models.hold import Hold, HoldFilter
from workbench.models.platform import PATHS, Switches
from workbench.models.platform import Path as Way
from workbench.models.scenario import Doubt, Moved, Result, Scenario, Segment
from workbench.sentence import N_, Sentence, say

from .codes import OK, REFUSED_THERE
from .contacts import read_json
from .frame import command
from .session import Session
from .steering import Url

WAYS: dict[Way, str] = {
    "accepted": N_("accepted"),
    "rejected": N_("rejected"),
    "timed_out": N_("timed out"),
    "left_flow": N_("left the flow"),
}
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="FIELD=VALUE",
        help=N_(
            "One circumstance: size=5000, answering.at_once=8, answering.call_ms=400, timing.flow=campaign_manager, "
            "timing.next_steps_min=[45], switches.on_the_limit=late. May be repeated."
        ),
        show_default=False,
    ),
]


@command("gate simulate", N_("Say how a held sendout would end: who is sent to, who times out, what leaks."))
async def simulate(
    session: Session,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE", help=N_("A scenario as JSON; else the default one."), show_default=False
        ),
    ] = None,
    settings: SetOption = None,
    doubts: Annotated[
        bool,
        typer.Option("--doubts", help=N_("Also which open questions of the platform change this result.")),
    ] = False,
    url: Url = None,
) -> int:
    """Play a scenario. The code is 1 where a message would leak, or leave without its code."""
    scenario = read_scenario(read_json(file) if file is not None else {}, settings or ())
    async with session.bench(url=url) as bench:
        await _check(bench, scenario)
        result = await bench.lab.run(scenario)
        found = await bench.lab.doubts(scenario) if doubts else []
    document = result.model_dump(mode="json") | (
        {"doubts": [_doubt(session, one) for one in found]} if doubts else {}
    )
    session.show(document, [*_lines(session, result), *_doubt_lines(session, found)])
    return REFUSED_THERE if result.leaked or result.without_code else OK


@command(
    "gate replay",
    N_("Play a hold that was recorded again, under other circumstances, and show both side by side."),
)
async def replay(
    session: Session,
    hold: Annotated[
        str, typer.Argument(metavar="HOLD", help=N_("Its id, or the beginning of it."), show_default=False)
    ],
    settings: SetOption = None,
    url: Url = None,
) -> int:
    """Play a recorded hold as it was decided, as it is set up and under the circumstances that are set."""
    async with session.bench(url=url) as bench:
        recorded = await one_hold(bench, hold)
        if recorded.tally.contacts == 0:
            raise Refused(say("This hold has no decided contacts, so there is nothing to play again."))
        base = scenario_of(recorded)
        changed = read_scenario(base.model_dump(mode="json"), settings or ())
        await _check(bench, changed)
        before, after = await bench.lab.run(base), await bench.lab.run(changed)
        moved = await bench.lab.compare(base, changed)
    document = {
        "hold": recorded.id,
        "before": before.model_dump(mode="json"),
        "after": after.model_dump(mode="json"),
        "moved": [one.model_dump(mode="json") for one in moved],
    }
    session.show(document, _beside(session, before, after, moved))
    return REFUSED_THERE if after.leaked or after.without_code else OK


async def one_hold(bench: Workbench, id: str) -> Hold:
    """Return the hold of this id, or the only one whose id begins so."""
    found = [one for one in await bench.holds.holds(HoldFilter(limit=500)) if one.id.startswith(id)]
    if len(found) == 1:
        return found[0]
    if found:
        raise Refused(
            say("{count} holds have ids that begin with “{id}”. Type more of it.", count=len(found), id=id)
        )
    return await bench.holds.hold(id)


def scenario_of(hold: Hold) -> Scenario:
    """Return a recorded hold as a scenario: as many contacts, as many of them rejected, and the time that it had."""
    from workbench.engine.draws import consent_of  # loads numpy, which no other command needs

    minutes = (hold.limit_at - hold.opened_at).total_seconds() / 60
    consent = consent_of(Scenario().seed, hold.tally.contacts, hold.tally.accepted)
    return Scenario.model_validate(
        {
            "title": hold.sendout_name[:80],
            "size": hold.tally.contacts,
            "segments": [Segment(name="all", consent=consent)],
            "timing": {"limit_min": max(1.0, minutes)},
        }
    )


def read_scenario(document: dict[str, JsonValue], settings: Sequence[str]) -> Scenario:
    """Return the scenario of a document with what is set on the command line; Invalid names what is wrong."""
    for text in settings:
        path, sign, value = text.partition("=")
        if not sign or not path.strip():
            sentence = say(
                "“{text}” sets nothing. Write a field and a value, like size=5000.", text=text[:60]
            )
            raise Invalid([Problem(field="set", sentence=sentence)])
        _put(document, path.strip().split("."), _value(value.strip()))
    try:
        return Scenario.model_validate(document)
    except ValidationError as error:
        raise Invalid(named(problems_of(error))) from None


def _put(document: dict[str, JsonValue], path: list[str], value: JsonValue) -> None:
    for part in path[:-1]:
        inner = document.setdefault(part, {})
        if not isinstance(inner, dict):
            sentence = say("“{field}” has no fields of its own. Give it a value.", field=part[:60])
            raise Invalid([Problem(field="set", sentence=sentence)])
        document = inner
    document[path[-1]] = value


def _value(text: str) -> JsonValue:
    try:
        return json.loads(text)
    except ValueError:
        return text


async def _check(bench: Workbench, scenario: Scenario) -> None:
    problems = [problem for problem in await bench.lab.check(scenario) if problem.blocks]
    if problems:
        raise Invalid(named(problems))


def _figures(session: Session, result: Result) -> list[tuple[str, int]]:
    """Return the figures of a result with their names, in the order they are told."""
    named = [(WAYS[path], int(getattr(result, path))) for path in PATHS]
    named += [
        (N_("messages sent"), result.sent),
        (N_("sent although rejected"), result.leaked),
        (N_("sent without a code"), result.without_code),
        (N_("calls that came too late"), result.refused),
    ]
    return [(session.text(name), figure) for name, figure in named]


def _lines(session: Session, result: Result) -> Iterator[str]:
    for name, figure in _figures(session, result):
        yield f"{figure:>10,}  {name}"
    yield session.text(
        say("The finish is called at minute {at}.", at=f"{result.finish_min:.1f}")
        if result.finish_min is not None
        else N_("The finish is never called.")
    )
    for warning in result.warnings:
        yield session.text(warning)
    yield _in_force(session, result.scenario.switches)


def _in_force(session: Session, switches: Switches) -> str:
    named = ", ".join(f"{name}={value}" for name, value in switches.model_dump().items())
    return session.text(say("Switches in force: {switches}", switches=named))


def _doubt(session: Session, doubt: Doubt) -> dict[str, Any]:
    return doubt.model_dump(mode="json") | {"question": session.text(doubt.question)}


def _doubt_lines(session: Session, doubts: Sequence[Doubt]) -> Iterator[str]:
    if not doubts:
        return
    yield ""
    matter = [one for one in doubts if one.matters]
    if not matter:
        yield session.text(N_("None of the open questions changes this result."))
        return
    yield session.text(N_("Ask the vendor, for each of these changes this result:"))
    for one in matter:
        yield f"{one.number}  {session.text(one.question)}"


def _beside(session: Session, before: Result, after: Result, moved: Sequence[Moved]) -> Iterator[str]:
    yield f"{session.text(N_('as recorded')):>14}{session.text(N_('as set')):>14}"
    for (name, one), (_, other) in zip(_figures(session, before), _figures(session, after), strict=True):
        yield f"{one:>14,}{other:>14,}  {name}"
    for change in moved:
        yield session.text(
            say(
                "{count} contacts: {before} before, {after} now",
                count=change.count, before=Sentence(WAYS[change.before]), after=Sentence(WAYS[change.after]),
            )
        )  # fmt: skip
    for warning in after.warnings:
        yield session.text(warning)
    yield _in_force(session, after.scenario.switches)
