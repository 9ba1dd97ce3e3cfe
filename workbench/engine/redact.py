"""REDACT: what is shown or kept holds no secret and no plain identifier, however it was encoded.

A provider's answer repeats what it was sent: percent-encoded in a link, JSON inside JSON, base64 in a header.
Replacing the plain text alone leaks the other forms, so each secret becomes one pattern in which every character
may stand in any of its spellings, beside its base64 (at each of the three alignments, hence also inside
``user:secret``) and hex.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
import html
import json
import re
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import unquote, unquote_plus

import orjson

from workbench.models.base import JsonValue
from workbench.models.request import Headers, Reply, ReplyView, Request, RequestView
from workbench.sentence import Sentence

from .spellings import identifier_pattern, secret_pattern, too_short

MASK: Final = "****"
SHORTEST_HINTED: Final = 12
"""Characters: of a shorter secret, its last four would give too much away."""
SHORTEST_IDENTIFIER: Final = 3
BODY_LIMIT: Final = 64 * 1024
"""Bytes of a reply's text that are shown and kept."""

SENSITIVE_HEADERS: Final = frozenset(
    {
        "api-key",
        "apikey",
        "authorization",
        "cookie",
        "ocp-apim-subscription-key",
        "private-token",
        "proxy-authorization",
        "set-cookie",
        "x-access-token",
        "x-amz-security-token",
        "x-api-key",
        "x-api-secret",
        "x-api-token",
        "x-apikey",
        "x-auth-token",
        "x-authorization",
        "x-csrf-token",
        "x-functions-key",
        "x-goog-api-key",
        "x-postmark-account-token",
        "x-postmark-server-token",
        "x-shopify-access-token",
        "x-vault-token",
        "x-xsrf-token",
    }
)
"""Headers whose value is masked even when it is no secret of ours (lower case)."""

_SCHEMES: Final = frozenset(
    {
        *("apikey", "app", "aws4-hmac-sha256", "basic", "bearer", "digest", "geniekey", "hmac-sha256"),
        *("ibsso", "key", "negotiate", "token", "tsa"),
    }
)
_SENSITIVE_FIELDS = re.compile(
    r'("(?:(?:access|refresh|id)_?token|client_?secret|password)"\s*:\s*")((?:[^"\\]++|\\.)*+)', re.IGNORECASE
)
"""JSON fields of a reply whose text is masked even when it is no secret of ours: a token that was just given out."""
_USER_INFO = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*://)[^/?#]*@")


