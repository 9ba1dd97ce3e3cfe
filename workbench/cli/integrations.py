"""Integrations: list, show, export, import and delete what the catalogue holds. No secret comes out, none goes in by an argument."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from workbench.bench import Workbench
from workbench.errors import Invalid, Refused
from workbench.models.base import JsonValue, Problem, SecretRef, is_ref
from workbench.models.integration import Integration, Listed
from workbench.sentence import N_, Sentence, say
from workbench.services.portable import from_portable

from .contacts import read_json, write_text
from .frame import command
from .send import Name
from .session import Session, at_a_terminal

BADGES: dict[str, tuple[str, str]] = {
    "tested": (N_("tested"), "green"),
    "unconfirmed": (N_("accepted, not confirmed"), "yellow"),
    "failed": (N_("test failed"), "red"),
    "untested": (N_("not tested"), "yellow"),
    "changed": (N_("changed since its test"), "yellow"),
}
NO_SECRET = SecretRef(handle="sec_" + "0" * 32)
SecretOption = Annotated[
    list[str] | None,
    typer.Option(
        "--secret",
        metavar="PLACE=SOURCE",
        help=N_(
            "Where a secret comes from: credential.password=env:NAME, or credential.password=- for a line of standard input."
        ),
        show_default=False,
    ),
]


@command("integrations list", N_("List the saved integrations with their state."))
async def list_all(session: Session) -> None:
    """List the saved integrations."""
    async with session.bench() as bench:
        found = await bench.integrations.list_all()

    def lines() -> Iterator[str]:
        for item in found:
            text, colour = BADGES[item.badge]
            settings = item.integration.settings
            yield (
                f"{item.integration.id}  {settings.name}  [{settings.provider}, {settings.channel}]  "
                + typer.style(session.text(text), fg=colour)
            )
        if not found:
            yield session.text(
                N_(
                    "There is no integration yet. Build one on the page that “workbench up” opens, or import one."
                )
            )

    session.show([_summary(item) for item in found], lines())


@command("integrations show", N_("Show one integration, its secrets masked."))
async def show(session: Session, integration: Name) -> None:
    """Show one integration."""
    async with session.bench() as bench:
        saved = await bench.integrations.get(integration)
        listed = next(item for item in await bench.integrations.list_all() if item.integration.id == saved.id)
    document = {**_summary(listed), "settings": masked(saved.settings.model_dump(mode="json"))}

    def lines() -> Iterator[str]:
        settings = saved.settings
        yield typer.style(settings.name, bold=True) + f"  {session.text(BADGES[listed.badge][0])}"
        yield f"{saved.id}  {settings.provider}  {settings.channel}"
        yield settings.url
        yield from (f"  {header.name}: {header.value}" for header in settings.headers)
        yield session.text(say("Authentication: {kind}", kind=settings.credential_kind))
        yield from (f"  {name}: {_plain(value)}" for name, value in masked(settings.credential).items())
        yield session.text(say("Identifier: {key}", key=settings.identifier.key))
        yield settings.payload

    session.show(document, lines())


@command("integrations export", N_("Write an integration as a file without its secrets."))
async def export(
    session: Session,
    integration: Name,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help=N_("The file; else standard output."), show_default=False
        ),
    ] = None,
) -> None:
    """Export one integration; in the place of each secret stands the question that an import asks."""
    async with session.bench() as bench:
        document = await bench.integrations.export(integration)
        wanted = await bench.integrations.wanted(document)
    text = json.dumps(document, ensure_ascii=False, indent=2)
    if output is None:
        typer.echo(text)
    else:
        write_text(output, text + "\n")
        session.show({"file": str(output), "wanted": wanted}, [str(output)])
    if wanted:
        session.tell(say("Secrets are not in it. An import asks for: {places}.", places=", ".join(wanted)))


@command("integrations import", N_("Take an exported integration in; its secrets are asked for."))
async def import_(
    session: Session,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help=N_("A file that “integrations export” wrote."), show_default=False
        ),
    ],
    secret: SecretOption = None,
    name: Annotated[
        str | None, typer.Option("--name", help=N_("Another name than the file's."), show_default=False)
    ] = None,
    allow_several: Annotated[
        bool, typer.Option("--allow-several", help=N_("Take it although its channel has an integration."))
    ] = False,
) -> None:
    """Import one integration: checked as a typed one is, saved whole or not at all."""
    document = read_json(file)
    if isinstance(document.get("settings"), dict):
        document["settings"] |= {"name": name} if name is not None else {}
        document["settings"] |= {"allow_several": True} if allow_several else {}
    async with session.bench() as bench:
        wanted = await bench.integrations.wanted(document)
        _check(document, wanted)
        texts = read_secrets(session, wanted, secret or ())
        saved = await _take_in(bench, document, texts)
    session.show(
        {"id": saved.id, "name": saved.name},
        [
            session.text(
                say("“{name}” is saved as {id}. Test it before it is used.", name=saved.name, id=saved.id)
            )
        ],
    )


async def _take_in(bench: Workbench, document: dict[str, JsonValue], texts: dict[str, str]) -> Integration:
    kept = {place: bench.secrets.keep_text(text) for place, text in texts.items()}
    draft = await bench.integrations.import_(document, kept)
    try:
        return await bench.integrations.save(draft)
    except BaseException:
        await bench.integrations.discard(draft.id)  # and with it the secrets that only it refers to
        raise


def _check(document: dict[str, JsonValue], wanted: Sequence[str]) -> None:
    """Raise Invalid for a file that cannot become an integration, before anybody types a secret for it."""
    from_portable(document, dict.fromkeys(wanted, NO_SECRET))


@command("integrations delete", N_("Delete an integration and its secrets; the journal stays."))
async def delete(
    session: Session,
    integration: Name,
    yes: Annotated[bool, typer.Option("--yes", help=N_("Do not ask."))] = False,
) -> None:
    """Delete one integration."""
    async with session.bench() as bench:
        saved = await bench.integrations.get(integration)
        if not yes:
            _ask(session, say("Delete “{name}” and its secrets? It cannot be undone.", name=saved.name))
        await bench.integrations.delete(saved.id)
    session.show({"deleted": saved.id}, [session.text(say("“{name}” is deleted.", name=saved.name))])


def read_secrets(session: Session, wanted: Sequence[str], given: Sequence[str]) -> dict[str, str]:
    """Return the secret for each wanted place: from the environment, from standard input, else asked without an echo."""
    sources = dict(secret_source(text) for text in given)
    unknown = [place for place in sources if place not in wanted]
    if unknown:
        known = ", ".join(wanted) or "-"
        raise _invalid(
            unknown[0],
            say("The file wants no secret at “{place}”. It wants: {known}.", place=unknown[0], known=known),
        )
    texts = {place: _secret(session, place, sources.get(place)) for place in wanted}
    empty = [place for place, text in texts.items() if not text.strip()]
    if empty:
        raise _invalid(empty[0], say("The secret for “{place}” is empty.", place=empty[0]))
    return texts


def secret_source(text: str) -> tuple[str, str]:
    """Return the place that a secret is for and where it comes from, as ``--secret`` says them."""
    place, sign, source = text.partition("=")
    if not sign or not place or not (source == "-" or (source.startswith("env:") and len(source) > 4)):
        # what stands there may be the secret itself: it is not repeated
        raise _invalid(
            "secret",
            say(
                "Write --secret PLACE=env:NAME, or PLACE=- for standard input. Never write the secret itself: others could read it."
            ),
        )
    return place, source


def _secret(session: Session, place: str, source: str | None) -> str:
    if source == "-":
        return sys.stdin.readline().rstrip("\r\n")
    if source is not None:
        name = source.removeprefix("env:")
        if name not in os.environ:
            raise _invalid(
                place, say("The environment has no variable {name} for “{place}”.", name=name, place=place)
            )
        return os.environ[name]
    if not at_a_terminal():
        raise _invalid(
            place,
            say(
                "The file wants a secret for “{place}”. Give it with --secret {place}=env:NAME or --secret {place}=-.",
                place=place,
            ),
        )
    return str(typer.prompt(session.text(say("Secret for {place}", place=place)), hide_input=True, err=True))


def _ask(session: Session, question: Sentence) -> None:
    if session.json or not at_a_terminal():
        raise Refused(say("Nobody can be asked here. Repeat the command with --yes if you mean it."))
    if not typer.confirm(session.text(question), err=True):
        raise Refused(say("Nothing was deleted."))


def masked(value: JsonValue) -> Any:
    """Return a document with each secret's handle replaced by its mask."""
    if isinstance(value, SecretRef):
        return value.hint
    if is_ref(value):
        return value.get("hint", "****")
    if isinstance(value, dict):
        return {key: masked(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [masked(item) for item in value]
    return value


def _summary(item: Listed) -> dict[str, Any]:
    saved = item.integration
    return {
        "id": saved.id,
        "name": saved.name,
        "provider": saved.settings.provider,
        "channel": saved.settings.channel,
        "state": item.badge,
        "missing_secrets": len(item.missing_secrets),
        "tested_at": saved.tested and saved.tested.at.isoformat(),
        "updated_at": saved.updated_at.isoformat(),
    }


def _plain(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _invalid(field: str, sentence: Sentence) -> Invalid:
    return Invalid([Problem(field=field, sentence=sentence)])
