"""Imports: files that wait their turn, run by the clock, and end with counts and a report at another address."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from workbench.models.base import JsonValue
from workbench.sandbox.bodies import Unreadable

from .forms import Part, read_form
from .refusals import Refusal, Wrong, full_queue, http_error, invalid
from .rows import File, Options, Refused, apply, read_file, report
from .settings import StandInSettings
from .store import Record, Store

TYPES: Final = ("contacts", "products", "coupons")
NEVER: Final = "never"
"""The end of an import that never comes to one."""
_WORDS: Final = {"true": True, "false": False}


@dataclass
class Import:
    """One import. ``end`` is the status that it ends with; ``file`` is let go once its rows are in the store."""

    id: str
    options: Options
    file: File
    created: datetime
    starts: datetime
    ends: datetime
    end: str = "finished"
    total: int = 0
    success: int = 0
    refused: list[Refused] = field(default_factory=list)
    done: bool = False

    def status(self, now: datetime) -> str:
        """Return the platform's word for how it stands."""
        if now < self.starts:
            return "queued"
        return "inProgress" if now < self.ends or self.end == NEVER else self.end


class Imports:
    """The imports of one shop, the oldest first. ``next_ends`` are how those to come end: ``error``, ``cancelled``, ``never``."""

    def __init__(self, store: Store) -> None:
        self.kept: dict[str, Import] = {}
        self.reports: dict[str, str] = {}
        self.next_ends: deque[str] = deque()
        self._store = store
        self._open: deque[Import] = deque()

    def take(
        self, body: bytes, content_type: str, settings: StandInSettings, now: datetime
    ) -> Import | Refusal:
        """Return the import of an upload, or why it is not taken."""
        if not content_type.lower().startswith("multipart/form-data"):
            return http_error(415)
        try:
            parts = read_form(body, content_type)
        except Unreadable:
            return http_error(400, "The form cannot be read.")
        if wrong := self._wrong(parts):
            return invalid(wrong)
        if len(parts["file"].value) > settings.file_bytes:
            return http_error(413)
        if self.queued(now) >= settings.queued:
            return full_queue("E0401", settings.queued, "imports")
        return self._added(_options(parts), parts["file"].value, settings, now)

    def queued(self, now: datetime) -> int:
        """Return how many wait for their turn."""
        return sum(now < one.starts for one in self._open)

    def settle(self, now: datetime, settings: StandInSettings) -> None:
        """Put the rows of those that have ended by now into the store."""
        while self._open and self._open[0].ends <= now and self._open[0].end != NEVER:
            self._finish(self._open.popleft(), settings)

    def told(self, one: Import, now: datetime, report_base: str) -> Record:
        """Return an import as the platform tells of it."""
        status = one.status(now)
        ended = one.done
        part = _part_done(one, now)
        return {
            "id": one.id, "type": one.options.type, "origin": "api", "status": status, "total": one.total,
            "success": one.success if ended else int(one.total * part), "errors": len(one.refused) if ended else 0,
            "errorReportFileUrl": f"{report_base}/{one.id}.csv?signature={one.id[::-1]}" if one.id in self.reports else None,
            "options": {
                "delimiter": one.options.delimiter, "overrideExisting": one.options.override,
                "updateOnlyEmptyFields": one.options.only_empty, "couponSetId": one.options.coupon_set or None,
            },
            "createdAt": one.created.isoformat(), "startedAt": None if status == "queued" else one.starts.isoformat(),
            "finishedAt": one.ends.isoformat() if ended and status == "finished" else None,
            "cancelledAt": one.ends.isoformat() if status == "cancelled" else None,
        }  # fmt: skip

    def _added(self, options: Options, content: bytes, settings: StandInSettings, now: datetime) -> Import:
        file = read_file(content, options)
        before = self._open[-1] if self._open else None
        free = before.ends if before is not None and before.end != NEVER else now
        starts = max(now, free) + timedelta(seconds=settings.starts_s)
        rows_s = len(file.rows) / settings.rows_per_s if settings.rows_per_s else 0.0
        made = Import(
            id=self._store.new_id(), options=options, file=file, created=now, starts=starts,
            ends=starts + timedelta(seconds=settings.import_s + rows_s),
            end=self.next_ends.popleft() if self.next_ends else "error" if file.problem else "finished", total=len(file.rows),
        )  # fmt: skip
        self.kept[made.id] = made
        if made.end != NEVER:  # it keeps nobody waiting behind it
            self._open.append(made)
        return made

    def _finish(self, one: Import, settings: StandInSettings) -> None:
        if one.end not in ("error", "cancelled"):
            one.success, one.refused = apply(one.file, one.options, self._store, settings, one.ends)
        if one.refused:
            self.reports[one.id] = report(one.file, one.refused, settings.report)
        elif one.file.problem:
            self.reports[one.id] = f"line,field,error\r\n1,,{one.file.problem}\r\n"
        one.done = True
        one.file = File(one.file.header, [], one.file.problem)

    def _wrong(self, parts: dict[str, Part]) -> list[Wrong]:
        """Return what is wrong with a form's fields."""
        found: list[Wrong] = []
        values = {
            name: part.value.decode("utf-8", "replace") for name, part in parts.items() if name != "file"
        }
        if values.get("type") not in TYPES:
            found.append(("/type", f"must be one of {', '.join(TYPES)}"))
        if values.get("delimiter", ",") not in (",", ";"):
            found.append(("/delimiter", "must be , or ;"))
        for name in ("overrideExisting", "updateOnlyEmptyFields"):
            if values.get(name, "false") not in _WORDS:
                found.append((f"/{name}", "must be true or false"))
        if values.get("updateOnlyEmptyFields") == "true" and values.get("overrideExisting") != "true":
            found.append(("/updateOnlyEmptyFields", "can only be true if overrideExisting is true"))
        coupons, named = values.get("type") == "coupons", values.get("couponSetId", "")
        if coupons and named not in self._store.coupon_sets:
            found.append(("/couponSetId", "is required" if not named else "does not exist"))
        if named and not coupons:
            found.append(("/couponSetId", "is for coupons alone"))
        file = parts.get("file")
        if file is None or file.filename is None:
            found.append(("/file", "is required"))
        elif file.content_type != "text/csv":
            found.append(("/file", "must be text/csv"))
        return found


def _options(parts: dict[str, Part]) -> Options:
    values: dict[str, JsonValue] = {
        name: part.value.decode("utf-8", "replace") for name, part in parts.items() if name != "file"
    }
    return Options(
        type=values["type"],
        delimiter=values.get("delimiter", ","),
        override=_WORDS[values.get("overrideExisting", "false")],
        only_empty=_WORDS[values.get("updateOnlyEmptyFields", "false")],
        coupon_set=values.get("couponSetId", ""),
    )


def _part_done(one: Import, now: datetime) -> float:
    """Return which part of the rows is done by now, before it ends."""
    lasts = (one.ends - one.starts).total_seconds()
    return 0.0 if lasts <= 0 else min(max((now - one.starts).total_seconds() / lasts, 0.0), 0.99)
