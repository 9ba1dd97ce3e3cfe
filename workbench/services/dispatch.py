"""Dispatch: one way out for every test and send: prepare, let it out, read the answer, redact, write it in the journal."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from workbench.adapters.clock import new_id
from workbench.engine.auth import token_request
from workbench.engine.checks import credential_of
from workbench.engine.fingerprint import account_of
from workbench.engine.lint import lint
from workbench.engine.rate_headers import heard
from workbench.engine.read import read
from workbench.engine.redact import hint_of
from workbench.engine.token_answer import read_token
from workbench.errors import Invalid, MissingVariable, Refused, TokenRefused
from workbench.models.base import JsonValue, Problem
from workbench.models.contact import Contact
from workbench.models.credential import OAuth2
from workbench.models.integration import Settings
from workbench.models.journal import Entry, EntryKind
from workbench.models.request import Failure, Mode, Outcome, Reply, Request
from workbench.models.sending import Confirmation, Preview, Sent, TokenCheck
from workbench.models.token import TokenAnswer
from workbench.providers import provider as provider_of
from workbench.sentence import Sentence, say

from .house import House
from .line import TOKEN_ROUTE, Line, needs_secret, secrets_redactor

PENDING_TOKEN = "fetched when it is sent"  # noqa: S105


@dataclass(frozen=True, slots=True, repr=False)
class Prepared:
    """A message ready to be made: its integration's line, and what its contact gives."""

    line: Line
    identifier: str | None
    values: dict[str, JsonValue]
    problems: tuple[Problem, ...]


class Dispatch:
    """The way out, used by the services ``integrations`` and ``delivery``."""

    def __init__(self, house: House) -> None:
        self.house = house

    async def prepare(
        self, settings: Settings, contact: Contact, *, integration_id: str | None = None
    ) -> Prepared:
        """Return what the request is made of. Raises Invalid with every problem that keeps it back."""
        line = await Line.open(self.house, settings, integration_id=integration_id)
        identifier, values = line.fill(contact.identifiers, contact.variables, contact.user_data)
        size, tree = len(line.template.render(values)), line.template.tree(values)
        found = lint(line.provider, line.template, tree, size, values, line.settings.identifier)
        return Prepared(line, identifier, values, (*line.warnings, *found))

    async def preview(self, settings: Settings, contact: Contact) -> Preview:
        """Return the masked request; sends nothing and fetches no token. Problems are listed, not raised."""
        try:
            prepared = await self.prepare(settings, contact)
        except Invalid as error:
            return Preview(request=None, problems=error.problems)
        except MissingVariable as error:
            return Preview(request=None, problems=(Problem(field="payload", sentence=error.sentence),))
        line = prepared.line
        request = line.compose(prepared.values, PENDING_TOKEN)
        return Preview(
            request=line.redactor(None).request(request),
            problems=prepared.problems,
            host=line.host,
            recipient=prepared.identifier or "",
            curl=line.snippet(request, PENDING_TOKEN),
        )

    async def send(
        self,
        prepared: Prepared,
        kind: EntryKind,
        confirmation: Confirmation | None,
        *,
        previous: str | None = None,
    ) -> Sent:
        """Send once, with one token refresh on a 401, and write it in the journal. Never raises for the network."""
        line = prepared.line
        await asyncio.to_thread(self.house.home.check_writable)
        token = await line.token()
        request = line.compose(prepared.values, token)
        confirm(self.house.mode, confirmation, line.host, prepared.identifier or "")
        answer = await self._exchange(request, line.settings)
        if token is not None and isinstance(answer, Reply) and answer.status == 401:
            # exactly one refresh and one repetition (R-ESP-17): the refused request had no effect
            token = await line.token(refused=token)
            request = line.compose(prepared.values, token)
            answer = await self._exchange(request, line.settings)
        return await self._record(prepared, request, answer, kind, token, previous)

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
                problems=tuple(needs_secret(settings, ref) for ref in missing),
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
        redactor = secrets_redactor(secrets, {ref.handle: ref.hint for ref in settings.secrets()}, token)
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

    async def _exchange(self, request: Request, settings: Settings) -> Reply | Failure:
        """Send, by the wire that the integration may use."""
        wire = self.house.wire_for(request.url, local_test=settings.local_test)
        try:
            return await wire.send(request, connect_s=settings.connect_s, total_s=settings.total_s)
        finally:
            if wire is not self.house.wire:
                await wire.close()

    async def _record(
        self, prepared: Prepared, request: Request, answer: Reply | Failure, kind: EntryKind, token: str | None, previous: str | None
    ) -> Sent:  # fmt: skip
        """Write it in the journal, and return it as the sender may see it: with the recipient's own identifier.

        Where the provider asks to slow down, the account's jobs rest too (R-EVT-17).
        """
        line, now = prepared.line, self.house.clock.now()
        outcome = read(line.provider, answer, now)
        snippet = line.snippet(request, token)
        entry = line.entry(
            request,
            answer,
            outcome,
            prepared.identifier or "",
            kind,
            token,
            previous=previous,
            snippet=snippet,
        )
        await self.house.journal.append(entry)
        news = heard(answer, outcome, now) if isinstance(answer, Reply) else None
        if news is not None and news.throttled:
            await self.house.budgets.learn(account_of(line.settings), news)
        shown = line.redactor(token)
        return Sent(
            entry=entry,
            request=shown.request(request),
            reply=shown.reply(answer) if isinstance(answer, Reply) else None,
            outcome=shown.outcome(outcome),
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
