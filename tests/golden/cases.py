"""The golden cases: recorded requests and refusals, as the tests walk over them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent

FILES = {
    "sendgrid": "sendgrid",
    "postmark": "postmark",
    "sparkpost": "sparkpost",
    "brevo": "brevo",
    "mailgun": "mailgun",
    "amazon_ses": "ses_v2",
}
"""The provider's key and the name of its file."""

NOT_COMPOSED = {("mailgun", "send_with_attachment"), ("mailgun", "events")}
"""A multipart form with a file, and a GET for events: a payload template makes neither."""


@dataclass(frozen=True)
class Recorded:
    """One recorded case of a provider."""

    provider: str
    name: str
    case: dict[str, Any]

    @property
    def request(self) -> dict[str, Any]:
        return dict(self.case["request"])

    def __str__(self) -> str:
        return f"{self.provider}-{self.name}"


@cache
def golden(provider: str) -> dict[str, Any]:
    """Return the whole file of a provider."""
    return dict(json.loads((FOLDER / f"{FILES[provider]}.json").read_text("utf-8")))


def sends() -> list[Recorded]:
    """Return every recorded send that a payload template can make."""
    return [
        Recorded(provider, case["name"], case)
        for provider in FILES
        for case in golden(provider)["cases"]
        if (provider, case["name"]) not in NOT_COMPOSED
    ]


def refusals() -> list[Recorded]:
    """Return every recorded refusal."""
    return [
        Recorded(provider, error["name"], error) for provider in FILES for error in golden(provider)["errors"]
    ]
