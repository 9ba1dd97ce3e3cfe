"""SHOP CONTACTS: the key a contact goes by, and what is wrong with its fields (R-SYNC-02, R-SYNC-03)."""

from __future__ import annotations

from workbench.models.base import Problem
from workbench.models.shop import ShopSettings
from workbench.models.shop_data import ContactRecord
from workbench.models.sync_platform import SyncPlatform

from .shop_fields import By, fields_of, key_field, unknown_field
from .shop_people import email_value
from .shop_reading import Reading, is_blank
from .shop_texts import id_value
from .shop_values import reader_of
from .shop_wire import missing


def read_contact(
    contact: ContactRecord, platform: SyncPlatform, shop: ShopSettings, *, by: By = "email"
) -> tuple[ContactRecord, tuple[Problem, ...]]:  # fmt: skip
    """Return a contact as it goes out (its key put right, its values of their types), and what is wrong with it. Never raises.

    The field that is the key stands in ``email`` or ``external_id``, and not among the fields.
    """
    reading = Reading(lower_local=shop.lower_local)
    known = {field.id: field for field in fields_of(platform, shop, "contact")}
    key_id = key_field(platform, "contact", by)
    problems: list[Problem] = []
    given = contact.fields.get(key_id) or (contact.email if by == "email" else contact.external_id)
    key = ""
    if is_blank(given):
        problems.append(missing(key_id))
    else:
        read = email_value(key_id, reading, given) if by == "email" else id_value(key_id, reading, given)
        problems += read.problems
        key = read.cell
    fields = {}
    for id, value in contact.fields.items():
        if id not in known or not known[id].write:
            problems.append(unknown_field(id, [one.id for one in known.values() if one.write]))
        elif id != key_id and not is_blank(value):
            read = reader_of(known[id], reading)(value)
            problems += read.problems
            if read.body is not None:
                fields[id] = read.body
    email, external_id = (key, contact.external_id) if by == "email" else (contact.email, key)
    return ContactRecord(email=email, external_id=external_id, fields=fields), tuple(problems)


def check_contact(
    contact: ContactRecord, platform: SyncPlatform, shop: ShopSettings, *, by: By = "email"
) -> tuple[Problem, ...]:  # fmt: skip
    """Return what is wrong with a contact: its key, its statuses, its own fields by the shop's registry."""
    return read_contact(contact, platform, shop, by=by)[1]
