"""``workbench snippet`` and ``workbench import``: out as code, and in from other tools."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import SECRET, document
from workbench.models.snippet import DIALECTS

COLLECTION = {
    "info": {
        "name": "Shop",
        "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
    },
    "item": [
        {
            "name": "Order mail",
            "event": [{"listen": "test", "script": {"exec": ["pm.test('x')"]}}],
            "request": {
                "method": "POST",
                "url": "https://esp.example.com/v1/send",
                "header": [{"key": "Authorization", "value": "Bearer pl4nted-secret-0815"}],
                "body": {
                    "mode": "raw",
                    "raw": '{"to": "{{email}}"}',
                    "options": {"raw": {"language": "json"}},
                },
            },
        }
    ],
}


def test_every_dialect_comes_without_the_secret(run: Callable[..., Any], shop: str) -> None:
    given = run("snippet", shop, "--to", "ada@example.com", "--var", "subject=Hi", "--json")
    found = document(given)
    assert {one["dialect"] for one in found} <= set(DIALECTS)
    assert {"curl", "python_httpx", "php_curl"} <= {one["dialect"] for one in found}
    assert SECRET not in given.stdout


def test_one_dialect_is_proven(run: Callable[..., Any], shop: str) -> None:
    words = ("snippet", shop, "--to", "ada@example.com", "--var", "subject=Hi", "--dialect", "python_httpx")
    proven = run(*words, "--prove")
    assert proven.exit_code == 0
    assert "import httpx" in proven.stdout
    assert "the same bytes" in proven.stderr


def test_a_dialect_has_to_be_known(run: Callable[..., Any], shop: str) -> None:
    refused = run("snippet", shop, "--to", "ada@example.com", "--dialect", "cobol")
    assert refused.exit_code == 2
    assert "php_curl" in refused.stderr


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    file = tmp_path / "shop.json"
    file.write_text(json.dumps(COLLECTION))
    return file


def test_an_import_tells_what_it_found_and_keeps_nothing(
    run: Callable[..., Any], collection: Path, bench: Callable[..., Any]
) -> None:
    told = run("import", str(collection), "--json")
    found = document(told)
    assert found["format"] == "postman"
    assert [one["name"] for one in found["requests"]] == ["Order mail"]
    assert any(left["what"] == "script" for one in found["requests"] for left in one["left_out"])
    assert "pl4nted-secret-0815" not in told.stdout
    assert not bench(lambda opened: opened.integrations.drafts())


def test_a_request_is_taken_over_as_a_draft(
    run: Callable[..., Any], collection: Path, bench: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    [wanted] = document(run("import", str(collection), "--json"))["secrets"]
    monkeypatch.setenv("SHOP_TOKEN", "typed-secret-4711")
    words = ("import", str(collection), "--take", "Order mail", "--secret", f"{wanted['key']}=env:SHOP_TOKEN")
    assert "Draft " in run(*words).stdout
    [draft] = bench(lambda opened: opened.integrations.drafts())
    assert draft.settings.name == "Order mail"
    assert draft.settings.secrets()


def test_what_cannot_be_taken_is_said(run: Callable[..., Any], collection: Path, tmp_path: Path) -> None:
    assert "Order mail" in run("import", str(collection), "--take", "Nothing").stderr
    refused = run("import", str(collection), "--take", "Order mail", "--secret", "pl4nted-typed")
    assert refused.exit_code == 2
    assert "pl4nted-typed" not in refused.stderr
    empty = tmp_path / "empty.txt"
    empty.write_text("nothing of this kind")
    assert run("import", str(empty)).exit_code == 2
