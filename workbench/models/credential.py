"""Credentials: what a person types to be let in, and how it is put on the wire.

A credential is a frozen model: each field's title, description and examples make the form; a field of type ``SecretRef``
is a secret. ``auth`` declares how the fields become headers. The three of Reconnect's wizard (no auth, Basic, OAuth2) are here;
a ready provider declares its own in its file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, ClassVar, Literal, Self, get_args

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from workbench.sentence import N_

from .base import Noun, SecretRef
from .request import Headers, Request

Placement = Literal["form", "json", "basic", "headers"]
"""Where the client id and secret go in the token request: form body, JSON body, Basic header, headers of their own."""

Signer = Callable[[Request, Mapping[str, str], datetime], Headers]
"""A pure function: the request as it goes out, the credential's values, and the time; gives the headers to add."""


class NoAuthorization(Noun):
    """Nothing is added."""


class AddressKey(NoAuthorization):
    """A key in the address of the call, in its path or query: nothing is added to the headers.

    ``value`` names the credential's field in braces, as it stands in the address (``https://api.example.com/send?key={key}``).
    """

    value: str = "{key}"


class HeaderKey(Noun):
    """A key in a header: ``value`` names the credential's fields in braces (``Bearer {api_key}``).

    ``header`` may be a field too (``{header}``), where the person names the header.
    """

    header: str = "Authorization"
    value: str = "Bearer {api_key}"


class BasicPair(Noun):
    """HTTP Basic (https://www.rfc-editor.org/rfc/rfc7617): user name and password, encoded as UTF-8."""

    username: str = "{username}"
    password: str = "{password}"  # noqa: S105 - the field's name, not a password


class BearerToken(Noun):
    """An OAuth2 token, fetched with client credentials (https://www.rfc-editor.org/rfc/rfc6749#section-4.4)."""


class Signature(Noun):
    """A signature over the request's exact bytes, by a pure function in the provider's file."""

    sign: Signer


Auth = NoAuthorization | AddressKey | HeaderKey | BasicPair | BearerToken | Signature


class Credential(Noun):
    """The base: ``kind`` is its key in a document, ``label`` its name in the form, ``auth`` how it is used."""

    kind: ClassVar[str]
    label: ClassVar[str]
    about: ClassVar[str] = ""
    auth: ClassVar[Auth]

    @classmethod
    def secret_fields(cls) -> tuple[str, ...]:
        """Return the names of the fields that hold a secret."""
        return tuple(
            name
            for name, field in cls.model_fields.items()
            if field.annotation is SecretRef or SecretRef in get_args(field.annotation)
        )


class NoAuth(Credential):
    """The endpoint asks for no authorization; an API key may go into a locked header."""

    kind: ClassVar[str] = "none"
    label: ClassVar[str] = N_("No Auth")
    about: ClassVar[str] = N_("The endpoint needs no authorization, or its key goes into a locked header.")
    auth: ClassVar[Auth] = NoAuthorization()


class BasicAuth(Credential):
    """User name and password, sent in the request's header."""

    kind: ClassVar[str] = "basic"
    label: ClassVar[str] = N_("Basic Auth")
    about: ClassVar[str] = N_("A user name and a password, sent with every request.")
    auth: ClassVar[Auth] = BasicPair()

    username: Annotated[
        str,
        Field(
            min_length=1,
            max_length=500,
            pattern=r"^[^:\x00-\x1f\x7f]+$",
            title=N_("User name"),
            description=N_("As your provider gave it. A colon is not possible in a Basic Auth user name."),
            examples=["reconnect"],
        ),
    ]
    password: Annotated[
        SecretRef,
        Field(title=N_("Password"), description=N_("Encrypted before it is kept; it is never shown again.")),
    ]


class TokenParameter(Noun):
    """One more key and value of the token request; a locked value is a secret's handle."""

    name: str
    value: str | SecretRef = ""


