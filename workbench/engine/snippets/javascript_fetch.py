"""JAVASCRIPT FETCH: a request as a program for Node 18 and later, https://nodejs.org/api/globals.html#fetch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from workbench.engine.redact import MASK
from workbench.models.request import Request
from workbench.sentence import Sentence, say

from .known import address_difference, repeated_names
from .language import JAVASCRIPT, by_line, is_bytes, javascript_bytes
from .notes import note_lines
from .pieces import HeaderLine, Pieces, without_type

SET_BY_FETCH: Final = frozenset(
    {"connection", "expect", "keep-alive", "proxy-connection", "te", "trailer", "upgrade"}
)
"""Headers that Node's fetch refuses or sets itself."""


def javascript_fetch(request: Request, pieces: Pieces, translate: Callable[[str], str]) -> str:
    """Return a program that sends ``request`` once its environment variables are set. It is a module: save it as ``.mjs``."""
    options = "".join(f"  {line},\n" for line in _options(request, pieces))
    code = (
        f"const answer = await fetch({JAVASCRIPT.said(pieces.split(request.url))}, {{\n{options}}});\n"
        "console.log(answer.status, await answer.text());\n"
    )
    comment = "".join(f"// {line}\n" for line in note_lines(pieces.met(), MASK in code, translate))
    names = ", ".join(JAVASCRIPT.literal(one.name) for one in pieces.met())
    check = (
        f"for (const name of [{names}]) {{\n"
        "  if (!(name in process.env)) throw new Error(`Set ${name} first.`);\n}\n\n"
    )
    return comment + ("\n" if comment else "") + (check if names else "") + code


def differences(request: Request, pieces: Pieces) -> list[Sentence]:
    """Return what fetch cannot send as it is."""
    found = address_difference("fetch", request, pieces, ("dots", "signs", "empty"))
    for name in repeated_names(request):
        sentence = say(
            "fetch joins the header {name}, which comes more than once, into one line with commas.", name=name
        )
        found.append(sentence)
    for line in pieces.headers(request):
        if line.name.lower() in SET_BY_FETCH:
            found.append(
                say("fetch does not let a program set the header {name}: it is left out.", name=line.name)
            )
    if request.body and request.method in ("GET", "HEAD"):
        found.append(say("fetch sends no body with {method}: it is left out.", method=request.method))
    return found


def _options(request: Request, pieces: Pieces) -> Iterator[str]:
    yield f"method: {JAVASCRIPT.literal(request.method)}"
    headers = [line for line in pieces.headers(request) if line.name.lower() not in SET_BY_FETCH]
    if repeated_names(request):
        inside = [f"    [{JAVASCRIPT.literal(line.name)}, {_value(line)}],\n" for line in headers]
        yield "headers: [\n" + "".join(inside) + "  ]"
    elif headers:
        inside = [f"    {JAVASCRIPT.literal(line.name)}: {_value(line)},\n" for line in headers]
        yield "headers: {\n" + "".join(inside) + "  }"
    if request.body and request.method not in ("GET", "HEAD"):
        yield f"body: {_body(request, pieces)}"
    yield 'redirect: "manual"'
    yield "signal: AbortSignal.timeout(30_000)"


def _value(line: HeaderLine) -> str:
    value = JAVASCRIPT.header(line)
    plain = all(one.text.isascii() for one in line.value)
    return value if plain else f'Buffer.from({value}).toString("latin1")'


def _body(request: Request, pieces: Pieces) -> str:
    """Return the body; as a Buffer where fetch would say of a text what it is."""
    found = pieces.body(request)
    if is_bytes(found):
        parts = [javascript_bytes(one) for one in by_line(found)]
        return parts[0] if len(parts) == 1 else "Buffer.concat([\n    " + ",\n    ".join(parts) + ",\n  ])"
    parts = JAVASCRIPT.lines(found)
    text = parts[0] if len(parts) == 1 else "\n    + ".join(parts)
    return f"Buffer.from({text})" if without_type(request) else text
