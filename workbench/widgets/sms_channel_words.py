"""SMS CHANNEL WORDS: what the fields of a custom channel are called, and what is said of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from workbench.models.custom_channel import ContractKind, PartType
from workbench.sentence import N_

from .gates_fields import Options, Word

__all__ = ["DEFINITION", "FORMS", "KINDS", "MORE", "PART", "PART_OPTIONS", "SWITCHES", "TABLES", "TYPES"]

GUID: Final = "7d2b885a-80eb-479d-b0c3-600bc41e9789"

DEFINITION: Final[Mapping[str, Word]] = {
    "display_name": Word(N_("Name of the channel"), N_("Marketers choose it in a journey."), "Acme Chat"),
    "type": Word(N_("Type of the channel"), N_("SMS has one text, accounts and the platform's own editor. Custom has parts of your own.")),
    "description": Word(N_("Description of the channel")),
    "outbound_api": Word(
        N_("Outbound custom API"), N_("The custom API that the platform calls for each message."), "/cr65f_OutboundCustomApi"
    ),
}  # fmt: skip
SWITCHES: Final[Mapping[str, Word]] = {
    "has_delivery_receipt": Word(N_("Delivery reports"), N_("The provider tells what became of a message.")),
    "has_inbound": Word(N_("Inbound messages"), N_("SMS only: people can answer.")),
    "supports_account": Word(N_("Supports accounts"), N_("On for SMS, off for a custom channel.")),
}
TABLES: Final[Mapping[str, Word]] = {
    "instance_entity": Word(N_("Table of the channel instance"), N_("It holds one sender of the channel."), "cr65f_channelinstance"),
    "instance_form_id": Word(N_("Form of the channel instance"), N_("The id at the end of the form's address in the designer."), GUID),
    "account_entity": Word(N_("Table of the account"), N_("SMS only, optional: it holds what senders share."), "cr65f_channelaccount"),
    "account_form_id": Word(N_("Form of the account"), N_("SMS only, with the table."), GUID),
}  # fmt: skip
FORMS: Final[Mapping[str, Word]] = {
    "message_form_id": Word(
        N_("Form of the message editor"), N_("Optional, and never for SMS: an editor of your own."), GUID
    ),
}
MORE: Final[Mapping[str, Word]] = {
    "definition_id": Word(
        N_("Id of the definition"), N_("Empty: a new one is made when the design is saved."), GUID
    ),
    "special_consent_required": Word(N_("Special consent required")),
    "supports_attachment": Word(N_("Supports attachments")),
    "supports_binary": Word(N_("Supports binary content")),
}
PART: Final[Mapping[str, Word]] = {
    "name": Word(
        N_("Name of the part"), N_("Your custom API finds the text under this name. SMS: text."), "text"
    ),
    "type": Word(N_("Type of the part")),
    "display_name": Word(N_("Label"), N_("What marketers read in the editor."), "Text"),
    "max_length": Word(N_("Greatest length"), N_("Characters."), "1000"),
    "order": Word(N_("Order"), N_("Optional: the larger, the higher it stands.")),
    "required": Word(N_("Required")),
    "description": Word(N_("Description of the part")),
    "entity": Word(N_("Table of the record"), N_("Only for a record."), "cr65f_product"),
    "view_id": Word(N_("View of the record"), N_("Only for a record: its id."), GUID),
    "id": Word(N_("Id of the part"), N_("Empty: a new one is made when the design is saved."), GUID),
}
TYPES: Final[Options] = (("Custom", N_("Custom")), ("SMS", N_("SMS")))
_PART_TYPES: Final[Mapping[PartType, str]] = {
    "plaintext": N_("Plain text"),
    "media": N_("Media file"),
    "image": N_("Image"),
    "record": N_("Record"),
}
PART_OPTIONS: Final[Options] = tuple(_PART_TYPES.items())
KINDS: Final[Mapping[ContractKind, str]] = {
    "response": N_("Answer of the handler"),
    "report": N_("Delivery report"),
    "inbound": N_("Inbound message"),
}
