"""The event looked at: what one occurrence would be before anything goes out, its flow, its earlier sends, its form by each method."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime

from workbench.sentence import Sentence

from .base import Noun, Problem
from .event import Composed, EventInput, EventMethod, MessagePreview
from .request import Headers
from .sending import Preview


class Earlier(Noun):
    """That the same event went to the same contact with the same body: when, and how many minutes the guard looks back."""

    at: AwareDatetime
    minutes: int


class FlowCheck(Noun):
    """What is known of a flow id. ``where`` was looked: in the event's own list of flows, or in the SendPulse account itself.

    ``state``: it runs, it does not, nobody knows of it, or it could not be asked for (``sentence`` says why).
    """

    id: int
    name: str = ""
    state: Literal["active", "inactive", "unknown", "not_asked"]
    where: Literal["list", "account"] = "list"
    sentence: Sentence

    @property
    def good(self) -> bool:
        """Whether the flow is there and runs."""
        return self.state == "active"


class MethodLook(Noun):
    """One way to send an event, with this body: the call as it would be, what the method loses, and what it puts at risk.

    ``chosen`` says that the event's own integration sends this way. Address and headers name where secrets stand, and hold none.
    """

    method: EventMethod
    title: Sentence
    url: str
    headers: Headers = ()
    body: str = ""
    size: int = 0
    problems: tuple[Problem, ...] = ()
    auth: Sentence
    risk: Sentence
    chosen: bool = False


class MappedSample(Noun):
    """What a mapping makes of one nested sample: the occurrence, and what could not be taken over."""

    given: EventInput
    problems: tuple[Problem, ...] = ()


class Looked(Noun):
    """One occurrence, looked at from all sides. ``request`` is masked. ``held_back`` says why consent keeps it back, if it does.

    ``earlier`` is there where the double-send guard wants a second word.
    """

    composed: Composed
    request: Preview
    messages: tuple[MessagePreview, ...] = ()
    held_back: Sentence | None = None
    earlier: Earlier | None = None
