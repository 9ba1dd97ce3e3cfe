"""The stand-in of a provider that sends texts: it holds what it took, answers its other routes from that, and reports.

What it hears, how its answer is read, its routes, its course and the calls it makes are all the provider's declaration (``provider.sms``);
the ends that a number's last digits give are in ``engine.rehearsed_numbers``.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope, Send

from workbench.adapters.clock import Clock, SystemClock, new_id
from workbench.engine.paths import first
from workbench.engine.rehearsed_numbers import answers_stop, course_of, fate_of
from workbench.engine.sms import dialect, tree_of
from workbench.models.base import JsonValue
from workbench.models.callback import Callback, DeliveryReport, InboundMessage
from workbench.models.message import FINAL, Message
from workbench.models.phone import number_key
from workbench.models.provider import Encoding, Endpoint, Provider
from workbench.models.request import Reply, Request
from workbench.models.sms_dialect import Asked, Heard, Held, StandInRoute
from workbench.models.studio import Subscribed
from workbench.sandbox.answers import Rendered, fill, render, respond, written
from workbench.sandbox.bodies import Unreadable, parse_body, read_body
from workbench.sandbox.keys import Expected, learned, lets_in
from workbench.sandbox.providers import Emulator, path_of, pattern_of, seen
from workbench.sandbox.rules import refusal_of, refused_items
from workbench.sandbox.tokens import TokenServer

from .courier import Courier
from .held import Kept, Messages, report_of

PACE_S: Final = 1.0
"""Seconds from one stop of a course to the next, unless the stand-in is told another pace."""
SCHEDULED_S: Final = 900.0
"""Seconds that a scheduled message waits: the shortest time ahead that Twilio takes (https://www.twilio.com/docs/messaging/features/message-scheduling)."""
ASKED_BYTES: Final = 1_000_000
"""The longest body of a call of the other routes."""

Subscribe = Callable[[str, Heard], Awaitable[Subscribed | None]]
"""Tells, by the provider's key and a message that it took, where the account is called and what its calls are signed with."""
Where = Callable[[], Awaitable[Subscribed | None]]


class SmsStandIn(Emulator):
    """One provider's stand-in. ``subscribe`` knows the accounts where they are at hand; else what a send shows of itself is all.

    ``subscribed`` is what an account without a report address of its own in each send was told, as in the provider's own settings.
    """

    def __init__(
        self,
        provider: Provider,
        tokens: TokenServer,
        expected: Expected | None = None,
        *,
        clock: Clock | None = None,
        pace_s: float = PACE_S,
    ) -> None:
        super().__init__(provider, tokens, expected)
        self.dialect = dialect(provider)
        self.clock = clock or SystemClock()
        self.pace_s = pace_s
        self.messages = Messages()
        self.courier = Courier(self.clock)
        self.subscribe: Subscribe | None = None
        self.subscribed: Subscribed | None = None
        self.unwritten = 0
        """Calls that could not be written, because the stand-in does not know what they are signed with."""
        self._others = [(route, pattern_of(route.path)) for route in self.dialect.emulation.routes]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request as the vendor would: a send, or one of its other routes."""
        path = path_of(scope)
        sends = any(endpoint.method == scope["method"] for endpoint, _ in self.endpoint_at(path))
        found = None if sends else self._other(scope["method"], path)
        if found is None:
            await super().__call__(scope, receive, send)
            return
        body = await read_body(receive, ASKED_BYTES)
        request = seen(scope, body or b"", self.provider)
        if body is None:
            await respond(send, render(self.provider.emulation.malformed, {}, None))
        else:
            await respond(send, self._told(request, *found))

    def owns(self, path: str) -> bool:
        """Return whether a path is a send's or one of the other routes'."""
        path = path.rstrip("/") or "/"
        return super().owns(path) or any(pattern.fullmatch(path) for _, pattern in self._others)

    # -- a send --------------------------------------------------------------------------------------------------------

    def given(
        self, request: Request, endpoint: Endpoint, names: dict[str, str], parsed: JsonValue
    ) -> Rendered:
        """Answer a send whose body can be read, and hold what of it was taken."""
        if refusal_of(endpoint, parsed) is not None:
            return super().given(request, endpoint, names, parsed)
        heard = self.dialect.emulation.hear(parsed)
        fates = {number: fate_of(number) for number in heard.to}
        if "throttled" in fates.values():
            return _throttled(self.provider)
        refused = {number_key(number) for number, fate in fates.items() if fate == "refused"}
        answer = (
            self._refusing(endpoint, names, parsed, refused)
            if refused
            else super().given(request, endpoint, names, parsed)
        )
        shown = {**names, **learned(self.provider, request), **(self.expected or {})}
        self._hold(shown, heard, answer)
        return answer

    def _refusing(
        self, endpoint: Endpoint, names: dict[str, str], parsed: JsonValue, refused: set[str]
    ) -> Rendered:
        """Return how a body is answered of which some numbers are refused: as if they stood there empty, but with their names."""
        without = _without(parsed, refused)
        whole = refusal_of(endpoint, without)
        if whole is not None:
            return render(whole, names, parsed)
        elements = first(parsed, endpoint.accepted.each or "$")
        items = {
            index: fill(answer.body, {**names, "request": elements[index]})
            for index, (answer, _) in refused_items(endpoint, without).items()
        }
        if not items:
            return render(self.provider.emulation.malformed, names, parsed)
        self.taken += 1
        return render(endpoint.accepted, names, parsed, items)

    def _hold(self, values: dict[str, str], heard: Heard, answer: Rendered) -> None:
        """Hold each message that the stand-in's own answer says it took, and have its reports brought as they come true."""
        if not 200 <= answer.status < 300:
            return
        now = self.clock.now()
        reply = Reply(status=answer.status, headers=tuple(answer.headers), body=answer.body)
        message = Message(
            id="heard", sender=heard.sender, to=heard.to, body=heard.body, report_url=heard.report_url,
            tag=heard.tag, now=now,
        )  # fmt: skip
        for taken in self.dialect.read_sent(message, reply, tree_of(reply)):
            # an id was given out; whose attempt it is (a custom channel's RequestId) is not the stand-in's to tell
            if taken.message_id and taken.state not in FINAL:
                held = Held(provider_id=taken.message_id, to=taken.to, heard=heard, at=now)
                self._begin(held, values)

    def _begin(self, held: Held, values: dict[str, str]) -> None:
        start = held.at + timedelta(seconds=SCHEDULED_S if held.heard.scheduled else 0)
        reports = tuple(
            report_of(held, stop.state, start + timedelta(seconds=self.pace_s * turn),
                      raw_state=stop.raw_state, code=stop.code, words=stop.words)
            for turn, stop in enumerate(course_of(held.to, self.provider), 1)
        )  # fmt: skip
        self.messages.hold(Kept(held, reports))
        if not self._reports_anywhere(held.heard):
            return
        where = self._asked_once(held.heard, values)
        for report in reports:
            self._bring_report(held, report, where)
        if answers_stop(held.to) and reports:
            self._bring_stop(held, _moment(reports[-1]) + timedelta(seconds=self.pace_s), where)

    def _reports_anywhere(self, heard: Heard) -> bool:
        """Return whether anybody may want the reports: else nothing waits in the background."""
        told = heard.report_url or (self.subscribed.delivery if self.subscribed else "")
        return self.subscribe is not None or self.courier.reaches(told)

    # -- what it calls -------------------------------------------------------------------------------------------------

    def text_back(self, message: InboundMessage, at: Subscribed) -> None:
        """Have somebody's text brought to an account, now."""
        self.messages.hear(message)
        if self.courier.reaches(at.inbound):
            self.courier.bring(self.clock.now(), self._written_inbound(message, at))

    async def close(self) -> None:
        """Forget what waits to be brought."""
        await self.courier.close()

    def _bring_report(self, held: Held, report: DeliveryReport, where: Where) -> None:
        async def make() -> Callback | None:
            kept = self.messages.get(held.provider_id)
            if kept is None or report not in kept.course:  # it was forgotten, or cancelled before
                return None
            at = await where()
            if at is None or not self.courier.reaches(at.delivery):
                return None
            return self._written(
                lambda: self.dialect.write_reports((report,), at.delivery, at.values, self.clock.now())
            )

        self.courier.bring(_moment(report), make)

    def _bring_stop(self, held: Held, due: datetime, where: Where) -> None:
        async def make() -> Callback | None:
            at = await where()
            text = InboundMessage(
                provider_id=new_id("mo"), sender=held.to, to=held.heard.sender, body="STOP", at=due
            )
            self.messages.hear(text)
            if at is None or not self.courier.reaches(at.inbound):
                return None
            return await self._written_inbound(text, at)()

        self.courier.bring(due, make)

    def _written_inbound(
        self, message: InboundMessage, at: Subscribed
    ) -> Callable[[], Awaitable[Callback | None]]:
        async def make() -> Callback | None:
            return self._written(
                lambda: self.dialect.write_inbound((message,), at.inbound, at.values, self.clock.now())
            )

        return make

    def _written(self, write: Callable[[], Callback]) -> Callback | None:
        """Return the call, or None where the stand-in does not know what it is signed with; that is counted."""
        try:
            return write()
        except (KeyError, ValueError):
            self.unwritten += 1
            return None

    def _asked_once(self, heard: Heard, values: dict[str, str]) -> Where:
        """Return what tells where a message is reported: asked when the first report is due, and the same for the others."""
        found: list[Subscribed | None] = []

        async def where() -> Subscribed | None:
            if not found:
                found.append(await self._subscription(heard, values))
            return found[0]

        return where

    async def _subscription(self, heard: Heard, values: dict[str, str]) -> Subscribed | None:
        """Return where the account is called: what its owner knows, else what the send itself named, else what was set here."""
        known = await self.subscribe(self.provider.key, heard) if self.subscribe is not None else None
        told = known or self.subscribed
        if told is None:
            return Subscribed(heard.report_url, "", values) if heard.report_url else None
        return Subscribed(heard.report_url or told.delivery, told.inbound, {**values, **told.values})

    # -- its other routes ----------------------------------------------------------------------------------------------

    def _other(self, method: str, path: str) -> tuple[StandInRoute, dict[str, str]] | None:
        for route, pattern in self._others:
            match = pattern.fullmatch(path.rstrip("/") or "/")
            if match and route.method == method:
                return route, match.groupdict()
        return None

    def _told(self, request: Request, route: StandInRoute, names: dict[str, str]) -> Rendered:
        """Answer one of the other routes from what is held. Slots are filled in refusals alone: texts of people stand in the others."""
        if not lets_in(self.provider, request, self.tokens, self.expected):
            return render(self.provider.emulation.unauthorized, names, None)
        try:
            body = self._body(request)
        except Unreadable:
            return render(self.provider.emulation.malformed, names, None)
        query = dict(parse_qsl(request.url.partition("?")[2], keep_blank_values=True))
        now = self.clock.now()
        asked = Asked(names=names, query=query, body=body, now=now)
        shown = {**names, **learned(self.provider, request), **(self.expected or {})}
        for held, report in self.messages.change(route.states(asked) if route.states else {}, now):
            if self._reports_anywhere(held.heard):
                self._bring_report(held, report, self._asked_once(held.heard, shown))
        held_now = self.messages.newest(now, tuple(names.values()))
        answer = route.answer(asked, held_now, self.messages.inbound)
        strange = "{{" in f"{asked.names} {asked.query} {asked.body}"
        if answer.status >= 400 and not strange:
            return render(answer, names, body)
        return written(answer.status, list(answer.headers), answer.body)

    def _body(self, request: Request) -> JsonValue:
        if not request.body.strip():
            return None
        kind = (request.header("Content-Type") or "").lower()
        encoding: Encoding = "json" if "json" in kind else "xml" if "xml" in kind else "form"
        return parse_body(request.body, kind, encoding)


def _throttled(provider: Provider) -> Rendered:
    """Return how the provider throttles; where its own answer does not say when to come again, in a second."""
    answer = render(provider.emulation.throttled, {}, None)
    if any(name.lower() == "retry-after" for name, _ in answer.headers):
        return answer
    return answer._replace(headers=[*answer.headers, ("Retry-After", "1")])


def _without(tree: JsonValue, numbers: set[str]) -> JsonValue:
    """Return a body in which these numbers stand empty, however they are spelled."""
    if isinstance(tree, dict):
        return {name: _without(value, numbers) for name, value in tree.items()}
    if isinstance(tree, list):
        return [_without(value, numbers) for value in tree]
    if isinstance(tree, str) and re.search("[0-9]", tree) and number_key(tree) in numbers:
        return ""
    return tree


def _moment(report: DeliveryReport) -> datetime:
    assert report.at is not None, "every report of a course has its moment"
    return report.at
