"""HOME: the folder in which a person, team or server keeps one workbench. Two homes never mix."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from workbench.errors import CannotWrite, Damaged, Refused
from workbench.sentence import Sentence, say

from . import files
from .clock import new_id

FOLDER_NAME = "integration-workbench"
ABOUT_FILE = "home.json"
VAULT_FILE = "vault.json"
UNFINISHED = "unfinished"
"""A file that stands in a home as long as it has not arrived whole from elsewhere."""
ABOUT_SCHEMA = 1
ROOM_NEEDED = 1 << 20
"""Bytes that must be free before anything is sent: what comes of it has to be written down."""


@dataclass(frozen=True)
class Home:
    """One workbench home: its folder, its id, and its pseudonyms' salt (32 random bytes, kept for good).

    ``notices`` says what had to be put right when it was opened.
    """

    folder: Path
    id: str
    salt: bytes = field(repr=False)
    notices: list[Sentence] = field(default_factory=list, compare=False, repr=False)

    def path(self, name: str) -> Path:
        """Return where the file ``name`` of this home lies."""
        if Path(name).name != name or name in {"", ".", ".."}:
            raise ValueError("a file of the home is named without a folder")
        return self.folder / name

    def check_writable(self) -> None:
        """Raise CannotWrite, with reason and fix, unless the home takes new files and has room (1 MiB).

        To be called before anything is sent. Leaves nothing behind.
        """
        probe = self.folder / f".writable.{secrets.token_hex(6)}.tmp"
        try:
            try:
                probe.touch(mode=0o600, exist_ok=False)
                probe.write_bytes(bytes(4096))
                free = shutil.disk_usage(self.folder).free
            finally:
                probe.unlink(missing_ok=True)
        except OSError as error:
            raise files.cannot_write(self.folder, error) from None
        if free < ROOM_NEEDED:
            raise CannotWrite(
                say(
                    "Only {free} kB are left on the disk of {folder}. Free at least 1 MB, then try again.",
                    free=free // 1024,
                    folder=str(self.folder),
                )
            )


def open_home(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> Home:
    """Return the home at ``path``, else WORKBENCH_HOME, else the person's data folder; made if need be.

    It is open to its owner alone (0700); a wider one is closed and ``notices`` says so. Raises CannotWrite
    when the folder cannot be made, Refused when it is one that belongs to others too.
    """
    folder = _folder(path, environ)
    notices: list[Sentence] = []
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _close_to_others(folder, notices)
    except FileExistsError:
        raise CannotWrite(
            say(
                "{folder} is a file. Choose a folder for the workbench with WORKBENCH_HOME.",
                folder=str(folder),
            )
        ) from None
    except OSError as error:
        raise files.cannot_write(folder, error) from None
    if (folder / UNFINISHED).exists():
        raise Refused(
            say(
                "The workbench in {folder} is not all there: bringing it there was interrupted. Repeat “workbench restore” or “workbench "
                "migrate” as before, and it goes on from there.",
                folder=str(folder),
            )
        )
    _warn_of_repository(folder, notices)
    home_id, salt = _about(folder / ABOUT_FILE, notices)
    return Home(folder, home_id, salt, notices)


def default_folder(environ: Mapping[str, str], platform: str = sys.platform) -> Path:
    """Return the folder for a person's data on ``platform``, outside any project.

    Sources: https://specifications.freedesktop.org/basedir-spec/latest/ (a relative XDG_DATA_HOME is to be
    ignored);
    https://developer.apple.com/library/archive/documentation/FileManagement/Conceptual/FileSystemProgrammingGuide/.
    """
    if platform == "win32":
        local = environ.get("LOCALAPPDATA")
        return (Path(local) if local else _person(environ) / "AppData" / "Local") / FOLDER_NAME
    if platform == "darwin":
        return _person(environ) / "Library" / "Application Support" / FOLDER_NAME
    data = Path(environ.get("XDG_DATA_HOME", ""))
    return (data if data.is_absolute() else _person(environ) / ".local" / "share") / FOLDER_NAME


def _person(environ: Mapping[str, str]) -> Path:
    named = environ.get("HOME") or environ.get("USERPROFILE")
    if named:
        return Path(named)
    try:
        return Path.home()
    except RuntimeError:
        raise Refused(
            say("This account has no folder of its own. Name one for the workbench with WORKBENCH_HOME.")
        ) from None


def _folder(path: Path | None, environ: Mapping[str, str]) -> Path:
    named = environ.get("WORKBENCH_HOME", "").strip()
    folder = path or (Path(named) if named else default_folder(environ))
    folder = Path(os.path.abspath(folder.expanduser()))  # noqa: PTH100 - resolve() would follow the person's links
    shared = folder.exists() and bool(folder.stat().st_mode & stat.S_ISVTX)
    if shared or folder == Path(folder.anchor) or folder == _person(environ):
        raise Refused(
            say(
                "{folder} also holds what is not the workbench's, and would be closed to others. "
                "Name a folder of its own, such as {example}.",
                folder=str(folder),
                example=str(folder / FOLDER_NAME),
            )
        )
    return folder


def _close_to_others(folder: Path, notices: list[Sentence]) -> None:
    """Take the rights of group and others away. On Windows the person's own folder is private as it is."""
    if os.name == "posix" and stat.S_IMODE(folder.stat().st_mode) & 0o077:
        folder.chmod(0o700)
        notices.append(
            say(
                "{folder} was open to other accounts of this machine; it is now yours alone.",
                folder=str(folder),
            )
        )


def _warn_of_repository(folder: Path, notices: list[Sentence]) -> None:
    for parent in (folder, *folder.parents):
        if (parent / ".git").exists():
            notices.append(
                say(
                    "The workbench's home {folder} lies inside the git repository {repository}: secrets and "
                    "customer data could be committed. Choose a folder outside it with WORKBENCH_HOME.",
                    folder=str(folder),
                    repository=str(parent),
                )
            )
            return


def _about(path: Path, notices: list[Sentence]) -> tuple[str, bytes]:
    """Return id and salt of the home; the first process to open it draws them, all others read the same."""
    known = _read_about(path, notices=None)
    if known:
        return known
    with files.lock(path):
        known = _read_about(path, notices)
        if known:
            return known
        home_id, salt = new_id("home"), secrets.token_bytes(32)
        files.write_atomically(
            path, files.to_json({"schema": ABOUT_SCHEMA, "id": home_id, "salt": salt.hex()})
        )
        return home_id, salt


def _read_about(path: Path, notices: list[Sentence] | None) -> tuple[str, bytes] | None:
    """Return what the file says, or None. With ``notices`` (and the lock) a damaged file is set aside."""
    raw = files.read(path)
    if raw is None:
        return None
    try:
        about = files.from_json(path, raw, ABOUT_SCHEMA)
        home_id, salt = about.get("id"), about.get("salt")
        if isinstance(home_id, str) and isinstance(salt, str) and len(salt) == 64:
            return home_id, bytes.fromhex(salt)
    except (Damaged, ValueError):
        pass
    if notices is not None:
        notices.append(files.was_set_aside(path, files.set_aside(path)))
    return None
