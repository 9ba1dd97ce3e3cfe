"""SMS: the page of text messages: accounts, compose and test, callbacks, deliveries, consent, and the custom channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Final, Protocol

import ipywidgets

from workbench.sentence import N_

from . import look
from .fields import ChoiceField
from .fold import Place, visible
from .headline import Headline
from .messages import Messages
from .page import Frame
from .piece import said

__all__ = ["PARTS", "PLACES", "SmsPage", "sms"]

PARTS: Final[Mapping[str, str]] = {
    "accounts": N_("Accounts"), "compose": N_("Compose"), "deliveries": N_("Deliveries"), "callbacks": N_("Callbacks"),
    "consent": N_("Consent"), "channel": N_("Custom channel"),
}  # fmt: skip
PLACES: Final[Mapping[str, str]] = {
    "account": "accounts", "new": "accounts", "draft": "accounts", "delivery": "deliveries", "callback": "callbacks",
}  # fmt: skip
"""What a link names, and the part of the page that shows it; beside these, the parts themselves (``compose=account=sms_1``)."""


class Part(Protocol):
    """A part of the page: made when it is first shown, read anew whenever it is shown again."""

    @property
    def widget(self) -> ipywidgets.Widget: ...

    async def refresh(self) -> None: ...

    async def go(self, place: str) -> None: ...


class SmsPage:
    """The content of the page. A part that was made stays, so that nothing typed in it is lost."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.messages = Messages()
        self.made: dict[str, Sequence[Part]] = {}
        self.title = Headline(
            N_("Text messages"),
            N_("Set up who carries them, write one, see what each provider would get, and what became of it."),
            level=1, focus=False,
        )  # fmt: skip
        self.part = ChoiceField(
            N_("Part of the page"), [(key, said(text)) for key, text in PARTS.items()], value="accounts", style="segmented",
        )  # fmt: skip
        self.places = {key: Place() for key in PARTS}
        self.part.add_class("wb-sms-parts")
        self._led = False
        self.part.observe(lambda _: self._chosen(), "value")
        css = (files(__package__) / "sms.css").read_text(encoding="utf-8")
        self.widget = look.stack(
            look.show(look.Html(f"<style>{css}</style>"), "wb-style"),
            self.title,
            self.part,
            self.messages.widget,
            *(place.widget for place in self.places.values()),
        )

    def __repr__(self) -> str:
        return f"<SmsPage at {self.part.value}>"

    @property
    def place(self) -> str:
        """Where the page stands: what the part itself says, or the part."""
        own = [str(getattr(part, "place", "")) for part in self.made.get(self.part.value, ())]
        return next((place for place in own if place), self.part.value)

    async def turn(self) -> None:
        """Show the part that is chosen, read anew; it is made when it is first asked for."""
        key = self.part.value
        if key not in self.made:
            self.made[key] = _made(key, self.frame)
            self.places[key].put(*(part.widget for part in self.made[key]))
        for name, place in self.places.items():
            visible(place.widget, name == key)
            for part in self.made.get(name, ()):
                if hasattr(part, "shown"):  # what looks again by itself rests while nobody sees it
                    part.shown = name == key
        for part in self.made[key]:
            await part.refresh()
        self.frame.stand(self.place if self.place != "accounts" else "")

    async def go(self, place: str) -> None:
        """Show the part that a link names, and in it what the link names."""
        kind, _, rest = place.partition("=")
        key = PLACES.get(kind, kind)
        if key not in PARTS:
            return
        self._led = True  # the choice follows the link; what it shows is read once
        self.part.value = key
        self._led = False
        await self.turn()
        inside = rest if kind in PARTS else place
        for part in self.made[key]:
            if inside:
                await part.go(inside)

    def _chosen(self) -> None:
        if not self._led:
            self.frame.start(self.turn(), self.messages)


def _made(key: str, frame: Frame) -> Sequence[Part]:
    """Return a part of the page, loaded when it is first shown so that the page itself opens fast."""
    if key == "compose":
        from .sms_compose import Compose

        return (Compose(frame),)
    if key == "deliveries":
        from .sms_deliveries import DeliveryBoard

        return (DeliveryBoard(frame),)
    if key == "callbacks":
        from .sms_callbacks import CallbackLog
        from .sms_studio import Studio

        return (CallbackLog(frame), Studio(frame))
    if key == "consent":
        from .sms_consent import ConsentCentre

        return (ConsentCentre(frame),)
    if key == "channel":
        from .sms_channel import ChannelDesigner

        return (ChannelDesigner(frame),)
    from .sms_accounts import SmsShelf

    return (SmsShelf(frame),)


async def sms(frame: Frame) -> SmsPage:
    """Return the page of text messages, at its accounts."""
    page = SmsPage(frame)
    await page.turn()
    return page
