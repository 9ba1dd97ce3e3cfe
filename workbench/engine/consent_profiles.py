"""CONSENT PROFILES: what is asked of whom: the profile of the first day, the checks of a profile, and which purpose a question means."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from workbench.errors import Refused
from workbench.models.base import Problem
from workbench.models.consent import (
    ComplianceProfile,
    ConsentAsk,
    ConsentChannel,
    ConsentSettings,
    Enforcement,
    Purpose,
    PurposeKind,
    Topic,
)
from workbench.models.phone import is_number, number_key
from workbench.sentence import N_, Sentence, say

from .strict_json import clip

FIRST: Final[Mapping[PurposeKind, Mapping[ConsentChannel, Enforcement]]] = {
    "commercial": {"sms": "restrictive", "custom": "restrictive", "email": "non_restrictive"},
    "transactional": {"sms": "disabled", "custom": "disabled", "email": "disabled"},
    "tracking": {"sms": "restrictive", "custom": "restrictive", "email": "non_restrictive"},
}
"""How consent is asked for where nobody said otherwise, as the product does by default:
https://learn.microsoft.com/dynamics365/customer-insights/journeys/real-time-marketing-email-text-consent. Tracking is our own reading.
"""

_KINDS: Final[Mapping[PurposeKind, str]] = {
    "commercial": N_("Commercial"),
    "transactional": N_("Transactional"),
    "tracking": N_("Tracking"),
}
DEFAULT_PROFILE: Final = ComplianceProfile(
    key="default",
    name=N_("Default"),
    purposes=tuple(
        Purpose(key=kind, name=name, kind=kind, enforcement=dict(FIRST[kind]))
        for kind, name in _KINDS.items()
    ),
)

LONGEST_POINT: Final = 320
"""Letters of the longest e-mail address: https://www.rfc-editor.org/rfc/rfc3696#section-3"""
_KEY: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}", re.ASCII)
_ADDRESS: Final = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")


class Asked(NamedTuple):
    """What a question is about, found in the profiles."""

    profile: ComplianceProfile
    purpose: Purpose
    topic: Topic | None


def asked_of(ask: ConsentAsk, profiles: Sequence[ComplianceProfile], settings: ConsentSettings) -> Asked:
    """Return the profile, purpose and topic that a question is about; a deactivated profile counts like any other.

    Raises Refused for one that there is none of: then nobody can say whether it may be sent.
    """
    key = ask.profile or settings.profile
    profile = next((one for one in profiles if one.key == key), None)
    if profile is None:
        raise Refused(
            say("There is no compliance profile “{key}”. Choose one of those there are.", key=clip(key))
        )
    purpose = next(
        (one for one in profile.purposes if (one.key == ask.purpose if ask.purpose else one.kind == ask.designation)),
        None,
    )  # fmt: skip
    if purpose is None:
        raise Refused(say(
            "The compliance profile “{profile}” has no purpose “{purpose}”. Add it, or choose another one.",
            profile=profile.name, purpose=clip(ask.purpose or ask.designation),
        ))  # fmt: skip
    if not ask.topic:
        return Asked(profile, purpose, None)
    topic = next((one for one in purpose.topics if one.key == ask.topic), None)
    if topic is None:
        raise Refused(say(
            "The purpose “{purpose}” has no topic “{topic}”. Add it, or choose another one.",
            purpose=purpose.name, topic=clip(ask.topic),
        ))  # fmt: skip
    return Asked(profile, purpose, topic)


def enforcement_of(purpose: Purpose, channel: ConsentChannel, *, strict_2023: bool = False) -> Enforcement:
    """Return how consent is asked for. By the rule of 2023, SMS and custom channels are always restrictive, whatever a purpose says.

    https://github.com/MicrosoftDocs/customer-insights/blob/main/ci-docs/journeys/real-time-marketing-compliance-settings.md (09/05/2023).
    """
    if strict_2023 and channel in ("sms", "custom"):
        return "restrictive"
    return purpose.enforcement.get(channel, FIRST[purpose.kind][channel])


def point_key(channel: ConsentChannel, point: str) -> str:
    """Return what is the same for every spelling of a contact point: a number's digits, an address in small letters.

    A number that begins with 00 is the one with ``+``: no country's code begins with a zero.
    """
    text = point.strip()
    if channel == "email" or not is_number(text.removeprefix("tel:")):
        return text.casefold()
    key = number_key(text)
    return key.removeprefix("00") if key.startswith("00") else key


def check_point(channel: ConsentChannel, point: str) -> Sentence | None:
    """Return why a text is no contact point of the channel, or None. The text itself is not repeated: it may be a person's."""
    text = point.strip()
    if not text or len(text) > LONGEST_POINT or not text.isprintable():
        return say(
            "This is no contact point. Write a phone number with its country code, or an e-mail address."
        )
    if channel == "sms":
        digits = point_key(channel, text)
        if not is_number(text) or not 3 <= len(digits) <= 15:
            return say("This is no phone number. Write it with its country code, such as +46701740605.")
        if digits.startswith("0"):
            return say(
                "The number has no country code. Write it as it is dialled from abroad, such as +46701740605."
            )
    if channel == "email" and not _ADDRESS.fullmatch(text):
        return say("This is no e-mail address. It looks like name@example.com.")
    return None


def check_profile(profile: ComplianceProfile, others: Sequence[ComplianceProfile] = ()) -> list[Problem]:
    """Return what is wrong with a profile. ``others`` are those there are, without the one that it takes the place of."""
    return list(_problems(profile, others))


def _problems(profile: ComplianceProfile, others: Sequence[ComplianceProfile]) -> Iterator[Problem]:
    if wrong := _check_key(profile.key):
        yield Problem(field="key", sentence=wrong)
    if not profile.name.strip():
        yield Problem(field="name", sentence=say("The profile has no name. Give it one."))
    elif any(profile.name.strip().casefold() == one.name.casefold() for one in others):
        yield Problem(field="name", sentence=say(
            "There already is a profile named “{name}”. Choose another name.", name=clip(profile.name)
        ))  # fmt: skip
    if not profile.purposes:
        yield Problem(
            field="purposes", sentence=say("The profile has no purpose. Add one, such as Commercial.")
        )
    seen: set[str] = set()
    for at, purpose in enumerate(profile.purposes):
        path = f"purposes.{at}"
        if wrong := _check_key(purpose.key):
            yield Problem(field=f"{path}.key", sentence=wrong)
        elif purpose.key in seen:
            yield Problem(field=f"{path}.key", sentence=say(
                "Two purposes have the key “{key}”. Choose another one for the second.", key=purpose.key
            ))  # fmt: skip
        seen.add(purpose.key)
        topics: set[str] = set()
        for number, topic in enumerate(purpose.topics):
            if wrong := _check_key(topic.key):
                yield Problem(field=f"{path}.topics.{number}.key", sentence=wrong)
            elif topic.key in topics:
                yield Problem(field=f"{path}.topics.{number}.key", sentence=say(
                    "The purpose “{purpose}” has the topic “{key}” twice. Delete one of them.", purpose=purpose.name, key=topic.key
                ))  # fmt: skip
            topics.add(topic.key)


def _check_key(key: str) -> Sentence | None:
    if _KEY.fullmatch(key):
        return None
    return say(
        "“{key}” cannot be a key. Use 1 to 40 small letters, digits, hyphens and underscores, such as newsletter.",
        key=clip(key),
    )
