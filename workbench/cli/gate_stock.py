"""Gate stock: what gates hand out and look up, brought in from files of any size: promo codes and consent lists."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.sentence import N_, say

from .contacts import opened_lines
from .frame import command
from .session import Session

Lines = Annotated[
    Path,
    typer.Argument(metavar="FILE", help=N_("One a line; - for standard input."), show_default=False),
]


@command(
    "gate consent", N_("Import a consent list, of up to 50 million lines, in place of the one of this name.")
)
async def consent(
    session: Session,
    key: Annotated[str, typer.Argument(metavar="LIST", help=N_("The name of the list."), show_default=False)],
    file: Lines,
) -> None:
    """Keep the list; only digests of its lines lie on the disk."""
    with opened_lines(file) as lines:
        async with session.bench() as bench:
            kept = await bench.gates.take_consent(key, lines)
    told = say(
        "The list {key} holds {size}; {doubles} lines said nothing new, {skipped} were passed over.",
        key=kept.key, size=kept.size, doubles=kept.doubles, skipped=kept.skipped,
    )  # fmt: skip
    session.show(kept.model_dump(mode="json"), [session.text(told)])


@command("gate codes", N_("Put promo codes into a pool; each is handed out once."))
async def codes(
    session: Session,
    key: Annotated[str, typer.Argument(metavar="POOL", help=N_("The name of the pool."), show_default=False)],
    file: Lines,
) -> None:
    """Add the codes behind those that the pool has."""
    with opened_lines(file) as lines:
        async with session.bench() as bench:
            pool = await bench.gates.take_codes(key, lines)
    told = say("The pool {key} holds {left} codes that nobody has.", key=pool.key, left=pool.left)
    session.show(pool.model_dump(mode="json") | {"left": pool.left}, [session.text(told)])
