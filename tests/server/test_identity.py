"""Who calls: tokens, a proxy's header, JupyterHub's tokens, a dashboard's visitor; and each of them forged."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from tests.hub import ACCESS, StandInHub, user
from tests.queues import served
from workbench import Settings, Workbench
from workbench.adapters.clock import VirtualClock
from workbench.adapters.hub import Hub
from workbench.adapters.remote import ServerClient
from workbench.errors import Forbidden, Invalid, Refused, Unreachable
from workbench.models.person import HubIdentity, IdentitySettings, Pass, Person, ProxyIdentity, Role, Rule
from workbench.server import make_app
from workbench.server.identity import HubTokens

PROXY = ("10.1.0.5", 4711)
STRANGER = ("10.1.0.6", 4711)
RULES = (
    Rule(of="person", name="root@corp", role="admin"),
    Rule(of="group", name="marketing", role="operator"),
    Rule(of="group", name="readers", role="viewer"),
)
PROXIED = IdentitySettings(proxy=ProxyIdentity(trusted=("10.1.0.0/30", "10.1.0.5")), rules=RULES)
PASSES = {
    "token-of-ada": Person(name="Ada", role="admin"),
    "page": Pass(name="pages", role="operator", visitors=True),
    "page-for-all": Pass(name="pages", role="admin", visitors=True),
    "plain-page": Pass(name="plain pages", role="operator"),
}


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with Workbench.open(tmp_path / "home", environ={"WORKBENCH_KEYRING": "off"}) as made:
        yield made


@pytest.fixture
async def app(bench: Workbench) -> FastAPI:
    await bench.people.save_identity(PROXIED)
    return app_of(bench)


def app_of(bench: Workbench) -> FastAPI:
    return make_app(bench, {sha256(token.encode()).hexdigest(): person for token, person in PASSES.items()})


async def facts(
    app: FastAPI, *headers: tuple[str, str], peer: tuple[str, int] = PROXY, token: str = ""
) -> tuple[int, Any]:
    """Return the status of a call with these headers from an address, and who it was, or the sentence."""
    given = [*headers, *([("Authorization", f"Bearer {token}")] if token else [])]
    transport = httpx.ASGITransport(app, client=peer)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
        raw = [(name.encode(), value.encode()) for name, value in given]
        answer = await http.post("/api/about/facts", content="{}", headers=raw)
    document = answer.json()
    if answer.status_code == 200:
        return 200, (document["person"]["name"], document["person"]["role"])
    return answer.status_code, document["sentence"]["text"]


# -- a proxy's header ----------------------------------------------------------------------------------------------------


NAMED: list[tuple[str, str, Role]] = [
    ("root@corp", "", "admin"), ("eve", "marketing", "operator"), ("eve", "readers, marketing", "operator"), ("eve", "readers", "viewer"),
    ("Zoë", "x,readers", "viewer"),
]  # fmt: skip


async def test_the_proxy_names_people_and_rules_give_them_their_role(app: FastAPI) -> None:
    for name, groups, wanted in NAMED:
        assert await facts(app, ("Remote-User", name), ("Remote-Groups", groups)) == (200, (name, wanted))


async def test_who_fits_no_rule_or_is_not_logged_in_stays_outside(app: FastAPI) -> None:
    status, text = await facts(app, ("Remote-User", "eve"), ("Remote-Groups", "sales"))
    assert (status, "has no role here" in text) == (403, True)
    for nobody in ((), (("Remote-User", ""),), (("Remote-Groups", "marketing"),)):
        status, text = await facts(app, *nobody)
        assert (status, "token is missing" in text) == (401, True)


FORGED = [
    (("Remote-User", "root@corp"),),
    (("remote-user", "root@corp"), ("X-Forwarded-For", "10.1.0.5")),
    (("Remote-User", "root@corp"), ("X-Real-IP", "10.1.0.5"), ("Forwarded", "for=10.1.0.5")),
    (("Remote-Groups", "marketing"),),
    (("Remote-User", ""),),
]


STRANGERS = [STRANGER, ("127.0.0.1", 5), ("10.1.0.50", 1), ("::1", 1), ("", 0), ("fd00::5", 1)]


async def test_a_forged_header_is_refused_even_with_a_good_token(app: FastAPI) -> None:
    for headers, peer, token in product(FORGED, STRANGERS, ("", "token-of-ada", "page")):
        status, text = await facts(app, *headers, peer=peer, token=token)
        assert (status, "not from a trusted proxy" in text) == (403, True), (headers, peer, token)


DOUBTFUL = [
    (("Remote-User", "eve"), ("Remote-User", "root@corp")),
    (("Remote-User", "eve"), ("remote-user", "")),
    (("Remote-User", "eve"), ("Remote-Groups", "readers"), ("Remote-Groups", "marketing")),
    (("Remote-User", "e\x01ve"),),
    (("Remote-User", "e\u202eve"),),
    (("Remote-User", "x" * 201),),
]


async def test_two_headers_or_an_unreadable_name_are_refused(app: FastAPI) -> None:
    for headers in DOUBTFUL:
        assert (await facts(app, *headers))[0] == 403, headers


async def test_a_token_goes_before_the_header(app: FastAPI) -> None:
    assert await facts(app, ("Remote-User", "eve"), token="token-of-ada") == (200, ("Ada", "admin"))
    named = (("Remote-User", "eve"), ("Remote-Groups", "readers"))
    assert await facts(app, *named, token="unknown") == (200, ("eve", "viewer"))


async def test_without_a_proxy_no_header_names_anybody(bench: Workbench) -> None:
    assert (await facts(app_of(bench), ("Remote-User", "root@corp")))[0] == 401


async def test_the_connection_counts_not_what_is_written_in_the_call(bench: Workbench) -> None:
    """A proxy on this machine: its header is believed by its own address, though it names another one as the caller's."""
    local = IdentitySettings(proxy=ProxyIdentity(trusted=("127.0.0.1",)), rules=RULES)
    await bench.people.save_identity(local)
    async with (
        served(app_of(bench), proxy_headers=False) as address,
        httpx.AsyncClient(base_url=address) as http,
    ):
        named = {"Remote-User": "root@corp", "X-Forwarded-For": "203.0.113.9", "Host": "127.0.0.1"}
        answer = await http.post("/api/about/facts", content="{}", headers=named)
        assert answer.json()["person"]["role"] == "admin"


