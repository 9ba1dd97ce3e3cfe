"""NOTES: the comment above a snippet: which variables to set, what each stands for, and what was left masked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from workbench.models.snippet import Placeholder
from workbench.sentence import N_

SET_FIRST = N_("Set these variables first:")
SET_ENVIRONMENT = N_("Set these environment variables first:")
MADE_ANEW = N_("**** stands for a value that is made anew for each request, such as a signature.")
Translate = Callable[[str], str]


def note_lines(
    met: Iterable[Placeholder], masked: bool, translate: Translate, first: str = SET_ENVIRONMENT
) -> Iterator[str]:
    """Yield the lines of the comment: the variables that are used, and what they stand for. Each is one line of plain signs."""
    met = tuple(met)
    if met:
        yield translate(first)
    for one in met:
        about = [one.title, translate(one.form) if one.form else ""]
        told = ", ".join(line for part in about if (line := _one_line(part)))
        yield f"  {one.name}: {told}" if told else f"  {one.name}"
    if masked:
        yield translate(MADE_ANEW)


def _one_line(text: str) -> str:
    """Return a text that ends no comment: no line break of any language, and nothing that ends PHP's own."""
    shown = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return shown.replace("?>", "? >").replace("*/", "* /")
