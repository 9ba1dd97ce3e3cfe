"""HOOKS: a Send Gate Plus webhook, read with patience and written strictly (R-GATE-1 to 3, 10, 29, 30).

No public sample of the JSON exists; the names are those of the article, the synonyms those that it uses elsewhere:
https://help.symplify.com/hc/en-us/articles/6238097514386-Send-Gate-Plus
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from urllib.parse import urldefrag, urlsplit

from workbench.errors import Invalid
from workbench.models.base import JsonValue, Problem
from workbench.models.gate import Action, GateLevel, Hook, HookItem, ReadHook
from workbench.sentence import Sentence, say

from .actions import Merged, OldGate, blank_identifier, doubts, lint_hook, lint_old_gate, merge_actions
from .strict_json import ListNode, Node, ObjectNode, ScalarNode, TextNode, clip, plain, read

__all__ = [
    "Merged", "OldGate", "finish_digest", "lint_hook", "lint_old_gate", "mask_uri", "masked", "merge_actions", "read_hook", "write_hook",
]  # fmt: skip

NAMES = {"projectName": "project_name", "journeyName": "journey_name", "sendoutName": "sendout_name"}
IDS = ("contactId", "id", "originalId")
REJECTS = ("rejectUri", "cancelUri")
NAME_LENGTH, DETAILS_LENGTH, URI_LENGTH = 255, 2000, 2000
_UNWRITABLE = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029]")
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)


def read_hook(body: bytes) -> ReadHook:
    """Return the hook in ``body`` (JSON in UTF-8), or every problem that keeps it from being one; never raises.

    Synonyms are understood (``cancelUri`` for ``rejectUri``, ``id`` or ``originalId`` for ``contactId``), and a field that nobody here
    knows is kept in ``extra``: those of an action or of the contact as ``actions.0.name`` and ``items.0.name``.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as why:
        line = body.count(b"\n", 0, why.start) + 1
        column = why.start - (body.rfind(b"\n", 0, why.start) + 1) + 1
        sentence = say("The hook is not written in UTF-8. Send it as JSON in UTF-8.")
        return ReadHook(problems=(Problem(field="hook", sentence=sentence, line=line, column=column),))
    reading = read(text, top_level_object=False, field="hook")
    if reading.problems or reading.node is None:
        return ReadHook(problems=reading.problems)
    return _Reader(reading.node).result()


def write_hook(hook: Hook) -> bytes:
    """Return the hook as JSON in UTF-8, in the article's own names. What was written is read as an equal hook.

    Raises:
        Invalid: the hook is none that could be read again, with every reason.
    """
    try:
        body = json.dumps(_fields(hook), ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, TypeError, RecursionError):
        raise Invalid([Problem(field="extra", sentence=_not_json())]) from None
    reading = read_hook(body)
    if reading.hook != hook:
        errors = [problem for problem in reading.problems if problem.blocks]
        raise Invalid(errors or [Problem(field="extra", sentence=_not_the_same())])
    return body


def mask_uri(uri: str) -> str:
    """Return what may be shown of an address of the platform: its host and its last four characters."""
    try:
        host = urlsplit(uri).netloc.rpartition("@")[2]
    except ValueError:
        host = ""
    rest = uri.partition("://")[2].partition("/")[2]
    return f"{host[:80]} …{rest[-4:]}" if len(rest) >= 8 else f"{host[:80]} …"


def masked(hook: Hook) -> Hook:
    """Return the hook as it may be shown: every address in it masked, those in unknown fields too."""
    return hook.model_copy(
        update={
            "finish_uri": mask_uri(hook.finish_uri),
            "item_download_uri": hook.item_download_uri and mask_uri(hook.item_download_uri),
            "items": tuple(
                item.model_copy(update={"reject_uri": mask_uri(item.reject_uri)}) for item in hook.items
            ),
            "extra": _masked_tree(hook.extra),
        }
    )


def finish_digest(uri: str, salt: bytes = b"") -> str:
    """Return the digest by which the same finish address is known again, without keeping it: HMAC-SHA256 under the home's salt.

    A part behind ``#`` is never sent, so it makes no other address. Without a salt it is a plain SHA-256.
    """
    plain_uri = urldefrag(uri)[0].encode("utf-8", "surrogatepass")
    return (hmac.digest(salt, plain_uri, "sha256") if salt else hashlib.sha256(plain_uri).digest()).hex()


# Reading ----------------------------------------------------------------------------------------------------------------


