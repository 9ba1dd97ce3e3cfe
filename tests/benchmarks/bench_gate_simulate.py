"""How fast held contacts are simulated, beside simpy: python -m tests.benchmarks.bench_gate_simulate.

One sendout of a million contacts, a fifth of them rejected by a crew of 64 calls at a time, with a limit in the middle of the crew's work.
Ours plays all of them, draws included. A million would take simpy a minute, so it plays 20,000 of the same making, with a crew and a limit
as much smaller, as one process for each contact that waits for its call, the finish or the limit; it has its draws for nothing. On that
part both end each path with the same number of contacts, which is asserted.
The ways take turns, round by round, and the processor's own time is counted; told are medians. The sweeps are told as a person waits for
them: a slider that leaves the crowd alone, and ones that make it anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from statistics import median
from time import perf_counter, process_time
from typing import Any

import simpy

from tests.benchmarks.figures import sheet_of
from workbench.engine.break_even import sweep
from workbench.engine.crowd import Crowd, making_of
from workbench.engine.draws import UNIT
from workbench.engine.simulation import play, simulate
from workbench.models.platform import Timing
from workbench.models.scenario import Answering, Scenario, Segment

ROUNDS = 3
SIZE = 1_000_000
SAMPLE = 20_000
SETTINGS = 100
CALL_MS = 150.0

SENDOUT = Scenario(
    size=SIZE,
    segments=(Segment(name="new", share=0.3, consent=0.7), Segment(name="regular", share=0.7, consent=0.85)),
    answering=Answering(at_once=64, call_ms=CALL_MS),
    timing=Timing(limit_min=6),
)
PART = SENDOUT.model_copy(
    update={"size": SAMPLE, "timing": Timing(limit_min=1), "answering": Answering(at_once=4)}
)


def by_simpy(scenario: Scenario, rejected: list[bool], calls: list[int]) -> Counter[str]:
    """Return how many contacts end on each path, by a process for each contact and one for the crew."""
    env = simpy.Environment()
    crew = simpy.Resource(env, capacity=scenario.answering.at_once)
    limit = round(scenario.timing.limit_min * 60_000 * UNIT / CALL_MS)
    finished = env.event()
    over = env.timeout(limit + 0.5)  # an answer on the limit is in time
    paths: Counter[str] = Counter()

    def call(taken: int) -> Iterator[Any]:
        with crew.request() as lane:
            yield lane
            yield env.timeout(taken)

    def contact(cancelled: Any) -> Iterator[Any]:
        answers = finished if cancelled is None else cancelled
        yield answers | over
        paths["timed_out" if over.processed else "accepted" if cancelled is None else "rejected"] += 1

    def batch() -> Iterator[Any]:
        cancels = []
        for number, reject in enumerate(rejected):
            cancelled = env.process(call(calls[number])) if reject else None
            if cancelled is not None:
                cancels.append(cancelled)
            env.process(contact(cancelled))
        yield env.all_of(cancels)
        finished.succeed()

    env.process(batch())
    env.run()
    return paths


def seconds(work: Callable[[], object], clock: Callable[[], float] = process_time) -> float:
    """Return how long the work takes."""
    start = clock()
    work()
    return clock() - start


def compare() -> None:
    """Play the million and simpy's part in turns, and print rates and ratio."""
    crowd = Crowd(making_of(PART))
    calls = crowd.draws.calls(PART.answering.spread).tolist()
    rejected = crowd.rejected.tolist()
    ours = play(PART, crowd).figures
    theirs = by_simpy(PART, rejected, calls)
    assert (ours.accepted, ours.rejected, ours.timed_out) == tuple(
        theirs[path] for path in ("accepted", "rejected", "timed_out")
    )
    assert ours.rejected
    assert ours.timed_out
    taken = [
        (seconds(lambda: simulate(SENDOUT)), seconds(lambda: by_simpy(PART, rejected, calls)))
        for _ in range(ROUNDS)
    ]
    rates = {"ours": [SIZE / mine for mine, _ in taken], "simpy": [SAMPLE / other for _, other in taken]}
    topic = f"{SIZE:,} held contacts simulated, from the seed to the result (simpy: {SAMPLE:,})"
    sheet_of("gate_simulate", topic, "contacts/s", rates, ours="ours").tell()


def slide() -> None:
    """Sweep settings over the million, and print how long a person waits."""
    crowd = Crowd(making_of(SENDOUT))
    swept = {
        "time of a call": ("call_ms", [5.0 * step for step in range(SETTINGS)]),
        "start of the answer": ("start_min", [0.1 * step for step in range(SETTINGS)]),
        "time limit": ("limit_min", [1 + 0.1 * step for step in range(SETTINGS)]),
        "share of rejects that fail": ("failing", [step / SETTINGS for step in range(SETTINGS)]),
        "size": ("size", [SIZE * (step + 1) / SETTINGS for step in range(SETTINGS)]),
        "calls at once, each a crowd of its own, 10 of them": (
            "at_once",
            [1.0 + 12 * step for step in range(10)],
        ),
    }
    first = median(seconds(lambda: simulate(SENDOUT), perf_counter) for _ in range(ROUNDS))
    print(
        f"Sweeps of {SETTINGS} settings over {SIZE:,} contacts (the first play, {first:.2f} s, is there already)"
    )
    for name, (setting, values) in swept.items():

        def moved(setting: str = setting, values: list[float] = values) -> None:
            sweep(SENDOUT, setting, values, crowd)

        waited = median(seconds(moved, perf_counter) for _ in range(ROUNDS))
        worked = median(seconds(moved) for _ in range(ROUNDS))
        print(f"  {name:52}{waited:>8.2f} s   {worked:.2f} s of it the processor's")


def main() -> None:
    """Measure both."""
    compare()
    slide()


if __name__ == "__main__":
    main()
