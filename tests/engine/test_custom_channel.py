"""A custom channel's rules (R-SMS-30), and its customizations.xml: the same bytes each time, and read back as it was (R-SMS-29)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.channel_designs import CUSTOM, DEFINITION, FORM, MICROSOFTS, OTHER, SMS, TEXT, part
from workbench.engine.custom_channel import (
    GUID,
    bare_guid,
    check_channel,
    customizations_xml,
    read_design,
    tidy_channel,
)
from workbench.engine.customizations import read_customizations
from workbench.errors import Invalid
from workbench.models.custom_channel import PART_TYPES, ChannelSettings, MessagePart


def told(design: ChannelSettings, level: str = "error") -> dict[str, str]:
    found = check_channel(tidy_channel(design))
    return {problem.field: str(problem.sentence) for problem in found if problem.level == level}


def changed(design: ChannelSettings, **more: Any) -> ChannelSettings:
    return design.model_copy(update=more)


def test_the_samples_keep_to_the_rules() -> None:
    assert check_channel(CUSTOM) == []
    assert check_channel(SMS) == []


# -- the rules -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        (changed(SMS, parts=(TEXT, part(id="", name="title"))), "parts", "exactly one part"),
        (changed(SMS, parts=(part(name="Text"),)), "parts", "its name is “text”"),
        (changed(SMS, parts=(part(type="image"),)), "parts", "its type is plain text"),
        (changed(SMS, supports_account=False), "supports_account", "Switch “Supports accounts” on"),
        (changed(SMS, message_form_id=FORM), "message_form_id", "platform's own editor"),
        (changed(SMS, account_form_id=""), "account_form_id", "both"),
        (changed(SMS, account_entity=""), "account_entity", "both"),
        (changed(CUSTOM, supports_account=True), "supports_account", "off, or choose the type SMS"),
        (changed(CUSTOM, has_inbound=True), "has_inbound", "Only an SMS channel"),
        (changed(CUSTOM, parts=()), "parts", "at least one message part"),
        (changed(CUSTOM, parts=tuple(part(id="", name=f"p{number}") for number in range(51))), "parts", "51 parts"),
        (changed(CUSTOM, parts=(TEXT, part(id=""))), "parts.1.name", "two parts named “text”"),
        (changed(CUSTOM, parts=(TEXT, part(id="", name="TEXT"))), "parts.1.name", "two parts named"),
        (changed(CUSTOM, parts=(TEXT, part(name="title"))), "parts.1.id", "the same id"),
        (changed(CUSTOM, parts=(part(name=""),)), "parts.0.name", "has no name"),
        (changed(CUSTOM, parts=(part(name="my text"),)), "parts.0.name", "no name of a part"),
        (changed(CUSTOM, parts=(part(max_length=0),)), "parts.0.max_length", "from 1 to"),
        (changed(CUSTOM, parts=(part(max_length=-1),)), "parts.0.max_length", "from 1 to"),
        (changed(CUSTOM, parts=(part(max_length=None),)), "parts.0.max_length", "how long"),
        (changed(CUSTOM, parts=(part(id="no guid"),)), "parts.0.id", "no id"),
        (changed(CUSTOM, parts=(part(type="record", view_id=FORM),)), "parts.0.entity", "of a table"),
        (changed(CUSTOM, parts=(part(type="record", entity="account"),)), "parts.0.view_id", "in a view"),
        (changed(CUSTOM, parts=(part(type="record", entity="a b", view_id=FORM),)), "parts.0.entity", "no name of a table"),
        (changed(CUSTOM, parts=(part(type="record", entity="account", view_id="x"),)), "parts.0.view_id", "no id"),
        (changed(CUSTOM, display_name=" "), "display_name", "Give the channel a name"),
        (changed(CUSTOM, display_name="x" * 101), "display_name", "101 characters"),
        (changed(CUSTOM, description="a\x00b"), "description", "invisible character"),
        (changed(CUSTOM, outbound_api=""), "outbound_api", "Name the custom API"),
        (changed(CUSTOM, outbound_api="https://x"), "outbound_api", "no name of a custom API"),
        (changed(CUSTOM, instance_entity=""), "instance_entity", "Name the table"),
        (changed(CUSTOM, instance_entity="Channel Instance"), "instance_entity", "no name of a table"),
        (changed(CUSTOM, instance_form_id=""), "instance_form_id", "Paste the id of the form"),
        (changed(CUSTOM, instance_form_id="7d2b885a"), "instance_form_id", "no id"),
        (changed(CUSTOM, definition_id="af0c2a3c-85a5"), "definition_id", "no id"),
    ],
)  # fmt: skip
def test_each_rule_names_its_field(wrong: ChannelSettings, field: str, words: str) -> None:
    found = told(wrong)

    assert words in found[field]
    with pytest.raises(Invalid):
        customizations_xml(wrong)


def test_what_does_nothing_is_a_warning() -> None:
    account = changed(CUSTOM, account_entity="cr65f_account", account_form_id=OTHER)
    view = changed(CUSTOM, parts=(part(view_id=FORM),))

    assert "SMS channels alone" in told(account, "warning")["account_entity"]
    assert "do nothing" in told(view, "warning")["parts.0.view_id"]
    assert told(account) == told(view) == {}


def test_a_part_that_is_no_text_needs_no_length() -> None:
    record = part(type="record", entity="account", view_id=FORM, max_length=None)

    assert (
        told(changed(CUSTOM, parts=(record, part(id="", name="photo", type="image", max_length=None)))) == {}
    )


@pytest.mark.parametrize(
    "spelling", [DEFINITION.upper(), f"{{{DEFINITION}}}", f" {{{DEFINITION.upper()}}} ", DEFINITION]
)
def test_guids_are_kept_in_small_letters(spelling: str) -> None:
    assert bare_guid(spelling) == DEFINITION
    assert tidy_channel(changed(CUSTOM, definition_id=spelling)).definition_id == DEFINITION


def test_a_number_that_is_none_is_told_beside_its_field() -> None:
    made, problems = read_design({"parts": [{"name": "text", "max_length": "long"}]})

    assert made is None
    assert [(one.field, str(one.sentence)) for one in problems] == [
        ("parts.0.max_length", "“long” is no whole number. Write digits only.")
    ]
    assert read_design({"parts": [{"max_length": "12"}]})[0] is not None


# -- writing and reading back ----------------------------------------------------------------------------------------------

GUIDS = st.uuids().map(str)
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"),
    max_size=40,
)
NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,20}", fullmatch=True)
TABLES = st.from_regex(r"[a-z][a-z0-9]{1,7}_[a-z0-9_]{1,20}", fullmatch=True)


@st.composite
def parts(draw: st.DrawFn, name: str) -> MessagePart:
    kind = draw(st.sampled_from(sorted(PART_TYPES)))
    record = kind == "record"
    return MessagePart(
        id=draw(GUIDS), name=name, display_name=draw(TEXTS), description=draw(TEXTS), type=kind, required=draw(st.booleans()),
        max_length=draw(st.integers(1, 100_000)), order=draw(st.none() | st.integers(-10, 10)),
        entity=draw(TABLES) if record else "", view_id=draw(GUIDS) if record else "",
    )  # fmt: skip


@st.composite
def designs(draw: st.DrawFn) -> ChannelSettings:
    sms = draw(st.booleans())
    account = sms and draw(st.booleans())
    names = ["text"] if sms else draw(st.lists(NAMES, min_size=1, max_size=4, unique_by=str.casefold))
    made = tuple(draw(parts(name)) for name in names)
    made = tuple(one.model_copy(update={"id": f"{at:08x}{one.id[8:]}"}) for at, one in enumerate(made))
    if sms:
        made = (made[0].model_copy(update={"type": "plaintext", "entity": "", "view_id": ""}),)
    return tidy_channel(ChannelSettings(
        display_name=draw(TEXTS.filter(lambda text: bool(text.strip()))), description=draw(TEXTS), type="SMS" if sms else "Custom",
        definition_id=draw(GUIDS), outbound_api=f"/cr65f_{draw(NAMES)}", has_inbound=sms and draw(st.booleans()),
        has_delivery_receipt=draw(st.booleans()), supports_account=sms, instance_entity=draw(TABLES), instance_form_id=draw(GUIDS),
        account_entity=draw(TABLES) if account else "", account_form_id=draw(GUIDS) if account else "",
        message_form_id="" if sms else draw(st.just("") | GUIDS), special_consent_required=draw(st.booleans()),
        supports_attachment=draw(st.booleans()), supports_binary=draw(st.booleans()), parts=made,
    ))  # fmt: skip


@given(designs())
def test_what_is_written_is_read_back(design: ChannelSettings) -> None:
    written = customizations_xml(design)
    read = read_customizations(written.decode())

    assert read.channels == (design,)
    assert read.problems == ()
    assert customizations_xml(read.channels[0]) == written, "the same bytes for the same design"


@settings(max_examples=30)
@given(designs())
def test_every_guid_is_written_in_small_letters(design: ChannelSettings) -> None:
    loud = design.model_copy(update={"definition_id": f"{{{design.definition_id.upper()}}}"})
    written = customizations_xml(loud).decode()

    assert written == customizations_xml(design).decode()
    assert f'msdyn_channeldefinitionid="{design.definition_id}"' in written
    assert all(f'msdyn_channelmessagepartid="{one.id}"' in written for one in design.parts)


def test_the_file_has_the_shape_of_microsofts_sample() -> None:
    written = customizations_xml(CUSTOM).decode()

    assert written.startswith("<?xml")
    assert (
        '<ImportExportXml xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><msdyn_channeldefinitions>'
        in written.replace("\n", "")
    )
    assert (
        f"<msdyn_channeldefinitionid><msdyn_channeldefinitionid>{DEFINITION}</msdyn_channeldefinitionid></msdyn_channeldefinitionid>"
        in written
    )
    assert "<msdyn_type>192350000</msdyn_type>" in written
    assert "<msdyn_hasinbound>0</msdyn_hasinbound>" in written
    assert "msdyn_channeldefinitionaccountexternalentity" not in written, "what is empty is left out"


def test_microsofts_sample_is_read_and_its_capital_guid_is_noticed() -> None:
    read = read_customizations(MICROSOFTS)

    [channel] = read.channels
    assert channel.definition_id == DEFINITION
    assert channel.parts == (TEXT,)
    assert [(one.field, one.level) for one in read.problems] == [("channels.0.definition_id", "warning")]


def test_ids_are_wanted_before_it_is_written() -> None:
    with pytest.raises(Invalid) as refused:
        customizations_xml(changed(CUSTOM, definition_id="", parts=(part(id=""),)))

    assert {problem.field for problem in refused.value.problems} == {"definition_id", "parts.0.id"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no XML"),
        ("{}", "no XML"),
        ("<a>", "no XML"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "entities"),
        ("<a/>", "defines no channel"),
        ("<ImportExportXml/>", "defines no channel"),
        ("<ImportExportXml><msdyn_channeldefinitions/></ImportExportXml>", "defines no channel"),
        ("<" * 5_000_001, "larger than 5 MB"),
    ],
)
def test_what_is_no_such_file_is_told(text: str, words: str) -> None:
    read = read_customizations(text)

    assert read.channels == ()
    assert words in str(read.problems[0].sentence)


def test_what_departs_from_the_rules_is_told_with_its_place() -> None:
    broken = (
        MICROSOFTS.replace("Custom</", "Pigeon</").replace("<msdyn_hasinbound>0", "<msdyn_hasinbound>maybe").replace(">192350000<", ">42<")
        .replace("<msdyn_maxlength>1000", "<msdyn_maxlength>many").replace("<statecode>0", "<msdyn_secret>1</msdyn_secret><statecode>0")
    )  # fmt: skip
    found = {(one.field, one.level) for one in read_customizations(broken).problems}

    assert {
        ("channels.0.type", "error"), ("channels.0.has_inbound", "warning"), ("channels.0.parts.0.type", "error"),
        ("channels.0.parts.0.max_length", "error"), ("channels.0", "note"), ("channels.0.parts.0", "note"),
    } <= found  # fmt: skip


def test_a_part_of_another_channel_is_left_out_and_told() -> None:
    stray = MICROSOFTS.replace(
        f"<msdyn_channeldefinitionid>{DEFINITION}</", f"<msdyn_channeldefinitionid>{OTHER}</"
    )
    read = read_customizations(stray)

    assert read.channels[0].parts == ()
    assert any("is not in the file" in str(one.sentence) for one in read.problems)


@given(st.text(max_size=300) | st.binary(max_size=300).map(lambda data: data.decode("latin-1")))
def test_any_text_is_read_without_an_error(text: str) -> None:
    read = read_customizations(text)

    assert read.channels or read.problems


@given(st.integers(0, len(MICROSOFTS) - 1), st.sampled_from(["", "<", ">", "&", "\x00", "\u00e9", "0", '"']))
def test_a_damaged_file_is_read_or_told(at: int, sign: str) -> None:
    read = read_customizations(MICROSOFTS[:at] + sign + MICROSOFTS[at + 1 :])

    assert read.channels or read.problems
    for channel in read.channels:
        assert GUID.fullmatch(channel.definition_id) or any(
            "definition_id" in one.field for one in read.problems
        )
