"""How fast a sendout's contacts are decided, from file to verdict: python -m tests.benchmarks.bench_gate_decide [thousands of rows].

The same lines of JSON and the same five rules for all, each way in a process of its own, so that its memory is its own: ours reads the
file in chunks and decides it whole; the others read as many rows as they do in some seconds, by orjson, the fastest reader of single lines.
The ways take turns and the processor's own time is counted, so that a busy machine changes little; told are medians of rows a second and
of the ratio to ours within a round, and the most memory each took. All ways have to come to the same verdicts.

The goals are those of the first set of rules, in which an expression finds the test addresses. One thing weighs more there than all others:
zen-engine makes an expression anew for each row. So there is a second set, in which the end of a text finds them. zen-engine is asked by
the fastest way it has, one compiled expression, and also as its own pages show it, by a decision table.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from time import process_time
from typing import Any

from tests.benchmarks.figures import Role, Sheet

ROUNDS = 3
CHUNK = 64 * 1024
COUNTRIES = ("SE", "NO", "DK", "FI")
EXPRESSION = r"@(example|test)\.(org|net)$"
ENDING = "@test.org"
BOUND = "2020-01-01"
VERDICTS = ("no consent", "other country", "too young", "test address", "too long ago", "accepted")
GOALS = {"zen-engine": 5, "zen-engine, table": 5, "json-logic": 8, "rule-engine": 15}
"""How many times as fast ours has to be; nothing is asked of it beside the column engines, which hold the whole file."""
SAMPLE = {
    "zen-engine": 20_000,
    "zen-engine, table": 3000,
    "json-logic": 60_000,
    "rule-engine": 30_000,
    "polars, streaming": 1_000_000,
    "duckdb": 1_000_000,
}
"""Rows that a peer reads."""


def write(path: Path, rows: int) -> None:
    """Write the contacts as a sendout has them: some without consent, some elsewhere, too young, with a test address or from long ago."""
    with path.open("w") as file:
        for number in range(rows):
            drawn = number * 2654435761 % 2**32
            values = {
                "email": f"user{number}@{'test.org' if drawn // 7 % 50 == 0 else 'example.com'}",
                "consent": "no" if drawn // 19 % 10 == 0 else "yes",
                "country": (*COUNTRIES, *COUNTRIES, "DE")[drawn % 9],
                "age": drawn // 23 % 70 + 14,
                "created": f"20{19 + drawn // 11 % 7}-{1 + drawn // 13 % 12:02}-{1 + drawn // 17 % 28:02}",
            }
            uri = f"https://gate.example/rest/1234/sendgate/b-7f3a/c/{drawn:016x}"
            row = {"id": f"c-{number:07}", "cancelUri": uri, "properties": values}
            file.write(json.dumps(row, separators=(",", ":")) + "\n")


def properties(path: Path, rows: int) -> Iterator[dict[str, Any]]:
    """Give the properties of the first ``rows`` contacts, as a peer is given them."""
    from itertools import islice

    import orjson

    with path.open("rb") as file:
        for line in islice(file, rows):
            yield orjson.loads(line)["properties"]


# -- The ways ---------------------------------------------------------------------------------------------------------

Run = Callable[[], Counter[int]]
Way = Callable[[Path, int, bool], Run]


def ours(path: Path, rows: int, regex: bool) -> Run:
    """Read the file in chunks, decide each chunk's contacts at once; read it again where more rows are wanted, as if it went on."""
    from workbench.engine.items import ItemReader
    from workbench.engine.rules_compiled import compile_rules
    from workbench.models.rules import Comparison, Rule, RuleSet

    address = ("matches", EXPRESSION) if regex else ("ends_with", ENDING)
    comparisons = (
        ("consent", "not_equals", "yes"),
        ("country", "not_in", list(COUNTRIES)),
        ("age", "less_than", 18),
        ("email", *address),
        ("created", "before", BOUND),
    )
    compiled = compile_rules(
        RuleSet(
            rules=tuple(
                Rule(
                    name=reason,
                    when=Comparison(field=field, operator=operator, value=value),  # type: ignore[arg-type]
                    reason=reason,
                )
                for (field, operator, value), reason in zip(comparisons, VERDICTS, strict=False)
            )
        ),
        lists={},
    )

    def run() -> Counter[int]:
        reader = ItemReader()
        counts: Counter[int] = Counter()
        while counts.total() < rows:
            with path.open("rb") as file:
                while chunk := file.read(CHUNK):
                    counts.update(
                        compiled.decide([row[1] for row in reader.feed(chunk) if type(row) is tuple])
                    )
        counts.update(compiled.decide([row[1] for row in reader.close() if type(row) is tuple]))
        assert reader.cut is None
        return counts

    return run


