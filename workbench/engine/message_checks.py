"""MESSAGE CHECKS: what is said of a text before it goes: what a provider refuses, carriers filter, or the law asks for (R-SMS-26, 28)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Final, NamedTuple

from workbench.errors import Invalid, MissingVariable, Refused
from workbench.models.base import JsonValue, Level, Problem
from workbench.models.message import Designation, SenderType
from workbench.models.message_draft import Lengths
from workbench.models.provider import Provider
from workbench.models.sms_account import Sender
from workbench.sentence import Sentence, say

from .message_text import FIELD, MessageText, left_open
from .message_wording import asks_for_a_reply, links, short_links, tells_how_to_stop
from .sms import dialect
from .strict_json import clip
from .transliteration import written

MANY_SEGMENTS: Final = 3
"""A text of more segments is warned of: each is paid for, and long ones are filtered more often (R-SMS-28)."""
QUIET: Final = (21, 8)
"""From this hour to that one nobody is texted without need: https://www.law.cornell.edu/cfr/text/47/64.1200 (c)(1)"""
MOST_LOOKED_AT: Final = 200
"""Filled texts in which links and words are looked for; what is fixed in them is in each."""
MOST_TOLD: Final = 5
"""Rows without a value that are told one by one."""


class Filled(NamedTuple):
    """A text filled for one row (numbered from 1), or the problem that keeps it from being sent. ``values`` filled it."""

    row: int
    text: str
    problem: Problem | None = None
    values: Mapping[str, JsonValue] = {}


def designation_of(wanted: Designation | None, sender_type: SenderType) -> Designation:
    """Return what a text is: as chosen, else transactional from a toll-free number, which carriers filter hardest (R-SMS-26)."""
    if wanted is not None:
        return wanted
    return "transactional" if sender_type == "toll_free" else "commercial"


def fill(text: MessageText, rows: Sequence[Mapping[str, JsonValue]], *, change: bool = False) -> list[Filled]:
    """Return the text for each row; without rows once, for no values. ``change`` brings each into GSM-7 where it can be."""
    return [_filled(text, number, row, change) for number, row in enumerate(rows or ({},), 1)]


def _filled(text: MessageText, number: int, row: Mapping[str, JsonValue], change: bool) -> Filled:
    try:
        made = text.render(row)
    except Invalid as error:
        return Filled(number, "", error.problems[0], row)
    except (MissingVariable, Refused) as error:
        return Filled(number, "", Problem(field=FIELD, sentence=error.sentence), row)
    made = written(made) if change else made
    return Filled(number, made, left_open(made), row)


def check_text(
    text: MessageText,
    filled: Sequence[Filled],
    *,
    designation: Designation,
    sender: Sender,
    provider: Provider,
    lengths: Lengths | None,
) -> list[Problem]:
    """Return what is said of a text, each thing once: errors keep it from being sent, the rest deserves a look.

    ``filled`` are the recipients' or sample rows' texts: what holds for one of them is told with the number of the first row it holds for.
    """
    if not text.text.strip():
        return [_problem(say("The text is empty. Write what your recipients shall read."))]
    found = [problem for problem in text.problems if problem.level != "note"]
    if not any(problem.blocks for problem in found):
        found += _rows(filled)
        found += _empty_values(text, filled)
    seen = " ".join([text.fixed, *(one.text for one in filled[:MOST_LOOKED_AT] if one.problem is None)])
    found += _links(seen)
    found += _ways_out(seen, designation, sender)
    found += _length(filled, provider, lengths)
    return found


def check_sender_is_fit(sender: Sender, designation: Designation) -> Problem | None:
    """Return what is said of a commercial text from a toll-free number."""
    if sender.type != "toll_free" or designation != "commercial":
        return None
    return _problem(
        say(
            "Carriers filter commercial texts from toll-free numbers more often than others. Send it as transactional if it is,"
            " or from a short code."
        ),
        "warning",
        "designation",
    )


def quiet(
    at: datetime, zones: Sequence[tzinfo], hours: tuple[int, int] = QUIET
) -> tuple[datetime, bool] | None:
    """Return the recipient's local time that lies in the quiet hours, and whether it does in all of the zones; None where in none.

    A number may be of several zones (+1 800, all of Russia): it counts as quiet where it may be.
    """
    locals_ = [at.astimezone(zone) for zone in zones]
    begin, end = hours
    inside = [
        local
        for local in locals_
        if (begin <= local.hour or local.hour < end if begin > end else begin <= local.hour < end)
    ]
    return (inside[0], len(inside) == len(locals_)) if inside else None


def quiet_problem(number: str, found: tuple[datetime, bool], hours: tuple[int, int] = QUIET) -> Problem:
    """Return what is said of a recipient (masked) in whose zone it is quiet."""
    local, surely = found
    words = {
        "number": number,
        "time": f"{local:%H:%M}",
        "begin": f"{hours[0]:02}:00",
        "end": f"{hours[1]:02}:00",
    }
    if surely:
        sentence = say(
            "It is {time} where {number} is, within the quiet hours from {begin} to {end}. Send it later.",
            **words,
        )
    else:
        sentence = say(
            "It may be {time} where {number} is, within the quiet hours from {begin} to {end}: the number is of several time zones.",
            **words,
        )
    return _problem(sentence, "warning", "recipients")


