"""SMS: senders, one text to whoever may get it, the callbacks that came, and accounts carried from one workbench to another."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer

from workbench.errors import Invalid, Refused
from workbench.models.callback import CallbackFilter
from workbench.models.message import Designation, SenderType, Sent
from workbench.models.message_draft import MessageChecked, MessageDraft, Recipient
from workbench.models.sending import Confirmation
from workbench.models.sms_account import ListedAccount, Sender
from workbench.sentence import N_, Sentence, say

from .codes import INPUT, OK, code_of_outcome
from .contacts import read_json, read_text, read_variable, write_text
from .frame import command
from .send import ConfirmHost, ConfirmRecipient, DryRun, Var, request_document, request_lines
from .session import Session

Account = Annotated[
    str,
    typer.Argument(metavar="ACCOUNT", help=N_("The account's id, or its exact name."), show_default=False),
]
AnyAccount = Annotated[
    str | None,
    typer.Argument(
        metavar="ACCOUNT", help=N_("The account's id or name; without it all of them."), show_default=False
    ),
]
Numbers = Annotated[
    list[str],
    typer.Option(
        "--to",
        metavar="NUMBER",
        help=N_("Whom it is for: +46701234567. May be repeated."),
        show_default=False,
    ),
]
TYPES: Mapping[SenderType, str] = {
    "toll_free": N_("toll-free number"),
    "short_code": N_("short code"),
    "long_code": N_("long code (10DLC)"),
    "mobile": N_("mobile or local number"),
    "alphanumeric": N_("alphanumeric sender ID"),
}


@command("sms senders", N_("List the accounts at SMS providers with their senders, or add one."))
async def senders(
    session: Session,
    account: AnyAccount = None,
    add: Annotated[
        str | None,
        typer.Option(
            "--add", metavar="VALUE", help=N_("A number, short code or sender ID to add."), show_default=False
        ),
    ] = None,
    kind: Annotated[
        SenderType, typer.Option("--type", help=N_("With --add: which kind of sender it is."))
    ] = "long_code",
    name: Annotated[
        str, typer.Option("--name", help=N_("With --add: its friendly name."), show_default=False)
    ] = "",
    unit: Annotated[
        str,
        typer.Option(
            "--unit", help=N_("With --add: its business unit, like Europe/Sweden."), show_default=False
        ),
    ] = "",
) -> None:
    """List, or add one sender to an account."""
    if add is not None and account is None:
        raise Refused(
            say(
                "Name the account that the sender is for: workbench sms senders ACCOUNT --add {value}.",
                value=add,
            )
        )
    async with session.bench() as bench:
        if add is not None and account is not None:
            found = await bench.sms_accounts.get(account)
            made = Sender(value=add, name=name or add, business_unit=unit, type=kind)
            await bench.sms_accounts.add_sender(found.id, made)
        listed = await bench.sms_accounts.list()
        if account is not None:
            wanted = (await bench.sms_accounts.get(account)).id
            listed = [one for one in listed if one.account.id == wanted]
    session.show([_account_document(one) for one in listed], _account_lines(session, listed))


def _account_document(listed: ListedAccount) -> dict[str, object]:
    settings = listed.account.settings
    return {
        "id": listed.account.id, "name": settings.name, "provider": settings.provider, "ready": listed.ready,
        "missing_secrets": list(listed.missing_secrets), "senders": [sender.model_dump() for sender in settings.senders],
    }  # fmt: skip


def _account_lines(session: Session, listed: list[ListedAccount]) -> Iterator[str]:
    if not listed:
        yield session.text(say("There is no SMS account yet. Set one up on the page SMS."))
    for one in listed:
        settings = one.account.settings
        state, colour = (N_("ready"), "green") if one.ready else (N_("not ready"), "yellow")
        yield f"{one.account.id}  {settings.name}  [{settings.provider}]  {typer.style(session.text(state), fg=colour)}"
        yield from (f"  - {session.text(item.title)}" for item in one.checklist if not item.done)
        yield from (
            f"  {sender.value}  {sender.name}  ({session.text(TYPES[sender.type])})"
            for sender in settings.senders
        )


@command("sms send", N_("Send one text to whoever may get it; consent is asked first."))
async def send(
    session: Session,
    account: Account,
    to: Numbers,
    text: Annotated[
        str | None,
        typer.Option(
            "--text", metavar="TEXT", help=N_("The text; {{ slots }} are filled."), show_default=False
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="FILE", help=N_("A file with the text."), show_default=False),
    ] = None,
    sender: Annotated[
        str,
        typer.Option(
            "--from", metavar="SENDER", help=N_("The sender; else the account's first."), show_default=False
        ),
    ] = "",
    designation: Annotated[
        Designation | None,
        typer.Option(
            "--designation",
            help=N_("commercial or transactional; else as its sender is used."),
            show_default=False,
        ),
    ] = None,
    topic: Annotated[
        str,
        typer.Option("--topic", help=N_("A topic that must be consented to as well."), show_default=False),
    ] = "",
    var: Var = None,
    dry_run: DryRun = False,
    confirm_host: ConfirmHost = None,
    confirm_recipient: ConfirmRecipient = None,
) -> int:
    """Send a text, or show what would be sent, to whom, and what it costs."""
    if (text is None) == (file is None):
        raise Refused(say("Give the text with --text, or a file with --file; one of the two."))
    values = dict(read_variable(one) for one in var or ())
    body = text if text is not None else read_text(file) if file is not None else ""
    async with session.bench() as bench:
        draft = MessageDraft(
            account=(await bench.sms_accounts.get(account)).id, sender=sender, designation=designation, topic=topic, text=body,
            recipients=tuple(Recipient(number=number, values=values) for number in to),
        )  # fmt: skip
        checked = await bench.messages.check(draft)
        if dry_run:
            view = await bench.messages.preview(draft)
            document = {
                "sent": False,
                "request": request_document(view),
                "curl": await bench.messages.curl(draft),
                **_checked_document(session, checked),
            }
            session.show(document, [*request_lines(view), *_checked_lines(session, checked)])
            return INPUT if not checked.ready else OK
        if any(problem.blocks for problem in checked.problems):
            raise Invalid(checked.problems)
        confirmation = None
        if session.live:
            if confirm_host is None or confirm_recipient is None:
                raise Refused(
                    say(
                        "This really sends a text. Confirm it with --confirm-host {host} --confirm-recipient {recipient}.",
                        host=checked.host, recipient=checked.recipient,
                    )
                )  # fmt: skip
            confirmation = Confirmation(host=confirm_host, recipient=confirm_recipient)
        sent = await bench.messages.send(draft, confirmation)
    document = {"sent": [_sent_document(session, one) for one in sent], **_checked_document(session, checked)}
    session.show(document, [*_sent_lines(session, sent), *_checked_lines(session, checked)])
    return max((code_of_outcome(one.outcome.kind) for one in sent), default=OK)


def _checked_document(session: Session, checked: MessageChecked) -> dict[str, object]:
    return {
        "designation": checked.designation,
        "segments": checked.lengths.typical.segments if checked.lengths else None,
        "encoding": checked.lengths.typical.encoding if checked.lengths else None,
        "recipients": [
            {
                "number": one.number,
                "region": one.region,
                "goes": one.goes,
                "why": session.text(one.decision.reason) if one.decision else None,
            }
            for one in checked.recipients
        ],
        "problems": session.problems(checked.problems),
    }


def _checked_lines(session: Session, checked: MessageChecked) -> Iterator[str]:
    if checked.lengths is not None:
        meter = checked.lengths.typical
        yield session.text(
            say(
                "{segments} segments of {encoding}, {characters} characters.",
                segments=meter.segments, encoding="GSM-7" if meter.encoding == "gsm7" else "UCS-2", characters=meter.characters,
            )
        )  # fmt: skip
    for one in checked.recipients:
        why = one.problem.sentence if one.problem else one.decision.reason if one.decision else Sentence("")
        mark = typer.style("+", fg="green") if one.goes else typer.style("-", fg="red")
        yield f"{mark} {one.number}  {session.text(why)}"
    yield from (
        f"  {session.where(problem)}: {session.text(problem.sentence)}" for problem in checked.problems
    )


def _sent_document(session: Session, sent: Sent) -> dict[str, object]:
    return {
        "message": sent.message.id, "outcome": sent.outcome.kind, "sentence": session.text(sent.outcome.sentence),
        "ids": [one.message_id for one in sent.taken if one.message_id], "entry": sent.entry_id,
    }  # fmt: skip


def _sent_lines(session: Session, sent: list[Sent]) -> Iterator[str]:
    for one in sent:
        colour = "green" if one.outcome.ok else "red"
        yield typer.style(session.text(one.outcome.sentence), fg=colour)
        yield from (
            f"  {taken.message_id or '-'}  {taken.state}  {taken.words}".rstrip() for taken in one.taken
        )


@command("sms callbacks", N_("List the callbacks that came; or say an account's callback addresses."))
async def callbacks(
    session: Session,
    account: AnyAccount = None,
    addresses: Annotated[
        bool,
        typer.Option("--addresses", help=N_("Say the account's callback addresses. They hold a secret.")),
    ] = False,
    rotate: Annotated[
        float | None,
        typer.Option(
            "--rotate",
            metavar="HOURS",
            help=N_("Make new addresses; the old ones work so many hours yet."),
            show_default=False,
        ),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", metavar="NUMBER", help=N_("How many, the newest first."))
    ] = 50,
) -> None:
    """List callbacks, or say, or renew, an account's addresses."""
    if account is None and (addresses or rotate is not None):
        raise Refused(
            say("Name the account whose addresses you want: workbench sms callbacks ACCOUNT --addresses.")
        )
    async with session.bench() as bench:
        id = (await bench.sms_accounts.get(account)).id if account is not None else ""
        if addresses or rotate is not None:
            found = (
                await bench.sms_accounts.rotate(id, rotate)
                if rotate is not None
                else await bench.sms_accounts.addresses(id)
            )
            lines = [
                session.text(say("Delivery reports: {address}", address=found.delivery)),
                session.text(say("Inbound messages: {address}", address=found.inbound)),
                *(session.text(step) for step in (*found.setup.delivery, *found.setup.inbound)),
            ]
            session.show(found.model_dump(mode="json"), lines)
            return
        kept = await bench.callbacks.callbacks(CallbackFilter(account_id=id, limit=max(1, min(limit, 500))))

    def lines_of() -> Iterator[str]:
        for one in kept:
            what = ", ".join(item.kind for item in one.items) or "-"
            yield f"{one.at:%Y-%m-%d %H:%M:%S}  {one.provider}  {one.route}  {one.genuine}  {one.status}  {what}"
            yield from (f"  {session.text(effect)}" for effect in one.effects)
            if one.reason is not None:
                yield f"  {session.text(one.reason)}"
        if not kept:
            yield session.text(say("No callback has come yet."))

    session.show([one.model_dump(mode="json") for one in kept], lines_of())


@command("sms export", N_("Write all accounts and keywords into a file, without any secret."))
async def export(
    session: Session,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help=N_("Where to write them."), show_default=False)
    ],
) -> None:
    """Write the document."""
    async with session.bench() as bench:
        document = await bench.sms_accounts.export()
    write_text(file, json.dumps(document, ensure_ascii=False, indent=2) + "\n")
    session.show({"file": str(file)}, [session.text(say("Written to {file}.", file=str(file)))])


@command("sms load", N_("Take in a file of accounts as drafts; each asks only for its secrets."))
async def load(
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", help=N_("An exported file."), show_default=False)],
) -> None:
    """Keep a draft for each account."""
    async with session.bench() as bench:
        found = await bench.sms_accounts.load(read_json(file))
    lines = [session.text(say("Loaded: {name}.", name=one.name)) for one in found]
    session.show([one.model_dump(mode="json") for one in found], lines)
