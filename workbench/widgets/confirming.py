"""CONFIRMING: the deliberate second step of what is live: whom it goes through and to, and one button that names both (R-ESP-26)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ipywidgets

from workbench.models.sending import Confirmation
from workbench.models.work import JobConfirmation
from workbench.sentence import N_, Sentence, say

from . import look
from .piece import Said


def question(
    confirmation: Confirmation, put_away: Callable[[], object]
) -> tuple[look.Stack, ipywidgets.Button]:
    """Return the card that asks, and its button that sends; the other button calls ``put_away``."""
    words = say(
        "Send to {recipient} through {host}", recipient=confirmation.recipient, host=confirmation.host
    )
    facts = [(N_("Host"), confirmation.host), (N_("Recipient"), confirmation.recipient)]
    return _card(words, N_("This is no rehearsal: one real message leaves this computer."), facts, put_away)


def job_question(
    confirmation: JobConfirmation, put_away: Callable[[], object]
) -> tuple[look.Stack, ipywidgets.Button]:
    """Return the card that asks before a job's messages leave, and its button that sends; the other button calls ``put_away``."""
    words = say("Send {rows} messages through {host}", rows=confirmation.rows, host=confirmation.host)
    warning = say("This is no rehearsal: {rows} real messages leave this computer.", rows=confirmation.rows)
    return _card(
        words, warning, [(N_("Host"), confirmation.host), (N_("Messages"), str(confirmation.rows))], put_away
    )


def records_question(
    confirmation: JobConfirmation, put_away: Callable[[], object]
) -> tuple[look.Stack, ipywidgets.Button]:
    """Return the card that asks before a sync's records leave, and its button that sends; the other button calls ``put_away``."""
    words = say("Send {rows} records to {host}", rows=confirmation.rows, host=confirmation.host)
    warning = say("This is no rehearsal: {rows} real records change at the platform.", rows=confirmation.rows)
    return _card(
        words, warning, [(N_("Host"), confirmation.host), (N_("Records"), str(confirmation.rows))], put_away
    )


def _card(
    words: Sentence, warning: Said, facts: Sequence[tuple[str, str]], put_away: Callable[[], object]
) -> tuple[look.Stack, ipywidgets.Button]:
    go, stay = look.button(words, "danger"), look.button(N_("Do not send"))
    stay.on_click(lambda _button: put_away())
    card = look.card(
        N_("Really send?"),
        look.banner("warn", warning),
        look.key_value_table(facts),
        look.buttons(stay, go, align="start"),
    )
    return card, go
