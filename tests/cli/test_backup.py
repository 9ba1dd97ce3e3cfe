"""Backup, restore and migrate as a person types them, and what they say."""

from tests.cli.conftest import document
from tests.databases import own_schema


def test_a_backup_and_back(run, home, tmp_path):
    run("people", "add", "Ada", "--role", "admin")
    file = tmp_path / "b.zip"
    made = run("backup", str(file))
    assert made.exit_code == 0
    assert f"{file}: " in made.stdout
    assert "Documents: 1." in made.stdout
    assert "The key to the secrets is not in it" in made.stderr
    looked = run("restore", str(file), "--check", "--home", str(tmp_path / "new"), "--json")
    assert looked.exit_code == 0
    assert document(looked)["home"] == document(run("backup", "--json"))["home"]
    assert not (tmp_path / "new").exists()
    back = run("restore", str(file), "--home", str(tmp_path / "new"))
    assert back.exit_code == 0
    assert "each with the same count and the same SHA-256" in back.stdout
    listed = run("people", "list", "--home", str(tmp_path / "new"))
    assert listed.stdout == "Ada  admin\n"
    again = run("restore", str(file), "--home", str(tmp_path / "new"))
    assert again.exit_code == 0
    assert "It had arrived before: nothing was written now." in again.stdout
    assert "had arrived before" not in back.stdout


def test_a_backup_in_the_homes_own_folder(run, home):
    made = run("backup", "--json")
    assert made.exit_code == 0
    assert document(made)["file"].startswith(str(home / "backups"))


def test_what_is_not_empty_gives_6_and_a_damaged_one_4(run, home, tmp_path):
    file = tmp_path / "b.zip"
    run("backup", str(file))
    run("people", "add", "Ada")
    refused = run("restore", str(file))
    assert refused.exit_code == 6
    assert "nothing was written over it" in refused.stderr
    file.write_bytes(file.read_bytes()[:-50])
    assert run("restore", str(file), "--home", str(tmp_path / "new")).exit_code == 4
    assert not (tmp_path / "new").exists()
    assert run("restore", str(tmp_path / "none.zip")).exit_code == 3


def test_over_to_a_team_and_back(run, home, tmp_path, postgres_url):
    url = own_schema(postgres_url)
    run("people", "add", "Ada")
    over = run("migrate", "--to", url)
    assert over.exit_code == 0
    assert "Documents: 1." in over.stdout
    assert "was left as it is" in over.stderr
    assert "postgres@" not in over.output
    assert run("people", "list", "--database", url).stdout == "Ada  viewer\n"
    run("people", "add", "Eve", "--database", url)
    back = run("migrate", "--to", str(tmp_path / "back"), "--database", url, "--json")
    assert back.exit_code == 0
    assert document(back)["totals"]["documents"] == 2
    assert run("people", "list", "--home", str(tmp_path / "back")).stdout == "Ada  viewer\nEve  viewer\n"
    assert run("people", "list").stdout == "Ada  viewer\n"
    assert run("migrate", "--to", url).exit_code == 6
