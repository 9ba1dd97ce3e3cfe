"""DIALECTS: the ways of writing a request as a program, and what each of them needs and cannot do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from workbench.models.request import Request
from workbench.models.snippet import DIALECTS, Dialect, Snippet
from workbench.sentence import N_, Sentence, say

from . import httpie as httpie_dialect
from . import javascript_fetch as fetch_dialect
from . import python_requests as requests_dialect
from .curl_command import curl_text
from .httpie import httpie
from .javascript_fetch import javascript_fetch
from .php_curl import php_curl
from .pieces import Pieces
from .python_httpx import python_httpx
from .python_requests import python_requests
from .sendpulse_event import event_in
from .sendpulse_sdks import php_differences, php_sendpulse, python_differences, python_sendpulse
from .targets import origin_and_target

Emit = Callable[[Request, Pieces, Callable[[str], str]], str]
Known = Callable[[Request, Pieces], list[Sentence]]


@dataclass(frozen=True, slots=True)
class Emitter:
    """One dialect. ``needs`` are the words that install what a reader may lack."""

    title: str
    language: str
    file: str
    needs: tuple[str, ...]
    emit: Emit
    known: Known
    events_only: bool = False


def _nothing(_request: Request, _pieces: Pieces) -> list[Sentence]:
    return []


EMITTERS: Final[Mapping[Dialect, Emitter]] = {
    "curl": Emitter("cURL", "shell", "send.sh", ("curl",), curl_text, _nothing),
    "python_httpx": Emitter("Python (httpx)", "python", "send_httpx.py", ("pip install httpx",), python_httpx, _nothing),
    "python_requests": Emitter(
        "Python (requests)", "python", "send_requests.py", ("pip install requests",), python_requests, requests_dialect.differences,
    ),
    "php_curl": Emitter("PHP (cURL)", "php", "send_curl.php", ("php-cli php-curl",), php_curl, _nothing),
    "javascript_fetch": Emitter(
        "JavaScript (fetch)", "javascript", "send.mjs", ("Node 18",), javascript_fetch, fetch_dialect.differences
    ),
    "httpie": Emitter("HTTPie", "shell", "send_httpie.sh", ("pip install httpie",), httpie, httpie_dialect.differences),
    "php_sendpulse": Emitter(
        N_("PHP (SendPulse SDK)"), "php", "send_sendpulse.php", ("composer require sendpulse/rest-api",), php_sendpulse,
        php_differences, events_only=True,
    ),
    "python_sendpulse": Emitter(
        N_("Python (SendPulse SDK)"), "python", "send_sendpulse.py", ("pip install pysendpulse",), python_sendpulse,
        python_differences, events_only=True,
    ),
}  # fmt: skip


def dialects_for(request: Request) -> tuple[Dialect, ...]:
    """Return the dialects in which a request can be written: SendPulse's SDKs send events of its REST API alone."""
    return tuple(one for one in DIALECTS if not EMITTERS[one].events_only or event_in(request) is not None)


def snippet(
    request: Request,
    dialect: Dialect,
    placeholders: Collection[str] = (),
    *,
    translate: Callable[[str], str] = str,
) -> Snippet:
    """Return a request as a program: its text, its variables, what it needs, and what is known to arrive otherwise.

    Args:
        request: A request whose secrets were replaced by placeholders.
        dialect: One of ``dialects_for``. Raises ValueError for another.
        placeholders: As ``Pieces`` takes them.
        translate: Puts the comments into another language.
    """
    emitter, pieces = EMITTERS[dialect], Pieces(placeholders)
    text = emitter.emit(request, pieces, translate)
    used = pieces.met()
    return Snippet(
        dialect=dialect, title=emitter.title, language=emitter.language, file=emitter.file, text=text, placeholders=used,
        needs=emitter.needs, differences=tuple(emitter.known(request, Pieces(placeholders)) + _address(request, placeholders)),
    )  # fmt: skip


def _address(request: Request, placeholders: Collection[str]) -> list[Sentence]:
    """Return what has to be known where the whole address is a secret."""
    if origin_and_target(Pieces(placeholders).split(request.url)) is None and request.url.startswith("$"):
        return [
            say("The address itself is a secret here: whoever has it can send. It stands in a variable too.")
        ]
    return []