def zen_engine(path: Path, rows: int, regex: bool) -> Run:
    """Evaluate one compiled expression for each row."""
    import zen

    address = f'matches(email, "{EXPRESSION}")'.replace("\\.", "[.]") if regex else f'endsWith(email, "{ENDING}")'  # fmt: skip
    evaluate = zen.compile_expression(
        f'consent != "yes" ? 0 : country not in {json.dumps(COUNTRIES)} ? 1 : age < 18 ? 2 : {address} ? 3 : '
        f'd(created).isBefore("{BOUND}") ? 4 : 5'
    ).evaluate
    return lambda: Counter(int(evaluate(values)) for values in properties(path, rows))


def zen_table(path: Path, rows: int, regex: bool) -> Run:
    """Evaluate a decision table, first hit, for each row."""
    import zen

    address = f'matches($, "{EXPRESSION}")'.replace("\\.", "[.]") if regex else f'endsWith($, "{ENDING}")'
    fields = ("consent", "country", "age", "email", "created")
    tests = ('$ != "yes"', f"not in {json.dumps(COUNTRIES)}", "< 18", address, f'd($).isBefore("{BOUND}")')
    content = {
        "hitPolicy": "first",
        "inputs": [{"id": field, "name": field, "field": field} for field in fields],
        "outputs": [{"id": "out", "name": "out", "field": "verdict"}],
        "rules": [
            *({"_id": field, field: test, "out": str(n)} for n, (field, test) in enumerate(zip(fields, tests, strict=True))),
            {"_id": "else", "out": "5"},
        ],
    }  # fmt: skip
    nodes = (("in", "inputNode", {}), ("table", "decisionTableNode", content), ("end", "outputNode", {}))
    place = {"x": 0, "y": 0}
    graph = {
        "nodes": [{"id": key, "name": key, "type": kind, "position": place, "content": what} for key, kind, what in nodes],
        "edges": [{"id": f"{a}-{b}", "sourceId": a, "targetId": b, "type": "edge"} for a, b in (("in", "table"), ("table", "end"))],
    }  # fmt: skip
    evaluate = zen.ZenEngine().create_decision(json.dumps(graph)).evaluate
    return lambda: Counter(int(evaluate(values)["result"]["verdict"]) for values in properties(path, rows))


def json_logic(path: Path, rows: int, regex: bool) -> Run:
    """Evaluate one rule for each row; what json-logic has no word for is given to it as plain Python."""
    import re

    from json_logic import add_operation, jsonLogic

    search = re.compile(EXPRESSION).search
    add_operation("address", (lambda text: search(text) is not None) if regex else (lambda text: text.endswith(ENDING)))  # fmt: skip
    add_operation("before", lambda text, bound: text < bound)
    rule = {
        "if": [
            *({"!=": [{"var": "consent"}, "yes"]}, 0),
            *({"!": {"in": [{"var": "country"}, list(COUNTRIES)]}}, 1),
            *({"<": [{"var": "age"}, 18]}, 2),
            *({"address": [{"var": "email"}]}, 3),
            *({"before": [{"var": "created"}, BOUND]}, 4),
            5,
        ]
    }
    return lambda: Counter(jsonLogic(rule, values) for values in properties(path, rows))


def rule_engine(path: Path, rows: int, regex: bool) -> Run:
    """Evaluate one rule for each row."""
    import rule_engine

    address = f'email =~~ "{EXPRESSION}"'.replace("\\.", "[.]") if regex else f'email.ends_with("{ENDING}")'
    rule = rule_engine.Rule(
        f'consent != "yes" ? 0 : (not (country in {json.dumps(COUNTRIES)}) ? 1 : (age < 18 ? 2 : '
        f'({address} ? 3 : (created < "{BOUND}" ? 4 : 5))))'
    )
    return lambda: Counter(int(rule.evaluate(values)) for values in properties(path, rows))


def polars_streaming(path: Path, rows: int, regex: bool) -> Run:
    """Decide the file in columns, by polars' streaming engine."""
    import polars
    from polars import col, lit, when

    fields = {
        "consent": polars.String,
        "country": polars.String,
        "age": polars.Int64,
        "email": polars.String,
        "created": polars.String,
    }
    values = {name: col("properties").struct.field(name) for name in fields}
    address = values["email"].str.contains(EXPRESSION) if regex else values["email"].str.ends_with(ENDING)
    verdict = (
        when(values["consent"] != "yes").then(lit(0))
        .when(~values["country"].is_in(list(COUNTRIES))).then(lit(1))
        .when(values["age"] < 18).then(lit(2))
        .when(address).then(lit(3))
        .when(values["created"] < BOUND).then(lit(4))
        .otherwise(lit(5))
    )  # fmt: skip

    def run() -> Counter[int]:
        schema = {"id": polars.String, "cancelUri": polars.String, "properties": polars.Struct(fields)}
        lazy = polars.scan_ndjson(path, schema=schema).head(rows)
        found = lazy.select(verdict.alias("verdict")).collect(engine="streaming")
        return Counter(found["verdict"].to_list())

    return run


