"""What a shop sends its platform: paths, queries, exact numbers, the form of an import."""

from __future__ import annotations

import json
from decimal import Decimal
from email.parser import BytesParser
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.adapters.wire import outgoing_headers
from workbench.engine.sync_calls import (
    account_of_shop,
    check_import,
    check_path,
    exact_json,
    import_request,
    next_request,
    path_of,
    request_of,
    same_server,
    without_file,
)
from workbench.engine.sync_private import contact_texts, masked_body, parts_in, recipient_of
from workbench.errors import Invalid, Refused
from workbench.models.base import SecretRef
from workbench.models.request import Reply
from workbench.models.shop import ShopSettings
from workbench.models.sync import SyncPlan
from workbench.providers.connectif import PLATFORM

KEY = "AAAAAAAAAAAAAAAAAAAAAA:BBBBBBBBBBBBBBBBBBBBBB"
SHOP = ShopSettings()
FILE = b"_email,_name\r\nana@example.com,Ana\r\n"

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60).filter(
    lambda text: bool(text.strip()) and text not in (".", "..")
)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
amounts = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15, places=4)
leaves = amounts | st.integers(-(2**60), 2**60) | st.booleans() | st.none() | words


def url(call: str, parts: dict[str, str] | None = None, **more: Any) -> str:
    return request_of(PLATFORM, more.pop("settings", SHOP), KEY, call, parts, **more).url


# -- addresses ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("email", "written"),
    [
        ("a+b@x.com", "a%2Bb%40x.com"),
        ("ana@example.com", "ana%40example.com"),
        ("o'neil/é@exämple.com", "o%27neil%2F%C3%A9%40ex%C3%A4mple.com"),
        ("a?b#c%d@x.com", "a%3Fb%23c%25d%40x.com"),
        ("a b@x.com", "a%20b%40x.com"),
    ],
)
def test_an_email_is_percent_encoded_whole(email: str, written: str) -> None:
    assert (
        url("contact_by_email", {"email": email}) == f"https://api.connectif.cloud/contacts/email/{written}"
    )


@settings(max_examples=50)
@given(texts)
def test_whatever_stands_in_a_path_stays_in_its_segment_and_comes_back(value: str) -> None:
    path = urlsplit(url("product", {"id": value})).path
    assert path.count("/") == 3
    assert unquote(path.rpartition("/")[2]) == value
    assert parts_in(PLATFORM, SHOP, "product", f"https://api.connectif.cloud{path}") == {"id": value}


@pytest.mark.parametrize("value", ["", "  ", ".", "..", "x" * 1001, "half \ud800 a character"])
def test_what_cannot_stand_in_a_path_is_refused(value: str) -> None:
    with pytest.raises(Invalid) as refused:
        url("product", {"id": value})
    assert refused.value.problems[0].field == "id"


def test_a_part_that_is_missing_is_refused() -> None:
    with pytest.raises(Invalid, match="empty"):
        url("product")


def test_the_shops_own_address_and_paths_go_before_the_platforms() -> None:
    own = ShopSettings(base_url=" https://api.example.com/v2/ ", paths={"coupon_sets": "/coupons/sets"})
    assert url("coupon_sets", settings=own) == "https://api.example.com/v2/coupons/sets"
    assert path_of(PLATFORM, own, "coupon_sets") == ("/coupons/sets", False)
    assert path_of(PLATFORM, SHOP, "coupon_sets") == ("/coupon-sets", False)
    assert path_of(PLATFORM, SHOP, "purchase") == ("/purchases/", True)
    same = ShopSettings(paths={"purchase": "/purchases/"})
    assert path_of(PLATFORM, same, "purchase") == ("/purchases/", True)


