"""The fields, the editor and the template on a real page: typing, keyboard, secrets, problems, contrast."""

import asyncio
import base64
import hashlib
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

SECRET = "s3cr3t-Plänted-wxyz9f3c"
DIGEST = hashlib.sha256(SECRET.encode()).hexdigest()

SETUP = """
import base64, hashlib, json
import ipywidgets
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from workbench.widgets import editor, fields, look, tables
from workbench.widgets.spawn import settle

private = ec.generate_private_key(ec.SECP256R1())
raw = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
public = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

def unsealed(box):
    part = {k: base64.urlsafe_b64decode(box[k] + "=" * (-len(box[k]) % 4)) for k in ("epk", "iv", "ct")}
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), part["epk"])
    shared = private.exchange(ec.ECDH(), point)
    key = HKDF(hashes.SHA256(), 32, bytes(32), b"workbench sealed secret v1").derive(shared)
    return AESGCM(key).decrypt(part["iv"], part["ct"], b"workbench").decode()

told = ipywidgets.HTML()
told.add_class("told")
facts = {}
def tell(**more):
    facts.update(more)
    told.value = "<pre>" + look.escape(json.dumps(facts)) + "</pre>"
"""

FORM = """
name = fields.TextField("Name", hint="Shown in reports.", required=True, help="In the console.")
def judge(change):
    name.error = "" if len(change.new) > 2 else "The name is too short. Write three letters or more."
    tell(name=change.new)
name.observe(judge, "value")
name.on_submit(lambda: tell(submitted=name.value))
note = fields.TextField("Note", multiline=True)
note.observe(lambda change: tell(note=change.new), "value")
kind = fields.ChoiceField("Identifier type", [("email", "E-mail", "As it is."), ("sms", "Phone", "With its country.")])
auth = fields.ChoiceField("Authentication", [("none", "None", "Only here."), ("basic", "User and password", "Always sent.")],
                          value="none", style="radio", hint="How the provider knows us.")
method = fields.ChoiceField("Method", ["POST", "PUT", "GET"], value="POST", style="segmented")
split = fields.SwitchField("Split", hint="Into three paths.")
for key, field in {"kind": kind, "auth": auth, "method": method, "split": split}.items():
    field.observe(lambda change, key=key: tell(**{key: change.new}), "value")
focus = look.button("Focus the name")
focus.on_click(lambda _: name.focus())
look.page("Fields", look.card("Form", name, note, kind, auth, method, split), focus, told, subtitle="All of them.")
"""

SECRETS = """
secret = fields.SecretField("Client secret", hint="From the console.", public_key=public)
async def keep(box):
    text = unsealed(box)
    secret.masked = "**** " + text[-4:]
    tell(secret=hashlib.sha256(text.encode()).hexdigest(), count=facts.get("count", 0) + 1)
secret.on_sealed(keep)
secret.on_removed(lambda: tell(removed=True))
rows = fields.HeaderRows("HTTP headers", public_key=public)
def lock(row, box):
    text = unsealed(box)
    rows.set_masked(row, "**** " + text[-4:])
    tell(header=hashlib.sha256(text.encode()).hexdigest())
rows.on_sealed(lock)
def listed(change):
    tell(rows=[[r["name"], r["value"], r["locked"]] for r in change.new])
    rows.errors = {r["id"]: {"name": "A header name has no spaces."} for r in change.new if " " in r["name"]}
rows.observe(listed, "rows")
look.page("Secrets", look.card("Keys", secret, rows), told)
"""

EDITOR = r"""
payload = editor.JsonEditor('{\n  "to": "{{ user_identifier }}",\n  "count": 1\n}', "Payload",
                            completions=["first_name", "last_name", "user_identifier"], height="200px")
def judge(change):
    tell(payload=change.new)
    try:
        json.loads(change.new)
        payload.problems = []
    except json.JSONDecodeError as error:
        payload.problems = [{"line": error.lineno, "column": error.colno, "message": "This is not JSON here.", "level": "error"}]
payload.observe(judge, "value")
after = fields.TextField("After")
change = look.button("Set from Python")
change.on_click(lambda _: setattr(payload, "value", '{"set": true}'))
look.page("Editor", look.card("Payload", payload), after, change, told)
"""

