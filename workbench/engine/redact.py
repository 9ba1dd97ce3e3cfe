"""REDACT: what is shown or kept holds no secret and no plain identifier, however it was encoded.

A provider's answer repeats what it was sent: percent-encoded in a link, JSON inside JSON, base64 in a header.
Replacing the plain text alone leaks the other forms, so each secret becomes one pattern in which every character
may stand in any of its spellings, beside its base64 (at each of the three alignments, hence also inside
``user:secret``) and hex.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Mapping
from typing import Final, TypeVar

import orjson

from workbench.models.base import JsonValue, trusted
from workbench.models.request import FieldError, Headers, Outcome, Reply, ReplyView, Request, RequestView
from workbench.sentence import Sentence

from .finder import folded, identifier_finder, secret_finder
from .spellings import has_odd_letters

MASK: Final = "****"
SHORTEST_HINTED: Final = 12
"""Characters: of a shorter secret, its last four would give too much away."""
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
SHALLOW: Final = 100
KEPT: Final = 512
"""How many headers, and how many other short texts, a redactor remembers the result for."""
KEPT_LENGTH: Final = 2048
_Key = TypeVar("_Key")
_Kept = TypeVar("_Kept")
_SENSITIVE_WORDS: Final = (b"token", b"secret", b"password")  # each of those names holds one
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
        self._secrets = secret_finder(self._exact)
        self._identifiers = identifier_finder(identifiers or {})
        self._kept: dict[str, tuple[str, bytes]] = {}
        self._kept_headers: dict[tuple[str, str], tuple[str, bytes | None]] = {}

    def __repr__(self) -> str:
        return f"<Redactor of {len(self._exact)} secrets>"

    def naming(self, identifiers: Mapping[str, str]) -> Redactor:
        """Return a redactor of the same secrets for other identifiers, sooner than a new one would be made."""
        other = Redactor.__new__(Redactor)
        other._exact, other._secrets = self._exact, self._secrets
        other._kept, other._kept_headers = self._kept, self._kept_headers
        other._identifiers = identifier_finder(identifiers)
        return other

    def text(self, text: str) -> str:
        """Return ``text`` with every form of each secret and identifier replaced, and nothing else changed."""
        return self._identifiers.replace(*self._secretless(text))

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
            else self._again(value)
            if isinstance(value, str)
            else value
            for name, value in sentence.values.items()
        }
        text = self._again(sentence.text)
        return sentence if text == sentence.text and values == sentence.values else Sentence(text, values)

    def outcome(self, outcome: Outcome) -> Outcome:
        """Return the outcome with the same replaced in its sentence and in the provider's words."""
        sentence = self.sentence(outcome.sentence)
        errors = tuple([self._error(error) for error in outcome.errors])
        if sentence is outcome.sentence and errors == outcome.errors:
            return outcome
        return outcome.model_copy(update={"sentence": sentence, "errors": errors})

    def headers(self, headers: Headers) -> Headers:
        """Return the headers with secrets replaced; ``SENSITIVE_HEADERS`` are masked whatever they hold."""
        return tuple([(pair[0], self._header(pair)) for pair in headers])

    def url(self, url: str) -> str:
        """Return the URL with the same replaced, and any ``user:password@`` masked."""
        return self._again(_USER_INFO.sub(rf"\1{MASK}@", url) if "@" in url else url)

    def request(self, request: Request) -> RequestView:
        """Return the request as it may be shown."""
        return trusted(
            RequestView,
            {
                "method": request.method,
                "url": self.url(request.url),
                "headers": self.headers(request.headers),
                "body": self.text(request.text()),
                "size": len(request.body),
                "provider": request.provider,
            },
        )

    def reply(self, reply: Reply) -> ReplyView:
        """Return the reply as it may be shown: at most 64 kB of text, and parsed where all of it is JSON.

        Tokens and passwords that it gives out are masked by the names of their fields too.
        """
        text = reply.text()
        low = folded(text)
        if any(map(low.__contains__, _SENSITIVE_WORDS)) or has_odd_letters(text):
            text = _SENSITIVE_FIELDS.sub(self._field, text)
            low = folded(text)
        clean = not self._secrets.may_be_in(text, low) and not self._identifiers.may_be_in(text, low)
        whole = text if clean else self.text(text)
        body = whole
        if len(whole) > BODY_LIMIT or not whole.isascii():
            body = whole.encode("utf-8", "replace")[:BODY_LIMIT].decode("utf-8", "ignore")
        cut = reply.truncated or len(body) < len(whole)
        return trusted(
            ReplyView,
            {
                "status": reply.status,
                "headers": self.headers(reply.headers),
                "body": body,
                "elapsed_ms": reply.elapsed_ms,
                "cut": cut,
                "json_body": None if cut else self._parsed(text, clean=clean),
            },
        )

    def blank(self, request: Request) -> Request:
        """Return the request to make a snippet from: each secret replaced by its placeholder, by form.

        A secret as it is becomes ``$SECRET_1``, one that had to be encoded ``$SECRET_1_URL``, ``_JSON``, ``_HTML``
        or ``_ENCODED``. A Basic pair is taken apart and put together again around the placeholder. What the reader
        could not fill in, such as a signature, is masked.
        """
        return request.model_copy(
            update={
                "url": self._secrets.searched(_USER_INFO.sub(rf"\1{MASK}@", request.url), by_form=True),
                "headers": tuple((name, self._blank_header(name, value)) for name, value in request.headers),
                "body": self._secrets.searched(
                    request.body.decode("utf-8", "surrogateescape"), by_form=True
                ).encode("utf-8", "surrogateescape"),
            }
        )

    def _error(self, error: FieldError) -> FieldError:
        field = None if error.field is None else self.text(error.field)
        return error.model_copy(update={"message": self.text(error.message), "field": field})

    def _secretless(self, text: str) -> tuple[str, bytes]:
        """Return ``text`` with the secrets replaced, and that folded."""
        low = folded(text)
        shown = self._secrets.replace(text, low)
        return shown, low if shown is text else folded(shown)

    def _again(self, text: str) -> str:
        """Return what ``text`` returns, sooner for what is asked again and again: the parts that all rows of a job share."""
        kept = self._kept.get(text)
        if kept is None:
            kept = self._secretless(text)
            if len(text) <= KEPT_LENGTH:
                _keep(self._kept, text, kept)
        return self._identifiers.replace(*kept)

    def _header(self, pair: tuple[str, str]) -> str:
        kept = self._kept_headers.get(pair)
        if kept is None:
            kept = self._secretless_header(*pair)
            if len(pair[1]) <= KEPT_LENGTH:
                _keep(self._kept_headers, pair, kept)
        shown, low = kept
        return shown if low is None else self._identifiers.replace(shown, low)

    def _secretless_header(self, name: str, value: str) -> tuple[str, bytes | None]:
        """Return the value with the secrets replaced, and that folded; None for the latter where no identifier is looked for."""
        scheme, known = self._known(value)
        if known is not None:
            return scheme + known, None
        if name.lower() not in SENSITIVE_HEADERS:
            return self._secretless(value)
        word, space, rest = value.partition(" ")
        return (f"{word} {MASK}" if space and rest and word.lower() in _SCHEMES else MASK), None

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
            shown = self._secrets.searched(shown, by_form=True)
            if shown != pair:
                return f"{word} {base64.b64encode(shown.encode()).decode()}"
        if name.lower() in SENSITIVE_HEADERS or self._known(value)[1] is not None:
            return self._header((name, value))
        return self._secrets.searched(value, by_form=True)

    def _field(self, found: re.Match[str]) -> str:
        return found[0] if found[2] in self._exact else found[1] + MASK

    def _parsed(self, text: str, *, clean: bool) -> JsonValue:
        try:
            value = orjson.loads(text)
            return value if clean and "\\" not in text and _is_verbatim(value) else self.tree(value)
        except (
            orjson.JSONDecodeError,
            RecursionError,
        ):  # not JSON, or nested deeper than anything that is read
            return None


