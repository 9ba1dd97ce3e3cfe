"""Bodies that break one requirement, derived from the requirement itself."""

from __future__ import annotations

import copy
from typing import Any

from workbench.engine.paths import find
from workbench.models.provider import Requirement

NONSENSE = "not-an-address"


def break_rule(body: Any, rule: Requirement) -> Any:
    """Return a copy of an accepted body that breaks ``rule`` and, as far as can be, nothing that is checked before it."""
    broken = copy.deepcopy(body)
    if rule.most is not None:
        return _lengthen(broken, rule.paths, rule.most + 1)
    if rule.rule == "present":
        for path in rule.paths:
            _change(broken, path, remove=True)
        return broken
    _change(broken, next(path for path in rule.paths if find(broken, path)), remove=False)
    return broken


def _lengthen(body: Any, paths: tuple[str, ...], length: int) -> Any:
    if paths == ("$",):
        return (body * length)[:length]
    path = next(path for path in paths if find(body, path))
    parent, _, name = path.rpartition(".")
    holder = find(body, parent)[0] if parent else body
    value = holder[name]
    holder[name] = (value * length)[:length] if isinstance(value, list) else ", ".join([value] * length)
    return body


def _change(body: Any, path: str, *, remove: bool) -> None:
    """Take away what is at the path, or make it nonsense; an index or ``[]`` at its end means the list itself."""
    path = path.removesuffix("[0]").removesuffix("[]")
    parent, _, name = path.rpartition(".")
    for holder in find(body, parent) if parent else [body]:
        if isinstance(holder, dict) and name in holder:
            if remove:
                del holder[name]
            else:
                holder[name] = [NONSENSE] if isinstance(holder[name], list) else NONSENSE
