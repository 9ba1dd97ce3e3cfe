"""The platform that a shop is synced with, as a value: what its file declares; form, request, reading, checks and stand-in are derived.

A platform of this kind knows contacts, products, purchases and coupon sets, takes single calls and imports of files, and listens to a
shop's pages.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

from pydantic import Field

from .base import JsonValue, Noun
from .pace import Rate

Entity = Literal["contact", "product", "purchase", "coupon"]
"""What is synced. Coupons only go by import, purchases only one by one."""
ENTITIES: Final[tuple[Entity, ...]] = get_args(Entity)
FieldType = Literal[
    "text", "email", "date", "radio", "phone", "boolean", "decimal", "integer", "checkbox", "money", "url", "texts", "items",
]  # fmt: skip
"""``date`` is a moment in ISO 8601, ``radio`` one of ``choices``, ``checkbox`` and ``texts`` are lists of texts, ``items``
a purchase's lines."""


class ShopField(Noun):
    """One field of an entity: its id on the wire, its type, and what it may hold.

    ``write`` is false for what is only read. ``most`` is the greatest number allowed, ``least`` the least. ``custom`` fields are the
    shop's own, from its registry.
    """

    id: str
    type: FieldType = "text"
    title: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()
    read_choices: tuple[str, ...] = ()
    """Values that are read and never sent back, such as ``discontinued``."""
    least: float | None = None
    most: float | None = None
    write: bool = True
    custom: bool = False


class ApiCall(Noun):
    """One call of the platform's API. ``path`` names its parts in braces (``/contacts/email/{email}``); they are percent-encoded.

    ``verified`` is false where no document shows the path: it can be edited, and every page that shows it says so. ``permission`` is what
    the key needs.
    """

    key: str
    title: str
    method: Literal["GET", "POST", "PATCH", "DELETE"]
    path: str
    entity: Entity | Literal["import"]
    verified: bool = True
    permission: str = ""
    source: str = ""


class PlatformCode(Noun):
    """One of the platform's own error codes: what it means, what to do, and the lists that come with it (each by all its spellings)."""

    code: str
    meaning: str
    advice: str
    lists: tuple[tuple[str, ...], ...] = ()
    waits_for: tuple[Entity, ...] = ()
    """What has to exist before the same row can go."""
    full: bool = False
    """A queue of the platform is full: the same call goes later."""


class ImportRules(Noun):
    """What an import may be. ``bytes`` is the platform's limit of a file, ``queued`` how many may wait there at once."""

    bytes: int = 50_000_000
    margin: float = 0.04
    queued: int = 10
    types: tuple[tuple[Entity, str], ...] = (
        ("contact", "contacts"),
        ("product", "products"),
        ("coupon", "coupons"),
    )
    delimiters: tuple[str, ...] = (",", ";")
    states: tuple[str, ...] = ("queued", "inProgress", "finished", "error", "cancelled")

    @property
    def part_bytes(self) -> int:
        """The bytes of a part, with the margin."""
        return int(self.bytes * (1 - self.margin))


class SyncPlatform(Noun):
    """One platform. ``authorization`` is the header's value with ``{api_key}``; ``statuses`` say cause and next step by HTTP status."""

    key: str
    name: str
    about: str
    base_url: str
    authorization: str
    calls: tuple[ApiCall, ...]
    fields: dict[Entity, tuple[ShopField, ...]]
    item_fields: tuple[ShopField, ...] = ()
    codes: tuple[PlatformCode, ...] = ()
    statuses: tuple[tuple[int, str], ...] = ()
    imports: ImportRules = ImportRules()
    rate: Rate = Rate(limit=100, per_s=60.0)
    hosts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    more: dict[str, JsonValue] = Field(default_factory=dict)

    def call(self, key: str) -> ApiCall:
        """Return the call ``key``; KeyError where there is none."""
        for call in self.calls:
            if call.key == key:
                return call
        raise KeyError(key)

    def code(self, code: str) -> PlatformCode | None:
        """Return what a code means, None for one that is not known."""
        return next((one for one in self.codes if one.code == code), None)
