"""CONFIRMING: the deliberate second step of a live call: host and recipient, and one button that names both (R-ESP-26)."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets

from workbench.models.sending import Confirmation
from workbench.sentence import N_, say

from . import look


def question(
    confirmation: Confirmation, put_away: Callable[[], object]
) -> tuple[look.Stack, ipywidgets.Button]:
    """Return the card that asks, and its button that sends; the other button calls ``put_away``."""
    words = say(
        "Send to {recipient} through {host}", recipient=confirmation.recipient, host=confirmation.host
    )
    go, stay = look.button(words, "danger"), look.button(N_("Do not send"))
    stay.on_click(lambda _button: put_away())
    facts = [(N_("Host"), confirmation.host), (N_("Recipient"), confirmation.recipient)]
    card = look.card(
        N_("Really send?"),
        look.banner("warn", N_("This is no rehearsal: one real message leaves this computer.")),
        look.key_value_table(facts),
        look.buttons(stay, go, align="start"),
    )
    return card, go