class _Reader:
    """One walk over one hook's tree; what is wrong is gathered, and a place that is wrong is read as empty."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.problems: list[Problem] = []
        self.extra: dict[str, JsonValue] = {}
        self.seen: dict[str, tuple[str, int]] = {}

    def result(self) -> ReadHook:
        for text in _texts(self.node):
            if "\0" in text.value:
                self.blame("hook", text, _zero())
        if not isinstance(self.node, ObjectNode):
            self.blame("hook", self.node, _no_object(self.node))
            return ReadHook(problems=tuple(self.problems))
        fields = {key.value: value for key, value in self.node.members}
        hook = self.hook(fields)
        if any(problem.blocks for problem in self.problems):
            return ReadHook(
                problems=tuple(sorted(self.problems, key=lambda one: (one.line or 0, one.column or 0)))
            )
        return ReadHook(hook=hook, problems=(*self.problems, *doubts(hook.actions), *lint_hook(hook)))

    def hook(self, fields: dict[str, Node]) -> Hook:
        finish = self.address(fields, "finishUri", "finishUri")
        if "finishUri" not in fields:
            self.blame("finishUri", self.node, _missing("finishUri"))
        names = {ours: self.name(fields.get(theirs), theirs) for theirs, ours in NAMES.items()}
        actions = self.actions(fields.get("actions"))
        download, items = self.contacts(fields)
        known = {"finishUri", "actions", "itemDownloadUri", "items", *NAMES}
        self.extra = {key: plain(value) for key, value in fields.items() if key not in known} | self.extra
        return Hook.model_construct(
            kind="single" if items else "batch",
            finish_uri=finish or "",
            actions=actions,
            item_download_uri=download,
            items=items,
            extra=self.extra,
            project_name=names["project_name"],
            journey_name=names["journey_name"],
            sendout_name=names["sendout_name"],
        )

    def contacts(self, fields: dict[str, Node]) -> tuple[str | None, tuple[HookItem, ...]]:
        """Return the file's address or the one contact: a hook has exactly one of both. An empty list is none."""
        items, download = fields.get("items"), fields.get("itemDownloadUri")
        if items is not None and (_is_null(items) or (isinstance(items, ListNode) and not items.items)):
            items = None
        if download is not None and _is_null(download):
            download = None
        if items is not None and download is not None:
            self.blame("items", items, _both())
            return None, ()
        if items is not None:
            return None, self.items(items)
        if download is not None:
            return self.address(fields, "itemDownloadUri", "itemDownloadUri"), ()
        self.blame("itemDownloadUri", self.node, _neither())
        return None, ()

    def items(self, node: Node) -> tuple[HookItem, ...]:
        nodes = node.items if isinstance(node, ListNode) else (node,)
        if len(nodes) > 1:
            self.blame("items", nodes[1], _several(len(nodes)))
        found: list[HookItem] = []
        for number, one in enumerate(nodes):
            place = f"items.{number}"
            if not isinstance(one, ObjectNode):
                self.blame(place, one, _wrong_type(place, say("an object with contactId and rejectUri")))
                continue
            fields = {key.value: value for key, value in one.members}
            contact = self.contact(one, fields, place)
            name = self.synonym(fields, REJECTS, place)
            if name is None:
                self.blame(f"{place}.rejectUri", one, _missing(f"{place}.rejectUri"))
            reject = self.address(fields, name, f"{place}.{name}") if name else None
            self.keep(fields, {*IDS, *REJECTS}, place)
            found.append(HookItem(contact_id=contact, reject_uri=reject or ""))
        return tuple(found)

    def contact(self, item: ObjectNode, fields: dict[str, Node], place: str) -> str:
        name = self.synonym(fields, IDS, place)
        if name is None:
            self.blame(f"{place}.contactId", item, _missing(f"{place}.contactId"))
            return ""
        node = fields[name]
        value = node.value if isinstance(node, TextNode) else _whole(node)
        if value is None or not value.strip():
            self.blame(
                f"{place}.{name}", node, _wrong_type(f"{place}.{name}", say("a text that is not empty"))
            )
            return ""
        return value

    def synonym(self, fields: dict[str, Node], names: tuple[str, ...], place: str) -> str | None:
        """Return which of the names is there. Several that do not say the same are a problem."""
        there = [name for name in names if name in fields and not _is_null(fields[name])]
        for other in there[1:]:
            if plain(fields[other]) != plain(fields[there[0]]):
                self.blame(f"{place}.{other}", fields[other], _not_alike(there[0], other))
        return there[0] if there else None

    def actions(self, node: Node | None) -> tuple[Action, ...]:
        if node is None or _is_null(node):
            return ()
        if not isinstance(node, ListNode):
            self.blame("actions", node, _wrong_type("actions", say("a list")))
            return ()
        return tuple(self.action(one, f"actions.{number}") for number, one in enumerate(node.items))

    def action(self, node: Node, place: str) -> Action:
        if isinstance(node, TextNode):
            return Action.model_construct(identifier=self.identifier(node, place), details="", level=None)
        if not isinstance(node, ObjectNode):
            self.blame(
                place, node, _wrong_type(place, say("an object with identifier and details, or a text"))
            )
            return Action.model_construct(identifier="", details="", level=None)
        fields = {key.value: value for key, value in node.members}
        identifier = self.identifier(fields.get("identifier", node), f"{place}.identifier")
        details = _as_text(fields.get("details"))
        if len(details) > DETAILS_LENGTH:
            self.blame(
                f"{place}.details",
                fields["details"],
                _too_long(f"{place}.details", len(details), DETAILS_LENGTH),
            )
        level = self.level(fields)
        self.keep(
            fields,
            {"identifier", "details", *(("level",) if level or _is_null(fields.get("level", node)) else ())},
            place,
        )
        return Action.model_construct(identifier=identifier, details=details, level=level)

    def identifier(self, node: Node, place: str) -> str:
        value = node.value if isinstance(node, TextNode) else _whole(node)
        if isinstance(node, ObjectNode) or _is_null(node) or (value is not None and not value.strip()):
            self.problems.append(blank_identifier(place, node.line, node.column))
            return ""
        if value is None:
            self.blame(place, node, _wrong_type(place, say("a text")))
            return ""
        if len(value) > NAME_LENGTH:
            self.blame(place, node, _too_long(place, len(value), NAME_LENGTH))
        return value

    @staticmethod
    def level(fields: Mapping[str, Node]) -> GateLevel | None:
        """Return the level that an action names; what is none of both stays among the unknown fields."""
        node = fields.get("level")
        if isinstance(node, TextNode):
            for level in ("project", "sendout"):
                if node.value == level:
                    return level
        return None

    def keep(self, fields: Mapping[str, Node], known: set[str], place: str) -> None:
        self.extra |= {f"{place}.{key}": plain(value) for key, value in fields.items() if key not in known}

    def name(self, node: Node | None, field: str) -> str:
        if node is None or _is_null(node):
            return ""
        if not isinstance(node, TextNode):
            self.blame(field, node, _wrong_type(field, say("a text")))
            return ""
        if len(node.value) > NAME_LENGTH:
            self.blame(field, node, _too_long(field, len(node.value), NAME_LENGTH))
        return node.value

    def address(self, fields: Mapping[str, Node], name: str, field: str) -> str | None:
        """Return an address of the platform; each may stand in a hook only once."""
        node = fields.get(name)
        if node is None:
            return None
        if not isinstance(node, TextNode):
            self.blame(field, node, _wrong_type(field, say("a text with an address")))
            return None
        if wrong := _wrong_address(node.value, field):
            self.blame(field, node, wrong)
            return None
        address = urldefrag(node.value)[0]
        if address in self.seen:
            other, line = self.seen[address]
            self.blame(field, node, _twice(field, node.line, other, line))
        self.seen.setdefault(address, (field, node.line))
        return node.value

    def blame(self, field: str, node: Node, sentence: Sentence) -> None:
        self.problems.append(Problem(field=field, sentence=sentence, line=node.line, column=node.column))


