"""TEMPLATE: a payload's text, read once and filled for each contact.

A template is a JSON text whose strings hold slots (``slots.py``). It is parsed, never pasted: the constant parts
become bytes once, and a render is one dump of the slots' values put between them. So a value can neither break the
JSON nor be read for slots a second time, and a string that is nothing but one slot keeps its value's type. Nothing
in a template repeats or branches: the length of the template and of its values bounds what a render costs.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

import orjson

from workbench.errors import Invalid, MissingVariable, Refused
from workbench.models.base import JsonValue, Level, Problem
from workbench.models.payload import Slot
from workbench.sentence import Sentence, say

from .filling import Filler, Hole, Unfilled, missing_sentence, missing_value, no_such_value, unfilled_of
from .filters import MAX_BYTES, check_value, too_large
from .slots import MAX_SLOTS, Found, nearest, split
from .strict_json import (
    MAX_PROBLEMS,
    ListNode,
    Node,
    ObjectNode,
    ScalarNode,
    TextNode,
    clip,
    not_an_object,
    read,
)

FIELD = "payload"
MAX_TEXT_BYTES = 1_000_000


def compile_template(text: str, *, top_level_object: bool = True) -> Template:
    """Return the template of ``text``, ready to be filled any number of times.

    Raises:
        Invalid: with the errors found in the JSON and in the slots (100 at most), each with line and column.
    """
    draft = _Draft(text, top_level_object=top_level_object)
    errors = [problem for problem in _in_order(draft.problems) if problem.blocks]
    if errors:
        raise Invalid(errors)
    return Template(text, draft)


def check_template(text: str, known: Collection[str] | None = None) -> tuple[Problem, ...]:
    """Return the errors and the warnings of ``text`` (100 each at most) in its order; an empty tuple is a yes.

    With ``known``, the names of the values there are (``order`` or ``order.total``), a ``{{ name }}`` that is not
    among them and has no default is a warning.
    """
    draft = _Draft(text)
    unknown = [] if known is None else _unknown(draft.slots, known)
    return _in_order([*draft.problems, *unknown])


class Template:
    """A compiled template; using it never changes it, so one serves all contacts and tasks.

    Values are given flat, by the slots' keys: ``{"User Identifier": …, "first_name": …, "order": {…}}``. The slot
    ``{{ order.total }}`` looks for ``order.total`` first, and then into ``order``.
    """

    def __init__(self, text: str, draft: _Draft) -> None:
        self.text = text
        self.slots: tuple[Slot, ...] = tuple(draft.slots)
        self.warnings: tuple[Problem, ...] = _in_order(draft.problems)
        self._plan = draft.plan
        self._alone = draft.alone
        self._holes = tuple(draft.holes)
        self._form = b"%b".join(b"".join(constant).replace(b"%", b"%%") for constant in draft.constants)
        # The values of most slots are fetched in one go, by their keys; those of other holes are put beside them first.
        self._made = tuple(hole for hole in self._holes if hole.key is None)
        self._fetch = _fetcher([hole if hole.key is None else hole.key for hole in self._holes])

    def render(self, values: Mapping[str, JsonValue], *, drop_empty_keys: bool = False) -> bytes:
        """Return the payload as compact JSON in UTF-8; the template's own numbers stay as they are spelled.

        ``drop_empty_keys`` leaves out each key whose value is a text with slots that comes out empty or null (items
        of lists stay). The product does not do so: it sends empty values.

        Raises:
            MissingVariable: naming every slot that has neither value nor default, with its place.
            Invalid: for values that JSON or their filters cannot take, each with its slot's place.
            Refused: where the payload would be larger than 25 MB.
        """
        if not drop_empty_keys:
            quick = self._quick(values)
            return self._form % (tuple(self._parts(values)) if quick is None else quick)
        parts = self._parts(values)
        grown = _grow(
            self._plan, iter(parts), orjson.Fragment, lambda number: orjson.Fragment(number.spelling), True
        )
        return orjson.dumps(grown)

    def tree(self, values: Mapping[str, JsonValue], *, drop_empty_keys: bool = False) -> JsonValue:
        """Return the payload as Python values, as ``json.loads`` reads it from ``render``; raises what that raises."""
        parts = iter(self._parts(values))
        return _grow(self._plan, parts, orjson.loads, lambda number: number.value, drop_empty_keys)

    def empty_slots(self, values: Mapping[str, JsonValue]) -> tuple[Slot, ...]:
        """Return the slots whose value is an empty text or null; raises what ``render`` raises."""
        self._parts(values)
        return tuple(filler.slot for filler in self._fillers() if filler.value(values) in ("", None))

    def text_variables(self) -> tuple[str, ...]:
        """Return the names of the text variables, each once, in the order of their first use."""
        return tuple(dict.fromkeys(slot.key for slot in self.slots if slot.kind == "text"))

    def uses(self, key: str) -> tuple[Slot, ...]:
        """Return the slots that the value ``key`` fills."""
        return tuple(slot for slot in self.slots if slot.key == key)

    def problems(self, values: Mapping[str, JsonValue]) -> tuple[Problem, ...]:
        """Return what keeps ``values`` from filling the template, slot by slot, 100 at most."""
        return tuple(
            _problem(filler.slot, missing_value(filler, values) if unfit is None else unfit)
            for filler, unfit in unfilled_of(self._fillers(), values)
        )

    def __repr__(self) -> str:
        return f"<Template of {len(self.text)} characters and {len(self.slots)} slots>"

    def _fillers(self) -> Iterator[Filler]:
        return (part for hole in self._holes for part in hole.parts if isinstance(part, Filler))

    def _parts(self, values: Mapping[str, JsonValue]) -> list[bytes]:
        """Return the JSON of each string that holds slots, in the order of the text."""
        if not self._holes:
            return []
        try:
            dumped = orjson.dumps(self._filled(values), option=orjson.OPT_INDENT_2)
        except (Refused, Unfilled, orjson.JSONEncodeError):
            self._explain(values)
            raise
        parts = _cut(dumped)
        if self._alone and not parts[0].startswith(b"{"):
            raise Invalid([_problem(self.slots[0], _no_object(self.slots[0]))])
        return parts

    def _quick(self, values: Mapping[str, JsonValue]) -> tuple[bytes, ...] | None:
        """Return what ``_parts`` returns, for values that need no second look, as those of most contacts; None for all others."""
        if not self._holes:
            return ()
        if self._alone:
            return None
        try:
            known: Mapping[Any, Any] = values
            if self._made:
                known = {**values, **{hole: hole.value(values) for hole in self._made}}
            found = self._fetch(known)
            exact = _EXACT.issuperset(map(type, found))
            if not exact and not _SCALARS.issuperset(map(type, found)):
                return None
            dumped = orjson.dumps(found, option=orjson.OPT_INDENT_2)
        except (KeyError, Refused, Unfilled, orjson.JSONEncodeError):
            return None
        parts = _cut(dumped)
        # orjson writes null for NaN and infinity, which are refused
        finite = exact or parts.count(b"null") == found.count(None)
        return tuple(parts) if finite and len(dumped) <= MAX_BYTES else None

    def _filled(self, values: Mapping[str, JsonValue]) -> list[object]:
        """Return the strings' values; what orjson would write wrongly without a word (NaN, a date) is refused here."""
        filled: list[object] = []
        room = MAX_BYTES
        for hole in self._holes:
            value = hole.value(values)
            kind = type(value)
            if kind is str:
                room -= len(value)
            elif kind is list or kind is dict:
                check_value(value)
                packed = orjson.dumps(value)
                room -= len(packed)
                value = orjson.Fragment(packed)
            elif (kind is float and not math.isfinite(value)) or kind not in _PLAIN:
                check_value(value)
            if room < 0:
                raise too_large()
            filled.append(value)
        return filled

    def _explain(self, values: Mapping[str, JsonValue]) -> None:
        """Raise the error that names the slots which cannot be filled, if there are any."""
        unfilled = unfilled_of(self._fillers(), values)
        missing = [filler for filler, unfit in unfilled if unfit is None]
        if missing:
            raise MissingVariable(missing_sentence(missing, values)) from None
        if unfilled:
            raise Invalid([_problem(filler.slot, unfit) for filler, unfit in unfilled if unfit]) from None


