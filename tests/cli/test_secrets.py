"""Secrets on the command line: counted, never shown; and given up where their key is lost, after a question."""

from __future__ import annotations

from tests.cli.conftest import SECRET, document


async def _kept(bench):
    return bench.house.vault.seal_text(SECRET)


async def _told(bench):
    return [entry.detail for entry in await bench.activity.entries()]


def test_what_opens_is_counted_and_never_given_up(run, bench):
    bench(_kept)
    assert document(run("secrets", "list", "--json"))["shut"] == 0
    assert document(run("secrets", "give-up", "--yes", "--json")) == {"deleted": 0}
    assert document(run("secrets", "list", "--json"))["saved"] == 1
    assert not any("given up" in (one or "") for one in bench(_told))


def test_a_lost_key_is_said_and_its_secrets_go_only_after_a_yes(run, bench, home, monkeypatch):
    monkeypatch.setenv("WORKBENCH_KEYRING", "off")
    bench(_kept)
    (home / "vault.key").unlink()
    checked = run("check")
    assert checked.exit_code == 1
    assert "give-up" in checked.stdout
    assert run("secrets", "give-up").exit_code == 6
    assert document(run("secrets", "list", "--json")) == {"saved": 1, "shut": 1, "key": "file"}
    gone = run("secrets", "give-up", "--yes")
    assert gone.exit_code == 0
    assert "Secrets deleted: 1" in gone.stdout
    assert SECRET not in gone.output
    assert any("given up" in (one or "") for one in bench(_told))
    bench(_kept)
    assert document(run("secrets", "list", "--json"))["shut"] == 0
