"""Message checks: what is said of a text before it goes, each thing once, with its place and a fix."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.message_checks import (
    check_sender_is_fit,
    check_text,
    designation_of,
    fill,
    length_problems,
    quiet,
    quiet_problem,
)
from workbench.engine.message_text import MessageText
from workbench.engine.message_wording import asks_for_a_reply, links, short_links, tells_how_to_stop
from workbench.engine.segments import lengths
from workbench.errors import Invalid, MissingVariable
from workbench.models.base import Problem
from workbench.models.message import Designation, SenderType
from workbench.models.sms_account import Sender
from workbench.providers import provider

TWILIO = provider("twilio")


def checked(
    text: str,
    rows: Sequence[dict[str, Any]] = (),
    *,
    designation: Designation = "transactional",
    kind: SenderType = "long_code",
    key: str = "twilio",
) -> list[Problem]:
    template = MessageText(text)
    return check_text(
        template, fill(template, rows), designation=designation, sender=Sender(value="Shop", type=kind),
        provider=provider(key), lengths=lengths(template, rows or [{}]),
    )  # fmt: skip


def told(found: Sequence[Problem]) -> str:
    return " ".join(f"[{one.level}] {one.sentence}" for one in found)


def test_a_plain_transactional_text_has_nothing_to_be_said_of() -> None:
    assert checked("Your table is booked for 19:30.") == []


@pytest.mark.parametrize("text", ["", "  \n"])
def test_an_empty_text_is_an_error(text: str) -> None:
    [found] = checked(text)
    assert found.blocks
    assert "The text is empty" in str(found.sentence)


def test_a_missing_value_names_row_slot_and_place() -> None:
    found = checked("Hi,\nDear {{ first_name }}", [{"first_name": "Ana"}, {"firstname": "Bo"}])
    [problem] = found
    assert problem.blocks
    assert "Row 2: There is no value for {{ first_name }} in line 2, column 6." in str(problem.sentence)
    assert "Did you mean “firstname”?" in str(problem.sentence)


def test_of_many_rows_without_a_value_the_first_are_told_and_the_rest_counted() -> None:
    found = checked("{{ x }}", [{}] * 9)
    assert len(found) == 6
    assert "4 more rows" in str(found[-1].sentence)


def test_a_slot_that_cannot_be_read_is_an_error_with_its_place() -> None:
    [found] = [one for one in checked("Hi {{ first name }}") if one.blocks]
    assert (found.line, found.column) == (1, 13)
    with pytest.raises(Invalid):
        MessageText("Hi {{ first name }}").render({})


def test_braces_that_a_value_brings_along_are_an_error() -> None:
    [found] = checked("Hi {{ name }}", [{"name": "{{ first_name }}"}])
    assert found.blocks
    assert "still holds {{" in str(found.sentence)


def test_a_value_of_nothing_is_a_warning_with_a_default() -> None:
    [found] = checked("Hi {{ name }}, it is ready.", [{"name": "Ana"}, {"name": " "}, {"name": None}])
    assert found.level == "warning"
    assert 'default("…")' in str(found.sentence)
    assert "row 2" in str(found.sentence)
    assert checked('Hi {{ name | default("you") }}, it is ready.', [{"name": ""}]) == []


def test_a_public_short_link_is_a_warning() -> None:
    for text in ("See https://bit.ly/3abc", "See BIT.LY/3abc now", "tinyurl.com."):
        [found] = checked(text)
        assert found.level == "warning"
        assert "public short link" in str(found.sentence)
    assert checked("See https://go.example.com/3abc, or notbit.ly/x and a@bit.ly") == []
    assert "t.co" in told(checked("Look: {{ link }}", [{"link": "http://t.co/1"}]))


@pytest.mark.parametrize(
    "text",
    [
        "Sale! Reply STOP to opt out", "Oferta! Responda SAIR para cancelar", "Oferta, envía BAJA", "Promo: ARRÊT au 36180",
        "Rabatt! Abmelden: STOPP", "Korting, afmelden? sms STOP", "Rea! Svara AVSLUTA", "Tilbud, frameld: STOP", "Ale! LOPETA",
        "Saldi, per DISISCRIVITI rispondi", "Promocja. WYPISZ", "unsubscribe: text END",
    ],
)  # fmt: skip
def test_a_commercial_text_says_how_to_opt_out_in_its_own_language(text: str) -> None:
    assert tells_how_to_stop(text)
    assert checked(text, designation="commercial") == []


def test_a_commercial_text_without_a_way_out_is_a_warning() -> None:
    [found] = checked("Great sale today! Nonstop.", designation="commercial")
    assert found.level == "warning"
    assert "how to opt out" in str(found.sentence)


def test_an_alphanumeric_sender_needs_a_link_and_cannot_ask_for_a_reply() -> None:
    found = checked("Sale! Reply STOP to opt out", designation="commercial", kind="alphanumeric")
    assert "asks for a reply" in told(found)
    assert "needs a link to preferences" in told(found)
    assert checked("Sale! shop.example.com/p", designation="commercial", kind="alphanumeric") == []
    assert checked("Your code is ready", kind="alphanumeric") == []


def test_more_than_three_segments_are_a_warning() -> None:
    assert checked("a" * 459) == []
    [found] = checked("a" * 460)
    assert found.level == "warning"
    assert "4 segments" in str(found.sentence)
    [found] = checked("{{ x }}", [{"x": "a"}, {"x": "a" * 500}])
    assert "4 segments" in str(found.sentence)


def test_more_characters_than_the_provider_takes_are_an_error() -> None:
    found = checked("{{ x }}", [{"x": "a"}, {"x": "a" * 1601}])
    assert [one.level for one in found] == ["warning", "error"]
    assert "Twilio takes at most 1600 characters, and the text of row 2 has 1601" in str(found[1].sentence)


def test_link_mobility_takes_no_four_byte_characters() -> None:
    found = checked("Hello 🙂", key="link_mobility")
    assert "LINK" in told(found)
    assert "🙂" in told(found)
    assert found[0].blocks
    assert checked("Hello 🙂") == []
    assert checked("Olá ã €", key="link_mobility") == []
    assert length_problems(fill(MessageText("Hello 🙂"), []), provider("link_mobility")) == found


def test_a_toll_free_number_is_transactional_unless_somebody_says_otherwise() -> None:
    assert designation_of(None, "toll_free") == "transactional"
    assert designation_of(None, "short_code") == "commercial"
    assert designation_of("commercial", "toll_free") == "commercial"
    found = check_sender_is_fit(Sender(type="toll_free"), "commercial")
    assert found is not None
    assert found.level == "warning"
    assert check_sender_is_fit(Sender(type="toll_free"), "transactional") is None
    assert check_sender_is_fit(Sender(type="short_code"), "commercial") is None


@pytest.mark.parametrize(
    ("hour", "expected"), [(5, True), (6, True), (7, False), (19, False), (20, True), (23, True)]
)
def test_quiet_hours_are_those_of_the_recipient(hour: int, expected: bool) -> None:
    at = datetime(2026, 1, 10, hour, 30, tzinfo=UTC)  # one hour later in Stockholm
    found = quiet(at, [ZoneInfo("Europe/Stockholm")])
    assert (found is not None) == expected
    if found is not None:
        assert found[1]
        assert f"{(hour + 1) % 24:02}:30" in str(quiet_problem("+46***05", found).sentence)


def test_a_number_of_several_zones_may_be_in_quiet_hours() -> None:
    at = datetime(2026, 1, 10, 14, 0, tzinfo=UTC)
    found = quiet(at, [ZoneInfo("America/New_York"), ZoneInfo("America/Los_Angeles")])
    assert found is not None
    assert not found[1]
    assert found[0].hour == 6
    assert "may be 06:00" in str(quiet_problem("+1***00", found).sentence)
    assert quiet(at, []) is None
    assert quiet(at, [ZoneInfo("UTC")], hours=(13, 15)) is not None


def test_links_are_found_as_people_write_them() -> None:
    assert links("See https://a.example/x?y=1, www.b.example. or c.example/p! mail me@d.example/x") == [
        "https://a.example/x?y=1", "www.b.example", "c.example/p"
    ]  # fmt: skip
    assert short_links("bit.ly/a BIT.LY/b, and rebrand.ly") == ["bit.ly", "rebrand.ly"]
    assert asks_for_a_reply("Svara STOPP")
    assert not asks_for_a_reply("Non stop fun")


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_a_text_without_slots_is_sent_as_it_was_typed(text: str) -> None:
    plain = text.replace("{", "(").replace("}", ")")
    assert MessageText(plain).render({}) == plain.replace("$${", "${")


def test_a_text_is_filled_by_paths_filters_and_defaults() -> None:
    text = MessageText('{{ order.total }} {{ name | upper }} {{ x | default("-") }} {{{{ {{ items.0 }}')
    values = {"order": {"total": 2.5}, "name": "ana", "items": [True]}
    assert text.render(values) == "2.5 ANA - {{ true"
    assert text.names == ("order.total", "name", "x", "items.0")
    assert text.fixed == "   {{ "
    with pytest.raises(MissingVariable, match="There are no values for 2 slots"):
        text.render({"name": "ana"})
    with pytest.raises(Invalid):
        MessageText('{{ when | date("yyyy") }}').render({"when": "never"})