_PLAIN = frozenset({float, int, bool, type(None)})
_SCALARS = _PLAIN | {str}
_EXACT = _SCALARS - {float}


def _cut(dumped: bytes) -> list[bytes]:
    """Return the JSON of each element of a dumped list: orjson indents with line breaks, and no JSON string holds one to move the cut."""
    return dumped[4:-2].split(b",\n  ")


def _fetcher(keys: Sequence[str | Hole]) -> Callable[[Mapping[Any, Any]], tuple[Any, ...]]:
    """Return what fetches the values of ``keys``, in their order; KeyError where there is none."""
    if len(keys) > 1:
        return itemgetter(*keys)
    return lambda values: tuple([values[key] for key in keys])


_EMPTY = (b'""', b"null")
_Read = Callable[[bytes], Any]


def _grow(
    plan: Any, parts: Iterator[bytes], read: _Read, number: Callable[[ScalarNode], Any], drop: bool
) -> Any:
    """Return ``plan`` with its holes filled by ``parts``, in their order."""
    if isinstance(plan, Hole):
        return read(next(parts))
    if isinstance(plan, ScalarNode):
        return number(plan)
    if isinstance(plan, list):
        return [_grow(item, parts, read, number, drop) for item in plan]
    if not isinstance(plan, dict):
        return plan
    grown = {}
    for key, child in plan.items():
        if not isinstance(child, Hole):
            grown[key] = _grow(child, parts, read, number, drop)
        elif (part := next(parts)) not in _EMPTY or not drop:
            grown[key] = read(part)
    return grown


