"""VAULT: secrets at rest, each under a handle. Everywhere else in the workbench a secret is only its handle.

The file ``vault.json`` holds one Fernet token (https://github.com/fernet/spec) a handle. The key is in the
system's keyring; where there is none, in WORKBENCH_KEY; else in a file beside the secrets, with a warning. A
secret typed on a page comes in a sealed box that only this process can open: it is in no widget's state and
in no log on the way.
"""

from __future__ import annotations

import abc
import base64
import binascii
import contextlib
import os
import secrets
import stat
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, Literal, TypeVar

import keyring
from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from workbench.errors import CannotWrite, Damaged, MissingSecret, Refused
from workbench.models.base import SecretRef
from workbench.sentence import Sentence, say

from . import files
from .home import Home

KeySource = Literal["keyring", "environment", "file", "memory"]

LONGEST_SECRET = 64 * 1024
"""Bytes: a certificate chain with its key fits."""
SHORTEST_HINTED = 12
"""Characters: of a shorter secret, its last four would give too much away."""

VAULT_FILE = "vault.json"
VAULT_SCHEMA = 1
KEY_FILE = "vault.key"
KEYRING_SERVICE = "integration-workbench"
KEYRING_PATIENCE_S = 30.0
"""How long a keyring may take: it may be asking a person for a password on a machine where nobody sits."""

BOX_INFO = b"workbench sealed secret v1"
BOX_CONTEXT = b"workbench"

MAKE_A_KEY: Final = (
    'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
)

T = TypeVar("T")


