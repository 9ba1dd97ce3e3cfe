"""Each rule about who may import whom is broken once, in a copy of the package, and has to be seen by its name."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
CONTRACTS = [
    contract["name"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
]
VIOLATIONS = {
    "One staircase: no floor knows the one above": ("engine/urls.py", "from workbench.services import roles"),
    "A provider knows no other provider": (
        "providers/sendgrid.py",
        "from workbench.providers import mailgun",
    ),
    "Services never meet the sandbox": ("services/house.py", "from workbench.sandbox import faults"),
    "Siblings do not go in circles": ("adapters/clock.py", "from workbench.adapters import home"),
    "Reason and vocabulary touch no outside library": ("models/base.py", "import httpx"),
    "Reason touches nothing of the machine": ("engine/urls.py", "import os.path"),
    "The vault is opened by services and bench alone": (
        "cli/check.py",
        "from workbench.adapters.vault import Vault",
    ),
    "One door to the wire": ("adapters/tokens.py", "import httpx"),
    "One door to the wire's connections": ("adapters/tokens.py", "import httpcore"),
    "One door to the lane": ("adapters/wire.py", "import aiohttp"),
    "One door to the catalogue": ("services/house.py", "import tinydb"),
    "One door to the file locks": ("services/house.py", "import filelock"),
    "One door to the database": ("services/activity.py", "import sqlite3"),
    "One door to the vault's libraries": ("adapters/home.py", "from cryptography.fernet import Fernet"),
    "One door to the languages": ("cli/session.py", "from babel import Locale"),
    "One door to other processes": ("cli/up.py", "import subprocess"),
    "One door to clusters": ("services/cluster.py", "import distributed"),
    "One door to the figures": ("server/operations.py", "import prometheus_client"),
    "One door to the queues": ("services/house.py", "import boto3"),
    "One reader of regular expressions that strangers write": ("engine/urls.py", "import re2"),
    "One reader of XML": ("engine/urls.py", "import xmltodict"),
    "One reader of YAML": ("engine/urls.py", "import yaml"),
    "One reader of HTML": ("engine/urls.py", "import justhtml"),
    "One door to tables": ("adapters/files.py", "import polars"),
    "Widgets belong to the face": ("services/about.py", "import ipywidgets"),
    "Voila belongs to the published pages": ("widgets/look.py", "import voila"),
    "The command line belongs to cli": ("services/people.py", "import typer"),
    "The web framework belongs to the server": ("sandbox/app.py", "import fastapi"),
    "A port belongs to the sandbox": ("cli/up.py", "import uvicorn"),
}
IMPURE = [
    "import time",
    "import random",
    "import secrets",
    "import logging",
    "import socket",
    "from os import environ",
    "from pathlib import Path",
    "from datetime import datetime as at; at.now(None)",
    "import datetime; datetime.date.today()",
    "import uuid; uuid.uuid4()",
    "import urllib.request",
]
STRAY = [
    ("services/house.py", "import asyncio; asyncio.create_subprocess_exec", "other processes are started by"),
    ("services/house.py", "import os; os.system", "no shell"),
    ("cli/up.py", "import os; os.kill", "processes are ended by"),
    ("services/dispatch.py", "import urllib.request", "the wire is"),
    ("services/dispatch.py", "import http.client", "the wire is"),
    ("adapters/lane.py", "import yarl", "own bytes"),
    ("adapters/lane.py", "from multidict import CIMultiDict", "own bytes"),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the package with its configuration."""
    place = tmp_path_factory.mktemp("copy")
    shutil.copytree(
        ROOT / "workbench", place / "workbench", ignore=shutil.ignore_patterns("js", "__pycache__", "static")
    )
    shutil.copy(ROOT / "pyproject.toml", place)
    return place


@pytest.fixture
def planted(copy):
    """Plant a line at the end of a module, or as a new module, for one test."""
    undo = []

    def plant(file: str, line: str) -> None:
        path = copy / "workbench" / file
        before = path.read_text() if path.exists() else None
        undo.append((path, before))
        path.write_text(f"{before or ''}\n{line}\n")

    yield plant
    for path, before in undo:
        path.write_text(before) if before is not None else path.unlink()


def lint(place: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / "lint-imports", "--no-logo"], cwd=place, capture_output=True, text=True, check=False
    )


def ruff(place: Path, file: str) -> str:
    words = [BIN / "ruff", "check", "--no-cache", "--output-format", "concise", f"workbench/{file}"]
    return subprocess.run(words, cwd=place, capture_output=True, text=True, check=False).stdout


def test_every_contract_is_kept(copy):
    told = lint(copy)
    assert told.returncode == 0, told.stdout


def test_every_contract_is_proved_here():
    assert list(VIOLATIONS) == CONTRACTS


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_violation_of_the_contract_is_seen(name, copy, planted):
    file, line = VIOLATIONS[name]
    planted(file, line)
    told = lint(copy)
    assert told.returncode == 1
    assert f"{name} BROKEN" in told.stdout
    assert f"workbench.{file.partition('/')[0]}" in told.stdout.partition("Broken contracts")[2]


def test_a_stray_module_breaks_the_house(copy, planted):
    planted("utils.py", '"""Everything else."""')
    told = lint(copy)
    assert told.returncode == 1
    assert "workbench.utils" in told.stdout


def test_the_engine_as_it_is_has_nothing_impure(copy):
    assert "TID251" not in ruff(copy, "engine")


@pytest.mark.parametrize("line", IMPURE)
def test_the_engine_takes_nothing_impure(line, copy, planted):
    planted("engine/stray.py", line)
    assert "engine/stray.py:2" in next(told for told in ruff(copy, "engine").splitlines() if "TID251" in told)


@pytest.mark.parametrize(("line", "rule"), [('print("x")', "T201"), ('open("x")', "PTH123")])
def test_the_engine_neither_prints_nor_opens(line, rule, copy, planted):
    planted("engine/stray.py", line)
    assert rule in ruff(copy, "engine/stray.py")


@pytest.mark.parametrize(("file", "line", "reason"), STRAY)
def test_what_has_a_door_of_its_own_is_not_taken_elsewhere(file, line, reason, copy, planted):
    assert "TID251" not in ruff(copy, file)
    planted(file, line)
    told = [row for row in ruff(copy, file).splitlines() if "TID251" in row]
    assert len(told) == 1
    assert reason in told[0]
