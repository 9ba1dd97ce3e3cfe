"""Send and test: one message through a saved integration, or its exact request without sending anything."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from workbench.bench import Workbench
from workbench.errors import Invalid, NotFound, Refused
from workbench.models.base import Problem
from workbench.models.contact import Contact
from workbench.models.event import Event, EventInput
from workbench.models.integration import IdentifierType
from workbench.models.request import ReplyView, RequestView
from workbench.models.sending import Confirmation, Preview, Sent
from workbench.sentence import N_, say

from .codes import INPUT, OK, code_of_outcome
from .contacts import contact_of, read_contact, read_text, read_variable
from .frame import command
from .session import Session, at_a_terminal

Name = Annotated[
    str, typer.Argument(metavar="INTEGRATION", help=N_("Its id, or its exact name."), show_default=False)
]
Way = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help=N_("An integration, or an event: its id, or its exact name."), show_default=False
    ),
]
To = Annotated[
    str | None,
    typer.Option(
        "--to",
        metavar="ADDRESS",
        help=N_("Whom it is for, as the integration's identifier: ada@example.com."),
        show_default=False,
    ),
]
Var = Annotated[
    list[str] | None,
    typer.Option(
        "--var",
        metavar="NAME=VALUE",
        help=N_("A variable of the payload: subject=Hi, or count:=2 for a number. May be repeated."),
        show_default=False,
    ),
]
ContactFile = Annotated[
    Path | None,
    typer.Option(
        "--contact",
        metavar="FILE",
        help=N_("A JSON file with identifiers, variables and user_data."),
        show_default=False,
    ),
]
PayloadFile = Annotated[
    Path | None,
    typer.Option(
        "--payload",
        metavar="FILE",
        help=N_("Another payload than the integration's own."),
        show_default=False,
    ),
]
Again = Annotated[
    bool,
    typer.Option("--again", help=N_("Even if the same event went to the same contact a short while ago.")),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help=N_("Show the exact request and send nothing."))]
ConfirmHost = Annotated[
    str | None,
    typer.Option(
        "--confirm-host",
        metavar="HOST",
        help=N_("With --live: the host you mean to call."),
        show_default=False,
    ),
]
ConfirmRecipient = Annotated[
    str | None,
    typer.Option(
        "--confirm-recipient",
        metavar="ADDRESS",
        help=N_("With --live: whom you mean to reach."),
        show_default=False,
    ),
]
AllowHost = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-host",
        metavar="HOST",
        help=N_("With --live: a host in your private network that may be called."),
        show_default=False,
    ),
]


@command("send", N_("Send one message through a saved integration, or one event."))
async def send(
    session: Session,
    name: Way,
    to: To = None,
    var: Var = None,
    contact: ContactFile = None,
    payload: PayloadFile = None,
    again: Again = False,
    dry_run: DryRun = False,
    confirm_host: ConfirmHost = None,
    confirm_recipient: ConfirmRecipient = None,
    allow_host: AllowHost = None,
) -> int:
    """Send one message, or show what would be sent."""
    text = read_text(payload) if payload else None
    async with session.bench(allow_host or ()) as bench:
        event = await _event(bench, name)
        if event is not None:
            given = _given(to, var or (), contact, text)
            return await send_event(
                session, bench, event.id, given, dry_run, confirm_host, confirm_recipient, again=again
            )
        saved = await bench.integrations.get(name)
        person = contact_of(saved.settings.identifier, to, var or (), contact)
        if dry_run:
            return show_preview(session, await bench.delivery.preview(saved.id, person, text))
        confirmation = None
        if session.live:
            preview = await bench.delivery.preview(saved.id, person, text)
            confirmation = confirmed(session, preview, confirm_host, confirm_recipient)
        return show_sent(session, await bench.delivery.send(saved.id, person, text, confirmation))


@command("integrations test", N_("Test a saved integration and keep the result with it."))
async def send_test(
    session: Session,
    integration: Name,
    to: To = None,
    var: Var = None,
    contact: ContactFile = None,
    confirm_host: ConfirmHost = None,
    confirm_recipient: ConfirmRecipient = None,
    allow_host: AllowHost = None,
) -> int:
    """Send one test; the integration's badge follows its outcome."""
    async with session.bench(allow_host or ()) as bench:
        saved = await bench.integrations.get(integration)
        person = contact_of(saved.settings.identifier, to, var or (), contact)
        confirmation = None
        if session.live:
            preview = await bench.delivery.preview(saved.id, person)
            confirmation = confirmed(session, preview, confirm_host, confirm_recipient)
        return show_sent(session, await bench.delivery.test(saved.id, person, confirmation))


async def send_event(
    session: Session,
    bench: Workbench,
    event: str,
    given: EventInput,
    dry_run: bool,
    host: str | None,
    recipient: str | None,
    *,
    again: bool = False,
) -> int:
    """Send one occurrence of an event, or show what would be sent."""
    preview = await bench.events.preview(event, given) if dry_run or session.live else None
    if dry_run and preview is not None:
        return show_preview(session, preview)
    confirmation = None if preview is None else confirmed(session, preview, host, recipient)
    return show_sent(session, await bench.events.send(event, given, again=again, confirmation=confirmation))


