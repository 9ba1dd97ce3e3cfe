"""Snippets of integrations and of entries: no secret in them, each placeholder named, and the proof in both directions."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from workbench import Contact, Header, Settings, Workbench
from workbench.errors import Forbidden, Invalid, MissingVariable, NotFound, Refused
from workbench.models.base import SecretRef
from workbench.models.journal import Entry, EntryFilter
from workbench.models.snippet import Dialect, Snippet

from .conftest import PLANTED, basic
from .test_integrations import draft_of

PLAIN: list[Dialect] = ["curl", "python_httpx", "python_requests", "php_curl", "javascript_fetch", "httpie"]
EVENT_URL = "https://events.sendpulse.com/events/id/0123456789abcdef0123456789abcdef/7654321"
EVENT = Contact(
    identifiers={"email": "ana@example.com"},
    variables={"event": {"email": "ana@example.com", "name": "A\"n'a", "products": [{"id": "1"}]}},
)


async def save(bench: Workbench, settings: Settings) -> str:
    return (await bench.integrations.save(await draft_of(bench, settings))).id


def sendpulse(kind: str, endpoint: str, **credential: object) -> Settings:
    return Settings(
        name=f"Event {endpoint}", channel="event", provider="sendpulse", endpoint=endpoint, credential_kind=kind,
        credential=credential, payload='"{{ event }}"', allow_several=True,
    )  # fmt: skip


def holds(snippets: list[Snippet], *secrets: str) -> list[str]:
    """Return which secrets stand anywhere in the snippets, in whatever form."""
    text = json.dumps([one.model_dump(mode="json") for one in snippets], default=str)
    return [secret for secret in secrets if secret in text]


async def test_every_dialect_of_an_integration_names_its_secrets_and_holds_none(
    bench: Workbench, secret: SecretRef, ana: Contact
) -> None:
    id = await save(bench, basic(secret))
    made = await bench.snippets.of(id, ana)
    assert [one.dialect for one in made] == PLAIN
    assert holds(made, PLANTED, "pl4nted") == []
    for one in made:
        assert [(place.name, place.title) for place in one.placeholders] == [("CUSTOM_X_KEY", "X-Key")]
        assert "CUSTOM_X_KEY" in one.text
        assert "ana@example.com" in one.text
        assert one.differences == ()
        assert one.needs
    assert [
        one.dialect for one in await bench.snippets.of("Cart reminders", ana, None, ["httpie", "curl"])
    ] == ["httpie", "curl"]
    other = await bench.snippets.of(id, ana, '{"other": true}', ["curl"])
    assert '{"other":true}' in other[0].text


async def test_what_keeps_a_request_back_keeps_its_snippet_back(
    bench: Workbench, secret: SecretRef, ana: Contact
) -> None:
    id = await save(bench, basic(secret))
    with pytest.raises(NotFound):
        await bench.snippets.of("nobody", ana)
    with pytest.raises((MissingVariable, Invalid)):
        await bench.snippets.of(id, Contact(identifiers={"email": "ana@example.com"}))
    with pytest.raises(Invalid):
        await bench.snippets.of(id, ana.model_copy(update={"identifiers": {"email": "no address"}}))
    with pytest.raises(Refused, match="sends events by SendPulse's REST API only"):
        await bench.snippets.of(id, ana, None, ["python_sendpulse"])
    with pytest.raises(Refused, match="sends events by SendPulse's REST API only"):
        await bench.snippets.prove(id, ana, "php_sendpulse")


async def test_a_body_that_no_page_should_show_is_refused(
    house: Workbench, secret: SecretRef, ana: Contact
) -> None:
    id = await save(house, basic(secret))
    large = ana.model_copy(update={"variables": {**ana.variables, "first_name": "x" * (1024 * 1024)}})
    for asked in (house.snippets.of(id, large), house.snippets.prove(id, large, "curl")):
        with pytest.raises(Refused, match="code shows 1048576 at most"):
            await asked


async def test_an_event_by_rest_has_its_sdks(house: Workbench) -> None:
    key = house.house.vault.seal_text(PLANTED)
    id = await save(house, sendpulse("sendpulse_api_key", "rest", api_key=key.model_dump(), event="a b"))
    made = {one.dialect: one for one in await house.snippets.of(id, EVENT)}
    assert list(made) == [*PLAIN, "php_sendpulse", "python_sendpulse"]
    assert holds(list(made.values()), PLANTED) == []
    assert made["curl"].placeholders[0].name == "SENDPULSE_API_KEY"
    assert "https://api.sendpulse.com/events/name/a%20b" in made["python_httpx"].text
    assert [place.name for place in made["php_sendpulse"].placeholders] == [
        "SENDPULSE_ID",
        "SENDPULSE_SECRET",
    ]
    assert any("certificate" in str(sentence) for sentence in made["php_sendpulse"].differences)


async def test_a_token_is_a_variable_and_none_is_fetched(house: Workbench) -> None:
    secret = house.house.vault.seal_text(PLANTED)
    settings = sendpulse(
        "oauth2", "rest", client_id="id-1", client_secret=secret.model_dump(), event="registration"
    )
    id = await save(house, settings)
    [one] = await house.snippets.of(id, EVENT, None, ["curl"])
    assert 'Authorization: Bearer \'"$SENDPULSE_ACCESS_TOKEN"' in one.text
    assert holds([one], PLANTED, "fetched when") == []
    assert await house.activity.entries(EntryFilter(kind="token")) == []


@pytest.mark.parametrize("endpoint", ["raw", "form", "urlencoded"])
async def test_an_address_that_is_a_secret_is_a_variable_as_a_whole(house: Workbench, endpoint: str) -> None:
    address = house.house.vault.seal_text(EVENT_URL)
    id = await save(house, sendpulse("sendpulse_event_url", endpoint, event_url=address.model_dump()))
    made = await house.snippets.of(id, EVENT)
    assert [one.dialect for one in made] == PLAIN
    assert holds(made, "0123456789abcdef", "7654321") == []
    for one in made:
        assert [place.name for place in one.placeholders] == ["SENDPULSE_EVENT_ADDRESS"]
        assert [str(sentence) for sentence in one.differences] == [
            "The address itself is a secret here: whoever has it can send. It stands in a variable too."
        ]
    proof = await house.snippets.prove(id, EVENT, "python_httpx")
    assert (proof.ran, proof.same, proof.differences) == (True, True, ())


async def test_a_proof_runs_the_snippet_and_the_same_bytes_arrive(
    bench: Workbench, secret: SecretRef, ana: Contact
) -> None:
    id = await save(bench, basic(secret))
    proof = await bench.snippets.prove(id, ana, "python_httpx")
    assert (proof.ran, proof.same, proof.reason, proof.differences) == (True, True, None, ())
    able = {one.dialect: one.reason for one in await bench.snippets.provable()}
    assert able["python_httpx"] is None
    assert able["php_sendpulse"] is not None


async def test_two_proofs_at_once_do_not_mix(house: Workbench, secret: SecretRef, ana: Contact) -> None:
    id = await save(house, basic(secret))
    bela = ana.model_copy(update={"identifiers": {"email": "bela@example.com"}})
    proofs = await asyncio.gather(*(house.snippets.prove(id, one, "python_httpx") for one in (ana, bela)))
    assert [proof.same for proof in proofs] == [True, True]


async def test_a_proof_tells_a_difference(house: Workbench, secret: SecretRef, ana: Contact) -> None:
    if not shutil.which("node"):
        pytest.skip("node is not on this machine")
    settings = basic(secret).model_copy(
        update={"headers": (Header(name="X-Tag", value="1"), Header(name="Expect", value="100-continue"))}
    )
    id = await save(house, settings)
    proof = await house.snippets.prove(id, ana, "javascript_fetch")
    assert (proof.ran, proof.same) == (True, False)
    assert [str(one) for one in proof.differences] == ["Header expect: it did not arrive."]


async def test_a_snippet_that_breaks_is_told_with_its_last_words(
    house: Workbench, secret: SecretRef, ana: Contact
) -> None:
    from workbench.adapters.interpreters import Interpreters

    broken = house.house.home.folder / "python"
    broken.write_text("#!/bin/sh\necho out of order\nexit 1\n")
    broken.chmod(0o755)
    house.snippets._interpreters = Interpreters(python=broken)
    id = await save(house, basic(secret))
    proof = await house.snippets.prove(id, ana, "python_httpx")
    assert (proof.ran, proof.same) == (True, False)
    assert str(proof.reason) == "The snippet ran, but no request arrived. Its last words: out of order"


async def test_a_language_that_is_not_here_is_said_and_nothing_is_run(
    house: Workbench, secret: SecretRef, ana: Contact, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    id = await save(house, basic(secret))
    proof = await house.snippets.prove(id, ana, "javascript_fetch")
    assert (proof.ran, proof.same) == (False, False)
    assert str(proof.reason) == "JavaScript (fetch) cannot be run here. Install it first: Node 18."


async def test_a_viewer_reads_snippets_and_runs_none(
    house: Workbench, connected, secret: SecretRef, ana: Contact
) -> None:  # type: ignore[no-untyped-def]
    id = await save(house, basic(secret))
    viewer = connected("viewer")
    assert len(await viewer.snippets.of(id, ana)) == len(PLAIN)
    with pytest.raises(Forbidden):
        await viewer.snippets.prove(id, ana, "curl")
    with pytest.raises(Forbidden):
        await viewer.snippets.provable()


# -- from the activity ---------------------------------------------------------------------------------------------------


async def test_an_entry_becomes_a_snippet_whose_masks_are_variables(
    bench: Workbench, secret: SecretRef, ana: Contact
) -> None:
    id = await save(bench, basic(secret))
    sent = await bench.delivery.send(id, ana)
    made = await bench.snippets.of_entry(sent.entry.id)
    assert [one.dialect for one in made] == PLAIN
    assert holds(made, PLANTED, "ana@example.com", "****") == []
    names = {place.name: place.title for place in made[0].placeholders}
    assert names == {
        "CUSTOM_X_KEY": "X-Key",
        "CUSTOM_ACCESS_TOKEN": "access token or key",
        "RECIPIENT": "the recipient",
    }
    assert '"to":"\'"$RECIPIENT"\'"' in made[0].text
    assert "POST" in made[0].text
    assert "https://esp.example.com/v1/send" in made[0].text


async def test_an_entry_without_a_request_is_refused_with_a_way_out(house: Workbench) -> None:
    entry = Entry(id="ent_1", at=house.house.clock.now(), kind="change", mode="rehearsal", who="me")
    await house.house.journal.append(entry)
    with pytest.raises(Refused, match="kept no request"):
        await house.snippets.of_entry("ent_1")
    with pytest.raises(NotFound):
        await house.snippets.of_entry("ent_2")


async def test_an_entry_whose_integration_is_gone_still_becomes_one(
    house: Workbench, secret: SecretRef, ana: Contact
) -> None:
    id = await save(house, basic(secret))
    sent = await house.delivery.send(id, ana)
    await house.integrations.delete(id)
    made = await house.snippets.of_entry(sent.entry.id)
    assert {place.name for place in made[0].placeholders} == {
        "CUSTOM_X_KEY",
        "CUSTOM_ACCESS_TOKEN",
        "RECIPIENT",
    }


async def test_bytes_that_the_activity_could_not_keep_are_told(
    house: Workbench, secret: SecretRef, ana: Contact
) -> None:
    id = await save(house, basic(secret))
    sent = await house.delivery.send(id, ana)
    assert sent.entry.request is not None
    lost = sent.entry.request.model_copy(update={"body": "a\ufffdb"})
    await house.house.journal.append(sent.entry.model_copy(update={"id": "ent_lost", "request": lost}))
    made = await house.snippets.of_entry("ent_lost")
    assert all("not the one that was sent" in str(one.differences[0]) for one in made)


async def test_nothing_of_a_proof_stays_on_the_disk(house: Workbench, secret: SecretRef) -> None:
    id = await save(house, basic(secret))
    contact = Contact(
        identifiers={"email": "pl4nted@example.com"}, variables={"subject": "s", "first_name": "Pl4nted"}
    )
    await house.snippets.of(id, contact)
    await house.snippets.prove(id, contact, "python_httpx")
    found = [
        path
        for path in house.house.home.folder.rglob("*")
        if path.is_file() and b"l4nted" in path.read_bytes()
    ]
    assert found == []
