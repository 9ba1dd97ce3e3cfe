"""Dispatch: one way out for every test and send: prepare, let it out, read the answer, redact, write it in the journal."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit

from workbench.adapters.clock import new_id
from workbench.adapters.wire import Wire
from workbench.engine.auth import token_request
from workbench.engine.checks import check_authenticate, check_configure, credential_of, tidy
from workbench.engine.compose import compose, values_of
from workbench.engine.fingerprint import credential_fingerprint, fingerprint
from workbench.engine.identifiers import identifier_of
from workbench.engine.lint import lint
from workbench.engine.read import read
from workbench.engine.redact import Redactor, hint_of, mask_identifier
from workbench.engine.snippets import curl
from workbench.engine.template import Template, compile_template
from workbench.engine.token_answer import read_token
from workbench.engine.urls import host_of, is_private
from workbench.errors import Invalid, MissingVariable, Refused, TokenRefused
from workbench.models.base import Problem, SecretRef
from workbench.models.contact import Contact
from workbench.models.credential import Credential, OAuth2
from workbench.models.integration import Settings
from workbench.models.journal import Entry, EntryKind
from workbench.models.provider import Provider
from workbench.models.request import Failure, Mode, Outcome, Reply, Request
from workbench.models.sending import Confirmation, Preview, Sent, TokenCheck
from workbench.models.token import TokenAnswer
from workbench.providers import provider as provider_of
from workbench.sentence import Sentence, say

from .house import House

TOKEN_ROUTE = "oauth2"  # noqa: S105
PENDING_TOKEN = "fetched when it is sent"  # noqa: S105


@dataclass(frozen=True, slots=True, repr=False)
class Prepared:
    """All that is needed to make the request, with its secrets open: never shown, never kept."""

    settings: Settings
    provider: Provider
    credential: Credential
    template: Template
    contact: Contact
    identifier: str | None
    secrets: dict[str, str]
    hints: dict[str, str]
    problems: tuple[Problem, ...]


class Dispatch:
    """The way out, used by the services ``integrations`` and ``delivery``."""

    def __init__(self, house: House) -> None:
        self.house = house

    async def prepare(self, settings: Settings, contact: Contact) -> Prepared:
        """Return what the request is made of. Raises Invalid with every problem that keeps it back."""
        settings = tidy(settings)
        provider = provider_of(settings.provider)
        credential, wrong = credential_of(settings, provider)
        configured = [p for p in check_configure(settings, provider) if p.field not in ("name", "channel")]
        blocking = [p for p in (*configured, *wrong, *check_authenticate(settings, provider)) if p.blocks]
        secrets, missing = await asyncio.to_thread(self.house.open_secrets, settings.secrets())
        blocking += [_needs_secret(settings, ref) for ref in missing]
        if blocking or credential is None:
            raise Invalid(_once(blocking))
        template = compile_template(settings.payload)
        needed = any(slot.kind == "identifier" for slot in template.slots)
        identifier, lacking = identifier_of(settings.identifier, contact)
        if lacking is not None and (needed or settings.identifier.key in contact.identifiers):
            raise Invalid([lacking])
        values = values_of(contact, identifier, settings.campaign_name)
        size = len(template.render(values))
        problems = (
            *configured,
            *lint(provider, template, template.tree(values), size, values, settings.identifier),
        )
        hints = {ref.handle: ref.hint for ref in settings.secrets()}
        return Prepared(
            settings, provider, credential, template, contact, identifier, secrets, hints, problems
        )

    def request(self, prepared: Prepared, token: str | None) -> Request:
        """Return the frozen request with real secrets: for the wire, and for redacted views of it."""
        return compose(
            prepared.settings, prepared.provider, prepared.credential, prepared.template, prepared.contact,
            identifier=prepared.identifier, secrets=prepared.secrets, token=token, now=self.house.clock.now(),
        )  # fmt: skip

    async def preview(self, settings: Settings, contact: Contact) -> Preview:
        """Return the masked request; sends nothing and fetches no token. Problems are listed, not raised."""
        try:
            prepared = await self.prepare(settings, contact)
        except Invalid as error:
            return Preview(request=None, problems=error.problems)
        except MissingVariable as error:
            return Preview(request=None, problems=(Problem(field="payload", sentence=error.sentence),))
        request = self.request(prepared, PENDING_TOKEN)
        return Preview(
            request=_redactor(prepared, None).request(request),
            problems=prepared.problems,
            host=host_of(request.url),
            recipient=prepared.identifier or "",
            curl=_snippet(prepared, request, PENDING_TOKEN),
        )

    async def send(
        self,
        prepared: Prepared,
        kind: EntryKind,
        confirmation: Confirmation | None,
        *,
        integration_id: str | None = None,
        previous: str | None = None,
    ) -> Sent:
        """Send once, with one token refresh on a 401, and write it in the journal. Never raises for the network."""
        await asyncio.to_thread(self.house.home.check_writable)
        token = await self._token(prepared) if isinstance(prepared.credential, OAuth2) else None
        request = self.request(prepared, token)
        confirm(self.house.mode, confirmation, host_of(request.url), prepared.identifier or "")
        answer = await self._exchange(request, prepared.settings)
        if token is not None and isinstance(answer, Reply) and answer.status == 401:
            # exactly one refresh and one repetition (R-ESP-17): the refused request had no effect
            self.house.tokens.forget(credential_fingerprint(prepared.settings), token)
            token = await self._token(prepared)
            request = self.request(prepared, token)
            answer = await self._exchange(request, prepared.settings)
        outcome = read(prepared.provider, answer, self.house.clock.now())
        return await self._record(prepared, request, answer, outcome, kind, token, integration_id, previous)

    async def check_token(self, settings: Settings) -> TokenCheck:
        """Ask the token URL now, past the cache, and return the masked exchange (R-ESP-16)."""
        provider = provider_of(settings.provider)
        credential, problems = credential_of(settings, provider)
        if not isinstance(credential, OAuth2):
            return TokenCheck(request=None, reply=None, outcome=None, problems=problems)
        secrets, missing = await asyncio.to_thread(self.house.open_secrets, settings.secrets())
        if missing:
            return TokenCheck(
                request=None,
                reply=None,
                outcome=None,
                problems=tuple(_needs_secret(settings, ref) for ref in missing),
            )
        request = token_request(credential, secrets, TOKEN_ROUTE)
        answer = await self._exchange(request, settings)
        found: TokenAnswer | None = None
        refusal: Sentence | None = None
        try:
            found = read_token(credential, answer)
        except TokenRefused as error:
            refusal = error.sentence
        token = found.access_token.get_secret_value() if found else None
        redactor = _secrets_redactor(secrets, {ref.handle: ref.hint for ref in settings.secrets()}, token)
        outcome = _token_outcome(answer, refusal)
        reply = redactor.reply(answer) if isinstance(answer, Reply) else None
        check = TokenCheck(
            request=redactor.request(request),
            reply=reply,
            outcome=outcome,
            token_hint=hint_of(token) if token else "",
            expires_in_s=found.expires_in_s if found else None,
            problems=()
            if refusal is None
            else (Problem(field="credential.token_url", sentence=redactor.sentence(refusal)),),
        )
        await self.house.journal.append(
            Entry(
                id=new_id("ent"), at=self.house.clock.now(), kind="token", mode=self.house.mode, who=self.house.person.name,
                integration_name=settings.name or None, provider=provider.key, request=check.request, reply=reply, outcome=outcome,
            )
        )  # fmt: skip
        return check

    async def _token(self, prepared: Prepared) -> str:
        credential = prepared.credential
        assert isinstance(credential, OAuth2)
        request = token_request(credential, prepared.secrets, TOKEN_ROUTE)
        key = credential_fingerprint(prepared.settings)
        return await self.house.tokens.token(key, request, lambda answer: read_token(credential, answer))

    async def _exchange(self, request: Request, settings: Settings) -> Reply | Failure:
        """Send. A local test may reach the private host that its address names, but only on a person's own workbench.

        Through a server the ones who started it decide, by name: else each operator could look around in their network.
        """
        place = urlsplit(request.url).netloc
        own = self.house.mode == "live" and not self.house.served
        if own and settings.local_test and is_private(host_of(request.url)):
            wire = Wire.live({place})
            try:
                return await wire.send(request, connect_s=settings.connect_s, total_s=settings.total_s)
            finally:
                await wire.close()
        return await self.house.wire.send(request, connect_s=settings.connect_s, total_s=settings.total_s)

    async def _record(
        self, prepared: Prepared, request: Request, answer: Reply | Failure, outcome: Outcome,
        kind: EntryKind, token: str | None, integration_id: str | None, previous: str | None,
    ) -> Sent:  # fmt: skip
        redactor = _redactor(prepared, token)
        recipient = (
            mask_identifier(prepared.identifier, self.house.home.salt) if prepared.identifier else None
        )
        kept = redactor.naming({prepared.identifier: recipient} if prepared.identifier and recipient else {})
        outcome = outcome.model_copy(update={
            "sentence": redactor.sentence(outcome.sentence),
            "errors": tuple(e.model_copy(update={"message": redactor.text(e.message)}) for e in outcome.errors),
        })  # fmt: skip
        snippet = _snippet(prepared, request, token)
        entry = Entry(
            id=new_id("ent"), at=self.house.clock.now(), kind=kind, mode=self.house.mode, who=self.house.person.name,
            integration_id=integration_id, integration_name=prepared.settings.name or None, provider=prepared.provider.key,
            recipient=recipient, fingerprint=fingerprint(prepared.settings),
            request=kept.request(request), reply=kept.reply(answer) if isinstance(answer, Reply) else None,
            outcome=outcome, curl=kept.text(snippet), previous=previous,
        )  # fmt: skip
        await self.house.journal.append(entry)
        reply = redactor.reply(answer) if isinstance(answer, Reply) else None
        return Sent(
            entry=entry,
            request=redactor.request(request),
            reply=reply,
            outcome=outcome,
            curl=snippet,
            problems=prepared.problems,
        )


def confirm(mode: Mode, confirmation: Confirmation | None, host: str, recipient: str) -> None:
    """Let a live call through only if the person named its host and recipient (R-ESP-26). A rehearsal needs no word."""
    if mode == "rehearsal":
        return
    if confirmation is None:
        raise Refused(
            say(
                "This really sends a message. Confirm it by naming the host {host} and the recipient {recipient}.",
                host=host,
                recipient=recipient,
            )
        )
    if confirmation.host.strip().lower() != host or confirmation.recipient.strip() != recipient:
        raise Refused(
            say(
                "The confirmation does not fit: the message would go through {host} to {recipient}. Nothing was sent.",
                host=host,
                recipient=recipient,
            )
        )


def _snippet(prepared: Prepared, request: Request, token: str | None) -> str:
    """Return the request as cURL with ``$SECRET_1`` in place of secrets, numbered in the order of the form (R-ESP-31)."""
    placeholders = {secret: f"$SECRET_{index}" for index, secret in enumerate(prepared.secrets.values(), 1)}
    if token is not None:
        placeholders[token] = "$ACCESS_TOKEN"
    return curl(Redactor(placeholders).blank(request), placeholders.values())


def _redactor(prepared: Prepared, token: str | None) -> Redactor:
    return _secrets_redactor(prepared.secrets, prepared.hints, token)


def _secrets_redactor(secrets: dict[str, str], hints: dict[str, str], token: str | None) -> Redactor:
    masks = {secret: hints.get(handle, "****") for handle, secret in secrets.items()}
    if token:
        masks[token] = hint_of(token)
    return Redactor(masks)


def _token_outcome(answer: Reply | Failure, refusal: Sentence | None) -> Outcome:
    if refusal is None:
        return Outcome(kind="accepted", sentence=say("The token URL gave a token."))
    if isinstance(answer, Failure):
        return Outcome(kind="blocked" if answer.kind == "blocked" else "unreachable", sentence=refusal)
    return Outcome(
        kind="redirected"
        if 300 <= answer.status < 400
        else "server_error"
        if answer.status >= 500
        else "refused",
        sentence=refusal,
    )


def _needs_secret(settings: Settings, ref: SecretRef) -> Problem:
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
