"""Readiness: a shop goes from red to green on evidence alone, in both ways in; a word has a name, and nobody is named (R-SYNC-25)."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from workbench import Workbench
from workbench.engine.readiness_plan import CHECKS, STEPS
from workbench.engine.readiness_records import trial_key
from workbench.engine.readiness_score import newest, standing
from workbench.engine.vapid import written
from workbench.errors import Forbidden, Invalid, NotFound, Refused
from workbench.models.person import Role
from workbench.models.push import PushSettings
from workbench.models.readiness import MOST_EVIDENCE, READINESS, Evidence, Validation
from workbench.models.run import Mapped, RunPlan
from workbench.models.sending import Confirmation
from workbench.models.shop import Shop, ShopSettings
from workbench.models.sync import SyncPlan
from workbench.sandbox.app import Sandbox
from workbench.sandbox.connectif.settings import StandInSettings

API_KEY = "AbCdEfGhIjKlMnOpQrStUv:ZyXwVuTsRqPoNmLkJiHgFe"
PLANTED = "planted.person@example.org"
POINT = ec.derive_private_key(0x5EED, ec.SECP256R1()).public_key()
VAPID = written(POINT.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
BROWSER = ec.derive_private_key(0xB0B, ec.SECP256R1()).public_key()
REPORT = {
    "report": "web-push", "worker": "https://shop.example.com/service-worker.js", "scope": "https://shop.example.com/",
    "state": "activated", "permission": "granted", "renewed": False,
    "subscription": {
        "endpoint": "https://fcm.googleapis.com/fcm/send/c4p4bility", "expirationTime": None,
        "keys": {
            "p256dh": written(BROWSER.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)), "auth": "c2l4dGVlbiBieXRlcyBvaw",
        },
    },
}  # fmt: skip


def tag(kind: str, *inner: str) -> str:
    return f'<div class="{kind}" style="display:none">{"".join(inner)}</div>'


def part(name: str, value: object) -> str:
    return f'<span class="{name}">{value}</span>'


def product(price: str = "60.25") -> str:
    return "".join(
        (
            part("name", "Shoes"),
            part("url", "https://shop.example.com/shoes"),
            part("product_id", "p1"),
            part("unit_price", price),
        )
    )


def line(price: str = "60.25") -> str:
    return tag("product_basket_item", product(price), part("quantity", 1), part("price", "60.25"))


def cart(*lines: str, total: str = "60.25") -> str:
    return tag(
        "cn_cart",
        part("cart_id", "c1"),
        part("total_quantity", len(lines)),
        part("total_price", total if lines else 0),
        *lines,
    )


TOTALS = part("total_quantity", 1) + part("total_price", 1)
CLIENT = tag("cn_client_info", part("primary_key", PLANTED), part("_name", "Planted Person"))
PAGES: dict[str, dict[str, Any]] = {
    "product.page": {"page": tag("cn_product_visited", product())},
    "cart.page": {"page": CLIENT + cart(line())},
    "cart.changed": {"page": CLIENT + cart(line()), "before": CLIENT + cart()},
    "cart.emptied": {"page": CLIENT + cart()},
    "purchase.page": {
        "page": CLIENT + tag(
            "cn_purchase", part("purchase_id", "o1"), part("cart_id", "c1"), part("total_quantity", 1), part("total_price", "60.25"),
            part("purchase_date", "2026-11-22T10:00:00Z"), line(),
        ),
    },
    "login.page": {"page": CLIENT + tag("cn_login")},
    "register.page": {"page": CLIENT + tag("cn_register")},
    "search.page": {"page": tag("cn_search", part("search_text", "red shoes"))},
    "newsletter.page": {"page": tag("cn_newsletter_subscribe", part("email", PLANTED))},
}  # fmt: skip


@pytest.fixture
async def shop(house: Workbench) -> Shop:
    """A shop with all that readiness asks of its settings."""
    settings = ShopSettings(
        name="Shoes", api_key=house.house.vault.seal_text(API_KEY), site="https://shop.example.com", domains=("shop.example.com",),
        vapid_public_key=VAPID, worker_url="https://shop.example.com/service-worker.js", calls_per_min=100_000,
    )  # fmt: skip
    return await house.shops.save(settings)


def state(validation: Validation, check: str) -> str:
    """Return how a check stands."""
    [found] = [one for step in standing(validation).steps for one in step.checks if one.plan.key == check]
    return found.state


def latest(validation: Validation, check: str) -> Evidence:
    found = newest(validation, check)
    assert found is not None
    return found


def everything_in(folder: Path) -> bytes:
    """Return all that stands in the files of a folder."""
    return b"".join(one.read_bytes() for one in folder.rglob("*") if one.is_file())


async def imported(bench: Workbench, shop: Shop, text: str) -> None:
    """Import a table of contacts, and wait for its end."""
    table = await bench.runs.paste(text)
    plan = RunPlan(
        title="Contacts of the shop", table_id=table.id, sync=SyncPlan(shop_id=shop.id, how="import"),
        mapping=(Mapped(target="_email", column="_email"), Mapped(target="_name", column="_name")),
    )  # fmt: skip
    run = await bench.runs.plan(plan)
    await bench.runs.check(run.id)
    await bench.runs.wait(run.id)
    started = await bench.runs.start(run.id)
    done = await bench.runs.wait(started.id)
    assert done.job_id
    await bench.work.crew.wait(done.job_id)


async def test_a_shop_goes_from_red_to_green_on_evidence(
    house: Workbench, shop: Shop, sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.shops.settings = StandInSettings(starts_s=0, import_s=0, calls_per_min=0)
    bench = house
    made = await bench.readiness.begin(shop.id)
    red = standing(made)
    assert (red.percent, red.proven, red.failed) == (0, 0, 0)
    assert {step.state for step in red.steps} == {"open", "live_only"}

    made = await bench.readiness.do(made.id)  # all that needs nothing from a person
    for check in ("key.let_in", "key.areas", "domains.listed", "push.settings"):
        assert state(made, check) == "passed", latest(made, check)
    for early in ("domains.used", "double.none", "import.clean", "newsletter.subscribe"):
        assert state(made, early) == "open", "what nobody could know yet is not red"

    made = await bench.readiness.do(made.id, "contacts.api", {"key": PLANTED})
    assert state(made, "contacts.api") == "failed"
    assert "does not know" in str(latest(made, "contacts.api").sentence)
    assert latest(made, "contacts.api").next_step is not None
    made = await bench.readiness.do(made.id, "contacts.api", {"key": PLANTED, "write": True})
    assert state(made, "contacts.api") == "passed"
    assert PLANTED in sandbox.shops.contacts
    made = await bench.readiness.do(made.id, "product.api", {"write": True})
    made = await bench.readiness.do(made.id, "purchase.api", {"write": True, "email": PLANTED})
    assert state(made, "purchase.api") == "passed", latest(made, "purchase.api")
    [bought] = sandbox.shops.purchases.values()
    assert bought["purchaseId"] == trial_key("purchase", made)

    for check, given in PAGES.items():
        made = await bench.readiness.do(made.id, check, given)
        assert state(made, check) == "passed", latest(made, check)
    made = await bench.readiness.do(made.id, "newsletter.subscribe")
    assert state(made, "newsletter.subscribe") == "failed", (
        "asked for by itself, it is said that no call came"
    )
    for check in ("newsletter.subscribe", "newsletter.unsubscribe"):
        made = await bench.readiness.do(made.id, check, {"rehearse": True})
        assert state(made, check) == "passed", latest(made, check)
    made = await bench.readiness.do(made.id, "push.browser", {"text": json.dumps(REPORT)})
    await imported(house, shop, "_email,_name\nana@example.com,Ana\nbo@example.com,Bo\n")
    made = await bench.readiness.do(made.id, "import")
    made = await bench.readiness.do(made.id, "domains")
    assert state(made, "import.clean") == "passed", latest(made, "import.clean")

    made = await bench.readiness.do(made.id, "double.none")
    assert state(made, "double.none") == "passed", "a test record is no second way"
    assert latest(made, "double.none").body["contacts"] == ["api"]  # type: ignore[index]

    green = standing(made)
    assert [
        one.plan.key
        for step in green.steps
        for one in step.checks
        if one.state not in ("passed", "left_out", "live_only")
    ] == []
    assert green.ready
    assert "live" in str(green.sentence), "a rehearsal that is green says that it is one"

    [told] = await bench.readiness.runs(shop.id)
    assert (told.id, told.percent) == (made.id, 100)
    report = await bench.readiness.report(made.id, "pt")
    assert 'lang="pt"' in report
    assert "100 %" in report
    kept = made.model_dump_json() + report + json.dumps(house.house.catalogue.all(READINESS))
    for secret in (PLANTED, "Planted Person", API_KEY, API_KEY[23:], "c4p4bility", "ana@example.com"):
        assert secret not in kept
    assert PLANTED.encode() not in await asyncio.to_thread(everything_in, tmp_path)


async def test_a_failed_check_says_cause_and_next_step(house: Workbench, shop: Shop) -> None:
    made = await house.readiness.begin(shop.id)
    euro = tag("cn_product_visited", product("€60.25"))
    for check, page, says in (
        ("product.page", euro, "not tell “product-visited”"),
        ("cart.page", tag("cn_login"), "no cart"),
        ("login.page", tag("cn_login"), "not who it was"),
        ("purchase.page", tag("cn_purchase", part("purchase_id", "o1"), TOTALS), "none of its products"),
        ("newsletter.page", tag("cn_newsletter_subscribe"), "not whose"),
        ("cart.emptied", CLIENT + cart(line()), "Empty it in the shop"),
        ("search.page", "<p>nothing</p>", "nor anything else"),
    ):  # fmt: skip
        made = await house.readiness.do(made.id, check, {"page": page})
        found = latest(made, check)
        assert found.state == "failed"
        assert says in str(found.sentence), found.sentence
        assert found.next_step is not None
    assert "€60.25" in str(latest(made, "product.page").sentence), "the cause is said"
    unchanged = CLIENT + cart(line())
    made = await house.readiness.do(made.id, "cart.changed", {"page": unchanged, "before": unchanged})
    assert state(made, "cart.changed") == "failed"
    assert standing(made).failed == 8
    assert "Begin there" in str(standing(made).sentence)


async def test_what_a_browser_posted_counts_as_a_page(bench: Workbench, shop: Shop) -> None:
    made = await bench.readiness.begin(shop.id)
    posted = {
        "entityInfo": {"primaryKey": PLANTED, "_name": "Planted Person"}, "pushSubscription": {"endpoint": "https://x.example/c4p"},
        "events": [{"type": "page-visit"}, {"type": "login"}], "browserInfo": {"url": f"https%3A%2F%2Fshop.example.com%2F%3Fm%3D{PLANTED}"},
    }  # fmt: skip
    made = await bench.readiness.do(made.id, "login.page", {"page": json.dumps(posted)})
    found = latest(made, "login.page")
    assert (found.state, found.source) == ("passed", "browser")
    for secret in (PLANTED, "Planted Person", "c4p"):
        assert secret not in made.model_dump_json()
    assert isinstance(found.body, dict)
    assert re.fullmatch(r"p\*\*\*@example\.org #[0-9a-f]{6}", found.body["entityInfo"]["primaryKey"])


async def test_a_word_has_a_name_a_time_and_something_seen(
    house: Workbench, bench: Workbench, shop: Shop
) -> None:
    made = await bench.readiness.begin(shop.id)
    with pytest.raises(Invalid, match="what you saw"):
        await bench.readiness.confirm(made.id, "login.page", "ok")
    with pytest.raises(Refused, match="looks at it itself"):
        await bench.readiness.confirm(made.id, "key.let_in", "I have seen the key in the settings.")
    with pytest.raises(Refused, match="rehearsal"):
        await bench.readiness.confirm(made.id, "contacts.seen", "I saw my address in the list.")
    with pytest.raises(Refused, match="rehearsal"):
        await bench.readiness.do(made.id, "paths.proven")
    made = await bench.readiness.confirm(made.id, "login.page", "The network panel shows a login event.")
    found = latest(made, "login.page")
    assert (found.source, found.state) == ("word", "passed")
    assert found.who == (house.house.owner.name if bench is house else "a admin")
    assert found.note == "The network panel shows a login event."
    [check] = [one for step in standing(made).steps for one in step.checks if one.plan.key == "login.page"]
    assert (check.points, check.of) == (1.0, 2), "a word counts half where the workbench could look itself"
    assert "half" in str(check.why)
    made = await bench.readiness.confirm(
        made.id, "login.page", "Looked again: nothing is posted there.", False
    )
    assert state(made, "login.page") == "failed"
    with pytest.raises(Invalid, match="why this is left out"):
        await bench.readiness.leave_out(made.id, "push.browser", "no")
    made = await bench.readiness.leave_out(made.id, "push.browser", "The shop has no web push.")
    assert state(made, "push.browser") == "left_out"


async def test_what_is_unknown_or_unreadable_is_said(bench: Workbench, shop: Shop) -> None:
    made = await bench.readiness.begin(shop.id)
    for call, error in (
        (bench.readiness.begin("shp_none"), NotFound), (bench.readiness.get("val_none"), NotFound),
        (bench.readiness.do(made.id, "no.check"), NotFound), (bench.readiness.do(made.id, "cart.page"), Invalid),
        (bench.readiness.do(made.id, "cart.page", {"pages": "x"}), Invalid), (bench.readiness.do(made.id, "contacts.api", {}), Invalid),
        (bench.readiness.do(made.id, "purchase.api", {"write": True}), Invalid), (bench.readiness.do(made.id, "push.browser"), Invalid),
        (bench.readiness.do(made.id, "contacts.seen"), Refused), (bench.readiness.leave_out(made.id, "none", "Because of it."), NotFound),
    ):  # fmt: skip
        with pytest.raises(error):
            await call
    assert (await bench.readiness.get(made.id)).evidence == (), "what could not be done leaves no evidence"


async def test_a_key_that_is_refused_is_red_with_the_permission(house: Workbench, shop: Shop) -> None:
    settings = shop.settings.model_copy(update={"api_key": house.house.vault.seal_text("revoked-" + API_KEY)})
    await house.shops.save(settings, shop.id)
    made = await house.readiness.begin(shop.id)
    made = await house.readiness.do(made.id, "key")
    assert state(made, "key.let_in") == "failed"
    assert "401" in str(latest(made, "key.let_in").sentence)
    assert latest(made, "key.let_in").reply is not None


async def test_roles_and_history(
    house: Workbench, connected: Callable[[Role], Workbench], shop: Shop
) -> None:
    made = await house.readiness.begin(shop.id)
    viewer = connected("viewer")
    assert [one.id for one in await viewer.readiness.runs(shop.id)] == [made.id]
    assert len(await viewer.readiness.plan()) == len(STEPS)
    assert (await viewer.readiness.standing(made.id)).percent == 0
    assert "<html" in await viewer.readiness.report(made.id)
    said = viewer.readiness.confirm(made.id, "login.page", "I saw it there.")
    for call in (viewer.readiness.begin(shop.id), viewer.readiness.do(made.id), said):
        with pytest.raises(Forbidden):
            await call
    with pytest.raises(Forbidden):
        await connected("operator").readiness.delete(made.id)
    for _ in range(MOST_EVIDENCE + 2):
        made = await house.readiness.do(made.id, "domains.listed")
    assert len(made.evidence) == MOST_EVIDENCE
    second = await house.readiness.begin(shop.id)
    assert [one.id for one in await viewer.readiness.runs()] == [second.id, made.id]
    assert dict((await viewer.readiness.runs())[1].states)["domains"] == "partly"
    await connected("admin").readiness.delete(made.id)
    with pytest.raises(NotFound):
        await house.readiness.get(made.id)


async def test_what_is_asked_before_a_check_is_done(house: Workbench, shop: Shop) -> None:
    made = await house.readiness.begin(shop.id)
    read = await house.readiness.ask(made.id, "contacts.api", {"key": PLANTED})
    assert (read.host, read.recipient, read.live) == ("api.connectif.cloud", "Shoes", False)
    write = await house.readiness.ask(made.id, "contacts.api", {"key": PLANTED, "write": True})
    assert write.recipient == PLANTED, "what is written is named by whom it is about"
    assert (await house.readiness.ask(made.id, "push.worker")).host == "shop.example.com"
    assert not (await house.readiness.ask(made.id, "cart.page")).host


async def test_push_of_a_shop(bench: Workbench, shop: Shop) -> None:
    settings = await bench.push.of(shop.id)
    assert (await bench.push.check(settings)).ready
    kit = await bench.push.kit(settings)
    assert VAPID in kit.registration
    with pytest.raises(Invalid, match="private key"):
        await bench.push.kit(PushSettings(vapid_public_key=written(b"\x01" * 32)))
    with pytest.raises(Invalid, match="private key"):
        await bench.push.keep(
            shop.id, settings.model_copy(update={"vapid_public_key": written(b"\x01" * 32)})
        )
    kept = await bench.push.keep(shop.id, settings.model_copy(update={"worker_url": "/sw.js"}))
    assert kept.settings.worker_url == "https://shop.example.com/sw.js"
    assert kept.settings.api_key == shop.settings.api_key
    look = await bench.push.look(shop.id)
    assert not look.ready, "a rehearsal has no stand-in for a shop's own site"
    assert look.findings
    assert (await bench.push.subscription(json.dumps(REPORT))).valid


async def test_live_wants_a_word_first_and_a_rehearsal_proves_nothing_of_it(tmp_path: Path) -> None:
    environ = {"WORKBENCH_KEYRING": "off"}
    async with Workbench.open(tmp_path / "home", live=True, environ=environ) as live:
        settings = ShopSettings(
            name="Shoes", api_key=live.house.vault.seal_text(API_KEY), site="https://shop.example.com", domains=("shop.example.com",),
            worker_url="/service-worker.js", vapid_public_key=VAPID,
        )  # fmt: skip
        shop = await live.shops.save(settings)
        made = await live.readiness.begin(shop.id)
        assert (await live.readiness.ask(made.id, "key.let_in")).live
        wrong = Confirmation(host="api.connectif.cloud", recipient="Boots")
        for step, given in (
            ("key", None), ("key.areas", None), ("contacts.api", {"key": PLANTED, "write": True}), ("product.api", {"key": "p1"}),
            ("purchase.api", {"write": True, "email": PLANTED}), ("push.worker", None),
        ):  # fmt: skip
            for confirmation in (None, wrong):
                with pytest.raises(Refused):
                    await live.readiness.do(made.id, step, given, confirmation)
        with pytest.raises(Refused, match="Only the platform itself"):
            await live.readiness.do(made.id, "newsletter.subscribe", {"rehearse": True})
        made = await live.readiness.do(made.id, "paths.proven")
        assert state(made, "paths.proven") == "failed"
        assert latest(made, "paths.proven").notes, "each path is named"
        made = await live.readiness.confirm(
            made.id, "paths.proven", "Looked all of them up in the reference of today."
        )
        [check] = [
            one for step in standing(made).steps for one in step.checks if one.plan.key == "paths.proven"
        ]
        assert (check.state, check.points) == ("passed", check.of), (
            "where only a person can look, a word counts whole"
        )
    async with Workbench.open(tmp_path / "home", environ=environ) as rehearsal:
        with pytest.raises(Refused, match="another mode"):
            await rehearsal.readiness.do(made.id, "domains")
        with pytest.raises(Refused, match="another mode"):
            await rehearsal.readiness.confirm(made.id, "login.page", "I saw it in the panel.")


def test_every_check_has_its_words() -> None:
    assert len(CHECKS) == sum(len(step.checks) for step in STEPS)
    for step in STEPS:
        for check in step.checks:
            assert check.key.startswith(f"{step.key}.")
            assert check.how
            assert check.missing
            assert check.points > 0
            assert check.word or check.source != "word"