LISTS = """
listed = tables.RowList("Integrations", columns=[("name", "Name"), ("status", "Status")],
    rows=[{"id": str(n), "name": f"Row {n}", "status": {"text": "Ready", "kind": "ok"}} for n in range(4)])
listed.observe(lambda change: tell(selected=change.new), "selected")
listed.on_open(lambda row: tell(opened=row))
look.page("Lists", look.stepper(["One", "Two", "Three"], 1), look.card("Rows", listed),
    look.card("Shown", look.banner("ok", "Taken."), look.banner("warn", "Nearly."), look.banner("error", "Refused."),
        look.banner("info", "Only so you know."), look.code_block('{"a": "<b>"}', "JSON"),
        look.key_value_table([("Provider", "Infobip"), ("Region", None)]),
        tables.table(["Path", "Contacts"], [["Accepted", 860], [look.badge("Rejected", "error"), 93]], caption="Outcome", numeric=(1,)),
        look.buttons(look.button("Back"), look.button("More", "quiet"), look.button("Delete", "danger"), look.button("Go", "primary"))),
    told)
"""

Open = Callable[..., Awaitable[Any]]


@pytest_asyncio.fixture(loop_scope="session")
async def opened(serve: Any, open_page: Any) -> Open:
    """Open one of the pages above, drawn."""

    async def at(cell: str, query: str = "", **options: Any) -> Any:
        url = await serve(SETUP, cell, title="Fields under test")
        watched = await open_page(**options)
        await watched.page.goto(url + query)
        await watched.ready()
        return watched

    return at


async def told(page: Page, **expected: object) -> dict[str, Any]:
    """Wait until the kernel has told these facts; return all it has told."""
    wanted = json.dumps(expected)
    await page.wait_for_function(
        """(wanted) => {
          const text = document.querySelector(".told pre")?.textContent;
          if (!text) return false;
          const facts = JSON.parse(text);
          return Object.entries(JSON.parse(wanted)).every(([key, value]) => JSON.stringify(facts[key]) === JSON.stringify(value));
        }""",
        arg=wanted,
        timeout=20_000,
    )
    return json.loads(await page.locator(".told pre").text_content() or "{}")


async def described_by(field: Locator) -> str:
    """Return the text that a screen reader adds to the field."""
    return str(
        await field.evaluate(
            """(field) => (field.getAttribute("aria-describedby") ?? "").split(" ")
              .map((id) => document.getElementById(id)?.textContent ?? "?").join(" ")"""
        )
    )


# --- the page


async def test_the_page_paints_a_skeleton_before_the_kernel_is_there(serve: Any, open_page: Any) -> None:
    url = await serve("import time\ntime.sleep(3)", "1", title="Slow page")
    watched = await open_page()
    page = watched.page
    await page.goto(url, wait_until="commit")
    await expect(page.locator("#loading")).to_be_visible()
    await expect(page.locator("#loading_text")).to_contain_text("…")
    assert await page.locator("body[data-wb-ready]").count() == 0
    assert await page.title() == "Slow page"
    await watched.ready()
    assert await page.locator("#loading").count() == 0


async def test_the_page_has_what_a_page_must_have_and_asks_nothing_outside(opened: Open) -> None:
    watched = await opened(FORM)
    page = watched.page
    assert await page.locator("html").get_attribute("lang") == "en"
    assert await page.get_by_role("main").count() == 1
    assert await page.get_by_role("heading", level=1).text_content() == "Fields"
    assert await page.locator("main #rendered_cells").count() == 1
    await page.keyboard.press("Tab")
    await expect(page.get_by_text("Skip to the content")).to_be_focused()
    assert watched.outside == []
    assert watched.complaints == []


async def test_one_server_gives_both_themes(opened: Open) -> None:
    watched = await opened(FORM, theme="dark")
    page = watched.page
    body = page.locator("body")
    background = "getComputedStyle(document.querySelector('.wb-card')).backgroundColor"
    await expect(body).to_have_attribute("data-jp-theme-light", "false")
    dark = await page.evaluate(background)
    await page.get_by_role("button", name="Dark theme").click()
    await expect(body).to_have_attribute("data-jp-theme-light", "true")
    assert await page.evaluate(background) != dark
    await page.reload()
    await watched.ready()
    await expect(body).to_have_attribute("data-jp-theme-light", "true")


@pytest.mark.parametrize("query", ["?theme=dark", "?look=dark"])
async def test_the_address_may_ask_for_a_theme(opened: Open, query: str) -> None:
    watched = await opened(FORM, query)
    await expect(watched.page.locator("body")).to_have_attribute("data-jp-theme-light", "false")


