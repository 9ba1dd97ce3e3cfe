"""Shops: the online shops that are synced with a platform: list, add, try the key, delete."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from workbench.models.sending import Confirmation
from workbench.models.shop import ShopSettings
from workbench.sentence import N_, say

from .codes import INPUT, OK, code_of_outcome
from .frame import command
from .integrations import SecretOption, read_secrets
from .send import ConfirmHost
from .session import Session

KEY = "api_key"
Shop = Annotated[
    str, typer.Argument(metavar="SHOP", help=N_("The shop's id, or its exact name."), show_default=False)
]
Yes = Annotated[bool, typer.Option("--yes", help=N_("Do not ask."))]


@command("shops list", N_("List the shops that are synced with a platform."))
async def list_all(session: Session) -> None:
    """List the shops."""
    async with session.bench() as bench:
        found = await bench.shops.list()

    def lines() -> Iterator[str]:
        for shop in found:
            yield f"{shop.id}  {shop.name}  [{shop.settings.platform}]  {', '.join(shop.settings.domains)}"
        if not found:
            yield session.text(N_("There is no shop yet. Add one with “workbench shops add”."))

    session.show([shop.model_dump(mode="json") for shop in found], lines())


@command(
    "shops add", N_("Add a shop; its API key comes from the environment, standard input, or is asked for.")
)
async def add(
    session: Session,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help=N_("How you find it again."), show_default=False)
    ],
    domain: Annotated[
        list[str] | None,
        typer.Option(
            "--domain",
            metavar="HOST",
            help=N_("A host whose product addresses the platform takes. May be repeated."),
            show_default=False,
        ),
    ] = None,
    site: Annotated[
        str, typer.Option("--site", metavar="URL", help=N_("The shop's own address."), show_default=False)
    ] = "",
    platform: Annotated[
        str, typer.Option("--platform", metavar="KEY", help=N_("What it is synced with."))
    ] = "connectif",
    base_url: Annotated[
        str,
        typer.Option("--base-url", metavar="URL", help=N_("Else the platform's own."), show_default=False),
    ] = "",
    secret: SecretOption = None,
) -> None:
    """Add a shop."""
    texts = read_secrets(session, [KEY], secret or ())
    async with session.bench() as bench:
        settings = ShopSettings(
            name=name,
            platform=platform,
            base_url=base_url,
            site=site,
            domains=tuple(domain or ()),
            api_key=bench.secrets.keep_text(texts[KEY]),
        )
        saved = await bench.shops.save(settings)
    session.show(
        saved.model_dump(mode="json"),
        [session.text(say("“{name}” is saved as {id}.", name=saved.name, id=saved.id))],
    )


@command("shops check", N_("Try a shop's key by one call that only reads."))
async def check(session: Session, shop: Shop, confirm_host: ConfirmHost = None) -> int:
    """Try the key."""
    async with session.bench() as bench:
        found = await bench.shops.get(shop)
        confirmation = (
            Confirmation(host=confirm_host, recipient=found.name) if confirm_host is not None else None
        )
        checked = await bench.shops.probe(found.id, confirmation)
    if not session.json:
        session.tell_problems(checked.problems)
    outcome = checked.outcome
    session.show(
        checked.model_dump(mode="json"), [session.text(outcome.sentence)] if outcome is not None else ()
    )
    if outcome is None:
        return INPUT
    return OK if outcome.ok else code_of_outcome(outcome.kind)


@command("shops delete", N_("Delete a shop and its key; what was sent stays in the journal."))
async def delete(session: Session, shop: Shop, yes: Yes = False) -> None:
    """Delete a shop."""
    async with session.bench() as bench:
        found = await bench.shops.get(shop)
        if not yes:
            session.sure(
                say("Delete “{name}” and its key? It cannot be undone.", name=found.name),
                say("Nothing was deleted."),
            )
        await bench.shops.delete(found.id)
    session.show({"deleted": found.id}, [session.text(say("“{name}” is deleted.", name=found.name))])
