"""Environments: the same integration with other values, promoted after a look, rolled back by one step, and no secret in any file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench import Workbench
from workbench.adapters.clock import new_id
from workbench.engine.promotion import changes, definition_of, secrets_of, settings_of, text_of
from workbench.errors import Forbidden, Invalid, NotFound, Refused
from workbench.models.base import SecretRef
from workbench.models.environment import EnvironmentSet, Promotion
from workbench.models.event import EVENT_PAYLOAD
from workbench.models.integration import Draft, Integration, Settings
from workbench.models.person import Role
from workbench.providers.sendpulse import PROVIDER
from workbench.services.environments import Environments

from .conftest import PLANTED, basic

OTHER = "0ther-s3cret-of-pr0d=="


@pytest.fixture
def environments(house: Workbench) -> Environments:
    return Environments(house.house, house.integrations)


async def saved(house: Workbench, **more: object) -> Integration:
    """A saved integration whose two secrets are its own."""
    vault = house.house.vault
    settings = basic(vault.seal_text(PLANTED)).model_copy(update={"allow_several": True, **more})
    settings = settings.model_copy(
        update={"credential": {"username": "dev", "password": vault.seal_text(PLANTED + "2").model_dump()}}
    )
    return await house.integrations.save(
        Draft(id=new_id("dra"), settings=settings, updated_at=house.house.clock.now())
    )


def secrets(house: Workbench, word: str = OTHER) -> dict[str, SecretRef]:
    vault = house.house.vault
    return {
        "credential.password": vault.seal_text(f"{word}-password"),
        "headers.X-Key": vault.seal_text(f"{word}-key"),
    }


async def edited(house: Workbench, id: str, **more: object) -> Integration:
    draft = await house.integrations.edit(id)
    return await house.integrations.save(
        draft.model_copy(update={"settings": draft.settings.model_copy(update=more)})
    )


async def promoted(house: Workbench, environments: Environments) -> tuple[Integration, str]:
    dev = await saved(house)
    await environments.begin(dev.id)
    look = await environments.promote(dev.id, "dev", "prod")
    found = await environments.apply(look, secrets(house))
    id = found.variant("prod").integration_id
    assert id is not None
    return dev, id


async def test_a_promotion_asks_for_every_secret_and_changes_nothing_before(
    house: Workbench, environments: Environments
) -> None:
    dev = await saved(house)
    begun = await environments.begin(dev.name)
    assert [one.environment for one in begun.variants if one.integration_id] == ["dev"]
    look = await environments.promote(dev.id, "dev", "prod")
    assert look.missing == ("credential.password", "headers.X-Key")
    assert {change.kind for change in look.changes} == {"added"}
    assert len(await house.integrations.all()) == 1
    with pytest.raises(Invalid) as wrong:
        await environments.apply(look, {})
    assert [problem.field for problem in wrong.value.problems] == ["credential.password", "headers.X-Key"]
    assert len(await house.integrations.all()) == 1
    found = await environments.apply(look, secrets(house))
    prod = await house.integrations.get(str(found.variant("prod").integration_id))
    assert prod.name == "Cart reminders (prod)"
    opened = house.house.vault.open_text(secrets_of(prod.settings)["headers.X-Key"].handle)
    assert opened == f"{OTHER}-key"
    assert (await house.integrations.get(dev.id)).settings == dev.settings


async def test_structure_travels_and_values_stay(house: Workbench, environments: Environments) -> None:
    dev, prod = await promoted(house, environments)
    values = {"url": "https://esp.example.com/v1/prod", "headers.X-Tenant": "t9", "credential.username": "p"}
    await environments.set_values(dev.id, "prod", values)
    await edited(house, dev.id, payload='{"to": "${User Identifier}", "new": true}', url="https://esp.example.com/v2/dev")  # fmt: skip
    look = await environments.promote(dev.id, "dev", "prod")
    assert {(change.place, change.kind) for change in look.changes} == {
        ("payload.subject", "removed"), ("payload.name", "removed"), ("payload.new", "added"),
    }  # fmt: skip
    assert look.missing == ()
    assert {"url", "headers.X-Tenant", "credential.username", "name"} <= set(look.kept)
    await environments.apply(look)
    after = await house.integrations.get(prod)
    assert after.settings.url == "https://esp.example.com/v1/prod"
    assert after.settings.headers[0].value == "t9"
    assert after.settings.credential["username"] == "p"
    assert '"new": true' in after.settings.payload
    assert (await environments.variants(dev.id)).variant("prod").own == values


async def test_a_secret_that_is_new_in_the_source_is_asked_for(
    house: Workbench, environments: Environments
) -> None:
    dev, _ = await promoted(house, environments)
    headers = (*(await house.integrations.get(dev.id)).settings.headers,)
    more = headers[1].model_copy(
        update={"name": "X-Second", "value": house.house.vault.seal_text("a second secret")}
    )
    await edited(house, dev.id, headers=(*headers, more))
    look = await environments.promote(dev.id, "dev", "prod")
    assert look.missing == ("headers.X-Second",)
    with pytest.raises(Invalid, match="X-Second"):
        await environments.apply(look, {})
    with pytest.raises(Invalid, match="no secret at"):
        await environments.apply(look, {"headers.X-Tenant": house.house.vault.seal_text("x")})


async def test_a_promotion_is_of_what_was_looked_at(house: Workbench, environments: Environments) -> None:
    dev, prod = await promoted(house, environments)
    look = await environments.promote(dev.id, "dev", "prod")
    await edited(house, prod, payload='{"to": "${User Identifier}", "changed": 1}')
    with pytest.raises(Refused, match="changed since you looked"):
        await environments.apply(look)
    forged = (await environments.promote(dev.id, "dev", "prod")).model_copy(update={"missing": ("x",)})
    with pytest.raises(Refused, match="changed since you looked"):
        await environments.apply(forged)


async def test_a_roll_back_goes_one_step_back_with_its_secrets_and_can_be_undone(
    house: Workbench, environments: Environments
) -> None:
    dev, prod = await promoted(house, environments)
    with pytest.raises(Refused, match="nothing to go back to"):
        await environments.roll_back(dev.id, "prod")
    first = await house.integrations.get(prod)
    await edited(house, dev.id, payload='{"to": "${User Identifier}", "second": 2}')
    await environments.apply(await environments.promote(dev.id, "dev", "prod"))
    await environments.set_secrets(dev.id, "prod", {"credential.password": house.house.vault.seal_text("rotated-password")})  # fmt: skip
    look = await environments.look_back(dev.id, "prod")
    assert look.changes == ()  # a secret changed, and no secret is shown
    back = await environments.roll_back(dev.id, "prod", look.mark)
    settings = (await house.integrations.get(prod)).settings
    refs = secrets_of(settings)
    assert house.house.vault.open_text(refs["credential.password"].handle) == f"{OTHER}-password"
    assert house.house.vault.open_text(refs["headers.X-Key"].handle) == f"{OTHER}-key"
    assert back.variant("prod").missing == ()
    with pytest.raises(Refused, match="changed since you looked"):
        await environments.roll_back(dev.id, "prod", look.mark)
    await environments.roll_back(dev.id, "prod")
    refs = secrets_of((await house.integrations.get(prod)).settings)
    assert house.house.vault.open_text(refs["credential.password"].handle) == "rotated-password"
    assert first.settings.url == settings.url


async def test_a_roll_back_brings_definition_and_own_values_back(
    house: Workbench, environments: Environments
) -> None:
    dev, prod = await promoted(house, environments)
    before = (await environments.variants(dev.id)).variant("prod")
    await environments.set_values(dev.id, "prod", {"url": "https://esp.example.com/other"})
    [change] = (await environments.look_back(dev.id, "prod")).changes
    assert (change.place, change.before) == ("url", "https://esp.example.com/other")
    assert change.after == "https://esp.example.com/v1/send"
    after = (await environments.roll_back(dev.id, "prod")).variant("prod")
    assert (after.definition, after.own, after.integration_id) == (before.definition, {}, prod)


async def test_no_secret_is_left_behind(house: Workbench, environments: Environments) -> None:
    dev, prod = await promoted(house, environments)
    for turn in range(2):
        await edited(house, dev.id, payload=f'{{"to": "${{User Identifier}}", "turn": {turn}}}')
        await environments.apply(await environments.promote(dev.id, "dev", "prod"))
        await environments.roll_back(dev.id, "prod")
    used = {ref.handle for one in await house.integrations.all() for ref in one.settings.secrets()}
    assert len(house.house.vault.handles()) == len(used) + 2  # the copies of one step
    await environments.dissolve(dev.id)
    assert set(house.house.vault.handles()) == used
    assert (await house.integrations.get(prod)).name == "Cart reminders (prod)"
    with pytest.raises(NotFound):
        await environments.variants(dev.id)


async def test_files_and_answers_hold_no_secret_and_read_well(
    house: Workbench, environments: Environments, tmp_path: Path
) -> None:
    dev, _ = await promoted(house, environments)
    files = await environments.definitions(dev.id)
    assert list(files) == ["dev", "prod"]
    document = json.loads(files["prod"])
    assert document["headers"] == {"X-Key": {"$secret": "headers.X-Key"}, "X-Tenant": "t1"}
    assert document["payload"][0].startswith('{"to"')
    assert "sec_" not in files["dev"] + files["prod"]
    assert "****" not in files["dev"] + files["prod"]
    different = [one for one, other in zip(files["dev"].splitlines(), files["prod"].splitlines(), strict=True) if one != other]  # fmt: skip
    assert [line.strip().partition(":")[0] for line in different] == ['"name"']
    kept = "".join(path.read_text("utf-8", "replace") for path in (tmp_path / "home").glob("*.json"))
    answers = "".join(str(one) for one in (await environments.sets(), await environments.promote(dev.id, "dev", "staging")))  # fmt: skip
    for word in (PLANTED, OTHER):
        assert word not in kept + answers
    assert "sec_" not in answers


async def test_one_address_or_secret_for_two_environments_is_warned_of(
    house: Workbench, environments: Environments
) -> None:
    dev, _ = await promoted(house, environments)
    told = (await environments.variants(dev.id)).warnings
    assert [(problem.field, problem.level) for problem in told] == [("url", "warning")]
    assert "dev and prod" in str(told[0].sentence)
    await environments.set_values(dev.id, "prod", {"url": "https://esp.example.com/prod"})
    same = house.house.vault.seal_text(PLANTED)
    found = await environments.set_secrets(dev.id, "prod", {"headers.X-Key": same})
    assert [problem.field for problem in found.warnings] == ["headers.X-Key"]
    assert PLANTED not in str(found)


async def test_one_event_url_for_two_environments_is_warned_of(
    house: Workbench, environments: Environments
) -> None:
    address = "https://events.sendpulse.com/events/id/0123456789abcdef0123456789abcdef/8388608"
    vault = house.house.vault
    raw = next(endpoint for endpoint in PROVIDER.endpoints if endpoint.key == "raw")
    settings = Settings(
        name="Purchase", channel="event", provider="sendpulse", endpoint="raw", url=raw.url, payload=EVENT_PAYLOAD, allow_several=True,
        credential_kind="sendpulse_event_url", credential={"event_url": vault.seal_text(address).model_dump()},
    )  # fmt: skip
    draft = Draft(id=new_id("dra"), settings=settings, updated_at=house.house.clock.now())
    dev = await house.integrations.save(draft)
    await environments.begin(dev.id)
    look = await environments.promote(dev.id, "dev", "prod")
    assert look.missing == ("credential.event_url",)
    found = await environments.apply(look, {"credential.event_url": vault.seal_text(address)})
    assert [problem.field for problem in found.warnings] == ["credential.event_url"]
    assert "same address serves dev and prod" in str(found.warnings[0].sentence)
    assert address not in str(found)
    other = vault.seal_text(address[:-1] + "9")
    assert (await environments.set_secrets(dev.id, "prod", {"credential.event_url": other})).warnings == ()


async def test_values_that_no_environment_can_have_are_named(
    house: Workbench, environments: Environments
) -> None:
    dev, _ = await promoted(house, environments)
    with pytest.raises(Invalid) as wrong:
        await environments.set_values(dev.id, "prod", {"payload": "x", "credential.password": "plain"})
    assert [problem.field for problem in wrong.value.problems] == ["payload", "credential.password"]
    with pytest.raises(Invalid):
        await environments.set_values(dev.id, "prod", {"url": "no address"})
    assert (await environments.variants(dev.id)).variant("prod").own == {}
    with pytest.raises(Refused, match="not in staging yet"):
        await environments.set_values(dev.id, "staging", {"url": "https://esp.example.com"})
    with pytest.raises(Refused, match="two different"):
        await environments.promote(dev.id, "dev", "dev")


async def test_an_integration_belongs_to_one_set(house: Workbench, environments: Environments) -> None:
    dev, prod = await promoted(house, environments)
    for id in (dev.id, prod, dev.name):
        with pytest.raises(Refused, match="environments already"):
            await environments.begin(id)
    other = await saved(house, name="Another")
    with pytest.raises(Refused, match="for prod already"):
        await environments.join(dev.id, other.id, "prod")
    found = await environments.join(dev.id, other.id, "staging")
    assert found.variant("staging").integration_id == other.id
    with pytest.raises(Refused, match="environments already"):
        await environments.begin(other.id)
    compared = await environments.compare(dev.id, "dev", "staging")
    assert {change.place for change in compared.changes} == {"name"}


async def test_an_integration_that_was_deleted_comes_back_under_its_id(
    house: Workbench, environments: Environments
) -> None:
    dev, prod = await promoted(house, environments)
    await house.integrations.delete(prod)
    assert (await environments.variants(dev.id)).variant("prod").integration_id is None
    look = await environments.promote(dev.id, "dev", "prod")
    assert look.missing == ("credential.password", "headers.X-Key")
    found = await environments.apply(look, secrets(house))
    assert found.variant("prod").integration_id == prod


async def test_a_definition_is_the_settings_again(house: Workbench) -> None:
    settings = (
        await saved(house, payload='{\n  "to": "${User Identifier}",\r\n "a": "\u2028"\n}\n')
    ).settings
    assert settings_of(definition_of(settings), secrets_of(settings)) == settings
    assert text_of(definition_of(settings)) == text_of(json.loads(text_of(definition_of(settings))))
    assert changes(definition_of(settings), definition_of(settings)) == ()
    with pytest.raises(Refused, match="secret at"):
        settings_of(definition_of(settings), {})


async def test_the_same_through_the_server_by_role(
    house: Workbench, connected: Callable[[Role], Workbench]
) -> None:
    dev, operator, viewer = await saved(house), connected("operator"), connected("viewer")
    await operator.environments.begin(dev.id)
    look = await operator.environments.promote(dev.id, "dev", "staging")
    assert isinstance(look, Promotion)
    found = await operator.environments.apply(look, secrets(house))
    assert isinstance(found, EnvironmentSet)
    await operator.environments.set_values(dev.id, "staging", {"total_s": 20.0})
    back = await viewer.environments.look_back(dev.id, "staging")
    with pytest.raises(Forbidden):
        await viewer.environments.roll_back(dev.id, "staging", back.mark)
    await operator.environments.roll_back(dev.id, "staging", back.mark)
    assert set(await viewer.environments.definitions(dev.id)) == {"dev", "staging"}
    with pytest.raises(Forbidden):
        await operator.environments.dissolve(dev.id)