def duck(path: Path, rows: int, regex: bool) -> Run:
    """Decide the file by one query."""
    import duckdb

    address = f"regexp_matches(p.email, '{EXPRESSION}')" if regex else f"suffix(p.email, '{ENDING}')"
    columns = "consent VARCHAR, country VARCHAR, age BIGINT, email VARCHAR, created VARCHAR"
    query = (
        f"SELECT CASE WHEN p.consent <> 'yes' THEN 0 WHEN p.country NOT IN {COUNTRIES} THEN 1 WHEN p.age < 18 THEN 2 WHEN {address} THEN 3 "
        f"WHEN p.created < '{BOUND}' THEN 4 ELSE 5 END AS verdict FROM (SELECT properties AS p FROM read_json('{path}', "
        f"format='newline_delimited', columns={{id: 'VARCHAR', cancelUri: 'VARCHAR', properties: 'STRUCT({columns})'}}) LIMIT {rows})"
    )
    return lambda: Counter(value for (value,) in duckdb.sql(query).fetchall())


WAYS: dict[str, Way] = {
    "ours": ours,
    "zen-engine": zen_engine,
    "zen-engine, table": zen_table,
    "json-logic": json_logic,
    "rule-engine": rule_engine,
    "polars, streaming": polars_streaming,
    "duckdb": duck,
}


# -- Measuring --------------------------------------------------------------------------------------------------------


def measure(way: str, path: Path, rows: int, regex: bool) -> None:
    """Tell on standard output what a way took, in this process."""
    try:
        run = WAYS[way](path, rows, regex)
    except ModuleNotFoundError as missing:
        print(json.dumps({"missing": missing.name}))
        return
    start = process_time()
    counts = run()
    took = process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"rate": rows / took, "mb": peak, "counts": [counts[n] for n in range(len(VERDICTS))]}))


def told(way: str, path: Path, rows: int, regex: bool) -> dict[str, Any]:
    """Measure a way in a process of its own."""
    words = [sys.executable, "-m", "tests.benchmarks.bench_gate_decide", way, str(path), str(rows), str(int(regex))]  # fmt: skip
    done: dict[str, Any] = json.loads(subprocess.run(words, check=True, capture_output=True).stdout)
    return done


def compare(path: Path, rows: int, regex: bool) -> None:
    """Have the ways take turns on one set of rules, and print a line for each."""
    sizes = {"ours": rows, **{way: min(rows, count) for way, count in SAMPLE.items()}}
    rounds: list[dict[str, dict[str, Any]]] = []
    for _ in range(ROUNDS):
        rounds.append({way: told(way, path, size, regex) for way, size in sizes.items()})
    title = f"Contacts decided, from file to verdict, five rules, {'an expression' if regex else 'the end of a text'} among them"
    sheet = Sheet("gate_decide", title, "rows/s of processor time")
    for way, size in sizes.items():
        results = [done[way] for done in rounds]
        if "missing" in results[0]:
            sheet.leave_out(way, "pip install -e '.[bench]' brings it")
            continue
        if way != "ours":
            agree(way, path, size, regex, results[0]["counts"])
        role: Role = "ours" if way == "ours" else "peer"
        memory = f"{max(done['mb'] for done in results):.0f} MB"
        sheet.add(way, [done["rate"] for done in results], role, memory)
    sheet.tell()
    for way in sheet.ways:
        if regex and way.name in GOALS:
            ratio = sheet.ratio(way)[0]
            kept = "reached" if ratio >= GOALS[way.name] else "NOT reached"
            print(f"  goal beside {way.name}: {GOALS[way.name]} ({kept})")


def agree(way: str, path: Path, size: int, regex: bool, counts: list[int]) -> None:
    """Stop where a way came to other verdicts than ours on the same rows."""
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / "part.ndjson"
        with path.open("rb") as file, part.open("wb") as copy:
            copy.writelines(line for line, _ in zip(file, range(size), strict=False))
        mine = told("ours", part, size, regex)["counts"]
    assert mine == counts, f"{way} came to {counts}, ours to {mine}"


def main(rows: int) -> None:
    """Compare the ways, then look whether ten times as many rows take more memory."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "items.ndjson"
        write(path, rows)
        print(f"{rows:,} contacts, {path.stat().st_size / 1e6:,.0f} MB")
        for regex in (True, False):
            compare(path, rows, regex)
        once = told("ours", path, rows, True)
        ten = told("ours", path, rows * 10, True)
        print(f"  ours, {rows * 10:,} rows: {ten['rate']:,.0f} rows/s, {ten['mb']:.0f} MB (once: {once['mb']:.0f} MB)")  # fmt: skip


if __name__ == "__main__":
    if len(sys.argv) == 5:
        measure(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "1")
    else:
        main(int(sys.argv[1]) * 1000 if len(sys.argv) > 1 else 1_000_000)
