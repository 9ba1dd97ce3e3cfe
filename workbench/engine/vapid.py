"""VAPID: whether a text is the public key that a browser subscribes with, and what it is when it is not.

A key is a point of the curve P-256, uncompressed: 65 bytes that begin with 4, written in base64url without padding (87 characters).
https://datatracker.ietf.org/doc/html/rfc8292#section-3.2
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final, NamedTuple

from workbench.sentence import Sentence, say

POINT_BYTES: Final = 65
SPKI_HEAD: Final = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
"""What stands before the point in the DER form of such a key."""
# https://nvlpubs.nist.gov/nistpubs/SpecialPublications/NIST.SP.800-186.pdf, 3.2.1.3
_P: Final = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
_B: Final = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
_PEM = re.compile(r"-----BEGIN ([A-Z ]+)-----(.*?)-----END \1-----", re.DOTALL)
_HEX = re.compile(r"(?:0x)?[0-9a-fA-F]+")
_LETTERS = re.compile(r"[A-Za-z0-9_-]*")


class KeyFound(NamedTuple):
    """What a text is: the point where it is a key as it should be written; else a sentence, and the right writing where it is known."""

    point: bytes | None
    sentence: Sentence | None = None
    fix: str = ""


def vapid_key(text: str) -> KeyFound:
    """Return what ``text`` is, as a VAPID public key."""
    key = text.strip()
    if not key:
        return KeyFound(None, say(
            "The VAPID public key is empty. Copy it from the platform's page of web push: 87 letters, digits, “-” and “_”."
        ))  # fmt: skip
    pem = _PEM.search(key)
    if pem is not None:
        return _in_pem(pem[1], pem[2])
    if key[0] in "\"'" and key[-1] == key[0]:
        return _better(
            base64url(key[1:-1]), say("The VAPID public key stands in quotation marks. Take them off.")
        )
    if re.search(r"\s", key):
        joined = re.sub(r"\s+", "", key)
        return _better(
            base64url(joined),
            say("The VAPID public key holds a blank or a line break. Write it in one piece."),
        )
    if len(key) in (130, 132) and _HEX.fullmatch(key):
        return _better(
            bytes.fromhex(key.removeprefix("0x")),
            say("The VAPID public key is written as hexadecimal digits; browsers want it in base64url."),
        )
    if re.search(r"[+/=]", key):
        return _better(base64url(key), say(
            "The VAPID public key is written in plain base64; browsers want base64url: “-” for “+”, “_” for “/”, and no “=”."
        ))  # fmt: skip
    strange = _LETTERS.sub("", key)
    if strange:
        return KeyFound(None, say(
            "The VAPID public key holds “{letter}”, which base64url does not know. Copy the key again.", letter=strange[0]
        ))  # fmt: skip
    return _of_bytes(base64url(key), len(key))


def base64url(text: str) -> bytes | None:
    """Return the bytes of a text in base64url or base64, with padding or without; None where it is neither."""
    bare = text.strip().rstrip("=").replace("+", "-").replace("/", "_")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None


def written(point: bytes) -> str:
    """Return bytes in base64url without padding."""
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()


def on_curve(point: bytes) -> bool:
    """Return whether 65 bytes are a point of P-256, by its equation."""
    if len(point) != POINT_BYTES or point[0] != 4:
        return False
    x, y = int.from_bytes(point[1:33]), int.from_bytes(point[33:])
    return x < _P and y < _P and (y * y - (x * x * x - 3 * x + _B)) % _P == 0


def _in_pem(label: str, body: str) -> KeyFound:
    if "PRIVATE" in label:
        return KeyFound(None, _private())
    der = base64url(re.sub(r"\s+", "", body))
    point = der[len(SPKI_HEAD) :] if der and der.startswith(SPKI_HEAD) else None
    return _better(
        point, say("This is a PEM file; browsers want the bare key in base64url, without its frame.")
    )


def _better(point: bytes | None, sentence: Sentence) -> KeyFound:
    """Return the sentence about the writing, with the right one, where a key is behind it; else what is wrong with the key itself."""
    if point is not None and on_curve(point):
        return KeyFound(None, sentence, written(point))
    return _of_bytes(point, 0)


def _of_bytes(found: bytes | None, letters: int) -> KeyFound:
    if found is None:
        return KeyFound(
            None,
            say("The VAPID public key is cut off or has a letter too many. Copy all 87 characters of it."),
        )
    if on_curve(found):
        return KeyFound(found)
    if len(found) == 32:
        return KeyFound(None, _private())
    if found.startswith(SPKI_HEAD) and on_curve(found[len(SPKI_HEAD) :]):
        return _better(found[len(SPKI_HEAD) :], say(
            "This is the key in DER form (91 bytes); browsers want its last 65 bytes alone."
        ))  # fmt: skip
    if len(found) == 33 and found[0] in (2, 3):
        return KeyFound(None, say(
            "This is the compressed form of the key (33 bytes); browsers want the uncompressed one, 65 bytes. Export it again."
        ))  # fmt: skip
    if len(found) != POINT_BYTES:
        return KeyFound(None, say(
            "The VAPID public key has {bytes} bytes ({letters} characters); it must have 65 bytes, which is 87 characters. Copy all of it.",
            bytes=len(found), letters=letters or len(written(found)),
        ))  # fmt: skip
    if found[0] != 4:
        return KeyFound(None, say(
            "The VAPID public key has the right length, but does not begin as such a key does (with “B”). Copy it again."
        ))  # fmt: skip
    return KeyFound(None, say(
        "The VAPID public key has the right length, but is no point of the curve P-256: a letter of it is wrong. Copy it again."
    ))  # fmt: skip


def _private() -> Sentence:
    return say(
        "This is a private key. Never put it on a page: who has it can write to all subscribers. Make a new pair; use the public key."
    )
