"""HAR: the network recording of a browser, version 1.2 (http://www.softwareishard.com/blog/har-12-spec/).

What only reads (GET) is counted, not listed: a recording is full of it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from workbench.models.base import JsonValue
from workbench.sentence import say

from .body_kinds import FILE, body_of_type
from .documents import mapping, rows, words
from .found import Body, Found, Gathered, too_many

_READING = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "CONNECT", ""})


def read_har(document: Mapping[str, JsonValue]) -> Gathered:
    """Return the requests of a recording that send something, in their order. Never raises."""
    log = mapping(document.get("log"))
    gathered = Gathered(title=words(mapping(log.get("creator")).get("name"))[:100])
    reading = repeated = 0
    seen: set[tuple[str, str, str]] = set()
    for number, entry in enumerate(rows(log.get("entries")), 1):
        request = mapping(entry.get("request"))
        method = words(request.get("method")).upper()
        if method in _READING:
            reading += 1
            continue
        found = _found(request, method)
        same = (method, found.url, found.body.text + repr(found.body.pairs))
        if same in seen:
            repeated += 1
            continue
        seen.add(same)
        if gathered.full:
            gathered.leave("limit", too_many())
            break
        if not found.url:
            gathered.leave("parameter", say("Entry {number} has no address.", number=number))
            continue
        gathered.requests.append(found)
    _told(gathered, reading, repeated)
    return gathered


def _told(gathered: Gathered, reading: int, repeated: int) -> None:
    if reading:
        sentence = say(
            "{count} requests only read something (GET). An integration sends, so they were left out.",
            count=reading,
        )
        gathered.leave("method", sentence)
    if repeated:
        gathered.leave(
            "example",
            say("{count} requests repeat another one to the byte; each is listed once.", count=repeated),
        )
    if not gathered.requests:
        gathered.blame(
            say(
                "There is no request in the recording that sends something. Record again while the message is sent."
            )
        )


def _found(request: Mapping[str, JsonValue], method: str) -> Found:
    headers = [(words(row.get("name")), words(row.get("value"))) for row in rows(request.get("headers"))]
    found = Found(
        method=method,
        url=words(request.get("url")),
        headers=[pair for pair in headers if pair[0]],
        quiet=True,
    )
    if rows(request.get("cookies")) and found.header("cookie") is None:
        found.leave("cookie", say("Cookies belong to one person's browser or session, and are not kept."))
    found.body = _body(mapping(request.get("postData")), found)
    return found


def _body(data: Mapping[str, JsonValue], found: Found) -> Body:
    text, kind = words(data.get("text")), words(data.get("mimeType")) or found.header("content-type") or ""
    if data.get("encoding") == "base64" or data.get("_encoding") == "base64":
        try:
            text = base64.b64decode(text, validate=True).decode("utf-8", "surrogateescape")
        except (binascii.Error, ValueError):
            text = ""
    params = rows(data.get("params"))
    if params and not text:
        multipart = "multipart" in kind.lower()
        pairs = [
            (words(row.get("name")), FILE if row.get("fileName") else words(row.get("value")))
            for row in params
        ]
        return Body("multipart" if multipart else "form", "", pairs)
    body = body_of_type(text, kind)
    if body.kind == "text" and "multipart" in kind.lower():
        found.leave("file", say("The browser did not record the fields of this form, so they are missing."))
    return body
