"""What a token URL answered, once it was read."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr

from .base import Noun


class TokenAnswer(Noun):
    """An access token. It is kept in memory only; ``expires_in_s`` is None where the answer did not say.

    ``margin_s`` are the seconds before its end at which it is no longer used, ``unstated_s`` the seconds for which one of unstated life is
    used: a provider's credential may know better than the usual.
    """

    access_token: Annotated[SecretStr, Field(min_length=1)]
    token_type: str = "Bearer"  # noqa: S105 - a scheme, not a secret
    expires_in_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    margin_s: Annotated[float, Field(ge=0)] = 60.0
    unstated_s: Annotated[float, Field(ge=0)] = 300.0
