"""LINE: one integration made ready, for one message or for a million: what all of them share is checked, opened and made once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import from_json

from workbench.adapters.clock import new_id
from workbench.engine.auth import token_request
from workbench.engine.checks import check_authenticate, check_configure, credential_of, tidy
from workbench.engine.compose import Composer, values_from
from workbench.engine.event_identifiers import identifiers_in
from workbench.engine.event_urls import check_address, masks_of, trimmed
from workbench.engine.fingerprint import credential_fingerprint, fingerprint
from workbench.engine.identifiers import check_identifier, identifier_in
from workbench.engine.read import read
from workbench.engine.redact import Redactor, hint_of, mask_identifier
from workbench.engine.snippets import curl, secret_names, token_name
from workbench.engine.template import Template, compile_template
from workbench.engine.token_answer import read_token
from workbench.engine.urls import host_of
from workbench.errors import Invalid, MissingVariable, Refused
from workbench.models.base import JsonValue, Problem, SecretRef, trusted
from workbench.models.credential import Credential, OAuth2
from workbench.models.event import IDENTIFIERS
from workbench.models.integration import IdentifierType, Settings
from workbench.models.journal import Entry, EntryKind
from workbench.models.provider import Provider
from workbench.models.request import Failure, Outcome, Reply, Request
from workbench.models.token import TokenAnswer
from workbench.providers import provider as provider_of
from workbench.sentence import N_, say

from .house import House

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from workbench.adapters.wire import Wire

TOKEN_ROUTE: Final = "oauth2"  # noqa: S105 - a route's name
MOST_REDACTORS: Final = 4
"""Tokens whose redactor is kept: that of now, and those whose last answers are still on their way."""

Values = Mapping[str, JsonValue]


class Line:
    """An integration with its secrets open: never shown, never kept. Makes requests, and what the journal keeps of them.

    ``host`` is where the requests go, ``warnings`` are the problems of its settings that keep nothing back.
    """

    def __init__(
        self, house: House, settings: Settings, credential: Credential, template: Template, secrets: dict[str, str],
        warnings: tuple[Problem, ...], integration_id: str | None, who: str | None,
    ) -> None:  # fmt: skip
        self.house = house
        self.settings = settings
        self.provider: Provider = provider_of(settings.provider)
        self.template = template
        self.warnings = warnings
        self._composer = Composer(settings, self.provider, credential, template, secrets)
        self.host = host_of(self._composer.url)
        self._secrets = secrets
        self._hints = {ref.handle: ref.hint for ref in settings.secrets()}
        self._redactors: dict[str | None, Redactor] = {}
        self._credential = credential
        self._token_request = (
            token_request(credential, secrets, TOKEN_ROUTE) if isinstance(credential, OAuth2) else None
        )
        self._token_key = credential_fingerprint(settings)
        self._fingerprint = fingerprint(settings)
        self._wants_identifier = any(slot.kind == "identifier" for slot in template.slots)
        self._integration_id = integration_id
        self._who = who or house.person.name

    def __repr__(self) -> str:
        return f"<Line to {self.host}>"

    @classmethod
    async def open(
        cls, house: House, settings: Settings, *, integration_id: str | None = None, who: str | None = None
    ) -> Line:
        """Return the line of an integration. Raises Invalid with every problem that does not depend on a contact.

        ``who`` is named in the journal's entries; without it, who makes the running call.
        """
        settings = tidy(settings)
        provider = provider_of(settings.provider)
        credential, wrong = credential_of(settings, provider)
        configured = [p for p in check_configure(settings, provider) if p.field not in ("name", "channel")]
        blocking = [p for p in (*configured, *wrong, *check_authenticate(settings, provider)) if p.blocks]
        secrets, missing = await asyncio.to_thread(house.open_secrets, settings.secrets())
        blocking += [needs_secret(settings, ref) for ref in missing]
        addressed = check_address(settings, provider, secrets)
        blocking += [problem for problem in addressed if problem.blocks]
        if blocking or credential is None:
            raise Invalid(_once(blocking))
        template = compile_template(settings.payload)
        warnings = tuple(problem for problem in (*configured, *addressed) if not problem.blocks)
        secrets = trimmed(settings, provider, secrets)
        return cls(house, settings, credential, template, secrets, warnings, integration_id, who)

    def request(self, contact_json: str, key: str, token: str | None) -> tuple[Request, str]:
        """Return the frozen request for a row and the identifier in it (empty where there is none).

        ``contact_json`` is a Contact as JSON, checked when it was added; ``key`` is the id of the row.

        Raises:
            Invalid: for an identifier or a value that does not fit.
            MissingVariable: naming every slot without a value.
                The sentences of both may be kept: they hold no secret, and the contact's identifiers masked.
        """
        contact = _read_contact(contact_json)
        identifiers = contact.get("identifiers", {})
        try:
            identifier, values = self.fill(
                identifiers, contact.get("variables", {}), contact.get("user_data", {}), masked=True
            )
            return self.compose(values, token, key), identifier or ""
        except (Refused, MissingVariable) as error:
            raise self._masked(error, identifiers) from None

    def fill(
        self, identifiers: Mapping[str, str], variables: Values, user_data: Mapping[str, Values], *, masked: bool = False
    ) -> tuple[str | None, dict[str, JsonValue]]:  # fmt: skip
        """Return a contact's identifier and the values for the template; Invalid where it may not be sent to."""
        kind = self._kind(identifiers)
        identifier, wrong = identifier_in(kind, identifiers)
        if wrong is not None and (self._wants_identifier or kind.key in identifiers):
            if masked and (value := identifiers.get(kind.key)):
                wrong = check_identifier(kind, value, mask_identifier(value, self.house.home.salt)) or wrong
            raise Invalid([Problem(field="identifier", sentence=wrong)])
        return identifier, values_from(
            variables, identifiers, user_data, identifier, self.settings.campaign_name
        )

    def _kind(self, identifiers: Mapping[str, str]) -> IdentifierType:
        """Return the identifier type that this contact goes by: of an event whose payload names none, the one that it has."""
        kind = self.settings.identifier
        if (
            "event" not in (self.provider.channel, self.settings.channel)
            or self._wants_identifier
            or identifiers.get(kind.key)
        ):
            return kind
        has = [name for name in IDENTIFIERS if identifiers.get(name)]
        return IdentifierType.model_validate({"kind": has[0]}) if has else kind

    def compose(self, values: Values, token: str | None, key: str | None = None) -> Request:
        """Return the frozen request with real secrets: for the wire, and for redacted views of it."""
        return self._composer.request(values, token=token, now=self.house.clock.now(), key=key)

    def wire(self) -> Wire:
        """Return the wire that its requests may take: where a secret is the whole address, by what that secret names."""
        return self.house.wire_for(self._composer.url, local_test=self.settings.local_test)

    async def token(self, refused: str | None = None) -> str | None:
        """Return the token to send with: the kept one, or a new one; None where none is needed.

        With ``refused``, that one is forgotten first: however many were refused with it, one new one is fetched for all.
        """
        if self._token_request is None:
            return None
        if refused is not None:
            self.house.tokens.forget(self._token_key, refused)
        return await self.house.tokens.token(self._token_key, self._token_request, self._read_token)

    def record(
        self,
        request: Request,
        answer: Reply | Failure,
        identifier: str,
        kind: EntryKind,
        token: str | None,
        job_id: str | None,
        exchange: bool,
    ) -> tuple[Outcome, Entry]:
        """Return what became of a request, and the journal's entry of it; both may be kept.

        Without ``exchange`` the entry of an accepted request keeps neither request nor reply. Its ``curl`` is empty: it can be made
        of the request.
        """
        outcome = read(self.provider, answer, self.house.clock.now())
        entry = self.entry(
            request,
            answer,
            outcome,
            identifier,
            kind,
            token,
            job_id=job_id,
            exchange=exchange or not outcome.ok,
        )
        return entry.outcome or outcome, entry

    def entry(
        self,
        request: Request,
        answer: Reply | Failure,
        outcome: Outcome,
        identifier: str,
        kind: EntryKind,
        token: str | None,
        *,
        job_id: str | None = None,
        previous: str | None = None,
        exchange: bool = True,
        snippet: str | None = None,
    ) -> Entry:
        """Return the journal's entry of an exchange: secrets masked, the identifier as a pseudonym."""
        recipient = mask_identifier(identifier, self.house.home.salt) if identifier else None
        kept = self.redactor(token).naming(self._pseudonyms(request, identifier, recipient))
        return trusted(
            Entry,
            {
                "id": new_id("ent"),
                "at": self.house.clock.now(),
                "kind": kind,
                "mode": self.house.mode,
                "who": self._who,
                "integration_id": self._integration_id,
                "integration_name": self.settings.name or None,
                "provider": self.provider.key,
                "recipient": recipient,
                "fingerprint": self._fingerprint,
                "request": kept.request(request) if exchange else None,
                "reply": kept.reply(answer) if exchange and isinstance(answer, Reply) else None,
                "outcome": kept.outcome(outcome),
                "curl": None if snippet is None else kept.text(snippet),
                "detail": None,
                "previous": previous,
                "job_id": job_id,
            },
        )

    def _pseudonyms(self, request: Request, identifier: str, recipient: str | None) -> dict[str, str]:
        """Return what stands for whom in the journal: for the identifier, and for each that an event's body names beside it."""
        found = {identifier: recipient} if recipient else {}
        if "event" in (self.provider.channel, self.settings.channel):
            encoding = self.provider.endpoint(self.settings.endpoint).encoding
            for value in identifiers_in(encoding, request.body):
                found.setdefault(value, mask_identifier(value, self.house.home.salt))
        return found

    def redactor(self, token: str | None) -> Redactor:
        """Return what masks the secrets, and this token."""
        redactor = self._redactors.get(token)
        if redactor is None:
            if len(self._redactors) >= MOST_REDACTORS:
                del self._redactors[next(iter(self._redactors))]
            redactor = self._redactors[token] = secrets_redactor(self._secrets, self._hints, token)
        return redactor

    def snippet(self, request: Request, token: str | None) -> str:
        """Return the request as cURL with ``$SECRET_1`` in place of secrets, numbered in the order of the form (R-ESP-31)."""
        placeholders = {secret: f"$SECRET_{index}" for index, secret in enumerate(self._secrets.values(), 1)}
        if token is not None:
            placeholders[token] = "$ACCESS_TOKEN"
        return curl(Redactor(placeholders).blank(request), placeholders.values())

    def blank(self, request: Request, token: str | None) -> tuple[Request, dict[str, str]]:
        """Return the request with named placeholders in place of secrets (``$SENDPULSE_API_KEY``), and what each stands for."""
        names = {one.handle: one for one in secret_names(self.settings, type(self._credential))}
        placeholders = {secret: f"${names[handle].name}" for handle, secret in self._secrets.items()}
        titles = {f"${one.name}": one.title for one in names.values()}
        if token is not None:
            placeholders[token] = f"${token_name(self.provider.key)}"
            titles[placeholders[token]] = N_("access token, as the token URL gives it")
        return Redactor(placeholders).blank(request), titles

    def _read_token(self, answer: Reply | Failure) -> TokenAnswer:
        assert isinstance(self._credential, OAuth2)
        return read_token(self._credential, answer)

    def _masked(
        self, error: Refused | MissingVariable, identifiers: Mapping[str, str]
    ) -> Invalid | MissingVariable:
        """Return the error as it may be kept; a payload that grew too large is a problem of the row like any other."""
        salt = self.house.home.salt
        masks = {value: mask_identifier(value, salt) for value in identifiers.values() if value}
        redactor = self.redactor(None).naming(masks)
        if isinstance(error, MissingVariable):
            return MissingVariable(redactor.sentence(error.sentence))
        problems = (
            error.problems
            if isinstance(error, Invalid)
            else (Problem(field="payload", sentence=error.sentence),)
        )
        return Invalid([
            problem.model_copy(update={"sentence": redactor.sentence(problem.sentence)}) for problem in problems
        ])  # fmt: skip


