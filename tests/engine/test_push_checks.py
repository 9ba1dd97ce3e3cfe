"""Web push: the key, the place of the worker, the kit, what a server gives for it, and what a browser gives back (R-SYNC-24)."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.engine.push_checks import check_push
from workbench.engine.push_look import read_worker
from workbench.engine.push_subscription import read_subscription
from workbench.engine.push_worker import push_kit, script_text
from workbench.engine.vapid import base64url, on_curve, vapid_key, written
from workbench.models.push import PushSettings, PushVerdict
from workbench.models.request import Failure, Reply
from workbench.sentence import say

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PAIR = ec.derive_private_key(0x5EED, ec.SECP256R1())
POINT = PAIR.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
OTHER = ec.derive_private_key(0xB0B, ec.SECP256R1()).public_key()
KEY, BROWSER = written(POINT), written(OTHER.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
SHOP = PushSettings(site="https://shop.example.com", vapid_public_key=KEY, worker_url="/service-worker.js")
SUBSCRIPTION: dict[str, Any] = {
    "endpoint": "https://fcm.googleapis.com/fcm/send/c4p4bility:part",
    "expirationTime": None,
    "keys": {"p256dh": BROWSER, "auth": written(b"sixteen bytes ok")},
}


def found(verdict: PushVerdict) -> dict[str, str]:
    """Return how each thing that was looked at stands."""
    return {one.key: one.found for one in verdict.findings}


# -- the key -------------------------------------------------------------------------------------------------------------


@given(st.integers(min_value=1, max_value=2**200))
@settings(max_examples=25)
def test_every_real_key_is_taken_and_nothing_near_it(secret: int) -> None:
    point = ec.derive_private_key(secret, ec.SECP256R1()).public_key()
    raw = point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    assert vapid_key(written(raw)).point == raw
    assert vapid_key(f"  {written(raw)}\n").point == raw
    near = raw[:-1] + bytes([raw[-1] ^ 1])
    assert not on_curve(near)
    assert vapid_key(written(near)).point is None
    assert len(written(raw)) == 87


@given(st.text(max_size=200))
@settings(max_examples=40)
def test_whatever_is_typed_as_a_key_gets_a_sentence_or_is_a_key(text: str) -> None:
    key = vapid_key(text)
    assert (key.point is None) is (key.sentence is not None)
    if key.fix:
        assert vapid_key(key.fix).point is not None


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (PAIR.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(), "PEM"),
        (written(PAIR.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)), "DER"),
        (POINT.hex(), "hexadecimal"),
        (base64.b64encode(POINT).decode(), "plain base64"),
        (f'"{KEY}"', "quotation marks"),
        (f"{KEY[:40]}\n{KEY[40:]}", "line break"),
    ],
    ids=["pem", "der", "hex", "base64", "quoted", "broken"],
)
def test_a_key_in_another_writing_is_named_and_put_right(typed: str, says: str) -> None:
    key = vapid_key(typed)
    assert key.point is None
    assert says in str(key.sentence)
    assert key.fix == KEY


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "empty"),
        (KEY[:-1], "65 bytes"),
        (KEY[:-3], "65 bytes"),
        (KEY[:-2] + "AA", "no point of the curve"),
        ("A" + KEY[1:], "does not begin"),
        (KEY[:-1] + "é", "“é”"),
        (written(PAIR.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)), "compressed"),
    ],
)
def test_what_is_no_key_says_what_it_is(typed: str, says: str) -> None:
    key = vapid_key(typed)
    assert key.point is None
    assert not key.fix
    assert says in str(key.sentence)


def test_a_private_key_is_never_taken_nor_repeated() -> None:
    secret = written(PAIR.private_numbers().private_value.to_bytes(32))
    pem = PAIR.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    for typed in (secret, pem):
        key = vapid_key(typed)
        assert "private key" in str(key.sentence)
        verdict = check_push(SHOP.model_copy(update={"vapid_public_key": typed}))
        assert not verdict.ready
        assert secret not in verdict.model_dump_json()


@given(st.binary(max_size=80))
@settings(max_examples=40)
def test_base64url_comes_back(data: bytes) -> None:
    assert base64url(written(data)) == data
    assert base64url(base64.b64encode(data).decode()) == data


# -- site, worker and scope ----------------------------------------------------------------------------------------------


def test_a_shop_that_is_right_is_ready() -> None:
    verdict = check_push(SHOP)
    assert verdict.ready
    assert found(verdict) == {"https": "ok", "origin": "ok", "scope": "ok", "vapid": "ok"}
    assert (verdict.worker, verdict.scope) == (
        "https://shop.example.com/service-worker.js",
        "https://shop.example.com/",
    )


@pytest.mark.parametrize(
    ("change", "key", "level"),
    [
        ({"site": ""}, "site", "error"),
        ({"site": "shop"}, "site", "error"),
        ({"site": "https://[bad"}, "site", "error"),
        ({"site": "http://shop.example.com"}, "https", "error"),
        ({"site": "http://127.0.0.1:8080"}, "https", "ok"),
        ({"site": "http://localhost"}, "https", "ok"),
        ({"worker_url": ""}, "worker", "error"),
        ({"worker_url": "https://cdn.example.com/sw.js"}, "origin", "error"),
        ({"worker_url": "https://www.shop.example.com/sw.js"}, "origin", "error"),
        ({"worker_url": "http://shop.example.com/sw.js"}, "origin", "error"),
        ({"worker_url": "https://shop.example.com:8443/sw.js"}, "origin", "error"),
        ({"worker_url": "https://SHOP.example.com:443/sw.js"}, "origin", "ok"),
        ({"worker_url": "/sw"}, "worker", "warning"),
        ({"worker_url": "/a%2Fsw.js"}, "worker", "error"),
        ({"worker_url": "/sw.js#x"}, "worker", "warning"),
        ({"worker_url": "/static/sw.js"}, "scope", "warning"),
        ({"worker_url": "/static/sw.js", "scope": "/"}, "scope", "error"),
        ({"worker_url": "/static/sw.js", "scope": "/static/shop/"}, "scope", "warning"),
        ({"scope": "https://other.example.com/"}, "scope", "error"),
        ({"scope": "/a%5Cb"}, "scope", "error"),
    ],
)
def test_each_place_has_its_rule(change: dict[str, str], key: str, level: str) -> None:
    verdict = check_push(SHOP.model_copy(update=change))
    assert found(verdict)[key] == level
    if level == "error":
        assert not verdict.ready
        assert verdict.problems


@given(site=st.text(max_size=60), worker=st.text(max_size=60), scope=st.text(max_size=40))
@settings(max_examples=40)
def test_whatever_is_typed_gets_a_verdict(site: str, worker: str, scope: str) -> None:
    verdict = check_push(PushSettings(site=site, worker_url=worker, scope=scope, vapid_public_key=KEY))
    assert verdict.findings
    assert len({one.key for one in verdict.findings if one.key in ("https", "site", "vapid")}) == 2


# -- the kit ---------------------------------------------------------------------------------------------------------------


def test_the_kit_names_the_file_and_its_headers() -> None:
    kit = push_kit(SHOP)
    assert kit.worker_file == "/service-worker.js"
    assert dict(kit.headers)["Content-Type"].startswith("text/javascript")
    assert "Service-Worker-Allowed" not in dict(kit.headers)
    for event in ("push", "notificationclick", "pushsubscriptionchange"):
        assert f'addEventListener("{event}"' in kit.worker
    assert KEY in kit.registration
    deep = push_kit(SHOP.model_copy(update={"worker_url": "/assets/sw.js", "scope": "/"}))
    assert dict(deep.headers)["Service-Worker-Allowed"] == "/"


@given(st.text(max_size=80))
@settings(max_examples=40)
def test_nothing_typed_ends_the_script(text: str) -> None:
    written_text = script_text(text)
    assert not re.search(r"[<>&\n\r\u2028\u2029]", written_text)
    assert json.loads(written_text) == text
    kit = push_kit(
        PushSettings(
            site="https://shop.example.com", worker_url="/sw.js", scope=text[:40], vapid_public_key=KEY
        )
    )
    assert kit.registration.count("</script>") == 1


# -- what the shop's server gives ------------------------------------------------------------------------------------------

WORKER = b'self.addEventListener("push", show); self.addEventListener("notificationclick", open);'


def looked(
    status: int = 200, kind: str = "text/javascript", body: bytes = WORKER, **headers: str
) -> dict[str, str]:
    """Return how each thing of a worker's answer stands."""
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    look = read_worker(
        check_push(SHOP), Reply(status=status, headers=(("Content-Type", kind), *named), body=body)
    )
    return {one.key: one.found for one in look.findings}


