"""The oracles' environments: made once, kept under ``.oracles/``, one for each ``requirements-GROUP.txt`` beside this file.

``python tests/oracles/environment.py`` makes all of them and prints their interpreters.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from filelock import FileLock

HERE = Path(__file__).parent
KEPT = HERE.parent.parent / ".oracles"
PATIENCE_S = 900


class CannotInstall(Exception):
    """The environment could not be made; the text says why, in pip's last words."""


def groups() -> list[str]:
    """Return the groups there are requirements for."""
    return sorted(path.stem.removeprefix("requirements-") for path in HERE.glob("requirements-*.txt"))


def interpreter(group: str) -> Path:
    """Return the Python of a group's environment; it is made on first use, and again when its requirements change."""
    requirements = HERE / f"requirements-{group}.txt"
    known = requirements.read_bytes() + sys.version.encode() + sys.prefix.encode()
    folder = KEPT / f"{group}-{hashlib.sha256(known).hexdigest()[:12]}"
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    KEPT.mkdir(exist_ok=True)
    with FileLock(KEPT / f"{group}.lock"):
        if not (folder / "complete").is_file():
            _make(folder, python, requirements)
            _forget_others(group, folder)
    return python


def _make(folder: Path, python: Path, requirements: Path) -> None:
    try:
        venv.create(folder, clear=True)
        # this environment's own pip works for the new one: to give each its pip takes longer than all else here
        made = subprocess.run(
            [
                sys.executable,
                "-m",
                "pip",
                "--python",
                python,
                "install",
                "--quiet",
                "--no-input",
                "--disable-pip-version-check",
                "-r",
                requirements,
            ],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise CannotInstall(f"The environment of the official SDKs cannot be made: {error}") from error
    if made.returncode != 0:
        words = (made.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        raise CannotInstall(f"pip cannot install the official SDKs: {words}")
    (folder / "complete").touch()


def _forget_others(group: str, folder: Path) -> None:
    for other in KEPT.glob(f"{group}-*"):
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)


if __name__ == "__main__":
    for name in groups():
        print(name, interpreter(name))
