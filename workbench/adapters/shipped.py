"""Shipped: where the published dashboards and the notebooks lie, in a wheel or in a clone."""

from __future__ import annotations

from pathlib import Path
from typing import Literal


def folder_of(kind: Literal["dashboards", "notebooks"]) -> Path:
    """Return the folder of the pages: inside the installed package, else beside it, as in a clone."""
    package = Path(__file__).parent.parent
    packaged = package / "pages" / kind
    return packaged if packaged.is_dir() else package.parent / kind
