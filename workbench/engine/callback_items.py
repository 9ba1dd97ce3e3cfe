"""What a call says, made fit to be worked on, to be shown and to be kept: nothing endless, no control characters, no plain numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any, Final

from workbench.models.base import JsonValue
from workbench.models.callback import (
    BadItem,
    CallbackItem,
    DeliveryReport,
    Handshake,
    InboundMessage,
)
from workbench.models.phone import digits, is_number, number_key, with_plus
from workbench.sentence import Sentence, Value, say

from .redact import Redactor, mask_identifier

MOST_ITEMS: Final = 2000
"""Items of a call that are worked on: a body of 256 KiB has room for fewer real ones."""
LONGEST_ID: Final = 200
LONGEST_WORDS: Final = 500
LONGEST_TEXT: Final = 20_000
"""Characters of a text that came in: the longest that any provider passes on has a few thousand."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
_CONTROL_BUT_LINES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
_NUMBER = re.compile(
    r"(?<![\w.])(?![0-9]{4}-[0-9]{2}-[0-9]{2})(?:\+|00)?[0-9](?:[ ().\-/]{0,2}[0-9]){6,14}(?!\w)"
)
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def one_line(text: str, most: int = LONGEST_WORDS) -> str:
    """Return a stranger's text as one line of at most ``most`` characters: it can forge no line of a log."""
    line = _CONTROL.sub(" ", text[: most * 2]).strip()
    return line if len(line) <= most else f"{line[: most - 1]}…"


def tidied(items: Iterable[CallbackItem]) -> tuple[CallbackItem, ...]:
    """Return the items with texts of one line and of an end; one whose id is endless becomes a bad one, and so does what is too many."""
    found: list[CallbackItem] = []
    for item in items:
        if len(found) == MOST_ITEMS:
            found.append(
                BadItem(
                    index=MOST_ITEMS,
                    sentence=say(
                        "The call has more than {most} parts; the others were left out.", most=MOST_ITEMS
                    ),
                )
            )
            break
        found.append(_tidy(item, len(found)))
    return tuple(found)


def people_of(items: Iterable[CallbackItem], salt: bytes) -> dict[str, str]:
    """Return the numbers of the people in a call, in the spellings that it may have, each with what is shown of it."""
    people: dict[str, str] = {}
    for item in items:
        if isinstance(item, DeliveryReport):
            people.update(spellings(item.to, salt))
        elif isinstance(item, InboundMessage):
            people.update(spellings(item.sender, salt))
    return people


def spellings(number: str, salt: bytes) -> dict[str, str]:
    """Return the spellings of one number, each with what is shown of it; the same number has the same mask in each."""
    if not number.strip():
        return {}
    shown = mask_number(number, salt)
    plain = {number.strip(), with_plus(number)} | ({digits(number)} if is_number(number) else set())
    return {one: shown for one in plain if len(one) > 2}


def mask_number(number: str, salt: bytes) -> str:
    """Return what is shown of a recipient's number; an empty text for none."""
    return mask_identifier(with_plus(number), salt) if number.strip() else ""


def number_digest(number: str, salt: bytes) -> str:
    """Return what a number is found by without being kept: the same for every spelling of it, and nothing without the home's salt."""
    told = number_key(number).encode("utf-8", "surrogatepass")
    return blake2b(told, key=salt[:64], digest_size=16, person=b"sms recipient").hexdigest()


def shown(items: Iterable[CallbackItem], people: Mapping[str, str], salt: bytes) -> tuple[CallbackItem, ...]:
    """Return the items as they may be shown: numbers and addresses masked, in our fields and in the provider's own words."""
    redactor = Redactor({}, people)
    return tuple(_shown(item, redactor, salt) for item in items)


def kept(items: Iterable[CallbackItem], people: Mapping[str, str], salt: bytes) -> tuple[CallbackItem, ...]:
    """Return the items as they are kept beside the sealed call: as shown, and without any text that a person wrote."""
    redactor = Redactor({}, people)
    return tuple(_without_texts(_shown(item, redactor, salt, words_only=True)) for item in items)


def masked_effects(effects: Iterable[Sentence], people: Mapping[str, str]) -> tuple[Sentence, ...]:
    """Return what a call did, without a number that it held."""
    redactor = Redactor({}, people)
    return tuple(redactor.sentence(one) for one in effects)


