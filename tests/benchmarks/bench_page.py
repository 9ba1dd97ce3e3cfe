"""How soon a page can be used, and how soon it follows a key: python -m tests.benchmarks.bench_page [rounds].

The same small form (text, choice, button, preview) as a page of ours, and as Panel, Streamlit and Solara make it, in a real browser, in a
fresh context at each visit. *Usable*: from the address until a typed letter stands in the preview, which is a whole way to the server and
back. *Keystroke*: from the key to the preview, measured in the page; a text reaches Streamlit with the Enter key. The ways take turns,
round by round; besides the clock, the processor's own time of server and browser is told, which a busy machine changes little.

*Preheated*: the visitor's kernel was started ahead. *Cold*: it starts when the visitor comes, of the process that has loaded all; for the
others a visit is always cold, since they keep nothing for a visitor. Memory is what a further visitor costs the server (PSS).
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import psutil
from playwright.async_api import Browser, Page, async_playwright

from tests.benchmarks.figures import sheet_of
from tests.benchmarks.npm_tools import Missing
from tests.benchmarks.page_peers import COLD, PANEL, PLAIN, SOLARA, STREAMLIT, WARM, Form, served
from tests.browser.conftest import LAUNCH, _installed

KEYS = 20
OPEN = 4
"""Visitors whose memory is measured together."""
WATCH = """
([field, preview, enter]) => {
  const deep = (root, selector) => {
    const found = [...root.querySelectorAll(selector)];
    for (const node of root.querySelectorAll("*")) if (node.shadowRoot) found.push(...deep(node.shadowRoot, selector));
    return found;
  };
  window.benchField = () => deep(document, field)[0];
  window.benchShows = (text) => deep(document, preview).some((one) => one.textContent.includes(text));
  window.benchPut = (text) => {
    const input = window.benchField();
    input.focus();
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(input, text);
    input.dispatchEvent(new Event("input", { bubbles: true }));
    if (enter) for (const type of ["keydown", "keypress", "keyup"])
      input.dispatchEvent(new KeyboardEvent(type, { key: "Enter", code: "Enter", keyCode: 13, which: 13, bubbles: true }));
  };
  window.benchKey = async (text) => {
    const begun = performance.now();
    window.benchPut(text);
    while (!window.benchShows(text)) {
      if (performance.now() - begun > 5000) throw new Error("the preview did not follow");
      // looked at between any two tasks of the page, not only when it is painted
      await new Promise((done) => { const way = new MessageChannel(); way.port1.onmessage = done; way.port2.postMessage(0); });
    }
    return performance.now() - begun;
  };
}
"""


async def visit(browser: Browser, form: Form) -> tuple[float, Page]:
    """Return the seconds until the form follows what is typed, and the page."""
    page = await (await browser.new_context()).new_page()
    begun = time.perf_counter()
    await page.goto(form.url, wait_until="commit")
    await page.evaluate(WATCH, [form.field, form.preview, form.enter])
    await page.wait_for_function("() => window.benchField()", polling=20, timeout=60_000)
    for number in range(
        2_000
    ):  # what is typed before the form listens is lost: it is typed again, as a visitor would
        text = f"a{number}z"
        await page.evaluate("(text) => window.benchPut(text)", text)
        try:
            await page.wait_for_function(
                "(text) => window.benchShows(text)", arg=text, polling=5, timeout=250
            )
        except Exception:  # noqa: BLE001 - not yet
            continue
        return time.perf_counter() - begun, page
    raise SystemExit(f"{form.url} never followed what was typed")


async def keystrokes(page: Page) -> list[float]:
    """Return the milliseconds from a key to the preview."""
    found = []
    for number in range(KEYS):
        await asyncio.sleep(0.15)
        found.append(await page.evaluate("(text) => window.benchKey(text)", f"key {number} of many"))
    return found


def own_seconds() -> float:
    """Return the processor time of the browser's processes."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        try:
            if "chrom" in process.name():
                times = process.cpu_times()
                total += times.user + times.system
        except psutil.Error:  # it ended meanwhile
            continue
    return total


async def memory(browser: Browser, form: Form) -> float:
    """Return the megabytes that one further visitor costs the server."""
    form.calm()
    before = form.megabytes()
    pages = [(await visit(browser, form))[1] for _ in range(OPEN)]
    form.calm()
    cost = (form.megabytes() - before) / OPEN
    for page in pages:
        await page.context.close()
    return cost


async def main(rounds: int) -> None:
    """Measure and print."""
    usable: dict[str, list[float]] = {}
    worked: dict[str, list[float]] = {}
    followed: dict[str, list[float]] = {}
    cost: dict[str, list[float]] = {}
    left_out: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        forms: dict[str, Form] = {}
        for name in (WARM, COLD, PLAIN, PANEL, STREAMLIT, SOLARA):
            try:
                forms[name] = stack.enter_context(served(name, Path(folder)))
            except Missing as missing:
                left_out[name] = str(missing)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=_installed(), args=LAUNCH)
            for number in range(rounds + 1):
                for name, form in forms.items():
                    form.calm()
                    before, own = form.seconds(), own_seconds()
                    seconds, page = await visit(browser, form)
                    spent = form.spent(before) + own_seconds() - own
                    if number:  # the first round is for the servers to load what they load once
                        usable.setdefault(name, []).append(seconds)
                        worked.setdefault(name, []).append(spent)
                        followed.setdefault(name, []).append(median(await keystrokes(page)))
                    await page.context.close()
            for name, form in forms.items():
                cost[name] = [await memory(browser, form)]
            await browser.close()
    told(usable, worked, followed, cost, left_out)


def told(
    usable: dict[str, list[float]],
    worked: dict[str, list[float]],
    followed: dict[str, list[float]],
    cost: dict[str, list[float]],
    left_out: dict[str, str],
) -> None:
    """Print the comparisons, and keep them."""
    peers = (PANEL, STREAMLIT, SOLARA)
    for state in (WARM, COLD):
        other = COLD if state == WARM else PLAIN
        for topic, unit, found in (
            (f"Page usable, {state}", "s", usable),
            (f"Processor time of a visit, {state}", "s", worked),
        ):
            chosen = {name: found[name] for name in (state, other, *peers) if name in found}
            sheet = sheet_of("page", topic, unit, chosen, ours=state, parts=(other,), less=True)
            sheet.left_out |= left_out
            sheet.tell()
    for topic, unit, found in (
        ("Key to preview", "ms", followed),
        ("Memory of a further visitor (PSS)", "MB", cost),
    ):
        chosen = {name: found[name] for name in (WARM, PLAIN, *peers) if name in found}
        sheet_of("page", topic, unit, chosen, ours=WARM, parts=(PLAIN,), less=True).tell()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 7))