# -- a dashboard and its visitor -----------------------------------------------------------------------------------------


def visiting(app: FastAPI, token: str, visitor: str | None, *groups: str) -> Workbench:
    return Workbench.connect(client=ServerClient.in_process(app, token, visitor=visitor, groups=groups))


async def test_a_dashboard_calls_with_the_rights_of_its_visitor(app: FastAPI, bench: Workbench) -> None:
    eve = visiting(app, "page", "Eve, of “Mode & Søn”", "a,b", "marketing")
    assert (await eve.about.facts()).person == Person(name="Eve, of “Mode & Søn”", role="operator")
    reader = visiting(app, "page", "bo", "readers")
    assert (await reader.about.facts()).person.role == "viewer"
    with pytest.raises(Forbidden, match="Your role is viewer"):
        await reader.integrations.start()
    draft = await eve.integrations.start()
    settings = Settings(name="A", url="https://esp.example.com/", payload="{}")
    await eve.integrations.save(draft.model_copy(update={"settings": settings}))
    assert {entry.who for entry in await bench.activity.entries()} >= {"Eve, of “Mode & Søn”"}


async def test_no_visitor_gets_more_rights_than_the_page_has(app: FastAPI) -> None:
    assert (await visiting(app, "page", "root@corp").about.facts()).person.role == "operator"
    assert (await visiting(app, "page-for-all", "root@corp").about.facts()).person.role == "admin"


async def test_a_pass_for_visitors_is_nobody_by_itself(app: FastAPI) -> None:
    for visitor in (None, ""):
        with pytest.raises(Forbidden, match="does not say who is in front"):
            await visiting(app, "page-for-all", visitor).about.facts()


async def test_a_visitor_without_a_rule_stays_outside(app: FastAPI) -> None:
    with pytest.raises(Forbidden, match="has no role here"):
        await visiting(app, "page", "bo", "sales").about.facts()


async def test_only_a_pass_that_may_names_a_visitor(app: FastAPI) -> None:
    for token in ("plain-page", "token-of-ada", "unknown", ""):
        with pytest.raises(Forbidden, match="Only a dashboard may say"):
            await visiting(app, token, "root@corp").about.facts()
    status, _ = await facts(
        app, ("X-Workbench-Visitor", "root@corp"), ("Remote-User", "eve"), ("Remote-Groups", "readers")
    )
    assert status == 403
    doubled = (("X-Workbench-Visitor", "bo"), ("x-workbench-visitor", "root%40corp"))
    assert (await facts(app, *doubled, token="page"))[0] == 403


# -- JupyterHub ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def hub() -> StandInHub:
    return StandInHub(
        {
            "hub-eve": user("eve", "marketing", "readers"),
            "hub-bo": user("bo", "readers"),
            "hub-out": user("out", "sales"),
            "hub-service": user("root@corp", kind="service"),
            "hub-narrow": user("eve", "marketing", scopes=("read:users:name!user=eve",)),
        }
    )


