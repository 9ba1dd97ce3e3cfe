"""Sending: the kind of job whose rows are messages through one integration.

A row's data is a contact as JSON. A run's rows are sealed besides: the job's ``spec`` then holds their sealed key, and each row the number
it has in the table, and the mark by which the same message to the same contact is known again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from workbench.adapters.clock import new_id
from workbench.adapters.wire import Wire
from workbench.engine.fingerprint import account_of
from workbench.engine.rate_headers import heard
from workbench.engine.redact import mask_identifier
from workbench.engine.schedule import Verdict
from workbench.errors import Invalid, MissingVariable, NotFound, Refused
from workbench.models.base import JsonValue
from workbench.models.credential import OAuth2
from workbench.models.integration import Integration, Settings
from workbench.models.request import Failure, Reply, Request
from workbench.models.work import Claimed, Job, JobOptions
from workbench.sentence import Sentence, say

from .consent_asking import Ledger, check_asking, held_back
from .dispatch import PENDING_TOKEN
from .double_send import DID_NOT_GO, doubles, send_key
from .house import House
from .integrations import KIND as INTEGRATIONS
from .line import Line
from .runner import Answered, Attempt

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from workbench.adapters.sealed_rows import RowKey
    from workbench.adapters.send_marks import SendMarks

KIND = "send"
ROWS_KEY: Final = "rows_key"
"""Where a job's ``spec`` holds the key of its rows' data, sealed."""
DRY_RUN: Final = "dry_run"
"""Where it says that nothing is sent: each request is made, and no more."""
LONGEST_GUARD: Final = timedelta(days=8)
"""A mark that is older guards nothing any more: the longest guard is a week."""


async def job_of(house: House, saved: Integration, options: JobOptions) -> Job:
    """Return a job, not kept yet, that sends through a saved integration.

    Raises Invalid with what keeps it from sending; Refused where consent is to be asked for and the integration reaches nobody's contact
    point.
    """
    settings = saved.settings
    if options.ask_consent:
        check_asking(settings)
    line = await Line.open(house, settings, integration_id=saved.id)
    endpoint = line.provider.endpoint(settings.endpoint)
    idempotent = bool(settings.idempotency_header or endpoint.idempotency_header)
    account = account_of(settings)
    if rates := line.provider.limits.rates:
        await house.budgets.declare(account, rates)
    now = house.clock.now()
    return Job(
        id=new_id("job"), kind=KIND, title=options.title or saved.name, mode=house.mode, who=house.person.name, account=account,
        host=line.host, integration_id=saved.id, spec={"settings": settings.model_dump(mode="json")}, options=options,
        repeatable=options.repeat == "always" or (options.repeat == "idempotent" and idempotent), created_at=now, changed_at=now,
    )  # fmt: skip


def sending(
    ledger: Ledger | None = None, marks: SendMarks | None = None
) -> Callable[[House, Job], Awaitable[Sending]]:
    """Return what opens the sending of a job's rows; ``ledger`` is asked for consent and ``marks`` for doubles where a job wants that."""
    return lambda house, job: Sending.open(house, job, ledger, marks)


class Ready(NamedTuple):
    """A row's request, or the problem that keeps it from being made. ``recipient`` is masked, where the problem is the contact's."""

    request: Request | None
    identifier: str
    token: str | None
    problem: Sentence | None = None
    recipient: str = ""


