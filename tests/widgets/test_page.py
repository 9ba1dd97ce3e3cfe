"""The frame: who is there, in which mode, what the workbench says of itself, in which language; and a page for every failure."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.widgets.faces import button, markup, of, press, read, tell
from workbench import Settings, Workbench
from workbench.adapters import language as doors
from workbench.adapters.remote import ServerClient
from workbench.errors import NotFound, Unreachable
from workbench.models.person import Role
from workbench.sentence import say
from workbench.widgets import (
    activity_page,
    events_page,
    gate_lab_page,
    gates_page,
    home_page,
    integrations_page,
    operations_page,
    payload_page,
    readiness_page,
    settle,
    shop_tags_page,
    sms_page,
    sync_page,
    work_page,
)
from workbench.widgets import page as frame
from workbench.widgets.language import decide, speak_in, when
from workbench.widgets.messages import Messages

Connected = Callable[[Role], Workbench]
PAGES = {
    "home": home_page,
    "integrations": integrations_page,
    "work": work_page,
    "gate": gate_lab_page,
    "gate_live": gates_page,
    "sms": sms_page,
    "events": events_page,
    "sync": sync_page,
    "shop_tags": shop_tags_page,
    "readiness": readiness_page,
    "activity": activity_page,
    "operations": operations_page,
    "payload": payload_page,
}
WORDS = {"Integrations": "Integrações", "Home": "Início", "Search": "Procurar", "operator": "operadora"}


@pytest.fixture
def portuguese(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small Portuguese catalogue: what is tested here is the page, not the wording."""
    monkeypatch.setattr(doors, "catalogue", lambda code: WORDS if code == "pt" else {})


@pytest.mark.parametrize("name", PAGES)
async def test_every_page_says_who_is_there_in_which_mode_and_which_workbench_it_is(
    name: str, connected: Connected, house: Workbench
) -> None:
    page = await PAGES[name](connected("operator"))
    [bar] = of(page, "TopBar")
    assert bar.mode == "rehearsal"
    assert bar.words["mode"] == "REHEARSAL"
    assert (bar.words["person"], bar.words["role"]) == ("a operator", "operator")
    assert [link["page"] for link in bar.links] == [page for page in PAGES if page != "payload"]
    assert [link["page"] for link in bar.links if link["current"]] == ([name] if name != "payload" else [])
    assert "wb-live-banner" not in markup(page)
    assert f"Home {house.house.home.id}" in read(page)
    assert "<h1" in markup(page) or any(one.level == 1 for one in of(page, "Headline"))
    await settle()


async def test_live_mode_is_a_banner_on_every_page(tmp_path: Path) -> None:
    async with Workbench.open(tmp_path, live=True, environ={"WORKBENCH_KEYRING": "off"}) as bench:
        for make in PAGES.values():
            page = await make(bench)
            assert of(page, "TopBar")[0].words["mode"] == "LIVE"
            assert "reach real people" in read(page)
            assert "wb-live-banner" in markup(page)


async def test_a_notice_can_be_dismissed_and_the_browser_remembers_it(connected: Connected) -> None:
    page = await home_page(connected("admin"))
    assert "vault.key" in read(page)
    [bar] = of(page, "TopBar")
    told: list[dict[str, str]] = []
    bar.send = lambda content, buffers=None: told.append(content)
    await press(page, "Dismiss")
    assert "vault.key" not in read(page)
    [kept] = told
    again = await home_page(connected("admin"))
    assert "vault.key" in read(again)
    await tell(
        of(again, "TopBar")[0],
        {"arrived": {"kept": None, "browser": [], "dismissed": [kept["dismissed"]], "place": ""}},
    )
    assert "vault.key" not in read(again)


# -- pages that were drawn before anybody came -----------------------------------------------------------------------------


async def begun(name: str, bench: Workbench) -> None:
    """Let somebody else begin an integration."""
    draft = await bench.integrations.start()
    await bench.integrations.keep(draft.model_copy(update={"settings": Settings(name=name)}))


ARRIVED = {"arrived": {"kept": None, "browser": ["en"], "dismissed": [], "place": ""}}


