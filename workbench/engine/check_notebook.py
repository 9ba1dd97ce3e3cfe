"""CHECK NOTEBOOK: a cassette as a notebook that proves it. nbval finds the same outputs at every run.

It opens a workbench that leaves nothing behind, checks the kept answer, and plays the request again in a rehearsal: imports, assignments
and expressions only.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from workbench.models.base import JsonValue
from workbench.sentence import Sentence

WIDTH: Final = 110


def check_notebook(
    document: JsonValue,
    *,
    title: str,
    about: Sequence[Sentence],
    kept: Sequence[str],
    played: Sequence[str] | None,
) -> str:
    """Return the notebook's JSON (nbformat 4.5).

    Args:
        document: the cassette as it is carried: masked, with a made-up contact and an integration without secrets.
        title: the heading.
        about: what a reader has to know, one paragraph each.
        kept: the lines that the checks of the kept answer print.
        played: the lines that the checks of the new answer are to print; None where it is not played.
    """
    cells = [
        _markdown("title", [f"# {_plain(title)}", *(_plain(str(one)) for one in about)]),
        _code(
            "open",
            1,
            "from workbench import Workbench\n\nbench = Workbench.scratch()\nbench",
            "<Workbench rehearsal>",
        ),
        _markdown(
            "kept-text",
            ["## The kept answer", "The checks are run on the answer in the cassette. Nothing is sent."],
        ),
        _code("cassette", 2, f"cassette = await bench.cassettes.take(\n{_literal(document)}\n)"),
        _code(
            "kept",
            3,
            'kept = await bench.cassettes.check(cassette.id)\nprint(*kept.lines, sep="\\n")',
            printed=kept,
        ),
    ]
    if played is not None:
        cells += [
            _markdown("played-text", [
                "## Played again",
                "The request is sent again, to the stand-in on this machine and for a made-up contact, and the new answer is checked.",
            ]),
            _code("played", 4, 'played = await bench.cassettes.play(cassette.id)\nprint(*played.lines, sep="\\n")', printed=played),
        ]  # fmt: skip
    cells.append(_code("close", 5 if played is not None else 4, "await bench.close()"))
    book = {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(book, ensure_ascii=False, indent=1).encode("utf-8", "replace").decode() + "\n"


def _markdown(id: str, paragraphs: Sequence[str]) -> dict[str, JsonValue]:
    return {"cell_type": "markdown", "id": id, "metadata": {}, "source": _lines("\n\n".join(paragraphs))}


def _code(
    id: str, number: int, source: str, value: str = "", printed: Sequence[str] | None = None
) -> dict[str, JsonValue]:
    outputs: list[JsonValue] = []
    if printed is not None:
        text = "\n".join(printed) + "\n"
        outputs.append({"name": "stdout", "output_type": "stream", "text": _lines(text)})
    if value:
        outputs.append(
            {
                "data": {"text/plain": _lines(value)},
                "execution_count": number,
                "metadata": {},
                "output_type": "execute_result",
            }
        )
    return {
        "cell_type": "code", "execution_count": number, "id": id, "metadata": {}, "outputs": outputs, "source": _lines(source),
    }  # fmt: skip


def _literal(value: JsonValue) -> str:
    """Return a JSON value as a literal of Python, indented. ASCII: no sign in it can end a text or turn a line around."""
    return "    " + "\n    ".join(_written(value, 0))


def _written(value: JsonValue, level: int) -> list[str]:
    flat = _flat(value)
    if len(flat) + 4 * level <= WIDTH or not isinstance(value, (dict, list)) or not value:
        return [flat]
    pairs = (
        [(f"{_flat(key)}: ", item) for key, item in value.items()]
        if isinstance(value, dict)
        else [("", item) for item in value]
    )
    lines = ["{" if isinstance(value, dict) else "["]
    for name, item in pairs:
        inside = _written(item, level + 1)
        lines += [f"    {name}{inside[0]}", *(f"    {line}" for line in inside[1:])]
        lines[-1] += ","
    return [*lines, "}" if isinstance(value, dict) else "]"]


def _flat(value: JsonValue) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_flat(key)}: {_flat(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flat(item) for item in value) + "]"
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return "None"  # no JSON, and no literal of Python
    return ascii(value)


def _lines(text: str) -> list[JsonValue]:
    return list(text.splitlines(keepends=True))


def _plain(text: str) -> str:
    """Return a text that markdown shows as it is, on one line: no markup, no link, no picture, no HTML."""
    line = " ".join(text.split())
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]()#+!|<>~$&:@" else sign for sign in line)
