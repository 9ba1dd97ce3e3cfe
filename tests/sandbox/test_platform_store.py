"""The contact store of the stand-in: what a write-back needs, what is refused, and what of it is in the next item file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.sandbox.connected import Connected
from workbench.models.gate import TOKEN_HEADER
from workbench.models.platform import Sendout, Timing
from workbench.sandbox.platform.app import Platform

KEY = {TOKEN_HEADER: "account-token"}


@pytest.fixture
async def tester() -> AsyncIterator[Connected]:
    async with Connected(Platform()) as made:
        yield made


async def contact_of(tester: Connected, **fields: Any) -> str:
    standing = await tester.fire(Sendout(**fields))
    return (await tester.endings(standing.id, limit=1))[0].contact


async def call(tester: Connected, method: str, path: str, **more: Any) -> httpx.Response:
    return await tester.client.request(method, f"{tester.at}/rest/1234/{path}", **{"headers": KEY, **more})


async def put(tester: Connected, id: str, properties: Any, query: str = "", **more: Any) -> httpx.Response:
    document = {"properties": properties}
    return await call(tester, "PUT", f"lists/7/contacts/{id}/update{query}", json=document, **more)


async def test_a_property_is_written_and_read_back(tester: Connected) -> None:
    id = await contact_of(tester)
    assert (await put(tester, id, {"code": "SPRING-1"})).status_code == 200
    document = (await call(tester, "GET", f"lists/7/contacts/{id}")).json()
    assert (document["originalId"], document["listId"], document["properties"]["code"]) == (
        id,
        "7",
        "SPRING-1",
    )
    assert document["emailAddress"] == document["properties"]["email"]


async def test_a_property_that_the_account_does_not_have_is_refused_unless_forced(tester: Connected) -> None:
    id = await contact_of(tester)
    refused = await put(tester, id, {"shoe_size": "44"})
    assert (refused.status_code, "shoe_size" in refused.json()["message"]) == (400, True)
    assert (await put(tester, id, {"shoe_size": "44"}, "?force=true")).status_code == 200
    assert (await put(tester, id, {"shoe_size": "45"})).status_code == 200
    assert "shoe_size" in (await call(tester, "GET", "properties")).json()


@pytest.mark.parametrize(
    "properties", [{"code": 5}, {"code": None}, {"code": ["A"]}, {"": "x"}, ["code"], "code"]
)
async def test_properties_are_texts(tester: Connected, properties: Any) -> None:
    id = await contact_of(tester)
    assert (await put(tester, id, properties, "?force=true")).status_code == 400


async def test_other_bad_updates_are_refused(tester: Connected) -> None:
    id = await contact_of(tester)
    path = f"lists/7/contacts/{id}/update"
    assert (await call(tester, "PUT", path, content=b"{")).status_code == 400
    assert (await call(tester, "PUT", path, json=[1])).status_code == 400
    assert (await call(tester, "PUT", path, json={"shoe": "x"})).status_code == 400
    assert (await call(tester, "PUT", path, content=b"[" * 100_000)).status_code == 400
    assert (await call(tester, "PUT", path, content=b"x" * 1_000_001)).status_code == 413
    wrong = await call(tester, "POST", path, json={})
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "PUT")


@pytest.mark.parametrize("id", ["nobody", "P1-0000100", "P2-0000001", "P1-1"])
async def test_an_unknown_contact_is_not_found(tester: Connected, id: str) -> None:
    await contact_of(tester, size=100)
    assert (await put(tester, id, {"code": "A"})).status_code == 404
    assert (await call(tester, "GET", f"lists/7/contacts/{id}")).status_code == 404


@pytest.mark.parametrize("headers", [{}, {TOKEN_HEADER: " "}, {TOKEN_HEADER: "a-revoked-one"}])
async def test_the_accounts_token_is_needed(tester: Connected, headers: dict[str, str]) -> None:
    id = await contact_of(tester)
    assert (await put(tester, id, {"code": "A"}, headers=headers)).status_code == 401
    assert (await call(tester, "GET", "properties", headers=headers)).status_code == 401


async def test_imports_are_taken_once_an_hour(tester: Connected) -> None:
    opening = {"delimiter": "124", "encoding": "UTF8", "type": "ADD", "identityColumn": "originalId"}

    async def imported() -> httpx.Response:
        opened = await call(tester, "POST", "lists/7/imports", json=opening)
        id = opened.json()["id"]
        return await call(
            tester, "POST", f"lists/7/recipients/{id}", content=b"originalId|code\nP1-0000001|A\n"
        )

    first = await imported()
    assert first.status_code == 200
    state = await call(tester, "GET", f"batches/{first.json()['batchId']}")
    assert state.json()["status"] == "FINISHED"
    await tester.advance(59)
    again = await imported()
    assert (again.status_code, again.headers["Retry-After"]) == (429, "60")
    await tester.advance(1)
    assert (await imported()).status_code == 200
    assert (await call(tester, "POST", "lists/7/recipients/999", content=b"x")).status_code == 404
    assert (await call(tester, "GET", "batches/999")).status_code == 404
    assert (await call(tester, "POST", "lists/7/imports", json={})).status_code == 400


async def test_immediate_messages_carry_the_data_of_their_confirmation_and_delayed_ones_that_of_the_scheduled_time(
    tester: Connected,
) -> None:
    timing = Timing(scheduled_min=30)

    async def codes(hook: dict[str, Any]) -> list[str | None]:
        return [row["properties"].get("code") for row in await tester.rows(hook)]

    standings = [
        await tester.fire(Sendout(size=1, timing=timing, generation="immediate")),
        await tester.fire(Sendout(size=1, timing=timing, generation="delayed")),
    ]
    hooks = [(await tester.hooks(standing.id))[0] for standing in standings]
    id = (await tester.endings(standings[0].id))[0].contact
    await put(tester, id, {"code": "during"})
    assert [await codes(hook) for hook in hooks] == [[None], ["during"]]
    later = await tester.fire(Sendout(size=1, timing=timing))
    assert await codes((await tester.hooks(later.id))[0]) == ["during"]
    await tester.advance(31)
    await put(tester, id, {"code": "too late"})
    assert [await codes(hook) for hook in hooks] == [[None], ["during"]]


async def test_many_writes_of_one_contact_keep_the_last(tester: Connected) -> None:
    id = await contact_of(tester)
    for number in range(20):
        await put(tester, id, {"code": str(number), "tag": "first"} if number == 0 else {"code": str(number)})
    properties = (await call(tester, "GET", f"lists/7/contacts/{id}")).json()["properties"]
    assert (properties["code"], properties["tag"]) == ("19", "first")


async def test_a_consent_service_says_what_the_contact_says(tester: Connected) -> None:
    agreeing = await contact_of(tester, consent_share=1.0)
    answer = await call(tester, "GET", f"consents/{agreeing}", headers={"X-Carma-Authentication-Token": ""})
    assert answer.json() == {"contact": agreeing, "consent": True}
    await put(tester, agreeing, {"consent": "no"})
    assert (await call(tester, "GET", f"consents/{agreeing}")).json()["consent"] is False
    assert (await call(tester, "GET", "consents/nobody")).status_code == 404
