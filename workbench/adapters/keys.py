"""KEYS: where the vault's keys come from: the system's keyring, the environment, or a file of their own."""

from __future__ import annotations

import abc
import contextlib
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal, TypeVar

import keyring
from cryptography.fernet import Fernet

from workbench.errors import CannotWrite, Refused
from workbench.sentence import Sentence, say

from . import files
from .home import Home
from .sealed_box import as_text

KeySource = Literal["keyring", "environment", "file", "memory"]
KEYRING_SERVICE = "integration-workbench"
KEYRING_PATIENCE_S = 30.0
"""How long a keyring may take: it may be asking a person for a password on a machine where nobody sits."""
MAKE_A_KEY: Final = (
    'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
)

T = TypeVar("T")


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
        keys = _keys_in((as_text(raw) or "-").replace("\n", ","))
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


def keyring_of(home: Home, vault: Path, make: bool = True) -> list[KeyringKeys]:
    """Return the keyring's keys for ``home``, the first one made if need be (with ``make``); empty without a usable keyring.

    Backends below priority 1 keep nothing, or keep it in the open: https://keyring.readthedocs.io/en/latest/
    """
    priority = _ask(lambda: keyring.get_keyring().priority)
    if priority is None or priority < 1:
        return []
    keys = KeyringKeys(home.id)
    if not keys.answers():
        return []
    if make and not keys.load():
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
