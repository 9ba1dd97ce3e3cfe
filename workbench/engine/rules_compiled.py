"""RULES COMPILED: the rules as one Python function that decides many contacts in one loop, by the meaning of ``rules.decide_plainly``.

The function's source is made of fixed words alone. Whatever a person wrote (names of fields, values, expressions) is bound to a name like
``k7`` in the function's namespace and never becomes part of the source.

A condition that asks live checks is written twice, once as what surely fits and once as what may fit while answers are missing; where the
two differ, the condition is open. That is Kleene's logic in plain booleans: the opposite of what surely fits is what may not fit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from workbench.errors import Refused
from workbench.models.base import JsonValue
from workbench.models.rules import AnyOf, Comparison, Condition, Decision, Not, RuleSet
from workbench.sentence import say

from .items import Item
from .patterns import compile_pattern
from .rule_checks import MAX_DEPTH, comparisons, depth_of
from .rule_values import LONGEST_MOMENT, key_of, moment_in, moment_of, number_of, text_of, truth_of
from .rules import UNANSWERED, Live, Membership, no_list

_ORDER: Final = {
    "less_than": "<",
    "before": "<",
    "at_most": "<=",
    "more_than": ">",
    "after": ">",
    "at_least": ">=",
}
_NEGATED: Final = {"not_equals": "equals", "not_in": "in", "not_on_list": "on_list", "is_present": "is_empty"}
_LIVE: Final = frozenset({"consents", "refuses"})

Pair = tuple[str, str]


class Compiled:
    """Rules, ready for any number of contacts.

    ``decisions`` are all that can be decided: one for each rule in their order, then the one for whom none fits, then the one for whom a
    live check gave no answer.
    """

    def __init__(self, rules: RuleSet, lists: Mapping[str, Membership]) -> None:
        self.decisions: tuple[Decision, ...] = (
            *(Decision(verdict=rule.verdict, rule=rule.name, reason=rule.reason) for rule in rules.rules),
            Decision(verdict=rules.otherwise),
            UNANSWERED,
        )
        self._decide: Callable[[Sequence[Item], Live], list[int]] = _Writer(lists).function(
            rules, asking=False
        )
        self._asks: Callable[[Sequence[Item], Live], list[list[Pair]]] | None = None
        if any(_is_live(rule.when) for rule in rules.rules):
            self._asks = _Writer(lists).function(rules, asking=True)

    def decide(self, items: Sequence[Item], live: Live = {}) -> list[int]:  # noqa: B006 - never written to
        """Return for each contact the place of its decision in ``decisions``.

        Args:
            items: the contacts, as many as fit in memory; a list is looked up once for all of them.
            live: what the live checks said. Contacts whose decision hangs on one that is missing get the last decision.
        """
        return self._decide(items, live)

    def asks(self, items: Sequence[Item], live: Live = {}) -> list[list[Pair]]:  # noqa: B006
        """Return for each contact the live checks (key of the check, value) on which its decision hangs; none where it is decided.

        With all of them answered, ``decide`` leaves nobody open. ``live`` is what is answered already.
        """
        return [[] for _ in items] if self._asks is None else self._asks(items, live)


def compile_rules(rules: RuleSet, *, lists: Mapping[str, Membership]) -> Compiled:
    """Return the rules as one function. Which rules count for a sendout is settled before, by ``rules_of``.

    Raises:
        Refused: a list that is not there, an expression that cannot be read, or conditions nested too deeply.
    """
    if any(depth_of(rule.when) > MAX_DEPTH for rule in rules.rules):
        raise Refused(
            say(
                "The conditions are nested deeper than {limit} levels. Split the rule into several.",
                limit=MAX_DEPTH,
            )
        )
    return Compiled(rules, lists)


class _Writer:
    """Writes the source of one function, and keeps what its names stand for."""

    def __init__(self, lists: Mapping[str, Membership]) -> None:
        self._lists = lists
        self._names: dict[str, Any] = {
            "__builtins__": {},
            "str": str,
            "int": int,
            "float": float,
            "bool": bool,
            "list": list,
            "type": type,
            "enumerate": enumerate,
            "number_of": number_of,
            "moment_in": moment_in,
            "len": len,
            "text_of": text_of,
            "key_of": key_of,
            "truth_of": truth_of,
        }
        self._fields: dict[str, str] = {}
        self._columns: dict[Pair, str] = {}

    def function(self, rules: RuleSet, *, asking: bool) -> Callable[[Sequence[Item], Live], Any]:
        """Return the function ``decide(items, live)``, or ``asks(items, live)``."""
        body: list[str] = []
        for place, rule in enumerate(rules.rules):
            body += self._fetches(rule.when)
            body += [
                f"if {self._sure(rule.when)}:",
                f"    put({'asked' if asking else place})",
                "    continue",
            ]
            if asking:
                body += self._questions(rule.when)
            elif _is_live(rule.when):
                body += [f"if {self._maybe(rule.when)}:", f"    put({len(rules.rules) + 1})", "    continue"]
        body.append(f"put({'asked' if asking else len(rules.rules)})")
        columns = [f"    {name} = None" for name in self._columns.values()]
        loop = "for i, item in enumerate(items):" if columns else "for item in items:"
        lines = ["def run(items, live):", "    out = []", "    put = out.append", *columns, f"    {loop}"]
        lines += ["        p = item.properties"]
        lines += ["        asked = []"] if asking else []
        lines += [f"        {line}" for line in body]
        lines += ["    return out"]
        exec(compile("\n".join(lines), "<rules>", "exec"), self._names)  # noqa: S102 - fixed words and bound names
        run: Callable[[Sequence[Item], Live], Any] = self._names["run"]
        return run

    def _bind(self, value: object) -> str:
        name = f"k{len(self._names)}"
        self._names[name] = value
        return name

    # -- What a rule needs

    def _fetches(self, condition: Condition) -> list[str]:
        """Return the lines that fetch the fields which no rule before has fetched."""
        lines = []
        for field in _fields(condition):
            if field not in self._fields:
                name = self._fields[field] = f"v{len(self._fields)}"
                lines.append(f"{name} = item.id" if field == "id" else f"{name} = p.get({self._bind(field)})")
        return lines

    def _questions(self, condition: Condition) -> list[str]:
        """Return the lines that note the live checks on which an open condition hangs."""
        if not _is_live(condition):
            return []
        lines = [f"if {self._maybe(condition)} and not {self._sure(condition)}:"]
        if isinstance(condition, Comparison):
            lines.append(
                f"    {self._bind(_note)}(asked, {self._bind(condition.value)}, {self._field(condition)})"
            )
            return lines
        parts = (condition.of,) if isinstance(condition, Not) else condition.of
        return lines + [f"    {line}" for part in parts for line in self._questions(part)]

    # -- Conditions

    def _sure(self, condition: Condition) -> str:
        """Return the expression that is true where the condition fits, whatever the missing answers are."""
        return self._written(condition, sure=True)

    def _maybe(self, condition: Condition) -> str:
        """Return the expression that is true where the condition fits by some missing answers."""
        return self._written(condition, sure=False)

    def _written(self, condition: Condition, *, sure: bool) -> str:
        if isinstance(condition, Comparison):
            return f"({self._comparison(condition, sure)})"
        if isinstance(condition, Not):
            return f"(not {self._written(condition.of, sure=not sure)})"
        word, empty = (" or ", "False") if isinstance(condition, AnyOf) else (" and ", "True")
        parts = [self._written(part, sure=sure) for part in condition.of]
        return f"({word.join(parts)})" if parts else empty

    def _comparison(self, it: Comparison, sure: bool) -> str:
        v = self._field(it)
        if it.operator in _NEGATED:
            positive = it.model_copy(update={"operator": _NEGATED[it.operator]})
            return f"not ({self._comparison(positive, sure)})"
        match it.operator:
            case "is_empty":
                return f"{v} is None or type({v}) is str and (not {v} or {v}.isspace())"
            case "equals":
                return self._one_of([it.value], v)
            case "in":
                return self._one_of(it.value, v)
            case "contains" | "starts_with" | "ends_with" | "matches":
                return self._text(it, v)
            case "before" | "after":
                bound = self._bind(moment_of(it.value))
                return (
                    f"type({v}) is str and len({v}) <= {LONGEST_MOMENT} and (d := moment_in({v})) is not None"
                    f" and d {_ORDER[it.operator]} {bound}"
                )
            case "on_list":
                return self._listed(it, v)
            case "consents" | "refuses":
                wanted, default = it.operator == "consents", sure is False
                return f"{self._bind(_said)}(live, {self._bind(it.value)}, {v}, {wanted}, {default})"
            case _:
                return self._number(it, v)

    def _field(self, it: Comparison) -> str:
        return self._fields[it.field]

    def _one_of(self, values: Sequence[JsonValue], v: str) -> str:
        """Return the expression for a value that is the same as one of these (``rules.same``)."""
        texts = frozenset(value for value in values if type(value) is str)
        numbers = frozenset(number for value in values if (number := number_of(value)) is not None)
        own_numbers = frozenset(number_of(value) for value in values if type(value) in (int, float))
        truths = frozenset(truth for value in values if (truth := truth_of(value)) is not None)
        own_truths = frozenset(value for value in values if type(value) is bool)
        ways = []
        if len(texts) == 1:
            ways.append(f"{v} == {self._bind(next(iter(texts)))}")
        elif texts:
            ways.append(f"type({v}) is str and {v} in {self._bind(texts)}")
        if numbers:
            ways.append(f"(type({v}) is int or type({v}) is float) and {v} in {self._bind(numbers)}")
        if own_numbers:
            ways.append(f"type({v}) is str and number_of({v}) in {self._bind(own_numbers)}")
        if truths:
            ways.append(f"type({v}) is bool and {v} in {self._bind(truths)}")
        if own_truths:
            ways.append(f"type({v}) is str and truth_of({v}) in {self._bind(own_truths)}")
        return " or ".join(ways) or "False"

    def _text(self, it: Comparison, v: str) -> str:
        text = f"{v} if type({v}) is str else text_of({v})"
        value = self._bind(compile_pattern(it.value) if it.operator == "matches" else it.value)
        fits = {
            "contains": f"{value} in t",
            "starts_with": f"t.startswith({value})",
            "ends_with": f"t.endswith({value})",
            "matches": f"{value}(t)",
        }[it.operator]
        plain = f"(t := {text}) is not None and {fits}"
        if it.operator != "contains":
            return plain
        return f"{self._bind(_holds)}({v}, {value}) if type({v}) is list else {plain}"

    def _number(self, it: Comparison, v: str) -> str:
        number = number_of(it.value)
        if number is None:
            return "False"
        return (
            f"(n := {v} if type({v}) is int else number_of({v})) is not None"
            f" and n {_ORDER[it.operator]} {self._bind(number)}"
        )

    def _listed(self, it: Comparison, v: str) -> str:
        members = self._lists.get(it.value)
        if members is None:
            raise no_list(it.value)
        column = self._columns.setdefault((it.value, it.field), f"m{len(self._columns)}")
        look = self._bind(_column(members, it.field))
        return f"({column} or ({column} := {look}(items)))[i]"


def _fields(condition: Condition) -> list[str]:
    if isinstance(condition, Comparison):
        return [condition.field]
    parts = (condition.of,) if isinstance(condition, Not) else condition.of
    return list(dict.fromkeys(field for part in parts for field in _fields(part)))


def _is_live(condition: Condition) -> bool:
    return any(it.operator in _LIVE for _, it in comparisons(condition))


def _column(members: Membership, field: str) -> Callable[[Sequence[Item]], list[bool]]:
    """Return the function that looks a field of all contacts up on a list, at once."""

    def look(items: Sequence[Item]) -> list[bool]:
        keys = [key_of(item.id if field == "id" else item.properties.get(field)) for item in items]
        asked = [key for key in keys if key is not None]
        answers = iter(members.contain(asked) if asked else ())
        return [key is not None and bool(next(answers)) for key in keys]

    return look


def _said(live: Live, check: str, value: JsonValue, wanted: bool, default: bool) -> bool:
    """Return whether a live check said what is wanted; ``default`` where it said nothing."""
    key = key_of(value)
    if key is None:
        return False
    said = live.get((check, key))
    return default if said is None else said is wanted


def _note(asked: list[Pair], check: str, value: JsonValue) -> None:
    pair = (check, key_of(value) or "")
    if pair not in asked:
        asked.append(pair)


def _holds(values: list[JsonValue], wanted: str) -> bool:
    return wanted in [text_of(value) for value in values]
