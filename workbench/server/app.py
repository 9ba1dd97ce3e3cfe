"""APP: every public method of the services as a route, with caller and role checked; beside them gates', SMS and shop receivers."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
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
from workbench.models.person import Person
from workbench.sentence import say
from workbench.services.receiving import Receiving
from workbench.services.roles import caller, check_role

from .description import describe
from .gate import BODY_S, add_receiver
from .guard import Guard
from .shops import add_shop_receiver
from .sms import add_sms_receiver

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

    ``people`` are extra tokens' SHA-256 digests for this run; the workbench's own people come in too. ``hosts`` are the names the
    server may be called by: another Host header is refused, which stops DNS rebinding. A platform calls by a public name, which
    belongs to them. ``receiving`` takes the gates' hooks, by default the workbench's own, and gives a body ``body_s`` seconds.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await bench.serve()
        yield
        await bench.close()

    app = FastAPI(
        title="Integration workbench",
        version=package_version(),
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )

    app.add_middleware(Guard, hosts=hosts, most=BODY_BYTES)

    @app.exception_handler(WorkbenchError)
    async def told(_: Request, error: WorkbenchError) -> JSONResponse:
        return _refused(error, status_of(error))

    @app.get("/health", tags=["operations"])
    async def health() -> dict[str, str]:
        """Say that the process is alive, in which mode, and of which version."""
        return {"status": "ok", "mode": bench.house.mode, "version": package_version()}

    add_receiver(app, receiving or bench.receiving, body_s)
    add_sms_receiver(app, bench.callback_receiving)
    add_shop_receiver(app, bench.shops.newsletter)
    offered: dict[str, Operation] = {}
    for name, service in SERVICES.items():
        for operation in operations(service).values():
            _add_route(app, bench, people or {}, name, operation)
            offered[path_of(name, operation.name)] = operation
    describe(app, offered)
    return app


def _add_route(
    app: FastAPI, bench: Workbench, people: Mapping[str, Person], name: str, operation: Operation
) -> None:
    method = getattr(getattr(bench, name), operation.name)

    async def endpoint(request: Request) -> Response:
        person = await _identify(bench, people, request.headers.get("authorization", ""))
        if person is None:
            return _refused(
                Forbidden(
                    say(
                        "The token is missing or not known here. Open the page by the address that “workbench up” printed."
                    )
                ),
                401,
            )
        check_role(method, person)
        arguments = _arguments(operation, await _body(request))
        token = caller.set(person)
        try:
            result = await method(**operation.unpack(arguments))
        finally:
            caller.reset(token)
        return Response(operation.result.dump_json(result), media_type="application/json")

    app.add_api_route(
        path_of(name, operation.name), endpoint, methods=["POST"], tags=[name], name=f"{name}.{operation.name}",
        summary=operation.about.partition("\n")[0], description=f"{operation.about}\n\nRole: {operation.role}.", response_model=None,
    )  # fmt: skip


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


async def _identify(bench: Workbench, people: Mapping[str, Person], authorization: str) -> Person | None:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        return None
    wanted = hashlib.sha256(token.encode()).hexdigest()
    for digest, person in people.items():
        if secrets.compare_digest(digest, wanted):
            return person
    return await bench.people.by_token(token)


def _refused(error: WorkbenchError, status: int) -> JSONResponse:
    return JSONResponse(write_error(error), status_code=status)


def app_from_environment() -> FastAPI:
    """Return the app that ``workbench up`` starts: its settings come by environment variables, tokens only as digests."""
    environ = os.environ
    bench = Workbench.open(
        live=environ.get("WORKBENCH_LIVE") == "1",
        allowed_hosts=tuple(filter(None, environ.get("WORKBENCH_ALLOW", "").split(","))),
        sandbox_at=environ.get("WORKBENCH_SANDBOX", ""),
        server_at=environ.get("WORKBENCH_SERVER", ""),
        public_at=environ.get("WORKBENCH_PUBLIC", ""),
    )
    people = {
        digest: Person.model_validate(item)
        for digest, item in json.loads(environ.get("WORKBENCH_PEOPLE", "{}")).items()
    }
    names = filter(None, environ.get("WORKBENCH_HOSTS", "").split(","))
    return make_app(bench, people, (*LOOPBACK, *names))
