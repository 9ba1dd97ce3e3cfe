"""ASIDE: what is good to know about the chosen provider, beside the form."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

import ipywidgets

from workbench.models.provider import Provider
from workbench.sentence import N_
from workbench.widgets import look
from workbench.widgets.look import Html
from workbench.widgets.piece import said


def aside(provider: Provider) -> ipywidgets.Widget:
    """Return a card on the provider: what it is, what to mind, and where its documentation is."""
    notes = [look.banner("info", note) for note in provider.notes]
    return look.card(provider.name, *notes, look.show(_links(provider)), subtitle=provider.about)


def _name(url: str, every: Sequence[str]) -> str:
    """Return how a link is called: its host; with its path where another link has the same host."""
    parts = urlsplit(url)
    same = sum(urlsplit(other).hostname == parts.hostname for other in every)
    return f"{parts.hostname}{parts.path if same > 1 else ''}" if parts.hostname else url


def _links(provider: Provider) -> Html:
    items = Html("").join(
        look.markup(
            '<li><a href="{url}" target="_blank" rel="noopener noreferrer">{text}</a></li>',
            url=url,
            text=_name(url, provider.sources),
        )
        for url in provider.sources
    )
    return look.markup(
        '<p class="wb-label">{title}</p><ul class="wb-links">{items}</ul>',
        title=said(N_("Documentation")),
        items=items,
    )
