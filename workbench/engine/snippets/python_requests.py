"""PYTHON REQUESTS: a request as a program with Requests, https://requests.readthedocs.io."""

from __future__ import annotations

from collections.abc import Callable

from workbench.models.request import Request
from workbench.sentence import Sentence

from .known import address_difference, repeated_names
from .language import PYTHON
from .pieces import Pieces
from .python_text import body_of, headers_of, program, url_of
from .targets import oddities

NO_NETRC = (
    "    auth=lambda prepared: prepared,  # keeps the Authorization above: ~/.netrc would go before it\n"
)


def python_requests(request: Request, pieces: Pieces, translate: Callable[[str], str]) -> str:
    """Return a Python program that sends ``request`` once its environment variables are set."""
    body, headers = body_of(request, pieces), headers_of(request, pieces, pairs=False)
    data = "data=body" if body else ""
    several = bool(repeated_names(request))
    if several or "dots" in oddities(pieces.split(request.url)):
        imports = ["import requests"] + (["from urllib3 import HTTPHeaderDict"] if several else [])
        return program(imports, [headers, body, _prepared(request, pieces, data, several)], pieces, translate)
    words = [PYTHON.literal(request.method), url_of(request, pieces), "headers=headers"] + (
        [data] if data else []
    )
    netrc = NO_NETRC if request.header("authorization") is not None else ""
    send = (
        "answer = requests.request(\n    " + ",\n    ".join(words) + ",\n"
        "    allow_redirects=False,\n    timeout=30,\n" + netrc + ")\n"
        "print(answer.status_code, answer.text)\n"
    )
    return program(["import requests"], [headers, body, send], pieces, translate)


def differences(request: Request, pieces: Pieces) -> list[Sentence]:
    """Return what Requests cannot send as it is."""
    return address_difference("Requests", request, pieces, ("slashes", "signs", "escapes", "empty"))


def _prepared(request: Request, pieces: Pieces, data: str, several: bool) -> str:
    """Return the lines for a request that ``requests.request`` would rewrite: it is prepared, then put right."""
    given = ", ".join(
        [
            PYTHON.literal(request.method),
            "url",
            *(["headers=headers"] if not several else []),
            *([data] if data else []),
        ]
    )
    lines = [
        f"url = {url_of(request, pieces)}",
        f"prepared = requests.Request({given}).prepare()",
        "prepared.url = url  # as it stands",
        *(["prepared.headers = HTTPHeaderDict([*prepared.headers.items(), *headers])"] if several else []),
        "with requests.Session() as session:",
        "    answer = session.send(prepared, allow_redirects=False, timeout=30)",
        "print(answer.status_code, answer.text)",
    ]
    return "\n".join(lines) + "\n"
