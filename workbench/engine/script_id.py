"""SCRIPT ID: what a platform's page script is called with: its id, with the stage before it where there is one (``eu8/0f3c…``)."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from workbench.sentence import Sentence, say

_ID: Final = re.compile(r"(?:(?P<stage>[a-z0-9-]{1,20})/)?(?P<id>[A-Za-z0-9][A-Za-z0-9_-]{3,63})")


class ScriptId(NamedTuple):
    """The id, and the stage or the empty text."""

    id: str
    stage: str


def read_script_id(text: str) -> ScriptId | None:
    """Return the id and the stage that a text names; None where it is no id of a script."""
    found = _ID.fullmatch(text.strip())
    return ScriptId(found["id"], found["stage"] or "") if found else None


def no_script_id(text: str) -> Sentence:
    """Return what is said of a text that is no id of a script."""
    return say(
        "“{value}” is no id of a script. Copy it from the platform, such as eu8/0f3c6a1e-77aa, without the rest.",
        value=text[:60],
    )
