"""VAULT: secrets at rest, each under a handle. Everywhere else in the workbench a secret is only its handle.

The file ``vault.json`` holds one Fernet token (https://github.com/fernet/spec) a handle. The key is in the
system's keyring; where there is none, in WORKBENCH_KEY; else in a file beside the secrets, with a warning. A
secret typed on a page comes in a sealed box that only this process can open: it is in no widget's state and
in no log on the way.

A team's tokens are in its database, and its key never is: each machine brings the same one, in WORKBENCH_KEY or
in its keyring. One that has another key opens nothing and locks nothing, so that a team never has two.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from workbench.engine.redact import hint_of
from workbench.errors import Damaged, MissingSecret, Refused, TooNew
from workbench.models.base import SecretRef
from workbench.sentence import Sentence, say

from . import files
from .documents import VAULT_KIND, Documents
from .home import VAULT_FILE, Home
from .keys import (
    KEYRING_SERVICE,
    MAKE_A_KEY,
    EnvironmentKeys,
    KeyFile,
    Keys,
    KeySource,
    MemoryKeys,
    keyring_of,
)
from .sealed_box import PageKey, as_text, checked
from .sealed_rows import RowKey

VAULT_SCHEMA = 1
KEY_FILE = "vault.key"
GIVE_UP = "workbench secrets give-up"
DATA_KEY = "sec_keyofsealeddata"
"""The handle of the key for ``seal_data``, a secret of the vault itself, so that ``rotate`` keeps it. Longer: an old one's."""


