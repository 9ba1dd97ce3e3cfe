from __future__ import annotations

import asyncio
import re
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.conftest import PlainFolder
from tests.databases import own_schema, with_options
from workbench.adapters import database as module
from workbench.adapters.clock import new_id
from workbench.adapters.database import Migration
from workbench.adapters.home import Home, open_home
from workbench.adapters.journal import MIGRATIONS, Journal
from workbench.errors import CannotWrite, Damaged, NotFound, Refused, StorageFault, TooNew
from workbench.models.journal import Entry, EntryFilter, OutcomeSpan
from workbench.models.request import Outcome, ReplyView, RequestView
from workbench.sentence import say

START = datetime(2026, 3, 1, tzinfo=UTC)
ALL = EntryFilter(limit=1000)
Opener = Callable[..., Journal]


def entry(number: int = 0, **fields: Any) -> Entry:
    made = {
        "id": new_id("ent"),
        "at": START + timedelta(minutes=number),
        "kind": "send",
        "mode": "rehearsal",
        "who": "ana",
    }
    return Entry.model_validate({**made, **fields})


def full_entry() -> Entry:
    return entry(
        integration_id="int_1",
        integration_name="Boletim Diário",
        provider="sendgrid",
        recipient="a***@example.com #3f9a1c",
        fingerprint="3f9a1c",
        request=RequestView(
            method="POST",
            url="https://API.SendGrid.com:443/v3/mail/send?x=1",
            headers=(("Authorization", "Bearer ****"), ("X-Two", "a"), ("X-Two", "b")),
            body='{"a": "\0 100% _ \\ \N{GRINNING FACE}"}',
            size=12,
        ),
        reply=ReplyView(
            status=400,
            headers=(("a", "b"),),
            body="x" * 70_000,
            elapsed_ms=1.25,
            cut=True,
            json_body={"n": [10**30, 1.5, None]},
        ),
        outcome=Outcome(
            kind="refused",
            sentence=say("It said {why}.", why=say("No {what}", what="Umlaut Ä")),
            ids=("a", "b"),
            retry_after_s=2.5,
        ),
        curl="curl ...",
        detail="d",
        previous="ent_0",
    )


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str | None:
    """None for a file in the home; else a PostgreSQL URL with a schema of the test's own."""
    if request.param == "sqlite":
        return None
    return own_schema(request.getfixturevalue("postgres_url"))


@pytest.fixture
async def opened(url: str | None, home: Home) -> AsyncIterator[Opener]:
    """Opens the journal, again and again; closes all at the end."""
    journals: list[Journal] = []

    def open_it(migrations: Mapping[int, Migration] = MIGRATIONS, more: str = "") -> Journal:
        journals.append(Journal.open(with_options(url, more) if url and more else url, home, migrations))
        return journals[-1]

    yield open_it
    for journal in journals:
        await journal.close()


@pytest.fixture
def journal(opened: Opener) -> Journal:
    return opened()


async def ids(journal: Journal, **wanted: Any) -> list[str]:
    return [found.id for found in await journal.entries(EntryFilter(**{"limit": 1000, **wanted}))]


async def test_an_entry_comes_back_whole(journal: Journal, opened: Opener) -> None:
    kept = full_entry()
    await journal.append(kept)
    assert await journal.entry(kept.id) == kept
    assert await opened().entries(ALL) == [kept]


async def test_it_says_what_it_is(journal: Journal, url: str | None) -> None:
    assert journal.kind == ("postgresql" if url else "sqlite")
    assert journal.notices == []


async def test_what_is_not_there_is_not_found(journal: Journal) -> None:
    with pytest.raises(NotFound, match="not in the journal"):
        await journal.entry("ent_0")
    assert await journal.last("int_0") is None


async def test_many_are_added_together_or_not_at_all(journal: Journal) -> None:
    many = [entry(number) for number in range(1201)]
    await journal.append_many(many)
    await journal.append_many([])
    assert await journal.count(EntryFilter()) == 1201
    again = [entry() for _ in range(600)] + [many[0]]
    with pytest.raises(Refused, match="in the journal already"):
        await journal.append_many(again)
    assert await journal.count(EntryFilter()) == 1201


async def test_nothing_can_change_an_entry(journal: Journal) -> None:
    kept = full_entry()
    await journal.append(kept)
    with pytest.raises(Refused):
        await journal.append(kept.model_copy(update={"detail": "other"}))
    assert await journal.entry(kept.id) == kept
    assert not [
        name
        for name in dir(Journal)
        if re.search("update|edit|change|replace|set", name) and not name.startswith("_")
    ]


