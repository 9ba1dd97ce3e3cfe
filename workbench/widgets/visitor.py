"""VISITOR: who is in front of a published page, as the proxy before Voila says it.

Voila puts the headers that are named to it into the environment of the kernel that it starts for the visit (``HTTP_X_FORWARDED_USER``).
Which they are stands in WORKBENCH_VISITOR_HEADER and WORKBENCH_GROUPS_HEADER; such kernels are never started ahead. The server process
decides what the visitor may do, and whether this dashboard may name one at all.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Final

__all__ = ["GROUPS_HEADER", "NAME_HEADER", "visitor"]

NAME_HEADER: Final = "WORKBENCH_VISITOR_HEADER"
GROUPS_HEADER: Final = "WORKBENCH_GROUPS_HEADER"


def visitor(environ: Mapping[str, str] = os.environ) -> tuple[str | None, Sequence[str]]:
    """Return the visitor's name and groups; None where no header is named, the empty name where the proxy gave none."""
    if not environ.get(NAME_HEADER):
        return None, ()
    from workbench.engine.identity import (
        groups_of,
    )  # Voila's own process reads the names above, and nothing else

    groups = _header(environ, environ.get(GROUPS_HEADER, ""))
    return _header(environ, environ[NAME_HEADER]), groups_of(groups)


def _header(environ: Mapping[str, str], name: str) -> str:
    return environ.get(f"HTTP_{name.upper().replace('-', '_')}", "") if name else ""
