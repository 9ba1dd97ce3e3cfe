"""OPERATIONS: what operators and their machines ask: is it alive, is it ready, how much does it do.

``/health`` and ``/ready`` are for everybody who can reach the server: they hold no name, no path and no secret. ``/metrics`` is for this
machine, and for people with a token.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from workbench.adapters.logs import LEVELS, Masking, begin
from workbench.adapters.metrics import CONTENT_TYPE, Metrics
from workbench.adapters.remote import path_of, write_error
from workbench.bench import SERVICES, Workbench, package_version
from workbench.engine.identity import trusts
from workbench.engine.operations import operations
from workbench.errors import Forbidden, Refused
from workbench.models.person import Person
from workbench.sentence import say
from workbench.services.health import Health
from workbench.services.log_secrets import known_secrets

from .drain import Drain, drained_by_signals
from .guard import host_of
from .watching import Watching

LOCAL: Final = ("127.0.0.0/8", "::1")
LOCAL_NAMES: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
PASSED_ON: Final = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
"""Headers that a proxy adds: a call with one of them does not come from this machine, whatever its connection says."""

Who = Callable[[Request], Awaitable[Person | None]]


def add_operations(app: FastAPI, bench: Workbench, who: Who) -> None:
    """Let the app say how it is, and watch every call of it. ``who`` tells whose a call is. What ends it is ``app.state.drain``."""
    health = Health(bench.house)
    drain = Drain(bench, health)
    metrics = Metrics(package_version(), bench.house.mode, bench.house.database.kind)

    @app.get("/health", tags=["operations"])
    async def alive() -> dict[str, str]:
        """Say that the process is alive, in which mode, and of which version."""
        return {"status": "ok", "mode": bench.house.mode, "version": package_version()}

    @app.get("/ready", tags=["operations"], response_model=None, responses=_NOT_READY)
    async def ready() -> Response:
        """Say whether the server can do its work: 200, or 503 with what is wrong."""
        found = await health.readiness()
        body = {
            "status": "ready" if found.ready else "not ready",
            "wrong": [str(one) for one in found.wrong],
        }
        return JSONResponse(body, status_code=200 if found.ready else 503)

    @app.get("/metrics", tags=["operations"], response_model=None, responses=_REFUSED)
    async def figures(request: Request) -> Response:
        """Give the server's figures as Prometheus reads them. From this machine, or with the token of a viewer of all units."""
        if not _is_local(request):
            refused = _refused(await who(request))
            if refused is not None:
                return refused
        census = await health.census()
        found = await health.readiness()
        text = metrics.text(census, bench.house.clock.now(), ready=found.ready, draining=found.draining)
        return Response(text, media_type=CONTENT_TYPE)

    app.add_middleware(Watching, of=app, metrics=metrics, drain=drain, reading=_reading())
    app.state.drain = drain


def begin_log(environ: Mapping[str, str]) -> Masking:
    """Let this process write its log as ``WORKBENCH_LOG`` says (a level; unset: as it always did); return what masks its lines."""
    masking, level = Masking(), environ.get("WORKBENCH_LOG", "").strip().lower()
    if not level:
        return masking
    known = next((one for one in LEVELS if one == level), None)
    if known is None:
        raise Refused(
            say(
                "WORKBENCH_LOG is “{value}”. It takes one of: {levels}.",
                value=level[:20],
                levels=", ".join(LEVELS),
            )
        )
    begin(known, masking)
    return masking


def in_operation(app: FastAPI, bench: Workbench, masking: Masking, environ: Mapping[str, str]) -> FastAPI:
    """Return the app as the one long-lived process runs it: its log knows the secrets, and it ends gently when it is asked to."""
    masking.learn(bench.house.home.salt, known_secrets(bench.house, environ))
    drain: Drain = app.state.drain
    drain.notice_s = float(environ.get("WORKBENCH_NOTICE", "") or 0.0)
    return drained_by_signals(app, drain)


_NOT_READY: Final[dict[int | str, dict[str, Any]]] = {
    503: {"description": "Not ready; what is wrong is said."}
}
_REFUSED: Final[dict[int | str, dict[str, Any]]] = {
    401: {"description": "No token, and not from this machine."},
    403: {"description": "The figures are of all units together."},
}


def _reading() -> frozenset[str]:
    """Return the paths of operations that only read."""
    return frozenset(
        path_of(name, operation.name)
        for name, service in SERVICES.items()
        for operation in operations(service).values()
        if operation.role == "viewer"
    )


def _is_local(request: Request) -> bool:
    """Return whether a call truly comes from this machine: a proxy on it passes strangers' calls on from the same address."""
    scope: Mapping[str, Any] = request.scope
    peer = scope.get("workbench.peer") or (request.client.host if request.client else "")
    passed_on = any(name in request.headers for name in PASSED_ON)
    return (
        trusts(LOCAL, peer)
        and not passed_on
        and host_of(request.headers.get("host", "").lower()) in LOCAL_NAMES
    )


def _refused(person: Person | None) -> Response | None:
    """Return the answer to one who may not see the figures."""
    if person is None:
        error = Forbidden(
            say(
                "The figures are for this machine and for people with a token. Add the header “Authorization: Bearer” with a token."
            )
        )
        return JSONResponse(write_error(error), status_code=401)
    if person.units:
        error = Forbidden(
            say("These figures are of all units together. They are for people who see all units.")
        )
        return JSONResponse(write_error(error), status_code=403)
    return None