async def test_the_newest_come_first_page_by_page(journal: Journal) -> None:
    many = [entry(number) for number in range(23)]
    await journal.append_many(many[:11])
    await journal.append_many(many[11:])
    newest_first = [one.id for one in reversed(many)]
    assert await ids(journal) == newest_first
    pages: list[list[str]] = []
    while not pages or pages[-1]:
        pages.append(await ids(journal, limit=5, before=pages[-1][-1] if pages else None))
    assert [len(page) for page in pages] == [5, 5, 5, 5, 3, 0]
    assert [id for page in pages for id in page] == newest_first
    assert await ids(journal, limit=0) == await ids(journal, limit=-1) == []


async def test_a_page_goes_on_where_it_was_when_entries_come_and_go(journal: Journal) -> None:
    many = [entry(number) for number in range(10)]
    await journal.append_many(many)
    first = await ids(journal, limit=4)
    await journal.append(entry(11))
    await journal.purge(START + timedelta(minutes=3))
    assert await ids(journal, limit=4, before=first[-1]) == [many[number].id for number in (5, 4, 3)]


async def test_every_filter_narrows_and_all_together(journal: Journal) -> None:
    outcomes = {
        kind: Outcome(kind=kind, sentence=say("It is {what}.", what=kind)) for kind in ("accepted", "refused")
    }
    one = entry(0, kind="test", integration_id="int_1", outcome=outcomes["refused"])
    two = entry(1, kind="send", integration_id="int_1", outcome=outcomes["accepted"], mode="live")
    three = entry(2, kind="send", integration_id="int_2", outcome=outcomes["accepted"])
    four = entry(3, kind="change")
    await journal.append_many([one, two, three, four])
    expected: list[tuple[dict[str, Any], list[Entry]]] = [
        ({}, [four, three, two, one]),
        ({"kind": "send"}, [three, two]),
        ({"outcome": "accepted"}, [three, two]),
        ({"outcome": "throttled"}, []),
        ({"mode": "live"}, [two]),
        ({"integration_id": "int_1"}, [two, one]),
        ({"since": one.at + timedelta(minutes=1)}, [four, three, two]),
        ({"until": one.at + timedelta(minutes=1)}, [one]),
        ({"since": two.at, "until": four.at}, [three, two]),
        ({"since": datetime.fromisoformat("2026-03-01T04:02:00+04:00"), "kind": "send"}, [three]),
        (
            {
                "kind": "send",
                "outcome": "accepted",
                "mode": "live",
                "integration_id": "int_1",
                "text": "accept",
            },
            [two],
        ),
        ({"kind": "send", "outcome": "accepted", "mode": "live", "integration_id": "int_2"}, []),
    ]
    for wanted, found in expected:
        assert await ids(journal, **wanted) == [one.id for one in found], wanted
        assert await journal.count(EntryFilter(**wanted, limit=1, before=one.id)) == len(found), wanted
    last = await journal.last("int_1")
    assert last == two


@pytest.mark.parametrize(
    "text",
    [
        "boletim",
        "DIÁRIO",
        "api.sendgrid.com",
        "a***@example.com",
        "#3f9a1c",
        "refused",
        "It said No Umlaut ä",
        "  boletim ",
        "ENDGRID",
    ],
)
async def test_text_is_found_in_name_host_recipient_and_outcome(text: str, journal: Journal) -> None:
    kept = full_entry()
    await journal.append_many([entry(), kept, entry(integration_name="Other")])
    assert await ids(journal, text=text) == [kept.id]


@pytest.mark.parametrize(
    "text", ["%", "_", "\\", "x=1", "Bearer", "100", "'; DROP TABLE workbench_entries; --", "\0", "\ud800"]
)
async def test_text_means_itself_and_bodies_are_not_searched(text: str, journal: Journal) -> None:
    await journal.append(full_entry())
    assert await ids(journal, text=text) == []
    kept = entry(integration_name=f"a{text}b".replace("\ud800", "?"))
    await journal.append(kept)
    assert await ids(journal, text=text) == [kept.id]


