"""HOME: the first page: what this is, how things stand, and the ways in."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import ipywidgets

from workbench.models.integration import Draft, Listed
from workbench.models.journal import Entry, EntryFilter
from workbench.sentence import N_, say

from . import look
from .bar import PageLinks
from .journal import entry_row
from .listing import badge_markup, draft_line, draft_name, listed_row
from .page import Frame
from .piece import Said, said
from .tables import table
from .units import unit_choice

LATEST = 5
"""How many integrations, drafts and exchanges the home page shows."""
SANDBOX = "WORKBENCH_SANDBOX"
"""Where the sandbox listens, when it was started together with this page."""
EXAMPLE = "http://127.0.0.1:8868"


class HomePage:
    """The content of the home page. It only reads."""

    place = ""

    def __init__(
        self,
        frame: Frame,
        listed: Sequence[Listed],
        entries: Sequence[Entry],
        drafts: Sequence[Draft],
        units: Sequence[ipywidgets.Widget] = (),
    ) -> None:
        self.frame, self.listed, self.entries, self.drafts = frame, listed, entries, drafts
        self.widget = look.stack(
            self._head(),
            *units,
            self._ways(),
            *([self._resume()] if drafts else []),
            look.columns(self._integrations(), self._activity(), weights=(1, 1)),
            self._modes(),
            self._sdk(),
            gap="large",
        )

    async def go(self, place: str) -> None:
        """Stay: this page has one place."""

    def _head(self) -> ipywidgets.Widget:
        lines = (
            N_("Build what joins your campaign platform with the systems that deliver, in four steps."),
            N_(
                "See every request exactly as it goes out, and read what the provider answers in plain words."
            ),
            N_("Rehearse it all against local stand-ins first; go live when you say so."),
        )
        items = look.Html("").join(look.markup("<p>{text}</p>", text=said(line)) for line in lines)
        return look.show(
            look.markup(
                '<div class="wb-heading wb-welcome"><h1 class="wb-h1">{title}</h1>{items}</div>',
                title=said(N_("Integration workbench")),
                items=items,
            )
        )

    def _ways(self) -> ipywidgets.Widget:
        catalogue, journal = "await integrations_page(bench)", "await activity_page(bench)"
        look_up = N_("Look one up, test it again, change it or carry it elsewhere.")
        follow = N_("Many messages as one job: how far each one is, what failed and why.")
        read = N_("Every request and reply. Compare two, or copy one as cURL.")
        rehearse = N_("Play how a held sendout ends: who gets it, who times out, and why.")
        watch = N_("Holds in progress: time left, decisions, accept or reject by hand.")
        text = N_("Set up a provider, compose a text, see what each one would get, and what became of it.")
        tell = N_("Say what happened to a contact, look at every row of a table, send it, and prove it.")
        carry = N_("Bring contacts, products, purchases and coupons to a shop's platform, within its limits.")
        mark = N_("Write a shop's tags and events, and see what its page would really send.")
        tend = N_("See whether the server is well, what is kept, who comes in; make a backup.")
        prove = N_("Check a shop's integration step by step, with evidence for each.")
        ways = [
            ("integrations", "", N_("Open integrations"), look_up, catalogue),
            ("work", "", N_("Follow the work"), follow, "await work_page(bench)"),
            ("gate", "", N_("Rehearse a gate"), rehearse, "await gate_lab_page(bench)"),
            ("gate_live", "", N_("Follow the send gates"), watch, "await gates_page(bench)"),
            ("sms", "", N_("Send text messages"), text, "await sms_page(bench)"),
            ("events", "", N_("Send events and tables"), tell, "await events_page(bench)"),
            ("sync", "", N_("Sync a shop"), carry, "await sync_page(bench)"),
            ("shop_tags", "", N_("Tag a shop's pages"), mark, "await shop_tags_page(bench)"),
            ("readiness", "", N_("Prove a shop is ready"), prove, "await readiness_page(bench)"),
            ("activity", "", N_("See activity"), read, journal),
            ("operations", "", N_("Look after the workbench"), tend, "await operations_page(bench)"),
        ]
        if self.frame.may("operator"):
            create = N_("Provider, authorization, a test with the exact request, and save.")
            ways.insert(0, ("integrations", "new", N_("Create an integration"), create, catalogue))
        return PageLinks([_link(*way) for way in ways], label=said(N_("Ways in")), kind="cards")

    def _resume(self) -> ipywidgets.Widget:
        links = [
            _link(
                "integrations", f"draft={draft.id}", say("Resume “{name}”", name=draft_name(draft)),
                draft_line(draft), "await integrations_page(bench)",
            )
            for draft in self.drafts[:LATEST]
        ]  # fmt: skip
        return look.card(N_("Drafts to resume"), PageLinks(links, label=said(N_("Drafts to resume"))))

    def _integrations(self) -> ipywidgets.Widget:
        rows = [listed_row(item) for item in self.listed[:LATEST]]
        shown = [
            {"name": row["name"], "provider": row["provider"], "badge": badge_markup(row["badge"])}
            for row in rows
        ]
        columns = [("name", N_("Name")), ("provider", N_("Provider")), ("badge", N_("State"))]
        return look.card(
            say("Integrations ({count})", count=len(self.listed)),
            table(columns, shown, empty=N_("None yet. The first one takes five minutes.")),
            PageLinks([_link("integrations", "", N_("All integrations"))], label=said(N_("Integrations"))),
        )

    def _activity(self) -> ipywidgets.Widget:
        rows = [entry_row(entry) for entry in self.entries]
        shown = [
            {"at": row["at"], "integration": row["integration"], "outcome": badge_markup(row["outcome"])}
            for row in rows
        ]
        columns = [("at", N_("When (UTC)")), ("integration", N_("Integration")), ("outcome", N_("Outcome"))]
        return look.card(
            N_("Last exchanges"),
            table(columns, shown, empty=N_("Nothing has gone out yet.")),
            PageLinks([_link("activity", "", N_("All activity"))], label=said(N_("Activity"))),
        )

    def _modes(self) -> ipywidgets.Widget:
        live = self.frame.facts.mode == "live"
        rehearsed = N_(
            "Requests to a provider are answered by a stand-in on this machine that checks and refuses as the provider "
            "does. Any other address is refused. No message reaches anybody."
        )
        arriving = N_(
            "Requests leave this machine and messages arrive. Each one asks for the host and the recipient first. "
            "Whoever runs the workbench starts it so on purpose: workbench --live up."
        )
        return look.card(
            N_("Rehearsal and live"),
            look.columns(
                _mode(N_("Rehearsal"), not live, rehearsed), _mode(N_("Live"), live, arriving), weights=(1, 1)
            ),
        )

    def _sdk(self) -> ipywidgets.Widget:
        known = os.environ.get(SANDBOX, "")
        base = known or EXAMPLE
        text = N_(
            "Your own code, or a provider's official SDK, can rehearse too: give it the address of a stand-in "
            "instead of the provider's."
        )
        steps = [look.show(text)]
        if not known:
            steps.append(look.code_block("workbench sandbox --port 8868", said(N_("Start the sandbox"))))
        steps.append(look.code_block(_sdk_example(base), "Python"))
        steps.append(
            look.show(
                say(
                    "Each provider has its own path below {base}, and the provider's own paths below that.",
                    base=base,
                ),
                "wb-hint",
            )
        )
        return look.card(N_("Point an SDK at the sandbox"), *steps)


def _link(page: str, place: str, label: Said, text: Said = "", code: str = "") -> Mapping[str, str]:
    return {"page": page, "place": place, "label": said(label), "text": said(text), "code": code}


def _mode(title: str, here: bool, text: str) -> ipywidgets.Widget:
    mark = look.badge(N_("this workbench"), "info") if here else look.Html("")
    return look.show(
        look.markup(
            '<div class="wb-mode-text"><h3 class="wb-h3">{title} {mark}</h3><p>{text}</p></div>',
            title=said(title), mark=mark, text=said(text),
        )
    )  # fmt: skip


def _sdk_example(base: str) -> str:
    return (
        "from sendgrid import SendGridAPIClient\n\n"
        f'client = SendGridAPIClient("SG.any-key", host="{base}/sendgrid")\n'
        "client.send(message)"
    )


async def home(frame: Frame) -> HomePage:
    """Return the home page as things stand now."""
    bench = frame.bench
    listed = await bench.integrations.list_all()
    entries = [
        entry
        for entry in await bench.activity.entries(EntryFilter(limit=4 * LATEST))
        if entry.request is not None
    ][:LATEST]
    drafts = await bench.integrations.drafts() if frame.may("operator") else []
    return HomePage(frame, listed, entries, drafts, await unit_choice(frame))
