"""Deploy: the files by which a team runs the workbench: container, service, proxy, hub, and the page that explains them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Annotated, Final

import typer

from workbench.errors import NotFound
from workbench.sentence import N_, say

from .frame import command
from .session import Session

FILES: Final[Mapping[str, str]] = {
    "DEPLOYMENT.md": N_("How a team runs it, step by step, and what must not be done."),
    "Containerfile": N_("The workbench in a container."),
    "compose.yaml": N_("Workbench, database and proxy together."),
    "workbench.service": N_("A service of systemd."),
    "workbench-backup.service": N_("One backup, as a service of systemd."),
    "workbench-backup.timer": N_("A backup each night."),
    "Caddyfile": N_("The proxy in front, with Caddy."),
    "nginx.conf": N_("The proxy in front, with nginx."),
    "jupyterhub_config.py": N_("JupyterHub, whose people and groups come in."),
    "prometheus.yml": N_("Where Prometheus finds the figures."),
    "alerts.yml": N_("What somebody should be woken for."),
}
"""The files by name, and what each is for."""

_SHIPPED: Final = {"jupyterhub_config.py": "jupyterhub_config.py.txt"}
"""What lies in the package under another name: it is no module of it."""

FileName = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help=N_("One of the files that “workbench deploy” lists."), show_default=False
    ),
]


@command(
    "deploy", N_("List the files by which a team runs the workbench: container, service, proxy, JupyterHub.")
)
async def deploy(session: Session) -> None:
    """List the files, the page that explains them first."""
    document = [{"name": name, "about": session.text(about)} for name, about in FILES.items()]
    session.show(document, [f"{one['name']:26} {one['about']}" for one in document])


@command("deploy show", N_("Print one of these files, to be kept and changed."))
async def show(session: Session, name: FileName) -> None:
    """Print a file; NotFound where there is none of this name."""
    text = text_of(name)
    session.show({"name": name, "text": text}, text.splitlines())


def text_of(name: str) -> str:
    """Return the text of a file by its name. Raises NotFound."""
    if name not in FILES:
        raise NotFound(
            say(
                "There is no file “{name}”. These are there: {names}.", name=name[:60], names=", ".join(FILES)
            )
        )
    return files("workbench").joinpath("deploy", _SHIPPED.get(name, name)).read_text("utf-8")