class _Enough(Exception):
    """There are too many slots; the rest is not read."""


class _Draft:
    """A text on its way to a template: its problems, its slots, the bytes between its holes, and its plan.

    The plan is the template as Python has it: dict, list, str, true, false and null as they are, ``ScalarNode`` for
    a number and ``Hole`` for a string with slots.
    """

    def __init__(self, text: str, *, top_level_object: bool = True) -> None:
        self.problems: list[Problem] = []
        self.slots: list[Slot] = []
        self.holes: list[Hole] = []
        self.constants: list[list[bytes]] = [[]]
        self.plan: Any = None
        self.alone = False
        size = len(text) if len(text) > MAX_TEXT_BYTES else len(text.encode("utf-8", "surrogatepass"))
        if size > MAX_TEXT_BYTES:
            limit = MAX_TEXT_BYTES // 1000
            self.blame(
                1, 1, say("The payload is longer than {limit} kB. Shorten its fixed texts.", limit=limit)
            )
            return
        alone = (
            text.lstrip()[:1] == '"' and top_level_object
        )  # a payload that is one slot: its value is the object
        reading = read(text, top_level_object=top_level_object and not alone, field=FIELD)
        self.problems += reading.problems
        if reading.node:
            self.alone = alone
            if alone and not _is_slot(reading.node):
                self.blame(1, 1, not_an_object(reading.node))
            try:
                self.plan = self.write(reading.node, "")
            except _Enough:
                line, column = self.slots[-1].line, self.slots[-1].column
                self.blame(
                    line, column, say("A payload takes at most {limit} slots. Use fewer.", limit=MAX_SLOTS)
                )
        self.problems += _case_twins(self.slots)

    def blame(self, line: int, column: int, sentence: Sentence, level: Level = "error") -> None:
        self.problems.append(Problem(field=FIELD, sentence=sentence, level=level, line=line, column=column))

    def put(self, constant: bytes) -> None:
        self.constants[-1].append(constant)

    def write(self, node: Node, path: str) -> Any:
        """Return the plan of ``node`` and put its bytes; ``path`` leads to it."""
        if isinstance(node, ObjectNode):
            return self.write_object(node, path)
        if isinstance(node, ListNode):
            return self.write_list(node, path)
        if isinstance(node, TextNode):
            return self.write_text(node, path)
        assert isinstance(node, ScalarNode)
        self.put(node.spelling.encode())
        return node if type(node.value) in (int, float) else node.value

    def write_object(self, node: ObjectNode, path: str) -> dict[str, Any]:
        plan = {}
        before = b"{"
        for key, value in node.members:
            self.check_key(key)
            self.put(before + orjson.dumps(key.value) + b":")
            plan[key.value] = self.write(value, _path(path, key.value))
            before = b","
        self.put(b"}" if plan else b"{}")
        return plan

    def write_list(self, node: ListNode, path: str) -> list[Any]:
        plan = []
        for index, item in enumerate(node.items):
            self.put(b"," if index else b"[")
            plan.append(self.write(item, f"{path}[{index}]"))
        self.put(b"]" if plan else b"[]")
        return plan

    def check_key(self, key: TextNode) -> None:
        found = _OPENING.search(key.value)
        if found:
            self.blame(
                *key.place(found.start()),
                say(
                    "The name of a field cannot hold a slot. Write the name itself; its value may hold {slot}.",
                    slot="{{ first_name }}",
                ),
            )

    def write_text(self, node: TextNode, path: str) -> str | Hole:
        found = split(node.value)
        parts = found.parts
        for fault in found.faults:
            self.blame(*node.place(fault.index), fault.sentence, fault.level)
        whole = len(parts) == 1 and isinstance(parts[0], Found)
        filled = tuple(
            part if isinstance(part, str) else self.slot(part, node, path, whole) for part in parts
        )
        if all(isinstance(part, str) for part in filled):
            text = "".join(part for part in filled if isinstance(part, str))
            self.put(orjson.dumps(text))
            return text
        hole = Hole(filled, filled[0] if whole and isinstance(filled[0], Filler) else None)
        self.holes.append(hole)
        self.constants.append([])
        return hole

    def slot(self, found: Found, node: TextNode, path: str, whole: bool) -> Filler:
        line, column = node.place(found.start)
        slot = Slot(
            key=found.key,
            kind=found.kind,
            filters=found.filters,
            source=found.source,
            line=line,
            column=column,
            whole=whole,
            path=path,
        )
        self.slots.append(slot)
        if len(self.slots) > MAX_SLOTS:
            raise _Enough
        steps = tuple(found.key.split(".")) if found.kind == "variable" and "." in found.key else ()
        return Filler(slot, found.key, steps, found.steps)


