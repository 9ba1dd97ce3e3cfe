"""The wire's nouns: the frozen request, the provider's reply, what became of it, and the exchange that joins them."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Literal

from workbench.sentence import Sentence

from .base import JsonValue, Noun

Headers = tuple[tuple[str, str], ...]
"""Header names and values in the order they go out."""

Mode = Literal["rehearsal", "live"]

OutcomeKind = Literal[
    "accepted",  # 2xx, and the body says so too
    "check_body",  # 2xx, but the body speaks of an error
    "refused",  # 4xx
    "throttled",  # 429, or the provider's own word for it
    "redirected",  # 3xx: never followed
    "server_error",  # 5xx
    "unreachable",  # no connection: nothing was sent
    "uncertain",  # sent, and no answer: it may have arrived
    "unconfirmed",  # 2xx, but without the word that means yes: accepted, not confirmed
    "blocked",  # the workbench did not let it out
]


class Request(Noun):
    """One request, exactly as it goes out: preview, snippet, signature and send all use this object.

    ``provider`` is the provider's key: the rehearsal finds the stand-in by it. The representation shows no header
    value, no query and no body, so that a stray ``repr`` cannot leak.
    """

    method: str
    url: str
    headers: Headers
    body: bytes = b""
    provider: str = "custom"

    def header(self, name: str) -> str | None:
        """Return the first value of the header ``name`` (any case), or None."""
        return header(self.headers, name)

    def text(self) -> str:
        """Return the body as text; bytes that are not UTF-8 are replaced."""
        return self.body.decode("utf-8", "replace")

    def __repr__(self) -> str:
        names = ", ".join(name for name, _ in self.headers)
        return f"<Request {self.method} {self.url.partition('?')[0]} [{names}] {len(self.body)} bytes>"

    __str__ = __repr__


class Reply(Noun):
    """What the server answered. ``truncated`` says that the body was longer than the wire reads (1 MiB)."""

    status: int
    headers: Headers = ()
    body: bytes = b""
    elapsed_ms: float = 0.0
    truncated: bool = False

    def header(self, name: str) -> str | None:
        """Return the first value of the header ``name`` (any case), or None."""
        return header(self.headers, name)

    def text(self) -> str:
        """Return the body as text: the charset of its Content-Type where that decodes it, else UTF-8 with replacements."""
        charset = self.charset()
        if charset and charset.lower() != "utf-8":
            try:
                text = self.body.decode(charset)
                # some codecs give half a character, which no one can write
                return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
            except (LookupError, ValueError):  # also what codecs like punycode raise
                pass
        return self.body.decode("utf-8", "replace")

    def charset(self) -> str:
        """Return the charset that the Content-Type names, as it names it; an empty text where it names none."""
        return _charset(self.header("content-type") or "")

    def __repr__(self) -> str:
        return f"<Reply {self.status} {len(self.body)} bytes>"

    __str__ = __repr__


FailureKind = Literal["dns", "connect", "tls", "connect_timeout", "timeout", "reset", "blocked", "protocol"]


class Failure(Noun):
    """Why there is no reply. ``sent`` says whether the request may have reached the server."""

    kind: FailureKind
    sentence: Sentence
    sent: bool = False
    elapsed_ms: float = 0.0


class FieldError(Noun):
    """One error the provider reported, in its own words: the field it names, its code, its message."""

    message: str
    field: str | None = None
    code: str | None = None


class Outcome(Noun):
    """What became of a request, normalised; the provider's own words are kept in ``errors`` and the reply."""

    kind: OutcomeKind
    sentence: Sentence
    ids: tuple[str, ...] = ()
    errors: tuple[FieldError, ...] = ()
    retry_after_s: float | None = None

    @property
    def ok(self) -> bool:
        """Whether the provider took it."""
        return self.kind == "accepted"


class Exchange(Noun):
    """One request and what came of it. As the wire returns it, it holds real secrets: redact before showing or keeping."""

    request: Request
    reply: Reply | None = None
    failure: Failure | None = None
    outcome: Outcome
    mode: Mode
    at: datetime

    def __repr__(self) -> str:
        return f"<Exchange {self.request.method} {self.outcome.kind}>"

    __str__ = __repr__


class RequestView(Noun):
    """A request as it may be shown: secrets replaced by masks, the body as text."""

    method: str
    url: str
    headers: Headers
    body: str
    size: int
    provider: str = "custom"


class ReplyView(Noun):
    """A reply as it may be shown: secrets replaced, the body as text of at most 64 kB (``cut`` says that it was longer).

    ``json_body`` is the parsed body where it is JSON.
    """

    status: int
    headers: Headers
    body: str
    elapsed_ms: float
    cut: bool = False
    json_body: JsonValue = None


def header(headers: Headers, name: str) -> str | None:
    """Return the first value of the header ``name`` (any case), or None."""
    wanted = name.lower()
    for key, value in headers:
        if key.lower() == wanted:
            return value
    return None


@lru_cache(maxsize=256)
def _charset(content_type: str) -> str:
    for part in content_type.split(";")[1:]:
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset":
            return value.strip(" \"'")
    return ""
