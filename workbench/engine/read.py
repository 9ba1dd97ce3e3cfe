"""Read: a reply or a failure becomes a normalised outcome; the provider's own words are kept beside it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import orjson

from workbench.models.base import JsonValue, trusted
from workbench.models.provider import Provider, Reading
from workbench.models.request import Failure, FieldError, Outcome, OutcomeKind, Reply
from workbench.sentence import Sentence, say

from .paths import find, first
from .xml_values import xml_read

FAILED: dict[str, OutcomeKind] = {"blocked": "blocked"}
SHORT = 300
"""Characters of a plain text that can be an error's words; what is longer is a page."""
_NOT_JSON = object()
_ERRORS = ("error.message", "error", "errors[].message", "errors[]")
_USUAL = ("message", "error_description", *_ERRORS, "detail", "title")
_UTF8 = ("", "utf-8", "utf8")
_LONG_NUMBER = re.compile(
    rb"[0-9]{19}"
)  # orjson reads an integer that is longer than 64 bits as a rounded number
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_MARKS = frozenset({"error", "errors", "is_error", "success", "ok", "status"})
_WAIT = re.compile(r"after (\d{1,6}) seconds", re.ASCII)


def read(provider: Provider, answer: Reply | Failure, now: datetime) -> Outcome:
    """Return what became of the request. Every answer is read: empty, HTML, a list, cut off, a wrong charset."""
    if isinstance(answer, Failure):
        kind: OutcomeKind = FAILED.get(answer.kind) or ("uncertain" if answer.sent else "unreachable")
        return Outcome(kind=kind, sentence=answer.sentence)
    reading = provider.reading
    body = _body(provider, answer)
    errors = _errors(reading, answer, body)
    kind = _kind(reading, answer, body, errors)
    waits = kind in ("throttled", "server_error")
    return trusted(
        Outcome,
        {
            "kind": kind,
            "sentence": _sentence(provider, kind, answer, errors),
            "ids": _ids(reading, answer, body) if kind in ("accepted", "check_body") else (),
            "errors": errors if kind != "accepted" else (),
            "retry_after_s": _retry_after(reading, answer, body, now) if waits else None,
        },
    )


def _body(provider: Provider, reply: Reply) -> JsonValue:
    """Return the parsed body: JSON, or XML of a provider that speaks it; where a member's text is the answer, what that text holds."""
    body = json_of(reply)
    if body is _NOT_JSON and any(endpoint.encoding == "xml" for endpoint in provider.endpoints):
        try:
            return xml_read(reply.body)
        except ValueError:
            return body
    inner = provider.reading.inner
    if inner and isinstance(body, dict) and isinstance(body.get(inner), str):
        return json_of(Reply(status=reply.status, body=body[inner].encode("utf-8", "replace")))
    return body


def json_of(reply: Reply) -> JsonValue:
    """Return the parsed body, or a marker that equals nothing where it is not JSON."""
    if reply.charset().lower() in _UTF8 and not _LONG_NUMBER.search(reply.body):
        try:
            return orjson.loads(reply.body)
        except orjson.JSONDecodeError:
            pass  # it may be what json takes and orjson does not: NaN, half a character, bytes that are no UTF-8
    text = reply.text()
    try:
        value = json.loads(text)
        if _HALF.search(
            text
        ):  # what cannot be written again is no text to keep: "?" stands for half a character
            value = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return _NOT_JSON
    return value


def is_json(value: JsonValue) -> bool:
    """Return whether ``json_of`` found JSON."""
    return value is not _NOT_JSON


def _kind(reading: Reading, reply: Reply, body: JsonValue, errors: tuple[FieldError, ...]) -> OutcomeKind:
    if reply.status in reading.throttled:
        return "throttled"
    if 200 <= reply.status < 300:
        if _is_page(reply) or _says_no(reading, body, errors):
            return "check_body"
        return "accepted" if _says_yes(reading, body) else "unconfirmed"
    if 300 <= reply.status < 400:
        return "redirected"
    return "server_error" if reply.status >= 500 else "refused"


def _is_page(reply: Reply) -> bool:
    """Return whether a web page came instead of an API's answer: often the sign-in page of a wrong address."""
    return "html" in (reply.header("content-type") or "").lower() and bool(reply.body.strip())


