"""A team's vault: its tokens are in the database, its key is on each machine; one with another key opens nothing and locks nothing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psycopg
import pytest
from cryptography.fernet import Fernet

from tests.adapters.test_vault import OFF, SECRET, FakeKeyring, fake_keyring, new_key
from workbench.adapters.database import Database
from workbench.adapters.documents import VAULT_KIND, Documents
from workbench.adapters.home import Home, open_home
from workbench.adapters.team import team_home
from workbench.adapters.vault import DATA_KEY, Vault
from workbench.errors import MissingSecret, Refused, TooNew

__all__ = ["fake_keyring"]


class Machine:
    """One machine of a team: its home, and the connections of its own."""

    def __init__(self, folder: Path, url: str) -> None:
        self.own = open_home(folder)
        self.database = Database.open(url, self.own)
        self.home: Home = team_home(self.database, self.own)
        self.documents = Documents(self.database)

    def vault(self, **environ: str) -> Vault:
        return Vault.open(self.home, {**OFF, **environ}, self.documents)


@pytest.fixture
def machines(team_url: str, tmp_path: Path) -> Iterator[tuple[Machine, Machine]]:
    made = Machine(tmp_path / "one", team_url), Machine(tmp_path / "two", team_url)
    yield made
    for machine in made:
        asyncio.run(machine.database.close())


def test_with_the_same_key_all_machines_open_and_lock(machines: tuple[Machine, Machine]) -> None:
    key = new_key()
    one, two = (machine.vault(WORKBENCH_KEY=key) for machine in machines)
    assert one.notices == two.notices == []
    refs = [one.seal_text(SECRET), two.seal_text("of the other")]
    sealed = [one.seal_data(b"a"), two.seal_data(b"b")]
    for vault in (one, two, machines[0].vault(WORKBENCH_KEY=key)):
        assert [vault.open_text(ref.handle) for ref in refs] == [SECRET, "of the other"]
        assert [vault.open_data(one) for one in sealed] == [b"a", b"b"]
    assert [handle for handle in one.tokens() if handle.startswith(DATA_KEY)] == [DATA_KEY]


@pytest.mark.parametrize("environ", [{}, {"WORKBENCH_KEY": "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY="}])
def test_without_the_team_s_key_nothing_is_opened_and_nothing_is_locked(
    machines: tuple[Machine, Machine], environ: dict[str, str]
) -> None:
    key = new_key()
    one, two = machines[0].vault(WORKBENCH_KEY=key), machines[1].vault(**environ)
    assert two.notices == [] or "kept in" in str(two.notices[0])  # there is no key yet that it would lack
    ref, sealed = one.seal_text(SECRET), one.seal_data(b"a")
    before = one.tokens()
    late = machines[1].vault(**environ)
    (notice,) = late.notices
    assert "does not have the key to the team's secrets" in str(notice)
    assert "WORKBENCH_KEY" in str(notice)
    for vault in (two, late):
        assert not vault.has(ref.handle)
        with pytest.raises(MissingSecret, match="Bring that key back"):
            vault.open_text(ref.handle)
        for lock in (partial(vault.seal_text, "x" * 12), partial(vault.seal_data, b"b"), vault.rotate):
            with pytest.raises(Refused, match="does not have the key to the team's secrets"):
                lock()
    assert one.tokens() == before, "it changed nothing of the others'"
    assert not machines[1].own.path("vault.key").exists()
    assert machines[1].vault(WORKBENCH_KEY=key).open_data(sealed) == b"a"


def test_the_data_key_alone_is_enough_to_see_that_a_key_is_another(machines: tuple[Machine, Machine]) -> None:
    one, two = machines[0].vault(WORKBENCH_KEY=new_key()), machines[1].vault(WORKBENCH_KEY=new_key())
    one.seal_data(b"a")
    with pytest.raises(Refused, match="does not have the key"):
        two.seal_data(b"b")


def test_a_key_that_is_lost_for_good_has_a_way_out(machines: tuple[Machine, Machine]) -> None:
    key = new_key()
    lost, late = machines[0].vault(WORKBENCH_KEY=new_key()), machines[1].vault(WORKBENCH_KEY=key)
    ref = lost.seal_text(SECRET)
    lost.seal_data(b"a")
    late = machines[1].vault(WORKBENCH_KEY=key)
    assert late.shut() == sorted(late.tokens())
    assert "give-up" in str(late.notices[0])
    assert lost.drop_shut(late.shut()) == 0, "who has the key loses nothing"
    assert late.drop_shut([]) == 0
    assert late.drop_shut(late.shut()) == 2
    again = late.seal_text("typed again")
    assert machines[0].vault(WORKBENCH_KEY=key).open_text(again.handle) == "typed again"
    assert not lost.has(ref.handle)


def test_two_machines_that_begin_at_once_never_have_two_keys(machines: tuple[Machine, Machine]) -> None:
    vaults = [machine.vault() for machine in machines]
    kept, refused = [], []

    def work(vault: Vault) -> None:
        try:
            kept.append((vault, vault.seal_text(SECRET)))
        except Refused:
            refused.append(vault)

    threads = [threading.Thread(target=work, args=(vault,)) for vault in vaults]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ((vault, ref),) = kept
    assert len(refused) == 1
    assert vault.open_text(ref.handle) == SECRET


def test_the_first_machine_s_key_file_is_what_the_others_need(machines: tuple[Machine, Machine]) -> None:
    first = machines[0].vault()
    assert first.key_source == "file"
    assert "kept in" in str(first.notices[0])
    assert "every machine of the team" in str(first.notices[0])
    ref = first.seal_text(SECRET)
    key = machines[0].own.path("vault.key").read_text().strip()
    assert machines[1].vault(WORKBENCH_KEY=key).open_text(ref.handle) == SECRET


def test_the_keyring_of_the_first_machine_says_how_to_show_its_key(
    machines: tuple[Machine, Machine], fake_keyring: FakeKeyring
) -> None:
    one = Vault.open(machines[0].home, {}, machines[0].documents)
    assert one.key_source == "keyring"
    assert f"keyring get integration-workbench {machines[0].home.id}" in str(one.notices[0])
    ref = one.seal_text(SECRET)
    again = Vault.open(machines[0].home, {}, machines[0].documents)
    assert again.notices == []
    assert again.open_text(ref.handle) == SECRET
    (key,) = fake_keyring.kept.values()
    fake_keyring.kept.clear()  # the keyring of another machine, which never makes a key of its own
    other = Vault.open(machines[1].home, {}, machines[1].documents)
    assert "does not have the key" in str(other.notices[0])
    assert fake_keyring.kept == {}
    fake_keyring.set_password("integration-workbench", machines[1].home.id, key)
    assert Vault.open(machines[1].home, {}, machines[1].documents).open_text(ref.handle) == SECRET


def test_a_keyring_with_another_key_does_not_stand_before_the_right_one(
    machines: tuple[Machine, Machine], fake_keyring: FakeKeyring
) -> None:
    key = new_key()
    ref = machines[0].vault(WORKBENCH_KEY=key).seal_text(SECRET)
    fake_keyring.set_password("integration-workbench", machines[1].home.id, new_key())
    vault = Vault.open(machines[1].home, {"WORKBENCH_KEY": key}, machines[1].documents)
    assert vault.key_source == "environment"
    assert machines[0].vault(WORKBENCH_KEY=key).open_text(vault.seal_text("b" * 12).handle) == "b" * 12
    assert vault.open_text(ref.handle) == SECRET


def test_a_team_s_key_is_changed_by_people_and_nothing_is_lost(machines: tuple[Machine, Machine]) -> None:
    old, new = new_key(), new_key()
    one, two = (machine.vault(WORKBENCH_KEY=old) for machine in machines)
    ref, sealed = one.seal_text(SECRET), two.seal_data(b"a")
    with pytest.raises(Refused, match="Put a new key first"):
        one.rotate()
    both = machines[0].vault(WORKBENCH_KEY=f"{new},{old}")
    both.rotate()
    last = machines[1].vault(WORKBENCH_KEY=new)
    assert last.notices == []
    assert last.open_text(ref.handle) == SECRET
    assert last.open_data(sealed) == b"a"
    assert not two.has(ref.handle)
    with pytest.raises(Refused, match="does not have the key"):
        two.seal_text("locked with the old key")


def test_a_key_in_a_file_is_not_renewed_for_one_machine_alone(machines: tuple[Machine, Machine]) -> None:
    vault = machines[0].vault()
    ref = vault.seal_text(SECRET)
    before = machines[0].own.path("vault.key").read_bytes()
    with pytest.raises(Refused, match="A team's key is changed on all of its machines"):
        vault.rotate()
    assert machines[0].own.path("vault.key").read_bytes() == before
    assert vault.open_text(ref.handle) == SECRET


def test_the_database_holds_neither_secret_nor_key(machines: tuple[Machine, Machine], team_url: str) -> None:
    vault = machines[0].vault()
    vault.seal_text(SECRET)
    vault.seal_data(SECRET.encode())
    key = machines[0].own.path("vault.key").read_text().strip()
    with psycopg.connect(team_url) as connection:
        tables = connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
        ).fetchall()
        everything = "".join(
            str(connection.execute(f'SELECT * FROM "{name}"').fetchall()) for (name,) in tables
        )
    assert "gAAAA" in everything
    assert key not in everything
    assert SECRET not in everything
    assert not machines[0].own.path("vault.json").exists()


def test_a_token_that_was_damaged_is_one_missing_secret(machines: tuple[Machine, Machine]) -> None:
    key = new_key()
    vault = machines[0].vault(WORKBENCH_KEY=key)
    ref = vault.seal_text(SECRET)
    vault.put_tokens({"sec_00000000": "é", "sec_00000001": Fernet(new_key()).encrypt(b"x").decode()})
    again = machines[1].vault(WORKBENCH_KEY=key)
    assert "Saved secrets that cannot be opened: 2." in str(again.notices[0])
    assert again.open_text(ref.handle) == SECRET
    assert again.has(again.seal_text(SECRET).handle)


def test_a_newer_vault_of_a_team_is_left_untouched(machines: tuple[Machine, Machine]) -> None:
    with machines[0].documents.changing(VAULT_KIND, 2) as held:
        held.texts["sec_1"] = "x"
    with pytest.raises(TooNew, match="Update the workbench"):
        machines[1].vault()
    assert dict(machines[0].documents.read(VAULT_KIND).texts) == {"sec_1": "x"}
