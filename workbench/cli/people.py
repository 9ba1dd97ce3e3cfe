"""People: who may come in through the server. A token is shown once, when it is made; only its hash is kept."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench.errors import NotFound
from workbench.models.person import Person, Role
from workbench.sentence import N_, say

from .frame import command
from .session import Session

PersonName = Annotated[
    str, typer.Argument(metavar="NAME", help=N_("The name that the journal shows."), show_default=False)
]
RoleOption = Annotated[
    Role,
    typer.Option(
        "--role", help=N_("A viewer reads, an operator builds and sends, an admin also deletes and exports.")
    ),
]
UnitOption = Annotated[
    list[str] | None,
    typer.Option(
        "--unit",
        metavar="UNIT",
        help=N_("A business unit that this is for; without one it is for all. May be repeated."),
        show_default=False,
    ),
]


@command("people add", N_("Let somebody in; prints the token this once."))
async def add(
    session: Session, name: PersonName, role: RoleOption = "viewer", unit: UnitOption = None
) -> None:
    """Make a token for a person."""
    units = tuple(unit or ())
    async with session.bench() as bench:
        token = await bench.people.add(name, role, units)
    session.tell(
        say(
            "The token of {name} ({role}). It is not shown again; take it back with “people remove”.",
            name=name,
            role=role,
        )
    )
    session.show({"name": name, "role": role, "units": list(units), "token": token}, [token])


@command("people list", N_("List everybody with a token."))
async def list_all(session: Session) -> None:
    """List the people."""
    async with session.bench() as bench:
        found = await bench.people.list_all()
    session.show([person.model_dump() for person in found], map(_line, found))


@command("people remove", N_("Take all tokens of a name back."))
async def remove(session: Session, name: PersonName) -> None:
    """Take a person's tokens back; NotFound when there is none."""
    async with session.bench() as bench:
        gone = await bench.people.remove(name)
    if not gone:
        raise NotFound(say("Nobody named “{name}” has a token.", name=name))
    session.show(
        {"removed": gone},
        [session.text(say("{count} tokens of {name} are taken back.", count=gone, name=name))],
    )


def _line(person: Person) -> str:
    return "  ".join([person.name, person.role, *([", ".join(person.units)] if person.units else [])])
