"""What every noun has: and one that is made without a check is none the less the same."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from workbench.models.base import Noun, trusted
from workbench.models.request import Outcome, Request
from workbench.sentence import say

REQUEST = {
    "method": "POST",
    "url": "https://a.example/",
    "headers": (("A", "b"),),
    "body": b"x",
    "provider": "custom",
}
OUTCOME = {
    "kind": "accepted",
    "sentence": say("{x} took it.", x="X"),
    "ids": ("1",),
    "errors": (),
    "retry_after_s": None,
}


@pytest.mark.parametrize(("noun", "fields"), [(Request, REQUEST), (Outcome, OUTCOME)])
def test_a_trusted_noun_is_as_one_that_was_checked(noun: type[Noun], fields: dict[str, Any]) -> None:
    made, checked = trusted(noun, dict(fields)), noun(**fields)
    assert made == checked
    assert repr(made) == repr(checked)
    assert made.model_dump_json() == checked.model_dump_json()
    assert made.model_dump(exclude_unset=True) == checked.model_dump(exclude_unset=True)
    name = next(iter(fields))
    assert made.model_copy(update={name: "other"}) == checked.model_copy(update={name: "other"})
    assert copy.deepcopy(made) == pickle.loads(pickle.dumps(made)) == checked
    assert noun.model_validate(made) is made
    with pytest.raises(ValueError, match="frozen"):
        setattr(made, name, "other")


def test_a_copy_changes_no_other() -> None:
    first, second = trusted(Request, dict(REQUEST)), trusted(Request, dict(REQUEST))
    changed = first.model_copy(update={"body": b"y"})
    assert (first, changed.body) == (second, b"y")
    assert hash(first) == hash(second) == hash(Request(**REQUEST))


def test_no_field_is_left_out() -> None:
    with pytest.raises(TypeError, match="all of its 5 fields"):
        trusted(Request, {"method": "POST"})
