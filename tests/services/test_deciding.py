"""Deciding: the file of contacts as it comes, whatever is wrong with it; each ends in a stated, journalled state."""

from __future__ import annotations

import asyncio
import gzip
import json
from pathlib import Path

import pytest

from tests.gate_platform import GatePlatform
from tests.gate_room import CODE, Room, room, with_codes
from workbench import EntryFilter
from workbench.models.gate import Action, CheckConsent, Meaning
from workbench.models.hold import DecidedFilter


async def said(made: Room, id: str) -> str:
    """Return what the journal says of a hold, in one text."""
    entries = await made.gates.house.journal.entries(EntryFilter(kind="gate", limit=500))
    return "\n".join(str(entry.detail) for entry in entries)


async def test_reasons_are_kept_and_ids_are_not(tmp_path: Path) -> None:
    platform = GatePlatform.of(6, rejected=[2])
    async with room(tmp_path / "home", platform) as made:
        hold = await made.settled()
        rejected = await made.holds.decided(hold.id, DecidedFilter(verdict="reject"))
        assert [(one.number, one.rule, one.reason) for one in rejected] == [(2, "consent", "No consent")]
        assert rejected[0].contact.startswith("c*** #")
        kept = b"".join(file.read_bytes() for file in (tmp_path / "home").rglob("*") if file.is_file())
        assert b"contact-00002" not in kept
        assert b"sendgate/b-000001" not in kept
        steps = await made.steps(hold.id)
        assert steps == ["received", "deciding", "decided", "answering", "finished"]
        assert "Finished: 5 released, 1 rejected." in await said(made, hold.id)


async def test_an_empty_file_is_finished_with_nobody(tmp_path: Path) -> None:
    platform = GatePlatform.of(0)
    async with room(tmp_path / "home", platform) as made:
        hold = await made.settled()
        assert (hold.state, hold.tally.contacts, len(platform.finishes)) == ("finished", 0, 1)


@pytest.mark.parametrize("form", ["json", "csv", "gzip"])
async def test_other_forms_of_the_file(tmp_path: Path, form: str) -> None:
    platform = GatePlatform.of(5, rejected=[1])
    rows = [{"id": id, "cancelUri": platform.cancel_uri(id), **known} for id, known in platform.people]
    platform.file = {
        "json": json.dumps(rows).encode(),
        "csv": "\n".join(["id,cancelUri,consent", *(",".join(row.values()) for row in rows)]).encode(),
        "gzip": gzip.compress(platform.lines()),
    }[form]
    async with room(tmp_path / "home", platform) as made:
        hold = await made.settled()
        assert hold.state == "finished", hold.notice
        assert platform.finishes == [frozenset(platform.to_reject)]


async def test_a_repeated_contact_is_decided_like_the_first_and_both_are_rejected(tmp_path: Path) -> None:
    platform = GatePlatform.of(3, rejected=[2])
    twice = {
        "id": "contact-00002",
        "cancelUri": platform.cancel_uri("again"),
        "properties": {"consent": "yes"},
    }
    platform.file = platform.lines() + json.dumps(twice).encode() + b"\n"
    async with room(tmp_path / "home", platform) as made:
        hold = await made.settled()
        assert hold.state == "finished"
        assert (hold.tally.rejected, hold.tally.doubles) == (2, 1)
        assert platform.cancelled == {"contact-00002", "again"}


async def test_rows_that_are_no_contact_are_told_by_number_and_held_back(tmp_path: Path) -> None:
    platform = GatePlatform.of(3, rejected=[2])
    platform.file = platform.lines() + b'{"id": "no-address"}\nnonsense\n'
    async with room(tmp_path / "home", platform) as made:
        hold = await made.settled()
        assert (hold.state, hold.tally.bad) == ("held_back", 2)
        assert [one.number for one in await made.holds.decided(hold.id, DecidedFilter(bad=True))] == [4, 5]
        assert not platform.made("cancel")
        await made.holds.answer(hold.id)
        hold = await made.holds.settle(hold.id)
        assert (hold.state, platform.cancelled) == ("finished", {"contact-00002"})


async def test_a_file_that_ends_in_the_middle_of_a_row_is_never_finished(tmp_path: Path) -> None:
    platform = GatePlatform.of(3)
    platform.file = platform.lines()[:-30]
    async with room(tmp_path / "home", platform) as made:
        hold = await made.settled()
        assert hold.state == "held_back"
        assert "may be missing" in str(hold.notice)
        assert not platform.finishes


@pytest.mark.parametrize(
    ("told", "state"),
    [(410, "expired"), (404, "failed"), (500, "failed"), ("cut", "failed"), (403, "held_back")],
)
async def test_a_file_that_does_not_come(tmp_path: Path, told: int | str, state: str, quick: None) -> None:
    platform = GatePlatform.of(3, behave=lambda kind, _, n: told if kind == "items" else None)
    async with room(tmp_path / "home", platform) as made:
        hold = await made.settled()
        assert hold.state == state, hold.notice
        assert {call.kind for call in platform.calls} == {"items"}
        assert len(platform.calls) == (1 if told in (410, 403) else 4)
        assert str(hold.notice) in await said(made, hold.id)


