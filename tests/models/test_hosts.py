"""Hosts: the bare name, whatever was copied with it."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.models.hosts import bare_host


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        ("xxxxx.api.infobip.com", "xxxxx.api.infobip.com"),
        (" https://XXXXX.api.infobip.com/sms/3/messages?x=1#y\n", "xxxxx.api.infobip.com"),
        ("HTTP://wsx.sp247.net", "wsx.sp247.net"),
        ("wsx.sp247.net/sms", "wsx.sp247.net"),
        ("wsx.sp247.net.", "wsx.sp247.net"),
        ("user:pass@wsx.sp247.net:8443/x", "user:pass@wsx.sp247.net:8443"),  # for a check to see
        ("https://", ""),
        ("", ""),
        (None, None),
        (5, 5),
    ],
)
def test_a_host_is_what_is_left(typed: Any, host: Any) -> None:
    assert bare_host(typed) == host
    assert bare_host(bare_host(typed)) == host