def _is_verbatim(value: JsonValue, depth: int = SHALLOW) -> bool:
    """Return whether no number in it may be written otherwise than it was; False also where it is nested deeply."""
    kind = type(value)
    if kind is dict or kind is list:
        items = value.values() if kind is dict else value
        return depth > 0 and all(_is_verbatim(item, depth - 1) for item in items)
    return kind is not float


def _keep(kept: dict[_Key, _Kept], key: _Key, value: _Kept) -> None:
    """Keep a result, and begin anew when there are many: those that come again are soon there again."""
    if len(kept) >= KEPT:
        kept.clear()
    kept[key] = value


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
    if at and local:
        key, shown = plain.casefold(), f"{local[0] if len(local) > 2 else ''}***@{domain}"
    elif _PHONE.fullmatch(digits := _SEPARATORS.sub("", plain)):
        head = digits[: 3 if digits.startswith("+") else 2]
        key, shown = digits, f"{head}***{digits[-2:]}"
    else:
        key, shown = plain.casefold(), f"{plain[0]}***" if len(plain) > 4 else "***"
    return f"{shown} #{hmac.digest(salt, key.encode('utf-8', 'surrogatepass'), 'sha256').hex()[:6]}"


_SEPARATORS = re.compile(r"[\s().\-/]")
_PHONE = re.compile(r"\+?[0-9]{8,}")


def _decoded(token: str) -> str | None:
    try:
        return base64.b64decode(token.strip(), validate=True).decode()
    except ValueError:
        return None
