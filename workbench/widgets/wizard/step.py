"""STEP: what the wizard asks of each of its four steps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Protocol

from workbench.models.base import Problem
from workbench.models.integration import Draft, Settings, Stage
from workbench.models.provider import Channel
from workbench.sentence import N_, Sentence, say
from workbench.widgets import look
from workbench.widgets.piece import Said

CHANNELS: dict[Channel, str] = {
    "email": N_("Email"),
    "sms": N_("SMS"),
    "app_push": N_("App push"),
    "web_push": N_("Web push"),
    "event": N_("Events"),
}

TITLES: dict[Stage, str] = {
    "configure": N_("Configure"),
    "authenticate": N_("Authenticate"),
    "test": N_("Test"),
    "save": N_("Save"),
}

SUBTITLES: dict[Stage, str] = {
    "configure": N_("Which provider, under which address, and what names a contact to it."),
    "authenticate": N_("How the provider knows that it is you. Secrets are encrypted before they are kept."),
    "test": N_("One message to one contact, exactly as a campaign would send it."),
    "save": N_("A last look at everything. Locked values stay masked."),
}

_FIELDS: dict[Stage, tuple[str, ...]] = {
    "configure": ("name", "channel", "provider", "endpoint", "url", "headers", "identifier"),
    "authenticate": ("credential", "credential_kind"),
    "test": ("payload",),
    "save": (),
}


def stage_of(problem: Problem) -> Stage | None:
    """Return the step whose form holds the problem's field, or None where it belongs to no field."""
    first = problem.field.split(".")[0]
    if problem.field == "identifier":
        return "test"  # the contact's identifier; the type's own name is ``identifier.name``
    return next((stage for stage, fields in _FIELDS.items() if first in fields), None)


def elsewhere(problem: Problem, here: Stage) -> Said:
    """Return the problem's sentence, with the step it belongs to where that is another one."""
    stage = stage_of(problem)
    if stage is None or stage == here:
        return problem.sentence
    return say("In step {step}: {sentence}", step=Sentence(TITLES[stage]), sentence=problem.sentence)


class Step(Protocol):
    """One step: it takes settings in, gives them back with what was typed, and shows what is wrong with them."""

    stage: ClassVar[Stage]
    widget: Any

    def settings(self, settings: Settings) -> Settings:
        """Return the settings with this step's input put in."""

    def problems(self) -> list[Problem]:
        """Return what is wrong with input that settings cannot even hold (a word where a number belongs)."""

    def show(self, problems: Iterable[Problem]) -> list[Problem]:
        """Show the problems that belong here, each beside its field, and return the others."""

    def warn(self, problems: Iterable[Problem]) -> None:
        """Show what does not block."""

    def enter(self, absent: set[str]) -> None:
        """Ask again for the secrets that this vault cannot open."""

    async def leave(self, draft: Draft) -> bool:
        """Do what Next does beyond checking the form; return whether it may go on."""


def warnings(problems: Iterable[Problem]) -> list[Any]:
    """Return a banner for each problem that does not block."""
    kinds: dict[str, look.Kind] = {"warning": "warn", "note": "info"}
    return [look.banner(kinds[one.level], one.sentence) for one in problems if not one.blocks]
