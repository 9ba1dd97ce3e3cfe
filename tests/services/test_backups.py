"""Backups over both ways in: made, listed, looked at and deleted; by admins of the whole workbench alone, and by names, never by ways."""

from __future__ import annotations

import asyncio
import random
import threading
import zipfile
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from workbench import Workbench
from workbench.errors import CannotWrite, Damaged, Forbidden, NotFound, TooNew
from workbench.models.backup import Manifest, Part, elsewhere_of
from workbench.models.base import SecretRef
from workbench.models.person import Person, Role
from workbench.services import backups
from workbench.services.backups import FOLDER, checked, manifest_of
from workbench.services.roles import caller


def folder_of(house: Workbench) -> Path:
    return house.house.home.path(FOLDER)


async def test_a_backup_from_nothing_to_deleted(
    bench: Workbench, house: Workbench, secret: SecretRef
) -> None:
    assert await bench.backups.list_all() == []
    made = await bench.backups.create()
    assert (made.home, made.database, made.totals.secrets) == (house.house.home.id, "sqlite", 1)
    assert (made.totals.documents, made.totals.files) == (0, 0)
    await house.people.add("Eve", "viewer")
    later = await bench.backups.create()
    assert later.totals.documents == 1
    assert sorted([one.name for one in await bench.backups.list_all()]) == sorted([made.name, later.name])
    assert await bench.backups.verify(made.name) == made
    path = folder_of(house) / made.name
    assert (path.stat().st_size, path.stat().st_mode & 0o777) == (made.size, 0o600)
    await bench.backups.delete(made.name)
    assert [one.name for one in await bench.backups.list_all()] == [later.name]
    for call in (bench.backups.verify, bench.backups.delete):
        with pytest.raises(NotFound, match="There is no"):
            await call(made.name)
    assert not list(house.house.home.folder.glob(".snapshot-*"))


