"""GATE CHECKS: the verdict on a gate's settings, without any widget (R-GATE-4, 8, 19, 30).

``read_settings`` makes settings of what a form holds, ``check_gate`` says what is wrong with them. Both give all problems they find,
each with the path of its field (``meanings.2.does.pool``), in the order of the form.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from workbench.models.base import JsonValue, Problem
from workbench.models.gate import (
    CAMPAIGN_MANAGER_LIMIT_MIN,
    AddCode,
    AddTag,
    CallEndpoint,
    CheckConsent,
    GateSettings,
    LiveCheck,
    Meaning,
    SetProperty,
    TimeLimit,
)
from workbench.sentence import Sentence, say

from .checks import check_header_name, check_header_value
from .gate_endpoint import check_addresses, check_endpoint, check_names, loopback, note, warn, wrong
from .gate_reading import read_settings, secrets_of, tidy_gate
from .hub_keys import hub_key
from .urls import check_url

__all__ = ["Stock", "check_gate", "check_stock_key", "loopback", "read_settings", "secrets_of", "tidy_gate"]

_POOL = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}", re.ASCII)


class Stock:
    """What the settings may name: code pools, consent lists, saved integrations. None: it is not known, so it is not checked."""

    def __init__(
        self,
        pools: Collection[str] | None = None,
        lists: Collection[str] | None = None,
        integrations: Collection[str] | None = None,
    ) -> None:
        self.pools, self.lists, self.integrations = pools, lists, integrations

    def __repr__(self) -> str:
        return "<Stock>"


def check_gate(settings: GateSettings, stock: Stock | None = None) -> list[Problem]:
    """Return what is wrong with a gate's settings; none that blocks means it may be saved.

    That name and key are nobody else's is for the service to say: it knows the others.
    """
    stock = stock or Stock()
    return [
        *check_names(settings),
        *check_endpoint(settings),
        *check_addresses(settings),
        *_check_limits(settings.limits),
        *_check_meanings(settings, stock),
        *_check_rules(settings, stock),
        *_check_live(settings.live_checks),
        *_check_write_back(settings),
        *_check_answering(settings),
    ]


# -- limits ------------------------------------------------------------------------------------------------------------


def _check_limits(limits: Sequence[TimeLimit]) -> Iterator[Problem]:
    """A campaign always waits one hour (R-GATE-19); the first row that fits a journey's name counts."""
    if not limits:
        yield warn("limits", say(
            "No time limit is named, so {minutes} minutes count for everything, as in Campaign Manager.", minutes=CAMPAIGN_MANAGER_LIMIT_MIN
        ))  # fmt: skip
    seen: set[str] = set()
    for at, limit in enumerate(limits):
        name = limit.journey_name.strip().casefold()
        if limit.flow == "campaign_manager" and limit.minutes != CAMPAIGN_MANAGER_LIMIT_MIN:
            yield wrong(f"limits.{at}.minutes", say(
                "Campaign Manager always waits {hour} minutes, never {minutes}. Write {hour}, or choose journey.",
                hour=CAMPAIGN_MANAGER_LIMIT_MIN, minutes=limit.minutes,
            ))  # fmt: skip
        if name in seen:
            yield warn(
                f"limits.{at}.journey_name",
                say("A row above names the same one, so this row never counts. Delete one of them."),
            )
        elif "" in seen:
            yield warn(f"limits.{at}.journey_name", say(
                "A row above has no name and fits everything, so this row never counts. Move it up."
            ))  # fmt: skip
        seen.add(name)


# -- what the actions mean, and the rules ------------------------------------------------------------------------------


def _check_meanings(settings: GateSettings, stock: Stock) -> Iterator[Problem]:
    seen: set[str] = set()
    checks = {check.key for check in settings.live_checks}
    for at, meaning in enumerate(settings.meanings):
        path, identifier = f"meanings.{at}", meaning.identifier
        if not identifier.strip():
            yield wrong(
                f"{path}.identifier",
                say("The action has no identifier. Write it exactly as it stands in the platform."),
            )
        elif identifier != identifier.strip():
            yield wrong(
                f"{path}.identifier",
                say("The identifier “{name}” begins or ends with a blank. Delete it.", name=identifier[:80]),
            )
        elif identifier in seen:
            yield wrong(f"{path}.identifier", say(
                "The action “{name}” already has a meaning above. Each identifier means one thing.", name=identifier[:80]
            ))  # fmt: skip
        elif identifier.casefold() in {one.casefold() for one in seen}:
            yield warn(f"{path}.identifier", say(
                "“{name}” differs from another identifier only by capital letters. The platform tells them apart.", name=identifier[:80]
            ))  # fmt: skip
        seen.add(identifier)
        yield from _check_does(f"{path}.does", meaning, checks, stock)


