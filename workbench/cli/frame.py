"""Frame: how a function becomes a command: the options that every command has, the language, and the end.

A command is a function whose first argument is the ``Session``; ``@command`` puts it on the list, and ``make_app`` builds
the Typer application of that list in one language.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args, get_origin

import typer

from workbench.adapters.language import LANGUAGES, Language
from workbench.bench import package_version
from workbench.errors import WorkbenchError
from workbench.sentence import N_

from .codes import MEANINGS, STOPPED
from .session import Session, language_of, run_on_loop

Home = Annotated[
    Path | None,
    typer.Option(
        "--home",
        metavar="FOLDER",
        help=N_("The workbench's folder; else WORKBENCH_HOME, else your own data folder."),
        show_default=False,
    ),
]
Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        help=N_(
            "A team's PostgreSQL, which holds everything; else WORKBENCH_DATABASE (which shows nobody a password), else your folder."
        ),
        show_default=False,
    ),
]
Live = Annotated[
    bool, typer.Option("--live", help=N_("Let requests out. Without it everything is a rehearsal."))
]
Json = Annotated[bool, typer.Option("--json", help=N_("Give the result as JSON, for a machine."))]
Lang = Annotated[
    str | None,
    typer.Option(
        "--language",
        metavar="CODE",
        help=N_("The language of messages: en, pt, fr or es."),
        show_default=False,
    ),
]


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(package_version())
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option("--version", help=N_("Say which version this is."), callback=_say_version, is_eager=True),
]
SHARED: dict[str, tuple[Any, Any]] = {
    "home": (Home, None),
    "database": (Database, None),
    "live": (Live, False),
    "json": (Json, False),
    "language": (Lang, None),
}
"""The options of every command: their declaration and their value when nobody names them."""

WITH_CLUSTER = "cluster"
Cluster = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="ADDRESS",
        envvar="WORKBENCH_CLUSTER",
        help=N_("Who helps: local:2 for two workers on this machine, or the address of a dask scheduler."),
        show_default=False,
    ),
]
"""The option of the commands that a cluster may help with."""

ABOUT = N_(
    "Build, rehearse and prove messaging integrations. Everything is a rehearsal until you type --live: "
    "local stand-ins answer, and nothing leaves this machine."
)
GROUPS = {
    "integrations": N_("Find, test, carry and delete integrations."),
    "work": N_("Send to many contacts: start, watch, pause, resume, cancel and replay jobs."),
    "gate": N_("Sendouts that wait for your answer: receive, rehearse, replay and verify."),
    "sms": N_("Text messages: senders, consent, callbacks, and one text to whoever may get it."),
    "events": N_("Events: contracts, schemas, samples, drift, and one event for one contact."),
    "cassettes": N_("Kept answers with their checks: look again, play again, and report."),
    "environments": N_("Development, staging, production: compare, promote, and roll back."),
    "shops": N_("Shops that are synced with a platform: list, add, try the key, delete."),
    "sync": N_(
        "Bring contacts, products, purchases and coupons to a shop's platform: plan, import, compare, status."
    ),
    "tags": N_(
        "A shop's pages as the platform's script reads them: what it would drop, and what it would send."
    ),
    "check": N_("Look whether everything is in place, and whether pages may be published."),
    "cluster": N_("The workers that help with large works: who they are and what they do."),
    "deploy": N_("The files by which a team runs the workbench: container, service, proxy, JupyterHub."),
    "upkeep": N_("How long what it holds is kept, and what is due to go."),
    "secrets": N_("Saved secrets that cannot be opened here, and giving those up whose key is lost."),
    "people": N_("Who may come in through the server, and in which role."),
    "units": N_("Business units: what belongs to which, and giving something to another one."),
}

Run = Callable[..., int | Coroutine[Any, Any, int | None] | None]
Function = TypeVar("Function", bound=Run)


@dataclass(frozen=True, slots=True)
class Command:
    """A function on the list: its words (``integrations list``), its help, and itself.

    ``busy`` says that it works on many rows: it runs on the quickest event loop there is. ``spreads``: a cluster may help with it.
    """

    words: str
    about: str
    run: Run
    busy: bool = False
    spreads: bool = False


COMMANDS: list[Command] = []
ORDER = (
    "up",
    "lab",
    "integrations",
    "send",
    "run",
    "work",
    "events",
    "snippet",
    "import",
    "cassettes",
    "environments",
    "shops",
    "sync",
    "tags",
    "gate",
    "sms",
    "cluster",
    "sandbox",
    "server",
    "check",
    "backup",
    "restore",
    "migrate",
    "upkeep",
    "deploy",
    "secrets",
    "people",
    "units",
    "providers",
)
"""The commands as the help lists them: what a newcomer needs first."""


def command(
    words: str, about: str, *, busy: bool = False, spreads: bool = False
) -> Callable[[Function], Function]:
    """Put the function on the list of commands. It returns its exit code, or None for 0; ``about`` is marked with ``N_``."""

    def add(run: Function) -> Function:
        COMMANDS.append(Command(words, about, run, busy, spreads))
        return run

    return add


def make_app(language: Language) -> typer.Typer:
    """Return the application that speaks ``language``. No local variable is ever printed: Typer's own tracebacks are off."""
    settings: dict[str, Any] = {
        "rich_markup_mode": None,
        "no_args_is_help": True,
        "add_completion": False,
        "context_settings": {"max_content_width": 110},
    }
    text = language.text
    app = typer.Typer(help=text(ABOUT), epilog=_epilog(language), pretty_exceptions_enable=False, **settings)
    groups = {"": app}
    for name, about in GROUPS.items():
        groups[name] = typer.Typer(help=text(about), pretty_exceptions_enable=False, **settings)
        app.add_typer(groups[name], name=name)
    for entry in sorted(COMMANDS, key=lambda entry: ORDER.index(entry.words.partition(" ")[0])):
        group, _, name = entry.words.rpartition(" ")
        if entry.words in groups:  # a command of its own that has others below it
            alone = groups[entry.words].callback(
                invoke_without_command=True, no_args_is_help=False, help=text(entry.about)
            )
            alone(_wrapped(entry, language))
        else:
            groups[group].command(name, help=text(entry.about))(_wrapped(entry, language))
    app.callback()(_first(language))
    return app


