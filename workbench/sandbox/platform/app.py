"""The platform: a stand-in for campaigns and journeys with a Send Gate, as one ASGI app.

It fires a hook for a sendout, holds its messages, hands out the item file, takes decisions and write-backs, and tells how each contact
ends by its own clock. It is for rehearsals: nothing leaves this machine unless a host was named.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request as AsgiRequest
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from workbench.adapters.clock import Clock
from workbench.errors import Refused
from workbench.models.platform import Sendout
from workbench.providers import every
from workbench.sandbox.answers import Rendered, respond
from workbench.sandbox.answers import written as shown
from workbench.sandbox.bodies import read_body
from workbench.sandbox.faults import Fault, Faults
from workbench.sentence import N_, say

from . import contacts
from .addresses import REST, Call
from .contacts import Contact
from .control import Control, from_this_machine
from .course import Course
from .delivery import Deliver, check_target, time_for
from .download import send_file
from .endpoints import BODY_BYTES, METHODS, Asked, Endpoint, Handler, decided, wrong_method
from .firing import Firing
from .hold import Hold, Situation
from .items import written
from .moments import Moments
from .store import Store

IN_PROCESS: Final = "http://platform.sandbox.localhost"
"""The platform's address where it is answered in this process."""

MOST_SENDOUTS: Final = 50
MOST_CONTACTS: Final = 5_000_000
"""Contacts of all sendouts that are remembered: the oldest sendouts are forgotten beyond."""
MOST_SINGLES: Final = 10_000
FAILS_EVERY: Final = 20
"""With the mischief ``rejects_fail`` the reject of one contact in so many fails."""
IMPORT_BYTES: Final = 50_000_000

DOWNLOADED: Final = N_("The item file is fetched.")


