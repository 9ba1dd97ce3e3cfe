"""Roles: who calls, and which role a service method needs. The server checks it; an embedded workbench has its owner's rights."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, TypeVar

from workbench.errors import Forbidden
from workbench.models.person import Person, Role
from workbench.sentence import Sentence, say

Method = TypeVar("Method", bound=Callable[..., Any])

caller: ContextVar[Person | None] = ContextVar("caller", default=None)
"""The person the running call is made for; the server sets it for each request."""


def _needs(role: Role) -> Callable[[Method], Method]:
    def mark(method: Method) -> Method:
        method.__role__ = role  # type: ignore[attr-defined]
        return method

    return mark


viewer = _needs("viewer")
operator = _needs("operator")
admin = _needs("admin")


def role_of(method: Callable[..., Any]) -> Role | None:
    """Return the role a method needs, or None where it is not public."""
    return getattr(method, "__role__", None)


def check_role(method: Callable[..., Any], person: Person) -> None:
    """Raise Forbidden unless the person may call the method."""
    role = role_of(method)
    if role is None or not person.may(role):
        raise Forbidden(
            say(
                "Your role is {have}; this needs {need}. Ask the person who runs the workbench.",
                have=Sentence(person.role),
                need=Sentence(role or "none"),
            )
        )
