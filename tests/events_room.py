"""A room for tests of events: a way to send them, and a contract with one variable of each type."""

from __future__ import annotations

from workbench import Workbench
from workbench.models.event import (
    EVENT_PAYLOAD,
    Event,
    EventColumn,
    EventInput,
    EventMessage,
    EventMethod,
    EventVariable,
    Flow,
)
from workbench.models.integration import Integration, Settings
from workbench.providers import provider as provider_of

EMAIL, PHONE = "ana.lima@example.com", "+46701740605"
EVENT_URL = "https://events.sendpulse.com/events/id/eb561baa181247d1cd378c4ead632877/7043663"
"""The address in the seed's sample (../shared/seeds/003): its hash must be seen nowhere."""
API_KEY = "sp_apikey_0f9e8d7c6b5a49382716"
MESSAGE = "Hi {{ email }}, thanks for {% for item in products %}{{ item.name }}, {% endfor %}until {{ event_date }}."


def way_settings(
    house: Workbench, method: EventMethod = "rest", event: str = "purchase", **more: object
) -> Settings:
    """Return the settings of an integration that sends events; its secret is in the vault of ``house``."""
    vault = house.house.vault
    kind = "sendpulse_api_key" if method == "rest" else "sendpulse_event_url"
    credential = (
        {"event": event, "api_key": vault.seal_text(API_KEY).model_dump()}
        if method == "rest"
        else {"event_url": vault.seal_text(EVENT_URL).model_dump()}
    )
    endpoint = provider_of("sendpulse").endpoint(method)
    return Settings(
        name=f"Event {event} by {method}", channel="event", provider="sendpulse", endpoint=method, url=endpoint.url,
        credential_kind=kind, credential=credential, payload=EVENT_PAYLOAD,
    ).model_copy(update=more)  # fmt: skip


async def way(
    house: Workbench, method: EventMethod = "rest", event: str = "purchase", **more: object
) -> Integration:
    """Save an integration that sends events."""
    draft = await house.integrations.start("sendpulse")
    settings = way_settings(house, method, event, **more)
    return await house.integrations.save(draft.model_copy(update={"settings": settings}))


def contract(integration_id: str | None = None, **more: object) -> Event:
    """Return a contract, not kept yet, with a variable of each type."""
    columns = (EventColumn(name="id"), EventColumn(name="name"), EventColumn(name="price", type="number"))
    return Event(
        name="purchase",
        integration_id=integration_id,
        variables=(
            EventVariable(name="product_name", required=True, used_by=("Receipt",)),
            EventVariable(name="product_id", type="number"),
            EventVariable(name="event_date", type="date"),
            EventVariable(name="member", type="boolean"),
            EventVariable(name="products", type="array", columns=columns),
        ),
        flows=(Flow(id=12345, name="Welcome"), Flow(id=12347, name="Old newsletter", active=False)),
        messages=(EventMessage(name="Receipt", text=MESSAGE),),
    ).model_copy(update=more)


def occurrence(**more: object) -> EventInput:
    """Return an occurrence that fits the contract, with types as JSON has them."""
    values = {
        "product_name": "Blue shirt", "product_id": 123, "event_date": "2021-05-28", "member": True,
        "products": [{"id": "B-1", "name": "Blue shirt", "price": 19.9}],
    }  # fmt: skip
    return EventInput(email=EMAIL, phone=PHONE, automation_id=12345, values=values).model_copy(update=more)


async def event_of(house: Workbench, method: EventMethod = "rest", **more: object) -> Event:
    """Save the contract with a way to send it."""
    saved = await way(house, method)
    return await house.events.save(contract(saved.id, **more))
