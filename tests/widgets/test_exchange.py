"""The exchange: outcome, reply, request, cURL; whatever a provider answers is text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.models.base import Problem
from workbench.models.request import FieldError, Outcome, OutcomeKind, ReplyView, RequestView
from workbench.sentence import say
from workbench.widgets.exchange import (
    OUTCOMES,
    body_text,
    exchange,
    headers_markup,
    outcome_badge,
    reply_view,
)
from workbench.widgets.fields import CopyButton

HOSTILE = "<script>document.title='ran'</script><img src=x onerror=alert(1)>"
REQUEST = RequestView(
    method="POST",
    url="https://api.example.com/send?c=<b>",
    headers=(("Authorization", "Basic ****"), ("X-<i>", "<u>")),
    body='{"to":"ana@example.com"}',
    size=24,
)


def texts(widget: object) -> Iterator[str]:
    """Every text that a tree of widgets shows."""
    for name in ("value", "description", "text"):
        yield str(getattr(widget, name, "") or "")
    for child in getattr(widget, "children", ()):
        yield from texts(child)


def reply(body: str, **more: object) -> ReplyView:
    return ReplyView(**{"status": 200, "headers": (("X", "y"),), "body": body, "elapsed_ms": 12.4, **more})


def outcome(kind: OutcomeKind = "accepted", **more: object) -> Outcome:
    return Outcome(**{"kind": kind, "sentence": say("Taken."), **more})


@pytest.mark.parametrize("kind", get_args(OutcomeKind))
def test_every_outcome_has_a_word_and_a_colour(kind: OutcomeKind) -> None:
    words, colour = OUTCOMES[kind]
    assert f'class="wb-badge wb-{colour}"' in outcome_badge(kind)
    shown = " ".join(texts(exchange(None, None, outcome(kind))))
    assert str(words) in shown
    assert "Taken." in shown


def test_an_exchange_shows_status_time_ids_headers_bodies_and_curl() -> None:
    widget = exchange(REQUEST, reply('{"id":"m-1"}'), outcome(ids=("m-1", "m-1")), "curl -X POST 'x'")
    shown = " ".join(texts(widget))
    for part in (
        "HTTP status 200 · 12 ms · Message id m-1",
        "&quot;id&quot;: &quot;m-1&quot;",
        "Response headers (1)",
        "Basic ****",
        "Request body, 24 bytes",
        "curl -X POST &#x27;x&#x27;",
    ):
        assert part in shown
    assert shown.count("m-1") >= 2
    copied = {button.text for button in _buttons(widget)}
    assert "curl -X POST 'x'" in copied


def _buttons(widget: object) -> Iterator[CopyButton]:
    if isinstance(widget, CopyButton):
        yield widget
    for child in getattr(widget, "children", ()):
        yield from _buttons(child)


def test_hostile_markup_stays_text_wherever_it_comes_from() -> None:
    refused = outcome(
        "refused",
        sentence=say("No: {words}", words=HOSTILE),
        ids=(HOSTILE,),
        errors=(FieldError(message=HOSTILE, field=HOSTILE, code=HOSTILE),),
    )
    answer = reply(HOSTILE, headers=((HOSTILE, HOSTILE),))
    problem = Problem(field="payload", level="warning", sentence=say("Mind {what}.", what=HOSTILE))
    widget = exchange(
        REQUEST.model_copy(update={"body": HOSTILE, "url": HOSTILE}), answer, refused, HOSTILE, [problem]
    )
    markup = " ".join(_html(widget))
    assert "&lt;script&gt;" in markup
    assert not re.search(r"<(script|img|b|i|u)\b", markup)


def _html(widget: object) -> Iterator[str]:
    """The texts that the browser reads as markup: those of HTML widgets alone."""
    if type(widget).__name__ == "Markup":
        yield str(widget.value)  # type: ignore[attr-defined]
    for child in getattr(widget, "children", ()):
        yield from _html(child)


@given(st.text())
def test_no_body_ever_becomes_markup(body: str) -> None:
    body_text(body).encode()  # raises for what the browser could not be sent
    (block,) = [part for part in _html(reply_view(reply(body))) if part.startswith("<pre")] or [""]
    inside = block.removeprefix(block.partition("<code>")[0] + "<code>").removesuffix("</code></pre>")
    assert "<" not in inside


TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
)


@given(TREES)
def test_a_json_body_is_indented_and_means_the_same(tree: object) -> None:
    assert json.loads(body_text(json.dumps(tree))) == tree


@pytest.mark.parametrize("body", ['{"a": 1, "a": 2}', '{"a": NaN}', "[" * 100_000, "not json", ""])
def test_what_indenting_would_change_stays_as_it_came(body: str) -> None:
    assert body_text(body) == body


def test_a_cut_body_says_so_and_an_empty_one_too() -> None:
    assert "its first 64 kB" in " ".join(texts(reply_view(reply("x" * 10, cut=True))))
    assert "no body" in " ".join(texts(reply_view(reply(""))))


def test_no_headers_is_a_sentence() -> None:
    assert "No headers." in headers_markup(())
