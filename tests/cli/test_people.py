import hashlib

from tests.cli.conftest import document


def test_a_token_is_shown_once_and_only_its_hash_is_kept(run, home):
    added = run("people", "add", "Ada", "--role", "operator", "--json")
    assert added.exit_code == 0
    token = document(added)["token"]
    assert token.startswith("wbk_")
    kept = b"".join(path.read_bytes() for path in home.iterdir())
    assert token.encode() not in kept
    assert hashlib.sha256(token.encode()).hexdigest().encode() in kept
    listed = run("people", "list", "--json")
    assert document(listed) == [{"name": "Ada", "role": "operator"}]
    assert token not in run("people", "list").output


def test_the_token_alone_is_on_standard_output(run):
    added = run("people", "add", "Ada")
    assert added.stdout.strip().startswith("wbk_")
    assert len(added.stdout.split()) == 1
    assert "viewer" in added.stderr


def test_a_token_is_taken_back(run):
    run("people", "add", "Ada")
    assert run("people", "remove", "Ada").exit_code == 0
    assert document(run("people", "list", "--json")) == []
    assert run("people", "remove", "Ada").exit_code == 3


def test_an_unknown_role_gives_2(run):
    assert run("people", "add", "Ada", "--role", "emperor").exit_code == 2
