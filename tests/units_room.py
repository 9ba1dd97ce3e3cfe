"""A workbench with two business units, each with one of everything: what one of them plants, the other must never see."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.services.conftest import basic
from tests.sms_room import RECIPIENT, twilio_account
from workbench import Contact, Workbench
from workbench.models.custom_channel import ChannelSettings, MessagePart
from workbench.models.event import EVENT_PAYLOAD, Event, EventInput, EventVariable
from workbench.models.gate import GateSettings
from workbench.models.hold import HoldFilter
from workbench.models.integration import Settings
from workbench.models.message_draft import MessageDraft, Recipient
from workbench.models.person import Person
from workbench.models.platform import Sendout
from workbench.models.run import Mapped, RunPlan
from workbench.models.shop import ShopSettings
from workbench.models.studio import StudioPlan
from workbench.models.sync import SyncPlan
from workbench.models.work import JobOptions
from workbench.sandbox.app import Sandbox
from workbench.services.roles import caller

API_KEY = "AbCdEfGhIjKlMnOpQrStUv:ZyXwVuTsRqPoNmLkJiHgFe"
MAPPING = tuple(
    Mapped(target=target, column=column)
    for target, column in (("email", "mail"), ("subject", "subject"), ("first_name", "name"))
)


@contextmanager
def working_as(person: Person | None) -> Iterator[None]:
    """Let what runs inside be a person's call, as the server does it."""
    token = caller.set(person)
    try:
        yield
    finally:
        caller.reset(token)


@dataclass
class Planted:
    """What one unit has: its ids by what they are of, its ``mark`` in every name, and its secrets' handles."""

    person: Person
    mark: str
    ids: dict[str, str] = field(default_factory=dict)
    handles: list[str] = field(default_factory=list)


async def plant(bench: Workbench, sandbox: Sandbox, unit: str, mark: str, *, whole: bool = True) -> Planted:
    """Let somebody of a unit make one of everything, in the ways of the services; on return nothing runs in the background.

    Without ``whole`` it is what an integration leads to, and no more.
    """
    texts = sandbox.sms["twilio"]
    texts.pace_s = 0.0
    made = Planted(Person(name=f"{unit} ops", role="admin", units=(unit,)), mark)
    with working_as(made.person):
        for work in (_sends, *((_jobs, _gates, _texts, _events, _shops, _designs, _runs) if whole else ())):
            await work(bench, made)
    await texts.courier.settle()
    await bench.callback_receiving.work.settled()
    return made


def _secret(bench: Workbench, made: Planted, text: str) -> Any:
    ref = bench.house.vault.seal_text(text)
    made.handles.append(ref.handle)
    return ref


async def _sends(bench: Workbench, made: Planted) -> None:
    secret = _secret(bench, made, f"{made.mark}-S3cret-value")
    settings = basic(secret, name=f"{made.mark} reminders")
    draft = await bench.integrations.start()
    integration = await bench.integrations.save(draft.model_copy(update={"settings": settings}))
    kept = await bench.integrations.start()
    kept = await bench.integrations.keep(
        kept.model_copy(update={"settings": settings.model_copy(update={"name": f"{made.mark} half"})})
    )
    contact = Contact(
        identifiers={"email": f"{made.mark}@example.com"},
        variables={"subject": made.mark, "first_name": made.mark},
    )
    entry = (await bench.delivery.send(integration.id, contact)).entry
    cassette = await bench.cassettes.of_entry(entry.id, f"{made.mark} cassette")
    joined = await bench.environments.begin(integration.id)
    made.ids |= {
        "integration": integration.id, "draft": kept.id, "entry": entry.id, "cassette": cassette.id, "environment": joined.id,
    }  # fmt: skip


async def _jobs(bench: Workbench, made: Planted) -> None:
    for what in ("done", "open"):
        job = (await bench.work.create(made.ids["integration"], JobOptions(title=f"{made.mark} {what}"))).job
        contact = Contact(
            identifiers={"email": "ana@example.com"}, variables={"subject": made.mark, "first_name": "A"}
        )
        await bench.work.add(job.id, [contact, contact])
        made.ids[f"job {what}"] = job.id
    await bench.work.start(made.ids["job done"])
    await bench.work.crew.wait(made.ids["job done"])


async def _gates(bench: Workbench, made: Planted) -> None:
    key = _secret(bench, made, f"{made.mark}-gate-key")
    settings = GateSettings(
        name=f"{made.mark} gate", key=_gate_key(made), auth="header", header="X-Key", header_value=key
    )
    gate = await bench.gates.create(settings)
    standing = await bench.rehearsal.fire(gate.id, Sendout(size=4, name=f"{made.mark} sendout"))
    (hold,) = await bench.holds.holds(HoldFilter(gate_id=gate.id))
    await bench.holds.settle(hold.id)
    made.ids |= {"gate": gate.id, "gate key": _gate_key(made), "hold": hold.id, "standing": standing.id}


