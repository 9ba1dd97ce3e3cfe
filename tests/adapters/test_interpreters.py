"""Interpreters: a snippet runs in an empty environment, with nothing but loopback in reach, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.loopback import listener
from workbench.adapters.interpreters import NOWHERE, Interpreters
from workbench.adapters.processes import run
from workbench.adapters.recorder import Recorder

SHELL = shutil.which("sh") or "sh"
PLANTED = "pl4nted-S3cret"


async def test_a_program_is_run_to_its_end(tmp_path: Path) -> None:
    text = "cat > kept <<'E'\nhé\nE\necho $A; echo wrong >&2; exit 3\n"
    environ = {"A": "b", "PATH": os.environ["PATH"]}
    done = await run([SHELL, "-s"], text, environ=environ, folder=tmp_path, patience_s=60)
    assert (done.code, done.words) == (3, "b\nwrong")
    assert (tmp_path / "kept").read_text() == "hé\n"
    with pytest.raises(FileNotFoundError):
        await run([str(tmp_path / "nothing")], "", environ={}, folder=tmp_path, patience_s=60)


def ended(child: int) -> bool:
    """Whether a process is gone, or was not yet fetched by its parent."""
    try:
        return Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


async def until(what: Callable[[], bool]) -> None:
    deadline = asyncio.get_running_loop().time() + 60
    while not what():
        assert asyncio.get_running_loop().time() < deadline, "it did not come to pass"
        await asyncio.sleep(0.02)


async def test_one_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    environ = {"PATH": os.environ["PATH"]}
    done = await run([SHELL, "-s"], "exec sleep 600\n", environ=environ, folder=tmp_path, patience_s=0.3)
    assert done.code is None


async def test_one_whose_caller_gives_up_is_killed_with_its_children(tmp_path: Path) -> None:
    text, kept = "sleep 600 & echo $! > child.new; mv child.new child; wait\n", tmp_path / "child"
    environ = {"PATH": os.environ["PATH"]}
    task = asyncio.create_task(run([SHELL, "-s"], text, environ=environ, folder=tmp_path, patience_s=120))
    await until(kept.exists)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    child = int(kept.read_text())
    await until(lambda: ended(child))


async def test_a_program_that_talks_without_end_fills_no_memory(tmp_path: Path) -> None:
    text = "i=0; while [ $i -lt 3000 ]; do printf '%0400d\\n' 7; i=$((i+1)); done\n"
    done = await run(
        [SHELL, "-s"], text, environ={"PATH": os.environ["PATH"]}, folder=tmp_path, patience_s=120
    )
    assert done.code == 0
    assert len(done.words) < 12 * 500


async def test_a_snippet_sees_no_variable_of_ours_and_no_proxy_leads_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WORKBENCH_KEY", PLANTED)
    text = "import os\nfor name, value in sorted(os.environ.items()): print(name, value)\n"
    tools = Interpreters()
    done = await tools.run("python_httpx", text, {"SHOP_KEY": "dummy"}, "http://127.0.0.1:1")
    whole = await tools.run(
        "python_httpx", text.replace("print(name, value)", "print(name, end=' ')"), {}, "http://127.0.0.1:1"
    )
    assert PLANTED not in done.words
    assert "SHOP_KEY dummy" in done.words
    assert set(whole.words.split()) <= {
        *(
            "PATH",
            "HOME",
            "HTTPIE_CONFIG_DIR",
            "LC_ALL",
            "NO_PROXY",
            "no_proxy",
            "SYSTEMROOT",
            "TEMP",
            "LC_CTYPE",
        ),
        *("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"),
    }


async def test_a_call_to_another_host_goes_nowhere() -> None:
    text = (
        "import httpx\ntry:\n    print(httpx.get('http://shop.example/').status_code)\n"
        "except httpx.ConnectError as error:\n    print('refused', error.request.url.host)\n"
    )
    done = await Interpreters().run("python_httpx", text, {}, "http://127.0.0.1:1")
    assert done.words == "refused shop.example"
    assert NOWHERE.startswith("http://127.0.0.1:")


async def test_nothing_of_a_snippet_is_on_the_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    look = (
        "import os\nfor root, _, names in os.walk(os.path.dirname(os.getcwd())):\n"
        "    for name in names:\n        print(name, b'ana@' + b'example.com' in open(os.path.join(root, name), 'rb').read())\n"
        "# ana@example.com\n"
    )
    done = await Interpreters().run("python_httpx", look, {}, "http://127.0.0.1:1")
    assert done.words == "config.json False"
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - nothing waits here


@pytest.mark.parametrize("found", ["", "https://api.sendpulse.com and https://api.sendpulse.com"])
async def test_a_php_sdk_whose_address_is_elsewhere_is_not_run(tmp_path: Path, found: str) -> None:
    if not shutil.which("php"):
        pytest.skip("php is not on this machine")
    source = tmp_path / "vendor/sendpulse/rest-api/src/ApiClient.php"
    source.parent.mkdir(parents=True)
    source.write_text(f"<?php // {found}\n")
    (tmp_path / "vendor/autoload.php").write_text("<?php\n")
    tools = Interpreters(php_folder=tmp_path)
    assert tools.lacks("php_sendpulse") is None
    async with Recorder(listener=listener()) as recorder:
        text = f"<?php file_get_contents('{recorder.origin}/sent');"
        done = await tools.run("php_sendpulse", text, {}, recorder.origin)
        assert recorder.arrived == []
    assert done.words == "the address is elsewhere in this version"


def test_what_lacks_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    tools = Interpreters(http=None)
    assert (
        str(tools.lacks("javascript_fetch"))
        == "JavaScript (fetch) cannot be run here. Install it first: Node 18."
    )
    assert str(tools.lacks("curl")) == "cURL cannot be run here. Install it first: curl."
    assert str(tools.lacks("php_sendpulse")) == (
        "PHP (SendPulse SDK) cannot be run here. Install it first: composer require sendpulse/rest-api."
    )
    assert tools.lacks("python_httpx") is None
    (tmp_path / "php").write_text("")
    (tmp_path / "php").chmod(0o755)
    assert str(Interpreters(php_folder=tmp_path).lacks("php_sendpulse")) == (
        "SendPulse's library for PHP is not installed here. "
        f"Run “composer require sendpulse/rest-api” in the folder {tmp_path}."
    )
    assert Path(sys.executable) == tools.python
