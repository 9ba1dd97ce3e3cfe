"""HUB: whom a token of a JupyterHub belongs to, asked at its API.

``GET {api}/user`` with ``Authorization: token ...`` gives the model of the token's owner: ``name``, ``kind`` (user or service), ``groups``
and the token's ``scopes``; 403 where the token is none. https://jupyterhub.readthedocs.io/en/stable/reference/rest-api.html
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from workbench.errors import Unreachable
from workbench.sentence import say

from .wire import NO_ANSWER, client

TIMEOUT_S = 5.0


class HubUser(BaseModel):
    """The owner of a token, as the hub describes it; fields that are not needed here are left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    kind: str
    groups: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()


class Hub:
    """The API of one hub. It is where an admin of the workbench said; redirects are not followed."""

    def __init__(self, url: str, app: Any = None) -> None:
        self.url = url
        self._client = client(f"{url.rstrip('/')}/", app=app)

    async def user(self, token: str) -> HubUser | None:
        """Return whom the token belongs to, or None where the hub does not know it. Raises Unreachable where it cannot say."""
        try:
            headers = {"Authorization": f"token {token}"}
            answer = await self._client.get("user", headers=headers, timeout=TIMEOUT_S)
        except NO_ANSWER:
            raise _away() from None
        if answer.status_code in (401, 403, 404):
            return None
        if answer.status_code != 200:
            raise _away()
        try:
            return HubUser.model_validate_json(answer.content)
        except ValidationError:
            raise _away() from None

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _away() -> Unreachable:
    return Unreachable(
        say("JupyterHub does not say who you are at the moment. Try again in a minute, or tell the person who runs the hub.")
    )  # fmt: skip
