import subprocess
import sys

import pytest

from workbench.adapters.language import LANGUAGES, Language
from workbench.bench import package_version
from workbench.cli import frame
from workbench.cli.frame import COMMANDS, GROUPS, make_app
from workbench.errors import NotFound
from workbench.sentence import say

WORDS = sorted(entry.words for entry in COMMANDS)


def test_these_are_the_commands():
    assert WORDS == [
        "backup", "cassettes check", "cassettes keep", "cassettes list", "cassettes notebook", "cassettes play", "cassettes report",
        "check", "check publish", "cluster status", "deploy", "deploy show",
        "environments compare", "environments list", "environments promote", "environments roll-back",
        "events drift", "events list", "events sample", "events schema", "events send",
        "gate codes", "gate consent", "gate decide", "gate replay", "gate serve", "gate simulate", "gate vectors", "gate verify", "import",
        "integrations delete", "integrations export", "integrations import", "integrations list", "integrations show",
        "integrations test", "lab", "migrate", "people add", "people allow", "people disallow", "people hub", "people list",
        "people proxy", "people remove", "people ways", "providers", "restore", "run", "sandbox",
        "secrets give-up", "secrets list", "send", "server",
        "shops add", "shops check", "shops delete", "shops list",
        "sms callbacks", "sms consent", "sms export", "sms load", "sms send", "sms senders", "snippet",
        "sync check", "sync diff", "sync import", "sync plan", "sync status", "tags body", "tags lint", "units list", "units move", "up",
        "upkeep", "upkeep keep", "upkeep now",
        "work cancel", "work list", "work pace", "work pause", "work replay", "work resume", "work start", "work status",
    ]  # fmt: skip


@pytest.mark.parametrize("words", WORDS)
def test_every_command_has_a_help_and_the_shared_options(words, run):
    result = run(*words.split(), "--help")
    assert result.exit_code == 0
    for option in ("--home", "--live", "--json", "--language"):
        assert option in result.output
    assert "╭" not in result.output


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_help_speaks_the_language(code, run):
    result = run("--language", code, "--help")
    assert result.exit_code == 0
    assert Language(code).text("Exit codes:") in result.output


def test_no_words_at_all_show_the_help(run):
    alone = {entry.words for entry in COMMANDS}  # such a group does something by itself
    for words in ((), *((group,) for group in GROUPS if group not in alone)):
        assert "Usage:" in run(*words).output


def test_the_version_is_said(run):
    assert run("--version").stdout.strip() == package_version()


@pytest.mark.parametrize("words", [("--json", "integrations", "list"), ("integrations", "list", "--json")])
def test_shared_options_stand_before_or_after_the_command(words, run):
    assert run(*words).stdout == "[]\n"


def test_an_unknown_language_gives_2(run):
    result = run("integrations", "list", "--language", "xx")
    assert result.exit_code == 2
    assert "en, pt, fr, es" in result.stderr


@pytest.mark.parametrize("words", [("nonsense",), ("send",), ("integrations", "list", "--nonsense")])
def test_a_wrong_word_gives_2_on_standard_error(words, run):
    result = run(*words)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Usage:" in result.stderr


def test_an_error_is_its_sentence_in_the_language_of_the_run(run, monkeypatch):
    monkeypatch.setattr(
        Language,
        "text",
        lambda self, text: (
            {"There is no {thing}.": "Não há {thing}."}.get(text, text) if self.code == "pt" else text
        ),
    )

    def fails(session):
        raise NotFound(say("There is no {thing}.", thing="bread"))

    monkeypatch.setattr(frame, "COMMANDS", [frame.Command("check", "fails", fails)])
    result = run("check", "--language", "pt-BR")
    assert (result.exit_code, result.stderr, result.stdout) == (3, "Não há bread.\n", "")


def test_an_error_for_a_machine_is_one_document(run):
    result = run("integrations", "show", "nothing", "--json")
    assert result.exit_code == 3
    assert '"error": "NotFound"' in result.stdout
    assert "Traceback" not in result.output


def test_a_bug_shows_no_local_variable():
    assert make_app(Language()).pretty_exceptions_enable is False
    script = (
        "import sys\n"
        "from workbench.cli import frame, main\n"
        "def broken(session):\n"
        "    planted = 'SG.' + 'planted' * 2\n"
        "    raise RuntimeError('a bug')\n"
        "frame.COMMANDS[:] = [frame.Command('check', 'broken', broken)]\n"
        "sys.argv = ['workbench', 'check']\n"
        "main()\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "RuntimeError: a bug" in ended.stderr
    assert "SG.plantedplanted" not in ended.stdout + ended.stderr


def test_ctrl_c_gives_130(run, monkeypatch):
    async def interrupted(session):
        raise KeyboardInterrupt

    monkeypatch.setattr(frame, "COMMANDS", [frame.Command("check", "x", interrupted)])
    assert run("check").exit_code == 130