async def test_what_a_killed_process_left_is_swept_later(
    house: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await house.backups.create()
    left = folder_of(house) / f".{made.name}.0123.tmp"
    left.write_bytes(b"half")
    assert await house.backups.list_all() == [made]
    assert left.exists()
    monkeypatch.setattr(backups, "LEFT_BEHIND_S", -1)
    assert await house.backups.list_all() == [made]
    assert not left.exists()


async def test_a_damaged_one_is_told(house: Workbench) -> None:
    made = await house.backups.create()
    path = folder_of(house) / made.name
    raw = path.read_bytes()
    path.write_bytes(raw[:200] + bytes([raw[200] ^ 1]) + raw[201:])
    with pytest.raises(Damaged, match="is not as it was written"):
        await house.backups.verify(made.name)
    path.write_bytes(raw[:-9])
    assert await house.backups.list_all() == []


async def test_a_name_is_no_way(connected: Callable[[Role], Workbench]) -> None:
    bench = connected("admin")
    for name in ("../home.json", "/etc/passwd", "x.zip", "", "a/b.workbench.zip"):
        for call in (bench.backups.verify, bench.backups.delete):
            with pytest.raises(NotFound, match="There is no backup"):
                await call(name)


async def test_only_admins_of_the_whole_workbench(
    connected: Callable[[Role], Workbench], house: Workbench
) -> None:
    for role in ("viewer", "operator"):
        with pytest.raises(Forbidden):
            await connected(role).backups.create()
    turn = caller.set(Person(name="Eve", role="admin", units=("north",)))
    try:
        for call in (house.backups.create, house.backups.list_all):
            with pytest.raises(Forbidden, match="whole workbench"):
                await call()
    finally:
        caller.reset(turn)


async def test_whatever_is_changed_in_a_backup_it_is_damaged_or_still_the_same(
    house: Workbench, tmp_path: Path
) -> None:
    await house.people.add("Eve")
    file, changed, luck = tmp_path / "b.zip", tmp_path / "changed.zip", random.Random(8)
    manifest = await house.backups.write(file)
    raw = await asyncio.to_thread(file.read_bytes)
    found = Counter[str]()
    for number in range(100):
        data, at = bytearray(raw), luck.randrange(len(raw))
        data[at] ^= 1 << luck.randrange(8)
        await asyncio.to_thread(changed.write_bytes, data[:at] if number % 5 == 0 else data)
        try:
            assert checked(changed).parts == manifest.parts
        except (Damaged, TooNew) as error:
            found[type(error).__name__] += 1
    assert found["Damaged"] > 60


async def test_a_newer_one_is_not_touched(house: Workbench, tmp_path: Path) -> None:
    file = tmp_path / "b.zip"
    manifest = await house.backups.write(file)
    newer = tmp_path / "newer.zip"
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(newer, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(
                name, data.replace(b'"format": 1', b'"format": 2') if name == "manifest.json" else data
            )
    assert manifest_of(file) == manifest
    with pytest.raises(TooNew, match="newer version"):
        checked(newer)


async def test_what_was_slipped_in_is_seen(house: Workbench, tmp_path: Path) -> None:
    file = tmp_path / "b.zip"
    await house.backups.write(file)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("files/tables/tab_1.rows", b"slipped in")
    with pytest.raises(Damaged, match="no whole backup"):
        checked(file)


async def test_no_zip_of_somebody_else_is_a_backup(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("letter.txt", b"Dear Ana")
    with pytest.raises(Damaged, match="no backup of a workbench"):
        checked(tmp_path / "b.zip")


async def test_where_nothing_can_be_written_nothing_is_left(house: Workbench, tmp_path: Path) -> None:
    with pytest.raises(CannotWrite, match="does not exist"):
        await house.backups.write(tmp_path / "none" / "b.zip")
    assert not (tmp_path / "none").exists()


async def test_a_backup_that_nobody_waits_for_ends_and_leaves_nothing(
    house: Workbench, tmp_path: Path
) -> None:
    begun, go = threading.Event(), threading.Event()

    def told(name: str, count: int) -> None:
        begun.set()
        go.wait()

    def left() -> int:
        """Count what is there of a backup: its file that is being written, and the folder of the moment it is of."""
        return len(
            [
                *tmp_path.glob(".b.zip.*"),
                *tmp_path.glob("b.zip"),
                *house.house.home.folder.glob(".snapshot-*"),
            ]
        )

    writing = asyncio.create_task(house.backups.write(tmp_path / "b.zip", told))
    await asyncio.to_thread(begun.wait)
    assert left() == 2
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    go.set()
    async with asyncio.timeout(30):
        while left():  # noqa: ASYNC110 - a thread tells nobody that it ended
            await asyncio.sleep(0.01)


async def test_it_says_where_the_key_is(house: Workbench) -> None:
    assert str(house.house.home.path("vault.key")) in str(house.backups.key_note())
    assert "WORKBENCH_KEY" in str(house.backups.key_note())


def test_a_manifest_counts_what_is_in_it() -> None:
    parts = [
        ("home.json", 1),
        ("documents/a.jsonl", 3),
        ("documents/b.jsonl", 4),
        ("secrets.jsonl", 2),
        ("tables/x/y.jsonl", 9),
    ]
    manifest = Manifest(
        made_at=datetime(2026, 1, 1, tzinfo=UTC), version="1", home="home_1", database="sqlite",
        parts=tuple(Part(name=name, count=count, size=0, sha256="0" * 64) for name, count in parts),
    )  # fmt: skip
    assert manifest.totals.model_dump() == {"documents": 7, "secrets": 2, "rows": 9, "files": 0}
    assert manifest.totals.files == elsewhere_of(manifest.parts) == 0


async def test_tables_that_lie_elsewhere_are_counted(house: Workbench, tmp_path: Path) -> None:
    (tmp_path / "contacts.csv").write_text("mail\nana@example.com\n")
    await house.runs.place(tmp_path / "contacts.csv")
    await house.runs.paste("mail\nbo@example.com\n")
    manifest = await house.backups.write(tmp_path / "b.zip")
    assert (manifest.totals.files, elsewhere_of(manifest.parts)) == (3, 1)
