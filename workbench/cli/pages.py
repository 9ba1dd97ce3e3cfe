"""Pages: where the published dashboards and the notebooks lie, in a wheel or in a clone, and a person's own copy of the notebooks."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from workbench.adapters.shipped import folder_of
from workbench.errors import CannotWrite
from workbench.sentence import say

__all__ = ["copy_notebooks", "folder_of"]

SHIPPED = ".shipped.json"
"""The digests of the notebooks as they were copied: what still has its digest was not edited."""


def copy_notebooks(source: Path, target: Path) -> list[str]:
    """Copy the notebooks into a person's folder, and return the names that were copied.

    One that the person edited stays as it is; one that was never touched follows the package.
    """
    try:
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        shipped = _shipped(target)
        copied = []
        for file in sorted(source.glob("*.ipynb")):
            content, mine = file.read_bytes(), target / file.name
            edited = mine.exists() and _digest(mine.read_bytes()) != shipped.get(file.name)
            if edited or (mine.exists() and shipped[file.name] == _digest(content)):
                continue
            mine.write_bytes(content)
            shipped[file.name] = _digest(content)
            copied.append(file.name)
        (target / SHIPPED).write_text(json.dumps(shipped, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise CannotWrite(
            say(
                "The notebooks cannot be copied to {folder}: {reason}.",
                folder=str(target),
                reason=error.strerror or "",
            )
        ) from None
    return copied


def _shipped(target: Path) -> dict[str, str]:
    try:
        found = json.loads((target / SHIPPED).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}  # then every notebook that is there counts as edited
    return {str(name): str(digest) for name, digest in found.items()} if isinstance(found, dict) else {}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
