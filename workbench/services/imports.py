"""Imports: what cURL, Postman, OpenAPI and HAR ask to be sent, read into drafts of integrations. Nothing is sent, fetched or run."""

from __future__ import annotations

import asyncio

from workbench.adapters.clock import new_id
from workbench.errors import Invalid
from workbench.models.base import Problem, SecretRef
from workbench.models.imported import Imported
from workbench.models.integration import Draft
from workbench.providers import every
from workbench.sentence import say

from .house import House
from .integrations import Integrations
from .roles import operator, viewer

MOST_PICKS = 50


class Imports:
    """What a person can do with a foreign text."""

    def __init__(self, house: House, integrations: Integrations) -> None:
        self.house = house
        self.integrations = integrations

    @viewer
    async def read(self, text: str, name: str = "") -> Imported:
        """Return what the text asks to be sent, without any secret of it; nothing is kept. ``name`` is the title of a text without one."""
        from workbench.engine.imports import read_import  # two dozen readers: loaded when somebody imports

        read = await asyncio.to_thread(read_import, text, every())
        return read if read.title or not name else read.model_copy(update={"title": name[:200]})

    @operator
    async def take(self, text: str, picks: list[str], secrets: dict[str, SecretRef]) -> list[Draft]:
        """Return a draft for each picked request, in the order of the text; ``secrets`` fills the keys that ``read`` asked for.

        A secret that is missing stays empty, and the wizard asks for it. Raises Invalid where a pick is none, or is no integration.
        """
        from workbench.engine.imports import filled, read_import

        read = await asyncio.to_thread(read_import, text, every())
        wrong = _wrong(read, picks)
        if wrong:
            raise Invalid(wrong)
        present = await asyncio.to_thread(
            lambda: {key: ref for key, ref in secrets.items() if self.house.vault.has(ref.handle)}
        )
        absent = [
            Problem(field=f"secrets.{key}", sentence=say("This secret is not in this vault. Type it again."))
            for key in secrets
            if key not in present
        ]
        if absent:
            raise Invalid(absent)
        drafts = []
        for request in read.requests:
            if request.id in picks:
                draft = Draft(
                    id=new_id("dra"), settings=filled(request, present), updated_at=self.house.clock.now()
                )
                drafts.append(await self.integrations.keep(draft))
        return drafts


def _wrong(read: Imported, picks: list[str]) -> list[Problem]:
    """Return why the picked requests cannot be taken."""
    if not picks:
        return [Problem(field="picks", sentence=say("No request is picked. Pick at least one."))]
    if len(picks) > MOST_PICKS:
        sentence = say(
            "{count} requests are picked; at most {most} become drafts at a time.",
            count=len(picks),
            most=MOST_PICKS,
        )
        return [Problem(field="picks", sentence=sentence)]
    problems = []
    for pick in picks:
        request = read.request(pick)
        if request is None:
            sentence = say("The text has no request “{pick}”. Read it again.", pick=pick[:20])
            problems.append(Problem(field=f"picks.{pick[:20]}", sentence=sentence))
        elif request.reason is not None:
            problems.append(Problem(field=f"picks.{pick}", sentence=request.reason))
    return problems
