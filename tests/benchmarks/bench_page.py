"""First usable time of the integrations page and the wizard, cold and preheated; and a keystroke's way to the preview.

``python tests/benchmarks/bench_page.py [rounds]`` starts a server process and Voila, opens the page in a real browser in a fresh
context each time, and prints medians. Usable: from the address to the wizard's first field, a click on “Create an integration”
included, which is a whole round trip. The figures belong together as ratios within one run; the machine's other work is in them.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from hashlib import sha256
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.browser.conftest import LAUNCH, _installed, free_port  # noqa: E402
from workbench.widgets import voila  # noqa: E402

TOKEN = "bench-token"
KEYSTROKE = """
async (key) => {
  const shown = () => [...document.querySelectorAll('pre')].some((one) => !one.closest('.cm-editor') && one.textContent.includes(key));
  const area = [...document.querySelectorAll('.cm-content')].find((one) => one.textContent.includes('dyCampaignName'));
  const seen = new Promise((done) => {
    const watch = new MutationObserver(() => { if (shown()) { watch.disconnect(); done(performance.now()); } });
    watch.observe(document.body, { childList: true, subtree: true, characterData: true });
  });
  const start = performance.now();
  const view = area.cmView?.view ?? area.cmTile?.view;
  const at = view.state.doc.toString().indexOf('"subject": "') + 12;
  view.dispatch({ changes: { from: at, insert: key }, userEvent: "input.type" });
  return (await seen) - start;
}
"""


def start(command: list[str], environment: dict[str, str], url: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(300):
        try:
            urllib.request.urlopen(url, timeout=2)
            return process
        except OSError as error:
            if getattr(error, "code", None):
                return process
            time.sleep(0.2)
    raise SystemExit(f"{url} did not answer")


async def usable(browser: Browser, url: str) -> tuple[float, float, Page]:
    """Return the seconds to the drawn page and to the wizard's first field, and the page."""
    page = await (await browser.new_context()).new_page()
    begun = time.perf_counter()
    await page.goto(url)
    await page.wait_for_selector("body[data-wb-ready=true]", timeout=120_000)
    button = page.get_by_role("button", name="Create an integration").first
    await button.wait_for(timeout=60_000)
    drawn = time.perf_counter() - begun
    await button.click()
    await page.get_by_label("HTTP Post URL").wait_for(timeout=60_000)
    return drawn, time.perf_counter() - begun, page


async def keystrokes(page: Page, count: int) -> list[float]:
    """Return the milliseconds from a change in the payload editor to the preview that shows it."""
    await page.get_by_label("Name", exact=False).first.fill("Bench")
    await page.get_by_label("HTTP Post URL").fill("https://esp.example.com/send")
    next_button = page.get_by_role("button", name="Next", exact=True)
    await next_button.click()
    await page.get_by_role("radio", name="No Auth").wait_for()
    await next_button.click()
    await page.get_by_role("button", name="Test", exact=True).wait_for()
    await page.wait_for_selector(".cm-content")
    await asyncio.sleep(2)
    found = []
    for number in range(count):
        found.append(await page.evaluate(KEYSTROKE, f"k{number:03}z"))
        await asyncio.sleep(0.25)
    return found


async def main(rounds: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as home:
        people = {sha256(TOKEN.encode()).hexdigest(): {"name": "Bench", "role": "admin"}}
        port = free_port()
        shared = {name: value for name, value in os.environ.items() if not name.startswith("WORKBENCH_")}
        environment = {
            **shared,
            "WORKBENCH_HOME": home,
            "WORKBENCH_KEYRING": "off",
            "WORKBENCH_PEOPLE": json.dumps(people),
        }
        command = [
            sys.executable,
            "-m",
            "uvicorn",
            "--factory",
            "workbench.server:app_from_environment",
            "--port",
            str(port),
        ]
        processes = [start(command, environment, f"http://127.0.0.1:{port}/health")]
        try:
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=_installed(), args=LAUNCH)
                for name, warm in (("cold", 0), ("preheated (3)", 3)):
                    at = free_port()
                    given = voila.environment(
                        {**shared, "WORKBENCH_URL": f"http://127.0.0.1:{port}", "WORKBENCH_TOKEN": TOKEN}
                    )
                    command = [
                        sys.executable,
                        "-m",
                        "voila",
                        *voila.arguments(ROOT / "dashboards", port=at, warm=warm),
                    ]
                    url = f"http://127.0.0.1:{at}/"
                    processes.append(start(command, given, url + "voila/static/none"))
                    drawn, first = [], []
                    for _ in range(rounds):
                        await asyncio.sleep(12 if warm else 1)  # the pool fills again
                        one, two, page = await usable(browser, url + "voila/render/integrations.ipynb")
                        drawn.append(one)
                        first.append(two)
                        last = page
                        if _ < rounds - 1:
                            await page.context.close()
                    print(
                        f"{name:14} page drawn {statistics.median(drawn):5.2f} s   wizard usable {statistics.median(first):5.2f} s"
                    )
                    strokes = sorted(await keystrokes(last, 20))
                    print(
                        f"{name:14} keystroke to preview: median {statistics.median(strokes):.0f} ms, p95 {strokes[-2]:.0f} ms"
                    )
                    processes.pop().terminate()
        finally:
            for process in processes:
                process.terminate()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3))