@pytest.mark.parametrize("name", ["integrations", "sync", "home", "sms"])
async def test_a_page_that_was_drawn_ahead_is_read_anew_once_when_its_visitor_comes(
    name: str, connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOILA_PREHEAT", "True")
    monkeypatch.setattr(frame, "STALE_S", -1.0)  # as if it had been drawn long ago
    bench = connected("operator")
    page = await PAGES[name](bench)
    [bar], asked = of(page, "TopBar"), []
    facts = bench.about.facts

    async def counted() -> object:
        asked.append(1)
        return await facts()

    monkeypatch.setattr(bench, "about", SimpleNamespace(facts=counted))
    await tell(bar, ARRIVED)
    assert len(asked) == 1
    await tell(bar, ARRIVED)
    assert len(asked) == 1, "a browser that connects again finds the page as it was left"
    await settle()


async def test_what_was_saved_since_is_on_the_page_when_the_visitor_comes(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOILA_PREHEAT", "True")
    monkeypatch.setattr(frame, "STALE_S", -1.0)
    page = await integrations_page(connected("operator"))
    await begun("Since then", connected("admin"))
    assert "Since then" not in read(page)
    await tell(of(page, "TopBar")[0], ARRIVED)
    assert "Since then" in read(page)
    await settle()


async def test_a_page_that_was_drawn_for_its_visitor_is_not_read_twice(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame, "STALE_S", -1.0)
    page = await integrations_page(connected("operator"))
    await begun("Since then", connected("admin"))
    await tell(of(page, "TopBar")[0], ARRIVED)
    assert "Since then" not in read(page)


async def test_a_page_connects_as_the_visitor_whom_the_proxy_names(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, object]] = []

    def connect(**given: object) -> Workbench:
        asked.append(given)
        raise Unreachable(say("Nobody answers."))

    monkeypatch.setattr(Workbench, "connect", connect)
    monkeypatch.setenv("WORKBENCH_VISITOR_HEADER", "Remote-User")
    monkeypatch.setenv("HTTP_REMOTE_USER", "ana")
    assert "Nobody answers." in read(await home_page())
    monkeypatch.delenv("HTTP_REMOTE_USER")
    await home_page()
    monkeypatch.delenv("WORKBENCH_VISITOR_HEADER")
    await home_page()
    assert asked == [{"visitor": name, "groups": ()} for name in ("ana", "", None)]


# -- language ----------------------------------------------------------------------------------------------------------


def test_the_kept_choice_comes_before_the_setting_and_that_before_the_browser() -> None:
    assert decide("fr", ["es"], {"WORKBENCH_LANGUAGE": "pt"}) == "fr"
    assert decide(None, ["es"], {"WORKBENCH_LANGUAGE": "pt"}) == "pt"
    assert decide(None, ["xx", "es-MX"], {}) == "es"
    assert decide("<script>", ["tlh"], {}) == "en"


async def test_another_language_makes_the_content_anew_and_english_comes_back(
    connected: Connected, portuguese: None
) -> None:
    page = await integrations_page(connected("operator"))
    [bar] = of(page, "TopBar")
    await tell(bar, {"arrived": {"kept": None, "browser": ["pt-BR"], "dismissed": [], "place": ""}})
    assert bar.language == "pt"
    assert bar.words["title"] == "Integrações"
    assert bar.words["role"] == "operadora"
    assert bar.links[0]["label"] == "Início"
    assert of(page, "Headline")[0].title == "Integrações"
    await tell(bar, {"language": "en"})
    assert of(page, "Headline")[0].title == "Integrations"


async def test_what_was_open_is_open_again_in_the_other_language(
    connected: Connected, portuguese: None
) -> None:
    bench = connected("operator")
    draft = await bench.integrations.start()
    page = await integrations_page(bench)
    [bar] = of(page, "TopBar")
    await tell(bar, {"place": f"draft={draft.id}"})
    assert "Configure" in read(page)
    await tell(bar, {"language": "pt"})
    assert "Configure" in read(page)
    assert of(page, "TopBar")[0].language == "pt"
    assert [one.id for one in await bench.integrations.drafts()] == [draft.id]


async def test_notices_name_files_so_only_an_admin_sees_them(connected: Connected) -> None:
    assert "vault.key" not in read(await home_page(connected("operator")))


@pytest.mark.parametrize(
    "message",
    [
        {"arrived": "pt"},
        {"arrived": {"kept": 7, "browser": "pt", "dismissed": {"a": 1}, "place": ["new"]}},
        {"language": {"pt": 1}},
        {"place": "elsewhere=1"},
        {"place": 3},
        {},
        {"arrived": {"browser": [None, "__proto__"], "place": "draft=" + "x" * 5000}},
    ],
)
async def test_a_message_of_an_unknown_shape_changes_nothing(message: object, connected: Connected) -> None:
    page = await integrations_page(connected("operator"))
    await tell(of(page, "TopBar")[0], message)
    assert "Integrations" in read(page)


async def test_a_place_that_is_gone_is_said_and_the_page_stays(connected: Connected) -> None:
    page = await integrations_page(connected("operator"))
    await tell(of(page, "TopBar")[0], {"place": "draft=dra_gone"})
    assert "wb-error" in markup(page)
    assert "Create an integration" in read(page)


# -- failures ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", PAGES.values(), ids=PAGES)
async def test_no_server_at_all_is_a_page_with_a_sentence_and_what_to_do(
    make: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WORKBENCH_URL", raising=False)
    page = await make()  # type: ignore[misc]
    text = read(page)
    assert "The workbench cannot be reached" in text
    assert "There is no server to connect to" in text
    assert "workbench up" in text
    assert button(page, "Try again")


class Sleeping:
    """A connection to a server that does not answer until it wakes."""

    def __init__(self, inner: ServerClient) -> None:
        self.inner, self.awake = inner, False

    async def post(self, path: str, body: bytes) -> object:
        if not self.awake:
            raise Unreachable(say("The server process does not answer."))
        return await self.inner.post(path, body)


async def test_a_server_that_is_gone_is_said_and_try_again_finds_it_once_it_is_back(
    connected: Connected,
) -> None:
    client = Sleeping(connected("viewer")._client)  # type: ignore[arg-type]
    page = await home_page(Workbench.connect(client=client))  # type: ignore[arg-type]
    assert "The workbench cannot be reached" in read(page)
    assert of(page, "TopBar")[0].mode == ""
    await press(page, "Try again")
    assert "The workbench cannot be reached" in read(page)
    client.awake = True
    await press(page, "Try again")
    assert "Rehearsal and live" in read(page)
    assert of(page, "TopBar")[0].mode == "rehearsal"


async def test_a_token_that_is_not_known_is_said_with_the_way_out(connected: Connected) -> None:
    page = await home_page(connected("nobody"))  # type: ignore[arg-type]
    text = read(page)
    assert "may not be opened with this token" in text
    assert "The token is missing or not known here" in text
    assert "whole address" in text


async def test_an_error_of_a_service_is_a_sentence_and_one_of_the_program_is_said_and_raised() -> None:
    messages = Messages()

    async def fails(error: Exception) -> None:
        raise error

    await messages.guard(fails(NotFound(say("This draft is <b>gone</b>."))))
    assert "This draft is &lt;b&gt;gone&lt;/b&gt;." in markup(messages.widget)
    with pytest.raises(ZeroDivisionError):
        await messages.guard(fails(ZeroDivisionError()))
    assert "error of the workbench itself (ZeroDivisionError)" in read(messages.widget)
    await messages.guard(_nothing())
    assert read(messages.widget) == ""


async def test_a_page_never_shows_a_traceback_and_holds_no_token(connected: Connected) -> None:
    page = await home_page(Workbench.connect("http://127.0.0.1:9", "a-token-that-is-secret"))
    state = json.dumps([str(one.get_state()) for one in of(page, "Markup")])
    assert "Traceback" not in state
    assert "a-token-that-is-secret" not in state


async def test_dates_follow_the_language_of_the_page(house: Workbench) -> None:
    at = house.house.clock.now()
    assert speak_in("en") == "en"
    english = when(at)
    assert speak_in("pt") == "pt"
    assert when(at) != english
    assert speak_in("xx") == "en"
    assert when(at) == english


async def test_two_pages_of_one_kernel_both_follow_the_browser(
    connected: Connected, portuguese: None
) -> None:
    pages = [await integrations_page(connected("viewer")) for _ in range(2)]
    for page in pages:
        [bar] = of(page, "TopBar")
        await tell(bar, {"arrived": {"kept": None, "browser": ["pt"], "dismissed": [], "place": ""}})
        assert of(page, "Headline")[0].title == "Integrações"
    third = await integrations_page(connected("viewer"))
    assert of(third, "Headline")[0].title == "Integrações"


async def test_the_setting_is_spoken_before_any_browser_has_said_anything(
    connected: Connected, portuguese: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_LANGUAGE", "pt")
    page = await integrations_page(connected("viewer"))
    assert of(page, "Headline")[0].title == "Integrações"


async def _nothing() -> None:
    return None