def test_a_query_is_written_in_its_order_with_words_for_true_and_false() -> None:
    assert url("purchase", query={"triggerPurchaseEvent": False}).endswith(
        "/purchases/?triggerPurchaseEvent=false"
    )
    assert url("imports", query=[("a", "x y&z"), ("b", 2)]).endswith("/imports?a=x%20y%26z&b=2")
    assert url("imports", query={"after": None}).endswith("/imports")


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("contacts/{email}", "begins with one"),
        ("//evil.example/{email}", "begins with one"),
        ("/contacts/{email}?x=1", "no path has"),
        ("/contacts/{email} ", ""),
        ("/con tacts/{email}", "no path has"),
        ("/contacts/{email}#x", "no path has"),
        ("/contacts/%zz/{email}", "no path has"),
        ("/contacts/../{email}", "cannot stand"),
        ("/contacts", "needs the place {email}"),
        ("/contacts/{id}/{email}", "{id} that this call does not fill"),
        ("/contacts/{email}/{email}", "twice"),
        ("/contacts/{email", "brace"),
        ("/contacts/{E}/{email}", "brace"),
        ("/" + "x" * 600 + "{email}", "characters"),
        ("", "begins with one"),
        ("/contacts/by-email/{email}/", ""),
    ],
)
def test_a_path_that_a_person_changes_is_checked(path: str, word: str) -> None:
    problems = check_path(PLATFORM, "contact_by_email", path)
    assert [problem.field for problem in problems] == (["paths.contact_by_email"] if word else [])
    assert all(word in str(problem.sentence) for problem in problems)


def test_every_declared_path_passes_its_own_check() -> None:
    assert [problem for call in PLATFORM.calls for problem in check_path(PLATFORM, call.key, call.path)] == []


# -- headers and bodies ------------------------------------------------------------------------------------------------


def test_a_call_carries_the_key_after_the_literal_word() -> None:
    request = request_of(PLATFORM, SHOP, f" {KEY}\n", "product", {"id": "1"}, body={"name": "Shoe"})
    assert dict(request.headers) == {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Authorization": f"apiKey {KEY}",
    }
    assert request.provider == "connectif"
    assert outgoing_headers(request)  # the wire takes it


def test_a_call_without_a_body_names_no_type() -> None:
    request = request_of(PLATFORM, SHOP, KEY, "imports")
    assert (request.body, request.header("Content-Type")) == (b"", None)


@pytest.mark.parametrize("key", ["schlüssel", "two\nlines", "a\x00b"])
def test_a_key_that_no_header_takes_is_refused(key: str) -> None:
    with pytest.raises(Invalid) as refused:
        request_of(PLATFORM, SHOP, key, "imports")
    assert refused.value.problems[0].field == "api_key"
    assert key not in str(refused.value)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Decimal("1.10"), "1.10"),
        (Decimal("0.1") + Decimal("0.2"), "0.3"),
        (Decimal("1E+3"), "1000"),
        (Decimal("1E-7"), "0.0000001"),
        (Decimal("-0.00"), "0.00"),
        (Decimal("12345678901234567890.01"), "12345678901234567890.01"),
        (1.5, "1.5"),
        (3, "3"),
        (True, "true"),
        (None, "null"),
        ("é\n\"", '"é\\n\\""'),
        ([Decimal("1.0"), ()], "[1.0,[]]"),
        ({"a": {"b": Decimal("2")}, "c": 1}, '{"a":{"b":2},"c":1}'),
    ],
)  # fmt: skip
def test_a_body_is_compact_json_with_exact_numbers(value: Any, written: str) -> None:
    assert exact_json(value).decode() == written


@settings(max_examples=25)
@given(st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(words, inner), max_leaves=20))
def test_every_amount_comes_back_digit_for_digit(value: Any) -> None:
    assert json.loads(exact_json(value), parse_float=Decimal) == value


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), float("nan"), float("-inf")])
def test_what_json_has_no_number_for_is_refused(value: Any) -> None:
    with pytest.raises(Invalid, match="not a number"):
        exact_json({"price": value})


# -- the next page -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("link", "same"),
    [
        ("https://api.connectif.cloud/imports?from=2", True),
        ("https://API.connectif.cloud:443/imports", True),
        ("https://api.connectif.cloud.evil.example/imports", False),
        ("https://evil.example/imports", False),
        ("http://api.connectif.cloud/imports", False),
        ("https://api.connectif.cloud:8443/imports", False),
        ("https://api.connectif.cloud@evil.example/imports", False),
        ("https://user@api.connectif.cloud/imports", False),
        ("https://api.connectif.cloud\\@evil.example/", False),
        ("//evil.example/imports", False),
        ("https://[half", False),
        ("", False),
    ],
)
def test_a_next_link_is_followed_on_the_same_server_alone(link: str, same: bool) -> None:
    assert same_server("https://api.connectif.cloud", link) is same
    if same:
        assert next_request(PLATFORM, SHOP, KEY, link).url == link
    else:
        with pytest.raises(Refused, match="was not followed"):
            next_request(PLATFORM, SHOP, KEY, link)


