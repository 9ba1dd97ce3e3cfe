"""CONSENT ANSWERS: where a live check asks about a value, and what its answer says (``models.gate.LiveCheck``)."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, urlsplit

from workbench.models.base import JsonValue
from workbench.models.gate import LiveCheck
from workbench.sentence import Sentence, say

from . import paths
from .json_values import parsed_once

PLACE: Final = "{value}"
LONGEST: Final = 500
"""Characters of a value that is asked about."""

_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def check_place(check: LiveCheck) -> Sentence | None:
    """Return what is wrong with where the address of a check takes the value, or None. The rest of it is for ``engine.urls``."""
    ahead, found, behind = check.url.partition(PLACE)
    if not found:
        return say(
            "The address of the check “{check}” does not say where the value goes. Write {place} there, like {example}.",
            check=check.key,
            place=PLACE,
            example=f"https://consent.example.com/contacts/{PLACE}",
        )
    if PLACE in behind:
        return say(
            "The address of the check “{check}” names {place} twice. Keep one.", check=check.key, place=PLACE
        )
    if not re.match(r"https?://[^/?#]+[/?]", ahead, re.IGNORECASE) or "#" in ahead:
        return say(
            "{place} of the check “{check}” may stand in the path or the query of its address, not in the host.",
            check=check.key,
            place=PLACE,
        )
    return None


def address_for(check: LiveCheck, value: str) -> str | Sentence:
    """Return the address that is asked about a value, percent-encoded as one part of the path or the query; or why it cannot be asked."""
    if not value.strip():
        return say("There is no value to ask about.")
    if len(value) > LONGEST or _UNFIT.search(value):
        return say("The value is too long for an address, or holds invisible characters.")
    ahead = check.url.partition(PLACE)[0]
    if value in (".", "..") and not urlsplit(ahead).query:
        return say("The value is dots alone, which an address takes for a folder.")
    return check.url.replace(PLACE, quote(value, safe=""))


def read_answer(check: LiveCheck, body: bytes) -> bool | Sentence:
    """Return whether the body of a 2xx answer says yes, or why it says nothing.

    Its JSON is taken strictly: a name twice in one object could be read either way. Texts count in their own spelling, true is not 1.
    """
    try:
        answer = parsed_once(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return say("Its answer is not JSON, or names something twice.")
    found = paths.find(answer, check.path)
    if len(found) != 1:
        return say("Its answer does not have one value at “{path}”.", path=check.path)
    return any(_same(found[0], yes) for yes in check.yes)


def _same(found: JsonValue, yes: JsonValue) -> bool:
    if isinstance(found, bool) or isinstance(yes, bool):
        return found is yes
    return bool(found == yes)
