"""The oracles' environment: made once, made anew when its requirements change, and a sentence where it cannot be made."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.oracles import environment
from tests.oracles.environment import HERE, CannotInstall, groups, interpreter

pytestmark = pytest.mark.oracle


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of requirements and environments of its own, without any registry."""
    monkeypatch.setattr(environment, "HERE", tmp_path)
    monkeypatch.setattr(environment, "KEPT", tmp_path / ".oracles")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    return tmp_path


def test_it_is_made_once_and_anew_when_the_requirements_change(elsewhere: Path) -> None:
    requirements = elsewhere / "requirements-some.txt"
    requirements.write_text("# nothing\n")
    python = interpreter("some")
    assert (
        subprocess.run([python, "-c", "print(6 * 7)"], capture_output=True, text=True, check=True).stdout
        == "42\n"
    )
    (python.parent / "trace").touch()
    assert interpreter("some") == python
    assert (python.parent / "trace").exists()

    requirements.write_text("# still nothing\n")
    other = interpreter("some")
    assert other != python
    assert not python.exists()


def test_what_pip_cannot_install_is_said_and_tried_again(elsewhere: Path) -> None:
    (elsewhere / "requirements-some.txt").write_text("no-such-sdk==1.0\n")
    for _ in range(2):
        with pytest.raises(CannotInstall, match=r"pip cannot install the official SDKs: .*no-such-sdk"):
            interpreter("some")


@pytest.mark.parametrize(("group", "count"), [("sdks", 34), ("sms", 32), ("sendpulse", 9), ("snippets", 14)])
def test_the_requirements_name_every_version_and_no_address(group: str, count: int) -> None:
    assert groups() == ["sdks", "sendpulse", "sms", "snippets"]
    lines = (HERE / f"requirements-{group}.txt").read_text("utf-8").splitlines()
    wanted = [line for line in lines if not line.startswith("#")]
    assert all(line.count("==") == 1 and "/" not in line and "--" not in line for line in wanted)
    assert len(wanted) == count
