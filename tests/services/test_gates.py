"""Gates from nothing to deleted, over both ways in; codes, consent lists, rules tried, hooks read, the way to set it up."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from workbench import Workbench
from workbench.engine.actions import OldGate
from workbench.engine.rules import Membership
from workbench.errors import Forbidden, Invalid, NotFound, Refused
from workbench.models.base import SecretRef
from workbench.models.gate import (
    SOURCE_IPS,
    Action,
    AddCode,
    CheckConsent,
    GateSettings,
    LiveCheck,
    Meaning,
    WriteBack,
)
from workbench.models.journal import EntryFilter
from workbench.models.platform import Sendout
from workbench.models.rules import Comparison, Rule, RuleSet
from workbench.services.gates_reading import tried

from .conftest import PLANTED

NO_CONSENT = RuleSet(
    rules=(
        Rule(
            name="consent",
            when=Comparison(field="consent", operator="not_equals", value="yes"),
            reason="No consent",
        ),
    )
)


def front(**more: Any) -> GateSettings:
    """Return the settings of a gate that rejects whoever has no consent."""
    return GateSettings(**{"name": "Front", "key": "front", "rules": NO_CONSENT, **more})


async def told(bench: Workbench) -> list[str | None]:
    """Return what the journal says of gates, the newest first."""
    return [
        entry.detail for entry in await bench.activity.entries(EntryFilter(limit=50)) if entry.kind == "gate"
    ]


# -- the catalogue -----------------------------------------------------------------------------------------------------


async def test_from_nothing_to_deleted_each_step_in_the_journal(bench: Workbench) -> None:
    made = await bench.gates.create(front(name="  Front "))
    assert (made.settings.name, made.open) == ("Front", True)
    for name in (made.id, "front", "FRONT", "Front"):
        assert (await bench.gates.get(name)).id == made.id
    changed = await bench.gates.save("front", made.settings.model_copy(update={"name": "Back"}))
    assert (changed.id, changed.created_at, changed.settings.name) == (made.id, made.created_at, "Back")
    assert not (await bench.gates.close(made.id)).open
    assert not (await bench.gates.save(made.id, front())).open  # a change opens nothing
    assert (await bench.gates.open("front")).open
    await bench.gates.delete("front")
    assert await bench.gates.list() == []
    assert await told(bench) == ["deleted", "opened", "saved", "closed", "saved", "created"]
    for work in (
        bench.gates.get("front"),
        bench.gates.save(made.id, front()),
        bench.gates.open(made.id),
        bench.gates.delete(made.id),
    ):
        with pytest.raises(NotFound):
            await work


async def test_names_and_keys_are_nobody_elses_whatever_their_letters(house: Workbench) -> None:
    made = await house.gates.create(front())
    with pytest.raises(Invalid) as caught:
        await house.gates.create(front(name=" fRONT "))
    assert {problem.field for problem in caught.value.problems} == {"name", "key"}
    assert "name" in {problem.field for problem in await house.gates.check(front())}
    assert (
        await house.gates.check(
            front(auth="header", header="X", header_value=SecretRef(handle="sec_0123456789abcdef")), made.id
        )
        == []
    )
    await house.gates.save(made.id, front())


async def test_two_gates_of_one_name_made_at_the_same_time_are_one(house: Workbench) -> None:
    results = await asyncio.gather(*(house.gates.create(front()) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(one, Invalid) for one in results) == 4
    assert len(await house.gates.list()) == 1


async def test_what_is_wrong_is_not_saved_and_all_of_it_is_named(house: Workbench) -> None:
    wanted = front(
        key="A",
        hosts=("https://x",),
        meanings=(Meaning(identifier="c", does=AddCode(pool="gone", property="code")),),
    )
    with pytest.raises(Invalid) as caught:
        await house.gates.create(wanted)
    assert {"key", "hosts.0", "meanings.0.does.pool"} == {problem.field for problem in caught.value.problems}
    assert await house.gates.list() == []


async def test_the_gates_are_listed_by_name(house: Workbench) -> None:
    for name in ("b", "A", "c"):
        await house.gates.create(front(name=name, key=f"gate-{name.lower()}"))
    assert [gate.settings.name for gate in await house.gates.list()] == ["A", "b", "c"]


async def test_a_gate_at_which_a_sendout_waits_is_not_deleted(house: Workbench) -> None:
    made = await house.gates.create(front())
    await house.rehearsal.fire("front", Sendout(size=3))
    with pytest.raises(Refused, match="wait at the gate"):
        await house.gates.delete(made.id)
    [hold] = await house.holds.holds()
    await house.holds.settle(hold.id)
    await house.gates.delete(made.id)


# -- secrets -----------------------------------------------------------------------------------------------------------


async def test_secrets_lie_in_the_vault_and_are_forgotten_with_what_named_them(
    house: Workbench, secret: SecretRef
) -> None:
    shared = house.house.vault.seal_text("another-Secret-123")
    locked = {"auth": "header", "header": "X-Gate", "header_value": secret}
    made = await house.gates.create(
        front(**locked, write_back=WriteBack(base_url="https://rest.example.com", list_id="1", token=shared))
    )
    other = await house.gates.create(
        front(name="Other", key="other", auth="header", header="X-Gate", header_value=shared)
    )
    assert PLANTED not in (house.house.home.folder / "gates.json").read_text(encoding="utf-8")
    await house.gates.save(made.id, made.settings.model_copy(update={"auth": "none", "header_value": None}))
    assert not house.house.vault.has(secret.handle)
    await house.gates.delete(made.id)
    assert house.house.vault.has(shared.handle)  # the other gate still has it
    await house.gates.delete(other.id)
    assert not house.house.vault.has(shared.handle)


# -- roles -------------------------------------------------------------------------------------------------------------


async def test_a_viewer_looks_and_tries_and_changes_nothing(house: Workbench, connected: Any) -> None:
    made = await house.gates.create(front())
    viewer = connected("viewer").gates
    assert [gate.id for gate in await viewer.list()] == [made.id]
    await viewer.address("front")
    await viewer.read_hook("{}")
    assert len(await viewer.try_rules(made.settings, [], "id,consent\na,yes\n")) == 1
    for work in (
        viewer.create(front(name="x", key="xxx")), viewer.save(made.id, front()), viewer.open(made.id), viewer.close(made.id),
        viewer.delete(made.id), viewer.add_codes("p", "A"), viewer.import_consent("l", "a"), viewer.delete_pool("p"),
        viewer.delete_consent("l"),
    ):  # fmt: skip
        with pytest.raises(Forbidden):
            await work


# -- how to set it up --------------------------------------------------------------------------------------------------


async def test_the_address_and_the_steps_of_an_http_gate(house: Workbench) -> None:
    await house.gates.create(
        front(auth="basic", username="symplify", password=SecretRef(handle="sec_0123456789abcdef"))
    )
    found = await house.gates.address("front", "https://gates.example.com/")
    assert (found.kind, found.url, found.problems) == ("http", "https://gates.example.com/gate/front", ())
    steps = " ".join(str(step) for step in found.steps)
    for words in ("Account settings > Integrations > Webhooks", "https://gates.example.com/gate/front", "basic auth", "symplify",
                  "Send gate Plus", "advanced split control", "always waits one hour"):  # fmt: skip
        assert words in steps
    assert dict(found.source_ips) == SOURCE_IPS
    assert found.source_ips_at.endswith("360011230659-Webhooks")


async def test_an_address_on_this_machine_or_none_says_so(house: Workbench) -> None:
    await house.gates.create(front())
    assert [one.level for one in (await house.gates.address("front", "http://127.0.0.1:8867")).problems] == [
        "note"
    ]
    unknown = await house.gates.address("front")
    assert unknown.url == "/gate/front"
    assert [one.level for one in unknown.problems] == ["warning"]


async def test_a_queue_is_set_up_by_its_url(house: Workbench) -> None:
    url = "https://sqs.eu-north-1.amazonaws.com/123456789012/gate"
    await house.gates.create(front(kind="sqs", queue_url=url))
    found = await house.gates.address("front")
    assert (found.kind, found.url) == ("sqs", url)
    assert "AWS IAM" in " ".join(str(step) for step in found.steps)


# -- codes and consent lists -------------------------------------------------------------------------------------------


async def test_codes_are_added_once_and_counted(house: Workbench) -> None:
    pool = await house.gates.add_codes("spring", "A1\n A2 \n\nA3\nA1\n")
    assert (pool.key, pool.total, pool.left) == ("spring", 3, 3)
    assert (await house.gates.add_codes("spring", "A3\nA4")).total == 4
    assert [one.key for one in await house.gates.pools()] == ["spring"]
    for key, text, field in (("spring", "  \n", "codes"), ("Sp ring", "A", "key")):
        with pytest.raises(Invalid) as caught:
            await house.gates.add_codes(key, text)
        assert caught.value.problems[0].field == field


async def test_consent_is_imported_and_counts_for_rules(bench: Workbench) -> None:
    kept = await bench.gates.import_consent(
        "newsletter", "ana@example.com\nbo@example.com\nana@example.com\n\n"
    )
    assert (kept.size, kept.doubles) == (2, 1)
    wanted = front(rules=RuleSet(rules=(
        Rule(name="listed", when=Comparison(field="id", operator="not_on_list", value="newsletter"), reason="Not on the list"),
    )))  # fmt: skip
    found = await bench.gates.try_rules(wanted, [], "id\nana@example.com\ncy@example.com\n")
    assert [(one.verdict, one.reason) for one in found] == [("accept", ""), ("reject", "Not on the list")]
    with pytest.raises(Invalid):
        await bench.gates.import_consent("newsletter", "\n")


async def test_what_a_gate_names_is_not_deleted(house: Workbench) -> None:
    await house.gates.add_codes("spring", "A")
    await house.gates.import_consent("news", "a")
    await house.gates.import_consent("ruled", "a")
    await house.gates.create(front(
        meanings=(
            Meaning(identifier="code", does=AddCode(pool="spring", property="code")),
            Meaning(identifier="consent", does=CheckConsent(consent_list="news")),
        ),
        rules=RuleSet(rules=(Rule(name="r", when=Comparison(field="id", operator="on_list", value="ruled"), reason="x"),)),
    ))  # fmt: skip
    for work in (
        house.gates.delete_pool("spring"),
        house.gates.delete_consent("news"),
        house.gates.delete_consent("ruled"),
    ):
        with pytest.raises(Refused, match="Front"):
            await work
    await house.gates.delete("front")
    for work in (
        house.gates.delete_pool("spring"),
        house.gates.delete_consent("news"),
        house.gates.delete_consent("ruled"),
    ):
        await work
    assert await house.gates.pools() == []
    assert [one for one in await house.gates.consent_lists() if not one.ledger] == []


def no_list(key: str) -> Membership:
    raise AssertionError(key)


# -- trying rules ------------------------------------------------------------------------------------------------------

ROWS = [("c-1001", "yes"), ("c-1002", "no"), ("c-1003", "yes")]
TABLE = "id,consent\n" + "".join(f"{id},{consent}\n" for id, consent in ROWS)
LINES = "\n".join(json.dumps({"id": id, "consent": consent}) for id, consent in ROWS)
NESTED = "\n".join(json.dumps({"id": id, "properties": {"consent": consent}}) for id, consent in ROWS)
LIST = json.dumps([{"id": id, "consent": consent} for id, consent in ROWS], indent=1)
WHOLE = "\n".join(
    json.dumps(
        {"id": id, "cancelUri": f"https://p.example/{id}/secret-part", "properties": {"consent": consent}}
    )
    for id, consent in ROWS
)


@pytest.mark.parametrize(
    "text",
    [TABLE, TABLE.replace(",", ";"), LINES, NESTED, LIST, WHOLE],
    ids=["csv", "semicolon", "flat", "nested", "list", "file"],
)
def test_rules_are_tried_on_contacts_however_they_are_written(text: str) -> None:
    found = tried(front(), [], text, no_list, b"salt")
    assert [one.number for one in found] == [1, 2, 3]
    assert [(one.verdict, one.rule, one.reason) for one in found] == [
        ("accept", "", ""), ("reject", "consent", "No consent"), ("accept", "", ""),
    ]  # fmt: skip
    shown = json.dumps([one.model_dump(mode="json") for one in found])
    assert "c-1001" not in shown  # ids are masked
    assert "secret-part" not in shown


def test_a_row_that_is_no_contact_says_why_and_the_others_are_tried() -> None:
    found = tried(front(), [], LINES + '\n{"id": 1.5}\nnonsense\n', no_list, b"salt")
    assert [one.verdict for one in found] == ["accept", "reject", "accept", None, None]
    assert all(one.sentence for one in found[3:])
    cut = tried(front(), [], LIST[:-20], no_list, b"salt")
    assert cut[-1].verdict is None
    assert cut[-1].sentence is not None


async def test_the_actions_of_the_sendout_come_before_the_rules(house: Workbench) -> None:
    await house.gates.import_consent("news", "c-1002\n")
    wanted = front(
        meanings=(
            Meaning(
                identifier="check-consent", does=CheckConsent(consent_list="news", reason="Not on the list")
            ),
        )
    )
    found = await house.gates.try_rules(wanted, [Action(identifier="check-consent")], TABLE)
    assert [one.reason for one in found] == ["Not on the list", "No consent", "Not on the list"]
    assert [one.verdict for one in await house.gates.try_rules(wanted, [], TABLE)] == [
        "accept",
        "reject",
        "accept",
    ]


@pytest.mark.parametrize(("fallback", "verdict"), [("accept", "accept"), ("reject", "reject")])
def test_nothing_is_called_in_a_trial_a_live_check_counts_as_its_fallback(
    fallback: Any, verdict: str
) -> None:
    wanted = front(
        live_checks=(LiveCheck(key="live", url="https://consent.example.com/{value}", fallback=fallback),),
        rules=RuleSet(
            rules=(
                Rule(name="live", when=Comparison(field="id", operator="refuses", value="live"), reason="No"),
            )
        ),
    )
    assert {one.verdict for one in tried(wanted, [], TABLE, no_list, b"salt")} == {verdict}


async def test_rules_that_are_wrong_or_a_text_that_is_too_long_are_not_tried(house: Workbench) -> None:
    broken = front(
        rules=RuleSet(
            rules=(Rule(name="r", when=Comparison(field="a", operator="matches", value="("), reason="x"),)
        )
    )
    with pytest.raises(Invalid):
        await house.gates.try_rules(broken, [], TABLE)
    with pytest.raises(Refused, match="Paste fewer"):
        await house.gates.try_rules(front(), [], "x" * 2_000_001)


# -- hooks and actions -------------------------------------------------------------------------------------------------


def hook(host: str = "eu.symplify.example") -> str:
    return json.dumps({
        "finishUri": f"https://{host}/sendgate/pl4nted-capability-7f3a/finish", "actions": [{"identifier": "check-consent"}],
        "projectName": "Newsletter", "journeyName": "Spring", "sendoutName": "Day 1",
        "items": [{"contactId": "ana@example.com", "rejectUri": f"https://{host}/sendgate/pl4nted-capability-7f3a/reject"}],
    })  # fmt: skip


async def test_a_hook_is_read_with_its_addresses_and_contact_masked(bench: Workbench) -> None:
    found = await bench.gates.read_hook(hook())
    assert found.hook is not None
    assert (found.hook.kind, found.hook.sendout_name) == ("single", "Day 1")
    shown = found.model_dump_json()
    assert "pl4nted" not in shown
    assert "ana@example.com" not in shown
    assert found.hook.finish_uri.startswith("eu.symplify.example …")


async def test_each_address_says_whether_a_gate_would_call_it(house: Workbench) -> None:
    await house.gates.create(front(hosts=("eu.symplify.example",)))
    known = await house.gates.read_hook(hook(), "front")
    assert {one.level for one in known.problems if one.field.endswith("Uri")} == {"note"}
    foreign = await house.gates.read_hook(hook("evil.example"), "front")
    warned = [one for one in foreign.problems if one.field.endswith("Uri")]
    assert [one.level for one in warned] == ["warning", "warning"]
    assert "evil.example" in str(warned[0].sentence)


async def test_what_is_no_hook_says_why(house: Workbench) -> None:
    for text in ("", "not json", "[]", "7", '{"finishUri": "javascript:alert(1)"}', "\ud800", "{" * 5000):
        found = await house.gates.read_hook(text)
        assert found.hook is None
        assert [one for one in found.problems if one.blocks]


async def test_actions_of_both_levels_and_leftovers_stand_side_by_side(bench: Workbench) -> None:
    found = await bench.gates.merged(
        [Action(identifier="a"), Action(identifier="code", details="X")],
        [Action(identifier="code", details="Y")],
    )
    assert [(one.identifier, one.details, one.level) for one in found.actions] == [
        ("a", "", "project"), ("code", "X", "project"), ("code", "Y", "sendout"),
    ]  # fmt: skip
    assert [one.level for one in found.problems] == ["warning"]
    # leftovers of the older product
    left = await bench.gates.old_gate(
        [OldGate("account", True, False, "x"), OldGate("project", True, True, "y")]
    )
    assert {one.level for one in left} == {"warning"}
    assert "Convert project by project" in " ".join(str(one.sentence) for one in left)
    assert await bench.gates.old_gate([OldGate("account", False)]) == []
