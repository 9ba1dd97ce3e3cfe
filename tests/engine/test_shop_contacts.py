"""Contacts: the key they go by, their statuses, and the shop's own fields (R-SYNC-02, R-SYNC-03)."""

from __future__ import annotations

import pytest

from tests.engine.shop_tables import PLATFORM, SHOP, told
from workbench.engine.shop_contacts import check_contact, read_contact
from workbench.engine.shop_fields import key_field, parts_of, write_call
from workbench.models.shop_data import ContactRecord


@pytest.mark.parametrize(
    ("given", "sent", "lower_local"),
    [
        ("Ana.Silva@EXAMPLE.com", "Ana.Silva@example.com", False),
        ("Ana.Silva@EXAMPLE.com", "ana.silva@example.com", True),
        (" ana+b@example.com ", "ana+b@example.com", False),
        ("ana@Pão.example", "ana@xn--po-sia.example", False),
    ],
)
def test_the_address_is_lower_cased_in_its_domain_alone(given: str, sent: str, lower_local: bool) -> None:
    shop = SHOP.model_copy(update={"lower_local": lower_local})
    made, problems = read_contact(ContactRecord(email=given), PLATFORM, shop)
    assert made.email == sent
    assert not any(one.blocks for one in problems)


def test_the_key_may_stand_among_the_fields() -> None:
    made, problems = read_contact(
        ContactRecord(fields={"_email": "ana@example.com", "_name": "Ana", "_externalId": 7}), PLATFORM, SHOP
    )
    assert (made.email, made.fields, problems) == (
        "ana@example.com",
        {"_name": "Ana", "_externalId": "7"},
        (),
    )
    made, problems = read_contact(
        made.model_copy(update={"external_id": "7"}), PLATFORM, SHOP, by="external_id"
    )
    assert (made.external_id, problems) == ("7", ())
    assert "_externalId" not in made.fields


def test_problems_name_each_field() -> None:
    contact = ContactRecord(
        email="ana",
        fields={"_nam": "Ana", "_emailStatus": "on", "spent": "1,5", "_birthdate": "x", "_points": 1.5},
    )
    assert list(told(check_contact(contact, PLATFORM, SHOP))) == [
        "_email",
        "_nam",
        "_emailStatus",
        "spent",
        "_birthdate",
        "_points",
    ]
    assert "_name" in told(check_contact(contact, PLATFORM, SHOP))["_nam"]
    assert list(told(check_contact(ContactRecord(), PLATFORM, SHOP))) == ["_email"]
    assert list(told(check_contact(ContactRecord(external_id=".."), PLATFORM, SHOP, by="external_id"))) == [
        "_externalId"
    ]


def test_a_slip_of_the_domain_is_asked_about() -> None:
    [doubt] = check_contact(ContactRecord(email="ana@gmial.com"), PLATFORM, SHOP)
    assert doubt.level == "warning"
    assert "gmail.com" in str(doubt.sentence)


def test_each_entity_has_its_key_and_its_call() -> None:
    assert [key_field(PLATFORM, entity) for entity in ("contact", "product", "purchase", "coupon")] == [
        "_email",
        "productId",
        "purchaseId",
        "code",
    ]
    assert key_field(PLATFORM, "contact", "external_id") == "_externalId"
    calls = {by: write_call(PLATFORM, "contact", by) for by in ("email", "external_id")}
    assert {by: parts_of(call)[0] for by, call in calls.items() if call} == {
        "email": "email",
        "external_id": "external_id",
    }
    assert write_call(PLATFORM, "coupon") is None
