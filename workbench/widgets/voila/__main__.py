"""``python -m workbench.widgets.voila`` publishes pages as ``arguments`` describes them, without a token on the command line.

The settings come in ``WORKBENCH_PAGES`` (JSON: ``page``, ``token``, ``most`` kernels and the other arguments' names); they are taken out
of the environment before a kernel starts, so that no page's kernel knows the token of the pages.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from workbench.widgets.visitor import GROUPS_HEADER, NAME_HEADER

from . import arguments, environment


def main() -> None:
    """Publish the pages until this process is asked to end."""
    settings = json.loads(os.environ.pop("WORKBENCH_PAGES"))
    token = settings.pop("token")
    os.environ.update(environment())
    if "visitor_header" in settings:  # the proxy in front says who each visitor is
        os.environ |= {NAME_HEADER: settings["visitor_header"], GROUPS_HEADER: settings["groups_header"]}
    # The workspaces' mother loads while Voila does
    from .kernels import Provisioner

    Provisioner.mother()
    from voila.app import Voila

    words = arguments(Path(settings.pop("page")), **settings)
    # Voila lets every Host header in, which a foreign page could use (DNS rebinding): only names of this machine may come
    Voila.launch_instance(words, token=token, tornado_settings={"allow_remote_access": False})


if __name__ == "__main__":
    main()