def _first(language: Language) -> Callable[..., None]:
    """Return what runs before each command: it keeps the shared options that stand before the command's name."""

    def first(ctx: typer.Context, **given: Any) -> None:
        ctx.obj = {name: given[name] for name in SHARED}

    _sign(first, [_parameter("version", Version, False, language), *_shared(language)])
    return first


def _wrapped(entry: Command, language: Language) -> Callable[..., None]:
    """Return the function as Typer wants it: with the shared options, and with errors turned into words and exit codes."""

    def wrapped(ctx: typer.Context, **given: Any) -> None:
        shared = {name: given.pop(name) for name in SHARED}
        cluster = given.pop(WITH_CLUSTER, None)
        if ctx.invoked_subcommand is not None:  # what stands before it counts for it too
            before = ctx.obj or {}
            ctx.obj = {name: shared[name] or before.get(name) for name in SHARED}
            return
        session = replace(_session(ctx, shared), cluster=cluster)
        try:
            result = entry.run(session, **given)
            code = run_on_loop(result, busy=entry.busy) if isinstance(result, Coroutine) else result
        except WorkbenchError as error:
            code = session.fail(error)
        except KeyboardInterrupt:
            code = STOPPED
        raise typer.Exit(code or 0)

    own = list(inspect.signature(entry.run, eval_str=True).parameters.values())[1:]
    parameters = [_parameter(item.name, item.annotation, item.default, language) for item in own]
    if entry.spreads:
        parameters.append(_parameter(WITH_CLUSTER, Cluster, None, language))
    _sign(wrapped, [*parameters, *_shared(language)])
    return wrapped


def _session(ctx: typer.Context, given: dict[str, Any]) -> Session:
    """Return the session of the options before and after the command's name; what comes after counts more."""
    before: dict[str, Any] = ctx.obj or {}
    chosen = {name: given[name] or before.get(name, default) for name, (_, default) in SHARED.items()}
    named = chosen["language"]
    if named and named.replace("_", "-").split("-")[0].lower() not in LANGUAGES:
        raise typer.BadParameter(f"{named}: {', '.join(LANGUAGES)}", param_hint="--language")
    language = language_of(named)
    return Session(**{**chosen, "language": language, "named": language.code if named else None})


def _shared(language: Language) -> list[inspect.Parameter]:
    return [_parameter(name, kind, default, language) for name, (kind, default) in SHARED.items()]


def _parameter(name: str, annotation: Any, default: Any, language: Language) -> inspect.Parameter:
    """Return the parameter with its help in ``language``; the declaration itself is shared and stays English."""
    if get_origin(annotation) is Annotated:
        kind, option = get_args(annotation)
        option = copy.copy(option)
        option.help = language.text(option.help) if option.help else None
        annotation = Annotated[kind, option]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


def _sign(function: Callable[..., None], parameters: list[inspect.Parameter]) -> None:
    """Write the parameters on a function that takes them by name: Typer reads a command's options off its signature."""
    ctx = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    signature = inspect.Signature([ctx, *parameters])
    function.__signature__ = signature  # type: ignore[attr-defined]
    function.__annotations__ = {item.name: item.annotation for item in signature.parameters.values()}


def _epilog(language: Language) -> str:
    """Return the exit codes, one on a line: the sign in front keeps the help from joining them."""
    codes = "\n".join(f"  {code:>3}  {language.text(meaning)}" for code, meaning in MEANINGS.items())
    return "\b\n" + language.text(N_("Exit codes:")) + "\n" + codes
