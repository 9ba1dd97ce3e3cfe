"""Event addresses: the locked address of a POST raw or form-data tab: is it one, and does it serve one environment alone (R-EVT-14)?"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from workbench.engine.event_urls import check_event_url, shared_with
from workbench.models.base import Problem, SecretRef
from workbench.models.integration import Integration
from workbench.sentence import say

from .house import House

FIELD: Final = "credential.event_url"


async def check_address(
    house: House, integrations: Sequence[Integration], address: SecretRef, own_id: str | None
) -> list[Problem]:
    """Return what is wrong with an address, and which other integration uses the same one. It is opened here, and shown nowhere.

    Raises MissingSecret where the vault cannot open it.
    """
    text = await asyncio.to_thread(house.vault.open_text, address.handle)
    others = {
        saved.name: saved.settings.secrets()
        for saved in integrations
        if saved.id != own_id and saved.settings.channel == "event"
    }
    known, _missing = await asyncio.to_thread(
        house.open_secrets, [ref for refs in others.values() for ref in refs]
    )
    opened = {name: known[ref.handle] for name, refs in others.items() for ref in refs if ref.handle in known}
    problems = check_event_url(text, field=FIELD)
    twin = shared_with(text, opened)
    if twin is not None:
        sentence = say(
            "“{name}” uses the same address. Give each environment an event of its own, or a test reaches real flows.",
            name=twin,
        )
        problems.append(Problem(field=FIELD, sentence=sentence, level="warning"))
    return problems
