"""Who is at work, and what he or she may do."""

from __future__ import annotations

from typing import Literal

from .base import Noun

Role = Literal["viewer", "operator", "admin"]
RANK: dict[Role, int] = {"viewer": 0, "operator": 1, "admin": 2}


class Person(Noun):
    """A name for the journal and a role: a viewer reads, an operator builds and sends, an admin also deletes and exports."""

    name: str
    role: Role = "viewer"

    def may(self, role: Role) -> bool:
        """Return whether this person's role includes ``role``."""
        return RANK[self.role] >= RANK[role]
