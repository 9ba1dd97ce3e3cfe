"""SHOPS, IN WORDS: the form's steps, types of fields, and how a shop stands, as lists and forms say them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal

from workbench.engine.checks import blocking
from workbench.engine.shop_checks import SHOP_STEPS, ShopStep, step_of
from workbench.models.base import Problem
from workbench.models.shop import Shop, ShopSettings
from workbench.models.sync_platform import ApiCall, FieldType, SyncPlatform
from workbench.providers import platforms
from workbench.sentence import N_, Sentence, say

from . import look
from .language import when
from .piece import Said, said

__all__ = [
    "FORM_STEPS", "GROUPS", "STEPS", "SUBTITLES", "TYPES", "FormStep", "elsewhere", "path_badge", "platform_name",
    "platform_of", "shop_row", "state_of", "warnings",
]  # fmt: skip

FormStep = Literal["shop", "access", "paths", "data", "review"]
FORM_STEPS: Final[tuple[FormStep, ...]] = (*SHOP_STEPS, "review")

STEPS: Final[Mapping[FormStep, str]] = {
    "shop": N_("Shop"),
    "access": N_("Access"),
    "paths": N_("Paths"),
    "data": N_("Data"),
    "review": N_("Review"),
}
SUBTITLES: Final[Mapping[FormStep, str]] = {
    "shop": N_("Which platform it is synced with, and what it is called here."),
    "access": N_("How the platform knows that it is you. The key is encrypted before it is kept."),
    "paths": N_("Where each call goes. What no document shows is marked, and can be changed."),
    "data": N_(
        "What the platform takes from this shop: its domains and its own contact fields. Rows are checked against them."
    ),
    "review": N_("A last look at everything. Nothing is kept before you save."),
}
TYPES: Final[Mapping[FieldType, str]] = {
    "text": N_("Text"),
    "email": N_("Email"),
    "date": N_("Date and time"),
    "radio": N_("Radio: one of several"),
    "phone": N_("Phone"),
    "boolean": N_("Boolean: yes or no"),
    "decimal": N_("Decimal number"),
    "integer": N_("Whole number"),
    "checkbox": N_("Checkbox: some of several"),
}
GROUPS: Final[Mapping[str, str]] = {
    "contact": N_("Contacts"),
    "product": N_("Products"),
    "purchase": N_("Purchases"),
    "coupon": N_("Coupon sets"),
    "import": N_("Imports"),
}
"""What the calls of each entity are called together."""


def platform_of(key: str) -> SyncPlatform | None:
    """Return a platform, None for one that is not known here."""
    return platforms().get(key)


def platform_name(key: str) -> Said:
    """Return a platform's name; one that is not known here shows as its key."""
    found = platform_of(key)
    return Sentence(found.name) if found else key


def state_of(problems: Sequence[Problem]) -> tuple[str, look.Kind]:
    """Return how a shop stands, in a word or two."""
    found = blocking(problems)
    if not found:
        return N_("Ready"), "ok"
    return (N_("Key missing"), "error") if found[0].field == "api_key" else (N_("To be mended"), "warn")


def shop_row(shop: Shop, problems: Sequence[Problem]) -> dict[str, Any]:
    """Return a shop as a row of the list."""
    text, kind = state_of(problems)
    return {
        "id": shop.id,
        "name": shop.name,
        "state": {"text": said(text), "kind": kind},
        "platform": platform_name(shop.settings.platform),
        "site": shop.settings.site.removeprefix("https://"),
        "fields": len(shop.settings.fields),
        "changed": when(shop.updated_at),
    }


def path_badge(call: ApiCall, settings: ShopSettings) -> look.Html:
    """Return whether a call's path is documented, is not, or is the person's own."""
    own = settings.paths.get(call.key, "").strip()
    if own and own != call.path:
        return look.badge(N_("changed"), "info")
    return look.badge(N_("documented"), "ok") if call.verified else look.badge(N_("not verified"), "warn")


def elsewhere(problem: Problem, here: FormStep) -> Said:
    """Return the problem's sentence, with the step it belongs to where that is another one."""
    step: ShopStep = step_of(problem.field)
    if step == here:
        return problem.sentence
    return say("In step {step}: {sentence}", step=Sentence(STEPS[step]), sentence=problem.sentence)


def warnings(problems: Iterable[Problem], step: FormStep | None = None) -> list[Any]:
    """Return a banner for each problem that does not block, of one step only where it is given."""
    kinds: dict[str, look.Kind] = {"warning": "warn", "note": "info"}
    mine = [one for one in problems if not one.blocks and step in (None, step_of(one.field))]
    return [look.banner(kinds[one.level], one.sentence) for one in mine]
