"""Event flow ids: ``automation_id`` as the provider wants it, a whole number at the top of the body (R-EVT-07).

Number type, outside of every array:
https://sendpulse.com/en/knowledge-base/email-service/automation360/sending-events-to-sendpulse-email-service-bypassing-authorization
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final

from workbench.models.event import AUTOMATION_ID as FIELD
from workbench.sentence import Sentence, say

from .event_findings import ABSENT, UNFIT, Findings, shown, shown_id
from .event_plain import EXACT, simple
from .event_urls import flow_id_of

LARGEST: Final = EXACT - 1
_WHOLE: Final = re.compile(r"[1-9]\d{0,15}", re.ASCII)
_POINTED: Final = re.compile(r"([1-9]\d{0,15})[.,]0{1,6}", re.ASCII)


def read_automation_id(value: object, found: Findings) -> Any:
    """Return the flow's id, ``ABSENT`` for a blank one, ``UNFIT`` for none. A pasted address of the flow is taken from everywhere."""
    if type(value) is int:
        return value if 0 < value <= LARGEST else found.error(FIELD, _not_above_zero(value))
    value = simple(value)
    if value is None:
        return ABSENT
    if type(value) is int:
        return value if 0 < value <= LARGEST else found.error(FIELD, _not_above_zero(value))
    if type(value) is str:
        return _in_text(value, found)
    if isinstance(value, float | Decimal) and value == value and 0 < value <= LARGEST and value == int(value):
        return _offered(
            int(value),
            found,
            say(
                "automation_id is {value}, and it must be a whole number. Write {id}, without a decimal point.",
                value=shown(value),
                id=shown_id(int(value)),
            ),
        )
    if isinstance(value, list | dict):
        return _wrapped(value, found)
    return found.error(
        FIELD,
        say(
            "automation_id is {value}, and it must be a whole number. {copy}",
            value=shown(value),
            copy=_copy(),
        ),
    )


def _in_text(text: str, found: Findings) -> Any:
    text = text.strip()
    if not text:
        return ABSENT
    in_address = flow_id_of(text) if "/" in text else None
    if in_address is not None and in_address <= LARGEST:
        found.note(
            FIELD, say("automation_id {id} was taken from the flow's address.", id=shown_id(in_address))
        )
        _offer(in_address, found)
        return in_address
    if _WHOLE.fullmatch(text) and int(text) <= LARGEST:
        if found.typed:
            return int(text)
        return _offered(
            int(text),
            found,
            say(
                "automation_id is the text {value}, and it must be a number. Write {id}, without quotes.",
                value=f'"{shown_id(int(text))}"',
                id=shown_id(int(text)),
            ),
        )
    if pointed := _POINTED.fullmatch(text):
        return _offered(
            int(pointed[1]),
            found,
            say(
                "automation_id is {value}, and it must be a whole number. Write {id}, without a decimal point.",
                value=shown(text),
                id=shown_id(int(pointed[1])),
            ),
        )
    return found.error(
        FIELD,
        say("automation_id is {value}, which is no flow's number. {copy}", value=shown(text), copy=_copy()),
    )


def _wrapped(value: list[object] | dict[Any, object], found: Findings) -> Any:
    inner = value[0] if isinstance(value, list) and len(value) == 1 else None
    sentence = say(
        "automation_id is {value}, and it must be one whole number at the top of the body. {copy}",
        value=shown(value),
        copy=_copy(),
    )
    if type(inner) is int and 0 < inner <= LARGEST:
        return _offered(inner, found, sentence)
    return found.error(FIELD, sentence)


def _not_above_zero(value: int) -> Sentence:
    return say(
        "automation_id is {value}, which is no flow's number. {copy}", value=shown(value), copy=_copy()
    )


def _copy() -> Sentence:
    return say("Copy the digits after /flow/id/ from the flow's address, or paste the address itself.")


def _offered(id: int, found: Findings, sentence: Sentence) -> Any:
    _offer(id, found)
    found.error(FIELD, sentence)
    return UNFIT


def _offer(id: int, found: Findings) -> None:
    found.fix(FIELD, say("Put {id} in automation_id.", id=shown_id(id)), id)