async def _texts(bench: Workbench, made: Planted) -> None:
    account = await twilio_account(bench, name=f"{made.mark} texts")
    draft = await bench.sms_accounts.draft()
    draft = await bench.sms_accounts.draft(
        draft.model_copy(
            update={"settings": account.settings.model_copy(update={"name": f"{made.mark} second"})}
        )
    )
    text = MessageDraft(
        account=account.id, text="Hello! Reply STOP to opt out", recipients=(Recipient(number=RECIPIENT),)
    )
    await bench.consent.record(point=RECIPIENT, status="opted_in", reason="asked for in a test")
    await bench.messages.send(text)
    (sent,) = await bench.callbacks.deliveries()
    await bench.studio.play(StudioPlan(account_id=account.id, course="good", delivery_ids=(sent.id,)))
    await bench.callback_receiving.work.settled()
    callbacks = await bench.callbacks.callbacks()
    made.ids |= {
        "account": account.id, "sms draft": draft.id, "delivery": sent.id, "callback": callbacks[0].id,
        "sender": account.settings.senders[0].id,
    }  # fmt: skip


async def _events(bench: Workbench, made: Planted) -> None:
    key = _secret(bench, made, f"sp_apikey_{made.mark}0f9e8d7c6b5a")
    draft = await bench.integrations.start("sendpulse")
    settings = Settings(
        name=f"{made.mark} events", channel="event", provider="sendpulse", endpoint="rest", url=draft.settings.url,
        credential_kind="sendpulse_api_key", credential={"event": f"{made.mark}_purchase", "api_key": key.model_dump()},
        payload=EVENT_PAYLOAD,
    )  # fmt: skip
    way = await bench.integrations.save(draft.model_copy(update={"settings": settings}))
    event = await bench.events.save(
        Event(name=f"{made.mark}_purchase", integration_id=way.id, variables=(EventVariable(name="product"),))
    )
    given = EventInput(email=f"{made.mark}@example.com", values={"product": "Shirt"})
    sent = (await bench.events.send(event.id, given)).entry
    made.ids |= {"way": way.id, "event": event.id, "event entry": sent.id}


async def _runs(bench: Workbench, made: Planted) -> None:
    text = f"mail,subject,name\n{made.mark}1@example.com,{made.mark},Ana\nwrong,{made.mark},Bo\n"
    for what in ("looked", "sent"):
        table = await bench.runs.paste(text)
        plan = RunPlan(
            integration_id=made.ids["integration"],
            table_id=table.id,
            mapping=MAPPING,
            title=f"{made.mark} run",
        )
        run = await bench.runs.plan(plan)
        await bench.runs.check(run.id)
        await bench.runs.wait(run.id)
        made.ids |= {f"run {what}": run.id, f"table {what}": table.id}
    await bench.runs.leave_out(made.ids["run sent"], [2])
    await bench.runs.start(made.ids["run sent"])
    run = await bench.runs.wait(made.ids["run sent"])
    assert run.job_id is not None
    await bench.work.crew.wait(run.job_id)
    made.ids["run job"] = run.job_id


async def _shops(bench: Workbench, made: Planted) -> None:
    settings = ShopSettings(
        name=f"{made.mark} shop", api_key=_secret(bench, made, API_KEY), site=f"https://{made.mark}.example",
        domains=(f"{made.mark}.example",),
    )  # fmt: skip
    shop = await bench.shops.save(settings)
    record = {"_email": f"{made.mark}@example.com", "_name": made.mark}
    await bench.sync.send(shop.id, "contact", record)
    validation = await bench.readiness.begin(shop.id)
    table = await bench.runs.paste(f"_email,_name\n{made.mark}2@example.com,{made.mark}\n")
    columns = tuple(Mapped(target=name, column=name) for name in ("_email", "_name"))
    sync = SyncPlan(shop_id=shop.id, entity="contact")
    run = await bench.runs.plan(
        RunPlan(table_id=table.id, sync=sync, mapping=columns, title=f"{made.mark} sync")
    )
    await bench.runs.check(run.id)
    await bench.runs.wait(run.id)
    made.ids |= {"shop": shop.id, "validation": validation.id, "run of a shop": run.id}


async def _designs(bench: Workbench, made: Planted) -> None:
    design = await bench.channels.save(
        ChannelSettings(display_name=f"{made.mark} chat", parts=(MessagePart(name="text"),))
    )
    made.ids["design"] = design.id


def _gate_key(made: Planted) -> str:
    """Return the key of a unit's gate: it names the gate in calls, and an error may repeat what was called."""
    return f"front-{made.person.units[0].lower()}"
