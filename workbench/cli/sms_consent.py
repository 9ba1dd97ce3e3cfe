"""SMS consent: may a contact point be written to, why, since when; the change by hand; and the audit file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from workbench.errors import Refused
from workbench.models.consent import ConsentAsk, ConsentChannel, ConsentFilter, ConsentStatus, PurposeKind
from workbench.sentence import N_, say

from .codes import OK, REFUSED_THERE
from .contacts import write_text
from .frame import command
from .session import Session


@command(
    "sms consent",
    N_("Say whether a contact point may be written to, and why; change it; or write the audit file."),
)
async def consent(
    session: Session,
    point: Annotated[
        str | None,
        typer.Argument(
            metavar="POINT",
            help=N_("A phone number or an e-mail address, in any spelling."),
            show_default=False,
        ),
    ] = None,
    channel: Annotated[ConsentChannel, typer.Option("--channel", help=N_("By which channel."))] = "sms",
    designation: Annotated[
        PurposeKind, typer.Option("--designation", help=N_("For what kind of message."))
    ] = "commercial",
    topic: Annotated[
        str, typer.Option("--topic", help=N_("A topic within the purpose."), show_default=False)
    ] = "",
    sender: Annotated[
        str, typer.Option("--from", metavar="SENDER", help=N_("By one sender."), show_default=False)
    ] = "",
    at: Annotated[
        datetime | None, typer.Option("--at", help=N_("As it stood at a moment, in UTC."), show_default=False)
    ] = None,
    change: Annotated[
        ConsentStatus | None,
        typer.Option(
            "--set", help=N_("Change it: opted_in, opted_out or not_set. Needs --reason."), show_default=False
        ),
    ] = None,
    reason: Annotated[
        str, typer.Option("--reason", help=N_("With --set: why. It stays."), show_default=False)
    ] = "",
    history: Annotated[bool, typer.Option("--history", help=N_("Every change, the newest first."))] = False,
    export: Annotated[
        Path | None,
        typer.Option(
            "--export",
            metavar="FILE",
            help=N_("Write the audit file of all changes (CSV)."),
            show_default=False,
        ),
    ] = None,
) -> int:
    """Decide, explain, change or export."""
    moment = at.replace(tzinfo=at.tzinfo or UTC) if at is not None else None
    async with session.bench() as bench:
        if export is not None:
            write_text(export, await bench.consent.export(until=moment))
            session.show({"file": str(export)}, [session.text(say("Written to {file}.", file=str(export)))])
            return OK
        if point is None:
            raise Refused(say("Name a phone number or an e-mail address, or give --export FILE."))
        if change is not None:
            await bench.consent.record(point, change, reason, channel=channel, topic=topic, sender=sender)
        ask = ConsentAsk(channel=channel, point=point, designation=designation, topic=topic, sender=sender)
        decision = await bench.consent.explain(ask, moment)
        wanted = ConsentFilter(point=point, channel=channel, until=moment)
        events = await bench.consent.events(wanted) if history else []

    def lines() -> Iterator[str]:
        mark, colour = (N_("Will send"), "green") if decision.send else (N_("Will not send"), "red")
        yield f"{typer.style(session.text(mark), fg=colour)}  {decision.point}  {session.text(decision.reason)}"
        for event in events:
            about = " ".join(filter(None, (event.purpose, event.topic, event.words)))
            yield f"  {event.at:%Y-%m-%d %H:%M:%S}  {event.status}  {event.source}  {event.who}  {about}".rstrip()

    document = decision.model_dump(mode="json") | {"reason": session.text(decision.reason)}
    if history:
        document["history"] = [event.model_dump(mode="json") for event in events]
    session.show(document, lines())
    return OK if decision.send else REFUSED_THERE