def _read_contact(contact_json: str) -> dict[str, Any]:
    try:
        contact = from_json(contact_json)
    except ValueError:
        contact = None
    if not isinstance(contact, dict):
        sentence = say("This row is no contact that can be read. Add it to a new job.")
        raise Invalid([Problem(field="contact", sentence=sentence)])
    return contact


def secrets_redactor(secrets: Mapping[str, str], hints: Mapping[str, str], token: str | None) -> Redactor:
    """Return what shows secrets (by handle) by their hints, and a token by its own."""
    masks: dict[str, str] = {}
    for handle, secret in secrets.items():
        masks |= masks_of(secret, hints.get(handle, "****"))
    if token:
        masks[token] = hint_of(token)
    return Redactor(masks)


def needs_secret(settings: Settings, ref: SecretRef) -> Problem:
    """Return where in the form the secret is that this vault cannot open."""
    for index, header in enumerate(settings.headers):
        if header.value == ref:
            return Problem(
                field=f"headers.{index}.value",
                sentence=say(
                    "The locked value of “{name}” is not in this vault. Type it again.", name=header.name
                ),
            )
    field = next((name for name, value in settings.credential.items() if _is(value, ref)), "")
    return Problem(
        field=f"credential.{field}",
        sentence=say("This secret is not in this vault: the integration needs it. Type it again."),
    )


def _is(value: object, ref: SecretRef) -> bool:
    return value == ref or (isinstance(value, dict) and value.get("handle") == ref.handle)


def _once(problems: list[Problem]) -> tuple[Problem, ...]:
    """Return the problems without the ones that two checks found alike."""
    return tuple(
        {(problem.field, str(problem.sentence)): problem for problem in reversed(problems)}.values()
    )[::-1]
