"""SECRECY: what in a foreign text is probably a secret, by its name or by its shape."""

from __future__ import annotations

import re
from typing import Final

from workbench.engine.credential_shapes import is_placeholder
from workbench.engine.redact import SENSITIVE_HEADERS

_SECRET_NAME: Final = re.compile(
    r"api[_-]?key|apikey|access[_-]?key|secret|passw(?:or)?d|passphrase|\bpwd\b|_pwd|token|credential|private[_-]?key|signature"
    r"|auth(?:orization)?(?![a-z])|bearer|jwt|client[_-]?key|app[_-]?key|subscription[_-]?key|license[_-]?key|webhook[_-]?key",
    re.IGNORECASE,
)
_NO_SECRET: Final = re.compile(
    r"token[_-]?(?:type|url|path|name|expir\w*)|max[_-]?tokens|idempotency|device[_-]?token|push[_-]?token|auth(?:or|[_-]?(?:type|url|method))$"
    r"|signature[_-]?(?:version|method)|access[_-]?key[_-]?id",
    re.IGNORECASE,
)
_PARAMETER: Final = re.compile(
    r"(?:.*[_-])?(?:key|apikey|api_?key|token|secret|password|passwd|pwd|sig|signature|hash|code|auth|credential|access_?token|hapikey)",
    re.IGNORECASE,
)
_BODY_NAME: Final = re.compile(
    r"api[_-]?key|apikey|auth[_-]?token|access[_-]?token|refresh[_-]?token|client[_-]?secret|secret|secret[_-]?key|password|passwd|pwd|api[_-]?secret",
    re.IGNORECASE,
)
_SHAPE: Final = re.compile(
    r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"  # a JSON Web Token
    r"|(?:sk|pk|rk)_(?:live|test)_\w{10,}|xkeysib-[\w-]{16,}|SG\.[\w-]{16,}\.[\w-]{16,}|key-[0-9a-f]{32}|gh[pousr]_\w{20,}"
    r"|xox[abprs]-[\w-]{10,}|AKIA[0-9A-Z]{16}|SK[0-9a-f]{32}|-----BEGIN [A-Z ]*PRIVATE KEY-----",
)
_CODE: Final = frozenset({"code", "hash", "sig", "auth", "key"})
"""Names that are a secret's only where the value is long."""
LONG: Final = 16
SHORTEST: Final = 6


def is_secret_name(name: str) -> bool:
    """Return whether a variable or a field of this name usually holds a secret."""
    return bool(_SECRET_NAME.search(name)) and not _NO_SECRET.search(name)


def is_secret_header(name: str, value: str) -> bool:
    """Return whether a header carries a secret."""
    return name.lower() in SENSITIVE_HEADERS or is_secret_name(name) or has_secret_shape(value)


def is_secret_parameter(name: str, value: str) -> bool:
    """Return whether a parameter of an address carries a secret."""
    if has_secret_shape(value):
        return True
    if not _PARAMETER.fullmatch(name) or _NO_SECRET.search(name):
        return False
    return name.lower() not in _CODE or len(value) >= LONG


def is_secret_field(name: str, value: str) -> bool:
    """Return whether a field of a body carries a secret; ``token`` alone may be the address of a push message."""
    return bool(value) and (bool(_BODY_NAME.fullmatch(name)) or has_secret_shape(value))


def has_secret_shape(value: str) -> bool:
    """Return whether a text looks like a key or token, whatever it is called."""
    return bool(_SHAPE.search(value))


def holds_secret(value: str) -> bool:
    """Return whether a value that stands where a secret belongs really is one, and no stand-in from a manual."""
    return len(value.strip()) >= SHORTEST and not is_placeholder(value)
