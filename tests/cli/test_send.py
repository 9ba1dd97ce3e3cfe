import base64
import json
import os
import pty
import select
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import quote

import pytest

from tests.cli.conftest import SECRET, document, save
from workbench.adapters import ports

TO = ("--to", "ada@example.com", "--var", "subject=Hi")


def entries(bench):
    return [entry for entry in bench(lambda opened: opened.activity.entries()) if entry.kind != "change"]


def test_a_dry_run_gives_the_exact_request_and_sends_nothing(run, shop, bench):
    result = run("send", "Shop mail", *TO, "--dry-run", "--json")
    assert result.exit_code == 0
    given = document(result)
    assert given["sent"] is False
    request = given["request"]
    assert (request["method"], request["url"]) == ("POST", "https://api.sendgrid.com/v3/mail/send")
    assert ["Authorization", "Bearer **** 4711"] in request["headers"]
    body = json.loads(request["body"])
    assert body["subject"] == "Hi"
    assert body["personalizations"] == [{"to": [{"email": "ada@example.com"}]}]
    assert request["size"] == len(request["body"].encode())
    assert given["host"] == "api.sendgrid.com"
    assert given["recipient"] == "ada@example.com"
    assert entries(bench) == []


def test_a_dry_run_for_a_person_looks_as_http_writes_it(run, shop):
    result = run("send", shop, *TO, "--dry-run")
    assert result.stdout.startswith(
        "POST https://api.sendgrid.com/v3/mail/send\nContent-Type: application/json\n"
    )
    assert "Nothing was sent" in result.stderr


def test_the_dry_run_and_the_message_are_the_same_bytes(run, shop, bench):
    dry = document(run("send", shop, *TO, "--dry-run", "--json"))["request"]
    sent = document(run("send", shop, *TO, "--json"))["request"]
    assert dry == sent


@pytest.mark.parametrize(
    "words",
    [(), ("--json",), ("--dry-run",), ("--dry-run", "--json"), ("--live",), ("--payload", "/no/file")],
)
def test_the_secret_is_in_no_output(words, run, shop):
    result = run("send", shop, *TO, *words)
    for form in (SECRET, quote(SECRET), base64.b64encode(SECRET.encode()).decode().rstrip("=")):
        assert form not in result.output


def test_what_is_sent_is_answered_and_written_down(run, shop, bench):
    result = run("send", "Shop mail", *TO, "--json")
    assert result.exit_code == 0
    given = document(result)
    assert given["sent"] is True
    assert given["mode"] == "rehearsal"
    assert given["outcome"]["kind"] == "accepted"
    assert given["reply"]["status"] == 202
    (entry,) = entries(bench)
    assert (entry.id, entry.kind) == (given["entry"], "send")
    assert "ada@example.com" not in (entry.recipient or "")


def test_a_test_changes_the_badge(run, shop, bench):
    assert run("integrations", "test", "Shop mail", *TO).exit_code == 0
    (listed,) = bench(lambda opened: opened.integrations.list_all())
    assert listed.badge == "tested"


def test_a_provider_that_refuses_gives_1(run, bench):
    save(bench, "Wrong key", "SG.this-key-was-revoked")
    result = run("send", "Wrong key", *TO, "--json")
    assert result.exit_code == 1
    assert document(result)["outcome"]["kind"] == "refused"
    assert document(result)["outcome"]["errors"]


def test_the_contact_comes_from_a_file_and_the_command_line_counts_more(run, shop, tmp_path):
    file = tmp_path / "ada.json"
    file.write_text(
        json.dumps(
            {
                "identifiers": {"email": "ada@example.com"},
                "variables": {"subject": "From the file", "first_name": "Ada"},
            }
        )
    )
    given = document(
        run("send", shop, "--contact", str(file), "--var", "subject=Typed", "--dry-run", "--json")
    )
    body = json.loads(given["request"]["body"])
    assert body["subject"] == "Typed"
    assert body["content"][0]["value"] == "Hello Ada"


def test_a_variable_keeps_its_type_and_may_lie_deep(run, shop, tmp_path):
    file = tmp_path / "payload.json"
    file.write_text('{"n": "{{ order.total }}", "t": "{{ order.note }}", "u": "${User Identifier}"}')
    words = (
        "--to",
        "ada@example.com",
        "--var",
        "order.total:=12.5",
        "--var",
        "order.note=12.5",
        "--payload",
        str(file),
    )
    given = document(run("send", shop, *words, "--dry-run", "--json"))
    assert json.loads(given["request"]["body"]) == {"n": 12.5, "t": "12.5", "u": "ada@example.com"}


@pytest.mark.parametrize(
    ("words", "field", "part"),
    [
        ((), "to", "--to"),
        (("--to", "nobody"), "identifier", "not an email address"),
        (("--to", "ada@example.com"), "payload", "{{ subject }}"),
        (("--to", "ada@example.com", "--var", "subject"), "var", "name=text"),
        (("--to", "ada@example.com", "--var", "subject:=Hi"), "var", "not JSON"),
        (("--to", "ada@example.com", "--var", "a=1", "--var", "a.b=2"), "var", "a value already"),
    ],
)
def test_what_is_not_valid_gives_2_and_names_the_field(words, field, part, run, shop):
    result = run("send", shop, *words, "--dry-run", "--json")
    assert result.exit_code == 2
    (problem,) = document(result)["error"]["problems"]
    assert problem["field"] == field
    assert part in problem["sentence"]
    assert problem["sentence"] in result.stderr


@pytest.mark.parametrize(
    "content", ["", "[1]", "{", "null", '{"identifiers": {"email": 5}}', '{"nonsense": "SG.x"}']
)
def test_a_file_that_is_no_contact_gives_2_without_repeating_it(content, run, shop, tmp_path):
    file = tmp_path / "contact.json"
    file.write_text(content)
    result = run("send", shop, "--contact", str(file), "--json")
    assert result.exit_code == 2
    assert "SG.x" not in result.output


