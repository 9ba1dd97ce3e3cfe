"""Snippets: run by real shells and the real curl against a recorder, and compared byte by byte."""

from __future__ import annotations

import base64
import html
import json
import os
import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.engine.redact import Redactor
from workbench.engine.snippets import ARGUMENT_LIMIT, EXPECT_LIMIT, curl
from workbench.models.request import Headers, Request

pytestmark = pytest.mark.skipif(not shutil.which("curl"), reason="curl is not on this machine")
SHELLS = [shell for shell in ("bash", "dash") if shutil.which(shell)]
ADDED_BY_CURL = {"user-agent", "accept"}


class Recorder:
    """A server on loopback that keeps the bytes of each request."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.last = b""
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                self.last = self.receive(connection)
                connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

    @staticmethod
    def receive(connection: socket.socket) -> bytes:
        data = b""
        while b"\r\n\r\n" not in data:
            data += connection.recv(65_536)
        head, _, body = data.partition(b"\r\n\r\n")
        length = re.search(rb"(?im)^content-length: (\d+)", head)
        while length and len(body) < int(length[1]):
            body += connection.recv(65_536)
        return head + b"\r\n\r\n" + body

    def close(self) -> None:
        self.socket.close()


@pytest.fixture(scope="module")
def recorder() -> Iterator[Recorder]:
    made = Recorder()
    yield made
    made.close()


def run(command: str, variables: Mapping[str, str], home: Path, shell: str = SHELLS[0]) -> None:
    """Run a command as a person would: the variables are set, nothing else is."""
    script = home / "command.sh"
    script.write_text(command, encoding="utf-8", newline="")
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "NO_PROXY": "*", **variables}
    done = subprocess.run(
        [shell, str(script)], env=environment, cwd=home, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, (done.stderr.decode(), command[:2000])


def parts(data: bytes) -> tuple[str, list[tuple[str, str]], bytes]:
    head, _, body = data.partition(b"\r\n\r\n")
    line, *headers = head.decode("utf-8").split("\r\n")
    pairs = [
        (name, value.removeprefix(" ")) for name, _, value in (header.partition(":") for header in headers)
    ]
    return line, pairs, body


def check(
    recorder: Recorder, request: Request, secrets: Mapping[str, str], variables: Mapping[str, str], home: Path
) -> str:
    """Take the secrets out, run the command with the variables set, and compare what arrived with the request."""
    blank = Redactor(secrets).blank(request)
    command = curl(blank, list(secrets.values()))
    assert not any(secret in command for secret in secrets)
    target = request.url.partition("://")[2].partition("/")[1:]
    for shell in SHELLS:
        recorder.last = b""
        run(command, variables, home, shell)
        line, headers, body = parts(recorder.last)
        assert line == f"{request.method} {''.join(target)} HTTP/1.1"
        assert body == request.body
        own = {name.lower() for name, _ in request.headers}
        added = {name.lower() for name, _ in headers} - own
        assert added <= ADDED_BY_CURL | {"host", "content-length"}
        got = sorted((name.lower(), value) for name, value in headers if name.lower() in own)
        assert got == sorted((name.lower(), value) for name, value in request.headers)
    return command


HOSTILE = [
    "plain-secret-1",
    'quote\'s "and" more',
    "$HOME `id` $(id) ${x}",
    "back\\slash \\n \\\\",
    "two\nlines\n",
    "ünïcödé-日本-🙂",
    "@/etc/hostname",
    "100%25 & a+b=c;d",
    "-X DELETE --next",
    "!!history !$",
    "~/[a-z]{1,2}*?#",
    "<b>&amp;</b>'\"",
    "ends in backslash\\",
    "\ttab\x01\x7f",
    "$SECRET_2 and %24SECRET_1",
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_arrives_as_it_is(recorder: Recorder, tmp_path: Path, hostile: str) -> None:
    header = re.sub(r"[^ -~]", "", hostile).strip()
    request = Request(
        method="POST",
        url=f"http://127.0.0.1:{recorder.port}/a/{quote(hostile, safe='')}?q={quote_plus(hostile)}&'=$HOME`x`",
        headers=(("X-Text", header), ("Content-Type", "text/plain")),
        body=hostile.encode(),
    )
    check(recorder, request, {}, {}, tmp_path)


@pytest.mark.parametrize("secret", HOSTILE)
def test_hostile_secrets_arrive_from_variables(recorder: Recorder, tmp_path: Path, secret: str) -> None:
    one_line = f"key-{re.sub(r'[^ -~]', '', secret)}-1"
    request = Request(
        method="POST",
        url=f"http://127.0.0.1:{recorder.port}/{quote(secret, safe='')}?k={quote(secret, safe='')}",
        headers=(
            ("Authorization", "Basic " + base64.b64encode(f"me@example.com:{secret}".encode()).decode()),
            ("X-Api-Key", one_line),
            ("X-Mine", f"key={one_line};"),
            ("Content-Type", "application/json"),
        ),
        body=json.dumps({"to": "a@example.com", "key": secret}).encode(),
    )
    secrets = {secret: "$SECRET_1", one_line: "$SECRET_2"}
    variables = {
        "SECRET_1": secret,
        "SECRET_2": one_line,
        "SECRET_1_URL": quote(secret, safe=""),
        "SECRET_1_JSON": json.dumps(secret)[1:-1],
    }
    check(recorder, request, secrets, variables, tmp_path)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"@/etc/hostname",
        b"@$SECRET",
        b"-d x",
        b"'",
        b"''\n''",
        b"a\r\nb\r\n",
        b"\x00",
        bytes(range(256)),
        b"-n 100%s \\\\ '\xff' \x00123",
        b"x" * (ARGUMENT_LIMIT + 1),
        ("é'\n" * ARGUMENT_LIMIT).encode(),
        b"y" * (EXPECT_LIMIT + 1),
        b"{}\n\n\n",
    ],
    ids=lambda body: f"{body[:12]!r} {len(body)}",
)
def test_every_body_arrives_byte_for_byte(recorder: Recorder, tmp_path: Path, body: bytes) -> None:
    request = Request(
        method="POST", url=f"http://127.0.0.1:{recorder.port}/", headers=(("Content-Type", "x/y"),), body=body
    )
    check(recorder, request, {}, {}, tmp_path)


def test_secrets_in_a_binary_body(recorder: Recorder, tmp_path: Path) -> None:
    body = b"\x00before " + "sécret'$x".encode() + b"\xff after"
    request = Request(method="PUT", url=f"http://127.0.0.1:{recorder.port}/", headers=(), body=body)
    command = check(recorder, request, {"sécret'$x": "$SECRET_1"}, {"SECRET_1": "sécret'$x"}, tmp_path)
    assert '; printf %s "$SECRET_1"; ' in command


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["/", "//a/./b/../c", "/a?x=[1]&y={2,3}&z=*", "/.%2e/~a;b=c,d|e"])
def test_methods_and_paths(recorder: Recorder, tmp_path: Path, method: str, path: str) -> None:
    request = Request(method=method, url=f"http://127.0.0.1:{recorder.port}{path}", headers=(("Empty", ""),))
    check(recorder, request, {}, {}, tmp_path)


def test_no_content_type_is_sent_where_there_is_none(recorder: Recorder, tmp_path: Path) -> None:
    request = Request(method="POST", url=f"http://127.0.0.1:{recorder.port}/", headers=(), body=b"{}")
    check(recorder, request, {}, {}, tmp_path)


def test_own_host_and_length(recorder: Recorder, tmp_path: Path) -> None:
    headers = (("Host", "api.example"), ("Content-Length", "16"), ("User-Agent", "mine"), ("Accept", "a/b"))
    request = Request(
        method="POST", url=f"http://127.0.0.1:{recorder.port}/", headers=headers, body=b"key=a-secret-key"
    )
    check(recorder, request, {"a-secret-key": "$SECRET_1"}, {"SECRET_1": "a-secret-key"}, tmp_path)


@pytest.mark.parametrize("pair", ["id:p%40ss%2Fword+1", "a-secret-key", "a:b:a-secret-key", "a-secret-key:"])
def test_basic_pairs(recorder: Recorder, tmp_path: Path, pair: str) -> None:
    headers: Headers = (("Authorization", "Basic " + base64.b64encode(pair.encode()).decode()),)
    request = Request(method="GET", url=f"http://127.0.0.1:{recorder.port}/", headers=headers)
    secrets = {"p@ss/word 1": "$SECRET_1", "a-secret-key": "$SECRET_2"}
    variables = {"SECRET_1_URL": "p%40ss%2Fword+1", "SECRET_2": "a-secret-key"}
    check(recorder, request, secrets, variables, tmp_path)


def test_a_request_composed_with_placeholders(recorder: Recorder, tmp_path: Path) -> None:
    """The other way: no secret was ever in it."""
    secret = "s/e c+r'e\"t$1"
    placed = "$SECRET_1"
    made = [
        Request(
            method="POST",
            url=f"http://127.0.0.1:{recorder.port}/{quote(value, safe='')}",
            headers=(
                ("Authorization", "Basic " + base64.b64encode(f"me:{value}".encode()).decode()),
                ("X-Key", value),
                ("Content-Type", "application/x-www-form-urlencoded"),
            ),
            body=f"key={quote(value, safe='')}".encode(),
        )
        for value in (placed, secret)
    ]
    command = curl(made[0], [placed])
    run(command, {"SECRET_1": secret, "SECRET_1_URL": quote(secret, safe="")}, tmp_path)
    line, headers, body = parts(recorder.last)
    assert line == f"POST /{quote(secret, safe='')} HTTP/1.1"
    assert body == made[1].body
    assert {name: value for name, value in headers if name in ("Authorization", "X-Key")} == dict(
        made[1].headers[:2]
    )


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    secret=st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=6, max_size=30
    ),
    before=st.text(st.characters(exclude_categories=["Cs"]), max_size=10),
    after=st.binary(max_size=10),
)
def test_any_secret_in_any_body(
    recorder: Recorder, tmp_path: Path, secret: str, before: str, after: bytes
) -> None:
    body = before.encode() + secret.encode() + after
    blank = Redactor({secret: "$SECRET_1"}).blank(
        Request(method="POST", url=f"http://127.0.0.1:{recorder.port}/", headers=(), body=body)
    )
    if blank.body != before.encode() + b"$SECRET_1" + after:
        return  # the surroundings make another form of it, which has its own variable
    run(curl(blank, ["$SECRET_1"]), {"SECRET_1": secret}, tmp_path)
    assert parts(recorder.last)[2] == body


def test_a_basic_header_that_is_none_stays_as_it_is() -> None:
    request = Request(
        method="GET", url="https://api.example/", headers=(("Authorization", "Basic $SECRET_1!"),)
    )
    assert "--header 'Authorization: Basic '\"$SECRET_1\"'!'" in curl(request, ["$SECRET_1"])


def test_no_redirect_is_followed_and_nothing_is_hidden() -> None:
    command = curl(Request(method="POST", url="https://api.example/", headers=(("A", "b"),), body=b"{}"))
    assert command == (
        "curl 'https://api.example/' \\\n"
        "  --request POST \\\n"
        "  --header 'A: b' \\\n"
        "  --header 'Content-Type:' \\\n"
        "  --data-raw '{}'\n"
    )


def test_the_comment_names_the_variables_and_what_they_stand_for() -> None:
    request = Request(
        method="POST",
        url="https://api.example/%24SECRET_2",
        headers=(
            ("Authorization", "HMAC-SHA256 ****"),
            ("X-Key", "$SECRET_1"),
            ("X-Text", "$SECRET_9 $HOME"),
        ),
    )
    command = curl(request, {"$SECRET_1": "API key\n--evil", "$SECRET_2": "", "$SECRET_3": "not used"})
    assert command == (
        "# Set these variables first:\n"
        "#   SECRET_1: API key --evil\n"
        "#   SECRET_2_URL: percent-encoded\n"
        "# **** stands for a value that is made anew for each request, such as a signature.\n"
        "curl 'https://api.example/'\"$SECRET_2_URL\" \\\n"
        "  --request POST \\\n"
        "  --header 'Authorization: HMAC-SHA256 ****' \\\n"
        "  --header 'X-Key: '\"$SECRET_1\" \\\n"
        "  --header 'X-Text: $SECRET_9 $HOME' \\\n"
        "  --header 'Content-Type:' \\\n"
        "  --data-raw ''\n"
    )
    assert "# DÉFINIR" in curl(request, ["$SECRET_1"], translate=lambda text: f"DÉFINIR {text}")


def test_of_two_placeholders_the_longer_one_is_read_first() -> None:
    request = Request(
        method="GET", url="https://api.example/?a=$SECRET_1&b=$SECRET_10&c=$SECRET_100", headers=()
    )
    command = curl(request, ["$SECRET_1", "$SECRET_10"])
    assert command.splitlines()[3] == (
        "curl 'https://api.example/?a='\"$SECRET_1\"'&b='\"$SECRET_10\"'&c='\"$SECRET_10\"'0' \\"
    )


@pytest.mark.parametrize(
    "name", ["", "$", "SECRET_1", "$secret", "$SECRET 1", "$SECRET_1;id", "sk_live_1234"]
)
def test_what_is_no_placeholder_is_not_taken_for_one(name: str) -> None:
    with pytest.raises(ValueError, match=r"^a placeholder is \$ and a name in capital letters$"):
        curl(Request(method="GET", url="https://api.example/", headers=()), [name])


def test_an_html_form_of_a_secret_has_its_own_variable(recorder: Recorder, tmp_path: Path) -> None:
    secret = "<a&b>\"c'd"
    request = Request(
        method="POST", url=f"http://127.0.0.1:{recorder.port}/", headers=(), body=html.escape(secret).encode()
    )
    check(recorder, request, {secret: "$SECRET_1"}, {"SECRET_1_HTML": html.escape(secret)}, tmp_path)
