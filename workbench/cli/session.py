"""Session: one run of the command line: what was asked for on it, and the two ways to speak: results and messages.

Results go to standard output, as lines for a person or, with ``--json``, as one JSON document. Everything else goes to
standard error. An error of the workbench is its sentence, in the person's language, and an exit code.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import typer

from workbench.adapters.language import Language, choose
from workbench.bench import Workbench
from workbench.errors import Invalid, Refused, WorkbenchError
from workbench.models.base import Problem
from workbench.sentence import Sentence, Value, say

from .codes import code_of

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Session:
    """What holds for the whole run."""

    home: Path | None = None
    database: str | None = None
    cluster: str | None = None
    live: bool = False
    json: bool = False
    language: Language = Language()  # noqa: RUF009 - English holds no state
    named: str | None = None
    """The language's code where a person named it; else every page follows its visitor's browser."""

    def bench(self, allowed_hosts: Iterable[str] = (), url: str | None = None) -> Workbench:
        """Return the workbench of the chosen home: a rehearsal, unless ``--live`` was typed. With ``url``, that of a server process.

        A command that a cluster may help with has named it in ``cluster``; behind a server the server's own cluster helps.
        """
        if url:
            return Workbench.connect(url)
        return Workbench.open(
            self.home,
            live=self.live,
            database=self.database,
            allowed_hosts=tuple(allowed_hosts),
            cluster=self.cluster,
        )

    def text(self, text: Sentence | str) -> str:
        """Return a text in the language of this run."""
        return self.language.say(text)

    def show(self, document: Any, lines: Iterable[str]) -> None:
        """Give the result: the document for a machine, or the lines for a person."""
        if self.json:
            typer.echo(json.dumps(document, ensure_ascii=False, indent=2, default=str))
        else:
            for line in lines:
                typer.echo(line)

    def announce(self, document: Any, lines: Iterable[str]) -> None:
        """Give what a program that goes on running has to say: for a machine, one JSON document on one line."""
        if self.json:
            typer.echo(json.dumps(document, ensure_ascii=False))
        else:
            self.show(document, lines)

    def tell(self, sentence: Sentence | str, **style: Any) -> None:
        """Say something to the person, beside the result."""
        typer.echo(typer.style(self.text(sentence), **style), err=True)

    def tell_problems(self, problems: Sequence[Problem]) -> None:
        """Say each problem on a line of its own, with the field it belongs to."""
        for problem in problems:
            self.tell(f"  {self.where(problem)}: {self.text(problem.sentence)}")

    def where(self, problem: Problem) -> str:
        """Return the place of a problem: its field, and the line where it is in a text."""
        place = (problem.field, problem.line, problem.column)
        return ":".join(str(part) for part in place if part is not None)

    def sure(self, question: Sentence, declined: Sentence) -> None:
        """Ask a person for a yes. Raises Refused where nobody can be asked, and with ``declined`` where the answer is no."""
        if self.json or not at_a_terminal():
            raise Refused(say("Nobody can be asked here. Repeat the command with --yes if you mean it."))
        if not typer.confirm(self.text(question), err=True):
            raise Refused(declined)

    def fail(self, error: WorkbenchError) -> int:
        """Say an error, as the JSON document too if one is wanted, and return its exit code."""
        self.tell(error.sentence, fg="red")
        document: dict[str, Any] = {"error": type(error).__name__, "sentence": self.text(error.sentence)}
        if isinstance(error, Invalid):
            document["problems"] = self.problems(error.problems)
            if len(error.problems) > 1 or error.problems[0].line:
                self.tell_problems(error.problems)
        if self.json:
            self.show({"error": document}, ())
        return code_of(error)

    def problems(self, problems: Iterable[Problem]) -> list[dict[str, Value]]:
        """Return problems for a JSON document, their sentences in the language of this run."""
        return [
            {
                **problem.model_dump(include={"field", "level", "line", "column"}),
                "sentence": self.text(problem.sentence),
            }
            for problem in problems
        ]


def run_on_loop(work: Coroutine[Any, Any, Result], *, busy: bool = False) -> Result:
    """Run one command to its end. A busy one runs on uvloop where that is installed: it takes more rows a second."""
    with asyncio.Runner(loop_factory=_quick_loop if busy else None) as runner:
        return runner.run(work)


def _quick_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:  # Windows has none; the standard library's loop does the same, slower
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def language_of(named: str | None) -> Language:
    """Return the language of this run: the one that was named, else the setting, else the system's."""
    environ = os.environ
    return choose(
        named,
        environ.get("WORKBENCH_LANGUAGE"),
        environ.get("LC_ALL"),
        environ.get("LC_MESSAGES"),
        environ.get("LANG"),
    )


def named_language(arguments: Sequence[str]) -> str | None:
    """Return what ``--language`` names among the arguments, read before anything else so that the help speaks it too."""
    for index, argument in enumerate(arguments):
        if argument.startswith("--language="):
            return argument.partition("=")[2]
        if argument == "--language":
            return next(iter(arguments[index + 1 :]), None)
    return None


def at_a_terminal() -> bool:
    """Return whether a person can be asked something."""
    return sys.stdin.isatty()
