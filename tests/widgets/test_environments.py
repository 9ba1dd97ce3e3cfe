"""Environments as a person sees them: three columns, a promotion after a look, its secrets, and a roll-back with one click."""

from __future__ import annotations

from pathlib import Path

from tests.widgets.conftest import PLANTED, Connected
from tests.widgets.faces import field, kernel_state, lock, markup, of, offered, press, read
from workbench import Workbench
from workbench.engine.promotion import secrets_of
from workbench.models.integration import Integration
from workbench.widgets.environments import EnvironmentBoard
from workbench.widgets.page import Frame
from workbench.widgets.spawn import settle

TYPED = "typed-S3cret-of-prod=="


async def board(bench: Workbench) -> EnvironmentBoard:
    """Return the environments of a workbench as the page shows them."""
    frame = Frame("events", "Events", lambda _: None, bench)  # type: ignore[arg-type,return-value]
    frame._facts = await bench.about.facts()
    made = EnvironmentBoard(frame)
    await made.refresh()
    return made


async def type_secrets(page: EnvironmentBoard) -> None:
    for label in ("Header X-Key", "Password"):
        await lock(field(page.widget, label), TYPED)


async def test_from_nothing_to_prod_and_back(
    house: Workbench, connected: Connected, saved: Integration, tmp_path: Path
) -> None:
    page = await board(connected("operator"))
    assert "No integration has environments yet" in read(page.widget)
    await press(page.widget, "Give it environments")
    assert field(page.widget, "Integration").error == "Choose an integration."
    field(page.widget, "Integration").value = saved.id
    await press(page.widget, "Give it environments")
    assert {"Promote dev to staging…", "Promote dev to prod…", "Download for git"} <= offered(page.widget)

    await press(page.widget, "Promote dev to prod…")
    assert "Nothing is changed before you press the button." in read(page.widget)
    await press(page.widget, "Promote to prod")
    assert field(page.widget, "Password").error == "Type this secret and lock it."
    await type_secrets(page)
    await press(page.widget, "Promote to prod")
    assert page.found is not None
    prod = page.found.variant("prod").integration_id
    assert prod is not None
    assert "The same address serves dev and prod" in read(page.widget)
    assert "differs" in markup(page.widget)

    await press(page.widget, "▸ A value or a secret of one environment alone")
    field(page.widget, "Environment").value = "prod"
    field(page.widget, "Place").value = "url"
    field(page.widget, "Value").value = "nonsense"
    await press(page.widget, "Set it")
    assert field(page.widget, "Value").error
    field(page.widget, "Value").value = "https://esp.example.com/prod"
    await press(page.widget, "Set it")
    assert "its own" in markup(page.widget)
    assert "The same address serves" not in read(page.widget)
    field(page.widget, "Place").value = "total_s"
    field(page.widget, "Value").value = "twenty"
    await press(page.widget, "Set it")
    assert "write it as JSON" in field(page.widget, "Value").error

    await press(page.widget, "Roll prod back…")
    assert "https://esp.example.com/prod" in markup(page.widget)
    await press(page.widget, "Roll prod back")
    assert (await house.integrations.get(prod)).settings.url == saved.settings.url
    assert "Roll prod back…" in offered(page.widget)

    field(page.widget, "Environment").value = "prod"
    field(page.widget, "Place").value = "credential.password"
    await press(page.widget, "Set it")
    assert field(page.widget, "New secret").error == "Type this secret and lock it."
    await lock(field(page.widget, "New secret"), TYPED + "2")
    await press(page.widget, "Set it")
    ref = secrets_of((await house.integrations.get(prod)).settings)["credential.password"]
    assert house.house.vault.open_text(ref.handle) == TYPED + "2"

    state, shown = kernel_state(), read(page.widget)
    kept = "".join(path.read_text("utf-8", "replace") for path in (tmp_path / "home").glob("*.json"))
    for word in (PLANTED, TYPED):
        assert word not in state
        assert word not in shown
        assert word not in kept


async def test_a_look_is_put_away_and_a_stale_one_is_refused(house: Workbench, saved: Integration) -> None:
    await house.environments.begin(saved.id)
    page = await board(house)
    await press(page.widget, "Promote dev to staging…")
    await press(page.widget, "Leave it as it is")
    assert "Promote dev to staging" not in [one.title for one in of(page.widget, "Headline")]
    await press(page.widget, "Promote dev to staging…")
    await type_secrets(page)
    draft = await house.integrations.edit(saved.id)
    settings = draft.settings.model_copy(update={"campaign_name": "Changed meanwhile"})
    await house.integrations.save(draft.model_copy(update={"settings": settings}))
    await press(page.widget, "Promote to staging")
    assert "changed since you looked" in read(page.widget)
    assert len(await house.integrations.all()) == 1


async def test_the_first_promotion_may_give_another_address(house: Workbench, saved: Integration) -> None:
    await house.environments.begin(saved.id)
    page = await board(house)
    await press(page.widget, "Promote dev to staging…")
    await type_secrets(page)
    address = field(page.widget, "Address in staging")
    address.value = "no address"
    await press(page.widget, "Promote to staging")
    assert address.error
    address.value = "https://esp.example.com/staging"
    await press(page.widget, "Promote to staging")
    assert page.found is not None
    staging = page.found.variant("staging")
    assert (staging.definition["url"], staging.own) == (address.value, {"url": address.value})
    assert page.found.warnings == ()
    await press(page.widget, "Promote dev to staging…")
    assert "staging keeps its own" in read(page.widget)
    assert "Address in staging" not in read(page.widget)


async def test_only_what_differs_is_shown_until_all_is_asked_for(
    house: Workbench, saved: Integration
) -> None:
    begun = await house.environments.begin(saved.id)
    page = await board(house)
    assert "Only dev is there so far." in read(page.widget)
    assert "All environments have the same values." not in read(page.widget)
    assert "payload." in markup(page.widget), "nothing stands beside it, so all of it is shown"
    assert page.only.layout.display == "none"
    assert "**** " in markup(page.widget)
    await page.go(f"environment={begun.id}")
    await page.go(saved.id)
    assert page.chosen.value == begun.id
    await page.refresh()
    assert page.found is not None
    assert '"$secret"' in await page._files()


async def test_a_viewer_looks_and_changes_nothing(
    house: Workbench, connected: Connected, saved: Integration
) -> None:
    await house.environments.begin(saved.id)
    page = await board(connected("viewer"))
    await settle()
    assert offered(page.widget) == {"Download for git"}
    page.only.value = False
    assert "Values side by side" in read(page.widget)
