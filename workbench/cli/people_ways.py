"""Ways to come in beside tokens: the proxy in front, JupyterHub, and the rules that say who has which role."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

import typer

from workbench.bench import Workbench
from workbench.errors import NotFound
from workbench.models.person import HubIdentity, IdentitySettings, ProxyIdentity, Rule
from workbench.sentence import N_, say

from .frame import command
from .people import RoleOption, UnitOption
from .session import Session

Of = Literal["person", "group", "anyone"]
OfArgument = Annotated[
    Of, typer.Argument(metavar="WHO", help=N_("person, group or anyone."), show_default=False)
]
NamedArgument = Annotated[
    str,
    typer.Argument(metavar="NAME", help=N_("The person or group, as the proxy or the hub calls it."), show_default=False),
]  # fmt: skip
Trust = Annotated[
    list[str] | None,
    typer.Option(
        "--trust",
        metavar="ADDRESS",
        help=N_("The address, or the small network, that the proxy calls from. May be repeated."),
        show_default=False,
    ),
]
NameHeader = Annotated[
    str, typer.Option("--name-header", metavar="NAME", help=N_("The header that names the person."))
]
GroupsHeader = Annotated[
    str, typer.Option("--groups-header", metavar="NAME", help=N_("The header that lists the groups."))
]
Off = Annotated[bool, typer.Option("--off", help=N_("Nobody comes in this way any more."))]
HubUrl = Annotated[
    str,
    typer.Argument(
        metavar="URL", help=N_("The address of the hub's API, such as http://127.0.0.1:8081/hub/api."), show_default=False
    ),
]  # fmt: skip
Scope = Annotated[
    str,
    typer.Option(
        "--scope",
        metavar="SCOPE",
        help=N_("The scope that a token must have, such as access:services!service=workbench."),
        show_default=False,
    ),
]


@command("people ways", N_("Show how people come in beside tokens, and by which rules."))
async def ways(session: Session) -> None:
    """Show it, the rules in their order: the first that fits decides."""
    async with session.bench() as bench:
        _show(session, await bench.people.identity())


@command("people proxy", N_("Believe the proxy in front who somebody is."))
async def proxy(
    session: Session, trust: Trust = None, name_header: NameHeader = "Remote-User", groups_header: GroupsHeader = "Remote-Groups",
    off: Off = False,
) -> None:  # fmt: skip
    """Keep from where the proxy calls, and in which headers it names people. The proxy must take these headers away from callers."""
    named = ProxyIdentity(
        trusted=tuple(trust or ()), name_header=name_header.strip(), groups_header=groups_header.strip()
    )
    async with session.bench() as bench:
        await _keep(session, bench, {"proxy": None if off else named})


@command("people hub", N_("Let people in by their tokens of JupyterHub."))
async def hub(session: Session, url: HubUrl = "", scope: Scope = "", off: Off = False) -> None:
    """Keep where the hub's API is."""
    named = HubIdentity(url=url.strip(), scope=scope.strip())
    async with session.bench() as bench:
        await _keep(session, bench, {"hub": None if off else named})


@command("people allow", N_("Give a person, a group or anyone a role. The first rule that fits decides."))
async def allow(
    session: Session, of: OfArgument, name: NamedArgument = "", role: RoleOption = "viewer", unit: UnitOption = None
) -> None:  # fmt: skip
    """Add a rule, or change the one for the same; that for anyone stays the last."""
    made = Rule(of=of, name=name, role=role, units=tuple(unit or ()))
    async with session.bench() as bench:
        rules = list((await bench.people.identity()).rules)
        at = next((number for number, rule in enumerate(rules) if _same(rule, of, name)), None)
        if at is None:
            rules.append(made)
        else:
            rules[at] = made
        rules.sort(key=lambda rule: rule.of == "anyone")
        await _keep(session, bench, {"rules": tuple(rules)})


@command("people disallow", N_("Take a rule away."))
async def disallow(session: Session, of: OfArgument, name: NamedArgument = "") -> None:
    """Take it away; NotFound when there is none."""
    async with session.bench() as bench:
        rules = (await bench.people.identity()).rules
        left = tuple(rule for rule in rules if not _same(rule, of, name))
        if len(left) == len(rules):
            raise NotFound(say("There is no rule for “{name}”. Look at “people ways”.", name=name or of))
        await _keep(session, bench, {"rules": left})


def _same(rule: Rule, of: Of, name: str) -> bool:
    return rule.of == of and (of == "anyone" or rule.name == name)


async def _keep(session: Session, bench: Workbench, changed: dict[str, object]) -> None:
    settings = await bench.people.identity()
    _show(session, await bench.people.save_identity(settings.model_copy(update=changed)))


def _show(session: Session, settings: IdentitySettings) -> None:
    session.show(settings.model_dump(mode="json"), _lines(session, settings))


def _lines(session: Session, settings: IdentitySettings) -> Iterator[str]:
    if settings.proxy:
        named = settings.proxy
        yield session.text(
            say(
                "Proxy at {trusted}: the person in {name}, the groups in {groups}.",
                trusted=", ".join(named.trusted), name=named.name_header, groups=named.groups_header or "-",
            )
        )  # fmt: skip
    if settings.hub:
        yield session.text(say("JupyterHub at {url}.", url=settings.hub.url))
    if not (settings.proxy or settings.hub):
        yield session.text(say("People come in with tokens only."))
    for number, rule in enumerate(settings.rules, start=1):
        units = ", ".join(rule.units)
        yield "  ".join(part for part in (f"{number}.", rule.of, rule.name, rule.role, units) if part)
