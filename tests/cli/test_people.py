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
    assert document(listed) == [{"name": "Ada", "role": "operator", "units": []}]
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


def test_a_person_works_for_units(run):
    added = run("people", "add", "Eve", "--unit", "north", "--unit", "south", "--json")
    assert document(added)["units"] == ["north", "south"]
    assert run("people", "list").stdout == "Eve  viewer  north, south\n"
    assert run("people", "add", " ").exit_code != 0


def test_the_ways_in_are_kept_step_by_step(run):
    assert run("people", "ways").stdout == "People come in with tokens only.\n"
    assert run("people", "allow", "anyone").exit_code == 0
    run("people", "proxy", "--trust", "10.1.0.5", "--trust", "fd00:1::/64")
    run("people", "allow", "group", "marketing", "--role", "operator", "--unit", "north")
    run("people", "allow", "person", "ada", "--role", "operator")
    changed = run("people", "allow", "person", "ada", "--role", "admin")
    assert changed.stdout.splitlines() == [
        "Proxy at 10.1.0.5, fd00:1::/64: the person in Remote-User, the groups in Remote-Groups.",
        "1.  group  marketing  operator  north", "2.  person  ada  admin", "3.  anyone  viewer",
    ]  # fmt: skip
    run("people", "disallow", "anyone")
    run("people", "hub", "http://127.0.0.1:8081/hub/api", "--scope", "access:services!service=workbench")
    kept = document(run("people", "proxy", "--off", "--json"))
    assert (kept["proxy"], kept["hub"]["scope"]) == (None, "access:services!service=workbench")
    assert [rule["name"] for rule in kept["rules"]] == ["marketing", "ada"]
    assert "JupyterHub at http://127.0.0.1:8081/hub/api." in run("people", "ways").stdout
    assert document(run("people", "hub", "--off", "--json"))["hub"] is None


def test_what_cannot_be_is_said_and_nothing_is_kept(run):
    for words in (
        ("proxy",), ("proxy", "--trust", "0.0.0.0/0"), ("proxy", "--trust", "all"),
        ("proxy", "--trust", "10.1.0.5", "--name-header", "Host"),
        ("hub",), ("hub", "hub"), ("allow", "group"), ("allow", "person", "  "), ("allow", "emperor", "x"),
    ):  # fmt: skip
        assert run("people", *words).exit_code == 2, words
    assert run("people", "disallow", "group", "nobody").exit_code == 3
    assert run("people", "ways").stdout == "People come in with tokens only.\n"