def _says_no(reading: Reading, body: JsonValue, errors: tuple[FieldError, ...]) -> bool:
    """Return whether a 2xx body speaks of an error (R-ESP-28): the provider's own mark, else the usual words for one."""
    if reading.refused_unless is not None and any(not _is_fine(reading, item) for item in _replies(body)):
        return True
    if errors and reading.errors not in ("", "$"):
        return True
    if not isinstance(body, dict) or _MARKS.isdisjoint(map(str.lower, body)):
        return False
    lowered = {key.lower(): value for key, value in body.items()}
    return bool(
        lowered.get("error") or lowered.get("errors") or lowered.get("is_error")
        or lowered.get("success") is False or lowered.get("ok") is False
        or str(lowered.get("status", "")).lower() in ("error", "failed", "failure")
    )  # fmt: skip


def _says_yes(reading: Reading, body: JsonValue) -> bool:
    """Return whether a 2xx holds the word that alone means yes, where its provider has one (R-EVT-15): ``1`` is not ``true``."""
    if reading.confirmed is None:
        return True
    path, word = reading.confirmed
    return any(type(value) is type(word) and value == word for value in find(body, path))


def _replies(body: JsonValue) -> list[JsonValue]:
    """Return the replies in a body: a batch is answered by a list of them, each with its own mark."""
    return body if isinstance(body, list) else [body]


def _is_fine(reading: Reading, reply: JsonValue) -> bool:
    """Return whether a reply carries no mark of a refusal."""
    path, fine = reading.refused_unless or ("", ())
    return all(value in fine for value in find(reply, path)) if path else False


def _errors(reading: Reading, reply: Reply, body: JsonValue) -> tuple[FieldError, ...]:
    """Return the errors that the reply names. Of a 2xx with marks only the marked ones are errors: "OK" is none."""
    marked = reading.refused_unless is not None and 200 <= reply.status < 300
    found = []
    for item in _places(reading, body):
        for error in _replies(item):
            if isinstance(error, str) and error and reading.errors not in ("", "$"):
                found.append(FieldError(message=error))
            elif (
                isinstance(error, dict)
                and not (marked and _is_fine(reading, error))
                and (message := _message(reading, error))
            ):
                found.append(
                    FieldError(
                        message=message, field=_word(error, reading.field), code=_code(reading, reply, error)
                    )
                )
    return tuple(found) or _own_words(reading, reply, body)


def _places(reading: Reading, body: JsonValue) -> list[JsonValue]:
    if not is_json(body):
        return []
    return find(body, reading.errors) if reading.errors else [body]


def _message(reading: Reading, error: JsonValue) -> str:
    """Return an error's message with its further words, where the provider has both (SparkPost's description)."""
    message, more = first(error, reading.message), first(error, reading.more)
    if not isinstance(message, str):
        return ""
    return f"{message}: {more}" if isinstance(more, str) and more and more not in message else message


def _code(reading: Reading, reply: Reply, error: JsonValue) -> str | None:
    """Return the error's code; AWS gives it in a header, at times with a namespace or an address around it."""
    if not reading.code.startswith("header:"):
        return _word(error, reading.code)
    value = reply.header(reading.code.removeprefix("header:"))
    return value.partition(":")[0].rpartition("#")[2] if value else None


def _own_words(reading: Reading, reply: Reply, body: JsonValue) -> tuple[FieldError, ...]:
    """Return what a reply says in a place nobody declared: the usual keys of an object, or a refusal's short plain text."""
    refused = reply.status >= 400
    if not refused and (not isinstance(body, dict) or ("error" not in body and "errors" not in body)):
        return ()
    words: list[JsonValue] = []
    if isinstance(body, dict):
        paths = (*reading.words, *(_USUAL if refused else _ERRORS))
        words = [value for path in paths for value in find(body, path)]
    elif refused and is_json(body):
        words = [body]
    elif refused and len(text := reply.text().strip()) <= SHORT:
        words = [text]
    said = next((word for word in words if isinstance(word, str) and word and word[0] != "<"), None)
    return () if said is None else (FieldError(message=said, code=_code(reading, reply, body)),)


