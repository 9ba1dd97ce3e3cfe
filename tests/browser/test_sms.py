"""One walk in a real browser: Twilio and Azure set up from nothing, a text sent, its report and a STOP received, the next text held back.

The calls come in through the real receiver port of the server process, rightly signed, as the providers make them.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import pytest_asyncio
from playwright.async_api import Page, expect

from tests.cli.running import ask
from workbench import Workbench

from .conftest import OpenPage
from .world import World, lock, press, seen, text, turn, world_in

SID = "AC" + "0" * 31 + "1"
SECRET = "5ec2e7f00d" + "0123456789abcdef" + "beef42"
KEYS = tuple(base64.b64encode(f"planted key number {number}, as long".encode()).decode() for number in (1, 2))
CONNECTIONS = tuple(f"endpoint=https://shop.communication.azure.com/;accesskey={key}" for key in KEYS)
OURS = "+12065550123"
ANA = "+14255550147"


@pytest_asyncio.fixture(loop_scope="session")
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with world_in(tmp_path) as made:
        yield made


async def begin(page: Page, provider: str, name: str) -> None:
    """Begin an account of a provider and go on to its credentials."""
    await press(page, "New account")
    await page.get_by_role("radio", name=provider).check(force=True)
    await text(page, "Name").fill(name)
    await press(page, "Next")
    await seen(page.get_by_role("heading", name="Credentials", exact=True))


async def finish(page: Page, number: str, kind: str) -> tuple[str, str]:
    """Add a sender, save the account and return its callback addresses as they stand there to be copied."""
    await press(page, "Next")
    await press(page, "Add a sender")
    await page.get_by_role("combobox", name="Type", exact=True).select_option(kind)
    await text(page, "Number or sender id").fill(number)
    await press(page, "Add it")
    await expect(page.get_by_role("grid", name="Senders").get_by_role("row")).to_have_count(2, timeout=30_000)
    await press(page, "Next")
    await press(page, "Save the account")
    await expect(page.get_by_role("button", name="Copy the address")).to_have_count(2, timeout=30_000)
    delivery, inbound = [one.strip() for one in await page.locator(".wb-code code").all_inner_texts()]
    return delivery, inbound


async def compose(page: Page, number: str, words: str) -> None:
    """Write a text to one number through the Twilio account."""
    await turn(page, "Compose")
    await page.get_by_role("combobox", name="Account", exact=True).select_option(label="Twilio, US")
    await text(page, "Recipients").fill(number)
    await text(page, "Text").fill(words)


async def texted(inbound: str, sender: str, words: str, key: str = SECRET) -> int:
    """Bring a text of somebody to the receiver's port as Twilio does, signed with the auth token; return what it answers.

    https://www.twilio.com/docs/usage/security#validating-requests
    """
    pairs = {
        "MessageSid": "SM" + "7" * 32,
        "AccountSid": SID,
        "From": sender,
        "To": OURS,
        "Body": words,
        "NumSegments": "1",
    }
    signed = inbound + "".join(name + pairs[name] for name in sorted(pairs))
    signature = base64.b64encode(hmac.new(key.encode(), signed.encode(), "sha1").digest()).decode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}
    status, _ = await asyncio.to_thread(ask, inbound, "POST", urlencode(pairs).encode(), headers)
    return status


async def test_from_nothing_to_a_report_a_stop_and_a_text_that_is_held_back(
    world: World, open_page: OpenPage
) -> None:
    watched = await open_page()
    page = watched.page
    page.set_default_timeout(30_000)
    await page.goto(world.url("sms"))
    await watched.ready()
    await seen(page.get_by_text("Set up your first SMS account"))

    # Twilio, and where it calls
    await begin(page, "Twilio", "Twilio, US")
    await text(page, "Account SID").fill(SID)
    await lock(page, "Auth token", SECRET)
    assert await watched.axe() == []
    delivery, inbound = await finish(page, "+1 206 555 0123", "long_code")
    assert delivery.startswith(f"{world.server.url}sms/")
    assert (delivery.rpartition("/")[2], inbound.rpartition("/")[2]) == ("delivery", "inbound")
    await seen(page.get_by_text("A MESSAGE COMES IN"))
    assert await watched.axe() == []
    await press(page, "Done")

    # Azure, with its two connection strings
    await begin(page, "Azure Communication Services", "Azure")
    await lock(page, "Primary connection string", CONNECTIONS[0])
    await lock(page, "Secondary connection string", CONNECTIONS[1])
    await finish(page, "+1 833 555 0123", "toll_free")
    await press(page, "Done")
    await expect(page.get_by_role("grid", name="Accounts").get_by_role("row")).to_have_count(
        3, timeout=30_000
    )
    assert await watched.axe() == []

    # a text, first without consent, then with
    await compose(page, ANA, "Our spring sale begins. Reply STOP to opt out.")
    await seen(page.get_by_text("there is no opt-in on record").first)
    async with Workbench.connect(world.server.url, world.token) as bench:
        await bench.consent.record(ANA, "opted_in", "Ticked the box in the shop", source="form")
    await press(page, "Send")
    await seen(page.get_by_text("The provider took 1 of 1."))
    assert await watched.axe() == []

    # its report came in through the receiver's port; the studio plays it again, and Event Grid's handshake
    await turn(page, "Deliveries")
    await seen(page.get_by_role("grid", name="Deliveries").get_by_text("Delivered"))
    assert await watched.axe() == []
    await turn(page, "Callbacks")
    await page.get_by_label("What happens").select_option("handshake")
    await press(page, "Play the calls")  # Azure is the first of the accounts
    await seen(page.get_by_text(re.compile(r"\bmade\b.*\btaken\b")))
    await page.get_by_role("combobox", name="Account", exact=True).last.select_option(label="Twilio, US")
    await page.get_by_role("radio", name="Twice").check(force=True)
    await press(page, "Play the calls")
    log = page.get_by_role("grid", name="Callbacks")
    await seen(log.get_by_text("came again").first)

    # a STOP that Twilio did not sign is refused, its own is taken
    assert await texted(inbound, ANA, "STOP", key="f" * 32) == 403
    assert await texted(inbound, ANA, "Stop. ") == 200
    await log.get_by_role("row").filter(has_text="Inbound text").click(timeout=30_000)
    await seen(page.get_by_text("it is opted out of everything commercial").first)
    await seen(log.get_by_text("does not fit"))
    assert await watched.axe() == []

    # the next text is held back, and says why
    await turn(page, "Compose")
    await seen(page.get_by_text("0 of 1 recipients would get it").first)
    await press(page, "Send")
    await seen(page.get_by_text("The provider took 0 of 1."))
    await seen(page.get_by_text("opted out of “Commercial” by texting STOP").first)
    assert watched.complaints == []
    for secret in (SECRET, *KEYS):
        assert secret.encode() not in watched.frames()

    # another visitor sees it all, and neither whose number it is nor any secret
    other = await open_page(width=800, theme="dark")
    await other.page.goto(f"{world.url('sms')}#callbacks")
    await other.ready()
    await seen(other.page.get_by_role("grid", name="Callbacks").get_by_text("Inbound text"))
    await turn(other.page, "Consent")
    await seen(other.page.get_by_role("grid").get_by_text("Opted out").first)
    assert await other.axe() == []
    assert other.complaints == []
    for hidden in (SECRET, *KEYS, ANA, ANA[1:]):
        assert hidden.encode() not in other.frames()
