"""HTTPIE: a request as a command of HTTPie 3, https://httpie.io/docs/cli."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator

from workbench.engine.redact import MASK
from workbench.models.request import Request
from workbench.sentence import Sentence, say

from .known import address_difference
from .notes import note_lines
from .pieces import HeaderLine, Pieces, after, without_type
from .shell import encoded_pair, is_argument, piped, quoted, single
from .targets import oddities

_DROPPED = re.compile(r"\\[:;=@]")
"""HTTPie reads a backslash before these as its own sign, https://httpie.io/docs/cli/escaping-rules."""


def httpie(request: Request, pieces: Pieces, translate: Callable[[str], str]) -> str:
    """Return an HTTPie command for POSIX shells that sends ``request`` once its environment variables are set."""
    body = pieces.body(request)
    options, ahead = ["--ignore-stdin"], ""
    if body and is_argument(request, body):
        options.append(f"--raw={quoted(body)}")  # with the equals sign: a body may begin with a hyphen
    elif body:
        options, ahead = [], piped(body)
    if "dots" in oddities(pieces.split(request.url)):
        options.append("--path-as-is")
    if request.header("authorization") is not None:
        options.append("--ignore-netrc")  # it would go before the header
    options += [shlex.quote(request.method), quoted(pieces.split(request.url)), *_headers(request, pieces)]
    command = ahead + "http " + " \\\n  ".join(options) + "\n"
    notes = note_lines(pieces.met(), MASK in command, translate)
    return "".join(f"# {line}\n" for line in notes) + command


def differences(request: Request, pieces: Pieces) -> list[Sentence]:
    """Return what HTTPie cannot send as it is."""
    found = address_difference("HTTPie", request, pieces, ("slashes", "signs", "escapes", "empty"))
    for line in pieces.headers(request):
        if any(_DROPPED.search(one.text) for one in line.value):
            sentence = say(
                "HTTPie takes a backslash before : ; = or @ in the header {name} as its own sign.",
                name=line.name,
            )
            found.append(sentence)
    return found


def _headers(request: Request, pieces: Pieces) -> Iterator[str]:
    for line in pieces.headers(request):
        yield _header(line)
    if without_type(request):
        yield "Content-Type:"  # none, where HTTPie would say that it is JSON


def _header(line: HeaderLine) -> str:
    """Return a header; the blank behind the colon keeps a value that begins with = or @ from being read as JSON or a file's name."""
    if not line.value:
        return single(f"{line.name};")
    if line.basic:
        return single(f"{line.name}: Basic ") + encoded_pair(line.value)
    return quoted(after(f"{line.name}: ", line.value))
