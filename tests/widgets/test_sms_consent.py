"""The consent centre: looked up, explained, changed by hand, reviewed, ruled and exported, without a browser and by roles."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.widgets.conftest import Connected
from tests.widgets.faces import field, markup, of, offered, press, read
from workbench import Workbench
from workbench.adapters.consent_log import ConsentLog
from workbench.models.callback import InboundMessage
from workbench.models.consent import ConsentAsk, ConsentFilter
from workbench.models.sms_account import SmsAccount, SmsSettings
from workbench.services.consent import Consent
from workbench.widgets import settle, sms_consent
from workbench.widgets.around import Around
from workbench.widgets.sms_consent import ConsentCentre, parts_of_file

NUMBER, OURS = "+46701234567", "+15550001111"
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


async def centre(bench: Workbench, part: str = "who") -> ConsentCentre:
    made = ConsentCentre(Around(bench, await bench.about.facts()))
    await made.refresh()
    if part != "who":
        made.part.value = part
        await settle()
    return made


async def texted(house: Workbench, body: str, id: str = "SM1") -> None:
    """Let a text come in, as the receiver would hand it over."""
    consent = Consent(house.house, ConsentLog(house.house.journal.database))
    account = SmsAccount(
        id="sms_1", settings=SmsSettings(name="Main", provider="twilio"), created_at=NOW, updated_at=NOW
    )
    await consent.heard(
        InboundMessage(provider_id=id, sender=NUMBER, to=OURS, body=body), account, message_id=id
    )


async def look_up(made: ConsentCentre, point: str) -> str:
    field(made.widget, "Phone number or e-mail address").value = point
    await press(made.widget, "Look up")
    return read(made.widget)


async def test_somebody_is_looked_up_and_recorded_by_hand(house: Workbench) -> None:
    made = await centre(house)
    assert "Nothing is on record here" in read(made.widget)
    assert "Will not send: “Commercial” goes only to those who opted in" in await look_up(
        made, "0046 70 123 45 67"
    )
    await press(made.widget, "Record an opt-in")
    assert "There is no reason" in field(made.widget, "Reason").error
    field(made.widget, "Reason").value = "Signed in the shop"
    await press(made.widget, "Record an opt-in")
    said = read(made.widget)
    assert "Will send: they opted in to “Commercial” by a person, by hand" in said
    assert "+46***67" in said
    assert "Record an opt-in" not in offered(made.widget), "what is on record is changed below"
    assert NUMBER not in markup(made.widget)
    assert (await house.consent.decide([ConsentAsk(point=NUMBER)]))[0].send


async def test_a_stop_is_seen_explained_and_changed_with_a_reason(house: Workbench) -> None:
    await house.consent.record(NUMBER, "opted_in", "form")
    await texted(house, "STOP")
    made = await centre(house)
    assert "by texting STOP to +15550001111" in await look_up(made, NUMBER)
    [rows] = [one for one in of(made.widget, "RowList") if one.label == "Consents"]
    assert [(row["status"]["text"], row["covers"]) for row in rows.rows] == [
        ("Opted out", "everything commercial"), ("Opted in", "Commercial"),
    ]  # fmt: skip
    rows.selected = rows.rows[0]["id"]
    await settle()
    assert "texted STOP" in markup(made.widget)
    await press(made.widget, "Change the consent")
    assert "There is no reason" in field(made.widget, "Reason").error
    field(made.widget, "Change it to").value = "opted_in"
    field(made.widget, "Reason").value = "Asked by phone"
    await press(made.widget, "Change the consent")
    assert "Asked by phone" in markup(made.widget)
    assert "Will send" in await look_up(made, NUMBER)


async def test_a_moment_and_a_filter_narrow_what_is_shown(house: Workbench, connected: Connected) -> None:
    first = await house.consent.record(NUMBER, "opted_in", "form")
    await house.consent.record("ana@example.com", "opted_out", "wrote", channel="email")
    made = await centre(connected("viewer"))
    assert len(made.look.list.rows) == 2
    made.look.status.value = "opted_out"
    await settle()
    assert [row["channel"] for row in made.look.list.rows] == ["E-mail"]
    made.look.status.value = ""
    made.look.at.value = "first of March"
    await look_up(made, NUMBER)
    assert "This is no moment" in made.look.at.error
    made.look.at.value = "2020-01-01 09:30"
    assert "Will not send" in await look_up(made, NUMBER)
    assert made.look.list.rows == []
    made.look.at.value = first.at.isoformat()
    assert "Will send" in await look_up(made, NUMBER)
    made.look.at.value = ""
    await look_up(made, "070-123 45 67")
    assert "no country code" in made.look.point.error
    assert {"Record an opt-in", "Change the consent"}.isdisjoint(offered(made.widget))


async def test_a_likely_opt_out_is_decided_by_a_person(house: Workbench, connected: Connected) -> None:
    await texted(house, "please stop by <b>soon</b>")
    await texted(house, "leave me alone", "SM2")
    reading = await centre(connected("viewer"), "reviews")
    assert "please stop by &lt;b&gt;soon&lt;/b&gt;" in markup(reading.widget)
    assert "Opt them out" not in offered(reading.widget)
    made = await centre(connected("operator"), "reviews")
    await press(made.reviews.place.widget.children[0], "Leave it")
    assert "changes nothing" in read(made.widget)
    assert await house.consent.events() == []
    await press(made.widget, "Opt them out")
    assert "as if they had texted STOP" in read(made.widget)
    assert "No text waits for you" in read(made.widget)
    assert not (await house.consent.decide([ConsentAsk(point=NUMBER)]))[0].send


async def test_rules_are_read_by_all_and_changed_by_admins(house: Workbench, connected: Connected) -> None:
    reading = await centre(connected("operator"), "rules")
    assert "only those who opted in" in markup(reading.widget)
    assert {"Save the profile", "Save words and rules"}.isdisjoint(offered(reading.widget))
    made = await centre(connected("admin"), "rules")
    field(made.widget, "Commercial: Text message").value = "non_restrictive"
    field(made.widget, "Commercial: topics").value = "Shoes, Hats, Shoes"
    field(made.widget, "New purpose").value = "News letter"
    await press(made.widget, "Save the profile")
    profile = (await house.consent.profiles())[0]
    assert [(one.key, [topic.key for topic in one.topics]) for one in profile.purposes] == [
        ("commercial", ["shoes", "hats"]), ("transactional", []), ("tracking", []), ("news-letter", []),
    ]  # fmt: skip
    assert (await house.consent.decide([ConsentAsk(point=NUMBER)]))[0].send
    field(made.widget, "Rule of 2023").value = True
    field(made.widget, "STOP opts them out of").value = "all"
    field(made.widget, "Opt-out words").value = "bye, STOP ciao"
    await press(made.widget, "Save words and rules")
    settings = await house.consent.settings()
    assert (settings.opt_out, settings.scope, settings.strict_2023) == (("STOP", "bye", "ciao"), "all", True)
    assert "The rule of 2023 is switched on" in markup(made.widget)
    field(made.widget, "Help words").value = "bye"
    await press(made.widget, "Save words and rules")
    assert "A word means one thing" in field(made.widget, "Help words").error
    field(made.widget, "A text as somebody may send it").value = "Bye!"
    await press(made.widget, "What does it mean?")
    assert "the whole text is the word bye" in read(made.widget)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("start", "takes back"),
        ("info?", "asks for help"),
        ("stop it please", "person is asked"),
        ("ok", "nothing happens"),
    ],
)
async def test_a_text_is_tried(house: Workbench, text: str, said: str) -> None:
    made = await centre(house, "rules")
    field(made.widget, "A text as somebody may send it").value = text
    await press(made.widget, "What does it mean?")
    assert said in read(made.widget)


async def test_keywords_are_added_changed_and_deleted_with_a_look_at_their_uses(
    house: Workbench, connected: Connected
) -> None:
    made = await centre(connected("operator"), "keywords")
    assert "No keyword yet" in read(made.widget)
    await press(made.widget, "New keyword")
    field(made.widget, "Keyword").value = "Stop."
    await press(made.widget, "Save")
    assert "always opts people out" in field(made.widget, "Keyword").error
    field(made.widget, "Keyword").value = "x" * 60
    await press(made.widget, "Save")
    assert "longer than 40" in field(made.widget, "Keyword").error
    field(made.widget, "Keyword").value = "Pizza"
    field(made.widget, "Used by").value = "Welcome, Summer sale"
    await press(made.widget, "Save")
    [keyword] = await house.sms_accounts.keywords()
    assert (keyword.word, keyword.uses) == ("Pizza", ("Welcome", "Summer sale"))
    made.keywords.list.selected = keyword.id
    await press(made.widget, "Delete")
    assert "Welcome, Summer sale" in read(made.widget)
    await press(made.widget, "Delete the keyword")
    assert await house.sms_accounts.keywords() == []
    reading = await centre(connected("viewer"), "keywords")
    assert "New keyword" not in offered(reading.widget)


async def test_the_audit_is_handed_over_and_a_file_brought_in(
    house: Workbench, connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sms_consent, "PART_LETTERS", 40)
    made = await centre(connected("operator"), "audit")
    await made.audit.take(
        f"point,status,at\n{NUMBER},opted_in,2026-01-01\n+46709999999,opted_out,\nnobody,opted_out,\n"
    )
    said = read(made.widget)
    assert "Changes that are new: 2; known before: 0; rows that cannot be read: 1." in said
    assert "4 This is no phone number" in said
    assert NUMBER[1:] not in await made.audit.text("csv")
    assert len((await made.audit.text("ndjson")).splitlines()) == 2
    await made.audit.replay(
        f'{{"from":"{NUMBER}","to":"{OURS}","text":"STOP","at":"2026-02-01T09:00:00Z"}}\n'
    )
    assert "nothing is changed. Changes: 1; opted in at the end: 0; opted out: 1" in read(made.widget)
    assert len(await house.consent.events()) == 2
    assert offered((await centre(connected("viewer"), "audit")).widget) >= {
        "Audit as CSV",
        "Audit as JSON lines",
    }


def test_a_large_file_goes_in_parts_each_with_its_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sms_consent, "PART_LETTERS", 6)
    assert list(parts_of_file("head\na\nb\nlong line\nc\n")) == [
        (0, "head\na\nb\n"),
        (2, "head\nlong line\n"),
        (3, "head\nc\n"),
    ]
    assert list(parts_of_file('{"a":1}\n{"b":2}')) == [(0, '{"a":1}\n'), (1, '{"b":2}')]
    assert list(parts_of_file("")) == []


async def test_a_link_leads_to_a_part_or_to_a_contact_point(house: Workbench) -> None:
    await house.consent.record(NUMBER, "opted_in", "form")
    [record] = await house.consent.records(ConsentFilter(point=NUMBER))
    made = await centre(house)
    await made.go(f"point={record.key}")
    assert "History of this contact point" in markup(made.widget)
    await made.go("rules")
    await settle()
    assert (made.place, made.part.value) == ("consent=rules", "rules")
    await made.go("nowhere")
    assert made.part.value == "rules"


async def test_an_answer_does_not_outlive_a_stop(house: Workbench) -> None:
    await house.consent.record(NUMBER, "opted_in", "form")
    made = await centre(house)
    assert "Will send: they opted in" in await look_up(made, NUMBER)
    await texted(house, "STOP")
    await made.refresh()
    assert "Will send: they opted in" not in read(made.widget)
    assert "by texting STOP" in read(made.widget)
