"""The desk: sealed boxes in, handles out; what is wrong is said beside the field, and a locked secret is in no state."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import ipywidgets
import pytest

from workbench import Workbench
from workbench.adapters.sealed_box import seal_box
from workbench.models.base import SecretRef
from workbench.widgets.fields import HeaderRows, SecretField
from workbench.widgets.secrets import Desk, KeptRows, KeptSecret, ref_of
from workbench.widgets.spawn import settle

SECRET = "a-planted-secret-4711"


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with Workbench.open(tmp_path, environ={"WORKBENCH_KEYRING": "off"}) as opened:
        yield opened


@pytest.fixture
async def desk(bench: Workbench) -> Desk:
    desk = Desk(bench.secrets)
    await desk.open()
    return desk


async def test_a_sealed_secret_becomes_a_handle_with_its_mask(bench: Workbench, desk: Desk) -> None:
    changes: list[int] = []
    kept = KeptSecret(desk, SecretField("Password"), changed=lambda: changes.append(1))
    assert kept.widget.public_key == desk.public_key
    kept.widget._receive({"sealed": seal_box(desk.public_key, SECRET)})
    await settle()
    assert kept.widget.masked == "**** 4711"
    assert (kept.widget.error, kept.widget.busy) == ("", False)
    assert changes == [1]
    assert kept.ref is not None
    assert bench.house.vault.open_text(kept.ref.handle) == SECRET
    assert kept.value() == kept.ref.model_dump()


async def test_removing_it_forgets_the_handle(desk: Desk) -> None:
    kept = KeptSecret(desk, SecretField("Password"), SecretRef(handle="sec_abcdefgh12", hint="**** 4711"))
    assert kept.widget.masked == "**** 4711"
    kept.widget._receive({"removed": True})
    assert (kept.widget.masked, kept.ref, kept.value()) == ("", None, None)


async def test_an_empty_secret_is_refused_beside_the_field(desk: Desk) -> None:
    kept = KeptSecret(desk, SecretField("Password"))
    kept.widget._receive({"sealed": seal_box(desk.public_key, "   ")})
    await settle()
    assert kept.ref is None
    assert "empty" in kept.widget.error


async def test_a_box_sealed_with_an_old_key_is_refused_and_the_page_gets_the_new_key(
    desk: Desk, tmp_path: Path
) -> None:
    kept = KeptSecret(desk, SecretField("Password"))
    async with Workbench.open(tmp_path / "restarted", environ={"WORKBENCH_KEYRING": "off"}) as restarted:
        old = desk.public_key
        desk.secrets = restarted.secrets
        kept.widget._receive({"sealed": seal_box(old, SECRET)})
        await settle()
        assert kept.ref is None
        assert kept.widget.error
        assert kept.widget.public_key == await restarted.secrets.public_key() != old
        kept.widget._receive({"sealed": seal_box(kept.widget.public_key, SECRET)})
        await settle()
        assert kept.widget.masked == "**** 4711"
        assert kept.widget.error == ""


async def test_a_secret_that_no_header_can_carry_is_refused_at_once(desk: Desk) -> None:
    kept = KeptSecret(desk, SecretField("API key"), header="Authorization")
    kept.widget._receive({"sealed": seal_box(desk.public_key, "clé-avec-accent")})
    await settle()
    assert kept.ref is None
    assert "Authorization" in kept.widget.error
    assert "clé" not in kept.widget.error


async def test_idle_waits_for_a_box_that_is_on_its_way(desk: Desk) -> None:
    kept = KeptSecret(desk, SecretField("Password"))
    kept.widget._receive({"sealed": seal_box(desk.public_key, SECRET)})
    await asyncio.sleep(0)  # the box has arrived; opening and encrypting it takes a thread
    assert kept.ref is None
    await desk.idle()
    assert kept.ref is not None
    await settle()


async def test_rows_lock_one_value_and_keep_the_others_plain(desk: Desk) -> None:
    rows = KeptRows(desk, HeaderRows("Headers"), [("Accept", "text/html")], headers=True)
    rows.widget.rows = [
        *rows.widget.rows,
        {"id": "r2", "name": "X-Api-Key", "locked": True, "masked": "****"},
        {"id": "r3", "name": "", "value": ""},
    ]
    rows.widget._receive({"sealed": seal_box(desk.public_key, SECRET), "row": "r2"})
    await settle()
    (first, second) = rows.pairs()
    assert first == ("Accept", "text/html")
    assert second[0] == "X-Api-Key"
    assert isinstance(second[1], SecretRef)
    assert rows.widget.rows[1]["masked"] == "**** 4711"
    assert rows.value()[1] == {"name": "X-Api-Key", "value": second[1].model_dump()}


async def test_a_locked_value_that_no_header_can_carry_unlocks_with_an_error(desk: Desk) -> None:
    rows = KeptRows(desk, HeaderRows("Headers"), [("X-Api-Key", "")], headers=True)
    rows.widget.rows = [{"id": "r1", "name": "X-Api-Key", "locked": True, "masked": "****"}]
    rows.widget._receive({"sealed": seal_box(desk.public_key, "two\nlines"), "row": "r1"})
    await settle()
    assert rows.pairs() == [("X-Api-Key", "")]
    assert "line break" in rows.widget.errors["r1"]["value"]


async def test_a_deleted_row_leaves_no_handle_for_a_new_row_of_the_same_id(desk: Desk) -> None:
    ref = SecretRef(handle="sec_abcdefgh12", hint="****")
    rows = KeptRows(desk, HeaderRows("Headers"), [("X-Api-Key", ref)])
    rows.widget.rows = []
    rows.widget.rows = [{"id": "r1", "name": "Accept", "locked": True}]
    assert rows.pairs() == [("Accept", "")]


async def test_what_this_vault_cannot_open_is_asked_for_again(desk: Desk) -> None:
    gone = SecretRef(handle="sec_abcdefgh12", hint="**** 4711")
    secret = KeptSecret(desk, SecretField("Password"), gone)
    rows = KeptRows(desk, HeaderRows("Headers"), [("X-Api-Key", gone)])
    absent = await desk.absent([gone])
    assert absent == {gone.handle}
    for kept in (secret, rows):
        kept.miss(absent)
    assert (secret.ref, secret.widget.masked) == (None, "")
    assert "Type it again" in secret.widget.error
    assert rows.pairs() == [("X-Api-Key", "")]
    assert "Type it again" in rows.widget.errors["r1"]["value"]


async def test_no_state_of_any_widget_holds_the_secret(desk: Desk) -> None:
    kept = KeptSecret(desk, SecretField("Password"))
    rows = KeptRows(desk, HeaderRows("Headers"), [("X-Api-Key", "")], headers=True)
    rows.widget.rows = [{"id": "r1", "name": "X-Api-Key", "locked": True, "masked": "****"}]
    kept.widget._receive({"sealed": seal_box(desk.public_key, SECRET)})
    rows.widget._receive({"sealed": seal_box(desk.public_key, SECRET), "row": "r1"})
    await settle()
    for widget in (kept.widget, rows.widget):
        assert SECRET not in json.dumps(widget.get_state(), default=_model)
        assert SECRET not in repr(widget)


def _model(value: object) -> str:
    assert isinstance(value, ipywidgets.Widget)
    return "model"


@pytest.mark.parametrize("value", [None, "text", {"name": "x"}, []])
def test_only_a_handle_is_a_handle(value: object) -> None:
    assert ref_of(value) is None


def test_a_document_of_a_handle_is_read() -> None:
    ref = SecretRef(handle="sec_abcdefgh12", hint="**** 4711")
    assert ref_of(ref) == ref_of(ref.model_dump()) == ref
