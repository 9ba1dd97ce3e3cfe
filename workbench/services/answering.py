"""Answering: a job of the work engine that writes back, rejects, and then, if and only if all of that was taken, calls the finish.

Rows are numbered in that order; the finish is the last. A crash at any point leaves each row as it was or known to have been under way;
as every call may be made again without a second effect, it goes again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote

import orjson

from workbench.adapters.clock import new_id
from workbench.engine.answer_calls import (
    LATE,
    Call,
    judge_answer,
    leak_guard,
    read_answer,
    tries_until,
)
from workbench.engine.pace import TAKEN, Learned
from workbench.engine.rate_headers import learned
from workbench.engine.redact import hint_of, mask_identifier
from workbench.engine.schedule import Verdict
from workbench.errors import Invalid, MissingVariable, Refused
from workbench.models.base import trusted
from workbench.models.gate import PLATFORM, TOKEN_HEADER, GateSettings, WriteBack
from workbench.models.hold import Hold
from workbench.models.integration import Integration
from workbench.models.journal import Entry
from workbench.models.request import Failure, Headers, Outcome, Reply, Request
from workbench.models.work import Claimed, Counts, Job
from workbench.providers import provider
from workbench.sentence import Sentence, say

from .gate_house import ANYWAY, GateHouse, foreign_host, loaded, redactor_of
from .house import House
from .integrations import KIND as INTEGRATIONS
from .line import Line
from .runner import Answered, Attempt

if TYPE_CHECKING:
    from workbench.adapters.sealed_rows import RowKey
    from workbench.adapters.wire import Wire

KIND: Final = "answer"
CONNECT_S: Final = 5.0
TOTAL_S: Final = 10.0
NEAR: Final = 0.01
LOOKS: Final = 100
"""Seconds between two looks at the rows that are under way before the finish, and how often it looks before it makes room for others."""
BACK_S: Final = 0.2
"""Seconds after which a finish that has to wait for others looks again, at the least."""


class Ready(NamedTuple):
    """One call made ready. It holds secrets: never shown, never kept.

    ``before`` are, for the finish, the numbers of the last write-back and the last reject; ``problem`` is why it cannot be made.
    """

    call: Call
    contact: str = ""
    request: Request | None = None
    line: Line | None = None
    token: str | None = None
    before: tuple[int, int] = (0, 0)
    codes: tuple[str, ...] = ()
    problem: Sentence | None = None


class Answering:
    """Makes the calls of one hold."""

    def __init__(
        self,
        gates: GateHouse,
        job: Job,
        hold: Hold,
        settings: GateSettings,
        key: RowKey,
        tokens: tuple[str, str],
    ) -> None:
        house = gates.house
        self._gates = gates
        self._house = house
        self._job = job
        self._hold = hold
        self._options = settings.answering
        self._write_back = settings.write_back
        self._settings = settings
        self._key = key
        self._account_token, self._write_token = tokens
        self._wire: Wire = house.wire.bulk(self._options.at_once)
        self._hosts: set[str] = set()
        self._lines: dict[str, tuple[Line, Wire]] = {}
        self._plain = provider("custom")
        self._tries_until = tries_until(hold.limit_at, house.clock.now(), self._options.margin_min)

    @classmethod
    async def open(cls, gates: GateHouse, house: House, job: Job) -> Answering:
        """Return what answers a hold. Raises WorkbenchError where nothing may be called any more, or a secret is missing."""
        hold = await gates.holds.hold(str(job.spec["hold"]))
        if hold.state != "answering" or hold.job_id != job.id:
            raise Refused(
                say("This sendout is not being answered by this job any more. Look at the sendout itself.")
            )
        gate = await gates.gate(hold.gate_id)
        _, key = await gates.opened(hold.id)
        settings = gate.settings
        tokens = await gates.secret(settings.account_token), await gates.secret(settings.write_back.token)
        await asyncio.to_thread(house.home.check_writable)
        return cls(gates, job, hold, settings, key, tokens)

    # -- the runner's three steps --------------------------------------------------------------------------------------

    async def prepare(self, rows: Sequence[Claimed]) -> list[Ready]:
        """Return the rows' calls."""
        return [await self._ready(row) for row in rows]

    async def attempt(self, row: Claimed, ready: Ready) -> Answered:
        """Make one call, if it still may be made."""
        if ready.problem is not None:
            return Answered(row, (ready, None), plain=True)
        if self._house.clock.now() >= self._hold.limit_at:
            return self._not_made(row, Verdict("waiting", stop=Sentence(LATE), released=True))
        if ready.call == "finish" and (held := await self._may_finish(ready)) is not None:
            return self._not_made(row, held)
        assert ready.request is not None, "what has no request has a problem"
        answer = await self._send(ready)
        return Answered(row, (ready, answer), plain=isinstance(answer, Reply) and 200 <= answer.status < 300)

    def conclude(self, answered: Answered) -> Attempt:
        """Read the answer, decide what becomes of the call, and make the journal's entry of it."""
        what = answered.what
        if isinstance(what, Verdict):
            return Attempt(verdict=what)
        ready, answer = what
        if answer is None:
            return Attempt(problem=ready.problem)
        if ready.line is not None:
            return self._sent(answered.row, ready, answer)
        now = self._house.clock.now()
        outcome = read_answer(self._plain, answer, now)
        entry = self._entry(ready, answer, outcome, now)
        return self._attempt(answered.row, ready, answer, entry.outcome or outcome, entry)

    async def close(self) -> None:
        """Close the connections."""
        await self._wire.close()
        for _, wire in self._lines.values():
            await wire.close()

    # -- requests ------------------------------------------------------------------------------------------------------

    async def _ready(self, row: Claimed) -> Ready:
        call, *rest = loaded(self._key.open(row.data))
        if call == "finish":
            uri, writes, cancels = rest
            return Ready(call, request=self._decision(uri), before=(writes, cancels))
        if call == "cancel":
            contact, uri = rest
            return Ready(call, contact, self._decision(uri))
        if call == "write":
            contact, properties, codes = rest
            return Ready(call, contact, self._writing(contact, properties), codes=tuple(codes))
        contact, integration, contact_json = rest
        return await self._message(row, contact, integration, contact_json)

    def _decision(self, uri: str) -> Request:
        """Return a reject or the finish: POST without a body, for a GET never decides (facts A5).

        Raises Refused where the gate's list does not have the host any more: what was allowed when it was decided may not be now.
        """
        authority = uri.split("/", 3)[2]
        if authority not in self._hosts:
            if foreign := self._gates.foreign(uri, self._settings):
                raise Refused(foreign_host(foreign))
            self._hosts.add(authority)
        return _request("POST", uri, _token(self._account_token))

    def _writing(self, contact: str, properties: dict[str, str]) -> Request:
        headers = (*_token(self._write_token), ("Content-Type", "application/json"))
        return _request(
            "PUT", write_uri(self._write_back, contact), headers, orjson.dumps({"properties": properties})
        )

    async def _message(self, row: Claimed, contact: str, integration: str, contact_json: str) -> Ready:
        """Return a message through a saved integration."""
        line, _ = await self._line(integration)
        token = await line.token()
        try:
            request, _ = line.request(contact_json, row.key, token)
        except (Invalid, MissingVariable) as error:
            return Ready("send", contact, problem=error.sentence)
        return Ready("send", contact, request, line, token)

    async def _line(self, integration: str) -> tuple[Line, Wire]:
        if integration not in self._lines:
            document = await asyncio.to_thread(self._house.catalogue.get, INTEGRATIONS, integration)
            settings = Integration.model_validate(document).settings
            line = await Line.open(self._house, settings, integration_id=integration, who=self._job.who)
            wire = self._house.wire_for(settings.url, local_test=settings.local_test)
            self._lines[integration] = line, wire.bulk(self._options.at_once)
        return self._lines[integration]

    async def _send(self, ready: Ready) -> Reply | Failure:
        assert ready.request is not None, "it was looked at before"
        wire, connect_s, total_s = self._wire, CONNECT_S, TOTAL_S
        if ready.line is not None:
            settings = ready.line.settings
            wire = next(wire for line, wire in self._lines.values() if line is ready.line)
            connect_s, total_s = settings.connect_s, settings.total_s
        return await wire.send(ready.request, connect_s=connect_s, total_s=total_s)

    # -- the finish ----------------------------------------------------------------------------------------------------

    async def _may_finish(self, ready: Ready) -> Verdict | None:
        """Return why the finish is not called now, or None where it is: nothing else is open, and the leak guard lets it go."""
        for _ in range(LOOKS):
            progress = await self._house.ledger.job(self._job.id)
            counts = progress.job.counts
            if counts.open <= 1:
                return await self._guard(ready, counts)
            if counts.waiting or counts.retrying:
                break
            await asyncio.sleep(NEAR)
        due = progress.next_due_at
        wait_s = BACK_S if due is None else (due - self._house.clock.now()).total_seconds() + NEAR
        return Verdict("retrying", wait_s=max(wait_s, NEAR), released=True)

    async def _guard(self, ready: Ready, counts: Counts) -> Verdict | None:
        if counts.accepted == counts.total - 1:
            return None
        writes, cancels = ready.before
        ledger, id = self._house.ledger, self._job.id
        written = await ledger.counts_between(id, 1, writes)
        rejected = await ledger.counts_between(id, writes + 1, cancels)
        reason = leak_guard(rejected, written, self._options)
        if reason is None or any(
            event.step == ANYWAY for event in await self._gates.holds.events(self._hold.id)
        ):
            return None
        return Verdict("waiting", stop=reason, released=True)

    # -- what became of it ---------------------------------------------------------------------------------------------

    def _attempt(
        self, row: Claimed, ready: Ready, answer: Reply | Failure, outcome: Outcome, entry: Entry
    ) -> Attempt:
        status = answer.status if isinstance(answer, Reply) else None
        left_s = (self._tries_until - self._house.clock.now()).total_seconds()
        verdict = judge_answer(ready.call, outcome, status, attempts=row.attempts, key=row.key, left_s=left_s)
        return Attempt(
            outcome, status, entry.recipient or "", entry, None, _news(answer, outcome, entry.at), verdict
        )

    def _sent(self, row: Claimed, ready: Ready, answer: Reply | Failure) -> Attempt:
        assert ready.line is not None, "it was made so"
        assert ready.request is not None, "it was made so"
        outcome, entry = ready.line.record(
            ready.request, answer, ready.contact, "send", ready.token, self._job.id, exchange=False
        )
        return self._attempt(row, ready, answer, outcome, entry)

    def _entry(self, ready: Ready, answer: Reply | Failure, outcome: Outcome, now: datetime) -> Entry:
        """Return the journal's entry: of a taken reject or write-back the outcome alone, for there may be a million."""
        whole = not outcome.ok or ready.call == "finish"
        recipient = mask_identifier(ready.contact, self._house.home.salt) if ready.contact else None
        request_view = reply_view = None
        if whole:
            assert ready.request is not None, "it was sent"
            tokens = (self._account_token, self._write_token, *ready.codes)
            people = {ready.contact: recipient} if recipient else {}
            uris = () if ready.call == "write" else (ready.request.url,)
            shown = redactor_of(uris, {token: hint_of(token) for token in tokens if token}, people)
            request_view = shown.request(ready.request)
            reply_view = shown.reply(answer) if isinstance(answer, Reply) else None
            outcome = shown.outcome(outcome)
        return trusted(
            Entry,
            {
                "id": new_id("ent"), "at": now, "kind": "gate", "mode": self._house.mode, "who": self._job.who,
                "integration_id": self._hold.gate_id, "integration_name": self._settings.name or None, "provider": PLATFORM,
                "recipient": recipient, "fingerprint": None, "request": request_view, "reply": reply_view, "outcome": outcome,
                "curl": None, "detail": ready.call, "previous": None, "job_id": self._job.id,
            },
        )  # fmt: skip

    @staticmethod
    def _not_made(row: Claimed, verdict: Verdict) -> Answered:
        return Answered(row, verdict, plain=False)


