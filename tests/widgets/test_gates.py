"""The gates' catalogue and form: made, changed, tried and set up without a browser; nothing secret becomes state of a page."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.widgets.conftest import PLANTED, Connected
from tests.widgets.faces import field, kernel_state, lock, markup, of, offered, press, read
from workbench import Workbench
from workbench.models.gate import (
    AddCode,
    CheckConsent,
    GateSettings,
    LiveCheck,
    Meaning,
    TimeLimit,
    WriteBack,
)
from workbench.models.rules import AllOf, AnyOf, Comparison, Not, Rule, RuleSet
from workbench.widgets import settle
from workbench.widgets.around import Around
from workbench.widgets.gates import GateShelf
from workbench.widgets.gates_condition import flat, grouped, read_value, write_value
from workbench.widgets.gates_form import GateForm, offered_by
from workbench.widgets.gates_hook import HookReading, Merging, OldGates
from workbench.widgets.gates_stock import PART_LETTERS, GateStock, parts_of
from workbench.widgets.gates_trial import actions_in
from workbench.widgets.secrets import Desk

DEEP = AnyOf(
    of=(
        Comparison(field="a", operator="is_present"),
        AllOf(of=(Comparison(field="b", operator="equals", value=1),)),
    )
)
FROM_3, ONE_OF = (
    Comparison(field="n", operator="at_least", value=3),
    Comparison(field="t", operator="in", value=["a", "b"]),
)
VIP = AllOf(
    of=(Comparison(field="vip", operator="equals", value=True), Comparison(field="x", operator="is_empty"))
)
RULES = RuleSet(rules=(
    Rule(name="consent", when=Comparison(field="consent", operator="not_equals", value="yes"), reason="No consent"),
    Rule(name="groups", when=Not(of=AnyOf(of=(FROM_3, ONE_OF))),
         reason="None of them", verdict="accept"),
    Rule(name="typed", when=VIP, reason="Typed"),
    Rule(name="deep", when=DEEP, reason="Deep", only_for="check-consent"),
), otherwise="reject")  # fmt: skip


async def around(bench: Workbench) -> Around:
    return Around(bench, await bench.about.facts())


async def shelf(bench: Workbench) -> GateShelf:
    made = GateShelf(await around(bench))
    await made.refresh()
    return made


async def form_of(bench: Workbench, settings: GateSettings | None = None) -> GateForm:
    """Return the form as it opens, for a new gate or for one that is kept."""
    gate = await bench.gates.create(settings) if settings else None
    here = await around(bench)
    desk = Desk(bench.secrets)
    await desk.open()
    offered, stock = await offered_by(here)

    async def done(*_: object) -> None:
        pass

    return GateForm(here, gate, offered, stock, desk, done, done)


# -- from nothing to a gate --------------------------------------------------------------------------------------------


async def test_a_gate_is_made_through_the_form_and_found_in_the_list(connected: Connected) -> None:
    bench = connected("operator")
    page = await shelf(bench)
    assert "Make your first gate" in read(page.widget)
    await press(page.widget, "New gate")
    field(page.widget, "Name").value = "Newsletter gate"
    field(page.widget, "Key").value = "newsletter"
    field(page.widget, "Header").value = "X-Gate-Token"
    await lock(field(page.widget, "Token"), PLANTED)
    await press(page.widget, "Add a rule")
    field(page.widget, "Field").value = "consent"
    field(page.widget, "Operator").value = "not_equals"
    [value] = [one for one in of(page.widget, "TextField") if one.label == "Value"]
    value.value = "yes"
    field(page.widget, "Name of the rule").value = "consent"
    field(page.widget, "Reason").value = "No consent"
    assert "The gate can be saved." in read(page.widget)
    await press(page.widget, "Save the gate")
    text = read(page.widget)
    assert "The gate “Newsletter gate” is saved." in text
    assert "the platform calls /gate/newsletter" in text
    [gate] = await bench.gates.list()
    assert gate.settings.header_value is not None
    assert gate.settings.rules.rules[0].when == Comparison(
        field="consent", operator="not_equals", value="yes"
    )
    assert PLANTED not in kernel_state()


async def test_what_is_wrong_stands_beside_its_field_and_is_counted_while_typing(
    connected: Connected,
) -> None:
    page = await shelf(connected("operator"))
    await press(page.widget, "New gate")
    await press(page.widget, "Add a rule")
    await press(page.widget, "Add an action")
    await press(page.widget, "Save the gate")
    text = read(page.widget)
    assert "have to be put right" in text
    assert "Rule 1: This is empty. Fill it in." in text
    assert field(page.widget, "Field").error == "This is empty. Fill it in."
    assert field(page.widget, "Identifier of the action").error
    field(page.widget, "Field").value = "consent"
    assert field(page.widget, "Field").error == ""
    await press(page.widget, "Close without saving")
    assert "Make your first gate" in read(page.widget)


async def test_a_name_that_another_gate_has_is_said_beside_the_name(connected: Connected) -> None:
    bench = connected("operator")
    await bench.gates.create(GateSettings(name="Front", key="front"))
    form = await form_of(bench)
    field(form.widget, "Name").value = "FRONT"
    field(form.widget, "Key").value = "other"
    field(form.widget, "How the platform is let in").value = "none"
    await press(form.widget, "Save the gate")
    assert "already is a gate named" in field(form.widget, "Name").error


async def test_only_what_the_endpoint_needs_is_shown_and_kept(connected: Connected) -> None:
    form = await form_of(connected("operator"))
    labels = {one.label for one in of(form.widget, "TextField")}
    assert "Queue URL" not in labels
    field(form.widget, "Endpoint").value = "sqs"
    labels = {one.label for one in of(form.widget, "TextField")}
    assert {"Queue URL", "Access key id"} <= labels
    assert "Header" not in labels
    assert form.document()["auth"] == "iam"
    assert "header" not in form.document()


async def test_in_campaign_manager_the_minutes_stand_fast(connected: Connected) -> None:
    form = await form_of(
        connected("operator"),
        GateSettings(name="Front", key="front", limits=(TimeLimit(flow="journey", minutes=90),)),
    )
    minutes = field(form.widget, "Minutes until it times out")
    assert (minutes.value, minutes.disabled) == ("90", False)
    field(form.widget, "Which of both it is").value = "campaign_manager"
    assert (minutes.value, minutes.disabled) == ("60", True)


# -- a form gives back what it was given -------------------------------------------------------------------------------


async def test_a_gate_that_is_opened_and_saved_untouched_stays_the_same(house: Workbench) -> None:
    await house.gates.add_codes("spring", "A")
    await house.gates.import_consent("news", "a")
    locked = [house.house.vault.seal_text(f"another-Secret-{n}") for n in range(3)]
    settings = GateSettings(
        name="Front", key="front", auth="basic", username="symplify", password=locked[0],
        hosts=("eu.symplify.example", "127.0.0.1:8868"), source_ips=("192.165.55.111",), rules=RULES,
        meanings=(
            Meaning(identifier="check-consent", does=CheckConsent(consent_list="news", reason="Not on it")),
            Meaning(identifier="code", does=AddCode(pool="spring", property="promoCode")),
        ),
        live_checks=(LiveCheck(key="live", url="https://consent.example.com/{value}", yes=("true", True, 1, "ja"), timeout_s=1.5),),
        write_back=WriteBack(base_url="https://rest.example.com/rest/1", list_id="7", token=locked[1]),
        limits=(TimeLimit(journey_name="Welcome", flow="journey", minutes=90), TimeLimit()),
        account_token=locked[2],
    )  # fmt: skip
    form = await form_of(house, settings)
    assert form.settings() == settings
    assert [problem for problem in form.judge() if problem.blocks] == []
    await press(form.widget, "Save the gate")
    assert (await house.gates.get("front")).settings == settings


def comparison(name: str, value: str) -> dict[str, str]:
    return {"kind": "comparison", "field": name, "operator": "equals", "value": value}


CONDITIONS = st.lists(st.builds(comparison, st.text(min_size=1), st.text()), min_size=1, max_size=4)


@given(st.sampled_from(["all", "any", "none"]), CONDITIONS)
def test_one_group_of_conditions_is_written_and_read_back(joined: str, rows: list[dict[str, Any]]) -> None:
    shape = flat(grouped(joined, rows))
    assert shape is not None
    assert shape[1] == rows
    assert shape[0] == joined or (len(rows) == 1 and joined == "any")


def test_groups_in_groups_have_no_rows() -> None:
    assert flat(DEEP.model_dump()) is None
    assert flat({"kind": "all", "of": []}) is None
    assert flat("nonsense") is None


@pytest.mark.parametrize(
    ("operator", "text", "value"),
    [
        ("in", "SE, NO ,", ["SE", "NO"]),
        ("at_least", "18", 18),
        ("less_than", "1,5", 1.5),
        ("at_most", "x", "x"),
        ("equals", "18", "18"),
        ("equals", " a ", " a "),
    ],
)
def test_a_typed_value_means_what_its_operator_needs(operator: str, text: str, value: Any) -> None:
    assert read_value(operator, text) == value


@given(
    st.lists(
        st.text(st.characters(exclude_characters=",", exclude_categories=["Z", "C"]), min_size=1), min_size=1
    )
)
def test_a_list_of_values_is_written_and_read_back(values: list[str]) -> None:
    assert read_value("in", write_value(values)) == values


async def test_a_condition_goes_to_json_and_back_and_what_is_deeper_stays(connected: Connected) -> None:
    form = await form_of(
        connected("operator"), GateSettings(name="Front", key="front", rules=RuleSet(rules=RULES.rules[:1]))
    )
    joined = field(form.widget, "The rule counts where")
    before = form.settings().rules
    joined.value = "json"
    [editor] = of(form.widget, "JsonEditor")
    assert form.settings().rules == before
    joined.value = "all"
    assert form.settings().rules == before
    joined.value = "json"
    [editor] = of(form.widget, "JsonEditor")
    editor.value = DEEP.model_dump_json()
    joined.value = "any"
    assert (joined.value, bool(joined.error)) == ("json", True)
    assert form.settings().rules.rules[0].when == DEEP
    editor.value = "{nonsense"
    await press(form.widget, "Save the gate")
    assert "cannot be read" in read(form.widget)


async def test_rules_and_actions_offer_the_hubs_ledger_each_the_lists_that_fit(connected: Connected) -> None:
    form = await form_of(connected("operator"), GateSettings(
        name="Front", key="front", rules=RuleSet(rules=(
            Rule(name="hub", when=Comparison(field="phone", operator="on_list", value="hub-sms-commercial"), reason="No consent"),
        )), meanings=(Meaning(identifier="ask", does=CheckConsent(consent_list="hub-sms-commercial-allowed")),),
    ))  # fmt: skip
    in_rules = {
        value: label
        for one in of(form.widget, "ChoiceField")
        if one.label == "Value"
        for value, label, _ in one.options
    }
    assert "who may not get commercial texts" in in_rules["hub-sms-commercial"]
    asked = {value for value, _, _ in field(form.widget, "Consent list").options}
    assert "hub-sms-commercial-allowed" in asked
    assert "hub-sms-commercial" not in asked, "it would reject everybody else"
    assert "The gate can be saved." in read(form.widget)


async def test_rules_are_moved_added_and_removed(connected: Connected) -> None:
    form = await form_of(connected("operator"), GateSettings(name="Front", key="front", rules=RULES))
    rows = form.rules.rows
    rows.move(rows.rows[0], 1)
    assert [rule.name for rule in form.settings().rules.rules] == ["groups", "consent", "typed", "deep"]
    rows.move(rows.rows[0], -1)  # the first cannot go further up
    rows.take_out(rows.rows[1])
    assert [rule.name for rule in form.settings().rules.rules] == ["groups", "typed", "deep"]


# -- trying, setting up ------------------------------------------------------------------------------------------------


async def test_rules_are_tried_as_they_stand_in_the_form(connected: Connected) -> None:
    form = await form_of(
        connected("operator"), GateSettings(name="Front", key="front", rules=RuleSet(rules=RULES.rules[:1]))
    )
    await press(form.widget, "▸ Try the rules on contacts")
    await press(form.widget, "Try the rules")
    assert field(form.widget, "Contacts to try").error
    field(form.widget, "Contacts to try").value = "id,consent\nc-1001,yes\nc-1002,<b>no</b>\nc-1002\n"
    await press(form.widget, "Try the rules")
    text = read(form.widget)
    assert (
        "1 would be accepted, 2 rejected" in text
        or "1 would be accepted, 1 rejected; 1 rows cannot be read" in text
    )
    assert "No consent" in text
    assert "<b>no" not in markup(form.widget)
    field(form.widget, "Reason").value = "Another reason"
    await press(form.widget, "Try the rules")
    assert "Another reason" in read(form.widget)


def test_actions_are_written_in_a_line() -> None:
    assert [(one.identifier, one.details) for one in actions_in(" a, b=x=y ,\nc")] == [
        ("a", ""),
        ("b", "x=y"),
        ("c", ""),
    ]


async def test_how_to_set_it_up_shows_address_steps_and_the_four_addresses(connected: Connected) -> None:
    bench = connected("admin")
    await bench.gates.create(GateSettings(name="Front", key="front"))
    page = await shelf(bench)
    page.list.selected = page.gates[0].id
    await press(page.widget, "Set it up")
    text = markup(page.widget)
    for words in (
        "/gate/front",
        "Account settings",
        "192.165.55.111",
        "192.165.55.112",
        "192.165.55.113",
        "184.107.113.20",
        "help.symplify.com",
    ):
        assert words in text
    assert len(of(page.widget, "CopyButton")) == 2


async def test_a_gate_is_closed_opened_and_deleted_after_a_question(connected: Connected) -> None:
    bench = connected("admin")
    await bench.gates.create(GateSettings(name="Front", key="front"))
    page = await shelf(bench)
    page.list.selected = page.gates[0].id
    await press(page.widget, "Close the gate")
    assert "hooks are refused" in read(page.widget)
    await press(page.widget, "Open the gate")
    await press(page.widget, "Delete")
    await press(page.widget, "Keep it")
    await press(page.widget, "Delete")
    await press(page.widget, "Delete the gate")
    assert await bench.gates.list() == []
    assert "is deleted" in read(page.widget)


async def test_a_viewer_sees_the_gates_and_no_button_that_changes_one(
    house: Workbench, connected: Connected
) -> None:
    await house.gates.create(GateSettings(name="Front", key="front"))
    page = await shelf(connected("viewer"))
    page.list.selected = page.gates[0].id
    assert offered(page.widget) == {"Set it up"}
    assert {one.description for one in of(GateStock(page.around).widget, "Button")} == set()


# -- codes, lists, hooks, actions --------------------------------------------------------------------------------------


async def test_codes_and_consent_are_brought_in_and_leave_the_page(connected: Connected) -> None:
    bench = connected("operator")
    stock = GateStock(await around(bench))
    await stock.refresh()
    assert "No codes yet" in read(stock.widget)
    field(stock.widget, "Name of the pool").value = "spring"
    field(stock.widget, "Codes").value = f"{PLANTED}\nB\n"
    await press(stock.widget, "Add the codes")
    assert "holds 2 codes that nobody has" in read(stock.widget)
    field(stock.widget, "Name of the list").value = "Wrong Name"
    field(stock.widget, "Who consents").value = "pl4nted@example.com\n"
    await press(stock.widget, "Import the list")
    assert field(stock.widget, "Name of the list").error
    field(stock.widget, "Name of the list").value = "news"
    await press(stock.widget, "Import the list")
    assert "holds 1 identifiers" in read(stock.widget)
    state = kernel_state()
    assert PLANTED not in state
    assert "pl4nted" not in state
    await stock.codes.take("C\nD\n")
    await settle()
    assert "holds 4 codes" in read(stock.widget)


@given(st.lists(st.text(st.characters(exclude_categories=["Zl", "Zp", "C"]), max_size=20), max_size=30))
def test_a_text_is_cut_between_its_lines_alone(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert [line for part in parts_of(text) for line in part.splitlines() if line] == [
        line for line in lines if line
    ]


def test_a_part_is_small_enough_for_one_call() -> None:
    parts = parts_of("\n".join(["x" * 99_999] * 25))
    assert len(parts) == 3
    assert all(len(part) <= PART_LETTERS + 100_000 for part in parts)


async def test_a_pasted_hook_is_read_masked_and_forgotten(house: Workbench, connected: Connected) -> None:
    await house.gates.create(GateSettings(name="Front", key="front"))
    tool = HookReading(await around(connected("viewer")))
    tool.offer(await house.gates.list())
    await press(tool.widget, "Read the hook")
    assert field(tool.widget, "Hook").error
    text = {
        "finishUri": "https://eu.symplify.example/x/pl4nted-capability/finish", "actions": [{"identifier": "<b>x</b>"}],
        "projectName": "<i>Newsletter</i>", "itemDownloadUri": "https://eu.symplify.example/x/pl4nted-capability/items", "odd": 7,
    }  # fmt: skip
    field(tool.widget, "Hook").value = json.dumps(text)
    await press(tool.widget, "Read the hook")
    shown = read(tool.widget)
    assert "eu.symplify.example …" in shown
    assert "would not be called" in shown
    assert "odd" in shown
    assert "<i>" not in markup(tool.widget)
    assert "pl4nted" not in kernel_state()
    field(tool.widget, "Hook").value = "[1]"
    await press(tool.widget, "Read the hook")
    assert "Line 1" in read(tool.widget)


async def test_actions_of_both_levels_stand_side_by_side_with_their_level(connected: Connected) -> None:
    tool = Merging(await around(connected("viewer")))
    field(tool.widget, "Actions of the project").value = "check-consent\npromo=X"
    field(tool.widget, "Actions of the sendout").value = "promo=Y"
    await press(tool.widget, "Merge them")
    text = read(tool.widget)
    for words in ("Of the project", "Of the sendout", "In the hook", "different details"):
        assert words in text


async def test_leftovers_of_the_older_product_come_with_the_steps(connected: Connected) -> None:
    tool = OldGates(await around(connected("viewer")))
    await press(tool.widget, "▸ What the older Send gate is set to")
    await press(tool.widget, "Look for leftovers")
    assert "Nothing of the older Send gate is left" in read(tool.widget)
    field(tool.widget, "Account: active").value = True
    await press(tool.widget, "Look for leftovers")
    assert "Convert project by project" in read(tool.widget)
