"""What the page Operations looks at before somebody publishes: the pages, the settings, and the server's own address."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.loopback import quiet_port
from tests.services.conftest import ENVIRON
from workbench import Workbench
from workbench.services import publish_here

SECRET = "an ordinary word 4711"


async def test_a_secret_of_the_vault_in_a_published_page_is_found_by_the_pages_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    cell = {"cell_type": "code", "source": [f"print('{SECRET}')"], "outputs": []}
    (pages / "page.ipynb").write_text(json.dumps({"cells": [cell]}))
    monkeypatch.setattr(publish_here, "folder_of", lambda _kind: pages)
    async with Workbench.open(tmp_path / "home", environ=ENVIRON) as bench:
        assert (await bench.upkeep.publish()).found == ()
        bench.secrets.keep_text(SECRET)
        look = await bench.upkeep.publish()
    (found,) = look.found
    assert (found.rule, found.field) == ("prefilled_secret", "page.ipynb, cell 1")
    assert (look.notebooks, look.address, look.public) == (1, "", "")
    assert SECRET not in look.model_dump_json()
    assert str(tmp_path) not in look.model_dump_json()


async def test_a_public_address_over_http_and_a_server_that_does_not_answer_are_said(tmp_path: Path) -> None:
    own, public = f"http://127.0.0.1:{quiet_port()}", "http://hooks.example.com"
    async with Workbench.open(tmp_path / "home", environ=ENVIRON, server_at=own, public_at=public) as bench:
        look = await bench.upkeep.publish()
    assert [(one.rule, one.field) for one in look.found] == [("plain_http", "WORKBENCH_PUBLIC")]
    assert (look.address, look.public) == (own, public)
    assert look.missed is not None
    assert "Nothing answers" in str(look.missed)