def test_a_payload_that_is_wrong_is_told_with_line_and_column(run, shop, tmp_path):
    file = tmp_path / "payload.json"
    file.write_text('{\n  "a": "{{ subject }}",\n  "b": oops\n}')
    result = run("send", shop, *TO, "--payload", str(file), "--json")
    assert result.exit_code == 2
    problem = document(result)["error"]["problems"][0]
    assert (problem["line"], problem["column"]) == (3, 8)
    assert "payload:3:8" in result.stderr


def test_what_is_not_there_gives_3(run, shop, tmp_path):
    assert run("send", "Nobody's", *TO).exit_code == 3
    assert run("send", shop, *TO, "--contact", str(tmp_path / "none.json")).exit_code == 3
    assert run("integrations", "show", "Nobody's").exit_code == 3


def test_a_missing_secret_says_so(run, bench, home):
    save(bench, "Shop mail")
    (home / "vault.json").unlink()
    result = run("send", "Shop mail", *TO, "--json")
    assert result.exit_code == 2
    assert "not in this vault" in result.stderr


def test_a_damaged_home_gives_4(run, tmp_path):
    (tmp_path / "file").write_text("")
    assert run("send", "x", *TO, "--home", str(tmp_path / "file")).exit_code == 4


@pytest.fixture
def listener():
    """A server on the loopback address that takes everything, and what it heard: key and body of each call."""
    heard = []

    class Takes(BaseHTTPRequestHandler):
        def do_POST(self):
            heard.append(
                (self.headers["Authorization"], self.rfile.read(int(self.headers["Content-Length"])).decode())
            )
            self.send_response(202)
            self.send_header("X-Message-Id", "abc")
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Takes) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}", heard
        server.shutdown()
        serving.join()


class TestLive:
    def test_nothing_goes_out_unconfirmed(self, run, shop, bench):
        result = run("send", shop, *TO, "--live")
        assert result.exit_code == 6
        assert "--confirm-host api.sendgrid.com --confirm-recipient ada@example.com" in result.stderr
        assert entries(bench) == []

    @pytest.mark.parametrize(
        ("host", "recipient"), [("api.sendgrid.com", "bob@example.com"), ("example.com", "ada@example.com")]
    )
    def test_nothing_goes_out_when_the_words_do_not_fit(self, host, recipient, run, shop, bench):
        result = run("--live", "send", shop, *TO, "--confirm-host", host, "--confirm-recipient", recipient)
        assert result.exit_code == 6
        assert entries(bench) == []

    def test_what_is_confirmed_goes_out_as_the_dry_run_showed_it(self, run, bench, listener):
        address, heard = listener
        save(bench, "Inside", url=f"{address}/send", local_test=True)
        dry = document(run("send", "Inside", *TO, "--live", "--dry-run", "--json"))["request"]
        assert heard == []
        words = (*TO, "--live", "--confirm-host", "127.0.0.1", "--confirm-recipient", "ada@example.com")
        result = run("send", "Inside", *words, "--json")
        assert result.exit_code == 0, result.output
        assert document(result)["mode"] == "live"
        ((key, body),) = heard
        assert key == f"Bearer {SECRET}"
        assert body == dry["body"]
        assert SECRET not in result.output

    def test_no_answer_gives_5(self, run, bench):
        save(bench, "Inside", url=f"http://127.0.0.1:{ports.free_port()}/x", local_test=True)
        words = (
            *TO,
            "--live",
            "--confirm-host",
            "127.0.0.1",
            "--confirm-recipient",
            "ada@example.com",
            "--json",
        )
        result = run("send", "Inside", *words)
        assert result.exit_code == 5
        assert document(result)["outcome"]["kind"] == "unreachable"
        assert document(result)["sent"] is False

    def typing(self, words, answers, home):
        """Run the command at a terminal, answer each question, and return exit code and what the terminal showed."""
        main, side = pty.openpty()
        environ = {**os.environ, "WORKBENCH_HOME": str(home), "TERM": "dumb"}
        with subprocess.Popen(
            [sys.executable, "-m", "workbench", *words],
            stdin=side,
            stdout=side,
            stderr=side,
            env=environ,
            close_fds=True,
        ) as running:
            os.close(side)
            shown, waiting = "", list(answers)
            while True:
                ready, _, _ = select.select([main], [], [], 60)
                assert ready, f"it says nothing any more: {shown}"
                try:
                    piece = os.read(main, 4096).decode()
                except OSError:  # the other side of the terminal is closed
                    break
                if not piece:
                    break
                shown += piece
                if waiting and shown.rstrip(" ").endswith(waiting[0][0]):
                    os.write(main, waiting.pop(0)[1].encode() + b"\n")
            os.close(main)
            return running.wait(60), shown

    def test_a_person_names_host_and_recipient(self, bench, home):
        save(bench, "Inside", url=f"http://127.0.0.1:{ports.free_port()}/x", local_test=True)
        words = ["send", "Inside", *TO, "--live"]
        code, shown = self.typing(words, [("Host:", "127.0.0.1"), ("Recipient:", "ada@example.com")], home)
        assert code == 5, shown  # nobody listens there: it was tried
        assert "through 127.0.0.1 to ada@example.com" in shown

    def test_a_person_who_hesitates_sends_nothing(self, shop, bench, home):
        code, shown = self.typing(
            ["send", "Shop mail", *TO, "--live"], [("Host:", "y"), ("Recipient:", "y")], home
        )
        assert code == 6, shown
        assert entries(bench) == []
