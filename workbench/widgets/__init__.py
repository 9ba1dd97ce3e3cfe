"""FACE: the pages. Each function opens one and returns its widget; await it as the last line of a cell.

``from workbench.widgets import integrations_page`` loads nothing until the page is opened. Without an argument a page
connects to the server process (``WORKBENCH_URL`` and ``WORKBENCH_TOKEN``), as dashboards do; a notebook gives its own workbench.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ipywidgets import Widget

    from workbench.bench import Workbench

    from .cluster import ClusterPanel
    from .work import JobProgress

__all__ = [
    "activity_page",
    "cluster_panel",
    "events_page",
    "gate_lab_page",
    "gates_page",
    "home_page",
    "integrations_page",
    "job_progress",
    "operations_page",
    "payload_page",
    "readiness_page",
    "settle",
    "shop_tags_page",
    "sms_page",
    "sync_page",
    "work_page",
]


async def home_page(bench: Workbench | None = None) -> Widget:
    """Return the home page: what this is, how things stand, and the ways in."""
    from .home import home
    from .page import PAGES, Frame

    return await Frame("home", PAGES["home"], home, bench).open()


async def integrations_page(bench: Workbench | None = None) -> Widget:
    """Return the integrations page: the catalogue, with the wizard, tests, export and import."""
    from .integrations import integrations
    from .page import PAGES, Frame

    places = ("new", "import", "draft", "integration")
    return await Frame("integrations", PAGES["integrations"], integrations, bench, places).open()


async def activity_page(bench: Workbench | None = None) -> Widget:
    """Return the activity page: every exchange, to find, open, compare and carry away."""
    from .journal import activity
    from .page import PAGES, Frame

    return await Frame("activity", PAGES["activity"], activity, bench, ("entry", "integration")).open()


async def payload_page(bench: Workbench | None = None) -> Widget:
    """Return the payload page: write a payload, give it a contact's values, and see what would be sent."""
    from .page import Frame
    from .payload_desk import TITLE, payloads

    return await Frame("payload", TITLE, payloads, bench).open()


async def work_page(bench: Workbench | None = None) -> Widget:
    """Return the work page: every job, how it goes, and a new one."""
    from .page import PAGES, Frame
    from .work_desk import work

    return await Frame("work", PAGES["work"], work, bench, ("job", "new"), lasting=("job",)).open()


async def gate_lab_page(bench: Workbench | None = None) -> Widget:
    """Return the gate lab: a sendout, how it is answered, and how it ends."""
    from .gate_lab import gate_lab
    from .page import PAGES, Frame

    return await Frame("gate", PAGES["gate"], gate_lab, bench, ("scenario",), lasting=("scenario",)).open()


async def gates_page(bench: Workbench | None = None) -> Widget:
    """Return the page of the send gates: what waits at them, the gates themselves, and the rehearsal against them."""
    from .gate_live import gates
    from .page import PAGES, Frame

    places = ("hold", "gate", "new", "stock", "rehearse", "tools", "gates")
    return await Frame(
        "gate_live",
        PAGES["gate_live"],
        gates,
        bench,
        places,
        lasting=("hold", "gate", "stock", "rehearse", "tools", "gates"),
    ).open()


async def sms_page(bench: Workbench | None = None) -> Widget:
    """Return the page of text messages: accounts and senders, compose and send, deliveries, callbacks, consent, the custom channel."""
    from .page import PAGES, Frame
    from .sms import PARTS, PLACES, sms

    lasting = (*PARTS, "account", "delivery", "callback")
    return await Frame("sms", PAGES["sms"], sms, bench, (*PARTS, *PLACES), lasting=lasting).open()


async def events_page(bench: Workbench | None = None) -> Widget:
    """Return the page of events: compose and send, contracts, runs, outcomes, code, checks, environments, and imports."""
    from .events import PARTS, PLACES, events
    from .page import PAGES, Frame

    lasting = (*PARTS, "event", "run", "cassette")
    return await Frame("events", PAGES["events"], events, bench, (*PARTS, *PLACES), lasting=lasting).open()


async def sync_page(bench: Workbench | None = None) -> Widget:
    """Return the page of a shop's sync: shops, the plan, tables with their imports, one record, coupon sets."""
    from .page import PAGES, Frame
    from .sync import PARTS, PLACES, sync

    lasting = (*PARTS, "shop", "run")
    return await Frame("sync", PAGES["sync"], sync, bench, (*PARTS, *PLACES), lasting=lasting).open()


async def shop_tags_page(bench: Workbench | None = None) -> Widget:
    """Return the page of what a shop's pages say: tags, events, the check of a page, that both say the same, coverage, web push."""
    from .page import PAGES, Frame
    from .tags import PARTS, PLACES, shop_tags

    return await Frame(
        "shop_tags", PAGES["shop_tags"], shop_tags, bench, (*PARTS, *PLACES), lasting=(*PARTS,)
    ).open()


async def readiness_page(bench: Workbench | None = None) -> Widget:
    """Return the page that proves a shop's integration step by step, with the evidence of each."""
    from .page import PAGES, Frame
    from .readiness import readiness

    places = ("shop", "validation")
    return await Frame("readiness", PAGES["readiness"], readiness, bench, places, lasting=places).open()


async def operations_page(bench: Workbench | None = None) -> Widget:
    """Return the page for those who look after the workbench: health, upkeep, backups, people, and whether it is safe to publish."""
    from .operations import PARTS, operations
    from .page import PAGES, Frame

    return await Frame(
        "operations", PAGES["operations"], operations, bench, (*PARTS,), lasting=(*PARTS,)
    ).open()


async def job_progress(bench: Workbench, id: str) -> JobProgress:
    """Return the progress of one job, to be shown; ``await shown.finished()`` waits for the job's end and gives its figures.

    Raises NotFound when there is no job of this id.
    """
    from .work import job_progress as progress_of

    return await progress_of(bench, id)


async def cluster_panel(bench: Workbench) -> ClusterPanel:
    """Return the workers of a workbench's cluster, to be shown; ``await shown.look()`` shows them anew and gives how many are ready."""
    from .cluster import cluster_panel as panel_of

    return await panel_of(bench)


async def settle() -> None:
    """Wait until everything that a page has begun has ended, and raise the first error that nobody handled."""
    from .spawn import settle as settled

    await settled()
