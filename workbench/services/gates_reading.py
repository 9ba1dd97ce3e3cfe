"""What pasted text means at a gate: contacts that rules are tried on, and a hook's addresses that the gate would call or not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from workbench.engine.hooks import mask_uri
from workbench.engine.items import BadRow, Item, ItemReader
from workbench.engine.redact import mask_identifier
from workbench.engine.rules import Membership, rules_of
from workbench.engine.rules_compiled import compile_rules
from workbench.models.base import JsonValue, Problem
from workbench.models.gate import Action, GateSettings, Hook
from workbench.models.hold import Decided
from workbench.models.rules import RuleSet
from workbench.sentence import say

STAND_IN = "https://stand-in.invalid/cancel/"
"""Stands for the cancel address that pasted contacts have not; nothing here is called."""


def tried(
    settings: GateSettings,
    actions: Sequence[Action],
    text: str,
    open_list: Callable[[str], Membership],
    salt: bytes,
) -> list[Decided]:
    """Return what would be decided of the contacts in a text (JSON lines, a JSON list, CSV with a header), row by row."""
    rules = rules_of(settings, actions)
    compiled = compile_rules(rules, lists={key: open_list(key) for key in lists_in(rules)})
    reader = ItemReader()
    rows = [*reader.feed(with_addresses(text).encode("utf-8", "surrogatepass")), *reader.close()]
    items = [(row[0], row[1]) for row in rows if not isinstance(row, BadRow)]
    found = [Decided(number=row.number, sentence=row.sentence) for row in rows if isinstance(row, BadRow)]
    plain = [item for _, item in items]
    live = fallbacks(settings, compiled.asks(plain))
    for (number, item), at in zip(items, compiled.decide(plain, live), strict=True):
        decision = compiled.decisions[at]
        found.append(
            Decided(
                number=number, contact=_shown(item, salt), verdict=decision.verdict, rule=decision.rule, reason=decision.reason
            )
        )  # fmt: skip
    last = max((one.number for one in found), default=0)
    if reader.cut is not None and not any(one.number == last and one.verdict is None for one in found):
        found.append(Decided(number=last + 1, sentence=reader.cut))
    return sorted(found, key=lambda one: one.number)


def fallbacks(
    settings: GateSettings, asks: Sequence[Sequence[tuple[str, str]]]
) -> dict[tuple[str, str], bool]:
    """Return for each question to a live check what counts where nobody answers: nothing is called in a trial."""
    says = {check.key: check.fallback == "accept" for check in settings.live_checks}
    return {pair: says.get(pair[0], False) for pairs in asks for pair in pairs}


def lists_in(rules: RuleSet) -> set[str]:
    """Return the consent lists that rules look into."""

    def named(document: JsonValue) -> Iterator[str]:
        if isinstance(document, Mapping):
            if document.get("operator") in ("on_list", "not_on_list"):
                yield str(document.get("value"))
            for one in document.values():
                yield from named(one)
        elif isinstance(document, list):
            for one in document:
                yield from named(one)

    return set(named(rules.model_dump(mode="json")))


def with_addresses(text: str) -> str:
    """Return pasted contacts as an item file writes them: whoever tries rules has ids and properties, but no cancel addresses.

    What cannot be read is returned as it is, so that the reader of item files says what is wrong with its row.
    """
    bare = text.lstrip("\ufeff \t\r\n")
    if bare.startswith("["):
        return _whole(bare)
    if bare.startswith("{"):
        return "\n".join(_line(line, at) for at, line in enumerate(text.splitlines(), 1))
    return _table(text)


def _whole(text: str) -> str:
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return json.dumps([_addressed(row, at) for at, row in enumerate(rows, 1)])


def _line(line: str, at: int) -> str:
    try:
        return json.dumps(_addressed(json.loads(line), at))
    except (ValueError, RecursionError):
        return line


def _addressed(row: JsonValue, at: int) -> JsonValue:
    if not isinstance(row, dict) or "cancelUri" in row or "rejectUri" in row:
        return row
    if "properties" in row:
        return {**row, "cancelUri": f"{STAND_IN}{at}"}
    # flat, as people write it: what is not the id is a property
    return {
        "id": row.get("id"),
        "cancelUri": f"{STAND_IN}{at}",
        "properties": {k: v for k, v in row.items() if k != "id"},
    }


def _table(text: str) -> str:
    lines = text.strip("\ufeff\r\n").splitlines()
    if not lines or "cancelUri" in lines[0] or "rejectUri" in lines[0]:
        return text
    mark = next((mark for mark in (";", "\t", "|") if mark in lines[0] and "," not in lines[0]), ",")
    rows = [f"{line}{mark}{STAND_IN}{at}" if line.strip() else line for at, line in enumerate(lines[1:], 1)]
    return "\n".join([f"{lines[0]}{mark}cancelUri", *rows])


def _shown(item: Item, salt: bytes) -> str:
    return mask_identifier(str(item.id), salt)


def hosts_told(hook: Hook, hosts: Sequence[str]) -> list[Problem]:
    """Return for each address of a hook whether a gate with these hosts would call it; none at all: the stand-in alone (R-GATE-28)."""
    named = [("finishUri", hook.finish_uri), ("itemDownloadUri", hook.item_download_uri or "")]
    named += [(f"items.{at}.rejectUri", item.reject_uri) for at, item in enumerate(hook.items)]
    told: list[Problem] = []
    for field, uri in named:
        if not uri:
            continue
        host = urlsplit(uri).netloc.rpartition("@")[2].lower()
        if host in hosts:
            told.append(
                Problem(
                    field=field,
                    level="note",
                    sentence=say("{uri} would be called: its host is on the gate's list.", uri=mask_uri(uri)),
                )
            )
        else:
            told.append(Problem(field=field, level="warning", sentence=say(
                "{uri} would not be called: add the host {host} to the gate's hosts if it is the "
                    "platform's.", uri=mask_uri(uri), host=host[:80]
            )))  # fmt: skip
    return told


def contact_masked(hook: Hook, salt: bytes) -> Hook:
    """Return a hook whose contacts are masked as well."""
    items = tuple(
        item.model_copy(update={"contact_id": mask_identifier(item.contact_id, salt)}) for item in hook.items
    )
    return hook.model_copy(update={"items": items})
