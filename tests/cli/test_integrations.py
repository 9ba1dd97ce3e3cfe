import json

import pytest

from tests.cli.conftest import SECRET, document, save

OTHER = "SG.another-secret-given-to-the-import"


@pytest.fixture
def exported(run, shop, tmp_path):
    file = tmp_path / "shop.json"
    assert run("integrations", "export", "Shop mail", "--output", str(file)).exit_code == 0
    return file


def secrets_kept(home):
    vault = home / "vault.json"
    return len(json.loads(vault.read_text())["secrets"]) if vault.exists() else 0


def test_an_empty_catalogue_says_what_to_do(run):
    result = run("integrations", "list")
    assert result.exit_code == 0
    assert "workbench up" in result.stdout
    assert document(run("integrations", "list", "--json")) == []


def test_the_list_shows_name_provider_and_state(run, shop):
    assert "Shop mail" in run("integrations", "list").stdout
    (listed,) = document(run("integrations", "list", "--json"))
    assert (listed["id"], listed["provider"], listed["state"]) == (shop, "sendgrid", "untested")


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_show_masks_the_secret(words, run, shop):
    result = run("integrations", "show", "Shop mail", *words)
    assert "**** 4711" in result.stdout
    assert SECRET not in result.output
    assert "sec_" not in result.output


def test_an_export_carries_no_secret_and_names_what_an_import_asks(run, exported):
    text = exported.read_text()
    assert SECRET not in text
    assert "4711" not in text
    assert "sec_" not in text
    assert json.loads(text)["settings"]["credential"] == {"api_key": {"$secret": "credential.api_key"}}


def test_an_export_to_standard_output_is_the_document_alone(run, shop):
    assert (
        document(run("integrations", "export", "Shop mail"))["format"] == "integration-workbench/integration"
    )


def test_an_export_that_cannot_be_written_gives_4(run, shop, tmp_path):
    assert (
        run("integrations", "export", "Shop mail", "-o", str(tmp_path / "no" / "folder.json")).exit_code == 4
    )


@pytest.mark.parametrize("way", ["env", "stdin"])
def test_an_import_takes_its_secret_and_the_integration_works(way, run, exported, monkeypatch, tmp_path):
    monkeypatch.setenv("THE_KEY", OTHER)
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "elsewhere"))
    source, typed = {"env": ("env:THE_KEY", None), "stdin": ("-", OTHER + "\n")}[way]
    result = run(
        "integrations",
        "import",
        str(exported),
        "--secret",
        f"credential.api_key={source}",
        "--json",
        typed=typed,
    )
    assert result.exit_code == 0, result.output
    assert OTHER not in result.output
    assert document(result)["name"] == "Shop mail"
    sent = run("send", "Shop mail", "--to", "ada@example.com", "--var", "subject=Hi", "--json")
    assert sent.exit_code == 0
    assert ["Authorization", f"Bearer **** {OTHER[-4:]}"] in document(sent)["request"]["headers"]


def test_a_secret_typed_as_an_argument_is_refused_and_not_repeated(run, exported, bench, home):
    before = secrets_kept(home)
    result = run(
        "integrations", "import", str(exported), "--name", "Two", "--secret", f"credential.api_key={OTHER}"
    )
    assert result.exit_code == 2
    assert OTHER not in result.output
    assert "others could read it" in result.stderr
    assert secrets_kept(home) == before


@pytest.mark.parametrize(
    ("secret", "part"),
    [
        ((), "--secret credential.api_key=env:NAME"),
        (("--secret", "credential.api_key=env:NOT_SET_ANYWHERE"), "NOT_SET_ANYWHERE"),
        (("--secret", "credential.password=-"), "It wants: credential.api_key"),
        (("--secret", "credential.api_key=-"), "is empty"),
    ],
)
def test_an_import_without_its_secret_keeps_nothing(secret, part, run, exported, bench, home):
    before = secrets_kept(home)
    result = run(
        "integrations", "import", str(exported), "--name", "Two", "--allow-several", *secret, typed="\n"
    )
    assert result.exit_code == 2
    assert part in result.stderr
    assert secrets_kept(home) == before
    assert len(bench(lambda opened: opened.integrations.list_all())) == 1


def test_an_import_whose_name_is_taken_keeps_nothing(run, exported, bench, home):
    before = secrets_kept(home)
    result = run(
        "integrations",
        "import",
        str(exported),
        "--allow-several",
        "--secret",
        "credential.api_key=-",
        typed=OTHER,
    )
    assert result.exit_code == 2
    assert "Choose another name" in result.stderr
    assert secrets_kept(home) == before
    assert bench(lambda opened: opened.integrations.drafts()) == []


def test_an_import_may_have_another_name(run, exported, bench):
    words = ("--name", "Second", "--allow-several", "--secret", "credential.api_key=-")
    assert run("integrations", "import", str(exported), *words, typed=OTHER).exit_code == 0
    names = {listed.integration.name for listed in bench(lambda opened: opened.integrations.list_all())}
    assert names == {"Shop mail", "Second"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"format": "something"}, 2),
        ({"version": 99}, 4),
        ({"settings": {"provider": "nobody", "name": "x"}}, 2),
        ({"settings": {"surprise": 1}}, 2),
    ],
)
def test_a_file_that_is_not_ours_is_told_before_a_secret_is_asked(change, code, run, exported, tmp_path):
    file = tmp_path / "changed.json"
    file.write_text(json.dumps({**json.loads(exported.read_text()), **change}))
    assert run("integrations", "import", str(file)).exit_code == code


def test_deleting_wants_a_word(run, shop, bench):
    result = run("integrations", "delete", "Shop mail")
    assert result.exit_code == 6
    assert "--yes" in result.stderr
    assert len(bench(lambda opened: opened.integrations.list_all())) == 1


def test_deleting_takes_the_secret_along(run, shop, bench, home):
    assert run("integrations", "delete", shop, "--yes").exit_code == 0
    assert bench(lambda opened: opened.integrations.list_all()) == []
    assert secrets_kept(home) == 0


def test_two_homes_never_mix(run, bench, tmp_path):
    save(bench, "Shop mail")
    elsewhere = ("--home", str(tmp_path / "elsewhere"))
    assert document(run("integrations", "list", "--json", *elsewhere)) == []
    assert run("integrations", "show", "Shop mail", *elsewhere).exit_code == 3
    assert run("people", "add", "Ada", *elsewhere).exit_code == 0
    assert document(run("people", "list", "--json")) == []
    words = ("send", "Shop mail", "--to", "ada@example.com", "--var", "subject=Hi")
    assert run(*words).exit_code == 0
    assert run(*words, *elsewhere).exit_code == 3
    kept = {path.name: path.read_bytes() for path in (tmp_path / "elsewhere").iterdir() if path.is_file()}
    assert not any(b"Shop mail" in content for content in kept.values())
    assert kept["home.json"] != (tmp_path / "home" / "home.json").read_bytes()
