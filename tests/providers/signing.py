"""Requests to sign, made by a seed: bodies, regions, keys, times and addresses of every kind that SES can meet."""

from __future__ import annotations

import base64
import random
import string
from datetime import UTC, datetime, timedelta
from typing import Any

from workbench.models.request import Request

REGIONS = ("us-east-1", "eu-west-1", "ap-southeast-2", "us-gov-west-1", "cn-north-1", "eu-central-2")
TARGETS = (
    "/v2/email/outbound-emails",
    "/v2/email/outbound-bulk-emails",
    "/amazon_ses/v2/email/outbound-emails",
    "/v2/email/identities/a%40example.com",
    "/v2/a%20b/~c_d.e-f",
    "/v2/email/outbound-emails?PageSize=10&NextToken=a%2Bb",
    "/v2/list?b=2&a=1&a=0&c",
    "/",
)
START = datetime(2020, 1, 1, tzinfo=UTC)


def cases(seed: int, count: int) -> list[dict[str, Any]]:
    """Return plain cases, the same ones for the same seed."""
    luck = random.Random(seed)
    return [_case(luck) for _ in range(count)]


def request_of(case: dict[str, Any]) -> tuple[Request, dict[str, str], datetime]:
    """Return a case as ``sign`` takes it: the request, the credential's values, the time."""
    request = Request(
        method=case["method"],
        url=case["url"],
        headers=(("Content-Type", case["content_type"]),),
        body=base64.b64decode(case["body"]),
        provider="amazon_ses",
    )
    values = {"region": case["region"], "access_key_id": case["key"], "secret_access_key": case["secret"]}
    values |= {"session_token": case["token"]} if case["token"] else {}
    return request, values, datetime.strptime(case["stamp"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def _case(luck: random.Random) -> dict[str, Any]:
    region = luck.choice(REGIONS)
    hosts = (
        f"email.{region}.amazonaws.com",
        f"EMAIL.{region}.amazonaws.com:443",
        "127.0.0.1:8899",
        "localhost:443",
    )
    host = luck.choice(hosts)
    body = luck.choice((luck.randbytes(luck.randrange(200)), _text(luck, 300).encode(), b"{}", b""))
    at = START + timedelta(seconds=luck.randrange(10**9))
    return {
        "method": luck.choice(("POST", "POST", "PUT", "GET")),
        "url": f"{'http' if host[0] in '1l' else 'https'}://{host}{luck.choice(TARGETS)}",
        "content_type": luck.choice(
            ("application/json", "application/x-amz-json-1.1; charset=utf-8", " a  b ")
        ),
        "body": base64.b64encode(body).decode(),
        "region": region,
        "key": "AKIA" + "".join(luck.choices(string.ascii_uppercase + string.digits, k=16)),
        "secret": "".join(luck.choices(string.ascii_letters + string.digits + "+/", k=40)),
        "token": luck.choice((None, "IQoJ" + "".join(luck.choices(string.ascii_letters + "+/=", k=300)))),
        "stamp": at.strftime("%Y%m%dT%H%M%SZ"),
    }


def _text(luck: random.Random, most: int) -> str:
    return "".join(
        chr(luck.choice((luck.randrange(32, 127), luck.randrange(160, 0x3000))))
        for _ in range(luck.randrange(most))
    )
