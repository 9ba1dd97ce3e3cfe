"""The frame: what a newcomer reads and types first is true. ``make readme`` rewrites the parts of the README that are made of code."""

import ast
import asyncio
import inspect
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from workbench.adapters.language import Language
from workbench.bench import SERVICES
from workbench.cli import frame
from workbench.cli.codes import MEANINGS
from workbench.cli.providers import table
from workbench.engine.operations import operations
from workbench.models.person import RANK
from workbench.providers import every

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
MADE_IN_THE_MACHINE = re.compile(r"https?://|file:|index-url|find-links|(?<![\w)])/(root|home|work|opt)\b|@ ")


def rows(header: str, found: Iterable[tuple[object, str]]) -> str:
    return "\n".join([header, "|---|---|", *(f"| {name} | {text} |" for name, text in found)])


def may(role: str) -> str:
    """What a role may do that the one below may not."""
    found = [
        f"`{name}.{operation.name.rstrip('_')}`"
        for name, service in SERVICES.items()
        for operation in operations(service).values()
        if operation.role == role
    ]
    return ", ".join(found)


def generated() -> dict[str, str]:
    """The parts of the README that are made of code, by the name of their markers."""
    return {
        "exit codes": rows("| Exit code | Meaning |", MEANINGS.items()),
        "providers": "\n".join(table(list(every().values()))),
        "roles": rows("| Role | May also |", ((role, may(role)) for role in RANK)),
    }


def rewritten(text: str) -> str:
    """The README with its generated parts made anew."""
    for name, part in generated().items():
        marks = re.compile(rf"(<!-- {name}: make readme -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        assert len(marks.findall(text)) == 1, name
        text = marks.sub(lambda found, part=part: f"{found[1]}{part}\n{found[2]}", text)
    return text


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README.read_text(), re.DOTALL)


def commands() -> list[str]:
    return [line[2:] for block in blocks("console") for line in block.splitlines() if line.startswith("$ ")]


def test_the_generated_parts_of_the_readme_are_up_to_date():
    assert README.read_text() == rewritten(README.read_text()), "run: make readme"


@pytest.mark.parametrize("line", [line for line in commands() if line.startswith("workbench ")])
def test_every_command_of_the_readme_is_one(line, monkeypatch):
    """Each is taken apart by the real application; only what it would do is left out."""
    done = []

    def doing(entry):
        async def instead(session, **given):
            done.append(entry.words)

        instead.__signature__ = inspect.signature(entry.run, eval_str=True)
        return frame.Command(entry.words, entry.about, instead)

    monkeypatch.setattr(frame, "COMMANDS", [doing(entry) for entry in frame.COMMANDS])
    result = CliRunner().invoke(frame.make_app(Language()), shlex.split(line)[1:])
    assert result.exit_code == 0, result.output
    assert line.startswith(f"workbench {done[0]}")


@pytest.mark.parametrize("line", [line for line in commands() if line.startswith("make ")])
def test_every_word_of_make_in_the_readme_is_one(line):
    assert f"\n{line.split()[1]}:" in (ROOT / "Makefile").read_text()


def test_the_python_of_the_readme_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "home"))
    (source,) = blocks("python")
    code = compile(source, "README.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)

    async def through():
        await eval(code, {})

    asyncio.run(through())
    assert "took the message" in capsys.readouterr().out


def test_make_without_a_word_lists_the_words():
    told = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for word in ("run", "test", "check", "bench", "soak"):
        assert f"make {word} " in told


def test_make_says_which_python_it_wants(tmp_path):
    old = tmp_path / "python-of-long-ago"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    words = ["make", "--no-print-directory", "run", f"PYTHON={old}", f"VENV={tmp_path / 'venv'}"]
    ended = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "The workbench needs Python 3.11 or newer" in ended.stderr


def test_make_finds_a_python_where_python3_is_the_only_one(tmp_path):
    (tmp_path / "python3").symlink_to(sys.executable)
    for tool in ("make", "sh", "env"):
        found = next(
            Path(folder) / tool for folder in os.environ["PATH"].split(":") if (Path(folder) / tool).exists()
        )
        (tmp_path / tool).symlink_to(found)
    words = ["make", "--no-print-directory", "--dry-run", "run", f"VENV={tmp_path / 'venv'}"]
    told = subprocess.run(
        words, cwd=ROOT, capture_output=True, text=True, env={"PATH": str(tmp_path)}, check=True
    ).stdout
    assert f'"python3" -m venv {tmp_path / "venv"}' in told


def test_the_constraints_pin_everything_and_name_no_place():
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+]+", line) for line in lines)
    pinned = {re.sub(r"[-_.]+", "-", line.partition("==")[0]).lower() for line in lines}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    names = {re.sub(r"[-_.]+", "-", re.match(r"[A-Za-z0-9._-]+", text)[0]).lower() for text in wanted}
    assert names <= pinned
    assert not {"esbuild", "coverage", "pytest-cov", "integration-workbench"} & pinned


@pytest.mark.parametrize("name", ["Makefile", "constraints.txt", ".ci/run", "pyproject.toml"])
def test_no_registry_and_no_path_of_a_machine_is_named(name):
    assert not MADE_IN_THE_MACHINE.search((ROOT / name).read_text())


def test_continuous_integration_says_the_words_of_the_readme():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert script.read_text().splitlines()[0] == "#!/usr/bin/env bash"
    assert "set -euo pipefail" in script.read_text()
    assert script.read_text().splitlines()[-1] == "exec env CI=true make --no-print-directory check test"
    subprocess.run(["bash", "-n", script], check=True)


if __name__ == "__main__":
    README.write_text(rewritten(README.read_text()))
