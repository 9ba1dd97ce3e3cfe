"""The table of the README is made of what the measurements kept: ratios within a round, and nothing that was not measured."""

from __future__ import annotations

from tests.benchmarks import figures, table
from tests.benchmarks.figures import Sheet, read, sheet_of

RATES = {
    "ours": [100.0, 200.0, 300.0],
    "httpx": [10.0, 40.0, 100.0],
    "bare": [400.0, 400.0, 400.0],
    "without ledger": [250.0] * 3,
}


def sheet(**more: bool) -> Sheet:
    return sheet_of(
        "send",
        "Messages",
        "messages/s",
        RATES,
        ours="ours",
        ceilings=("bare",),
        parts=("without ledger",),
        **more,
    )


def test_a_ratio_is_the_median_of_the_rounds_ratios():
    ours, httpx, *_ = sheet().ways
    assert sheet().ratio(httpx) == (5.0, 3.0, 10.0)
    assert sheet().ratio(ours) == (1.0, 1.0, 1.0)


def test_where_less_is_better_the_ratio_is_turned_round():
    assert sheet(less=True).ratio(sheet().ways[1]) == (0.2, 0.1, 1 / 3)


def test_what_was_told_is_read_again_and_a_second_run_takes_its_place(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(figures, "FOLDER", tmp_path)
    sheet().tell()
    again = sheet()
    again.leave_out("Newman", "npm is not installed")
    again.tell()
    assert read(tmp_path / "send.json") == [again]
    told = capsys.readouterr().out
    assert "ours is 5.00 x (3.00 to 10.0)" in told
    assert "not measured: npm is not installed" in told


def test_the_table_has_a_line_for_each_peer_and_one_for_growth():
    growth = Sheet("growth", "Growth: rows read", "rows/s")
    growth.add("10,000 rows", [5.0], "step", "40 MB")
    growth.add("100,000 rows", [6.0], "ours", "41 MB")
    lines = table.rendered({"growth": [growth], "send": [sheet()]}).splitlines()
    assert "| Messages | 200 messages/s | httpx | 40.0 | 5.00 x (3.00 to 10.0) |" in lines
    assert "|  |  | bare (ceiling) | 400 | 0.50 x (0.25 to 0.75) |" in lines
    assert "|  |  | *without ledger* | 250 | |" in lines
    assert "| rows read | 5.00, 40 MB | 6.00, 41 MB |" in lines
    assert all(
        line.count("|") == 6
        for line in lines
        if line.startswith("|") and "MB" not in line and "memory" not in line and "---" not in line
    )


def test_the_readme_has_the_place_of_the_table():
    text = table.README.read_text()
    assert text.count(table.BEGIN) == text.count(table.END) == 1
    assert text.index(table.BEGIN) < text.index(table.END)
