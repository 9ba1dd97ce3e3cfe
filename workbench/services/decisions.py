"""Decisions: the contacts of a whole file decided by a saved gate's rules, range by range, with a reason for each and one tally.

For a person's own workbench: it reads and writes files of this machine, so no route leads here. Each row is decided for itself: no code is
handed out, nothing is written back, and nobody is told. What was decided stays when it ends in the middle, and goes on from there.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from workbench.adapters.clock import new_id
from workbench.engine.item_rows import BadRow, Row
from workbench.engine.rule_checks import comparisons
from workbench.engine.rules import rules_of
from workbench.engine.rules_compiled import Compiled, compile_rules
from workbench.engine.table_ranges import WHOLE, cuts
from workbench.engine.verdicts import Form, Verdicts, contacts_of, total
from workbench.errors import NotFound, Refused
from workbench.models.base import JsonValue, Noun
from workbench.models.decided import DecidedFile
from workbench.models.gate import Action, Gate
from workbench.models.journal import Entry
from workbench.models.rules import RuleSet
from workbench.models.run import Table
from workbench.models.spread import Piece
from workbench.sentence import N_, Sentence, say

from .asking import LiveChecks
from .gates import Gates
from .house import House
from .run_ranges import Ranges, done_by, plain, range_of
from .spread import Spread
from .unit_calls import told_for, unit_of_call

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from workbench.adapters.tables import Tables
    from workbench.adapters.verdict_files import VerdictFolder

SERVICE: Final = "decisions"
PLAN: Final = "plan.json"
DONE: Final = "decided.json"
TABLE_ROWS: Final = 5_000
"""Rows of a table that are decided together."""
IDS: Final = frozenset({"id", "contactid", "originalid"})


class Source(Noun):
    """A file as it is read: lines of JSON, a table (by its id among the tables), or what can only be read from its beginning."""

    kind: Literal["lines", "table", "stream"]
    path: str
    begins: int = 0
    size: int = 0
    changed: int = 0
    table_id: str = ""


class Deciding(Noun):
    """What every range of one file is decided with. ``basis`` is a digest of it all, and of the rules as they were then."""

    gate_id: str
    actions: tuple[str, ...] = ()
    form: Form = "ndjson"
    source: Source
    output: str
    basis: str = ""


class Decisions:
    """Decides files. ``spread`` is where their ranges are decided."""

    def __init__(self, house: House, gates: Gates, tables: Tables, spread: Spread) -> None:
        self.house, self._gates, self._tables, self.spread = house, gates, tables, spread

    async def decide(
        self, gate: str, path: Path | str, output: Path | str, *, form: Form = "ndjson", actions: Sequence[str] = ()
    ) -> DecidedFile:  # fmt: skip
        """Decide each contact of a file by a saved gate's rules, into a folder: verdicts for each range of the file, and one tally.

        Embedded only: no route leads here. Called again with the same, it goes on behind what was decided.

        Args:
            gate: its id, key or name.
            path: lines of JSON, a JSON list (both also gzipped), CSV or Parquet. Each contact has an ``id`` and properties.
            output: a folder, made where there is none. Where a cluster works, it and the file lie where all workers see them.
            form: how verdicts are written: ``ndjson`` or ``csv``.
            actions: identifiers of the sendout's actions, for rules that count for them alone.

        Raises NotFound (no such gate, no such file), Refused (a folder that holds something else, a file that changed meanwhile or was
        cut off), CannotWrite.
        """
        from workbench.adapters.verdict_files import VerdictFolder

        if self.house.served:
            raise Refused(say("A file is only named by its path on your own workbench."))
        found = await self._gates.get(gate)
        file, folder = await asyncio.to_thread(
            lambda: (Path(path).absolute(), VerdictFolder(Path(output).absolute()))
        )
        await asyncio.to_thread(folder.make)
        doing, ranges = await self._plan(folder, found, file, form, tuple(actions))
        if isinstance(ranges, DecidedFile):
            decided = ranges
        else:
            decided = await self._decided(folder, doing, ranges)
            await self._tell(found)
        if begun := await asyncio.to_thread(folder.read, PLAN):
            await self._forget(folder, begun)
        return decided

    # -- pieces of work: not routes ------------------------------------------------------------------------------------

    async def count_lines(self, path: str, at: int, until: int, begins: int) -> JsonValue:
        """Return where the lines of a block begin, and how many there are. A piece of work. Not a route."""
        from workbench.adapters.verdict_files import lines_in

        self._own()
        return list(await asyncio.to_thread(lines_in, Path(path), at, until, begins))

    async def decide_over(self, doing: dict[str, Any], place: int, within: JsonValue) -> JsonValue:
        """Decide one range of a file, write its verdicts, and then its counts. A piece of work. Not a route."""
        from workbench.adapters.verdict_files import VerdictFolder

        self._own()
        job = Deciding.model_validate(doing)
        gate = await self._gates.get(job.gate_id)
        if await self._basis(gate, job) != job.basis:
            raise Refused(_changed())
        rules = rules_of(gate.settings, [Action(identifier=one) for one in job.actions])
        lists = {key: await asyncio.to_thread(self._gates.lists_of.open, key) for key in _lists_in(rules)}
        compiled = compile_rules(rules, lists=lists)
        verdicts, folder, name = Verdicts(compiled.decisions, job.form), VerdictFolder(Path(job.output)), _name(job, place)  # fmt: skip
        await asyncio.to_thread(self._check, job.source)
        async with LiveChecks(self.house, gate.settings.live_checks) as live:
            with folder.file(name) as out:
                out.write(verdicts.head)
                rows = self._rows(job.source, within)
                while batch := await asyncio.to_thread(next, rows, None):
                    asked = live if gate.settings.live_checks else None
                    out.write(await self._lines(compiled, verdicts, batch, asked))
            told = verdicts.tally().model_copy(update={"files": (name,), "fell_back": live.fell_back})
        await asyncio.to_thread(folder.write, _tally_name(place), told.model_dump(mode="json"))
        return told.model_dump(mode="json")

    # ------------------------------------------------------------------------------------------------------------------

    async def _plan(
        self, folder: VerdictFolder, gate: Gate, path: Path, form: Form, actions: tuple[str, ...]
    ) -> tuple[Deciding, list[JsonValue] | DecidedFile]:
        """Return what is to be done, as it was begun before, or what came of it."""
        source = await self._source(path)
        doing = Deciding(gate_id=gate.id, actions=actions, form=form, source=source, output=str(folder.path))
        doing = doing.model_copy(update={"basis": await self._basis(gate, doing)})
        begun = await asyncio.to_thread(folder.read, PLAN)
        ended = await asyncio.to_thread(folder.read, DONE)
        known = begun or ended
        if known is not None and known["basis"] != doing.basis:
            raise Refused(say(
                "{folder} holds what was decided by other rules, or of another file. Choose an empty folder.", folder=str(folder.path)
            ))  # fmt: skip
        if ended is not None:
            return doing, DecidedFile.model_validate(ended["decided"])
        if begun is not None:
            return Deciding.model_validate(begun["doing"]), begun["ranges"]
        if not await asyncio.to_thread(folder.is_empty):
            raise Refused(say("{folder} holds other files. Choose an empty folder.", folder=str(folder.path)))
        source, ranges = await self._ranges(source)
        doing = doing.model_copy(update={"source": source})
        plan = {"basis": doing.basis, "doing": doing.model_dump(mode="json"), "ranges": ranges}
        await asyncio.to_thread(folder.write, PLAN, plan)
        return doing, ranges

    async def _decided(self, folder: VerdictFolder, doing: Deciding, ranges: list[JsonValue]) -> DecidedFile:
        """Let the ranges be decided that are not yet, and return the whole."""
        tallies = {
            place: await asyncio.to_thread(folder.read, _tally_name(place)) for place in range(1, len(ranges) + 1)
        }  # fmt: skip
        left = [place for place, told in tallies.items() if told is None]
        told: dict[str, JsonValue] = {"doing": doing.model_dump(mode="json")}
        pieces = [
            Piece(
                service=SERVICE,
                method="decide_over",
                arguments={**told, "place": place, "within": ranges[place - 1]},
            )
            for place in left
        ]
        async with done_by(self.spread, pieces) as ended:
            async for done in ended:
                tallies[left[done.place]] = done.result
        await asyncio.to_thread(self._check, doing.source)
        decided = total(DecidedFile.model_validate(tallies[place]) for place in sorted(tallies))
        document = {"basis": doing.basis, "decided": decided.model_dump(mode="json")}
        await asyncio.to_thread(folder.write, DONE, document)
        return decided

    async def _tell(self, gate: Gate) -> None:
        """Tell the journal by whose word a file was decided; neither its name nor a contact stands there."""
        entry = Entry(
            id=new_id("ent"), at=self.house.clock.now(), kind="gate", mode=self.house.mode, who=self.house.person.name,
            integration_id=gate.id, integration_name=gate.settings.name, detail=N_("File decided by its rules"),
        )  # fmt: skip
        with told_for(await unit_of_call(self.house, {"gate": gate.id})):
            await self.house.journal.append(entry)

    async def _forget(self, folder: VerdictFolder, begun: dict[str, Any]) -> None:
        """Leave nothing of the way there: what was written down for going on, and the table that the file was read as."""
        table = Deciding.model_validate(begun["doing"]).source.table_id
        if table:
            with contextlib.suppress(NotFound):
                await self._tables.delete(table)
        for name in (*(_tally_name(place) for place in range(1, len(begun["ranges"]) + 1)), PLAN):
            await asyncio.to_thread(folder.drop, name)

    async def _source(self, path: Path) -> Source:
        """Return how a file is read, by its first bytes."""
        from workbench.adapters.verdict_files import start_of

        size, changed, start = await asyncio.to_thread(start_of, path)
        bare = start.removeprefix(b"\xef\xbb\xbf")
        kind: Literal["lines", "table", "stream"] = "table"
        if start.startswith(b"\x1f\x8b") or bare.lstrip()[:1] in (b"[", b""):
            kind = "stream"
        elif bare.lstrip()[:1] == b"{":
            kind = "lines"
        begins = len(start) - len(bare) if kind == "lines" else 0
        return Source(kind=kind, path=str(path), begins=begins, size=size, changed=changed)

    async def _ranges(self, source: Source) -> tuple[Source, list[JsonValue]]:
        """Return a file's ranges, and the file with what had to be found out about it for that."""
        if source.kind == "stream":
            return source, [plain(WHOLE)]
        if source.kind == "table":
            table = await Ranges(self._tables).place(Path(source.path), self.spread)
            try:
                _check_table(table)
            except Refused:
                await self._tables.delete(table.id)
                raise
            found = await Ranges(self._tables).all(table, self.spread)
            return source.model_copy(update={"table_id": table.id}), [plain(one) for one in found]
        blocks = cuts(source.begins, source.size)
        pieces = [
            Piece(
                service=SERVICE,
                method="count_lines",
                arguments={"path": source.path, "at": at, "until": until, "begins": source.begins},
            )
            for at, until in blocks
        ]
        counted: list[JsonValue] = [None] * len(pieces)
        async with done_by(self.spread, pieces) as ended:
            async for done in ended:
                counted[done.place] = done.result
        return source, _line_ranges(counted, source.size)

    def _rows(self, source: Source, within: JsonValue) -> Iterator[list[Row] | None]:
        """Give the contacts of a range, some at a time. It blocks: take it in a thread."""
        from workbench.adapters.verdict_files import all_rows, line_rows

        if source.kind == "stream":
            yield from all_rows(Path(source.path))
        elif source.kind == "lines":
            match within:
                case [int(number), int(at), int(until)]:
                    yield from line_rows(Path(source.path), at, until, number + 1)
                case _:
                    raise ValueError("no range of lines")
        else:
            rows = self._tables.rows(source.table_id, within=range_of(within))
            while batch := [row for _, row in zip(range(TABLE_ROWS), rows, strict=False)]:
                yield contacts_of(batch)

    async def _lines(
        self, compiled: Compiled, verdicts: Verdicts, rows: Sequence[Row], live: LiveChecks | None
    ) -> bytes:
        """Decide rows, and return their lines."""
        items = [row[1] for row in rows if not isinstance(row, BadRow)]
        answers: dict[tuple[str, str], bool] = {}
        if live is not None:
            asked = await asyncio.to_thread(compiled.asks, items)
            answers = await live.ask([pair for pairs in asked for pair in pairs])
        # in a thread: a rule may look into a list that lies in a database
        return await asyncio.to_thread(lambda: verdicts.lines(rows, compiled.decide(items, answers)))

    def _check(self, source: Source) -> None:
        """Raise Refused where a file was changed since it was looked at."""
        from workbench.adapters.verdict_files import start_of

        size, changed, _ = start_of(Path(source.path))
        if (size, changed) != (source.size, source.changed):
            raise Refused(say(
                "{file} was changed while it was decided. Decide it again, into an empty folder.", file=Path(source.path).name
            ))  # fmt: skip

    async def _basis(self, gate: Gate, doing: Deciding) -> str:
        """Return a digest of what decides a file's contacts, as it is now."""
        rules = rules_of(gate.settings, [Action(identifier=one) for one in doing.actions])
        wanted = set(_lists_in(rules))
        lists = await asyncio.to_thread(self._gates.lists_of.lists)
        kept = [one.model_dump_json() for one in lists if one.key in wanted and not one.ledger]
        checks = [one.model_dump_json() for one in gate.settings.live_checks]
        source = doing.source.model_copy(update={"table_id": ""})
        told = json.dumps([gate.id, rules.model_dump_json(), sorted(kept), checks, source.model_dump_json(), doing.form])  # fmt: skip
        return blake2b(told.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

    def _own(self) -> None:
        if self.house.served and not self.house.person.may("operator"):
            raise Refused(say("A file is only named by its path on your own workbench."))


def _line_ranges(counted: Sequence[JsonValue], size: int) -> list[JsonValue]:
    """Return the ranges of lines: the number before the first, the byte it begins at, and the byte behind the last."""
    found: list[JsonValue] = []
    number = 0
    for told, following in zip(counted, [*counted[1:], [size, 0]], strict=True):
        match told, following:
            case [int(at), int(lines)], [int(until), int()]:
                if lines:
                    found.append([number, at, until])
                number += lines
            case _:
                raise ValueError("no block of lines")
    return found


def _check_table(table: Table) -> None:
    """Raise Refused for a table whose rows nobody could be told by."""
    blocking = next((one for one in table.problems if one.blocks and one.field == "table" and not table.columns), None)  # fmt: skip
    if blocking is not None:
        raise Refused(blocking.sentence)
    if not any(name.strip().casefold() in IDS for name in table.columns):
        raise Refused(say(
            "No column names the contact. Call it {names}; the file has: {columns}.",
            names="id, contactId", columns=", ".join(table.columns[:12]),
        ))  # fmt: skip


def _lists_in(rules: RuleSet) -> list[str]:
    found = (one for rule in rules.rules for _, one in comparisons(rule.when))
    return list(dict.fromkeys(str(one.value) for one in found if one.operator in ("on_list", "not_on_list")))


def _name(doing: Deciding, place: int) -> str:
    return f"verdicts-{place:05}.{doing.form}"


def _tally_name(place: int) -> str:
    return f"verdicts-{place:05}.tally.json"


def _changed() -> Sentence:
    return say("The gate's rules changed while the file was decided. Decide it again, into an empty folder.")
