"""Our files for nginx and Caddy, with names and ports replaced: the real proxies in front of a real workbench, and a real browser."""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.authority import Authority
from tests.loopback import listener, quiet_port
from workbench import Workbench
from workbench.models.person import IdentitySettings, ProxyIdentity, Rule

from .conftest import ROOT, OpenPage, Server, _answers, _start
from .world import seen

DEPLOY = ROOT / "workbench" / "deploy"
ENTRY = "entry-token-of-the-proxy"
FORGED = {"Remote-User": "Eve", "Remote-Groups": "chiefs", "Authorization": f"token {ENTRY}x"}


@dataclass
class Front:
    """A proxy that runs: the address of the pages and the one that providers call, with an authority that both are trusted by."""

    pages: str
    hooks: str
    authority: Path
    called: str = "localhost"
    """The name by which providers call."""

    def client(self) -> httpx.AsyncClient:
        """Return a client that trusts the proxy's certificate and follows nothing."""
        return httpx.AsyncClient(verify=ssl.create_default_context(cafile=str(self.authority)))

    async def call(self, method: str, path: str) -> httpx.Response:
        """Return what a provider gets that calls a path."""
        async with self.client() as client:
            request = client.build_request(method, f"{self.hooks}{path}", headers={"Host": self.called})
            request.extensions["sni_hostname"] = self.called
            return await client.send(request)


@dataclass
class Behind:
    """What is behind each proxy: ports of the pages, the server and the identity proxy."""

    folder: Path
    pages: int
    server: int
    identity: int


