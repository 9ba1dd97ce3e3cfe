"""What the oracles share: the interpreter of their environment."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.oracles.environment import CannotInstall, interpreter


@pytest.fixture(scope="session")
def sdks() -> Path:
    """The Python that has the vendors' SDKs. Without one the tests are skipped, but in CI they fail."""
    return _interpreter("sdks")


@pytest.fixture(scope="session")
def sms() -> Path:
    """The Python that has the SDKs of providers that send texts."""
    return _interpreter("sms")


@pytest.fixture(scope="session")
def sendpulse() -> Path:
    """The Python that has SendPulse's own SDK."""
    return _interpreter("sendpulse")


def _interpreter(group: str) -> Path:
    try:
        return interpreter(group)
    except CannotInstall as why:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(str(why))