def _rows(filled: Sequence[Filled]) -> Iterator[Problem]:
    """Yield the rows that cannot be filled, or are filled with braces: the first few one by one, then how many more there are."""
    wrong = [one for one in filled if one.problem is not None]
    for one in wrong[:MOST_TOLD]:
        assert one.problem is not None
        if len(filled) == 1:
            yield one.problem
        else:
            sentence = say("Row {row}: {reason}", row=one.row, reason=one.problem.sentence)
            yield one.problem.model_copy(update={"sentence": sentence})
    if len(wrong) > MOST_TOLD:
        yield _problem(
            say(
                "{count} more rows have the same or another problem with their values.",
                count=len(wrong) - MOST_TOLD,
            )
        )
    for one in filled:
        if one.problem is None and not one.text.strip():
            yield _problem(
                say(
                    "The text of row {row} is empty once it is filled. Write something around its slots.",
                    row=one.row,
                )
            )
            return


def _empty_values(text: MessageText, filled: Sequence[Filled]) -> Iterator[Problem]:
    """Yield for each slot that is filled with nothing the first row in which it is."""
    told: set[str] = set()
    for one in filled:
        if one.problem is not None or len(told) == len(text.slots):
            continue
        for slot in text.empty(one.values):
            if slot.source not in told:
                told.add(slot.source)
                sentence = say(
                    "{slot} is filled with nothing in row {row}. Give it a default, as in {usage}.",
                    slot=clip(slot.source, 80),
                    row=one.row,
                    usage=f'{{{{ {clip(slot.key)} | default("…") }}}}',
                )
                yield Problem(
                    field=FIELD, sentence=sentence, level="warning", line=slot.line, column=slot.column
                )


def _links(seen: str) -> Iterator[Problem]:
    if found := short_links(seen):
        yield _problem(
            say(
                "{host} is a public short link. Carriers filter texts with such links, as anybody can hide anything behind them."
                " Use a link of your own domain.",
                host=clip(found[0], 80),
            ),
            "warning",
        )


def _ways_out(seen: str, designation: Designation, sender: Sender) -> Iterator[Problem]:
    """Yield what is missing for a recipient who wants no more: the word to answer with, or a link where nobody can answer."""
    if sender.type == "alphanumeric":
        if asks_for_a_reply(seen):
            yield _problem(
                say(
                    "The text asks for a reply, but nobody can answer the sender id {sender}. Put in a link to the preferences instead.",
                    sender=sender.value,
                ),
                "warning",
            )
        if designation == "commercial" and not links(seen):
            yield _problem(
                say(
                    "Nobody can answer the sender id {sender}, so STOP never reaches you. A commercial text needs a link to preferences.",
                    sender=sender.value,
                ),
                "warning",
            )
    elif designation == "commercial" and not tells_how_to_stop(seen):
        yield _problem(
            say(
                "This commercial text does not say how to opt out. Add it in the language of the text, such as “{example}”.",
                example="Reply STOP to opt out",
            ),
            "warning",
        )


def _length(filled: Sequence[Filled], provider: Provider, lengths: Lengths | None) -> Iterator[Problem]:
    if lengths is not None and lengths.most.segments > MANY_SEGMENTS:
        yield _problem(
            say(
                "The longest text takes {count} segments, and each is paid for. More than {most} are filtered more often: shorten it.",
                count=lengths.most.segments,
                most=MANY_SEGMENTS,
            ),
            "warning",
        )
    yield from length_problems(filled, provider)


def length_problems(filled: Sequence[Filled], provider: Provider) -> list[Problem]:
    """Return what a provider cannot take of the texts: one that is too long, and characters that it does not know."""
    found = []
    most = dialect(provider).most_characters
    longest = max(filled, key=lambda one: len(one.text), default=None)
    if longest is not None and len(longest.text) > most:
        found.append(
            _problem(
                say(
                    "{provider} takes at most {most} characters, and the text of row {row} has {count}. Shorten it.",
                    provider=provider.name,
                    most=most,
                    row=longest.row,
                    count=len(longest.text),
                )
            )
        )
    wide = ((one.row, sign) for one in filled for sign in one.text if sign > "\uffff")
    if not dialect(provider).takes_wide and (first := next(wide, None)) is not None:
        found.append(
            _problem(
                say(
                    "{provider} takes no characters such as “{sign}” (beyond U+FFFF). It is in row {row}: leave it out.",
                    provider=provider.name,
                    sign=first[1],
                    row=first[0],
                )
            )
        )
    return found


def _problem(sentence: Sentence, level: Level = "error", field: str = FIELD) -> Problem:
    return Problem(field=field, sentence=sentence, level=level)
