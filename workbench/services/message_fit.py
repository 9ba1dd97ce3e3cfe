"""MESSAGE FIT: what an account would silently leave out of a draft: a later time, an end of its validity, the answer to STOP."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.engine.sms_checks import wants_consent
from workbench.models.base import Problem
from workbench.models.message import Designation
from workbench.models.message_draft import MessageDraft
from workbench.sentence import say

from .message_line import MessageLine

EXAMPLE_NUMBER = "+46701740605"
"""Of the numbers that Sweden's regulator keeps free for books and films, 070-174 06 05 to 99."""


def fit_problems(line: MessageLine, draft: MessageDraft, designation: Designation) -> Iterator[Problem]:
    """Yield what the line's provider would leave out of a draft, and what the account still lacks."""
    name = line.provider.name
    if draft.send_at is not None and draft.send_at <= line.house.clock.now():
        yield Problem(
            field="send_at", sentence=say("The time to send at has passed. Choose a later one, or none.")
        )
    elif draft.send_at is not None and _is_left_out(line, draft, "send_at"):
        # else it would go out at once: at night, perhaps
        yield Problem(
            field="send_at",
            sentence=say("{provider} cannot hold a text until later with this account. Send it when it is time.", provider=name),
        )  # fmt: skip
    if draft.valid_s is not None and _is_left_out(line, draft, "valid_s"):
        sentence = say(
            "{provider} knows no end of validity: a late text is delivered all the same.", provider=name
        )
        yield Problem(field="valid_s", sentence=sentence, level="warning")
    if designation == "commercial" and not line.settings.consent_at_provider and wants_consent(line.provider):
        yield Problem(
            field="consent_at_provider",
            level="warning",
            sentence=say(
                "As far as the account says, STOP is not set up with {provider}. Set it up there, then say so in the account.",
                provider=name,
            ),
        )


def _is_left_out(line: MessageLine, draft: MessageDraft, field: str) -> bool:
    """Return whether a request says the same with and without a field of the draft."""
    message = line.message("msg_0", [EXAMPLE_NUMBER], "x", draft)
    without = message.model_copy(update={field: None})
    return line.request(message, None).body == line.request(without, None).body
