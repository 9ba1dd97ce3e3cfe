"""Random scenarios, small ones, whose dates lie close to each other, so that the edges are met."""

from __future__ import annotations

import random
from typing import get_args

from hypothesis import strategies as st

from workbench.models.platform import Switches, Timing
from workbench.models.scenario import Answering, Profile, Scenario, Segment

ANSWERS = {name: get_args(field.annotation) for name, field in Switches.model_fields.items()}
DATES = (0.0, 0.5, 1.0, 29.0, 30.0, 30.001, 59.999, 60.0, 61.0, 90.0, 120.0)


def random_scenario(seed: int, most: int = 40) -> Scenario:
    """Return one of as many scenarios as there are seeds."""
    chance = random.Random(seed)
    one = chance.choice
    segments = tuple(
        Segment(name=f"s{n}", share=one((0.0, 0.1, 0.5, 1.0)), consent=one((0.0, 0.3, 0.8, 1.0)))
        for n in range(one((1, 1, 2, 4)))
    )
    if not sum(segment.share for segment in segments):
        segments = (Segment(name="all", consent=one((0.0, 0.5, 1.0))),)
    flow = one(("journey", "campaign_manager"))
    return Scenario(
        size=chance.randint(0, most),
        segments=segments,
        codes=one((True, False)),
        seed=chance.randint(-5, 10**12),
        answering=Answering(
            profile=one(get_args(Profile)),
            at_once=one((1, 1, 2, 3, 4, 7, 50)),
            start_min=one((0.0, 0.0, 1.0, 29.5, 55.0, 59.999, 60.0, 60.001)),
            work_ms=one((0.0, 0.0, 15.5, 60_000.0)),
            call_ms=one((0.0, 150.0, 0.001, 9_999.9, 60_000.0, 180_000.0)),
            spread=one((0.0, 0.3, 1.0, 3.0)),
            failing=one((0.0, 0.0, 0.1, 0.6, 1.0)),
            failing_writes=one((0.0, 0.0, 0.2, 1.0)),
            leak_guard=one((True, False)),
            code_guard=one((True, False)),
            acknowledged=chance.random() < 0.9,
        ),
        timing=Timing(
            flow=flow,
            split=one((True, False)),
            limit_min=60.0 if flow == "campaign_manager" else one((1.0, 7.5, 30.0, 60.0)),
            next_steps_min=tuple(one(DATES) for _ in range(one((0, 1, 1, 2, 3)))),
            generated_min=one((0.0, 0.0, -10.0, -60.0, -90.0)),
            scheduled_min=one((0.0, 0.0, 30.0, 59.9, 60.0, 75.5)),
        ),
        switches=Switches(**{name: one(answers) for name, answers in ANSWERS.items()}),
    )


scenarios = st.integers(min_value=0, max_value=2**48).map(random_scenario)
