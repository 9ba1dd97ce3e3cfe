"""The files for a team: each is of its kind, names only what there is, and passes the publish check."""

from __future__ import annotations

import configparser
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from traitlets.config import Config
from typer.main import get_command
from typer.testing import Result

from tests.cli.conftest import document
from workbench.adapters.census import Census
from workbench.adapters.clock import SystemClock
from workbench.adapters.language import Language
from workbench.adapters.metrics import Metrics
from workbench.cli.deploy import FILES, text_of
from workbench.cli.frame import make_app
from workbench.engine.publish_files import check_file

ROOT = Path(__file__).parents[2]
COMMAND = re.compile(r"(?:/opt/workbench/bin/|[`“(]|  )workbench ([a-z]+(?: [^`”)\n#;|]*)?)")


def test_every_file_is_listed_and_printed(run: Callable[..., Result]) -> None:
    listed = [one["name"] for one in document(run("deploy", "--json"))]
    shipped = {path.name.removesuffix(".txt") for path in (ROOT / "workbench/deploy").iterdir()}
    assert set(listed) == shipped == set(FILES)
    for name in listed:
        assert run("deploy", "show", name).stdout == text_of(name)


def test_a_file_that_is_not_there_is_told_with_those_that_are(run: Callable[..., Result]) -> None:
    result = run("deploy", "show", "../home.json")
    assert result.exit_code == 3
    assert "nginx.conf" in result.stderr


@pytest.mark.parametrize("name", FILES)
def test_each_file_passes_the_publish_check_and_holds_no_secret_or_path_of_ours(name: str) -> None:
    text = text_of(name)
    assert check_file(name, text) == []
    assert not re.search(r"/(?:work|root)/", text)
    assert text.endswith("\n")
    assert max(map(len, text.splitlines())) <= 150


def commands() -> Iterator[tuple[str, list[str]]]:
    for name in FILES:
        for found in COMMAND.finditer(text_of(name)):
            yield name, found[1].split()
    compose = yaml.safe_load(text_of("compose.yaml"))
    yield "compose.yaml", compose["services"]["workbench"]["command"]
    yield "Containerfile", json.loads(re.search(r"^CMD (\[.*\])$", text_of("Containerfile"), re.MULTILINE)[1])


def test_every_command_in_them_is_one_with_these_options() -> None:
    app = get_command(make_app(Language()))
    seen = set()
    for name, words in commands():
        at = app
        while words and words[0] in getattr(at, "commands", {}):
            at, words = at.commands[words[0]], words[1:]
        assert at is not app, (name, words)
        known = {option for parameter in at.params for option in parameter.opts}
        for word in words:
            if word.startswith("--"):
                assert word in known, (name, at.name, word)
        seen.add(at.name)
    assert seen >= {
        "up",
        "backup",
        "restore",
        "migrate",
        "proxy",
        "hub",
        "allow",
        "publish",
        "server",
        "upkeep",
    }


def test_the_yaml_files_are_what_their_programs_read() -> None:
    compose = yaml.safe_load(text_of("compose.yaml"))
    proxy, workbench = compose["services"]["proxy"], compose["services"]["workbench"]
    assert proxy["network_mode"] == "service:workbench"
    assert workbench["ports"] == ["80:80", "443:443"], "the proxy's alone"
    assert {volume.partition(":")[0] for service in compose["services"].values() for volume in service["volumes"]} == {
        *compose["volumes"], "./Caddyfile",
    }  # fmt: skip
    assert yaml.safe_load(text_of("prometheus.yml"))["scrape_configs"][0]["static_configs"]


def test_the_alerts_ask_for_figures_that_there_are() -> None:
    rules = yaml.safe_load(text_of("alerts.yml"))["groups"][0]["rules"]
    metrics, now = Metrics("1", "live", "sqlite"), SystemClock().now()
    metrics.called("/gate/{key}", "POST", 202, 0.1)
    text = metrics.text(Census(holds_until=now), now, ready=True, draining=False).decode()
    for rule in rules:
        for figure in re.findall(r"workbench_\w+", rule["expr"]):
            assert re.search(rf"^{figure}[ {{]", text, re.MULTILINE), figure


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith("workbench")])
def test_the_units_are_units(name: str, tmp_path: Path) -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(text_of(name))
    assert unit.has_section("Timer" if name.endswith(".timer") else "Service")
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        return
    for one in (each for each in FILES if each.startswith("workbench")):
        (tmp_path / one).write_text(text_of(one).replace("/opt/workbench/bin/workbench", sys.executable))
    told = subprocess.run(
        [analyze, "verify", str(tmp_path / name)], capture_output=True, text=True, timeout=60, check=False
    )
    ours = [line for line in told.stderr.splitlines() if name in line]
    assert not ours, told.stderr


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_the_proxies_blocks_and_statements_end(name: str) -> None:
    text = re.sub(r"\{\$\w+\}|\$\{\w+\}", "x", re.sub(r"#[^\n]*", "", text_of(name)))
    depth = 0
    for sign in text:
        depth += {"{": 1, "}": -1}.get(sign, 0)
        assert depth >= 0
    assert depth == 0
    if name == "nginx.conf":
        for line in text.splitlines():
            assert not line.strip() or line.rstrip()[-1] in ";{}", line


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_the_proxies_take_what_a_visitor_says_of_himself_away_and_open_only_what_is_called(name: str) -> None:
    text = text_of(name)
    if name == "nginx.conf":
        assert "proxy_set_header Remote-User   $workbench_user;" in text, "nginx replaces the visitor's own"
        assert "proxy_set_header Remote-Groups $workbench_groups;" in text
    else:
        assert text.index("request_header -Remote-User") < text.index("forward_auth")
        assert text.index("request_header -Remote-Groups") < text.index("forward_auth")
    for path in ("/api", "/metrics", "/ready"):
        assert f"{path}/*" not in text
        assert f"location {path}" not in text


def test_the_hubs_settings_are_settings_and_leave_voilas_extension_off() -> None:
    config = Config()
    source = text_of("jupyterhub_config.py")
    environ = {"HUB_CLIENT_ID": "id", "HUB_CLIENT_SECRET": "secret"}
    code = compile(source.replace("os.environ", "environ"), "jupyterhub_config.py", "exec")
    exec(code, {"get_config": lambda: config, "environ": environ})
    assert config.Spawner.environment["WORKBENCH_URL"].startswith("http://127.0.0.1")
    assert "'voila.server_extension': False" in config.Spawner.args[0]
    assert config.GenericOAuthenticator.client_secret == "secret"
    assert config.GenericOAuthenticator.allowed_groups, "else nobody may log in"
    assert "url" not in config.JupyterHub.services[0], "else the hub's proxy leads everybody to the server"
