"""``workbench work``: from a file to the last row, in this process and through a server; stopped, killed, and gone on with."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

from tests.cli import test_send
from tests.cli.conftest import SECRET, document, save
from tests.cli.running import PATIENCE_S, Running, clean, until
from tests.loopback import listener
from workbench import EntryFilter
from workbench.cli.codes import code_of_job
from workbench.cli.pace import read_rate
from workbench.cli.session import run_on_loop
from workbench.cli.work import moment
from workbench.errors import Invalid
from workbench.models.contact import Contact
from workbench.models.pace import Rate
from workbench.models.work import Counts, Job, JobOptions


def table(folder: Path, count: int, *more: str) -> str:
    """A file with contacts for “Shop mail”, and rows of another kind after them."""
    file = folder / "contacts.csv"
    rows = [f"ada{number}@example.com,Hi" for number in range(count)]
    file.write_text("\n".join(["email,subject", *rows, *more]) + "\n")
    return str(file)


def jobs(run: Callable[..., Any], *words: str) -> list[dict[str, Any]]:
    result = run("work", "list", *words, "--json")
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = document(result)
    return found


def made(bench: Callable[..., Any], shop: str, count: int, *, begun: bool = False) -> str:
    """The id of a job that waits to be started; or that runs, and nobody works on it."""

    async def make(opened: Any) -> str:
        id = (await opened.work.create(shop, JobOptions(title="Reminders"))).job.id
        contacts = [
            Contact(identifiers={"email": f"ada{number}@example.com"}, variables={"subject": "Hi"})
            for number in range(count)
        ]
        await opened.work.add(id, contacts)
        if begun:
            await opened.house.ledger.change(id, "running", {"filling"})
        return str(id)

    return str(bench(make))


typing = test_send.TestLive().typing
"""Runs a command at a terminal, and answers what it asks."""


def entries(bench: Callable[..., Any]) -> list[Any]:
    return [entry for entry in bench(lambda opened: opened.activity.entries()) if entry.kind == "send"]


# -- start -----------------------------------------------------------------------------------------------------------------


def test_from_a_file_to_the_last_row(run, shop, tmp_path, bench):
    result = run("work", "start", "Shop mail", table(tmp_path, 25), "--title", "Reminders", "--json")
    assert result.exit_code == 0, result.output
    given = document(result)
    assert given["state"] == "done"
    assert (given["title"], given["mode"], given["integration"]) == ("Reminders", "rehearsal", shop)
    assert given["counts"]["accepted"] == given["counts"]["total"] == 25
    assert given["unread"] == {"total": 0, "problems": []}
    assert len(entries(bench)) == 25


def test_for_a_person_it_is_said_in_words(run, shop, tmp_path):
    result = run("work", "start", shop, table(tmp_path, 3))
    assert result.exit_code == 0
    assert "Shop mail  Done" in result.stdout
    assert "Accepted" in result.stdout
    (job,) = jobs(run, "--all")
    listed = run("work", "list", "--all").stdout.splitlines()
    assert listed[0].split()[:3] == ["Job", "State", "Title"]
    assert listed[1].startswith(f"{job['id']}  Done")
    assert "3 of 3" in listed[1]
    assert "no such job" in run("work", "list").stdout


@pytest.mark.parametrize(
    "text",
    [
        '{"email": "ada@example.com", "subject": "Hi"}\n{"email": "bob@example.com", "subject": "Hi"}\n',
        '[{"email": "ada@example.com", "subject": "Hi"},\n {"email": "bob@example.com", "subject": "Hi"}]',
        "\ufeffEMAIL;subject\r\nada@example.com;Hi\r\nbob@example.com;Hi\r\n",
    ],
)
def test_standard_input_is_a_file_too(text, run, shop):
    result = run("work", "start", shop, "-", "--json", typed=text)
    assert result.exit_code == 0, result.output
    assert document(result)["counts"]["accepted"] == 2


def test_bad_lines_are_told_and_the_good_ones_are_sent(run, shop, tmp_path):
    file = table(tmp_path, 2, "nobody,Hi", "eve@example.com", 'mallory@example.com,"Hi', "zoe@example.com,Hi")
    with Path(file).open("ab") as more:
        more.write(b"caf\xe9@example.com,Hi\n")
    result = run("work", "start", shop, file, "--json")
    assert result.exit_code == 2
    given = document(result)
    assert given["counts"]["accepted"] == given["counts"]["total"] == 3
    assert given["unread"]["total"] == 4
    assert [problem["line"] for problem in given["unread"]["problems"]] == [4, 5, 6, 8]
    assert "4 contacts could not be read" in result.stderr
    assert "identifier:4: “nobody” is not an email address" in result.stderr
    assert "not UTF-8" in result.stderr


@pytest.mark.parametrize(
    ("text", "code"), [("", 6), ("\n\n", 6), ("email\n", 6), ("mail,name\nx,y\n", 2), ("nobody", 2)]
)
def test_a_file_without_a_contact_leaves_no_job(text, code, run, shop, tmp_path):
    file = tmp_path / "contacts.csv"
    file.write_text(text)
    assert run("work", "start", shop, str(file)).exit_code == code
    assert jobs(run, "--all") == []


def test_what_is_not_there_gives_3(run, shop, tmp_path):
    assert run("work", "start", "Nobody's", table(tmp_path, 1)).exit_code == 3
    assert run("work", "start", shop, str(tmp_path / "none.csv")).exit_code == 3
    for verb in ("status", "pause", "resume", "cancel", "replay"):
        assert run("work", verb, "job_none").exit_code == 3, verb
    assert jobs(run, "--all") == []


def test_rows_without_a_value_are_invalid_and_give_2(run, shop, tmp_path):
    file = tmp_path / "contacts.jsonl"
    file.write_text('{"email": "ada@example.com", "subject": "Hi"}\n{"email": "bob@example.com"}\n')
    result = run("work", "start", shop, str(file), "--json")
    assert result.exit_code == 2
    counts = document(result)["counts"]
    assert (counts["accepted"], counts["invalid"]) == (1, 1)
    assert "--rows invalid" in result.stderr
    told = run("work", "status", document(result)["id"], "--rows", "invalid", "--json")
    assert told.exit_code == 2
    (row,) = document(told)["rows"]
    assert "subject" in row["sentence"]


def test_a_refused_key_stops_the_job_and_gives_1(run, bench, tmp_path):
    save(bench, "Wrong key", "SG.this-key-was-revoked")
    result = run("work", "start", "Wrong key", table(tmp_path, 5), "--json")
    assert result.exit_code == 1
    given = document(result)
    assert given["state"] == "stopped"
    assert "401" in given["reason"]
    assert given["counts"]["waiting"] == 5
    assert f"workbench work resume {given['id']}" in result.stderr


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--detach",), "--url"),
        (("--title", "x" * 121), "120 characters"),
        (("--at-once", "0"), "--at-once"),
        (("--repeat", "sometimes"), "--repeat"),
    ],
)
def test_options_that_are_not_valid_give_2(words, part, run, shop, tmp_path):
    result = run("work", "start", shop, table(tmp_path, 1), *words)
    assert result.exit_code == 2
    assert part in result.stderr
    assert jobs(run, "--all") == []


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_no_secret_and_no_plain_recipient_is_in_any_output(words, run, shop, tmp_path):
    started = run("work", "start", shop, table(tmp_path, 3), *words)
    id = jobs(run, "--all")[0]["id"]
    outputs = [started, run("work", "list", "--all", *words)]
    outputs.append(run("work", "status", id, "--rows", "accepted", *words))
    outputs.append(run("work", "replay", id, "--state", "accepted", *words))
    assert outputs[-1].exit_code == 6
    for result in outputs:
        assert SECRET not in result.output
        assert "ada1@example.com" not in result.output
    assert "***@example.com #" in outputs[2].output


# -- steering --------------------------------------------------------------------------------------------------------------


def test_the_beginning_of_an_id_is_enough(run, shop, bench):
    id = made(bench, shop, 1)
    assert run("work", "status", id[:10]).exit_code == 0
    short = run("work", "status", id[:5])
    assert short.exit_code == 3
    other = made(bench, shop, 1)
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(id, other, strict=True)))
    assert run("work", "status", id[: max(shared + 1, 6)]).exit_code == 0
    unknown = run("work", "status", "job_zzzz")
    assert unknown.exit_code == 3
    assert "No job has the id “job_zzzz”" in unknown.stderr


def test_an_ambiguous_beginning_is_told(run, shop, bench, monkeypatch):
    made(bench, shop, 1)
    made(bench, shop, 1)
    monkeypatch.setattr("workbench.cli.steering.SHORTEST", 4)
    result = run("work", "status", "job_")
    assert result.exit_code == 3
    assert "2 jobs have ids that begin with “job_”" in result.stderr


def test_what_was_interrupted_is_paused_and_gone_on_with(run, shop, bench):
    id = made(bench, shop, 4, begun=True)
    assert [job["state"] for job in jobs(run)] == ["interrupted"]
    told = run("work", "status", id)
    assert told.exit_code == 1
    assert "No process works on it" in told.stdout
    paused = run("work", "pause", id, "--json")
    assert (paused.exit_code, document(paused)["state"]) == (0, "paused")
    assert run("work", "status", id).exit_code == 0
    resumed = run("work", "resume", id, "--json")
    assert (resumed.exit_code, document(resumed)["counts"]["accepted"]) == (0, 4)
    assert run("work", "pause", id).exit_code == 6
    assert run("work", "resume", id).exit_code == 6


def test_a_cancelled_job_needs_a_yes(run, shop, bench):
    id = made(bench, shop, 4)
    unsure = run("work", "cancel", id)
    assert unsure.exit_code == 6
    assert "--yes" in unsure.stderr
    assert [job["state"] for job in jobs(run)] == ["filling"]
    sure = run("work", "cancel", id, "--yes", "--json")
    assert sure.exit_code == 0
    assert (document(sure)["state"], document(sure)["counts"]["cancelled"]) == ("cancelled", 4)
    assert jobs(run) == []


def test_a_replay_shows_who_would_get_it_twice_before_it_sends(run, shop, tmp_path, bench):
    id = document(run("work", "start", shop, table(tmp_path, 3), "--json"))["id"]
    assert run("work", "replay", id).exit_code == 3  # none has failed
    shown = run("work", "replay", id, "--state", "accepted")
    assert shown.exit_code == 6
    assert "3 rows would be attempted again" in shown.stdout
    assert "surely get it twice" in shown.stdout
    preview = document(run("work", "replay", id, "--state", "accepted", "--json"))
    assert (preview["sent"], preview["preview"]["surely_twice"]) == (False, 3)
    assert len(preview["preview"]["sample"]) == 3
    assert len(entries(bench)) == 3
    done = run("work", "replay", id, "--state", "accepted", "--yes", "--json")
    assert done.exit_code == 0
    assert document(done)["preview"]["surely_twice"] == 3
    assert document(done)["counts"]["accepted"] == 3
    assert len(entries(bench)) == 6


def test_a_replay_keeps_to_the_time_that_is_named(run, shop, tmp_path):
    id = document(run("work", "start", shop, table(tmp_path, 2), "--json"))["id"]
    words = ("work", "replay", id, "--state", "accepted")
    assert run(*words, "--since", "2000-01-01T00:00").exit_code == 6
    assert run(*words, "--until", "2000-01-01T00:00").exit_code == 3
    wrong = run(*words, "--since", "yesterday")
    assert wrong.exit_code == 2
    assert "2026-03-01T08:00" in wrong.stderr


def test_a_time_without_a_zone_is_utc():
    assert moment("since", None) is None
    assert moment("since", "2026-03-01T08:00") == datetime(2026, 3, 1, 8, tzinfo=UTC)
    assert moment("since", "2026-03-01T08:00+01:00") == datetime(2026, 3, 1, 7, tzinfo=UTC)


def test_a_person_is_asked_before_rows_are_sent_again(run, shop, tmp_path, home, bench):
    id = document(run("work", "start", shop, table(tmp_path, 3), "--json"))["id"]
    words = ["work", "replay", id, "--state", "accepted"]
    code, shown = typing(words, [("[y/N]:", "n")], home)
    assert code == 6, shown
    assert "surely get it twice" in shown
    assert len(entries(bench)) == 3
    code, shown = typing(words, [("[y/N]:", "y")], home)
    assert code == 0, shown
    assert len(entries(bench)) == 6


def test_a_person_is_asked_before_a_job_is_cancelled(shop, bench, home):
    id = made(bench, shop, 2)
    code, shown = typing(["work", "cancel", id], [("[y/N]:", "n")], home)
    assert (code, "2 messages stay undone" in shown) == (6, True), shown
    code, shown = typing(["work", "cancel", id], [("[y/N]:", "y")], home)
    assert (code, "Cancelled" in shown) == (0, True), shown


# -- pace ------------------------------------------------------------------------------------------------------------------


def test_the_pace_is_shown_set_and_taken_away(run, shop):
    assert run("work", "pace", shop, "--none").exit_code == 0
    assert "No limit is set" in run("work", "pace", shop).stdout
    given = document(run("work", "pace", "Shop mail", "--set", "10/1s", "--set", "1000/60s", "--json"))
    assert given["rates"] == [{"limit": 10, "per_s": 1.0}, {"limit": 1000, "per_s": 60.0}]
    assert given["origin"] == "person"
    assert "10 calls in any 1 s" in run("work", "pace", shop).stdout
    assert run("work", "pace", "Nobody's").exit_code == 3


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("10/1s", (10, 1)),
        ("10/s", (10, 1)),
        ("5/2.5", (5, 2.5)),
        ("1000 / 1m", (1000, 60)),
        ("5000/24h", (5000, 86_400)),
    ],
)
def test_a_limit_is_calls_and_a_time(text, rate):
    assert read_rate(text) == Rate(limit=rate[0], per_s=rate[1])


@pytest.mark.parametrize(
    "text",
    ["", "10", "/1s", "0/1s", "10/0s", "10/25h", "-1/1s", "10/1d", "1e3/1s", "١٠/1s", "9" * 99 + "/1s"],
)
def test_what_is_no_limit_says_so(text, run, shop):
    with pytest.raises(Invalid):
        read_rate(text)
    result = run("work", "pace", shop, f"--set={text}")
    assert result.exit_code == 2
    assert "10/1s" in result.stderr


def test_a_limit_and_none_do_not_go_together(run, shop):
    assert run("work", "pace", shop, "--none", "--set", "1/1s").exit_code == 2


# -- the exit code of a job --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "counts", "code"),
    [
        ("done", {"accepted": 3}, 0),
        ("done", {"accepted": 3, "invalid": 1}, 2),
        ("done", {"accepted": 3, "invalid": 1, "failed": 1}, 1),
        ("done", {"accepted": 3, "failed": 1, "uncertain": 1}, 5),
        ("stopped", {"accepted": 3, "waiting": 1}, 1),
        ("cancelled", {"accepted": 3, "cancelled": 1}, 1),
        ("paused", {"accepted": 3, "waiting": 1}, 130),
        ("running", {"accepted": 3, "retrying": 1}, 130),
    ],
)
def test_a_job_has_its_code(state, counts, code):
    at = datetime(2026, 3, 1, tzinfo=UTC)
    job = Job(
        id="job_1", kind="send", title="x", state=state, mode="rehearsal", who="Ada", account="a", created_at=at, changed_at=at,
        counts=Counts(**counts),
    )  # fmt: skip
    assert code_of_job(job) == code


def test_a_busy_command_runs_on_the_quickest_loop_there_is(monkeypatch):
    async def loop() -> str:
        return type(asyncio.get_running_loop()).__module__.partition(".")[0]

    assert run_on_loop(loop()) == "asyncio"
    assert run_on_loop(loop(), busy=True) == "uvloop"
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert run_on_loop(loop(), busy=True) == "asyncio"


# -- live ------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def answering() -> Iterator[tuple[str, list[str], threading.Event]]:
    """A server on the loopback address: its address, what it heard, and the event without which it gives no answer."""
    heard: list[str] = []
    free = threading.Event()
    free.set()

    class Takes(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            heard.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            free.wait(PATIENCE_S)
            try:
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()
            except OSError:  # the caller was killed meanwhile
                return

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    socket = listener()
    with ThreadingHTTPServer(socket.getsockname(), Takes, bind_and_activate=False) as server:
        server.socket.close()
        server.socket = socket
        server.server_activate()
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{socket.getsockname()[1]}", heard, free
        free.set()
        server.shutdown()
        serving.join()


class TestLive:
    def test_nothing_goes_out_unconfirmed(self, run, bench, tmp_path, answering):
        address, heard, _ = answering
        save(bench, "Inside", url=f"{address}/send", local_test=True)
        result = run("work", "start", "Inside", table(tmp_path, 7), "--live")
        assert result.exit_code == 6
        assert "--confirm-host 127.0.0.1 --confirm-rows 7" in result.stderr
        assert [job["state"] for job in jobs(run, "--all")] == ["cancelled"]
        assert heard == []

    @pytest.mark.parametrize(("host", "rows"), [("127.0.0.1", "8"), ("example.com", "7")])
    def test_nothing_goes_out_when_the_words_do_not_fit(self, host, rows, run, bench, tmp_path, answering):
        address, heard, _ = answering
        save(bench, "Inside", url=f"{address}/send", local_test=True)
        words = ("--live", "--confirm-host", host, "--confirm-rows", rows)
        assert run("work", "start", "Inside", table(tmp_path, 7), *words).exit_code == 6
        assert [job["state"] for job in jobs(run, "--all")] == ["cancelled"]
        assert heard == []

    def test_what_is_confirmed_goes_out(self, run, bench, tmp_path, answering):
        address, heard, _ = answering
        save(bench, "Inside", url=f"{address}/send", local_test=True)
        words = ("--live", "--confirm-host", "127.0.0.1", "--confirm-rows", "7", "--json")
        result = run("work", "start", "Inside", table(tmp_path, 7), *words)
        assert result.exit_code == 0, result.output
        assert document(result)["mode"] == "live"
        to = sorted(json.loads(body)["personalizations"][0]["to"][0]["email"] for body in heard)
        assert to == [f"ada{number}@example.com" for number in range(7)]
        assert SECRET not in result.output

    def test_a_person_names_host_and_number(self, bench, tmp_path, answering, home):
        address, heard, _ = answering
        save(bench, "Inside", url=f"{address}/send", local_test=True)
        words = ["work", "start", "Inside", table(tmp_path, 3), "--live"]
        code, shown = typing(words, [("Host:", "127.0.0.1"), ("Messages:", "30")], home)
        assert (code, heard) == (6, []), shown
        code, shown = typing(words, [("Host:", "127.0.0.1"), ("Messages:", "3")], home)
        assert (code, len(heard)) == (0, 3), shown
        assert "really sends 3 messages through 127.0.0.1" in shown

    def test_a_live_job_is_not_gone_on_with_in_a_rehearsal(self, run, bench, tmp_path, answering):
        address, heard, _ = answering
        save(bench, "Inside", "SG.this-key-was-revoked", url=f"{address}/send", local_test=True)
        words = ("--live", "--confirm-host", "127.0.0.1", "--confirm-rows", "2", "--json")
        id = document(run("work", "start", "Inside", table(tmp_path, 2), *words))["id"]
        assert len(heard) == 2
        result = run("work", "replay", id, "--state", "accepted", "--yes")
        assert result.exit_code == 6
        assert "--live" in result.stderr
        assert len(heard) == 2


# -- other processes -------------------------------------------------------------------------------------------------------


class Foreground:
    """A command in a process of its own, as a person has it in a terminal; ``told`` gathers its standard error."""

    def __init__(self, home: Path, *words: str, **environ: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "workbench", *words, "--json"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=clean(WORKBENCH_HOME=str(home), **environ),
        )  # fmt: skip
        self.told: list[str] = []
        self._said = ""
        self._readers = [threading.Thread(target=work, daemon=True) for work in (self._hear, self._read)]
        for reader in self._readers:
            reader.start()

    def _hear(self) -> None:
        assert self.process.stderr is not None
        self.told.extend(self.process.stderr)

    def _read(self) -> None:
        assert self.process.stdout is not None
        self._said = self.process.stdout.read()

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> tuple[int, str, str]:
        """The exit code, standard output and standard error, once it has ended."""
        code = self.process.wait(PATIENCE_S)
        for reader in self._readers:
            reader.join(PATIENCE_S)
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()
        return code, self._said, "".join(self.told)

    def __enter__(self) -> Foreground:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.end()


def going(run: Callable[..., Any], running: Foreground, accepted: int = 3) -> dict[str, Any]:
    """The one job that is going on, once some of its rows are accepted."""

    def look() -> dict[str, Any] | None:
        assert running.process.poll() is None, running.end()
        found = [job for job in jobs(run) if job["counts"]["accepted"] >= accepted]
        return found[0] if found else None

    job: dict[str, Any] = until(look)
    return job


def test_ctrl_c_pauses_and_resume_finishes(run, shop, bench, home, tmp_path):
    run("work", "pace", shop, "--set", "20/1s")
    with Foreground(home, "work", "start", shop, table(tmp_path, 300)) as running:
        job = going(run, running)
        assert (job["state"], job["workers"]) == ("running", 1)
        running.send(signal.SIGINT)
        code, said, told = running.end()
    assert code == 130, told
    assert "Pausing" in told
    assert f"workbench work resume {job['id']}" in told
    assert "Traceback" not in told
    counts = json.loads(said)["counts"]
    assert json.loads(said)["state"] == "paused"
    assert counts["in_flight"] == 0
    assert counts["accepted"] + counts["waiting"] == counts["total"] == 300
    assert 0 < counts["accepted"] < 300
    run("work", "pace", shop, "--none")
    resumed = run("work", "resume", job["id"], "--json")
    assert resumed.exit_code == 0, resumed.output
    assert document(resumed)["counts"]["accepted"] == 300
    assert bench(lambda opened: opened.house.journal.count(EntryFilter(kind="send"))) == 300
    assert SECRET not in said + told + resumed.output


def test_a_second_ctrl_c_leaves_at_once(run, bench, home, tmp_path, answering):
    address, heard, free = answering
    save(bench, "Inside", url=f"{address}/send", local_test=True, total_s=60.0)
    free.clear()
    words = ("work", "start", "Inside", table(tmp_path, 40), "--at-once", "4", "--live")
    with Foreground(home, *words, "--confirm-host", "127.0.0.1", "--confirm-rows", "40") as running:
        until(lambda: len(heard) >= 4 or running.process.poll() is not None)
        running.send(signal.SIGINT)
        until(lambda: any("Pausing" in line for line in running.told))
        running.send(signal.SIGINT)
        code, _, told = running.end()
    assert code == 130, told
    assert "Left at once" in told
    (job,) = jobs(run, "--live")
    assert job["state"] == "paused"
    assert job["counts"]["in_flight"] >= 4
    free.set()
    resumed = run("work", "resume", job["id"], "--live", "--json")
    counts = document(resumed)["counts"]
    assert resumed.exit_code == 5  # what was under way is uncertain: it may have arrived
    assert counts["uncertain"] == job["counts"]["in_flight"]
    assert counts["uncertain"] + counts["accepted"] == 40


def test_what_was_killed_is_interrupted_and_resume_finishes(run, shop, home, tmp_path):
    run("work", "pace", shop, "--set", "20/1s")
    with Foreground(home, "work", "start", shop, table(tmp_path, 120), "--repeat", "always") as running:
        id = going(run, running)["id"]
        running.send(signal.SIGKILL)
        assert running.end()[0] == -signal.SIGKILL
    run("work", "pace", shop, "--none")
    (job,) = jobs(run)
    assert (job["state"], job["workers"]) == ("interrupted", 0)
    resumed = run("work", "resume", id, "--json")
    assert resumed.exit_code == 0, resumed.output
    assert document(resumed)["counts"]["accepted"] == 120


def test_an_empty_standard_input_leaves_no_job(run, shop, home):
    with Foreground(home, "work", "start", shop, "-") as running:
        code, _, told = running.end()
    assert code == 6
    assert "no contact" in told
    assert jobs(run, "--all") == []


@pytest.fixture
def server(run, home) -> Iterator[tuple[str, dict[str, str]]]:
    """A server process over this home: its address, and the environment in which an operator reaches it."""
    token = document(run("people", "add", "Olga", "--role", "operator", "--json"))["token"]
    with Running("server", "--port", "0", environ=clean(WORKBENCH_HOME=str(home))) as running:
        yield running.said["server"].removesuffix("/health"), {"WORKBENCH_TOKEN": token}


def test_a_server_works_on_and_the_command_looks_on(run, shop, home, tmp_path, server, monkeypatch):
    url, environ = server
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    run("work", "pace", shop, "--set", "20/1s")
    started = run("work", "start", shop, table(tmp_path, 300), "--url", url, "--detach", "--json")
    assert started.exit_code == 0, started.output
    given = document(started)
    assert (given["state"], given["counts"]["total"]) == ("running", 300)
    words = (given["id"], "--url", url, "--json")
    until(lambda: document(run("work", "status", *words))["counts"]["accepted"])
    assert jobs(run)[0]["id"] == given["id"]  # another process sees it in the same home
    paused = run("work", "pause", *words)
    assert (paused.exit_code, document(paused)["state"]) == (0, "paused")
    until(lambda: document(run("work", "status", *words))["counts"]["in_flight"] == 0)
    rested = document(run("work", "status", *words))["counts"]["accepted"]
    assert rested < 300
    with Foreground(home, "work", "resume", given["id"], "--url", url, **environ) as looking:
        until(lambda: document(run("work", "status", *words))["counts"]["accepted"] > rested)
        looking.send(signal.SIGINT)
        code, said, told = looking.end()
    assert code == 130, told
    assert "The server goes on with it" in told
    assert f"workbench work status {given['id']} --url {url}" in told
    assert json.loads(said)["state"] == "running"
    run("work", "pace", shop, "--none", "--url", url)
    until(lambda: document(run("work", "status", *words))["state"] == "done")
    done = document(run("work", "status", *words))
    assert done["counts"]["accepted"] == 300
    again = run("work", "replay", given["id"], "--state", "accepted", "--yes", "--url", url, "--json")
    assert again.exit_code == 0, again.output  # looked on to its end
    assert document(again)["counts"]["accepted"] == 300
    for result in (started, paused, again):
        assert SECRET not in result.output
        assert environ["WORKBENCH_TOKEN"] not in result.output


def test_a_server_of_another_mode_is_not_taken_for_this_one(run, shop, tmp_path, server, monkeypatch):
    url, environ = server
    monkeypatch.setenv("WORKBENCH_TOKEN", environ["WORKBENCH_TOKEN"])
    result = run("work", "start", shop, table(tmp_path, 1), "--url", url, "--live")
    assert result.exit_code == 6
    assert "The server rehearses" in result.stderr
    allowed = run("work", "start", shop, table(tmp_path, 1), "--url", url, "--allow-host", "x.example")
    assert allowed.exit_code == 2
    monkeypatch.setenv("WORKBENCH_TOKEN", "wbk_wrong")
    assert run("work", "list", "--url", url).exit_code == 6
    assert jobs(run, "--all") == []


def test_a_server_that_does_not_answer_gives_5(run, shop):
    with listener() as silent:
        port = silent.getsockname()[1]
    assert run("work", "list", "--url", f"http://127.0.0.1:{port}").exit_code == 5
