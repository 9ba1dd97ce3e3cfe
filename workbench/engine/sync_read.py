"""SYNC READ: what a platform's answer says: an outcome, its own codes with what to do, an import, a coupon set, a page of a list.

Nothing is taken for granted: an answer may be empty, a web page, a list, cut off, or in another charset than it says.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from workbench.models.base import JsonValue
from workbench.models.request import Failure, FieldError, Outcome, OutcomeKind, Reply
from workbench.models.sync_platform import ApiCall, SyncPlatform
from workbench.sentence import N_, Sentence, Value, say

from .pace import Learned
from .rate_headers import learned
from .read import json_of
from .sync_codes import WORDS, Decoded, ValidationError, decoded, field_of, text_of
from .sync_resources import Page, coupon_set, page, remote_import, report_url
from .urls import host_of

LONGEST_WAIT_S: Final = 120.0
"""No answer makes an account wait longer: its calls are counted by the minute (R-SYNC-16)."""
MOST_CALLS: Final = 9_999_999
"""A limit beyond is no limit, and no ``Rate`` takes it."""


def read_answer(platform: SyncPlatform, call: str, answer: Reply | Failure, now: datetime) -> Outcome:
    """Return what became of a call. Every answer is read; an unknown one is never taken for a yes.

    A reading call wants JSON. A writing one is accepted without a body too, and only unconfirmed with one that is no JSON object.
    """
    if isinstance(answer, Failure):
        kind: OutcomeKind = "uncertain" if answer.sent else "unreachable"
        return Outcome(kind="blocked" if answer.kind == "blocked" else kind, sentence=answer.sentence)
    declared = platform.call(call)
    body = json_of(answer)
    told = decoded(platform, answer)
    kind = _kind(declared, answer, body, told)
    waits = kind in ("throttled", "server_error")
    return Outcome(
        kind=kind,
        sentence=_sentence(platform, declared, answer, kind, told),
        ids=_ids(body) if 200 <= answer.status < 300 else (),
        errors=_errors(told) if kind != "accepted" else (),
        retry_after_s=_retry_after(answer, now) if waits else None,
    )


def learned_of(reply: Reply, now: datetime) -> Learned | None:
    """Return what an answer says about the account's pace; no wait in it is negative or longer than two minutes.

    A 429 whose time is over already names none: the account then rests for longer with each one in a row. Only a 429 holds it up: a queue
    that is full (E0401) concerns imports alone.
    """
    news = learned(reply.headers, reply.status, None, now)
    if news is None:
        return None
    limit = news.limit if news.limit is not None and news.limit <= MOST_CALLS else None
    return replace(news, hold_s=_bounded(news.hold_s) or None, reset_s=_bounded(news.reset_s), limit=limit)


def stated_limit(reply: Reply) -> int | None:
    """Return how many calls a minute the answer says that the account may make; None where it says nothing that can be."""
    value = (reply.header("X-RateLimit-Limit") or "").strip()
    plain = value.isascii() and value.isdigit() and len(value) <= len(str(MOST_CALLS))
    return (int(value) or None) if plain else None


def _kind(call: ApiCall, reply: Reply, body: JsonValue, told: Decoded) -> OutcomeKind:
    status = reply.status
    if status == 429 or (told.full and status >= 400):
        return "throttled"
    if 300 <= status < 400:
        return "redirected"
    if not 200 <= status < 300:
        return "server_error" if status >= 500 else "refused"
    if _is_page(reply) or told.meaning is not None or _is_error(body):
        return "check_body"
    if call.method == "GET":
        return "accepted" if isinstance(body, (dict, list)) else "check_body"
    if not reply.body.strip():
        return "accepted"
    return "accepted" if isinstance(body, dict) else "unconfirmed"


def _is_error(body: JsonValue) -> bool:
    """Return whether a body is an error's, whatever its HTTP status: an import's own ``status`` is a word, and its ``errors`` a count."""
    status = body.get("status") if isinstance(body, dict) else None
    return isinstance(status, int) and not isinstance(status, bool) and status >= 400


def _is_page(reply: Reply) -> bool:
    kind = (reply.header("content-type") or "").lower()
    return bool(reply.body.strip()) and ("html" in kind or reply.body.lstrip()[:1] == b"<")


def _ids(body: JsonValue) -> tuple[str, ...]:
    made = text_of(body.get("id")) if isinstance(body, dict) else ""
    return (made,) if made else ()


def _errors(told: Decoded) -> tuple[FieldError, ...]:
    found = [
        FieldError(message=one.reason[:WORDS], field=one.field or None, code=told.code or None)
        for one in told.validation
    ]
    if not found and (told.detail or told.code):
        found = [FieldError(message=told.detail or told.code, code=told.code or None)]
    return tuple(found)


def _sentence(
    platform: SyncPlatform, call: ApiCall, reply: Reply, kind: OutcomeKind, told: Decoded
) -> Sentence:
    name, status = platform.name, reply.status
    if kind == "accepted" and call.method == "GET":
        return say("{platform} answered (HTTP {status}).", platform=name, status=status)
    if kind == "accepted":
        return say("{platform} took it (HTTP {status}).", platform=name, status=status)
    if (own := told.sentence) is not None:
        return own
    if told.validation:
        return _of_validation(platform, reply, told)
    words = told.detail
    if kind == "check_body":
        return say(
            "{platform} answered {status}, but not with what its API gives: perhaps a sign-in page or a proxy answered. "
            "Check the address in the shop's settings. {words}",
            platform=name, status=status, words=words,
        )  # fmt: skip
    if kind == "unconfirmed":
        return say(
            "{platform} answered {status} without a receipt that can be read: accepted, not confirmed. Look there before sending it again.",
            platform=name, status=status,
        )  # fmt: skip
    if kind == "redirected":
        return say(
            "{platform} answered {status} and points to {host}. Redirects are never followed: correct the address in the shop's settings.",
            platform=name, status=status, host=host_of(reply.header("location") or "") or "?",
        )  # fmt: skip
    declared = dict(platform.statuses)
    text = declared.get(status) or declared.get(
        500 if status >= 500 else 400, N_("{platform} answered HTTP {status}. {words}")
    )
    permission = Sentence(call.permission) if call.permission else "–"
    return Sentence(text, {"platform": name, "status": status, "words": words, "permission": permission})


def _of_validation(platform: SyncPlatform, reply: Reply, told: Decoded) -> Sentence:
    one, more = told.validation[0], len(told.validation) - 1
    values: dict[str, Value] = {
        "platform": platform.name,
        "status": reply.status,
        "field": one.field or "?",
        "reason": one.reason[:WORDS],
    }
    if more:
        return say(
            "{platform} does not take “{field}” (HTTP {status}): {reason}. {more} more are not right either.",
            **values,
            more=more,
        )
    return say("{platform} does not take “{field}” (HTTP {status}): {reason}. Correct it and send it again.", **values)  # fmt: skip


def _retry_after(reply: Reply, now: datetime) -> float | None:
    news = learned(reply.headers, reply.status, None, now)
    return _bounded(news.hold_s) or None if news is not None else None


def _bounded(seconds: float | None) -> float | None:
    return None if seconds is None else min(max(seconds, 0.0), LONGEST_WAIT_S)


__all__ = [
    "LONGEST_WAIT_S",
    "Decoded",
    "Page",
    "ValidationError",
    "coupon_set",
    "decoded",
    "field_of",
    "learned_of",
    "page",
    "read_answer",
    "remote_import",
    "report_url",
    "stated_limit",
]
