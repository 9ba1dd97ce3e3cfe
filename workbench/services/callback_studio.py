"""The callback studio: plays a provider's calls to the real receiver: rightly signed, late, twice, out of order, or wrong in one way.

For rehearsals alone. The calls go over HTTP to the server where there is one, through a wire that reaches nothing else; without one they
are handed to the receiver in this process.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

from workbench.engine.redact import Redactor, mask_identifier
from workbench.engine.rehearsed_numbers import endings
from workbench.engine.sms import dialect, items_of, values_of_account
from workbench.engine.studio_calls import RealCall, Subject, Writing, calls
from workbench.engine.studio_courses import courses
from workbench.errors import NotFound, Refused
from workbench.models.callback import Callback, CallbackFilter, CallbackRoute, ReceivedCallback
from workbench.models.phone import digits, is_number, number_key, with_plus
from workbench.models.provider import Provider
from workbench.models.request import Failure, Request
from workbench.models.sms_account import SmsAccount
from workbench.models.sms_dialect import Heard
from workbench.models.studio import (
    MOST_CALLS,
    Played,
    RehearsedNumber,
    StudioCall,
    StudioCourse,
    StudioPlan,
    Subscribed,
)
from workbench.sentence import Sentence, say

from .roles import operator, viewer

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from workbench.adapters.deliveries import Deliveries
    from workbench.adapters.wire import Wire

    from .callback_receiving import CallbackReceiving
    from .house import House
    from .sms_accounts import SmsAccounts

PATIENCE_S: Final = 10.0
"""Seconds that the receiver may take for its answer."""
LOOK_S: Final = 0.02
LOOKS: Final = 250
"""So often it is looked whether what a call does is done, after it was acknowledged: for five seconds."""
MOST_UNDONE: Final = 500
"""Calls that wait at the receiver: where there are more, one that is not among the oldest of them may still wait."""
ANSWER_LENGTH: Final = 2000
A_STRANGER: Final = "+15005550006"
"""The number that reports and texts are of where none is named: nobody's (https://www.twilio.com/docs/iam/test-credentials)."""


class _Stage(NamedTuple):
    """What a play needs: the account's provider, the writer with real secrets, the course, and what masks them all."""

    provider: Provider
    writing: Writing
    course: StudioCourse
    subjects: tuple[Subject, ...]
    redactor: Redactor


