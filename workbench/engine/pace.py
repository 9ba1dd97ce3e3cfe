"""PACE: how many calls an account may make now, and in how many seconds the next one may go.

All windows of an account count at once, and so do what its answers said: to slow down, or what is left. Times are seconds of a clock that
only goes forward. Where it went back all the same (the machine was started anew), the whole state goes back with it: what was granted just
before counts as granted just now, so the bound holds and at most one window is waited for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson

from workbench.models.pace import Rate

from .windows import Window, fitted, tighter

LEAST_WAIT_S: Final = 0.001
"""No wait is shorter: sleeping is not that exact."""
LONGEST_HOLD_S: Final = 86_400.0
"""Who asks for a longer pause than a day is asked again after a day."""
FIRST_HOLD_S: Final = 1.0
MOST_HOLD_S: Final = 60.0
"""After a refusal that names no time the account rests 1, 2, 4 ... 60 s, longer with each one in a row."""
PROBE_S: Final = 10.0
"""After such a rest one call finds out whether it was enough. If that is never answered, another may go after this."""
ANY: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class State:
    """All that is known of an account's pace. ``rates`` are set by ``origin``; ``stated`` are the tighter ones that its answers named.

    ``windows`` begin with one for each of both, in their order; after them come those that smooth. ``refusals`` counts the answers in a
    row that asked to slow down, one for each rest. ``left`` calls may still go until ``left_until_s``, the provider said at ``left_at_s``.
    ``at_s`` is the latest moment that the state knows of.
    """

    rates: tuple[Rate, ...] = ()
    origin: str = "provider"
    stated: tuple[Rate, ...] = ()
    windows: tuple[Window, ...] = ()
    held_until_s: float = 0.0
    refusals: int = 0
    probe_until_s: float = 0.0
    left: int = 0
    left_until_s: float = 0.0
    left_at_s: float = 0.0
    at_s: float = 0.0

    @property
    def effective(self) -> tuple[Rate, ...]:
        """The rates that are kept to."""
        return self.rates + self.stated


@dataclass(frozen=True, slots=True)
class Grant:
    """How many calls may go now, and the seconds until more may (0 when all that were wanted may)."""

    granted: int
    wait_s: float
    state: State


@dataclass(frozen=True, slots=True)
class Learned:
    """What one answer says about the account's pace; None where it says nothing. Equal answers are equal.

    ``throttled``: it asks to slow down, for ``hold_s`` if it names a time. ``taken``: the call was let through. ``remaining`` calls may
    still go in the next ``reset_s``. ``rates`` are the account's windows; ``limit`` is of one whose length it does not name.
    """

    throttled: bool = False
    taken: bool = False
    hold_s: float | None = None
    remaining: int | None = None
    reset_s: float | None = None
    limit: int | None = None
    rates: tuple[Rate, ...] = ()


TAKEN: Final = Learned(taken=True)
"""What an answer says that was given and says nothing else."""


def grant(state: State, now_s: float, wanted: int) -> Grant:
    """Return how many of ``wanted`` permits are given now. Each is for one call, to be made at once or given back."""
    state = at(state, now_s)
    granted = max(0, min(wanted, _room(state, now_s)))
    if granted:
        state = _noted(state, now_s, granted)
    wait_s = 0.0 if granted >= wanted else max(_free_at(state) - now_s, LEAST_WAIT_S)
    return Grant(granted, wait_s, state)


def give_back(state: State, now_s: float, count: int, stamp_s: float) -> State:
    """Return the state without ``count`` of the permits that were given at ``stamp_s``: their calls were never made.

    Of what the provider said is left they are taken back only where they were given after it said so: it does not count what never came.
    """
    state = at(state, now_s)
    windows = tuple(window.minus(now_s, count, stamp_s) for window in state.windows)
    counted = state.left_at_s < stamp_s <= now_s < state.left_until_s
    left = state.left + count if counted else state.left
    return replace(state, windows=windows, left=left, probe_until_s=0.0, at_s=now_s)


def hold(state: State, now_s: float, until_s: float) -> State:
    """Return the state in which nothing is given before ``until_s``; a longer hold stays, and none is longer than a day."""
    state = at(state, now_s)
    until_s = min(until_s, now_s + LONGEST_HOLD_S)
    return replace(state, held_until_s=until_s, at_s=now_s) if until_s > state.held_until_s else state


def with_rates(state: State, now_s: float, rates: Iterable[Rate], origin: str) -> State:
    """Return the state with these windows, set by ``origin``. What was granted counts in them too, as far back as it is known.

    A person's windows end what the account's answers named, until they name it again.
    """
    state = at(state, now_s)
    rates = tuple(rates)
    stated = () if origin == "person" else tighter(state.stated, rates)
    return _fitted(replace(state, rates=rates, origin=origin, stated=stated), now_s)


def learn(state: State, now_s: float, learned: Learned) -> State:
    """Return the state after an answer; the very same object when the answer says nothing new."""
    known = before = at(state, now_s)
    if learned.throttled:
        known = _refused(known, now_s, learned.hold_s)
    elif learned.taken and known.refusals and now_s >= known.held_until_s:
        known = replace(known, refusals=0, probe_until_s=0.0)
    if learned.remaining is not None and learned.reset_s is not None:
        known = _counted(known, now_s, learned.remaining, learned.reset_s)
    stated = _stated(known, learned)
    if stated != known.stated:
        known = _fitted(replace(known, stated=stated), now_s)
    return state if known is before else replace(known, at_s=now_s)


def at(state: State, now_s: float) -> State:
    """Return the state as it is now: without what counts no longer, and moved back where the clock went back."""
    if now_s < state.at_s:
        state = _moved(state, now_s - state.at_s)
    windows = tuple(window.pruned(now_s) for window in state.windows)
    return state if windows == state.windows else replace(state, windows=windows)


def resting_until(state: State, now_s: float) -> float | None:
    """Return until when the account asked to be left alone, or None. A window that is used up is no rest."""
    state = at(state, now_s)
    until = max(state.held_until_s, 0.0 if state.left else state.left_until_s)
    return until if until > now_s else None


def is_free(state: State, now_s: float) -> bool:
    """Return whether anything may go: no window, no rest, and no word of what is left."""
    state = at(state, now_s)
    return not (state.windows or state.refusals) and now_s >= max(state.held_until_s, state.left_until_s)


def _room(state: State, now_s: float) -> int:
    if now_s < state.held_until_s or (state.refusals and now_s < state.probe_until_s):
        return 0
    room = min((window.limit - window.used for window in state.windows), default=ANY)
    if now_s < state.left_until_s:
        room = min(room, state.left)
    return min(room, 1) if state.refusals else room


def _free_at(state: State) -> float:
    """Return when nothing that is known will stand against one more."""
    ends = [state.held_until_s, *(window.free_at() for window in state.windows)]
    if not state.left:
        ends.append(state.left_until_s)
    if state.refusals:
        ends.append(state.probe_until_s)
    return max(ends)


def _noted(state: State, now_s: float, granted: int) -> State:
    return replace(
        state,
        windows=tuple(window.plus(now_s, granted) for window in state.windows),
        left=max(0, state.left - granted) if now_s < state.left_until_s else state.left,
        probe_until_s=now_s + PROBE_S if state.refusals else 0.0,
        at_s=now_s,
    )


def _fitted(state: State, now_s: float) -> State:
    return replace(state, windows=fitted(state.windows, state.effective, now_s), at_s=now_s)


def _moved(state: State, by_s: float) -> State:
    return replace(
        state,
        windows=tuple(window.moved(by_s) for window in state.windows),
        held_until_s=state.held_until_s + by_s,
        probe_until_s=state.probe_until_s + by_s,
        left_until_s=state.left_until_s + by_s,
        left_at_s=state.left_at_s + by_s,
        at_s=state.at_s + by_s,
    )


# -- what answers teach ------------------------------------------------------------------------------------------------


def _refused(state: State, now_s: float, hold_s: float | None) -> State:
    """Rest. A refusal that comes while the account rests is of a call that was under way: it can only lengthen the rest."""
    fresh = now_s >= state.held_until_s
    refusals = state.refusals + fresh
    if not hold_s:
        hold_s = min(MOST_HOLD_S, FIRST_HOLD_S * 2.0 ** min(refusals - 1, 16)) if fresh else 0.0
    until = max(state.held_until_s, now_s + min(hold_s, LONGEST_HOLD_S))
    if not fresh and until == state.held_until_s:
        return state
    return replace(state, refusals=max(1, refusals), held_until_s=until, probe_until_s=0.0)


def _counted(state: State, now_s: float, remaining: int, reset_s: float) -> State:
    """Keep what is left by the provider's own count, where that is less than what is known already."""
    if reset_s <= 0 or (now_s < state.left_until_s and remaining >= state.left):
        return state
    until_s = now_s + min(reset_s, LONGEST_HOLD_S)
    return replace(state, left=max(0, remaining), left_until_s=until_s, left_at_s=now_s)


