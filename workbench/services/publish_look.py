"""Publish look: asks an address the questions whose answers tell whether it is published safely, and reads what is started here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qs, urljoin, urlsplit, urlunsplit

from workbench.adapters import ports
from workbench.adapters.wire import Wire
from workbench.engine.publish_files import command_rules
from workbench.engine.publish_probes import NO_TEMPLATE, is_dark, is_loopback, judge, page_in, questions
from workbench.engine.publish_words import finding
from workbench.errors import Invalid, Unreachable
from workbench.models.base import Problem
from workbench.models.publish import Probe, PublishFinding
from workbench.models.request import Failure, Request
from workbench.sentence import say

ASK_S: Final = 20.0
PAGE_S: Final = 90.0
"""Seconds: a page of a cold kernel takes a while."""
TEMPLATE_S: Final = 45.0


async def look_at(address: str, token: str = "") -> list[PublishFinding]:
    """Return what is unsafe about pages or a server at an address. Nothing there is changed; up to three pages are opened.

    A ``token`` (else the one in the address) opens the pages that strangers may not see. Raises Invalid for what is no address,
    Unreachable where nothing answers.
    """
    plain, token = _address(address, token)
    parts = urlsplit(plain)
    wire = Wire.live([parts.netloc, parts.hostname or ""])
    try:
        told = {
            name: await _ask(wire, _at(plain, path), method=method, host=host)
            for name, method, path, host in questions(plain)
        }
        if not told["own"].status:
            raise Unreachable(say("Nothing answers at {address}. Start it, then look again.", address=plain))
        if token:
            told["door"] = told["own"]
            told["own"] = await _ask(wire, plain, token=token)
        else:
            told["door"] = told["own"]
        told |= await _pages(wire, plain, told, token)
        if parts.scheme == "https":
            told["http"] = await _ask(wire, urlunsplit(("http", parts.hostname or "", parts.path, "", "")))
    finally:
        await wire.close()
    return [*judge(plain, told), *_started_here(plain)]


async def _pages(wire: Wire, address: str, told: Mapping[str, Probe], token: str) -> dict[str, Probe]:
    """Open a page as it is, with another template and with another theme."""
    path = urlsplit(address).path if "/voila/render/" in address else page_in(told["own"].body)
    if path is None:
        return {}
    page = urljoin(address, path)
    found = {"page": await _ask(wire, page, token=token, total_s=PAGE_S)}
    if found["page"].status == 200:
        found["theme"] = await _ask(wire, f"{page}?theme=dark", token=token, total_s=PAGE_S)
        if not is_dark(found["theme"], found["page"]):  # Voila may hang on a template that is not there
            found["template"] = await _ask(
                wire, f"{page}?template={NO_TEMPLATE}", token=token, total_s=TEMPLATE_S
            )
    return found


async def _ask(
    wire: Wire, url: str, *, method: str = "GET", host: str = "", token: str = "", total_s: float = ASK_S
) -> Probe:
    """Return what is answered; status 0 where nothing is."""
    headers = [("Accept", "text/html, application/json")]
    headers += [("Host", host)] if host else []
    headers += [("Authorization", f"token {token}")] if token else []
    headers += [("Content-Type", "application/json")] if method == "POST" else []
    body = b"{}" if method == "POST" else b""
    answer = await wire.send(
        Request(method=method, url=url, headers=tuple(headers), body=body), total_s=total_s
    )
    if isinstance(answer, Failure):
        return Probe(status=0)
    return Probe(
        status=answer.status,
        location=answer.header("location") or "",
        content_type=answer.header("content-type") or "",
        body=answer.text(),
    )


def _address(text: str, token: str) -> tuple[str, str]:
    """Return an address without its query, and the token that was given or stood in it."""
    try:
        parts = urlsplit(text.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username
        found = parse_qs(parts.query).get("token", [""])[0]
        return _usable(
            text, usable, urlunsplit((parts.scheme, parts.netloc, parts.path or "/", "", ""))
        ), token or found
    except ValueError:
        return _usable(text, False, ""), ""


def _usable(text: str, usable: bool, address: str) -> str:
    if usable:
        return address
    sentence = say(
        "“{value}” is no address. Write it like https://pages.example.com.", value=text.partition("?")[0][:80]
    )
    raise Invalid([Problem(field="at", sentence=sentence)])


def _at(address: str, path: str) -> str:
    parts = urlsplit(address)
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def _started_here(address: str) -> list[PublishFinding]:
    """Return what is unsafe about how the program was started that listens there, where that is on this machine."""
    parts = urlsplit(address)
    if not is_loopback(parts.hostname or ""):
        return []
    words = ports.command(parts.port or (443 if parts.scheme == "https" else 80))
    if not any(word == "voila" or word.endswith("/voila") for word in words):
        return []
    rules = [rule for rule in command_rules(" ".join(words)) if rule == "kernels"]
    return [finding(rule, address) for rule in rules]
