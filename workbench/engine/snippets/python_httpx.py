"""PYTHON HTTPX: a request as a program with httpx, https://www.python-httpx.org. Nothing of it is rewritten."""

from __future__ import annotations

from collections.abc import Callable

from workbench.models.request import Request

from .language import PYTHON
from .pieces import Pieces
from .python_text import body_of, headers_of, program, url_of
from .targets import oddities, origin_and_target


def python_httpx(request: Request, pieces: Pieces, translate: Callable[[str], str]) -> str:
    """Return a Python program that sends the very bytes of ``request`` once its environment variables are set."""
    words = [PYTHON.literal(request.method), url_of(request, pieces), "headers=headers"]
    body = body_of(request, pieces)
    if body:
        words.append("content=body")
    if target := _target(request, pieces):
        words.append(target)
    send = (
        "with httpx.Client(timeout=30) as client:\n"
        "    answer = client.request(\n        " + ",\n        ".join(words) + ",\n    )\n"
        "print(answer.status_code, answer.text)\n"
    )
    return program(
        ["import httpx"], [headers_of(request, pieces, pairs=False), body, send], pieces, translate
    )


def _target(request: Request, pieces: Pieces) -> str:
    """Return the argument that keeps httpx from writing the address anew, https://www.python-httpx.org/advanced/extensions/#target."""
    url = pieces.split(request.url)
    found = origin_and_target(url)
    if found is None or not oddities(url):
        return ""
    return f'extensions={{"target": ({PYTHON.said(found[1])}).encode()}}'
