"""REVIEW: the last look at a shop before it is saved: everything once more, the key as its mask."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from workbench.models.base import JsonValue, Problem
from workbench.models.shop import ShopSettings
from workbench.models.sync_platform import SyncPlatform
from workbench.sentence import N_, say

from . import look
from .fold import Place
from .piece import said
from .shops_about import paths_table
from .shops_words import TYPES, FormStep, platform_name, warnings
from .tables import table

__all__ = ["ReviewStep"]


class ReviewStep:
    """The last step: everything once more, the key as its mask."""

    step: ClassVar[FormStep] = "review"

    def __init__(self, settings: ShopSettings, platform: SyncPlatform | None) -> None:
        self.noted = Place()
        fields = [
            [
                look.markup("<code>{id}</code>", id=one.id),
                one.title,
                said(TYPES.get(one.type, one.type)),
                ", ".join(one.choices),
            ]
            for one in settings.fields
        ]
        columns = [N_("Field id"), N_("Title"), N_("Type"), N_("Choices")]
        self.widget = look.stack(
            look.columns(
                look.card(N_("Shop"), look.key_value_table(_shop(settings))),
                look.card(N_("Access"), look.key_value_table(_access(settings, platform))),
                weights=(1, 1),
            ),
            *([look.card(N_("Paths to be tried"), look.show(paths_table(platform, settings)))] if platform else []),
            look.card(
                N_("Contact fields"), table(columns, fields, empty=N_("No field of its own.")),
            ),
            self.noted.widget,
        )  # fmt: skip

    def values(self) -> dict[str, JsonValue]:
        """Ask for nothing, so change nothing."""
        return {}

    def show(self, problems: Iterable[Problem]) -> list[Problem]:
        """Have no field, so leave every problem to the others."""
        return list(problems)

    def enter(self, absent: set[str]) -> None:
        """Hold no secret, so miss none."""

    def warn(self, problems: Iterable[Problem]) -> None:
        """Show everything that does not keep the shop from being saved, but deserves a look."""
        self.noted.put(*warnings(problems))


def _shop(settings: ShopSettings) -> list[tuple[str, Any]]:
    return [
        (N_("Name"), settings.name),
        (N_("Platform"), platform_name(settings.platform)),
        (N_("Address of the shop"), settings.site),
        (N_("Id of the page script"), settings.script_id),
        (N_("Allowed domains"), ", ".join(settings.domains) or say("not checked")),
        (N_("E-mail addresses"), say("in small letters") if settings.lower_local else say("as they are")),
        (
            N_("Newsletter calls"),
            say("change the consent") if settings.newsletter_consent else say("are only listed"),
        ),
    ]


def _access(settings: ShopSettings, platform: SyncPlatform | None) -> list[tuple[str, Any]]:
    base = settings.base_url or (platform.base_url if platform else "")
    hint = settings.api_key.hint if settings.api_key else ""
    return [
        (
            N_("API key"),
            look.markup('<span class="wb-mono">{text}</span>', text=hint) if hint else say("missing"),
        ),
        (N_("Address of the API"), look.markup('<span class="wb-mono">{text}</span>', text=base)),
        (
            N_("Calls a minute"),
            str(settings.calls_per_min) if settings.calls_per_min else say("as the platform says"),
        ),
        (N_("Seconds to connect"), f"{settings.connect_s:g}"),
        (N_("Seconds a call may take"), f"{settings.total_s:g}"),
        (N_("Local test"), say("yes") if settings.local_test else say("no")),
    ]
