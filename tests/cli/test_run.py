"""``workbench run``: a table looked through, sent, and told row by row."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import document
from tests.events_room import event_of

ROWS = "Mail;Product;Id\nana@example.com;Shirt;1\nbo@;Shirt;2\ncy@example.com;Hat;3\n"
MAP = ("--map", "email=Mail", "--map", "product_name=Product", "--map", "product_id=Id")


@pytest.fixture(autouse=True)
def event(bench: Callable[..., Any]) -> Any:
    return bench(event_of)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    file = tmp_path / "customers.csv"
    file.write_text(ROWS)
    return file


def test_one_bad_row_stops_all_until_it_is_skipped(run: Callable[..., Any], table: Path) -> None:
    stopped = run("run", str(table), "--event", "purchase", *MAP, "--json")
    told = document(stopped)
    assert stopped.exit_code == 2
    assert (told["total"], told["ready"], told["bad"], told["job"]) == (3, 2, 1, None)
    assert told["problems"][0]["field"] == "email"
    sent = run("run", str(table), "--event", "purchase", *MAP, "--skip-bad", "--json")
    assert document(sent)["counts"]["accepted"] == 2
    assert sent.exit_code == 2, "a row did not go"
    again = run("run", str(table), "--event", "purchase", *MAP, "--skip-bad", "--json")
    assert (document(again)["ready"], document(again)["left_out"]) == (0, 2), "they went a moment ago"


def test_the_outcome_file_names_every_row(run: Callable[..., Any], table: Path, tmp_path: Path) -> None:
    file = tmp_path / "ended.csv"
    words = ("run", str(table), "--event", "purchase", *MAP, "--skip-bad", "--outcomes", str(file))
    told = run(*words, "--spreadsheet")
    assert "2 accepted" in told.stdout
    assert "row 2: " in told.stderr
    with file.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert [(row["row"], row["state"]) for row in rows] == [
        ("1", "accepted"),
        ("2", "bad"),
        ("3", "accepted"),
    ]
    assert "ana@example.com" not in file.read_text(), "contacts are masked"


def test_a_dry_run_makes_every_request_and_sends_none(
    run: Callable[..., Any], table: Path, bench: Callable[..., Any]
) -> None:
    told = run("run", str(table), "--event", "purchase", *MAP, "--skip-bad", "--dry-run")
    assert told.exit_code == 0
    assert "2 requests were made, as a dry run" in told.stdout
    assert not [entry for entry in bench(lambda opened: opened.activity.entries()) if entry.kind == "send"]


def test_any_integration_takes_rows(run: Callable[..., Any], table: Path, shop: str) -> None:
    words = (
        "--map",
        "email=Mail",
        "--map",
        "first_name=Product",
        "--var",
        "subject=Sale",
        "--skip-bad",
        "--json",
    )
    assert document(run("run", str(table), "--through", shop, *words))["counts"]["accepted"] == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "--through INTEGRATION, or --event EVENT"),
        (("--event", "purchase", "--map", "email=Post"), "no column “Post”"),
        (("--event", "purchase", "--map", "email"), "field=column"),
    ],
    ids=["no-way", "no-column", "no-map"],
)
def test_what_is_wrong_is_said(
    run: Callable[..., Any], table: Path, words: tuple[str, ...], told: str
) -> None:
    refused = run("run", str(table), *words)
    assert refused.exit_code == 2
    assert told in refused.stderr


def test_a_broken_row_is_skipped_and_the_others_go(run: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "ragged.csv"
    file.write_text("Mail;Product;Id\nana@example.com;Shirt\nbo@example.com;=1+1;2\ncy@example.com;Hat;3\n")
    told = document(run("run", str(file), "--event", "purchase", *MAP, "--skip-bad", "--json"))
    assert (told["ready"], told["bad"], told["counts"]["accepted"]) == (1, 2, 1)


def test_a_file_that_is_not_there_is_not_found(run: Callable[..., Any], tmp_path: Path) -> None:
    assert run("run", str(tmp_path / "none.csv"), "--event", "purchase").exit_code == 3
