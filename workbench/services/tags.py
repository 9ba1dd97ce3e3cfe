"""Tags: a shop's tags and web events: written, read as the platform's script reads them, held against each other, and counted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Literal, TypeVar

from workbench.errors import Invalid
from workbench.models.base import JsonValue, Problem
from workbench.models.tags import (
    MOST_HTML,
    Comparison,
    CostTable,
    Coverage,
    LintReport,
    ScriptKind,
    Simulated,
    TagKind,
    Volume,
    Way,
)
from workbench.sentence import say

from .roles import viewer

Result = TypeVar("Result")


class Tags:
    """What a person can do with tags and events. Nothing is kept and nothing is sent; what is pasted is forgotten with the answer.

    A page may hold a megabyte: it is read beside the loop, and what reads it is loaded when it is first asked for.
    """

    @viewer
    async def build(self, kind: TagKind, data: dict[str, JsonValue]) -> str:
        """Return the HTML of a tag from values by the names of the wire (``cartId``, ``products``). Invalid names each wrong value.

        Amounts may be written as people do (``60,25``); totals that are left open are the sums of the lines.
        """
        from workbench.engine.tags.build import build

        return await asyncio.to_thread(build, kind, data)

    @viewer
    async def lint(self, html: str) -> LintReport:
        """Return what the platform's script would make of a page, value by value: what it drops, changes or never reads, with one fix."""
        from workbench.engine.tags.lint import lint

        return await _read(lint, html)

    @viewer
    async def events(
        self, kind: ScriptKind, data: dict[str, JsonValue], contact: dict[str, JsonValue] | None = None
    ) -> str:
        """Return the ``<script>`` that tells an event once the platform's own has loaded. Invalid names each wrong value.

        ``contact`` says who the visitor is (``primaryKey``, fields by id); without it the page's tag counts.
        """
        from workbench.engine.tags.script import event_script

        return await asyncio.to_thread(event_script, kind, data, contact)

    @viewer
    async def init_snippet(self, script_id: str) -> str:
        """Return what loads the platform's script on every page. Invalid for an id that cannot be one."""
        from workbench.engine.tags.script import loader

        return loader(script_id)

    @viewer
    async def simulate(
        self,
        html: str,
        before: str | None = None,
        url: str = "",
        loads: bool = True,
        domains: list[str] | None = None,
    ) -> Simulated:
        """Return what the script would send for a page, to a visitor who saw the page ``before``.

        ``loads``: the page is opened; else a script of the shop changed its tags and asked to send anew. ``domains`` are the addresses
        that the platform takes, none for all.
        """
        from workbench.engine.tags.page import Page
        from workbench.engine.tags.simulate import simulate

        def read(pages: tuple[str, str | None]) -> Simulated:
            earlier = Page(pages[1]) if pages[1] is not None else None
            return simulate(Page(pages[0]), earlier, url=url, loads=loads, domains=domains or ())

        _check_size(html, before or "")
        return await asyncio.to_thread(read, (html, before))

    @viewer
    async def compare(self, kind: Literal["cart", "purchase"], data: dict[str, JsonValue]) -> Comparison:
        """Return a cart or purchase as tag, script event and API body, and where they differ once they arrived. Invalid as ``build``."""
        from workbench.engine.tags.comparing import compare

        return await asyncio.to_thread(compare, kind, data)

    @viewer
    async def coverage(self, choices: dict[str, list[Way]]) -> Coverage:
        """Return what is told by which way, what is missing, and what is told twice. ``choices`` by ``Covered.key``."""
        from workbench.engine.tags.coverage import coverage

        return coverage(choices)

    @viewer
    async def coverage_of(self, html: str) -> dict[str, list[Way]]:
        """Return what a page's tags tell, as choices for ``coverage``."""
        from workbench.engine.tags.coverage import told_by
        from workbench.engine.tags.page import Page

        return await _read(lambda text: told_by(Page(text)), html)

    @viewer
    async def cost(
        self, volumes: dict[str, Volume], choices: dict[str, list[Way]] | None = None, allowance: Volume = 0
    ) -> CostTable:
        """Return what a month's events use up of the plan's activities; what is told by two ways counts twice."""
        from workbench.engine.tags.cost import cost

        return cost(volumes, choices or {}, allowance)


async def _read(read: Callable[[str], Result], html: str) -> Result:
    _check_size(html)
    return await asyncio.to_thread(read, html)


def _check_size(*pages: str) -> None:
    if sum(map(len, pages)) > MOST_HTML:
        wrong = say("The page has more than {most} characters. Paste the part with the tags.", most=MOST_HTML)
        raise Invalid([Problem(field="html", sentence=wrong)])
