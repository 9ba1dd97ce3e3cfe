from __future__ import annotations

import base64
import json
import stat
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import keyring
import keyring.backend
import keyring.backends.fail
import keyring.backends.null
import keyring.errors
import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import example, given
from hypothesis import strategies as st

from tests.conftest import PlainFolder
from workbench.adapters import keys, sealed_box
from workbench.adapters import vault as module
from workbench.adapters.home import Home, open_home
from workbench.adapters.sealed_box import LONGEST_SECRET, seal_box
from workbench.adapters.vault import Vault
from workbench.errors import CannotWrite, MissingSecret, Refused, StorageFault, TooNew

SECRET = "pässword-of-the-tests-😀-1234"
OFF = {"WORKBENCH_KEYRING": "off"}


def new_key() -> str:
    return Fernet.generate_key().decode()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home")


class FakeKeyring(keyring.backend.KeyringBackend):
    """A desktop's keyring, as far as the vault can see."""

    priority = 5  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.fails: Exception | None = None
        self.forgets = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.fails:
            raise self.fails
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.fails:
            raise self.fails
        if not self.forgets:
            self.kept[service, username] = password


@pytest.fixture
def fake_keyring() -> Iterator[FakeKeyring]:
    before, fake = keyring.get_keyring(), FakeKeyring()
    keyring.set_keyring(fake)
    yield fake
    keyring.set_keyring(before)


@pytest.fixture(
    params=["keyring", "environment", "file", "memory", "team keyring", "team environment", "team file"]
)
def opened(request: pytest.FixtureRequest, home: Home) -> Callable[[], Vault]:
    """Opens the same vault, with each source of the key; again and again, where it is kept: in a home's file or a team's database."""
    if request.param == "memory":
        only = Vault.in_memory()
        return lambda: only
    documents = request.getfixturevalue("documents") if request.param.startswith("team") else None
    if request.param.endswith("keyring"):
        request.getfixturevalue("fake_keyring")
        return lambda: Vault.open(home, {}, documents)
    environ = {**OFF, "WORKBENCH_KEY": new_key()} if request.param.endswith("environment") else OFF
    return lambda: Vault.open(home, environ, documents)


def test_what_is_sealed_can_be_opened_later(
    opened: Callable[[], Vault], request: pytest.FixtureRequest
) -> None:
    ref = opened().seal_text(SECRET)
    vault = opened()
    assert vault.open_text(ref.handle) == SECRET
    assert vault.has(ref.handle)
    assert vault.handles() == [ref.handle]
    assert vault.key_source in request.node.name
    vault.forget(ref.handle)
    vault.forget(ref.handle)
    assert opened().handles() == []
    with pytest.raises(MissingSecret, match="not in the vault"):
        opened().open_text(ref.handle)
    assert not vault.has(ref.handle)


def test_tokens_are_carried_from_one_vault_to_another_as_they_are_locked(
    opened: Callable[[], Vault], home: Home
) -> None:
    vault = opened()
    ref, sealed = vault.seal_text(SECRET), vault.seal_data(SECRET.encode())
    tokens = vault.tokens()
    assert ref.handle in tokens
    assert SECRET not in repr(tokens)
    other = Vault.in_memory()
    kept = other.seal_text("another")
    other.put_tokens(tokens)
    assert other.open_text(kept.handle) == "another"
    assert not other.has(ref.handle), "its key did not come along"
    assert {handle: other.tokens()[handle] for handle in tokens} == tokens
    vault.forget(ref.handle)
    vault.put_tokens(other.tokens())
    assert vault.open_text(ref.handle) == SECRET
    assert vault.open_data(sealed) == SECRET.encode()
    assert not vault.has(kept.handle)


def test_the_same_secret_has_a_new_handle_each_time(opened: Callable[[], Vault]) -> None:
    handles = {opened().seal_text(SECRET).handle for _ in range(10)}
    assert len(handles) == 10
    assert opened().handles() == sorted(handles)


@pytest.mark.parametrize(
    ("secret", "hint"),
    [
        ("a", "****"),
        ("elevenchars", "****"),
        ("twelve-chars", "**** hars"),
        ("-----BEGIN KEY-----\nabc\n-----END KEY-----\n", "**** ----"),
        ("a" * 12 + "b\nc", "****"),
        ("      abcdef      ", "****"),
    ],
)
def test_the_hint_shows_the_last_four_of_a_long_secret_only(secret: str, hint: str) -> None:
    assert Vault.in_memory().seal_text(secret).hint == hint


