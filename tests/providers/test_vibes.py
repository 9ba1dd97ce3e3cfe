"""Vibes: its XML as the vendor's pages print it, both ways."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.providers.filled import fill
from tests.providers.texts import NOW, account, again, call, dialect_of, golden, message, recorded
from workbench.engine.compose import body_of
from workbench.engine.read import read
from workbench.engine.sms import message_request, read_sent, read_status, reading_request
from workbench.engine.template import compile_template
from workbench.engine.xml_values import xml_read, xml_written
from workbench.errors import Invalid
from workbench.models.callback import BadItem, DeliveryReport, InboundMessage, OtherEvent
from workbench.models.message import DeliveryState
from workbench.models.request import Reply, Request
from workbench.models.sms_account import SmsSettings
from workbench.models.sms_dialect import Asked, Heard, Held
from workbench.providers import provider
from workbench.providers.vibes import ERRORS, VibesAccount

KEY = "vibes"
VIBES = provider(KEY)
DIALECT = dialect_of(KEY)
URL = "https://wb.example/sms/tok/delivery"
REQUESTS, CALLBACKS = golden(KEY, "requests"), golden(KEY, "callbacks")
ASKED = {
    "id": "239487234987234", "sender": "98765", "sender_type": "short_code", "to": ("+18475551212",), "body": "123857AB12",
    "report_url": "http://www.client.com/callback",
}  # fmt: skip


def sent(**fields: Any) -> Request:
    credential, secrets = fill(VibesAccount, username="user@example.com", password="pass")
    return message_request(
        SmsSettings(provider=KEY), VIBES, credential, secrets, message(**{**ASKED, **fields})
    )


def tree_of(**fields: Any) -> Any:
    return xml_read(sent(**fields).body)["mtMessage"]


# requests --------------------------------------------------------------------------------------------------------------------------------


def test_a_send_is_the_pages_request_to_the_byte() -> None:
    request, wanted = sent(), recorded(KEY, "send_one")
    assert (request.method, request.url) == (wanted["method"], f"{REQUESTS['base_url']}{wanted['path']}")
    assert request.header("Content-Type") == wanted["headers"]["content-type"]
    assert request.header("Authorization") == wanted["headers"]["authorization"]
    assert request.body.decode() == wanted["body_text"]


def test_signs_of_xml_in_a_text_and_an_address_are_escaped() -> None:
    text = 'Tom & <Jerry> "3\'"\n]]>'
    made = tree_of(body=text, report_url='https://wb.example/sms/t/delivery?a=1&b="2"')
    assert made["text"] == text
    assert made["receiptOption"] == {
        "@callbackUrl": 'https://wb.example/sms/t/delivery?a=1&b="2"',
        "#text": "ALL",
    }


def test_without_a_report_address_no_receipt_is_asked_for() -> None:
    assert "receiptOption" not in tree_of(report_url="")


@pytest.mark.parametrize(
    ("tag", "id", "told"),
    [
        ("t1", "m1", "t1"),
        ("", "m1", "m1"),
        ("t" * 41, "m1", "m1"),
        ("t" * 40, "m1", "t" * 40),
        ("", "m" * 50, "m" * 40),
    ],
)
def test_the_id_that_comes_back_is_at_most_40_characters(tag: str, id: str, told: str) -> None:
    assert tree_of(tag=tag, id=id)["@submitterMessageId"] == told


@pytest.mark.parametrize("sign", ["\x00", "\x0b", "\x1b", "\uffff", "\ud800"])
def test_a_sign_that_xml_cannot_hold_is_left_out(sign: str) -> None:
    made = tree_of(body=f"a{sign}b\n", tag=f"t{sign}", report_url=f"https://wb.example/{sign}")
    assert (made["text"], made["@submitterMessageId"], made["receiptOption"]["@callbackUrl"]) == (
        "ab\n",
        "t",
        "https://wb.example/",
    )


def test_a_payload_that_cannot_be_xml_is_told_with_what_xml_needs() -> None:
    for text in ('{"a": 1, "b": 2}', '{"a b": 1}', '{"a": {"b": [[1]]}}', "{}"):
        with pytest.raises(Invalid, match="one root element"):
            body_of(compile_template(text), "xml", {})
    with pytest.raises(Invalid, match="control signs"):
        body_of(compile_template('{"a": "{{ x }}"}'), "xml", {"x": "\x00"})
    assert body_of(compile_template('{"a": "{{ x }}"}'), "xml", {"x": "<"}).endswith(b"<a>&lt;</a>")


def test_numbers_and_codes_are_spelled_as_vibes_wants_them() -> None:
    made = tree_of(to=("1 847 555 1212",), sender="98 765")
    assert made["destination"] == {"@address": "+18475551212", "@type": "MDN"}
    assert made["source"] == {"@address": "98765", "@type": "SC"}


def test_the_status_call_is_the_pages() -> None:
    credential, secrets = fill(VibesAccount)
    asked = reading_request(
        DIALECT.status,
        VIBES,
        credential,
        secrets,
        NOW,
        names={"message_id": "b75fccf3-8f06-4d8f-a282-d1886a4792a2"},
    )
    wanted = recorded(KEY, "status")
    assert (asked.method, asked.url) == (wanted["method"], f"{REQUESTS['base_url']}{wanted['path']}")
    tried = reading_request(DIALECT.authenticate, VIBES, credential, secrets, NOW)
    assert (tried.method, tried.body, DIALECT.let_in) == ("GET", b"", (404,))


@pytest.mark.parametrize("typed", ["example.com", "vibesapps.com.evil.example", "a@messageapi.vibesapps.com"])
def test_another_environment_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="environment"):
        fill(VibesAccount, environment=typed)


# answers ---------------------------------------------------------------------------------------------------------------------------------


def replied(text: str, status: int = 200) -> Reply:
    return Reply(status=status, headers=(("Content-Type", "text/xml;charset=UTF-8"),), body=text.encode())


def test_the_pages_answer_is_read() -> None:
    (case,) = (case for case in REQUESTS["cases"] if case["name"] == "send_one")
    outcome, (taken,) = read_sent(VIBES, message(**ASKED), replied(case["response"]["body"]), NOW)
    assert (outcome.kind, outcome.ids) == ("accepted", ("b75fccf3-8f06-4d8f-a282-d1886a4792a2",))
    assert (taken.to, taken.accepted, taken.state) == (
        "+18475551212",
        True,
        golden(KEY, "statuses")["mtMessageRsp"],
    )
    assert taken.message_id == "b75fccf3-8f06-4d8f-a282-d1886a4792a2"


@pytest.mark.parametrize("code", REQUESTS["errors"]["codes"])
def test_every_error_is_read_with_its_code_and_whether_it_is_throttled(code: str) -> None:
    status, retriable, words = REQUESTS["errors"]["codes"][code]
    printed = f'<error code="{code}" description="{words}" retriable="{str(retriable).lower()}" />'
    outcome, (taken,) = read_sent(VIBES, message(), replied(printed, status), NOW)
    assert outcome.kind == ("throttled" if code == "1002" else "server_error" if status == 500 else "refused")
    assert [(error.code, error.message) for error in outcome.errors] == [(code, words)]
    assert words in str(outcome.sentence)
    assert (taken.accepted, taken.code, taken.words) == (False, code, words)
    assert ERRORS[code].retry is retriable
    assert ERRORS[code].meaning


def test_an_error_with_a_status_of_success_is_no_yes() -> None:
    outcome, (taken,) = read_sent(
        VIBES, message(), replied('<error code="1031" description="no mobile" retriable="false"/>'), NOW
    )
    assert outcome.kind == "check_body"
    assert (taken.accepted, taken.state, taken.code) == (False, "rejected", "1031")


@pytest.mark.parametrize(
    "content", ["", "<", "text", "<mtMessageRsp/>", '{"messageId": "a"}', "<!DOCTYPE a><a/>"]
)
def test_an_answer_that_says_nothing_is_no_yes(content: str) -> None:
    _, (taken,) = read_sent(VIBES, message(), replied(content), NOW)
    assert (taken.accepted, taken.state) == (False, "unknown")


def test_a_page_and_a_plain_text_are_read_as_before() -> None:
    assert read(VIBES, Reply(status=502, body=b"Bad Gateway"), NOW).errors[0].message == "Bad Gateway"
    page = Reply(
        status=200, headers=(("Content-Type", "text/html"),), body=b"<html><body>Sign in</body></html>"
    )
    assert read(VIBES, page, NOW).kind == "check_body"


def test_xml_is_not_looked_for_in_the_answers_of_others() -> None:
    refused = Reply(status=403, headers=(("Content-Type", "text/xml"),), body=b"<error>no</error>")
    assert read(provider("amazon_ses"), refused, NOW).errors == ()


# statuses and receipts -------------------------------------------------------------------------------------------------------------------


def receipt(kind: str, wrong: str, *, code: str = "", internal: str = "", more: str = "") -> str:
    inside = f"<errorCode>{code}</errorCode>" if code else ""
    inside += f"<internalErrorCode>{internal}</internalErrorCode>" if internal else ""
    return (
        f'<mtMessageResponse messageId="m1" submitterMessageId="t1" receiptDate="2011-05-16T15:48:08.515-05:00">{more}<type>{kind}</type>'
        f'<status isError="{wrong}"><description>Words</description>{inside}</status></mtMessageResponse>'
    )


def read_one(content: str) -> Any:
    (item,) = DIALECT.read_callback(call(URL, content, kind="text/xml"))
    return item


@pytest.mark.parametrize("own", [key for key in golden(KEY, "statuses") if key.startswith("type=")])
def test_every_recorded_status_is_mapped(own: str) -> None:
    kind, _, wrong = own.removeprefix("type=").partition(",isError=")
    item = read_one(receipt(kind, wrong))
    assert isinstance(item, DeliveryReport)
    assert (item.state, item.raw_state) == (golden(KEY, "statuses")[own], own)
    assert dict(DIALECT.statuses) == golden(KEY, "statuses")


@pytest.mark.parametrize(
    ("code", "state", "opted_out"),
    [
        ("7", "canceled", False),
        ("9", "rejected", True),
        ("12", "rejected", False),
        ("8", "failed", False),
        ("99", "failed", False),
    ],
)
def test_vibes_own_code_says_more(code: str, state: DeliveryState, opted_out: bool) -> None:
    item = read_one(receipt("System", "true", code="100", internal=code))
    assert (item.state, item.code, item.opted_out) == (state, code, opted_out)
    of_the_carrier = read_one(receipt("Handset", "true", code="107", internal=code))
    assert (of_the_carrier.state, of_the_carrier.code, of_the_carrier.opted_out) == (
        "undelivered",
        "107",
        False,
    )


@pytest.mark.parametrize(
    ("kind", "wrong"), [("Relay", "false"), ("Carrier", "perhaps"), ("", ""), ("carrier", "true")]
)
def test_an_unknown_status_stays_unknown_with_its_words(kind: str, wrong: str) -> None:
    item = read_one(receipt(kind, wrong))
    assert (item.state, item.words) == ("unknown", "Words")


def test_the_pages_receipt_is_read() -> None:
    item = read_one(CALLBACKS["delivery_callback_xml"])
    assert isinstance(item, DeliveryReport)
    assert item.model_dump(exclude={"raw"}) == {
        "kind": "report", "provider_id": "865cd3d1-bea6-4a6f-8bac-bae483248a27", "state": "sent", "raw_state": "type=Carrier,isError=false",
        "code": "", "words": "MtMessage successfully delivered to Carrier", "to": "", "sender": "", "tag": "239487234987234", "part": "1",
        "at": datetime(2011, 4, 19, 20, 10, 8, 320_000, tzinfo=UTC), "segments": 2, "price": "", "currency": "", "opted_out": False,
    }  # fmt: skip
    assert item.raw["multipart"]["@partNumber"] == "1"


def test_the_status_calls_answer_is_read() -> None:
    text = f"<mtMessageResponses>{receipt('Carrier', 'false')}\n{receipt('Handset', 'true', code='107', internal='7')}</mtMessageResponses>"
    assert [report.state for report in read_status(VIBES, replied(text))] == ["sent", "undelivered"]
    assert [
        report.state
        for report in read_status(
            VIBES, replied(f"<mtMessageResponses>{receipt('Handset', 'false')}</mtMessageResponses>")
        )
    ] == ["delivered"]
    assert (
        read_status(VIBES, replied("<mtMessageResponses/>"))
        == read_status(VIBES, replied("<error/>", 404))
        == ()
    )


# inbound messages ------------------------------------------------------------------------------------------------------------------------


def test_the_pages_inbound_message_is_read_today_and_in_version_1() -> None:
    today = read_one(
        CALLBACKS["inbound_xml_current"].replace("YYYY-MM-DD HH:MM:SS Z", "2011-04-19 15:10:08 -0500")
    )
    old = read_one(CALLBACKS["inbound_xml_v1"])
    for item in (today, old):
        assert isinstance(item, InboundMessage)
        assert (item.provider_id, item.sender, item.to, item.body) == (
            "234723487234234",
            "+18475551212",
            "12345",
            "123857AB12",
        )
    assert (today.at, old.at) == (datetime(2011, 4, 19, 20, 10, 8, tzinfo=UTC), None)
    assert (
        read_one(CALLBACKS["inbound_xml_current"]).at is None
    )  # the page's own example has no date, only its form


@pytest.mark.parametrize(
    "content",
    ["", "{}", "text", "<mtMessageResponse/>", "<moMessage/>", "<deliver/>", "<moMessage messageId='1'/>",
     "<deliver><transaction id='1'/></deliver>",
     "<!DOCTYPE moMessage><moMessage messageId='1'/>"],
)  # fmt: skip
def test_what_cannot_be_read_is_a_bad_item(content: str) -> None:
    assert isinstance(read_one(content), BadItem)


def test_another_root_is_kept_as_another_event() -> None:
    item = read_one("<subscription action='x'/>")
    assert isinstance(item, OtherEvent)
    assert (item.name, item.raw) == ("subscription", {"subscription": {"@action": "x"}})


def test_one_bad_receipt_does_not_spoil_the_rest() -> None:
    content = f"<mtMessageResponses>{receipt('Carrier', 'false')}<mtMessageResponse/>{receipt('Handset', 'false')}</mtMessageResponses>"
    items = DIALECT.read_callback(call(URL, content, kind="text/xml"))
    assert [type(item) for item in items] == [DeliveryReport, BadItem, DeliveryReport]


# reading what is written -----------------------------------------------------------------------------------------------------------------

MOMENTS = st.none() | st.integers(0, 4_000_000_000_000).map(
    lambda ms: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
)
SIGNS = st.characters(
    codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"
) | st.sampled_from("\n\r\t<&>\"'")
TEXTS = st.text(SIGNS, min_size=1, max_size=30)
OWN = [("System", "false", ""), ("Carrier", "false", ""), ("Handset", "false", ""), ("System", "true", "9"), ("System", "true", "7"),
       ("System", "true", "8"), ("Carrier", "true", "107"), ("Handset", "true", "")]  # fmt: skip


@st.composite
def reports(draw: Any) -> DeliveryReport:
    kind, wrong, code = draw(st.sampled_from(OWN))
    read = read_one(receipt(kind, wrong, code=code, internal=code))
    many = draw(st.none() | st.integers(1, 9))
    return DeliveryReport(
        provider_id=draw(TEXTS), state=read.state, raw_state=read.raw_state, code=code, words=draw(st.just("") | TEXTS),
        tag=draw(st.just("") | TEXTS),
        part="" if many is None else draw(st.sampled_from(["", "1", "2"])), at=draw(MOMENTS), segments=many, opted_out=read.opted_out,
    )  # fmt: skip


INBOUNDS = st.builds(
    InboundMessage, provider_id=TEXTS, sender=st.just("+18475551212"), to=st.just("12345"), body=st.just("") | TEXTS, at=MOMENTS,
    segments=st.none(), opt_out=st.just(""),
)  # fmt: skip


def bare(items: Any) -> list[Any]:
    return [item.model_copy(update={"raw": None}) for item in items]


@given(st.lists(reports(), min_size=1, max_size=3), st.lists(INBOUNDS, min_size=1, max_size=3))
@settings(max_examples=40)
def test_what_is_written_is_read_again(told: list[DeliveryReport], heard: list[InboundMessage]) -> None:
    for items, made in (
        (told, DIALECT.write_reports(tuple(told), URL, account(KEY), NOW)),
        (heard, DIALECT.write_inbound(tuple(heard), URL, account(KEY), NOW)),
    ):
        assert made.tree == again(made).tree
        assert xml_read(made.body) == xml_read(xml_written(made.tree))
        assert bare(DIALECT.read_callback(again(made))) == items


@pytest.mark.parametrize(
    ("state", "code", "words"),
    [*((state, own, "") for state, own in DIALECT.emulation.states), *DIALECT.emulation.failures],
)
def test_the_stand_ins_courses_are_read_as_their_states(state: DeliveryState, code: str, words: str) -> None:
    own = {"code": code, "words": words} if words else {"raw_state": code}
    made = DIALECT.write_reports((DeliveryReport(provider_id="m", state=state, **own),), URL, {}, NOW)
    (item,) = DIALECT.read_callback(again(made))
    assert isinstance(item, DeliveryReport)
    assert (item.state, item.code or item.raw_state, item.words) == (state, code, words)


# the stand-in ----------------------------------------------------------------------------------------------------------------------------


def test_the_stand_in_hears_what_was_written() -> None:
    heard = DIALECT.emulation.hear(xml_read(sent(tag="t1").body))
    assert heard == Heard(
        to=("+18475551212",), sender="98765", body="123857AB12", report_url=str(ASKED["report_url"]), tag="t1"
    )


def test_the_status_route_answers_in_the_vendors_shape() -> None:
    told = DeliveryReport(provider_id="m1", state="delivered", raw_state="type=Handset,isError=false", at=NOW)
    held = Held(provider_id="m1", to="+18475551212", heard=Heard(to=()), reports=(told, told), at=NOW)
    (route,) = DIALECT.emulation.routes
    for reports in ((), (told,), (told, told)):
        answer = route.answer(
            Asked(names={"message_id": "m1"}, query={}, now=NOW),
            (held.model_copy(update={"reports": reports}),),
            (),
        )
        found = read_status(VIBES, Reply(status=200, headers=answer.headers, body=xml_written(answer.body)))
        assert [(report.provider_id, report.state, report.at) for report in found] == [
            ("m1", "delivered", NOW)
        ] * len(reports)
    missing = route.answer(Asked(names={"message_id": "no"}, query={}, now=NOW), (held,), ())
    assert (missing.status, missing.body["error"]["@code"]) == (404, "1024")


def test_it_serves_two_countries_and_is_set_up_by_letter() -> None:
    assert DIALECT.regions == ("US", "CA")
    assert set(DIALECT.sender_types) == {"short_code", "toll_free"}
    assert DIALECT.setup.contact == "live@vibes.com"
    for place in ("{delivery}", "{inbound}", "{account}", "dynamics@vibes.com"):
        assert place in DIALECT.setup.letter
    assert DIALECT.prove is None
