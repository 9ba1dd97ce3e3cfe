"""Custom channels of Customer Insights - Journeys: what their designer holds, what its contract wants, what was tried against it.

https://learn.microsoft.com/dynamics365/customer-insights/journeys/real-time-marketing-extend-outreach-custom-channels
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from pydantic import Field

from .base import Noun, Problem
from .request import Mode, Outcome, ReplyView

CHANNEL_DESIGNS: Final = "channel_designs"
"""The catalogue's folder of designs."""

ChannelType = Literal["Custom", "SMS"]
PartType = Literal["plaintext", "media", "image", "record"]
PART_TYPES: Final[dict[PartType, int]] = {
    "plaintext": 192350000,
    "media": 192350003,
    "image": 192350004,
    "record": 192350005,
}
"""What Dataverse calls each type (real-time-marketing-custom-channel-message-parts)."""
ContractKind = Literal["outbound", "response", "report", "inbound"]


class MessagePart(Noun):
    """One part of a message, such as its title or text. ``name`` is its key in the outbound payload; ``id`` a GUID, made when it is kept.

    ``order``: the larger, the higher it stands in the editor. ``entity`` and ``view_id`` say what a record is and how it is chosen.
    """

    id: str = ""
    name: str = ""
    display_name: str = ""
    description: str = ""
    type: PartType = "plaintext"
    required: bool = True
    max_length: int | None = 1000
    order: int | None = None
    entity: str = ""
    view_id: str = ""


class ChannelSettings(Noun):
    """What the designer's form holds. May be incomplete: ``engine.custom_channel`` gives the verdict.

    ``definition_id`` and the ids of forms are GUIDs; the definition's own is made when it is kept. ``instance_entity`` is the table that
    holds a sender of the channel, ``account_entity`` that of its account (SMS only). ``outbound_api`` is the custom API that sends.
    """

    display_name: str = ""
    description: str = ""
    type: ChannelType = "Custom"
    definition_id: str = ""
    outbound_api: str = ""
    has_inbound: bool = False
    has_delivery_receipt: bool = True
    supports_account: bool = False
    instance_entity: str = ""
    instance_form_id: str = ""
    account_entity: str = ""
    account_form_id: str = ""
    message_form_id: str = ""
    special_consent_required: bool = False
    supports_attachment: bool = False
    supports_binary: bool = False
    parts: tuple[MessagePart, ...] = ()


class ChannelDesign(Noun):
    """A design as it is kept, complete or not: ``problems`` of a listing say what keeps it from being exported."""

    id: str
    settings: ChannelSettings
    created_at: datetime
    updated_at: datetime

    @property
    def name(self) -> str:
        """Its display name."""
        return self.settings.display_name


class ListedChannel(Noun):
    """A design with what is wrong with it."""

    design: ChannelDesign
    problems: tuple[Problem, ...] = ()

    @property
    def ready(self) -> bool:
        """Whether it can be exported."""
        return not any(problem.blocks for problem in self.problems)


class ReadChannel(Noun):
    """What was read of a ``customizations.xml``: its designs, and what in it is wrong or not understood."""

    channels: tuple[ChannelSettings, ...] = ()
    problems: tuple[Problem, ...] = ()


class ContractTry(Noun):
    """One message to try a handler with: sample values by part, and whether it is a test send (its context has no journey)."""

    sender: str = "+15550100"
    to: str = "+15550123"
    message: dict[str, str] = Field(default_factory=dict)
    test_send: bool = False


class ContractVerdict(Noun):
    """What the contract says of one document: what was sent or said, as JSON text, and every departure from the contract.

    ``custom_api`` is the API that carries it, ``parameter`` the one string parameter that holds it as serialized JSON.
    """

    kind: ContractKind
    test_send: bool = False
    custom_api: str
    parameter: str
    document: str
    problems: tuple[Problem, ...] = ()

    @property
    def kept(self) -> bool:
        """Whether it keeps to the contract."""
        return not any(problem.blocks for problem in self.problems)


class HandlerTry(Noun):
    """What a handler made of an outbound payload: the payload, what it answered, and the verdict. One for each context.

    ``answer`` is what was judged; ``outcome`` and ``reply`` are there where it was called over HTTP.
    """

    test_send: bool
    payload: ContractVerdict
    answer: ContractVerdict | None = None
    outcome: Outcome | None = None
    reply: ReplyView | None = None
    mode: Mode = "rehearsal"
