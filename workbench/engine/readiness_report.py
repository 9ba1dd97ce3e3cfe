"""READINESS REPORT: a validation as one page of HTML to pass on: the score and why, each check, its evidence. Nobody is named in it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from workbench.models.readiness import CheckStanding, Evidence, Standing, StepStanding, Validation
from workbench.models.request import ReplyView, RequestView
from workbench.sentence import N_, Sentence, say

from .html_page import Say, document, row, table, text
from .html_report_style import STYLE
from .readiness_kept import as_text
from .readiness_score import standing
from .readiness_words import MODES, SCORE, SOURCES, STATES

_RADIUS: Final = 52
_OWN: Final = """
.head { display: flex; gap: 24px; align-items: center; flex-wrap: wrap; } .head p { margin: 4px 0; max-width: 72ch; }
.ring { width: 120px; height: 120px; flex: none; } .ring text { font: 700 28px system-ui, sans-serif; fill: var(--ink); }
.ring circle { fill: none; stroke-width: 12; stroke: var(--line); } .ring .arc { stroke: var(--bad); stroke-linecap: round; }
.ring.half .arc { stroke: var(--odd); } .ring.full .arc { stroke: var(--ok); }
.badge.open, .badge.left_out, .badge.live_only { color: var(--muted); background: var(--page); border: 1px solid var(--line); }
.badge.partly { color: var(--odd); background: var(--odd-soft); }
h3 { font-size: 16px; margin: 20px 0 4px; } .why { color: var(--muted); font-size: 13px; margin: 2px 0; } .next { margin: 4px 0; }
details { margin: 6px 0; } summary { cursor: pointer; color: var(--link); } pre { background: var(--page); border: 1px solid var(--line);
  border-radius: 6px; padding: 10px; overflow-x: auto; font: 13px/1.45 ui-monospace, monospace; white-space: pre-wrap;
  overflow-wrap: anywhere; }
blockquote { margin: 6px 0; padding-left: 10px; border-left: 3px solid var(--line); white-space: pre-wrap; overflow-wrap: anywhere; }
ul { margin: 4px 0; padding-left: 20px; } .rehearsal { border: 1px solid var(--odd); background: var(--odd-soft); color: var(--odd);
  border-radius: 6px; padding: 8px 12px; }
