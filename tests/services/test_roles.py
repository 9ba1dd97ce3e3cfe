"""Roles are checked in the server: every operation, every role; and the proxy has no list of its own."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import pytest

from workbench import Workbench
from workbench.adapters.remote import proxy
from workbench.bench import SERVICES
from workbench.engine.operations import operations
from workbench.errors import Forbidden, NotFound, Unreachable, WorkbenchError
from workbench.models.integration import Settings
from workbench.models.person import Person, Role

NOT_ROUTES = {
    ("integrations", "all"), ("integrations", "record_test"), ("people", "by_token"), ("people", "settings"),
    ("consent", "heard"), ("consent", "reported"), ("studio", "subscribed"), ("studio", "deliver"), ("studio", "close"),
    ("sms_accounts", "account"), ("sms_accounts", "opened"), ("sms_accounts", "by_token"), ("sms_accounts", "all"),
    ("gates", "all"), ("gates", "take_codes"), ("gates", "take_consent"), ("holds", "serve"), ("holds", "settle"), ("holds", "close"),
    ("events", "all"), ("events", "contact"),
    ("backups", "write"), ("secrets", "shut"), ("secrets", "give_up"),
    ("shops", "open"), ("shops", "by_token"),
    ("cluster", "ready"), ("cluster", "join"), ("cluster", "help"), ("cluster", "close"),
    ("runs", "place"), ("runs", "from_frame"), ("runs", "wait"), ("runs", "catch_up"), ("runs", "close"),
    ("runs", "look_at_block"), ("runs", "read_block"), ("runs", "look_over"), ("runs", "fill_over"),
    ("upkeep", "serve"), ("upkeep", "close"),
    ("decisions", "decide"), ("decisions", "count_lines"), ("decisions", "decide_over"),
}  # fmt: skip


@pytest.mark.parametrize("name", SERVICES)
def test_every_public_method_is_an_operation_with_a_role_or_known_not_to_be(name: str) -> None:
    offered = set(operations(SERVICES[name]))
    public = {
        n for n, _ in inspect.getmembers(SERVICES[name], inspect.iscoroutinefunction) if not n.startswith("_")
    }
    assert {(name, method) for method in public - offered} <= NOT_ROUTES
    assert all(operation.about for operation in operations(SERVICES[name]).values())


async def test_a_viewer_reads_and_an_operator_builds(connected: Callable[[Role], Workbench]) -> None:
    viewer, operator, admin = connected("viewer"), connected("operator"), connected("admin")
    assert await viewer.integrations.list_all() == []
    with pytest.raises(Forbidden, match="Your role is viewer; this needs operator"):
        await viewer.integrations.start()
    draft = await operator.integrations.start()
    with pytest.raises(Forbidden):
        await operator.integrations.delete(draft.id)
    with pytest.raises(NotFound):
        await admin.integrations.delete(draft.id)


async def test_each_operation_refuses_a_lower_role_before_it_reads_the_arguments(
    connected: Callable[[Role], Workbench],
) -> None:
    viewer = connected("viewer")
    for name, service in SERVICES.items():
        for operation in operations(service).values():
            if operation.role == "viewer":
                continue
            answer = await viewer._client.post(f"/api/{name}/{operation.name.rstrip('_')}", b"{}")  # type: ignore[union-attr]
            assert answer.status_code == 403, (name, operation.name)


async def test_an_unknown_token_or_host_is_refused(
    connected: Callable[[Role], Workbench], house: Workbench
) -> None:
    with pytest.raises(Forbidden, match="token is missing or not known"):
        await connected("nobody").about.facts()  # type: ignore[arg-type]


async def test_people_come_in_with_their_own_token(
    house: Workbench, connected: Callable[[Role], Workbench]
) -> None:
    token = await house.people.add("Eve", "operator")
    assert token not in str(house.house.catalogue.all("people"))
    facts = await connected(token).about.facts()  # type: ignore[arg-type]
    assert facts.person == Person(name="Eve", role="operator")
    assert await house.people.remove("Eve") == 1
    with pytest.raises(Forbidden):
        await connected(token).about.facts()  # type: ignore[arg-type]


async def test_who_did_it_stands_in_the_journal(
    connected: Callable[[Role], Workbench], house: Workbench
) -> None:
    operator = connected("operator")
    draft = await operator.integrations.start()
    settings = Settings(name="A", url="https://esp.example.com/", payload="{}")
    await operator.integrations.save(draft.model_copy(update={"settings": settings}))
    [entry] = await house.activity.entries()
    assert entry.who == "a operator"


async def test_bad_arguments_are_named(connected: Callable[[Role], Workbench]) -> None:
    answer = await connected("admin")._client.post("/api/integrations/get", b'{"nonsense": 1}')  # type: ignore[union-attr]
    assert answer.status_code == 422
    assert b'"field":"id"' in answer.content.replace(b" ", b"")


def test_errors_cross_the_wire_as_themselves() -> None:
    from workbench import errors
    from workbench.adapters.remote import read_error, write_error
    from workbench.models.base import Problem
    from workbench.sentence import say

    for name in errors.__all__:
        kind = getattr(errors, name)
        made = (
            kind([Problem(field="a", sentence=say("x {y}", y=1))])
            if name == "Invalid"
            else kind(say("x {y}", y=1))
        )
        import json

        back = read_error(json.dumps(write_error(made)).encode())
        assert type(back) is kind
        assert str(back) == str(made) == "x 1"
    assert isinstance(read_error(b"<html>"), WorkbenchError)


async def test_an_answer_of_another_program_is_a_sentence(house: Workbench) -> None:
    class Elsewhere:
        status_code = 200
        content = b'{"hello": "from another program on this port"}'

    async def post(_path: str, _body: bytes) -> Elsewhere:
        return Elsewhere()

    about = proxy("about", SERVICES["about"], post)
    with pytest.raises(Unreachable, match="cannot be read"):
        await about.facts()  # type: ignore[attr-defined]
