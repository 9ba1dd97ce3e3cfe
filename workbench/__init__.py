"""The integration workbench: build, rehearse and prove messaging integrations.

``from workbench import Workbench, Contact``; the names below are the public ones, loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .bench import Workbench
    from .models.contact import Contact
    from .models.integration import Draft, Header, IdentifierType, Integration, Settings
    from .models.journal import EntryFilter
    from .models.pace import Rate
    from .models.payload import PayloadTemplate
    from .models.sending import Confirmation
    from .models.work import JobConfirmation, JobFilter, JobOptions, RowFilter

_PUBLIC = {
    "Confirmation": "models.sending",
    "Contact": "models.contact",
    "Draft": "models.integration",
    "EntryFilter": "models.journal",
    "Header": "models.integration",
    "IdentifierType": "models.integration",
    "Integration": "models.integration",
    "JobConfirmation": "models.work",
    "JobFilter": "models.work",
    "JobOptions": "models.work",
    "PayloadTemplate": "models.payload",
    "Rate": "models.pace",
    "RowFilter": "models.work",
    "Settings": "models.integration",
    "Workbench": "bench",
}

__all__ = [
    "Confirmation",
    "Contact",
    "Draft",
    "EntryFilter",
    "Header",
    "IdentifierType",
    "Integration",
    "JobConfirmation",
    "JobFilter",
    "JobOptions",
    "PayloadTemplate",
    "Rate",
    "RowFilter",
    "Settings",
    "Workbench",
]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used: ``import workbench`` alone stays fast."""
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_PUBLIC[name]}", __name__), name)