def test_a_worker_is_taken_as_a_browser_takes_it() -> None:
    assert looked() == {"status": "ok", "type": "ok", "push": "ok"}
    assert looked(kind="application/javascript; charset=utf-8")["type"] == "ok"
    assert looked(kind="text/html", body=b"<html>not found</html>") == {"status": "ok", "type": "error"}
    assert looked(kind="")["type"] == "error"
    assert looked(status=404) == {"status": "error"}
    assert looked(status=301) == {"status": "error"}
    assert looked(body=b'self.addEventListener("push", show)')["click"] == "warning"
    assert looked(body=b'// addEventListener("push", x)\nvar a')["push"] == "warning"
    assert looked(body=b'importScripts("https://cdn.example.com/w.js")')["push"] == "note"
    assert looked(Service_Worker_Allowed="/shop/")["reach"] == "error"
    assert looked(Service_Worker_Allowed="/")["reach"] == "ok"


def test_a_worker_that_cannot_be_asked_for_says_why() -> None:
    look = read_worker(check_push(SHOP), Failure(kind="dns", sentence=say("No such host.")))
    assert not look.ready
    assert "No such host." in str(look.findings[0].sentence)


# -- what a browser gives back ---------------------------------------------------------------------------------------------


def subscribed(value: Any, wanted: PushSettings | None = SHOP) -> dict[str, str]:
    """Return how each thing of a subscription stands."""
    text = value if isinstance(value, str) else json.dumps(value)
    return {one.key: one.found for one in read_subscription(text, NOON, wanted).findings}


