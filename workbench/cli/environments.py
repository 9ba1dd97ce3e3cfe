"""Environments: the same integration in dev, staging and prod: compared, promoted with its difference shown, and rolled back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from workbench.models.environment import Change, EnvironmentName, EnvironmentSet
from workbench.sentence import N_, say

from .codes import OK
from .frame import command
from .integrations import SecretOption, read_secrets
from .send import Name
from .session import Session

Source = Annotated[
    EnvironmentName, typer.Argument(metavar="FROM", help=N_("dev, staging or prod."), show_default=False)
]
Target = Annotated[
    EnvironmentName, typer.Argument(metavar="TO", help=N_("dev, staging or prod."), show_default=False)
]
Yes = Annotated[bool, typer.Option("--yes", help=N_("Do not ask."))]
SIGNS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow")}


@command("environments list", N_("List the integrations that stand in several environments."))
async def list_all(session: Session) -> None:
    """List them, with where each one is."""
    async with session.bench() as bench:
        found = await bench.environments.sets()
    session.show([one.model_dump(mode="json") for one in found], _lines(session, found))


@command("environments compare", N_("Show what differs between two environments."))
async def compare(session: Session, integration: Name, source: Source, target: Target) -> None:
    """Show the difference; nothing is changed."""
    async with session.bench() as bench:
        saved = await bench.integrations.get(integration)
        found = await bench.environments.compare(saved.id, source, target)
    session.show(found.model_dump(mode="json"), _change_lines(session, found.changes))


@command(
    "environments promote",
    N_("Take an integration from one environment to the next, after a look at what changes."),
)
async def promote(
    session: Session, integration: Name, source: Source, target: Target, secret: SecretOption = None, yes: Yes = False
) -> int:  # fmt: skip
    """Show the difference, ask, take the secrets that lack, and apply it."""
    async with session.bench() as bench:
        saved = await bench.integrations.get(integration)
        names = {
            name
            for found in await bench.environments.sets()
            for one in found.variants
            if (name := one.integration_id)
        }
        if saved.id not in names:
            await bench.environments.begin(saved.id, source)
        found = await bench.environments.promote(saved.id, source, target)
        if not session.json:
            session.show(None, _change_lines(session, found.changes))
        if not yes:
            session.sure(say("Make {target} so?", target=target), say("Nothing was changed."))
        texts = read_secrets(session, found.missing, secret or ())
        refs = {place: bench.secrets.keep_text(text) for place, text in texts.items()}
        now = await bench.environments.apply(found, refs)
    session.show(
        now.model_dump(mode="json"),
        [session.text(say("{target} is as {source} now.", target=target, source=source))],
    )
    return OK


@command("environments roll-back", N_("Take an environment one step back."))
async def roll_back(
    session: Session,
    integration: Name,
    environment: Annotated[EnvironmentName, typer.Argument(metavar="ENVIRONMENT", help=N_("dev, staging or prod."), show_default=False)],
    yes: Yes = False,
) -> int:  # fmt: skip
    """Show what would change, ask, and step back."""
    async with session.bench() as bench:
        saved = await bench.integrations.get(integration)
        back = await bench.environments.look_back(saved.id, environment)
        if not session.json:
            session.show(None, _change_lines(session, back.changes))
        if not yes:
            session.sure(
                say("Take {environment} back?", environment=environment), say("Nothing was changed.")
            )
        now = await bench.environments.roll_back(saved.id, environment, back.mark)
    session.show(
        now.model_dump(mode="json"),
        [session.text(say("{environment} is as it was before.", environment=environment))],
    )
    return OK


def _lines(session: Session, found: Sequence[EnvironmentSet]) -> Iterator[str]:
    if not found:
        yield session.text(say("No integration stands in several environments yet. Promote one."))
    for one in found:
        there = ", ".join(variant.environment for variant in one.variants if variant.integration_id)
        yield f"{one.name}  [{there}]"
        for warning in one.warnings:
            yield typer.style(f"  {session.text(warning.sentence)}", fg="yellow")


def _change_lines(session: Session, changes: Sequence[Change]) -> Iterator[str]:
    if not changes:
        yield session.text(say("They are alike."))
    for one in changes:
        sign, colour = SIGNS[one.kind]
        values = [
            json.dumps(value, ensure_ascii=False) for value in (one.before, one.after) if value is not None
        ]
        kept = f"  ({session.text(N_('stays as it is'))})" if one.own else ""
        yield f"{typer.style(sign, fg=colour)} {one.place}: {' → '.join(values)}{kept}"
