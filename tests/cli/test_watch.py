from workbench.cli.watch import Place, reserve, without_secrets
from workbench.sentence import say


def test_a_process_without_secrets_gets_what_it_needs_and_nothing_else():
    given = {
        "PATH": "/bin",
        "HOME": "/home/ada",
        "LANG": "pt_PT.UTF-8",
        "LC_ALL": "C",
        "PYTHONPATH": "/x",
        "VIRTUAL_ENV": "/venv",
        "XDG_DATA_HOME": "/data",
        "WORKBENCH_KEY": "k",
        "WORKBENCH_HOME": "/home",
        "WORKBENCH_DATABASE": "postgresql://user:password@host/db",
        "AWS_SECRET_ACCESS_KEY": "s",
        "SENDGRID_API_KEY": "s",
        "PGPASSWORD": "s",
        "PATHS_OF_MINE": "s",
        "HOMEBREW_GITHUB_API_TOKEN": "s",
        "DBUS_SESSION_BUS_ADDRESS": "unix:path=/run/keyring",
        "LANGUAGE_MODEL_KEY": "s",
    }
    kept = without_secrets(given)
    assert set(kept) == {"PATH", "HOME", "LANG", "LC_ALL", "PYTHONPATH", "VIRTUAL_ENV", "XDG_DATA_HOME"}
    assert "s" not in kept.values()


def test_any_free_port_is_another_one_each_time():
    places = [Place(say("the thing"), "--port", 0) for _ in range(20)]
    assert len(set(reserve(places))) == 20