def _stated(state: State, learned: Learned) -> tuple[Rate, ...]:
    """Return the windows that the answers named and that are tighter than those that are set; an answer without any changes nothing."""
    rates = learned.rates
    if not rates and learned.limit and state.origin == "provider" and len(state.rates) == 1:
        rates = (Rate(limit=learned.limit, per_s=state.rates[0].per_s),)  # it can only be that window's
    return tighter(rates, state.rates) if rates else state.stated


# -- on the disk -------------------------------------------------------------------------------------------------------

_NUMBERS: Final = ("held_until_s", "refusals", "probe_until_s", "left", "left_until_s", "left_at_s", "at_s")
_SINCE: Final = {"left_at_s": 0.0}
"""What states do not have that an older version kept."""


def dump(state: State) -> str:
    """Return the state as text, to the last digit."""
    kept: dict[str, Any] = {name: getattr(state, name) for name in _NUMBERS}
    kept["origin"] = state.origin
    kept["rates"] = [(rate.limit, rate.per_s) for rate in state.rates]
    kept["stated"] = [(rate.limit, rate.per_s) for rate in state.stated]
    kept["windows"] = [(w.limit, w.lasts_s, w.since_s, w.segments) for w in state.windows]
    return orjson.dumps(kept).decode()


def load(text: str) -> State:
    """Return the state that ``dump`` wrote. Raises ValueError when it is none."""
    try:
        kept = _SINCE | orjson.loads(text)
        return State(
            rates=_rates(kept["rates"]),
            origin=kept["origin"],
            stated=_rates(kept["stated"]),
            windows=tuple(
                Window(limit, lasts_s, since_s, tuple((stamp, count) for stamp, count in segments))
                for limit, lasts_s, since_s, segments in kept["windows"]
            ),
            **{name: kept[name] for name in _NUMBERS},
        )
    except (KeyError, TypeError) as error:
        raise ValueError("this is not the state of a pace") from error


def _rates(kept: list[tuple[int, float]]) -> tuple[Rate, ...]:
    return tuple(Rate(limit=limit, per_s=per_s) for limit, per_s in kept)
