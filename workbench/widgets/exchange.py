"""EXCHANGE: what went out and what came back, as a person reads it: outcome, reply, request, cURL.

Shows masked views only (``RequestView``, ``ReplyView``). Whatever a provider answered is text here, never markup:
it stands escaped in a ``<pre>``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import ipywidgets

from workbench.models.base import JsonValue, Problem
from workbench.models.request import Headers, Outcome, OutcomeKind, ReplyView, RequestView
from workbench.sentence import N_, Sentence, say

from . import look
from .fold import Fold
from .look import Html, Kind
from .piece import Said, said
from .tables import table_markup

__all__ = [
    "OUTCOMES",
    "body_text",
    "exchange",
    "facts",
    "findings",
    "headers_markup",
    "outcome_badge",
    "outcome_banner",
    "request_view",
]

OUTCOMES: Mapping[OutcomeKind, tuple[Said, Kind]] = {
    "accepted": (N_("Accepted"), "ok"),
    "check_body": (N_("Check the body"), "warn"),
    "refused": (N_("Refused"), "error"),
    "throttled": (N_("Throttled"), "warn"),
    "redirected": (N_("Redirected"), "error"),
    "server_error": (N_("Server error"), "error"),
    "unreachable": (N_("Unreachable"), "error"),
    "uncertain": (N_("May have been sent"), "warn"),
    "unconfirmed": (N_("Accepted, not confirmed"), "warn"),
    "blocked": (N_("Blocked"), "error"),
}
"""What each outcome is called, and its colour; the colour only repeats the word."""

TALL = "400px"
"""A longer body scrolls in its own box, so that what follows it stays in reach."""

_LEVELS: Mapping[str, Kind] = {"error": "error", "warning": "warn", "note": "info"}


def outcome_badge(kind: OutcomeKind) -> Html:
    """Return an outcome's badge."""
    words, colour = OUTCOMES[kind]
    return look.badge(words, colour)


def outcome_banner(outcome: Outcome) -> ipywidgets.HTML:
    """Return the outcome as one banner: its word and its sentence."""
    words, colour = OUTCOMES[outcome.kind]
    return look.banner(colour, outcome.sentence, words)


def facts(reply: ReplyView | None, outcome: Outcome | None) -> Html:
    """Return status, time and the provider's message ids in one line."""
    shown: list[Sentence] = []
    if reply is not None:
        shown.append(say("HTTP status {status}", status=reply.status))
        shown.append(say("{time} ms", time=round(reply.elapsed_ms)))
    if outcome is not None and outcome.ids:
        shown.append(say("Message id {id}", id=", ".join(dict.fromkeys(outcome.ids))))
    return Html(" · ").join(said(one) for one in shown)


def exchange(
    request: RequestView | None,
    reply: ReplyView | None,
    outcome: Outcome | None,
    curl: str | None = None,
    problems: Iterable[Problem] = (),
    title: Said = "",
) -> ipywidgets.Widget:
    """Return one exchange: the outcome, what to look at, the reply, and folded the request and the cURL command."""
    parts: list[ipywidgets.Widget] = []
    if title:
        parts.append(look.heading(title, 3))
    if outcome is not None:
        parts.append(outcome_banner(outcome))
    line = facts(reply, outcome)
    if line:
        parts.append(look.show(line, "wb-hint"))
    if outcome is not None and outcome.errors:
        parts.append(look.show(_errors(outcome)))
    parts += findings(problems)
    if reply is not None:
        parts.append(reply_view(reply))
    if request is not None:
        parts.append(Fold(N_("Request, as it was sent"), request_view(request)).widget)
    if curl:
        parts.append(Fold(N_("The same request as a cURL command"), look.code_block(curl, "cURL")).widget)
    return look.stack(*parts)


def findings(problems: Iterable[Problem]) -> list[ipywidgets.Widget]:
    """Return a banner for each problem, in its level's colour."""
    return [look.banner(_LEVELS[problem.level], problem.sentence) for problem in problems]


def request_view(request: RequestView) -> ipywidgets.Widget:
    """Return method, address, headers and body of a request."""
    line = look.markup(
        '<p class="wb-mono"><strong>{method}</strong> <span class="wb-address">{url}</span></p>',
        method=request.method,
        url=request.url,
    )
    return look.stack(
        look.show(line),
        look.show(headers_markup(request.headers, N_("Request headers"))),
        _body(body_text(request.body), say("Request body, {size} bytes", size=request.size)),
        gap="small",
    )


def reply_view(reply: ReplyView) -> ipywidgets.Widget:
    """Return the body of a reply, and folded its headers."""
    text = body_text(reply.body)
    label: Sentence | str = N_("Response body")
    if reply.cut:
        label = N_("Response body, its first 64 kB")
    headers = Fold(
        say("Response headers ({count})", count=len(reply.headers)),
        look.show(headers_markup(reply.headers, N_("Response headers"))),
    )
    body = _body(text, label) if text else look.show(N_("The response has no body."), "wb-hint")
    return look.stack(body, headers.widget, gap="small")


def headers_markup(headers: Headers, caption: Said = "") -> Html:
    """Return headers as a table under a ``caption``."""
    rows = [
        [look.markup("<code>{text}</code>", text=name), look.markup("<code>{text}</code>", text=value)]
        for name, value in headers
    ]
    return table_markup([N_("Header"), N_("Value")], rows, caption, N_("No headers."))


def body_text(text: str) -> str:
    """Return a body as it is shown: JSON indented, anything else as it is; lone surrogates are replaced.

    JSON that indenting would change (a key twice, NaN) stays as it came.
    """
    try:
        tree = json.loads(text, object_pairs_hook=_once_each, parse_constant=_refused)
        shown = json.dumps(tree, indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        shown = text
    return shown.encode("utf-8", "replace").decode()


def _once_each(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _refused(name: str) -> JsonValue:
    raise ValueError(name)


def _body(text: str, label: Said) -> ipywidgets.Widget:
    block = look.code_block(text, said(label))
    block.children[1].layout.max_height = TALL
    block.children[1].layout.overflow = "auto"
    return block


def _errors(outcome: Outcome) -> Html:
    rows = [[error.message, error.field, error.code] for error in outcome.errors]
    return table_markup(
        [N_("The provider's own words"), N_("Field"), N_("Code")], rows, N_("What the provider reported")
    )
