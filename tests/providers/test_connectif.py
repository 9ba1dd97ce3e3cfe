"""Connectif: the declared platform against what documents and clients show (``tests/golden/connectif``)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.parser import BytesParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from workbench.engine.sync_calls import import_request, request_of
from workbench.engine.sync_read import decoded, learned_of, remote_import, stated_limit
from workbench.models.request import Reply, Request
from workbench.models.shop import ShopSettings
from workbench.models.sync import SyncPlan
from workbench.providers import platform, platforms
from workbench.providers.connectif import PLATFORM

GOLDEN: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "golden" / "connectif" / "connectif.json").read_text(encoding="utf-8")
)
CASES = {case["name"]: case for case in GOLDEN["cases"]}
KEY = "KEYID:SECRET"
OLDER = ShopSettings(paths={"contact_by_email": "/contacts/{email}"})
"""The golden client writes contacts by the older path."""

CONTACT = {
    "_email", "_externalId", "_name", "_surname", "_birthdate", "_mobilePhone", "_points", "_emailStatus", "_mobilePhoneStatus",
    "_newsletterSubscriptionStatus", "_smsSubscriptionStatus",
}  # fmt: skip
PRODUCT = {
    "availability", "brand", "categories", "customField1", "customField2", "customField3", "description", "discountedAmount",
    "discountedPercentage", "imageUrl", "inStockUnits", "isBlacklisted", "name", "priority", "productDetailUrl", "publishedAt", "rating",
    "ratingCount", "relatedExternalProductIds", "reviewCount", "tags", "thumbnailUrl", "unitPrice", "unitPriceOriginal",
    "unitPriceWithoutVAT",
}  # fmt: skip
PURCHASE = {
    "cartId", "contactEmail", "paymentMethod", "purchaseDate", "purchaseId", "totalPrice", "totalQuantity", "products",
}  # fmt: skip


def made(name: str) -> Request:
    """Return the request that we make for a golden case."""
    request = CASES[name]["request"]
    if name == "import_contacts":
        return import_request(
            PLATFORM, OLDER, KEY, SyncPlan(shop_id="s", how="import"), b"_email\r\na@b.com\r\n"
        )
    if name == "import_status":
        return request_of(PLATFORM, OLDER, KEY, "import_get", {"id": request["path"].rpartition("/")[2]})
    if name == "create_purchase":
        return request_of(PLATFORM, OLDER, KEY, "purchase", body={"purchaseId": "1"})
    call = "contact_get" if name == "get_contact" else "contact_by_email"
    return request_of(
        PLATFORM, OLDER, KEY, call, {"email": "john.doe@example.org"}, body=request.get("body_json")
    )


@pytest.mark.parametrize("name", CASES)
def test_each_golden_request_is_the_one_we_make(name: str) -> None:
    golden, request = CASES[name]["request"], made(name)
    assert request.method == golden["method"]
    assert unquote(urlsplit(request.url).path) == golden["path"]
    assert request.url.startswith(GOLDEN["base_url"])
    for header, value in golden.get("headers", {}).items():
        own = request.header(header) or ""
        assert own == value if "..." not in value else own.startswith(value.partition("...")[0])
    if "body_json" in golden:
        assert json.loads(request.body) == golden["body_json"]


def test_the_imports_form_has_the_golden_fields_in_their_order() -> None:
    golden, request = CASES["import_contacts"]["request"], made("import_contacts")
    parts = form_of(request)
    shown = [(name, f"file.csv ({kind})" if filename else value) for name, value, filename, kind in parts]
    assert [list(pair) for pair in shown] == golden["multipart"]


def test_the_golden_refusal_is_read_with_both_spellings_of_its_list() -> None:
    body = {**GOLDEN["errors"]["body"], "productsId": ["shoe"]}
    read = decoded(PLATFORM, Reply(status=400, body=json.dumps(body).encode()))
    assert (read.code, read.ids, read.domains) == ("E0103", ("shoe",), ("http://www.mysite.com",))
    body["productIds"] = body.pop("productsId")
    assert decoded(PLATFORM, Reply(status=400, body=json.dumps(body).encode())).ids == ("shoe",)


def test_every_golden_code_is_declared_and_no_other() -> None:
    assert {code.code for code in PLATFORM.codes} == set(GOLDEN["errors"]["codes"])


def test_the_golden_rate_headers_are_heard() -> None:
    named = {
        name: value.partition(" ")[0]
        for name, value in GOLDEN["rate_limit_headers"].items()
        if name.startswith("X-")
    }
    reply = Reply(status=200, headers=tuple(named.items()))
    heard = learned_of(reply, datetime.fromtimestamp(1580919168 - 30, UTC))
    assert heard is not None
    assert (heard.limit, heard.remaining, heard.reset_s) == (100, 98, 30.0)
    assert stated_limit(reply) == PLATFORM.rate.limit == 100


def test_the_golden_import_answers_are_read() -> None:
    started = remote_import(CASES["import_contacts"]["response"]["body"])
    assert started is not None
    assert (started.id, started.total, started.status) == ("6072374b4d3ceb76e44d4323", 1000, "")
    later = remote_import({"id": started.id, **CASES["import_status"]["response"]["body"]})
    assert later is not None
    assert (later.success, later.errors, later.has_report) == (900, 100, True)


def test_the_platform_is_found_by_its_key() -> None:
    assert platform("connectif") is PLATFORM
    assert "connectif" in platforms()


def test_every_field_of_the_documents_is_declared() -> None:
    declared = {
        entity: {field.id for field in fields if field.write} for entity, fields in PLATFORM.fields.items()
    }
    assert declared["contact"] == CONTACT
    assert declared["product"] == {*PRODUCT, "productId"}
    assert declared["purchase"] == PURCHASE
    assert declared["coupon"] == {"code"}
    assert {field.id for field in PLATFORM.item_fields} == {*PRODUCT, "productId", "quantity", "price"}


def test_what_is_only_read_is_never_written() -> None:
    availability = next(field for field in PLATFORM.fields["product"] if field.id == "availability")
    assert availability.choices == ("instock", "outofstock")
    assert availability.read_choices == ("unverified", "discontinued")
    only_read = {field.id for field in PLATFORM.fields["product"] if not field.write}
    assert only_read == {"id", "createdAt", "updatedAt"}


def test_the_calls_say_which_paths_a_document_shows() -> None:
    assert [call.key for call in PLATFORM.calls] == [
        "contact_by_email", "contact_by_external_id", "contact_get", "contact_delete", "product", "product_get", "purchase",
        "purchase_get", "purchase_by_store_id", "coupon_sets", "coupon_set", "import", "import_get", "imports",
    ]  # fmt: skip
    guessed = {call.key for call in PLATFORM.calls if not call.verified}
    assert guessed == {"contact_by_external_id", "contact_delete", "product_get", "coupon_sets", "coupon_set"}
    assert all(call.permission and call.source.startswith("https://") for call in PLATFORM.calls)


def test_the_authorization_is_the_literal_word_and_the_key() -> None:
    assert PLATFORM.authorization.replace("{api_key}", "<key>") == "apiKey <key>"
    assert GOLDEN["auth"] == "Authorization: apiKey <keyId>:<keySecret>"


def form_of(request: Request) -> list[tuple[str, str, str | None, str]]:
    """Return the parts of a form as another reader has them: name, value, file name, type."""
    head = f"Content-Type: {request.header('Content-Type')}\r\n\r\n".encode()
    message = BytesParser().parsebytes(head + request.body)
    return [
        (
            str(part.get_param("name", header="content-disposition")),
            str(part.get_payload()),
            part.get_filename(),
            part.get_content_type(),
        )
        for part in message.walk()
        if not part.is_multipart()
    ]
