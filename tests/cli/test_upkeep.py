"""``workbench upkeep``: how long things are kept, changed one by one, and gone only after a yes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from typer.testing import Result

from tests.cli.conftest import document
from workbench import Workbench
from workbench.models.journal import Entry


def test_days_are_changed_one_by_one(run: Callable[..., Result]) -> None:
    assert set(document(run("upkeep", "--json"))["retention"].values()) == {None}
    run("upkeep", "keep", "--journal", "30", "--contents", "90")
    kept = document(run("upkeep", "keep", "--journal", "forever", "--json"))["retention"]
    assert kept == {"journal_days": None, "contents_days": 90, "calls_days": None}
    shown = run("upkeep").stdout
    assert "Contents of ended jobs: kept for 90 days" in shown
    assert "Journal: kept for good" in shown


@pytest.mark.parametrize("wrong", ["0", "-1", "soon", "36501", "1.5"])
def test_what_is_no_number_of_days_is_told(wrong: str, run: Callable[..., Result]) -> None:
    result = run("upkeep", "keep", f"--journal={wrong}")
    assert result.exit_code == 2
    assert "no number of days" in result.stderr


def test_what_is_due_goes_only_after_a_yes(run: Callable[..., Result], bench: Callable[..., Any]) -> None:
    async def old(opened: Workbench) -> None:
        long_ago = datetime(2020, 1, 1, tzinfo=UTC)
        await opened.house.journal.append(
            Entry(id="ent_old", at=long_ago, kind="send", mode="rehearsal", who="ana")
        )

    bench(old)
    run("upkeep", "keep", "--journal", "30")
    refused = run("upkeep", "now")
    assert refused.exit_code == 6
    assert "1 entries" in refused.stderr
    assert document(run("upkeep", "--json"))["due"]["entries"] == 1
    assert document(run("upkeep", "now", "--yes", "--json"))["done"]["entries"] == 1
    assert document(run("upkeep", "--json"))["due"]["entries"] == 0