async def test_half_a_character_from_a_provider_is_kept_as_a_question_mark(journal: Journal) -> None:
    kept = entry(
        reply=ReplyView(status=200, headers=(), body="", elapsed_ms=1, json_body={"a": "\ud83d!", "ä": 1})
    )
    await journal.append(kept)
    found = await journal.entry(kept.id)
    assert found.reply is not None
    assert found.reply.json_body == {"a": "?!", "ä": 1}


async def test_a_sentence_with_a_time_in_it_is_kept_without_a_warning(journal: Journal) -> None:
    kept = entry(outcome=Outcome(kind="throttled", sentence=say("Not before {when}.", when=START)))
    await journal.append(kept)
    found = await journal.entry(kept.id)
    assert found.outcome is not None
    assert "2026-03-01" in str(found.outcome.sentence)


@pytest.mark.parametrize("address", ["", "not a url", "https://[broken", "https://é.example/x", "//host/x"])
async def test_any_url_can_be_kept(address: str, journal: Journal) -> None:
    kept = entry(request=RequestView(method="GET", url=address, headers=(), body="", size=0))
    await journal.append(kept)
    assert await journal.entry(kept.id) == kept


async def test_outcomes_are_counted_span_by_span(journal: Journal) -> None:
    ok = Outcome(kind="accepted", sentence=say("taken"))
    no = Outcome(kind="refused", sentence=say("refused"))
    begin = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
    ends = [ok, ok, no, ok, None]
    times = [0, 59, 3599, 3600, 5]
    await journal.append_many(
        entry(
            at,
            id=f"ent_o{at}",
            at=begin + timedelta(seconds=seconds),
            kind="send",
            outcome=outcome,
            integration_id="int_1",
            mode="rehearsal",
        )
        for at, (seconds, outcome) in enumerate(zip(times, ends, strict=True))
    )
    await journal.append(entry(9, id="ent_o9", at=begin, kind="token", outcome=ok, integration_id="int_1"))
    wanted = OutcomeSpan(since=begin, until=begin + timedelta(hours=2), span_s=3600)
    found = [(one.at, one.outcome, one.count) for one in await journal.outcomes(wanted)]
    later = begin + timedelta(hours=1)
    assert found == [(begin, "accepted", 2), (begin, "refused", 1), (later, "accepted", 1)]
    assert not await journal.outcomes(wanted.model_copy(update={"integration_id": "int_2"}))


async def test_retention_deletes_what_is_older_and_counts_it(journal: Journal) -> None:
    many = [entry(number) for number in range(10)]
    await journal.append_many(many)
    assert await journal.purge(START + timedelta(minutes=4)) == 4
    assert await ids(journal) == [one.id for one in reversed(many[4:])]
    assert await journal.purge(START + timedelta(minutes=4)) == 0


async def test_what_retention_deletes_is_gone_from_the_file_too(home: Home) -> None:
    journal = Journal.open(None, home)
    kept = entry(detail="a person's own words")
    await journal.append(kept)
    assert any(b"own words" in path.read_bytes() for path in home.folder.iterdir())
    await journal.purge(START + timedelta(days=1))
    assert all(b"own words" not in path.read_bytes() for path in home.folder.iterdir())
    await journal.close()


def test_a_time_without_a_zone_is_not_guessed_at() -> None:
    with pytest.raises(ValueError, match="timezone"):
        entry(at=datetime(2026, 1, 1))  # noqa: DTZ001


async def test_many_at_a_time_lose_nothing(journal: Journal, opened: Opener) -> None:
    journals = [journal, opened(), opened()]
    many = [entry(number) for number in range(300)]
    await asyncio.gather(*(journals[number % 3].append(one) for number, one in enumerate(many)))
    assert set(await ids(journal)) == {one.id for one in many}


async def test_those_who_come_first_together_get_one_journal(opened: Opener) -> None:
    journals = await asyncio.gather(*(asyncio.to_thread(opened) for _ in range(8)))
    await asyncio.gather(*(one.append(entry()) for one in journals))
    assert await journals[0].count(EntryFilter()) == 8


async def test_a_writable_journal_says_nothing_and_keeps_nothing(journal: Journal) -> None:
    await journal.check_writable()
    assert await journal.count(EntryFilter()) == 0


# --- versions ---------------------------------------------------------------------------------------------------------


def add_a_column(connection: sa.Connection) -> None:
    connection.execute(sa.text("ALTER TABLE workbench_entries ADD COLUMN note TEXT DEFAULT 'migrated'"))


def fill_it(connection: sa.Connection) -> None:
    connection.execute(sa.text("UPDATE workbench_entries SET note = note || ' twice'"))