def _is_slot(node: Node) -> bool:
    """Return whether the whole payload is one slot."""
    parts = split(node.value).parts if isinstance(node, TextNode) else ()
    return len(parts) == 1 and isinstance(parts[0], Found)


def _no_object(slot: Slot) -> Sentence:
    return say(
        "The payload is the slot {slot} alone, and its value is no object. Give it one: {example}.",
        slot=slot.source,
        example='{"email": "ana@example.com"}',
    )


_OPENING = re.compile(r"\{\{|\$\{")
_PLAIN_KEY = re.compile(r"[^.\[\]\"]+")


def _path(path: str, key: str) -> str:
    """Return the path of ``key`` below ``path``: ``to[0].email``, or ``["a.b"]`` for a key with signs of its own."""
    if not _PLAIN_KEY.fullmatch(key):
        return f"{path}[{orjson.dumps(key).decode()}]"
    return f"{path}.{key}" if path else key


def _in_order(problems: list[Problem]) -> tuple[Problem, ...]:
    """Return the problems in the order of the text; the first 100 errors, which no number of warnings crowds out."""
    problems = sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0))
    errors = [problem for problem in problems if problem.blocks]
    others = [problem for problem in problems if not problem.blocks]
    kept = {id(problem) for problem in [*errors[:MAX_PROBLEMS], *others[:MAX_PROBLEMS]]}
    return tuple(problem for problem in problems if id(problem) in kept)


def _problem(slot: Slot, sentence: Sentence, level: Level = "error") -> Problem:
    return Problem(field=FIELD, sentence=sentence, level=level, line=slot.line, column=slot.column)


def _case_twins(slots: list[Slot]) -> Iterator[Problem]:
    """Warn of text variables that differ in capitals alone: they are two variables, each with its own value."""
    first: dict[str, str] = {}
    told: set[str] = set()
    for slot in slots:
        twin = first.setdefault(slot.key.casefold(), slot.key) if slot.kind == "text" else slot.key
        if twin != slot.key and slot.key not in told:
            told.add(slot.key)
            sentence = say(
                "“{name}” and “{twin}” are two different variables, as capitals count. Write both alike if they are one.",
                name=clip(slot.key),
                twin=clip(twin),
            )
            yield _problem(slot, sentence, "warning")


def _unknown(slots: list[Slot], known: Collection[str]) -> Iterator[Problem]:
    roots = {name.partition(".")[0] for name in known}
    nearest_of: dict[str, str | None] = {}
    for slot in slots:
        root = slot.key.partition(".")[0]
        if slot.kind != "variable" or root in roots or any(call.name == "default" for call in slot.filters):
            continue
        if len(nearest_of) == MAX_PROBLEMS and root not in nearest_of:
            return
        if root not in nearest_of:
            nearest_of[root] = nearest(slot.key, known) or nearest(root, roots)
        yield _problem(slot, no_such_value(slot, nearest_of[root]), "warning")
