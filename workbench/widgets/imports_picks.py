"""IMPORTS, picks: the requests that were read, some at a time, each with what became of it, and a switch to take it over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import ipywidgets

from workbench.models.imported import ImportedRequest
from workbench.models.provider import Provider
from workbench.providers import every
from workbench.sentence import N_, Sentence, say

from . import look
from .fields import SwitchField, TextField
from .fold import Fold, Place, visible
from .imports_words import left_out_table
from .piece import said

__all__ = ["Picks"]

AT_A_TIME: Final = 20
SEARCHED: Final = 6
"""Requests from which on there is a search."""
LONGEST: Final = 20_000
"""Characters of a payload that are shown."""


class Picks:
    """The list. ``chosen`` are the ids of the picked requests; ``changed`` is called whenever they change."""

    def __init__(self, changed: Callable[[], object]) -> None:
        self.chosen: dict[str, None] = {}
        self._changed = changed
        self._requests: Sequence[ImportedRequest] = ()
        self._may = True
        self._shown = AT_A_TIME
        self.search = TextField(
            N_("Search"), input_type="search", placeholder=N_("Name, folder, address or provider")
        )
        self.rows = Place()
        self.more = look.button(N_("Show more"))
        self.none = look.show("")
        self.search.observe(lambda _: self._searched(), "value")
        self.more.on_click(lambda _button: self._on())
        self.widget = look.card(
            N_("Requests"), self.search, self.none, self.rows.widget, look.buttons(self.more, align="start")
        )

    def __repr__(self) -> str:
        return f"<Picks {len(self.chosen)} of {len(self._requests)}>"

    def show(self, requests: Sequence[ImportedRequest], may: bool) -> None:
        """Show these requests; the only one that can be taken over is picked already."""
        self._requests, self._may, self._shown = requests, may, AT_A_TIME
        usable = [request.id for request in requests if request.usable]
        self.chosen = dict.fromkeys(usable if may and len(usable) == 1 else ())
        self.search.value = ""
        visible(self.search, len(requests) >= SEARCHED)
        visible(self.widget, bool(requests))
        self._draw()

    def _searched(self) -> None:
        self._shown = AT_A_TIME
        self._draw()

    def _on(self) -> None:
        self._shown += AT_A_TIME
        self._draw()

    def _draw(self) -> None:
        wanted = self.search.value.strip().casefold()
        found = [request for request in self._requests if wanted in _words(request)]
        self.rows.put(*(self._row(request) for request in found[: self._shown]))
        visible(self.more, len(found) > self._shown)
        self.none.value = (
            ""
            if found
            else look.markup("<p class='wb-empty'>{text}</p>", text=said(N_("Nothing is called that here.")))
        )

    def _row(self, request: ImportedRequest) -> ipywidgets.Widget:
        about = Fold(say("What became of “{name}”", name=_name(request)), *_details(request))
        if request.reason is not None or not self._may:
            head: ipywidgets.Widget = look.show(
                look.markup(
                    '<p><strong>{name}</strong><br><span class="wb-hint">{text}</span></p>',
                    name=_name(request), text=said(request.reason or _line(request)),
                )
            )  # fmt: skip
        else:
            switch = SwitchField(_name(request), hint=_line(request), value=request.id in self.chosen)
            switch.observe(lambda change: self._pick(request.id, bool(change["new"])), "value")
            head = switch
        return look.stack(head, about.widget, gap="small")

    def _pick(self, id: str, taken: bool) -> None:
        if taken:
            self.chosen[id] = None
        else:
            self.chosen.pop(id, None)
        self._changed()


def _name(request: ImportedRequest) -> str:
    return " / ".join([*request.folder, request.name])


def _words(request: ImportedRequest) -> str:
    return " ".join([_name(request), request.method, request.url, request.provider_name]).casefold()


def _line(request: ImportedRequest) -> Sentence:
    """Return where a request goes, in a line."""
    provider, method, url = _provider_name(request), request.method, request.url
    if not request.left_out:
        return say("{provider}: {method} {url}", provider=provider, method=method, url=url)
    return say(
        "{provider}: {method} {url}. Things to know: {count}.",
        provider=provider, method=method, url=url, count=len(request.left_out),
    )  # fmt: skip


def _provider_name(request: ImportedRequest) -> Sentence:
    return Sentence(_provider(request).name)


def _provider(request: ImportedRequest) -> Provider:
    return every()[request.settings.provider]


def _details(request: ImportedRequest) -> list[ipywidgets.Widget]:
    """Return what a request became: where it goes, how it is let in, its payload, and what was left out."""
    settings, provider = request.settings, _provider(request)
    headers = ", ".join(header.name for header in settings.headers)
    rows: list[tuple[str, object]] = [
        (N_("Provider"), said(_provider_name(request))),
        (N_("Endpoint"), said(Sentence(provider.endpoint(settings.endpoint).title))),
        (N_("Address"), request.url),
        (N_("Authentication"), said(Sentence(provider.credential(settings.credential_kind).label))),
        (N_("Headers"), headers or "–"),
        (N_("Recipient of the text"), request.recipient or "–"),
    ]
    shown: list[ipywidgets.Widget] = [look.key_value_table(rows)]
    if settings.payload != "{}":
        shown.append(look.code_block(settings.payload[:LONGEST], "JSON"))
    if request.problems:
        items = look.Html("").join(
            look.markup("<li>{text}</li>", text=said(problem.sentence)) for problem in request.problems
        )
        shown.append(
            look.banner(
                "warn", look.markup("<ul>{items}</ul>", items=items), N_("To be put right in the draft")
            )
        )
    if request.left_out:
        shown.append(left_out_table(request.left_out, say("Not carried over: “{name}”", name=_name(request))))
    return shown
