"""Who did what: every operation that changes something is told to the journal, with the person of the call, also where nothing was sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from hashlib import sha256

import pytest

from workbench import Contact, Settings, Workbench
from workbench.adapters.remote import ServerClient
from workbench.bench import SERVICES
from workbench.engine.operations import operations
from workbench.errors import Forbidden, NotFound, Refused
from workbench.models.base import SecretRef
from workbench.models.journal import Entry
from workbench.models.person import IdentitySettings, Person, Role, Rule
from workbench.models.sms_account import Keyword
from workbench.server import make_app
from workbench.services.changes import CHANGES, CHANGES_NOTHING, WRITES_ITS_OWN

from .conftest import basic


def test_every_operation_above_a_viewers_is_known_for_what_it_changes() -> None:
    roles = {
        f"{name}.{one.name}": one.role
        for name, service in SERVICES.items()
        for one in operations(service).values()
    }
    kinds = (set(CHANGES), set(WRITES_ITS_OWN), set(CHANGES_NOTHING))
    assert sum(map(len, kinds)) == len(set().union(*kinds)), "each stands in one list only"
    known = {name for name in set().union(*kinds) if name.partition(".")[0] in SERVICES}
    assert known == {name for name, role in roles.items() if role != "viewer"}


async def told(house: Workbench) -> list[tuple[str, str | None, str | None]]:
    entries = await house.activity.entries()
    return [(entry.who, entry.detail, entry.integration_name) for entry in reversed(entries)]


async def job_of(bench: Workbench, integration: str) -> str:
    job = (await bench.work.create(integration)).job
    await bench.work.add(
        job.id,
        [Contact(identifiers={"email": "ana@example.com"}, variables={"subject": "s", "first_name": "A"})],
    )
    return job.id


async def saved(bench: Workbench, secret: SecretRef, name: str = "Cart reminders") -> str:
    draft = await bench.integrations.start()
    settings: Settings = basic(secret, name=name)
    return (await bench.integrations.save(draft.model_copy(update={"settings": settings}))).id


async def test_a_job_is_told_step_by_step_with_who_took_it(
    house: Workbench, connected: Callable[[Role], Workbench], secret: SecretRef
) -> None:
    operator, admin = connected("operator"), connected("admin")
    job = await job_of(operator, await saved(operator, secret))
    await operator.work.start(job)
    await house.work.crew.wait(job)
    with pytest.raises(Refused):
        await operator.work.pause(job)  # it has ended: nothing was changed, and nothing is told
    await admin.work.forget(job)
    await admin.work.delete(job)
    entries: list[Entry] = [entry for entry in await house.activity.entries() if entry.kind == "change"]
    steps = [(entry.who, entry.detail, entry.job_id) for entry in reversed(entries)]
    assert steps == [
        ("a operator", "saved", None), ("a operator", "Job made", job), ("a operator", "Job started", job),
        ("a admin", "Job's contacts forgotten", job), ("a admin", "Job deleted", job),
    ]  # fmt: skip
    assert "ana@example.com" not in "".join(entry.model_dump_json() for entry in entries)


async def test_people_keywords_and_secrets_are_told_embedded_and_connected(
    bench: Workbench, house: Workbench
) -> None:
    token = await bench.people.add("Eve", "operator")
    await bench.people.save_identity(IdentitySettings(rules=(Rule(of="anyone"),)))
    await bench.people.remove("Eve")
    kept = await bench.sms_accounts.save_keyword(
        Keyword(id="", word="NEWS", description="", updated_at=house.house.clock.now())
    )
    await bench.sms_accounts.delete_keyword(kept.id)
    await bench.secrets.rotate()
    who = (await bench.about.facts()).person.name
    assert await told(house) == [
        (who, "Person let in", "Eve"), (who, "Ways to come in, and roles, saved", None), (who, "Person's tokens taken back", "Eve"),
        (who, "Keyword saved", "NEWS"), (who, "Keyword deleted", kept.id), (who, "Secrets encrypted with a new key", None),
    ]  # fmt: skip
    assert token not in str(await house.activity.entries())


async def test_an_operation_within_another_is_told_once(
    house: Workbench, connected: Callable[[Role], Workbench]
) -> None:
    operator = connected("operator")
    table = await operator.runs.paste("email,name\nana@example.com,Ana\n")
    with pytest.raises(NotFound):
        await operator.runs.delete("run_none")
    assert await told(house) == [("a operator", "Table given", table.id)]


async def test_what_may_not_be_done_is_not_told(
    house: Workbench, connected: Callable[[Role], Workbench]
) -> None:
    with pytest.raises(Forbidden):
        await connected("viewer").people.add("Eve")
    with pytest.raises(Forbidden):
        await connected("operator").people.save_identity(IdentitySettings())
    assert await told(house) == []


async def test_twenty_people_at_once_stand_with_their_own_names(house: Workbench) -> None:
    people = {
        sha256(f"t{number}".encode()).hexdigest(): Person(name=f"p{number}", role="admin")
        for number in range(20)
    }
    app = make_app(house, people)

    async def work(number: int) -> None:
        async with Workbench.connect(client=ServerClient.in_process(app, f"t{number}")) as bench:
            await bench.people.add(f"guest of p{number}")
            word = Keyword(id="", word=f"WORD{number}", description="", updated_at=house.house.clock.now())
            kept = await bench.sms_accounts.save_keyword(word)
            await bench.sms_accounts.save_keyword(kept.model_copy(update={"description": f"p{number}"}))

    await asyncio.gather(*map(work, range(20)))
    assert len(await house.people.list_all()) == 20
    assert {one.word: one.description for one in await house.sms_accounts.keywords()} == {
        f"WORD{n}": f"p{n}" for n in range(20)
    }
    found = await told_of(house)
    for number in range(20):
        assert found[f"p{number}"] == ["Keyword saved", "Keyword saved", "Person let in"]


async def told_of(house: Workbench) -> dict[str, list[str]]:
    from workbench.models.journal import EntryFilter

    found: dict[str, list[str]] = {}
    for entry in await house.activity.entries(EntryFilter(limit=200)):
        found.setdefault(entry.who, []).append(entry.detail or "")
    return {who: sorted(details) for who, details in found.items()}