def _word(error: JsonValue, path: str) -> str | None:
    value = first(error, path) if path else None
    return None if value is None else str(value)


def _ids(reading: Reading, reply: Reply, body: JsonValue) -> tuple[str, ...]:
    found: list[str] = []
    for path in reading.ids:
        if path.startswith("header:"):
            value = reply.header(path.removeprefix("header:"))
            found += [value] if value else []
        elif is_json(body):
            found += [str(value) for value in find(body, path) if value is not None]
    return tuple(dict.fromkeys(found))  # a body and a header may name the same one


def _retry_after(reading: Reading, reply: Reply, body: JsonValue, now: datetime) -> float | None:
    """Return the seconds to wait: Retry-After in both forms (RFC 9110 section 10.2.3), else the provider's reset time."""
    for path in reading.retry_after:
        seconds = _seconds(_look(path, reply, body), now)
        if seconds is not None:
            return seconds
    for path in reading.reset_at:
        stamp = _number(_look(path, reply, body))
        if stamp is not None:
            return max(0.0, stamp - now.timestamp()) if stamp > 1e8 else max(0.0, stamp)
    return None


def _look(path: str, reply: Reply, body: JsonValue) -> JsonValue:
    return reply.header(path.removeprefix("header:")) if path.startswith("header:") else first(body, path)


def _seconds(value: JsonValue, now: datetime) -> float | None:
    number = _number(value)
    if number is not None:
        return number if number >= 0 else None
    if isinstance(value, str) and (wait := _WAIT.search(value)):
        return float(wait[1])
    try:
        at = parsedate_to_datetime(str(value))
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - now).total_seconds())


def _number(value: JsonValue) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if number == number and abs(number) < 1e12 else None


def _sentence(
    provider: Provider, kind: OutcomeKind, reply: Reply, errors: tuple[FieldError, ...]
) -> Sentence:
    words = errors[0].message[:300] if errors else ""
    name, status = provider.name, reply.status
    if kind == "accepted":
        return say("{provider} took the message (HTTP {status}).", provider=name, status=status)
    if kind == "check_body" and _is_page(reply):
        return say(
            "{provider} answered {status} with a web page instead of a message's receipt, often a sign-in page. Check the URL.",
            provider=name,
            status=status,
        )
    if kind == "check_body":
        return say(
            "{provider} answered {status}, but the body speaks of an error: check the body. {words}",
            provider=name,
            status=status,
            words=words,
        )
    if kind == "unconfirmed":
        return say(
            "{provider} answered {status}, but without the word that it took the message: accepted, not confirmed. "
            "Look there whether it arrived before you send it again.",
            provider=name,
            status=status,
        )
    declared = dict(provider.reading.statuses)
    if own := declared.get(status) or declared.get(status // 100 * 100 if status >= 500 else 0):
        words = words or reply.text().strip()[:200]
        return Sentence(own, {"provider": name, "status": status, "words": words})
    if kind == "redirected":
        return say(
            "{provider} answered {status} and points to {location}. Redirects are never followed: put the final address into the URL.",
            provider=name, status=status, location=_host_only(reply.header("location")),
        )  # fmt: skip
    if kind == "throttled":
        return say(
            "{provider} asks to slow down (HTTP {status}). Wait, then send again. {words}",
            provider=name,
            status=status,
            words=words,
        )
    if kind == "server_error":
        return say(
            "{provider} has a fault of its own (HTTP {status}). Try again later. {words}",
            provider=name,
            status=status,
            words=words,
        )
    if status in (401, 403):
        return say(
            "{provider} did not let us in (HTTP {status}). Check the credentials in step 2. {words}",
            provider=name,
            status=status,
            words=words,
        )
    if status == 404:
        return say(
            "{provider} knows no such address (HTTP 404). Check the URL in step 1. {words}",
            provider=name,
            words=words,
        )
    return say(
        "{provider} refused the message (HTTP {status}). {words}",
        provider=name,
        status=status,
        words=words or reply.text()[:200],
    )


def _host_only(location: str | None) -> str:
    return (location or "?").partition("?")[0][:200]
