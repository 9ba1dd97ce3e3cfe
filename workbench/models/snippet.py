"""The snippet: a frozen request as a program in another language, and the proof that it sends the same bytes."""

from __future__ import annotations

from typing import Literal

from workbench.sentence import Sentence

from .base import Noun

Dialect = Literal[
    "curl", "python_httpx", "python_requests", "php_curl", "javascript_fetch", "httpie", "php_sendpulse", "python_sendpulse",
]  # fmt: skip
DIALECTS: tuple[Dialect, ...] = (
    "curl", "python_httpx", "python_requests", "php_curl", "javascript_fetch", "httpie", "php_sendpulse", "python_sendpulse",
)  # fmt: skip


class Placeholder(Noun):
    """A value that the reader puts in: the environment variable's name, what it stands for, in which form it is wanted."""

    name: str
    title: str = ""
    form: str = ""


class Snippet(Noun):
    """A request in one dialect.

    ``language`` names its highlighting, ``file`` a file name to save it under, ``needs`` what has to be installed.
    ``differences`` are known in advance: what this dialect cannot send the same way (an SDK with its own path or header order).
    """

    dialect: Dialect
    title: str
    language: str
    file: str
    text: str
    placeholders: tuple[Placeholder, ...] = ()
    needs: tuple[str, ...] = ()
    differences: tuple[Sentence, ...] = ()


class Proof(Noun):
    """What a snippet truly sent when it was run against a recorder on this machine, beside the frozen request.

    ``ran`` is False where its language is not installed here (``reason`` says what to install). ``same``: method, target, body and every
    header of ours are equal to the byte; else ``differences`` say where they are not.
    """

    dialect: Dialect
    ran: bool = False
    same: bool = False
    reason: Sentence | None = None
    differences: tuple[Sentence, ...] = ()
