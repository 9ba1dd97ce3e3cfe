"""CALLBACK WORDS: deliveries and callbacks in words, as badges and rows. Only what is read; nothing here asks or changes anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from workbench.engine.delivery_states import FAILED
from workbench.models.callback import (
    CallbackItem,
    DeliveryReport,
    InboundMessage,
    OtherEvent,
    ReceivedCallback,
)
from workbench.models.message import Delivery, DeliveryCount, DeliveryState, Step
from workbench.sentence import N_, Sentence, say

from . import look
from .language import number, when
from .listing import provider_name
from .piece import Said, said

__all__ = [
    "GENUINE",
    "KINDS",
    "ROUTES",
    "STATES",
    "badge",
    "callback_row",
    "delivery_row",
    "item_row",
    "meaning",
    "step_row",
    "tally",
    "tone_of",
    "whole",
]  # fmt: skip

STATES: Final[Mapping[DeliveryState, tuple[str, look.Kind]]] = {
    "accepted": (N_("Accepted"), "info"),
    "scheduled": (N_("Scheduled"), "info"),
    "queued": (N_("Queued"), "info"),
    "sending": (N_("Sending"), "info"),
    "sent": (N_("Sent"), "info"),
    "delivered": (N_("Delivered"), "ok"),
    "read": (N_("Read"), "ok"),
    "undelivered": (N_("Undelivered"), "error"),
    "failed": (N_("Failed"), "error"),
    "rejected": (N_("Rejected"), "error"),
    "expired": (N_("Expired"), "warn"),
    "canceled": (N_("Canceled"), "quiet"),
    "unknown": (N_("Unknown"), "warn"),
    "received": (N_("Received"), "quiet"),
}
GENUINE: Final[Mapping[str, tuple[str, look.Kind]]] = {
    "signed": (N_("Signed"), "ok"),
    "token": (N_("By its secret address"), "info"),
    "refused": (N_("Refused"), "error"),
}
MEANT: Final[Mapping[str, str]] = {
    "signed": N_("Its signature fits: it is the provider's own call."),
    "token": N_("This provider signs nothing. Only who knows the secret address can call it."),
    "refused": N_("It was turned away and had no effect."),
}
KINDS: Final[Mapping[str, str]] = {
    "report": N_("Delivery report"),
    "inbound": N_("Inbound text"),
    "handshake": N_("Handshake"),
    "other": N_("Other event"),
    "bad": N_("Unreadable part"),
}
ROUTES: Final[Mapping[str, str]] = {"delivery": N_("Delivery reports"), "inbound": N_("Inbound texts")}
MOST_TOLD: Final = 3
"""Effects of one text that a row tells: that it came, what it did to the consent, and what was answered."""
ORIGINS: Final[Mapping[str, str]] = {
    "send": N_("Send"),
    "report": N_("Report"),
    "fetch": N_("Status call"),
    "person": N_("By hand"),
}


def whole(text: str) -> look.Html:
    """Return a short text as a cell of a table: a narrow column breaks it between words only."""
    return look.markup('<span class="wb-sms-words">{text}</span>', text=text)


def badge(pair: tuple[str, look.Kind]) -> dict[str, str]:
    """Return a badge of a list."""
    return {"text": said(pair[0]), "kind": pair[1]}


def callback_row(callback: ReceivedCallback, accounts: Mapping[str, str]) -> dict[str, Any]:
    """Return a callback as a row of a list."""
    counts = Counter(item.kind for item in callback.items)
    told = [
        f"{said(KINDS[kind])} ×{count}" if count > 1 else said(KINDS[kind]) for kind, count in counts.items()
    ]
    return {
        "id": callback.id,
        "at": when(callback.at),
        "account": accounts.get(callback.account_id) or provider_name(callback.provider),
        "what": ", ".join(told) or said(N_("Nothing that is known")),
        "genuine": badge(GENUINE[callback.genuine]),
        "did": _did(callback),
        "again": said(N_("came again")) if callback.duplicate else "",
    }


def _did(callback: ReceivedCallback) -> Said:
    """Return why a call was turned away, or what it did: all of it for a text, the first and how many more for a batch of reports."""
    if callback.reason or not callback.effects:
        return callback.reason or ""
    told = callback.effects[: 1 if len(callback.items) > 1 else MOST_TOLD]
    words = " ".join(said(one) for one in told)
    left = len(callback.effects) - len(told)
    return say("{first} And {count} more.", first=words, count=number(left)) if left else words


def item_row(item: CallbackItem) -> list[Any]:
    """Return a part of a call as what it is, of whom, how it stands, and in which words."""
    kind = said(KINDS[item.kind])
    if isinstance(item, DeliveryReport):
        words = " · ".join(filter(None, (item.raw_state, item.code, item.words)))
        return [kind, item.to, look.badge(*STATES[item.state]), words]
    if isinstance(item, InboundMessage):
        return [kind, item.sender, item.opt_out.upper(), item.body]
    if isinstance(item, OtherEvent):
        return [kind, "", "", item.name]
    sentence = getattr(item, "sentence", None) or getattr(item, "problem", None)
    return [kind, "", "", sentence or ""]


def delivery_row(delivery: Delivery, accounts: Mapping[str, str]) -> dict[str, Any]:
    """Return a delivery as a row of a list."""
    return {
        "id": delivery.id,
        "at": when(delivery.sent_at),
        "account": accounts.get(delivery.account_id) or provider_name(delivery.provider),
        "sender": delivery.sender,
        "to": delivery.to,
        "state": badge(STATES[delivery.state]),
        "reason": delivery.reason or delivery.code,
        "mode": badge((N_("LIVE"), "error")) if delivery.mode == "live" else "",
    }


def step_row(step: Step) -> list[Any]:
    """Return a step of a delivery as when, by what, which state, in which words, and whether it came too late."""
    words = " · ".join(filter(None, (step.code, step.words)))
    late = look.badge(N_("late: changed nothing"), "quiet") if step.late else ""
    theirs = when(step.provider_at) if step.provider_at else ""
    return [
        when(step.at),
        theirs,
        whole(said(ORIGINS[step.origin])),
        look.badge(*STATES[step.state]),
        words,
        late,
    ]


def tone_of(state: DeliveryState) -> str:
    """Return the colour of a state in a picture."""
    if state in ("delivered", "read"):
        return "done"
    return "bad" if state in FAILED else "timed_out" if state == "unknown" else "plain"


def tally(counts: Sequence[DeliveryCount]) -> Said:
    """Return how many texts went out and what became of them, in a sentence."""
    total = sum(one.count for one in counts)
    arrived = sum(one.count for one in counts if one.state in ("delivered", "read"))
    failed = sum(one.count for one in counts if one.state in FAILED)
    if not total:
        return N_("Nothing has been sent yet.")
    return say(
        "{total} texts: {arrived} reported as delivered, {failed} failed, {open} without an end yet.",
        total=number(total), arrived=number(arrived), failed=number(failed), open=number(total - arrived - failed),
    )  # fmt: skip


def meaning(callback: ReceivedCallback) -> Said:
    """Return what it means that a call is signed, came by its address, or was refused."""
    return Sentence(MEANT[callback.genuine])
