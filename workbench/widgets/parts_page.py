"""PARTS PAGE: a page of several parts, one shown at a time; a link leads to a part, and inside it to what the link names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import ipywidgets

from workbench.sentence import N_

from . import look
from .fields import ChoiceField
from .fold import Place, visible
from .headline import Headline
from .messages import Messages
from .page import Frame
from .piece import said


class Part(Protocol):
    """A part of the page: made when it is first shown, read anew whenever it is shown again."""

    @property
    def widget(self) -> ipywidgets.Widget: ...  # noqa: D102

    async def refresh(self) -> None: ...  # noqa: D102

    async def go(self, place: str) -> None: ...  # noqa: D102


Make = Callable[[str, Frame], Sequence[Part]]


class PartsPage:
    """The content of such a page. A part that was made stays, so that nothing typed in it is lost.

    ``parts`` are the parts' titles by their keys, the first one shown first; ``places`` what else a link names, and the part that shows
    it; ``make`` gives the pieces of a part, and is asked when it is first shown, so that the page itself opens fast. ``sheet`` is the
    page's own style sheet.
    """

    def __init__(
        self, frame: Frame, title: Headline, parts: Mapping[str, str], places: Mapping[str, str], make: Make, sheet: str
    ) -> None:  # fmt: skip
        self.frame, self.title = frame, title
        self.messages = Messages()
        self.made: dict[str, Sequence[Part]] = {}
        self._parts, self._places, self._make = parts, places, make
        self._first = next(iter(parts))
        self.part = ChoiceField(
            N_("Part of the page"), [(key, said(text)) for key, text in parts.items()], value=self._first, style="segmented",
        )  # fmt: skip
        self.places = {key: Place() for key in parts}
        self.part.add_class("wb-page-parts")
        self._led = False
        self.part.observe(lambda _: self._chosen(), "value")
        self.widget = look.stack(
            look.sheets(sheet),
            self.title,
            self.part,
            self.messages.widget,
            *(place.widget for place in self.places.values()),
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {self.part.value}>"

    @property
    def place(self) -> str:
        """Where the page stands: what the part itself says, or the part."""
        own = [str(getattr(part, "place", "")) for part in self.made.get(self.part.value, ())]
        return next((place for place in own if place), self.part.value)

    async def turn(self) -> None:
        """Show the part that is chosen, read anew; it is made when it is first asked for."""
        key = self.part.value
        if key not in self.made:
            self.made[key] = self._make(key, self.frame)
            self.places[key].put(*(part.widget for part in self.made[key]))
        for name, place in self.places.items():
            visible(place.widget, name == key)
            for part in self.made.get(name, ()):
                if hasattr(part, "shown"):  # what looks again by itself rests while nobody sees it
                    part.shown = name == key
        for part in self.made[key]:
            await part.refresh()
        self.frame.stand(self.place if self.place != self._first else "")

    async def go(self, place: str) -> None:
        """Show the part that a link names, and in it what the link names."""
        kind, _, rest = place.partition("=")
        key = self._places.get(kind, kind)
        if key not in self._parts:
            return
        self._led = True  # the choice follows the link; what it shows is read once
        self.part.value = key
        self._led = False
        await self.turn()
        inside = rest if kind in self._parts else place
        for part in self.made[key]:
            if inside:
                await part.go(inside)

    def _chosen(self) -> None:
        if not self._led:
            self.frame.start(self.turn(), self.messages)
