"""Jobs and single messages ask the hub's ledger: a row that may not be sent is left out and keeps why; a single one is warned of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.services.conftest import basic
from tests.services.test_work import ended, saved
from workbench import Contact, Workbench
from workbench.adapters.consent_log import ConsentLog
from workbench.errors import Refused
from workbench.models.base import SecretRef
from workbench.models.event import EVENT_PAYLOAD
from workbench.models.integration import IdentifierType
from workbench.models.work import JobOptions, RowFilter
from workbench.services.consent import Consent
from workbench.services.crew import Crew
from workbench.services.delivery import Delivery
from workbench.services.sending import KIND, sending
from workbench.services.work import Work

IN, OUT, NEW = "+46700000001", "+46700000002", "+46700000003"
TEXT: dict[str, Any] = {
    "channel": "sms",
    "identifier": IdentifierType(kind="phone"),
    "payload": '{"to": "${User Identifier}"}',
}
MAIL: dict[str, Any] = {"payload": '{"to": "${User Identifier}"}'}


@pytest.fixture
async def consent(house: Workbench) -> Consent:
    made = Consent(house.house, ConsentLog(house.house.journal.database))
    await made.record(IN, "opted_in", "form")
    await made.record(OUT, "opted_out", "called")
    await made.record("out@example.com", "opted_out", "wrote", channel="email")
    return made


@pytest.fixture
async def work(house: Workbench, consent: Consent) -> AsyncIterator[Work]:
    crew = Crew(house.house, {KIND: sending(consent)})
    yield Work(house.house, house.integrations, crew)
    await crew.close()


def to(kind: str, *points: str) -> list[Contact]:
    return [Contact(identifiers={kind: point}) for point in points]


async def run(house: Workbench, work: Work, integration: str, contacts: list[Contact], **options: Any) -> str:
    job = (await work.create(integration, JobOptions(**options))).job
    await work.add(job.id, contacts)
    await work.start(job.id)
    await ended(house, job.id)
    return job.id


async def test_rows_that_may_not_be_sent_are_left_out_and_keep_why(
    house: Workbench, work: Work, consent: Consent, secret: SecretRef
) -> None:
    integration = await saved(house, basic(secret, **TEXT))
    contacts = [*to("phone", IN, OUT, NEW), Contact(identifiers={"email": "ana@example.com"})]
    id = await run(house, work, integration, contacts, ask_consent="commercial")
    rows = await house.work.rows(id)
    assert [row.state for row in rows] == ["accepted", "invalid", "invalid", "invalid"]
    said = [str(row.sentence) for row in rows[1:]]
    assert "they opted out of “Commercial” by a person, by hand" in said[0]
    assert "no opt-in on record" in said[1]
    assert "no phone number" in said[2]
    assert rows[1].recipient.startswith("+46***02")
    assert OUT not in repr(rows)
    await consent.record(OUT, "opted_in", "changed their mind")
    wanted = RowFilter(states=("invalid",))
    preview = await house.work.preview_replay(id, wanted)
    await work.replay(id, wanted, preview.token)
    await ended(house, id)
    assert [row.state for row in await house.work.rows(id)] == ["accepted", "accepted", "invalid", "invalid"]


async def test_the_designation_and_the_channel_decide(
    house: Workbench, work: Work, secret: SecretRef
) -> None:
    texts = await saved(house, basic(secret, **TEXT))
    id = await run(house, work, texts, to("phone", IN, OUT), ask_consent="transactional")
    assert (await work.job(id)).job.counts.accepted == 2
    mails = await saved(house, basic(secret, name="Mails", allow_several=True, **MAIL))
    id = await run(
        house, work, mails, to("email", "out@example.com", "new@example.com"), ask_consent="commercial"
    )
    assert [row.state for row in await house.work.rows(id)] == ["invalid", "accepted"]
    id = await run(house, work, mails, to("email", "out@example.com"))
    assert (await work.job(id)).job.counts.accepted == 1, "nobody asked"


async def test_a_job_that_cannot_ask_is_not_begun(house: Workbench, work: Work, secret: SecretRef) -> None:
    pushes = await saved(
        house,
        basic(
            secret, channel="web_push", identifier=IdentifierType(kind="custom", name="token"), payload="{}"
        ),
    )
    with pytest.raises(Refused, match="neither texts nor e-mail"):
        await work.create(pushes, JobOptions(ask_consent="commercial"))
    texts = await saved(house, basic(secret, name="Texts", allow_several=True, **TEXT))
    crew = Crew(house.house, {KIND: sending()})
    deaf = Work(house.house, house.integrations, crew)
    job = (await deaf.create(texts, JobOptions(ask_consent="commercial"))).job
    await deaf.add(job.id, to("phone", IN))
    await deaf.start(job.id)
    progress = await ended(house, job.id, "stopped")
    assert "no consent ledger" in str(progress.job.reason)
    assert progress.job.counts.waiting == 1
    await crew.close()


async def test_a_single_message_is_warned_of_and_sent(
    house: Workbench, consent: Consent, secret: SecretRef
) -> None:
    delivery = Delivery(house.delivery.dispatch, house.integrations, consent)
    texts = await saved(house, basic(secret, **TEXT))
    sent = await delivery.send(texts, Contact(identifiers={"phone": OUT}))
    [warning] = [one for one in sent.problems if one.field == "identifier"]
    assert sent.outcome.ok
    assert (warning.level, "may not get commercial messages" in str(warning.sentence)) == ("warning", True)
    assert OUT not in str(warning.sentence)
    preview = await delivery.preview(texts, Contact(identifiers={"phone": OUT}))
    assert warning in preview.problems
    for point in (IN, NEW):  # nothing is on record of the last: it may be a test phone as well
        told = (await delivery.send(texts, Contact(identifiers={"phone": point}))).problems
        assert not [one for one in told if one.field == "identifier"]


async def test_an_event_is_asked_about_for_each_contact_point_that_it_names(
    house: Workbench, work: Work, consent: Consent, secret: SecretRef
) -> None:
    settings = basic(secret, name="Bought", channel="event", payload=EVENT_PAYLOAD)
    integration = await saved(house, settings)
    points: list[dict[str, str]] = [
        {"email": "new@example.com"},
        {"email": "new@example.com", "phone": OUT},
        {"email": "out@example.com", "phone": IN},
        {"phone": NEW},
        {"phone": "12"},
    ]
    contacts = [Contact(identifiers=one, variables={"event": dict(one)}) for one in points]
    id = await run(house, work, integration, contacts, ask_consent="commercial")
    rows = await house.work.rows(id)
    assert [row.state for row in rows] == ["accepted", "invalid", "invalid", "accepted", "invalid"]
    assert rows[1].recipient.startswith("+46***02")
    assert rows[2].recipient.startswith("o***@example.com")
    assert "neither an e-mail address nor a phone number" in str(rows[4].sentence)
    delivery = Delivery(house.delivery.dispatch, house.integrations, consent)
    both = Contact(
        identifiers={"email": "out@example.com", "phone": OUT},
        variables={"event": {"email": "out@example.com"}},
    )
    told = [one for one in (await delivery.preview(integration, both)).problems if one.field == "identifier"]
    assert len(told) == 2, "each of the two is warned of"
    fine = await work.create(integration, JobOptions(ask_consent="transactional"))
    assert fine.job.options.ask_consent == "transactional"


async def test_a_job_of_ones_own_is_guarded_against_doubles_too(house: Workbench, secret: SecretRef) -> None:
    integration = await saved(house, basic(secret, **MAIL))
    contacts = to("email", "a@example.com", "b@example.com", "a@example.com")
    id = await run(house, house.work, integration, contacts, guard_min=10)
    assert [row.state for row in await house.work.rows(id)] == ["accepted", "accepted", "invalid"]
    id = await run(house, house.work, integration, contacts)
    assert (await house.work.job(id)).job.counts.accepted == 3, "nobody asked"
    crew = Crew(house.house, {KIND: sending()})
    deaf = Work(house.house, house.integrations, crew)
    job = (await deaf.create(integration, JobOptions(guard_min=10))).job
    await deaf.add(job.id, contacts)
    await deaf.start(job.id)
    assert "keeps no marks" in str((await ended(house, job.id, "stopped")).job.reason)
    await crew.close()
