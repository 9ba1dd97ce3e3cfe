"""Senders: what a number, short code or id must look like, where it reaches, and to whom it belongs (R-SMS-05 to 09, 33)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.senders import (
    DEFAULT_ROUTES,
    TOLL_FREE,
    TYPE_NAMES,
    RouteRule,
    check_route,
    check_sender,
    check_value,
    is_toll_free,
    lies_under,
    rate_of,
    seconds_to_send,
    tidy_path,
    tidy_sender,
)
from workbench.models.message import SENDER_TYPES, SenderType
from workbench.models.pace import Rate
from workbench.models.phone import number_key
from workbench.models.sms_account import Sender, SmsSettings
from workbench.providers import every

TWILIO, VIBES, AZURE, LINK = (
    every()[key] for key in ("twilio", "vibes", "azure_communication_services", "link_mobility")
)
ACCOUNT = SmsSettings(provider="twilio", business_unit="Europe/Sweden")


def told(sender: Sender, settings: SmsSettings = ACCOUNT, provider: object = TWILIO) -> dict[str, str]:
    problems = check_sender(tidy_sender(sender), settings, provider)  # type: ignore[arg-type]
    return {problem.field: str(problem.sentence) for problem in problems if problem.blocks}


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("toll_free", "+18005550123"), ("toll_free", "+1 888 555 0123"), ("toll_free", "+46200123456"),
        ("long_code", "+14255550123"), ("mobile", "0046 70 123 45 67"), ("mobile", "tel:+46701234567"),
        ("short_code", "72345"), ("short_code", "723 456"),
        ("alphanumeric", "ACME"), ("alphanumeric", "Acme Shop 1"), ("alphanumeric", "4you"), ("alphanumeric", "L1"),
        ("alphanumeric", "1O1"),
    ],
)  # fmt: skip
def test_a_right_sender_has_no_problem(type_: SenderType, value: str) -> None:
    assert told(Sender(value=value, type=type_)) == {}


@pytest.mark.parametrize(
    ("type_", "value", "words"),
    [
        ("toll_free", "+14255550123", "no toll-free number"),
        ("toll_free", "72345", "is a short code"),
        ("toll_free", "+18995550123", "no toll-free number"),
        ("long_code", "+18775550123", "is a toll-free number"),
        ("long_code", "4255550123", "no country code that exists"),
        ("long_code", "15555555555", "has no +"),
        ("mobile", "0701234567", "inside a country"),
        ("mobile", "ACME", "letters"),
        ("mobile", "", "is empty"),
        ("short_code", "+72345", "has a +"),
        ("short_code", "1234", "5 to 6 digits"),
        ("short_code", "1234567", "5 to 6 digits"),
        ("short_code", "+46701234567", "has a +"),
        ("short_code", "٧٢٣٤", "5 to 6 digits"),
        ("short_code", "7234A", "5 to 6 digits"),
        ("alphanumeric", "   ", "is empty"),
        ("alphanumeric", "1234567", "is a number"),
        ("alphanumeric", "123 45", "is a number"),
        ("alphanumeric", "+46701234567", "is a number"),
        ("alphanumeric", "ACME-Shop", "holds “-”"),
        ("alphanumeric", "Café", "holds “é”"),
        ("alphanumeric", "ACME Sweden 1", "13 characters"),
        ("alphanumeric", "O8OO 123", "looks like a phone number"),
        ("alphanumeric", "T4670123456", "looks like a phone number"),
    ],
)
def test_a_wrong_sender_is_told_the_rule(type_: SenderType, value: str, words: str) -> None:
    assert words in told(Sender(value=value, type=type_))["value"]


def test_four_digits_are_a_short_code_where_the_provider_has_such() -> None:
    sender = Sender(value="NO-2333", type="short_code")

    tidied = tidy_sender(sender)

    assert (tidied.value, tidied.region) == ("2333", "NO")
    assert check_value(tidied, "link_mobility") is None
    assert "4 to 6" in str(check_value(Sender(value="233", type="short_code"), "link_mobility"))
    assert check_value(tidied, "twilio") is not None


@given(st.text(max_size=20), st.sampled_from(SENDER_TYPES))
def test_tidying_settles_and_never_makes_a_short_code_a_plus(value: str, type_: SenderType) -> None:
    once = tidy_sender(Sender(value=value, type=type_))

    assert tidy_sender(once) == once
    if check_value(once) is None:
        plus = once.value.startswith("+")
        assert plus == (type_ in ("toll_free", "long_code", "mobile"))
        assert once.value.strip() == once.value != ""


@given(st.sampled_from(["+14255550123", "+46701234567"]), st.sampled_from(["", " ", "-", "."]))
def test_spellings_of_one_number_are_the_same_sender(number: str, sign: str) -> None:
    written = Sender(value=sign.join(number), type="mobile")

    assert number_key(written.value) == number_key(number)
    assert tidy_sender(written.model_copy(update={"value": f"00{sign.join(number[1:])}"})).value == number


def test_every_type_has_a_name() -> None:
    assert set(TYPE_NAMES) == set(SENDER_TYPES)
    assert len(TOLL_FREE) == 7


@pytest.mark.parametrize("area", TOLL_FREE)
def test_toll_free_areas(area: str) -> None:
    assert is_toll_free(f"+1{area}5550123")


def test_a_provider_takes_only_its_types() -> None:
    found = told(Sender(value="ACME", type="alphanumeric"), SmsSettings(provider="vibes"), VIBES)

    assert "Vibes takes no sender of the type" in found["type"]
    assert "Short code, Toll-free number" in found["type"]


def test_a_provider_of_two_countries_has_no_other_numbers() -> None:
    found = told(Sender(value="+46200123456", type="toll_free"), SmsSettings(provider="vibes"), VIBES)

    assert found["value"].startswith("Vibes has numbers of US, CA only, and this one is of SE")


def test_names_and_regions() -> None:
    assert "101 characters" in told(Sender(value="72345", type="short_code", name="x" * 101))["name"]
    assert "line break" in told(Sender(value="72345", type="short_code", name="a\nb"))["name"]
    assert "no country code" in told(Sender(value="72345", type="short_code", region="Sweden"))["region"]
    for unit, words in (("Europe/Sweden/a\x00", "line break"), ("Europe/Sweden/" + "x" * 200, "characters")):
        assert words in told(Sender(value="72345", type="short_code", business_unit=unit))["business_unit"]


@pytest.mark.parametrize(
    ("path", "parent", "under"),
    [
        ("Europe/Sweden", "Europe", True), ("Europe", "Europe", True), ("europe / sweden/", "Europe", True), ("Europe", "", True),
        ("", "", True), ("", "Europe", False), ("Europe", "Europe/Sweden", False), ("Europea", "Europe", False),
        ("Asia/Europe", "Europe", False), ("Europe//Sweden", "/Europe/", True),
    ],
)  # fmt: skip
def test_business_units_are_paths(path: str, parent: str, under: bool) -> None:
    assert lies_under(path, parent) is under


@given(st.lists(st.text(max_size=5), max_size=5))
def test_a_tidy_path_stays_and_lies_under_all_of_its_parents(names: list[str]) -> None:
    path = tidy_path("/".join(names))
    parts = path.split("/")

    assert tidy_path(path) == path
    assert all(lies_under(path, "/".join(parts[:end])) for end in range(len(parts) + 1))


def test_a_sender_above_its_account_is_explained() -> None:
    assert (
        "does not lie under “Europe/Sweden”"
        in told(Sender(value="72345", type="short_code", business_unit="Europe"))["business_unit"]
    )
    assert told(Sender(value="72345", type="short_code", business_unit="europe/sweden/Stockholm")) == {}
    assert told(Sender(value="72345", type="short_code")) == {}, "an empty unit is the account's own"


# -- where it reaches ------------------------------------------------------------------------------------------------------

BRAND = Sender(value="ACME", type="alphanumeric")
CODE = Sender(value="72345", type="short_code")
LONG = Sender(value="+46701234567", type="mobile")


@pytest.mark.parametrize("region", ["US", "CA", "PR", "us"])
def test_no_alphanumeric_sender_in_north_america(region: str) -> None:
    found = check_route(TWILIO, BRAND, region)

    assert found is not None
    assert found.level == "error"
    assert region.upper() in str(found.sentence)


@pytest.mark.parametrize("region", ["SE", "GB", "BR", ""])
def test_an_alphanumeric_sender_reaches_the_others(region: str) -> None:
    assert check_route(TWILIO, BRAND, region) is None


def test_vibes_is_for_two_countries() -> None:
    found = check_route(VIBES, CODE, "SE")

    assert found is not None
    assert found.blocks
    assert str(found.sentence).startswith("Vibes sends to the United States and Canada only")
    assert check_route(VIBES, CODE.model_copy(update={"region": "US"}), "US") is None


def test_what_a_provider_declares_counts_too() -> None:
    found = check_route(VIBES, CODE, "SE", routes=())

    assert found is not None
    assert found.blocks
    assert "US, CA" in str(found.sentence)


def test_a_short_code_seldom_crosses_a_border() -> None:
    known, unknown = CODE.model_copy(update={"region": "SE"}), CODE

    across, at_home, unsaid = (
        check_route(TWILIO, one, to) for one, to in ((known, "NO"), (known, "SE"), (unknown, "NO"))
    )

    assert across is not None
    assert across.level == "warning"
    assert at_home is None
    assert unsaid is not None
    assert unsaid.level == "note"


def test_the_matrix_is_data_that_can_be_edited() -> None:
    ours = RouteRule(
        provider="twilio", type="mobile", to=("NO",), level="warning", words="{type} {provider} {region}"
    )
    allowed = RouteRule(type="alphanumeric", to=("CA",), level="note", words="registered")

    warned = check_route(TWILIO, LONG, "NO", (ours, *DEFAULT_ROUTES))
    lifted = check_route(TWILIO, BRAND, "CA", (allowed, *DEFAULT_ROUTES))

    assert warned is not None
    assert str(warned.sentence) == "Mobile number Twilio NO"
    assert lifted is not None
    assert lifted.level == "note"
    assert check_route(AZURE, LONG, "NO", (ours, *DEFAULT_ROUTES)) is None
    assert all(RouteRule.model_validate_json(rule.model_dump_json()) == rule for rule in DEFAULT_ROUTES)


# -- rates -----------------------------------------------------------------------------------------------------------------


def test_rates_come_from_the_dialect() -> None:
    assert rate_of(AZURE, "toll_free") == Rate(limit=200, per_s=60)
    assert rate_of(AZURE, "short_code") == Rate(limit=6000, per_s=60)
    assert rate_of(every()["brevo"], "mobile") is None


@given(st.integers(1, 1000), st.integers(0, 100_000))
def test_time_to_send_keeps_to_the_rate(limit: int, requests: int) -> None:
    rate = Rate(limit=limit, per_s=60)
    seconds = seconds_to_send(rate, requests)

    assert requests <= (seconds // 60 + 1) * limit
    assert seconds_to_send(rate, requests + 1) >= seconds
    assert seconds_to_send(None, requests) == 0
