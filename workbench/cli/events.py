"""Events: the contracts that are kept, their JSON Schema and samples, how bodies drift from them, and one occurrence sent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from workbench.errors import Invalid
from workbench.models.base import JsonValue, Problem
from workbench.models.event import Drift, Event, EventInput, VariableType
from workbench.sentence import N_, say

from .codes import OK, REFUSED_THERE
from .contacts import opened_lines, read_json, read_variable
from .frame import command
from .send import Again, AllowHost, ConfirmHost, ConfirmRecipient, DryRun, Var, send_event
from .session import Session

EventName = Annotated[
    str, typer.Argument(metavar="EVENT", help=N_("The event's id, or its exact name."), show_default=False)
]
TYPES: Mapping[VariableType, str] = {
    "string": N_("String"), "number": N_("Number"), "date": N_("Date"), "boolean": N_("Boolean"), "array": N_("Array"),
}  # fmt: skip


@command("events list", N_("List the events with their variables."))
async def list_all(session: Session) -> None:
    """List the contracts."""
    async with session.bench() as bench:
        found = await bench.events.list()
    session.show([event.model_dump(mode="json") for event in found], _lines(session, found))


@command("events schema", N_("Give an event's contract as a JSON Schema."))
async def schema(session: Session, event: EventName) -> None:
    """Print the JSON Schema (draft 2020-12)."""
    async with session.bench() as bench:
        document = await bench.events.schema(event)
    session.show(document, [json.dumps(document, ensure_ascii=False, indent=2)])


@command("events sample", N_("Give an example of an event's body."))
async def sample(
    session: Session,
    event: EventName,
    seed: Annotated[int, typer.Option("--seed", metavar="NUMBER", help=N_("Another number, another example."))] = 0,
) -> None:  # fmt: skip
    """Print a body that fits the contract."""
    async with session.bench() as bench:
        composed = await bench.events.compose(event, await bench.events.sample(event, seed))
    session.show(composed.body, [json.dumps(composed.body, ensure_ascii=False, indent=2)])


@command("events drift", N_("Say how bodies differ from an event's contract."))
async def drift(
    session: Session,
    event: EventName,
    bodies: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help=N_("Bodies as JSON lines; without it, what was last sent by the journal."), show_default=False),
    ] = None,
) -> int:  # fmt: skip
    """Compare bodies with the contract; the code is 0 where they agree."""
    async with session.bench() as bench:
        if bodies is None:
            found = await bench.events.drift_of_journal(event)
        else:
            found = await bench.events.drift(event, _bodies(bodies))
    session.show(found.model_dump(mode="json"), _drift_lines(session, found))
    return OK if found.none else REFUSED_THERE


@command("events send", N_("Send one event for one contact."))
async def send(
    session: Session,
    event: EventName,
    email: Annotated[
        str | None, typer.Option("--email", metavar="ADDRESS", help=N_("Whom it is for."), show_default=False)
    ] = None,
    phone: Annotated[
        str | None, typer.Option("--phone", metavar="NUMBER", help=N_("Whom it is for, by number: +46701234567."), show_default=False)
    ] = None,
    flow: Annotated[
        str | None,
        typer.Option("--flow", metavar="ID", help=N_("The flow it is for: its automation_id, or the flow's address."), show_default=False),
    ] = None,
    var: Var = None,
    body: Annotated[
        Path | None, typer.Option("--body", metavar="FILE", help=N_("The body as a JSON file."), show_default=False)
    ] = None,
    again: Again = False,
    dry_run: DryRun = False,
    confirm_host: ConfirmHost = None,
    confirm_recipient: ConfirmRecipient = None,
    allow_host: AllowHost = None,
) -> int:  # fmt: skip
    """Send one occurrence, or show what would be sent."""
    given = given_of(email, phone, flow, var or (), body)
    async with session.bench(allow_host or ()) as bench:
        return await send_event(
            session, bench, event, given, dry_run, confirm_host, confirm_recipient, again=again
        )


def given_of(
    email: str | None, phone: str | None, flow: str | None, variables: Sequence[str], body: Path | None
) -> EventInput:
    """Return an occurrence: the file's body, with the options of the command line put over it.

    What stands on the command line is a text that is read by the variable's type; ``name:=JSON`` and a file say the type themselves.
    """
    document = read_json(body) if body else {}
    values = {**document, **dict(read_variable(text) for text in variables)}
    named: dict[str, Any] = {name: values.pop(name, None) for name in ("email", "phone", "automation_id")}
    for name, text in (("email", email), ("phone", phone), ("automation_id", flow)):
        named[name] = text if text is not None else named[name]
    return EventInput(**named, values=values, typed=body is None)


def _bodies(file: Path) -> list[dict[str, JsonValue]]:
    """Return the bodies of a file of JSON lines; Invalid names the first line that is none."""
    bodies: list[dict[str, JsonValue]] = []
    with opened_lines(file) as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                body = json.loads(line)
            except ValueError:
                body = None
            if not isinstance(body, dict):
                sentence = say("This line is no JSON object. Write one body on each line.")
                raise Invalid([Problem(field=str(file), sentence=sentence, line=number)])
            bodies.append(body)
    return bodies


def _lines(session: Session, found: Sequence[Event]) -> Iterator[str]:
    if not found:
        yield session.text(say("There is no event yet. Write its contract on the page Events."))
    for event in found:
        yield f"{event.id}  {event.name}"
        for variable in event.variables:
            required = f", {session.text(N_('required'))}" if variable.required else ""
            yield f"  {variable.name}: {session.text(TYPES[variable.type])}{required}"


def _drift_lines(session: Session, found: Drift) -> Iterator[str]:
    if found.none:
        yield typer.style(
            session.text(say("{count} bodies looked at; all fit the contract.", count=found.seen)), fg="green"
        )
        return
    yield typer.style(
        session.text(say("{count} bodies looked at; not all fit the contract.", count=found.seen)),
        fg="yellow",
    )
    told = [
        *((name, say("missing in {count}", count=count)) for name, count in found.missing.items()),
        *((name, say("not declared, in {count}", count=count)) for name, count in found.undeclared.items()),
        *((name, say("of another type in {count}", count=count)) for name, count in found.mistyped.items()),
    ]
    yield from (f"  {name}: {session.text(sentence)}" for name, sentence in told)
