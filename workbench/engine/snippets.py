"""SNIPPETS: a frozen request as a command that sends the same bytes, with placeholders where the secrets were."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..models.request import Request
from .redact import Redactor

_PLACEHOLDER = re.compile(r"\$[A-Z][A-Z0-9_]*")


def curl(request: Request, placeholders: Mapping[str, str]) -> str:
    """Return a cURL command for a POSIX shell; ``placeholders`` (secret to ``$NAME``) are shell variables in it."""
    view = Redactor(placeholders).request(request)
    names = set(placeholders.values())
    lines = [f"curl --path-as-is --request {view.method} {_quoted(view.url, names)}"]
    lines += [f"--header {_quoted(f'{name}: {value}', names)}" for name, value in view.headers]
    if view.body:
        lines.append(f"--data-binary {_quoted(view.body, names)}")
    return " \\\n  ".join(lines)


def _quoted(text: str, names: set[str]) -> str:
    """Return the text as one shell word: literal in single quotes, placeholders expanded in double quotes."""
    parts, last = [], 0
    for match in _PLACEHOLDER.finditer(text):
        if match[0] in names:
            parts += [_literal(text[last : match.start()]), f'"{match[0]}"']
            last = match.end()
    return "".join([*parts, _literal(text[last:])]) or "''"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'" if text else ""
