"""Gate vectors: a table of how held contacts end, played with the workbench's rules; each row that ends otherwise is printed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from workbench.engine.gate_vectors import Difference, Vectors, described, differing, read_vectors
from workbench.engine.wording import named, problems_of
from workbench.errors import Invalid
from workbench.models.base import Problem
from workbench.models.platform import Switches
from workbench.sentence import N_, Sentence, say

from .codes import INPUT, OK, REFUSED_THERE
from .contacts import read_text
from .frame import command
from .session import Session

SwitchOption = Annotated[
    list[str] | None,
    typer.Option(
        "--switch",
        metavar="NAME=ANSWER",
        help=N_("Another answer to an open question, such as on_the_limit=late. May be repeated."),
        show_default=False,
    ),
]


@command("gate vectors", N_("Play a table of how held contacts end; say each row that ends otherwise."))
def vectors(
    session: Session,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help=N_("Columns: flow;split;next_step_min;answer;answer_min;message;contact_ends."),
            show_default=False,
        ),
    ],
    switch: SwitchOption = None,
) -> int:
    """Say what differs. The code is 0 where every row ends as it says, 1 where one does not, 2 where one cannot be read."""
    read = read_vectors(read_text(file))
    found = differing(read.rows, read_switches(switch or ()))
    session.show(_document(session, read, found), _lines(session, read, found))
    if found:
        return REFUSED_THERE
    return INPUT if read.bad or not read.rows else OK


def read_switches(texts: list[str] | tuple[()]) -> Switches:
    """Return the switches with the answers that were named; Invalid where there is no such switch or answer."""
    given: dict[str, str] = {}
    for text in texts:
        name, sign, answer = text.partition("=")
        if not sign:
            sentence = say("“{text}” names no answer. Write it like on_the_limit=late.", text=text[:60])
            raise Invalid([Problem(field="switch", sentence=sentence)])
        given[name.strip()] = answer.strip()
    try:
        return Switches.model_validate(given)
    except ValidationError as error:
        raise Invalid(named(problems_of(error, "switch."))) from None


def _document(session: Session, read: Vectors, found: list[Difference]) -> dict[str, object]:
    return {
        "rows": len(read.rows),
        "differing": [
            {
                "line": one.vector.line,
                "row": described(one.vector),
                "says": [one.vector.message, one.vector.contact_ends],
                "gives": [one.message, one.contact_ends],
            }
            for one in found
        ],
        "unreadable": [{"line": bad.line, "sentence": session.text(bad.sentence)} for bad in read.bad],
    }


def _lines(session: Session, read: Vectors, found: list[Difference]) -> Iterator[str]:
    for bad in read.bad:
        yield session.text(_at(bad.line, bad.sentence))
    for one in found:
        yield session.text(one.sentence)
    yield session.text(
        say(
            "{rows} rows were played; {differing} end otherwise than they say.",
            rows=len(read.rows),
            differing=len(found),
        )
    )


def _at(line: int, sentence: Sentence) -> Sentence:
    return say("Line {line}: {sentence}", line=line, sentence=sentence)
