"""Event identifiers: whom an event's body names, so that the journal masks both, whichever of them the integration goes by."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qsl

import orjson

from workbench.models.event import IDENTIFIERS
from workbench.models.provider import Encoding

_PART: Final = re.compile(r'name="(?P<name>email|phone)"\r\n\r\n(?P<value>.*?)\r\n--', re.DOTALL)


def identifiers_in(encoding: Encoding, body: bytes) -> tuple[str, ...]:
    """Return the texts of ``email`` and ``phone`` at the top of a body that this workbench composed; none where it cannot be read."""
    try:
        if encoding == "json":
            tree = orjson.loads(body)
            found = {name: tree.get(name) for name in IDENTIFIERS} if isinstance(tree, dict) else {}
        elif encoding == "multipart":
            found = {part["name"]: part["value"] for part in _PART.finditer(body.decode())}
        else:
            found = {name: value for name, value in parse_qsl(body.decode()) if name in IDENTIFIERS}
    except ValueError:
        return ()
    return tuple(value for value in found.values() if isinstance(value, str) and value)
