"""The same contact draws the same, whatever else is set, and the same seed draws the same on every day."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.crowd import Crowd, Making, making_of
from workbench.engine.draws import Draws, consent_of
from workbench.engine.lanes import ends_of
from workbench.models.scenario import Answering, Scenario, Segment


def everything(draws: Draws) -> list[np.ndarray]:
    return [
        draws.segment, draws.consent, draws.cancel(), draws.cancel(1), draws.write(), draws.write(1),
        draws.calls(0.3),
    ]  # fmt: skip


def test_a_smaller_sendout_is_the_beginning_of_a_larger_one():
    for few, many in zip(everything(Draws(7, 1000)), everything(Draws(7, 5000)), strict=True):
        assert few.tobytes() == many[:1000].tobytes()


def test_each_kind_of_chance_has_numbers_of_its_own_and_so_has_each_seed():
    drawn = [one.tobytes() for seed in (1, -1, 0, 2**70) for one in everything(Draws(seed, 50))]
    assert len(set(drawn)) == len(drawn)


def test_the_draws_of_a_seed_are_the_same_for_ever():
    """A saved page shows figures of these draws: whoever changes them changes every one."""
    digest = hashlib.sha256(b"".join(one.tobytes() for one in everything(Draws(1, 10_000)))).hexdigest()
    assert digest[:16] == "308bad6921161dae"


def test_calls_are_lognormal_around_the_median():
    calls = Draws(3, 100_000).calls(0.3)
    assert abs(np.median(calls) - 1000) < 10
    assert abs(np.log(calls / 1000).std() - 0.3) < 0.005
    assert set(Draws(3, 100).calls(0).tolist()) == {1000}


def test_segments_have_their_shares_and_their_consent():
    segments = (
        Segment(name="a", share=0.2, consent=0.5), Segment(name="none", share=0), Segment(name="b", share=0.6, consent=0.9),
        Segment(name="last", share=0),
    )  # fmt: skip
    crowd = Crowd(making_of(Scenario(size=100_000, segments=segments)))
    assert abs(crowd.count(crowd.segment)[0] / 100_000 - 0.25) < 0.01
    assert crowd.count(crowd.segment)[1] == crowd.count(crowd.segment)[3] == 0
    assert abs(crowd.rejected[crowd.segment == 2].mean() - 0.1) < 0.01


@pytest.mark.parametrize(("consent", "rejected"), [(1.0, 0), (0.0, 5000)])
def test_all_or_nobody_consents(consent: float, rejected: int):
    crowd = Crowd(making_of(Scenario(size=5000, segments=(Segment(name="all", consent=consent),))))
    assert crowd.cancels.size == rejected


def test_another_setting_leaves_each_contact_as_it_was():
    one = Crowd(making_of(Scenario(size=500, codes=True)))
    two = Crowd(making_of(Scenario(size=900, answering=Answering(at_once=9, failing=0.5, spread=0))))
    assert (one.segment == two.segment[:500]).all()
    assert (one.rejected == two.rejected[:500]).all()


def test_the_first_contacts_of_a_crowd_are_a_crowd_of_their_own():
    making = Making(3000, (Segment(name="a", consent=0.4), Segment(name="b")), False, 5, 0.7, 3)
    for codes in (False, True):
        whole = Crowd(making._replace(codes=codes))
        for size in (0, 1, 2, 1500, 3000):
            part, alone = whole.first(size), Crowd(making._replace(codes=codes, size=size))
            assert part.ends.tobytes() == alone.ends.tobytes()
            assert part.sorted_cancels.tolist() == alone.sorted_cancels.tolist()


def test_draws_of_another_seed_or_too_few_of_them_are_refused():
    making = making_of(Scenario(size=10))
    for draws in (Draws(2, 10), Draws(1, 9)):
        with pytest.raises(ValueError):
            Crowd(making, draws)


@pytest.mark.parametrize("lanes", [1, 2, 3, 4, 10, 999, 5000])
@pytest.mark.parametrize("spread", [0.0, 0.4, 3.0])
def test_the_lane_that_is_free_first_takes_the_next_call(lanes: int, spread: float):
    durations = Draws(11, 1000).calls(spread)
    free, ends = [0] * lanes, []
    for taken in durations.tolist():
        lane = free.index(min(free))
        free[lane] += taken
        ends.append(free[lane])
    assert ends_of(durations, lanes).tolist() == ends


def test_no_call_has_no_end():
    for lanes in (1, 4):
        assert ends_of(Draws(1, 0).calls(0.3), lanes).size == 0


@given(st.integers(1, 300), st.integers(0, 300), st.integers(0, 5))
def test_a_share_makes_exactly_so_many_accept(size: int, accepted: int, seed: int) -> None:
    share = consent_of(seed, size, accepted)
    assert int((Draws(seed, size).consent[:size] < share).sum()) == min(accepted, size)
