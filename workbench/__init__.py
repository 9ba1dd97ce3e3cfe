"""The integration workbench: build, rehearse and prove messaging integrations.

``from workbench import Workbench, Contact``; the names below are the public ones, loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .bench import Workbench, verify_endpoint
    from .models.assertion import Assertion
    from .models.contact import Contact
    from .models.event import Event, EventColumn, EventInput, EventMessage, EventVariable, FieldPath
    from .models.gate import GateSettings
    from .models.integration import Draft, Header, IdentifierType, Integration, Settings
    from .models.journal import EntryFilter
    from .models.message_draft import MessageDraft, Recipient
    from .models.pace import Rate
    from .models.payload import PayloadTemplate
    from .models.platform import Sendout, Switches, Target, Timing
    from .models.rules import Comparison, Rule, RuleSet
    from .models.run import CheckedFilter, Mapped, RunPlan
    from .models.scenario import Answering, Scenario, Segment
    from .models.sending import Confirmation
    from .models.shop import ShopSettings
    from .models.sms_account import Sender, SmsSettings
    from .models.studio import StudioPlan
    from .models.sync import SyncPlan
    from .models.sync_estimate import SyncAsk
    from .models.work import JobConfirmation, JobFilter, JobOptions, RowFilter

_PUBLIC = {
    "Answering": "models.scenario",
    "Assertion": "models.assertion",
    "CheckedFilter": "models.run",
    "Comparison": "models.rules",
    "Confirmation": "models.sending",
    "Contact": "models.contact",
    "Draft": "models.integration",
    "EntryFilter": "models.journal",
    "Event": "models.event",
    "EventColumn": "models.event",
    "EventInput": "models.event",
    "EventMessage": "models.event",
    "EventVariable": "models.event",
    "FieldPath": "models.event",
    "GateSettings": "models.gate",
    "Header": "models.integration",
    "IdentifierType": "models.integration",
    "Integration": "models.integration",
    "JobConfirmation": "models.work",
    "JobFilter": "models.work",
    "JobOptions": "models.work",
    "Mapped": "models.run",
    "MessageDraft": "models.message_draft",
    "PayloadTemplate": "models.payload",
    "Rate": "models.pace",
    "Recipient": "models.message_draft",
    "RowFilter": "models.work",
    "Rule": "models.rules",
    "RuleSet": "models.rules",
    "RunPlan": "models.run",
    "Scenario": "models.scenario",
    "Segment": "models.scenario",
    "Sender": "models.sms_account",
    "Sendout": "models.platform",
    "Settings": "models.integration",
    "ShopSettings": "models.shop",
    "SmsSettings": "models.sms_account",
    "StudioPlan": "models.studio",
    "Switches": "models.platform",
    "SyncAsk": "models.sync_estimate",
    "SyncPlan": "models.sync",
    "Target": "models.platform",
    "Timing": "models.platform",
    "Workbench": "bench",
    "verify_endpoint": "bench",
}

__all__ = [
    "Answering",
    "Assertion",
    "CheckedFilter",
    "Comparison",
    "Confirmation",
    "Contact",
    "Draft",
    "EntryFilter",
    "Event",
    "EventColumn",
    "EventInput",
    "EventMessage",
    "EventVariable",
    "FieldPath",
    "GateSettings",
    "Header",
    "IdentifierType",
    "Integration",
    "JobConfirmation",
    "JobFilter",
    "JobOptions",
    "Mapped",
    "MessageDraft",
    "PayloadTemplate",
    "Rate",
    "Recipient",
    "RowFilter",
    "Rule",
    "RuleSet",
    "RunPlan",
    "Scenario",
    "Segment",
    "Sender",
    "Sendout",
    "Settings",
    "ShopSettings",
    "SmsSettings",
    "StudioPlan",
    "Switches",
    "SyncAsk",
    "SyncPlan",
    "Target",
    "Timing",
    "Workbench",
    "verify_endpoint",
]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used: ``import workbench`` alone stays fast."""
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_PUBLIC[name]}", __name__), name)
