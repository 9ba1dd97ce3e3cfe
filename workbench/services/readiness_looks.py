"""Readiness looks: the checks that need no call: pages, settings, the platform's own calls, imports, and what a browser gave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode, urlsplit

from workbench.engine.readiness_gathered import (
    domains_judged,
    double_judged,
    paths_judged,
    product_hosts,
    site_judged,
    unproven_paths,
    ways_of,
)
from workbench.engine.readiness_kept import cut, kept_body
from workbench.engine.readiness_pages import Seen, judge, posted, seen_page, seen_posted
from workbench.errors import Invalid, NotFound, Refused
from workbench.models.base import Problem
from workbench.models.push import PushFinding
from workbench.models.request import Mode
from workbench.models.run import Run
from workbench.providers import platform as platform_of
from workbench.sentence import say

from .house import House
from .readiness_found import Doing, Found

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from .push import Push
    from .runs import Runs
    from .shops import Shops
    from .sync_imports import SyncImports
    from .tags import Tags

REHEARSED: Final = "readiness@example.com"
"""Whose call the rehearsal makes: nobody's."""
OBJECTS: Final = {"contact": "contacts", "product": "products", "purchase": "purchases", "coupon": "coupons"}


class Looks:
    """The checks that look at what is here."""

    def __init__(
        self, house: House, shops: Shops, sync_imports: SyncImports, tags: Tags, push: Push, runs: Runs
    ) -> None:
        self.house, self.shops, self.sync_imports = house, shops, sync_imports
        self.tags, self.push, self.runs = tags, push, runs

    # -- pages ---------------------------------------------------------------------------------------------------------

    async def page(self, doing: Doing) -> Found:
        """Return whether a page, or what a browser posted for it, tells what it should."""
        given = doing.given
        if not given.page.strip():
            raise Invalid(
                [Problem(field="page", sentence=say("Paste the page's source, or what the browser posted."))]
            )
        seen = await self._seen(doing)
        salt = self.house.home.salt
        body = kept_body(seen.body, salt) if seen.body is not None else None
        return Found.judged(judge(doing.check, seen), seen.source, body)

    async def _seen(self, doing: Doing) -> Seen:
        given = doing.given
        body, before = posted(given.page), posted(given.before)
        if body is not None:
            return seen_posted(body, before)
        earlier = given.before if given.before.strip() else None
        report = await self.tags.lint(given.page)
        found = await self.tags.simulate(given.page, earlier, given.url or doing.shop.settings.site)
        return seen_page(found, report.findings, earlier is not None)

    # -- settings ------------------------------------------------------------------------------------------------------

    async def domain_list(self, doing: Doing) -> Found:
        """Return whether the shop's own domain is among those allowed."""
        return Found.judged(
            site_judged(doing.shop.settings), "settings", {"domains": list(doing.shop.settings.domains)}
        )

    async def domains_used(self, doing: Doing) -> Found:
        """Return whether all products that were seen are on allowed domains."""
        hosts = product_hosts(doing.validation)
        judged = domains_judged(doing.shop.settings, hosts)
        if judged is None:
            text = say("No product was seen in this validation yet.")
            return Found(False, text, "page", say("Read a product's page first."), early=True)
        return Found.judged(judged, "page", {"hosts": sorted(hosts)})

    async def paths(self, doing: Doing) -> Found:
        """Return whether each path that no document shows was answered in this validation."""
        settings = doing.shop.settings
        left = unproven_paths(platform_of(settings.platform), settings, doing.validation)
        return Found.judged(paths_judged(left), "settings" if left else "answer")

    # -- the platform's own calls --------------------------------------------------------------------------------------

    async def subscribed(self, doing: Doing) -> Found:
        """Return whether the platform called since the validation began. In a rehearsal the call can be made here."""
        what = doing.check.rpartition(".")[2]
        if doing.given.rehearse:
            await self._rehearse_call(doing, what)
        came = await self.shops.calls(doing.shop.id, "", 100)
        since = [one for one in came if one.at >= doing.validation.begun_at and one.what == what]
        good = next((one for one in since if one.problem is None), None)
        if good is not None:
            body = {
                "what": good.what,
                "recipient": good.recipient,
                "at": good.at.isoformat(timespec="seconds"),
            }
            return Found(
                True,
                say("The platform called: {what} of {recipient}.", what=what, recipient=good.recipient),
                "call",
                body=body,
            )
        wrong = next((one.problem for one in since if one.problem is not None), None)
        if wrong is not None:
            return Found(
                False,
                say("The platform called, and it could not be taken: {why}", why=wrong.sentence),
                "call",
            )
        return Found(False, say("No such call came in since the validation began."), "call", early=True)

    async def _rehearse_call(self, doing: Doing, what: str) -> None:
        """Call in the platform's place, as it does: by the shop's own callback address."""
        if self.house.mode != "rehearsal":
            raise Refused(say("Only the platform itself may make this call in live mode."))
        addresses = await self.shops.addresses(doing.shop.id)
        url = addresses.subscribe if what == "subscribe" else addresses.unsubscribe
        token = urlsplit(url).path.rstrip("/").split("/")[-2]
        query = urlencode({"email": REHEARSED, "ip": "192.0.2.1"}).encode()
        await self.shops.newsletter.taken(token, "subscribe" if what == "subscribe" else "unsubscribe", query)

    # -- web push ------------------------------------------------------------------------------------------------------

    async def push_settings(self, doing: Doing) -> Found:
        """Return whether a browser could subscribe with the shop's settings."""
        verdict = await self.push.check(await self.push.of(doing.shop.id))
        return _of_push(
            verdict.findings, verdict.ready, say("Site, worker, scope and key are right."), "settings"
        )

    async def push_worker(self, doing: Doing) -> Found:
        """Return whether a browser would take the worker as the shop's server gives it."""
        look = await self.push.look(doing.shop.id, doing.confirmation)
        body = {"url": look.url, "status": look.status, "content_type": look.content_type, "bytes": look.size}
        return _of_push(
            look.findings,
            look.ready,
            say("The shop's server gives the worker as browsers want it."),
            "answer",
            body,
        )

    async def push_browser(self, doing: Doing) -> Found:
        """Return whether a browser's subscription, or the report of our lines, shows that it subscribed."""
        if not doing.given.text.strip():
            raise Invalid(
                [
                    Problem(
                        field="text",
                        sentence=say("Paste the subscription, or the report of webPush.subscribe()."),
                    )
                ]
            )
        got = await self.push.subscription(doing.given.text, await self.push.of(doing.shop.id))
        body = cut(
            {"service": got.service, "p256dh_bytes": got.p256dh, "auth_bytes": got.auth, "report": got.report}
        )
        if got.valid and not got.service:
            return Found(
                False, say("The worker runs, but the browser did not subscribe yet."), "browser", body=body
            )
        good = say("A browser subscribed by {service}, and could be written to.", service=got.service)
        return _of_push(got.findings, got.valid, good, "browser", body)

    # -- runs ----------------------------------------------------------------------------------------------------------

    async def last_import(self, doing: Doing) -> Found:
        """Return whether the shop's newest import took every row: one of this mode, begun by this workbench."""
        for run in await self._synced(doing.shop.id, doing.validation.mode):
            if run.plan.sync is None or run.plan.sync.how != "import":
                continue
            try:
                report = await self.sync_imports.report(run.id)
            except NotFound:
                continue
            body = {
                "title": run.plan.title, "rows": report.rows, "taken": report.success, "refused": report.errors,
                "parts": len(report.parts), "done": report.done,
            }  # fmt: skip
            if report.clean and report.rows:
                return Found(
                    True,
                    say("The import “{name}” took all {rows} rows.", name=run.plan.title, rows=report.rows),
                    "run",
                    body=body,
                )
            if not report.done:
                return Found(
                    False,
                    say("The import “{name}” is still under way.", name=run.plan.title),
                    "run",
                    say("Look again at its end."),
                    body=body,
                )
            text = say(
                "The import “{name}” took {taken} of {rows} rows: a partial success.",
                name=run.plan.title, taken=report.success, rows=report.rows,
            )  # fmt: skip
            return Found(False, text, "run", body=body)
        return Found(
            False,
            say("Nothing was imported for this shop yet."),
            "run",
            say("Import a table on the page “Sync”."),
            early=True,
        )

    async def double(self, doing: Doing) -> Found:
        """Return whether anything that was seen here is told twice."""
        synced = {
            OBJECTS[run.plan.sync.entity] for run in await self._synced(doing.shop.id, doing.validation.mode) if run.plan.sync
        }  # fmt: skip
        ways = ways_of(doing.validation, synced)
        if not ways:
            text = say("Nothing was seen in this validation yet that could be told twice.")
            return Found(False, text, "page", say("Read the pages first."), early=True)
        known = {row.key for row in (await self.tags.coverage({})).rows}
        coverage = await self.tags.coverage({key: value for key, value in ways.items() if key in known})
        return Found.judged(
            double_judged(coverage), "page", {key: list(value) for key, value in ways.items()}
        )

    async def _synced(self, shop_id: str, mode: Mode) -> list[Run]:
        """Return the runs that were started for a shop in a mode, newest first."""
        found = [
            run for run in await self.runs.runs("sync") if run.job_id and run.plan.sync and run.plan.sync.shop_id == shop_id
        ]  # fmt: skip
        kept = []
        for run in found:
            try:
                job = (await self.house.ledger.job(run.job_id or "")).job
            except NotFound:
                continue
            if job.mode == mode:
                kept.append(run)
        return sorted(kept, key=lambda run: run.created_at, reverse=True)


def _of_push(
    findings: tuple[PushFinding, ...], ready: bool, good: Any, source: Any, body: Any = None
) -> Found:
    """Return what was found of web push: the first error with its sentence, the others as notes."""
    wrong = next((one for one in findings if one.found == "error"), None)
    notes = tuple(one.sentence for one in findings if one is not wrong)
    if wrong is not None:
        return Found(False, wrong.sentence, source, notes=notes, body=body)
    return Found(ready, good, source, notes=notes, body=body)
