"""WORDING: what pydantic finds wrong with a form, in our own words: by field, with the rule and one fix. No value is repeated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import ValidationError

from workbench.models.base import JsonValue, Problem
from workbench.sentence import Sentence, say


def problems_of(error: ValidationError, prefix: str = "") -> list[Problem]:
    """Return one problem for each field that is wrong, by its dotted path."""
    found: dict[str, Problem] = {}
    for item in error.errors(include_url=False, include_input=False):
        path = prefix + ".".join(str(part) for part in item["loc"])
        found.setdefault(path, Problem(field=path, sentence=worded(item["type"], item.get("ctx", {}))))
    return list(found.values())


def named(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems with the field in each sentence, for where no form shows it beside the field."""
    return [
        problem.model_copy(
            update={
                "sentence": say("“{field}”: {sentence}", field=problem.field[:80], sentence=problem.sentence)
            }
        )
        for problem in problems
    ]


def worded(kind: str, context: Mapping[str, JsonValue]) -> Sentence:
    """Return what one of pydantic's findings means."""
    if kind in ("missing", "string_too_short", "union_tag_not_found"):
        return say("This is empty. Fill it in.")
    if kind == "string_too_long":
        return say("This is too long; at most {most} characters are allowed.", most=context.get("max_length"))
    if kind == "too_long":
        return say("There are too many; at most {most} are allowed.", most=context.get("max_length"))
    if kind == "too_short":
        return say("There are too few; at least {least} are needed.", least=context.get("min_length"))
    if kind in ("int_parsing", "int_type", "int_from_float"):
        return say("This is no whole number. Write one, such as 60.")
    if kind in ("float_parsing", "float_type", "finite_number"):
        return say("This is no number. Write one, such as 2.5.")
    if kind in ("bool_parsing", "bool_type"):
        return say("This is neither yes nor no. Write true or false.")
    if kind in ("literal_error", "union_tag_invalid"):
        if expected := context.get("expected"):
            return say("This is not one of the choices: {expected}.", expected=str(expected))
        return say("This is not one of the choices. Choose one of them.")
    if kind == "extra_forbidden":
        return say("There is no such field. Check its name.")
    return _out_of_range(kind, context)


def _out_of_range(kind: str, context: Mapping[str, JsonValue]) -> Sentence:
    if kind == "greater_than_equal":
        return say("This is too small; at least {least} is needed.", least=context.get("ge"))
    if kind == "greater_than":
        return say("This must be more than {least}.", least=context.get("gt"))
    if kind == "less_than":
        return say("This must be less than {most}.", most=context.get("lt"))
    if kind == "less_than_equal":
        return say("This is too large; at most {most} is allowed.", most=context.get("le"))
    return say("This cannot be read. Type it again.")