def _wrong_address(uri: str, field: str) -> Sentence | None:
    """Return why an address cannot be called. The address itself is a secret and never repeated, but for its scheme."""
    if len(uri) > URI_LENGTH:
        return _too_long(field, len(uri), URI_LENGTH)
    if _UNWRITABLE.search(uri):
        return say(
            "{field} holds a blank or an invisible character, which no address has. Copy it again.",
            field=field,
        )
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port
    except ValueError:
        return say("{field} cannot be read as an address: its host or its port is wrong.", field=field)
    if not parts.scheme:
        return say(
            "{field} is not a whole address. It must start with https:// and name a host.", field=field
        )
    if parts.scheme not in ("https", "http"):
        return say(
            "{field} starts with “{scheme}:”, which is never called. An address starts with https://.",
            field=field,
            scheme=clip(parts.scheme, 12),
        )
    if not host or port == 0:
        return say(
            "{field} names no host, or port 0. An address looks like https://gate.example.com/finish.",
            field=field,
        )
    if "@" in parts.netloc:
        return say(
            "{field} holds a user name or password before “@”. An address of the platform has none.",
            field=field,
        )
    return None


def _texts(node: Node) -> Iterator[TextNode]:
    if isinstance(node, TextNode):
        yield node
    elif isinstance(node, ListNode):
        for item in node.items:
            yield from _texts(item)
    elif isinstance(node, ObjectNode):
        for key, value in node.members:
            yield key
            yield from _texts(value)


