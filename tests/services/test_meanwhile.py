"""Several people at once: of two who change the same thing the second one is told, and what the first one saved stays."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.events_room import event_of
from tests.sms_room import twilio_account
from workbench import Contact, Workbench
from workbench.engine.senders import RouteRule
from workbench.errors import Refused
from workbench.models.assertion import Assertion
from workbench.models.base import SecretRef
from workbench.models.custom_channel import ChannelSettings, MessagePart
from workbench.models.gate import GateSettings
from workbench.models.person import IdentitySettings, Role, Rule
from workbench.models.run import RunPlan
from workbench.models.shop import ShopSettings
from workbench.models.sms_account import Keyword

from .conftest import basic

API_KEY = "AbCdEfGhIjKlMnOpQrStUv:ZyXwVuTsRqPoNmLkJiHgFe"
Save = Callable[[Workbench, str], Awaitable[Any]]


async def test_a_draft_that_somebody_else_changed_goes_on_as_another_one(
    bench: Workbench, secret: SecretRef
) -> None:
    draft = await bench.integrations.start()
    theirs = draft.model_copy(update={"settings": basic(secret, name="Theirs")})
    mine = draft.model_copy(update={"settings": basic(secret, name="Mine")})
    first = await bench.integrations.keep(theirs, draft.updated_at)
    assert first.id == draft.id
    again = await bench.integrations.keep(theirs, draft.updated_at)  # the answer was lost on its way
    assert again.id == draft.id
    own = await bench.integrations.keep(mine, draft.updated_at)
    assert own.id != draft.id
    await bench.integrations.discard(own.id)
    assert (await bench.integrations.draft(draft.id)).settings.name == "Theirs"
    assert await bench.secrets.present([secret]) == [True]
    assert (
        await bench.integrations.keep(mine)
    ).id == draft.id  # who does not say what was seen writes over it


async def test_an_sms_draft_that_somebody_else_changed_goes_on_as_another_one(bench: Workbench) -> None:
    draft = await bench.sms_accounts.draft()
    named = [
        draft.model_copy(update={"settings": draft.settings.model_copy(update={"name": name})})
        for name in ("Theirs", "Mine")
    ]
    kept = [await bench.sms_accounts.draft(one, draft.updated_at) for one in named]
    assert kept[0].id == draft.id != kept[1].id
    found = {one.id: one.settings.name for one in await bench.sms_accounts.drafts()}
    assert found == {kept[0].id: "Theirs", kept[1].id: "Mine"}


async def integration(house: Workbench, secret: SecretRef) -> tuple[Save, Save]:
    draft = await house.integrations.start()
    saved = await house.integrations.save(draft.model_copy(update={"settings": basic(secret)}))
    drafts = [await house.integrations.edit(saved.id) for _ in range(2)]

    def save_of(number: int) -> Save:
        async def save(bench: Workbench, name: str) -> str:
            changed = drafts[number].settings.model_copy(update={"campaign_name": name})
            await bench.integrations.save(drafts[number].model_copy(update={"settings": changed}))
            return (await house.integrations.get(saved.id)).settings.campaign_name

        return save

    return save_of(0), save_of(1)


async def sms_account(house: Workbench, secret: SecretRef) -> tuple[Save, Save]:
    account = await twilio_account(house)
    drafts = [await house.sms_accounts.edit(account.id) for _ in range(2)]

    def save_of(number: int) -> Save:
        async def save(bench: Workbench, name: str) -> str:
            changed = drafts[number].settings.model_copy(update={"name": name})
            kept = await bench.sms_accounts.draft(drafts[number].model_copy(update={"settings": changed}))
            await bench.sms_accounts.save(kept.id)
            return (await house.sms_accounts.get(account.id)).name

        return save

    return save_of(0), save_of(1)


async def gate(house: Workbench, secret: SecretRef) -> tuple[Save, Save]:
    seen = await house.gates.create(
        GateSettings(name="Front", key="front-gate", auth="header", header="X-Key", header_value=secret)
    )

    async def save(bench: Workbench, name: str) -> str:
        await bench.gates.save(seen.id, seen.settings.model_copy(update={"name": name}), seen.settings)
        return (await house.gates.get(seen.id)).settings.name

    return save, save


async def shop(house: Workbench, secret: SecretRef) -> tuple[Save, Save]:
    key = house.house.vault.seal_text(API_KEY)
    seen = await house.shops.save(ShopSettings(name="Shop", api_key=key))

    async def save(bench: Workbench, name: str) -> str:
        await bench.shops.save(seen.settings.model_copy(update={"name": name}), seen.id, seen.settings)
        return (await house.shops.get(seen.id)).name

    return save, save


async def channel(house: Workbench, secret: SecretRef) -> tuple[Save, Save]:
    seen = await house.channels.save(ChannelSettings(display_name="Chat", parts=(MessagePart(name="text"),)))

    async def save(bench: Workbench, name: str) -> str:
        await bench.channels.save(
            seen.settings.model_copy(update={"display_name": name}), seen.id, seen.settings
        )
        return (await house.channels.get(seen.id)).settings.display_name

    return save, save


async def event(house: Workbench, secret: SecretRef) -> tuple[Save, Save]:
    seen = await event_of(house)

    async def save(bench: Workbench, name: str) -> str:
        await bench.events.save(seen.model_copy(update={"notes": name}))
        return (await house.events.get(seen.id)).notes

    return save, save


async def keyword(house: Workbench, secret: SecretRef) -> tuple[Save, Save]:
    made = Keyword(id="", word="NEWS", updated_at=house.house.clock.now())
    seen = await house.sms_accounts.save_keyword(made)

    async def save(bench: Workbench, name: str) -> str:
        await bench.sms_accounts.save_keyword(seen.model_copy(update={"description": name}))
        return (await house.sms_accounts.keywords())[0].description

    return save, save


async def prices(house: Workbench, secret: SecretRef) -> tuple[Save, Save]:
    seen = await house.messages.prices()

    async def save(bench: Workbench, name: str) -> str:
        await bench.messages.save_prices(seen.model_copy(update={"note": name}), seen)
        return (await house.messages.prices()).note

    return save, save


async def profile(house: Workbench, secret: SecretRef) -> tuple[Save, Save]:
    (seen, *_) = await house.consent.profiles()

    async def save(bench: Workbench, name: str) -> str:
        await bench.consent.save_profile(seen.model_copy(update={"name": name}), seen)
        return (await house.consent.profiles())[0].name

    return save, save


async def words(house: Workbench, secret: SecretRef) -> tuple[Save, Save]:
    seen = await house.consent.settings()

    async def save(bench: Workbench, name: str) -> str:
        await bench.consent.save_settings(seen.model_copy(update={"help": (*seen.help, name)}), seen)
        return (await house.consent.settings()).help[-1]

    return save, save


async def run(house: Workbench, secret: SecretRef) -> tuple[Save, Save]:
    draft = await house.integrations.start()
    saved = await house.integrations.save(draft.model_copy(update={"settings": basic(secret)}))
    table = await house.runs.paste("mail,n\nana@example.com,1\n")
    seen = await house.runs.plan(RunPlan(integration_id=saved.id, table_id=table.id))

    async def save(bench: Workbench, name: str) -> str:
        await bench.runs.change(seen.id, seen.plan.model_copy(update={"title": name}), seen.plan)
        return (await house.runs.get(seen.id)).plan.title

    return save, save


async def routes(house: Workbench, secret: SecretRef) -> tuple[Save, Save]:
    seen = await house.sms_accounts.routes()

    async def save(bench: Workbench, name: str) -> str:
        await bench.sms_accounts.save_routes(
            [RouteRule(provider="twilio", to=("SE",), words=f"{name}.")], seen
        )
        return (await house.sms_accounts.routes())[0].words.removesuffix(".")

    return save, save


async def checks(house: Workbench, secret: SecretRef) -> tuple[Save, Save]:
    draft = await house.integrations.start()
    saved = await house.integrations.save(draft.model_copy(update={"settings": basic(secret)}))
    contact = Contact(
        identifiers={"email": "ana@example.com"}, variables={"subject": "Hi", "first_name": "Ana"}
    )
    entry = (await house.delivery.send(saved.id, contact)).entry.id
    seen = await house.cassettes.of_entry(entry, "Cart")

    async def save(bench: Workbench, name: str) -> str:
        await bench.cassettes.save_assertions(
            seen.id, [Assertion(path=name, operator="exists")], None, list(seen.assertions)
        )
        return (await house.cassettes.get(seen.id)).assertions[0].path

    return save, save


async def ways_in(house: Workbench, secret: SecretRef) -> tuple[Save, Save]:
    async def save(bench: Workbench, name: str) -> str:
        await bench.people.save_identity(IdentitySettings(rules=(Rule(of="person", name=name),)))
        return (await house.people.identity()).rules[0].name

    return save, save


THINGS = [
    integration,
    sms_account,
    gate,
    shop,
    channel,
    event,
    keyword,
    prices,
    profile,
    words,
    run,
    routes,
    checks,
    ways_in,
]


@pytest.mark.parametrize("thing", THINGS, ids=lambda one: one.__name__)
async def test_the_second_one_is_told_and_the_first_ones_change_stays(
    thing: Callable[[Workbench, SecretRef], Awaitable[tuple[Save, Save]]], house: Workbench, secret: SecretRef,
    connected: Callable[[Role], Workbench],
) -> None:  # fmt: skip
    bench = connected("admin")
    first, second = await thing(house, secret)
    assert await first(bench, "kept-of-ada") == "kept-of-ada"
    with pytest.raises(Refused, match="meanwhile"):
        await second(bench, "lost-of-bo")
    text = await standing(thing.__name__, house)
    assert "kept-of-ada" in text
    assert "lost-of-bo" not in text


async def standing(thing: str, house: Workbench) -> str:
    """Return what stands now of the things of a kind."""
    found: dict[str, Callable[[], Awaitable[Any]]] = {
        "integration": lambda: house.integrations.list_all(), "sms_account": lambda: house.sms_accounts.list(),
        "gate": lambda: house.gates.list(), "shop": lambda: house.shops.list(), "channel": lambda: house.channels.list(),
        "event": lambda: house.events.list(), "keyword": lambda: house.sms_accounts.keywords(), "prices": lambda: house.messages.prices(),
        "profile": lambda: house.consent.profiles(), "words": lambda: house.consent.settings(), "run": lambda: house.runs.runs(),
        "routes": lambda: house.sms_accounts.routes(), "checks": lambda: one_cassette(house), "ways_in": lambda: house.people.identity(),
    }  # fmt: skip
    return str(await found[thing]())


async def one_cassette(house: Workbench) -> Any:
    return (await house.cassettes.get("Cart")).model_dump()


@pytest.mark.parametrize(
    "thing", [gate, shop, keyword, words, run, routes, ways_in], ids=lambda one: one.__name__
)
async def test_of_twenty_at_the_same_moment_one_wins_and_all_others_are_told(
    thing: Callable[[Workbench, SecretRef], Awaitable[tuple[Save, Save]]], house: Workbench, secret: SecretRef,
    connected: Callable[[Role], Workbench],
) -> None:  # fmt: skip
    bench = connected("admin")
    save, _ = await thing(house, secret)
    done = await asyncio.gather(
        *(save(bench, f"person {number}") for number in range(20)), return_exceptions=True
    )
    assert sum(isinstance(one, str) for one in done) == 1, done
    told = [one for one in done if isinstance(one, Refused)]
    assert len(told) == 19
    assert all("meanwhile" in str(one) for one in told)
