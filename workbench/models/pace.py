"""Pace: how fast an account may be called, and what is left of that now."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from .base import Noun


class Rate(Noun):
    """At most ``limit`` calls in any ``per_s`` seconds, wherever that window is laid."""

    limit: Annotated[int, Field(ge=1, le=10_000_000)]
    per_s: Annotated[float, Field(ge=0.1, le=86_400)] = 1.0


class Budget(Noun):
    """What one account may be called with: its windows, whence they are, and until when it asked to be left alone.

    ``origin`` says who set the windows: the provider's declaration, a person, or the account's own answers. ``used`` holds, window by
    window, the calls that still count.
    """

    account: str
    rates: tuple[Rate, ...] = ()
    origin: str = "provider"
    used: tuple[int, ...] = ()
    held_until: datetime | None = None
