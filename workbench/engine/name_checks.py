"""NAME CHECKS: what no name that a person gives may be, whatever is named: too long, or with signs that nobody sees."""

from __future__ import annotations

from typing import Final

from workbench.sentence import Sentence, say

NAME_LENGTH: Final = 100


def odd_name(name: str) -> Sentence | None:
    """Return what is wrong with a name, or None. That there is one, and that no other has it, is for who knows the others."""
    if len(name) > NAME_LENGTH:
        return say(
            "The name has {length} characters; at most {most} are allowed. Shorten it.",
            length=len(name),
            most=NAME_LENGTH,
        )
    if not name.isprintable():
        return say("The name holds a line break or another invisible character. Type it again.")
    return None