class Platform:
    """The stand-in of a platform that holds.

    Args:
        clock: the clock that its time passes with; None: it stands still until it is moved.
        deliver: takes the hooks to their target; None: over HTTP.
        base_url: its own address in the hooks; None: as the caller of ``POST /sendouts`` addressed it.
        reach: hosts beyond this machine that hooks may be delivered to.
        faults: what goes wrong with calls to it, by ``sandbox.faults``; the control API is left alone.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        deliver: Deliver | None = None,
        base_url: str | None = None,
        *,
        reach: Collection[str] = (),
        faults: Sequence[Fault] = (),
    ) -> None:
        self.moments = Moments(clock)
        self.deliver = deliver
        self.base_url = base_url
        self.reach = frozenset(reach)
        self.courses: OrderedDict[str, Course] = OrderedDict()
        self._firing = Firing(self.moments, lambda: self.deliver)
        self.store = Store(self.moments.now_ms, self._find, self._wrote)
        self._deliveries: set[asyncio.Task[None]] = set()
        control = Control(self.courses, self.moments, self.fire)
        outside = Faults(self._outside(), every()["custom"].emulation, tuple(faults))
        controls = {
            "/sendouts": Endpoint(POST=control.fire, GET=control.list),
            "/sendouts/{id}": Endpoint(GET=control.one),
            "/sendouts/{id}/endings": Endpoint(GET=control.endings),
            "/sendouts/{id}/hooks": Endpoint(GET=control.hooks),
            "/clock": Endpoint(POST=control.advance, GET=control.clock),
        }
        self._app = Starlette(
            routes=[
                Route("/", self._index),
                *(Route(path, _Whole(from_this_machine(app))) for path, app in controls.items()),
                Route(f"{REST}/{{rest:path}}", outside),
            ]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._app(scope, receive, send)

    def answers_for(self, url: str) -> bool:
        """Return whether an address is the platform's own, in this process."""
        own = {urlsplit(base).netloc.lower() for base in (IN_PROCESS, self.base_url or IN_PROCESS)}
        return urlsplit(url).netloc.lower() in own

    async def fire(self, sendout: Sendout, base_url: str | None = None) -> Course:
        """Hold a sendout and deliver its hooks; return its course once they were taken or failed, or a time limit passed.

        Raises:
            Refused: the target lies beyond this machine, or there are too many single messages.
        """
        check_target(sendout.target, self.reach)
        if sendout.single and sendout.size > MOST_SINGLES:
            raise Refused(
                say(
                    "A rehearsal fires at most {most} single messages, and {size} were asked for. Send them as a batch.",
                    most=MOST_SINGLES,
                    size=sendout.size,
                )
            )
        course = Course(
            sendout, self.base_url or base_url or IN_PROCESS, self.moments.now_ms(), self.store.writes
        )
        self._keep(course)
        delivery = asyncio.create_task(self._firing.fire(course))
        self._deliveries.add(delivery)
        delivery.add_done_callback(self._deliveries.discard)
        done, _ = await asyncio.wait([delivery], timeout=time_for(sendout) + 1.0)
        for ended in done:
            ended.result()
        return course

    async def delivered(self) -> None:
        """Return once no hook is on its way."""
        while self._deliveries:
            await asyncio.gather(*self._deliveries)

    # What the integrated system calls ---------------------------------------------------------------------------------

    def _outside(self) -> Starlette:
        root, person = REST, f"{REST}/lists/{{list}}/contacts/{{id}}"
        store = self.store
        return Starlette(
            routes=[
                Route(f"{root}/sendgate/{{sendout}}/items/{{name}}", _Whole(self.items)),
                Route(
                    f"{root}/sendgate/{{sendout}}/finish/{{name}}", Endpoint(POST=self._decision("finish"))
                ),
                Route(
                    f"{root}/sendgate/{{sendout}}/cancel/{{name}}", Endpoint(POST=self._decision("cancel"))
                ),
                Route(
                    f"{root}/sendgate/{{sendout}}/reject/{{name}}", Endpoint(POST=self._decision("reject"))
                ),
                Route(person, Endpoint(GET=store.show)),
                Route(f"{person}/update", Endpoint(PUT=store.update)),
                Route(f"{root}/consents/{{id}}", Endpoint(GET=store.consent)),
                Route(f"{root}/properties", Endpoint(GET=store.properties)),
                Route(f"{root}/lists/{{list}}/imports", Endpoint(POST=store.open_import)),
                Route(
                    f"{root}/lists/{{list}}/recipients/{{import}}",
                    Endpoint(IMPORT_BYTES, POST=store.fill_import),
                ),
                Route(f"{root}/batches/{{batch}}", Endpoint(GET=store.batch)),
            ]
        )

    def _decision(self, call: Call) -> Handler:
        async def decide(asked: Asked) -> Rendered:
            found = self._named(call, asked.names)
            if found is None:
                return decided(call, "unknown")
            course, hold, index = found
            situation: Situation
            if call == "finish":
                situation = hold.finish(self.moments.now_ms())
            elif (
                "rejects_fail" in course.sendout.mischief
                and (hold.first + index) % FAILS_EVERY == FAILS_EVERY - 1
            ):
                hold.fail_cancel(index)
                return shown(503, [], {"message": "The stand-in fails this reject on purpose."})
            else:
                situation = hold.cancel(index, self.moments.now_ms())
            late_ignored = course.sendout.switches.late_answer == "ignored_200"
            return decided(call, situation, late_ignored=late_ignored)

        return decide

    def _named(self, call: Call, names: Mapping[str, str]) -> tuple[Course, Hold, int] | None:
        """Return what an address names, or None for one that was never given out, or is forgotten."""
        course = self.courses.get(names["sendout"])
        named = None if course is None else course.addresses.read(call, names["name"])
        if course is None or named is None:
            return None
        return course, course.holds[named.hold], named.place

    async def items(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for an item file: 410 once the hold is closed, or where the link is to be expired."""
        await read_body(receive, BODY_BYTES)
        found = self._named("items", scope["path_params"])
        if scope["method"] != METHODS["items"]:
            await respond(send, wrong_method(METHODS["items"]))
        elif found is None:
            await respond(send, decided("items", "unknown"))
        elif "expired_link" in found[0].sendout.mischief or found[1].closed(self.moments.now_ms()):
            await respond(send, decided("items", "closed"))
        else:
            course = found[0]
            course.note(self.moments.now_ms(), DOWNLOADED)
            parts = written(course.sendout, course.sendout.size, self._people(course), course.cancel_address)
            await send_file(course.sendout, parts, scope, receive, send)

    # The contacts -----------------------------------------------------------------------------------------------------

    def _people(self, course: Course) -> Callable[[int], Contact]:
        """Return what makes the contacts of a sendout, with what was written back to them until their messages were generated."""
        generated_ms, writes = course.generated()

        def person(index: int) -> Contact:
            made = contacts.contact(course.sendout, index)
            if not self.store.writes:
                return made
            return Contact(made.id, {**made.properties, **self.store.written(made.id, generated_ms, writes)})

        return person

    def _sendouts_with(self, id: str) -> Iterator[tuple[Course, int]]:
        """Return the sendouts that a contact is in, the newest first, each with its index there."""
        found = contacts.place(id)
        if found is None:
            return
        for course in reversed(self.courses.values()):
            if contacts.contact_id(course.sendout, found[1]) == id and found[1] < course.sendout.size:
                yield course, found[1]

    def _find(self, id: str) -> Contact | None:
        for course, index in self._sendouts_with(id):
            return contacts.contact(course.sendout, index)
        return None

    def _wrote(self, id: str) -> None:
        for course, index in self._sendouts_with(id):
            hold, place = course.hold_of(index)
            hold.write(place, self.moments.now_ms())

    def _keep(self, course: Course) -> None:
        """Remember a sendout; the oldest ones are forgotten, and their addresses with them."""
        self.courses[course.id] = course
        while len(self.courses) > 1 and (
            len(self.courses) > MOST_SENDOUTS
            or sum(kept.sendout.size for kept in self.courses.values()) > MOST_CONTACTS
        ):
            self.courses.popitem(last=False)

    async def _index(self, request: AsgiRequest) -> JSONResponse:
        return JSONResponse({"sandbox": "platform", "control": ["/sendouts", "/clock"], "api": REST})


class _Whole:
    """An app for every method of a route: starlette takes a function for one that answers to GET alone."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)
