"""The HTML report in a real browser: forty hostile texts run nothing and load nothing; both lights, two widths, nothing serious for axe."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from playwright.async_api import Page

from tests.browser.conftest import OpenPage
from tests.engine.hostile_markup import HOSTILE
from workbench.engine.assertions import run_checks
from workbench.engine.html_report import html_report
from workbench.engine.junit import clean
from workbench.engine.structural_diff import compare_answers
from workbench.models.assertion import Assertion
from workbench.models.cassette import Answer, Report

RUNS = "window.ran = 0; for (const name of ['alert', 'confirm', 'prompt']) window[name] = () => { window.ran += 1; };"


def hostile_report() -> Report:
    answer = Answer(status=200, is_json=True, tree={"said": list(HOSTILE)}, elapsed_ms=1.0)
    other = answer.model_copy(update={"tree": {"said": [f"{text} " for text in HOSTILE]}})
    checks = [
        Assertion(path=f"said[{at}]", operator="equals", expected=text)
        for at, text in enumerate(reversed(HOSTILE))
    ]
    return Report(
        cassette_id="cas_1", name=" ".join(HOSTILE), source="played", mode="rehearsal", at=datetime(2026, 11, 22, tzinfo=UTC), status=200,
        verdicts=run_checks(checks, answer), captured={text: text for text in HOSTILE}, changes=compare_answers(answer, other).changes,
    )  # fmt: skip


def recorded(page: Page) -> list[str]:
    """Return the list in which every address stands that the page asks for from now on."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    return asked


async def test_the_report_runs_and_loads_nothing_and_reads_in_both_lights(
    open_page: OpenPage, tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    path.write_text(html_report([hostile_report()]), encoding="utf-8")
    for theme, width in (("light", 1280), ("dark", 800)):
        watched = await open_page(width=width, theme=theme, script=RUNS)
        page = watched.page
        asked = recorded(page)
        await page.goto(path.as_uri())
        await page.mouse.move(200, 300)
        assert await page.evaluate("window.ran") == 0
        assert asked == [path.as_uri()]
        shown = await page.inner_text("body")
        for text in HOSTILE[:38]:
            assert " ".join(clean(text).split()) in " ".join(shown.split())
        assert (
            await page.evaluate(
                "document.querySelectorAll('script, img, svg, iframe, object, embed, form, link, base').length"
            )
            == 0
        )
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert watched.complaints == []
        light = await page.evaluate(
            "getComputedStyle(document.body).backgroundColor.match(/[0-9]+/)[0] > 128"
        )
        assert light is (theme == "light")
        assert await watched.axe() == []
