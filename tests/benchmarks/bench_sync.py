"""How fast a sync is: python -m tests.benchmarks.bench_sync [check] [split] [plan] [day]; all four without a word.

What stands beside ours is measured in the same run, in turns; each way of walking over the file has a process of its own, so that its
memory is its own. Told are medians of the rounds, and the most memory of any. Processor time is counted.

- check: a CSV of a million contacts looked through before it is uploaded (encoding, header, quotes, formulas, double keys, every field by
  its type). Beside it csv.reader, which finds nothing but rows.
- split: the same rows made into lines of an import's files and cut at 50 MB less the margin, on row borders, header in each; every part is
  written out. Beside it a script that checks nothing: csv.reader, csv.writer, a new file when the size is reached.
- plan: the planner's answer for a million contacts, 50,000 products and 200,000 purchases.
- day: a day of a million single calls under 100 a minute on a virtual clock, by 1 to 8 workers that share one pace; at least 95 % of what
  the limit allows, or it fails.
"""

from __future__ import annotations

import csv
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from tests.benchmarks.figures import Role, Sheet
from workbench.engine.import_csv import check_csv
from workbench.engine.import_parts import Cutter, line, part_bytes
from workbench.engine.shop_records import Records
from workbench.engine.sync_day import play_day
from workbench.engine.sync_planner import estimate
from workbench.engine.table_layout import encoding_of
from workbench.engine.table_rows import Mark, csv_rows
from workbench.models.run import Mapped
from workbench.models.shop import ShopSettings
from workbench.models.sync import SyncPlan
from workbench.models.sync_estimate import SyncAsk
from workbench.providers import platform

ROUNDS = int(os.environ.get("WORKBENCH_BENCH_ROUNDS", "3"))
ROWS = int(os.environ.get("WORKBENCH_BENCH_ROWS", "1000000"))
PIECE = 1 << 20
MOST_MB = 200
"""Beside what Python and its libraries take: a part of 48 MB, and 16 bytes for each row to find double keys."""
NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
COLUMNS = ("_email", "_name", "_surname", "_points", "_newsletterSubscriptionStatus")
PLATFORM = platform("connectif")
SHOP = ShopSettings(name="Example shop", domains=("shop.example",))
SYNC = SyncPlan(shop_id="shop", how="import")
MAPPING = tuple(Mapped(target=name, column=name) for name in COLUMNS)
STATUSES = ("subscribed", "none", "unsubscribed")


def write(path: Path) -> None:
    """Write a CSV of contacts, one name in a hundred with quotes and a line break."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(COLUMNS) + "\r\n")
        for number in range(ROWS):
            name = '"Ana ""the first""\nof her name"' if number % 100 == 7 else f"Ana {number}"
            file.write(
                f"ana.lima{number}@mail{number % 97}.example,{name},Lima,{number % 5000},{STATUSES[number % 3]}\r\n"
            )


def chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(PIECE):
            yield chunk


# -- walking over the file ------------------------------------------------------------------------------------------------


def checked(path: Path, _: Path) -> int:
    found = check_csv(chunks(path), PLATFORM, SHOP, SYNC, now=NOW)
    assert found.ok, found.problems
    return found.rows


def counted(path: Path, _: Path) -> int:
    with path.open(encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1


def split(path: Path, folder: Path) -> int:
    """Do as an import does: each row read, checked by its fields, written as a line, and cut."""
    from workbench.adapters.tables.text import pieces

    records, header = Records(PLATFORM, SHOP, SYNC, MAPPING), line(COLUMNS, ",")
    assert records.columns == COLUMNS
    cutter, rows, part = Cutter(len(header), part_bytes(PLATFORM.imports, SYNC)), 0, bytearray(header)
    parts = 0
    with path.open("rb") as source:
        first = len(source.readline())
        encoding = encoding_of(b"", is_utf8=True)
        for row in csv_rows(pieces(source, encoding, first), COLUMNS, ",", at=Mark(0, 1, first)):
            record = records.row(row.cells, now=NOW)
            assert record.ok, record.problems
            text = line(record.csv, ",")
            ended = cutter.add(row.number, len(text))
            if ended is not None:
                assert ended.size == len(part)
                parts += 1
                (folder / f"part-{parts}.csv").write_bytes(part)
                part = bytearray(header)
            part += text
            rows += 1
    (folder / f"part-{parts + 1}.csv").write_bytes(part)
    return rows


def script(path: Path, folder: Path) -> int:
    rows = parts = 0
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        header = next(reader)
        writer.writerow(header)
        for cells in reader:
            writer.writerow(cells)
            rows += 1
            if out.tell() > 48_000_000:
                parts += 1
                (folder / f"script-{parts}.csv").write_text(out.getvalue(), encoding="utf-8", newline="")
                out = io.StringIO(newline="")
                writer = csv.writer(out)
                writer.writerow(header)
    (folder / f"script-{parts + 1}.csv").write_text(out.getvalue(), encoding="utf-8", newline="")
    return rows


WALKS: dict[str, Callable[[Path, Path], int]] = {
    "checked": checked,
    "csv.reader": counted,
    "split": split,
    "a script": script,
}


def walk(way: str, path: Path, folder: Path) -> None:
    """Walk over the file one way in this process, and tell what it took."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    began = process_time()
    rows = WALKS[way](path, folder)
    took = process_time() - began
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"rows": rows, "seconds": took, "more": most - before}))


