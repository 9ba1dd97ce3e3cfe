"""Event identifiers read: addresses, numbers and flow ids as people and programs give them (R-EVT-05, 06, 07, 13)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.event_contracts import PURCHASE, compose, offers, said
from workbench.engine.event_emails import POPULAR, meant_by, read_email, wrong_with
from workbench.engine.event_findings import ABSENT, UNFIT, Findings
from workbench.engine.event_flow_ids import LARGEST
from workbench.engine.event_phones import read_phone

BOTH = pytest.mark.parametrize("typed", [False, True], ids=["api", "form"])
SWEDISH = PURCHASE.model_copy(update={"default_region": "se"})


# -- E-mail --------------------------------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize(
    "value",
    ["ana@example.com", "a+b.c@sub.example.co", "o'neil@example.com", "ana@xn--bcher-kva.de", "1@2.co"],
)
def test_an_address_goes_out_as_it_is(value: str, typed: bool) -> None:
    made = compose(email=value, typed=typed)
    assert made.body == {"email": value}
    assert made.problems == ()


@BOTH
@pytest.mark.parametrize(
    "value", [" test1@test1.com", "test1@test1.com\n", "\u00a0test1@test1.com\u200b", "\ufefftest1@test1.com"]
)
def test_blanks_around_an_address_are_removed_and_told(value: str, typed: bool) -> None:
    made = compose(email=value, typed=typed)
    assert made.body == {"email": "test1@test1.com"}
    assert "were removed" in said(made, "email", "note")
    assert "test1@" not in said(made, "email", "note")
    assert offers(made, "email") == ["test1@test1.com"]


@BOTH
@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("ana", "no “@”"),
        ("ana.example.com", "no “@”"),
        ("ana@@example.com", "more than one “@”"),
        ("ana@example.com, bo@example.com", "more than one “@”"),
        ("ana lima@example.com", "blank inside"),
        ("ana\u200b@example.com", "blank inside"),
        ("ana@exa mple.com", "blank inside"),
        ("@example.com", "nothing before"),
        ("ana@example", "no dot"),
        ("ana@localhost", "no dot"),
        ("ana@.com", "no dot"),
        ("ana@example..com", "no e-mail address"),
        ("ana.@example.com", "no e-mail address"),
        (".ana@example.com", "no e-mail address"),
        ("ana@-example.com", "no e-mail address"),
        ("a" * 64 + "@" + "b" * 60 + ".example." + "c" * 60 + "." + "d" * 63 + ".com", "at most 254"),
        ("a\x00na@example.com", "cannot be seen"),
        ("ana\ud800@example.com", "cannot be seen"),
        ("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "SHA-256"),
    ],
)
def test_what_is_no_address_is_refused_and_not_repeated(value: str, words: str, typed: bool) -> None:
    made = compose(email=value, typed=typed)
    assert made.body is None
    assert words in said(made, "email")
    assert "ana@" not in said(made, "email")


@pytest.mark.parametrize(
    "value", [5, 5.5, True, ["a@b.co"], {"a": "a@b.co"}, b"a@b.co", Decimal(5), object(), np.float64(2)]
)
def test_an_address_is_a_text(value: Any) -> None:
    assert "must be a text" in said(compose(email=value), "email")


@pytest.mark.parametrize(
    "value",
    [
        "Ana Lima <ana@example.com>",
        "mailto:ana@example.com?subject=x",
        "<ana@example.com>",
        "ana@example.com;",
        '"ana@example.com"',
    ],
)
def test_the_address_inside_of_what_was_pasted_is_offered(value: str) -> None:
    assert offers(compose(email=value), "email") == ["ana@example.com"]


def test_a_domain_of_other_letters_goes_out_in_its_wire_form_which_is_shown() -> None:
    made = compose(email="ana@bücher.de")
    assert made.body == {"email": "ana@xn--bcher-kva.de"}
    assert "xn--bcher-kva.de" in said(made, "email", "note")
    assert offers(made, "email") == ["ana@xn--bcher-kva.de"]
    assert "beyond a to z" in said(compose(email="josé@example.com"), "email", "warning")


@pytest.mark.parametrize(
    ("domain", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmai.com", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("hotmial.com", "hotmail.com"),
        ("outlok.com", "outlook.com"),
        ("yaho.com", "yahoo.com"),
        ("example.con", "example.com"),
    ],
)
def test_a_likely_slip_is_a_hint_only(domain: str, meant: str) -> None:
    made = compose(email=f"ana@{domain}")
    assert made.body == {"email": f"ana@{domain}"}
    assert meant in said(made, "email", "warning")
    assert offers(made, "email") == [f"ana@{meant}"]


@pytest.mark.parametrize("domain", [*POPULAR, "mail.com", "ymail.com", "example.com", "company.co"])
def test_a_domain_that_is_right_gets_no_hint(domain: str) -> None:
    assert meant_by(domain) == ""


@given(
    st.emails(domains=st.sampled_from(["example.com", "shop.example.org", "gmial.com", "bücher.de"]))
    | st.text(max_size=30)
)
def test_an_address_that_goes_out_is_right_and_stays_so(value: str) -> None:
    found = Findings()
    made = read_email(value, found)
    if made is UNFIT:
        assert found.blocked
    elif made is not ABSENT:
        assert wrong_with(made) is None
        assert made.rpartition("@")[2].isascii()
        assert read_email(made, Findings()) == made


# -- Phone ---------------------------------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("value", ["+123456789", "+46701740605", "+5511987654321", "+1234567"])
def test_a_number_in_international_form_goes_out_as_it_is(value: str, typed: bool) -> None:
    made = compose(phone=value, typed=typed)
    assert made.body == {"phone": value}
    assert made.problems == ()


@BOTH
@pytest.mark.parametrize(
    "value",
    [
        "+46 70 174 06 05",
        "+46 (70) 174-06-05",
        "+46.70.174.06.05",
        " +46701740605",
        "0046701740605",
        "tel:+46701740605",
        "＋46701740605",
        "+46701740605\u202c",
    ],
)
def test_a_number_with_signs_is_rewritten_and_that_is_told(value: str, typed: bool) -> None:
    made = compose(phone=value, typed=typed)
    assert made.body == {"phone": "+46701740605"}
    assert "international form" in said(made, "phone", "note")
    assert "701740" not in said(made, "phone", "note")
    assert offers(made, "phone") == ["+46701740605"]


@BOTH
@pytest.mark.parametrize(
    "value", ["7.99912E+10", "1e10", "1E+10", "7,99912E+10", "+7.99912e+10", "8E10", " 7.99912E+10 "]
)
def test_scientific_notation_is_refused(value: str, typed: bool) -> None:
    made = compose(phone=value, typed=typed)
    assert made.body is None
    assert "spreadsheet" in said(made, "phone")
    assert offers(made, "phone") == []


@pytest.mark.parametrize(
    ("value", "offered"),
    [
        (79991234567, ["+79991234567"]),
        (79991234567.0, ["+79991234567"]),
        (Decimal("79991234567"), ["+79991234567"]),
        (np.int64(79991234567), ["+79991234567"]),
        (1e10, []),
        (7.99912e10, []),
        (0.5, []),
        (-5, []),
        (10**40, []),
        (Decimal("1e999999999"), []),
        (True, []),
        ([46], []),
        ({}, []),
        (b"46", []),
    ],
)
@BOTH
def test_a_number_is_no_phone_and_is_offered_as_text_where_no_digit_is_lost(
    value: Any, offered: list[str], typed: bool
) -> None:
    made = compose(phone=value, typed=typed)
    assert made.body is None
    assert "text" in said(made, "phone")
    assert offers(made, "phone") == offered


def test_a_number_that_is_not_finite_is_named() -> None:
    assert "NaN" in said(compose(phone=float("nan")), "phone")
    assert "Infinity" in said(compose(phone=float("inf")), "phone")
    assert offers(compose(phone=float("nan")), "phone") == [None]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("+12", "7 to 15"),
        ("+1234567890123456", "7 to 15"),
        ("123", "7 to 15"),
        ("+0701740605", "country code"),
        ("+000000000000", "country code"),
        ("call me", "letters"),
        ("+46701740605 x12", "letters"),
        ("+", "no digits"),
        ("--", "no digits"),
        ("+46*70174", "sign"),
        ("1" * 200, "at most 120"),
        ("79991234567.0", ".0"),
        ("+46+701740605", "sign"),
        ("\x0046701740605\x00", "sign"),
        ("½½½½½½½", "sign"),
    ],
)
@BOTH
def test_what_is_no_number_is_refused(value: str, words: str, typed: bool) -> None:
    made = compose(phone=value, typed=typed)
    assert made.body is None
    assert words in said(made, "phone")
    assert "701740605" not in said(made, "phone")


@pytest.mark.parametrize(
    "value", ["000000000000", "1111111111", "+11111111111", "0000000", "000-000-0000", "+10000000000"]
)
def test_a_dummy_is_told_and_can_be_left_out(value: str) -> None:
    made = compose(email="ana@example.com", phone=value)
    assert made.ok
    assert "made up" in said(made, "phone", "warning")
    assert offers(made, "phone")[-1:] == [None]


def test_a_number_without_plus_is_completed_by_the_events_country() -> None:
    made = compose(event=SWEDISH, phone="070-174 06 05")
    assert made.body == {"phone": "+46701740605"}
    assert "international form" in said(made, "phone", "note")
    assert compose(event=SWEDISH, phone="+5511987654321").body == {"phone": "+5511987654321"}
    assert offers(compose(event=SWEDISH, phone=701740605), "phone") == ["+46701740605"]
    assert offers(compose(event=SWEDISH, phone="0701740605.0"), "phone") == ["+46701740605"]


def test_a_number_without_plus_or_country_goes_out_as_digits_beside_an_address() -> None:
    made = compose(email="ana@example.com", phone="46701740605")
    assert made.body == {"email": "ana@example.com", "phone": "46701740605"}
    assert "country" in said(made, "phone", "warning")
    assert offers(made, "phone") == ["+46701740605"]
    national = compose(email="ana@example.com", phone="070-1740605")
    assert national.body == {"email": "ana@example.com", "phone": "0701740605"}
    assert offers(national, "phone") == []
    assert said(compose(email="ana@example.com", event=SWEDISH, phone="123456789012345"), "phone", "warning")
    assert offers(compose(phone=2025550123), "phone") == ["2025550123"]


@BOTH
@pytest.mark.parametrize("value", ["46701740605", "0701740605", "000000000000"])
def test_a_number_without_country_names_nobody_alone(value: str, typed: bool) -> None:
    """Whoever goes by the number alone is looked up by it, in the ledger of consent too: that takes the whole number."""
    made = compose(phone=value, typed=typed)
    assert made.body is None
    assert "names nobody" in said(made, "phone")
    event = PURCHASE.model_copy(update={"identified_by": ("phone",)})
    assert compose(event=event, email="ana@example.com", phone=value, typed=typed).body is None


@given(
    st.text(alphabet="+0123456789 -().eE,x\u0660\u200b", max_size=20),
    st.sampled_from(["", "SE", "BR", "US", "XX"]),
)
def test_a_number_that_goes_out_is_digits_and_stays_so(value: str, region: str) -> None:
    found = Findings()
    made = read_phone(value, found, region)
    if made is UNFIT:
        assert found.blocked
    elif made is not ABSENT:
        assert made.removeprefix("+").isdigit()
        assert 7 <= len(made.removeprefix("+")) <= 15
        assert read_phone(made, Findings(), region) == made


# -- automation_id -------------------------------------------------------------------------------------------------------


@BOTH
def test_a_whole_number_goes_out_as_it_is(typed: bool) -> None:
    assert compose(automation_id=77, typed=typed).body == {"email": "ana@example.com", "automation_id": 77}
    assert compose(automation_id=np.int32(77), typed=typed).body == {
        "email": "ana@example.com",
        "automation_id": 77,
    }


@BOTH
@pytest.mark.parametrize(
    "value",
    [
        "https://login.sendpulse.com/a360/flow/id/77",
        "https://login.sendpulse.com/flow/id/77?tab=1#x",
        " /flow/id/77 ",
    ],
)
def test_the_address_of_the_flow_is_taken(value: str, typed: bool) -> None:
    made = compose(automation_id=value, typed=typed)
    assert made.body == {"email": "ana@example.com", "automation_id": 77}
    assert "taken from" in said(made, "automation_id", "note")
    assert offers(made, "automation_id") == [77]


@pytest.mark.parametrize("value", ["77", 77.0, [77], "77.0", "77,0", Decimal(77), np.float64(77)])
def test_what_is_nearly_a_number_is_refused_and_offered(value: Any) -> None:
    made = compose(automation_id=value)
    assert made.body is None
    assert "must be" in said(made, "automation_id")
    assert offers(made, "automation_id") == [77]


@BOTH
@pytest.mark.parametrize(
    "value",
    [
        True,
        -1,
        0,
        -77.0,
        77.5,
        [77, 78],
        ["77"],
        [],
        {"id": 77},
        "x",
        "-77",
        "0",
        "7e1",
        "1e400",
        10**20,
        "9" * 40,
        10**400,
        float("nan"),
        float("inf"),
        b"77",
        "https://login.sendpulse.com/flow/id/",
        "077",
    ],
)
def test_all_else_is_refused(value: Any, typed: bool) -> None:
    made = compose(automation_id=value, typed=typed)
    assert made.body is None
    assert "flow" in said(made, "automation_id")
    assert offers(made, "automation_id") == []


def test_a_form_has_texts_alone_so_that_a_text_of_digits_is_the_number() -> None:
    assert compose(automation_id=" 77 ", typed=True).body == {"email": "ana@example.com", "automation_id": 77}
    assert compose(automation_id="77.0", typed=True).body is None
    assert compose(automation_id=str(LARGEST), typed=True).ok
    assert not compose(automation_id=str(LARGEST + 1), typed=True).ok


@BOTH
@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"products": [{"id": "1"}, {"automation_id": 77}]}, "products[1].automation_id"),
        ({"products": [{"id": {"automation_id": 77}}]}, "products[0].id"),
        ({"more": {"automation_id": 77}}, "more.automation_id"),
        ({"more": [[{"deep": {"automation_id": None}}]]}, "more[0][0].deep.automation_id"),
    ],
)
def test_it_is_refused_inside_of_everything_at_its_path(
    values: dict[str, Any], path: str, typed: bool
) -> None:
    made = compose(typed=typed, **values)
    assert made.body is None
    assert said(made, path)
