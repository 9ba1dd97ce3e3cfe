"""Gate verify: a pass or fail sheet of somebody's own endpoint, with the stand-in playing the platform."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated
from urllib.parse import urlsplit

import typer

from workbench.bench import verify_endpoint
from workbench.errors import Invalid, Refused
from workbench.models.base import Problem
from workbench.models.gate import Action, EndpointAuth
from workbench.models.platform import Target
from workbench.models.verification import CheckState, Sheet
from workbench.sentence import N_, say

from .codes import OK, REFUSED_THERE
from .frame import command
from .session import Session

MARKS: dict[CheckState, str] = {"passed": N_("pass"), "failed": N_("FAIL"), "left_out": N_("left out")}
TOKEN = "WORKBENCH_GATE_TOKEN"  # noqa: S105 - the variable's name


@command(
    "gate verify",
    N_("Test an endpoint of your own as the platform would call it; give a pass or fail sheet."),
)
async def verify(
    session: Session,
    url: Annotated[
        str,
        typer.Argument(
            metavar="URL", help=N_("Its address, or that of its queue with --queue."), show_default=False
        ),
    ],
    queue: Annotated[bool, typer.Option("--queue", help=N_("The address is a queue's (SQS)."))] = False,
    auth: Annotated[
        str,
        typer.Option("--auth", metavar="KIND", help=N_("none, basic or header; with --queue none or iam.")),
    ] = "none",
    name: Annotated[
        str,
        typer.Option(
            "--name", metavar="NAME", help=N_("The user name, the header's name or the access key's id.")
        ),
    ] = "",
    rows: Annotated[
        int, typer.Option("--rows", min=1, max=1_000_000, help=N_("Contacts of the large batch."))
    ] = 1000,
    wait: Annotated[
        float, typer.Option("--wait", min=1, max=3600, help=N_("Seconds that its answers may take."))
    ] = 20.0,
    action: Annotated[
        list[str] | None,
        typer.Option(
            "--action",
            metavar="NAME",
            help=N_("An action of every sendout. May be repeated."),
            show_default=False,
        ),
    ] = None,
    callback: Annotated[
        str | None,
        typer.Option(
            "--callback",
            metavar="URL",
            help=N_(
                "The address by which the endpoint reaches the stand-in, where that is not this machine's port."
            ),
            show_default=False,
        ),
    ] = None,
    port: Annotated[
        int,
        typer.Option("--port", metavar="NUMBER", help=N_("The port of the stand-in; 0 takes any free one.")),
    ] = 0,
    token: Annotated[
        str,
        typer.Option("--token", envvar=TOKEN, hidden=True, help=N_("The password or the header's value.")),
    ] = "",
) -> int:
    """Play the platform against the endpoint. The code is 1 where a check failed. The secret comes by WORKBENCH_GATE_TOKEN."""
    kinds = ("none", "iam") if queue else ("none", "basic", "header")
    if auth not in kinds:
        sentence = say(
            "“{kind}” is no way to prove who calls here. Use {known}.", kind=auth[:20], known=", ".join(kinds)
        )
        raise Invalid([Problem(field="auth", sentence=sentence)])
    chosen: EndpointAuth = auth  # type: ignore[assignment]
    target = Target(kind="sqs" if queue else "http", url=url, auth=chosen, name=name, token=token)
    sheet = await verify_endpoint(
        target,
        rows=rows,
        wait_s=wait,
        actions=[Action(identifier=one) for one in action or ()],
        reach=_reach(session, url),
        callback=callback,
        port=port,
    )
    session.show(_document(session, sheet), _lines(session, sheet))
    return OK if sheet.passed else REFUSED_THERE


def _reach(session: Session, url: str) -> tuple[str, ...]:
    """Return the host that may be called beyond this machine: none without ``--live``."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        host = ""
    if not host:
        raise Refused(say("“{url}” is no address. Begin it with http:// or https://.", url=url[:80]))
    return (host,) if session.live else ()


def _document(session: Session, sheet: Sheet) -> dict[str, object]:
    return {
        "url": sheet.url,
        "passed": sheet.passed,
        "checks": [
            {
                "key": check.key,
                "title": session.text(check.title),
                "state": check.state,
                "sentence": session.text(check.sentence),
                "measured": check.measured,
            }
            for check in sheet.checks
        ],
    }


def _lines(session: Session, sheet: Sheet) -> Iterator[str]:
    for check in sheet.checks:
        mark = session.text(MARKS[check.state])
        measured = f" ({check.measured})" if check.measured else ""
        yield f"{mark:9} {session.text(check.title)}{measured}"
        if check.state != "passed":
            yield f"{'':9} {session.text(check.sentence)}"
    failed = sum(check.state == "failed" for check in sheet.checks)
    yield session.text(
        say("{count} checks failed.", count=failed)
        if failed
        else N_("Every check that could be made was passed.")
    )