class Sending:
    """Sends the rows of one job: each is a contact, as JSON."""

    def __init__(
        self, house: House, job: Job, settings: Settings, line: Line, wire: Wire, ledger: Ledger | None = None,
        marks: SendMarks | None = None, key: RowKey | None = None,
    ) -> None:  # fmt: skip
        self._house = house
        self._ledger = ledger
        self._marks = marks
        self._key = key
        self._job = job
        self._settings = settings
        self._line = line
        self._wire = wire
        self._dry = bool(job.spec.get(DRY_RUN))
        self._oauth2 = settings.credential_kind == OAuth2.kind
        self._whole = job.options.record == "exchange"
        self._did_not_go: list[str] = []

    @classmethod
    async def open(
        cls, house: House, job: Job, ledger: Ledger | None = None, marks: SendMarks | None = None
    ) -> Sending:
        """Return what sends a job's rows. Raises WorkbenchError where nothing can be sent: a secret is missing, the disk is full.

        ``ledger`` is asked for consent where the job wants that, ``marks`` for doubles; without them such a job is Refused.
        """
        if job.options.ask_consent and ledger is None:
            raise Refused(
                say("This job asks for consent, and this workbench has no consent ledger. Nothing was sent.")
            )
        if job.options.guard_min and marks is None:
            raise Refused(
                say("This job guards against doubles, and this workbench keeps no marks. Nothing was sent.")
            )
        if marks is not None and job.options.guard_min:
            await marks.forget(house.clock.now() - LONGEST_GUARD)
        settings = await _with_secrets_of_now(house, job)
        await asyncio.to_thread(house.home.check_writable)
        line = await Line.open(house, settings, integration_id=job.integration_id, who=job.who)
        key = await opened_key(house, job)
        return cls(house, job, settings, line, line.wire().bulk(job.options.at_once), ledger, marks, key)

    async def prepare(self, rows: Sequence[Claimed]) -> list[Ready]:
        """Return the rows' requests, with one token for all of them; a row that no request can be made of keeps its problem."""
        rows = [self._opened(row) for row in rows]
        token = await self._line.token() if self._oauth2 and not self._dry else None
        if self._dry:
            token = PENDING_TOKEN if self._oauth2 else None
        kept: list[tuple[str, Sentence] | None] = [None] * len(rows)
        if self._job.options.ask_consent:
            kept = await self._held_back(rows)
        ready = [
            self._ready(row, token) if why is None else Ready(None, "", token, why[1], why[0])
            for row, why in zip(rows, kept, strict=True)
        ]
        return await self._guarded(rows, ready)

    async def _guarded(self, rows: Sequence[Claimed], ready: list[Ready]) -> list[Ready]:
        """Let through what went to nobody lately, and mark it before it goes: a crash leaves the mark, and the row its key."""
        await self._let_go()
        if self._marks is None or not self._job.options.guard_min or self._dry:
            return ready
        asked = [row for row, one in zip(rows, ready, strict=True) if one.request is not None]
        held = await doubles(self._marks, self._house, self._job, asked)
        return [
            one
            if (why := held.get(row.number)) is None
            else Ready(None, "", one.token, why, self._recipient(one))
            for row, one in zip(rows, ready, strict=True)
        ]

    async def _held_back(self, rows: Sequence[Claimed]) -> list[tuple[str, Sentence] | None]:
        """Ask the ledger about each row, just before it goes: a STOP that came a second ago counts."""
        designation = self._job.options.ask_consent
        assert designation, "it is asked for"
        assert self._ledger is not None, "open looked for it"
        return await held_back(
            self._ledger, check_asking(self._settings), designation, [row.data for row in rows]
        )

    async def attempt(self, row: Claimed, ready: Ready) -> Answered:
        """Send a row once, with one token refresh on a 401."""
        if ready.request is None:
            return Answered(row, (ready, None), plain=True)
        if self._dry:
            return Answered(row, (ready, None), plain=True)
        answer = await self._send(ready.request)
        if ready.token is not None and isinstance(answer, Reply) and answer.status == 401:
            ready = self._ready(self._opened(row), await self._line.token(refused=ready.token))
            assert ready.request is not None, "the same row was made ready before"
            answer = await self._send(ready.request)
        return Answered(row, (ready, answer), plain=isinstance(answer, Reply) and 200 <= answer.status < 300)

    def conclude(self, answered: Answered) -> Attempt:
        """Read the answer, and make the journal's entry of it."""
        ready, answer = answered.what
        if answer is None and ready.request is not None:
            return Attempt(
                verdict=Verdict("cancelled"), problem=rehearsed(), recipient=self._recipient(ready)
            )
        if answer is None:
            return Attempt(problem=ready.problem, recipient=ready.recipient)
        outcome, entry = self._line.record(
            ready.request, answer, ready.identifier, "send", ready.token, self._job.id, self._whole
        )
        if outcome.kind in DID_NOT_GO and self._job.options.guard_min:
            self._did_not_go.append(send_key(self._job.id, answered.row.number))
        if not isinstance(answer, Reply):
            return Attempt(outcome, None, entry.recipient or "", entry)
        news = heard(answer, outcome, entry.at)
        return Attempt(outcome, answer.status, entry.recipient or "", entry, None, news)

    def _ready(self, row: Claimed, token: str | None) -> Ready:
        try:
            request, identifier = self._line.request(row.data, row.key, token)
        except (Invalid, MissingVariable) as error:
            return Ready(None, "", token, error.sentence)
        return Ready(request, identifier, token)

    async def close(self) -> None:
        """Close the connections, and take back the marks of what did not go."""
        await self._wire.close()
        await self._let_go()

    async def _let_go(self) -> None:
        keys, self._did_not_go = self._did_not_go, []
        if keys and self._marks is not None:
            await self._marks.let_go(keys)

    def _opened(self, row: Claimed) -> Claimed:
        """Return a row with its contact as plain JSON."""
        return row if self._key is None else replace(row, data=self._key.open(row.data).decode())

    def _recipient(self, ready: Ready) -> str:
        return mask_identifier(ready.identifier, self._house.home.salt) if ready.identifier else ""

    async def _send(self, request: Request) -> Reply | Failure:
        return await self._wire.send(
            request, connect_s=self._settings.connect_s, total_s=self._settings.total_s
        )


async def opened_key(house: House, job: Job) -> RowKey | None:
    """Return the key of a job's rows, None where they are not sealed. Raises MissingSecret where the vault does not open it."""
    sealed = job.spec.get(ROWS_KEY)
    if not isinstance(sealed, str):
        return None
    from workbench.adapters.sealed_rows import RowKey

    return RowKey((await asyncio.to_thread(house.vault.open_data, sealed)).decode())


def rehearsed() -> Sentence:
    """Return what is said of a row whose request was only made."""
    return say("Dry run: the request was made, and not sent.")


async def _with_secrets_of_now(house: House, job: Job) -> Settings:
    """Return the job's frozen settings with the secrets the integration has by now: a renewed key serves the rows that are left.

    Only for the same provider and kind of credential; where the request goes and what it says stays as it was confirmed.
    """
    frozen = Settings.model_validate(job.spec["settings"])
    try:
        document = await asyncio.to_thread(house.catalogue.get, INTEGRATIONS, job.integration_id or "")
    except NotFound:
        return frozen
    now = Integration.model_validate(document).settings
    if (now.provider, now.credential_kind) != (frozen.provider, frozen.credential_kind):
        return frozen
    locked = {header.name.lower(): header for header in now.headers if header.locked}
    headers = tuple(
        locked.get(header.name.lower(), header) if header.locked else header for header in frozen.headers
    )
    return frozen.model_copy(update={"credential": _renewed(frozen, now), "headers": headers})


def _renewed(frozen: Settings, now: Settings) -> dict[str, JsonValue]:
    """Return the frozen credential with the secrets of now; a token URL, a host or a user name stays as it was confirmed."""
    return {
        name: now.credential.get(name, value) if _is_secret(value) else value
        for name, value in frozen.credential.items()
    }


def _is_secret(value: JsonValue) -> bool:
    return isinstance(value, dict) and "handle" in value
