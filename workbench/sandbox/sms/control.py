"""Control: ``/texts`` of the sandbox on a port: what the stand-ins hold, where an account is called, and texts that come in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import Field, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from workbench.adapters.clock import new_id
from workbench.engine.rehearsed_numbers import endings
from workbench.models.base import AnyNoun, JsonValue, Noun
from workbench.models.callback import InboundMessage
from workbench.models.studio import Subscribed
from workbench.sandbox.bodies import Unreadable, parse_body

from .stand_in import SmsStandIn

BODY_BYTES: Final = 65_536
SHOWN: Final = 100


class Addresses(Noun):
    """Where an account is called, for providers whose sends do not say it. ``values`` are what its calls are signed with."""

    delivery: str = ""
    inbound: str = ""
    values: dict[str, str] = Field(default_factory=dict)


class Texted(Noun):
    """A text that somebody sends to a number of the account."""

    sender: Annotated[str, Field(min_length=1)]
    to: Annotated[str, Field(min_length=1)]
    body: str


def control(stand_ins: Mapping[str, SmsStandIn]) -> Starlette:
    """Return the app that steers the stand-ins."""

    async def index(_: Request) -> JSONResponse:
        return JSONResponse({"providers": {key: _state(one) for key, one in stand_ins.items()}})

    async def messages(request: Request) -> JSONResponse:
        one = stand_ins.get(request.path_params["provider"])
        if one is None:
            return _unknown(stand_ins)
        held = one.messages.newest(one.clock.now())[:SHOWN]
        return JSONResponse({"messages": [each.model_dump(mode="json") for each in held]})

    async def addresses(request: Request) -> JSONResponse:
        one = stand_ins.get(request.path_params["provider"])
        if one is None:
            return _unknown(stand_ins)
        told = await _read(request, Addresses)
        if isinstance(told, JSONResponse):
            return told
        away = [url for url in (told.delivery, told.inbound) if url and not one.courier.reaches(url)]
        if away:
            return _refused("An address has to lie on this machine: http://127.0.0.1 with its port.")
        one.subscribed = Subscribed(told.delivery, told.inbound, told.values)
        return JSONResponse({"delivery": told.delivery, "inbound": told.inbound})

    async def inbound(request: Request) -> JSONResponse:
        one = stand_ins.get(request.path_params["provider"])
        if one is None:
            return _unknown(stand_ins)
        text = await _read(request, Texted)
        if isinstance(text, JSONResponse):
            return text
        message = InboundMessage(
            provider_id=new_id("mo"), sender=text.sender, to=text.to, body=text.body, at=one.clock.now()
        )
        one.text_back(message, one.subscribed or Subscribed("", ""))
        return JSONResponse({"id": message.provider_id}, 201)

    return Starlette(
        routes=[
            Route("/", index),
            Route("/{provider}/messages", messages),
            Route("/{provider}/addresses", addresses, methods=["PUT"]),
            Route("/{provider}/inbound", inbound, methods=["POST"]),
        ]
    )


def _state(one: SmsStandIn) -> dict[str, JsonValue]:
    courier = one.courier
    return {
        "held": len(one.messages),
        "inbound": len(one.messages.inbound),
        "posted": [posted._asdict() | {"at": posted.at.isoformat()} for posted in courier.posted],
        "dropped": courier.dropped,
        "not_written": one.unwritten,
        "numbers_that_end_with": {
            ending.digits: " ".join(filter(None, (ending.about, ending.state, ending.code, ending.words)))
            for ending in endings(one.dialect.emulation)
        },
    }  # fmt: skip


async def _read(request: Request, noun: type[AnyNoun]) -> AnyNoun | JSONResponse:
    body = await request.body()
    if len(body) > BODY_BYTES:
        return _refused(f"The body is longer than {BODY_BYTES} bytes.")
    try:
        return noun.model_validate(parse_body(body, "application/json", "json"))
    except (Unreadable, ValidationError):
        return _refused(f"Send a JSON object with: {', '.join(noun.model_fields)}.")


def _refused(message: str) -> JSONResponse:
    return JSONResponse({"message": message}, 400)


def _unknown(stand_ins: Mapping[str, SmsStandIn]) -> JSONResponse:
    known = sorted(stand_ins)
    return JSONResponse(
        {"message": f"No stand-in sends texts under this key. Known are: {', '.join(known)}."}, 404
    )
