"""IDENTITY: who calls. A token of this workbench, else the name that the proxy in front gives, else a token of JupyterHub.

A dashboard's kernel comes in with its own pass and names its visitor; the visitor's rights count then. What names somebody and comes from
where it may not is refused, never ignored: else a mistake in a proxy's settings would look like a person without rights.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from urllib.parse import unquote

from fastapi import Request
from starlette.datastructures import Headers

from workbench.adapters.clock import Clock
from workbench.adapters.hub import Hub, HubUser
from workbench.adapters.remote import VISITOR, VISITOR_GROUPS
from workbench.engine.identity import admitted, as_text, capped, groups_of, name_of, trusts
from workbench.errors import Forbidden
from workbench.models.person import HubIdentity, IdentitySettings, Pass, Person, ProxyIdentity
from workbench.sentence import say
from workbench.services.people import People

REMEMBERED_S: Final = 60.0
"""Seconds that a hub's word about a token counts: so long somebody who lost a group there keeps it here."""

REMEMBERED: Final = 2_000
"""Tokens whose owners are remembered; the ones longest ago are forgotten first."""

LONGEST_TOKEN: Final = 500
AT_ONCE: Final = 8
"""Questions to the hub at a time: who tries tokens holds up strangers, and floods no hub."""


class Identity:
    """Tells of each call whose it is. ``passes`` are extra tokens' SHA-256 digests for this run."""

    def __init__(
        self,
        people: People,
        clock: Clock,
        passes: Mapping[str, Person],
        open_hub: Callable[[str], Hub] = Hub,
    ) -> None:
        self._people, self._passes = people, passes
        self._hub = HubTokens(clock, open_hub)

    async def of(self, request: Request) -> Person | None:
        """Return who calls, or None for a stranger.

        Raises Forbidden where a name came from where it may not, or no rule lets the person in; Unreachable while the hub is away.
        """
        settings = await self._people.settings()
        headers, token = request.headers, _token(request.headers)
        named = _named(settings.proxy, headers, peer_of(request)) if settings.proxy else None
        visitor = _one(headers, VISITOR)
        known = await self._known(token)
        if known is not None:
            return _visitor(known, visitor, headers, settings) if _brings(known) else _alone(known, visitor)
        if visitor is not None:
            raise _not_a_dashboard()
        if named is not None:
            return _let_in(settings, *named)
        if settings.hub is not None and token:
            return await self._of_hub(settings, settings.hub, token)
        return None

    async def close(self) -> None:
        """Close the connection to the hub."""
        await self._hub.close()

    async def _known(self, token: str) -> Person | None:
        if not token:
            return None
        wanted = hashlib.sha256(token.encode()).hexdigest()
        for digest, person in self._passes.items():
            if secrets.compare_digest(digest, wanted):
                return person
        return await self._people.by_token(token)

    async def _of_hub(self, settings: IdentitySettings, hub: HubIdentity, token: str) -> Person | None:
        user = await self._hub.user(hub.url, token)
        if user is None:
            return None
        if user.kind != "user":  # a service may have the name of a person
            raise Forbidden(
                say("This token of JupyterHub belongs to a service. Come in with a person's own token.")
            )
        if hub.scope and hub.scope not in user.scopes:
            raise Forbidden(
                say(
                    "This token of JupyterHub is not meant for the workbench: it lacks “{scope}”.",
                    scope=hub.scope,
                )
            )
        return _let_in(settings, user.name, user.groups)