class Redactor:
    """Replaces secrets and identifiers in whatever is shown or kept.

    Args:
        secrets: Secret to replacement: a mask (``****``, ``**** wxyz``) or a placeholder (``$SECRET_1``).
        identifiers: Identifier to pseudonym (see ``mask_identifier``); found in any case of letters, those of
            fewer than six characters as whole words only and those of fewer than three not at all.
    """

    def __init__(self, secrets: Mapping[str, str], identifiers: Mapping[str, str] | None = None) -> None:
        self._exact = {secret: shown for secret, shown in secrets.items() if secret}
        found = {secret: shown for secret, shown in self._exact.items() if not too_short(secret)}
        self._secrets = _Finder(found, secret_pattern)
        self._identifiers = _identifier_finder(identifiers or {})

    def __repr__(self) -> str:
        return f"<Redactor of {len(self._exact)} secrets>"

    def naming(self, identifiers: Mapping[str, str]) -> Redactor:
        """Return a redactor of the same secrets for other identifiers, sooner than a new one would be made."""
        other = copy.copy(self)
        other._identifiers = _identifier_finder(identifiers)
        return other

    def text(self, text: str) -> str:
        """Return ``text`` with every form of each secret and identifier replaced, and nothing else changed."""
        return self._identifiers.replace(self._secrets.replace(text))

    def data(self, data: bytes) -> bytes:
        """Return ``data`` with the same replaced; bytes that are not UTF-8 stay as they are."""
        return self.text(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")

    def tree(self, value: JsonValue) -> JsonValue:
        """Return a parsed JSON value with the same replaced in texts, keys and numbers (which become texts)."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.tree(item) for item in value]
        if isinstance(value, dict):
            return {self.text(key): self.tree(item) for key, item in value.items()}
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            shown = self.text(str(value))
            return value if shown == str(value) else shown
        return value

    def sentence(self, sentence: Sentence) -> Sentence:
        """Return the sentence with the same replaced in its values (and in its text, should it hold one)."""
        values = {
            name: self.sentence(value)
            if isinstance(value, Sentence)
            else self.text(value)
            if isinstance(value, str)
            else value
            for name, value in sentence.values.items()
        }
        return Sentence(self.text(sentence.text), values)

    def headers(self, headers: Headers) -> Headers:
        """Return the headers with secrets replaced; ``SENSITIVE_HEADERS`` are masked whatever they hold."""
        return tuple((name, self._header(name, value)) for name, value in headers)

    def url(self, url: str) -> str:
        """Return the URL with the same replaced, and any ``user:password@`` masked."""
        return self.text(_USER_INFO.sub(rf"\1{MASK}@", url))

    def request(self, request: Request) -> RequestView:
        """Return the request as it may be shown."""
        return RequestView(
            method=request.method,
            url=self.url(request.url),
            headers=self.headers(request.headers),
            body=self.text(request.text()),
            size=len(request.body),
            provider=request.provider,
        )

    def reply(self, reply: Reply) -> ReplyView:
        """Return the reply as it may be shown: at most 64 kB of text, and parsed where all of it is JSON.

        Tokens and passwords that it gives out are masked by the names of their fields too.
        """
        text = _SENSITIVE_FIELDS.sub(self._field, reply.text())
        whole = self.text(text)
        body = whole.encode("utf-8", "replace")[:BODY_LIMIT].decode("utf-8", "ignore")
        cut = reply.truncated or len(body) < len(whole)
        return ReplyView(
            status=reply.status,
            headers=self.headers(reply.headers),
            body=body,
            elapsed_ms=reply.elapsed_ms,
            cut=cut,
            json_body=None if cut else self._parsed(text),
        )

    def blank(self, request: Request) -> Request:
        """Return the request to make a snippet from: each secret replaced by its placeholder, by form.

        A secret as it is becomes ``$SECRET_1``, one that had to be encoded ``$SECRET_1_URL``, ``_JSON``, ``_HTML``
        or ``_ENCODED``. A Basic pair is taken apart and put together again around the placeholder. What the reader
        could not fill in, such as a signature, is masked.
        """
        return request.model_copy(
            update={
                "url": self._secrets.replace(_USER_INFO.sub(rf"\1{MASK}@", request.url), by_form=True),
                "headers": tuple((name, self._blank_header(name, value)) for name, value in request.headers),
                "body": self._secrets.replace(
                    request.body.decode("utf-8", "surrogateescape"), by_form=True
                ).encode("utf-8", "surrogateescape"),
            }
        )

    def _header(self, name: str, value: str) -> str:
        scheme, known = self._known(value)
        if known is not None:
            return scheme + known
        if name.lower() not in SENSITIVE_HEADERS:
            return self.text(value)
        word, space, rest = value.partition(" ")
        return f"{word} {MASK}" if space and rest and word.lower() in _SCHEMES else MASK

    def _known(self, value: str) -> tuple[str, str | None]:
        """Return the scheme word, and the replacement of the rest where that is exactly one secret."""
        if value.strip() in self._exact:
            return "", self._exact[value.strip()]
        word, _, rest = value.partition(" ")
        return f"{word} ", self._exact.get(rest.strip())

    def _blank_header(self, name: str, value: str) -> str:
        word, _, rest = value.partition(" ")
        pair = _decoded(rest) if word.lower() == "basic" else None
        if pair is not None:
            shown = ":".join(self._exact.get(part, part) for part in pair.split(":", 1))
            shown = self._secrets.replace(shown, by_form=True)
            if shown != pair:
                return f"{word} {base64.b64encode(shown.encode()).decode()}"
        if name.lower() in SENSITIVE_HEADERS or self._known(value)[1] is not None:
            return self._header(name, value)
        return self._secrets.replace(value, by_form=True)

    def _field(self, found: re.Match[str]) -> str:
        return found[0] if found[2] in self._exact else found[1] + MASK

    def _parsed(self, text: str) -> JsonValue:
        try:
            return self.tree(orjson.loads(text))
        except (
            orjson.JSONDecodeError,
            RecursionError,
        ):  # not JSON, or nested deeper than anything that is read
            return None


class _Finder:
    """One compiled pattern for a set of values, and what each is replaced by."""

    def __init__(self, shown: Mapping[str, str], pattern: Callable[[str], str]) -> None:
        # The longest first: of two secrets, one of which begins with the other, the longer one is found.
        self._values = sorted(shown, key=lambda value: (-len(value), value))
        self._shown = shown
        self._pattern = (
            re.compile("|".join(f"({pattern(value)})" for value in self._values)) if shown else None
        )

    def replace(self, text: str, *, by_form: bool = False) -> str:
        """Return ``text`` with each value replaced; those that overlap together, so that no end of one stays."""
        done: list[str] = []
        at = 0
        for start, end, value in self._spans(text):
            shown = self._shown[value]
            done += [text[at:start], shown + _form(value, text[start:end]) if by_form else shown]
            at = end
        return "".join([*done, text[at:]]) if at else text

    def _spans(self, text: str) -> list[tuple[int, int, str]]:
        """Return where values stand, in order, overlapping ones joined under the name of the longest."""
        spans: list[tuple[int, int, str]] = []
        match = self._pattern.search(text) if self._pattern else None
        longest = 0
        while match is not None and self._pattern is not None:
            start, end = match.span()
            value = self._values[(match.lastindex or 1) - 1]
            if spans and start < spans[-1][1]:
                first, last, name = spans.pop()
                spans.append((first, max(last, end), value if end - start > longest else name))
                longest = max(longest, end - start)
            else:
                spans.append((start, end, value))
                longest = end - start
            match = self._pattern.search(text, start + 1)
        return spans


def hint_of(secret: str) -> str:
    """Return what may be shown of a secret: ``****``, with its last four characters when it is long enough."""
    shown = secret.strip()[-4:]
    return f"{MASK} {shown}" if len(secret.strip()) >= SHORTEST_HINTED and shown.isprintable() else MASK


def mask_identifier(value: str, salt: bytes) -> str:
    """Return a pseudonym such as ``a***@example.com #3f9a1c`` or ``+46***89 #0c41d7``.

    The fingerprint (the first six digits of HMAC-SHA256) is the same for the same person under the same salt,
    whatever the case of the letters or the separators of the phone number, and cannot be turned back without it.
    """
    plain = value.strip()
    local, at, domain = plain.rpartition("@")
    digits = re.sub(r"[\s().\-/]", "", plain)
    if at and local:
        key, shown = plain.casefold(), f"{local[0] if len(local) > 2 else ''}***@{domain}"
    elif re.fullmatch(r"\+?[0-9]{8,}", digits):
        head = digits[: 3 if digits.startswith("+") else 2]
        key, shown = digits, f"{head}***{digits[-2:]}"
    else:
        key, shown = plain.casefold(), f"{plain[0]}***" if len(plain) > 4 else "***"
    return f"{shown} #{hmac.new(salt, key.encode('utf-8', 'surrogatepass'), hashlib.sha256).hexdigest()[:6]}"


def _decoded(token: str) -> str | None:
    try:
        return base64.b64decode(token.strip(), validate=True).decode()
    except ValueError:
        return None


def _form(secret: str, found: str) -> str:
    """Return the name of the form in which a secret was found; empty for the secret as it is."""
    if found == secret:
        return ""
    if secret in (unquote(found), unquote_plus(found)):
        return "_URL"
    if html.unescape(found) == secret:
        return "_HTML"
    try:
        return "_JSON" if json.loads(f'"{found}"') == secret else "_ENCODED"
    except ValueError:
        return "_ENCODED"


def _identifier_finder(identifiers: Mapping[str, str]) -> _Finder:
    named = {value: shown for value, shown in identifiers.items() if len(value) >= SHORTEST_IDENTIFIER}
    return _Finder(named, identifier_pattern)
