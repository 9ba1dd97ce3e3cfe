"""Import: cURL commands, Postman collections, OpenAPI descriptions and HAR recordings become drafts of integrations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from workbench.bench import Workbench
from workbench.models.base import SecretRef
from workbench.models.imported import Imported, LeftOut
from workbench.models.integration import Draft
from workbench.sentence import N_, say

from .codes import INPUT, OK
from .contacts import read_text
from .frame import command
from .integrations import SecretOption, read_secrets, secret_source
from .session import Session
from .steering import invalid

TOLD = 40


@command("import", N_("Read cURL, Postman 2.1, OpenAPI 3 or HAR, and take requests over as integrations."))
async def import_(
    session: Session,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help=N_("A collection, a description, a recording, or commands."), show_default=False)
    ],
    take: Annotated[
        list[str] | None,
        typer.Option("--take", metavar="NAME", help=N_("Make a draft of this request: name or id. May be repeated."), show_default=False),
    ] = None,
    take_all: Annotated[bool, typer.Option("--all", help=N_("Make a draft of every request that can be an integration."))] = False,
    secret: SecretOption = None,
) -> int:  # fmt: skip
    """Say what was recognised and what could not be carried over; with ``--take`` or ``--all`` make drafts."""
    text = read_text(file)
    async with session.bench() as bench:
        read = await bench.imports.read(text, file.name)
        picks = _picks(read, take or (), take_all)
        drafts = (
            await bench.imports.take(text, picks, _secrets(session, bench, read, secret or ()))
            if picks
            else []
        )
    session.show(_document(session, read, drafts), _lines(session, read, drafts))
    return OK if any(one.usable for one in read.requests) else INPUT


def _picks(read: Imported, names: Sequence[str], every: bool) -> list[str]:
    if every:
        return [one.id for one in read.requests if one.usable]
    found = []
    for name in names:
        fitting = [one.id for one in read.requests if name in (one.id, one.name)]
        if not fitting:
            known = ", ".join(one.name for one in read.requests)[:400]
            raise invalid(
                "take",
                say("There is no request “{name}”. The file has: {known}.", name=name[:60], known=known),
            )
        found += fitting
    return list(dict.fromkeys(found))


def _secrets(
    session: Session, bench: Workbench, read: Imported, given: Sequence[str]
) -> dict[str, SecretRef]:
    """Return the secrets that were named, sealed; the others stay open, and the wizard asks for them."""
    known = [one.key for one in read.secrets]
    named = [secret_source(text)[0] for text in given]
    unknown = [key for key in named if key not in known]
    if unknown:
        raise invalid(
            "secret",
            say(
                "No secret is called “{key}”. The file wants: {known}.",
                key=unknown[0][:60],
                known=", ".join(known)[:400],
            ),
        )
    texts = read_secrets(session, [key for key in known if key in named], given)
    return {key: bench.secrets.keep_text(text) for key, text in texts.items()}


def _left(session: Session, found: Sequence[LeftOut]) -> list[Mapping[str, object]]:
    return [
        {"what": one.what, "place": one.place, "line": one.line, "sentence": session.text(one.sentence)}
        for one in found
    ]


def _document(session: Session, read: Imported, drafts: Sequence[Draft]) -> dict[str, object]:
    return {
        "format": read.format, "title": read.title, "problems": session.problems(read.problems), "left_out": _left(session, read.left_out),
        "secrets": [{"key": one.key, "title": session.text(one.title), "hint": one.hint} for one in read.secrets],
        "requests": [
            {
                "id": one.id, "name": one.name, "method": one.method, "url": one.url, "provider": one.provider_name, "usable": one.usable,
                "left_out": _left(session, one.left_out), "problems": session.problems(one.problems),
                "reason": session.text(one.reason) if one.reason else "",
            }
            for one in read.requests
        ],
        "drafts": [{"id": draft.id, "name": draft.settings.name} for draft in drafts],
    }  # fmt: skip


def _lines(session: Session, read: Imported, drafts: Sequence[Draft]) -> Iterator[str]:
    for problem in read.problems:
        yield typer.style(f"{session.where(problem)}: {session.text(problem.sentence)}", fg="red")
    for one in read.requests:
        sign = typer.style("✓", fg="green") if one.usable else typer.style("✗", fg="red")
        yield f"{sign} {one.name}  {one.method} {one.url}  [{one.provider_name}]"
        if one.reason is not None:
            yield f"    {session.text(one.reason)}"
        yield from (f"    - {session.text(left.sentence)}" for left in one.left_out[:TOLD])
    yield from (
        f"- {left.place + ': ' if left.place else ''}{session.text(left.sentence)}"
        for left in read.left_out[:TOLD]
    )
    for wanted in read.secrets:
        yield session.text(say("Secret wanted: {key} ({title})", key=wanted.key, title=wanted.title))
    for draft in drafts:
        yield typer.style(
            session.text(
                say(
                    "Draft {id}: {name}. Go on with it on the page Integrations.",
                    id=draft.id,
                    name=draft.settings.name,
                )
            ),
            fg="green",
        )
    if not read.requests and not read.problems:
        yield session.text(N_("Nothing that could be an integration was found."))
