"""Code pools, on a real SQLite and a real PostgreSQL: each code goes out once, whoever asks, and whatever is killed when."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.adapters import code_pools as module
from workbench.adapters.code_pools import AT_ONCE, LONGEST, CodePools
from workbench.adapters.database import Database
from workbench.adapters.home import Home, open_home
from workbench.errors import Invalid, NotFound, Refused

OPENS = """
import asyncio, json, os, sys
from pathlib import Path
import sqlalchemy
from workbench.adapters.code_pools import CodePools
from workbench.adapters.database import Database
from workbench.adapters.home import open_home

home, url, hold, batches = sys.argv[1:]
database = Database.open(url or None, open_home(Path(home)))
pools = CodePools(database)

def die(*_):
    os.kill(os.getpid(), 9)

def write_and_die(work, taken=None, write=database.write_now):
    write(work, taken)
    die()
"""
DIES_BEFORE_THE_COMMIT = 'sqlalchemy.event.listen(database._writing, "commit", die)'
DIES_AFTER_THE_COMMIT = "database.write_now = write_and_die"
TAKES = """
async def take():
    return [await pools.take("spring", hold, [f"{batch}-{n}" for n in range(20)]) for batch in range(int(batches))]

print("ready", flush=True)
sys.stdin.readline()
print(json.dumps(asyncio.run(take())))
"""


@pytest.fixture
def pools(database: Database) -> CodePools:
    return CodePools(database)


def codes(count: int) -> list[str]:
    return [f"CODE-{n}" for n in range(1, count + 1)]


async def test_codes_go_out_in_their_order_and_each_once(pools: CodePools) -> None:
    pool = await pools.add("spring", ["A", " B ", "a", "C"])
    assert (pool.key, pool.total, pool.taken, pool.left, pool.doubles) == ("spring", 4, 0, 4, 0)
    assert await pools.take("spring", "hld_1", ["ana", "bo"]) == ["A", "B"]
    assert await pools.take("spring", "hld_2", ["ana", "bo", "cy"]) == ["a", "C", None]
    pool = await pools.pool("spring")
    assert (pool.total, pool.taken, pool.left) == (4, 4, 0)
    assert [await pools.codes_of(hold) for hold in ("hld_1", "hld_2", "hld_3")] == [2, 2, 0]


async def test_the_same_contact_of_a_hold_gets_the_same_code_again(pools: CodePools) -> None:
    await pools.add("spring", codes(5))
    first = await pools.take("spring", "hld_1", ["ana", "bo", "ana"])
    assert first == ["CODE-1", "CODE-2", "CODE-1"]
    assert await pools.take("spring", "hld_1", ["cy", "bo", "ana"]) == ["CODE-3", "CODE-2", "CODE-1"]
    assert await pools.take("spring", "hld_1", []) == []
    assert await pools.take("spring", "hld_1", ["Ana", "a" * 5000, "\udc00"]) == ["CODE-4", "CODE-5", None]
    await pools.add("spring", ["late"])
    assert await pools.take("spring", "hld_1", ["\udc00", "ana"]) == ["late", "CODE-1"]
    assert (await pools.pool("spring")).taken == 6


async def test_pools_do_not_mix(pools: CodePools) -> None:
    for key in ("winter", "spring"):
        await pools.add(key, [f"{key}-1", "SAME"])
    assert [pool.key for pool in await pools.pools()] == ["spring", "winter"]
    assert await pools.take("winter", "hld_1", ["ana"]) == ["winter-1"]
    assert await pools.take("spring", "hld_1", ["bo", "ana"]) == ["spring-1", "SAME"]
    assert await pools.codes_of("hld_1") == 3
    assert [pool.left for pool in await pools.pools()] == [0, 1]


async def test_what_the_pool_has_already_is_left_out_and_counted(pools: CodePools) -> None:
    assert (await pools.add("spring", ["A", "B", "A "])).doubles == 1
    await pools.take("spring", "hld_1", ["ana"])
    pool = await pools.add("spring", ["C", "A", "B", "D", "C"])
    assert (pool.total, pool.taken, pool.left, pool.doubles) == (4, 1, 3, 3)
    assert await pools.take("spring", "hld_2", ["1", "2", "3", "4"]) == ["B", "C", "D", None]


async def test_thousands_are_added_and_taken_in_pieces(
    pools: CodePools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PIECE", 700)
    many = codes(3 * AT_ONCE)
    assert (await pools.add("spring", many[:900])).total == 900
    pool = await pools.add("spring", many)
    assert (pool.total, pool.doubles) == (len(many), 900)
    contacts = [f"contact {n}" for n in range(len(many))]
    assert await pools.take("spring", "hld_1", contacts) == many
    assert await pools.take("spring", "hld_1", contacts[::-1]) == many[::-1]
    await pools.delete("spring")
    assert await pools.pools() == []


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("x" * (LONGEST + 1), "The code in line 2 has 201 characters; at most 200"),
        ("s3cr\x00et", "The code in line 2 holds an invisible control character"),
        ("s3cr\tet", "The code in line 2 holds an invisible control character"),
        ("s3cr\udc00et", "The code in line 2 holds an invisible control character"),
    ],
)
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_what_cannot_be_a_code_is_refused_with_its_line_and_nothing_is_added(
    pools: CodePools, code: str, says: str
) -> None:
    with pytest.raises(Invalid, match=says) as caught:
        await pools.add("spring", ["first", code, "x" * LONGEST, code])
    assert [problem.line for problem in caught.value.problems] == [2, 4]
    assert not any("s3cr" in str(problem.sentence) for problem in caught.value.problems)
    assert await pools.pools() == []


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_a_wrong_file_is_not_told_line_by_line(pools: CodePools) -> None:
    with pytest.raises(Invalid) as caught:
        await pools.add("spring", ["a\x00"] * 100_000)
    assert len(caught.value.problems) == 20


@pytest.mark.parametrize("key", ["", "Spring", "spring sale", "-spring", "s" * 41, "../spring", "é"])
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_a_pool_has_a_plain_name(pools: CodePools, key: str) -> None:
    with pytest.raises(Refused, match="cannot name a code pool"):
        await pools.add(key, ["A"])


async def test_a_pool_that_is_not_there_is_told(pools: CodePools) -> None:
    for asked in (pools.pool("x"), pools.take("x", "hld_1", ["ana"]), pools.delete("x")):
        with pytest.raises(NotFound, match="no code pool “x”"):
            await asked


async def test_codes_that_never_left_are_free_again_in_their_old_places(pools: CodePools) -> None:
    await pools.add("spring", codes(4))
    await pools.add("winter", ["W"])
    await pools.take("spring", "hld_1", ["ana", "bo"])
    await pools.take("winter", "hld_1", ["ana"])
    await pools.take("spring", "hld_2", ["cy"])
    assert await pools.give_back("hld_1") == 3
    assert [await pools.give_back(hold) for hold in ("hld_1", "hld_3")] == [0, 0]
    assert [(pool.key, pool.taken) for pool in await pools.pools()] == [("spring", 1), ("winter", 0)]
    assert await pools.take("spring", "hld_3", ["1", "2", "3", "4"]) == ["CODE-1", "CODE-2", "CODE-4", None]
    assert await pools.take("spring", "hld_2", ["cy"]) == ["CODE-3"]


async def test_a_deleted_pool_is_forgotten_and_may_come_again(pools: CodePools, database: Database) -> None:
    await pools.add("spring", codes(3))
    await pools.add("winter", codes(2))
    await pools.take("spring", "hld_1", ["ana"])
    await pools.delete("spring")
    count = sa.select(sa.func.count()).select_from(module._codes)
    assert await database.read(lambda connection: connection.scalar(count)) == 2
    assert await pools.codes_of("hld_1") == 0
    assert (await pools.add("spring", ["new"])).total == 1
    assert await pools.take("spring", "hld_1", ["ana", "bo"]) == ["new", None]
    assert await pools.take("winter", "hld_1", ["ana"]) == ["CODE-1"]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_no_contact_stands_in_the_database(pools: CodePools, home: Home) -> None:
    await pools.add("spring", codes(3))
    await pools.take("spring", "hld_1", ["ana@example.com"])
    written = b"".join(path.read_bytes() for path in home.folder.glob("journal.sqlite*"))
    assert b"CODE-1" in written
    assert b"ana@" not in written


async def test_tasks_that_take_at_the_same_time_share_no_code(url: str | None, home: Home) -> None:
    databases = [Database.open(url, home) for _ in range(3)]
    pools = [CodePools(database) for database in databases]
    await pools[0].add("spring", codes(200))
    taken = await asyncio.gather(
        *(
            pools[n % 3].take("spring", f"hld_{n % 4}", [f"{n}-{contact}" for contact in range(10)])
            for n in range(24)
        )
    )
    given = [code for batch in taken for code in batch]
    assert len(given) == 240
    assert given.count(None) == 40
    assert sorted(code for code in given if code) == sorted(codes(200))
    assert (await pools[0].pool("spring")).left == 0
    for database in databases:
        await database.close()


def process(home: Home, url: str | None, hold: str, batches: int, dies: str = "") -> subprocess.Popen[str]:
    """Start a process that takes batches of 20, once it is told to begin."""
    program = OPENS + dies + TAKES
    words = [sys.executable, "-c", program, str(home.folder), url or "", hold, str(batches)]
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def begin(*started: subprocess.Popen[str]) -> None:
    for one in started:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    for one in started:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()


async def test_four_processes_get_every_code_once(pools: CodePools, url: str | None, home: Home) -> None:
    await pools.add("spring", codes(1000))
    takers = [process(home, url, f"hld_{n}", 13) for n in range(4)]
    begin(*takers)
    taken = [json.loads(taker.communicate()[0]) for taker in takers]
    each = [[code for batch in batches for code in batch] for batches in taken]
    given = [code for some in each for code in some]
    assert len(given) == 1040
    assert given.count(None) == 40
    assert sorted(code for code in given if code) == sorted(codes(1000))
    for n, some in enumerate(each):
        numbers = [int(code.removeprefix("CODE-")) for code in some if code]
        assert numbers == sorted(numbers)  # the order of the pool, as far as this one saw it
        assert await pools.codes_of(f"hld_{n}") == len(numbers)
        assert await pools.take("spring", f"hld_{n}", [f"3-{m}" for m in range(20)]) == taken[n][3]


@pytest.mark.parametrize(
    ("dies", "kept"), [(DIES_BEFORE_THE_COMMIT, 0), (DIES_AFTER_THE_COMMIT, 20)], ids=["before", "after"]
)
async def test_who_was_killed_in_the_middle_gets_the_same_codes_again(
    pools: CodePools, url: str | None, home: Home, dies: str, kept: int
) -> None:
    await pools.add("spring", codes(60))
    killed = process(home, url, "hld_1", 1, dies)
    begin(killed)
    out, _ = killed.communicate()
    assert (killed.returncode, out) == (-9, "")
    assert await pools.codes_of("hld_1") == kept
    assert (await pools.pool("spring")).taken == kept
    contacts = [f"0-{n}" for n in range(20)]
    assert await pools.take("spring", "hld_2", ["other"]) == [f"CODE-{kept + 1}"]
    expected = codes(20) if kept else [f"CODE-{n}" for n in range(2, 22)]
    assert await pools.take("spring", "hld_1", contacts) == expected


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.lists(st.integers(0, 12), max_size=6)),
        st.tuples(st.just("take"), st.tuples(st.integers(0, 2), st.lists(st.integers(0, 5), max_size=4))),
        st.tuples(st.just("give back"), st.integers(0, 2)),
    ),
    max_size=12,
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Database:
    return Database.open(None, open_home(tmp_path_factory.mktemp("codes")))


@settings(max_examples=15)
@given(steps=STEPS)
def test_any_course_of_events_is_that_of_a_plain_list(
    shared: Database, steps: list[tuple[str, object]]
) -> None:
    asyncio.run(follow(CodePools(shared), steps))


async def follow(pools: CodePools, steps: list[tuple[str, object]]) -> None:
    """Do the steps in the database and in a plain list."""
    await pools.add("spring", [])
    order: list[str] = []
    owner: dict[str, tuple[str, str]] = {}
    for step, what in steps:
        if step == "add":
            new = [str(number) for number in what]  # type: ignore[attr-defined]
            added = list(dict.fromkeys(code for code in new if code not in order))
            order += added
            assert (await pools.add("spring", new)).doubles == len(new) - len(added)
        elif step == "take":
            hold, contacts = f"hld_{what[0]}", [str(n) for n in what[1]]  # type: ignore[index]
            for contact in contacts:
                free = [code for code in order if code not in owner]
                if free and (hold, contact) not in owner.values():
                    owner[free[0]] = (hold, contact)
            has = {whose: code for code, whose in owner.items()}
            expected = [has.get((hold, contact)) for contact in contacts]
            assert await pools.take("spring", hold, contacts) == expected
        else:
            back = [code for code, whose in owner.items() if whose[0] == f"hld_{what}"]
            assert await pools.give_back(f"hld_{what}") == len(back)
            for code in back:
                del owner[code]
        pool = await pools.pool("spring")
        assert (pool.total, pool.taken) == (len(order), len(owner))
    for hold in range(3):
        await pools.give_back(f"hld_{hold}")
    await pools.delete("spring")


async def test_empty_lines_are_passed_over_and_counted(pools: CodePools) -> None:
    assert (await pools.add("spring", ["A1", "", "  ", "A2"])).total == 2
    with pytest.raises(Invalid) as caught:
        await pools.add("spring", ["", "B\x00"])
    assert [problem.line for problem in caught.value.problems] == [2]