def _check_does(path: str, meaning: Meaning, checks: Collection[str], stock: Stock) -> Iterator[Problem]:
    does = meaning.does
    if isinstance(does, CheckConsent):
        yield from _check_consent(path, does, checks, stock)
    elif isinstance(does, AddCode):
        yield from _check_named(f"{path}.pool", does.pool, stock.pools, say("code pool"))
        if not does.property.strip():
            yield wrong(
                f"{path}.property", say("Name the property that the code is written into, such as promoCode.")
            )
    elif isinstance(does, SetProperty):
        if not does.property.strip():
            yield wrong(
                f"{path}.property", say("Name the property that is written, as it is called in the platform.")
            )
        elif not does.value:
            yield note(f"{path}.value", say("Without a value here, the details of the action are written."))
    elif isinstance(does, AddTag) and not does.tag.strip():
        yield note(f"{path}.tag", say("Without a tag here, the details of the action name it."))
    elif isinstance(does, CallEndpoint):
        yield from _check_named(
            f"{path}.integration_id", does.integration_id, stock.integrations, say("integration")
        )


def _check_consent(path: str, does: CheckConsent, checks: Collection[str], stock: Stock) -> Iterator[Problem]:
    if not does.field.strip():
        yield wrong(f"{path}.field", say("Name what is looked up: id, or a property of the contact."))
    if bool(does.consent_list) == bool(does.live_check):
        yield wrong(
            f"{path}.consent_list", say("Name a consent list or a live check: one of both, and not both.")
        )
    elif (hub := hub_key(does.consent_list)) is not None and not hub.allowed:
        yield wrong(f"{path}.consent_list", say(
            "“{name}” holds who may not be written to, and this action rejects who is not on it: everybody wrong. Choose “{other}”.",
            name=does.consent_list, other=f"{does.consent_list}-allowed",
        ))  # fmt: skip
    elif does.consent_list:
        yield from _check_named(f"{path}.consent_list", does.consent_list, stock.lists, say("consent list"))
    else:
        yield from _check_named(f"{path}.live_check", does.live_check, checks, say("live check"))


def _check_named(path: str, name: str, known: Collection[str] | None, what: Sentence) -> Iterator[Problem]:
    if not name.strip():
        yield wrong(path, say("Choose the {what}.", what=what))
    elif known is not None and name not in known:
        yield wrong(
            path,
            say(
                "There is no {what} named “{name}”. Add it first, or choose another one.",
                what=what,
                name=name[:60],
            ),
        )


def _check_rules(settings: GateSettings, stock: Stock) -> Iterator[Problem]:
    checks = {check.key for check in settings.live_checks}
    lists = stock.lists if stock.lists is not None else _lists_named(settings)
    from .rules import check_rules  # heavy to load, and a page that only looks has no use for it

    for problem in check_rules(settings.rules, lists=lists, checks=checks):
        path = (
            problem.field if problem.field.startswith("rules.rules") else f"rules.{problem.field}".rstrip(".")
        )
        yield problem.model_copy(update={"field": path})
    known = {meaning.identifier for meaning in settings.meanings}
    for at, rule in enumerate(settings.rules.rules):
        if rule.only_for and rule.only_for not in known:
            yield warn(f"rules.rules.{at}.only_for", say(
                "The action “{name}” has no meaning at this gate, so a sendout that asks for it is held back. Give it one above.",
                name=rule.only_for[:60],
            ))  # fmt: skip


def _lists_named(settings: GateSettings) -> set[str]:
    """Return every text in the rules, so that no list counts as unknown where nobody knows the lists."""
    found: set[str] = set()

    def gather(value: JsonValue) -> None:
        if isinstance(value, str):
            found.add(value)
        for one in (
            value.values()
            if isinstance(value, Mapping)
            else value
            if isinstance(value, (list, tuple))
            else ()
        ):
            gather(one)

    gather(settings.rules.model_dump(mode="json"))
    return found


# -- live checks, write-back, answering --------------------------------------------------------------------------------