class Vault:
    """The secrets of one home. ``notices`` says what a person should know; ``key_source`` where the key is.

    Nothing of a secret appears in a representation or an exception. Calls block for a moment: make them from
    a thread.
    """

    def __init__(self, path: Path | None, sources: Sequence[Keys], notices: list[Sentence]) -> None:
        """Take the first of ``sources`` to lock with; what any of them holds can open."""
        self._path = path
        self._sources = sources
        self._keys = sources[0]
        self._ring = self._load_ring()
        self._memory: dict[str, str] = {}
        self._turn = threading.RLock()
        self._page_key = ec.generate_private_key(ec.SECP256R1())
        self.notices = notices
        self.key_source: KeySource = self._keys.source

    @classmethod
    def open(cls, home: Home, environ: Mapping[str, str] = os.environ) -> Vault:
        """Return the vault of ``home``, its key from the keyring, else WORKBENCH_KEY, else a file.

        A key that fits nothing is no error: those secrets have to be typed again, and ``notices`` says so.
        Raises Refused when WORKBENCH_KEY is no key, TooNew when a newer workbench wrote the vault.
        """
        notices: list[Sentence] = []
        path, key_file = home.path(VAULT_FILE), home.path(KEY_FILE)
        sources: list[Keys] = []
        if environ.get("WORKBENCH_KEYRING", "").strip().lower() != "off":
            sources += keyring_of(home, path)
        if environ.get("WORKBENCH_KEY", "").strip():
            sources.append(EnvironmentKeys(environ["WORKBENCH_KEY"]))
        sources.append(KeyFile(key_file, notices))
        vault = cls(path, sources, notices)
        vault._look_in()
        if vault.key_source == "file":
            notices.append(
                say(
                    "The key to the saved secrets lies beside them in {file}: whoever reads this folder can "
                    "open them. Better use the system's keyring, or put a key into WORKBENCH_KEY.",
                    file=str(key_file),
                )
            )
        return vault

    @classmethod
    def in_memory(cls) -> Vault:
        """Return an empty vault that keeps nothing on the disk and ends with this process."""
        return cls(None, [MemoryKeys()], [])

    def __repr__(self) -> str:
        return f"<Vault {self.key_source}>"

    def seal_text(self, value: str) -> SecretRef:
        """Lock the secret away and return its new handle and hint (the last four, from 12 characters on).

        Raises Refused when it is empty or longer than 64 kB, CannotWrite when the disk does not take it.
        """
        data = _checked(value)
        handle = f"sec_{secrets.token_hex(16)}"
        with self._changing() as tokens:
            if not self._keys.load():
                self._keys.store([Fernet.generate_key().decode()])
            self._ring = self._load_ring()
            tokens[handle] = Fernet(self._ring[0]).encrypt(handle.encode() + b"\n" + data).decode()
        return SecretRef(handle=handle, hint=_hint(value))

    def open_text(self, handle: str) -> str:
        """Return the secret. Raises MissingSecret when there is none under the handle, or no key opens it."""
        token = self._tokens().get(handle)
        if token is None:
            raise MissingSecret(say("A secret that this needs is not in the vault. Type it again and save."))
        value = self._unlock(handle, token)
        if value is None:
            raise MissingSecret(
                say(
                    "A secret that this needs was locked with a key that this workbench does not have. "
                    "Bring that key back, or type the secret again and save."
                )
            )
        return value

    def has(self, handle: str) -> bool:
        """Return whether there is a secret under the handle that a key at hand opens."""
        token = self._tokens().get(handle)
        return token is not None and self._unlock(handle, token) is not None

    def handles(self) -> list[str]:
        """Return all handles, also those of secrets that cannot be opened."""
        return sorted(self._tokens())

    def forget(self, handle: str) -> None:
        """Delete the secret. One that is gone already stays gone."""
        with self._changing() as tokens:
            tokens.pop(handle, None)

    def rotate(self) -> None:
        """Lock everything with a new key, then drop the old one. A crash in between loses nothing.

        The new key of WORKBENCH_KEY is the first in the list, where a person puts it; Refused while there is
        only one. Secrets that no key at hand opens stay as they are.
        """
        with self._changing() as tokens:
            keys = self._keys.renewed()
            self._ring = self._load_ring()
            ring = MultiFernet([Fernet(key) for key in self._ring])
            for handle, token in tokens.items():
                with contextlib.suppress(InvalidToken):
                    tokens[handle] = ring.rotate(token).decode()
        with self._changing():
            if self._keys.load() == keys:  # another process may have renewed it again meanwhile
                self._keys.drop_old()
            self._ring = self._load_ring()

    def public_key(self) -> str:
        """Return what a page seals secrets with: a raw P-256 point in base64url, new in every process."""
        return _b64u(_raw_point(self._page_key))

    def unseal(self, box: Mapping[str, object]) -> str:
        """Return the secret in a box that a page sealed with ``public_key``. Raises Refused."""
        return _unseal(self._page_key, box)

    def _look_in(self) -> None:
        """Set a damaged file aside, and count the secrets that the present keys do not open."""
        try:
            tokens = self._tokens()
        except Damaged:
            with self._changing() as tokens:
                pass
        shut = sum(self._unlock(handle, token) is None for handle, token in tokens.items())
        if shut:
            self.notices.append(
                say(
                    "Saved secrets that cannot be opened: {count}. They were locked with a key that this "
                    "workbench does not have. Bring that key back, or type them again.",
                    count=shut,
                )
            )

    def _unlock(self, handle: str, token: str) -> str | None:
        """Return the secret in the token, or None. The handle is inside, so that tokens cannot be swapped."""
        data = _decrypt(self._ring, token)
        if data is None:
            self._ring = self._load_ring()  # another process may have made or changed the key
            data = _decrypt(self._ring, token)
        inside, _, secret = (data or b"").partition(b"\n")
        return _text(secret) if inside == handle.encode() else None

    def _load_ring(self) -> list[str]:
        return [key for keys in self._sources for key in keys.load()]

    def _tokens(self) -> dict[str, str]:
        """Return the tokens as they are on the disk now. Raises Damaged and TooNew."""
        if self._path is None:
            return self._memory
        raw = files.read(self._path)
        return {} if raw is None else _parse(self._path, raw)

    @contextlib.contextmanager
    def _changing(self) -> Iterator[dict[str, str]]:
        """Give the tokens to change, against all other threads and processes; they are kept at the end."""
        with self._turn:
            if self._path is None:
                yield self._memory
                return
            with files.lock(self._path):
                try:
                    before = self._tokens()
                except Damaged:
                    self.notices.append(files.was_set_aside(self._path, files.set_aside(self._path)))
                    before = {}
                tokens = dict(before)
                yield tokens
                if tokens != before:
                    data = {"schema": VAULT_SCHEMA, "secrets": dict(sorted(tokens.items()))}
                    files.write_atomically(self._path, files.to_json(data))