# -- imports -----------------------------------------------------------------------------------------------------------


def plan(**more: Any) -> SyncPlan:
    return SyncPlan(shop_id="shop_1", how="import", **more)


def form(file: bytes = FILE, name: str = "contacts.csv", **more: Any) -> list[tuple[str, bytes, str | None]]:
    request = import_request(PLATFORM, SHOP, KEY, plan(**more), file, name)
    head = f"Content-Type: {request.header('Content-Type')}\r\n\r\n".encode()
    message = BytesParser().parsebytes(head + request.body)
    return [
        (
            str(part.get_param("name", header="content-disposition")),
            bytes(part.get_payload(decode=True) or b""),
            part.get_filename(),
        )
        for part in message.walk()
        if not part.is_multipart()
    ]


def test_an_import_is_a_form_whose_file_comes_last() -> None:
    assert form(delimiter=";", update_only_empty=True) == [
        ("type", b"contacts", None),
        ("delimiter", b";", None),
        ("overrideExisting", b"true", None),
        ("updateOnlyEmptyFields", b"true", None),
        ("file", FILE, "contacts.csv"),
    ]


def test_coupons_name_their_set() -> None:
    fields = [(name, value) for name, value, _ in form(entity="coupon", coupon_set_id=" c1 ")]
    assert fields[-2:] == [("couponSetId", b"c1"), ("file", FILE)]
    assert fields[0] == ("type", b"coupons")


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"entity": "purchase"}, "entity"),
        ({"update_only_empty": True, "override_existing": False}, "update_only_empty"),
        ({"entity": "coupon"}, "coupon_set_id"),
        ({"entity": "product", "coupon_set_id": "c1"}, "coupon_set_id"),
    ],
)
def test_options_that_contradict_each_other_are_refused(options: dict[str, Any], field: str) -> None:
    assert [problem.field for problem in check_import(PLATFORM, plan(**options))] == [field]
    with pytest.raises(Invalid):
        import_request(PLATFORM, SHOP, KEY, plan(**options), FILE)


def test_the_boundary_occurs_nowhere_in_the_file() -> None:
    first = import_request(PLATFORM, SHOP, KEY, plan(), b"x" * 60)
    boundary = (first.header("Content-Type") or "").partition("boundary=")[2]
    spoilt = boundary.encode().ljust(60, b"x")
    second = import_request(PLATFORM, SHOP, KEY, plan(), spoilt)
    other = (second.header("Content-Type") or "").partition("boundary=")[2]
    assert other != boundary
    assert other.encode() not in spoilt


@pytest.mark.parametrize("name", ['a"b.csv', "ümläut.csv", "a\r\nX-Evil: 1.csv", "", "../x.csv"])
def test_a_files_name_cannot_leave_its_header(name: str) -> None:
    assert [part[0] for part in form(name=name)][-1] == "file"
    assert form(name=name)[-1][1] == FILE


@settings(max_examples=30)
@given(st.binary(max_size=300))
def test_a_file_arrives_byte_for_byte_and_is_never_shown(file: bytes) -> None:
    request = import_request(PLATFORM, SHOP, KEY, plan(), file)
    begins = request.body.index(b"text/csv\r\n\r\n") + 12
    boundary = (request.header("Content-Type") or "").partition("boundary=")[2].encode()
    assert request.body[begins:] == file + b"\r\n--" + boundary + b"--\r\n"
    shown = without_file(request)
    assert shown.body[begins:] == f"({len(file)} bytes)".encode() + b"\r\n--" + boundary + b"--\r\n"


def test_a_request_without_a_file_is_shown_as_it_is() -> None:
    request = request_of(PLATFORM, SHOP, KEY, "product", {"id": "1"}, body={"name": "Shoe"})
    assert without_file(request) is request


# -- accounts ----------------------------------------------------------------------------------------------------------


def test_a_shop_is_one_account_and_a_draft_goes_by_its_key() -> None:
    named = ShopSettings(base_url="https://api.example.com/v2", name="one")
    assert account_of_shop("shop_1", named) == "connectif:api.example.com:shop_1"
    assert account_of_shop("shop_2", named) != account_of_shop("shop_1", named)
    draft = ShopSettings(api_key=SecretRef(handle="sec_abcdefgh", hint="****"))
    other = ShopSettings(api_key=SecretRef(handle="sec_12345678", hint="****"))
    assert account_of_shop("", draft) != account_of_shop("", other)
    assert "sec_abcdefgh" not in account_of_shop("", draft)


