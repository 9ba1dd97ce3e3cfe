"""Event looking: what reason alone says of an occurrence, without a house: a page's own kernel says it at each keystroke."""

from __future__ import annotations

from workbench.engine.event_messages import preview_message
from workbench.models.event import Composed, Event, EventInput, MessagePreview
from workbench.models.event_look import Looked
from workbench.models.sending import Preview


def looked_so_far(event: Event, given: EventInput, made: Composed) -> Looked:
    """Return an occurrence that cannot go out yet: its problems, and the messages filled with what was given so far."""
    preview = Preview(request=None, problems=made.problems)
    return Looked(composed=made, request=preview, messages=tuple(messages_of(event, given, made)))


def messages_of(event: Event, given: EventInput, made: Composed) -> list[MessagePreview]:
    """Return the messages filled with the body, or with what was given as long as something in it is wrong."""
    given_so_far = {name: value for name, value in given.values.items() if value is not None}
    body = {**made.identifiers, **given_so_far} if made.body is None else made.body
    return [preview_message(message, body) for message in event.messages]