async def test_the_list_of_pages_and_a_wrong_address_have_the_look_too(serve: Any, open_page: Any) -> None:
    url = await serve("1", title="Any page", as_folder=True)
    watched = await open_page()
    page = watched.page
    await page.goto(url)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Pages")
    assert await watched.axe() == []
    await page.goto(f"{url}voila/render/none.ipynb")
    await expect(page.get_by_role("heading", level=1)).to_have_text("There is no such page")
    await page.goto(url)
    await page.get_by_role("link", name="Page").click()
    await watched.ready()


async def test_a_dead_kernel_is_said_with_a_button_to_reload(serve: Any, open_page: Any) -> None:
    cell = "import os, ipywidgets\nb = ipywidgets.Button(description='End')\nb.on_click(lambda _: os._exit(1))\nb"
    watched = await open_page()
    page = watched.page
    await page.goto(await serve(cell, title="Dying page"))
    await watched.ready()
    await expect(page.locator("#wb-lost")).to_be_hidden()
    await page.get_by_role("button", name="End").click()
    await expect(page.get_by_role("alert")).to_contain_text("has stopped", timeout=30_000)
    await page.get_by_role("button", name="Reload the page").click()
    await watched.ready()
    await expect(page.locator("#wb-lost")).to_be_hidden()


async def test_a_closed_tab_ends_its_kernel(opened: Open, browser_page: Any) -> None:
    watched = await opened(FORM)
    config = json.loads(await watched.page.locator("#jupyter-config-data").text_content() or "{}")
    address = f"{watched.page.url.split('?')[0]}api/kernels/{config['kernelId']}"
    request = browser_page.page.context.request
    assert (await request.get(address)).status == 200
    await watched.page.close(run_before_unload=True)
    for _ in range(100):
        if (await request.get(address)).status == 404:
            return
        await asyncio.sleep(0.2)
    pytest.fail("the kernel is still there 20 s after its tab was closed")


# --- fields


async def test_typing_reaches_python_and_the_error_stands_beside_the_input(opened: Open) -> None:
    page = (await opened(FORM)).page
    name = page.get_by_label("Name")
    assert await name.get_attribute("aria-required") == "true"
    assert "Shown in reports." in await described_by(name)
    await name.press_sequentially("ab")
    await told(page, name="ab")
    await expect(name).to_have_attribute("aria-invalid", "true")
    assert "The name is too short." in await described_by(name)
    error = page.get_by_text("The name is too short.")
    await expect(error).to_be_visible()
    await name.press_sequentially("cd")
    await told(page, name="abcd")
    await expect(error).to_be_hidden()
    assert await name.get_attribute("aria-invalid") is None
    assert "too short" not in await described_by(name)


async def test_enter_sends_at_once_and_submits(opened: Open) -> None:
    page = (await opened(FORM)).page
    await page.get_by_label("Name").fill("Spring")
    await page.get_by_label("Name").press("Enter")
    await told(page, name="Spring", submitted="Spring")


async def test_leaving_a_field_sends_what_was_typed(opened: Open) -> None:
    page = (await opened(FORM)).page
    note = page.get_by_label("Note")
    await note.fill("two\nlines")
    await note.blur()
    await told(page, note="two\nlines")


async def test_python_can_put_the_focus_into_a_field(opened: Open) -> None:
    page = (await opened(FORM)).page
    await page.get_by_role("button", name="Focus the name").click()
    await expect(page.get_by_label("Name")).to_be_focused()


async def test_choices_and_switches_work_by_keyboard(opened: Open) -> None:
    page = (await opened(FORM)).page
    kind = page.get_by_label("Identifier type")
    await kind.select_option("sms")
    await told(page, kind="sms")
    assert "With its country." in await described_by(kind)
    group = page.get_by_role("group", name="Authentication")
    await group.get_by_role("radio", name="None").focus()
    await page.keyboard.press("ArrowDown")
    await told(page, auth="basic")
    await page.get_by_role("group", name="Method").get_by_role("radio", name="POST").focus()
    await page.keyboard.press("ArrowRight")
    await told(page, method="PUT")
    await page.get_by_role("switch", name="Split").focus()
    await page.keyboard.press("Space")
    await told(page, split=True)


# --- secrets


def spellings(secret: str) -> list[bytes]:
    """Return the forms in which the secret would be readable in a frame."""
    plain = secret.encode()
    return [
        plain,
        json.dumps(secret)[1:-1].encode(),
        base64.b64encode(plain).rstrip(b"="),
        base64.urlsafe_b64encode(plain).rstrip(b"="),
        secret.encode("utf-16-le"),
        plain[:12],
    ]


