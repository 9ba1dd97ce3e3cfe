"""``python -m workbench.widgets.voila`` publishes pages as ``arguments`` describes them, without a token on the command line.

The settings come in ``WORKBENCH_PAGES`` (JSON: ``page``, ``token``, ``most`` kernels and the other arguments' names); they are taken out
of the environment before a kernel starts, so that no page's kernel knows the token of the pages.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from voila.app import Voila

from . import arguments, environment

KERNELS = "workbench.widgets.voila.kernels.LimitedKernels"


def main() -> None:
    """Publish the pages until this process is asked to end."""
    settings = json.loads(os.environ.pop("WORKBENCH_PAGES"))
    token = settings.pop("token")
    os.environ.update(environment())
    most = settings.pop("most")
    words = arguments(Path(settings.pop("page")), **settings)
    words += [f"--VoilaConfiguration.multi_kernel_manager_class={KERNELS}", f"--LimitedKernels.most={most}"]
    # Voila lets every Host header in, which a foreign page could use (DNS rebinding): only names of this machine may come
    Voila.launch_instance(words, token=token, tornado_settings={"allow_remote_access": False})


if __name__ == "__main__":
    main()
