"""Custom channels as they are kept, exported and tried: a handler of one's own on loopback, in both contexts (R-SMS-29 to 32)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn

from tests.engine.channel_designs import CUSTOM, DEFINITION, SMS, TEXT
from tests.loopback import listener
from workbench import Workbench
from workbench.engine.custom_channel import GUID
from workbench.errors import Forbidden, Invalid, NotFound, Refused
from workbench.models.custom_channel import ChannelSettings, ContractTry, MessagePart
from workbench.models.journal import EntryFilter
from workbench.models.person import Role

ASK = ContractTry(message={"text": "Hello"})
BARE = ChannelSettings(display_name="Acme Chat", parts=(MessagePart(name="text"),))


async def test_a_design_is_kept_complete_or_not_and_gets_its_ids(bench: Workbench) -> None:
    kept = await bench.channels.save(BARE)

    assert GUID.fullmatch(kept.settings.definition_id)
    assert GUID.fullmatch(kept.settings.parts[0].id)
    with pytest.raises(Invalid) as refused:
        await bench.channels.export(kept.id)
    assert {"outbound_api", "instance_entity", "instance_form_id"} == {
        problem.field for problem in refused.value.problems
    }
    [listed] = await bench.channels.list()
    assert not listed.ready

    whole = CUSTOM.model_copy(
        update={"definition_id": kept.settings.definition_id, "parts": kept.settings.parts}
    )
    changed = await bench.channels.save(whole, kept.id)
    [again] = await bench.channels.list()

    assert (changed.id, changed.created_at) == (kept.id, kept.created_at)
    assert again.ready
    assert await bench.channels.get(CUSTOM.display_name.upper()) == changed
    assert await bench.channels.check(changed.settings) == []


async def test_an_export_is_the_same_text_each_time_and_is_read_back(house: Workbench) -> None:
    kept = await house.channels.save(SMS)
    text = await house.channels.export(kept.id)
    read = await house.channels.read(text)

    assert text == await house.channels.export(kept.id)
    assert f'msdyn_channeldefinitionid="{DEFINITION}"' in text
    assert read.channels == (kept.settings,)
    assert read.problems == ()


async def test_names_and_ids_are_there_once(house: Workbench) -> None:
    kept = await house.channels.save(CUSTOM)

    with pytest.raises(Invalid, match="already is a channel named"):
        await house.channels.save(BARE.model_copy(update={"display_name": "sample CUSTOM channel"}))
    with pytest.raises(Invalid, match="with this id"):
        await house.channels.save(BARE.model_copy(update={"definition_id": DEFINITION.upper()}))
    with pytest.raises(Invalid, match="Give the channel a name"):
        await house.channels.save(BARE.model_copy(update={"display_name": " "}))
    await house.channels.delete(kept.id)
    assert await house.channels.list() == []
    for gone in (
        house.channels.get(kept.id),
        house.channels.delete(kept.id),
        house.channels.save(CUSTOM, kept.id),
        house.channels.export(kept.id),
    ):
        with pytest.raises(NotFound):
            await gone


async def test_viewers_look_and_judge_but_keep_nothing(
    house: Workbench, connected: Callable[[Role], Workbench]
) -> None:
    kept = await house.channels.save(SMS)
    viewer = connected("viewer")

    assert await viewer.channels.export(kept.id)
    payloads = await viewer.channels.payloads(kept.settings, ASK)
    assert [one.test_send for one in payloads] == [False, True]
    for refused in (
        viewer.channels.save(BARE),
        viewer.channels.delete(kept.id),
        viewer.channels.call(kept.settings, ASK, "http://127.0.0.1:1/"),
    ):
        with pytest.raises(Forbidden):
            await refused


async def test_pasted_documents_are_judged_and_samples_keep_to_the_contract(house: Workbench) -> None:
    [payload, _] = await house.channels.payloads(SMS, ASK)

    for kind in ("response", "report", "inbound"):
        sample = await house.channels.sample(SMS, kind, payload.document)
        assert (await house.channels.judge(SMS, kind, sample, payload.document)).problems == (), kind
    failing = await house.channels.sample(SMS, "response", payload.document, "SendingFailed")
    assert not (await house.channels.judge(SMS, "response", failing, payload.document)).kept
    with pytest.raises(Invalid, match="has no “text”"):
        await house.channels.payloads(SMS, ContractTry())


# -- a handler of one's own ------------------------------------------------------------------------------------------------

Answer = Callable[[dict[str, Any]], Any]


@asynccontextmanager
async def handler(answer: Answer) -> AsyncIterator[tuple[str, list[dict[str, Any]]]]:
    """A handler on loopback that answers each payload; what it was given is kept."""
    seen: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            part = await receive()
            body += part.get("body", b"")
            if not part.get("more_body"):
                break
        seen.append(json.loads(json.loads(body)["payload"]))
        status, text = answer(seen[-1])
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [(b"content-type", b"application/json")],
            }
        )
        await send({"type": "http.response.body", "body": text.encode()})

    with listener() as socket:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        task = asyncio.create_task(server.serve(sockets=[socket]))
        try:
            yield f"http://127.0.0.1:{socket.getsockname()[1]}/outbound", seen
        finally:
            server.should_exit = True
            await task


def right(payload: dict[str, Any]) -> tuple[int, str]:
    inner = {
        "ChannelDefinitionId": payload["ChannelDefinitionId"],
        "MessageId": "m-1",
        "RequestId": payload["RequestId"],
        "Status": "Sent",
    }
    return 200, json.dumps({"response": json.dumps(inner)})


def failing_on_tests(payload: dict[str, Any]) -> tuple[int, str]:
    """As a plugin seen in public: it knows a status of its own, and takes the journey's id for granted."""
    if payload["MarketingAppContext"]["CustomerJourneyId"] is None:
        return 500, ""
    status, text = right(payload)
    return status, text.replace("Sent", "SendingFailed")


