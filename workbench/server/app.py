"""APP: every public method of the services as a route, with caller and role checked; beside them gates', SMS and shop receivers."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from pydantic import ValidationError

from workbench.adapters.remote import path_of, status_of, write_error
from workbench.bench import SERVICES, Workbench, package_version
from workbench.engine.operations import Operation, operations
from workbench.errors import Forbidden, Invalid, WorkbenchError
from workbench.models.base import Problem
from workbench.models.person import Pass, Person
from workbench.sentence import say
from workbench.services.receiving import Receiving
from workbench.services.roles import caller, check_role

from .description import describe
from .forwarded import Forwarded
from .gate import BODY_S, add_receiver
from .guard import Guard
from .identity import Identity
from .operations import add_operations, begin_log, in_operation
from .shops import add_shop_receiver
from .sms import add_sms_receiver
from .watching import name_caller

BODY_BYTES = 4_000_000
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def make_app(
    bench: Workbench,
    people: Mapping[str, Person] | None = None,
    hosts: tuple[str, ...] = LOOPBACK,
    *,
    receiving: Receiving | None = None,
    body_s: float = BODY_S,
) -> FastAPI:
    """Return the server's app over an embedded workbench.

    ``people`` are extra tokens' SHA-256 digests for this run, a ``Pass`` among them for dashboards; the workbench's own people, and those
    whom its proxy or hub knows, come in too (see ``Identity``). ``hosts`` are the names the server may be called by: another Host header
    is refused, which stops DNS rebinding. A platform calls by a public name, which belongs to them. ``receiving`` takes the gates'
    hooks, by default the workbench's own, and gives a body ``body_s`` seconds.
    """
    identity = Identity(bench.people, bench.house.clock, people or {})

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await bench.serve()
        yield
        await identity.close()
        await bench.close()

    app = FastAPI(
        title="Integration workbench",
        version=package_version(),
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )

    app.add_middleware(Guard, hosts=hosts, most=BODY_BYTES)
    app.add_middleware(Forwarded)

    @app.exception_handler(WorkbenchError)
    async def told(_: Request, error: WorkbenchError) -> JSONResponse:
        return _refused(error, status_of(error))

    add_operations(app, bench, identity.of)
    add_receiver(app, receiving or bench.receiving, body_s)
    add_sms_receiver(app, bench.callback_receiving)
    add_shop_receiver(app, bench.shops.newsletter)
    offered: dict[str, Operation] = {}
    for name, service in SERVICES.items():
        for operation in operations(service).values():
            _add_route(app, bench, identity, name, operation)
            offered[path_of(name, operation.name)] = operation
    describe(app, offered)
    return app


def _add_route(app: FastAPI, bench: Workbench, identity: Identity, name: str, operation: Operation) -> None:
    method = getattr(getattr(bench, name), operation.name)

    async def endpoint(request: Request) -> Response:
        person = await identity.of(request)
        if person is None:
            return _refused(
                Forbidden(
                    say(
                        "The token is missing or not known here. Open the page by the address that “workbench up” printed."
                    )
                ),
                401,
            )
        name_caller(person)
        check_role(method, person)
        arguments = _arguments(operation, await _body(request))
        token = caller.set(person)
        try:
            result = await method(**operation.unpack(arguments))
        finally:
            caller.reset(token)
        return Response(operation.result.dump_json(result), media_type="application/json")

    app.add_route(path_of(name, operation.name), endpoint, methods=["POST"], name=f"{name}.{operation.name}")


def _arguments(operation: Operation, body: bytes) -> Any:
    try:
        return operation.arguments.model_validate_json(body or b"{}")
    except ValidationError as error:
        problems = [
            Problem(
                field=".".join(str(part) for part in item["loc"]) or "body",
                sentence=say(
                    "“{field}” cannot be read: {reason}.",
                    field=".".join(str(part) for part in item["loc"]) or "body",
                    reason=item["type"],
                ),
            )
            for item in error.errors(include_input=False, include_url=False, include_context=False)
        ]
        raise Invalid(problems) from None


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES:
            raise Invalid(
                [
                    Problem(
                        field="body", sentence=say("The call is larger than {most} bytes.", most=BODY_BYTES)
                    )
                ]
            )
    return body


def _refused(error: WorkbenchError, status: int) -> JSONResponse:
    return JSONResponse(write_error(error), status_code=status)


def app_from_environment() -> FastAPI:
    """Return the app that ``workbench up`` starts: its settings come by environment variables, tokens only as digests."""
    environ = os.environ
    masking = begin_log(environ)
    bench = Workbench.open(
        live=environ.get("WORKBENCH_LIVE") == "1",
        allowed_hosts=tuple(filter(None, environ.get("WORKBENCH_ALLOW", "").split(","))),
        sandbox_at=environ.get("WORKBENCH_SANDBOX", ""),
        server_at=environ.get("WORKBENCH_SERVER", ""),
        public_at=environ.get("WORKBENCH_PUBLIC", ""),
        cluster=environ.get("WORKBENCH_CLUSTER"),
    )
    people = {
        digest: Pass.model_validate(item)
        for digest, item in json.loads(environ.get("WORKBENCH_PEOPLE", "{}")).items()
    }
    names = filter(None, environ.get("WORKBENCH_HOSTS", "").split(","))
    return in_operation(make_app(bench, people, (*LOOPBACK, *names)), bench, masking, environ)