def write_uri(where: WriteBack, contact: str) -> str:
    """Return where a contact's properties are written: https://github.com/moonwalker/carmaclient (facts A8, route 1)."""
    force = "?force=true" if where.force else ""
    return f"{where.base_url.rstrip('/')}/lists/{quote(where.list_id, safe='')}/contacts/{quote(contact, safe='')}/update{force}"


def answering(gates: GateHouse) -> partial:  # type: ignore[type-arg]
    """Return how a job of this kind is opened, for the crew."""
    return partial(Answering.open, gates)


def _token(token: str) -> Headers:
    return ((TOKEN_HEADER, token),) if token else ()


def _request(method: str, url: str, headers: Headers, body: bytes = b"") -> Request:
    return trusted(
        Request, {"method": method, "url": url, "headers": headers, "body": body, "provider": PLATFORM}
    )


def _news(answer: Reply | Failure, outcome: Outcome, at: datetime) -> Learned | None:
    """Return what the answer says of the pace."""
    if not isinstance(answer, Reply):
        return None
    news = learned(answer.headers, answer.status, outcome.retry_after_s, at)
    if outcome.kind == "throttled" and (news is None or not news.throttled):
        return replace(news or TAKEN, taken=False, throttled=True, hold_s=outcome.retry_after_s)
    return news