class CallbackStudio:
    """Plays calls. ``server_at`` is the address at which the receiver listens on this machine; empty: in this process."""

    def __init__(
        self,
        house: House,
        accounts: SmsAccounts,
        deliveries: Deliveries,
        receiving: CallbackReceiving,
        server_at: str = "",
    ) -> None:
        self.house = house
        self.accounts = accounts
        self.deliveries = deliveries
        self.receiving = receiving
        self.server_at = server_at.rstrip("/")
        self._courier = _Courier(receiving, self.server_at)

    # -- what can be played --------------------------------------------------------------------------------------------

    @viewer
    async def courses(self, account_id: str) -> list[StudioCourse]:
        """Return what can be played with an account's provider. Raises NotFound, and Refused where the provider is not known here."""
        provider, _, _ = await self.accounts.opened(await self.accounts.account(account_id))
        return list(courses(provider))

    @viewer
    async def numbers(self, account_id: str) -> list[RehearsedNumber]:
        """Return the endings of numbers with which a text of a rehearsal ends otherwise than delivered, for an account's provider."""
        provider, _, _ = await self.accounts.opened(await self.accounts.account(account_id))
        return list(endings(dialect(provider).emulation))

    @viewer
    async def preview(self, plan: StudioPlan) -> list[StudioCall]:
        """Return the calls of a plan as they would be made, secrets and numbers masked. Raises as ``play``."""
        stage = await self._stage(plan)
        return [_shown(stage, call) for call in self._calls(plan, stage)]

    @operator
    async def play(self, plan: StudioPlan) -> list[Played]:
        """Make the calls of a plan, one after the other, and return what came of each.

        Raises Refused in live mode and for what cannot be played, NotFound for account, course and deliveries.
        """
        if self.house.mode == "live":
            raise Refused(
                say(
                    "The callback studio plays in a rehearsal only: in live mode a made-up report would change real records."
                )
            )
        stage = await self._stage(plan)
        made = self._calls(plan, stage)
        return [await self._played(plan.account_id, stage, call) for call in made]

    # -- for the stand-ins in this process: no routes ------------------------------------------------------------------

    async def subscribed(self, provider: str, heard: Heard) -> Subscribed | None:
        """Return where the account that a stand-in took a message from is called: found by its report address, else by its sender."""
        token = _token_of(heard.report_url)
        account = await self.accounts.by_token(token) if token else None
        if account is None:
            account = await self._of_sender(provider, heard.sender)
        if account is None or account.settings.provider != provider:
            return None
        return await self._at(account)

    async def deliver(self, callback: Callback) -> int:
        """Take a stand-in's call to the receiver; return the status of the answer, 0 where it is none of ours or nobody answered."""
        return (await self._courier.bring(callback)).status

    async def close(self) -> None:
        """Close the connections to the receiver."""
        await self._courier.close()

    async def _of_sender(self, provider: str, sender: str) -> SmsAccount | None:
        """Return the account of a provider that has this sender; one that is the only one of its provider has all."""
        known = [
            one
            for one in await self.accounts.all()
            if one.settings.provider == provider and not one.read_only
        ]
        wanted = number_key(sender)
        having = [one for one in known if wanted in {number_key(each.value) for each in one.settings.senders}]
        found = having or known
        return found[0] if len(found) == 1 or having else None

    # -- a play --------------------------------------------------------------------------------------------------------

    async def _stage(self, plan: StudioPlan) -> _Stage:
        account = await self.accounts.account(plan.account_id)
        provider, credential, secrets = await self.accounts.opened(account)
        course = next((one for one in courses(provider) if one.key == plan.course), None)
        if course is None:
            raise NotFound(
                say("{provider} has no course “{course}”.", provider=provider.name, course=plan.course[:60])
            )
        _check(plan, course)
        at = await self._at(account)
        names = type(credential).secret_fields()
        subjects = await self._subjects(plan, course, account)
        shown = {at.values[name]: "****" for name in names if at.values.get(name)}
        shown |= dict.fromkeys(filter(None, secrets.values()), "****")
        shown |= {token: "****" for token in {_token_of(at.delivery), _token_of(at.inbound)} if token}
        people: dict[str, str] = {}
        for subject in subjects:
            people |= _spellings(subject.to, self.house.home.salt)
        writing = Writing(provider, at, names, self.house.clock.now())
        return _Stage(provider, writing, course, subjects, Redactor(shown, people))

    def _calls(self, plan: StudioPlan, stage: _Stage) -> tuple[RealCall, ...]:
        try:
            made = calls(stage.writing, plan, stage.course, stage.subjects)
        except (KeyError, ValueError) as error:
            raise Refused(
                say(
                    "{provider} cannot make this call: {reason}.",
                    provider=stage.provider.name,
                    reason=str(error)[:200],
                )
            ) from error
        if len(made) > MOST_CALLS:
            raise Refused(
                say(
                    "That would be {count} calls, and one play makes at most {most}. Choose fewer deliveries.",
                    count=len(made), most=MOST_CALLS,
                )
            )  # fmt: skip
        return made

    async def _at(self, account: SmsAccount) -> Subscribed:
        """Return where an account is called and what its calls are signed with."""
        _, credential, secrets = await self.accounts.opened(account)
        addresses = await self.accounts.addresses(account.id)
        values = values_of_account(account.settings, credential, secrets)
        return Subscribed(addresses.delivery, addresses.inbound, values)

    async def _subjects(
        self, plan: StudioPlan, course: StudioCourse, account: SmsAccount
    ) -> tuple[Subject, ...]:
        """Return what the calls are of: the deliveries of the plan; without any, somebody's number and a message that nobody sent."""
        ours = plan.to or next((sender.value for sender in account.settings.senders), "")
        if not plan.delivery_ids:
            theirs = with_plus(plan.sender) if plan.sender else A_STRANGER
            return (Subject("workbench-unknown-message", theirs, ours),)
        found = []
        for id in plan.delivery_ids:
            delivery = await self.deliveries.delivery(id)
            if delivery.account_id != account.id:
                raise Refused(say("The delivery {id} is of another account.", id=id))
            if course.kind == "report" and not delivery.provider_id:
                raise Refused(
                    say(
                        "The provider never took the delivery {id}, so it has nothing to report of it.", id=id
                    )
                )
            sealed = await self.deliveries.sealed_number(id)
            number = (await asyncio.to_thread(self.house.vault.open_data, sealed)).decode()
            theirs = with_plus(plan.sender) if plan.sender else number
            found.append(Subject(delivery.provider_id, theirs, plan.to or delivery.sender, delivery.tag))
        return tuple(found)

    async def _played(self, account_id: str, stage: _Stage, call: RealCall) -> Played:
        """Make one call, and wait for what it does."""
        at = self.house.clock.now()
        wanted = CallbackFilter(account_id=account_id, limit=20)
        before = {one.id for one in await self.deliveries.callbacks(wanted)}
        got = await self._courier.bring(call.callback)
        kept = await self._kept(wanted, before, call.route) if got.status else None
        shown = stage.redactor.text(got.answer)[:ANSWER_LENGTH]
        played = Played(call=_shown(stage, call), at=at, status=got.status, answer=shown, reason=got.reason)
        if kept is None:
            return played.model_copy(update={"duplicate": 200 <= got.status < 300})
        return played.model_copy(
            update={
                "genuine": kept.genuine, "duplicate": kept.duplicate, "items": kept.items, "effects": kept.effects,
                "reason": kept.reason or got.reason,
            }
        )  # fmt: skip

    async def _kept(
        self, wanted: CallbackFilter, before: set[str], route: CallbackRoute
    ) -> ReceivedCallback | None:
        """Return what the receiver kept of a call, once all that it does is done; None where it kept nothing, as of a repeated one.

        What is not done is asked first: a call that was done by then is read afterwards, with all that it did.
        """
        kept: ReceivedCallback | None = None
        for _ in range(LOOKS):  # then it is busy with others, and what is there by now is told
            undone = await self.deliveries.unfinished(MOST_UNDONE)
            found = await self.deliveries.callbacks(wanted)
            kept = next((one for one in found if one.id not in before and one.route == route), None)
            if kept is None or (kept.id not in undone and len(undone) < MOST_UNDONE):
                break
            await asyncio.sleep(LOOK_S)
        return kept