def _check_live(checks: Sequence[LiveCheck]) -> Iterator[Problem]:
    seen: set[str] = set()
    for at, check in enumerate(checks):
        path = f"live_checks.{at}"
        if check.key in seen:
            yield wrong(
                f"{path}.key",
                say(
                    "There already is a live check named “{name}” above. Choose another name.", name=check.key
                ),
            )
        seen.add(check.key)
        mistake = _check_call(check.url)
        if mistake:
            yield wrong(f"{path}.url", mistake)
        elif "{value}" not in check.url:
            yield wrong(f"{path}.url", say(
                "The address does not say where the looked-up value goes. Write {{value}} in its path or query, such as /consent/{{value}}."
            ))  # fmt: skip
        if check.header:
            mistake = check_header_name(check.header)
            if mistake:
                yield wrong(f"{path}.header", mistake)
        yield from _check_live_value(path, check)
        if not check.yes:
            yield wrong(f"{path}.yes", say("Name at least one value that means consent, such as true."))


def _check_live_value(path: str, check: LiveCheck) -> Iterator[Problem]:
    if not check.header:
        if check.header_value:
            yield wrong(
                f"{path}.header",
                say("There is a value but no header that carries it. Name the header, or remove the value."),
            )
    elif not check.header_value:
        yield wrong(
            f"{path}.header_value",
            say("The header “{name}” has no value. Type it and lock it.", name=check.header[:60]),
        )
    elif isinstance(check.header_value, str):
        mistake = check_header_value(check.header_value, check.header)
        if mistake:
            yield wrong(f"{path}.header_value", mistake)


def _check_call(url: str) -> Sentence | None:
    """Return what is wrong with an address that the workbench calls: https, or plain on this machine."""
    return check_url(url.replace("{value}", "x"), local_test=loopback(url), campaign=False)


def _check_write_back(settings: GateSettings) -> Iterator[Problem]:
    back = settings.write_back
    writers = [m.identifier for m in settings.meanings if isinstance(m.does, AddCode | AddTag | SetProperty)]
    if not back.base_url.strip():
        if writers:
            yield warn("write_back.base_url", say(
                "The action “{name}” writes to contacts. Outside a rehearsal it needs the address of the platform's REST API here.",
                name=writers[0][:60],
            ))  # fmt: skip
        return
    mistake = _check_call(back.base_url)
    if mistake:
        yield wrong("write_back.base_url", mistake)
    elif "?" in back.base_url:
        yield wrong(
            "write_back.base_url",
            say("The address holds a “?” part, and the contact's route is added at its end. Remove it."),
        )
    if not back.list_id.strip():
        yield wrong(
            "write_back.list_id",
            say("Name the list (database) whose contacts are written. The platform shows its number."),
        )
    elif not re.fullmatch(r"[A-Za-z0-9_-]{1,60}", back.list_id.strip()):
        yield wrong(
            "write_back.list_id",
            say("“{list}” is not a list's number. Copy it from the platform.", list=back.list_id[:60]),
        )
    if back.token is None:
        yield warn(
            "write_back.token",
            say("Without a token the platform's REST API lets nobody write. Lock the account's token."),
        )


def _check_answering(settings: GateSettings) -> Iterator[Problem]:
    answering = settings.answering
    if not answering.leak_guard:
        yield warn("answering.leak_guard", say(
            "Without the leak guard a contact whose reject call failed is sent to in spite of the rejection."
        ))  # fmt: skip
    if answering.on_failed_write == "finish" and any(isinstance(m.does, AddCode) for m in settings.meanings):
        yield warn("answering.on_failed_write", say(
            "A contact whose code could not be written is sent to without a code. Hold back, unless the message works without one."
        ))  # fmt: skip
    shortest = min((limit.minutes for limit in settings.limits), default=CAMPAIGN_MANAGER_LIMIT_MIN)
    if answering.margin_min >= shortest:
        yield wrong("answering.margin_min", say(
            "The margin of {margin} minutes is as long as the shortest time limit, {limit} minutes. Choose a smaller one.",
            margin=answering.margin_min, limit=shortest,
        ))  # fmt: skip


def check_stock_key(key: str, what: Sentence) -> Sentence | None:
    """Return what is wrong with the name of a code pool or a consent list, or None."""
    if _POOL.fullmatch(key):
        return None
    return say(
        "“{key}” cannot be the name of a {what}. Use 1 to 40 small letters, digits, hyphens and underscores, such as spring-2026.",
        key=key[:60], what=what,
    )  # fmt: skip
