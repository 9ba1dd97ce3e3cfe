"""VOILA: how a page of ours is published: the template beside this file, and the arguments that make it safe.

The template is found through ``JUPYTER_PATH`` (Voila looks into ``<entry>/voila/templates/<name>``), so the entry is
the folder ``workbench/widgets``; see ``environment``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from workbench.sentence import N_
from workbench.widgets.piece import said

TEMPLATE = "wb"
KERNELS = "workbench.widgets.voila.kernels.LimitedKernels"
EXTENSIONS = ("@voila-dashboards/widgets-manager8", "@jupyter-widgets/jupyterlab-manager", "anywidget")
"""Without the first no widget appears; the rest of JupyterLab stays away (5.4 MB a page instead of 14.6)."""

PAGE_WORDS: Mapping[str, str] = {
    "product": N_("Workbench"),
    "skip": N_("Skip to the content"),
    "dark": N_("Dark theme"),
    "noscript": N_("This page needs JavaScript. Allow it for this address and reload the page."),
    "reload": N_("Reload the page"),
    "starting": N_("Starting a workspace for this page…"),
    "cell": N_("Preparing the page: part {at} of {all}…"),
    "drawing": N_("Drawing the page…"),
    "slow": N_("Still working. The first start takes a little longer."),
    "ended": N_(
        "This page has stopped: its workspace was closed. Reload the page to start again. "
        "Work that was handed to the server goes on."
    ),
    "away": N_(
        "The workbench does not answer. The page tries again by itself; what you type now may be lost."
    ),
}


def environment(given: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment for the Voila process: ``given`` (default: this process's) with our template in it."""
    found = dict(os.environ if given is None else given)
    ours = str(Path(__file__).parent.parent)
    found["JUPYTER_PATH"] = os.pathsep.join(part for part in (ours, found.get("JUPYTER_PATH", "")) if part)
    return found


def arguments(
    page: Path,
    *,
    port: int,
    token: str = "",
    warm: int = 0,
    idle_seconds: int = 600,
    ip: str = "127.0.0.1",
    base_url: str = "/",
    lang: str = "en",
    most: int = 32,
    visitor_header: str = "",
    groups_header: str = "",
) -> list[str]:
    """Return the arguments of ``python -m voila`` that publish ``page`` (a notebook, or a folder with only such).

    Args:
        page: the notebook, or the folder.
        port: the port; it is not changed when taken (``port_retries=0``), the process then ends.
        token: who has it may open the page; without one every local process may.
        warm: how many kernels to keep started ahead for each notebook; 0 for none.
        idle_seconds: a kernel that nobody is connected to ends after this time.
        ip: the address to listen on; loopback unless a proxy in front is meant to reach it.
        base_url: the path under which a proxy shows the page.
        lang: the language tag of the page.
        most: how many kernels may run at a time.
        visitor_header: the header in which the proxy names the visitor. Kernels are not started ahead then: what one of them
            showed would have been read for nobody. See ``workbench.widgets.visitor``.
        groups_header: the header in which the proxy names the visitor's groups.
    """
    words = [("lang", lang), *PAGE_WORDS.items()] if lang != "en" else []
    return [
        str(page),
        f"--template={TEMPLATE}",
        "--theme=light",
        "--no-browser",
        f"--port={port}",
        "--Voila.port_retries=0",
        f"--Voila.ip={ip}",
        f"--Voila.base_url={base_url}",
        *([f"--token={token}"] if token else []),
        *(["--preheat_kernel=True", f"--pool_size={warm}"] if warm and not visitor_header else []),
        *(
            f"--VoilaConfiguration.http_header_envs={name}"
            for name in (visitor_header, groups_header)
            if name
        ),
        f"--VoilaConfiguration.multi_kernel_manager_class={KERNELS}",
        f"--LimitedKernels.most={most}",
        "--MappingKernelManager.cull_interval=60",
        f"--MappingKernelManager.cull_idle_timeout={idle_seconds}",
        "--VoilaConfiguration.allow_template_override=NO",
        "--VoilaConfiguration.allow_theme_override=NO",
        "--VoilaConfiguration.classic_tree=True",
        "--VoilaConfiguration.strip_sources=True",
        "--VoilaConfiguration.show_tracebacks=False",
        "--VoilaConfiguration.file_allowlist=^$",
        *(f"--VoilaConfiguration.extension_allowlist={name}" for name in EXTENSIONS),
        *(f"--VoilaConfiguration.resources=wb_{name}={said(text)}" for name, text in words),
    ]