class Keys(abc.ABC):
    """Where keys are kept: the first one locks, all of them open. Change them inside the vault's lock."""

    source: KeySource

    @abc.abstractmethod
    def load(self) -> list[str]:
        """Return the keys as they are now; none when there are none yet."""

    @abc.abstractmethod
    def store(self, keys: list[str]) -> None:
        """Keep these keys instead. Raises CannotWrite."""

    def renewed(self) -> list[str]:
        """Put a new key first, and return all keys. Raises Refused where only a person can do that."""
        keys = [Fernet.generate_key().decode(), *self.load()]
        self.store(keys)
        return keys

    def drop_old(self) -> None:
        """Keep the first key only, where the workbench may do that."""
        self.store(self.load()[:1])


class MemoryKeys(Keys):
    """Keys that end with the process."""

    source: KeySource = "memory"

    def __init__(self) -> None:
        self._keys: list[str] = []

    def load(self) -> list[str]:
        """Return the keys."""
        return self._keys

    def store(self, keys: list[str]) -> None:
        """Keep these keys instead."""
        self._keys = keys


class EnvironmentKeys(Keys):
    """The keys in WORKBENCH_KEY, with commas between them. Only a person changes them."""

    source: KeySource = "environment"

    def __init__(self, text: str) -> None:
        keys = _keys_in(text)
        if keys is None:
            raise Refused(
                say(
                    "WORKBENCH_KEY is not a key: it takes 44 letters and digits, as made by {command}. "
                    "Put a comma between several keys.",
                    command=MAKE_A_KEY,
                )
            )
        self._keys = keys

    def load(self) -> list[str]:
        """Return the keys that the process was started with."""
        return self._keys

    def store(self, keys: list[str]) -> None:
        """Refuse: an environment is not the workbench's to change."""
        raise Refused(say("Only you can change WORKBENCH_KEY. Set it, then start the workbench again."))

    def renewed(self) -> list[str]:
        """Return the keys, the new one first, as a person has put it there."""
        if len(self._keys) < 2:
            raise Refused(
                say(
                    "Put a new key first in WORKBENCH_KEY, then a comma and the present one. Start the "
                    "workbench again and repeat this; after that the old key can go. {command} makes a key.",
                    command=MAKE_A_KEY,
                )
            )
        return self._keys

    def drop_old(self) -> None:
        """Leave that to the person."""


class KeyFile(Keys):
    """Keys in a file of the home, mode 0600, one a line."""

    source: KeySource = "file"

    def __init__(self, path: Path, notices: list[Sentence]) -> None:
        self._path = path
        self._notices = notices

    def load(self) -> list[str]:
        """Return the keys; a file open to others is closed, one that holds no keys is set aside."""
        raw = files.read(self._path)
        if raw is None:
            return []
        if os.name == "posix" and stat.S_IMODE(self._path.stat().st_mode) & 0o077:
            self._close_to_others()
        keys = _keys_in((_text(raw) or "-").replace("\n", ","))
        if keys is None:
            self._notices.append(files.was_set_aside(self._path, files.set_aside(self._path)))
        return keys or []

    def store(self, keys: list[str]) -> None:
        """Write the keys."""
        with files.lock(self._path):  # to sweep what a killed process left of a key
            files.write_atomically(self._path, "".join(f"{key}\n" for key in keys).encode())

    def _close_to_others(self) -> None:
        try:
            self._path.chmod(0o600)
        except OSError as error:
            raise files.cannot_write(self._path, error) from None
        self._notices.append(
            say(
                "{file} was open to other accounts of this machine; it is now yours alone. Change the "
                "secrets if somebody may have read it.",
                file=str(self._path),
            )
        )


