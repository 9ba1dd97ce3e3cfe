"""METRICS: figures about a server process as Prometheus collects them. The one door to prometheus_client.

Labels have few values, all of them ours: routes as they are declared, states, kinds. Never an id, a name, an address or a host.
https://prometheus.io/docs/practices/naming/
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from workbench.models.work import ROW_STATES

from .census import Census

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Seconds: a hook is acknowledged within one."""


def known_method(method: str) -> str:
    """Return a call's method, or "other": a stranger may write anything there, and neither figures nor log repeat it."""
    return method if method in METHODS else "other"


class Metrics:
    """The figures of one server process: what it counted itself, and the census that it is given."""

    def __init__(self, version: str, mode: str, database: str) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self._calls = Counter(
            "workbench_calls",
            "Calls that were answered, by route and status.",
            ("route", "method", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "workbench_call_seconds",
            "How long calls took until their answer was written.",
            ("route",),
            buckets=BUCKETS,
            registry=self._registry,
        )
        self._standing = _Standing({"version": version, "mode": mode, "database": database})
        self._registry.register(self._standing)

    def called(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a call. ``route`` is the route as it is declared, never the path that was asked for."""
        self._calls.labels(route, known_method(method), str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def text(self, census: Census | None, now: datetime, *, ready: bool, draining: bool) -> bytes:
        """Return all figures in Prometheus' text format. ``census`` is None where the database does not answer."""
        self._standing.census, self._standing.now = census, now
        self._standing.flags = {"ready": ready, "draining": draining}
        return generate_latest(self._registry)


class _Standing:
    """Gives how things stand as gauges, at the moment they are asked for."""

    def __init__(self, build: dict[str, str]) -> None:
        self._build = build
        self.census: Census | None = None
        self.now: datetime | None = None
        self.flags: dict[str, bool] = {}

    def collect(self) -> Iterator[Metric]:
        """Give the gauges; those of the database only while it answers."""
        info = GaugeMetricFamily(
            "workbench_info", "The workbench: version, mode, database.", labels=[*self._build]
        )
        info.add_metric([*self._build.values()], 1)
        yield info
        for name, value in self.flags.items():
            yield _one(f"workbench_{name}", f"1 while the server is {name}.", value)
        yield _one("workbench_database_up", "1 while the database answers.", self.census is not None)
        if self.census is not None:
            yield from _of_census(self.census, self.now)


def _of_census(found: Census, now: datetime | None) -> Iterator[Metric]:
    jobs = GaugeMetricFamily("workbench_jobs", "Jobs by state and kind.", labels=["state", "kind"])
    for (state, kind), count in sorted(found.jobs.items()):
        jobs.add_metric([state, kind], count)
    rows = GaugeMetricFamily("workbench_rows", "Rows of all jobs by state.", labels=["state"])
    for state in ROW_STATES:
        rows.add_metric([state], found.rows.get(state, 0))
    holds = GaugeMetricFamily("workbench_holds", "Sendouts of platforms by state.", labels=["state"])
    for state, count in sorted(found.holds.items()):
        holds.add_metric([state], count)
    yield from (jobs, rows, holds)
    if found.holds_until is not None and now is not None:
        left = (found.holds_until - now).total_seconds()
        yield _one("workbench_holds_left_seconds", "Until the platform gives up the first waiting sendout.", left)  # fmt: skip
    yield _one("workbench_rows_per_second", "Rows that all workers brought to their end lately.", found.rate_per_s)  # fmt: skip
    yield _one("workbench_workers", "Processes that work on jobs.", found.workers)
    yield _one("workbench_budgets", "Accounts whose pace is kept.", found.budgets)
    yield _one("workbench_budgets_held", "Accounts that asked to be left alone for a while.", found.resting)
    yield _one("workbench_callbacks_undone", "Callbacks that are stored and not worked through.", found.callbacks_undone)  # fmt: skip
    yield _one("workbench_journal_entries", "Entries of the journal, about.", found.entries)
    yield _one("workbench_database_bytes", "Bytes that the database takes.", found.bytes)


def _one(name: str, about: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, about, value=value)
