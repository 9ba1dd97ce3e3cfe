"""Who is at work, and what he or she may do."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .base import Noun

Role = Literal["viewer", "operator", "admin"]
RANK: dict[Role, int] = {"viewer": 0, "operator": 1, "admin": 2}


class Person(Noun):
    """A name for the journal and a role: a viewer reads, an operator builds and sends, an admin also deletes and exports.

    ``units`` are the business units somebody works for: only what is theirs is seen and changed, and what is nobody's in particular is
    seen. Without any: for all of them.
    """

    name: str
    role: Role = "viewer"
    units: Annotated[tuple[Annotated[str, Field(max_length=100)], ...], Field(max_length=100)] = ()

    def may(self, role: Role) -> bool:
        """Return whether this person's role includes ``role``."""
        return RANK[self.role] >= RANK[role]


class Pass(Person):
    """What the dashboards come in with. ``visitors``: it names for each call who is in front of the page, and is nobody by itself.

    The visitor's own role counts then, but never more than the pass has: what a page may do at most.
    """

    visitors: bool = False


Way = Literal["token", "proxy", "hub", "visitor"]
"""How somebody came in: with a token of this workbench, by the proxy in front, by JupyterHub, or named by a dashboard."""


class Rule(Noun):
    """What those who come in without a token of this workbench may do: one person, a group, or anyone who was let in.

    The first rule that fits decides; who fits none stays outside. ``units`` are the business units this is for; none: all of them.
    """

    of: Literal["person", "group", "anyone"]
    name: Annotated[str, Field(max_length=200)] = ""
    role: Role = "viewer"
    units: Annotated[tuple[Annotated[str, Field(max_length=100)], ...], Field(max_length=100)] = ()


class ProxyIdentity(Noun):
    """A proxy in front that knows people: which addresses it calls from, and in which headers it names them.

    ``trusted`` are addresses or networks (``10.1.0.5``, ``10.1.0.0/24``); the header from anywhere else is refused. The groups stand in
    one header, with commas between them.
    """

    trusted: Annotated[tuple[Annotated[str, Field(max_length=50)], ...], Field(max_length=50)]
    name_header: Annotated[str, Field(max_length=100)] = "Remote-User"
    groups_header: Annotated[str, Field(max_length=100)] = "Remote-Groups"


class HubIdentity(Noun):
    """A JupyterHub whose tokens let people in: the address of its API, and the scope that a token must have (empty: any token).

    https://jupyterhub.readthedocs.io/en/stable/reference/rest-api.html
    """

    url: Annotated[str, Field(max_length=500)]
    scope: Annotated[str, Field(max_length=200)] = ""


class IdentitySettings(Noun):
    """How people come in beside the tokens of this workbench, and what they may do. ``version`` counts the changes."""

    proxy: ProxyIdentity | None = None
    hub: HubIdentity | None = None
    rules: Annotated[tuple[Rule, ...], Field(max_length=500)] = ()
    version: int = 0