@asynccontextmanager
async def identity_proxy() -> AsyncIterator[int]:
    """Answer as oauth2-proxy and Authelia do: 401 to a stranger, else who it is, in the headers that each of them uses."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        path = head.split(" ", 2)[1]
        if path.startswith("/oauth2/sign_in"):
            status, headers = "200 OK", ["X-Page: sign in"]
        elif "who=ada" in head:
            names = ("X-Auth-Request-Email", "X-Auth-Request-Groups"), ("Remote-User", "Remote-Groups")
            headers = [f"{one[0]}: Ada\r\n{one[1]}: marketing" for one in names]
            status = "202 Accepted" if path.startswith("/oauth2") else "200 OK"
        else:
            status, headers = "401 Unauthorized", []
        lines = [f"HTTP/1.1 {status}", *headers, "Content-Length: 0", "Connection: close", "", ""]
        writer.write("\r\n".join(lines).encode())
        await writer.drain()
        writer.close()

    bound = listener()
    async with await asyncio.start_server(serve, sock=bound):
        yield bound.getsockname()[1]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def behind(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Behind]:
    """A workbench of whose people some are known, whose pages ask who comes, and which believes the proxy on this machine."""
    folder = tmp_path_factory.mktemp("behind")
    environ = {"WORKBENCH_KEYRING": "off"}
    async with Workbench.open(folder / "home", environ=environ) as bench:
        await bench.people.save_identity(
            IdentitySettings(
                proxy=ProxyIdentity(trusted=("127.0.0.1",)),
                rules=(Rule(of="group", name="marketing", role="operator"),),
            )
        )
    async with identity_proxy() as identity:
        made = Behind(folder, quiet_port(), quiet_port(), identity)
        words = [sys.executable, "-u", "-m", "workbench", "up", "--visitors", "--no-sandbox", "--public-url"]
        words += ["https://hooks.localhost", "--port", str(made.pages), "--server-port", str(made.server)]
        own = {"WORKBENCH_HOME": str(folder / "home"), "WORKBENCH_ENTRY": ENTRY, **environ}
        (folder / "up").mkdir()
        up = _start(words, folder / "up", {**os.environ, **own}, f"http://127.0.0.1:{made.pages}/")
        try:
            await _answers(up, "/voila/static/none")
            yield made
        finally:
            up.end()


def in_place(text: str, *changes: tuple[str, str]) -> str:
    """Return a file with its names replaced; each of them has to stand in it."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def nginx(behind: Behind, folder: Path) -> tuple[Front, list[str], dict[str, str]]:
    """Write our file into a whole configuration that one person may run."""
    authority = Authority(folder, "authority")
    names = authority.issue("localhost", "hooks.localhost")
    entry = folder / "workbench-entry.conf"
    entry.write_text(f'proxy_set_header Authorization "token {ENTRY}";\n')
    port, plain = quiet_port(), quiet_port()
    own = in_place(
        (DEPLOY / "nginx.conf").read_text(),
        ("listen 443", f"listen 127.0.0.1:{port}"), ("listen 80", f"listen 127.0.0.1:{plain}"),
        ("hooks.example.com", "hooks.localhost"), ("workbench.example.com", "localhost"),
        ("/etc/ssl/workbench/fullchain.pem", str(names)), ("/etc/ssl/workbench/key.pem", str(names)),
        ("/etc/nginx/workbench-entry.conf", str(entry)), ("127.0.0.1:4180", f"127.0.0.1:{behind.identity}"),
        ("127.0.0.1:8866", f"127.0.0.1:{behind.pages}"), ("127.0.0.1:8867", f"127.0.0.1:{behind.server}"),
    )  # fmt: skip
    kept = "".join(
        f"{kind}_temp_path {folder / kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = folder / "nginx.conf"
    whole.write_text(
        f"daemon off;\npid {folder / 'pid'};\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n{kept}{own}\n}}\n"
    )
    front = Front(f"https://localhost:{port}", f"https://127.0.0.1:{port}", authority.file, "hooks.localhost")
    return front, ["-p", str(folder), "-c", str(whole), "-e", "stderr"], {}


def caddy(behind: Behind, folder: Path) -> tuple[Front, list[str], dict[str, str]]:
    """Write our file with Caddy's own authority, which nobody else is asked to trust."""
    pages, hooks = quiet_port(), quiet_port()
    own = in_place(
        (DEPLOY / "Caddyfile").read_text(),
        ("127.0.0.1:9091", f"127.0.0.1:{behind.identity}"),
        ("127.0.0.1:8866", f"127.0.0.1:{behind.pages}"), ("127.0.0.1:8867", f"127.0.0.1:{behind.server}"),
    )  # fmt: skip
    whole = folder / "Caddyfile"
    whole.write_text(
        f"{{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n\tdefault_bind 127.0.0.1\n}}\n{own}"
    )
    environ = {
        "PAGES_NAME": f"localhost:{pages}", "HOOKS_NAME": f"localhost:{hooks}", "WORKBENCH_ENTRY": ENTRY,
        "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder),
    }  # fmt: skip
    root = folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"
    front = Front(f"https://localhost:{pages}", f"https://localhost:{hooks}", root)
    return front, ["run", "--config", str(whole), "--adapter", "caddyfile"], environ


async def listens(server: Server, port: int) -> None:
    """Wait until the proxy takes connections; say what it wrote when it does not."""
    for _ in range(300):
        if server.process.poll() is not None:
            break
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    pytest.fail(f"the proxy did not start:\n{server.log.read_text()[-3000:]}")


@pytest_asyncio.fixture(params=[nginx, caddy], scope="module", loop_scope="session", ids=["nginx", "Caddy"])
async def front(
    request: pytest.FixtureRequest, behind: Behind, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Front]:
    """The proxy that our file makes."""
    name = request.param.__name__
    program = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip(f"{name} is not installed here. Debian's package nginx-light or caddy has it.")
    folder = tmp_path_factory.mktemp(name)
    made, words, environ = request.param(behind, folder)
    server = _start([program, *words], folder, {**os.environ, **environ}, made.pages)
    try:
        await listens(server, httpx.URL(made.pages).port or 443)
        yield made
    finally:
        server.end()


async def test_a_person_comes_in_by_the_identity_proxy_and_nobody_else(
    front: Front, open_page: OpenPage
) -> None:
    async with front.client() as client:
        for headers in ({}, FORGED):
            answer = await client.get(f"{front.pages}/", headers=headers)
            assert answer.status_code in {200, 401}, answer.text  # nginx gives the page to sign in
            assert answer.headers.get("X-Page") == "sign in" or answer.status_code == 401
            assert "voila" not in answer.text.lower()
    watched = await open_page(ignore_https_errors=True, extra_http_headers=FORGED)
    await watched.page.context.add_cookies([{"name": "who", "value": "ada", "url": front.pages}])
    await watched.page.goto(f"{front.pages}/voila/render/home.ipynb")
    await watched.ready()
    await seen(watched.page.get_by_text("Ada", exact=True))
    await seen(watched.page.get_by_text("operator", exact=True))
    await watched.page.goto(f"{front.pages}/voila/render/activity.ipynb")
    await watched.ready()
    assert watched.complaints == []


async def test_providers_reach_their_hooks_and_nothing_else(front: Front) -> None:
    for path in ("/", "/api/about/facts", "/metrics", "/health", "/docs", "/gatex/1"):
        answer = await front.call("GET", path)
        assert (answer.status_code, "request" in answer.text) == (404, False), path
    for path in ("/gate/none", "/sms/none/delivery", "/shops/none/subscribed"):
        answer = await front.call("POST", path)
        assert answer.status_code in {401, 403, 404, 405}, path
        assert answer.headers["content-type"].startswith("application/json"), path


async def test_another_name_is_answered_by_nothing(front: Front) -> None:
    port = httpx.URL(front.pages).port
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="elsewhere.example")


async def test_the_publish_check_finds_nothing_unsafe(front: Front, behind: Behind) -> None:
    words = [sys.executable, "-m", "workbench", "check", "publish", "--at", front.pages]
    own = {"SSL_CERT_FILE": str(front.authority), "WORKBENCH_HOME": str(behind.folder / "home")}
    checked = await asyncio.create_subprocess_exec(
        *words, env={**os.environ, **own}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    told, _ = await checked.communicate()
    assert (checked.returncode, "Nothing unsafe was found" in told.decode()) == (0, True), told.decode()
