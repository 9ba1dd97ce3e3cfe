"""Providers: the catalogue as a table, for a person, a machine, and the README."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from workbench.models.provider import Provider
from workbench.providers import every
from workbench.sentence import N_

from .frame import command
from .session import Session

Markdown = Annotated[bool, typer.Option("--markdown", help=N_("As the table of the README."))]


@command("providers", N_("List the providers that have a file of their own."))
def providers(session: Session, markdown: Markdown = False) -> None:
    """List the providers."""
    found = list(every().values())
    lines = (
        table(found)
        if markdown
        else (f"{one.key:28} {one.name:28} {session.text(one.about)}" for one in found)
    )
    session.show([_document(one) for one in found], lines)


def table(found: list[Provider]) -> Iterator[str]:
    """Give the rows of the README's table, in Markdown."""
    yield "| Provider | Key | Channel | Authentication | Sent as | Payloads ready | Documented at |"
    yield "|---|---|---|---|---|---|---|"
    for one in found:
        cells = [
            one.name,
            f"`{one.key}`",
            one.channel,
            ", ".join(credential.label for credential in one.credentials),
            ", ".join(dict.fromkeys(endpoint.encoding for endpoint in one.endpoints)),
            str(len(one.templates)),
            f"[source]({one.sources[0]})" if one.sources else "",
        ]
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _document(one: Provider) -> dict[str, Any]:
    return {
        "key": one.key,
        "name": one.name,
        "channel": one.channel,
        "credentials": [credential.kind for credential in one.credentials],
        "endpoints": [
            {"key": endpoint.key, "url": endpoint.url, "encoding": endpoint.encoding}
            for endpoint in one.endpoints
        ],
        "payloads": [template.name for template in one.templates],
        "sources": list(one.sources),
    }
