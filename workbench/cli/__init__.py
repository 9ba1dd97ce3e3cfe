"""FACE: the command line: ``workbench up``, ``send``, ``integrations``, ``check`` and the rest. Scripts rely on its words."""

from __future__ import annotations

import sys

# each of these puts its commands on the list
from . import (  # noqa: F401
    backup,
    cassettes,
    check,
    check_publish,
    cluster,
    deploy,
    environments,
    events,
    gate_decide,
    gate_scenarios,
    gate_serve,
    gate_stock,
    gate_vectors,
    gate_verify,
    imports,
    integrations,
    lab,
    pace,
    people,
    people_ways,
    providers,
    run,
    sandbox,
    secrets,
    send,
    shops,
    sms,
    sms_consent,
    snippet,
    sync,
    sync_status,
    tags,
    units,
    up,
    upkeep,
    work,
)
from .frame import make_app
from .session import language_of, named_language

__all__ = ["main"]


def main() -> None:
    """Run the command that stands on the command line, and end the process with its exit code."""
    make_app(language_of(named_language(sys.argv[1:])))(prog_name="workbench")
