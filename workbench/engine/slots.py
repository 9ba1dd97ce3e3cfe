"""SLOTS: the grammar of what a string of a payload may hold, and its lint.

    {{ name }}   {{ order.items.0.price | default("x") | upper }}        a value, and filters for it
    ${User Identifier}   ${User data|FEED|PROPERTY}   ${dyCampaignName}   Reconnect's variables
    ${any other text}                                                    a text variable of exactly that name
    {{{{   }}}}   $${                                                     the signs themselves: {{ }} ${

The arguments of filters are JSON: "text", 12.5, true, false, null. A dollar sign before ``{{`` and a third brace stand
for themselves (``${{ price }}`` is $ and the price). A string is read once, from left to right: what a value brings
along is never read again. Reconnect takes what it does not know for a text variable without a word
(https://support.dynamicyield.com/hc/en-us/articles/29435041170589), so near misses are told here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice

from workbench.errors import Refused
from workbench.models.base import JsonValue, Level
from workbench.models.payload import FilterCall, SlotKind
from workbench.sentence import Sentence, say

from .filters import FILTERS, Step
from .strict_json import clip, plain, read

MAX_SLOTS = 10_000
MAX_FILTERS = 10
MAX_ARGUMENTS = 10
MAX_FAULTS = 100
IDENTIFIER, USER_DATA, CAMPAIGN = "User Identifier", "User data", "dyCampaignName"
USAGE = {
    IDENTIFIER: "${User Identifier}",
    USER_DATA: "${User data|FEED|PROPERTY}",
    CAMPAIGN: "${dyCampaignName}",
}


@dataclass(frozen=True, slots=True)
class Found:
    """A slot as it stands in a string: its source from index ``start`` on, and its filters ready to be applied."""

    start: int
    source: str
    key: str
    kind: SlotKind
    filters: tuple[FilterCall, ...] = ()
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at an index of a string."""

    index: int
    sentence: Sentence
    level: Level = "error"


@dataclass(frozen=True, slots=True)
class Split:
    """A string, split into its literal parts and its slots; the errors (100 at most) and warnings (likewise)."""

    parts: tuple[str | Found, ...]
    faults: tuple[Fault, ...]


