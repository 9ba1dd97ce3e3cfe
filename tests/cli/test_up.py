"""``workbench up``, for real: three programs, their addresses, what they may know, and their end."""

import asyncio
import json
import os
import re
import signal
import socket
import sys

import pytest
from cryptography.fernet import Fernet

from tests.cli.running import Running, alive, ask, clean, command_line, environment, family, until
from workbench.adapters import ports
from workbench.adapters.home import open_home
from workbench.cli.session import Session
from workbench.cli.up import check_bind, entry_token, pages_program, public_address, server_program
from workbench.errors import Refused
from workbench.models.person import Pass, ProxyIdentity
from workbench.services.publish_look import look_at

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
ANYWHERE = ("--port", "0", "--server-port", "0", "--sandbox-port", "0")
KEY = Fernet.generate_key().decode()


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("up") / "home"


@pytest.fixture(scope="module")
def up(home):
    environ = clean(
        WORKBENCH_HOME=str(home), WORKBENCH_KEY=KEY, AWS_SECRET_ACCESS_KEY="planted-aws", WORKBENCH_LIVE="1"
    )
    with Running("up", *ANYWHERE, environ=environ) as running:
        yield running


def kernels(running):
    """The workspaces of pages: forked from the one process that loaded all they need, or started by Jupyter where there is none."""
    dashboards = family(running.said["pids"]["the dashboards"])
    mothers = {pid for pid in dashboards if "voila.mother" in command_line(pid)}
    forked = [pid for mother in mothers for pid in family(mother) if pid != mother]
    return [*forked, *(pid for pid in dashboards if "ipykernel" in command_line(pid))]


def token_in(url):
    return re.search(r"token=([\w-]+)", url)[1]


def test_everything_answers_once_it_is_printed(up):
    assert ask(up.said["dashboards"])[0] == 200
    status, body = ask(up.said["server"])
    assert status == 200
    assert json.loads(body)["mode"] == "rehearsal", "an inherited WORKBENCH_LIVE is not --live"
    assert up.said["mode"] == "rehearsal"
    assert ask(f"{up.said['sandbox']}/health")[0] == 200


def test_the_dashboards_want_the_token_and_this_machines_name(up):
    address = up.said["dashboards"]
    assert ask(address.partition("?")[0])[0] == 302
    assert ask(address.replace(token_in(address), "wrong"))[0] == 302
    assert ask(address, headers={"Host": "evil.example"})[0] == 403


def test_everything_listens_on_the_loopback_address_only(up):
    outer = {address[4][0] for address in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)} - {
        "127.0.0.1",
        "127.0.1.1",
    }
    for name in ("dashboards", "server", "sandbox"):
        port = int(re.search(r":(\d+)", up.said[name])[1])
        for host in outer:
            with socket.socket() as caller:
                assert caller.connect_ex((host, port)) != 0


def test_the_address_from_outside_is_told_to_the_server_which_answers_to_its_name(tmp_path):
    home = open_home(tmp_path / "home", {})
    program = server_program(
        Session(),
        home,
        "http://127.0.0.1:1",
        {},
        (),
        host_names=("other.example.com",),
        public_url="https://hooks.example.com/wb/ ",
    )
    assert program.environ["WORKBENCH_PUBLIC"] == "https://hooks.example.com/wb"
    assert program.environ["WORKBENCH_HOSTS"] == "other.example.com,hooks.example.com"


@pytest.mark.parametrize(
    "wrong", ["hooks.example.com", "ftp://x", "https://", "https://x?a=1", "https://a:b@x"]
)
def test_an_address_from_outside_that_is_none_is_refused(wrong):
    with pytest.raises(Refused, match="--public-url"):
        public_address(wrong)


def test_no_token_stands_on_a_command_line(up):
    lines = [command_line(pid) for pid in family(up.process.pid)]
    assert len(lines) >= 4
    token = token_in(up.said["dashboards"])
    kernel = until(lambda: kernels(up))[0]
    for line in lines:
        assert token not in line
        assert environment(kernel)["WORKBENCH_TOKEN"] not in line
        assert KEY not in line


