"""Lab: JupyterLab over a person's own copy of the notebooks, which lies in the home and is never overwritten."""

from __future__ import annotations

import os
import secrets
from typing import Annotated

import typer

from workbench.adapters.home import open_home
from workbench.adapters.processes import Processes, Program
from workbench.sentence import N_, Sentence, say

from .frame import command
from .pages import copy_notebooks, folder_of
from .session import Session
from .watch import Place, reserve, together

LAB_PORT = 8888
LAB = N_("JupyterLab")
LabPort = Annotated[int, typer.Option("--port", metavar="NUMBER", help=N_("The port; 0 takes any free one."))]


@command("lab", N_("Open the notebooks in JupyterLab, with your own rights. Ctrl-C stops it."))
async def lab(session: Session, port: LabPort = LAB_PORT) -> int:
    """Start JupyterLab and stop it with Ctrl-C or SIGTERM."""
    (number,) = reserve([Place(Sentence(LAB), "--port", port)])
    home = open_home(session.home)
    notebooks = home.path("notebooks")
    copied = copy_notebooks(folder_of("notebooks"), notebooks)
    if copied:
        session.tell(say("Copied to {folder}: {names}.", folder=str(notebooks), names=", ".join(copied)))
    token, address = secrets.token_urlsafe(24), f"http://127.0.0.1:{number}"
    words = [
        "jupyterlab", "--no-browser", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={number}", "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={notebooks}",
        # nothing is asked from outside: no look for updates, no news, no list of extensions
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--LabApp.news_url=None", "--LabApp.extension_manager=readonly",
        # Voila inside Jupyter's server would let a page's visitor run code; pages are published by “workbench up”
        "--ServerApp.jpserver_extensions={'voila.server_extension': False}",
        *(["--allow-root"] if getattr(os, "geteuid", lambda: 1)() == 0 else []),
    ]  # fmt: skip
    environ = {**os.environ, "WORKBENCH_HOME": str(home.folder), "JUPYTER_TOKEN": token}
    program = Program(
        Sentence(LAB), words, f"{address}/api/status", environ, {"Authorization": f"token {token}"}, notebooks
    )

    def announce(processes: Processes) -> None:
        url = f"{address}/lab?token={token}"
        session.announce(
            {"lab": url, "folder": str(notebooks), "pids": processes.pids}, [f"{session.text(LAB)}  {url}"]
        )

    return await together(session, [program], announce, hidden=(token,))
