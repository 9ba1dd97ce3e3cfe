"""IMPORTS, in words: what was read, what was left out and why, and what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import ipywidgets

from workbench.models.base import Problem
from workbench.models.imported import Imported, ImportFormat, LeftOut, LeftOutKind
from workbench.sentence import N_, Sentence, say

from .look import badge
from .piece import Said
from .tables import table

FORMATS: Final[Mapping[ImportFormat, str]] = {
    "curl": N_("cURL commands"), "postman": N_("Postman collection"), "openapi": N_("OpenAPI description"), "har": N_("HAR recording"),
    "unknown": N_("Not known"),
}  # fmt: skip
KINDS: Final[Mapping[LeftOutKind, str]] = {
    "auth": N_("Authorization"), "body": N_("Body"), "certificate": N_("Certificate"), "cookie": N_("Cookie"), "example": N_("Example"),
    "file": N_("File"), "header": N_("Header"), "insecure": N_("Certificate check"), "limit": N_("Limit"), "method": N_("Method"),
    "option": N_("Option"), "parameter": N_("Parameter"), "proxy": N_("Proxy"), "redirect": N_("Redirect"), "reference": N_("Reference"),
    "retry": N_("Repetition"), "schema": N_("Schema"), "script": N_("Script"), "secret": N_("Secret"), "variable": N_("Variable"),
}  # fmt: skip
MOST_ROWS: Final = 100


def summary(found: Imported) -> Sentence:
    """Return what was read, in a sentence."""
    usable = sum(request.usable for request in found.requests)
    if found.title:
        return say(
            "“{title}”. Requests that were read: {count}. Can become integrations: {usable}.",
            title=found.title, count=len(found.requests), usable=usable,
        )  # fmt: skip
    return say(
        "Requests that were read: {count}. Can become integrations: {usable}.",
        count=len(found.requests),
        usable=usable,
    )


def left_out_table(left_out: Sequence[LeftOut], caption: Said) -> ipywidgets.Widget:
    """Return what was not carried over, with the reasons."""
    shown = left_out[:MOST_ROWS]
    rows = [[badge(KINDS[one.what]), one.sentence] for one in shown]
    columns = [N_("What"), N_("Why it is not carried over, or what to do")]
    if not any(one.line for one in shown):  # a document of JSON has no lines that a person knows
        return table(columns, rows, caption)
    lines = [str(one.line or "") for one in shown]
    return table(
        [N_("Line"), *columns],
        [[line, *row] for line, row in zip(lines, rows, strict=True)],
        caption,
        numeric=(0,),
    )


def problem_table(problems: Sequence[Problem]) -> ipywidgets.Widget:
    """Return what could not be read, line by line."""
    rows = [[str(problem.line or ""), problem.sentence] for problem in problems[:MOST_ROWS]]
    return table([N_("Line"), N_("What is wrong")], rows, N_("What cannot be read"), numeric=(0,))