class OAuth2(Credential):
    """Client credentials: a token is fetched from the token URL and sent as a Bearer token.

    ``client_id_key`` and ``client_secret_key`` are the names the token URL wants them under; ``placement`` says where they go.
    """

    kind: ClassVar[str] = "oauth2"
    label: ClassVar[str] = N_("OAuth2")
    about: ClassVar[str] = N_("A client id and secret are exchanged for a token at the token URL.")
    auth: ClassVar[Auth] = BearerToken()
    margin_s: ClassVar[float] = 60.0
    """Seconds before a token's end at which it is no longer used."""
    unstated_s: ClassVar[float] = 300.0
    """Seconds for which a token is used whose answer does not say how long it lives."""

    token_url: Annotated[
        str,
        Field(
            min_length=1,
            title=N_("Token URL"),
            description=N_("The address that hands out tokens. https, without user name or fragment."),
            examples=["https://auth.example.com/oauth/token"],
        ),
    ]
    client_id: Annotated[
        str,
        Field(
            min_length=1,
            title=N_("Client id"),
            description=N_("Names your application to the provider."),
            examples=["reconnect-app"],
        ),
    ]
    client_secret: Annotated[
        SecretRef,
        Field(
            title=N_("Client secret"), description=N_("Encrypted before it is kept; it is never shown again.")
        ),
    ]
    client_id_key: Annotated[
        str,
        Field(
            min_length=1,
            title=N_("Key of the client id"),
            description=N_("Rename it when the token URL wants another name."),
        ),
    ] = "client_id"
    client_secret_key: Annotated[
        str,
        Field(
            min_length=1,
            title=N_("Key of the client secret"),
            description=N_("Rename it when the token URL wants another name."),
        ),
    ] = "client_secret"  # noqa: S105 - the key's name, not a secret
    placement: Annotated[
        Placement,
        Field(
            title=N_("Where they go"),
            description=N_(
                "Most token URLs read a form body; some want JSON, a Basic header or own headers."
            ),
        ),
    ] = "form"
    grant_type: Annotated[
        str,
        Field(title=N_("Grant type"), description=N_("Sent as grant_type; leave empty to leave it out.")),
    ] = "client_credentials"
    parameters: Annotated[
        tuple[TokenParameter, ...],
        Field(
            title=N_("More parameters"),
            description=N_("Such as scope, audience or account_id. Each can be locked."),
        ),
    ] = ()
    token_path: Annotated[
        str,
        Field(min_length=1, title=N_("Token field"), description=N_("Where the answer holds the token.")),
    ] = "access_token"  # noqa: S105 - the field's name, not a token

    @model_validator(mode="after")
    def _keys_differ(self) -> Self:
        """R-ESP-15: renamed keys may not be equal, nor collide with a parameter or ``grant_type``."""
        taken = [self.client_id_key, self.client_secret_key, *(p.name for p in self.parameters)]
        if self.grant_type and self.placement != "headers":
            taken.append("grant_type")
        for name in taken:
            if taken.count(name) > 1:
                raise PydanticCustomError("same_key", "The key {name} is used twice.", {"name": name})
        return self


OAUTH2_PRESETS: Mapping[str, Mapping[str, object]] = {
    # https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1 : both places are allowed, Basic is preferred by the text
    N_("Standard, form body"): {"placement": "form", "client_id_key": "client_id", "client_secret_key": "client_secret",
                                "grant_type": "client_credentials", "token_path": "access_token"},
    N_("Standard, Basic header"): {"placement": "basic", "client_id_key": "client_id", "client_secret_key": "client_secret",
                                   "grant_type": "client_credentials", "token_path": "access_token"},
    # facts/gate-and-esp.md B4: gist wvpv/88851d62a26a2ce554cbdb8b67cdb617
    N_("Salesforce Marketing Cloud, v2"): {"placement": "json", "client_id_key": "client_id", "client_secret_key": "client_secret",
                                           "grant_type": "client_credentials", "token_path": "access_token"},
    # https://developer.salesforce.com/docs/atlas.en-us.noversion.mc-sdks.meta/mc-sdks/requestToken.htm
    N_("Salesforce Marketing Cloud, legacy"): {"placement": "json", "client_id_key": "clientId", "client_secret_key": "clientSecret",
                                               "grant_type": "", "token_path": "accessToken"},
}  # fmt: skip
"""Ready settings of the token request, by the name the form shows."""
