"""Gates: build one, set it up in the platform, try its rules, and keep what its actions hand out: codes, consent lists."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, Literal

from workbench.adapters.clock import new_id
from workbench.engine.checks import blocking
from workbench.engine.gate_checks import Stock, check_gate, check_stock_key, secrets_of, tidy_gate
from workbench.engine.hooks import Merged, OldGate, lint_old_gate, masked, merge_actions
from workbench.engine.hooks import read_hook as read
from workbench.errors import Invalid, NotFound, Refused
from workbench.models.base import Noun, Problem
from workbench.models.gate import (
    GATES,
    PLATFORM,
    SOURCE_IPS,
    Action,
    CodePool,
    ConsentList,
    Gate,
    GateSettings,
    ReadHook,
)
from workbench.models.hold import Decided, HoldFilter
from workbench.models.journal import Entry
from workbench.sentence import Sentence, say

from .house import House
from .meanwhile import check_seen
from .roles import operator, viewer
from .visibility import require_all_units

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from workbench.adapters.code_pools import CodePools
    from workbench.adapters.holds import Holds

    from .hub_lists import Lists

SOURCE: Final = "https://help.symplify.com/hc/en-us/articles/6238097514386-Send-Gate-Plus"
SOURCE_IPS_AT: Final = "https://help.symplify.com/hc/en-us/articles/360011230659-Webhooks"
MOST_PASTED: Final = 2_000_000
"""Letters of a pasted text that is tried or read; files of contacts go through a hold or the command line."""

_HANDLE = re.compile(r"sec_[a-z0-9]{8,40}")


class GateAddress(Noun):
    """How a gate is set up in the platform: its address, the steps there, and whence the platform calls, with the sources."""

    kind: Literal["http", "sqs"]
    url: str
    steps: tuple[Sentence, ...]
    source_ips: tuple[tuple[str, str], ...] = tuple(SOURCE_IPS.items())
    source: str = SOURCE
    source_ips_at: str = SOURCE_IPS_AT
    problems: tuple[Problem, ...] = ()


class Gates:
    """What a person can do with send gates. ``server`` is the address that the server process is reached by, where one is known."""

    def __init__(
        self, house: House, pools: CodePools, lists: Lists, holds: Holds, *, server: str = ""
    ) -> None:
        self.house, self.pools_of, self.lists_of, self.holds = house, pools, lists, holds
        self.server = server

    # -- the catalogue -------------------------------------------------------------------------------------------------

    @viewer
    async def get(self, gate: str) -> Gate:
        """Return one gate by its id, its key or its name; NotFound otherwise."""
        wanted = gate.strip().casefold()
        for one in await self.all():
            if gate == one.id or wanted in (one.settings.key, one.settings.name.casefold()):
                return one
        raise NotFound(
            say("There is no gate “{name}”. Look at the list of gates for its name or key.", name=gate[:80])
        )

    @viewer
    async def check(self, settings: GateSettings, id: str = "") -> list[Problem]:
        """Return what is wrong with settings; ``id`` names the gate they would replace."""
        others = [one for one in await self.all() if one.id != id]
        return _clashes(settings, others) + check_gate(settings, await self._stock())

    @viewer
    async def address(self, gate: str, base: str = "") -> GateAddress:
        """Return how to set a gate up in the platform. ``base`` is the address people reach the server by, if not the one it knows."""
        found = await self.get(gate)
        return _address(found, (base or self.server).rstrip("/"))

    @operator
    async def create(self, settings: GateSettings) -> Gate:
        """Keep a new gate, open. Raises Invalid with all problems."""
        return await self._keep(new_id("gat"), settings, made=True)

    @operator
    async def save(self, id: str, settings: GateSettings, seen: GateSettings | None = None) -> Gate:
        """Change a gate; holds that wait are answered by the settings as they are then. Raises Invalid with all problems.

        ``seen`` are the settings that were changed: Refused where somebody else saved others meanwhile.
        """
        found = await self.get(id)
        return await self._keep(found.id, settings, made=False, seen=seen)

    @operator
    async def open(self, id: str) -> Gate:
        """Let a gate take hooks."""
        return await self._turn(id, opened=True)

    @operator
    async def close(self, id: str) -> Gate:
        """Let a gate take no hooks any more; what waits at it is still answered."""
        return await self._turn(id, opened=False)

    @operator
    async def delete(self, id: str) -> None:
        """Delete a gate and its secrets. Refused while sendouts wait at it; its holds and the journal stay."""
        found = await self.get(id)
        waiting = await self.holds.holds(HoldFilter(gate_id=found.id, waiting=True, limit=500))
        if waiting:
            raise Refused(say(
                "Sendouts wait at the gate “{name}”: {count}. Close it, answer them, and delete it then.",
                name=found.settings.name, count=len(waiting),
            ))  # fmt: skip
        await asyncio.to_thread(self.house.catalogue.delete, GATES, found.id)
        await self._forget(found.settings)
        await self._note("deleted", found)

    async def all(self) -> list[Gate]:
        """Return every gate, in no order. Not a route: ``list`` is what pages ask."""
        documents = await asyncio.to_thread(self.house.catalogue.all, GATES)
        return [Gate.model_validate(document) for document in documents]

    # -- codes and consent lists ---------------------------------------------------------------------------------------

    @viewer
    async def pools(self) -> list[CodePool]:
        """Return the code pools by name, with how many codes are left in each."""
        return sorted(await self.pools_of.pools(), key=lambda pool: pool.key)

    @operator
    async def add_codes(self, key: str, text: str) -> CodePool:
        """Put codes into a pool, one a line; a code that it already has is not added twice. The pool is made when it is new."""
        require_all_units()  # the gates of every unit take codes from a pool
        if not text.strip():
            raise Invalid(
                [Problem(field="codes", sentence=say("There is no code in it. Paste one code a line."))]
            )
        return await self.take_codes(key, text.splitlines())

    @operator
    async def delete_pool(self, key: str) -> None:
        """Forget a pool with its codes. Refused while a gate names it."""
        require_all_units()
        await self._refuse_while_named(key, "pool")
        await self.pools_of.delete(key)
        await self._told("codes deleted", key)

    @viewer
    async def consent_lists(self) -> list[ConsentList]:
        """Return the consent lists by name."""
        found = await asyncio.to_thread(self.lists_of.lists)
        return sorted(found, key=lambda one: one.key)

    @operator
    async def import_consent(self, key: str, text: str) -> ConsentList:
        """Keep a consent list of one identifier a line, in place of the one of this name. Only digests are kept."""
        require_all_units()  # the gates of every unit ask a list
        if not text.strip():
            raise Invalid(
                [
                    Problem(
                        field="consent",
                        sentence=say("The list is empty. Paste one identifier a line, or choose a file."),
                    )
                ]
            )
        return await self.take_consent(key, text.splitlines())

    async def take_consent(self, key: str, lines: Iterable[str]) -> ConsentList:
        """Keep a consent list as ``import_consent`` does, of lines that come one after the other: there may be ten million."""
        _checked_key(key, say("consent list"))
        kept = await asyncio.to_thread(self.lists_of.import_lines, key, lines, self.house.clock.now())
        await self._told("consent imported", key)
        return kept

    async def take_codes(self, key: str, lines: Iterable[str]) -> CodePool:
        """Put codes into a pool as ``add_codes`` does, of lines that come one after the other."""
        _checked_key(key, say("code pool"))
        pool = await self.pools_of.add(key, lines)
        await self._told("codes added", key)
        return pool

    @operator
    async def delete_consent(self, key: str) -> None:
        """Forget a consent list. Refused while a gate names it."""
        require_all_units()
        await self._refuse_while_named(key, "list")
        await asyncio.to_thread(self.lists_of.delete, key)
        await self._told("consent deleted", key)

    # -- trying and reading --------------------------------------------------------------------------------------------

    @viewer
    async def try_rules(self, settings: GateSettings, actions: list[Action], text: str) -> list[Decided]:
        """Return what would be decided of pasted contacts, and why. Nothing is called: a live check counts as its fallback."""
        from .gates_reading import tried  # loads the compiler of rules, which a connected page has no use for

        _short_enough(text)
        problems = [
            p
            for p in check_gate(settings, await self._stock())
            if p.field.startswith(("rules", "meanings", "live_checks"))
        ]
        if blocking(problems):
            raise Invalid(blocking(problems))
        return await asyncio.to_thread(
            tried, settings, actions, text, self.lists_of.open, self.house.home.salt
        )

    @viewer
    async def merged(self, project: list[Action], sendout: list[Action]) -> Merged:
        """Return the actions of both levels as the hook would hold them, each with its level (R-GATE-9)."""
        return merge_actions(project, sendout)

    @viewer
    async def old_gate(self, levels: list[OldGate], plus_active: bool = True) -> list[Problem]:
        """Return what settings of the older Send gate would do beside Send Gate Plus, and the steps of the conversion (R-GATE-11)."""
        return list(lint_old_gate(levels, plus_active=plus_active))

    @viewer
    async def read_hook(self, text: str, gate: str = "") -> ReadHook:
        """Return what a pasted hook says, its addresses masked; with a gate, also whether that gate would call them (R-GATE-28, 29)."""
        from .gates_reading import contact_masked, hosts_told

        _short_enough(text)
        found = read(text.encode("utf-8", "surrogatepass"))
        if found.hook is None:
            return found
        hosts = (await self.get(gate)).settings.hosts if gate else ()
        told = hosts_told(found.hook, hosts) if gate else []
        shown = contact_masked(masked(found.hook), self.house.home.salt)
        return ReadHook(hook=shown, problems=(*found.problems, *told))

    # ------------------------------------------------------------------------------------------------------------------

    async def _keep(
        self, id: str, wanted: GateSettings, *, made: bool, seen: GateSettings | None = None
    ) -> Gate:
        settings, stock, now = tidy_gate(wanted), await self._stock(), self.house.clock.now()
        kept: list[Gate] = []
        before: list[Gate] = []

        def change() -> None:
            with self.house.catalogue.transaction(GATES) as documents:
                known = {key: Gate.model_validate(item) for key, item in documents.items()}
                if not made and id not in known:
                    raise NotFound(say("The gate was deleted in the meantime."))
                if id in known:
                    check_seen(seen, known[id].settings, known[id].settings.name)
                others = [one for key, one in known.items() if key != id]
                clashes = _clashes(settings, others) or _taken(settings, self.house.catalogue.unseen(GATES))
                problems = blocking(clashes + check_gate(settings, stock))
                if problems:
                    raise Invalid(problems)
                old = known.get(id)
                before.extend([old] if old else [])
                gate = Gate(
                    id=id, settings=settings, open=old.open if old else True,
                    created_at=old.created_at if old else now, changed_at=now,
                )  # fmt: skip
                documents[id] = gate.model_dump(mode="json")
                kept.append(gate)

        await asyncio.to_thread(change)
        for old in before:
            await self._forget(old.settings)
        await self._note("created" if made else "saved", kept[0])
        return kept[0]

    async def _turn(self, id: str, *, opened: bool) -> Gate:
        found, now = await self.get(id), self.house.clock.now()

        def change(document: dict[str, Any] | None) -> dict[str, Any]:
            if document is None:
                raise NotFound(say("The gate was deleted in the meantime."))
            gate = Gate.model_validate(document)
            return gate.model_copy(update={"open": opened, "changed_at": now}).model_dump(mode="json")

        document = await asyncio.to_thread(self.house.catalogue.update, GATES, found.id, change)
        gate = Gate.model_validate(document)
        await self._note("opened" if opened else "closed", gate)
        return gate

    async def _stock(self) -> Stock:
        integrations = await asyncio.to_thread(self.house.catalogue.all, "integrations")
        return Stock(
            pools={pool.key for pool in await self.pools_of.pools()},
            lists={one.key for one in await asyncio.to_thread(self.lists_of.lists)},
            integrations={str(item["id"]) for item in integrations},
        )

    async def _refuse_while_named(self, key: str, what: Literal["pool", "list"]) -> None:
        for gate in await self.all():
            if key in set(_named(gate.settings, what)):
                raise Refused(say(
                    "The gate “{gate}” uses “{key}”. Take it out of the gate first.", gate=gate.settings.name, key=key
                ))  # fmt: skip

    async def _forget(self, settings: GateSettings) -> None:
        """Forget the secrets of settings that are gone, except those that anything in the catalogue still refers to."""

        def forget() -> None:
            used: set[str] = set()
            for kind in (GATES, "integrations", "drafts"):
                used.update(_HANDLE.findall(json.dumps(self.house.catalogue.all(kind))))
            for ref in secrets_of(settings):
                if ref.handle not in used:
                    self.house.vault.forget(ref.handle)

        await asyncio.to_thread(forget)

    async def _note(self, what: str, gate: Gate) -> None:
        await self._told(what, gate.settings.name, gate.id)

    async def _told(self, what: str, name: str, id: str | None = None) -> None:
        entry = Entry(
            id=new_id("ent"), at=self.house.clock.now(), kind="gate", mode=self.house.mode, who=self.house.person.name,
            integration_id=id, integration_name=name, provider=PLATFORM, detail=what,
        )  # fmt: skip
        await self.house.journal.append(entry)

    @viewer
    async def list(self) -> list[Gate]:
        """Return the gates by name."""
        return sorted(await self.all(), key=lambda gate: gate.settings.name.casefold())


def _clashes(settings: GateSettings, others: list[Gate]) -> list[Problem]:
    """Return what is another gate's already: its name, or its key."""
    found = []
    name, key = settings.name.strip(), settings.key.strip()
    if name and any(name.casefold() == other.settings.name.casefold() for other in others):
        found.append(
            Problem(
                field="name",
                sentence=say("There already is a gate named “{name}”. Choose another name.", name=name),
            )
        )
    taken = next((other for other in others if key and key.casefold() == other.settings.key.casefold()), None)
    if taken:
        sentence = say(
            "The gate “{name}” already has the key {key}. Choose another key.",
            name=taken.settings.name,
            key=key,
        )
        found.append(Problem(field="key", sentence=sentence))
    return found