def split(text: str) -> Split:
    """Return the literal parts (escapes resolved) and slots of a string, in one walk from left to right.

    The walk ends early where the string is refused anyway: after 100 errors, and after 10,001 slots.
    """
    if "{{" not in text and "${" not in text and "}}" not in text:
        return Split((text,), ())
    walk = _Walk(text)
    walk.run()
    return Split(tuple(walk.parts), tuple(walk.faults))


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the name among ``known`` that ``name`` was probably meant to be, or None.

    Bounded: names of over 80 characters, and all but the first 2,000 known ones, are not compared.
    """
    if len(name) > 80:
        return None
    squashed = {_squash(other): other for other in islice(known, 2000) if len(other) <= 80}
    close = get_close_matches(_squash(name), squashed, n=1, cutoff=0.75)
    return squashed[close[0]] if close else None


def _squash(name: str) -> str:
    """Return the name without what people mix up: capitals, blanks, hyphens and underscores."""
    return re.sub(r"[\s_-]+", "", name).casefold()


_MARK = re.compile(r"\{\{\{\{|\{\{(?!\{)|\}\}\}\}|\}\}|\$\$\{(?!\{)|\$\{(?!\{)")
_ESCAPED = {"{{{{": "{{", "}}}}": "}}", "$${": "${"}
_BRACES = re.compile(r"\{\{|\}\}")
_DOLLAR_END = re.compile(r"\}|\$\{|\{\{")
_BLANKS = re.compile(r"\s*")
_NAME = re.compile(r"[^\W\d][\w-]*+(?:\.[\w-]++)*+")
_FILTER = re.compile(r"[^\W\d][\w-]*+")
_LITERAL = re.compile(r'"(?:[^"\\]|\\.)*+"|[\w.+-]++', re.DOTALL)


class _Unfit(Exception):
    """The slot cannot be read on from ``index``."""

    def __init__(self, index: int, sentence: Sentence) -> None:
        self.index = index
        self.sentence = sentence


class _Walk:
    """One walk over one string. ``at`` only grows, so that the walk ends."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.parts: list[str | Found] = []
        self.faults: list[Fault] = []
        self.literal: list[str] = []
        self.told: dict[Level, int] = {"error": 0, "warning": 0}
        self.open_escapes = 0
        self.count = 0

    def fault(self, index: int, sentence: Sentence, level: Level = "error") -> None:
        self.told[level] += 1
        if self.told[level] <= MAX_FAULTS:
            self.faults.append(Fault(index, sentence, level))

    def run(self) -> None:
        # Warnings never end the walk early: a template that has nothing worse is used, and must have been read whole.
        while self.told["error"] < MAX_FAULTS and self.count <= MAX_SLOTS:
            mark = _MARK.search(self.text, self.at)
            if mark is None:
                break
            self.literal.append(self.text[self.at : mark.start()])
            sign, start = mark[0], mark.start()
            third_brace = start > self.at and self.text[start - 1] == "{"
            self.at = mark.end()
            if sign in _ESCAPED:
                self.literal.append(_ESCAPED[sign])
                self.escaped(start, sign)
            elif sign == "}}":
                self.literal.append(sign)
                self.closing(start)
            elif found := self.variable(start) if sign == "{{" else self.reconnect(start):
                self.add(found)
                if third_brace:
                    self.fault(start - 1, _third_brace(), "warning")
        self.literal.append(self.text[self.at :])
        self.flush()

    def add(self, found: Found) -> None:
        self.count += 1
        self.flush()
        self.parts.append(found)

    def flush(self) -> None:
        if literal := "".join(self.literal):
            self.parts.append(literal)
        self.literal = []

    def escaped(self, start: int, sign: str) -> None:
        """Warn of four closing braces without four opening ones: the end of a JSON text, rather than an escape."""
        self.open_escapes += {"{{{{": 1, "}}}}": -1}.get(sign, 0)
        if self.open_escapes < 0:
            self.open_escapes = 0
            sentence = say(
                "{four} is sent as {two}. Write it twice to send it as it is.", four=sign, two=_ESCAPED[sign]
            )
            self.fault(start, sentence, "warning")

    def closing(self, start: int) -> None:
        self.fault(
            start,
            say(
                "Nothing is open that this {closing} could close, so it is sent as it is. If a slot ends here, begin"
                " it with {opening}.",
                closing="}}",
                opening="{{",
            ),
            "warning",
        )

    # -- {{ name | filter }} ----------------------------------------------------------------------------------

    def variable(self, start: int) -> Found | None:
        errors = self.told["error"]
        try:
            found = self.read_variable(start)
        except _Unfit as unfit:
            self.recover(start, unfit)
            return None
        return found if self.told["error"] == errors else None

    def recover(self, start: int, unfit: _Unfit) -> None:
        """Tell what is wrong with the slot, and step behind it: to its end, or to where the next one begins."""
        end = _BRACES.search(self.text, unfit.index)
        if end is None or end[0] == "{{":
            self.at = end.start() if end else len(self.text)
            closing = "}}"
            sentence = say(
                "The slot that begins here is never closed. Add {closing} at its end.", closing=closing
            )
            self.fault(start, sentence)
            return
        self.at = end.end()
        inside = self.text[start + 2 : end.start()]
        meant = nearest(inside.partition("|")[0].strip(), USAGE)
        if not inside.strip():
            self.fault(start, _empty("{{ first_name }}"))
        elif meant and "." not in inside:
            self.fault(start, say("Reconnect's variables are written {usage}.", usage=USAGE[meant]))
        else:
            self.fault(unfit.index, unfit.sentence)

    def read_variable(self, start: int) -> Found:
        self.blanks()
        name = _NAME.match(self.text, self.at)
        if name is None:
            raise _Unfit(self.at, _no_name(self.text[self.at : self.at + 1]))
        self.at = name.end()
        calls: list[FilterCall] = []
        steps: list[Step] = []
        while not self.took("}}"):
            if not self.took("|"):
                raise _Unfit(
                    self.at,
                    say(
                        "Here {bar} and a filter, or {closing}, is expected. A name has no blanks.",
                        bar="|",
                        closing="}}",
                    ),
                )
            if len(calls) == MAX_FILTERS:
                raise _Unfit(
                    self.at, say("A slot takes at most {limit} filters. Use fewer.", limit=MAX_FILTERS)
                )
            call, step = self.filter()
            calls.append(call)
            steps += [step] if step else []
        return Found(start, self.text[start : self.at], name[0], "variable", tuple(calls), tuple(steps))

    def blanks(self) -> None:
        blanks = _BLANKS.match(self.text, self.at)
        self.at = blanks.end() if blanks else self.at

    def took(self, sign: str) -> bool:
        """Step over ``sign``, and blanks before it, if it stands here; return whether it did."""
        self.blanks()
        if not self.text.startswith(sign, self.at):
            return False
        self.at += len(sign)
        return True

    def filter(self) -> tuple[FilterCall, Step | None]:
        self.blanks()
        start = self.at
        name = _FILTER.match(self.text, start)
        if name is None:
            raise _Unfit(
                start,
                say(
                    "The name of a filter is expected here. There are {filters}.", filters=", ".join(FILTERS)
                ),
            )
        self.at = name.end()
        arguments = self.arguments() if self.took("(") else ()
        call = FilterCall(name=name[0], arguments=arguments)
        if name[0] not in FILTERS:
            self.fault(start, _no_filter(name[0]))
            return call, None
        try:
            return call, FILTERS[name[0]].bind(arguments)
        except Refused as refused:
            self.fault(start, refused.sentence)
            return call, None

    def arguments(self) -> tuple[JsonValue, ...]:
        arguments: list[JsonValue] = []
        while not self.took(")"):
            if arguments and not self.took(","):
                raise _Unfit(self.at, say("A comma or a closing bracket is expected here."))
            self.blanks()
            literal = _LITERAL.match(self.text, self.at)
            if literal is None or len(arguments) == MAX_ARGUMENTS:
                raise _Unfit(self.at, _no_argument())
            reading = read(literal[0], top_level_object=False)
            if reading.node is None or reading.problems:
                self.fault(self.at, reading.problems[0].sentence)
            arguments.append(plain(reading.node) if reading.node else None)
            self.at = literal.end()
        return tuple(arguments)

    # -- ${name} ----------------------------------------------------------------------------------------------

    def reconnect(self, start: int) -> Found | None:
        end = _DOLLAR_END.search(self.text, self.at)
        if end is None or end[0] != "}":
            self.at = end.start() if end else len(self.text)
            sentence = say(
                "The variable that begins here is never closed. Add {closing} at its end.", closing="}"
            )
            self.fault(start, sentence)
            return None
        name = self.text[self.at : end.start()]
        self.at = end.end()
        kind = self.kind(start, name)
        return Found(start, self.text[start : self.at], name, kind) if kind else None

    def kind(self, start: int, name: str) -> SlotKind | None:
        """Return what kind of variable ``name`` is, None (and a fault) where it is none."""
        head, *rest = name.split("|")
        if not name.strip():
            self.fault(start, _empty("${first name}"))
        elif head not in USAGE:
            self.near_miss(start, name, head)
            return "text"
        elif len(rest) != (2 if head == USER_DATA else 0) or not all(part.strip() for part in rest):
            self.fault(
                start, say("{name} has not the right parts. Write {usage}.", name=head, usage=USAGE[head])
            )
        elif head == IDENTIFIER:
            return "identifier"
        else:
            return "user_data" if head == USER_DATA else "campaign"
        return None

    def near_miss(self, start: int, name: str, head: str) -> None:
        if self.told["warning"] >= MAX_FAULTS:
            return
        if meant := nearest(head, USAGE):
            sentence = say(
                "“{name}” is taken for a text variable of that name. Did you mean {usage}?",
                name=clip(name),
                usage=USAGE[meant],
            )
            self.fault(start, sentence, "warning")
        elif name != name.strip():
            sentence = say(
                "The blanks around “{name}” are part of the variable's name. Delete them.", name=clip(name)
            )
            self.fault(start, sentence, "warning")


def _third_brace() -> Sentence:
    return say(
        "There are three braces; the first one is sent as it is. A slot has two: {usage}.",
        usage="{{ first_name }}",
    )


def _empty(usage: str) -> Sentence:
    return say("There is no name in this slot. Write one, like {usage}.", usage=usage)


def _no_name(found: str) -> Sentence:
    return say(
        "A name cannot begin with “{found}”. It has letters, digits, _ and -, and points between its parts:"
        " {usage}. If the braces are meant to be sent, write four: {braces}.",
        found=clip(found),
        usage="{{ order.total }}",
        braces="{{{{ }}}}",
    )


def _no_argument() -> Sentence:
    return say(
        "A text in double quotes, a number, true, false or null is expected here. Inside of this JSON, write the"
        " double quotes as {quote}.",
        quote='\\"',
    )


def _no_filter(name: str) -> Sentence:
    if near := nearest(name, FILTERS):
        return say("There is no filter “{name}”. Did you mean {near}?", name=clip(name), near=near)
    return say(
        "There is no filter “{name}”. There are {filters}.", name=clip(name), filters=", ".join(FILTERS)
    )
