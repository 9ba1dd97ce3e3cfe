"""PAGE: the frame around every page: the bar, what the workbench has to say of itself, the content, the footer.

The frame asks the workbench who is there and in which mode; a workbench that does not answer, or does not know the
token, gives a page that says what to do. When the language changes the content is made anew, at the same place.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

import ipywidgets

from workbench.bench import Workbench, package_version
from workbench.errors import Forbidden, Unreachable, WorkbenchError
from workbench.models.person import Person, Role
from workbench.sentence import N_, Sentence, say

from . import look
from .around import Around
from .bar import TopBar
from .fold import Place
from .language import LANGUAGES, begin, decide, speak_in
from .messages import Messages
from .piece import said
from .visitor import visitor

PRODUCT = N_("Integration workbench")
PAGES: Mapping[str, str] = {
    "home": N_("Home"),
    "integrations": N_("Integrations"),
    "work": N_("Work"),
    "gate": N_("Gate lab"),
    "gate_live": N_("Send gates"),
    "sms": N_("SMS"),
    "events": N_("Events"),
    "sync": N_("Sync"),
    "shop_tags": N_("Shop tags"),
    "readiness": N_("Readiness"),
    "activity": N_("Activity"),
    "operations": N_("Operations"),
}
"""The published pages by the name of their notebook."""
GROUPS: Mapping[str, str] = {
    "gate": N_("Gates"), "gate_live": N_("Gates"), "sync": N_("Shop"), "shop_tags": N_("Shop"), "readiness": N_("Shop"),
}  # fmt: skip
"""The pages that stand under one word of the bar; those of a group follow each other."""
ROLES: Mapping[Role, str] = {"viewer": N_("viewer"), "operator": N_("operator"), "admin": N_("admin")}
STYLES = ("wizard/wizard.css", "page.css", "work.css", "charts.css", "gate_lab.css")
"""The style sheets of a page beside the look: parts of the wizard stand on other pages too."""
STALE_S = 5.0
"""Seconds after which a page that was drawn before anybody came is read anew."""


def _role(person: Person) -> Sentence:
    """Return what a person may do, and for whom he or she works."""
    role = Sentence(ROLES[person.role])
    if not person.units:
        return role
    return say("{role} for {units}", role=role, units=", ".join(person.units))


def styles() -> list[ipywidgets.Widget]:
    """Return the widgets that give a page its look and that of its parts."""
    return [look.style(), look.sheets(*STYLES)]


class Content(Protocol):
    """What a page shows. ``place`` names where it stands (``draft=dra_1``), so that it can be made anew there."""

    @property
    def widget(self) -> ipywidgets.Widget: ...  # noqa: D102

    @property
    def place(self) -> str: ...  # noqa: D102

    async def go(self, place: str) -> None: ...  # noqa: D102


Build = Callable[["Frame"], Awaitable[Content]]


class PageWidget(look.Stack):
    """The widget of a page; its repr is the same on every run, so that a notebook's saved output stays the same."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def __repr__(self) -> str:
        return f"<{self._name} page>"


