"""SYNC CODES: what a platform's refusal says: its own code with meaning and advice, and what was wrong with which value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple
from urllib.parse import unquote

from workbench.models.base import JsonValue
from workbench.models.request import Reply
from workbench.models.sync_platform import Entity, PlatformCode, SyncPlatform
from workbench.sentence import Sentence, Value, say

from .read import json_of
from .strict_json import clip

WORDS: Final = 300
"""Characters of the platform's own words that are shown."""
MOST: Final = 100
"""Validation errors, ids and domains of one answer that are read."""


class ValidationError(NamedTuple):
    """One value that the platform does not take: its JSON pointer, the field of the row, and why.

    ``field`` is dotted (``products.0.unitPrice``); its first part is the field that a column is mapped to.
    """

    path: str
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a refusal says. ``code`` is empty where it has none of the platform's own; ``waits_for`` is what has to exist first.

    ``full`` says that a queue of the platform is full: the same call goes later. ``ids`` and ``domains`` are the lists that come with a
    code. ``detail`` holds the platform's own words.
    """

    code: str = ""
    meaning: Sentence | None = None
    advice: Sentence | None = None
    ids: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    validation: tuple[ValidationError, ...] = ()
    waits_for: tuple[Entity, ...] = ()
    full: bool = False
    detail: str = ""

    @property
    def sentence(self) -> Sentence | None:
        """What the code means and what to do, with what it names; None for an answer without a code."""
        if self.meaning is None or self.advice is None:
            return None
        said: dict[str, Value] = {"code": self.code, "meaning": self.meaning, "advice": self.advice}
        ids, domains = _listed(self.ids), _listed(self.domains)
        if ids and domains:
            return say(
                "{code}: {meaning} {advice} It names: {ids}. Allowed are: {domains}.",
                **said, ids=ids, domains=domains,
            )  # fmt: skip
        if ids:
            return say("{code}: {meaning} {advice} It names: {ids}.", **said, ids=ids)
        if domains:
            return say("{code}: {meaning} {advice} Allowed are: {domains}.", **said, domains=domains)
        return say("{code}: {meaning} {advice}", **said)


def decoded(platform: SyncPlatform, reply: Reply) -> Decoded:
    """Return what a refusal says: its code with meaning and advice, the lists that come with it, and what was wrong with which value.

    https://api-docs.connectif.cloud/connectif-api/guides/custom-error-codes: the page's table writes ``productIds``, its example
    ``productsId``; both are read.
    """
    body = json_of(reply)
    if not isinstance(body, dict):
        plain = reply.text().strip() if reply.status >= 400 else ""
        return Decoded(detail="" if plain.startswith("<") else plain[:WORDS])
    validation = tuple(_validation(body.get("validationErrors")))
    detail = next(
        (text for name in ("detail", "title", "message", "error") if (text := text_of(body.get(name)))), ""
    )
    known = platform.code(text_of(body.get("code")))
    if known is None:
        return Decoded(code=text_of(body.get("code"))[:40], validation=validation, detail=detail[:WORDS])
    ids, domains = _lists(known, body)
    return Decoded(
        code=known.code,
        meaning=Sentence(known.meaning),
        advice=Sentence(known.advice),
        ids=ids,
        domains=domains,
        validation=validation,
        waits_for=known.waits_for,
        full=known.full,
        detail=detail[:WORDS],
    )  # fmt: skip


def field_of(pointer: str) -> str:
    """Return the field that a JSON pointer names, dotted: ``/products/0/unitPrice`` is ``products.0.unitPrice``.

    https://www.rfc-editor.org/rfc/rfc6901; the form for a URL's fragment is read too.
    """
    plain = unquote(pointer[1:]) if pointer.startswith("#") else pointer
    steps = [step.replace("~1", "/").replace("~0", "~") for step in plain.strip("/").split("/")]
    if steps[:1] == ["body"] and len(steps) > 1:  # some servers say first where the value came from
        steps = steps[1:]
    return ".".join(step for step in steps if step)


def _validation(value: JsonValue) -> Iterator[ValidationError]:
    for item in value[:MOST] if isinstance(value, list) else ():
        if not isinstance(item, dict):
            continue
        path, name = text_of(item.get("path")), text_of(item.get("name"))
        reason = text_of(item.get("reason")) or text_of(item.get("message"))
        if path or name or reason:
            yield ValidationError(path[:WORDS], (field_of(path) or name)[:WORDS], reason[:WORDS].rstrip("."))


def _lists(known: PlatformCode, body: dict[str, JsonValue]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the ids and the domains that come with a code, by whichever of its spellings the answer has them."""
    ids: list[str] = []
    domains: list[str] = []
    for spellings in known.lists:
        into = domains if spellings[0].lower().endswith("domains") else ids
        for spelled in spellings:
            into += _texts(body.get(spelled))
    return tuple(dict.fromkeys(ids))[:MOST], tuple(dict.fromkeys(domains))[:MOST]


def _texts(value: JsonValue) -> Iterable[str]:
    found = value if isinstance(value, list) else [value]
    return [text for item in found if (text := text_of(item))]


def text_of(value: JsonValue) -> str:
    """Return a text, or a whole number as one; an empty text for all else."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _listed(names: tuple[str, ...]) -> str:
    shown = ", ".join(clip(name, 80) for name in names[:10])
    return f"{shown} …" if len(names) > 10 else shown
