"""PUBLISH NOTEBOOKS: secrets that a notebook would show to whoever opens it or its page: in its code, its outputs, its widgets' state."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from workbench.models.base import JsonValue
from workbench.models.publish import PublishFinding

from .publish_words import finding
from .redact import Redactor

_NAME: Final = r"(?:\w*(?:token|secret|passw(?:or)?d|api_?key|access_?key|private_?key)\w*)"
_SECRETS: Final = (
    re.compile(r"Password\([^)]{0,200}\bvalue\s*=\s*[\"'][^\"']+[\"']"),
    re.compile(rf"\b{_NAME}[\"']?\s*[:=]\s*[\"'](?!\*|<|\$|sec_|Bearer <)[^\"'\s]{{6,}}[\"']", re.IGNORECASE),
    re.compile(
        r"\b(?:SG\.[\w-]{16,}|wbk_[\w-]{16,}|xkeysib-\w{16,}|sk_live_\w{16,}|whsec_\w{16,}|AKIA[0-9A-Z]{16})"
    ),
    re.compile(r"\bBearer\s+[A-Za-z0-9._~+/-]{20,}"),
    re.compile(r"[?&](?:api_?key|token|secret|sig|signature)=[^&\s\"'*]{6,}", re.IGNORECASE),
    re.compile(r"://[^\s/:@\"']+:[^\s/@\"'$*]+@"),
    re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----"),
)


def check_notebook(name: str, text: str, known: Redactor | None = None) -> list[PublishFinding]:
    """Return the secrets of a notebook by the cell they stand in (``line`` counts cells from 1); ``known`` finds those of the vault."""
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError):
        return []
    found = [number for number, cell in enumerate(_cells(notebook), 1) if _holds_secret(cell, known)]
    found_in_state = _holds_password(notebook) or (
        known is not None and not found and known.text(text) != text
    )
    return [
        *(finding("prefilled_secret", f"{name}, cell {number}") for number in found),
        *([finding("prefilled_secret", f"{name}, saved widgets")] if found_in_state else []),
    ]


def _cells(notebook: JsonValue) -> Iterator[JsonValue]:
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    yield from cells if isinstance(cells, list) else ()


def _holds_secret(cell: JsonValue, known: Redactor | None) -> bool:
    text = "\n".join(_texts(cell))
    return any(pattern.search(text) for pattern in _SECRETS) or (
        known is not None and known.text(text) != text
    )


def _texts(value: JsonValue) -> Iterator[str]:
    """Give every text in a cell; lines that were kept apart are joined."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        if all(isinstance(item, str) for item in value):
            yield "".join(value)
        else:
            for item in value:
                yield from _texts(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)


def _holds_password(notebook: JsonValue) -> bool:
    """Return whether the widgets' state that was saved with the notebook has the value of a password field."""
    metadata = notebook.get("metadata") if isinstance(notebook, dict) else None
    widgets = metadata.get("widgets") if isinstance(metadata, dict) else None
    return any(
        (model.get("_model_name") == "PasswordModel" and bool(model.get("value")))
        or (model.get("model_name") == "PasswordModel" and _has_value(model.get("state")))
        for model in _dicts(widgets)
    )


def _has_value(state: JsonValue) -> bool:
    return isinstance(state, dict) and bool(state.get("value"))


def _dicts(value: JsonValue) -> Iterator[dict[str, JsonValue]]:
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from _dicts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _dicts(item)
