"""Rehearsed numbers: the last five digits of a recipient's number decide what becomes of a text at a stand-in, so that each end can be had.

=========  ====================================================================================================================
``99400``  refused at once, as the provider refuses a number that it cannot send to
``99429``  throttled: the whole call is answered as the provider answers one that comes too fast
``99000``  taken, and never reported
``99001``  taken, and then the first of the provider's failures; ``99002`` the second, and so on (``emulation.failures``)
``99900``  delivered, and its owner texts STOP back
others     delivered, by the provider's own course (``emulation.states``)
=========  ====================================================================================================================
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from workbench.models.message import DeliveryState
from workbench.models.phone import digits, is_number
from workbench.models.provider import Provider
from workbench.models.sms_dialect import SmsEmulation
from workbench.models.studio import RehearsedNumber
from workbench.sentence import N_

from .sms import dialect
from .studio_courses import Stop, failing

REFUSED: Final = "99400"
THROTTLED: Final = "99429"
SILENT: Final = "99000"
ANSWERS_STOP: Final = "99900"
MOST_FAILURES: Final = 399
"""Failures that have a number of their own, from ``99001`` on."""

Fate = Literal["refused", "throttled", "taken"]


def fate_of(number: str) -> Fate:
    """Return whether a send to this number is taken at all."""
    last = _last(number)
    return "refused" if last == REFUSED else "throttled" if last == THROTTLED else "taken"


def course_of(number: str, provider: Provider) -> tuple[Stop, ...]:
    """Return what is reported of a message to this number, in its order; nothing for one that never reports."""
    last = _last(number)
    if last == SILENT:
        return ()
    emulation = dialect(provider).emulation
    failure = _failure(last, emulation)
    if failure is not None:
        return failing(provider, *failure)
    return tuple(Stop(state, own) for state, own in emulation.states)


def answers_stop(number: str) -> bool:
    """Return whether the owner of this number texts STOP back."""
    return _last(number) == ANSWERS_STOP


def endings(emulation: SmsEmulation) -> Iterator[RehearsedNumber]:
    """Give what each ending of a number means with this provider."""
    yield RehearsedNumber(digits=REFUSED, about=N_("The provider refuses it at once."))
    yield RehearsedNumber(digits=THROTTLED, about=N_("The provider throttles the whole call (HTTP 429)."))
    yield RehearsedNumber(digits=SILENT, about=N_("It is taken, and never reported."))
    yield RehearsedNumber(digits=ANSWERS_STOP, about=N_("It is delivered, and its owner texts STOP."))
    for count, (state, code, words) in enumerate(emulation.failures[:MOST_FAILURES], 1):
        yield RehearsedNumber(digits=f"99{count:03}", state=state, code=code, words=words)


def _last(number: str) -> str:
    return digits(number)[-5:] if is_number(number) else ""


def _failure(last: str, emulation: SmsEmulation) -> tuple[DeliveryState, str, str] | None:
    if not (last.startswith("99") and 1 <= int(last[2:]) <= MOST_FAILURES):
        return None
    count = int(last[2:])
    return emulation.failures[count - 1] if count <= len(emulation.failures) else None
