"""WIZARD: an integration in four steps. ``from workbench.widgets.wizard import Wizard``, loaded when it is first used.

A page that shows the list of integrations needs only the names of the steps; the checks behind the forms come later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .wizard import Wizard

__all__ = ["Wizard"]


def __getattr__(name: str) -> Any:
    """Load the wizard when it is first asked for."""
    if name != "Wizard":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .wizard import Wizard

    return Wizard
