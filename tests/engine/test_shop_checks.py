"""What is said of a shop before anybody asks its platform: name, key, address, paths, domains, fields (R-SYNC-01, 02, 03)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.shop_checks import SHOP_STEPS, check_shop, step_of, tidy_shop
from workbench.engine.shop_registry import REGISTRY_TYPES, check_registry, read_registry, tidy_field
from workbench.models.base import Problem, SecretRef
from workbench.models.shop import ShopSettings
from workbench.models.sync_platform import ShopField
from workbench.providers import platform

CONNECTIF = platform("connectif")
REF = SecretRef(handle="sec_0123456789", hint="**** wxyz")
KEY = "a1B2c3D4e5F6g7H8i9J0k1:l2M3n4O5p6Q7r8S9t0U1v2"


def shop(**more: Any) -> ShopSettings:
    return ShopSettings(name="Our shop", api_key=REF).model_copy(update=more)


def told(settings: ShopSettings, key: str | None = KEY, others: tuple[str, ...] = ()) -> list[Problem]:
    return check_shop(settings, CONNECTIF, others=others, key=key)


def one(settings: ShopSettings, key: str | None = KEY, others: tuple[str, ...] = ()) -> tuple[str, str, str]:
    """Return field, level and sentence of the only problem."""
    (problem,) = told(settings, key, others)
    return problem.field, problem.level, str(problem.sentence)


def test_the_least_that_a_shop_needs_is_its_name_and_its_key() -> None:
    assert told(shop()) == []
    assert one(shop(api_key=None), None)[:2] == ("api_key", "error")
    assert one(shop(name=" "))[:2] == ("name", "error")


def test_a_name_is_one_line_not_too_long_and_nobody_elses() -> None:
    assert one(shop(name="a\nb"))[0] == "name"
    assert "101 characters" in one(shop(name="x" * 101))[2]
    assert "Choose another name" in one(shop(name="our SHOP"), others=("Our shop",))[2]


@pytest.mark.parametrize(
    ("key", "level", "words"),
    [
        ("apiKey " + KEY, "error", "begins with the word “apiKey”"),
        ("APIKEY " + KEY, "error", "begins with the word “apiKey”"),
        ("your-api-key-here", "error", "stands for the real key"),
        ("<api key>", "error", "stands for the real key"),
        (KEY[:10] + " " + KEY[10:], "error", "holds a blank"),
        (KEY[:10] + "\n" + KEY[10:], "error", "holds a blank"),
        (KEY + "é", "error", "holds a blank"),
        (KEY[:-1], "warning", "**** 0U1v"),
        ("some-other-key-0123456789", "warning", "does not look like"),
    ],
)
def test_a_key_is_judged_by_its_form_and_never_repeated(key: str, level: str, words: str) -> None:
    field, found, sentence = one(shop(), key)
    assert (field, found) == ("api_key", level)
    assert words in sentence
    assert key not in sentence
    assert KEY[:22] not in sentence


def test_blanks_around_a_key_are_no_fault_of_it() -> None:
    assert told(shop(), f"  {KEY}\n\u200b") == []
    assert told(shop(), None) == [], "one that is not opened is not judged"


def test_the_address_is_https_and_another_one_than_the_platforms_is_pointed_out() -> None:
    assert told(shop(base_url="https://api.connectif.cloud")) == []
    assert one(shop(base_url="http://api.connectif.cloud"))[:2] == ("base_url", "error")
    assert one(shop(base_url="https://api.connectif.cloud?x=1"))[:2] == ("base_url", "error")
    assert one(shop(base_url="https://u:p@api.connectif.cloud"))[:2] == ("base_url", "error")
    field, level, sentence = one(shop(base_url="https://api.conectif.cloud"))
    assert (field, level) == (
        "base_url",
        "warning",
    )
    assert "api.conectif.cloud is not a server of Connectif" in sentence
    assert one(shop(base_url="http://127.0.0.1:8000"))[:2] == ("base_url", "error")
    assert told(shop(base_url="http://127.0.0.1:8000", local_test=True)) == []


def test_paths_may_be_changed_where_they_keep_their_places() -> None:
    own = {"contact_by_external_id": "/v2/contacts/external/{external_id}"}
    assert told(shop(paths=own)) == []
    assert one(shop(paths={"contact_by_external_id": "/v2/contacts"}))[0] == "paths.contact_by_external_id"
    field, level, sentence = one(shop(paths={"contact_by_mail": "/x"}))
    assert (field, level) == ("paths", "error")
    assert "Did you mean “contact_by_email”" in sentence
    assert "Take its path out" in one(shop(paths={"zzzz": "/x"}))[2]
    assert "At most 100" in one(shop(paths={f"call{number}": "/x" for number in range(101)}))[2]


@pytest.mark.parametrize(
    "domain",
    ["*.shop.example", "shop.example:8080", "a b.example", "me@shop.example", "127.0.0.1", "-x.example"],
)
def test_what_is_no_domain_is_named(domain: str) -> None:
    field, level, sentence = one(shop(domains=("www.shop.example", domain)))
    assert (field, level) == ("domains.1", "error")
    assert domain in sentence


def test_domains_are_taken_from_whatever_was_pasted_each_once() -> None:
    typed = ("HTTPS://WWW.Shop.example/cat?x=1", "www.shop.example", "", "shop.example.")
    assert tidy_shop(shop(domains=typed)).domains == ("www.shop.example", "shop.example")
    assert told(shop(domains=("münchen.example",))) == []
    assert "At most 200" in one(shop(domains=tuple(f"a{n}.example" for n in range(201))))[2]


def test_a_site_outside_the_domains_is_pointed_out() -> None:
    inside = shop(site="https://www.shop.example", domains=("www.shop.example",))
    assert told(inside) == []
    field, level, sentence = one(inside.model_copy(update={"site": "https://shop.example/pt"}))
    assert (field, level) == ("domains", "warning")
    assert "shop.example" in sentence
    assert one(shop(site="shop.example"))[:2] == ("site", "error")
    assert one(shop(script_id="<script src=x>"))[:2] == ("script_id", "error")
    assert told(shop(script_id="5f8a-11_b")) == []
    assert told(shop(script_id="eu8/0f3c6a1e-77aa")) == [], "with the stage before it, as the loader takes it"
    assert one(shop(script_id="eu8/a/0f3c6a1e"))[:2] == ("script_id", "error")


def test_a_pace_above_the_usual_one_and_times_that_do_not_fit_are_told() -> None:
    assert told(shop(calls_per_min=100)) == []
    assert one(shop(calls_per_min=101))[:2] == ("calls_per_min", "warning")
    assert one(shop(connect_s=30, total_s=10))[:2] == ("total_s", "error")


def test_without_a_platform_what_hangs_on_it_is_not_judged() -> None:
    strange = shop(paths={"nobody": "x"}, base_url="https://other.example", calls_per_min=9_999)
    assert check_shop(strange, key=KEY[:-1]) == []


def test_each_field_has_the_step_of_the_form_that_it_is_typed_in() -> None:
    wrong = shop(
        name="", api_key=None, paths={"zzzz": "/"}, domains=("*",), fields=(ShopField(id=""),), base_url="x", site="x"
    )  # fmt: skip
    steps = [step_of(problem.field) for problem in told(wrong, None)]
    assert set(steps) == set(SHOP_STEPS)
    assert steps == sorted(steps, key=SHOP_STEPS.index), "in the order of the form"


def test_what_is_kept_is_tidied() -> None:
    typed = shop(
        name="  Our   shop ", base_url=" https://api.connectif.cloud/ ", script_id=" a ",
        paths={"product": " /p/{id} ", "purchase": " "},
    )  # fmt: skip
    settings = tidy_shop(typed)
    assert (settings.name, settings.base_url, settings.script_id) == (
        "Our shop",
        "https://api.connectif.cloud",
        "a",
    )
    assert settings.paths == {"product": "/p/{id}"}


# -- the registry of fields --------------------------------------------------------------------------------------------------


def fields(*found: ShopField) -> list[tuple[str, str]]:
    return [(one.field, one.level) for one in check_registry(found, CONNECTIF.fields["contact"])]


def test_every_type_of_a_contacts_own_fields_is_taken_and_no_other() -> None:
    choices = {"radio": ("a", "b"), "checkbox": ("a",)}
    assert (
        fields(
            *(ShopField(id=f"f_{kind}", type=kind, choices=choices.get(kind, ())) for kind in REGISTRY_TYPES)
        )
        == []
    )
    for kind in ("money", "url", "texts", "items"):
        assert fields(ShopField(id="f", type=kind)) == [("fields.0.type", "error")]


@pytest.mark.parametrize("id", ["", "loyalty level", "nível", "a" * 101, "a/b", "_email", "_EMAIL"])
def test_an_id_that_no_field_has_is_refused(id: str) -> None:
    assert fields(ShopField(id="fine"), ShopField(id=id)) == [("fields.1.id", "error")]


def test_an_id_twice_names_the_row_of_the_first() -> None:
    twice = (ShopField(id="level"), ShopField(id="other"), ShopField(id="Level"))
    (problem,) = check_registry(twice)
    assert problem.field == "fields.2.id"
    assert "row 1" in str(problem.sentence)


def test_choices_belong_to_fields_that_choose() -> None:
    assert fields(ShopField(id="f", choices=("a",))) == [("fields.0.choices", "error")]
    assert fields(ShopField(id="f", type="radio")) == [("fields.0.choices", "warning")]
    assert fields(ShopField(id="f", type="radio", choices=("a", " "))) == [("fields.0.choices", "error")]
    assert fields(ShopField(id="f", type="radio", choices=("a", "b", "a"))) == [("fields.0.choices", "error")]
    many = tuple(str(number) for number in range(501))
    assert fields(ShopField(id="f", type="radio", choices=many)) == [("fields.0.choices", "error")]


def test_bounds_titles_and_numbers_of_fields() -> None:
    assert fields(ShopField(id="f", type="integer", least=2, most=1)) == [("fields.0.least", "error")]
    assert fields(ShopField(id="f", title="x" * 201)) == [("fields.0.title", "error")]
    assert fields(*(ShopField(id=f"f{number}") for number in range(501))) == [("fields", "error")]


def test_a_pasted_list_is_read_line_by_line_whatever_parts_it() -> None:
    wanted = ("level", "radio", "Level, in words", ("gold", "silver"))
    for text in (
        'Id;Type;Title;Choices\nlevel;radio;"Level, in words";gold | silver\n\nnick',
        "level\tRadio\tLevel, in words\tgold|silver|\nnick\t\t",
    ):
        (first, second), problems = read_registry(text)
        assert (first.id, first.type, first.title, first.choices) == wanted
        assert (second.id, second.type, second.custom, problems) == ("nick", "text", True, ())
    (only,), _ = read_registry("shoe_size, integer, Shoe size, 1 | 2")
    assert (only.id, only.type, only.title, only.choices) == ("shoe_size", "integer", "Shoe size", ())


def test_lines_that_cannot_be_read_are_named_each() -> None:
    fields, problems = read_registry("a, number\nb\nc, money")
    assert [one.id for one in fields] == ["b"]
    assert [one.line for one in problems] == [1, 3]
    assert "Write one a line" in str(read_registry(" \n")[1][0].sentence)


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading_of_a_list(text: str) -> None:
    fields, problems = read_registry(text)
    assert fields or problems


@given(
    st.builds(
        ShopField,
        id=st.text(max_size=12), title=st.text(max_size=12), type=st.sampled_from(REGISTRY_TYPES),
        choices=st.lists(st.text(max_size=4), max_size=4).map(tuple), least=st.none() | st.floats(-5, 5), most=st.none() | st.floats(-5, 5),
    )
)  # fmt: skip
def test_a_tidied_field_is_the_shops_own_and_stays_tidied(field: ShopField) -> None:
    tidied = tidy_field(field)
    assert tidied.custom
    assert tidied.write
    assert tidy_field(tidied) == tidied
    assert not tidied.choices or tidied.type in ("radio", "checkbox")
    assert tidied.least is None or tidied.type in ("integer", "decimal")


@given(st.builds(ShopSettings, name=st.text(max_size=20), base_url=st.text(max_size=20), site=st.text(max_size=20),
                 domains=st.lists(st.text(max_size=15), max_size=4).map(tuple),
                 paths=st.dictionaries(st.sampled_from(["product", "zzzz"]), st.text(max_size=15), max_size=2)))  # fmt: skip
def test_no_text_breaks_the_check_and_tidying_twice_is_tidying_once(settings: ShopSettings) -> None:
    tidied = tidy_shop(settings)
    assert tidy_shop(tidied) == tidied
    assert all(str(problem.sentence) for problem in told(settings))
