"""The gate house: the doors through which a held sendout is decided and answered, and the one way its life is written down."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit

from workbench.adapters.clock import new_id
from workbench.engine.hooks import mask_uri, read_hook
from workbench.engine.redact import Redactor
from workbench.errors import NotFound, Refused
from workbench.models.base import SecretRef
from workbench.models.gate import GATES, PLATFORM, Gate, GateSettings, Hook
from workbench.models.hold import Hold, HoldEvent, HoldState
from workbench.models.journal import Entry
from workbench.models.request import Outcome, OutcomeKind, Request
from workbench.models.work import Progress
from workbench.sentence import Sentence, say

from .house import House

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from workbench.adapters.code_pools import CodePools
    from workbench.adapters.holds import Holds
    from workbench.adapters.sealed_rows import RowKey

    from .hub_lists import Lists

ANYWAY: Final = "finish_anyway"
"""The step of the timeline by which a person lets the finish go although rejects or write-backs were not taken."""

_KINDS: Final[dict[HoldState, OutcomeKind]] = {
    "finished": "accepted",
    "expired": "refused",
    "failed": "refused",
}


class Opened(NamedTuple):
    """A hold's hook and key. Both are secrets: never shown, never kept."""

    hook: Hook
    key: RowKey


@dataclass(frozen=True, slots=True)
class GateHouse:
    """The doors of holds: their table, the pools of codes, the consent lists, and the house behind them."""

    house: House
    holds: Holds
    pools: CodePools
    lists: Lists

    async def gate(self, id: str) -> Gate:
        """Return the gate of a hold as it is now; NotFound where it was deleted."""
        try:
            document = await asyncio.to_thread(self.house.catalogue.get, GATES, id)
        except NotFound:
            raise NotFound(
                say("The gate of this sendout was deleted, so nothing can be decided or called any more.")
            ) from None
        return Gate.model_validate(document)

    async def opened(self, id: str) -> Opened:
        """Return a hold's hook and key. Raises NotFound when they were forgotten, MissingSecret when no key opens them."""
        from workbench.adapters.sealed_rows import RowKey

        sealed, key_text = await self.holds.sealed(id), await self.holds.key(id)
        key = RowKey((await asyncio.to_thread(self.house.vault.open_data, key_text)).decode())
        hook = read_hook(key.open(sealed)).hook
        if hook is None:
            raise Refused(
                say("The hook of this sendout cannot be read any more. Let the platform send it again.")
            )
        return Opened(hook, key)

    async def progress(self, hold: Hold) -> Progress | None:
        """Return how the job goes that answers a hold; None before there is one."""
        if hold.job_id is None:
            return None
        try:
            return await self.house.ledger.job(hold.job_id)
        except NotFound:
            return None

    async def secret(self, ref: SecretRef | str | None) -> str:
        """Return what a handle stands for; an empty text for none. Raises MissingSecret."""
        if not isinstance(ref, SecretRef):
            return ref or ""
        return await asyncio.to_thread(self.house.vault.open_text, ref.handle)

    def foreign(self, uri: str, settings: GateSettings) -> str | None:
        """Return the host of an address that may not be called, or None where it may (R-GATE-28).

        Allowed are the hosts that the gate lists, by name or by name and port, and in a rehearsal those that a stand-in plays.
        """
        try:
            parts = urlsplit(uri)
            host, authority = (parts.hostname or "").lower(), parts.netloc.rpartition("@")[2].lower()
        except ValueError:
            return uri[:20]
        if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
            return host or uri[:20]
        listed = {name.strip().lower() for name in settings.hosts}
        if host in listed or authority in listed:
            return None
        probe = Request(method="POST", url=uri, headers=(), provider=PLATFORM)
        return None if self.house.wire.rehearses(probe) else authority

    # -- what is written down ------------------------------------------------------------------------------------------

    async def move(
        self,
        hold: Hold,
        to: HoldState,
        among: Collection[HoldState],
        sentence: Sentence,
        *,
        step: str = "",
        who: str = "",
        notice: Sentence | None = None,
        **fields: object,
    ) -> Hold:
        """Change a hold's state, with the event and the journal's entry of it; Refused where it is in no such state any more."""
        changed = await self.holds.change(hold.id, to, among, notice=notice, **fields)
        await self.tell(changed, step or to, sentence, who=who)
        return changed

    async def tell(self, hold: Hold, step: str, sentence: Sentence, *, who: str = "") -> None:
        """Add a step to the hold's timeline, and to the journal."""
        now = self.house.clock.now()
        name = await self._name(hold.gate_id)
        await self.holds.log(hold.id, HoldEvent(at=now, step=step, sentence=sentence, who=who))
        outcome = Outcome(kind=_KINDS[hold.state], sentence=sentence) if hold.state in _KINDS else None
        await self.house.journal.append(
            Entry(
                id=new_id("ent"), at=now, kind="gate", mode=self.house.mode, who=who or self.house.person.name,
                integration_id=hold.gate_id, integration_name=name, provider=PLATFORM, job_id=hold.job_id,
                outcome=outcome, detail=str(sentence),
            )
        )  # fmt: skip

    async def _name(self, gate_id: str) -> str | None:
        try:
            settings = (await self.gate(gate_id)).settings
        except NotFound:
            return None
        return settings.name or settings.key or None


def foreign_host(host: str) -> Sentence:
    """Return what is said of an address that may not be called (R-GATE-28)."""
    return say(
        "The sendout names an address of {host}, which is not on the gate's list of hosts, so nothing was called. If it is the platform's, "
        "add it to the gate, then answer again.",
        host=host,
    )


def redactor_of(uris: Collection[str], secrets: dict[str, str], people: dict[str, str]) -> Redactor:
    """Return what masks addresses of the platform, in full or as a path, secrets, and the ids of contacts."""
    shown = dict(secrets)
    for uri in uris:
        mask = mask_uri(uri)
        path = "/" + uri.partition("://")[2].partition("/")[2]
        shown[uri] = mask
        if len(path) >= 8:
            shown[path] = f"…{path[-4:]}"
    return Redactor(shown).naming(people)


def dumped(*values: Any) -> bytes:
    """Return values as they are sealed."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def loaded(data: bytes) -> list[Any]:
    """Return the values that ``dumped`` wrote."""
    values: list[Any] = json.loads(data.decode("utf-8", "surrogatepass"))
    return values