STEPS: dict[int, Migration] = {1: add_a_column, 2: fill_it}


def notes(journal: Journal) -> list[str]:
    return journal.database.read_now(
        lambda connection: list(connection.scalars(sa.text("SELECT note FROM workbench_entries")))
    )


async def test_an_older_journal_is_brought_up_to_date_step_by_step(opened: Opener) -> None:
    kept = full_entry()
    await opened({}).append(kept)
    assert notes(opened({1: add_a_column})) == ["migrated"]
    for _ in range(2):
        assert notes(opened(STEPS)) == ["migrated twice"]
    assert await opened(STEPS).entries(ALL) == [kept]


async def test_a_new_journal_needs_no_migration(opened: Opener) -> None:
    def never(connection: sa.Connection) -> None:
        raise AssertionError

    opened({1: never})
    await opened({1: never}).append(entry())


async def test_a_migration_that_fails_changes_nothing(opened: Opener) -> None:
    await opened({}).append(entry())

    def fail(connection: sa.Connection) -> None:
        add_a_column(connection)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        opened({1: fail})
    assert notes(opened({1: add_a_column})) == ["migrated"]


async def test_a_newer_journal_is_left_untouched(opened: Opener) -> None:
    await opened({}).append(entry())
    opened(STEPS)
    with pytest.raises(TooNew, match="format 3, this one knows 1"):
        opened({})
    assert notes(opened(STEPS)) == ["migrated twice"]