def test_a_good_subscription_is_valid_and_its_secret_parts_are_not_shown() -> None:
    got = read_subscription(json.dumps(SUBSCRIPTION), NOON, SHOP)
    assert got.valid
    assert (got.service, got.p256dh, got.auth) == ("fcm.googleapis.com", 65, 16)
    shown = got.model_dump_json()
    for secret in ("c4p4bility", BROWSER, SUBSCRIPTION["keys"]["auth"]):
        assert secret not in shown
    assert read_subscription(json.dumps(json.dumps(SUBSCRIPTION)), NOON).valid, (
        "a text made a text once more is read too"
    )


def without(name: str) -> dict[str, Any]:
    """Return the subscription without one of its parts."""
    keys = {key: value for key, value in SUBSCRIPTION["keys"].items() if key != name}
    return {key: value for key, value in {**SUBSCRIPTION, "keys": keys}.items() if key != name}


@pytest.mark.parametrize(
    ("value", "key", "level"),
    [
        ("", "form", "error"), ("[]", "form", "error"), ("{" * 3000, "form", "error"),
        (without("endpoint"), "endpoint", "error"), (without("keys"), "keys", "error"), (without("p256dh"), "p256dh", "error"),
        (without("auth"), "auth", "error"),
        ({**SUBSCRIPTION, "endpoint": "https://[bad"}, "endpoint", "error"),
        ({**SUBSCRIPTION, "endpoint": "http://fcm.googleapis.com/x"}, "endpoint", "error"),
        ({**SUBSCRIPTION, "endpoint": "https://push.example.com/x"}, "endpoint", "warning"),
        ({**SUBSCRIPTION, "endpoint": "https://fcm.googleapis.com.example.net/x"}, "endpoint", "warning"),
        ({**SUBSCRIPTION, "keys": {**SUBSCRIPTION["keys"], "auth": "c2hvcnQ"}}, "auth", "error"),
        ({**SUBSCRIPTION, "keys": {**SUBSCRIPTION["keys"], "p256dh": KEY}}, "p256dh", "error"),
        ({**SUBSCRIPTION, "keys": {**SUBSCRIPTION["keys"], "p256dh": KEY[:-2] + "AA"}}, "p256dh", "error"),
        ({**SUBSCRIPTION, "expirationTime": (NOON - timedelta(days=1)).timestamp() * 1000}, "expires", "error"),
        ({**SUBSCRIPTION, "expirationTime": (NOON + timedelta(days=1)).timestamp() * 1000}, "expires", "note"),
        ({**SUBSCRIPTION, "expirationTime": "soon"}, "expires", "warning"),
    ],
)  # fmt: skip
def test_each_part_of_a_subscription_is_looked_at(value: Any, key: str, level: str) -> None:
    assert subscribed(value)[key] == level


def report(**more: Any) -> dict[str, Any]:
    """Return the report of our registration lines, of a browser that did all."""
    return {
        "report": "web-push", "page": "https://shop.example.com", "worker": "https://shop.example.com/service-worker.js",
        "scope": "https://shop.example.com/", "state": "activated", "permission": "granted", "renewed": False,
        "subscription": SUBSCRIPTION, **more,
    }  # fmt: skip


def test_a_report_is_held_against_what_was_wanted() -> None:
    got = read_subscription(json.dumps(report()), NOON, SHOP)
    assert got.valid
    assert isinstance(got.report, dict)
    assert got.report["scope"] == "https://shop.example.com/"
    assert "c4p4bility" not in got.model_dump_json()
    assert subscribed(report(worker="https://shop.example.com/old.js"))["worker_url"] == "error"
    assert subscribed(report(scope="https://shop.example.com/a/"))["scope"] == "error"
    assert subscribed(report(state="installed"))["worker"] == "error"
    assert subscribed(report(permission="denied"))["permission"] == "error"
    assert subscribed(report(renewed=True))["renewed"] == "note"


@pytest.mark.parametrize(
    ("error", "says"),
    [
        ("NotAllowedError: x", "not allowed"), ("AbortError: no service", "push service"), ("SecurityError: x", "refuses the worker"),
        ("TypeError: Failed to register", "as JavaScript"), ("OddError: the words", "the words"),
    ],
)  # fmt: skip
def test_what_a_browser_complains_of_is_put_into_words(error: str, says: str) -> None:
    got = read_subscription(json.dumps(report(error=error, subscription=None)), NOON, SHOP)
    assert not got.valid
    assert says in " ".join(str(one.sentence) for one in got.findings)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["report", "subscription", "endpoint", "keys", "p256dh", "auth", "expirationTime", "error", "worker", "state"]),
        inner, max_size=4,
    ),
    max_leaves=8,
)  # fmt: skip


@given(_JSON, st.booleans())
@settings(max_examples=40)
def test_any_json_gets_a_verdict(value: Any, reported: bool) -> None:
    if reported and isinstance(value, dict):
        value["report"] = "web-push"
    assert read_subscription(json.dumps(value), NOON, SHOP).findings
