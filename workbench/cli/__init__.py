"""FACE: the command line: ``workbench up``, ``send``, ``integrations``, ``check`` and the rest. Scripts rely on its words."""

from __future__ import annotations

import sys

# each of these puts its commands on the list
from . import check, integrations, lab, pace, people, providers, sandbox, send, up, work  # noqa: F401
from .frame import make_app
from .session import language_of, named_language

__all__ = ["main"]


def main() -> None:
    """Run the command that stands on the command line, and end the process with its exit code."""
    make_app(language_of(named_language(sys.argv[1:])))(prog_name="workbench")
