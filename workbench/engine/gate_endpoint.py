"""GATE ENDPOINT: whether a gate can be reached and let in to: its names, its HTTP address or queue, and whom it calls (R-GATE-4, 8)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from workbench.models.base import Problem
from workbench.models.gate import SOURCE_IPS, GateSettings
from workbench.sentence import Sentence, say

from .checks import check_header_name
from .urls import check_url, is_private

__all__ = ["check_addresses", "check_endpoint", "check_names", "loopback", "note", "warn", "wrong"]

_KEY = re.compile(r"[a-z0-9-]{3,40}", re.ASCII)
_HOST = re.compile(
    r"(?:[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_-]{1,63})*|\[[0-9a-f:.]+\])(?::\d{1,5})?", re.I | re.A
)
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html
_QUEUE_PATH = re.compile(r"/\d{12}/[A-Za-z0-9_-]{1,80}(?:\.fifo)?", re.ASCII)
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d", re.ASCII)
_IN_HOST = re.compile(r"(?:sqs\.)([a-z]{2}(?:-[a-z]+)+-\d)\.|^([a-z]{2}(?:-[a-z]+)+-\d)\.queue\.", re.ASCII)


def check_names(settings: GateSettings) -> Iterator[Problem]:
    """Give what is wrong with name and key."""
    name, key = settings.name.strip(), settings.key
    if not name:
        yield wrong("name", say("Give the gate a name. The list of gates and the journal show it."))
    elif not name.isprintable():
        yield wrong("name", say("The name holds a line break or another invisible character. Type it again."))
    if not key:
        yield wrong(
            "key", say("Give the gate a key. It is the last part of its address, such as summer-shop.")
        )
    elif not _KEY.fullmatch(key):
        yield wrong("key", say(
            "The key “{key}” is not possible. Use 3 to 40 small letters, digits and hyphens, such as summer-shop.",
            key=key[:60],
        ))  # fmt: skip


def check_endpoint(settings: GateSettings) -> Iterator[Problem]:
    """Basic and header belong to HTTP alone, IAM to SQS alone (R-GATE-4)."""
    if settings.kind == "http":
        yield from _check_http(settings)
    else:
        yield from _check_queue(settings)


def _check_http(settings: GateSettings) -> Iterator[Problem]:
    if settings.auth == "iam":
        yield wrong("auth", say(
            "AWS IAM lets in to a queue, not to an HTTP address. Choose basic or a header token, or make the endpoint an SQS queue."
        ))  # fmt: skip
    elif settings.auth == "basic":
        if not settings.username:
            yield wrong(
                "username",
                say("Basic authorization needs a user name. Type the one you give to the platform."),
            )
        elif ":" in settings.username:
            yield wrong(
                "username",
                say(
                    "The user name holds a colon, which basic authorization cannot carry. Choose another one."
                ),
            )
        if settings.password is None:
            yield wrong("password", say("Basic authorization needs a password. Type it and lock it."))
    elif settings.auth == "header":
        mistake = check_header_name(settings.header.strip())
        if mistake:
            yield wrong("header", mistake)
        if settings.header_value is None:
            yield wrong(
                "header_value",
                say("The header needs a value: the token the platform sends. Type it and lock it."),
            )
    else:
        yield warn("auth", say(
            "Whoever knows the address of this gate can send it hooks. Choose basic or a header token, as the platform offers both."
        ))  # fmt: skip


def _check_queue(settings: GateSettings) -> Iterator[Problem]:
    if settings.auth in ("basic", "header"):
        yield wrong("auth", say(
            "A queue is let in by AWS keys, not by a password or a header. Choose AWS IAM, or none where the keys lie in the environment."
        ))  # fmt: skip
    yield from _check_queue_url(settings.queue_url.strip(), settings.queue_region.strip())
    if settings.auth == "iam":
        if not settings.access_key_id.strip():
            yield wrong(
                "access_key_id",
                say(
                    "AWS IAM needs an access key id. It stands beside the secret access key in the AWS console."
                ),
            )
        if settings.secret_access_key is None:
            yield wrong("secret_access_key", say("AWS IAM needs the secret access key. Type it and lock it."))
    elif settings.auth == "none":
        yield note(
            "auth", say("The keys for the queue are taken from the environment of the server process.")
        )


def _check_queue_url(url: str, region: str) -> Iterator[Problem]:
    if not url:
        yield wrong("queue_url", say(
            "The queue has no URL. The AWS console shows it: https://sqs.eu-north-1.amazonaws.com/123456789012/name."
        ))  # fmt: skip
        return
    local = loopback(url)
    mistake = check_url(url, local_test=local, campaign=False)
    if mistake:
        yield wrong("queue_url", mistake)
        return
    parts = urlsplit(url)
    path = parts.path.removeprefix("/sqs") if local else parts.path  # where the sandbox has its queues
    if not _QUEUE_PATH.fullmatch(path) or parts.query:
        yield wrong("queue_url", say(
            "The queue's URL ends in “{path}”. It must end in the account's 12 digits and the queue's name, such as /123456789012/gate.",
            path=parts.path[:80],
        ))  # fmt: skip
    found = _IN_HOST.search(parts.hostname or "")
    inside = (found.group(1) or found.group(2)) if found else ""
    if region and not _REGION.fullmatch(region):
        yield wrong(
            "queue_region",
            say("“{region}” is not a region's name. It looks like eu-north-1.", region=region[:40]),
        )
    elif inside and region and region != inside:
        yield wrong("queue_region", say(
            "The region is “{region}”, but the queue's URL lies in {inside}. Write {inside}.", region=region, inside=inside
        ))  # fmt: skip
    elif not region and not inside and not local:
        yield wrong(
            "queue_region", say("The queue's URL does not say its region. Write it here, such as eu-north-1.")
        )


def check_addresses(settings: GateSettings) -> Iterator[Problem]:
    """Give what is wrong with whom the gate calls, and who may call it."""
    seen: set[str] = set()
    for at, address in enumerate(settings.source_ips):
        try:
            told = str(ipaddress.ip_address(address.strip()))
        except ValueError:
            yield wrong(f"source_ips.{at}", say(
                "“{address}” is not an IP address. Write one such as {example}, without a port or a mask.",
                address=address[:60], example=SOURCE_IPS["ONE"],
            ))  # fmt: skip
            continue
        if told in seen:
            yield warn(
                f"source_ips.{at}",
                say("The address {address} is there twice. Delete one of them.", address=told),
            )
        seen.add(told)
    public = [one for one in seen if not ipaddress.ip_address(one).is_loopback]
    if public and not set(public) & set(SOURCE_IPS.values()):
        yield warn("source_ips", say(
            "None of these is an address that the platform documents: {known}. Hooks from there would be refused.",
            known=", ".join(SOURCE_IPS.values()),
        ))  # fmt: skip
    for at, host in enumerate(settings.hosts):
        mistake = _check_host(host.strip())
        if mistake:
            yield wrong(f"hosts.{at}", mistake)


def _check_host(host: str) -> Sentence | None:
    """Return what is wrong with a host whose addresses may be called, or None."""
    if "://" in host or "/" in host:
        return say(
            "“{host}” is more than a host. Write the name alone, such as eu1.symplify.com, or name:port.",
            host=host[:80],
        )
    if "*" in host:
        return say(
            "“{host}” holds a star. Each host is named whole, so that nothing else is ever called.",
            host=host[:80],
        )
    if not _HOST.fullmatch(host) or not _port_fits(host):
        return say("“{host}” is not a possible host. Check it for typing errors.", host=host[:80])
    return None


def _port_fits(host: str) -> bool:
    try:
        return urlsplit(f"//{host}").port != 0
    except ValueError:
        return False


def loopback(url: str) -> bool:
    """Return whether an address, as written, lies on this machine."""
    try:
        host = (urlsplit(url).hostname or "").lower()
    except ValueError:
        return False
    if not is_private(host):
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def wrong(field: str, sentence: Sentence) -> Problem:
    """Return a problem that stops the form."""
    return Problem(field=field, sentence=sentence)


def warn(field: str, sentence: Sentence) -> Problem:
    """Return a problem that is worth a look."""
    return Problem(field=field, sentence=sentence, level="warning")


def note(field: str, sentence: Sentence) -> Problem:
    """Return what is good to know."""
    return Problem(field=field, sentence=sentence, level="note")
