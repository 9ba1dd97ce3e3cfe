"""What the command line's tests share: a home of their own, commands run in this process, and one saved integration."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner, Result

from workbench import Workbench
from workbench.adapters.language import Language
from workbench.cli import frame
from workbench.cli.session import language_of, named_language

SECRET = "SG.planted-and-never-seen-4711"
PAYLOAD = """{
  "from": {"email": "news@example.com"},
  "subject": "{{ subject }}",
  "personalizations": [{"to": [{"email": "${User Identifier}"}]}],
  "content": [{"type": "text/plain", "value": "Hello {{ first_name | default(\\"there\\") }}"}]
}"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("WORKBENCH_HOME", str(folder))
    for name in ("LANG", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run one command line as ``main`` does."""

    def run(*words: str, typed: str | None = None) -> Result:
        app = app_in(language_of(named_language(words)).code, tuple(frame.COMMANDS))
        return CliRunner().invoke(app, list(words), input=typed, prog_name="workbench")

    monkeypatch.setattr("typer.testing._get_command", taken_apart)
    return run


taken_apart = cache(get_command)
"""Typer's own reading of an application: once for each, for it costs more than most of what is run."""


@cache
def app_in(language: str, commands: tuple[frame.Command, ...]) -> typer.Typer:
    """The application of these commands (those of ``frame.COMMANDS``), made once for each language."""
    assert commands == tuple(frame.COMMANDS)
    return frame.make_app(Language(language))


def document(result: Result) -> Any:
    """The JSON document on standard output; that it is one is part of every test."""
    return json.loads(result.stdout)


@pytest.fixture
def bench(home: Path) -> Callable[[Callable[[Workbench], Any]], Any]:
    """Do something on the workbench of this home: ``bench(lambda bench: bench.activity.entries())``."""

    def do(work: Callable[[Workbench], Any]) -> Any:
        async def through() -> Any:
            async with Workbench.open(home) as opened:
                return await work(opened)

        return asyncio.run(through())

    return do


@pytest.fixture
def shop(bench: Callable[..., Any]) -> str:
    """The id of the saved integration “Shop mail”."""
    return save(bench, "Shop mail")


def save(bench: Callable[..., Any], name: str, secret: str = SECRET, **changes: Any) -> str:
    async def work(opened: Workbench) -> str:
        draft = await opened.integrations.start("sendgrid")
        ref = opened.secrets.keep_text(secret)
        settings = draft.settings.model_copy(
            update={
                "name": name,
                "credential": {"api_key": ref.model_dump()},
                "payload": PAYLOAD,
                "allow_several": True,
                **changes,
            }
        )
        return (await opened.integrations.save(draft.model_copy(update={"settings": settings}))).id

    return str(bench(work))
