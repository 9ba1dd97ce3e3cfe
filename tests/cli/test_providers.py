from tests.cli.conftest import document
from workbench.providers import every


def test_the_list_is_the_catalogue(run):
    assert [row["key"] for row in document(run("providers", "--json"))] == list(every())
    shown = run("providers").stdout
    assert all(key in shown for key in every())


def test_the_table_has_a_row_for_each_provider(run):
    rows = run("providers", "--markdown").stdout.splitlines()
    assert len(rows) == len(every()) + 2
    assert len({row.count("|") for row in rows}) == 1
