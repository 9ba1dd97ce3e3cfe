"""PHP CURL: a request as a PHP program with its cURL extension, https://www.php.net/manual/en/book.curl.php."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from workbench.engine.redact import MASK
from workbench.models.request import Request

from .curl_command import EXPECT_LIMIT
from .language import PHP
from .notes import note_lines
from .pieces import Pieces, has_data, without_type


def php_curl(request: Request, pieces: Pieces, translate: Callable[[str], str]) -> str:
    """Return a PHP program that sends the very bytes of ``request`` once its environment variables are set."""
    options = "".join(f"    {line},\n" for line in _options(request, pieces))
    code = (
        f"$call = curl_init({PHP.said(pieces.split(request.url))});\n"
        f"curl_setopt_array($call, [\n{options}]);\n"
        "$answer = curl_exec($call);\n"
        'if ($answer === false) {\n    exit(curl_error($call) . "\\n");\n}\n'
        "echo curl_getinfo($call, CURLINFO_RESPONSE_CODE), ' ', $answer, \"\\n\";\n"
    )
    return opened(pieces, MASK in code, translate) + code


def opened(pieces: Pieces, masked: bool, translate: Callable[[str], str]) -> str:
    """Return the beginning of a PHP program: the comment, and a stop where a variable is not set."""
    comment = "".join(f"// {line}\n" for line in note_lines(pieces.met(), masked, translate))
    names = ", ".join(PHP.literal(one.name) for one in pieces.met())
    check = (
        f"foreach ([{names}] as $name) {{\n"
        "    if (getenv($name) === false) {\n"
        '        exit("Set $name first.\\n");\n'
        "    }\n}\n\n"
    )
    return "<?php\n" + comment + ("\n" if comment else "") + (check if names else "")


def _options(request: Request, pieces: Pieces) -> Iterator[str]:
    body = pieces.body(request)
    if request.method == "HEAD" and not body:
        yield "CURLOPT_NOBODY => true"
    else:
        yield f"CURLOPT_CUSTOMREQUEST => {PHP.literal(request.method)}"
    if headers := list(_headers(request, pieces)):
        yield "CURLOPT_HTTPHEADER => [\n" + "".join(f"        {line},\n" for line in headers) + "    ]"
    if body or has_data(request):
        parts = PHP.lines(body) or [PHP.literal("")]
        yield "CURLOPT_POSTFIELDS => " + "\n        . ".join(parts)
    yield "CURLOPT_PATH_AS_IS => true"
    yield "CURLOPT_RETURNTRANSFER => true"
    yield "CURLOPT_TIMEOUT => 30"


def _headers(request: Request, pieces: Pieces) -> Iterator[str]:
    for line in pieces.headers(request):
        yield PHP.header_line(line) if line.value else PHP.literal(f"{line.name};")
    if without_type(request):
        yield PHP.literal("Content-Type:")  # none, where curl would say that it is a form
    if request.header("expect") is None and len(request.body) >= EXPECT_LIMIT:
        yield PHP.literal("Expect:")
