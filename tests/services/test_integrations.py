"""Integrations from nothing to saved, over both ways in: R-ESP-1, 2, 5, 8, 9, 16, 17, 25..31."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench import Contact, Settings, Workbench
from workbench.errors import Invalid, NotFound, TooNew
from workbench.models.base import SecretRef
from workbench.models.integration import Draft
from workbench.sandbox.app import Sandbox

from .conftest import PLANTED, basic


async def draft_of(bench: Workbench, settings: Settings) -> Draft:
    return await bench.integrations.keep(
        (await bench.integrations.start()).model_copy(update={"settings": settings})
    )


def oauth(secret: SecretRef, **more: object) -> Settings:
    credential = {
        "token_url": "https://auth.example.com/token",
        "client_id": "app",
        "client_secret": secret.model_dump(),
        **more,
    }
    return basic(secret, credential_kind="oauth2", credential=credential)


async def test_from_nothing_to_saved_and_found_again(
    bench: Workbench, secret: SecretRef, ana: Contact
) -> None:
    draft = await draft_of(bench, basic(secret))
    assert [p for p in await bench.integrations.check(draft, "save") if p.blocks] == []
    sent = await bench.integrations.test(draft, ana)
    assert sent.outcome.kind == "accepted"
    assert sent.outcome.ids
    assert json.loads(sent.request.body)["subject"] == ana.variables["subject"]
    draft = await bench.integrations.draft(draft.id)
    assert draft.tested is not None
    saved = await bench.integrations.save(draft)
    [listed] = await bench.integrations.list_all()
    assert (listed.integration.id, listed.badge, listed.missing_secrets) == (saved.id, "tested", ())
    [change, test] = await bench.activity.entries()
    assert (change.kind, test.kind) == ("change", "test")
    assert test.recipient is not None
    assert "ana@example.com" not in test.model_dump_json()
    with pytest.raises(NotFound):
        await bench.integrations.draft(draft.id)


async def test_a_draft_survives_and_can_be_discarded(bench: Workbench, secret: SecretRef) -> None:
    draft = await draft_of(bench, Settings(name="half", url="nonsense"))
    [found] = await bench.integrations.drafts()
    assert found.settings == draft.settings
    await bench.integrations.discard(draft.id)
    assert await bench.integrations.drafts() == []


async def test_an_invalid_draft_is_not_saved_and_every_field_is_named(bench: Workbench) -> None:
    draft = await draft_of(bench, Settings(name="", url="http://x", payload="{oops"))
    with pytest.raises(Invalid) as caught:
        await bench.integrations.save(draft)
    assert {"name", "url", "payload"} <= {problem.field for problem in caught.value.problems}
    assert await bench.integrations.list_all() == []


async def test_an_edit_after_the_test_marks_it_changed(
    bench: Workbench, secret: SecretRef, ana: Contact
) -> None:
    draft = await draft_of(bench, basic(secret))
    await bench.integrations.test(draft, ana)
    saved = await bench.integrations.save(await bench.integrations.draft(draft.id))
    again = await bench.integrations.edit(saved.id)
    await bench.integrations.save(
        again.model_copy(update={"settings": again.settings.model_copy(update={"total_s": 20.0})})
    )
    [listed] = await bench.integrations.list_all()
    assert listed.badge == "changed"
    await bench.delivery.test(saved.id, ana)
    [listed] = await bench.integrations.list_all()
    assert listed.badge == "tested"


async def test_a_renamed_integration_keeps_its_id_and_badge(
    bench: Workbench, secret: SecretRef, ana: Contact
) -> None:
    draft = await draft_of(bench, basic(secret))
    await bench.integrations.test(draft, ana)
    saved = await bench.integrations.save(await bench.integrations.draft(draft.id))
    renamed = await bench.integrations.rename(saved.id, "Basket reminders")
    assert (renamed.id, renamed.name) == (saved.id, "Basket reminders")
    assert [item.badge for item in await bench.integrations.list_all()] == ["tested"]
    assert (await bench.integrations.get("Basket reminders")).id == saved.id


async def test_names_are_unique_ignoring_case(bench: Workbench, secret: SecretRef) -> None:
    await bench.integrations.save(await draft_of(bench, basic(secret)))
    with pytest.raises(Invalid) as caught:
        await bench.integrations.save(
            await draft_of(bench, basic(secret, name="CART REMINDERS ", allow_several=True))
        )
    assert [problem.field for problem in caught.value.problems] == ["name"]
    with pytest.raises(Invalid) as caught:
        await bench.integrations.save(await draft_of(bench, basic(secret, name="Another")))
    assert [problem.field for problem in caught.value.problems] == ["channel"]


async def test_deleting_forgets_the_secrets(bench: Workbench, house: Workbench, secret: SecretRef) -> None:
    saved = await bench.integrations.save(await draft_of(bench, basic(secret)))
    assert house.house.vault.has(secret.handle)
    await bench.integrations.delete(saved.id)
    assert not house.house.vault.has(secret.handle)
    assert await bench.integrations.list_all() == []


async def test_oauth2_fetches_one_token_and_shows_it_masked(
    bench: Workbench, sandbox: Sandbox, secret: SecretRef, ana: Contact
) -> None:
    draft = await draft_of(bench, oauth(secret))
    check = await bench.integrations.check_token(draft)
    assert check.ok
    assert check.expires_in_s == 3600
    assert check.token_hint.startswith("****")
    assert PLANTED not in check.model_dump_json()
    calls = sandbox.tokens.calls
    await bench.integrations.test(draft, ana)
    await bench.integrations.test(draft, ana)
    assert sandbox.tokens.calls == calls + 1
    sandbox.tokens.revoke_all()
    sent = await bench.integrations.test(draft, ana)
    assert sent.outcome.kind == "accepted"  # one 401, one new token, one repetition
    assert sandbox.tokens.calls == calls + 2


@pytest.mark.parametrize("placement", ["form", "json", "basic", "headers"])
async def test_every_placement_gets_a_token(bench: Workbench, secret: SecretRef, placement: str) -> None:
    assert (
        await bench.integrations.check_token(await draft_of(bench, oauth(secret, placement=placement)))
    ).ok


async def test_a_refused_client_is_a_sentence_beside_the_token_url(
    bench: Workbench, house: Workbench
) -> None:
    wrong = house.house.vault.seal_text("a-wrong-secret")
    check = await bench.integrations.check_token(await draft_of(bench, oauth(wrong)))
    assert not check.ok
    [problem] = check.problems
    assert problem.field == "credential.token_url"
    assert "refused the client id or secret (HTTP 401 invalid_client)" in str(problem.sentence)


async def test_preview_sends_nothing_and_equals_what_is_sent(
    bench: Workbench, sandbox: Sandbox, secret: SecretRef, ana: Contact
) -> None:
    draft = await draft_of(bench, basic(secret))
    preview = await bench.integrations.preview(draft, ana)
    assert preview.request is not None
    assert sandbox.emulators["custom"].taken == 0
    sent = await bench.integrations.test(draft, ana)
    assert sent.request == preview.request
    assert sent.curl == preview.curl
    assert "$SECRET_1" in preview.curl
    assert PLANTED not in preview.model_dump_json() + sent.model_dump_json()


async def test_a_contact_without_the_identifier_is_not_sent(
    bench: Workbench, sandbox: Sandbox, secret: SecretRef
) -> None:
    draft = await draft_of(bench, basic(secret))
    with pytest.raises(Invalid, match="has no identifier"):
        await bench.integrations.test(draft, Contact(variables={"subject": "x", "first_name": "y"}))
    assert sandbox.emulators["custom"].taken == 0


async def test_export_holds_no_secret_and_import_asks_for_each(
    bench: Workbench, house: Workbench, secret: SecretRef
) -> None:
    saved = await bench.integrations.save(await draft_of(bench, basic(secret)))
    document = await bench.integrations.export(saved.id)
    text = json.dumps(document)
    assert PLANTED not in text
    assert "sec_" not in text
    places = await bench.integrations.wanted(document)
    assert places == ["headers.1.value", "credential.password"]
    with pytest.raises(Invalid) as caught:
        await bench.integrations.import_(document, {})
    assert [problem.field for problem in caught.value.problems] == places
    await bench.integrations.delete(saved.id)
    new = house.house.vault.seal_text("another-secret-1")
    draft = await bench.integrations.import_(document, dict.fromkeys(places, new))
    again = await bench.integrations.save(draft)
    assert again.settings.model_dump(exclude={"headers", "credential"}) == saved.settings.model_dump(
        exclude={"headers", "credential"}
    )
    with pytest.raises(TooNew):
        await bench.integrations.wanted({**document, "version": 99})
    with pytest.raises(Invalid):
        await bench.integrations.wanted({"format": "else"})


async def test_another_key_means_needs_secret_not_a_crash(
    tmp_path: Path, secret: SecretRef, house: Workbench, ana: Contact
) -> None:
    saved = await house.integrations.save(await draft_of(house, basic(secret)))
    house.house.home.path("vault.key").unlink()
    async with Workbench.open(house.house.home.folder, environ={"WORKBENCH_KEYRING": "off"}) as other:
        [listed] = await other.integrations.list_all()
        assert listed.missing_secrets == (secret.hint, secret.hint)
        with pytest.raises(Invalid, match="not in this vault"):
            await other.delivery.send(saved.id, ana)


async def test_a_replaced_secret_does_not_stay_behind(
    bench: Workbench, house: Workbench, secret: SecretRef
) -> None:
    draft = await draft_of(bench, basic(secret))
    new = house.house.vault.seal_text("another-secret-2")
    kept = await bench.integrations.keep(draft.model_copy(update={"settings": basic(new)}))
    assert not house.house.vault.has(secret.handle)
    saved = await bench.integrations.save(kept)
    editing = await bench.integrations.edit(saved.id)
    third = house.house.vault.seal_text("another-secret-3")
    await bench.integrations.keep(editing.model_copy(update={"settings": basic(third)}))
    assert house.house.vault.has(new.handle)  # the saved integration still uses it


@pytest.mark.parametrize("text", ["", "  ", "abc12", "x" * 70_000])
def test_a_secret_that_cannot_be_kept_safe_is_refused(house: Workbench, text: str) -> None:
    with pytest.raises(Invalid) as caught:
        house.secrets.keep_text(text)
    assert caught.value.problems[0].field == "secret"