# -- how a call gets there ---------------------------------------------------------------------------------------------


class _Got(NamedTuple):
    status: int
    answer: str = ""
    reason: Sentence | None = None


class _Courier:
    """Brings calls to the receiver: over HTTP to the server on this machine, or in this process."""

    def __init__(self, receiving: CallbackReceiving, server_at: str) -> None:
        self._receiving = receiving
        self._server_at = server_at
        self._wire: Wire | None = None

    async def bring(self, callback: Callback) -> _Got:
        """Bring one call and return what was answered."""
        place = _place_of(callback.url)
        if place is None:
            return _Got(0, reason=say("The address of the call is none of this workbench's."))
        return await (self._over_http(callback) if self._server_at else self._in_process(callback, *place))

    async def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        if self._wire is not None:
            await self._wire.close()
            self._wire = None

    async def _over_http(self, callback: Callback) -> _Got:
        if self._wire is None:  # made once: its TLS alone costs more than a call
            from workbench.adapters.wire import Wire

            self._wire = Wire.rehearsal(lambda _: None, [urlsplit(self._server_at).netloc])
        parts = urlsplit(callback.url)
        target = parts.path[parts.path.index("/sms/") :] + (f"?{parts.query}" if parts.query else "")
        request = Request(
            method=callback.method,
            url=f"{self._server_at}{target}",
            headers=callback.headers,
            body=callback.body,
        )
        answer = await self._wire.send(request, connect_s=PATIENCE_S, total_s=PATIENCE_S)
        if isinstance(answer, Failure):
            return _Got(0, reason=answer.sentence)
        return _Got(answer.status, answer.text())

    async def _in_process(self, callback: Callback, token: str, route: CallbackRoute) -> _Got:
        refused = await self._receiving.admits(token, route, callback.method)
        got = refused or await self._receiving.taken(
            token, route, callback.method, callback.url, callback.headers, callback.body
        )
        return _Got(got.status, got.body)


def _place_of(url: str) -> tuple[str, CallbackRoute] | None:
    """Return the token and the route of a callback address; None for another address."""
    parts = urlsplit(url).path.split("/")
    if len(parts) < 4 or parts[-3] != "sms" or parts[-1] not in ("delivery", "inbound"):
        return None
    return parts[-2], "delivery" if parts[-1] == "delivery" else "inbound"


def _token_of(url: str) -> str:
    place = _place_of(url)
    return place[0] if place else ""


# -- what is shown -----------------------------------------------------------------------------------------------------


def _shown(stage: _Stage, call: RealCall) -> StudioCall:
    callback = call.callback
    view = stage.redactor.request(
        Request(
            method=callback.method,
            url=_masked_url(callback.url),
            headers=callback.headers,
            body=callback.body,
        )
    )
    return StudioCall(
        route=call.route, method=view.method, url=view.url, headers=view.headers, body=view.body, size=view.size,
        says=tuple(_said(item) for item in items_of(stage.provider, callback)),
    )  # fmt: skip


def _said(item: object) -> str:
    return str(getattr(item, "state", "")) or str(getattr(item, "kind", ""))


def _masked_url(url: str) -> str:
    """Return a callback address without its secret part, right or wrong."""
    token = _token_of(url)
    return url.replace(f"/{token}/", "/****/") if token else url


def _spellings(number: str, salt: bytes) -> dict[str, str]:
    """Return every way in which a provider writes a number, with what is shown of it."""
    shown = mask_identifier(with_plus(number), salt)
    return {
        one: shown
        for one in {number, with_plus(number), digits(number) if is_number(number) else number}
        if one
    }


def _check(plan: StudioPlan, course: StudioCourse) -> None:
    if plan.how not in course.hows:
        raise Refused(say("This course cannot come like that. Choose another way."))
    if course.key == "text" and not plan.body.strip():
        raise Refused(say("The text is empty. Write what somebody texts."))
