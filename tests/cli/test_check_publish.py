"""``workbench check publish`` with real pages: a Voila that is unsafe in each way is refused for just that, ours is not."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from tests.cli.conftest import SECRET, document
from tests.cli.running import ask, until
from tests.loopback import quiet_port
from workbench.services.publish_look import look_at

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="starts pages on ports")
TOKEN = "entry-token-4711"
SAFE = {
    "token": f"--token={TOKEN}",
    "template": "--VoilaConfiguration.allow_template_override=NO",
    "theme": "--VoilaConfiguration.allow_theme_override=NO",
    "tracebacks": "--VoilaConfiguration.show_tracebacks=False",
    "sources": "--VoilaConfiguration.strip_sources=True",
    "cull": "--MappingKernelManager.cull_idle_timeout=600",
    "limit": "--VoilaConfiguration.multi_kernel_manager_class=workbench.widgets.voila.kernels.LimitedKernels",
}
UNSAFE = {
    "open_door": {"token": ""},
    "override": {"theme": "--VoilaConfiguration.allow_theme_override=YES"},
    "tracebacks": {"tracebacks": "--VoilaConfiguration.show_tracebacks=True"},
    "sources": {"sources": "--VoilaConfiguration.strip_sources=False"},
    "kernels": {"cull": ""},
}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one page that fails."""
    folder = tmp_path_factory.mktemp("pages")
    cell = {
        "cell_type": "code",
        "id": "a",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": "raise ValueError('it failed')",
    }
    kernel = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    page = {"cells": [cell], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (folder / "page.ipynb").write_text(json.dumps(page))
    return folder


@contextmanager
def started(
    folder: Path, *words: str, headers: dict[str, str] | None = None, **environ: str
) -> Iterator[str]:
    """Start a program that publishes pages; give its address once it answers. ``{port}`` in a word is its port."""
    port = quiet_port()
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(folder / "jupyter"),
        "IPYTHONDIR": str(folder / "ipython"),
    }
    told = folder / "told.txt"
    with told.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", *(word.replace("{port}", str(port)) for word in words)],
            env=environment | {name: value.replace("{port}", str(port)) for name, value in environ.items()},
            stdout=out, stderr=out, cwd=folder,
        )  # fmt: skip

        def answers() -> bool:
            assert process.poll() is None, told.read_text()
            try:
                return ask(f"http://127.0.0.1:{port}/", headers=headers or {})[0] < 500
            except OSError:
                return False

        try:
            until(answers)
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.terminate()
            process.wait(30)


def found_at(address: str, token: str = "") -> set[str]:
    return {one.rule for one in asyncio.run(look_at(address, token))}


def voila(pages: Path, **changed: str) -> list[str]:
    flags = [word for word in (SAFE | changed).values() if word]
    return ["voila", str(pages), "--no-browser", "--port={port}", "--Voila.port_retries=0", *flags]


@pytest.mark.soak
def test_pages_of_a_jupyter_server_that_is_open_to_all_are_refused_for_each_of_it(pages: Path) -> None:
    words = (
        "jupyter", "server", "--no-browser", "--allow-root", "--port={port}", "--ServerApp.token=", "--ServerApp.password=",
        "--ServerApp.allow_remote_access=True", f"--ServerApp.root_dir={pages}",
        '--ServerApp.jpserver_extensions={"voila.server_extension": True}', "--VoilaConfiguration.show_tracebacks=True",
    )  # fmt: skip
    with started(pages, *words) as address:
        found = found_at(f"{address}voila/render/page.ipynb")
    assert found >= {"server_extension", "open_door", "any_host"}


@pytest.mark.soak
@pytest.mark.parametrize("rule", UNSAFE)
def test_a_voila_that_is_unsafe_in_one_way_is_refused_for_that(rule: str, pages: Path) -> None:
    with started(pages, *voila(pages, **UNSAFE[rule])) as address:
        found = found_at(f"{address}voila/render/page.ipynb", "" if rule == "open_door" else TOKEN)
    # Voila by itself answers to every name; a proxy or our own start refuses others
    assert found - {"any_host"} == {rule}
    assert "any_host" in found or rule != "open_door"


def test_what_lies_in_files_is_told_with_place_and_fix(run: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "voila.py").write_text("c.VoilaConfiguration.show_tracebacks = True\n")
    (tmp_path / "notes.txt").write_text("show_tracebacks = True\n")
    result = run("check", "publish", str(tmp_path), "--json")
    assert result.exit_code == 1
    (found,) = document(result)["found"]
    assert (found["rule"], found["line"]) == ("tracebacks", 1)
    assert found["where"].endswith("voila.py")
    told = run("check", "publish", str(tmp_path))
    assert "voila.py:1" in told.stdout
    assert "Do not publish this yet" in told.stdout


def test_a_secret_of_the_vault_in_a_notebook_is_found(
    run: Callable[..., Result], bench: Callable[..., Any], tmp_path: Path
) -> None:
    async def keep(opened: Any) -> None:
        opened.secrets.keep_text("an ordinary word 4711")

    bench(keep)
    cell = {"cell_type": "code", "source": ["print('an ordinary word 4711')"], "outputs": []}
    (tmp_path / "page.ipynb").write_text(json.dumps({"cells": [cell]}))
    result = run("check", "publish", str(tmp_path / "page.ipynb"), "--json")
    assert [one["rule"] for one in document(result)["found"]] == ["prefilled_secret"]
    assert "ordinary word" not in result.output


def test_our_own_dashboards_pass(run: Callable[..., Result]) -> None:
    result = run("check", "publish", "--json")
    assert result.exit_code == 0, result.stdout
    assert document(result)["looked_at"] >= 10


@pytest.mark.parametrize(
    ("words", "code", "part"),
    [
        (("no-such-file",), 3, "no file or folder"),
        (("--at", "pages.example.com"), 2, "no address"),
        (("--at", "http://127.0.0.1:9"), 5, "Nothing answers"),
    ],
)
def test_what_cannot_be_looked_at_is_told(
    words: tuple[str, ...], code: int, part: str, run: Callable[..., Result]
) -> None:
    result = run("check", "publish", *words)
    assert result.exit_code == code
    assert part in result.stderr


def test_a_token_in_an_address_is_not_repeated(run: Callable[..., Result]) -> None:
    result = run("check", "publish", "--at", f"http://127.0.0.1:9/?token={SECRET}")
    assert SECRET not in result.output


def test_the_check_itself_is_still_there_with_options_on_either_side(run: Callable[..., Result]) -> None:
    assert "ok" in document(run("check", "--json"))
    assert "looked_at" in document(run("check", "--json", "publish"))
