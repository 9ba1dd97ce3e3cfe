"""NEW HOME: a home that arrives from elsewhere: filled in a folder within the place where it is to be, and only then put there.

Whatever happens on the way, the place is either as it was, or refuses to be opened until the same is repeated.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from workbench.errors import Refused
from workbench.sentence import say

from . import files
from .database import DATABASE_FILE
from .home import ABOUT_FILE, ABOUT_SCHEMA, UNFINISHED

ARRIVING: Final = ".arriving"
"""The folder within the place in which the home is filled."""
_WITH_DATABASE: Final = (f"{DATABASE_FILE}-wal", f"{DATABASE_FILE}-shm")


class NewHome:
    """A place for a home, which holds nothing yet but perhaps an empty one. Calls block."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.folder = place / ARRIVING

    def begin(self, id: str, salt: str) -> Path:
        """Return the folder to fill, a home with this id and salt (in hexadecimal). What an interrupted try left goes first."""
        try:
            self.place.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self.folder.exists():
                shutil.rmtree(self.folder)
            self.folder.mkdir(mode=0o700)
        except OSError as error:
            raise files.cannot_write(self.folder, error) from None
        about = {"schema": ABOUT_SCHEMA, "id": id, "salt": salt}
        files.write_atomically(self.folder / ABOUT_FILE, files.to_json(about))
        return self.folder

    def put_in_place(self) -> None:
        """Put what was filled into its place. Nobody may have it open. Interrupted, the place cannot be opened before ``finish``."""
        for name in _WITH_DATABASE:
            for folder in (self.place, self.folder):
                if (folder / name).exists():
                    raise Refused(
                        say("{folder} is in use by another process. Close the other workbench, then try again.", folder=str(self.place))
                    )  # fmt: skip
        files.write_atomically(self.place / UNFINISHED, b"")
        self.finish()

    def finish(self) -> bool:
        """Put the rest in place of what was interrupted, and return whether there was anything to do."""
        if not (self.place / UNFINISHED).exists():
            return False
        try:
            if self.folder.exists():
                for path in sorted(self.folder.iterdir()):
                    self._put(path, self.place / path.name)
                self.folder.rmdir()
            (self.place / UNFINISHED).unlink()
        except OSError as error:
            raise files.cannot_write(self.place, error) from None
        return True

    @staticmethod
    def _put(path: Path, target: Path) -> None:
        if path.is_dir() and target.is_dir():  # one that is empty, of a home that is
            for one in path.iterdir():
                one.replace(target / one.name)
            path.rmdir()
        else:
            path.replace(target)
