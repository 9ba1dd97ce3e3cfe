"""TAGS SAME: one cart or purchase told by tag, by JavaScript and by the API, value beside value (R-SYNC-22)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import ipywidgets

from workbench.errors import Invalid
from workbench.models.base import JsonValue, Problem
from workbench.models.tags import Comparison, Differing
from workbench.sentence import N_, Sentence, say

from . import look
from .fields import ChoiceField
from .fold import Fold, Place, visible
from .latest import Latest
from .messages import Messages
from .page import Frame
from .piece import said
from .tables import table
from .tags_form import TellForm

__all__ = ["TagCompare", "paths_of"]


class TagCompare:
    """The part of the page."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.place = ""
        self.found: Comparison | None = None
        self.messages, self.verdict, self.values, self.texts = Messages(), Place(), Place(), Place()
        self.kind = ChoiceField(
            N_("What is told"), [("purchase", said(N_("Purchase"))), ("cart", said(N_("State of the cart")))], value="purchase",
            style="segmented",
        )  # fmt: skip
        self._latest = Latest(lambda: self.messages.guard(self._again()))
        self.form = TellForm(self._latest.ask)
        self.kind.observe(lambda _: self._chosen(), "value")
        self.waiting = look.show(N_("Put the fields right; the comparison follows."), "wb-hint")
        visible(self.waiting, False)
        self.widget: ipywidgets.Widget = look.stack(
            look.card(
                N_("One and the same"), self.kind, self.form.widget, self.messages.widget, self.waiting, self.verdict.widget,
                subtitle=N_("Each is read again as it arrives: the tag by the rules of the platform's script, the others as JSON."),
            ),
            self.values.widget,
            self.texts.widget,
        )  # fmt: skip
        self.widget.add_class("wb-tags-two")
        self._chosen()

    def __repr__(self) -> str:
        return f"<TagCompare of {self.kind.value}>"

    async def refresh(self) -> None:
        """Compare anew."""
        await self.messages.guard(self._again())

    async def go(self, place: str) -> None:
        """Show a cart or a purchase."""
        if place in ("cart", "purchase"):
            self.kind.value = place

    def _chosen(self) -> None:
        self.form.ask("bought" if self.kind.value == "purchase" else "cart")
        self._latest.ask()

    async def _again(self) -> None:
        problems: tuple[Problem, ...] = ()
        found: Comparison | None = None
        kind = self.kind.value
        try:
            found = await self.frame.bench.tags.compare(
                "cart" if kind == "cart" else "purchase", self.form.data()
            )
        except Invalid as error:
            problems = error.problems
        if kind != self.kind.value:
            return
        visible(self.waiting, not self.form.show(problems))
        if found == self.found and found is not None:
            return
        self.found = found
        if found is None:
            for place in (self.verdict, self.values, self.texts):
                place.put()
            return
        self.verdict.put(_verdict(found))
        self.values.put(look.card(N_("Value beside value"), _values(found)))
        texts = [("HTML", found.html), ("HTML with JavaScript", found.code)]
        if found.api is not None:
            texts.append(("JSON", json.dumps(found.api, ensure_ascii=False, indent=2)))
        fold = Fold(
            N_("How each of them is written"), *(look.code_block(text, language) for language, text in texts)
        )
        self.texts.put(look.card("", fold.widget))


def paths_of(value: JsonValue, path: str = "") -> Iterator[tuple[str, JsonValue]]:
    """Give every plain value with its path, in order; empty lists say nothing."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from paths_of(one, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from paths_of(one, f"{path}[{index}]")
    else:
        yield path, value


def _verdict(found: Comparison) -> ipywidgets.Widget:
    known = len(found.differences)
    faults = sum(one.known is None for one in found.differences)
    told: Sentence
    if faults:
        told = say("Not the same: {count}.", count=faults)
    elif found.api is None:
        told = say("Tag and JavaScript say the same. The API takes no carts.")
    elif known:
        told = say(
            "Tag, JavaScript and API say the same. Values that only the API has a place for: {count}.",
            count=known,
        )
    else:
        told = say("Tag, JavaScript and API say the same.")
    return look.banner("error" if faults else "ok", told)


def _values(found: Comparison) -> ipywidgets.Widget:
    ways: list[dict[str, Any]] = [
        dict(paths_of(way)) for way in (found.tag, found.script, found.api) if way is not None
    ]
    differing = {one.path: one for one in found.differences}
    rows = []
    for path in dict.fromkeys(path for way in ways for path in way):
        cells = [_cell(way.get(path)) for way in ways]
        state, why = _state(_difference(path, differing))
        rows.append([look.markup('<code class="wb-tags-path">{path}</code>', path=path), *cells, state, why])
    names = [N_("Tag"), N_("JavaScript"), N_("API")][: len(ways)]
    columns = [N_("Value"), *names, N_("The same?"), N_("Why not")]
    return table(columns, rows, caption=N_("The same, by each way"))


def _difference(path: str, differing: Mapping[str, Differing]) -> Differing | None:
    """Return the difference that a path lies in: a whole list may be one."""
    at = next((one for one in differing if path == one or path.startswith((f"{one}.", f"{one}["))), None)
    return differing[at] if at is not None else None


def _state(one: Differing | None) -> tuple[look.Html, str | None]:
    if one is None:
        return look.badge(N_("the same"), "ok"), None
    if one.known is not None:
        return look.badge(N_("only one way"), "info"), said(one.known)
    return look.badge(N_("not the same"), "error"), None


def _cell(value: JsonValue) -> look.Html | None:
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return look.markup('<span class="wb-value">{text}</span>', text=text)
