"""CUSTOM CHANNEL: the rules of a channel's definition, and its ``customizations.xml``, written and read back (R-SMS-29, 30).

https://learn.microsoft.com/dynamics365/customer-insights/journeys/real-time-marketing-define-channel-definition
https://learn.microsoft.com/dynamics365/customer-insights/journeys/real-time-marketing-custom-channel-message-parts
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from pydantic import ValidationError

from workbench.errors import Invalid
from workbench.models.base import JsonValue, Problem
from workbench.models.custom_channel import PART_TYPES, ChannelSettings, MessagePart
from workbench.sentence import N_, Sentence, say

from .xml_values import xml_written

TEXT_PART: Final = "text"
"""The one part of an SMS channel, which the platform's own editor fills."""
NAME_LENGTH: Final = 100
DESCRIPTION_LENGTH: Final = 2000
LONGEST_PART: Final = 1_048_576
"""Characters that a Dataverse memo column holds at most."""
MOST_PARTS: Final = 50
NO_INBOUND: Final = say("Only an SMS channel takes inbound messages. Switch it off, or choose the type SMS.")

GUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)
_TABLE: Final = re.compile(r"[a-z][a-z0-9]{1,7}_[a-z0-9_]{1,92}", re.ASCII)
_API: Final = re.compile(r"/[A-Za-z][A-Za-z0-9]{1,7}_[A-Za-z0-9_]{1,120}", re.ASCII)
_PART_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}", re.ASCII)
_XML_TEXT: Final = re.compile(r"[\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")


class Id(NamedTuple):
    """A field that holds a GUID: its name, its title, and where the GUID is found."""

    field: str
    title: str


INSTANCE_FORM: Final = Id("instance_form_id", N_("Form of the channel instance"))
ACCOUNT_FORM: Final = Id("account_form_id", N_("Form of the account"))
MESSAGE_FORM: Final = Id("message_form_id", N_("Form of the message editor"))


# -- the rules -------------------------------------------------------------------------------------------------------------


def check_channel(settings: ChannelSettings) -> list[Problem]:
    """Return what keeps a design from being exported, and what to mind, in the order of the form. Its own GUIDs may still be empty."""
    return [
        *_check_texts(settings),
        *_check_type(settings),
        *_check_ids(settings),
        *_check_tables(settings),
        *_check_parts(settings),
    ]


def tidy_channel(settings: ChannelSettings) -> ChannelSettings:
    """Return the settings as they are kept: GUIDs small and bare, the API with its slash, texts without outer blanks."""
    api = settings.outbound_api.strip().lstrip("/")
    return settings.model_copy(update={
        "display_name": " ".join(settings.display_name.split()), "description": _tidy_text(settings.description),
        "definition_id": bare_guid(settings.definition_id), "outbound_api": f"/{api}" if api else "",
        "instance_entity": settings.instance_entity.strip().lower(), "instance_form_id": bare_guid(settings.instance_form_id),
        "account_entity": settings.account_entity.strip().lower(), "account_form_id": bare_guid(settings.account_form_id),
        "message_form_id": bare_guid(settings.message_form_id), "parts": tuple(_tidy_part(part) for part in settings.parts),
    })  # fmt: skip


def _tidy_part(part: MessagePart) -> MessagePart:
    return part.model_copy(update={
        "id": bare_guid(part.id), "name": part.name.strip(), "display_name": " ".join(part.display_name.split()),
        "description": _tidy_text(part.description), "entity": part.entity.strip().lower(), "view_id": bare_guid(part.view_id),
    })  # fmt: skip


def bare_guid(text: str) -> str:
    """Return a GUID in small letters without braces, as ``customizations.xml`` wants it; another text without outer blanks."""
    bare = text.strip().strip("{}").strip().lower()
    return bare if GUID.fullmatch(bare) else text.strip()


def _tidy_text(text: str) -> str:
    return "\n".join(
        line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    ).strip()


