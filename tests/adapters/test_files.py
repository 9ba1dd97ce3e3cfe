from __future__ import annotations

import errno
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import PlainFolder
from workbench.adapters import files
from workbench.errors import CannotWrite, Damaged, StorageFault, TooNew

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def test_a_file_is_written_whole_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    files.write_atomically(path, b"one")
    files.write_atomically(path, b"two" * 100_000)
    assert path.read_bytes() == b"two" * 100_000
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "no room left"),
        (errno.EDQUOT, "no room left"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "not allowed"),
        (errno.EFBIG, "larger than this account may write"),
        (errno.EIO, "Input/output error"),
    ],
)
@pytest.mark.parametrize("step", ["open", "fsync", "replace"])
def test_whatever_step_fails_the_old_file_is_whole_and_nothing_is_left(
    step: str, number: int, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.json"
    files.write_atomically(path, b"old")

    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(*((Path, "replace") if step == "replace" else (files.os, step)), fail)
    with pytest.raises(CannotWrite) as caught:
        files.write_atomically(path, b"new")
    monkeypatch.undo()
    assert str(path) in str(caught.value)
    assert words in str(caught.value)
    assert caught.value.__cause__ is None
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.json"]


def test_a_folder_that_is_gone_is_said(tmp_path: Path) -> None:
    with pytest.raises(CannotWrite, match="does not exist any more"):
        files.write_atomically(tmp_path / "gone" / "a.json", b"x")


def test_a_folder_that_is_closed_to_us_is_said(plain_folder: PlainFolder) -> None:
    path = plain_folder.path / "a.json"
    with plain_folder.read_only():
        with pytest.raises(CannotWrite, match="not allowed to write"):
            files.write_atomically(path, b"x")
        with pytest.raises(CannotWrite, match="not allowed to write"), files.lock(path):
            pass
    assert list(plain_folder.path.iterdir()) == []


def test_a_file_that_may_not_be_read_is_no_empty_file(plain_folder: PlainFolder) -> None:
    path = plain_folder.path / "a.json"
    path.write_bytes(b"x")
    path.chmod(0)
    with plain_folder.read_only(), pytest.raises(StorageFault, match="cannot be read"):
        files.read(path)
    assert files.read(plain_folder.path / "none.json") is None


def test_the_lock_keeps_a_second_thread_out(tmp_path: Path) -> None:
    path, inside, most = tmp_path / "a.json", 0, 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(50):
            with files.lock(path):
                inside += 1
                most = max(most, inside)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_the_lock_is_given_up_with_a_sentence_and_free_after_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    refused: list[CannotWrite] = []

    def wait() -> None:
        try:
            with files.lock(path, timeout=0.01):
                pass
        except CannotWrite as error:
            refused.append(error)

    def hold_and_fail() -> None:
        with files.lock(path):
            thread = threading.Thread(target=wait)
            thread.start()
            thread.join()
            raise KeyError

    with pytest.raises(KeyError):
        hold_and_fail()
    wait()
    assert [str(path) in str(error) and "in use by another process" in str(error) for error in refused] == [
        True
    ]


def test_the_lock_sweeps_what_a_killed_writer_left_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    for name in (".a.json.0123456789ab.tmp", ".b.json.0123456789ab.tmp", "a.json.tmp"):
        (tmp_path / name).touch()
    with files.lock(path):
        left = {entry.name for entry in tmp_path.iterdir()}
    assert left == {".a.json.lock", ".b.json.0123456789ab.tmp", "a.json.tmp"}


@pytest.mark.parametrize(
    ("move", "stays"),
    [(files.set_aside, False), (lambda path: files.keep_copy(path, "damaged"), True)],
    ids=["set_aside", "keep_copy"],
)
def test_copies_are_never_overwritten(move: Callable[[Path], Path], stays: bool, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    targets = []
    for number in range(5):
        path.write_bytes(str(number).encode())
        targets.append(move(path))
        assert path.exists() == stays
    assert [target.read_text() for target in targets] == ["0", "1", "2", "3", "4"]
    assert all(target.name.startswith("a.json.damaged-2") for target in targets)


def test_what_cannot_be_set_aside_stays(plain_folder: PlainFolder) -> None:
    path = plain_folder.path / "a.json"
    path.write_bytes(b"x")
    for move in (files.set_aside, lambda path: files.keep_copy(path, "version-1")):
        with plain_folder.read_only(), pytest.raises(CannotWrite):
            move(path)
    assert path.read_bytes() == b"x"


@given(st.dictionaries(st.text(), json_values, max_size=5))
def test_json_comes_back_as_it_was_in_the_same_order(value: dict[str, Any]) -> None:
    value = {**value, "schema": 1}
    back = files.from_json(Path("a.json"), files.to_json(value), newest=1)
    assert back == value
    assert list(back) == list(value)


def test_json_keeps_what_other_parsers_lose() -> None:
    value = {"schema": 1, "big": 12345678901234567890123, "half": "\ud83d", "float": 1e22}
    assert files.from_json(Path("a.json"), files.to_json(value), newest=1) == value


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"schema": "1"}',
        b'{"schema": true}',
        b'{"schema": 0}',
        b"{}",
        b"\xff\xfe",
        b"[" * 5000,
    ],
)
def test_what_is_no_file_of_ours_is_damaged(raw: bytes) -> None:
    with pytest.raises(Damaged, match=r"a\.json"):
        files.from_json(Path("a.json"), raw, newest=1)


def test_a_newer_file_is_too_new() -> None:
    with pytest.raises(TooNew, match="format 3, this one knows 2"):
        files.from_json(Path("a.json"), b'{"schema": 3}', newest=2)
