"""HTML PAGE: a page to pass on that needs nothing else: no script, no font, no picture. Every text in it is escaped.

A policy in the page forbids scripts and loading besides.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable

from workbench.sentence import Sentence, say

from .html_report_style import STYLE
from .junit import clean

Say = Callable[[Sentence], str]


def document(heading: str, body: str, *, language: str = "en", style: str = STYLE) -> str:
    """Return the whole page around ``body``, which is markup already; ``heading`` is its title."""
    return (
        "<!DOCTYPE html>\n"
        f'<html lang="{text(language)}"><head><meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
        "base-uri 'none'; form-action 'none'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">\n'
        f"<title>{text(heading)}</title>\n<style>{style}</style></head>\n<body><main>\n"
        f"<h1>{text(heading)}</h1>\n{body}</main></body></html>\n"
    )


def table(columns: Iterable[str], rows: str, words: Say, caption: str = "") -> str:
    """Return a table of rows that are markup already; columns and caption are put into words."""
    head = "".join(f'<th scope="col">{text(words(Sentence(column)))}</th>' for column in columns)
    name = words(Sentence(caption)) if caption else ""
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{text(name or words(say("Table")))}"><table>'
        f"{f'<caption>{text(name)}</caption>' if name else ''}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>\n"
    )


def row(cells: Iterable[str], kind: str = "") -> str:
    """Return a row of cells that are markup already."""
    return f"<tr{f' class={chr(34)}{kind}{chr(34)}' if kind else ''}>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>\n"


def text(value: object) -> str:
    """Return a value as text of the page: escaped, without control characters."""
    return html.escape(clean(str(value)))
