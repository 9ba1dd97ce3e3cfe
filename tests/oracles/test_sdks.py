"""The vendors' own SDKs, pointed at the sandbox on a port, work unchanged: what they parse and raise is what was recorded."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.golden.cases import FILES, golden
from tests.oracles.clients import KEYS, SDKS
from tests.sandbox.running import running
from workbench.sandbox.app import Sandbox
from workbench.sandbox.faults import Fault

pytestmark = pytest.mark.oracle

EXPECTED = {
    "sendgrid": {"host": "api.sendgrid.com", "api_key": KEYS["sendgrid"]},
    "postmark": {"server_token": KEYS["postmark"]},
    "sparkpost": {"api_key": KEYS["sparkpost"]},
    "brevo": {"api_key": KEYS["brevo"]},
    "mailgun": {"domain": "example.com", "api_key": KEYS["mailgun"]},
    "amazon_ses": {
        "region": "eu-west-1",
        "access_key_id": "AKIDEXAMPLE",
        "secret_access_key": KEYS["amazon_ses"],
    },
}
TAKEN = {"sendgrid": 2, "postmark": 3, "sparkpost": 3, "brevo": 2, "mailgun": 3, "amazon_ses": 3}
"""How many of an SDK's calls the stand-in takes."""
RETRIES = {"mailgun": 4, "brevo": 3}
"""How often an SDK calls when it is throttled, as the golden files say; all others call once."""


async def run(python: Path, *arguments: str) -> Any:
    """Return what the client script prints; its proxies and keys are not those of the person who runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    kept = {name: value for name, value in kept.items() if not name.startswith("AWS_")}
    process = await asyncio.create_subprocess_exec(
        str(python),
        "-I",
        *arguments,
        env={**kept, "AWS_EC2_METADATA_DISABLED": "true", "NO_PROXY": "127.0.0.1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, error = await process.communicate()
    assert process.returncode == 0, error.decode()
    return json.loads(out)


async def played(python: Path, sdk: str) -> tuple[dict[str, Any], Sandbox, Sandbox]:
    strict = Sandbox(expected=EXPECTED)
    throttled = Sandbox(faults={sdk: (Fault(kind="throttled", seconds=1),)})
    async with running(strict) as address, running(throttled) as slow:
        script = Path(__file__).with_name("clients.py")
        return await run(python, str(script), sdk, address, slow), strict, throttled


def shape(value: Any) -> Any:
    """Return the names and kinds of a parsed result, for ids and times differ."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items()}
    return [shape(item) for item in value] if isinstance(value, list) else type(value).__name__


@pytest.fixture(params=list(FILES))
async def play(request: pytest.FixtureRequest, sdks: Path) -> tuple[str, dict[str, Any], Sandbox, Sandbox]:
    return request.param, *(await played(sdks, request.param))


async def test_an_sdk_works_unchanged(play: tuple[str, dict[str, Any], Sandbox, Sandbox]) -> None:
    """One run of an SDK, looked at from all sides: results, refusals, and how often it called."""
    sdk, results, strict, throttled = play
    _check_successes(sdk, results)
    _check_refusals(sdk, results)
    assert strict.emulators[sdk].taken == TAKEN[sdk]
    assert throttled.apps[sdk].drawings[0].used == RETRIES.get(sdk, 1)
    assert {key for key, emulator in strict.emulators.items() if emulator.taken} == {sdk}


def test_every_sdk_is_played() -> None:
    assert set(SDKS) == set(FILES) == set(TAKEN)


def _check_successes(sdk: str, results: dict[str, Any]) -> None:
    recorded = {case["name"]: case["parsed"] for case in golden(sdk)["cases"] if case["name"] != "events"}
    assert set(recorded) <= set(results)
    for name, wanted in recorded.items():
        found = results[name].get("parsed")
        if name in ("send_many_batch", "send_bulk"):
            assert [shape(item) for item in found] if isinstance(found, list) else shape(found)
            continue
        assert shape(found) == shape(wanted), (name, results[name])
    if sdk == "postmark":
        taken, refused = results["send_many_batch"]["parsed"]
        assert shape(taken) == shape(recorded["send_many_batch"][0])
        assert refused == {"ErrorCode": 300, "Message": "Invalid 'From' address: 'f'."}
        assert results["send_template"]["parsed"]["ErrorCode"] == 0
    if sdk == "amazon_ses":
        entries = results["send_bulk"]["parsed"]["BulkEmailEntryResults"]
        assert [entry["Status"] for entry in entries] == ["SUCCESS", "SUCCESS"]
        assert shape(entries[0]) == shape(recorded["send_bulk"]["BulkEmailEntryResults"][0])
    if sdk == "sparkpost":
        accepted = [results[name]["parsed"]["total_accepted_recipients"] for name in recorded]
        assert accepted == [1, 2, 1]


def _check_refusals(sdk: str, results: dict[str, Any]) -> None:
    for error in golden(sdk)["errors"]:
        if (sdk, error["name"]) == ("sparkpost", "420"):  # the plan's limit: no stand-in has a plan
            continue
        found = results[error["name"]]
        if sdk == "mailgun":  # it raises nothing, and gives the answer back
            assert found["parsed"]["status"] == error["http"]
            if error["name"] != "429":
                assert found["parsed"]["json"] == error["response"]
            continue
        if (sdk, error["name"]) == ("amazon_ses", "400"):  # recorded was an address that is not verified
            assert (found["exception"], found["code"]) == ("BadRequestException", "BadRequestException")
            continue
        assert found["exception"] == error["sdk_exception"], found
        _SAME[sdk](found, error)
    if sdk == "amazon_ses":
        assert results["403-token"]["exception"] == "ClientError"


def _same_sendgrid(found: dict[str, Any], error: dict[str, Any]) -> None:
    assert found["status_code"] == error["status"]
    assert json.loads(found["body"])["errors"][0]["message"] == error["response"]["errors"][0]["message"]
    assert json.loads(found["body"])["errors"][0]["field"] == error["response"]["errors"][0]["field"]


def _same_postmark(found: dict[str, Any], error: dict[str, Any]) -> None:
    assert (found["text"], found["error_code"]) == (error["msg"], error["code"])


def _same_sparkpost(found: dict[str, Any], error: dict[str, Any]) -> None:
    assert (found["status"], found["errors"]) == (error["status"], error["errors"])


def _same_brevo(found: dict[str, Any], error: dict[str, Any]) -> None:
    assert (found["status_code"], found["body"]) == (error["status"], error["response"])


def _same_ses(found: dict[str, Any], error: dict[str, Any]) -> None:
    assert found["code"] == error["code"]


_SAME = {
    "sendgrid": _same_sendgrid,
    "postmark": _same_postmark,
    "sparkpost": _same_sparkpost,
    "brevo": _same_brevo,
    "amazon_ses": _same_ses,
}
