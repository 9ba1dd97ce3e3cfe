"""``workbench cassettes`` and ``workbench environments``, as scripts and CI use them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import nbformat
import pytest

from tests.cli.conftest import document

SEND = ("--to", "ada@example.com", "--var", "subject=Hi", "--json")


@pytest.fixture
def entry(run: Callable[..., Any], shop: str) -> str:
    return str(document(run("send", shop, *SEND))["entry"])


def test_a_cassette_is_kept_checked_played_and_reported(
    run: Callable[..., Any], entry: str, tmp_path: Path
) -> None:
    made = document(run("cassettes", "keep", entry, "--name", "Welcome", "--json"))
    assert made["assertions"]
    assert "ada@example.com" not in str(made)
    assert run("cassettes", "list").stdout.startswith("✓")
    assert run("cassettes", "check", "Welcome").exit_code == 0
    played = run("cassettes", "play", "--json")
    assert played.exit_code == 0, played.stdout
    assert [one["source"] for one in document(played)] == ["played"]
    junit, page, book = tmp_path / "checks.xml", tmp_path / "checks.html", tmp_path / "welcome.ipynb"
    assert run("cassettes", "report", "--output", str(junit)).exit_code == 0
    assert int(ElementTree.parse(junit).getroot().get("failures", "-1")) == 0
    assert run("cassettes", "report", "--format", "html", "--output", str(page)).exit_code == 0
    assert "Welcome" in page.read_text()
    assert run("cassettes", "notebook", "Welcome", "--output", str(book)).exit_code == 0
    nbformat.validate(nbformat.read(book, as_version=4))


def test_a_cassette_that_is_not_there_is_not_found(run: Callable[..., Any], entry: str) -> None:
    assert run("cassettes", "check", "Nothing").exit_code == 3
    assert "no cassette yet" in run("cassettes", "list").stdout
    assert run("cassettes", "keep", entry).exit_code == 0


def test_an_integration_is_promoted_and_taken_back(
    run: Callable[..., Any], shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAGING_KEY", "SG.staging-secret-4712")
    words = ("environments", "promote", shop, "dev", "staging", "--yes")
    refused = run(*words)
    assert refused.exit_code == 2, "staging has a secret of its own"
    assert "credential.api_key" in refused.stderr
    assert run(*words, "--secret", "credential.api_key=env:STAGING_KEY").exit_code == 0
    assert "[dev, staging]" in run("environments", "list").stdout
    compared = run("environments", "compare", shop, "dev", "staging")
    assert compared.exit_code == 0
    assert "staging-secret" not in compared.stdout
    assert run("environments", "roll-back", shop, "staging", "--yes").exit_code in (0, 6)
