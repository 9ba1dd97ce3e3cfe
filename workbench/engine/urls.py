"""URLs: what may stand in an address that messages are posted to (R-ESP-3, R-ESP-4)."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from workbench.sentence import Sentence, say

from .compose import CAMPAIGN

LOCAL_NAMES = ("localhost", "localhost.localdomain")
LENGTH = 2000
_FIELD = re.compile(r"\{[a-z_]+\}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*\.?", re.IGNORECASE)


def check_url(url: str, *, local_test: bool = False, campaign: bool = True) -> Sentence | None:
    """Return what is wrong with an address, or None.

    Wanted: https (http only for a local test), a host, no ``user:password@``, no fragment, no control characters.
    ``{field}`` of a credential may stand anywhere, ``${dyCampaignName}`` only in the path or query.
    """
    if not url.strip():
        return say(
            "The URL is empty. Paste the address of your provider's endpoint; it starts with https://."
        )
    if _CONTROL.search(url.strip()):
        return say(
            "The URL holds a line break or another invisible character. Delete it, or paste the address again."
        )
    if len(url) > LENGTH:
        return say(
            "The URL has {length} characters; at most {most} are allowed.", length=len(url), most=LENGTH
        )
    bare = _FIELD.sub("x", url.strip().replace(CAMPAIGN, "CAMPAIGN"))
    try:
        parts = urlsplit(bare)
        port = parts.port
    except ValueError:
        return say("“{url}” cannot be read as an address. Check its host and port.", url=_shown(url))
    if parts.scheme not in ("https", "http"):
        return say("The URL must start with https://. Yours starts with “{start}”.", start=url.strip()[:12])
    host = parts.hostname or ""
    if not host:
        return say(
            "The URL has no host. After https:// comes the name of the server, like https://api.example.com/send."
        )
    if "@" in parts.netloc:
        return say(
            "The URL holds a user name or password before “@”. Remove them: step 2 is the place for credentials."
        )
    if CAMPAIGN in url.partition("://")[2].partition("/")[0].partition("?")[0]:
        return say("${{dyCampaignName}} may stand in the path or the query of the URL, not in the host.")
    if not campaign and CAMPAIGN in url:
        return say("${{dyCampaignName}} cannot be used in this address.")
    if "#" in bare:
        return say("The URL holds a “#” part, which is never sent. Remove it.")
    if port == 0:
        return say("Port 0 is not possible. Remove “:0” or write the real port.")
    return _check_host(host, parts.scheme, local_test)


def _check_host(host: str, scheme: str, local_test: bool) -> Sentence | None:
    private = is_private(host)
    if private and not local_test:
        return say(
            "“{host}” is an address inside a private network, which a provider never has. Switch on “Local test” if you mean it.",
            host=host,
        )  # fmt: skip
    if scheme == "http" and not (private and local_test):
        return say(
            "The URL must use https://, so that nobody on the way can read it. http:// is only possible for a local test."
        )
    if not private and not _looks_like_host(host):
        return say("“{host}” is not a possible host name. Check it for typing errors.", host=host[:80])
    return None


def is_private(host: str) -> bool:
    """Return whether the host, as written, names this machine or a private network. The wire checks the real address again."""
    name = host.rstrip(".").lower()
    if name in LOCAL_NAMES or name.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        return not ipaddress.ip_address(name.strip("[]")).is_global
    except ValueError:
        return False


def host_of(url: str) -> str:
    """Return the host of an address in small letters, or an empty text where it has none."""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def _looks_like_host(host: str) -> bool:
    try:
        ascii_host = host.encode("idna").decode() if not host.isascii() else host
    except UnicodeError:
        return False
    return bool(_HOST.fullmatch(ascii_host)) or ":" in host


def _shown(url: str) -> str:
    return url.partition("?")[0][:80]