async def test_a_handler_on_loopback_is_called_in_both_contexts(house: Workbench) -> None:
    async with handler(right) as (url, seen):
        tried = await house.channels.call(SMS, ASK, url)

    assert [one.test_send for one in tried] == [False, True]
    assert [one.answer is not None and one.answer.kept for one in tried] == [True, True]
    assert all(one.outcome is not None and one.outcome.ok and one.mode == "rehearsal" for one in tried)
    assert [payload["MarketingAppContext"]["IsTestSend"] for payload in seen] == [False, True]
    assert seen[1]["MarketingAppContext"]["UserId"] is None
    assert seen[0]["RequestId"] != seen[1]["RequestId"]
    assert len(await house.house.journal.entries(EntryFilter(kind="test"))) == 2


async def test_what_a_handler_does_wrong_is_told_by_context(house: Workbench) -> None:
    async with handler(failing_on_tests) as (url, _):
        journey, tested = await house.channels.call(SMS, ASK, url)

    assert journey.answer is not None
    assert [problem.field for problem in journey.answer.problems if problem.blocks] == ["Status"]
    assert tested.answer is None
    assert tested.outcome is not None
    assert tested.outcome.kind == "server_error"


async def test_a_rehearsal_calls_only_what_runs_here(
    house: Workbench, connected: Callable[[Role], Workbench]
) -> None:
    with listener() as socket:
        here = f"http://127.0.0.1:{socket.getsockname()[1]}/"
        for url in (
            "https://handler.example.com/",
            "http://10.0.0.1:80/",
            "http://127.0.0.1/",
            "http://127.0.0.1.example.com:80/",
        ):
            with pytest.raises((Refused, Invalid)):
                await house.channels.call(SMS, ASK, url)
        with pytest.raises(Refused, match="of your own"):
            await connected("admin").channels.call(SMS, ASK, here)
    for url in ("", "ftp://127.0.0.1:21/", "http://user:pass@127.0.0.1:80/"):
        with pytest.raises(Invalid):
            await house.channels.call(SMS, ASK, url)
    [nobody, _] = await house.channels.call(SMS, ASK, here)
    assert nobody.answer is None
    assert nobody.outcome is not None
    assert nobody.outcome.kind == "unreachable"


async def test_a_part_that_is_missing_is_told_before_anybody_is_called(house: Workbench) -> None:
    two = CUSTOM.model_copy(update={"parts": (TEXT, MessagePart(name="title"))})

    with pytest.raises(Invalid, match="title"):
        await house.channels.call(two, ASK, "http://127.0.0.1:9/")
