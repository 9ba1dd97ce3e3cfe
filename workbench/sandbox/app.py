"""The sandbox: every stand-in in one place, in process for the rehearsal and on a port for any client."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request as AsgiRequest
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from workbench.adapters.clock import Clock, SystemClock
from workbench.models.gate import PLATFORM
from workbench.models.request import Request
from workbench.providers import every

from .answers import respond, written
from .bodies import read_body
from .connectif.stand_in import EMULATION, ConnectifStandIn
from .faults import Fault, Faults
from .platform.app import Platform
from .providers import BATCH_BYTES, Emulator, stands_in_for
from .queues import Queues
from .sendpulse import SendPulseStandIn
from .sms.control import control
from .sms.courier import Deliver
from .sms.stand_in import PACE_S, SmsStandIn, Subscribe
from .tokens import TokenServer

TOKEN_ROUTE = "oauth2"  # noqa: S105 - the key of the token stand-in, not a secret
PLATFORM_ROUTE = "platform"
QUEUES_ROUTE = "sqs"
TEXTS_ROUTE = "texts"
EVENTS = "sendpulse"
SHOPS = "connectif"
GATE_PROVIDERS = (PLATFORM_ROUTE, PLATFORM)
"""The providers whose requests go to the platform that holds."""


class Sandbox:
    """All stand-ins, sharing one token server.

    ``expected`` holds the credential values that are let in, ``faults`` the faults, both by provider; ``*`` means every
    provider, and leaves alone token URLs, whose key is ``oauth2``, and the platform that holds, whose key is ``platform``.
    ``tokens`` is a token server of one's own making, ``platform`` a platform. ``queues`` are those a gate can poll. ``sms`` holds the
    stand-ins of providers that send texts: their messages take ``clock`` and ``pace_s`` seconds from report to report. ``events`` is the
    stand-in that remembers the events that arrived (``events.received``), ``shops`` the one that shops are synced with.
    """

    def __init__(
        self,
        expected: Mapping[str, Mapping[str, str]] | None = None,
        faults: Mapping[str, tuple[Fault, ...]] | None = None,
        tokens: TokenServer | None = None,
        platform: Platform | None = None,
        *,
        clock: Clock | None = None,
        pace_s: float = PACE_S,
    ) -> None:
        self.tokens = tokens or TokenServer()
        expected, faults = expected or {}, faults or {}
        self.sms = {
            key: SmsStandIn(provider, self.tokens, expected.get(key), clock=clock, pace_s=pace_s)
            for key, provider in every().items()
            if provider.sms is not None
        }
        self.events = SendPulseStandIn(every()[EVENTS], self.tokens, expected.get(EVENTS), clock=clock)
        special: dict[str, Emulator] = {**self.sms, EVENTS: self.events}
        self.emulators: dict[str, Emulator] = {
            key: special.get(key) or Emulator(provider, self.tokens, expected.get(key))
            for key, provider in every().items()
        }
        self.apps: dict[str, Faults] = {
            key: Faults(emulator, emulator.provider.emulation, (*faults.get("*", ()), *faults.get(key, ())))
            for key, emulator in self.emulators.items()
        }
        self.shops = ConnectifStandIn(expected.get(SHOPS), clock=clock)
        self.apps[SHOPS] = Faults(self.shops, EMULATION, (*faults.get("*", ()), *faults.get(SHOPS, ())))
        self.apps[TOKEN_ROUTE] = Faults(
            self.tokens, every()["custom"].emulation, tuple(faults.get(TOKEN_ROUTE, ()))
        )
        self.platform = platform or Platform(faults=faults.get(PLATFORM_ROUTE, ()))
        self.queues = Queues()

    def route(self, request: Request) -> ASGIApp | None:
        """Return the stand-in that answers this request in process, or None where the rehearsal has none for its host.

        A custom endpoint, a token URL and what a shop is synced with may have any host: the person named it, and it is answered here
        instead.
        """
        if request.provider == TOKEN_ROUTE:
            return self.apps[TOKEN_ROUTE]
        if request.provider == SHOPS:
            return self.apps[SHOPS]
        if self.platform.answers_for(request.url):  # whoever asks: a gate's live check does too
            return self.platform
        if request.provider in GATE_PROVIDERS:
            return None
        provider = every().get(request.provider)
        host = urlsplit(request.url).hostname or ""
        return self.apps[provider.key] if provider is not None and stands_in_for(provider, host) else None

    def joined(self, subscribe: Subscribe, deliver: Deliver) -> None:
        """Let the stand-ins of texts ask whose message they took, and bring their calls in process instead of over HTTP."""
        for stand_in in self.sms.values():
            stand_in.subscribe, stand_in.courier.deliver = subscribe, deliver

    async def close(self) -> None:
        """Forget what the stand-ins have yet to report."""
        for stand_in in self.sms.values():
            await stand_in.close()

    def on_a_port(self) -> Starlette:
        """Return one app that serves every stand-in under ``/{provider key}``, and token URLs under ``/oauth2/token``.

        The platform that holds is at ``/platform``, and its time passes with the machine's from now on; queues are at ``/sqs``, what the
        stand-ins of texts hold is at ``/texts``, the events that arrived are at ``/sendpulse/received``, and what came from shops at
        ``/connectif/received``.
        A path without a prefix goes to the provider whose path it is, for clients that keep only the host of an
        address (postmarker joins its base URL and ``/email`` that way).
        """
        self.platform.moments.flow(SystemClock())

        async def index(request: AsgiRequest) -> JSONResponse:
            served = {key: f"/{key}" for key in self.apps}
            others = {
                "platform": f"/{PLATFORM_ROUTE}",
                "queues": f"/{QUEUES_ROUTE}",
                "texts": f"/{TEXTS_ROUTE}",
                "events": f"/{EVENTS}/received",
                "shops": f"/{SHOPS}/received",
            }
            return JSONResponse({"sandbox": "integration workbench", "providers": served, **others})

        mounts = [Mount(f"/{key}", app=app) for key, app in self.apps.items()]
        mounts += [Mount(f"/{PLATFORM_ROUTE}", app=self.platform), Mount(f"/{QUEUES_ROUTE}", app=self.queues)]
        mounts.append(Mount(f"/{TEXTS_ROUTE}", app=control(self.sms)))
        return Starlette(
            routes=[
                Route("/", index),
                Route("/health", index),
                Route(f"/{EVENTS}/received", self.events.control),
                Route(f"/{SHOPS}/received", self.shops.control),
                *mounts,
                Mount("", app=self._by_path),
            ]
        )

    async def _by_path(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == f"/{QUEUES_ROUTE}":  # where boto3 posts to, without the slash of a mount
            await self.queues(
                {**scope, "root_path": scope["path"], "path": f"{scope['path']}/"}, receive, send
            )
            return
        owners = [key for key, emulator in self.emulators.items() if emulator.owns(scope["path"])]
        bare = self.emulators.get(scope["path"].removeprefix("/"))
        # any path is a person's own endpoint's, none at all too
        if bare is not None and not bare.provider.endpoint().url:
            owners = [bare.provider.key]
        if len(owners) == 1:
            await self.apps[owners[0]](scope, receive, send)
            return
        await read_body(receive, BATCH_BYTES)
        known = [f"/{key}" for key in (*self.apps, PLATFORM_ROUTE, QUEUES_ROUTE, TEXTS_ROUTE)]
        message = f"The sandbox has nothing at {scope['path']}. Every provider is under its key: {', '.join(known)}."
        await respond(send, written(404, [], {"message": message, "known": known}))