class Vault:
    """The secrets of one home. ``notices`` says what a person should know; ``key_source`` where the key is.

    Nothing of a secret appears in a representation or an exception. Calls block for a moment: make them from
    a thread.
    """

    def __init__(
        self, path: Path | None, sources: Sequence[Keys], notices: list[Sentence], rows: Documents | None = None
    ) -> None:  # fmt: skip
        """Take the first of ``sources`` to lock with; what any of them holds can open. ``rows`` are a team's, in place of a file."""
        self._path = path
        self._rows = rows
        self._sources = sources
        self._keys = sources[0]
        self._ring = self._load_ring()
        self._memory: dict[str, str] = {}
        self._turn = threading.RLock()
        self._page_key = PageKey()
        self.notices = notices
        self.key_source: KeySource = self._keys.source

    @classmethod
    def open(
        cls, home: Home, environ: Mapping[str, str] = os.environ, documents: Documents | None = None
    ) -> Vault:
        """Return the vault of ``home``, its key from the keyring, else WORKBENCH_KEY, else a file.

        With ``documents`` it is a team's: its key from WORKBENCH_KEY, else the keyring, else a file. A key that fits nothing
        is no error: those secrets have to be typed again (a team: that key has to be brought), and ``notices`` says so.
        Raises Refused when WORKBENCH_KEY is no key, TooNew when a newer workbench wrote the vault.
        """
        notices: list[Sentence] = []
        if documents is not None:
            return cls._of_team(home, environ, documents, notices)
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
    def _of_team(
        cls, home: Home, environ: Mapping[str, str], documents: Documents, notices: list[Sentence]
    ) -> Vault:
        sources: list[Keys] = []
        if environ.get("WORKBENCH_KEY", "").strip():
            sources.append(EnvironmentKeys(environ["WORKBENCH_KEY"]))
        if environ.get("WORKBENCH_KEYRING", "").strip().lower() != "off":
            first = not sources and not documents.read(VAULT_KIND).texts  # else it would be a second key
            sources += keyring_of(home, home.path(VAULT_FILE), make=first)
        sources.append(KeyFile(home.path(KEY_FILE), notices))
        vault = cls(None, sources, notices, documents)
        vault._look_in_team(home)
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
        data = checked(value)
        handle = f"sec_{secrets.token_hex(16)}"
        with self._changing() as tokens:
            tokens[handle] = self._locked(handle, data, tokens)
        return SecretRef(handle=handle, hint=hint_of(value))

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

    def mark(self) -> Hashable:
        """Return what is another one after every change; None where nothing was kept yet, or nothing tells."""
        if self._rows is not None:
            return self._rows.mark(VAULT_KIND)
        return files.mark(self._path) if self._path else None

    def tokens(self) -> Mapping[str, str]:
        """Return every token by its handle, locked as it is kept: for a backup, which never holds the key. Raises Damaged and TooNew."""
        return dict(self._tokens())

    def put_tokens(self, tokens: Mapping[str, str]) -> None:
        """Keep tokens that ``tokens`` gave, of this vault or another one, beside those that are there. Who has their key opens them."""
        with self._changing() as kept:
            kept.update(tokens)

    def has(self, handle: str) -> bool:
        """Return whether there is a secret under the handle that a key at hand opens."""
        token = self._tokens().get(handle)
        return token is not None and self._unlock(handle, token) is not None

    def handles(self) -> list[str]:
        """Return all handles, also those of secrets that cannot be opened."""
        return sorted(handle for handle in self._tokens() if not handle.startswith(DATA_KEY))

    def seal_data(self, data: bytes) -> str:
        """Return the data sealed, for whoever keeps it elsewhere; the vault keeps nothing of it.

        It is sealed with a key that lies in the vault as a secret and is made when there is none that opens: what was sealed opens after
        any ``rotate``. Raises CannotWrite when the disk does not take a new one.
        """
        key = None
        with contextlib.suppress(Damaged):  # a damaged file is set aside by those who change it
            key = next(self._data_keys(self._tokens(), [DATA_KEY]), None)
        if key is None:
            with self._changing() as tokens:
                key = next(
                    self._data_keys(tokens, [DATA_KEY]), None
                )  # another process may have made one meanwhile
                if key is None:
                    key = RowKey.new()
                    if DATA_KEY in tokens and self._rows is not None:  # others of the team have it
                        raise Refused(_no_key_of_team())
                    if DATA_KEY in tokens:  # the key that locked it may come back, and with it what it sealed
                        tokens[f"{DATA_KEY}{secrets.token_hex(8)}"] = tokens[DATA_KEY]
                    tokens[DATA_KEY] = self._locked(DATA_KEY, key.text.encode(), tokens)
        return key.seal(data)

    def open_data(self, sealed: str) -> bytes:
        """Return what ``seal_data`` sealed. Raises MissingSecret when it is damaged, or its key is not here or cannot be opened."""
        tokens = self._tokens()
        for key in self._data_keys(tokens, sorted(one for one in tokens if one.startswith(DATA_KEY))):
            with contextlib.suppress(MissingSecret):
                return key.open(sealed)
        raise MissingSecret(
            say(
                "What was sealed in this vault cannot be opened: it was changed, or its key was locked with a key that this workbench "
                "does not have. Bring that key back."
            )
        )

    def shut(self) -> list[str]:
        """Return the handles of what no key at hand opens, the keys of sealed data among them."""
        return sorted(handle for handle, token in self._tokens().items() if not self._opens(handle, token))

    def drop_shut(self, handles: Collection[str]) -> int:
        """Delete those of ``handles`` that no key at hand opens, for good, and return how many; a key that came back saves them."""
        with self._changing() as tokens:
            gone = [
                handle for handle in handles if handle in tokens and not self._opens(handle, tokens[handle])
            ]
            for handle in gone:
                del tokens[handle]
        return len(gone)

    def forget(self, handle: str) -> None:
        """Delete the secret. One that is gone already stays gone."""
        with self._changing() as tokens:
            tokens.pop(handle, None)

    def rotate(self) -> None:
        """Lock everything with a new key, then drop the old one. A crash in between loses nothing.

        The new key of WORKBENCH_KEY is the first in the list, where a person puts it; Refused while there is
        only one, and for a team whose key is elsewhere: it would be this machine's alone. Secrets that no key at
        hand opens stay as they are.
        """
        with self._changing() as tokens:
            if self._rows is not None:
                self._take_key_of_team(tokens)
                if self._keys.source != "environment":
                    raise Refused(
                        say(
                            "A team's key is changed on all of its machines. Put a new key first in WORKBENCH_KEY, then a comma and the "
                            "present one, on each of them; start the workbench again and repeat this. {command} makes a key.",
                            command=MAKE_A_KEY,
                        )
                    )
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
        return self._page_key.public()

    def unseal(self, box: Mapping[str, object]) -> str:
        """Return the secret in a box that a page sealed with ``public_key``. Raises Refused."""
        return self._page_key.unseal(box)

    def _data_keys(self, tokens: Mapping[str, str], handles: Sequence[str]) -> Iterator[RowKey]:
        """Give the keys of ``seal_data`` under these handles that can be opened."""
        for handle in handles:
            text = self._unlock(handle, tokens[handle], DATA_KEY) if handle in tokens else None
            if text is not None:
                yield RowKey(text)

    def _locked(self, handle: str, data: bytes, tokens: Mapping[str, str]) -> str:
        """Return the token of a secret, locked with the newest key; the first one is made. Call it inside of ``_changing``."""
        if self._rows is not None:
            self._take_key_of_team(tokens)
        if not self._keys.load():
            self._keys.store([Fernet.generate_key().decode()])
        self._ring = self._load_ring()
        return Fernet(self._keys.load()[0]).encrypt(handle.encode() + b"\n" + data).decode()

    def _look_in(self) -> None:
        """Set a damaged file aside, and count the secrets that the present keys do not open."""
        try:
            tokens = self._tokens()
        except Damaged:
            with self._changing() as tokens:
                pass
        self._count_shut(tokens)

    def _opens(self, handle: str, token: str) -> bool:
        """Return whether a key at hand opens the token; one of sealed data goes by its first name inside."""
        return self._unlock(handle, token, DATA_KEY if handle.startswith(DATA_KEY) else "") is not None

    def _count_shut(self, tokens: Mapping[str, str]) -> None:
        shut = sum(not self._opens(handle, token) for handle, token in tokens.items())
        if shut:
            self.notices.append(
                say(
                    "Saved secrets that cannot be opened: {count}. They were locked with a key that this "
                    "workbench does not have. Bring that key back, or type them again.",
                    count=shut,
                )
            )

    def _take_key_of_team(self, tokens: Mapping[str, str]) -> None:
        """Lock from now on with the first key that opens what others locked; where there is nothing, any. Raises Refused."""
        shared = tokens.values()
        for keys in self._sources if shared else ():
            ring = keys.load()
            if any(_decrypt(ring, token) is not None for token in shared):
                self._keys, self.key_source = keys, keys.source
                return
        if shared:
            raise Refused(_no_key_of_team())

    def _look_in_team(self, home: Home) -> None:
        """Find this machine's key, and say what a person has to do that all machines of the team have it."""
        tokens = self._tokens()
        try:
            self._take_key_of_team(tokens)
        except Refused as error:
            self.notices.append(error.sentence)
            return
        self._count_shut(tokens)
        if self.key_source == "file":
            self.notices.append(
                say(
                    "The key to the team's secrets is kept in {file} on this machine alone. Put it into WORKBENCH_KEY on every machine of "
                    "the team, and keep a copy in a safe place: without it nobody can open what was saved.",
                    file=str(home.path(KEY_FILE)),
                )
            )
        elif self.key_source == "keyring" and not tokens:
            self.notices.append(
                say(
                    "The key to the team's secrets is in the keyring of this machine alone. {command} shows it: put it into WORKBENCH_KEY "
                    "on every other machine of the team, and keep a copy in a safe place.",
                    command=f"keyring get {KEYRING_SERVICE} {home.id}",
                )
            )

    def _unlock(self, handle: str, token: str, name: str = "") -> str | None:
        """Return the secret in the token, or None. The handle (else ``name``) is inside, so that tokens cannot be swapped."""
        data = _decrypt(self._ring, token)
        if data is None:
            self._ring = self._load_ring()  # another process may have made or changed the key
            data = _decrypt(self._ring, token)
        inside, _, secret = (data or b"").partition(b"\n")
        return as_text(secret) if inside == (name or handle).encode() else None

    def _load_ring(self) -> list[str]:
        return [key for keys in self._sources for key in keys.load()]

    def _tokens(self) -> dict[str, str]:
        """Return the tokens as they are on the disk now. Raises Damaged and TooNew."""
        if self._rows is not None:
            kept = self._rows.read(VAULT_KIND)
            self._check_version(kept.version)
            return dict(kept.texts)
        if self._path is None:
            return self._memory
        raw = files.read(self._path)
        return {} if raw is None else _parse(self._path, raw)

    @contextlib.contextmanager
    def _changing(self) -> Iterator[dict[str, str]]:
        """Give the tokens to change, against all other threads and processes; they are kept at the end."""
        with self._turn:
            if self._rows is not None:
                with self._rows.changing(VAULT_KIND, VAULT_SCHEMA) as held:
                    self._check_version(held.version)
                    yield held.texts
                return
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

    def _check_version(self, version: int) -> None:
        if self._rows is not None and version > VAULT_SCHEMA:
            raise TooNew(
                say(
                    "The vault in {database} was written by a newer version of the workbench (format {found}, this one knows {known}). "
                    "Update the workbench; nothing was touched.",
                    database=self._rows.where, found=version, known=VAULT_SCHEMA,
                )
            )  # fmt: skip


def _no_key_of_team() -> Sentence:
    return say(
        "This machine does not have the key to the team's secrets: it can neither open nor save any. Ask a colleague for the key, and put "
        "it into WORKBENCH_KEY. If it is lost for good, {command} lets these secrets go.",
        command=GIVE_UP,
    )


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