def cleaned(sentence: Sentence) -> Sentence:
    """Return a sentence whose values are of one line and not endless: they may be a stranger's."""
    values: dict[str, Value] = {}
    for name, value in sentence.values.items():
        if isinstance(value, Sentence):
            values[name] = cleaned(value)
        else:
            values[name] = one_line(value, 200) if isinstance(value, str) else value
    return Sentence(sentence.text, values)


def masked_words(text: str, redactor: Redactor) -> str:
    """Return a text with the numbers and addresses in it masked, known or not."""
    return _ADDRESS.sub("***@***", _NUMBER.sub(_masked, redactor.text(text)))


def _masked(found: re.Match[str]) -> str:
    plain = found[0]
    return f"{plain[:3] if plain[0] == '+' else ''}***{plain[-2:]}"


def _tidy(item: CallbackItem, index: int) -> CallbackItem:
    if isinstance(item, (DeliveryReport, InboundMessage)) and len(item.provider_id) > LONGEST_ID:
        return BadItem(
            index=index,
            sentence=say(
                "The id of the message has more than {most} characters, so it is none.", most=LONGEST_ID
            ),
        )
    changed: dict[str, Any] = {}
    for name, value in item:
        if name in ("kind", "raw", "opt_out", "state") or not isinstance(value, str):
            continue
        clean = _text(value) if name == "body" else one_line(value)
        if clean != value:
            changed[name] = clean
    if isinstance(item, BadItem):
        changed["sentence"] = cleaned(item.sentence)
    return item.model_copy(update=changed) if changed else item


def _text(text: str) -> str:
    return _CONTROL_BUT_LINES.sub(" ", text)[:LONGEST_TEXT]


def _shown(item: CallbackItem, redactor: Redactor, salt: bytes, *, words_only: bool = False) -> CallbackItem:
    ids = frozenset(getattr(item, name, "") for name in ("provider_id", "code", "tag", "part"))
    raw = None if words_only else _tree(item.raw, redactor, ids)
    if isinstance(item, DeliveryReport):
        changed: dict[str, Any] = {"to": mask_number(item.to, salt)}
        changed.update((name, masked_words(getattr(item, name), redactor)) for name in ("words", "raw_state"))
    elif isinstance(item, InboundMessage):
        changed = {"sender": mask_number(item.sender, salt), "body": masked_words(item.body, redactor)}
    elif isinstance(item, BadItem):
        changed = {"sentence": _masked_sentence(item.sentence, redactor)}
    elif isinstance(item, Handshake):
        # Who has these could confirm a subscription in our place: they are answered, and neither kept nor shown.
        changed = {
            "code": "***" if item.code else "",
            "validation_url": "***" if item.validation_url else "",
            "answer": None,
        }
        raw = None
    else:
        changed = {"name": masked_words(item.name, redactor)}
    return item.model_copy(update={**changed, "raw": raw})


def _masked_sentence(sentence: Sentence, redactor: Redactor) -> Sentence:
    values: dict[str, Value] = {
        name: _masked_sentence(value, redactor)
        if isinstance(value, Sentence)
        else masked_words(value, redactor)
        if isinstance(value, str)
        else value
        for name, value in sentence.values.items()
    }
    return Sentence(sentence.text, values)


def _without_texts(item: CallbackItem) -> CallbackItem:
    return item.model_copy(update={"body": ""}) if isinstance(item, InboundMessage) else item


def _tree(value: JsonValue, redactor: Redactor, ids: frozenset[str], depth: int = 60) -> JsonValue:
    """Return a call's own words, masked, as deep as anybody reads them. Ids and codes that are known as such stay as they are."""
    if depth == 0:
        return "…"
    if isinstance(value, str):
        return value if value in ids else masked_words(value, redactor)
    if isinstance(value, list):
        return [_tree(one, redactor, ids, depth - 1) for one in value]
    if isinstance(value, dict):
        return {
            masked_words(str(key), redactor): _tree(one, redactor, ids, depth - 1)
            for key, one in value.items()
        }
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        text = str(value)
        shown = text if text in ids else masked_words(text, redactor)
        return value if shown == text else shown
    return value
