"""Publish here: pages and settings read for the unsafe ways, with the vault's secrets known; and this server asked as by a stranger."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from workbench.adapters.shipped import folder_of
from workbench.engine.publish_files import check_file
from workbench.engine.publish_notebooks import check_notebook
from workbench.engine.redact import MASK, Redactor
from workbench.errors import Unreachable
from workbench.models.publish import PublishFinding
from workbench.models.server_state import PublishLook
from workbench.sentence import Sentence

from .house import House
from .log_secrets import known_secrets
from .publish_look import look_at

SHORTEST: Final = 8
"""Letters: a shorter secret would be found in every other word."""


async def look_here(house: House, address: str, public: str, environ: Mapping[str, str]) -> PublishLook:
    """Return what is unsafe about the published pages, about this server's settings, and about its own address on this machine.

    ``address`` is where this process is served, ``public`` where it is reached from outside; each may be empty.
    """
    pages = sorted(folder_of("dashboards").glob("*.ipynb"))
    known = await asyncio.to_thread(known_in, house, environ)
    found = await asyncio.to_thread(look_into, pages, known)
    settings = check_file("WORKBENCH_PUBLIC", f"WORKBENCH_PUBLIC={public}")
    found += [one.model_copy(update={"line": None}) for one in settings]
    missed: Sentence | None = None
    if address:
        try:
            found += await look_at(address)
        except Unreachable as error:
            missed = error.sentence
    shown = [one.model_copy(update={"field": _named(one.field, pages)}) for one in found]
    return PublishLook(
        notebooks=len(pages), address=address, public=public, missed=missed, found=tuple(shown)
    )


def known_in(house: House, environ: Mapping[str, str]) -> Redactor:
    """Return what finds the secrets of the vault and of this process's environment in a text."""
    secrets = known_secrets(house, environ)().values()
    return Redactor({secret: MASK for secret in secrets if len(secret) >= SHORTEST})


def look_into(paths: Iterable[Path], known: Redactor) -> list[PublishFinding]:
    """Return what is unsafe in files: notebooks by their cells, others by their lines."""
    found: list[PublishFinding] = []
    for path in paths:
        text = path.read_text("utf-8", errors="replace")
        is_notebook = path.suffix == ".ipynb"
        found += check_notebook(str(path), text, known) if is_notebook else check_file(str(path), text)
    return found


def _named(where: str, pages: Iterable[Path]) -> str:
    """Return where something was found by the page's name: the server's folders concern nobody else."""
    for page in pages:
        if where.startswith(str(page)):
            return where.replace(str(page), page.name, 1)
    return where