def _is_null(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.value is None


def _whole(node: Node) -> str | None:
    """Return a whole number as it is spelled: an id that was written without quotes."""
    is_number = (
        isinstance(node, ScalarNode) and isinstance(node.value, int) and not isinstance(node.value, bool)
    )
    return node.spelling if is_number and isinstance(node, ScalarNode) else None


def _as_text(node: Node | None) -> str:
    """Return details as a text; what is none is kept as its JSON."""
    if node is None or _is_null(node):
        return ""
    return node.value if isinstance(node, TextNode) else json.dumps(plain(node), ensure_ascii=False)


# Writing ----------------------------------------------------------------------------------------------------------------


def _fields(hook: Hook) -> dict[str, JsonValue]:
    """Return the hook's fields in the article's names; the unknown ones of actions and of the contact go back to their place."""
    actions = [
        {"identifier": one.identifier, "details": one.details} | ({"level": one.level} if one.level else {})
        for one in hook.actions
    ]
    items = [{"contactId": one.contact_id, "rejectUri": one.reject_uri} for one in hook.items]
    top: dict[str, JsonValue] = {"finishUri": hook.finish_uri, "actions": actions}
    top |= {theirs: getattr(hook, ours) for theirs, ours in NAMES.items()}
    if hook.item_download_uri is not None:
        top["itemDownloadUri"] = hook.item_download_uri
    if hook.items:
        top["items"] = items
    for key, value in hook.extra.items():
        _put_back(top, key, value)
    return top


def _put_back(top: dict[str, JsonValue], key: str, value: JsonValue) -> None:
    kind, _, rest = key.partition(".")
    number, _, name = rest.partition(".")
    places = top.get(kind) if kind in ("actions", "items") else None
    place = places[int(number)] if places and number.isdecimal() and int(number) < len(places) else top
    place.setdefault(name if place is not top else key, value)


def _masked_tree(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return _ADDRESS.sub(lambda found: mask_uri(found[0]), value)
    if isinstance(value, list):
        return [_masked_tree(item) for item in value]
    if isinstance(value, dict):
        return {_masked_tree(key): _masked_tree(item) for key, item in value.items()}
    return value


# Words ------------------------------------------------------------------------------------------------------------------


def _zero() -> Sentence:
    return say("A text holds the character U+0000, which cannot be stored. Remove it.")


def _no_object(node: Node) -> Sentence:
    if isinstance(node, ListNode):
        return say(
            "This is a list, and a hook is one object. If several hooks stand in it, take one at a time."
        )
    return say("This is a single value, and a hook is one object that begins with {opener}.", opener="{")


def _missing(field: str) -> Sentence:
    return say("The hook has no {field}. Without it the sendout cannot be answered.", field=field)


def _both() -> Sentence:
    return say(
        "The hook has both itemDownloadUri and items. A batch has itemDownloadUri alone, a single sendout has items"
        " alone. Remove one of both."
    )


def _neither() -> Sentence:
    return say(
        "The hook has neither itemDownloadUri nor items, so it names no contact. A batch has itemDownloadUri, a single sendout has items."
    )


def _several(count: int) -> Sentence:
    return say(
        "items holds {count} contacts, and a single sendout has exactly one. A batch names its contacts by itemDownloadUri.",
        count=count,
    )


def _wrong_type(field: str, wanted: Sentence) -> Sentence:
    return say("{field} has to be {wanted}.", field=field, wanted=wanted)


def _too_long(field: str, length: int, most: int) -> Sentence:
    return say(
        "{field} has {length} characters; at most {most} are allowed.", field=field, length=length, most=most
    )


def _not_alike(one: str, other: str) -> Sentence:
    return say(
        "{one} and {other} mean the same here, but do not say the same. Remove one of both.",
        one=one,
        other=other,
    )


def _twice(field: str, line: int, other: str, other_line: int) -> Sentence:
    return say(
        "{field} in line {line} is the same address as {other} in line {other_line}. Each address decides one"
        " thing, so they have to differ.",
        field=field, line=line, other=other, other_line=other_line,
    )  # fmt: skip


def _not_json() -> Sentence:
    return say("The hook holds something that JSON cannot write, such as NaN or half of a character.")


def _not_the_same() -> Sentence:
    return say("The hook's unknown fields take the place of known ones. Give them other names.")