@given(st.text(min_size=1) | st.text(st.characters(), min_size=1))
@example("\ud800")
@example("a\nb")
@example("\0")
def test_every_text_comes_back(secret: str) -> None:
    vault = Vault.in_memory()
    assert vault.open_text(vault.seal_text(secret).handle) == secret


def test_a_secret_has_a_length(opened: Callable[[], Vault]) -> None:
    vault = opened()
    longest = "é" * (LONGEST_SECRET // 2)
    assert vault.open_text(vault.seal_text(longest).handle) == longest
    for refused, words in (("", "empty"), (longest + "x", "longer than 64 kB")):
        with pytest.raises(Refused, match=words):
            vault.seal_text(refused)
    assert len(vault.handles()) == 1


def test_no_file_holds_the_secret_and_all_are_for_the_owner_alone(home: Home) -> None:
    vault = Vault.open(home, OFF)
    ref = vault.seal_text(SECRET)
    vault.rotate()
    for path in home.folder.iterdir():
        content = path.read_bytes()
        for form in (SECRET.encode(), base64.b64encode(SECRET.encode()), json.dumps(SECRET).encode()):
            assert form not in content
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert ref.handle in home.path("vault.json").read_text()


def test_tokens_cannot_be_swapped(home: Home) -> None:
    vault = Vault.open(home, OFF)
    one, two = vault.seal_text("secret of one"), vault.seal_text("secret of two")
    content = json.loads(home.path("vault.json").read_bytes())
    content["secrets"][one.handle] = content["secrets"][two.handle]
    home.path("vault.json").write_text(json.dumps(content))
    with pytest.raises(MissingSecret):
        vault.open_text(one.handle)
    assert vault.open_text(two.handle) == "secret of two"


# --- where the key is -------------------------------------------------------------------------------------------------


def test_a_key_file_is_made_on_first_use_with_a_warning(home: Home) -> None:
    vault = Vault.open(home, OFF)
    key_file = home.path("vault.key")
    assert vault.key_source == "file"
    assert [str(notice) for notice in vault.notices] == [
        f"The key to the saved secrets lies beside them in {key_file}: whoever reads this folder can open them. "
        "Better use the system's keyring, or put a key into WORKBENCH_KEY."
    ]
    assert not key_file.exists()
    vault.seal_text(SECRET)
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600


def test_a_key_file_that_is_open_to_others_is_closed_and_that_is_said(home: Home) -> None:
    ref = Vault.open(home, OFF).seal_text(SECRET)
    home.path("vault.key").chmod(0o644)
    vault = Vault.open(home, OFF)
    assert stat.S_IMODE(home.path("vault.key").stat().st_mode) == 0o600
    assert "was open to other accounts" in str(vault.notices[0])
    assert vault.open_text(ref.handle) == SECRET


def test_a_lost_key_means_typing_again_not_an_error(home: Home) -> None:
    ref = Vault.open(home, OFF).seal_text(SECRET)
    home.path("vault.key").unlink()
    vault = Vault.open(home, OFF)
    assert "Saved secrets that cannot be opened: 1." in str(vault.notices[0])
    assert not vault.has(ref.handle)
    with pytest.raises(MissingSecret, match="Bring that key back"):
        vault.open_text(ref.handle)
    again = vault.seal_text(SECRET)
    assert vault.open_text(again.handle) == SECRET


def test_a_damaged_key_file_is_set_aside(home: Home) -> None:
    ref = Vault.open(home, OFF).seal_text(SECRET)
    home.path("vault.key").write_bytes(b"\xff not a key")
    vault = Vault.open(home, OFF)
    assert "vault.key could not be read and was set aside" in str(vault.notices[0])
    assert not vault.has(ref.handle)
    assert vault.has(vault.seal_text(SECRET).handle)
    (aside,) = home.folder.glob("vault.key.damaged-*")
    assert aside.read_bytes() == b"\xff not a key"


def test_the_keyring_goes_before_the_environment_before_the_file(
    home: Home, fake_keyring: FakeKeyring
) -> None:
    key = new_key()
    by_file = Vault.open(home, OFF).seal_text("kept by file")
    by_environment = Vault.open(home, {**OFF, "WORKBENCH_KEY": key}).seal_text("kept by environment")
    vault = Vault.open(home, {"WORKBENCH_KEY": key})
    assert vault.key_source == "keyring"
    assert vault.notices == []
    assert vault.open_text(by_file.handle) == "kept by file", "older keys still open"
    assert vault.open_text(by_environment.handle) == "kept by environment"
    vault.rotate()
    home.path("vault.key").unlink()
    vault = Vault.open(home, {})
    assert vault.open_text(by_file.handle) == "kept by file", "and after a rotation they are no longer needed"
    assert vault.open_text(by_environment.handle) == "kept by environment"
    assert list(fake_keyring.kept) == [("integration-workbench", home.id)]
    assert not home.path("vault.key").exists()


def test_two_homes_have_two_keys_in_the_keyring(
    home: Home, tmp_path: Path, fake_keyring: FakeKeyring
) -> None:
    Vault.open(home, {})
    Vault.open(open_home(tmp_path / "other"), {})
    assert len(set(fake_keyring.kept.values())) == 2


@pytest.mark.parametrize("backend", [keyring.backends.fail.Keyring, keyring.backends.null.Keyring])
def test_a_keyring_that_keeps_nothing_is_passed_over(
    backend: type[keyring.backend.KeyringBackend], home: Home, fake_keyring: FakeKeyring
) -> None:
    keyring.set_keyring(backend())
    assert Vault.open(home, {}).key_source == "file"


@pytest.mark.parametrize(
    "error", [keyring.errors.NoKeyringError("none"), keyring.errors.KeyringLocked("x"), RuntimeError("dbus")]
)
def test_a_keyring_that_fails_is_passed_over(error: Exception, home: Home, fake_keyring: FakeKeyring) -> None:
    fake_keyring.fails = error
    assert Vault.open(home, {}).key_source == "file"


def test_a_keyring_that_forgets_is_passed_over(home: Home, fake_keyring: FakeKeyring) -> None:
    fake_keyring.forgets = True
    assert Vault.open(home, {}).key_source == "file"


def test_a_keyring_that_waits_for_a_person_is_passed_over(
    home: Home, fake_keyring: FakeKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody_comes = threading.Event()
    monkeypatch.setattr(keys, "KEYRING_PATIENCE_S", 0.01)
    monkeypatch.setattr(fake_keyring, "get_password", lambda *_: nobody_comes.wait())
    try:
        assert Vault.open(home, {}).key_source == "file"
    finally:
        nobody_comes.set()


def test_a_keyring_that_fails_for_a_while_does_not_lose_its_key(
    home: Home, fake_keyring: FakeKeyring
) -> None:
    vault = Vault.open(home, {})
    ref = vault.seal_text(SECRET)
    before = dict(fake_keyring.kept)
    fake_keyring.fails = keyring.errors.KeyringLocked("x")
    assert vault.open_text(ref.handle) == SECRET, "a vault that is open stays open"
    other = Vault.open(home, {})
    assert other.key_source == "file"
    late = other.seal_text("sealed meanwhile")
    with pytest.raises(CannotWrite, match="did not take the key"):
        vault.rotate()
    fake_keyring.fails = None
    assert fake_keyring.kept == before
    back = Vault.open(home, {})
    assert back.open_text(ref.handle) == SECRET
    assert back.open_text(late.handle) == "sealed meanwhile"


def test_the_keyring_is_not_asked_when_it_is_off(home: Home, fake_keyring: FakeKeyring) -> None:
    Vault.open(home, {"WORKBENCH_KEYRING": " OFF "}).seal_text(SECRET)
    assert fake_keyring.kept == {}


A_KEY = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY="
"""A key for names of tests: those have to be the same in every process that collects them."""


@pytest.mark.parametrize("text", ["x", "not-a-key,", "é", A_KEY + ",x", A_KEY[:-2], ","])
def test_what_is_no_key_is_refused_without_repeating_it(text: str, home: Home) -> None:
    with pytest.raises(Refused, match="WORKBENCH_KEY is not a key") as caught:
        Vault.open(home, {**OFF, "WORKBENCH_KEY": text})
    if len(text) > 1:
        assert text not in everything_said(caught.value)


def test_another_key_in_the_environment_opens_nothing(home: Home) -> None:
    ref = Vault.open(home, {**OFF, "WORKBENCH_KEY": new_key()}).seal_text(SECRET)
    vault = Vault.open(home, {**OFF, "WORKBENCH_KEY": new_key()})
    assert not vault.has(ref.handle)
    assert "workbench does not have" in str(vault.notices[0])


# --- rotation ---------------------------------------------------------------------------------------------------------


def test_rotation_leaves_every_secret_and_no_old_key(home: Home) -> None:
    vault = Vault.open(home, OFF)
    refs = {vault.seal_text(f"{SECRET} {number}").handle: f"{SECRET} {number}" for number in range(5)}
    old_key, old_file = home.path("vault.key").read_text(), home.path("vault.json").read_bytes()
    vault.rotate()
    new = home.path("vault.key").read_text()
    assert len(new.split()) == 1
    assert new != old_key
    for token in json.loads(home.path("vault.json").read_bytes())["secrets"].values():
        assert token.encode() not in old_file
    for reader in (vault, Vault.open(home, OFF)):
        assert {handle: reader.open_text(handle) for handle in refs} == refs


def test_rotation_in_memory_and_in_the_keyring(fake_keyring: FakeKeyring, home: Home) -> None:
    for vault in (Vault.in_memory(), Vault.open(home, {})):
        ref = vault.seal_text(SECRET)
        vault.rotate()
        assert vault.open_text(ref.handle) == SECRET
    (kept,) = fake_keyring.kept.values()
    assert "," not in kept


def test_rotation_with_the_environment_takes_a_second_key(home: Home) -> None:
    old, new = new_key(), new_key()
    vault = Vault.open(home, {**OFF, "WORKBENCH_KEY": old})
    ref = vault.seal_text(SECRET)
    with pytest.raises(Refused, match="Put a new key first in WORKBENCH_KEY"):
        vault.rotate()
    Vault.open(home, {**OFF, "WORKBENCH_KEY": f"{new} , {old}"}).rotate()
    assert Vault.open(home, {**OFF, "WORKBENCH_KEY": new}).open_text(ref.handle) == SECRET
    assert not Vault.open(home, {**OFF, "WORKBENCH_KEY": old}).has(ref.handle)


def test_rotation_keeps_what_no_key_opens(home: Home) -> None:
    ref = Vault.open(home, OFF).seal_text(SECRET)
    key = home.path("vault.key").read_bytes()
    home.path("vault.key").unlink()
    vault = Vault.open(home, OFF)
    vault.seal_text("another")
    vault.rotate()
    home.path("vault.key").write_bytes(key)
    assert Vault.open(home, OFF).open_text(ref.handle) == SECRET


def test_another_process_goes_on_through_a_rotation(home: Home) -> None:
    one, two = Vault.open(home, OFF), Vault.open(home, OFF)
    refs = [one.seal_text("a"), two.seal_text("b")]
    one.rotate()
    refs.append(two.seal_text("c"))
    two.rotate()
    one.rotate()
    for vault in (one, two, Vault.open(home, OFF)):
        assert [vault.open_text(ref.handle) for ref in refs] == ["a", "b", "c"]


@pytest.mark.parametrize("fatal", range(1, 4))
def test_a_rotation_that_is_cut_off_anywhere_loses_nothing(
    fatal: int, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = Vault.open(home, OFF)
    ref = vault.seal_text(SECRET)
    write, count = module.files.write_atomically, 0

    def fail(path: Path, data: bytes) -> None:
        nonlocal count
        count += 1
        if count == fatal:
            raise CannotWrite("cut off")
        write(path, data)

    monkeypatch.setattr(module.files, "write_atomically", fail)
    with pytest.raises(CannotWrite):
        vault.rotate()
    monkeypatch.undo()
    for reader in (vault, Vault.open(home, OFF)):
        assert reader.open_text(ref.handle) == SECRET
    vault.rotate()
    assert Vault.open(home, OFF).open_text(ref.handle) == SECRET
    assert len(home.path("vault.key").read_text().split()) == 1


def test_threads_and_rotations_together_lose_nothing(home: Home) -> None:
    kept: dict[str, str] = {}

    def work(name: int) -> None:
        vault = Vault.open(home, OFF)
        for number in range(10):
            value = f"secret {name} {number}"
            kept[vault.seal_text(value).handle] = value
            if number % 4 == name % 4:
                vault.rotate()

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    vault = Vault.open(home, OFF)
    assert len(kept) == 40
    assert {handle: vault.open_text(handle) for handle in vault.handles()} == kept


# --- the file ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content", [b"", b"{", b'{"schema": 1, "secrets": []}', b'{"schema": 1, "secrets": {"sec_1": 1}}']
)
def test_a_damaged_vault_is_set_aside_and_begun_anew(content: bytes, home: Home) -> None:
    home.path("vault.json").write_bytes(content)
    vault = Vault.open(home, OFF)
    assert "vault.json could not be read and was set aside" in str(vault.notices[0])
    (aside,) = home.folder.glob("vault.json.damaged-*")
    assert aside.read_bytes() == content
    assert vault.handles() == []
    assert vault.has(vault.seal_text(SECRET).handle)


@pytest.mark.parametrize("token", ["", "x", "é", "gAAAAAB"])
def test_a_damaged_token_is_one_missing_secret(token: str, home: Home) -> None:
    vault = Vault.open(home, OFF)
    ref = vault.seal_text(SECRET)
    content = json.loads(home.path("vault.json").read_bytes())
    content["secrets"]["sec_00000000"] = token
    home.path("vault.json").write_text(json.dumps(content))
    vault = Vault.open(home, OFF)
    assert not vault.has("sec_00000000")
    assert vault.open_text(ref.handle) == SECRET


def test_a_newer_vault_is_left_untouched(home: Home) -> None:
    home.path("vault.json").write_bytes(b'{"schema": 2, "secrets": {}}')
    with pytest.raises(TooNew):
        Vault.open(home, OFF)
    assert home.path("vault.json").read_bytes() == b'{"schema": 2, "secrets": {}}'


def test_a_read_only_home_opens_secrets_and_says_that_it_takes_none(plain_folder: PlainFolder) -> None:
    home = open_home(plain_folder.path)
    vault = Vault.open(home, {**OFF, "WORKBENCH_KEY": new_key()})
    ref = vault.seal_text(SECRET)
    home.path("vault.json").chmod(0o644)
    (home.folder / ".vault.json.lock").unlink()
    with plain_folder.read_only():
        assert vault.open_text(ref.handle) == SECRET
        with pytest.raises(StorageFault, match="not allowed to write"):
            vault.seal_text("another")
    assert vault.handles() == [ref.handle]


# --- the box ----------------------------------------------------------------------------------------------------------


@given(st.text(min_size=1, max_size=200))
def test_what_a_page_seals_only_this_process_opens(secret: str) -> None:
    here, elsewhere = Vault.in_memory(), Vault.in_memory()
    box = seal_box(here.public_key(), secret)
    assert here.unseal(box) == secret
    assert here.unseal(json.loads(json.dumps(box))) == secret
    with pytest.raises(Refused, match="older than the server process"):
        elsewhere.unseal(box)


def test_a_browser_seals_in_the_same_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sealed by the Web Crypto API of Node 20 for the key pair below."""
    d = "ydcz8iSZ7oFPaGM1f5ZCXHk5MVzey7qfLZTH5b1R1sg"
    number = int.from_bytes(base64.urlsafe_b64decode(d + "="), "big")
    monkeypatch.setattr(
        sealed_box.ec, "generate_private_key", lambda curve: ec.derive_private_key(number, curve)
    )
    vault = Vault.in_memory()
    assert vault.public_key() == (
        "BPhAmYPDsnc82HfkTg0QNq6OIZhyjKkyOYftyMsHTkPlB2BlrRCCbHwNHT4lbP3S3DQ8PvEE6liCEmi6eV75K3o"
    )
    box = {
        "v": 1,
        "epk": "BJq7clYXLwh_LO8J79W2e8w9PkBqlZZOvhPyBedrwJs3vZ8XsZVZcUuXuvvV-clmacJLGYPDwk4fTmH_385VEc0",
        "iv": "AAECAwQFBgcICQoL",
        "ct": "sXnxh-rEiv1YOu0qrN_LWtRZ7XgScyPcrfsCH4hfoJo1QIultH5BImy7SVc",
    }
    assert vault.unseal(box) == "pässword of the vector 😀"


def test_a_box_is_of_no_use_twice_over(home: Home) -> None:
    """The key lives as long as the process, no longer, and each box has its own."""
    vault = Vault.in_memory()
    one, two = seal_box(vault.public_key(), SECRET), seal_box(vault.public_key(), SECRET)
    assert one["epk"] != two["epk"]
    assert one["ct"] != two["ct"]
    assert Vault.open(home, OFF).public_key() != Vault.open(home, OFF).public_key()


def changed(box: Mapping[str, object], **fields: object) -> dict[str, object]:
    return {**box, **fields}


def test_a_box_with_any_byte_changed_is_refused() -> None:
    vault = Vault.in_memory()
    box = seal_box(vault.public_key(), SECRET)
    for name in ("epk", "iv", "ct"):
        whole = base64.urlsafe_b64decode(str(box[name]) + "==")
        for at in range(len(whole)):
            bad = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
            with pytest.raises(Refused, match="Reload it"):
                vault.unseal(changed(box, **{name: base64.urlsafe_b64encode(bad).decode()}))


@pytest.mark.parametrize(
    "fields",
    [{"v": 2}, {"v": "1"}, {"v": None}, {"epk": 1}, {"epk": ""}, {"epk": "AAAA"}, {"epk": "é"}, {"iv": None}, {"iv": "AAAA"},
     {"ct": []}, {"ct": "*" * 40}, {"ct": "A"}, {"ct": ""}, {"ct": "A" * 1_000_000}],
)  # fmt: skip
def test_what_is_no_box_is_refused(fields: dict[str, object]) -> None:
    vault = Vault.in_memory()
    with pytest.raises(Refused, match="Reload it"):
        vault.unseal(changed(seal_box(vault.public_key(), SECRET), **fields))
    with pytest.raises(Refused, match="Reload it"):
        vault.unseal({})


def raw_box(public_key: str, data: bytes, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    with monkeypatch.context() as patch:
        patch.setattr(sealed_box, "checked", lambda text: data)
        return seal_box(public_key, "")


def test_a_box_with_too_much_nothing_or_no_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    vault = Vault.in_memory()
    full = vault.unseal(raw_box(vault.public_key(), b"x" * LONGEST_SECRET, monkeypatch))
    assert len(full) == LONGEST_SECRET
    for data, words in (
        (b"x" * (LONGEST_SECRET + 1), "longer than 64 kB"),
        (b"", "empty"),
        (SECRET.encode() + b"\xff", "not text"),
    ):
        with pytest.raises(Refused, match=words) as caught:
            vault.unseal(raw_box(vault.public_key(), data, monkeypatch))
        assert SECRET not in everything_said(caught.value)


@pytest.mark.parametrize("key", ["", "AAAA", "é", "x" * 87])
def test_a_box_is_sealed_for_a_workbench_only(key: str) -> None:
    with pytest.raises(Refused, match="not the public key of a workbench"):
        seal_box(key, SECRET)


# --- nothing is said --------------------------------------------------------------------------------------------------


def everything_said(error: BaseException) -> str:
    """All that an exception carries along: its text, its causes and contexts, and what they hold."""
    said = "".join(traceback.format_exception(error))
    seen: list[BaseException] = [error]
    for one in seen:
        said += repr(one) + repr(one.args) + repr(getattr(one, "object", b"")) + repr(vars(one))
        seen += [
            other for other in (one.__cause__, one.__context__) if other is not None and other not in seen
        ]
    return said


@pytest.mark.parametrize("secret", [SECRET, "\ud800" + "half-a-character-secret"])
def test_no_error_and_no_representation_says_a_secret(
    secret: str, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = Vault.open(home, OFF)
    ref = vault.seal_text(secret)
    attempts: list[Callable[[], Any]] = [
        lambda: vault.seal_text(secret * 5000),
        lambda: vault.unseal({"v": 1, "epk": secret, "iv": secret, "ct": secret}),
        lambda: vault.unseal({secret: secret}),
        lambda: seal_box(secret, secret),
        lambda: vault.open_text(secret),
        lambda: Vault.open(home, {**OFF, "WORKBENCH_KEY": secret}),
    ]
    said = repr(vault) + str(vault) + repr(ref) + repr(vault.notices)
    for attempt in attempts:
        with pytest.raises((Refused, MissingSecret)) as caught:
            attempt()
        said += everything_said(caught.value)
    home.path("vault.key").unlink()
    with pytest.raises(MissingSecret) as caught:
        Vault.open(home, OFF).open_text(ref.handle)
    said += everything_said(caught.value)
    monkeypatch.setattr(
        module.files, "write_atomically", lambda path, data: (_ for _ in ()).throw(CannotWrite("full"))
    )
    with pytest.raises(CannotWrite) as caught:
        vault.seal_text(secret)
    said += everything_said(caught.value)
    assert secret not in said
    assert secret[-20:] not in said
