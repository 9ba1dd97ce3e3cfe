"""Decisions: a file of any form decided as its contacts would be one by one; what ends in the middle goes on, and nothing is mixed."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import polars
import pytest

from tests.services.conftest import ENVIRON
from tests.spreads import Shuffled
from workbench import Workbench
from workbench.adapters.remote import ServerClient
from workbench.engine import table_ranges
from workbench.engine.items import Item
from workbench.engine.rules import decide_plainly
from workbench.errors import NotFound, Refused, Unreachable
from workbench.models.decided import DecidedFile
from workbench.models.gate import GateSettings
from workbench.models.person import Person
from workbench.models.rules import Comparison, Rule, RuleSet
from workbench.server import make_app
from workbench.services.roles import caller

RULES = RuleSet(
    rules=(
        Rule(name="consent", when=Comparison(field="consent", operator="equals", value="no"), reason="No consent"),
        Rule(name="young", when=Comparison(field="age", operator="less_than", value=18), reason="Under age"),
        Rule(name="vip", when=Comparison(field="note", operator="contains", value="\n"), verdict="accept", reason="Known"),
        Rule(name="only", when=Comparison(field="age", operator="more_than", value=90), reason="Old", only_for="promo"),
    )
)  # fmt: skip


@pytest.fixture
async def benches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[Workbench]]:
    """A workbench with one gate, twice; blocks of files are small."""
    monkeypatch.setattr(table_ranges, "BLOCK", 1_500)
    async with Workbench.open(tmp_path / "home", environ=ENVIRON) as bench:
        await bench.gates.create(GateSettings(name="Spring", key="spring", rules=RULES))
        yield [bench, bench]


def people(count: int = 300) -> list[dict[str, Any]]:
    return [
        {"id": f"c{n}", "consent": "no" if n % 7 == 0 else "yes", "age": n % 100, "note": "a\nb" if n % 5 == 0 else "é,"}
        for n in range(count)
    ]  # fmt: skip


def lines(rows: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def expected(rows: list[dict[str, Any]], rules: RuleSet = RULES) -> list[tuple[str, str, str]]:
    found = []
    for row in rows:
        known = {name: value for name, value in row.items() if name != "id"}
        decision = decide_plainly(rules, Item(row["id"], "", known), actions=(), lists={}, live={})
        found.append((row["id"], decision.verdict, decision.reason))
    return found


def verdicts(folder: Path, told: DecidedFile) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name in told.files:
        text = (folder / name).read_text()
        if name.endswith(".csv"):
            found += csv.DictReader(io.StringIO(text, newline=""))
        else:
            found += [json.loads(line) for line in text.splitlines()]
    return found


def written(rows: list[dict[str, Any]], form: str, path: Path) -> Path:
    """Write contacts in one of the forms a file can have."""
    if form == "parquet":
        polars.DataFrame(rows).write_parquet(path, row_group_size=64)
    elif form == "csv":
        polars.DataFrame(rows).write_csv(path)
    elif form == "list":
        path.write_text(json.dumps(rows))
    elif form == "nested":
        path.write_bytes(lines([{"id": row["id"], "properties": {k: v for k, v in row.items() if k != "id"}} for row in rows]))  # fmt: skip
    else:
        data = lines(rows)
        path.write_bytes(gzip.compress(data) if form == "gzip" else data.removesuffix(b"\n"))
    return path


@pytest.mark.parametrize("form", ["lines", "nested", "csv", "parquet", "list", "gzip"])
@pytest.mark.parametrize("several", [False, True], ids=["one", "several"])
async def test_each_contact_is_decided_as_by_itself(
    benches: list[Workbench], tmp_path: Path, form: str, several: bool
) -> None:
    decisions, out = benches[0].decisions, tmp_path / "out"
    if several:
        decisions.spread = Shuffled(benches, seed=4)
    path = written(people(), form, tmp_path / "people")
    told = await decisions.decide("spring", path, out, form="csv" if several else "ndjson")
    found = verdicts(out, told)
    assert [(one["id"], one["verdict"], one["reason"]) for one in found] == expected(people())
    assert len({int(one["row"]) for one in found}) == 300
    assert (told.rows, told.bad, told.accepted + told.rejected) == (300, 0, 300)
    assert sum(one.rows for one in told.reasons) == 300
    assert len(told.files) == 1 if form in ("list", "gzip") else len(told.files) > 3
    assert {path.name for path in out.iterdir()} == {*told.files, "decided.json"}
    assert await benches[0].runs.tables.all() == [], "the table it was read as is gone"
    assert await decisions.decide("Spring", path, out, form="csv" if several else "ndjson") == told
    (entry,) = [
        one for one in await benches[0].activity.entries() if one.detail == "File decided by its rules"
    ]
    assert (entry.kind, entry.integration_name, entry.who) == ("gate", "Spring", benches[0].house.owner.name)


async def test_it_goes_on_where_everybody_died(benches: list[Workbench], tmp_path: Path) -> None:
    decisions, out = benches[0].decisions, tmp_path / "out"
    path = written(people(600), "csv", tmp_path / "people.csv")
    decisions.spread = Shuffled(benches, seed=1, most=14)
    with pytest.raises(Unreachable):
        await decisions.decide("spring", path, out)
    before = {one.name: one.stat().st_mtime_ns for one in out.glob("verdicts-*.ndjson")}
    assert before
    decisions.spread = spread = Shuffled(benches[:1], seed=2)
    told = await decisions.decide("spring", path, out)
    assert [(one["id"], one["verdict"], one["reason"]) for one in verdicts(out, told)] == expected(
        people(600)
    )
    again = {piece.arguments["place"] for piece in spread.done}
    kept = {name for name, at in before.items() if (out / name).stat().st_mtime_ns == at}
    assert len(kept) + len(again) >= len(told.files)
    assert len(again) < len(told.files)


async def test_rows_that_are_no_contact_are_told_with_their_number(benches: list[Workbench], tmp_path: Path) -> None:  # fmt: skip
    path = tmp_path / "people.jsonl"
    path.write_bytes(b'{"id": "a"}\n\nnonsense\n{"name": "b"}\n' + b"x" * 300_000 + b'\n{"id": 4711}')
    told = await benches[0].decisions.decide("spring", path, tmp_path / "out")
    assert (told.rows, told.accepted, told.bad) == (5, 2, 3)
    found = verdicts(tmp_path / "out", told)
    assert [(one["row"], one["id"], one["verdict"]) for one in found] == [
        (1, "a", "accept"), (3, "", "bad"), (4, "", "bad"), (5, "", "bad"), (6, "4711", "accept"),
    ]  # fmt: skip
    assert "longer than" in found[3]["reason"]


async def test_actions_bring_in_their_rules(benches: list[Workbench], tmp_path: Path) -> None:
    path = written([{"id": "a", "age": 95}], "lines", tmp_path / "people")
    without = await benches[0].decisions.decide("spring", path, tmp_path / "one")
    told = await benches[0].decisions.decide("spring", path, tmp_path / "two", actions=["promo"])
    assert (without.accepted, told.rejected, told.reasons[0].reason) == (1, 1, "Old")


async def test_lists_are_looked_up_and_another_list_is_another_decision(
    benches: list[Workbench], tmp_path: Path
) -> None:
    bench = benches[0]
    await bench.gates.take_consent("members", ["a", "b"])
    member = Rule(name="member", when=Comparison(field="id", operator="not_on_list", value="members"), reason="No member")  # fmt: skip
    await bench.gates.create(GateSettings(name="Club", key="club", rules=RuleSet(rules=(member,))))
    path = written([{"id": one} for one in "abc"], "csv", tmp_path / "people")
    told = await bench.decisions.decide("club", path, tmp_path / "out")
    assert [(one["id"], one["verdict"]) for one in verdicts(tmp_path / "out", told)] == [
        ("a", "accept"), ("b", "accept"), ("c", "reject"),
    ]  # fmt: skip
    await bench.gates.take_consent("members", ["c"])
    with pytest.raises(Refused, match="other rules"):
        await bench.decisions.decide("club", path, tmp_path / "out")


async def test_what_differs_is_not_mixed(benches: list[Workbench], tmp_path: Path) -> None:
    decisions, out = benches[0].decisions, tmp_path / "out"
    path = written(people(40), "lines", tmp_path / "people")
    await decisions.decide("spring", path, out)
    with pytest.raises(Refused, match="other rules, or of another file"):
        await decisions.decide("spring", path, out, form="csv")
    gate = await benches[0].gates.get("spring")
    changed = gate.settings.model_copy(update={"rules": RuleSet()})
    await benches[0].gates.save(gate.id, changed)
    with pytest.raises(Refused, match="other rules, or of another file"):
        await decisions.decide("spring", path, out)
    path.write_bytes(path.read_bytes() + b'{"id": "new"}\n')
    with pytest.raises(Refused, match="other rules, or of another file"):
        await decisions.decide("spring", path, out)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("x")
    with pytest.raises(Refused, match="holds other files"):
        await decisions.decide("spring", path, tmp_path / "full")
    with pytest.raises(NotFound, match="no file"):
        await decisions.decide("spring", tmp_path / "none", tmp_path / "new")
    with pytest.raises(NotFound, match="no gate"):
        await decisions.decide("summer", path, tmp_path / "new")


async def test_rules_or_a_file_that_change_in_the_middle_end_it(benches: list[Workbench], tmp_path: Path) -> None:  # fmt: skip
    decisions = benches[0].decisions
    path = written(people(), "lines", tmp_path / "people")

    class Changing(Shuffled):
        async def each(self, pieces: Any) -> Any:
            if pieces[0].method == "decide_over":
                path.write_bytes(lines(people(301)))
            async for done in super().each(pieces):
                yield done

    decisions.spread = Changing(benches)
    with pytest.raises(Refused, match="was changed while it was decided"):
        await decisions.decide("spring", path, tmp_path / "out")
    assert not list((tmp_path / "out").glob("verdicts-*"))


async def test_what_is_cut_or_names_nobody_is_refused(benches: list[Workbench], tmp_path: Path) -> None:
    (tmp_path / "cut.gz").write_bytes(gzip.compress(lines(people()))[:-40])
    with pytest.raises(Refused, match="ends in the middle"):
        await benches[0].decisions.decide("spring", tmp_path / "cut.gz", tmp_path / "one")
    assert not list((tmp_path / "one").glob("verdicts-*"))
    (tmp_path / "nobody.csv").write_text("mail,age\na@example.com,4\n")
    with pytest.raises(Refused, match="No column names the contact"):
        await benches[0].decisions.decide("spring", tmp_path / "nobody.csv", tmp_path / "two")
    assert await benches[0].runs.tables.all() == []


async def test_no_route_and_no_served_call_names_a_path(benches: list[Workbench], tmp_path: Path) -> None:
    token = caller.set(Person(name="Eve", role="admin"))
    try:
        with pytest.raises(Refused, match="your own workbench"):
            await benches[0].decisions.decide("spring", tmp_path / "x", tmp_path / "out")
    finally:
        caller.reset(token)
    app = make_app(benches[0], {})
    assert not [route for route in app.routes if "/decisions" in getattr(route, "path", "")]
    connected = Workbench.connect(client=ServerClient.in_process(app, "x"))
    assert not hasattr(connected.decisions, "decide")


async def test_verdicts_are_for_their_owner_alone_and_hold_ids_only(benches: list[Workbench], tmp_path: Path) -> None:  # fmt: skip
    path = written([{"id": "a", "mail": "planted.lima@example.com"}], "csv", tmp_path / "people")
    told = await benches[0].decisions.decide("spring", path, tmp_path / "out")
    assert (tmp_path / "out" / told.files[0]).stat().st_mode & 0o77 == 0
    for file in [*(tmp_path / "out").iterdir(), *(tmp_path / "home").rglob("*")]:
        if file.is_file():
            assert b"planted.lima" not in file.read_bytes(), file.name
