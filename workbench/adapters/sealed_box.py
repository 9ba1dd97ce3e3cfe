"""SEALED BOX: how a secret travels from a page to the vault: encrypted in the browser for this process alone.

ECDH on P-256, HKDF-SHA256, AES-256-GCM: what https://www.w3.org/TR/WebCryptoAPI/ has in every browser.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from workbench.errors import Refused
from workbench.sentence import say

LONGEST_SECRET = 64 * 1024
"""Bytes: a certificate chain with its key fits."""
BOX_INFO = b"workbench sealed secret v1"
BOX_CONTEXT = b"workbench"


class PageKey:
    """The key pair of this process that pages seal their secrets with; it is never kept."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())

    def public(self) -> str:
        """Return the public key: a raw uncompressed point, base64url."""
        return _b64u(_raw_point(self._key))

    def unseal(self, box: Mapping[str, object]) -> str:
        """Return the text of a box; Refused where it was sealed for another process or is no box."""
        return _unseal(self._key, box)


def seal_box(public_key: str, text: str) -> dict[str, object]:
    """Return ``text`` in a box that only the process with this ``public_key`` opens, as a page makes it.

    ECDH on P-256, HKDF-SHA256, AES-256-GCM: what https://www.w3.org/TR/WebCryptoAPI/ has in every browser.
    """
    point = _from_b64u(public_key)
    theirs = _public_key(point) if point else None
    if theirs is None:
        raise Refused(say("This is not the public key of a workbench. Ask the server process for it again."))
    mine = ec.generate_private_key(ec.SECP256R1())
    iv = secrets.token_bytes(12)
    sealed = AESGCM(_box_key(mine, theirs)).encrypt(iv, checked(text), BOX_CONTEXT)
    return {"v": 1, "epk": _b64u(_raw_point(mine)), "iv": _b64u(iv), "ct": _b64u(sealed)}


def _unseal(mine: ec.EllipticCurvePrivateKey, box: Mapping[str, object]) -> str:
    point, iv, sealed = (_from_b64u(box.get(name)) for name in ("epk", "iv", "ct"))
    theirs = _public_key(point) if point else None
    if box.get("v") != 1 or theirs is None or iv is None or len(iv) != 12 or sealed is None:
        raise Refused(
            say("The page sent the secret in a way that is not understood. Reload it, then type it again.")
        )
    try:
        data = AESGCM(_box_key(mine, theirs)).decrypt(iv, sealed, BOX_CONTEXT)
    except InvalidTag:
        raise Refused(
            say("The page is older than the server process. Reload it, then type the secret again.")
        ) from None
    value = as_text(data)
    if value is None:
        raise Refused(say("The secret is not text. Type it, or paste it as text."))
    checked(value)
    return value


def _box_key(mine: ec.EllipticCurvePrivateKey, theirs: ec.EllipticCurvePublicKey) -> bytes:
    shared = mine.exchange(ec.ECDH(), theirs)
    return HKDF(hashes.SHA256(), length=32, salt=bytes(32), info=BOX_INFO).derive(shared)


def _raw_point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )


def _public_key(point: bytes) -> ec.EllipticCurvePublicKey | None:
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        return None


def _b64u(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _from_b64u(text: object) -> bytes | None:
    if not isinstance(text, str) or len(text) > 2 * LONGEST_SECRET or not text.isascii():
        return None
    padded = text.rstrip("=").replace("-", "+").replace("_", "/") + "=" * (-len(text.rstrip("=")) % 4)
    try:
        return base64.b64decode(padded, validate=True)
    except binascii.Error:
        return None


def checked(value: str) -> bytes:
    """Return the secret's bytes. Raises Refused when it is empty or too long."""
    data = value.encode("utf-8", "surrogatepass")  # a plain encode would raise an error that holds the secret
    if not data:
        raise Refused(say("The secret is empty. Type it, or paste it from where you got it."))
    if len(data) > LONGEST_SECRET:
        raise Refused(
            say("The secret is longer than {limit} kB. Paste the secret alone.", limit=LONGEST_SECRET // 1024)
        )
    return data


def as_text(data: bytes) -> str | None:
    """Return the text; None instead of an exception, which would hold the bytes."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return None