def _taken(settings: GateSettings, unseen: Iterable[dict[str, Any]]) -> list[Problem]:
    """Return that another unit's gate has the key: it stands in the address that the platform calls, which is there once."""
    key = settings.key.strip().casefold()
    if not key or all(str(one["settings"].get("key", "")).casefold() != key for one in unseen):
        return []
    return [
        Problem(
            field="key", sentence=say("The key {key} is taken. Choose another key.", key=settings.key.strip())
        )
    ]


def _named(settings: GateSettings, what: Literal["pool", "list"]) -> Iterator[str]:
    for meaning in settings.meanings:
        yield getattr(meaning.does, "pool" if what == "pool" else "consent_list", "")
    if what == "list":
        yield from _lists_in(settings.rules.model_dump(mode="json"))


def _lists_in(document: Any) -> Iterator[str]:
    if isinstance(document, dict):
        if document.get("operator") in ("on_list", "not_on_list"):
            yield str(document.get("value"))
        for one in document.values():
            yield from _lists_in(one)
    elif isinstance(document, list):
        for one in document:
            yield from _lists_in(one)


def _checked_key(key: str, what: Sentence) -> None:
    wrong = check_stock_key(key, what)
    if wrong:
        raise Invalid([Problem(field="key", sentence=wrong)])


