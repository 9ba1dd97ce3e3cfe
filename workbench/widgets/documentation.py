"""DOCUMENTATION: where a provider or a platform says itself how it works: links that open beside the page."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from workbench.sentence import N_

from .look import Html, markup
from .piece import said

__all__ = ["documentation"]


def documentation(sources: Iterable[str]) -> Html:
    """Return the links under their title, each address once."""
    links = Html("").join(
        markup('<li><a href="{url}" target="_blank" rel="noopener noreferrer">{text}</a></li>', url=url, text=_short(url))
        for url in dict.fromkeys(sources)
    )  # fmt: skip
    return markup(
        '<p class="wb-label">{title}</p><ul class="wb-links">{links}</ul>', title=said(N_("Documentation")), links=links
    )  # fmt: skip


def _short(url: str) -> str:
    """Return an address so that several of one host can be told apart: its host and the last name in it."""
    parts = urlsplit(url)
    last = parts.path.rstrip("/").rpartition("/")[2]
    host = (parts.hostname or url).removeprefix("www.")
    return f"{host}, {unquote(last).partition('.')[0].replace('-', ' ')}" if last else host
