"""SMS accounts: drafts, save, senders, callback addresses, carrying, keywords (R-SMS-02 to 12, 18, 24, 25, 40)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.services.conftest import ENVIRON
from workbench import Workbench
from workbench.adapters.budgets import Budgets
from workbench.adapters.catalogue import Catalogue
from workbench.adapters.clock import VirtualClock
from workbench.adapters.database import Database
from workbench.adapters.deliveries import Deliveries, NewDelivery
from workbench.adapters.home import Home, open_home
from workbench.adapters.journal import Journal
from workbench.adapters.ledger import Ledger
from workbench.adapters.tokens import Tokens
from workbench.adapters.vault import Vault
from workbench.adapters.wire import Wire
from workbench.errors import Forbidden, Invalid, MissingSecret, NotFound, Refused, TooNew
from workbench.models.base import SecretRef
from workbench.models.journal import EntryFilter
from workbench.models.message import Delivery
from workbench.models.person import Person, Role
from workbench.models.sms_account import Keyword, Sender, SmsAccount, SmsSettings
from workbench.models.work import Job
from workbench.providers import every
from workbench.sandbox.app import Sandbox
from workbench.services.house import House
from workbench.services.sms_accounts import SmsAccounts
from workbench.services.visible_catalogue import VisibleCatalogue
from workbench.services.visible_vault import VisibleVault

SID, TOKEN = "AC" + "0123456789abcdef" * 2, "fedcba9876543210" * 2
NUMBER = "+12065550123"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
SHOP = Sender(value="+1 (206) 555-0123", name="Shop", type="long_code")


def twilio(secret: SecretRef, **more: Any) -> SmsSettings:
    return SmsSettings(
        name="Twilio, Sweden", provider="twilio", credential_kind="twilio_token",
        credential={"account_sid": SID, "auth_token": secret.model_dump()}, senders=(SHOP,),
    ).model_copy(update=more)  # fmt: skip


class Near(NamedTuple):
    """A house whose catalogue and vault are in memory, on a database that the tests here share: all real, and there at once."""

    house: House
    sms_accounts: SmsAccounts
    clock: VirtualClock
    deliveries: Deliveries


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return open_home(tmp_path_factory.mktemp("near"), ENVIRON)


@pytest.fixture(scope="module")
def database(home: Home) -> Iterator[Database]:
    made = Database.open(None, home)
    yield made
    asyncio.run(made.close())


@pytest.fixture(scope="module")
def stand_ins() -> Sandbox:
    return Sandbox()


@pytest.fixture
def near(home: Home, database: Database, stand_ins: Sandbox) -> Near:
    clock = VirtualClock(datetime(2026, 11, 22, 9, tzinfo=UTC))
    wire = Wire.rehearsal(stand_ins.route)
    catalogue = VisibleCatalogue(Catalogue.in_memory())
    house = House(
        home=home, catalogue=catalogue, vault=VisibleVault(Vault.in_memory(), catalogue), journal=Journal(database),
        ledger=Ledger(database, clock), budgets=Budgets(database, clock), wire=wire, tokens=Tokens(clock, wire.send), clock=clock,
        owner=Person(name="ana", role="admin"),
    )  # fmt: skip
    deliveries = Deliveries(database)
    return Near(
        house,
        SmsAccounts(house, public_at="https://hub.example.com", deliveries=deliveries),
        clock,
        deliveries,
    )


@pytest.fixture
def token(near: Near) -> SecretRef:
    return near.house.vault.seal_text(TOKEN)


async def kept(bench: Workbench | Near, settings: SmsSettings) -> SmsAccount:
    """Make an account as the wizard does."""
    draft = await bench.sms_accounts.draft()
    draft = await bench.sms_accounts.draft(draft.model_copy(update={"settings": settings}))
    return await bench.sms_accounts.save(draft.id)


async def sent(near: Near, account: SmsAccount, count: int = 2, sender: str = NUMBER) -> None:
    """Let deliveries from a sender be on the books."""
    now = near.clock.now()
    await near.deliveries.add([
        NewDelivery(
            Delivery(
                id=f"del_{account.id}_{number}", message_id=f"msg_{number}", account_id=account.id, provider="twilio", sender=sender,
                to="+46•••67", mode="rehearsal", state="sent", sent_at=now, changed_at=now,
            ),
            "sealed",
        )
        for number in range(count)
    ])  # fmt: skip


# -- drafts and save -------------------------------------------------------------------------------------------------------


async def test_a_draft_is_no_account_until_it_is_saved(bench: Workbench, house: Workbench) -> None:
    token = house.house.vault.seal_text(TOKEN)
    draft = await bench.sms_accounts.draft()
    half = twilio(token, senders=())
    draft = await bench.sms_accounts.draft(draft.model_copy(update={"settings": half, "step": "senders"}))

    with pytest.raises(Invalid) as refused:
        await bench.sms_accounts.save(draft.id)

    assert [problem.field for problem in refused.value.problems] == ["senders"]
    assert await bench.sms_accounts.list() == []
    assert [(one.id, one.step, one.settings) for one in await bench.sms_accounts.drafts()] == [
        (draft.id, "senders", half)
    ]

    whole = draft.model_copy(update={"settings": twilio(token)})
    account = await bench.sms_accounts.save((await bench.sms_accounts.draft(whole)).id)

    assert await bench.sms_accounts.drafts() == []
    assert account.settings.senders[0].value == NUMBER
    assert account.settings.senders[0].id.startswith("snd_")
    assert (
        await bench.sms_accounts.get(account.id) == await bench.sms_accounts.get("twilio, sweden") == account
    )
    assert not account.read_only


async def test_secrets_are_kept_without_what_a_copy_brings_along(near: Near) -> None:
    pasted = near.house.vault.seal_text(f" {TOKEN}\r\n")
    account = await kept(
        near, twilio(pasted, credential={"account_sid": f"{SID} \n", "auth_token": pasted.model_dump()})
    )

    provider, credential, secrets = await near.sms_accounts.opened(account)

    assert provider.key == "twilio"
    assert list(secrets.values()) == [TOKEN]
    assert credential.model_dump()["account_sid"] == SID
    assert not near.house.vault.has(pasted.handle), "the one that was typed is forgotten"


async def test_swapped_credentials_are_found_and_the_token_is_not_kept_in_the_open(
    house: Workbench, tmp_path: Path
) -> None:
    swapped = house.house.vault.seal_text(SID)
    settings = twilio(swapped, credential={"account_sid": TOKEN, "auth_token": swapped.model_dump()})

    problems = await house.sms_accounts.check(settings, "credentials")
    draft = await house.sms_accounts.draft()
    draft = await house.sms_accounts.draft(draft.model_copy(update={"settings": settings}))

    assert {problem.field for problem in problems} == {"credential.account_sid", "credential.auth_token"}
    assert "account_sid" not in draft.settings.credential
    assert not _holding(tmp_path, TOKEN)


async def test_the_host_of_a_connection_string_is_filled_in(near: Near) -> None:
    text = "endpoint=https://contoso.communication.azure.com/;accesskey=" + "QUJD" * 16
    ref = near.house.vault.seal_text(text)
    settings = SmsSettings(
        name="Azure", provider="azure_communication_services", credential_kind="azure_connection",
        credential={"primary_connection_string": ref.model_dump()}, senders=(Sender(value="+18005550123", type="toll_free"),),
    )  # fmt: skip
    draft = await near.sms_accounts.draft()
    draft = await near.sms_accounts.draft(draft.model_copy(update={"settings": settings}))

    assert draft.settings.credential["endpoint"] == "contoso.communication.azure.com"
    assert await near.sms_accounts.check(settings) == []
    assert (await near.sms_accounts.save(draft.id)).settings.credential[
        "endpoint"
    ] == "contoso.communication.azure.com"


async def test_a_secret_that_is_not_in_the_vault_is_asked_for(near: Near, token: SecretRef) -> None:
    account = await kept(near, twilio(token))
    near.house.vault.forget(token.handle)
    [listed] = await near.sms_accounts.list()

    assert not listed.ready
    assert listed.missing_secrets == ("credential.auth_token",)
    with pytest.raises(MissingSecret, match="Auth token"):
        await near.sms_accounts.opened(account)
    problems = await near.sms_accounts.check(account.settings, account_id=account.id)
    assert "credential.auth_token" in {problem.field for problem in problems if problem.blocks}
    assert await near.sms_accounts.check(account.settings, "provider", account.id) == []


async def test_an_edit_replaces_the_account_and_keeps_its_addresses(near: Near, token: SecretRef) -> None:
    account = await kept(near, twilio(token))
    before = await near.sms_accounts.addresses(account.id)
    draft = await near.sms_accounts.edit(account.name)
    other = near.house.vault.seal_text("0" * 31 + "1")
    settings = draft.settings.model_copy(
        update={"name": "Twilio", "credential": {"account_sid": SID, "auth_token": other.model_dump()}}
    )
    await near.sms_accounts.draft(draft.model_copy(update={"settings": settings}))
    assert near.house.vault.has(token.handle), "a draft takes nothing from the account"

    changed = await near.sms_accounts.save(draft.id)

    assert (changed.id, changed.name, changed.created_at) == (account.id, "Twilio", account.created_at)
    assert not near.house.vault.has(token.handle)
    assert await near.sms_accounts.addresses(account.id) == before
    assert len(await near.sms_accounts.list()) == 1


async def test_a_discarded_draft_takes_its_secrets_along_but_not_the_accounts(
    near: Near, token: SecretRef
) -> None:
    account = await kept(near, twilio(token))
    edited = await near.sms_accounts.edit(account.id)
    alone = near.house.vault.seal_text("another secret")
    draft = await near.sms_accounts.draft()
    draft = await near.sms_accounts.draft(draft.model_copy(update={"settings": twilio(alone)}))

    await near.sms_accounts.discard(edited.id)
    await near.sms_accounts.discard(draft.id)

    assert near.house.vault.has(token.handle)
    assert not near.house.vault.has(alone.handle)
    with pytest.raises(NotFound):
        await near.sms_accounts.discard(draft.id)


async def test_two_drafts_of_one_name_make_one_account(near: Near, token: SecretRef) -> None:
    drafts = []
    for _ in range(6):
        draft = await near.sms_accounts.draft()
        drafts.append(await near.sms_accounts.draft(draft.model_copy(update={"settings": twilio(token)})))

    made = await asyncio.gather(
        *(near.sms_accounts.save(draft.id) for draft in drafts), return_exceptions=True
    )

    assert [type(one) for one in made].count(SmsAccount) == 1
    assert [type(one) for one in made].count(Invalid) == 5
    assert len(await near.sms_accounts.list()) == 1
    assert near.house.vault.has(token.handle)
    [account] = await near.sms_accounts.all()
    kept_handles = {token.handle, *(one.ref.handle for one in account.tokens)}
    assert set(near.house.vault.handles()) == kept_handles, "no address of an account that was not made stays"


async def test_a_draft_of_an_account_that_is_gone_cannot_be_saved(near: Near, token: SecretRef) -> None:
    account = await kept(near, twilio(token))
    draft = await near.sms_accounts.edit(account.id)
    await near.sms_accounts.delete(account.id)

    with pytest.raises(NotFound):
        await near.sms_accounts.save(draft.id)


# -- the list, roles, providers --------------------------------------------------------------------------------------------


async def test_an_account_is_ready_when_stop_is_set_up(near: Near, token: SecretRef) -> None:
    account = await kept(near, twilio(token))
    await sent(near, account, 3)
    [before] = await near.sms_accounts.list()

    await near.sms_accounts.tick_consent(account.id, True)
    [after] = await near.sms_accounts.list()
    await near.sms_accounts.tick_consent(account.id, False)
    [again] = await near.sms_accounts.list()

    assert [(item.key, item.done) for item in before.checklist] == [
        ("provider", True), ("credentials", True), ("senders", True), ("consent", False)]  # fmt: skip
    assert before.checklist[-1].problem is not None
    assert "STOP" in str(before.checklist[-1].problem.sentence)
    assert (before.ready, after.ready, again.ready) == (False, True, False)
    assert before.sent == 3


async def test_live_wants_an_address_that_providers_reach(tmp_path: Path) -> None:
    async with Workbench.open(
        tmp_path / "home", live=True, public_at="https://hub.example.com/", environ=ENVIRON
    ) as bench:
        account = await kept(bench, twilio(bench.house.vault.seal_text(TOKEN)))
        await bench.sms_accounts.tick_consent(account.id, True)
        for public_at, reachable in (("", False), ("http://127.0.0.1:8100", False), ("https://10.0.0.1", False),
                                     ("http://hub.example.com", False), ("https://hub.example.com/", True)):  # fmt: skip
            accounts = SmsAccounts(bench.house, public_at=public_at)
            [listed] = await accounts.list()
            found = await accounts.addresses(account.id)

            assert (listed.ready, found.reachable) == (reachable, reachable), public_at
        assert found.delivery.startswith("https://hub.example.com/sms/")
        assert await bench.sms_accounts.addresses(account.id) == found


async def test_providers_are_described_for_the_form(near: Near) -> None:
    facts = {one.key: one for one in await near.sms_accounts.providers()}

    assert {
        "azure_communication_services",
        "custom_channel",
        "infobip",
        "link_mobility",
        "telesign",
        "twilio",
        "vibes",
    } == set(facts)
    assert facts["vibes"].regions == ("US", "CA")
    assert "short_code" in facts["twilio"].sender_types
    assert facts["custom_channel"].needs_url
    assert not facts["twilio"].needs_url
    assert facts["twilio"].volume_note
    assert facts["telesign"].volume_note
    assert not facts["infobip"].volume_note
    assert not facts["azure_communication_services"].stop_notice
    assert [one.kind for one in facts["twilio"].credentials] == ["twilio_token", "twilio_api_key"]
    assert facts["twilio"].authenticates


async def test_viewers_look_and_operators_act(
    house: Workbench, connected: Callable[[Role], Workbench]
) -> None:
    viewer, operator = connected("viewer"), connected("operator")
    account = await kept(operator, twilio(house.house.vault.seal_text(TOKEN)))

    assert (await viewer.sms_accounts.get(account.id)).name == account.name
    for refused in (
        viewer.sms_accounts.addresses(account.id), viewer.sms_accounts.drafts(), viewer.sms_accounts.delete(account.id),
        viewer.sms_accounts.rotate(account.id), viewer.sms_accounts.export(), viewer.sms_accounts.check(account.settings),
    ):  # fmt: skip
        with pytest.raises(Forbidden):
            await refused
    shown = json.dumps([one.model_dump(mode="json") for one in await viewer.sms_accounts.list()])
    address = (await operator.sms_accounts.addresses(account.id)).delivery
    assert address.split("/")[-2] not in shown
    with pytest.raises(AttributeError):
        viewer.sms_accounts.by_token  # noqa: B018 - what is no route cannot be reached


# -- senders ---------------------------------------------------------------------------------------------------------------


async def test_senders_come_and_go_one_by_one(near: Near, token: SecretRef) -> None:
    account = await kept(near, twilio(token))
    first = account.settings.senders[0]

    added = await near.sms_accounts.add_sender(
        account.id, Sender(value="72345", name="Code", type="short_code")
    )
    code = added.settings.senders[1]
    with pytest.raises(Invalid) as twice:
        await near.sms_accounts.add_sender(account.id, Sender(value="001 206 555 0123", type="long_code"))
    wrong = await near.sms_accounts.check_sender(
        account.id, Sender(value="+72345", type="short_code", name="code")
    )
    edited = await near.sms_accounts.edit_sender(account.id, code.model_copy(update={"name": "Our code"}))
    gone = await near.sms_accounts.delete_sender(account.id, code.id)

    assert [problem.field for problem in twice.value.problems] == ["value"]
    assert {problem.field for problem in wrong} == {"value", "name"}
    assert edited.settings.senders[1].name == "Our code"
    assert gone.settings.senders == (first,)
    with pytest.raises(Refused, match="only sender"):
        await near.sms_accounts.delete_sender(account.id, first.id)
    with pytest.raises(NotFound):
        await near.sms_accounts.edit_sender(
            account.id, Sender(id="snd_nobody", value="72345", type="short_code")
        )


async def test_what_is_in_use_is_taken_away_only_when_that_is_meant(near: Near, token: SecretRef) -> None:
    account = await kept(near, twilio(token))
    await near.sms_accounts.add_sender(account.id, Sender(value="72345", name="Code", type="short_code"))
    shop, code = (await near.sms_accounts.get(account.id)).settings.senders
    await sent(near, account, 2)
    now = near.house.clock.now()
    job = Job(
        id="job_1", kind="sms", title="Winter sale", mode="rehearsal", who="ana", account="a", host="h", spec={"sender": shop.id},
        created_at=now, changed_at=now,
    )  # fmt: skip
    await near.house.ledger.create(job)
    design = {"id": "int_1", "settings": {"name": "Orders", "account": account.id}}
    near.house.catalogue.put("gates", "gat_1", {**design, "id": "gat_1"})

    uses = await near.sms_accounts.uses(account.id)
    of_shop, of_code = (
        await near.sms_accounts.uses(account.id, shop.id),
        await near.sms_accounts.uses(account.id, code.id),
    )

    assert [(one.what, one.name, one.count) for one in uses] == [
        ("delivery", "Shop", 2),
        ("job", "Winter sale", 1),
        ("gate", "Orders", 1),
    ]
    assert [(one.what, one.count) for one in of_shop] == [("delivery", 2), ("job", 1)]
    assert of_code == []
    await near.sms_accounts.delete_sender(account.id, code.id)
    for refused in (
        near.sms_accounts.delete(account.id),
        near.sms_accounts.delete_sender(account.id, shop.id),
        near.sms_accounts.edit_sender(account.id, shop.model_copy(update={"value": "+12065550124"})),
    ):
        with pytest.raises(Refused, match="2 deliveries, the job “Winter sale”"):
            await refused
    spelled = await near.sms_accounts.edit_sender(
        account.id, shop.model_copy(update={"value": "001-206-555-0123"})
    )
    assert spelled.settings.senders[0].value == NUMBER, "another spelling is no other number"

    changed = await near.sms_accounts.edit_sender(
        account.id, shop.model_copy(update={"value": "+12065550124"}), True
    )
    assert changed.settings.senders[0].value == "+12065550124"
    assert [one.id for one in await near.sms_accounts.uses(account.id, shop.id)] == ["job_1"]
    await near.sms_accounts.delete(account.id, True)

    assert await near.sms_accounts.list() == []
    assert sum((await near.deliveries.sender_counts(account.id)).values()) == 2, "what was sent stays"
    with pytest.raises(NotFound, match="was deleted"):
        await near.sms_accounts.account(account.id)


async def test_saving_an_edit_without_a_used_sender_asks_too(near: Near, token: SecretRef) -> None:
    account = await kept(near, twilio(token))
    await sent(near, account, 1)
    draft = await near.sms_accounts.edit(account.id)
    other = draft.settings.model_copy(update={"senders": (Sender(value="72345", type="short_code"),)})
    await near.sms_accounts.draft(draft.model_copy(update={"settings": other}))

    with pytest.raises(Refused, match="1 deliveries"):
        await near.sms_accounts.save(draft.id)
    assert (await near.sms_accounts.save(draft.id, True)).settings.senders[0].value == "72345"


async def test_a_deleted_account_leaves_no_secret(near: Near, token: SecretRef) -> None:
    account = await kept(near, twilio(token))
    await near.sms_accounts.rotate(account.id)

    await near.sms_accounts.delete(account.id)

    assert near.house.vault.handles() == []
    details = [
        one.detail
        for one in await near.house.journal.entries(EntryFilter(kind="change", integration_id=account.id))
    ]
    assert details == ["deleted", "callback addresses renewed", "saved"]


# -- callback addresses ----------------------------------------------------------------------------------------------------


async def test_addresses_are_unguessable_and_lead_back_to_the_account(near: Near, token: SecretRef) -> None:
    account = await kept(near, twilio(token))
    other = await kept(
        near, twilio(token, name="Second", senders=(Sender(value="72345", type="short_code"),))
    )
    first, second = await near.sms_accounts.addresses(account.id), await near.sms_accounts.addresses(other.id)
    secret = first.delivery.split("/")[-2]

    assert first.delivery.endswith(f"/sms/{secret}/delivery")
    assert first.inbound.endswith(f"/sms/{secret}/inbound")
    assert len(secret) >= 32
    assert secret != second.delivery.split("/")[-2]
    assert account.id not in first.delivery
    assert (first.setup.by, first.letter) == ("you", "")
    found = await near.sms_accounts.by_token(secret)
    assert found is not None
    assert found.id == account.id
    for wrong in ("", secret[:-1], secret + "x", "\ud800", "x" * 100_000, account.id):
        assert await near.sms_accounts.by_token(wrong) is None
    assert secret not in json.dumps(near.house.catalogue.all("sms_accounts"))


async def test_support_gets_a_letter_with_the_addresses(near: Near, token: SecretRef) -> None:
    settings = SmsSettings(
        name="Infobip, Sweden", provider="infobip", credential_kind="infobip_key",
        credential={"host": "https://abc123.api.infobip.com/sms", "api_key": token.model_dump()}, senders=(SHOP,),
    )  # fmt: skip
    account = await kept(near, settings)

    found = await near.sms_accounts.addresses(account.id)

    assert account.settings.credential["host"] == "abc123.api.infobip.com"
    assert found.setup.by == "support"
    assert found.delivery in found.letter
    assert found.inbound in found.letter
    assert "{" not in found.letter


async def test_a_rotated_address_works_for_its_overlap_and_no_longer(near: Near, token: SecretRef) -> None:
    account = await kept(near, twilio(token))

    async def owner(address: str) -> str:
        found = await near.sms_accounts.by_token(address.split("/")[-2])
        return found.id if found else ""

    first = (await near.sms_accounts.addresses(account.id)).delivery
    second = await near.sms_accounts.rotate(account.id, 24)
    assert second.delivery != first
    assert second.old_until == near.clock.now() + timedelta(hours=24)
    assert [await owner(first), await owner(second.delivery)] == [account.id, account.id]

    await near.clock.advance(24 * 3600 - 1)
    assert await owner(first) == account.id
    third = await near.sms_accounts.rotate(account.id, 0)
    assert [await owner(first), await owner(second.delivery), await owner(third.delivery)] == [
        "",
        "",
        account.id,
    ]
    assert third.old_until is None
    assert len(near.house.vault.handles()) == 2, "the secrets of addresses that are over are forgotten"

    fourth = await near.sms_accounts.rotate(account.id, 1)
    await near.clock.advance(3600)
    assert [await owner(third.delivery), await owner(fourth.delivery)] == ["", account.id]
    for hours in (-1, 24 * 31, float("nan"), float("inf")):
        with pytest.raises(Invalid, match="0 to 720"):
            await near.sms_accounts.rotate(account.id, hours)
    assert len(near.house.vault.handles()) == 3, "a refused rotation leaves no secret"


# -- authentication --------------------------------------------------------------------------------------------------------


BASE64 = "QUJD" * 16
CREDENTIALS: dict[str, dict[str, str]] = {
    "azure_communication_services": {"primary_connection_string": f"endpoint=https://contoso.communication.azure.com/;accesskey={BASE64}"},
    "infobip": {"host": "abc123.api.infobip.com", "api_key": "0123456789abcdef0123456789abcdef"},
    "link_mobility": {"username": "acme", "password": "s3cret-of-link", "platform_id": "COMMON_API", "platform_partner_id": "12345"},
    "telesign": {"customer_id": "0A1B2C3D-EEEE-DDDD-1234-AB1234567890", "api_key": BASE64},
    "twilio": {"account_sid": SID, "auth_token": TOKEN},
    "vibes": {"username": "acme", "password": "s3cret-of-vibes", "company_key": "Xa2VQ9"},
}  # fmt: skip


@pytest.mark.parametrize("key", CREDENTIALS)
async def test_a_credential_is_tried_by_a_call_that_only_reads_or_not_at_all(near: Near, key: str) -> None:
    model = every()[key].credentials[0]
    credential: dict[str, Any] = {
        name: near.house.vault.seal_text(value).model_dump() if name in model.secret_fields() else value
        for name, value in CREDENTIALS[key].items()
    }
    sender = Sender(value="72345", type="short_code", region="US")
    settings = SmsSettings(
        name=key, provider=key, credential_kind=model.kind, credential=credential, senders=(sender,)
    )
    account = await kept(near, settings)
    facts = next(one for one in await near.sms_accounts.providers() if one.key == key)

    if not facts.authenticates:
        with pytest.raises(Refused, match="no call that only reads"):
            await near.sms_accounts.authenticate(account.id)
        return
    outcome = await near.sms_accounts.authenticate(account.id)

    assert outcome.kind == "accepted", outcome
    assert "No message was sent" in str(outcome.sentence)
    [entry] = await near.house.journal.entries(EntryFilter(kind="test", integration_id=account.id))
    assert entry.request is not None
    assert entry.request.method == "GET"
    assert not any(
        CREDENTIALS[key][name] in entry.model_dump_json()
        for name in model.secret_fields()
        if name in CREDENTIALS[key]
    )
    assert await near.deliveries.sender_counts(account.id) == {}


async def test_a_provider_without_such_a_call_says_so(near: Near) -> None:
    custom = next(one for one in await near.sms_accounts.providers() if one.key == "custom_channel")
    settings = SmsSettings(
        name="Own", provider="custom_channel", credential_kind=custom.credentials[0].kind, url="https://handler.example.com/send",
        credential={
            "channel_definition_id": "4e4e3a4e-7b1c-4f0a-9f39-1d4f4c9f5a10", "organization_id": "0c4c5f2e-95d9-4f2c-8a4e-3f1c2b6a7d11",
        },
        senders=(SHOP,),
    )  # fmt: skip
    account = await kept(near, settings)

    assert not custom.authenticates
    with pytest.raises(Refused, match="no call that only reads"):
        await near.sms_accounts.authenticate(account.id)


# -- carrying --------------------------------------------------------------------------------------------------------------


async def test_a_set_is_carried_without_secrets_and_asks_only_for_them(
    house: Workbench, connected: Callable[[Role], Workbench], tmp_path: Path
) -> None:
    bench, token = connected("admin"), house.house.vault.seal_text(TOKEN)
    account = await kept(bench, twilio(token))
    await bench.sms_accounts.save_keyword(
        Keyword(id="", word="PIZZA", description="Food", uses=("Lunch",), updated_at=account.created_at)
    )
    document = await bench.sms_accounts.export()
    text = json.dumps(document)
    address = (await bench.sms_accounts.addresses(account.id)).delivery.split("/")[-2]

    assert not any(
        secret in text for secret in (TOKEN, token.handle, token.hint, address, account.tokens[0].digest)
    )
    assert not _holding(tmp_path, TOKEN)
    assert not _holding(tmp_path, address), "the secret of the addresses is in the vault alone"
    async with Workbench.open(tmp_path / "other", environ=ENVIRON) as other:
        [loaded] = await other.sms_accounts.load(document)
        assert loaded.wanted == ("credential.auth_token",)
        assert loaded.draft is not None
        assert loaded.account is None
        assert await other.sms_accounts.list() == [], "an import makes no account"
        credential = {
            **loaded.draft.settings.credential,
            "auth_token": other.house.vault.seal_text(TOKEN).model_dump(),
        }
        settings = loaded.draft.settings.model_copy(update={"credential": credential})
        draft = await other.sms_accounts.draft(loaded.draft.model_copy(update={"settings": settings}))
        there = await other.sms_accounts.save(draft.id)

        assert there.settings.model_copy(
            update={"credential": {}, "senders": ()}
        ) == account.settings.model_copy(update={"credential": {}, "senders": ()})
        assert [one.value for one in there.settings.senders] == [NUMBER]
        assert there.settings.senders[0].id != account.settings.senders[0].id
        assert [one.word for one in await other.sms_accounts.keywords()] == ["PIZZA"]
        assert await other.sms_accounts.export() == document


async def test_an_import_over_the_same_account_needs_no_secret_again(near: Near, token: SecretRef) -> None:
    account = await kept(near, twilio(token))
    document = await near.sms_accounts.export()
    document["accounts"][0]["description"] = "Carried"

    [loaded] = await near.sms_accounts.load(document)

    assert loaded.wanted == ()
    assert loaded.draft is not None
    assert loaded.draft.account_id == account.id
    changed = await near.sms_accounts.save(loaded.draft.id)
    assert (changed.id, changed.settings.description) == (account.id, "Carried")


async def test_an_unknown_provider_is_kept_read_only(near: Near) -> None:
    document = {
        "format": "integration-workbench/sms-accounts", "version": 1,
        "accounts": [{
            "name": "Pigeons", "provider": "pigeon_post", "credential_kind": "bread", "credential": {"loft": "12"},
            "senders": [{"value": "72345", "type": "short_code"}],
        }],
    }  # fmt: skip

    [loaded] = await near.sms_accounts.load(document)
    [again] = await near.sms_accounts.load(document)
    [listed] = await near.sms_accounts.list()

    assert loaded.draft is None
    assert loaded.account is not None
    assert loaded.account.read_only
    assert again.account is not None
    assert again.account.id == loaded.account.id
    assert not listed.ready
    assert listed.checklist[0].problem is not None
    assert "pigeon_post" in str(listed.checklist[0].problem.sentence)
    for refused in (
        near.sms_accounts.edit(loaded.account.id), near.sms_accounts.addresses(loaded.account.id),
        near.sms_accounts.tick_consent(loaded.account.id, True), near.sms_accounts.authenticate(loaded.account.id),
        near.sms_accounts.add_sender(loaded.account.id, SHOP), near.sms_accounts.opened(loaded.account),
    ):  # fmt: skip
        with pytest.raises(Refused, match="pigeon_post"):
            await refused
    exported = await near.sms_accounts.export()
    assert exported["accounts"][0]["credential"] == {"loft": "12"}
    assert exported["accounts"][0]["senders"][0]["value"] == "72345"
    await near.sms_accounts.delete(loaded.account.id)
    assert await near.sms_accounts.list() == []


async def test_a_read_only_account_is_taken_into_use_once_its_provider_is_there(
    near: Near, token: SecretRef
) -> None:
    now = near.clock.now()
    early = SmsAccount(id="sms_early", settings=twilio(token), read_only=True, created_at=now, updated_at=now)
    near.house.catalogue.put("sms_accounts", early.id, early.model_dump(mode="json"))

    with pytest.raises(Refused, match="Edit and save it"):
        await near.sms_accounts.addresses(early.id)
    draft = await near.sms_accounts.edit(early.id)
    account = await near.sms_accounts.save(draft.id)

    assert (account.id, account.read_only) == (early.id, False)
    assert (await near.sms_accounts.addresses(account.id)).delivery.startswith("https://hub.example.com/sms/")


@pytest.mark.parametrize(
    "document",
    [
        {}, {"format": "x"}, {"format": "integration-workbench/sms-accounts", "version": 1, "accounts": "all"},
        {"format": "integration-workbench/sms-accounts", "accounts": []},
        {"format": "integration-workbench/sms-accounts", "version": True, "accounts": []},
        {"format": "integration-workbench/sms-accounts", "version": 1, "accounts": [{"name": ""}]},
        {"format": "integration-workbench/sms-accounts", "version": 1, "accounts": [{"name": "A", "tokens": []}]},
        {"format": "integration-workbench/sms-accounts", "version": 1, "accounts": ["A"]},
        {"format": "integration-workbench/sms-accounts", "version": 1, "accounts": [], "keywords": [{"words": 1}]},
        {"format": "integration-workbench/sms-accounts", "version": 1, "accounts": [], "keywords": ["PIZZA"]},
        {"format": "integration-workbench/sms-accounts", "version": 1, "accounts": [{"name": "A"}] * 1001},
        {"format": "integration-workbench/sms-accounts", "version": 1, "accounts": [{"name": "A"}, {"name": "a"}]},
    ],
)  # fmt: skip
async def test_a_wrong_document_is_refused_whole(near: Near, document: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        await near.sms_accounts.load(document)

    assert (await near.sms_accounts.drafts(), await near.sms_accounts.all()) == ([], [])


async def test_a_newer_document_is_not_guessed_at(near: Near) -> None:
    with pytest.raises(TooNew, match="version 2"):
        await near.sms_accounts.load(
            {"format": "integration-workbench/sms-accounts", "version": 2, "accounts": []}
        )


async def test_handles_in_a_document_reach_nobodys_secret(near: Near, token: SecretRef) -> None:
    await kept(near, twilio(token))
    document = await near.sms_accounts.export()
    document["accounts"][0] |= {"name": "Mallory", "senders": [{"value": "72345", "type": "short_code"}]}
    document["accounts"][0]["credential"] |= {
        "auth_token": token.model_dump(),
        "webhook_key": [{"handle": token.handle, "more": 1}],
    }

    [loaded] = await near.sms_accounts.load(document)

    assert loaded.draft is not None
    assert set(loaded.draft.settings.credential) == {"account_sid"}
    assert loaded.wanted == ("credential.auth_token",)


# -- keywords --------------------------------------------------------------------------------------------------------------


async def test_keywords_are_added_edited_and_deleted(near: Near) -> None:
    pizza = await near.sms_accounts.save_keyword(
        Keyword(id="", word="  Pizza ", description=" Food ", updated_at=NOW)
    )
    renamed = await near.sms_accounts.save_keyword(
        pizza.model_copy(update={"word": "PIZZA", "uses": ("Lunch", "Dinner")})
    )

    assert (pizza.word, pizza.description) == ("Pizza", "Food")
    assert renamed.id == pizza.id
    assert [one.word for one in await near.sms_accounts.keywords()] == ["PIZZA"]
    with pytest.raises(Refused, match="Lunch, Dinner"):
        await near.sms_accounts.delete_keyword(pizza.id)
    await near.sms_accounts.delete_keyword(pizza.id, True)
    assert await near.sms_accounts.keywords() == []
    with pytest.raises(NotFound):
        await near.sms_accounts.save_keyword(renamed)


@pytest.mark.parametrize("word", ["stop", "START", "Help", "pizza", "", "   ", "ＰＩＺＺＡ", "Pizza!"])
async def test_a_keyword_that_means_something_already_is_refused(near: Near, word: str) -> None:
    await near.sms_accounts.save_keyword(Keyword(id="", word="PIZZA", updated_at=NOW))

    with pytest.raises(Invalid) as refused:
        await near.sms_accounts.save_keyword(Keyword(id="", word=word, updated_at=NOW))

    assert [problem.field for problem in refused.value.problems] == ["word"]
    assert len(await near.sms_accounts.keywords()) == 1


def _holding(folder: Path, text: str) -> list[Path]:
    """Return the files that hold a text."""
    return [file for file in folder.rglob("*") if file.is_file() and text.encode() in file.read_bytes()]
