"""Every notebook and dashboard runs in a real kernel, cell by cell, and shows exactly what is committed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat

from tests.pages.conftest import RunningServer
from tests.pages.fresh import DASHBOARDS, NOTEBOOKS, ROOT, environment


def nbval(paths: list[Path], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Return the run of ``pytest --nbval`` over these files: it compares every output, not only those that are marked."""
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "--nbval-cell-timeout=120"]
    command += ["-p", "no:cacheprovider", "-q", *map(str, paths)]
    return subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=600, check=False
    )


def cells(paths: list[Path]) -> int:
    return sum(cell.cell_type == "code" for path in paths for cell in nbformat.read(path, as_version=4).cells)


def test_there_is_something_to_run() -> None:
    assert [path.name for path in DASHBOARDS] == [
        "activity.ipynb",
        "events.ipynb",
        "gate.ipynb",
        "gate_live.ipynb",
        "home.ipynb",
        "integrations.ipynb",
        "operations.ipynb",
        "readiness.ipynb",
        "shop_tags.ipynb",
        "sms.ipynb",
        "sync.ipynb",
        "work.ipynb",
    ]
    assert [path.name for path in NOTEBOOKS] == [
        "10_sync.ipynb",
        "11_shop_tags.ipynb",
        "12_readiness.ipynb",
        "13_cluster.ipynb",
        "1_integration.ipynb",
        "2_payload.ipynb",
        "3_work.ipynb",
        "4_gate.ipynb",
        "5_endpoint.ipynb",
        "6_sms.ipynb",
        "7_events.ipynb",
        "8_runs.ipynb",
        "9_snippets.ipynb",
    ]


def test_the_notebooks_show_what_is_committed_and_can_be_run_again(tmp_path: Path) -> None:
    kept = [path for path in NOTEBOOKS if "Workbench.open(" in path.read_text(encoding="utf-8")]
    assert kept, "the others work in a scratch home, which is gone afterwards"
    for paths in (
        NOTEBOOKS,
        kept,
    ):  # the same home twice: a notebook leaves nothing that keeps it from being run again
        run = nbval(paths, environment(tmp_path / "home"))
        assert run.returncode == 0, run.stdout + run.stderr
        assert f"{cells(paths)} passed" in run.stdout


def test_the_dashboards_run_connected_to_a_server(server: RunningServer, tmp_path: Path) -> None:
    # as a viewer; test_kernel runs each of them as an admin
    run = nbval(DASHBOARDS, server.environment("viewer", tmp_path / "nowhere"))
    assert run.returncode == 0, run.stdout + run.stderr
    assert f"{len(DASHBOARDS)} passed" in run.stdout
    assert not (tmp_path / "nowhere").exists()  # a kernel that connects makes no home


def test_a_dashboard_without_a_server_is_a_page_and_no_traceback(tmp_path: Path) -> None:
    two = [
        path for path in DASHBOARDS if path.stem in ("home", "sync")
    ]  # the frame around every page says it
    run = nbval(two, environment(tmp_path / "nowhere"))
    assert run.returncode == 0, run.stdout + run.stderr


def test_nbval_really_compares(tmp_path: Path) -> None:
    book = nbformat.read(NOTEBOOKS[0], as_version=4)
    shown = next(cell for cell in book.cells if cell.id == "open")
    shown.outputs[0]["data"]["text/plain"] = "<Workbench live>"
    book.cells = [cell for cell in book.cells if cell.id == "open"]
    nbformat.write(book, tmp_path / "wrong.ipynb")
    run = nbval([tmp_path / "wrong.ipynb"], environment(tmp_path / "home"))
    assert run.returncode == 1
    assert "<Workbench live>" in run.stdout
