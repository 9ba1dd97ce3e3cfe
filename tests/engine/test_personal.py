"""What came from a contact is taken out of an exchange, in whatever spelling, and its shape stays."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.faults.test_secret_leaks import FORMS, core
from workbench.engine.personal import (
    LEFT_OUT,
    constants_of,
    example_of,
    filled_in,
    form_of,
    impersonal,
    is_pseudonym,
    masking,
    texts_of,
)
from workbench.models.contact import SAMPLE, Contact
from workbench.models.request import RequestView

SALT = b"0" * 16
ANA = Contact(
    identifiers={"email": "zuleika@planted.example", "phone": "+46701740605"},
    variables={
        "name": "Zuleika",
        "paid": True,
        "n": 3,
        "code": "EUR",
        "ok": "ok",
        "deep": {"list": ["Plantedgatan 12", "12"]},
    },
    user_data={"crm": {"city": "Uppsala"}},
)


def request(
    body: str, kind: str = "application/json", url: str = "https://esp.example.com/send"
) -> RequestView:
    return RequestView(method="POST", url=url, headers=(("Content-Type", kind),), body=body, size=len(body))


def test_the_texts_of_a_contact_are_its_identifiers_and_what_is_in_its_variables() -> None:
    assert texts_of(ANA) == [
        "zuleika@planted.example",
        "+46701740605",
        "Zuleika",
        "EUR",
        "Plantedgatan 12",
        "Uppsala",
    ]


@pytest.mark.parametrize("form", FORMS)
def test_no_spelling_of_a_value_survives_and_secrets_go_first(form: str) -> None:
    mask = masking(texts_of(ANA), SALT, {"pl4nted-S3cret/value+99==": "**** 99=="})
    for value in ("zuleika@planted.example", "+46701740605", "Plantedgatan 12", "pl4nted-S3cret/value+99=="):
        told = mask(f"x {FORMS[form](value)} y")
        assert core(form, FORMS[form](value)) not in told
        assert told.startswith("x ")


@pytest.mark.parametrize(
    "text",
    [
        "Call 070-174 06 05 now", "+46 (0)70 174 06 05", "0046701740605", "46701740605", "tel:+46-70-174-06-05", "other@person.example",
        "other%40person.example", "+33 6 12 34 56 78",
    ],
    ids=range(8),
)  # fmt: skip
def test_numbers_as_people_write_them_and_what_looks_like_an_address_go_too(text: str) -> None:
    told = masking(texts_of(ANA), SALT)(text)
    assert is_pseudonym(told), told
    assert not any(part in told for part in ("174", "06 05", "0605", "other", "56 78"))


@pytest.mark.parametrize(
    "text", ["order 1234567890123", "2026-11-22T10:00:00Z", "1763805600", "v1.2.3", "a@b", "+1", "12 345 678"]
)
def test_what_is_no_address_stays(text: str) -> None:
    assert masking(texts_of(ANA), SALT)(text) == text


@given(st.text(max_size=60))
def test_masking_twice_changes_nothing_more(text: str) -> None:
    mask = masking(texts_of(ANA), SALT)
    assert mask(mask(text)) == mask(text)


def test_the_same_value_has_the_same_pseudonym_under_the_same_salt_alone() -> None:
    one, other = masking(["Zuleika"], SALT)("Zuleika"), masking(["Zuleika"], b"1" * 16)("Zuleika")
    assert one == masking(["Zuleika"], SALT)("Zuleika") != other
    assert "Zuleika" not in one


def test_a_request_keeps_the_templates_words_and_nothing_of_the_contact() -> None:
    template = {"from": "Shop", "to": "${User Identifier}", "name": "Dear {{ name }}", "kind": "cart"}
    sent = request(
        json.dumps(
            {
                "from": "Shop",
                "to": "z***@planted.example #3f9a1c",
                "name": "Dear Unknown",
                "kind": "cart",
                "n": 12345678,
                "few": 3,
            }
        )
    )
    constants = constants_of(template)
    assert filled_in(sent, constants) == ["Dear Unknown"]
    shown = impersonal(sent, constants, masking(texts_of(ANA), SALT))
    assert json.loads(shown.body) == {
        "from": "Shop", "to": "z***@planted.example #3f9a1c", "name": LEFT_OUT, "kind": "cart", "n": LEFT_OUT, "few": 3,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "kind", "filled", "shown"),
    [
        (
            "to=zuleika%40planted.example&text=Hi+Unknown&n=3", "application/x-www-form-urlencoded",
            ["zuleika@planted.example", "Hi Unknown"], "text=***&n=3",
        ),
        (
            '--b\r\nContent-Disposition: form-data; name="text"\r\n\r\nHi Unknown\r\n--b--\r\n', "multipart/form-data; boundary=b",
            ["Hi Unknown"], "text=***",
        ),
        ("<m to=\"Unknown\"><b>Hi you</b></m>", "application/xml", ["Unknown", "Hi you"], "***"),
        ("", "application/json", [], ""),
    ],
    ids=["form", "multipart", "xml", "empty"],
)  # fmt: skip
def test_other_bodies_are_taken_apart_or_left_out(
    body: str, kind: str, filled: list[str], shown: str
) -> None:
    sent = request(body, kind)
    assert filled_in(sent, ()) == filled
    assert impersonal(sent, (), masking(texts_of(ANA), SALT)).body.endswith(shown)
    assert (form_of(sent) is None) is ("form" not in kind)


def test_the_query_of_an_address_is_masked() -> None:
    url = f"https://esp.example.com/send?to={quote('zuleika@planted.example')}&n=1"
    shown = impersonal(request("", url=url), (), masking(texts_of(ANA), SALT)).url
    assert shown.startswith("https://esp.example.com/send?to=z***")
    assert "zuleika" not in shown
    assert (
        impersonal(request("", url="https://x.example/a?b=1"), (), masking([], SALT)).url
        == "https://x.example/a?b=1"
    )


def test_the_made_up_contact_has_the_shape_and_nothing_else() -> None:
    more = {
        "at": "2026-03-01T10:00:00Z", "day": "2026-03-01", "site": "https://me.example/zuleika", "phone": "070-174 06 05", "no": "12345",
        "empty": "", "ratio": 0.25,
    }  # fmt: skip
    contact = ANA.model_copy(update={"variables": {**ANA.variables, **more}})
    made = example_of(contact, "email")
    assert made.identifiers == {"email": SAMPLE.identifiers["email"], "phone": SAMPLE.identifiers["phone"]}
    assert made.variables == {
        "name": "Example", "paid": True, "n": 1, "code": "Example", "ok": "Example", "deep": {"list": ["Example", "1"]},
        "at": "2026-01-31T12:00:00Z", "day": "2026-01-31", "site": "https://www.example.com/", "phone": SAMPLE.identifiers["phone"],
        "no": "1", "empty": "", "ratio": 1.5,
    }  # fmt: skip
    assert made.user_data == {"crm": {"city": "Example"}}
    assert example_of(Contact(), "loyalty").identifiers == {"loyalty": "customer-1001"}
