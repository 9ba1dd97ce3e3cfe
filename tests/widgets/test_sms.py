"""The page of text messages: its parts are loaded when they are asked for, stay as they were left, and links lead to them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.widgets.conftest import Connected
from tests.widgets.faces import field, of, offered, read, tell
from workbench import Workbench, widgets
from workbench.models.person import Role
from workbench.widgets import settle, sms_page
from workbench.widgets.sms import PARTS, PLACES

WORDS = {
    "accounts": "No account has been set up here yet.", "compose": "Side by side", "deliveries": "No text has been sent yet",
    "callbacks": "Callback studio", "consent": "May they be written to?", "channel": "Custom channels",
}  # fmt: skip


async def turn(page: object, part: str) -> None:
    """Choose a part of the page."""
    field(page, "Part of the page").value = part
    await settle()


def test_every_link_leads_to_a_part() -> None:
    assert set(PLACES.values()) <= set(PARTS)


@pytest.mark.parametrize("role", ["viewer", "operator"])
async def test_every_part_opens_without_a_word_of_error(role: Role, connected: Connected) -> None:
    page = await sms_page(connected(role))
    empty = "Set up your first SMS account" if role == "operator" else "No account has been set up here yet."
    for part in PARTS:
        await turn(page, part)
        assert "wb-error" not in " ".join(
            one.value for one in of(page, "Markup") if "<style>" not in one.value
        )
        assert part != "accounts" or ("New account" in offered(page)) == (role == "operator")
        assert WORDS[part].replace("No account has been set up here yet.", empty) in read(page)
    await settle()


async def test_a_link_leads_to_a_part_and_into_it_and_what_was_typed_stays(
    connected: Connected, house: Workbench
) -> None:
    bench = connected("operator")
    draft = await bench.sms_accounts.draft()
    page = await sms_page(bench)
    [bar] = of(page, "TopBar")
    await tell(bar, {"place": f"draft={draft.id}"})
    field(page, "Name").value = "Half a na"
    await tell(bar, {"place": "deliveries"})
    assert field(page, "Part of the page").value == "deliveries"
    assert "New SMS account" not in read(page)
    await turn(page, "accounts")
    assert field(page, "Name").value == "Half a na"
    await tell(bar, {"place": "new"})
    assert field(page, "Part of the page").value == "accounts"
    assert len(await house.sms_accounts.drafts()) == 2
    await tell(bar, {"place": "<script>"})
    assert field(page, "Part of the page").value == "accounts"


@pytest.mark.parametrize("module", ["sms", "sms_accounts"])
def test_what_is_shown_later_is_loaded_later(module: str) -> None:
    """The page opens with what it shows: nothing at the head of these modules loads another part or the wizard."""
    tree = ast.parse((Path(widgets.__file__).parent / f"{module}.py").read_text(encoding="utf-8"))
    at_once = {node.module for node in tree.body if isinstance(node, ast.ImportFrom) and node.module}
    assert {name for name in at_once if name.startswith("sms_")} <= {
        "sms_accounts_face",
        "sms_accounts_words",
    }
