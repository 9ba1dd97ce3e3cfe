"""What a call says, made fit: of an end, of one line, and with no plain number in what is shown or kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine import callback_items
from workbench.engine.callback_items import (
    LONGEST_ID,
    MOST_ITEMS,
    cleaned,
    kept,
    masked_words,
    number_digest,
    one_line,
    people_of,
    shown,
    spellings,
    tidied,
)
from workbench.engine.redact import Redactor
from workbench.models.callback import (
    BadItem,
    CallbackItem,
    DeliveryReport,
    Handshake,
    InboundMessage,
    OtherEvent,
)
from workbench.sentence import say

SALT = b"salt" * 8
NUMBER = "+46701234567"
NOBODY = Redactor({})


@given(st.text(max_size=80))
def test_one_line_is_one_line(text: str) -> None:
    line = one_line(text, 20)
    assert len(line) <= 20
    assert len(line.splitlines()) <= 1
    assert not any(ord(sign) < 32 or 0xD800 <= ord(sign) <= 0xDFFF for sign in line)


def test_texts_get_an_end_and_ids_have_one() -> None:
    report = DeliveryReport(provider_id="SM1", state="failed", words="x\n" * 5000, code="1\r2")
    endless = DeliveryReport(provider_id="x" * (LONGEST_ID + 1), state="failed")
    inbound = InboundMessage(provider_id="1", sender=NUMBER, to="1", body="two\nlines\x1b[2J" + "x" * 50_000)
    one, two, three, four = tidied([report, endless, inbound, OtherEvent(name="a\nb")])
    assert isinstance(one, DeliveryReport)
    assert (len(one.words) <= 500, one.code) == (True, "1 2")
    assert isinstance(two, BadItem)
    assert two.index == 1
    assert isinstance(three, InboundMessage)
    assert three.body.startswith("two\nlines [2J")
    assert len(three.body) == callback_items.LONGEST_TEXT
    assert isinstance(four, OtherEvent)
    assert four.name == "a b"


def test_what_is_too_many_is_said_once() -> None:
    found = tidied([OtherEvent()] * (MOST_ITEMS + 5))
    assert len(found) == MOST_ITEMS + 1
    assert found[-1].kind == "bad"


@pytest.mark.parametrize("spelling", ["+46701234567", "46701234567", "tel:+46701234567", "+46 70 123 45 67"])
def test_every_spelling_of_a_number_has_one_mask_and_one_digest(spelling: str) -> None:
    assert set(spellings(spelling, SALT).values()) == {spellings(NUMBER, SALT)[NUMBER]}
    assert number_digest(spelling, SALT) == number_digest(NUMBER, SALT) != number_digest(NUMBER, b"other")


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("call 0701234567 now", "call ***67 now"),
        ("call +46 70-123 45 67.", "call +46***67."),
        ("(0046)701234567", "(***67"),
        ("anna.b+c@shop.example.com", "***@***"),
        ("on 2026-03-01 at 12:30", "on 2026-03-01 at 12:30"),
        ("2026-03-01T12:30:00.123Z", "2026-03-01T12:30:00.123Z"),
        ("SM0123456789abcdef", "SM0123456789abcdef"),
        ("code 30003, 3 parts, 0.0550 EUR", "code 30003, 3 parts, 0.0550 EUR"),
    ],
)
def test_numbers_and_addresses_in_a_text_are_masked_and_the_rest_is_not(text: str, after: str) -> None:
    assert masked_words(text, NOBODY) == after


def test_what_is_shown_and_kept_holds_no_number() -> None:
    raw = {
        "to": "46701234567",
        NUMBER: [NUMBER, 46701234567],
        "id": "1234567890",
        "deep": {"text": f"to {NUMBER}"},
    }
    items: list[CallbackItem] = [
        DeliveryReport(provider_id="1234567890", state="failed", to=NUMBER, words=f"no {NUMBER}", raw=raw),
        InboundMessage(
            provider_id="m", sender=NUMBER, to="12345", body="I am Anna", raw={"t": "I am Anna 46701234567"}
        ),
        OtherEvent(name=f"about {NUMBER}", raw=raw),
        BadItem(sentence=say("No {x}.", x=say("{y}", y=NUMBER)), raw=raw),
        Handshake(code="c0de", validation_url="https://x", answer={"a": "c0de"}, raw={"code": "c0de"}),
    ]
    people = people_of(items, SALT)
    for made in (shown(items, people, SALT), kept(items, people, SALT)):
        told = repr([item.model_dump() for item in made]) + str(made[3])
        assert "46701234567" not in told
        assert "c0de" not in told
    report, inbound, *_ = shown(items, people, SALT)
    assert report.raw["id"] == "1234567890"
    assert report.raw["deep"] == {"text": f"to {spellings(NUMBER, SALT)[NUMBER]}"}
    assert isinstance(inbound, InboundMessage)
    assert (inbound.body, inbound.to) == ("I am Anna", "12345")
    assert "Anna" not in repr(kept(items, people, SALT))


def test_what_is_nested_deeper_than_anybody_reads_is_cut() -> None:
    deep: object = NUMBER
    for _ in range(500):
        deep = [deep]
    (one,) = shown([OtherEvent(raw=deep)], {}, SALT)
    assert NUMBER not in repr(one.raw)


def test_a_sentence_of_a_strangers_values_is_of_one_line() -> None:
    made = cleaned(say("{a} {b}", a="x\ny", b=say("{c}", c="p\rq")))
    assert str(made) == "x y p q"
