"""Runs in the oracles' environment: SendPulse's own Python SDK against addresses of the sandbox; prints what came of it as JSON.

``python clients_sendpulse.py FOLDER ADDRESS REFUSING THROTTLED``: tokens are stored in FOLDER, the stand-in at REFUSING gives tokens and
believes none, the one at THROTTLED answers 429. Nothing of the workbench is imported here; the SDK is used as its manual says, but for the
address, and a spy notes with which time limits it calls.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ID, SECRET = "id-1", "secret-1"
ANA = {"email": "test1@test1.com", "phone": "+123456789", "var_1": "café", "automation_id": 12345}
STRANGE = "a b/c?d"
LIMIT = 150
"""Frames that the SDK may pile up: it calls itself for every 401."""


def main(folder: str, address: str, refusing: str, throttled: str) -> dict[str, Any]:
    """Return what came of each case."""
    import requests
    from pysendpulse import pysendpulse

    for name in ("pysendpulse.pysendpulse",):
        logging.getLogger(name).handlers.clear()
    timeouts: list[Any] = []
    post = requests.post

    def spied(*places: Any, **named: Any) -> Any:
        timeouts.append(named.get("timeout"))
        return post(*places, **named)

    requests.post = spied

    def client(at: str, store: str) -> Any:
        # its address is a class attribute that no argument sets
        pysendpulse.PySendPulse._PySendPulse__api_url = f"{at}/sendpulse"
        return pysendpulse.PySendPulse(ID, SECRET, "FILE", f"{folder}/{store}/")

    def forever() -> Any:
        one = client(refusing, "refused")
        sys.setrecursionlimit(LIMIT)
        try:
            return one.send_event("registration", ANA)
        finally:
            sys.setrecursionlimit(1000)

    cases: dict[str, Callable[[], Any]] = {
        "send_event": lambda: client(address, "kept").send_event("registration", ANA),
        "fresh_process": lambda: client(address, "kept").send_event("registration", ANA),
        "strange_name": lambda: client(address, "kept").send_event(STRANGE, ANA),
        "empty_name": lambda: client(address, "kept").send_event("", ANA),
        "nobody": lambda: client(address, "kept").send_event("registration", {"var_1": "x"}),
        "unknown_event": lambda: client(address, "kept").send_event("unknown", ANA),
        "throttled": lambda: client(throttled, "slow").send_event("registration", ANA),
        "refused_forever": forever,
    }
    found = {name: outcome(case) for name, case in cases.items()}
    stored = {path.name: path.read_text() for path in Path(folder, "kept").iterdir()}
    return {**found, "timeouts": timeouts, "stored": stored}


def outcome(case: Callable[[], Any]) -> dict[str, Any]:
    """Return what the SDK gave, or the exception it raised."""
    try:
        return {"parsed": case()}
    except Exception as error:  # noqa: BLE001 - which one it is, is the question
        return {"exception": type(error).__name__}


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