"""


def readiness_report(validation: Validation, *, language: str = "en", words: Say = str) -> str:
    """Return the page; ``words`` puts sentences into the language whose code is ``language``."""
    stood = standing(validation)
    heading = words(say("Readiness of {shop}", shop=validation.shop_name))
    summary = "".join(_summary(step, words) for step in stood.steps)
    columns = (N_("Step"), N_("State"), N_("Points"))
    body = [
        _head(validation, stood, words),
        table(columns, summary, words, N_("Steps")),
        *(_step(step, words) for step in stood.steps),
    ]
    return document(heading, "\n".join(body), language=language, style=STYLE + _OWN)


def _head(validation: Validation, stood: Standing, words: Say) -> str:
    mode = words(Sentence(MODES[validation.mode]))
    told = words(say(
        "{mode}, begun {begun} by {who}, last changed {changed} (UTC).",
        mode=mode, begun=_when(validation.begun_at), who=validation.by, changed=_when(validation.changed_at),
    ))  # fmt: skip
    counted = words(say(
        "{points} of {of} points · {proven} proven, {failed} not so, {open} without evidence, {left_out} not counted, {words} by a word",
        points=_number(stood.points), of=stood.of, proven=stood.proven, failed=stood.failed, open=stood.open, left_out=stood.left_out,
        words=stood.words,
    ))  # fmt: skip
    stand_in = words(
        say(
            "This was rehearsed: a stand-in answered in the platform's place. It shows the form, not that the platform took it."
        )
    )
    note = f'<p class="rehearsal">{text(stand_in)}</p>' if validation.mode == "rehearsal" else ""
    return (
        f'<div class="head">{_ring(stood, words)}<div><p class="total {"passed" if stood.ready else "failed"}">'
        f'{text(words(stood.sentence))}</p><p>{text(counted)}</p><p class="hint">{text(told)}</p></div></div>{note}'
        f'<p class="hint">{text(words(Sentence(SCORE)))}</p>'
    )


def _ring(stood: Standing, words: Say) -> str:
    """Return the score as a ring that fills, with its words for who cannot see it."""
    around = 2 * math.pi * _RADIUS
    kind = "full" if stood.ready else "half" if stood.percent >= 50 and not stood.failed else ""
    name = words(say("{percent} % of what counts is proven", percent=stood.percent))
    arc = around * stood.percent / 100
    hidden = "" if arc else ' opacity="0"'
    return (
        f'<svg class="ring {kind}" viewBox="0 0 120 120" role="img" aria-label="{text(name)}">'
        f'<circle cx="60" cy="60" r="{_RADIUS}"/><circle class="arc" cx="60" cy="60" r="{_RADIUS}" '
        f'stroke-dasharray="{arc:.1f} {around:.1f}" transform="rotate(-90 60 60)"{hidden}/>'
        f'<text x="60" y="70" text-anchor="middle">{stood.percent} %</text></svg>'
    )


def _summary(step: StepStanding, words: Say) -> str:
    link = f'<a href="#{text(step.plan.key)}">{text(words(Sentence(step.plan.title)))}</a>'
    points = f"{_number(step.points)} / {step.of}" if step.of else "–"
    return row((link, _badge(step.state, words), text(points)))


def _step(step: StepStanding, words: Say) -> str:
    checks = "".join(_check(check, words) for check in step.checks)
    return (
        f'<section id="{text(step.plan.key)}"><h2>{text(words(Sentence(step.plan.title)))} {_badge(step.state, words)}</h2>'
        f'<p class="hint">{text(words(Sentence(step.plan.about)))}</p>{checks}</section>'
    )


def _check(check: CheckStanding, words: Say) -> str:
    parts = [
        f"<h3>{text(words(Sentence(check.plan.title)))} {_badge(check.state, words)}</h3>",
        f'<p class="why">{text(words(check.why))}</p>',
    ]
    if check.evidence:
        parts += _evidence(check.evidence[0], words)
    else:
        parts.append(f"<p>{text(words(Sentence(check.plan.how)))}</p>")
    if len(check.evidence) > 1:
        earlier = "".join(f"<li>{_line(one, words)}</li>" for one in check.evidence[1:])
        parts.append(
            f"<details><summary>{text(words(say('Before that')))}</summary><ul>{earlier}</ul></details>"
        )
    return "\n".join(parts)


def _evidence(one: Evidence, words: Say) -> Iterator[str]:
    yield f"<p>{text(words(one.sentence))}</p>"
    if one.next_step is not None:
        yield f'<p class="next"><strong>{text(words(say("Next step:")))}</strong> {text(words(one.next_step))}</p>'
    if one.note:
        yield f"<blockquote>{text(one.note)}</blockquote>"
    if one.notes:
        yield "<ul>" + "".join(f"<li>{text(words(note))}</li>" for note in one.notes) + "</ul>"
    told = words(say(
        "{source} · {who} · {at} UTC · {mode}",
        source=Sentence(SOURCES[one.source]), who=one.who, at=_when(one.at), mode=Sentence(MODES[one.mode]),
    ))  # fmt: skip
    yield f'<p class="why">{text(told)}</p>'
    for title, shown in _payloads(one):
        yield f"<details><summary>{text(words(Sentence(title)))}</summary><pre><code>{text(shown)}</code></pre></details>"


def _payloads(one: Evidence) -> Iterator[tuple[str, str]]:
    if one.request is not None:
        yield N_("Request"), request_text(one.request)
    if one.reply is not None:
        yield N_("Answer"), reply_text(one.reply)
    if one.body is not None:
        yield N_("Payload"), as_text(one.body)


def request_text(request: RequestView) -> str:
    """Return a masked request as people read it."""
    head = "\n".join(f"{name}: {value}" for name, value in request.headers)
    return f"{request.method} {request.url}\n{head}" + (f"\n\n{request.body}" if request.body else "")


def reply_text(reply: ReplyView) -> str:
    """Return a masked reply as people read it."""
    head = "\n".join(f"{name}: {value}" for name, value in reply.headers)
    return f"HTTP {reply.status}\n{head}" + (f"\n\n{reply.body}" if reply.body else "")


def _line(one: Evidence, words: Say) -> str:
    name, sign = STATES[one.state]
    return f"{sign} {text(words(Sentence(name)))}: {text(words(one.sentence))} ({text(one.who)}, {text(_when(one.at))})"


def _badge(state: str, words: Say) -> str:
    name, sign = STATES[state]
    return f'<span class="badge {state}"><span aria-hidden="true">{sign}</span> {text(words(Sentence(name)))}</span>'


def _when(at: object) -> str:
    return f"{at:%Y-%m-%d %H:%M}"


def _number(points: float) -> str:
    return f"{points:g}"
