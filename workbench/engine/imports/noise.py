"""NOISE: headers that a browser, a proxy or a tool adds by itself, and that say nothing about the call."""

from __future__ import annotations

from typing import Final

_ALWAYS: Final = frozenset(
    {
        "accept-encoding", "postman-token", "priority", "proxy-connection", "x-client-data", "x-postman-interceptor-id", "sec-gpc",
        "keep-alive", "expect", "http2-settings", "x-fern-language", "x-fern-runtime", "x-fern-platform", "x-fern-sdk-name",
        "x-fern-sdk-version", "x-twilio-client", "accept-charset",
    }
)  # fmt: skip
_OF_A_BROWSER: Final = frozenset(
    {
        "accept", "accept-language", "alt-used", "cache-control", "dnt", "if-modified-since", "if-none-match", "origin", "pragma",
        "referer", "te", "upgrade-insecure-requests", "user-agent", "x-requested-with", "save-data", "device-memory", "downlink",
        "ect", "rtt", "viewport-width", "via", "x-forwarded-for", "x-real-ip",
    }
)  # fmt: skip
_TOOLS: Final = ("Mozilla/", "curl/", "PostmanRuntime/", "insomnia/", "python-requests/", "HTTPie/", "Wget/")


def is_noise(name: str, value: str, recorded: bool) -> bool:
    """Return whether a header (its name in small letters) was added by a browser or a tool. ``recorded``: a browser made the request."""
    if name.startswith((":", "sec-", "cf-", "x-b3-")) or name in _ALWAYS:
        return True
    if name == "user-agent" and value.startswith(_TOOLS):
        return True
    return recorded and name in _OF_A_BROWSER and not (name == "accept" and "json" in value)
