"""READINESS STEP: one step that was opened: why it matters, where to look at the platform, and its checks one below the other."""

from __future__ import annotations

from workbench.models.readiness import StepStanding, Validation
from workbench.sentence import N_, say

from . import look
from .bar import PageLinks
from .headline import Headline
from .page import Frame
from .piece import said
from .readiness_check import Changed, CheckFace
from .readiness_evidence import badge_of

__all__ = ["StepFace"]

HELP = {
    "key": ("sync", "shops", N_("The shop's settings"), "await sync_page(bench)"),
    "paths": ("sync", "shops", N_("The shop's settings"), "await sync_page(bench)"),
    "domains": ("sync", "shops", N_("The shop's settings"), "await sync_page(bench)"),
    "contacts": ("sync", "one", N_("Write one contact"), "await sync_page(bench)"),
    "import": ("sync", "runs", N_("Tables and imports"), "await sync_page(bench)"),
    "push": ("shop_tags", "push", N_("Web push"), "await shop_tags_page(bench)"),
    "double": ("shop_tags", "coverage", N_("What is told by which way"), "await shop_tags_page(bench)"),
}
"""Where a step is put right; the others at the builder of tags."""
TAGS = ("shop_tags", "tags", N_("Build and check a tag"), "await shop_tags_page(bench)")


class StepFace:
    """The face of one step."""

    def __init__(self, frame: Frame, validation: Validation, step: StepStanding, changed: Changed) -> None:
        self.key = step.plan.key
        self.state = look.show(badge_of(step.state))
        self.checks = [CheckFace(frame, validation, check, changed) for check in step.checks]
        where = []
        if step.plan.look:
            sentence = say("At the platform: {where}", where=said(step.plan.look))
            where = [look.show(said(sentence), "wb-hint")]
        page, place, label, code = HELP.get(self.key, TAGS)
        link = PageLinks(
            [{"page": page, "place": place, "label": said(label), "code": code}],
            label=said(N_("Put it right")),
        )
        head = look.Row([Headline(step.plan.title, step.plan.about), self.state])
        head.add_class("wb-ready-step-head")
        self.widget = look.stack(head, *where, *(check.widget for check in self.checks), link)
        for name in ("wb-card", "wb-ready-step"):
            self.widget.add_class(name)

    def __repr__(self) -> str:
        return f"<StepFace {self.key}>"

    def show(self, validation: Validation, step: StepStanding) -> None:
        """Show how the step stands now; what is typed stays."""
        self.state.value = badge_of(step.state)
        for face, check in zip(self.checks, step.checks, strict=True):
            face.show(validation, check)
