"""READINESS EVIDENCE: a check as it stands and what it rests on, as markup: it unfolds without asking anybody, and prints.

Whatever a platform or a person said is text here, never markup.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from workbench.engine.readiness_kept import as_text
from workbench.engine.readiness_report import reply_text, request_text
from workbench.engine.readiness_words import MODES, SOURCES, STATES
from workbench.models.readiness import CheckStanding, Evidence
from workbench.sentence import N_, say

from . import look
from .language import number, when
from .look import Html, Kind, markup
from .piece import Said, said

__all__ = ["TONES", "badge_of", "check_markup", "points_of"]

TONES: Final[dict[str, Kind]] = {
    "open": "quiet", "partly": "warn", "passed": "ok", "failed": "error", "left_out": "quiet", "live_only": "quiet",
}  # fmt: skip


def badge_of(state: str) -> Html:
    """Return a state's badge: its word; the colour only repeats it."""
    return look.badge(STATES[state][0], TONES[state])


def points_of(points: float, of: int) -> str:
    """Return what something counts of what it could."""
    return f"{number(points)} / {number(of)}" if of else "–"


def check_markup(check: CheckStanding) -> Html:
    """Return a check: its title, what it counts and why, its newest evidence, and what was found before."""
    parts = [
        markup(
            '<div class="wb-ready-check-head"><h3 class="wb-h3">{title}</h3>{badge}<span class="wb-ready-points">{points}</span></div>'
            '<p class="wb-ready-why">{why}</p>',
            title=said(check.plan.title),
            badge=badge_of(check.state),
            points=points_of(check.points, check.of),
            why=said(check.why),
        )
    ]
    if check.evidence:
        parts.append(_newest(check.evidence[0]))
    if len(check.evidence) > 1:
        earlier = Html("").join(_earlier(one) for one in check.evidence[1:])
        parts.append(
            _unfold(
                say("What was found before ({count})", count=len(check.evidence) - 1),
                markup("<ol>{items}</ol>", items=earlier),
            )
        )
    return markup(
        '<div class="wb-ready-check wb-ready-{state}">{parts}</div>',
        state=check.state,
        parts=Html("").join(parts),
    )


def _newest(one: Evidence) -> Html:
    parts = [markup('<p class="wb-ready-found">{text}</p>', text=said(one.sentence))]
    if one.next_step is not None:
        parts.append(
            markup(
                '<p class="wb-ready-next"><strong>{title}</strong> {text}</p>',
                title=said(N_("Next step:")),
                text=said(one.next_step),
            )
        )
    if one.note:
        parts.append(markup("<blockquote>{note}</blockquote>", note=one.note))
    told = said(SOURCES[one.source])
    facts = Html(" · ").join([told, one.who, when(one.at), said(MODES[one.mode])])
    parts.append(markup('<p class="wb-ready-told">{facts}</p>', facts=facts))
    inside = Html("").join(_inside(one))
    if inside:
        parts.append(_unfold(N_("Evidence"), inside))
    return Html("").join(parts)


def _inside(one: Evidence) -> Iterator[Html]:
    if one.notes:
        items = Html("").join(markup("<li>{text}</li>", text=said(note)) for note in one.notes)
        yield markup("<ul>{items}</ul>", items=items)
    if one.request is not None:
        yield _block(N_("Request"), request_text(one.request))
    if one.reply is not None:
        yield _block(N_("Answer"), reply_text(one.reply))
    if one.body is not None:
        yield _block(N_("Payload"), as_text(one.body))


def _block(title: Said, text: str) -> Html:
    return markup(
        '<p class="wb-caption">{title}</p><pre class="wb-code" tabindex="0" role="region" aria-label="{title}"><code>{text}</code></pre>',
        title=said(title), text=text,
    )  # fmt: skip


def _unfold(title: Said, inside: Html) -> Html:
    return markup(
        '<details class="wb-ready-more"><summary>{title}</summary>{inside}</details>',
        title=said(title),
        inside=inside,
    )


def _earlier(one: Evidence) -> Html:
    facts = Html(" · ").join([one.who, when(one.at)])
    return markup(
        '<li>{badge} {text} <span class="wb-ready-told">{facts}</span></li>',
        badge=badge_of(one.state), text=said(one.sentence), facts=facts,
    )  # fmt: skip
