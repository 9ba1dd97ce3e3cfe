"""Settings: how the stand-in behaves where the platform would differ from account to account."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from workbench.models.base import Noun


class StandInSettings(Noun):
    """How the stand-in behaves.

    ``calls_per_min`` 0 counts nothing; without ``states_limit`` no answer tells of the limit. ``keys`` holds the permissions of each key
    that is let in (None: any key but one that holds ``wrong``, ``invalid`` or ``revoked``; one that holds ``readonly`` may only read).
    ``domains`` are the hosts of product addresses (none named: all). ``custom_fields`` are the ids that contacts may have (None: any).
    An import waits for the one before it and ``starts_s``, then takes ``import_s`` and a second for each ``rows_per_s`` rows. Its error
    report lists ``errors`` (line, field, reason), or is the refused ``rows`` with the reason in a last column. ``paths`` are further ones
    by call.
    """

    calls_per_min: Annotated[int, Field(ge=0)] = 100
    states_limit: bool = True
    reset: Literal["epoch", "delta"] = "epoch"
    keys: dict[str, tuple[str, ...]] | None = None
    domains: tuple[str, ...] = ()
    custom_fields: tuple[str, ...] | None = None
    paths: dict[str, str] = Field(default_factory=dict)
    starts_s: Annotated[float, Field(ge=0)] = 1.0
    import_s: Annotated[float, Field(ge=0)] = 4.0
    rows_per_s: Annotated[float, Field(ge=0)] = 0.0
    queued: Annotated[int, Field(ge=1)] = 10
    file_bytes: Annotated[int, Field(ge=1)] = 50_000_000
    report: Literal["errors", "rows"] = "errors"
    report_host: str = "reports.connectif.example"
    page_size: Annotated[int, Field(ge=1)] = 50