async def test_a_token_of_the_hub_lets_people_in_by_their_groups(bench: Workbench, hub: StandInHub) -> None:
    async with served(hub.app()) as at:
        await bench.people.save_identity(
            IdentitySettings(hub=HubIdentity(url=f"{at}/hub/api", scope=ACCESS), rules=RULES)
        )
        app = app_of(bench)
        async with app.router.lifespan_context(app):
            assert await facts(app, token="hub-eve") == (200, ("eve", "operator"))
            assert await facts(app, ("Authorization", "token hub-bo")) == (200, ("bo", "viewer"))
            assert await facts(app, token="token-of-ada") == (200, ("Ada", "admin"))
            refused = {
                token: await facts(app, token=token) for token in ("hub-out", "hub-service", "hub-narrow")
            }
            assert {status for status, _ in refused.values()} == {403}
            assert "belongs to a service" in refused["hub-service"][1]
            assert "not meant for the workbench" in refused["hub-narrow"][1]
            for token in ("", "wrong", "wbk_nobody", "é", "x" * 5_000, "\x7f"):
                assert (await facts(app, token=token))[0] == 401


NO_WORD: list[Response] = [
    PlainTextResponse("down", 500), PlainTextResponse("busy", 503), PlainTextResponse("<html>login"), JSONResponse([]),
    JSONResponse({"name": 5}), RedirectResponse("/hub/login"),
]  # fmt: skip


async def test_a_hub_that_cannot_say_is_said_plainly(bench: Workbench, hub: StandInHub) -> None:
    app = app_of(bench)
    async with served(hub.app()) as at:
        await bench.people.save_identity(IdentitySettings(hub=HubIdentity(url=f"{at}/hub/api"), rules=RULES))
        for hub.answer in NO_WORD:
            status, text = await facts(app, token="hub-eve")
            assert (status, "JupyterHub does not say who you are" in text) == (503, True)
    with pytest.raises(Unreachable, match="JupyterHub"):  # nobody listens there any more
        await Workbench.connect(client=ServerClient.in_process(app, "hub-eve")).about.facts()
    async with app.router.lifespan_context(app):
        assert (await facts(app, token="token-of-ada"))[0] == 200


def asking(hub: StandInHub, clock: VirtualClock) -> HubTokens:
    return HubTokens(clock, lambda url: Hub(url, app=hub.app()))


async def test_a_token_is_asked_for_once_a_minute_by_however_many(hub: StandInHub) -> None:
    clock, url = VirtualClock(), "http://hub/hub/api"
    tokens = asking(hub, clock)
    found = await asyncio.gather(*(tokens.user(url, "hub-eve") for _ in range(50)))
    assert (len(set(found)), hub.asked) == (1, 1)
    assert [await tokens.user(url, "wrong") for _ in range(3)] == [None] * 3
    assert hub.asked == 2
    await clock.advance(59)
    hub.owners["hub-eve"] = user("eve", "readers")
    assert (await tokens.user(url, "hub-eve")) == found[0]
    await clock.advance(2)
    changed = await tokens.user(url, "hub-eve")
    assert changed is not None
    assert (changed.groups, hub.asked) == (("readers",), 3)
    await tokens.close()


async def test_a_hub_that_is_away_is_asked_again_and_remembers_nothing(hub: StandInHub) -> None:
    tokens, url = asking(hub, VirtualClock()), "http://hub/hub/api"
    hub.answer = PlainTextResponse("down", 500)
    told = await asyncio.gather(*(tokens.user(url, "hub-eve") for _ in range(5)), return_exceptions=True)
    assert {type(one) for one in told} == {Unreachable}
    hub.answer = None
    assert await tokens.user(url, "hub-eve") is not None
    assert hub.asked == 2
    await tokens.close()


async def test_what_one_hub_said_does_not_count_at_another(hub: StandInHub) -> None:
    tokens = asking(hub, VirtualClock())
    assert await tokens.user("http://hub/hub/api", "hub-eve") is not None
    hub.owners.clear()
    assert await tokens.user("http://other/hub/api", "hub-eve") is None
    await tokens.close()


# -- how people come in is one setting -----------------------------------------------------------------------------------


async def test_only_an_admin_sees_and_changes_how_people_come_in(app: FastAPI, bench: Workbench) -> None:
    operator = visiting(app, "page-for-all", "eve", "marketing")
    for refused in (operator.people.identity(), operator.people.save_identity(PROXIED)):
        with pytest.raises(Forbidden):
            await refused
    admin = visiting(app, "page-for-all", "root@corp")
    kept = await admin.people.identity()
    assert (kept.rules, kept.version) == (RULES, 1)
    await admin.people.save_identity(kept.model_copy(update={"rules": RULES[:1]}))
    with pytest.raises(Forbidden, match="has no role here"):
        await operator.about.facts()  # from the next call on
    with pytest.raises(Refused, match="Somebody changed how people come in"):
        await bench.people.save_identity(kept)
    wide = IdentitySettings(proxy=ProxyIdentity(trusted=("0.0.0.0/0",)), rules=RULES, version=2)
    with pytest.raises(Invalid, match="too wide"):
        await admin.people.save_identity(wide)
    assert (
        json.loads((bench.house.home.path("identity.json")).read_text())["documents"]["identity"]["version"]
        == 2
    )
