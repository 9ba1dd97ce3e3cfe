"""Web push: what a shop's page needs to subscribe a browser, what was found of it, and what the browser gives back."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from workbench.sentence import Sentence

from .base import JsonValue, Noun, Problem

Found = Literal["ok", "warning", "error", "note"]


class PushSettings(Noun):
    """What the form holds. ``worker_url`` may be a path of ``site``; an empty ``scope`` is the worker's folder."""

    site: str = ""
    vapid_public_key: Annotated[str, Field(max_length=4000)] = ""
    worker_url: Annotated[str, Field(max_length=2000)] = ""
    scope: Annotated[str, Field(max_length=500)] = ""


class PushFinding(Noun):
    """One thing that was looked at. ``fix`` is the value that puts it right, where there is exactly one."""

    key: str
    field: str
    found: Found
    sentence: Sentence
    fix: str = ""


class PushVerdict(Noun):
    """What the settings alone say, each thing looked at once; ``worker`` and ``scope`` are the addresses as the browser resolves them."""

    findings: tuple[PushFinding, ...] = ()
    worker: str = ""
    scope: str = ""

    @property
    def ready(self) -> bool:
        """Whether a browser could subscribe with it."""
        return bool(self.findings) and not any(one.found == "error" for one in self.findings)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The findings that are no praise, as problems of the form's fields."""
        return tuple(
            Problem(field=one.field, sentence=one.sentence, level=one.found)
            for one in self.findings
            if one.found != "ok"
        )


class PushKit(Noun):
    """The files to try it with: the worker, the page's lines that register it, and the headers the worker has to come with."""

    worker: str
    worker_file: str
    """Where it belongs on the site, as a path."""
    registration: str
    headers: tuple[tuple[str, str], ...] = ()
    verdict: PushVerdict


class PushWorkerLook(Noun):
    """What the shop's server gave for the worker's address. Nothing was sent but a request that reads."""

    url: str
    status: int | None = None
    content_type: str = ""
    allowed_scope: str = ""
    cache: str = ""
    size: int = 0
    handles: tuple[str, ...] = ()
    """The events that its text listens to, as far as it can be seen."""
    findings: tuple[PushFinding, ...] = ()

    @property
    def ready(self) -> bool:
        """Whether a browser would take it."""
        return bool(self.findings) and not any(one.found == "error" for one in self.findings)


class PushSubscription(Noun):
    """A browser's subscription, as it may be shown: ``endpoint`` without the part that is as good as a key, the keys by their length."""

    service: str = ""
    """The host of the browser's push service."""
    endpoint: str = ""
    p256dh: int = 0
    auth: int = 0
    expires: str = ""
    findings: tuple[PushFinding, ...] = ()
    report: JsonValue = None
    """What our registration lines said of the browser, where they were pasted: scope, worker, permission."""

    @property
    def valid(self) -> bool:
        """Whether a message could be sent to it."""
        return bool(self.findings) and not any(one.found == "error" for one in self.findings)
