"""CURL: a request as a command that a colleague can copy and run, with shell variables where the secrets stand.

The request comes composed with placeholders, or from ``Redactor.blank``. In the command each placeholder is a shell
variable (``"$SECRET_1"``); all else is quoted so that no shell takes it for anything but text.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Collection, Iterator
from typing import Final

from workbench.engine.redact import MASK
from workbench.models.request import Request

from .notes import SET_FIRST, note_lines
from .pieces import HeaderLine, Piece, Pieces, after, has_data, without_type
from .shell import encoded_pair, is_argument, piped, quoted, single

EXPECT_LIMIT: Final = 1024 * 1024
"""Bytes of a body from which on curl asks first whether it may send it, https://curl.se/docs/manpage.html#--expect100-timeout."""


def curl(
    request: Request, placeholders: Collection[str] = (), *, translate: Callable[[str], str] = str
) -> str:
    """Return a cURL command for POSIX shells that sends the very bytes of ``request`` once its variables are set.

    The command follows no redirect and leaves the path as it is; the comment above it names the variables.

    Args:
        request: A request whose secrets were replaced by placeholders.
        placeholders: As ``Pieces`` takes them.
        translate: Puts the comments into another language.
    """
    return curl_text(request, Pieces(placeholders), translate)


def curl_text(request: Request, pieces: Pieces, translate: Callable[[str], str]) -> str:
    """Return what ``curl`` returns, with the variables noted in ``pieces``."""
    ahead, body = _body(request, pieces.body(request))
    headers = [_header(line) for line in pieces.headers(request)]
    words = [quoted(pieces.split(request.url)), *_options(request), *headers, *_kept_from(request), *body]
    command = ahead + "curl " + " \\\n  ".join(words) + "\n"
    notes = note_lines(pieces.met(), MASK in command, translate, SET_FIRST)
    return "".join(f"# {line}\n" for line in notes) + command


def _options(request: Request) -> Iterator[str]:
    yield (
        "--head"
        if request.method == "HEAD" and not request.body
        else f"--request {shlex.quote(request.method)}"
    )
    if re.search(r"/\.", request.url):
        yield "--path-as-is"
    if re.search(r"[\[\]{}]", request.url):
        yield "--globoff"


def _header(line: HeaderLine) -> str:
    if not line.value:
        return f"--header {single(line.name + ';')}"
    if not line.basic:
        return f"--header {quoted(after(f'{line.name}: ', line.value))}"
    if any(":" in one.text for one in line.value):
        return f"--user {quoted(line.value)}"
    return f"--header {single(line.name + ': Basic ')}{encoded_pair(line.value)}"


def _kept_from(request: Request) -> Iterator[str]:
    """Yield the options that keep curl from adding headers to a body."""
    if without_type(request):
        yield "--header 'Content-Type:'"  # none, where curl would say that it is a form
    if len(request.body) >= EXPECT_LIMIT:
        yield "--header 'Expect:'"


def _body(request: Request, body: tuple[Piece, ...]) -> tuple[str, list[str]]:
    """Return what stands before the command, and the body's option; a body that no argument can hold is piped in."""
    if not body:
        return "", ["--data-raw ''"] if has_data(request) else []
    if is_argument(request, body):
        return "", [f"--data-raw {quoted(body)}"]
    return piped(body), ["--data-binary @-"]