async def _event(bench: Workbench, name: str) -> Event | None:
    """Return the event of this name where no integration is called so; None where there is none."""
    try:
        await bench.integrations.get(name)
    except NotFound:
        with contextlib.suppress(NotFound):
            return await bench.events.get(name)
    return None


def _given(to: str | None, variables: Sequence[str], contact: Path | None, payload: str | None) -> EventInput:
    """Return what the options say of an occurrence; a body of one's own is for ``events send --body``."""
    if payload is not None:
        raise Refused(
            say(
                "An event's body is made by its contract. Leave --payload out, or use “events send --body FILE”."
            )
        )
    person = read_contact(contact, IdentifierType()) if contact else Contact()
    named = {**person.identifiers, **({} if to is None else {"email" if "@" in to else "phone": to})}
    values = {**person.variables, **dict(read_variable(text) for text in variables)}
    flow = values.pop("automation_id", None)
    return EventInput(
        email=named.get("email"), phone=named.get("phone"), automation_id=flow, values=values, typed=True
    )


def confirmed(session: Session, preview: Preview, host: str | None, recipient: str | None) -> Confirmation:
    """Return the second, deliberate step of a live call: from the options, else asked; the person names host and recipient."""
    if preview.request is None:
        raise Invalid(preview.problems)
    if host is not None and recipient is not None:
        return Confirmation(host=host, recipient=recipient)
    if session.json or not at_a_terminal():
        raise Refused(
            say(
                "This really sends a message. Confirm it with --confirm-host {host} --confirm-recipient {recipient}.",
                host=preview.host, recipient=preview.recipient,
            )
        )  # fmt: skip
    session.tell(
        say(
            "This really sends a message: through {host} to {recipient}. Type both again; anything else stops it.",
            host=preview.host, recipient=preview.recipient,
        ),
        fg="yellow",
    )  # fmt: skip
    return Confirmation(
        host=host or typer.prompt(session.text(N_("Host")), err=True),
        recipient=recipient or typer.prompt(session.text(N_("Recipient")), err=True),
    )


def show_preview(session: Session, preview: Preview) -> int:
    """Show a request that is not sent; INPUT when something keeps it back."""
    if preview.request is None:
        raise Invalid(preview.problems)
    document = {
        "sent": False,
        "mode": "live" if session.live else "rehearsal",
        "request": request_document(preview.request),
        "host": preview.host,
        "recipient": preview.recipient,
        "curl": preview.curl,
        "problems": session.problems(preview.problems),
    }
    session.show(document, request_lines(preview.request))
    _advise(session, preview.problems)
    if not session.json:
        session.tell(say("Nothing was sent: this was a dry run."))
    return INPUT if any(problem.blocks for problem in preview.problems) else OK


def show_sent(session: Session, sent: Sent) -> int:
    """Show what was sent and what came of it; the exit code follows the outcome."""
    outcome = sent.outcome
    document = {
        "sent": outcome.kind not in ("blocked", "unreachable"),
        "mode": sent.entry.mode,
        "outcome": {
            "kind": outcome.kind,
            "sentence": session.text(outcome.sentence),
            "ids": list(outcome.ids),
            "errors": [error.model_dump() for error in outcome.errors],
            "retry_after_s": outcome.retry_after_s,
        },
        "request": request_document(sent.request),
        "reply": sent.reply and reply_document(sent.reply),
        "entry": sent.entry.id,
        "curl": sent.curl,
        "problems": session.problems(sent.problems),
    }

    def lines() -> Iterator[str]:
        yield typer.style(session.text(outcome.sentence), fg="green" if outcome.ok else "red")
        yield from (f"  {error.field or '-'}: {error.message}" for error in outcome.errors)
        if outcome.ids:
            yield session.text(say("Message id: {ids}", ids=", ".join(outcome.ids)))
        yield session.text(say("Journal entry: {entry} ({mode})", entry=sent.entry.id, mode=sent.entry.mode))

    session.show(document, lines())
    _advise(session, sent.problems)
    return code_of_outcome(outcome.kind)


def request_document(view: RequestView) -> dict[str, Any]:
    """Return a masked request for a JSON document: method, URL, headers in their order, body, size in bytes."""
    return {
        "method": view.method,
        "url": view.url,
        "headers": [list(pair) for pair in view.headers],
        "body": view.body,
        "size": view.size,
    }


def reply_document(view: ReplyView) -> dict[str, Any]:
    """Return a masked reply for a JSON document."""
    return {
        "status": view.status,
        "headers": [list(pair) for pair in view.headers],
        "body": view.body,
        "cut": view.cut,
        "elapsed_ms": round(view.elapsed_ms, 1),
    }


def request_lines(view: RequestView) -> Iterator[str]:
    """Give a masked request as HTTP writes it."""
    yield f"{view.method} {view.url}"
    yield from (f"{name}: {value}" for name, value in view.headers)
    yield ""
    yield view.body


def _advise(session: Session, problems: tuple[Problem, ...]) -> None:
    if problems and not session.json:
        session.tell_problems(problems)
