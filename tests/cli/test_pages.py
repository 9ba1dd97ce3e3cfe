import json

import pytest

from workbench.cli.pages import SHIPPED, copy_notebooks, folder_of
from workbench.errors import CannotWrite


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "packaged"
    folder.mkdir()
    (folder / "1_one.ipynb").write_text("one")
    (folder / "2_two.ipynb").write_text("two")
    (folder / "readme.txt").write_text("not a notebook")
    return folder


def test_the_pages_are_where_the_package_is():
    for kind in ("dashboards", "notebooks"):
        assert folder_of(kind).is_dir()


def test_all_notebooks_are_copied_at_first_and_none_again(source, tmp_path):
    target = tmp_path / "mine"
    assert copy_notebooks(source, target) == ["1_one.ipynb", "2_two.ipynb"]
    assert copy_notebooks(source, target) == []
    assert sorted(path.name for path in target.iterdir()) == [SHIPPED, "1_one.ipynb", "2_two.ipynb"]


def test_what_a_person_edited_stays(source, tmp_path):
    target = tmp_path / "mine"
    copy_notebooks(source, target)
    (target / "1_one.ipynb").write_text("mine")
    (source / "1_one.ipynb").write_text("newer")
    (source / "2_two.ipynb").write_text("newer")
    assert copy_notebooks(source, target) == ["2_two.ipynb"]
    assert (target / "1_one.ipynb").read_text() == "mine"
    assert (target / "2_two.ipynb").read_text() == "newer"


def test_what_a_person_deleted_comes_back(source, tmp_path):
    target = tmp_path / "mine"
    copy_notebooks(source, target)
    (target / "1_one.ipynb").unlink()
    assert copy_notebooks(source, target) == ["1_one.ipynb"]


@pytest.mark.parametrize("damage", ["", "[]", "{", json.dumps({"1_one.ipynb": 5})])
def test_without_a_record_everything_counts_as_edited(damage, source, tmp_path):
    target = tmp_path / "mine"
    copy_notebooks(source, target)
    (target / SHIPPED).write_text(damage)
    (source / "1_one.ipynb").write_text("newer")
    assert copy_notebooks(source, target) == []
    assert (target / "1_one.ipynb").read_text() == "one"


def test_a_folder_that_cannot_be_made_is_told(source, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotWrite, match="cannot be copied"):
        copy_notebooks(source, tmp_path / "file" / "mine")