def test_the_kernels_hold_no_key_and_no_home(up, home):
    for pid in until(lambda: kernels(up)):
        seen = environment(pid)
        assert seen["WORKBENCH_URL"] == up.said["server"].removesuffix("/health")
        assert sorted(name for name in seen if name.startswith("WORKBENCH_")) == [
            "WORKBENCH_SANDBOX",
            "WORKBENCH_TOKEN",
            "WORKBENCH_URL",
        ]
        # Voila itself tells a kernel with what address its visitor came in, token and all: that visitor has it anyway
        address = {name for name in seen if name in ("QUERY_STRING", "VOILA_REQUEST_URL")}
        everything = "\n".join(value for name, value in seen.items() if name not in address)
        assert KEY not in everything
        assert "planted-aws" not in everything
        assert token_in(up.said["dashboards"]) not in everything
        assert str(home) not in everything


def test_the_server_knows_people_by_digest_only(up):
    token = environment(until(lambda: kernels(up))[0])["WORKBENCH_TOKEN"]
    seen = environment(up.said["pids"]["the server"])
    assert token not in "\n".join(seen.values())
    assert seen["WORKBENCH_KEY"] == KEY


def test_the_dashboards_come_in_with_their_role_and_no_more(up):
    token = environment(until(lambda: kernels(up))[0])["WORKBENCH_TOKEN"]
    server = up.said["server"].removesuffix("/health")

    def call(path, token=token):
        return ask(f"{server}/api/{path}", "POST", b"{}", {"Authorization": f"Bearer {token}"})

    status, body = call("about/facts")
    assert status == 200
    assert json.loads(body)["person"]["role"] == "operator"
    assert call("people/list_all")[0] == 403
    assert call("about/facts", "wrong")[0] == 401


def test_the_sandbox_answers_as_the_vendor_does(up):
    message = {
        "personalizations": [{"to": [{"email": "ada@example.com"}]}],
        "from": {"email": "shop@example.com"},
        "subject": "Hi",
        "content": [{"type": "text/plain", "value": "Hello"}],
    }
    headers = {"Authorization": "Bearer SG.any", "Content-Type": "application/json"}
    assert (
        ask(f"{up.said['sandbox']}/sendgrid/v3/mail/send", "POST", json.dumps(message).encode(), headers)[0]
        == 202
    )
    assert (
        ask(f"{up.said['sandbox']}/sendgrid/v3/mail/send", "POST", b"{}", {**headers, "Authorization": ""})[0]
        == 401
    )


def test_what_it_publishes_passes_the_publish_check(up):
    server = up.said["server"].removesuffix("/health")
    for address in (up.said["dashboards"], up.said["dashboards"].partition("?")[0], server):
        assert asyncio.run(look_at(address)) == []


def test_the_home_is_its_own_and_nothing_lies_in_the_clear(up, home):
    assert (home / "home.json").exists()
    token = token_in(up.said["dashboards"])
    for path in home.rglob("*"):
        if path.is_file():
            assert token.encode() not in path.read_bytes()


def test_ctrl_c_ends_all_of_it(up):
    """The last test of this module: what was started is gone."""
    everybody = family(up.process.pid)
    addresses = [up.said["dashboards"], up.said["server"], up.said["sandbox"]]
    assert up.end(signal.SIGINT) == 0, up.told
    until(lambda: not any(alive(pid) for pid in everybody))
    assert all(ports.is_free(int(re.search(r":(\d+)", address)[1])) for address in addresses)
    assert "Traceback" not in "".join(up.told)


def test_when_one_ends_by_itself_the_rest_is_stopped_and_it_is_told(tmp_path):
    with Running(
        "up", *ANYWHERE[:4], "--no-sandbox", environ=clean(WORKBENCH_HOME=str(tmp_path / "home"))
    ) as running:
        assert set(running.said["pids"]) == {"the dashboards", "the server"}
        everybody = family(running.process.pid)

        os.kill(running.said["pids"]["the server"], signal.SIGKILL)
        assert running.wait() == 5
        assert "the server ended by itself" in "".join(running.told)
        until(lambda: not any(alive(pid) for pid in everybody))


def test_the_server_alone_ends_with_sigterm(tmp_path):
    with Running(
        "server", "--port", "0", "--live", environ=clean(WORKBENCH_HOME=str(tmp_path / "home"))
    ) as running:
        assert json.loads(ask(running.said["server"])[1])["mode"] == "live"
        server = running.said["server"].removesuffix("/health")
        assert ask(f"{server}/ready")[0] == 200
        assert b"workbench_ready 1.0" in ask(f"{server}/metrics")[1]
        asked = {"Authorization": "Bearer wbk_planted-and-wrong", "X-Request-Id": "trace-abc-1"}
        assert ask(f"{server}/api/about/facts?token=planted", "POST", b"{}", asked)[0] == 401
        everybody = family(running.process.pid)
        assert running.end(signal.SIGTERM) == 0
        told = "".join(running.told)
        assert "LIVE" in told
        lines = [json.loads(line) for line in running.told if line.startswith("{")]
        (call,) = [line for line in lines if line.get("request") == "trace-abc-1"]
        assert (call["event"], call["route"], call["status"]) == ("call", "/api/about/facts", 401)
        assert [line["event"] for line in lines][-2:] == ["draining", "drained"]
        assert "planted" not in told
        until(lambda: not any(alive(pid) for pid in everybody))


