import signal
import socket

import pytest

from tests.cli.running import Running, alive, ask, clean, family, until

MESSAGE = (
    b'{"personalizations": [{"to": [{"email": "ada@example.com"}]}], "from": {"email": "shop@example.com"},'
    b' "subject": "Hi", "content": [{"type": "text/plain", "value": "Hello"}]}'
)
HEADERS = {"Content-Type": "application/json", "Authorization": "Bearer SG.any"}


def test_it_serves_every_provider_with_its_faults_until_ctrl_c(tmp_path):
    words = ("sandbox", "--port", "0", "--fault", "sendgrid:throttled;times=1")
    with Running(*words, environ=clean(WORKBENCH_HOME=str(tmp_path / "home"))) as running:
        address = running.said["sandbox"]
        assert "sendgrid" in running.said["providers"]
        assert ask(f"{address}/health")[0] == 200
        assert ask(f"{address}/sendgrid/v3/mail/send", "POST", MESSAGE, HEADERS)[0] == 429
        assert ask(f"{address}/sendgrid/v3/mail/send", "POST", MESSAGE, HEADERS)[0] == 202
        everybody = family(running.process.pid)
        assert running.end(signal.SIGINT) == 0
        until(lambda: not any(alive(pid) for pid in everybody))
        assert not (tmp_path / "home").exists(), "it needs no home"


@pytest.mark.parametrize(
    ("fault", "code", "part"),
    [
        ("nonsense", 6, "not a known fault"),
        ("nobody:throttled", 2, "no stand-in"),
        ("latency;seconds=x", 6, "cannot be read"),
    ],
)
def test_a_fault_that_cannot_be_is_told(fault, code, part, run):
    result = run("sandbox", "--port", "0", "--fault", fault)
    assert result.exit_code == code
    assert part in result.stderr


def test_a_taken_port_is_told(run):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = run("sandbox", "--port", str(taken.getsockname()[1]))
    assert result.exit_code == 6
    assert "--port" in result.stderr
