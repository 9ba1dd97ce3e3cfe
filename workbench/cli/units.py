"""Units: whose things are, seen and changed from the command line. Who works for which units stands with the people."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench.sentence import N_, say

from .frame import command
from .session import Session

Thing = Annotated[
    str,
    typer.Argument(
        metavar="ID",
        help=N_("The id of an integration, a gate, a shop, an SMS account, an event, a channel or a table."),
        show_default=False,
    ),
]
UnitName = Annotated[
    str,
    typer.Argument(metavar="UNIT", help=N_("The unit; “” for nobody in particular."), show_default=False),
]


@command("units list", N_("List the business units, and what belongs to each."))
async def list_all(session: Session) -> None:
    """List the things that belong to a unit, unit by unit."""
    async with session.bench() as bench:
        mine, found = await bench.units.mine(), await bench.units.of()
    of = {name: sorted(id for id, one in found.items() if one.unit == name) for name in mine.names}
    lines = [f"{name}  {id}  {found[id].name}".rstrip() for name, ids in of.items() for id in ids]
    if not lines:
        session.tell(say("Nothing belongs to a unit yet. Give it to one with “units move”."))
    session.show({"units": of, "chosen": mine.chosen}, lines)


@command("units move", N_("Give something to a unit, with what was done with it."))
async def move(session: Session, id: Thing, unit: UnitName) -> None:
    """Move a thing; nothing is sent."""
    async with session.bench() as bench:
        moved = await bench.units.move(id, unit)
    session.show(
        moved.model_dump(),
        [
            session.text(
                say(
                    "{things} things and {records} records of what was done with them belong to {unit} now.",
                    things=moved.things, records=moved.records, unit=moved.unit or say("nobody in particular"),
                )
            )
        ],
    )  # fmt: skip
