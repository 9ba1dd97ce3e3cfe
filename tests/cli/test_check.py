import json
import socket
import stat

from tests.cli.conftest import document, save


def verdicts(result):
    return {(found["what"], found["verdict"]) for found in document(result)["found"]}


def sentences(result):
    return " ".join(found["sentence"] for found in document(result)["found"])


def test_a_new_home_is_in_order(run, home):
    result = run("check", "--json")
    assert result.exit_code == 0, result.output
    assert document(result)["ok"] is True
    for what in ("home", "permissions", "key", "catalogue", "database"):
        assert (what, "ok") in verdicts(result)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_a_person_sees_a_line_for_each_thing(run, home):
    result = run("check")
    assert f"{home} is there" in result.stdout
    assert "Português" in result.stdout
    assert "\x1b[" not in result.stdout, "colours are for terminals"


def test_files_that_others_may_read_are_told(run, home):
    run("check")
    (home / "home.json").chmod(0o644)
    result = run("check", "--json")
    assert result.exit_code == 1
    assert ("permissions", "wrong") in verdicts(result)
    assert "home.json" in sentences(result)


def test_a_missing_secret_is_told_with_the_integration_that_needs_it(run, bench, home):
    save(bench, "Shop mail")
    (home / "vault.json").unlink()
    result = run("check", "--json")
    assert result.exit_code == 1
    assert ("catalogue", "wrong") in verdicts(result)
    assert "Shop mail" in sentences(result)


def test_a_catalogue_of_a_newer_workbench_is_told(run, home):
    run("check")
    (home / "integrations.json").write_text(json.dumps({"schema": 99, "documents": {}}))
    (home / "integrations.json").chmod(0o600)
    result = run("check", "--json")
    assert result.exit_code == 1
    assert ("catalogue", "wrong") in verdicts(result)


def test_a_home_that_cannot_be_is_told(run, tmp_path):
    (tmp_path / "file").write_text("")
    result = run("check", "--json", "--home", str(tmp_path / "file"))
    assert result.exit_code == 1
    assert ("home", "wrong") in verdicts(result)


def test_a_taken_port_is_a_note_and_no_fault(run, monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setattr("workbench.cli.check.PAGES_PORT", taken.getsockname()[1])
        result = run("check", "--json")
    assert ("ports", "note") in verdicts(result)
    assert document(result)["ok"] is True