class Frame(Around):
    """One page. ``open`` fills ``widget``; ``bench`` and ``facts`` are there for the content from then on."""

    def __init__(
        self,
        name: str,
        title: str,
        build: Build,
        bench: Workbench | None = None,
        places: tuple[str, ...] = (),
        lasting: tuple[str, ...] = (),
    ) -> None:
        super().__init__(bench)
        self.name, self.title = name, title
        self.widget = PageWidget(name)
        self.content: Content | None = None
        self.messages = Messages()
        self._build, self._places = build, places
        self._language = "en"
        self._dismissed: set[str] = set()
        self._turn = asyncio.Lock()
        self._drawn_at = 0.0
        # Voila draws the pages of kernels that it starts ahead; what they show may be hours old when a visitor comes
        self._ahead = os.environ.get("VOILA_PREHEAT") == "True"
        self._bar = TopBar(self._hear, places=list(places), lasting=list(lasting))
        self._head, self._body, self._foot = Place(), Place(), Place()
        parts = (self._head.widget, self.messages.widget, self._body.widget, self._foot.widget)
        self.widget.children = (*styles(), self._bar, *parts)
        for class_name in ("wb-page", "wb-stack"):
            self.widget.add_class(class_name)

    async def open(self) -> PageWidget:
        """Ask the workbench, make the content, and return the page's widget. Never raises what a person can mend."""
        async with self._turn:
            self._language = begin()
            await self._open()
        return self.widget

    def stand(self, place: str) -> None:
        """Let the address name a place of this page, so that a reload finds it again."""
        self._bar.stand(place)

    async def _open(self) -> None:
        self._drawn_at = time.monotonic()
        try:
            if self._bench is None:
                name, groups = visitor()
                self._bench = Workbench.connect(visitor=name, groups=groups)
            self._facts = await self._bench.about.facts()
            self.content = await self._build(self)
        except WorkbenchError as error:
            self.content = None
            self._draw(self._failure(error))
        else:
            self._draw(self.content.widget)

    def _draw(self, content: ipywidgets.Widget) -> None:
        with self._bar.hold_sync():
            self._bar.set_trait("words", self._words())
            self._bar.set_trait("mode", self._facts.mode if self._facts else "")
            self._bar.set_trait("language", self._language)
            self._bar.set_trait("languages", [list(item) for item in LANGUAGES.items()])
            links = [
                {
                    "page": name,
                    "label": said(label),
                    "current": name == self.name,
                    "group": said(GROUPS[name]) if name in GROUPS else "",
                }
                for name, label in PAGES.items()
            ]
            self._bar.set_trait("links", links)
        self._head.put(*self._notices())
        self._body.put(content)
        self._foot.put(look.show(self._footer()))

    def _words(self) -> dict[str, str]:
        facts = self._facts
        live = facts is not None and facts.mode == "live"
        return {
            "product": said(PRODUCT),
            "title": said(self.title),
            "pages": said(N_("Pages")),
            "language": said(N_("Language")),
            "mode": said(N_("LIVE") if live else N_("REHEARSAL")),
            "mode_hint": said(
                N_("What is sent here leaves this machine and reaches real people.")
                if live
                else N_("Nothing leaves this machine: local stand-ins answer in the providers' place.")
            ),
            "person": facts.person.name if facts else "",
            "role": said(_role(facts.person)) if facts else "",
        }

    def _notices(self) -> list[ipywidgets.Widget]:
        if self._facts is None:
            return []
        live = [_live_banner()] if self._facts.mode == "live" else []
        return live + [
            self._notice(text) for text in self._facts.notices if _key(text) not in self._dismissed
        ]

    def _notice(self, text: Sentence) -> ipywidgets.Widget:
        close = look.button(
            N_("Dismiss"), "quiet", tooltip=N_("Do not show this notice in this browser again")
        )
        row = look.Row([look.banner("warn", text), close])
        row.add_class("wb-notice")

        def dismiss(_: ipywidgets.Button) -> None:
            self._dismissed.add(_key(text))
            self._bar.dismiss(_key(text))
            self._head.put(*(child for child in self._head.widget.children if child is not row))

        close.on_click(dismiss)
        return row

    def _footer(self) -> look.Html:
        if self._facts is None:
            return look.markup(
                '<p class="wb-foot">{text}</p>',
                text=said(say("Integration workbench {version}", version=package_version())),
            )
        facts = say("Integration workbench {version}", version=self._facts.version)
        home = say("Home {id}", id=self._facts.home)
        return look.markup(
            '<p class="wb-foot"><span>{facts}</span><span class="wb-mono">{home}</span></p>',
            facts=said(facts),
            home=said(home),
        )

    def _failure(self, error: WorkbenchError) -> ipywidgets.Widget:
        title, steps = _advice(error)
        items = look.Html("").join(look.markup("<li>{text}</li>", text=said(step)) for step in steps)
        again = look.button(N_("Try again"), "primary")
        messages = Messages()
        self.click(again, self._reopen, messages)
        return look.card(
            "",
            look.heading(title, 1),
            look.banner("error", error.sentence),
            look.show(look.markup('<ol class="wb-todo">{items}</ol>', items=items)),
            look.buttons(again, align="start"),
            messages.widget,
        )

    async def _reopen(self) -> None:
        async with self._turn:
            await self._open()

    async def _hear(self, message: Mapping[str, Any]) -> None:
        """Act upon what the browser says: what it has kept, once it is drawn; another language; a place to go to."""
        arrived = message.get("arrived")
        async with self._turn:
            if isinstance(arrived, dict):
                self._forget_notices(_texts(arrived.get("dismissed")))
                await self._speak(decide(_text(arrived.get("kept")), _texts(arrived.get("browser"))))
                await self._read_anew()
                await self._go(_text(arrived.get("place")))
            elif _text(message.get("language")):
                await self._speak(decide(_text(message.get("language"))))
            else:
                await self._go(_text(message.get("place")))

    def _forget_notices(self, keys: Sequence[str]) -> None:
        if not self._dismissed.issuperset(keys):
            self._dismissed.update(keys)
            self._head.put(*self._notices())

    async def _speak(self, code: str) -> None:
        """Make the page anew in another language, at the place where it stands."""
        if code == self._language:
            return
        place = self.content.place if self.content else ""
        self._language = speak_in(code)
        await self._open()
        await self._go(place)

    async def _read_anew(self) -> None:
        """Make the page anew for the first visitor of a kernel that was started ahead, unless that was a moment ago."""
        if self._ahead and time.monotonic() - self._drawn_at > STALE_S:
            await self._open()
        self._ahead = False

    async def _go(self, place: str) -> None:
        if self.content is not None and place.partition("=")[0] in self._places:
            await self.messages.guard(self.content.go(place))


def _live_banner() -> ipywidgets.HTML:
    return look.show(
        look.markup(
            '<div class="wb-live-banner" role="status"><strong>{title}</strong><span>{text}</span></div>',
            title=said(N_("LIVE")),
            text=said(
                N_(
                    "Tests and sends leave this machine and reach real people. "
                    "Each one asks you first for the host and the recipient."
                )
            ),
        )
    )


def _advice(error: WorkbenchError) -> tuple[str, tuple[str, ...]]:
    if isinstance(error, Unreachable):
        return N_("The workbench cannot be reached"), (
            N_(
                "Look at the window in which “workbench up” was started: is it still open, and what does it say?"
            ),
            N_("If it was closed, start it again with “workbench up” and open the address that it prints."),
            N_("What was saved is kept. Then choose “Try again”."),
        )
    if isinstance(error, Forbidden):
        return N_("This page may not be opened with this token"), (
            N_("Open the page by the whole address that “workbench up” printed, with its token."),
            N_("If somebody gave you the address, ask that person for a new one: tokens can be taken back."),
        )
    return N_("The page cannot be shown"), (
        N_("Put right what the sentence above says, then choose “Try again”."),
        N_("If it stays, show the sentence to the person who runs the workbench."),
    )


def _key(notice: Sentence) -> str:
    return hashlib.sha256(str(notice).encode()).hexdigest()[:16]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