async def test_a_secret_is_sealed_and_in_no_frame(opened: Open) -> None:
    watched = await opened(SECRETS)
    page = watched.page
    field = page.get_by_label("Client secret")
    assert await field.get_attribute("type") == "password"
    assert await field.get_attribute("autocomplete") == "off"
    await field.press_sequentially(SECRET)
    await page.get_by_role("button", name="Show what I type").click()
    assert await field.get_attribute("type") == "text"
    await page.get_by_role("button", name="Lock", exact=True).first.click()
    facts = await told(page, count=1)
    assert facts["secret"] == DIGEST
    await expect(field).to_have_value("**** 9f3c")
    assert await field.get_attribute("readonly") is not None
    assert "cannot be shown again" in await described_by(field)
    frames = watched.frames()
    assert b'"sealed"' in frames
    assert [form for form in spellings(SECRET) if form in frames] == []
    inputs = await page.evaluate(
        "[...document.querySelectorAll('input, textarea')].map((i) => i.value).join('|')"
    )
    assert SECRET not in inputs


@pytest.mark.parametrize("way", ["Enter", "blur"])
async def test_enter_and_leaving_lock_too(opened: Open, way: str) -> None:
    watched = await opened(SECRETS)
    page = watched.page
    field = page.get_by_label("Client secret")
    await field.press_sequentially(SECRET)
    await (field.press("Enter") if way == "Enter" else field.press("Shift+Tab"))
    assert (await told(page, count=1))["secret"] == DIGEST
    assert [form for form in spellings(SECRET) if form in watched.frames()] == []


async def test_a_kept_secret_can_be_replaced_or_removed_but_not_read(opened: Open) -> None:
    watched = await opened(SECRETS)
    page = watched.page
    field = page.get_by_label("Client secret")
    await field.fill(SECRET)
    await field.press("Enter")
    await told(page, count=1)
    replace = page.get_by_role("button", name="Replace", exact=True).first
    await expect(replace).to_be_focused()
    await replace.click()
    await expect(field).to_be_focused()
    await expect(field).to_have_value("")
    await page.get_by_role("button", name="Keep the old one").click()
    await expect(field).to_have_value("**** 9f3c")
    # The new secret may end in the same four: the field must come back from "Locking" all the same.
    await replace.click()
    await field.fill("another-9f3c")
    await field.press("Enter")
    await told(page, count=2)
    await expect(field).to_have_value("**** 9f3c")
    await page.get_by_role("button", name="Remove", exact=True).click()
    await told(page, removed=True)
    await expect(field).to_have_value("")
    await expect(field).to_be_focused()


async def test_without_web_crypto_nothing_is_sent(opened: Open) -> None:
    script = "Object.defineProperty(Crypto.prototype, 'subtle', {get: () => undefined})"
    watched = await opened(SECRETS, script=script)
    page = watched.page
    field = page.get_by_label("Client secret")
    await field.fill(SECRET)
    await field.press("Enter")
    await expect(page.get_by_text("the browser cannot encrypt the secret")).to_be_visible()
    await expect(field).to_have_value("")
    frames = watched.frames()
    assert b'"sealed"' not in frames
    assert [form for form in spellings(SECRET) if form in frames] == []


# --- header rows


async def test_a_header_is_typed_locked_and_removed_by_keyboard_alone(opened: Open) -> None:
    watched = await opened(SECRETS)
    page = watched.page
    await page.get_by_role("button", name="Add a row").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Name in row 1")).to_be_focused()
    await page.keyboard.type("X-Acme")
    await page.keyboard.press("Tab")
    await page.keyboard.type(SECRET)
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Lock the value in row 1")).to_be_focused()
    await page.keyboard.press("Enter")
    facts = await told(page, rows=[["X-Acme", "", True]], header=DIGEST)
    assert facts["header"] == DIGEST
    await expect(page.get_by_label("Value in row 1", exact=True)).to_have_value("**** 9f3c")
    await expect(page.get_by_role("button", name="Replace the locked value in row 1")).to_be_focused()
    assert [form for form in spellings(SECRET) if form in watched.frames()] == []
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await told(page, rows=[])
    await expect(page.get_by_role("button", name="Add a row")).to_be_focused()