@pytest.mark.parametrize(
    ("bind", "names", "part"),
    [
        ("0.0.0.0", [], "--host-name"),
        ("everywhere", ["wb.example.com"], "no address"),
        ("::1", ["wb.example.com"], "not “::1”"),
    ],
)
def test_a_server_that_others_could_reach_has_a_name_there(bind, names, part):
    with pytest.raises(Refused, match=part):
        check_bind(bind, names)


@pytest.mark.parametrize(
    ("bind", "names"), [("127.0.0.1", []), ("0.0.0.0", ["wb.example.com"]), ("10.0.0.5", ["a"])]
)
def test_a_server_may_listen_where_it_is_named(bind, names):
    check_bind(bind, names)


def test_the_token_of_the_pages_is_new_or_the_one_that_a_proxy_knows_too():
    assert entry_token({}) != entry_token({})
    assert entry_token({"WORKBENCH_ENTRY": "a1" * 24}) == "a1" * 24
    for wrong in ("short", 'x"' * 20, "é" * 30):
        with pytest.raises(Refused, match="openssl"):
            entry_token({"WORKBENCH_ENTRY": wrong})


def test_where_visitors_are_named_the_pages_know_it_and_the_server_knows_their_pass(tmp_path):
    home = open_home(tmp_path / "home", {})
    people = {"pass": Pass(name="dashboard", role="operator", visitors=True)}
    program = server_program(Session(), home, "http://127.0.0.1:1", people, ())
    assert '"visitors": true' in program.environ["WORKBENCH_PEOPLE"]
    assert "--no-proxy-headers" in program.words
    pages = pages_program(
        Session(), "http://127.0.0.1:2", "e", "http://127.0.0.1:1", "p", tmp_path,
        visitors=ProxyIdentity(trusted=("10.0.0.1",), name_header="X-Name"),
    )  # fmt: skip
    settings = json.loads(pages.environ["WORKBENCH_PAGES"])
    assert (settings["visitor_header"], settings["groups_header"]) == ("X-Name", "Remote-Groups")


@pytest.mark.parametrize("option", ["--port", "--server-port", "--sandbox-port"])
def test_a_taken_port_is_told_with_its_holder_and_nothing_is_started(option, run, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        home = tmp_path / "untouched"
        before = family(os.getpid())
        result = run("up", *ANYWHERE, option, str(number), "--home", str(home))
        assert family(os.getpid()) == before
    assert result.exit_code == 6
    assert f"Port {number}" in result.stderr
    assert option in result.stderr
    assert f"(process {os.getpid()})" in result.stderr
    assert not home.exists()
    assert result.stdout == ""


def test_all_taken_ports_are_told_at_once(run):
    with socket.socket() as one, socket.socket() as two:
        for taken in (one, two):
            taken.bind(("127.0.0.1", 0))
            taken.listen()
        result = run(
            "up",
            "--port",
            str(one.getsockname()[1]),
            "--server-port",
            str(two.getsockname()[1]),
            "--sandbox-port",
            "0",
        )
    assert result.stderr.count("is taken by") == 2


@pytest.mark.parametrize(
    ("words", "part"),
    [(("--port", "8899", "--server-port", "8899"), "twice"), (("--port", "99999"), "no port")],
)
def test_ports_that_cannot_be_are_told(words, part, run):
    result = run("up", *words)
    assert result.exit_code == 6
    assert part in result.stderr


def test_a_home_that_cannot_be_opened_is_told_before_anything_is_started(run, tmp_path):
    (tmp_path / "file").write_text("")
    assert run("up", *ANYWHERE, "--home", str(tmp_path / "file")).exit_code == 4


def test_a_vault_of_a_newer_workbench_is_told_before_anything_is_started(run, home):
    home.mkdir(parents=True, exist_ok=True)
    (home / "vault.json").write_text(json.dumps({"schema": 99, "secrets": {}}))
    result = run("up", *ANYWHERE, "--home", str(home))
    assert result.exit_code == 4
    assert "newer" in result.stderr
    assert "Traceback" not in result.output
