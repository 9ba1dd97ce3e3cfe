"""Secrets on the command line: how many cannot be opened here, and the way out where the key is lost for good."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench.sentence import N_, say

from .frame import command
from .session import Session

Yes = Annotated[bool, typer.Option("--yes", help=N_("Do not ask."))]


@command("secrets list", N_("Count the saved secrets, and those that no key on this machine opens."))
async def count(session: Session) -> None:
    """Say how many there are, never what they are."""
    async with session.bench() as bench:
        shut = len(await bench.secrets.shut())
        saved, source = len(bench.house.vault.tokens()), bench.house.vault.key_source
    session.show(
        {"saved": saved, "shut": shut, "key": source},
        [
            session.text(
                say("Saved secrets: {saved}. No key on this machine opens: {shut}.", saved=saved, shut=shut)
            )
        ],
    )


@command(
    "secrets give-up", N_("Delete the secrets whose key is lost for good, so that they can be typed again.")
)
async def give_up(session: Session, yes: Yes = False) -> None:
    """Say what is lost with them, ask, and delete them."""
    async with session.bench() as bench:
        shut = await bench.secrets.shut()
        if shut and not yes:
            session.tell(
                say(
                    "Secrets that no key on this machine opens: {count}. Another machine or a colleague may still have their key: "
                    "look there first. What was sealed with them cannot be read any more: contacts kept with cassettes, tables "
                    "with secrets.",
                    count=len(shut),
                ),
                fg="yellow",
            )
            session.sure(say("Delete these secrets for good?"), say("Nothing was deleted."))
        gone = await bench.secrets.give_up(shut)
    session.show({"deleted": gone}, [session.text(say("Secrets deleted: {count}.", count=gone))])
    if gone:
        session.tell(
            say(
                "{command} names the integrations whose secrets have to be typed again.",
                command="workbench check",
            )
        )
