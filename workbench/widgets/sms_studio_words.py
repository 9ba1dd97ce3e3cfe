"""STUDIO WORDS: courses, ways and calls of the callback studio in words, and what came of a play as it is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from workbench.models.message import Delivery
from workbench.models.studio import Played, RehearsedNumber, StudioCall, StudioCourse, StudioHow
from workbench.sentence import N_, Sentence, say

from . import look
from .exchange import headers_markup
from .fold import Fold
from .language import number, when
from .piece import said
from .sms_callback_words import GENUINE, ROUTES, STATES, item_row, whole
from .tables import table, table_markup

__all__ = [
    "HOWS",
    "LIMITS",
    "call_face",
    "course_name",
    "delivery_name",
    "numbers_markup",
    "played_face",
    "results",
    "shown_title",
    "tally",
]

HOWS: Final[Mapping[StudioHow, tuple[str, str]]] = {
    "in_order": (N_("As it should"), N_("Each call once, in its order, rightly signed.")),
    "late": (N_("Late"), N_("Written and signed some hours ago. What is older than three days is a replay.")),
    "twice": (N_("Twice"), N_("The same bytes two times, as when our answer was lost.")),
    "out_of_order": (N_("Out of order"), N_("The last one first.")),
    "wrongly_signed": (
        N_("Wrongly signed"), N_("Signed with another key; where nothing is signed, to another secret address."),
    ),
    "bad_item": (N_("With one bad part"), N_("One call of several parts, of which one cannot be read.")),
    "unknown_type": (N_("With an unknown word"), N_("A status or event type that nobody knows.")),
}  # fmt: skip
TEXTS: Final[Mapping[str, str]] = {
    "stop": N_("Somebody texts STOP"), "start": N_("Somebody texts START"), "help": N_("Somebody texts HELP"),
    "text": N_("Somebody texts something else"), "handshake": N_("Event Grid asks whether it may call"),
    "handshake_cloud_events": N_("Event Grid asks as CloudEvents does"),
}  # fmt: skip
SAID: Final[Mapping[str, str]] = {
    "inbound": N_("inbound text"), "handshake": N_("handshake"), "bad": N_("unreadable part"), "other": N_("unknown event"),
}  # fmt: skip


LIMITS: Final[Mapping[str, str]] = {
    "late_h": N_("Write a number of hours from 0 to 1000, such as 6."),
    "body": N_("The text is longer than 1600 characters. Shorten it."),
    "sender": N_("A number has at most 40 characters. Write it like +46701234567."),
}


def course_name(course: StudioCourse) -> str:
    """Return what a course is called: our word for its end, and the provider's own code and words."""
    if course.key in TEXTS:
        return said(TEXTS[course.key])
    own = " ".join(filter(None, (course.code, course.words)))
    state = said(STATES[course.state][0])
    return f"{state} · {own}" if own else state


def delivery_name(delivery: Delivery) -> str:
    """Return what a delivery is called in a list of choices: to whom, how it stands, and when it went out."""
    return f"{delivery.to} · {said(STATES[delivery.state][0])} · {when(delivery.sent_at)}"


def _says(call: StudioCall) -> str:
    """Return what a call says, in a few words."""
    words = [said(SAID[one]) if one in SAID else said(STATES[one][0]) for one in call.says]  # type: ignore[index]
    counted = [
        f"{word} ×{words.count(word)}" if words.count(word) > 1 else word for word in dict.fromkeys(words)
    ]
    return ", ".join(counted) or said(N_("nothing that can be read"))


def numbers_markup(numbers: Sequence[RehearsedNumber]) -> look.Html:
    """Return what the last digits of a recipient's number do in a rehearsal, a row each."""
    rows = [
        [
            look.markup("<code>…{digits}</code>", digits=one.digits),
            look.badge(*STATES[one.state]) if one.state else said(one.about),
            " ".join(filter(None, (one.code, one.words))),
        ]
        for one in numbers
    ]
    columns = [
        N_("A number that ends with"),
        N_("What becomes of a text to it"),
        N_("In the provider's words"),
    ]
    return table_markup(columns, rows, N_("In a rehearsal; every other number is delivered"))


def call_face(at: int, call: StudioCall, *more: object, opened: bool = False) -> look.Stack:
    """Return one call with every header and byte, folded unless it is ``opened``."""
    title = say("Call {number}: {says}", number=at, says=_says(call))
    line = look.markup(
        '<p class="wb-mono"><strong>{method}</strong> <span class="wb-address">{url}</span></p>',
        method=call.method,
        url=call.url,
    )
    body = (
        [look.code_block(call.body, said(say("Body, {size} bytes", size=number(call.size))))]
        if call.size
        else []
    )
    headers = look.show(headers_markup(call.headers, N_("Headers of the call")))
    return Fold(title, *more, look.show(line), headers, *body, opened=opened).widget


def played_face(at: int, one: Played) -> look.Stack:
    """Return one call with what came of it."""
    parts = []
    if one.items:
        columns = [N_("What"), N_("Number"), N_("State"), N_("In the provider's words")]
        parts.append(table(columns, [item_row(item) for item in one.items], N_("What the receiver read")))
    if one.answer:
        parts.append(look.code_block(one.answer, said(N_("Answer"))))
    return call_face(at, one.call, *parts)


def results(played: Sequence[Played]) -> Any:
    """Return what came of all calls, a row each."""
    rows = [
        [
            number(at), whole(_says(one.call)), whole(said(ROUTES[one.call.route])), _status(one), _proof(one),
            look.markup('<span class="wb-sms-told">{text}</span>', text=_effect(one)),
        ]
        for at, one in enumerate(played, 1)
    ]  # fmt: skip
    columns = [N_("Call"), N_("Says"), N_("Address"), N_("Answer"), N_("Proof"), N_("What it did")]
    return table(columns, rows, N_("What came of each call"), numeric=(0,))


def _status(one: Played) -> look.Html:
    if not one.status:
        return look.badge(N_("no answer"), "error")
    return look.badge(str(one.status), "ok" if 200 <= one.status < 300 else "warn")


def _proof(one: Played) -> look.Html:
    if one.duplicate:
        return look.badge(N_("came before"), "quiet")
    return look.badge(*GENUINE[one.genuine]) if one.genuine else look.badge(N_("not kept"), "quiet")


def _effect(one: Played) -> str:
    if one.effects:
        return " ".join(said(effect) for effect in one.effects)
    return said(one.reason or N_("nothing"))


def tally(count: int, refused: int) -> Sentence:
    """Return how many calls were made and how many of them were turned away."""
    if count == 1:
        return (
            say("One call was made, and it was not taken.")
            if refused
            else say("One call was made, and it was taken.")
        )
    if not refused:
        return say("{count} calls were made, and all were taken.", count=number(count))
    if refused == 1:
        return say("{count} calls were made, and one was not taken.", count=number(count))
    return say(
        "{count} calls were made, and {refused} were not taken.", count=number(count), refused=number(refused)
    )


def shown_title(count: int) -> Sentence:
    """Return the heading of calls that are only shown."""
    if count == 1:
        return say("One call, as it would be made")
    return say("{count} calls, as they would be made", count=number(count))
