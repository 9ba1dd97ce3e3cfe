"""The wheel: built, installed where nothing of the repository can be seen, and started from another folder."""

import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from tests.cli.running import Running, alive, ask, clean, command_line, family, until

ROOT = Path(__file__).parents[1]
WANTED = [
    r"workbench/pages/dashboards/home\.ipynb",
    r"workbench/pages/dashboards/integrations\.ipynb",
    r"workbench/pages/dashboards/work\.ipynb",
    r"workbench/pages/dashboards/activity\.ipynb",
    r"workbench/pages/dashboards/gate\.ipynb",
    r"workbench/pages/dashboards/gate_live\.ipynb",
    r"workbench/pages/dashboards/sms\.ipynb",
    r"workbench/pages/dashboards/events\.ipynb",
    r"workbench/pages/dashboards/sync\.ipynb",
    r"workbench/pages/dashboards/shop_tags\.ipynb",
    r"workbench/pages/dashboards/readiness\.ipynb",
    r"workbench/pages/dashboards/operations\.ipynb",
    r"workbench/pages/notebooks/1_integration\.ipynb",
    r"workbench/pages/notebooks/2_payload\.ipynb",
    r"workbench/pages/notebooks/3_work\.ipynb",
    r"workbench/pages/notebooks/4_gate\.ipynb",
    r"workbench/pages/notebooks/5_endpoint\.ipynb",
    r"workbench/pages/notebooks/6_sms\.ipynb",
    r"workbench/pages/notebooks/7_events\.ipynb",
    r"workbench/pages/notebooks/8_runs\.ipynb",
    r"workbench/pages/notebooks/9_snippets\.ipynb",
    r"workbench/pages/notebooks/10_sync\.ipynb",
    r"workbench/pages/notebooks/11_shop_tags\.ipynb",
    r"workbench/pages/notebooks/12_readiness\.ipynb",
    r"workbench/pages/notebooks/13_cluster\.ipynb",
    r"workbench/deploy/Containerfile",
    r"workbench/deploy/DEPLOYMENT\.md",
    r"workbench/deploy/workbench\.service",
    r"workbench/widgets/charts\.css",
    r"workbench/widgets/voila/templates/wb/conf\.json",
    r"workbench/widgets/voila/templates/wb/index\.html\.j2",
    r"workbench/widgets/voila/templates/wb/static/(widgets\.js|widgets\.css|LICENSES\.txt)",
    r"workbench/widgets/static/editor\.js",
    r"workbench/widgets/static/fields\.js",
    r"workbench/widgets/static/LICENSES\.txt",
    r"workbench/widgets/look\.css",
    r"workbench/locale/(pt|fr|es)\.po",
    r"workbench/py\.typed",
    r"integration_workbench-[^/]+\.dist-info/entry_points\.txt",
    r"integration_workbench-[^/]+\.dist-info/licenses/LICENSE",
]
UNWANTED = (
    r"node_modules|widgets/js|ruff\.toml|__pycache__|\.ipynb_checkpoints|^tests/|^dashboards/|^notebooks/"
)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """The wheel, built from a copy: what a tool left behind in the repository stays out of the way."""
    place = tmp_path_factory.mktemp("wheel")
    source = place / "source"
    ignored = shutil.ignore_patterns(
        ".venv", ".git", "node_modules", "__pycache__", ".*_cache", ".hypothesis", "tests", "dist", "build"
    )
    shutil.copytree(ROOT, source, ignore=ignored)
    words = [sys.executable, "-m", "build", "--wheel", "--outdir", place / "dist", source]
    built = subprocess.run(words, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    (found,) = (place / "dist").glob("*.whl")
    return found


@pytest.fixture(scope="session")
def installed(wheel, tmp_path_factory):
    """A virtual environment that holds the wheel alone; its libraries are those of this environment, the repository is not."""
    venv = tmp_path_factory.mktemp("installed") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    pip = [sys.executable, "-m", "pip", "--python", venv / "bin" / "python"]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", wheel], check=True)
    (site,) = venv.glob("lib/python*/site-packages")
    # a line of a .pth file adds the folder, and leaves unread the .pth by which this environment sees the repository
    (site / "libraries.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    (venv / "share").mkdir(exist_ok=True)
    (venv / "share" / "jupyter").symlink_to(Path(sys.prefix) / "share" / "jupyter")
    return venv


@pytest.fixture(scope="session")
def names(wheel):
    with zipfile.ZipFile(wheel) as file:
        return file.namelist()


@pytest.mark.parametrize("wanted", WANTED)
def test_the_wheel_carries(wanted, names):
    assert any(re.fullmatch(wanted, name) for name in names)


def test_the_wheel_carries_every_page_and_module_and_nothing_else(names):
    unwanted = [name for name in names if re.search(UNWANTED, name)]
    assert unwanted == []
    for kind in ("dashboards", "notebooks"):
        for page in (ROOT / kind).glob("*.ipynb"):
            assert f"workbench/pages/{kind}/{page.name}" in names
    modules = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "workbench").rglob("*.py")
        if "node_modules" not in path.parts
    }
    assert modules == {name for name in names if name.endswith(".py")}


def test_every_module_of_the_wheel_is_its_own(installed, tmp_path):
    script = (
        "import pathlib, sys, workbench, workbench.cli, workbench.server, workbench.widgets\n"
        "from importlib.metadata import version\n"
        "print(pathlib.Path(workbench.__file__).parent.parent, version('integration-workbench'))\n"
        "print([path for path in sys.path if pathlib.Path(path, 'pyproject.toml').exists()])\n"
    )
    environ = {name: value for name, value in clean().items() if name != "PYTHONPATH"}
    words = [installed / "bin" / "python", "-c", script]
    told = subprocess.run(
        words, cwd=tmp_path, capture_output=True, text=True, env=environ, check=True
    ).stdout.splitlines()
    assert told[0].startswith(str(installed))
    assert told[1] == "[]"


def test_up_works_from_any_folder_and_leaves_nothing_behind(installed, tmp_path):
    environ = clean(HOME=str(tmp_path / "person"), WORKBENCH_HOME=str(tmp_path / "home"), PATH=os.defpath)
    environ.pop("PYTHONPATH", None)
    (tmp_path / "person").mkdir()
    words = ("up", "--port", "0", "--server-port", "0", "--sandbox-port", "0")
    with Running(
        *words, environ=environ, command=[installed / "bin" / "workbench"], cwd=tmp_path / "person"
    ) as running:
        for name in ("home", "integrations", "work", "activity"):
            status, page = ask(running.said["dashboards"].replace("home.ipynb", f"{name}.ipynb"))
            assert status == 200
            assert b"wb-frame" in page, "it is not our template"
        assert ask(running.said["server"])[0] == 200
        assert ask(f"{running.said['sandbox']}/health")[0] == 200
        everybody = family(running.process.pid)
        assert len(everybody) >= 4
        assert not any(str(ROOT / "workbench") in command_line(pid) for pid in everybody)
        assert running.end(signal.SIGINT) == 0, running.told
        until(lambda: not any(alive(pid) for pid in everybody))
    assert (
        sorted(path.name for path in (tmp_path / "person").iterdir() if not path.name.startswith(".")) == []
    )