def _check_texts(settings: ChannelSettings) -> list[Problem]:
    problems = []
    name = settings.display_name
    if not name.strip():
        sentence = say("Give the channel a name. Marketers choose it in the journey.")
        problems.append(Problem(field="display_name", sentence=sentence))
    for field, text, most in (
        ("display_name", name, NAME_LENGTH),
        ("description", settings.description, DESCRIPTION_LENGTH),
    ):
        problems += _check_text(field, text, most)
    if not settings.outbound_api.strip():
        sentence = say("Name the custom API that sends, such as /cr65f_OutboundCustomApi.")
        problems.append(Problem(field="outbound_api", sentence=sentence))
    elif not _API.fullmatch(settings.outbound_api):
        sentence = say(
            "“{value}” is no name of a custom API. It is a slash, your publisher's prefix, an underscore and a name: "
            "/cr65f_OutboundCustomApi.",
            value=settings.outbound_api[:60],
        )  # fmt: skip
        problems.append(Problem(field="outbound_api", sentence=sentence))
    return problems


def _check_text(field: str, text: str, most: int) -> list[Problem]:
    if len(text) > most:
        sentence = say(
            "The text has {length} characters; at most {most} are allowed. Shorten it.",
            length=len(text),
            most=most,
        )
    elif not _XML_TEXT.fullmatch(text):
        sentence = say("The text holds an invisible character that no XML file can carry. Type it again.")
    else:
        return []
    return [Problem(field=field, sentence=sentence)]


def _check_type(settings: ChannelSettings) -> list[Problem]:
    """R-SMS-30: what belongs to SMS alone, and what must not be there for it."""
    sms = settings.type == "SMS"
    problems = []
    if settings.has_inbound and not sms:
        problems.append(Problem(field="has_inbound", sentence=NO_INBOUND))
    if sms and not settings.supports_account:
        sentence = say("An SMS channel has accounts. Switch “Supports accounts” on.")
        problems.append(Problem(field="supports_account", sentence=sentence))
    if settings.supports_account and not sms:
        sentence = say(
            "Only an SMS channel has accounts. Switch “Supports accounts” off, or choose the type SMS."
        )
        problems.append(Problem(field="supports_account", sentence=sentence))
    if sms and settings.message_form_id.strip():
        sentence = say(
            "An SMS channel is written in the platform's own editor. Leave the form of the message editor empty."
        )
        problems.append(Problem(field="message_form_id", sentence=sentence))
    return problems


def _check_ids(settings: ChannelSettings) -> list[Problem]:
    problems = []
    for field, title in (
        INSTANCE_FORM,
        ACCOUNT_FORM,
        MESSAGE_FORM,
        Id("definition_id", N_("Id of the definition")),
    ):
        value = str(getattr(settings, field))
        if value and not GUID.fullmatch(value):
            problems.append(Problem(field=field, sentence=_no_guid(Sentence(title), value)))
    if not settings.instance_form_id:
        sentence = say(
            "Paste the id of the form in which a sender is set up; the form's address in the designer ends with it."
        )
        problems.append(Problem(field="instance_form_id", sentence=sentence))
    return problems


def _no_guid(title: Sentence, value: str) -> Sentence:
    return say(
        "“{title}” is “{value}”, which is no id. It is 32 digits and small letters from a to f, like 7d2b885a-80eb-479d-b0c3-600bc41e9789.",
        title=title, value=value[:60],
    )  # fmt: skip


def _check_tables(settings: ChannelSettings) -> list[Problem]:
    problems = []
    if not settings.instance_entity:
        sentence = say("Name the table that holds a sender of the channel, such as cr65f_channelinstance.")
        problems.append(Problem(field="instance_entity", sentence=sentence))
    for field in ("instance_entity", "account_entity"):
        value = str(getattr(settings, field))
        if value and not _TABLE.fullmatch(value):
            problems.append(Problem(field=field, sentence=_no_table(value)))
    if bool(settings.account_entity) != bool(settings.account_form_id):
        field = "account_form_id" if settings.account_entity else "account_entity"
        sentence = say("Give both the table of the account and its form, or neither.")
        problems.append(Problem(field=field, sentence=sentence))
    if settings.account_entity and settings.type != "SMS":
        sentence = say("The table of the account is used for SMS channels alone; here it does nothing.")
        problems.append(Problem(field="account_entity", sentence=sentence, level="warning"))
    return problems


