from __future__ import annotations

import os
import shutil
import stat
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.conftest import PlainFolder
from workbench.adapters.home import FOLDER_NAME, Home, default_folder, open_home
from workbench.errors import CannotWrite, Refused, StorageFault, TooNew


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_home_is_for_its_owner_alone(tmp_path: Path) -> None:
    home = open_home(tmp_path / "deep" / "home")
    assert mode(home.folder) == 0o700
    assert mode(home.path("home.json")) == 0o600
    assert home.notices == []
    assert len(home.salt) == 32
    assert home.salt.hex() not in repr(home)


def test_a_home_stays_itself_and_two_never_mix(tmp_path: Path) -> None:
    one, again, two = (open_home(tmp_path / name) for name in ("one", "one", "two"))
    assert one == again
    assert (one.id, one.salt) == (again.id, again.salt)
    assert one.id != two.id
    assert one.salt != two.salt
    assert one.path("a.json") != two.path("a.json")


def test_a_relative_path_stays_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    home = open_home(Path("home"))
    monkeypatch.chdir("elsewhere")
    assert home.path("a.json") == tmp_path / "home" / "a.json"


@pytest.mark.parametrize("name", ["", ".", "..", "../a.json", "a/b.json", "/etc/passwd"])
def test_files_lie_in_the_home_itself(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="without a folder"):
        open_home(tmp_path / "home").path(name)


def test_the_argument_goes_before_the_variable_before_the_default(tmp_path: Path) -> None:
    environ = {
        "WORKBENCH_HOME": str(tmp_path / "named"),
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path / "data"),
    }
    assert open_home(tmp_path / "given", environ).folder == tmp_path / "given"
    assert open_home(None, environ).folder == tmp_path / "named"
    assert open_home(None, {**environ, "WORKBENCH_HOME": " "}).folder == default_folder(environ)


@pytest.mark.parametrize(
    ("platform", "environ", "folder"),
    [
        ("linux", {"HOME": "/home/a"}, "/home/a/.local/share"),
        ("linux", {"HOME": "/home/a", "XDG_DATA_HOME": "/data"}, "/data"),
        ("linux", {"HOME": "/home/a", "XDG_DATA_HOME": "data"}, "/home/a/.local/share"),
        ("darwin", {"HOME": "/Users/a", "XDG_DATA_HOME": "/data"}, "/Users/a/Library/Application Support"),
        ("win32", {"LOCALAPPDATA": "/c/a/Local"}, "/c/a/Local"),
        ("win32", {"USERPROFILE": "/c/a"}, "/c/a/AppData/Local"),
    ],
)
def test_each_platform_has_its_place_for_data(platform: str, environ: dict[str, str], folder: str) -> None:
    assert default_folder(environ, platform) == Path(folder) / FOLDER_NAME


def test_an_account_without_a_folder_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> Path:
        raise RuntimeError

    monkeypatch.setattr(Path, "home", none)
    with pytest.raises(Refused, match="WORKBENCH_HOME"):
        default_folder({}, "linux")


def test_a_wider_home_is_closed_and_that_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    folder.chmod(0o755)
    home = open_home(folder)
    assert mode(folder) == 0o700
    assert [str(notice) for notice in home.notices] == [
        f"{folder} was open to other accounts of this machine; it is now yours alone."
    ]
    assert open_home(folder).notices == []


def test_a_folder_that_belongs_to_others_too_is_refused(tmp_path: Path) -> None:
    shared = tmp_path / "tmp"
    shared.mkdir()
    shared.chmod(0o1777)
    for folder in (shared, tmp_path, Path("/")):
        before = mode(folder)
        with pytest.raises(Refused, match="a folder of its own"):
            open_home(folder, {"HOME": str(tmp_path)})
        assert mode(folder) == before


def test_a_home_inside_a_repository_is_warned_of(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (notice,) = open_home(tmp_path / "project" / "home").notices
    assert "could be committed" in str(notice)
    assert str(tmp_path) in str(notice)


def test_a_file_in_the_place_of_the_home_is_said(tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    with pytest.raises(CannotWrite, match="is a file"):
        open_home(tmp_path / "home")
    with pytest.raises(CannotWrite, match="does not exist any more"):
        open_home(tmp_path / "home" / "deeper")


def test_a_damaged_description_is_set_aside_and_drawn_anew(tmp_path: Path) -> None:
    before = open_home(tmp_path / "home")
    for content in (b"{", b'{"schema": 1, "id": "home_1", "salt": "zz"}', b'{"schema": 1}'):
        before.path("home.json").write_bytes(content)
        home = open_home(tmp_path / "home")
        assert home.salt != before.salt
        assert "could not be read and was set aside" in str(home.notices[0])
        assert open_home(tmp_path / "home") == home
    aside = [path.read_bytes() for path in sorted(home.folder.glob("home.json.damaged-*"))]
    assert len(aside) == 3


def test_a_newer_home_is_left_alone(tmp_path: Path) -> None:
    path = open_home(tmp_path / "home").path("home.json")
    path.write_bytes(b'{"schema": 2}')
    with pytest.raises(TooNew):
        open_home(tmp_path / "home")
    assert path.read_bytes() == b'{"schema": 2}'


def test_those_who_come_first_together_get_the_same_home(tmp_path: Path) -> None:
    homes: list[Home] = []
    start = threading.Barrier(8)

    def come() -> None:
        start.wait()
        homes.append(open_home(tmp_path / "home"))

    threads = [threading.Thread(target=come) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(homes) == 8
    assert {(home.id, home.salt) for home in homes} == {(homes[0].id, homes[0].salt)}


def test_a_writable_home_is_left_as_it_was(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    before = sorted(home.folder.iterdir())
    home.check_writable()
    assert sorted(home.folder.iterdir()) == before


def test_a_home_that_takes_nothing_is_said_before_anything_is_sent(plain_folder: PlainFolder) -> None:
    home = open_home(plain_folder.path)
    with plain_folder.read_only(), pytest.raises(CannotWrite, match="not allowed to write"):
        home.check_writable()
    shutil.rmtree(home.folder)
    with pytest.raises(CannotWrite, match="does not exist any more"):
        home.check_writable()
    home.folder.mkdir()


def test_a_home_with_hardly_any_room_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = open_home(tmp_path / "home")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10_240))
    with pytest.raises(CannotWrite, match="Only 10 kB are left"):
        home.check_writable()


def test_a_home_that_may_not_be_read_is_not_taken_for_a_new_one(plain_folder: PlainFolder) -> None:
    path = open_home(plain_folder.path).path("home.json")
    path.chmod(0)
    before = path.read_bytes() if os.geteuid() == 0 else None
    with plain_folder.read_only(), pytest.raises(StorageFault):
        open_home(plain_folder.path)
    if before is not None:
        assert path.read_bytes() == before