def _short_enough(text: str) -> None:
    if len(text) > MOST_PASTED:
        raise Refused(say(
            "The text has {length} letters; at most {most} can be read here. Paste fewer contacts.", length=len(text), most=MOST_PASTED
        ))  # fmt: skip


def _address(gate: Gate, base: str) -> GateAddress:
    settings = gate.settings
    problems = []
    if settings.kind == "sqs":
        url = settings.queue_url
        endpoint = say("Add an endpoint of the kind SQS and give it the queue's URL: {url}", url=url)
    else:
        if not base:
            problems.append(Problem(field="url", level="warning", sentence=say(
                "The server process has not said its address. Put the address that the platform reaches it by before the path."
            )))  # fmt: skip
        elif re.match(r"https?://(localhost|127\.|\[::1\])", base):
            problems.append(Problem(field="url", level="note", sentence=say(
                "This address is on this machine: the stand-in reaches it, the platform does not. For the platform give it a public "
                    "https address."
            )))  # fmt: skip
        url = f"{base}/gate/{settings.key}"
        endpoint = say("Add an endpoint of the kind HTTP and give it this address: {url}", url=url)
    return GateAddress(
        kind=settings.kind, url=url, steps=_steps(settings, endpoint), problems=tuple(problems)
    )


def _steps(settings: GateSettings, endpoint: Sentence) -> tuple[Sentence, ...]:
    """Return the steps in the platform's own words: https://help.symplify.com/hc/en-us/articles/6238097514386-Send-Gate-Plus ."""
    if settings.auth == "basic":
        auth = say(
            "Choose basic auth with the user name {name} and the password that you locked here.",
            name=settings.username,
        )
    elif settings.auth == "header":
        auth = say(
            "Choose the custom header token: the header {name} with the value that you locked here.",
            name=settings.header,
        )
    elif settings.kind == "sqs":
        auth = say("Give the AWS IAM information of a user who may send to this queue.")
    else:
        auth = say("Leave the authorization empty. Better: choose basic or a header token here first.")
    return (
        say("In Symplify open Account settings > Integrations > Webhooks. One endpoint serves the whole account."),
        endpoint,
        auth,
        say("Open Account settings > Integrations > Send gate Plus and add the actions of each project: {actions}",
            actions=", ".join(meaning.identifier for meaning in settings.meanings) or say("any that the gate knows")),
        say("In a sendout that needs more, open its message step, choose edit, then the tab Send Gate Plus: these actions are "
            "added to those of the project, they never replace them."),
        say("On the same tab switch the advanced split control on if accepted, rejected and timed-out contacts shall go on "
            "differently. Without it, rejected and timed-out contacts leave the flow."),
        say("In a journey set the time limit on the step, and write the same limit here. Campaign Manager always waits one hour."),
        say("Leave enough time between the steps of a campaign: contacts that are not answered before the next step leave the flow."),
    )  # fmt: skip