async def test_a_pasted_header_line_is_split_at_the_first_colon(opened: Open) -> None:
    page = (await opened(SECRETS)).page
    await page.get_by_role("button", name="Add a row").click()
    await paste(page, "X-Where: https://example.com:8443/a")
    await expect(page.get_by_label("Name in row 1")).to_have_value("X-Where")
    await expect(page.get_by_label("Value in row 1", exact=True)).to_have_value("https://example.com:8443/a")
    await page.get_by_label("Client secret").focus()
    await told(page, rows=[["X-Where", "https://example.com:8443/a", False]])


async def test_a_known_secret_name_locks_by_itself_and_lines_become_rows(opened: Open) -> None:
    watched = await opened(SECRETS)
    page = watched.page
    await page.get_by_role("button", name="Add a row").click()
    await paste(page, f"Authorization: {SECRET}\nAccept: application/json")
    await page.get_by_label("Client secret").focus()
    await told(page, rows=[["Authorization", "", True], ["Accept", "application/json", False]], header=DIGEST)
    assert [form for form in spellings(SECRET) if form in watched.frames()] == []


async def test_the_error_of_a_row_is_linked_to_its_input(opened: Open) -> None:
    page = (await opened(SECRETS)).page
    await page.get_by_role("button", name="Add a row").click()
    name = page.get_by_label("Name in row 1")
    await name.press_sequentially("X Acme")
    await expect(name).to_have_attribute("aria-invalid", "true")
    assert "A header name has no spaces." in await described_by(name)
    await expect(page.get_by_text("A header name has no spaces.")).to_be_visible()


async def paste(page: Page, text: str) -> None:
    """Paste into what has the focus."""
    await page.evaluate(
        """(text) => {
          const data = new DataTransfer();
          data.setData("text", text);
          document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }""",
        text,
    )


# --- the editor


async def test_what_is_typed_in_the_editor_reaches_python_and_the_text_box(opened: Open) -> None:
    page = (await opened(EDITOR)).page
    code = page.get_by_role("textbox", name="Payload, code editor")
    await code.click()
    await page.keyboard.press("Control+End")
    await page.keyboard.type(" x")
    await page.wait_for_selector(".cm-lint-marker-error")
    facts = await told(page)
    assert facts["payload"].endswith("} x")
    assert await page.get_by_label("Payload", exact=True).input_value() == facts["payload"]
    marked = await page.evaluate(
        """() => {
          const marker = document.querySelector(".cm-lint-marker-error").getBoundingClientRect();
          const lines = [...document.querySelectorAll(".cm-line")];
          return lines.findIndex((line) => Math.abs(line.getBoundingClientRect().top - marker.top) < 12) + 1;
        }"""
    )
    assert marked == 4
    problem = page.get_by_role("button", name="Line 4, column 3")
    assert "This is not JSON here." in await described_by(code)
    await page.get_by_label("After").focus()
    await problem.click()
    await expect(code).to_be_focused()
    await page.keyboard.press("Delete")
    await expect(problem).to_have_count(0)


async def test_the_text_box_behind_it_is_kept_in_sync_both_ways(opened: Open) -> None:
    page = (await opened(EDITOR)).page
    area = page.get_by_label("Payload", exact=True)
    await area.fill('{"typed": 1}')
    await told(page, payload='{"typed": 1}')
    await expect(page.locator(".cm-content")).to_have_text('{"typed": 1}')
    await page.get_by_role("button", name="Set from Python").click()
    await expect(page.locator(".cm-content")).to_have_text('{"set": true}')
    await expect(area).to_have_value('{"set": true}')
    await page.get_by_role("button", name="Plain text box").click()
    await expect(area).to_be_focused()
    await expect(page.locator(".cm-editor")).to_be_hidden()
    await page.get_by_role("button", name="Code editor").click()
    await expect(page.locator(".cm-editor")).to_be_visible()


async def test_variables_are_completed_and_closed(opened: Open) -> None:
    page = (await opened(EDITOR)).page
    await page.get_by_label("Payload", exact=True).fill('{"a": ""}')
    await page.get_by_role("textbox", name="Payload, code editor").click()
    await page.keyboard.press("End")
    for _ in range(2):
        await page.keyboard.press("ArrowLeft")
    await page.keyboard.type("{{")
    first = page.get_by_role("option", name="first_name")
    await expect(first).to_be_visible()
    await page.keyboard.type("la")
    await expect(first).to_have_count(0)
    await page.wait_for_timeout(
        150
    )  # CodeMirror takes no Enter in the first 75 ms, lest a typist picks by accident
    await page.keyboard.press("Enter")
    await told(page, payload='{"a": "{{ last_name }}"}')
    await expect(page.locator(".wb-variable")).to_have_text("{{ last_name }}")