def compared(ways: tuple[str, str], path: Path, folder: Path) -> None:
    found: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
    for _ in range(ROUNDS):
        for way in ways:
            words = [sys.executable, "-m", "tests.benchmarks.bench_sync", "walk", way, str(path), str(folder)]
            told = json.loads(subprocess.run(words, check=True, stdout=subprocess.PIPE).stdout)
            assert told["rows"] == ROWS, told
            found[way].append(told)
    most = max(one["more"] for one in found[ways[0]])
    assert most < MOST_MB, f"{most} MB: the memory must not grow with the file"
    sheet = Sheet("sync", f"{ROWS:,} contacts of a CSV: {ways[0]}", "rows/s of processor time")
    for way, rounds in found.items():
        memory = f"{max(one['more'] for one in rounds):.0f} MB more"
        role: Role = "ours" if way == ways[0] else "ceiling"
        sheet.add(way, [ROWS / one["seconds"] for one in rounds], role, memory)
    sheet.tell()


# -- planning -----------------------------------------------------------------------------------------------------------------


def plan() -> None:
    ask = SyncAsk(rows={"contact": 1_000_000, "product": 50_000, "purchase": 200_000})
    times = []
    for _ in range(50):
        began = perf_counter()
        found = estimate(PLATFORM, ask)
        times.append(perf_counter() - began)
    print(
        f"Planner: {median(times) * 1e3:.2f} ms (median of {len(times)}); {found.calls:,} calls, {found.seconds / 3600:.1f} h"
    )


def day() -> None:
    topic = "A simulated day of 1,000,000 rows under 100 calls a minute, 1, 2, 4 and 8 workers"
    sheet = Sheet("sync", topic, "% of what the limit allows")
    shares = []
    for workers in (1, 2, 4, 8):
        began = perf_counter()
        found = play_day(1_000_000, workers=workers)
        took = perf_counter() - began
        print(
            f"  {workers} workers: {found.share:7.2%} ({found.done:,} rows, {found.refused} refused), in {took:.1f} s"
        )
        assert found.share >= 0.95, found
        shares.append(100 * found.share)
    sheet.add("ours", shares, "ours")
    sheet.tell()


def main(words: list[str]) -> None:
    if words[:1] == ["walk"]:
        walk(words[1], Path(words[2]), Path(words[3]))
        return
    wanted = words or ["check", "split", "plan", "day"]
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        path = folder / "contacts.csv"
        if {"check", "split"} & set(wanted):
            write(path)
            print(
                f"{ROWS:,} contacts, {path.stat().st_size / 1e6:.0f} MB; processor time, median of {ROUNDS}:"
            )
        if "check" in wanted:
            compared(("checked", "csv.reader"), path, folder)
        if "split" in wanted:
            compared(("split", "a script"), path, folder)
            files = sorted(folder.glob("part-*.csv"))
            assert all(file.stat().st_size <= part_bytes(PLATFORM.imports, SYNC) for file in files)
            print(
                f"  {len(files)} parts, the largest {max(file.stat().st_size for file in files) / 1e6:.1f} MB"
            )
    if "plan" in wanted:
        plan()
    if "day" in wanted:
        day()


if __name__ == "__main__":
    main(sys.argv[1:])
