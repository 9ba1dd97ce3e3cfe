"""Texts for the tests of providers that send them: a message, an account's values, recorded files, calls with one byte changed."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from tests.providers.filled import fill
from workbench.engine.sms import callback_of, values_of_account
from workbench.models.callback import Callback
from workbench.models.credential import Credential
from workbench.models.message import Message
from workbench.models.provider import Provider
from workbench.models.request import Headers
from workbench.models.sms_account import SmsSettings
from workbench.models.sms_dialect import SmsDialect
from workbench.providers import provider

GOLDEN = Path(__file__).parents[1] / "golden" / "sms"
NOW = datetime(2026, 11, 21, 19, 31, 9, tzinfo=UTC)


@cache
def golden(key: str, name: str) -> dict[str, Any]:
    """Return a recorded file of a provider: ``requests``, ``callbacks`` or ``statuses``."""
    return dict(json.loads((GOLDEN / key / f"{name}.json").read_text("utf-8")))


def recorded(key: str, name: str) -> dict[str, Any]:
    """Return the recorded request ``name`` of a provider."""
    return dict(next(case["request"] for case in golden(key, "requests")["cases"] if case["name"] == name))


def message(**given: Any) -> Message:
    """Return a message; what is not given is the same every time."""
    fields = {"id": "msg_1", "sender": "+15557122661", "to": ("+15558675310",), "body": "Hi", "now": NOW}
    return Message(**{**fields, **given})


def dialect_of(key: str) -> SmsDialect:
    """Return what a provider declares for texts."""
    found = provider(key).sms
    assert found is not None
    return found


def account(key: str, kind: str = "", *, topic: str = "", **given: str) -> dict[str, str]:
    """Return an account's values, as a dialect's functions are given them."""
    model = provider(key).credential(kind) if kind else provider(key).credentials[0]
    credential, secrets = fill(model, **given)
    return values_of_account(SmsSettings(provider=key, topic=topic), credential, secrets)


def credential(item: Provider, **given: str) -> tuple[Credential, dict[str, str]]:
    """Return the first credential of a provider, filled, and its secrets by handle."""
    return fill(item.credentials[0], **given)


def call(
    url: str,
    body: bytes | str,
    headers: Headers = (),
    *,
    method: str = "POST",
    kind: str = "application/json",
) -> Callback:
    """Return a call as the receiver makes it of what came."""
    content: Headers = (("Content-Type", kind),) if kind else ()
    return callback_of(
        method, url, (*content, *headers), body if isinstance(body, bytes) else body.encode(), NOW
    )


def again(callback: Callback) -> Callback:
    """Return a written call as it is read when it has gone over the wire."""
    return callback_of(callback.method, callback.url, callback.headers, callback.body, NOW)


def mutations(callback: Callback, signature: str, count: int, seed: int) -> Iterator[Callback]:
    """Return calls with one byte changed: of the body, or, every eighth time, of the header ``signature``."""
    luck = random.Random(seed)
    for turn in range(count):
        if turn % 8 == 0:
            changed = tuple(
                (
                    name,
                    _changed(value.encode(), luck).decode("latin-1")
                    if name.lower() == signature.lower()
                    else value,
                )
                for name, value in callback.headers
            )
            yield callback_of("POST", callback.url, changed, callback.body, NOW)
        else:
            yield callback_of("POST", callback.url, callback.headers, _changed(callback.body, luck), NOW)


def _changed(text: bytes, luck: random.Random) -> bytes:
    at = luck.randrange(len(text))
    return text[:at] + bytes([text[at] ^ luck.randrange(1, 256)]) + text[at + 1 :]