class HubTokens:
    """Whose a hub's tokens are. Each is asked for once a minute at most, by however many calls; one that is none too."""

    def __init__(self, clock: Clock, open_hub: Callable[[str], Hub] = Hub) -> None:
        self._clock, self._open = clock, open_hub
        self._hub: Hub | None = None
        self._told: OrderedDict[str, tuple[float, HubUser | None]] = OrderedDict()
        self._asking: dict[str, asyncio.Task[HubUser | None]] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def user(self, url: str, token: str) -> HubUser | None:
        """Return whom the token belongs to, or None where it is none. Raises Unreachable where the hub cannot say."""
        if len(token) > LONGEST_TOKEN or not token.isascii() or not token.isprintable():
            return None  # a hub's own are letters and digits
        hub = await self._at(url)
        key = hashlib.sha256(token.encode()).hexdigest()
        told = self._told.get(key)
        if told is not None and self._clock.monotonic() - told[0] < REMEMBERED_S:
            return told[1]
        asking = self._asking.get(key)
        if asking is None:
            asking = self._asking[key] = asyncio.create_task(self._ask(hub, key, token), name="ask the hub")
            asking.add_done_callback(_heard)
        return await asyncio.shield(asking)  # one who hangs up does not end what others wait for

    async def close(self) -> None:
        """Close the connection."""
        if self._hub is not None:
            await self._hub.close()
            self._hub = None

    async def _ask(self, hub: Hub, key: str, token: str) -> HubUser | None:
        try:
            async with self._turns:
                user = await hub.user(token)
        finally:
            self._asking.pop(key, None)
        if hub is self._hub:
            self._told[key] = (self._clock.monotonic(), user)
            self._told.move_to_end(key)
            while len(self._told) > REMEMBERED:
                self._told.popitem(last=False)
        return user

    async def _at(self, url: str) -> Hub:
        """Return the hub at an address. An admin may have named another one meanwhile: its word alone counts then."""
        if self._hub is None or self._hub.url != url:
            before, self._hub = self._hub, self._open(url)
            self._told.clear()
            self._asking.clear()
            if before is not None:
                await before.close()
        return self._hub


def _heard(asking: asyncio.Task[HubUser | None]) -> None:
    """Take note of an error that nobody waits for any more; who waits is told it."""
    if not asking.cancelled():
        asking.exception()


def peer_of(request: Request) -> str:
    """Return the address that the connection itself comes from, whatever any header says; empty for a socket file."""
    peer = request.scope.get("workbench.peer")
    if isinstance(peer, str):
        return peer
    return request.client.host if request.client else ""


def _token(headers: Headers) -> str:
    """Return the token of an Authorization header; JupyterHub's own clients write ``token`` in place of ``Bearer``."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() in ("bearer", "token") else ""


def _one(headers: Headers, name: str) -> str | None:
    """Return a header's value, or None where there is none. Two of them are refused: one may be forged."""
    found = headers.getlist(name)
    if len(found) > 1:
        raise Forbidden(
            say("The header {name} came twice. Let the proxy take away what callers send.", name=name)
        )
    return found[0] if found else None


def _named(proxy: ProxyIdentity, headers: Headers, peer: str) -> tuple[str, Sequence[str]] | None:
    """Return name and groups that the proxy gives; None where nobody is logged in there. Refused from anywhere else."""
    name = _one(headers, proxy.name_header)
    groups = _one(headers, proxy.groups_header) if proxy.groups_header else None
    if name is None and groups is None:
        return None
    if not trusts(proxy.trusted, peer):
        raise Forbidden(
            say(
                "Who you are came in the header {name}, but not from a trusted proxy. Open the page by its public address.",
                name=proxy.name_header,
            )
        )
    if not name:
        return None
    return _checked(as_text(name)), groups_of(as_text(groups or ""))


def _visitor(known: Person, visitor: str | None, headers: Headers, settings: IdentitySettings) -> Person:
    """Return the visitor whom a dashboard names, with no more rights than its pass has."""
    if visitor is None or not visitor:
        raise Forbidden(
            say("The dashboard does not say who is in front of it. Open the page by its public address.")
        )
    groups = _one(headers, VISITOR_GROUPS) or ""
    found = [unquote(part) for part in groups.split(",") if part]
    person = capped(_let_in(settings, _checked(unquote(visitor)), found), known)
    if person is None:
        raise Forbidden(say("This page is for other units than “{name}” works for.", name=unquote(visitor)))
    return person


def _alone(known: Person, visitor: str | None) -> Person:
    if visitor is not None:
        raise _not_a_dashboard()
    return known


def _brings(known: Person) -> bool:
    return isinstance(known, Pass) and known.visitors


def _checked(value: str) -> str:
    name = name_of(value)
    if name is None:
        raise Forbidden(
            say("The name that came with the call cannot be read. It holds signs that no name has.")
        )
    return name


def _let_in(settings: IdentitySettings, name: str, groups: Sequence[str]) -> Person:
    found = admitted(settings.rules, name, groups)
    if found is None:
        raise Forbidden(
            say(
                "“{name}” is known, but has no role here. Ask the person who runs the workbench for a rule.",
                name=name,
            )
        )
    return found


def _not_a_dashboard() -> Forbidden:
    return Forbidden(
        say("Only a dashboard may say for whom it calls. Take the header {name} away.", name=VISITOR)
    )
