"""SNIPPET VIEW: one snippet: its code, the variables to set first, what it does otherwise, and the proof that it sends the same bytes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

import ipywidgets

from workbench.models.snippet import Proof, Snippet
from workbench.sentence import N_, Sentence, say

from . import look
from .download import Download
from .fold import Place
from .highlight import code
from .look import Html
from .messages import Messages
from .page import Frame
from .piece import said
from .tables import table_markup

__all__ = ["SnippetView"]

HOW_TO_SET = N_(
    "No secret stands in the code. Set each variable in the environment first, for example with export NAME='value' in a terminal, or in "
    "the settings of the server that runs the code."
)


class SnippetView:
    """The face of one snippet. ``prove`` runs it; None where that is not offered, and ``why_not`` says why."""

    def __init__(
        self, frame: Frame, snippet: Snippet, prove: Callable[[], Awaitable[Proof]] | None, why_not: Sentence | str | None
    ) -> None:  # fmt: skip
        self.frame, self.snippet, self._prove = frame, snippet, prove
        self.messages, self.proof = Messages(), Place()
        title = said(snippet.title)
        save = Download(
            say("Download {file}", file=snippet.file),
            snippet.file,
            self._text,
            self.messages.guard,
            "text/plain",
        )
        actions: list[ipywidgets.Widget] = [save]
        if prove is not None:
            self.button = look.button(
                N_("Prove it"),
                tooltip=N_("Runs it on the machine of the workbench, against a recorder. Nothing leaves it."),
            )
            frame.click(self.button, self.run, self.messages)
            actions.insert(0, self.button)
        self.widget = look.stack(
            look.show(_badge(snippet)),
            code(snippet.text, snippet.language, title, N_("Copy")),
            look.buttons(*actions, align="start"),
            *([look.show(said(why_not), "wb-hint")] if why_not else []),
            self.messages.widget,
            self.proof.widget,
            *(
                look.show(part)
                for part in (_differences(snippet.differences), _placeholders(snippet))
                if part
            ),
            *([look.show(said(HOW_TO_SET), "wb-hint")] if snippet.placeholders else []),
            look.show(_needs(snippet), "wb-hint"),
        )

    def __repr__(self) -> str:
        return f"<SnippetView {self.snippet.dialect}>"

    async def run(self) -> None:
        """Run it and show what arrived."""
        assert self._prove is not None
        self.proof.put(
            look.banner(
                "info",
                N_("It runs against a recorder on the machine of the workbench. This takes some seconds."),
            )
        )
        shown: list[ipywidgets.Widget] = []
        try:
            shown = [look.show(proof_markup(await self._prove()))]
        finally:
            self.proof.put(*shown)

    async def _text(self) -> str:
        return self.snippet.text


def proof_markup(proof: Proof) -> Html:
    """Return what a proof says, as a banner."""
    if proof.same:
        text = N_(
            "It was run with made-up secrets: method, address, headers and body arrived byte for byte as the workbench sends them."
        )
        return look.banner_markup("ok", text, N_("Proven: same bytes."))
    if proof.reason is not None:
        return look.banner_markup("warn" if proof.ran else "info", proof.reason)
    return look.banner_markup("warn", _items(proof.differences), N_("It was run, and what arrived differs:"))


def _badge(snippet: Snippet) -> Html:
    if snippet.differences:
        return look.badge(N_("Differs: see below"), "warn")
    return look.badge(N_("Same bytes"), "ok")


def _placeholders(snippet: Snippet) -> Html:
    if not snippet.placeholders:
        return Html("")
    rows = [
        [
            look.markup("<code>{name}</code>", name=one.name),
            said(one.title),
            said(one.form) or said(N_("as it is")),
        ]
        for one in snippet.placeholders
    ]
    heads = [N_("Variable"), N_("Stands for"), N_("Written")]
    return table_markup(heads, rows, N_("Variables to set first"))


def _differences(found: Iterable[Sentence]) -> Html:
    items = _items(found)
    if not items:
        return Html("")
    return look.markup(
        '<p class="wb-caption">{title}</p>{items}', title=said(N_("What it does otherwise")), items=items
    )


def _items(found: Iterable[Sentence]) -> Html:
    items = Html("").join(look.markup("<li>{text}</li>", text=said(one)) for one in found)
    return look.markup("<ul>{items}</ul>", items=items) if items else Html("")


def _needs(snippet: Snippet) -> Html:
    words = ", ".join(snippet.needs)
    return look.markup("{needs} <code>{words}</code>", needs=said(N_("It needs:")), words=words)