# --- what can go wrong ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_the_file_is_for_its_owner_alone(journal: Journal, home: Home) -> None:
    await journal.append(entry())
    assert {stat.S_IMODE(path.stat().st_mode) for path in home.folder.glob("journal.sqlite*")} == {0o600}
    assert {path.name for path in home.folder.glob("journal.sqlite*")} == {
        "journal.sqlite",
        "journal.sqlite-wal",
        "journal.sqlite-shm",
    }


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("content", [b"not a database at all", b"SQLite format 3\0" + b"\xff" * 4096])
async def test_what_is_no_database_is_set_aside_and_a_new_one_begun(
    content: bytes, opened: Opener, home: Home
) -> None:
    home.path("journal.sqlite").write_bytes(content)
    home.path("journal.sqlite-wal").write_bytes(b"old log")
    journal = opened()
    (aside,) = home.folder.glob("journal.sqlite.damaged-*")
    assert aside.read_bytes() == content
    logs = [path.read_bytes() for path in home.folder.glob("journal.sqlite-wal.damaged-*")]
    assert logs == [b"old log"]
    assert aside.name in str(journal.notices[0])
    await journal.append(entry())
    assert opened().notices == []
    assert await journal.count(EntryFilter()) == 1


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_damage_met_later_is_set_aside_then(opened: Opener, home: Home) -> None:
    journal = opened()
    await journal.append_many([full_entry() for _ in range(50)])
    await journal.close()
    path = home.path("journal.sqlite")
    content = path.read_bytes()
    path.write_bytes(content[:8192] + b"\xa5" * (len(content) - 8192))
    with pytest.raises(Damaged, match="set aside and a new one begun; try again"):
        await journal.entries(ALL)
    assert len(journal.notices) == 1
    assert len(list(home.folder.glob("journal.sqlite.damaged-*"))) == 1
    await journal.append(entry())
    assert await journal.count(EntryFilter()) == 1


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_a_journal_that_another_process_holds_is_said(
    opened: Opener, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUSY_S", 0.02)
    journal = opened()
    kept = entry()
    await journal.append(kept)
    other = sqlite3.connect(home.path("journal.sqlite"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for attempt in (journal.append(entry()), journal.check_writable()):
        with pytest.raises(CannotWrite, match="in use by another process"):
            await attempt
    assert await journal.entries(ALL) == [kept], "reading goes on"
    other.execute("ROLLBACK")
    other.close()
    await journal.check_writable()


async def test_a_journal_in_a_read_only_home_is_said(plain_folder: PlainFolder) -> None:
    home = open_home(plain_folder.path)
    journal = Journal.open(None, home)
    await journal.append(entry())
    await journal.close()
    with plain_folder.read_only():
        with pytest.raises(CannotWrite, match=r"journal\.sqlite cannot be written: you may only read it"):
            await journal.append(entry())
        with pytest.raises(CannotWrite, match="not allowed to write"):
            await journal.check_writable()
        with pytest.raises(CannotWrite, match="not allowed to write"):
            Journal.open(None, home)
    await journal.append(entry())
    assert await journal.count(EntryFilter()) == 2
    await journal.close()


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_a_database_that_is_read_only_is_said(journal: Journal, opened: Opener) -> None:
    kept = entry()
    await journal.append(kept)
    reader = opened(more="-cdefault_transaction_read_only=on")
    assert await reader.entries(ALL) == [kept]
    for attempt in (reader.check_writable(), reader.append(entry()), reader.purge(START)):
        with pytest.raises(CannotWrite, match="you may only read it"):
            await attempt


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("code", "words"),
    [("53100", "no room left"), ("42501", "only read it"), ("55P03", "in use"), ("XX000", "XX000")],
)
async def test_what_postgresql_says_is_told_in_words(code: str, words: str, journal: Journal) -> None:
    with journal.database._engine.begin() as connection:
        connection.execute(
            sa.text(
                "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN RAISE EXCEPTION 'a secret of %', NEW.id USING ERRCODE = '{code}'; END $$"
            )
        )
        connection.execute(
            sa.text(
                "CREATE TRIGGER fail BEFORE INSERT ON workbench_entries FOR EACH ROW EXECUTE FUNCTION fail()"
            )
        )
    with pytest.raises(CannotWrite, match=words) as caught:
        await journal.append(entry())
    assert "a secret of" not in str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_a_database_that_was_started_anew_is_found_again(journal: Journal) -> None:
    await journal.append(entry())
    with pytest.raises(StorageFault, match="does not answer"):
        await asyncio.to_thread(
            journal.database.read_now,
            lambda connection: connection.execute(sa.text("SELECT pg_terminate_backend(pg_backend_pid())")),
        )
    await journal.append(entry())
    assert await journal.count(EntryFilter()) == 2


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_ids_are_compared_by_their_bytes(journal: Journal) -> None:
    collation = journal.database.read_now(
        lambda connection: connection.scalar(
            sa.text(
                "SELECT collation_name FROM information_schema.columns WHERE table_name = 'workbench_entries' AND column_name = 'id'"
            )
        )
    )
    assert collation == "C"


def test_a_database_that_does_not_answer_is_said_without_the_password(home: Home) -> None:
    with pytest.raises(StorageFault, match=r"postgresql.*127\.0\.0\.1:9/team.*does not answer") as caught:
        Journal.open("postgresql://ana:pass-word@127.0.0.1:9/team?password=pass-word", home)
    assert "pass-word" not in str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "url",
    [
        "x",
        "mysql://a:pass-word@b/c",
        "sqlite:///x.db",
        "http://a",
        "postgresql://a:pass/word@b:c/d",
        "postgresql://a:1@b:pass-word/d",
    ],
)
def test_an_address_that_is_not_understood_is_refused_without_repeating_it(url: str, home: Home) -> None:
    with pytest.raises(Refused, match=r"It looks like postgresql://user@host/database") as caught:
        Journal.open(url, home)
    assert "pass" not in str(caught.value)
    assert caught.value.__context__ is None
    assert not home.path("journal.sqlite").exists()


def test_without_the_driver_the_extra_is_named(home: Home) -> None:
    code = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from pathlib import Path\n"
        "from workbench.adapters.home import open_home\nfrom workbench.adapters.journal import Journal\n"
        f"Journal.open('postgresql://a@b/c', open_home(Path({str(home.folder)!r})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert 'pip install "integration-workbench[postgres]"' in done.stderr.splitlines()[-1]


async def test_two_homes_have_two_journals(home: Home, tmp_path: Path) -> None:
    one, two = Journal.open(None, home), Journal.open(None, open_home(tmp_path / "two"))
    await one.append(entry())
    assert await two.count(EntryFilter()) == 0
    await one.close()
    await two.close()


async def test_sentences_that_differ_in_a_value_alone_are_told_apart(journal: Journal) -> None:
    values: list[Any] = [1, True, 1.0, "1", say("1 {n}", n=1)]
    kept = [
        entry(number, outcome=Outcome(kind="accepted", sentence=say("It said <{n}>.", n=value)))
        for number, value in enumerate(values)
    ]
    await journal.append_many(kept)
    for text, numbers in (("<1>", [3, 0]), ("<True>", [1]), ("<1.0>", [2]), ("<1 1>", [4])):
        assert await ids(journal, text=text) == [kept[number].id for number in numbers]
