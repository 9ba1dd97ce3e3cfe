"""Consent as a service: asked in any spelling, changed by hand or by a text, explained as of any moment, and nobody's name on the disk."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from workbench import Workbench
from workbench.adapters.consent_log import ConsentLog
from workbench.errors import Forbidden, Invalid, NotFound, Refused
from workbench.models.callback import DeliveryReport, InboundMessage
from workbench.models.consent import (
    ComplianceProfile,
    ConsentAsk,
    ConsentDecision,
    ConsentEvent,
    ConsentFilter,
    ConsentSettings,
    Purpose,
    Topic,
)
from workbench.models.journal import EntryFilter
from workbench.models.person import Role
from workbench.models.sms_account import KEYWORDS, Keyword, Sender, SmsAccount, SmsSettings
from workbench.services.consent import Consent

NUMBER, MASK = "+46701234567", "+46***67"
OURS, FREE = "+15550001111", "+18005550199"
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def consent(house: Workbench) -> Consent:
    """The ledger of the embedded workbench, in its own process."""
    return Consent(house.house, ConsentLog(house.house.journal.database))


def account(**more: Any) -> SmsAccount:
    senders = (Sender(id="snd_1", value=OURS), Sender(id="snd_2", value=FREE, type="toll_free"))
    settings = SmsSettings(name="Main", provider="twilio", senders=senders, **more)
    return SmsAccount(id="sms_1", settings=settings, created_at=NOW, updated_at=NOW)


def texted(body: str, to: str = OURS, **more: Any) -> InboundMessage:
    given = {"provider_id": "SM1", "sender": NUMBER, "to": to, "body": body, "at": NOW}
    return InboundMessage.model_validate({**given, **more})


async def heard(consent: Consent, body: str, to: str = OURS, id: str = "SM1", **more: Any) -> list[str]:
    message = texted(body, to, provider_id=id, **more)
    return [str(one) for one in await consent.heard(message, account(), message_id=id)]


async def asked(consent: Consent, point: str = NUMBER, **more: Any) -> ConsentDecision:
    return (await consent.decide([ConsentAsk(point=point, **more)]))[0]


async def opt_in(consent: Consent, point: str = NUMBER, **more: Any) -> ConsentEvent:
    return await consent.record(point, "opted_in", "Signed the form in the shop", **more)


# -- by hand and by question -------------------------------------------------------------------------------------------


async def test_a_change_by_hand_counts_for_every_spelling_and_stays_with_its_reason(bench: Workbench) -> None:
    assert not (await bench.consent.decide([ConsentAsk(point=NUMBER)]))[0].send
    event = await bench.consent.record("+46 70-123 45 67", "opted_in", " Signed in the shop ")
    assert (event.words, event.source, event.who != "") == ("Signed in the shop", "person", True)
    asks = [
        ConsentAsk(point=point)
        for point in ("0046701234567", "46701234567", "tel:+46701234567", "+46700000000")
    ]
    found = await bench.consent.decide(asks)
    assert [one.send for one in found] == [True, True, True, False]
    assert found[0].event_id == event.id
    assert {one.point for one in found[:3]} == {event.point}
    assert found[0].point.startswith(MASK)
    [record] = await bench.consent.records(ConsentFilter(point="0046 70 123 45 67"))
    assert (record.status, record.purpose, record.event_id) == ("opted_in", "commercial", event.id)
    await bench.consent.record("", "opted_out", "Called us", key=record.key)
    assert not (await bench.consent.decide([ConsentAsk(point=NUMBER)]))[0].send
    assert [one.words for one in await bench.consent.events(ConsentFilter(key=record.key))] == [
        "Called us",
        "Signed in the shop",
    ]
    entries = await bench.activity.entries(EntryFilter(kind="change"))
    assert [entry.detail for entry in entries][:2] == ["consent opted_out", "consent opted_in"]


async def test_thousands_are_decided_in_one_call(consent: Consent) -> None:
    await opt_in(consent)
    asks = [ConsentAsk(point=f"+4670{number:07}") for number in range(3000)]
    found = await consent.decide([*asks, ConsentAsk(point=NUMBER)])
    assert [one.send for one in found] == [*([False] * 3000), True]
    with pytest.raises(Refused, match="at most"):
        await consent.decide(asks * 7)


async def test_a_change_by_hand_has_to_be_whole(house: Workbench) -> None:
    with pytest.raises(Invalid) as wrong:
        await house.consent.record("0701234567", "opted_in", "  ")
    assert [one.field for one in wrong.value.problems] == ["point", "reason"]
    with pytest.raises(Refused, match="no topic"):
        await house.consent.record(NUMBER, "opted_in", "x", topic="news")
    with pytest.raises(Invalid):
        await house.consent.records(ConsentFilter(point="070 123"))
    with pytest.raises(NotFound):
        await house.consent.record("", "opted_in", "x", key="nobody")
    assert await house.consent.events() == []


async def test_email_is_asked_by_its_own_rule(house: Workbench) -> None:
    ask = ConsentAsk(channel="email", point="Ana@Example.com")
    assert (await house.consent.explain(ask)).rule == "non_restrictive"
    await house.consent.record("ana@example.com", "opted_out", "Wrote to us", channel="email")
    assert not (await house.consent.explain(ask)).send
    [record] = await house.consent.records(ConsentFilter(point="ANA@example.com"))
    assert record.channel == "email"


async def test_roles(connected: Callable[[Role], Workbench]) -> None:
    viewer, operator = connected("viewer"), connected("operator")
    await viewer.consent.decide([ConsentAsk(point=NUMBER)])
    for refused in (
        lambda: viewer.consent.record(NUMBER, "opted_in", "x"), lambda: viewer.consent.import_events(""),
        lambda: operator.consent.save_settings(ConsentSettings()), lambda: operator.consent.reveal("x"),
    ):  # fmt: skip
        with pytest.raises(Forbidden):
            await refused()


# -- texts and reports -------------------------------------------------------------------------------------------------


async def test_stop_blocks_and_start_restores_what_was_there(consent: Consent) -> None:
    await opt_in(consent)
    told = await heard(consent, " Stop. ", at=None)
    assert "opted out of everything commercial" in told[0]
    assert NUMBER not in told[0]
    blocked = await asked(consent, sender="+15550009999")
    assert (blocked.send, blocked.status) == (False, "opted_out")
    assert "by texting STOP to +15550001111" in str(blocked.reason)
    assert (await asked(consent, designation="transactional")).send
    assert "stands again" in (await heard(consent, "start", id="SM2", at=None))[0]
    assert (await asked(consent)).send
    assert "nothing changed" in (await heard(consent, "START", id="SM3", at=None))[0]


async def test_a_start_to_one_sender_says_which_stop_still_stands(consent: Consent) -> None:
    await opt_in(consent)
    await heard(consent, "STOP", OURS, at=None)
    await heard(consent, "STOP", "+15550003333", "SM2", at=None)
    told = await heard(consent, "START", OURS, "SM3", at=None)
    assert told[1:] == ["Their STOP to +15550003333 still stands: START has to be texted there too."]
    assert not (await asked(consent)).send
    assert len(await heard(consent, "START", "+15550003333", "SM4", at=None)) == 1
    assert (await asked(consent)).send


async def test_start_opts_nobody_in(consent: Consent) -> None:
    await heard(consent, "STOP", at=None)
    await heard(consent, "START", id="SM2", at=None)
    found = await asked(consent)
    assert (found.send, found.status) == (False, "not_set")


async def test_the_same_message_has_no_second_effect(consent: Consent) -> None:
    await opt_in(consent)
    await heard(consent, "STOP", at=None)
    await heard(consent, "START", id="SM2", at=None)
    assert "known already" in (await heard(consent, "STOP", at=None))[0]
    assert (await asked(consent)).send


async def test_a_stop_to_a_toll_free_number_is_a_block_of_the_carriers_too(consent: Consent) -> None:
    await opt_in(consent)
    told = await heard(consent, "STOP", FREE, at=None)
    assert "The carrier blocks +18005550199" in told[1]
    assert (await asked(consent, sender=FREE, designation="transactional")).rule == "carrier"
    assert (await asked(consent, sender=OURS, designation="transactional")).send
    await consent.record(NUMBER, "opted_in", "Says that it was a slip")
    assert (await asked(consent, sender=FREE)).rule == "carrier", "by hand nobody lifts it"
    assert "lifted" in (await heard(consent, "UNSTOP", FREE, "SM2", at=None))[1]
    assert (await asked(consent, sender=FREE)).send


async def test_a_reported_block_is_recorded_once_and_lifted_by_the_handset(consent: Consent) -> None:
    await opt_in(consent)
    report = DeliveryReport(
        provider_id="SM9", state="rejected", sender=OURS, code="21610", opted_out=True, at=NOW
    )
    [told] = await consent.reported(report, account(), NUMBER)
    assert NUMBER not in str(told)
    assert await consent.reported(report, account(), NUMBER) == ()
    assert await consent.reported(report.model_copy(update={"provider_id": "SM10"}), account(), NUMBER) == ()
    assert await consent.reported(report, account(), "") == ()
    found = await asked(consent, sender=OURS)
    assert (found.send, found.rule) == (False, "carrier")
    assert (await asked(consent, sender=FREE)).send
    await heard(consent, "start", at=None)
    assert (await asked(consent, sender=OURS)).send


async def test_a_providers_own_verdict_counts_before_ours(consent: Consent) -> None:
    await opt_in(consent)
    await heard(consent, "adios", opt_out="stop", at=None)
    assert (await asked(consent, sender=OURS, designation="transactional")).rule == "carrier"
    assert (await asked(consent, sender=FREE)).send is False


@pytest.mark.parametrize(("body", "said"), [("help", "asks for help"), ("PIZZA!", "keyword “Pizza”")])
async def test_help_and_keywords_change_nothing(
    house: Workbench, consent: Consent, body: str, said: str
) -> None:
    keyword = Keyword(id="kwd_1", word="Pizza", updated_at=NOW)
    house.house.catalogue.put(KEYWORDS, keyword.id, keyword.model_dump(mode="json"))
    assert said in (await heard(consent, body))[0]
    assert await heard(consent, "see you") == []
    assert await consent.events() == []
    assert (await consent.what(body)).meaning in ("help", "keyword")


async def test_what_sounds_like_a_stop_waits_for_a_person(consent: Consent) -> None:
    await opt_in(consent)
    assert "a person has to look" in (await heard(consent, "please stop by", at=None))[0]
    assert "known already" in (await heard(consent, "please stop by", at=None))[0]
    assert (await asked(consent)).send, "never by itself"
    [review] = await consent.reviews()
    assert (review.words, review.sender, review.point.startswith(MASK)) == ("please stop by", OURS, True)
    assert (await consent.settle_review(review.id, opted_out=False)).done == "left"
    assert (await asked(consent)).send
    await heard(consent, "leave me alone", id="SM2", at=None)
    [review] = await consent.reviews()
    await consent.settle_review(review.id, opted_out=True)
    assert not (await asked(consent)).send
    with pytest.raises(Refused):
        await consent.settle_review(review.id, opted_out=False)
    await heard(consent, "start", id="SM3", at=None)
    assert (await asked(consent)).send, "it counted like a STOP"


async def test_halves_of_characters_do_no_harm(consent: Consent) -> None:
    for id, body in (("SM\ud800", "stop\ud800"), ("SM2", "STOP")):
        message = texted(body, provider_id=id, sender="\ud83d12345", to="\ud800")
        told = await consent.heard(message, account(), message_id=id)
        assert str(told[0]).encode()
    assert (await consent.export(form="ndjson")).encode()
    [review] = await consent.reviews()
    assert review.words == "stop?"


async def test_the_scope_of_stop_is_a_setting(consent: Consent) -> None:
    settings = await consent.settings()
    await opt_in(consent)
    await consent.save_settings(settings.model_copy(update={"scope": "sender"}))
    await heard(consent, "STOP", at=None)
    assert ((await asked(consent, sender=OURS)).rule, (await asked(consent, sender=FREE)).send) == (
        "sender",
        True,
    )
    await consent.save_settings(settings.model_copy(update={"scope": "all"}))
    await heard(consent, "STOP", id="SM2", at=None)
    assert (await asked(consent, sender=FREE, designation="transactional")).rule == "stop_all"


# -- moments, audits, files --------------------------------------------------------------------------------------------


async def test_a_decision_is_explained_as_of_a_moment(house: Workbench, consent: Consent) -> None:
    first = await opt_in(consent)
    await heard(consent, "STOP", at=None)
    [record] = await consent.records(ConsentFilter(point=NUMBER, status="opted_out"))
    after = max(one.at for one in await consent.events())
    ask = ConsentAsk(point=NUMBER)
    before = first.at
    assert (await consent.explain(ask, before)).send
    assert not (await consent.explain(ask, after)).send
    assert (await consent.explain(ask, before - timedelta(days=1))).status == "not_set"
    assert [one.event_id for one in await consent.at(before)] == [first.id]
    assert {one.event_id for one in await consent.records(ConsentFilter(until=after))} == {
        first.id,
        record.event_id,
    }
    assert await consent.at(before - timedelta(days=1), ConsentFilter(point=NUMBER)) == []


async def test_the_audit_is_whole_masked_and_runs_no_formula(house: Workbench) -> None:
    await house.consent.record(NUMBER, "opted_in", '=HYPERLINK("http://x")')
    await house.consent.record("ana@example.com", "opted_out", "Wrote, twice", channel="email")
    text = await house.consent.export()
    assert NUMBER[1:] not in text
    assert "ana@" not in text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["status"], row["words"]) for row in rows] == [
        ("opted_in", '\'=HYPERLINK("http://x")'), ("opted_out", "Wrote, twice"),
    ]  # fmt: skip
    assert rows[0]["point"].startswith("'+46***67")
    lines = [json.loads(line) for line in (await house.consent.export(form="ndjson")).splitlines()]
    assert [line["words"] for line in lines] == ['=HYPERLINK("http://x")', "Wrote, twice"]
    assert lines[0]["key"] == (await house.consent.records(ConsentFilter(point=NUMBER)))[0].key
    first = datetime.fromisoformat(lines[0]["at"])
    assert len((await house.consent.export(form="ndjson", until=first)).splitlines()) == 1
    assert (
        len((await house.consent.export(form="ndjson", since=first + timedelta(microseconds=1))).splitlines())
        == 1
    )


async def test_a_file_is_brought_in_once_and_an_old_opt_in_counts_less_than_a_later_stop(
    bench: Workbench, consent: Consent
) -> None:
    await heard(consent, "STOP", at=datetime(2026, 2, 1, tzinfo=UTC))
    text = (
        "phone,status,at,reason\n"
        f"{NUMBER},opted_in,2026-01-05T10:00:00Z,form 17\n"
        "'+46701111111,opted_in,2026-01-05 10:00,form 18\n"
        "+46702222222,opted_in,,form 19\n"
        "+46703333333,opted_out,,\n"
        "0704444444,opted_out,,\n"
        "+46***67,opted_out,,\n"
        "+46705555555,maybe,,\n"
        "+46706666666,opted_in,yesterday,\n"
    )
    done = await bench.consent.import_events(text)
    assert (done.kept, done.known) == (3, 0)
    assert [one.line for one in done.problems] == [4, 6, 7, 8, 9]
    asks = [ConsentAsk(point=point) for point in (NUMBER, "+46701111111", "+46703333333")]
    assert [(one.send, one.status) for one in await bench.consent.decide(asks)] == [
        (False, "opted_out"), (True, "opted_in"), (False, "opted_out"),
    ]  # fmt: skip
    again = await bench.consent.import_events(text)
    assert (again.kept, again.known) == (1, 2), "the row without a time is a new event"
    lines = '{"point":"+46707777777","status":"opted_out","purpose":"nowhere"}\n[1]\n\n{"point":"+46708888888","status":"opted_out"}\n'
    done = await bench.consent.import_events(lines)
    assert (done.kept, [one.line for one in done.problems]) == (1, [1, 2])
    assert (await bench.consent.import_events("")).kept == 0


MONTH = "\n".join(json.dumps(row) for row in (
    {"point": NUMBER, "status": "opted_in", "at": "2026-02-01T09:00:00Z", "words": "form"},
    {"from": NUMBER, "to": OURS, "text": "STOP", "at": "2026-02-03T09:00:00Z", "id": "SM1"},
    {"from": NUMBER, "to": OURS, "text": "STOP", "at": "2026-02-03T09:00:00Z", "id": "SM1"},
    {"from": "46701111111", "to": OURS, "text": "please stop by", "at": "2026-02-04T09:00:00Z", "id": "SM2"},
    {"from": NUMBER, "to": OURS, "text": "Start!", "at": "2026-02-10T09:00:00Z", "id": "SM3"},
))  # fmt: skip


async def test_a_month_is_played_through_to_any_moment_and_nothing_is_kept(house: Workbench) -> None:
    ask = [ConsentAsk(point="0046701234567")]
    for day, send, lines in ((1, False, 0), (2, True, 1), (4, False, 3), (11, True, 4), (None, True, 4)):
        moment = datetime(2026, 2, day, tzinfo=UTC) if day else None
        done = await house.consent.replay(MONTH, moment, ask)
        assert (done.decisions[0].send, done.events, done.reviews) == (send, 4, 1)
        assert NUMBER not in done.audit
        assert len(done.audit.splitlines()) == lines
    assert await house.consent.events() == []


# -- settings and profiles ---------------------------------------------------------------------------------------------


async def test_settings_keep_stop_and_the_rule_of_2023(house: Workbench) -> None:
    kept = await house.consent.save_settings(ConsentSettings(opt_out=("bye",), strict_2023=True))
    assert (kept.opt_out, await house.consent.settings()) == (("STOP", "bye"), kept)
    assert (
        await house.consent.explain(ConsentAsk(point=NUMBER, designation="transactional"))
    ).rule == "strict_2023"
    assert (await house.consent.what("stop")).meaning == "stop"
    wrong = ConsentSettings(opt_in=("stop",), profile="nowhere")
    with pytest.raises(Invalid) as refused:
        await house.consent.save_settings(wrong)
    assert [one.field for one in refused.value.problems] == ["opt_in", "profile"]


async def test_a_profile_of_ones_own_is_asked_by_its_purposes_and_topics(house: Workbench) -> None:
    news = Purpose(
        key="news",
        name="News",
        enforcement={"sms": "non_restrictive"},
        topics=(Topic(key="shoes", name="Shoes"),),
    )
    await house.consent.save_profile(ComplianceProfile(key="shop", name="Shop", purposes=(news,)))
    assert [one.key for one in await house.consent.profiles()] == ["default", "shop"]
    await house.consent.record(NUMBER, "opted_out", "x", profile="shop", purpose="news", topic="shoes")
    ask = ConsentAsk(point=NUMBER, profile="shop", topic="shoes")
    assert (await house.consent.explain(ask)).rule == "topic"
    assert (await house.consent.explain(ask.model_copy(update={"topic": ""}))).send
    with pytest.raises(Invalid):
        await house.consent.save_profile(ComplianceProfile(key="shop", name="Default", purposes=(news,)))
    changed = (await house.consent.profiles())[0].model_copy(update={"name": "House"})
    await house.consent.save_profile(changed)
    assert [one.name for one in await house.consent.profiles()] == ["House", "Shop"]


# -- nothing on the disk names anybody ---------------------------------------------------------------------------------


async def test_no_file_holds_a_number_or_a_text(tmp_path: Path, house: Workbench, consent: Consent) -> None:
    await opt_in(consent)
    await consent.record("planted.person@example.com", "opted_out", f"Wrote from {NUMBER}", channel="email")
    await heard(consent, "STOP", at=None)
    await heard(consent, f"please stop texting {NUMBER} zebra", id="SM2", at=None)
    await consent.import_events(f"point,status,words\n{NUMBER},opted_out,zebra\n")
    record = (await consent.records(ConsentFilter(point=NUMBER)))[0]
    assert await consent.reveal(record.key) == NUMBER
    await house.house.journal.database.empty_log()
    found = [path for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert any(path.name == "journal.sqlite" for path in found)
    for path in found:
        raw = path.read_bytes()
        for planted in (NUMBER[1:].encode(), b"planted.person", b"zebra", b"701234567"):
            assert planted not in raw, path.name


async def test_a_stop_is_recorded_although_the_vault_lost_its_keys(
    house: Workbench, consent: Consent, tmp_path: Path
) -> None:
    await opt_in(consent)
    for name in ("vault.json", "vault.key"):
        for path in (tmp_path / "home").glob(name):
            path.unlink()
    async with Workbench.open(tmp_path / "home", environ={"WORKBENCH_KEYRING": "off"}) as again:
        other = Consent(again.house, ConsentLog(again.house.journal.database))
        await heard(other, "STOP", at=None)
        assert not (await asked(other)).send
        words = [one.words for one in await other.events()]
        assert words == ["STOP", ""], "what the lost key sealed stays sealed"
