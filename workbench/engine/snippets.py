"""SNIPPETS: a request as a command that a colleague can copy and run, with variables where the secrets stand.

The request comes composed with placeholders, or from ``Redactor.blank``. In the command each placeholder is a shell
variable (``"$SECRET_1"``); all else is quoted so that no shell takes it for anything but text.
"""

from __future__ import annotations

import base64
import re
import shlex
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Final

from workbench.models.request import Request
from workbench.sentence import N_

from .redact import MASK

ARGUMENT_LIMIT: Final = 64 * 1024
"""Bytes of a body given as an argument; Linux takes 128 KiB, https://man7.org/linux/man-pages/man2/execve.2.html."""
EXPECT_LIMIT: Final = 1024 * 1024
"""Bytes of a body from which on curl asks first whether it may send it, https://curl.se/docs/manpage.html#--expect100-timeout."""

SET_FIRST = N_("Set these variables first:")
MADE_ANEW = N_("**** stands for a value that is made anew for each request, such as a signature.")
FORMS: Final = {
    "_URL": N_("percent-encoded"),
    "_JSON": N_("escaped as inside a JSON text"),
    "_HTML": N_("escaped as inside HTML"),
    "_ENCODED": N_("encoded as in the request"),
}
"""Suffixes of placeholders: in what form the secret is wanted."""

_PLACEHOLDER = re.compile(r"\$[A-Z][A-Z0-9_]*")
_PLAIN = re.compile(r"[^\x00-\x09\x0b-\x1f\x7f\ud800-\udfff]*")
"""Text that survives being pasted into a terminal: no control character but the line feed, no byte that is not UTF-8."""


def curl(
    request: Request, placeholders: Collection[str] = (), *, translate: Callable[[str], str] = str
) -> str:
    """Return a cURL command for POSIX shells that sends the very bytes of ``request`` once its variables are set.

    The command follows no redirect and leaves the path as it is; the comment above it names the variables.

    Args:
        request: A request whose secrets were replaced by placeholders.
        placeholders: Each ``$`` and a variable's name (``$SECRET_1``); a mapping gives what each stands for. With a
            suffix of ``FORMS`` one stands for the encoded secret; ``%24SECRET_1`` is read as ``$SECRET_1_URL``.
            What looks like a placeholder but is none of these stays text.
        translate: Puts the comments into another language.
    """
    if not all(_PLACEHOLDER.fullmatch(one) for one in placeholders):
        raise ValueError("a placeholder is $ and a name in capital letters")  # not echoed: it may be a secret
    shell = _Shell(placeholders)
    ahead, body = _body(request, shell)
    words = [shell.quoted(request.url), *_options(request), *_headers(request, shell), *body]
    command = ahead + "curl " + " \\\n  ".join(words) + "\n"
    return (
        "".join(f"# {line}\n" for line in shell.comments(placeholders, MASK in command, translate)) + command
    )


class _Shell:
    """Quotes text for a POSIX shell; placeholders stay variables, and those met are noted."""

    def __init__(self, placeholders: Collection[str]) -> None:
        names = sorted((one.removeprefix("$") for one in placeholders), key=len, reverse=True)
        forms = "|".join(FORMS)
        found = rf"(\$|%24)({'|'.join(names)})({forms})?" if names else r"(?!)"
        self._pattern = re.compile(found)
        self._met: dict[str, tuple[str, str]] = {}

    def split(self, text: str) -> Iterator[tuple[str, str]]:
        """Yield the pieces of ``text``: a text with no variable behind it, or an empty one and the variable."""
        at = 0
        for match in self._pattern.finditer(text):
            if match.start() > at:
                yield text[at : match.start()], ""
            form = match[3] or ("_URL" if match[1] == "%24" else "")
            self._met[match[2] + form] = (f"${match[2]}", form)
            yield "", f'"${match[2]}{form}"'
            at = match.end()
        if at < len(text):
            yield text[at:], ""

    def quoted(self, text: str) -> str:
        """Return ``text`` as one word of a command."""
        return "".join(variable or _single(piece) for piece, variable in self.split(text)) or "''"

    def holds(self, text: str) -> bool:
        """Return whether there is a placeholder in ``text``."""
        return self._pattern.search(text) is not None

    def comments(
        self, placeholders: Collection[str], masked: bool, translate: Callable[[str], str]
    ) -> Iterator[str]:
        """Yield the lines above the command: the variables that it uses, and what they stand for."""
        titles = placeholders if isinstance(placeholders, Mapping) else {}
        if self._met:
            yield translate(SET_FIRST)
        for name in sorted(self._met):
            placeholder, form = self._met[name]
            about = [str(titles.get(placeholder, "")), translate(FORMS[form]) if form else ""]
            told = ", ".join(" ".join(part.split()) for part in about if part)
            yield f"  {name}: {told}" if told else f"  {name}"
        if masked:
            yield translate(MADE_ANEW)


def _single(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


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


def _headers(request: Request, shell: _Shell) -> Iterator[str]:
    for name, value in request.headers:
        pair = _basic(value) if name.lower() == "authorization" else ""
        if pair and shell.holds(pair):
            if ":" in pair:
                yield f"--user {shell.quoted(pair)}"
            else:
                encoded = f"printf %s {shell.quoted(pair)} | base64 | tr -d '\\n'"
                yield f'--header {_single(name + ": Basic ")}"$({encoded})"'
        elif name.lower() != "content-length":  # curl counts, with the secrets put in
            yield f"--header {shell.quoted(f'{name}: {value}' if value else f'{name};')}"
    if _has_data(request) and request.header("content-type") is None:
        yield "--header 'Content-Type:'"  # none, where curl would say that it is a form
    if len(request.body) >= EXPECT_LIMIT:
        yield "--header 'Expect:'"


def _has_data(request: Request) -> bool:
    """Return whether a length goes out: with a body, and with these methods without one too."""
    return bool(request.body) or request.method in ("POST", "PUT", "PATCH")


def _basic(value: str) -> str:
    """Return what a Basic credential says, or an empty text where it is none that can be read."""
    scheme, _, token = value.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(token, validate=True).decode()
    except ValueError:
        return ""


def _body(request: Request, shell: _Shell) -> tuple[str, list[str]]:
    """Return what stands before the command, and the body's option; a body that no argument can hold is piped in."""
    text = request.body.decode("utf-8", "surrogateescape")
    if not text:
        return "", ["--data-raw ''"] if _has_data(request) else []
    if len(request.body) <= ARGUMENT_LIMIT and _PLAIN.fullmatch(text):
        return "", [f"--data-raw {shell.quoted(text)}"]
    printed = [
        f"printf %s {variable}" if variable else _printf(piece) for piece, variable in shell.split(text)
    ]
    return "{ " + "; ".join(printed) + "; } | ", ["--data-binary @-"]


def _printf(text: str) -> str:
    """Return the command that prints ``text`` to the byte; its format is ASCII where the text is not plain."""
    if _PLAIN.fullmatch(text):
        return f"printf %s {_single(text)}"
    data = text.encode("utf-8", "surrogateescape")
    return "printf '" + "".join(_octal(byte) for byte in data) + "'"


def _octal(byte: int) -> str:
    character = chr(byte)
    bare = character.isascii() and character.isprintable() and character not in "%'\\-"
    return character if bare else f"\\{byte:03o}"
