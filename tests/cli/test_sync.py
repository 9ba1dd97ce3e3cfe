"""``workbench shops``, ``sync`` and ``tags``: a shop, its plan, a table as calls and as an import, what changed, and a page."""

from __future__ import annotations

import csv
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from typer.testing import Result

from tests.cli.conftest import document
from workbench.engine import import_states
from workbench.sandbox.connectif import stand_in
from workbench.sandbox.connectif.settings import StandInSettings

KEY = "pl4ntedpl4ntedpl4nted0:pl4ntedpl4ntedpl4nted1"
ROWS = "_email,_name,_points\nana@example.com,Ana,3\nbo@example.com,Bo,many\ne0101@example.com,Eva,4\n"
Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Imports that end as soon as somebody looks, and looks that follow each other at once."""
    at_once = partial(StandInSettings, starts_s=0, import_s=0)
    monkeypatch.setattr(stand_in, "StandInSettings", at_once)
    monkeypatch.setattr(import_states, "FIRST_S", 0.05)


@pytest.fixture
def shop(run: Run, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("SHOP_KEY", KEY)
    words = ("shops", "add", "Boutique", "--domain", "www.shop.example", "--secret", "api_key=env:SHOP_KEY")
    return str(document(run(*words, "--json"))["id"])


@pytest.fixture
def table(tmp_path: Path) -> Path:
    file = tmp_path / "contacts.csv"
    file.write_text(ROWS)
    return file


def test_a_shop_is_added_tried_and_deleted(run: Run, shop: str, home: Path) -> None:
    assert "Boutique" in run("shops", "list").stdout
    tried = run("shops", "check", "Boutique")
    assert tried.exit_code == 0, tried.stderr
    assert "Connectif lets the key in." in tried.stdout
    assert all(KEY.encode() not in path.read_bytes() for path in home.rglob("*") if path.is_file())
    assert run("shops", "delete", "Boutique", "--yes").exit_code == 0
    assert "There is no shop yet" in run("shops", "list").stdout
    assert run("shops", "check", "Boutique").exit_code == 3


def test_a_file_is_looked_at_as_it_lies(run: Run, shop: str, tmp_path: Path) -> None:
    file = tmp_path / "contacts.csv"
    file.write_bytes("_email,_name\nana@example.com,Zoë\nana@example.com,Zoë\n".encode("cp1252"))
    found = run("sync", "check", str(file), "--type", "contacts", "--json")
    assert found.exit_code == 2
    told = document(found)
    assert (told["encoding"], told["rows"], told["offered"]) == ("cp1252", 2, "cp1252")
    file.write_text("_email,_name\nana@example.com,Zoë\n", encoding="utf-8")
    fine = run("sync", "check", str(file), "--type", "contacts")
    assert fine.exit_code == 0, fine.stderr
    assert "1 rows in utf-8, 0 would be refused. Files: 1." in fine.stdout
    assert run("sync", "check", str(tmp_path / "none.csv"), "--type", "contacts").exit_code == 3


def test_the_plan_says_calls_minutes_and_break_even(run: Run) -> None:
    found = document(run("sync", "plan", "--contacts", "200000", "--purchases", "5000", "--json"))
    assert [(step["entity"], step["advice"]) for step in found["steps"]] == [
        ("contact", "import"),
        ("purchase", "single"),
    ]
    told = run("sync", "plan", "--contacts", "200000")
    assert "An import is quicker from" in told.stdout
    assert run("sync", "plan").exit_code == 2


def test_an_import_that_is_refused_in_part_is_not_green_and_its_rows_are_written(
    run: Run, shop: str, table: Path, tmp_path: Path
) -> None:
    refused = tmp_path / "refused.csv"
    words = (
        "sync",
        "import",
        str(table),
        "--type",
        "contacts",
        "--how",
        "import",
        "--corrected",
        str(refused),
    )
    stopped = run(*words)
    assert stopped.exit_code == 2
    assert "row 2: “_points” has to be a whole number" in stopped.stderr
    sent = run(*words, "--skip-bad")
    assert sent.exit_code == 2, "a row was refused, and one did not go"
    assert "1 of 2 rows taken, 1 refused." in sent.stderr
    assert "0 of 1 files were taken whole" in sent.stdout
    lines = refused.read_text("utf-8").splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("_email,_name,_points")
    assert lines[1].startswith("e0101@example.com,Eva,4,")
    listed = document(run("sync", "status", "--json"))
    assert [one["plan"]["sync"]["how"] for one in listed] == ["import"], "what was not sent is not kept"
    one = run("sync", "status", listed[0]["id"])
    assert one.exit_code == 2
    assert "partial" in one.stdout
    assert "e0101@example.com" not in one.stdout, "contacts are masked"


def test_the_outcome_file_of_an_import_names_every_row_once(
    run: Run, shop: str, table: Path, tmp_path: Path
) -> None:
    file = tmp_path / "ended.csv"
    words = ("sync", "import", str(table), "--type", "contacts", "--how", "import", "--skip-bad")
    sent = run(*words, "--outcomes", str(file), "--json")
    assert sent.exit_code == 2, "a row was refused, and one did not go"
    counts = document(sent)["counts"]
    assert (counts["accepted"], counts["failed"]) == (1, 1)
    with file.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert [(row["row"], row["state"]) for row in rows] == [("1", "accepted"), ("2", "bad"), ("3", "failed")]
    assert "E0101" in " ".join(rows[2].values())
    assert "@example.com" not in file.read_text("utf-8").replace("***@example.com", ""), "contacts are masked"


def test_single_calls_and_what_changed_since(run: Run, shop: str, table: Path) -> None:
    table.write_text("_email,_name\nana@example.com,Ana\nbo@example.com,Bo\n")
    words = ("sync", "import", str(table), "--type", "contacts", "--how", "single")
    sent = run(*words, "--json")
    assert sent.exit_code == 0, sent.stderr
    assert document(sent)["counts"]["accepted"] == 2
    table.write_text("_email,_name\nana@example.com,Anna\ncy@example.com,Cy\n")
    found = document(run("sync", "diff", str(table), "--type", "contacts", "--json"))
    assert (found["creates"], found["updates"], found["unchanged"], found["gone"]) == (1, 1, 0, 1)
    assert len(document(run("sync", "status", "--json"))) == 1, "comparing leaves no run behind"


def test_amounts_with_a_comma_are_read_where_that_is_said(run: Run, shop: str, table: Path) -> None:
    table.write_text(
        "productId;name;productDetailUrl;unitPrice\nA-1;Knife;https://www.shop.example/p/a-1;19,90\n"
    )
    words = ("sync", "import", str(table), "--type", "products", "--how", "single")
    refused = run(*words)
    assert refused.exit_code == 2
    assert "unitPrice" in refused.stderr
    sent = run(*words, "--decimals", "comma", "--json")
    assert sent.exit_code == 0, sent.stderr
    assert document(sent)["counts"]["accepted"] == 1
    compared = ("sync", "diff", str(table), "--type", "products", "--decimals", "comma", "--json")
    assert document(run(*compared))["unchanged"] == 1


def test_a_dry_run_sends_nothing(run: Run, shop: str, table: Path) -> None:
    table.write_text("_email\nana@example.com\n")
    told = run("sync", "import", str(table), "--type", "contacts", "--how", "single", "--dry-run")
    assert told.exit_code == 0, told.stderr
    assert "Nothing was sent: 1 requests were made" in told.stdout


def test_the_shop_has_to_be_named_where_there_is_none_or_several(run: Run, table: Path) -> None:
    words = ("sync", "import", str(table), "--type", "contacts")
    assert "Say which shop it is" in run(*words).stderr
    assert run(*words, "--shop", "Nowhere").exit_code == 3


def test_a_page_is_linted_and_its_body_shown(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "checkout.html"
    page.write_text(
        '<div class="cn_cart" style="display:none">\n<span class="cart_id">7</span>\n'
        '<span class="total_quantity">1</span>\n<span class="total_price">€60.25</span></div>'
    )
    found = run("tags", "lint", str(page))
    assert found.exit_code == 2
    assert f"{page}:4:" in found.stdout
    assert "Write 60.25." in found.stdout
    page.write_text(page.read_text().replace("€", ""))
    assert run("tags", "lint", str(page)).exit_code == 0
    body = document(run("tags", "body", str(page), "--json"))["body"]
    assert (body["cart"]["cartId"], body["cart"]["totalPrice"]) == ("7", 60.25)
    assert run("tags", "lint", str(tmp_path / "none.html")).exit_code == 3