class KeyringKeys(Keys):
    """Keys in the system's keyring, under the id of the home."""

    source: KeySource = "keyring"

    def __init__(self, name: str) -> None:
        self._name = name
        self._known: list[str] = []

    def answers(self) -> bool:
        """Return whether the keyring can be asked now, and remember what it said."""
        answer = _ask(lambda: keyring.get_password(KEYRING_SERVICE, self._name) or "")
        if answer is not None:
            self._known = _keys_in(answer) or []
        return answer is not None

    def load(self) -> list[str]:
        """Return the keys; those known from before when the keyring does not answer now."""
        self.answers()
        return self._known

    def store(self, keys: list[str]) -> None:
        """Write the keys. Raises CannotWrite when the keyring does not give them back."""
        text = ",".join(keys)
        _ask(lambda: keyring.set_password(KEYRING_SERVICE, self._name, text))
        if _ask(lambda: keyring.get_password(KEYRING_SERVICE, self._name) == text) is not True:
            raise CannotWrite(
                say(
                    "The system's keyring did not take the key. Unlock it and try again, or start the "
                    "workbench with WORKBENCH_KEYRING=off."
                )
            )
        self._known = keys


def keyring_of(home: Home, vault: Path) -> list[KeyringKeys]:
    """Return the keyring's keys for ``home``, the first one made if need be; empty without a usable keyring.

    Backends below priority 1 keep nothing, or keep it in the open: https://keyring.readthedocs.io/en/latest/
    """
    priority = _ask(lambda: keyring.get_keyring().priority)
    if priority is None or priority < 1:
        return []
    keys = KeyringKeys(home.id)
    if not keys.answers():
        return []
    if not keys.load():
        try:
            with files.lock(vault):
                if keys.answers() and not keys.load():  # no other process has made one meanwhile
                    keys.store([Fernet.generate_key().decode()])
        except CannotWrite:
            return []
    return [keys] if keys.load() else []


def _ask(question: Callable[[], T]) -> T | None:
    """Return what the keyring answers; None when it fails or takes too long.

    A backend raises whatever its desktop raises, and may wait for a person for ever: hence the thread.
    """
    answers: list[T] = []

    def ask() -> None:
        with contextlib.suppress(Exception):
            answers.append(question())

    thread = threading.Thread(target=ask, name="keyring", daemon=True)
    thread.start()
    thread.join(KEYRING_PATIENCE_S)
    return answers[0] if answers else None


def _keys_in(text: str) -> list[str] | None:
    """Return the keys in ``text``, with commas between them; None when one of them is no Fernet key."""
    keys = [part.strip() for part in text.split(",") if part.strip()]
    try:
        for key in keys:
            Fernet(key)
    except ValueError:
        return None
    return keys or None


def _parse(path: Path, raw: bytes) -> dict[str, str]:
    tokens = files.from_json(path, raw, VAULT_SCHEMA).get("secrets")
    if not isinstance(tokens, dict) or not all(isinstance(token, str) for token in tokens.values()):
        raise Damaged(say("{file} cannot be read: its secrets are missing.", file=str(path)))
    return tokens


def _decrypt(keys: list[str], token: str) -> bytes | None:
    if not keys:
        return None
    try:
        return MultiFernet([Fernet(key) for key in keys]).decrypt(token)
    except (InvalidToken, ValueError):  # ValueError: a token with letters that are not ASCII
        return None


def _checked(value: str) -> bytes:
    """Return the secret's bytes. Raises Refused when it is empty or too long."""
    data = value.encode("utf-8", "surrogatepass")  # a plain encode would raise an error that holds the secret
    if not data:
        raise Refused(say("The secret is empty. Type it, or paste it from where you got it."))
    if len(data) > LONGEST_SECRET:
        raise Refused(
            say("The secret is longer than {limit} kB. Paste the secret alone.", limit=LONGEST_SECRET // 1024)
        )
    return data


def _text(data: bytes) -> str | None:
    """Return the text; None instead of an exception, which would hold the bytes."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return None


def _hint(value: str) -> str:
    shown = value.strip()[-4:]
    return f"**** {shown}" if len(value.strip()) >= SHORTEST_HINTED and shown.isprintable() else "****"


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
    sealed = AESGCM(_box_key(mine, theirs)).encrypt(iv, _checked(text), BOX_CONTEXT)
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
    value = _text(data)
    if value is None:
        raise Refused(say("The secret is not text. Type it, or paste it as text."))
    _checked(value)
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