async def test_tab_leaves_the_editor_and_its_find_bar_is_named(opened: Open) -> None:
    page = (await opened(EDITOR)).page
    code = page.get_by_role("textbox", name="Payload, code editor")
    await code.focus()
    assert "Tab moves on" in await described_by(code)
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Plain text box")).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(page.get_by_label("After")).to_be_focused()
    await code.focus()
    await page.keyboard.press("Control+f")
    await expect(page.get_by_role("textbox", name="Find")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(code).to_be_focused()


async def test_without_its_bundle_the_text_box_is_there(serve: Any, open_page: Any) -> None:
    broken = EDITOR.replace("def judge", "payload._editor.code = 'throw new Error(1)'\ndef judge", 1)
    watched = await open_page()
    page = watched.page
    await page.goto(await serve(SETUP, broken, title="Fields under test"))
    await watched.ready()
    area = page.get_by_label("Payload", exact=True)
    await expect(page.get_by_text("The code editor could not be loaded.")).to_be_visible()
    await area.fill("[1]")
    await told(page, payload="[1]")
    box = await area.bounding_box()
    assert box is not None
    assert box["height"] > 100


# --- lists, and the look of all


async def test_rows_are_chosen_by_arrows_enter_and_mouse(opened: Open) -> None:
    page = (await opened(LISTS)).page
    grid = page.get_by_role("grid", name="Integrations")
    await grid.get_by_role("row", name="Row 0").focus()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Space")
    await told(page, selected="1")
    await expect(grid.get_by_role("row", name="Row 1")).to_have_attribute("aria-selected", "true")
    await page.keyboard.press("End")
    await page.keyboard.press("Enter")
    await told(page, selected="3", opened="3")
    await grid.get_by_role("row", name="Row 2").click()
    await told(page, selected="2")


async def test_the_copy_button_copies_the_text_as_it_is(opened: Open) -> None:
    page = (await opened(LISTS, permissions=["clipboard-read", "clipboard-write"])).page
    await page.get_by_role("button", name="Copy").click()
    await expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert await page.evaluate("navigator.clipboard.readText()") == '{"a": "<b>"}'


@pytest.mark.parametrize("cell", [FORM, SECRETS, EDITOR, LISTS], ids=["form", "secrets", "editor", "lists"])
async def test_axe_finds_nothing_serious_no_text_is_too_pale_and_nothing_sticks_out(
    opened: Open, cell: str
) -> None:
    watched = await opened(cell)
    page = watched.page
    if cell == FORM:
        await page.get_by_label("Name").press_sequentially("ab")
        await expect(page.get_by_label("Name")).to_have_attribute("aria-invalid", "true")
    if cell == SECRETS:
        await page.get_by_role("button", name="Add a row").click()
        await page.get_by_label("Name in row 1").press_sequentially("X Acme")
        await expect(page.get_by_label("Name in row 1")).to_have_attribute("aria-invalid", "true")
    if cell == EDITOR:
        await page.get_by_role("textbox", name="Payload, code editor").click()
        await page.keyboard.type("x")
        await page.wait_for_selector(".cm-lint-marker-error")
    for width, theme in ((1280, "light"), (800, "dark")):
        await watched.wear(width, theme)
        assert await watched.axe() == []
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
    assert watched.complaints == []


async def test_the_widgets_show_in_jupyterlab(serve_lab: Any, open_page: Any) -> None:
    watched = await open_page()
    page = watched.page
    await page.goto(
        await serve_lab(
            SETUP, FORM.replace("look.page(", "look.stack(name); look.page("), EDITOR.replace(", told)", ")")
        )
    )
    await page.wait_for_selector(".jp-NotebookPanel .jp-Cell", timeout=60_000)
    await expect(page.get_by_role("button", name="Python 3 (ipykernel) | Idle")).to_be_visible(timeout=60_000)
    await page.get_by_role("menuitem", name="Run", exact=True).click()
    await page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    name = page.get_by_label("Name", exact=True)
    await expect(name).to_be_visible(timeout=60_000)
    await name.fill("From JupyterLab")
    await told(page, name="From JupyterLab")
    await page.locator(".cm-editor .wb-variable").scroll_into_view_if_needed()
    await expect(page.locator(".wb-editor .wb-variable")).to_have_text("{{ user_identifier }}")
    await page.close()  # a page that goes on asking keeps the server from ending
