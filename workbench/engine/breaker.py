"""BREAKER: when a platform stops calling an endpoint that fails, and when it tries again.

That there is one is documented (https://help.symplify.com/hc/en-us/articles/360011230659-Webhooks); its numbers are not (facts A3), so they
are in ``models.platform.Breaker``. Closed it lets every call through; open none; after its rest it lets one through and goes by that.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from workbench.models.platform import Breaker

CircuitState = Literal["closed", "open", "half_open"]


class Change(NamedTuple):
    """The moment (milliseconds) in which a circuit changed, and what it became."""

    at_ms: int
    state: CircuitState


class Circuit(NamedTuple):
    """A circuit as it stands: its state, the failures in a row, and when it opened. A call of ``half_open`` is ``trying``."""

    state: CircuitState = "closed"
    failures: int = 0
    opened_ms: int = 0
    trying: bool = False


def ask(circuit: Circuit, rule: Breaker, now_ms: int) -> tuple[Circuit, bool]:
    """Return whether a call may go now, and the circuit after the question: past its rest an open one lets a single call through."""
    if circuit.state == "closed":
        return circuit, True
    rested = now_ms >= circuit.opened_ms + round(rule.rest_s * 1000)
    if circuit.state == "open" and rested:
        return circuit._replace(state="half_open", trying=True), True
    if circuit.state == "half_open" and not circuit.trying:
        return circuit._replace(trying=True), True
    return circuit, False


def note(circuit: Circuit, rule: Breaker, now_ms: int, *, taken: bool) -> Circuit:
    """Return the circuit after a call that was taken, or failed."""
    if taken:
        # one that ended late, from before the circuit opened, does not close it
        return circuit if circuit.state == "open" else Circuit()
    failures = circuit.failures + 1
    if circuit.state == "half_open" or (circuit.state == "closed" and failures >= rule.failures):
        return Circuit("open", failures, now_ms)
    return circuit._replace(failures=failures)


def changed(before: Circuit, after: Circuit, now_ms: int) -> tuple[Change, ...]:
    """Return the change between two states of a circuit, for the timeline; none where it stayed as it was."""
    return () if before.state == after.state else (Change(now_ms, after.state),)
