"""INCOMING: how an answer is read: so far and no further, unpacked without bursting, its headers as they came."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterable, Sequence
from typing import Final, NamedTuple

from workbench.models.request import Headers, Reply

BODY_LIMIT: Final = 1024 * 1024
"""Bytes of an answer that are read, and bytes they may unpack to."""


class Answer(NamedTuple):
    """What came in: the body as it was packed, and whether there was more of it than is read."""

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes
    cut: bool


async def collected(parts: AsyncIterable[bytes]) -> tuple[bytes, bool]:
    """Return the beginning of a body, at most ``BODY_LIMIT`` bytes, and whether there was more; then reading stops."""
    read: list[bytes] = []
    size = 0
    async for part in parts:
        read.append(part)
        size += len(part)
        if size > BODY_LIMIT:
            break
    return shortened(b"".join(read))


def shortened(body: bytes) -> tuple[bytes, bool]:
    """Return the beginning of a body that was read, and whether there was more."""
    return body[:BODY_LIMIT], len(body) > BODY_LIMIT


def reply(answer: Answer, elapsed_ms: float) -> Reply:
    """Return the answer as the workbench knows it; a body that is not packed as it says stays as it came."""
    headers = texts(answer.headers)
    body, truncated = answer.body, answer.cut
    codings = ",".join(value for name, value in headers if name.lower() == "content-encoding")
    if codings:
        plain = unpacked(body, codings, limit=BODY_LIMIT + 1)
        body, truncated = plain[:BODY_LIMIT], truncated or len(plain) > BODY_LIMIT
    return Reply(status=answer.status, headers=headers, body=body, elapsed_ms=elapsed_ms, truncated=truncated)


def unpacked(body: bytes, codings: str, *, limit: int) -> bytes:
    """Return the body without its content codings, at most ``limit`` bytes of it; as it is where that fails."""
    names = [
        name.strip().lower() for name in codings.split(",") if name.strip().lower() not in ("", "identity")
    ]
    if len(names) > 3 or not body:
        return body
    plain = body
    for name in reversed(names):
        try:
            plain = _inflated(plain, name, limit)
        except (zlib.error, LookupError):  # not what it says, or a coding that was not asked for
            return body
    return plain


def _inflated(data: bytes, coding: str, limit: int) -> bytes:
    bits = {"gzip": 31, "x-gzip": 31, "deflate": 15}[coding]
    try:
        return zlib.decompressobj(bits).decompress(data, limit)
    except zlib.error:
        if coding != "deflate":
            raise
        # Some servers send it without the zlib header, https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1.2
        return zlib.decompressobj(-15).decompress(data, limit)


def texts(headers: Sequence[tuple[bytes, bytes]]) -> Headers:
    """Return headers as text; what is no UTF-8 is read as Latin 1."""
    try:
        return tuple([(name.decode(), value.decode()) for name, value in headers])
    except UnicodeDecodeError:
        return tuple([(_text(name), _text(value)) for name, value in headers])


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
