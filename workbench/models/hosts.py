"""Hosts: the bare name of a host, from whatever a person copied."""

from __future__ import annotations

from typing import Any, Final

_AROUND: Final = "/?#"


def bare_host(text: Any) -> Any:
    """Return a host in small letters without what is often copied with it: scheme, path, query, blanks.

    ``https://XXXXX.api.infobip.com/sms`` becomes ``xxxxx.api.infobip.com``. A user name and a port stay, so that a check can see them;
    what is no text is given back, for pydantic to refuse.
    """
    if not isinstance(text, str):
        return text
    before, scheme, behind = text.strip().lower().partition("://")
    host = behind if scheme else before
    for sign in _AROUND:
        host = host.partition(sign)[0]
    return host.rstrip(".").strip()
