"""Whatever bytes come to a callback address: never an exception, always a stored or a refused call, for every provider."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.callback_room import KEYS, NUMBER, PUBLIC, Room, report, room, text
from workbench import Workbench
from workbench.adapters.deliveries_tables import json_of
from workbench.engine import callback_items
from workbench.engine.sms import callback_of, items_of, proof
from workbench.models.callback import CallbackFilter, ReceivedCallback
from workbench.providers import provider

SALT = b"salt" * 8

WORDS = (
    "", "a1b2c3", NUMBER, "delivered", "Delivered", "1001", "200", "2026-03-01T12:00:00Z", "0001-01-01T00:00:00+14:00", "9" * 40,
)  # fmt: skip
NAMES = (
    "MessageSid", "SmsSid", "MessageStatus", "SmsStatus", "Body", "From", "To", "ErrorCode", "NumSegments", "OptOutType", "eventType",
    "type", "data", "topic", "source", "messageId", "deliveryStatus", "deliveryStatusDetails", "receivedTimestamp",
    "deliveryAttempts", "tag", "validationCode", "results", "status", "groupId", "id", "price", "error", "doneAt", "reference_id",
    "sub_resource", "code", "resultCode", "refId", "content", "userData", "destination", "timestamp", "mtMessageResponse",
    "moMessage", "@messageId", "#text", "message", "ChannelDefinitionId", "RequestId", "MessageId", "Status", "notificationPayLoad",
    "inboundPayLoad", "payload", "segments", "x",
)  # fmt: skip
leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12), st.sampled_from(WORDS)
)
names = st.sampled_from(NAMES)
trees = st.recursive(
    leaves, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=6)), max_leaves=12
)  # fmt: skip
json_bodies = trees.map(lambda tree: ("application/json", json.dumps(tree).encode()))
texts_in_json = st.dictionaries(names, trees.map(json.dumps), max_size=3).map(
    lambda tree: ("application/json", json.dumps(tree).encode())
)
form_bodies = st.lists(st.tuples(names, leaves.map(str)), max_size=6).map(
    lambda pairs: ("application/x-www-form-urlencoded", urlencode(pairs, errors="replace").encode())
)


def as_xml(root: str, children: list[str], leaf: object) -> tuple[str, bytes]:
    inner = "".join(f"<{name}>{str(leaf)[:9]}</{name}>" for name in (one.strip("@#") for one in children))
    return "text/xml", f"<{root} messageId='a1'>{inner}</{root}>".encode("utf-8", "replace")


roots = st.sampled_from(["mtMessageResponse", "moMessage", "deliver", "results"])
xml_bodies = st.builds(as_xml, roots, st.lists(names, max_size=5), leaves)
kinds = st.sampled_from(["application/json", "text/xml", "application/x-www-form-urlencoded", "", "x"])
raw_bodies = st.tuples(kinds, st.binary(max_size=60))
bodies = st.one_of(json_bodies, texts_in_json, form_bodies, xml_bodies, raw_bodies)
methods = st.sampled_from(["POST", "POST", "POST", "GET", "PUT", "OPTIONS"])


@pytest.mark.parametrize("key", KEYS)
@settings(max_examples=60)
@given(body=bodies, method=methods)
def test_a_providers_reading_raises_nothing_and_can_be_kept(
    key: str, body: tuple[str, bytes], method: str
) -> None:
    """The dialects promise it; what they read is made fit to be shown and kept without a fault either."""
    now = datetime(2026, 3, 1, tzinfo=UTC)
    url = f"{PUBLIC}/sms/t/delivery?id=a1&resultCode=1001&x=%ff"
    call = callback_of(method, url, (("Content-Type", body[0]), ("X-Twilio-Signature", "é")), body[1], now)
    values: dict[str, str] = {"topic": "t", "auth_token": "x", "api_key": "eA=="}
    proof(provider(key), call, values)
    items = callback_items.tidied(items_of(provider(key), call))
    people = callback_items.people_of(items, SALT)
    for shown in (callback_items.kept(items, people, SALT), callback_items.shown(items, people, SALT)):
        received = ReceivedCallback(
            id="cbk", at=now, account_id="a", provider=key, route="delivery", genuine="token", status=200, items=shown
        )  # fmt: skip
        assert json_of(received).encode()


@pytest.fixture
async def rooms(tmp_path: Path) -> AsyncIterator[list[Room]]:
    environ = {"WORKBENCH_KEYRING": "off"}
    async with Workbench.open(tmp_path / "home", environ=environ, public_at=PUBLIC) as bench:
        yield [await room(bench, key) for key in KEYS]


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=bodies, at=st.integers(0, 10_000), flip=st.integers(1, 255), inbound=st.booleans())
async def test_every_call_is_kept_or_refused(
    rooms: list[Room], body: tuple[str, bytes], at: int, flip: int, inbound: bool
) -> None:
    """Made-up bodies, and right ones with one byte changed after they were signed."""
    for one in rooms:
        right = one.inbound(text()) if inbound else one.reports(report())
        place = at % len(right.body)
        changed = right.body[:place] + bytes([right.body[place] ^ flip]) + right.body[place + 1 :]
        before = await _count(one)
        made_up: Any = {"body": body[1], "headers": (("Content-Type", body[0]),)}
        for other in ({"body": changed}, made_up):
            answered = await one.call(right, **other)
            assert answered.status in (200, 204, 400, 403)
            for piece in (NUMBER, "Hello"):
                assert piece not in answered.body
        assert await _count(one) >= min(before, 400)
        assert await one.deliveries.unfinished() == []


async def _count(one: Room) -> int:
    return len(await one.bench.callbacks.callbacks(CallbackFilter(account_id=one.account.id, limit=500)))