def _no_table(value: str) -> Sentence:
    return say(
        "“{value}” is no name of a table. It is your publisher's prefix, an underscore and small letters, such as cr65f_channelinstance.",
        value=value[:60],
    )


def _check_parts(settings: ChannelSettings) -> list[Problem]:
    parts = settings.parts
    problems = []
    if not parts:
        sentence = say("A channel has at least one message part. Add the part that holds the text.")
        problems.append(Problem(field="parts", sentence=sentence))
    if len(parts) > MOST_PARTS:
        sentence = say(
            "The channel has {count} parts; at most {most} are possible.", count=len(parts), most=MOST_PARTS
        )
        problems.append(Problem(field="parts", sentence=sentence))
    if settings.type == "SMS" and parts and not _is_sms_text(parts):
        sentence = say(
            "An SMS channel has exactly one part: its name is “text” and its type is plain text. Remove or rename the others."
        )
        problems.append(Problem(field="parts", sentence=sentence))
    for index, part in enumerate(parts):
        problems += [
            problem.model_copy(update={"field": f"parts.{index}.{problem.field}"})
            for problem in [*_check_part(part), *_check_twin(part, parts[:index])]
        ]
    return problems


def _is_sms_text(parts: tuple[MessagePart, ...]) -> bool:
    return len(parts) == 1 and parts[0].name == TEXT_PART and parts[0].type == "plaintext"


def _check_twin(part: MessagePart, before: tuple[MessagePart, ...]) -> list[Problem]:
    if part.name and any(one.name.casefold() == part.name.casefold() for one in before):
        sentence = say(
            "There are two parts named “{name}”. Rename one: the message is filled in by these names.",
            name=part.name,
        )
        return [Problem(field="name", sentence=sentence)]
    if part.id and any(one.id == part.id for one in before):
        return [
            Problem(
                field="id", sentence=say("Two parts have the same id. Remove one of them and add it again.")
            )
        ]
    return []


def _check_part(part: MessagePart) -> list[Problem]:
    problems = [
        *_check_text("display_name", part.display_name, NAME_LENGTH),
        *_check_text("description", part.description, DESCRIPTION_LENGTH),
    ]
    if not _PART_NAME.fullmatch(part.name):
        sentence = (
            say("“{name}” is no name of a part. Use letters, digits and underscores; it begins with a letter.", name=part.name[:60])
            if part.name
            else say("The part has no name. Name it as your custom API reads it, such as text or title.")
        )  # fmt: skip
        problems.append(Problem(field="name", sentence=sentence))
    if part.max_length is None and part.type == "plaintext":
        sentence = say("Say how long the text may be. Write a number of characters, such as 1000.")
        problems.append(Problem(field="max_length", sentence=sentence))
    elif part.max_length is not None and not 0 < part.max_length <= LONGEST_PART:
        sentence = say(
            "The greatest length is {value}. Write a number from 1 to {most}.",
            value=part.max_length,
            most=LONGEST_PART,
        )
        problems.append(Problem(field="max_length", sentence=sentence))
    if part.id and not GUID.fullmatch(part.id):
        problems.append(Problem(field="id", sentence=_no_guid(say("Id of the part"), part.id)))
    return problems + _check_record(part)


def _check_record(part: MessagePart) -> list[Problem]:
    problems = []
    if part.type == "record":
        if not part.entity:
            sentence = say("A record is of a table. Name it, such as cr65f_product.")
            problems.append(Problem(field="entity", sentence=sentence))
        elif not re.fullmatch(r"[a-z][a-z0-9_]{0,99}", part.entity, re.ASCII):
            problems.append(Problem(field="entity", sentence=_no_table(part.entity)))
        if not part.view_id:
            sentence = say("A record is chosen in a view. Paste the id of the view.")
            problems.append(Problem(field="view_id", sentence=sentence))
        elif not GUID.fullmatch(part.view_id):
            problems.append(
                Problem(field="view_id", sentence=_no_guid(say("View of the record"), part.view_id))
            )
    elif part.entity or part.view_id:
        field = "entity" if part.entity else "view_id"
        sentence = say(
            "Table and view belong to a part of the type record; here they do nothing. Empty them, or choose that type."
        )
        problems.append(Problem(field=field, sentence=sentence, level="warning"))
    return problems


