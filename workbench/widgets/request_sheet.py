"""REQUEST SHEET: a request as it would go out, drawn once: only its text changes while something is typed, so that nothing flickers."""

from __future__ import annotations

import ipywidgets

from workbench.models.sending import Preview
from workbench.sentence import N_, say

from . import look
from .exchange import body_text, headers_markup
from .fold import Fold, visible
from .piece import CopyButton, said

__all__ = ["RequestSheet"]


class RequestSheet:
    """Method, address, body with its size, and folded the headers. ``ways`` stand below the request, as long as there is one."""

    def __init__(self, *ways: ipywidgets.Widget) -> None:
        self.line = look.show("")
        self.body = look.show("")
        self.size = look.show("", "wb-hint")
        self.headers = look.show("")
        self.copy = CopyButton("")
        head = look.Row([self.size, self.copy])
        head.add_class("wb-code-head")
        block = look.Stack([head, self.body])
        block.add_class("wb-code-block")
        headers = Fold(N_("Headers"), self.headers).widget
        self.widget = look.stack(self.line, block, headers, *ways, gap="small")
        visible(self.widget, False)

    def __repr__(self) -> str:
        return "<RequestSheet>"

    def show(self, preview: Preview | None) -> None:
        """Show the request of a preview; nothing where there is none."""
        request = preview.request if preview else None
        visible(self.widget, request is not None)
        if request is None:
            return
        self.line.value = look.markup(
            '<p class="wb-mono"><strong>{method}</strong> <span class="wb-address">{url}</span></p>',
            method=request.method,
            url=request.url,
        )
        self.size.value = look.escape(said(say("Request body, {size} bytes", size=request.size)))
        self.copy.text = request.body
        self.body.value = look.markup(
            '<pre class="wb-code" tabindex="0" role="region" aria-label="{name}"><code>{text}</code></pre>',
            name=said(N_("Request body")),
            text=body_text(request.body),
        )
        self.headers.value = headers_markup(request.headers, N_("Request headers"))
