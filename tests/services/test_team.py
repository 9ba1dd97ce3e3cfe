"""A team: workbenches of several machines on one database hold the same, and give a person the same pseudonym."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tests.databases import own_schema
from workbench import Contact, Settings, Workbench
from workbench.adapters.database import named_database
from workbench.errors import Refused
from workbench.models.journal import EntryFilter

ENVIRON = {"WORKBENCH_KEYRING": "off", "WORKBENCH_KEY": Fernet.generate_key().decode()}
PAYLOAD = '{"to": "${User Identifier}"}'
PERSON = Contact(identifiers={"email": "ada@example.com"})


async def test_two_homes_on_one_database_see_and_pseudonymise_the_same(
    tmp_path: Path, postgres_url: str
) -> None:
    url = own_schema(postgres_url)
    environ = {**ENVIRON, "WORKBENCH_DATABASE": url}
    async with (
        Workbench.open(tmp_path / "one", database=url, environ=ENVIRON) as one,
        Workbench.open(tmp_path / "two", environ=environ) as two,
        Workbench.open(tmp_path / "one", environ=ENVIRON) as alone,
    ):
        settings = Settings(name="News", url="https://api.example.com/send", payload=PAYLOAD)
        draft = (await one.integrations.start()).model_copy(update={"settings": settings})
        saved = await one.integrations.save(draft)
        assert [found.id for found in await two.integrations.all()] == [saved.id]
        ref = one.secrets.keep_text("a-key-of-the-tests-0123456789")
        assert await two.secrets.present([ref]) == [True]
        assert two.house.open_secrets([ref])[0] == {ref.handle: "a-key-of-the-tests-0123456789"}
        for bench in (one, two):
            await bench.delivery.send(saved.id, PERSON)
        sent = await one.activity.entries(EntryFilter(kind="send"))
        assert [entry.id for entry in await two.activity.entries(EntryFilter(kind="send"))] == [
            entry.id for entry in sent
        ]
        assert len(sent) == 2
        assert len({entry.recipient for entry in sent}) == 1, "a person has one pseudonym on every machine"
        assert "ada@example.com" not in str(sent)
        facts = [await bench.about.facts() for bench in (one, two, alone)]
        assert facts[0].home == facts[1].home != facts[2].home
        assert one.house.home.salt == two.house.home.salt != alone.house.home.salt
        assert (facts[0].journal, facts[2].journal) == ("postgresql", "sqlite")
        assert await alone.integrations.all() == []
        assert await alone.secrets.present([ref]) == [False]
    assert not [path for path in (tmp_path / "two").glob("*.json") if path.name != "home.json"]


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({}, None),
        ({"WORKBENCH_DATABASE": " "}, None),
        ({"WORKBENCH_DATABASE": "postgresql://a@b/c"}, "postgresql://a@b/c"),
        ({"WORKBENCH_DATABASE": "postgresql://a@b/c", "WORKBENCH_JOURNAL": "x"}, "postgresql://a@b/c"),
    ],
)
def test_the_database_is_named_in_the_environment(environ: dict[str, str], named: str | None) -> None:
    assert named_database(environ) == named


def test_the_variable_s_old_name_is_refused_with_the_new_one(tmp_path: Path) -> None:
    environ = {**ENVIRON, "WORKBENCH_JOURNAL": "postgresql://ada:hidden@host/db"}
    with pytest.raises(Refused, match="WORKBENCH_JOURNAL is now called WORKBENCH_DATABASE") as caught:
        Workbench.open(tmp_path / "home", environ=environ)
    assert "hidden" not in str(caught.value)
