import re
import signal
import sys

import pytest

from tests.cli.running import Running, alive, ask, clean, command_line, family, until
from workbench.cli.pages import folder_of


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_lab_opens_over_a_copy_of_the_notebooks(tmp_path):
    home = tmp_path / "home"
    with Running(
        "lab", "--port", "0", environ=clean(WORKBENCH_HOME=str(home), HOME=str(tmp_path))
    ) as running:
        address, token = re.fullmatch(
            r"(http://127\.0\.0\.1:\d+)/lab\?token=([\w-]+)", running.said["lab"]
        ).groups()
        assert ask(running.said["lab"])[0] == 200
        assert ask(f"{address}/api/contents")[0] == 403
        status, listing = ask(f"{address}/api/contents", headers={"Authorization": f"token {token}"})
        assert status == 200
        answers = ask(f"{address}/voila/render/none.ipynb", headers={"Authorization": f"token {token}"})
        assert answers[0] == 404, "Voila inside Jupyter's server lets a visitor run code"
        for notebook in folder_of("notebooks").glob("*.ipynb"):
            assert notebook.name.encode() in listing
            assert (home / "notebooks" / notebook.name).read_bytes() == notebook.read_bytes()
        everybody = family(running.process.pid)
        assert not any(token in command_line(pid) for pid in everybody)
        assert running.end(signal.SIGINT) == 0, running.told
        until(lambda: not any(alive(pid) for pid in everybody))
