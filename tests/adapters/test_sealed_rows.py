"""Sealed rows, and what the vault seals for others to keep: what opens them, what does not, and that nothing of them is told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from workbench.adapters.home import Home, open_home
from workbench.adapters.sealed_rows import RowKey
from workbench.adapters.vault import VAULT_FILE, Vault
from workbench.errors import MissingSecret

TEXT = b"https://gate.example/rest/1234/sendgate/b-7f3a/cancel/ana"
OFF = {"WORKBENCH_KEYRING": "off"}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home")


def refused(work: Callable[[], object]) -> str:
    """Return what MissingSecret said; nothing else may come with it, for that could hold the secret."""
    with pytest.raises(MissingSecret) as caught:
        work()
    told: BaseException | None = caught.value.__context__
    while told is not None:
        assert isinstance(told, MissingSecret) or (isinstance(told, InvalidTag) and not told.args)
        told = told.__context__
    return str(caught.value)


# Rows


@given(st.binary(max_size=300))
def test_what_was_sealed_opens_with_its_key_alone(data: bytes) -> None:
    key = RowKey.new()
    sealed = key.seal(data)
    assert RowKey(key.text).open(sealed) == data
    assert sealed.isascii()
    assert key.seal(data) != sealed
    with pytest.raises(MissingSecret, match="sealed with another key"):
        RowKey.new().open(sealed)


@given(st.data())
def test_one_changed_letter_is_noticed(data: st.DataObject) -> None:
    key = RowKey.new()
    sealed = key.seal(TEXT)
    at = data.draw(st.integers(0, len(sealed) - 3))  # the last letters may carry bits that mean nothing
    same = {
        sealed[at],
        {"-": "+", "_": "/"}.get(sealed[at], ""),
    }  # both ways to write Base64's last two letters mean the same
    other = data.draw(st.characters().filter(lambda letter: letter not in same))
    with pytest.raises(MissingSecret):
        key.open(sealed[:at] + other + sealed[at + 1 :])
    with pytest.raises(MissingSecret):
        key.open(sealed[:at])


@pytest.mark.parametrize("sealed", ["", "a", "é", "====", "AAAA", "\udc00", "A" * 24, "not sealed at all"])
def test_what_is_no_sealed_row_is_told_in_a_sentence(sealed: str) -> None:
    assert "has to come again" in refused(lambda: RowKey.new().open(sealed))


@pytest.mark.parametrize("text", ["", "é", "AAAA", "A" * 40, "A" * 47 + "="])
def test_what_is_no_key_is_told_in_a_sentence(text: str) -> None:
    assert "key to these sealed rows is damaged" in refused(lambda: RowKey(text))


def test_a_key_does_not_show_itself() -> None:
    key = RowKey.new()
    assert key.text not in f"{key!r} {key}"


# Data of the vault


@pytest.mark.parametrize("source", ["file", "environment", "memory"])
def test_the_vault_seals_what_others_keep(home: Home, source: str) -> None:
    environ = OFF | ({"WORKBENCH_KEY": Fernet.generate_key().decode()} if source == "environment" else {})
    memory = Vault.in_memory()

    def opened() -> Vault:
        return memory if source == "memory" else Vault.open(home, environ)

    vault = opened()
    sealed = [vault.seal_data(TEXT), opened().seal_data(b"")]
    assert [opened().open_data(one) for one in sealed] == [TEXT, b""]
    assert vault.handles() == []
    assert not home.path(VAULT_FILE).exists() or TEXT not in home.path(VAULT_FILE).read_bytes()


def test_sealed_data_opens_after_the_keys_were_renewed(home: Home) -> None:
    vault = Vault.open(home, OFF)
    old = vault.seal_data(TEXT)
    ref = vault.seal_text("a secret of the other kind")
    for _ in range(2):
        vault.rotate()
    again = Vault.open(home, OFF)
    assert again.open_data(old) == vault.open_data(again.seal_data(TEXT)) == TEXT
    assert again.handles() == [ref.handle]


def test_another_vault_opens_nothing(tmp_path: Path) -> None:
    one, other = (Vault.open(open_home(tmp_path / name), OFF) for name in ("one", "other"))
    sealed = one.seal_data(TEXT)
    for _ in range(2):  # without a key of its own, and with one
        assert "Bring that key back" in refused(lambda: other.open_data(sealed))
        other.seal_data(b"")
    assert "was changed" in refused(lambda: one.open_data("x" * 40))


def test_without_its_key_the_vault_goes_on_with_a_new_one_and_the_old_one_may_come_back(home: Home) -> None:
    keys = [Fernet.generate_key().decode() for _ in range(2)]
    environ = [OFF | {"WORKBENCH_KEY": key} for key in (keys[0], keys[1], ",".join(keys))]
    first = Vault.open(home, environ[0]).seal_data(b"first")
    changed = Vault.open(home, environ[1])
    refused(lambda: changed.open_data(first))
    second = changed.seal_data(b"second")
    assert changed.open_data(second) == b"second"
    both = Vault.open(home, environ[2])
    assert [both.open_data(one) for one in (first, second)] == [b"first", b"second"]
    assert both.handles() == []


def test_a_damaged_vault_is_set_aside_and_begun_anew(home: Home) -> None:
    vault = Vault.open(home, OFF)
    lost = vault.seal_data(TEXT)
    home.path(VAULT_FILE).write_bytes(b"{")
    assert vault.open_data(vault.seal_data(TEXT)) == TEXT
    assert any("set aside" in str(notice) for notice in vault.notices)
    refused(lambda: vault.open_data(lost))


def test_threads_that_seal_first_at_the_same_time_share_one_key(home: Home) -> None:
    vaults = [Vault.open(home, OFF) for _ in range(4)]
    sealed: list[str] = []
    threads = [
        threading.Thread(target=lambda vault=vault: sealed.append(vault.seal_data(TEXT))) for vault in vaults
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [Vault.open(home, OFF).open_data(one) for one in sealed] == [TEXT] * 4