async def test_a_file_that_comes_at_the_second_try(tmp_path: Path, quick: None) -> None:
    platform = GatePlatform.of(
        3, rejected=[1], behave=lambda kind, _, n: "cut" if kind == "items" and n == 1 else None
    )
    async with room(tmp_path / "home", platform) as made:
        hold = await made.settled()
        assert (hold.state, hold.tally.contacts, hold.tally.doubles) == ("finished", 3, 0)


@pytest.mark.parametrize("field", ["finishUri", "itemDownloadUri", "cancelUri"])
async def test_a_foreign_host_is_named_and_nothing_is_called(tmp_path: Path, field: str) -> None:
    platform = GatePlatform.of(3, rejected=[1])
    hook = platform.hook()
    if field == "cancelUri":
        platform.file = platform.lines() + b'{"id":"x","cancelUri":"https://evil.example/cancel/x"}\n'
    else:
        hook[field] = "https://evil.example/rest/1/sendgate/b-000001/items"
    async with room(tmp_path / "home", platform) as made:
        hold = await made.settled(hook)
        assert hold.state == "held_back"
        assert "evil.example" in str(hold.notice)
        assert {call.kind for call in platform.calls} <= ({"items"} if field == "cancelUri" else set())


async def test_an_unknown_action_is_held_back_until_it_has_a_meaning(tmp_path: Path) -> None:
    platform = GatePlatform.of(3)
    async with room(tmp_path / "home", platform, **with_codes(platform)) as made:
        await made.gates.pools.add("spring", ["A-1", "A-2", "A-3"])
        await made.change(meanings=())
        hold = await made.settled(platform.hook(actions=[CODE]))
        assert (hold.state, hold.unknown_actions) == ("held_back", ("promo-code",))
        assert "promo-code" in str(hold.notice)
        await made.change(**with_codes(platform))
        await made.holds.answer(hold.id)
        hold = await made.holds.settle(hold.id)
        assert hold.state == "finished", hold.notice
        assert len(platform.codes()) == 3


async def test_an_empty_pool_is_named_with_what_it_lacks(tmp_path: Path) -> None:
    platform = GatePlatform.of(5, rejected=[1])
    async with room(tmp_path / "home", platform, **with_codes(platform)) as made:
        await made.gates.pools.add("spring", ["A-1", "A-2"])
        hold = await made.settled(platform.hook(actions=[CODE]))
        assert hold.state == "held_back"
        assert "“spring” has too few codes: 2" in str(hold.notice)
        assert not platform.made("write")
        await made.gates.pools.add("spring", ["A-3", "A-4"])
        await made.holds.answer(hold.id)
        hold = await made.holds.settle(hold.id)
        assert hold.state == "finished"
        assert len(set.union(*platform.codes().values())) == 4


async def test_a_consent_list_decides_where_the_action_asks_for_it(tmp_path: Path) -> None:
    platform = GatePlatform.of(4)
    meaning = Meaning(identifier="check-consent", does=CheckConsent(consent_list="sms"))
    async with room(tmp_path / "home", platform, meanings=(meaning,)) as made:
        lists = made.gates.lists
        await asyncio.to_thread(
            lists.import_lines, "sms", ["contact-00001", "contact-00004"], made.gates.house.clock.now()
        )
        hold = await made.settled(
            platform.hook(actions=[Action(identifier="check-consent").model_dump(exclude={"level"})])
        )
        assert hold.state == "finished", hold.notice
        assert platform.finishes == [frozenset({"contact-00002", "contact-00003"})]


async def test_a_crash_while_deciding_begins_anew_with_the_same_codes(tmp_path: Path) -> None:
    platform = GatePlatform.of(50, rejected=[7])
    async with room(tmp_path / "home", platform, **with_codes(platform)) as made:
        await made.gates.pools.add("spring", [f"C-{n}" for n in range(49)])  # not one to spare
        id = await made.receive(platform.hook(actions=[CODE]))
        add = made.gates.holds.add_items

        async def dies(*_: object) -> None:
            raise asyncio.CancelledError

        made.gates.holds.add_items = dies  # type: ignore[method-assign]
        with pytest.raises(asyncio.CancelledError):
            await made.holds.settle(id)
        made.gates.holds.add_items = add  # type: ignore[method-assign]
        hold = await made.holds.settle(id)
        assert hold.state == "finished", hold.notice
        assert len(set.union(*platform.codes().values())) == 49


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once: how long is waited is the clock's."""
    monkeypatch.setattr("workbench.services.deciding.RETRIES_S", (0.0, 0.0, 0.0))
