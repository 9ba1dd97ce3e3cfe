import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.loopback import quiet_port
from workbench.adapters import ports
from workbench.adapters.processes import LAST_LINES, Processes, Program, began_at, is_running
from workbench.errors import Unreachable
from workbench.sentence import say

WAIT_S = 60.0


def alive(pid: int) -> bool:
    """Whether there is such a process; one that ended and was not yet fetched by its parent counts as gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def until(what) -> None:
    deadline = asyncio.get_running_loop().time() + WAIT_S
    while not what():
        assert asyncio.get_running_loop().time() < deadline, "it did not come to pass"
        await asyncio.sleep(0.02)


@pytest.fixture
def program(tmp_path):
    """A program of the given text; ``{port}`` is where it answers, if it does."""

    def make(text: str, name: str = "the thing", **environ: str) -> Program:
        port = quiet_port()
        module = f"thing_{port}"
        (tmp_path / f"{module}.py").write_text(text.replace("{port}", str(port)))
        environment = {**os.environ, "PYTHONPATH": str(tmp_path), **environ}
        return Program(
            say("{name}", name=name),
            [module, "one", "two"],
            f"http://127.0.0.1:{port}/",
            environment,
            folder=tmp_path,
        )

    return make


SERVES = """
import http.server
http.server.HTTPServer(("127.0.0.1", {port}), http.server.SimpleHTTPRequestHandler).serve_forever()
"""
IGNORES = """
import http.server, os, signal, subprocess, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open("child", "w").write(str(child.pid))
http.server.HTTPServer(("127.0.0.1", {port}), http.server.SimpleHTTPRequestHandler).serve_forever()
"""


async def test_a_program_is_ready_once_it_answers_and_gone_once_it_is_stopped(program):
    one, two = program(SERVES, "first"), program(SERVES, "second")
    async with Processes() as processes:
        await processes.start(one)
        await processes.start(two)
        await processes.until_ready()
        pids = processes.pids
        assert list(pids) == ["first", "second"]
        assert all(alive(pid) for pid in pids.values())
        assert all(os.getpgid(pid) == pid for pid in pids.values()), "a Ctrl-C would reach it before we do"
    assert not any(alive(pid) for pid in pids.values())
    assert all(ports.is_free(int(each.url.rstrip("/").rpartition(":")[2])) for each in (one, two))


async def test_one_that_ends_before_it_is_ready_is_told_with_its_last_lines(program):
    text = 'import sys\nprint("first words")\nfor n in range(100): print("line", n)\nsys.exit("the disk is on fire")'
    async with Processes() as processes:
        await processes.start(program(text, "the oven"))
        with pytest.raises(Unreachable) as told:
            await processes.until_ready()
    words = str(told.value)
    assert "the oven ended by itself (exit code 1)" in words
    assert "the disk is on fire" in words
    assert "first words" not in words
    assert words.count("  | ") == LAST_LINES


async def test_one_that_ends_later_is_told_too(program):
    text = SERVES.replace("serve_forever()", "handle_request()") + 'print("enough")'
    async with Processes() as processes:
        await processes.start(program(SERVES, "the steady one"))
        await processes.start(program(text, "the tired one"))
        await processes.until_ready()
        with pytest.raises(Unreachable, match="the tired one ended by itself") as told:
            await processes.until_one_ends()
    assert "enough" in str(told.value)


async def test_one_that_stays_silent_is_told(program):
    async with Processes() as processes:
        await processes.start(
            program("import time; print('busy', flush=True); time.sleep(600)", "the mute one")
        )
        with pytest.raises(Unreachable, match="the mute one does not answer"):
            await processes.until_ready(patience_s=0.5)


async def test_no_secret_is_in_what_is_told(program):
    async with Processes(hidden=["tok-4711"]) as processes:
        await processes.start(program("import os; print('http://x/?token=' + os.environ['T'])", T="tok-4711"))
        with pytest.raises(Unreachable) as told:
            await processes.until_ready()
    assert "tok-4711" not in str(told.value)
    assert "token=****" in str(told.value)


async def test_a_line_without_an_end_does_not_fill_the_memory(program):
    text = 'import sys\nsys.stdout.write("x" * 3_000_000)\nsys.stdout.flush()\nsys.exit(3)'
    async with Processes() as processes:
        await processes.start(program(text))
        with pytest.raises(Unreachable, match="exit code 3") as told:
            await processes.until_ready()
    assert len(str(told.value)) < 200_000


async def test_one_that_does_not_listen_is_killed_with_its_own_children(program, tmp_path):
    processes = Processes()
    await processes.start(program(IGNORES))
    await processes.until_ready()
    pids = [*processes.pids.values(), int((tmp_path / "child").read_text())]
    assert all(alive(pid) for pid in pids)
    await processes.stop(patience_s=0.2)
    await until(lambda: not any(alive(pid) for pid in pids))


async def test_it_sees_its_own_words_an_empty_input_and_only_the_given_environment(program, tmp_path):
    text = (
        "import json, os, sys\n"
        "json.dump([sys.argv[1:], sys.stdin.read(), sorted(os.environ)], open('seen', 'w'))\n"
        "import http.server\n" + SERVES
    )
    made = program(text)
    made = Program(
        made.name, made.words, made.url, {"PYTHONPATH": str(tmp_path), "ONLY": "this"}, folder=tmp_path
    )
    async with Processes() as processes:
        await processes.start(made)
        await processes.until_ready()
        words, typed, names = json.loads((tmp_path / "seen").read_text())
    assert words == ["one", "two"]
    assert typed == ""
    assert [name for name in names if not name.startswith("LC_")] == ["ONLY", "PYTHONPATH"]


async def test_even_a_killed_parent_leaves_no_orphan(program, tmp_path):
    made = program(SERVES + "\n")
    parent = (
        "import asyncio, os\n"
        "from workbench.adapters.processes import Processes, Program\n"
        "from workbench.sentence import say\n"
        "async def main():\n"
        "    processes = Processes()\n"
        f"    await processes.start(Program(say('it'), {list(made.words)!r}, {made.url!r}, dict(os.environ)))\n"
        "    await processes.until_ready()\n"
        "    print(processes.pids['it'], flush=True)\n"
        "    await asyncio.sleep(600)\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen(  # noqa: ASYNC220 - its end is what is looked at
        [sys.executable, "-c", parent], stdout=subprocess.PIPE, env=dict(made.environ), text=True
    ) as running:
        assert running.stdout is not None
        child = int(running.stdout.readline())
        assert alive(child)
        running.send_signal(signal.SIGKILL)
    await until(lambda: not alive(child))


def test_a_process_is_known_again_by_its_beginning():
    pid, began = os.getpid(), began_at(os.getpid())
    assert began == began_at(pid)
    assert is_running(pid, began)
    assert not is_running(pid, began - 60), "another process had this number before"


def test_a_process_that_ended_is_not_running_even_before_its_parent_looks():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    began = began_at(child.pid)
    assert is_running(child.pid, began)
    assert began > began_at(os.getpid())
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not is_running(child.pid, began)
    child.communicate()
    assert not is_running(child.pid, began)
    with pytest.raises(ProcessLookupError):
        began_at(child.pid)


@pytest.mark.skipif(not Path("/proc/stat").exists(), reason="only Linux tells of the time since its start")
def test_a_change_of_the_time_of_day_makes_no_process_another(monkeypatch):
    """A time of day that is set moves when the machine is said to have begun: https://man7.org/linux/man-pages/man5/proc_stat.5.html."""
    began = began_at(os.getpid())
    right = psutil.boot_time()
    for step in (-3600.0, 86_400.0):
        for place in (psutil, psutil._pslinux):
            monkeypatch.setattr(place, "boot_time", lambda step=step: right + step)
        assert is_running(os.getpid(), began)
