"""EDITOR: JSON with line-exact problems, variables to choose from, and a real text box beneath."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import ipywidgets
import traitlets

from workbench.models.base import Problem
from workbench.sentence import N_, Sentence

from .fields import Field
from .piece import Code, Said, bundle, said

__all__ = ["JsonEditor"]


class JsonEditor(Field):
    """A JSON editor; ``value`` is the text, ``problems`` marks lines, ``completions`` names the variables.

    ``problems`` holds ``{line, column, message, level}`` (the first two count from 1; ``level``: error, warning
    or note) or ``models.base.Problem``. Tab leaves the editor. When its bundle does not load, there is the
    text box.
    """

    part: ClassVar[str] = "editor"
    words: ClassVar[Mapping[str, str]] = {
        **Field.words,
        "editor": N_("{label}, code editor"),
        "place": N_("Line {line}, column {column}"),
        "keys": N_(
            "Tab moves on to the next field. Ctrl+Space lists the variables, Ctrl+F finds, Ctrl+] indents."
        ),
        "plain": N_("Plain text box"),
        "code": N_("Code editor"),
        "none": N_("No problems found."),
        "broken": N_("The code editor could not be loaded. This text box does the same."),
        "find": N_("Find"),
        "replace_with": N_("Replace with"),
        "next": N_("Next"),
        "previous": N_("Previous"),
        "all": N_("All"),
        "match_case": N_("Match case"),
        "whole_word": N_("Whole word"),
        "pattern": N_("Pattern"),
        "replace_one": N_("Replace"),
        "replace_all": N_("Replace all"),
        "close": N_("Close"),
    }
    value = traitlets.Unicode().tag(sync=True)
    problems: traitlets.List[Any] = traitlets.List().tag(sync=True)
    completions = traitlets.List(traitlets.Unicode()).tag(sync=True)
    read_only = traitlets.Bool(False).tag(sync=True)
    height = traitlets.Unicode("280px").tag(sync=True)
    _editor = traitlets.Instance(Code).tag(sync=True, **ipywidgets.widget_serialization)

    def __init__(
        self,
        value: str = "",
        label: Said = "",
        *,
        problems: Sequence[Mapping[str, Any] | Problem] = (),
        completions: Sequence[str] = (),
        read_only: bool = False,
        height: str = "280px",
        hint: Said = "",
        **state: Any,
    ) -> None:
        super().__init__(
            value=value,
            label=label,
            problems=list(problems),
            completions=list(completions),
            read_only=read_only,
            height=height,
            hint=hint,
            _editor=bundle("editor"),
            **state,
        )

    @traitlets.validate("problems")
    def _four_each(self, proposal: Any) -> list[dict[str, Any]]:
        return [_problem(problem) for problem in proposal["value"]]

    def go_to(self, line: int, column: int = 1) -> None:
        """Put the cursor at ``line`` and ``column`` (from 1), in the browser."""
        self.send({"go": {"line": line, "column": column}})


def _problem(problem: Mapping[str, Any] | Problem) -> dict[str, Any]:
    if isinstance(problem, Problem):
        problem = {
            "line": problem.line,
            "column": problem.column,
            "message": problem.sentence,
            "level": problem.level,
        }
    message = problem["message"]
    return {
        "line": problem.get("line") or 0,
        "column": problem.get("column") or 0,
        "message": said(message) if isinstance(message, Sentence) else str(message),
        "level": problem.get("level") or "error",
    }
