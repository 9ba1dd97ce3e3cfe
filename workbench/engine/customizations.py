"""CUSTOMIZATIONS: a ``customizations.xml`` read back into designs of custom channels, with what in it departs from the rules (R-SMS-29)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from workbench.models.base import JsonValue, Problem
from workbench.models.custom_channel import PART_TYPES, ChannelSettings, MessagePart, ReadChannel
from workbench.sentence import say

from .custom_channel import GUID, bare_guid, check_channel, tidy_channel
from .xml_values import xml_read

MOST_BYTES: Final = 5_000_000
MOST_CHANNELS: Final = 100

_TEXTS: Final[Mapping[str, str]] = {
    "msdyn_channeldefinitionaccountexternalentity": "account_entity",
    "msdyn_channeldefinitionaccountexternalformid": "account_form_id",
    "msdyn_channeldefinitionexternalentity": "instance_entity",
    "msdyn_channeldefinitionexternalformid": "instance_form_id",
    "msdyn_description": "description",
    "msdyn_displayname": "display_name",
    "msdyn_messageformid": "message_form_id",
    "msdyn_outboundendpointurltemplate": "outbound_api",
}
_BITS: Final[Mapping[str, str]] = {
    "msdyn_hasdeliveryreceipt": "has_delivery_receipt",
    "msdyn_hasinbound": "has_inbound",
    "msdyn_specialconsentrequired": "special_consent_required",
    "msdyn_supportsaccount": "supports_account",
    "msdyn_supportsattachment": "supports_attachment",
    "msdyn_supportsbinary": "supports_binary",
}
_PART_TEXTS: Final[Mapping[str, str]] = {
    "msdyn_description": "description",
    "msdyn_displayname": "display_name",
    "msdyn_entityname": "entity",
    "msdyn_entityviewid": "view_id",
    "msdyn_name": "name",
}
_PART_NUMBERS: Final[Mapping[str, str]] = {"msdyn_maxlength": "max_length", "msdyn_order": "order"}
_STATES: Final = {"statecode", "statuscode"}


def read_customizations(text: str) -> ReadChannel:
    """Return the channels that a file defines. Never raises: what cannot be read, or breaks a rule, is among the problems.

    Their fields begin with the number of the channel, ``channels.0.parts.1.name``. GUIDs come out in small letters.
    """
    if len(text) > MOST_BYTES:
        sentence = say(
            "The file is larger than {most} MB. Give the customizations.xml alone.",
            most=MOST_BYTES // 1_000_000,
        )
        return ReadChannel(problems=(Problem(field="file", sentence=sentence),))
    try:
        tree = xml_read(text)
    except (ValueError, RecursionError):
        sentence = say(
            "The file is no XML, or XML with entities, which is not read. Give the customizations.xml of the solution."
        )
        return ReadChannel(problems=(Problem(field="file", sentence=sentence),))
    root = tree.get("ImportExportXml") if isinstance(tree, dict) else None
    definitions = _elements(root, "msdyn_channeldefinitions", "msdyn_channeldefinition")
    if not definitions:
        sentence = say("The file defines no channel: ImportExportXml holds no msdyn_channeldefinition.")
        return ReadChannel(problems=(Problem(field="file", sentence=sentence),))
    reading = _Reading(_elements(root, "msdyn_channelmessageparts", "msdyn_channelmessagepart"))
    channels = tuple(reading.channel(one, index) for index, one in enumerate(definitions[:MOST_CHANNELS]))
    return ReadChannel(channels=channels, problems=(*reading.problems, *reading.orphans(channels)))


class _Reading:
    """One file while it is read."""

    def __init__(self, parts: list[dict[str, JsonValue]]) -> None:
        self.parts = parts
        self.problems: list[Problem] = []

    def channel(self, element: Mapping[str, JsonValue], index: int) -> ChannelSettings:
        """Return the settings of one definition with its parts, and note what is wrong with it."""
        at = f"channels.{index}"
        id = self._guid(_text(element.get("@msdyn_channeldefinitionid")), f"{at}.definition_id")
        if not id:
            sentence = say(
                "The definition has no id. A new one is made when it is saved, and its parts are not found."
            )
            self.problems.append(Problem(field=f"{at}.definition_id", sentence=sentence, level="warning"))
        fields: dict[str, JsonValue] = {
            ours: _text(element.get(theirs)) for theirs, ours in _TEXTS.items() if theirs in element
        }
        for name in ("account_form_id", "instance_form_id", "message_form_id"):
            if name in fields:
                fields[name] = self._guid(fields[name], f"{at}.{name}")
        for theirs, ours in _BITS.items():
            fields[ours] = self._bit(element.get(theirs), f"{at}.{ours}")
        type = _text(element.get("msdyn_channeltype"))  # noqa: A001 - the field's name
        if type not in ("Custom", "SMS"):
            sentence = say(
                "The type of the channel is “{value}”; there are Custom and SMS. It is taken for Custom.",
                value=type[:40],
            )
            self.problems.append(Problem(field=f"{at}.type", sentence=sentence))
            type = "Custom"  # noqa: A001 - the field's name
        own = [one for one in self.parts if id and _definition_of(one) == id]
        parts = tuple(self._part(one, f"{at}.parts.{number}") for number, one in enumerate(own))
        self._unknown(element, {*_TEXTS, *_BITS, *_STATES, "msdyn_channeltype"}, at)
        settings = tidy_channel(ChannelSettings(definition_id=id, type=type, parts=parts, **fields))
        self.problems += [
            problem.model_copy(update={"field": f"{at}.{problem.field}"})
            for problem in check_channel(settings)
        ]
        return settings

    def orphans(self, channels: tuple[ChannelSettings, ...]) -> Iterator[Problem]:
        """Give a problem for each part of a channel that is not in the file."""
        known = {one.definition_id for one in channels}
        for part in self.parts:
            if _definition_of(part) not in known:
                sentence = say(
                    "The part “{name}” belongs to a channel that is not in the file. It is left out.",
                    name=_text(part.get("msdyn_name"))[:60],
                )
                yield Problem(field="file", sentence=sentence, level="warning")

    def _part(self, element: Mapping[str, JsonValue], at: str) -> MessagePart:
        fields: dict[str, JsonValue] = {
            ours: _text(element.get(theirs)) for theirs, ours in _PART_TEXTS.items() if theirs in element
        }
        if "view_id" in fields:
            fields["view_id"] = self._guid(fields["view_id"], f"{at}.view_id")
        fields["max_length"] = None
        for theirs, ours in _PART_NUMBERS.items():
            if theirs in element:
                fields[ours] = self._number(_text(element.get(theirs)), f"{at}.{ours}")
        kinds = {str(number): name for name, number in PART_TYPES.items()}
        number = _text(element.get("msdyn_type"))
        if number not in kinds:
            sentence = say(
                "The type of the part is “{value}”, which is none that exists. It is taken for plain text.",
                value=number[:40],
            )
            self.problems.append(Problem(field=f"{at}.type", sentence=sentence))
        self._unknown(
            element, {*_PART_TEXTS, *_PART_NUMBERS, *_STATES, "msdyn_channeldefinitionid", "msdyn_isrequired", "msdyn_type"}, at
        )  # fmt: skip
        return MessagePart(
            id=self._guid(_text(element.get("@msdyn_channelmessagepartid")), f"{at}.id"),
            type=kinds.get(number, "plaintext"),
            required=self._bit(element.get("msdyn_isrequired"), f"{at}.required"),
            **fields,
        )

    def _guid(self, text: str, field: str) -> str:
        bare = bare_guid(text)
        if GUID.fullmatch(bare) and bare != text:
            sentence = say(
                "The id “{value}” is not written in small letters, which the import wants. It is put right.",
                value=text[:60],
            )
            self.problems.append(Problem(field=field, sentence=sentence, level="warning"))
        return bare

    def _bit(self, value: JsonValue, field: str) -> bool:
        text = _text(value).lower()
        if text not in ("0", "1", "true", "false"):
            sentence = say("“{value}” is neither 1 nor 0. It is taken for 0.", value=text[:40])
            self.problems.append(Problem(field=field, sentence=sentence, level="warning"))
        return text in ("1", "true")

    def _number(self, text: str, field: str) -> int | None:
        if text.removeprefix("-").isascii() and text.removeprefix("-").isdigit() and len(text) <= 12:
            return int(text)
        self.problems.append(
            Problem(field=field, sentence=say("“{value}” is no whole number.", value=text[:40]))
        )
        return None

    def _unknown(self, element: Mapping[str, JsonValue], known: set[str], at: str) -> None:
        for name in element:
            if not name.startswith(("@", "#")) and name not in known:
                sentence = say("“{name}” is not among the documented fields. It is left out.", name=name[:80])
                self.problems.append(Problem(field=at, sentence=sentence, level="note"))


def _elements(root: JsonValue, folder: str, name: str) -> list[dict[str, JsonValue]]:
    """Return the elements of a name in all folders of a name."""
    found: list[dict[str, JsonValue]] = []
    for one in _listed(root.get(folder) if isinstance(root, dict) else None):
        found += (
            [item for item in _listed(one.get(name)) if isinstance(item, dict)]
            if isinstance(one, dict)
            else []
        )
    return found


def _listed(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _text(value: JsonValue) -> str:
    """Return an element's text; of one with attributes, the text beside them; of a repeated one, the first."""
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, dict):
        value = value.get("#text", "")
    return str(value).strip() if isinstance(value, str) else ""


def _definition_of(part: Mapping[str, JsonValue]) -> str:
    """Return the channel of a part: an element in an element of the same name, or the text alone."""
    value = part.get("msdyn_channeldefinitionid")
    if isinstance(value, dict) and "msdyn_channeldefinitionid" in value:
        value = value["msdyn_channeldefinitionid"]
    return bare_guid(_text(value))