# -- writing ---------------------------------------------------------------------------------------------------------------


def customizations_xml(settings: ChannelSettings) -> bytes:
    """Return the ``customizations.xml`` of a channel and its parts: the same bytes for the same design, GUIDs in small letters.

    Raises Invalid with all problems; also where the definition or a part has no GUID yet.
    """
    settings = tidy_channel(settings)
    problems = [problem for problem in check_channel(settings) if problem.blocks]
    without = [f"parts.{index}.id" for index, part in enumerate(settings.parts) if not part.id]
    without += [] if settings.definition_id else ["definition_id"]
    problems += [
        Problem(field=field, sentence=say("This has no id yet. Save the design first: then it gets one."))
        for field in without
    ]
    if problems:
        raise Invalid(problems)
    return xml_written({
        "ImportExportXml": {
            "@xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
            "msdyn_channeldefinitions": {"msdyn_channeldefinition": _definition(settings)},
            "msdyn_channelmessageparts": {
                "msdyn_channelmessagepart": [_part(settings.definition_id, part) for part in settings.parts]
            },
        }
    })  # fmt: skip


def _definition(settings: ChannelSettings) -> dict[str, JsonValue]:
    """Return the element of a definition, its names in the order of Microsoft's sample; what is empty is left out."""
    found = {
        "@msdyn_channeldefinitionid": settings.definition_id,
        "msdyn_channeldefinitionaccountexternalentity": settings.account_entity,
        "msdyn_channeldefinitionaccountexternalformid": settings.account_form_id,
        "msdyn_channeldefinitionexternalentity": settings.instance_entity,
        "msdyn_channeldefinitionexternalformid": settings.instance_form_id,
        "msdyn_channeltype": settings.type,
        "msdyn_description": settings.description,
        "msdyn_displayname": settings.display_name,
        "msdyn_hasdeliveryreceipt": _bit(settings.has_delivery_receipt),
        "msdyn_hasinbound": _bit(settings.has_inbound),
        "msdyn_messageformid": settings.message_form_id,
        "msdyn_outboundendpointurltemplate": settings.outbound_api,
        "msdyn_specialconsentrequired": _bit(settings.special_consent_required),
        "msdyn_supportsaccount": _bit(settings.supports_account),
        "msdyn_supportsattachment": _bit(settings.supports_attachment),
        "msdyn_supportsbinary": _bit(settings.supports_binary),
        "statecode": "0",
        "statuscode": "1",
    }
    return {name: value for name, value in found.items() if value}


def _part(definition_id: str, part: MessagePart) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {
        "@msdyn_channelmessagepartid": part.id,
        "msdyn_channeldefinitionid": {"msdyn_channeldefinitionid": definition_id},
        "msdyn_description": part.description,
        "msdyn_displayname": part.display_name,
        "msdyn_entityname": part.entity,
        "msdyn_entityviewid": part.view_id,
        "msdyn_isrequired": _bit(part.required),
        "msdyn_maxlength": "" if part.max_length is None else str(part.max_length),
        "msdyn_name": part.name,
        "msdyn_order": "" if part.order is None else str(part.order),
        "msdyn_type": str(PART_TYPES[part.type]),
        "statecode": "0",
        "statuscode": "1",
    }
    return {name: value for name, value in found.items() if value}


def _bit(value: bool) -> str:
    return "1" if value else "0"


def read_design(document: dict[str, JsonValue]) -> tuple[ChannelSettings | None, list[Problem]]:
    """Return the settings of a form's document, or None with what in it cannot be read."""
    try:
        return ChannelSettings.model_validate(document), []
    except ValidationError as error:
        return None, [
            Problem(
                field=".".join(str(part) for part in item["loc"]),
                sentence=say(
                    "“{value}” is no whole number. Write digits only.", value=str(item["input"])[:40]
                ),
            )
            for item in error.errors(include_url=False)
        ]
