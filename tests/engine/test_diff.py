from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.diff import differences

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=8,
)


def test_each_place_is_named_once() -> None:
    found = differences({"a": 1, "b": [1, 2], "c": {"d": "x"}}, {"a": 2, "b": [1], "e": None})
    assert [(d.path, d.kind) for d in found] == [
        ("a", "changed"),
        ("b[1]", "removed"),
        ("c", "removed"),
        ("e", "added"),
    ]


def test_true_is_not_one() -> None:
    assert [d.kind for d in differences({"a": True}, {"a": 1})] == ["changed"]


@given(JSON)
def test_equal_values_have_no_differences(value: object) -> None:
    assert differences(value, value) == []


@given(JSON, JSON)
def test_it_is_symmetric_in_number(one: object, two: object) -> None:
    assert len(differences(one, two)) == len(differences(two, one))