# -- whose texts they are ----------------------------------------------------------------------------------------------


def test_the_texts_of_a_contact_are_found_in_call_and_answer_and_choices_are_none() -> None:
    body = {"_name": "Ana", "_emailStatus": "active", "hobbies": ["chess"], "_points": 3, "_surname": ""}
    request = request_of(PLATFORM, SHOP, KEY, "contact_by_email", {"email": "a+b@x.com"}, body=body)
    reply = Reply(
        status=200, body=b'{"id": "65c1", "_email": "a+b@x.com", "city": "Porto", "createdAt": "now"}'
    )
    found = contact_texts(PLATFORM, SHOP, "contact_by_email", request, reply)
    assert found == ("a+b@x.com", "Ana", "chess", "Porto")
    assert recipient_of(PLATFORM, SHOP, "contact_by_email", request) == "a+b@x.com"


def test_a_contacts_body_is_masked_where_its_texts_stand() -> None:
    body = {
        "_name": "Ana",
        "_emailStatus": "active",
        "hobbies": ["chess", ""],
        "_points": 3,
        "more": {"x": ["y", Decimal("1.10")]},
    }
    masked = masked_body(PLATFORM, SHOP, "contact_by_email", exact_json(body), lambda text: f"<{len(text)}>")
    assert masked == (
        b'{"_name":"<3>","_emailStatus":"active","hobbies":["<5>",""],"_points":3,"more":{"x":["<1>",1.10]}}'
    )
    other = exact_json({"contactEmail": "ana@example.com"})
    assert masked_body(PLATFORM, SHOP, "purchase", other, str.upper) is other
    kept = b'{"id":"x","title":"y","createdAt":"z"}'
    assert (
        masked_body(PLATFORM, SHOP, "contact_get", kept, str.upper)
        == b'{"id":"X","title":"Y","createdAt":"Z"}'
    )
    assert (
        masked_body(PLATFORM, SHOP, "contact_get", kept, str.upper, answer=True)
        == b'{"id":"x","title":"Y","createdAt":"z"}'
    )
    assert masked_body(PLATFORM, SHOP, "contact_get", b" ", str.upper) == b" "
    for rubbish in (b"{", b"[" * 100_000, b'{"_name": "\xe9"}', "{}".encode("utf-16"), b"plain"):
        assert masked_body(PLATFORM, SHOP, "contact_get", rubbish, str.upper) is None
    request = request_of(
        PLATFORM, SHOP, KEY, "contact_by_email", {"email": "a+b@x.com"}, body={**body, "_externalId": "e1"}
    )
    assert contact_texts(PLATFORM, SHOP, "contact_by_email", request, names_only=True) == ("a+b@x.com", "e1")


def test_of_a_purchase_only_the_buyer_is_a_contacts() -> None:
    body = {
        "purchaseId": "p1",
        "contactEmail": "ana@example.com",
        "products": [{"name": "Shoe", "productId": "1"}],
    }
    request = request_of(PLATFORM, SHOP, KEY, "purchase", body=body)
    reply = Reply(
        status=200, body=b'[{"contactEmail": "bo@example.com"}, {"deep": {"email": "cy@example.com"}}]'
    )
    assert contact_texts(PLATFORM, SHOP, "purchase", request, reply) == (
        "ana@example.com",
        "bo@example.com",
        "cy@example.com",
    )
    assert recipient_of(PLATFORM, SHOP, "purchase", request) == "ana@example.com"
    assert recipient_of(PLATFORM, SHOP, "imports", request_of(PLATFORM, SHOP, KEY, "imports")) == ""


@settings(max_examples=25)
@given(st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(words, inner), max_leaves=20))
def test_any_answer_is_searched_without_a_fault(value: Any) -> None:
    request = request_of(PLATFORM, SHOP, KEY, "contact_get", {"email": "ana@example.com"})
    reply = Reply(status=200, body=exact_json(value))
    assert contact_texts(PLATFORM, SHOP, "contact_get", request, reply)[0] == "ana@example.com"
