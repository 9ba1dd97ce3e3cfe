"""ACTIONS: what the two levels of a Send gate Plus ask for together, and what an older Send gate has left behind.

Actions of the sendout are merged with the project's, "they will not override":
https://help.symplify.com/hc/en-us/articles/6238097514386-Send-Gate-Plus
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from workbench.models.base import Noun, Problem
from workbench.models.gate import Action, Hook
from workbench.sentence import Sentence, say

from .strict_json import clip

LEFTOVERS = ("active", "pause", "pausesendout", "identifier", "override")
"""Fields of the older Send gate (letters alone, small); a hook of Send gate Plus has none of them."""


class Merged(Noun):
    """The actions of both levels, each tagged with its own, and what a person should know of them."""

    actions: tuple[Action, ...] = ()
    problems: tuple[Problem, ...] = ()


class OldGate(NamedTuple):
    """What the older Send gate is set to at one level: account, project or delivery, each overriding the one before."""

    level: Literal["account", "project", "delivery"]
    active: bool = True
    pause: bool = True
    identifier: str = ""


def merge_actions(project: Sequence[Action], sendout: Sequence[Action]) -> Merged:
    """Return the project's actions, then the sendout's: none overrides another, and each is tagged with its level.

    Equal ones collapse into the first. The same identifier with other details is kept twice, with a warning; a blank one is an error.
    """
    merged: dict[tuple[str, str], Action] = {}
    problems: list[Problem] = []
    for level, actions in (("project", project), ("sendout", sendout)):
        for number, action in enumerate(actions):
            if not action.identifier.strip():
                problems.append(blank_identifier(f"{level}.{number}.identifier"))
            elif (action.identifier, action.details) not in merged:
                merged[action.identifier, action.details] = action.model_copy(update={"level": level})
    found = tuple(merged.values())
    return Merged(actions=found, problems=(*problems, *doubts(found)))


def doubts(actions: Sequence[Action]) -> tuple[Problem, ...]:
    """Return the warnings about a sendout's actions: none at all, or one identifier with several details."""
    if not actions:
        return (
            Problem(
                field="actions",
                level="warning",
                sentence=say(
                    "No action is set, neither on the project nor on the sendout: only the gate's own rules decide."
                ),
            ),
        )
    details: dict[str, set[str]] = {}
    for action in actions:
        details.setdefault(action.identifier, set()).add(action.details)
    return tuple(
        Problem(
            field="actions",
            level="warning",
            sentence=say(
                "The action “{identifier}” comes {count} times with different details. All of them are carried out: the sendout's do not"
                " replace the project's. Remove those that are not meant.",
                identifier=clip(identifier),
                count=len(several),
            ),
        )
        for identifier, several in details.items()
        if len(several) > 1
    )


def blank_identifier(field: str, line: int | None = None, column: int | None = None) -> Problem:
    """Return the problem of an action that has no identifier."""
    return Problem(
        field=field,
        line=line,
        column=column,
        sentence=say(
            "An action has no identifier, so nobody can tell what it asks for. Give it one, or remove the action."
        ),
    )


def lint_old_gate(levels: Iterable[OldGate], *, plus_active: bool) -> tuple[Problem, ...]:
    """Return what the settings of an older Send gate would do beside Send gate Plus, with what to do about it."""
    active = [level for level in levels if level.active]
    problems: list[Problem] = []
    if active and plus_active:
        problems.append(_leftover("active", _both_active()))
    problems += [_leftover(f"{level.level}.pause", _pause_is_off()) for level in active if not level.pause]
    identifiers = {level.identifier for level in active if level.identifier.strip()}
    if len(identifiers) > 1:
        problems.append(_leftover("identifier", _override()))
    return tuple(problems)


def lint_hook(hook: Hook) -> tuple[Problem, ...]:
    """Return a warning for each field by which a hook shows that an older Send gate still has a part in it."""
    problems: list[Problem] = []
    for name, value in hook.extra.items():
        plain = "".join(filter(str.isalpha, name)).lower()
        if plain not in LEFTOVERS:
            continue
        if plain in ("pause", "pausesendout") and value in (False, "No", "no", "false", 0):
            problems.append(_leftover(name, _pause_is_off()))
        elif plain in ("identifier", "override"):
            problems.append(_leftover(name, _override()))
        else:
            problems.append(_leftover(name, _both_active()))
    return tuple(problems)


def _leftover(field: str, sentence: Sentence) -> Problem:
    return Problem(field=field, level="warning", sentence=sentence)


def _both_active() -> Sentence:
    return say(
        "The older Send gate is still active beside Send gate Plus, and the two are not compatible. Convert project by project: remove the"
        " old endpoint and setting first, then edit the journeys' deliveries so that they use Send gate Plus."
    )


def _pause_is_off() -> Sentence:
    return say(
        "The older Send gate is set to “Pause sendout: No”: its hook fires, but the messages do not wait for an answer. In Send gate Plus"
        " every sendout waits. Remove the old setting, then edit the journeys' deliveries."
    )


def _override() -> Sentence:
    return say(
        "An identifier of the older Send gate is set, where a lower level overrides the one above. In Send gate Plus the levels add up:"
        " enter each as an action, and remove the old setting."
    )
