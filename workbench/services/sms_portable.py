"""Carrying SMS accounts to another workbench: a document with a version, without secrets and callback addresses (R-SMS-40)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from pydantic import ValidationError

from workbench.engine.sms_checks import ref_of
from workbench.errors import Invalid
from workbench.models.base import JsonValue, Problem
from workbench.models.sms_account import Keyword, SmsAccount, SmsSettings
from workbench.sentence import Sentence, say

from .portable import check_version

FORMAT: Final = "integration-workbench/sms-accounts"
VERSION: Final = 1
MOST_ACCOUNTS: Final = 1000


class Loaded(NamedTuple):
    """What a document holds."""

    accounts: tuple[SmsSettings, ...]
    keywords: tuple[Keyword, ...]


def portable_accounts(accounts: Sequence[SmsAccount], keywords: Sequence[Keyword]) -> dict[str, JsonValue]:
    """Return the document. Fields that hold a secret are left out, and so are ids: no handle and no mask leaves the house."""
    ordered = sorted(accounts, key=lambda one: (one.name.casefold(), one.id))
    return {
        "format": FORMAT,
        "version": VERSION,
        "accounts": [_without_secrets(account.settings).model_dump(mode="json") for account in ordered],
        "keywords": [
            {"word": one.word, "description": one.description, "uses": list(one.uses)} for one in keywords
        ],
    }


def loaded_settings(document: dict[str, JsonValue]) -> Loaded:
    """Return what a document holds; handles that somebody wrote into it are left out. Raises Invalid, TooNew."""
    accounts, keywords = document.get("accounts"), document.get("keywords", [])
    if document.get("format") != FORMAT or not isinstance(accounts, list) or not isinstance(keywords, list):
        raise _wrong("file", say("This file holds no exported SMS accounts of the workbench."))
    version = document.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise _wrong("file", say("The file does not say its version. Export it again."))
    check_version(version, VERSION)
    if len(accounts) > MOST_ACCOUNTS or len(keywords) > MOST_ACCOUNTS:
        raise _wrong("file", say("The file holds more than {most} accounts or keywords.", most=MOST_ACCOUNTS))
    found = tuple(_settings(one, index) for index, one in enumerate(accounts))
    names: set[str] = set()
    for settings in found:
        if settings.name.casefold() in names:
            raise _wrong(
                "file",
                say("The file holds two accounts named “{name}”. Rename one of them.", name=settings.name),
            )
        names.add(settings.name.casefold())
    return Loaded(
        found,
        tuple(_keyword(one, index) for index, one in enumerate(keywords)),
    )


def _settings(value: JsonValue, index: int) -> SmsSettings:
    try:
        settings = _without_secrets(SmsSettings.model_validate(value))
    except ValidationError as error:
        raise _unreadable(error, f"accounts.{index}") from None
    if not settings.name.strip():
        raise _wrong(
            f"accounts.{index}.name", say("Account {number} of the file has no name.", number=index + 1)
        )
    return settings


def _keyword(value: JsonValue, index: int) -> Keyword:
    try:
        fields = dict(value) if isinstance(value, dict) else {}
        return Keyword.model_validate({**fields, "id": "", "updated_at": "1970-01-01T00:00:00Z"})
    except ValidationError as error:
        raise _unreadable(error, f"keywords.{index}") from None


def _without_secrets(settings: SmsSettings) -> SmsSettings:
    credential = {name: value for name, value in settings.credential.items() if not _holds_handle(value)}
    # an id of another house names nothing here, and would be taken for one that does
    senders = tuple(sender.model_copy(update={"id": ""}) for sender in settings.senders)
    return settings.model_copy(update={"credential": credential, "senders": senders})


def _holds_handle(value: JsonValue) -> bool:
    if ref_of(value) is not None or (isinstance(value, dict) and "handle" in value):
        return True
    children = (
        value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    )
    return any(_holds_handle(child) for child in children)


def _unreadable(error: ValidationError, where: str) -> Invalid:
    first = error.errors(include_input=False, include_url=False)[0]
    place = ".".join([where, *(str(part) for part in first["loc"])])
    return _wrong(place, say("The file cannot be read at “{place}”. Export it again.", place=place[:120]))


def _wrong(field: str, sentence: Sentence) -> Invalid:
    return Invalid([Problem(field=field, sentence=sentence)])
