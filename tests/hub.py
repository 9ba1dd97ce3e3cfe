"""A JupyterHub's API as far as whose a token is, by its documentation and the shape of its own handler.

https://jupyterhub.readthedocs.io/en/stable/reference/rest-api.html: ``GET /hub/api/user`` gives the model of the token's owner with the
token's scopes, 403 without a token that the hub knows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

ACCESS = "access:services!service=workbench"


def user(name: str, *groups: str, scopes: tuple[str, ...] = (ACCESS,), kind: str = "user") -> dict[str, Any]:
    """Return the model of a token's owner."""
    return {
        "name": name, "kind": kind, "admin": False, "groups": sorted(groups), "roles": ["user"], "server": None, "pending": None,
        "created": "2026-01-05T09:00:00.000000Z", "last_activity": "2026-01-05T09:30:00.000000Z", "servers": {},
        "session_id": None, "token_id": "a12", "scopes": sorted(scopes),
    }  # fmt: skip


@dataclass
class StandInHub:
    """A hub that knows some tokens. ``asked`` counts the calls; ``answer`` is given in place of any other where it is set."""

    owners: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: int = 0
    answer: Response | None = None

    def app(self) -> Starlette:
        """Return its API."""
        return Starlette(routes=[Route("/hub/api/user", self._user, methods=["GET"])])

    async def _user(self, request: Request) -> Response:
        self.asked += 1
        if self.answer is not None:
            return self.answer
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        owner = self.owners.get(token) if scheme in ("token", "bearer", "Bearer") else None
        if owner is None:
            return JSONResponse({"status": 403, "message": "Forbidden"}, status_code=403)
        return JSONResponse(owner)
