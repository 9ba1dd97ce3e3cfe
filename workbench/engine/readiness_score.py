"""READINESS SCORE: how a validation stands: what each check counts, and why.

A check counts its points when its newest evidence passed. A person's word counts half where the workbench could have looked itself. What
somebody left out, with a reason, and what a rehearsal cannot prove, count neither for nor against.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from workbench.models.readiness import (
    MOST_EVIDENCE,
    CheckPlan,
    CheckStanding,
    Evidence,
    Standing,
    State,
    StepPlan,
    StepStanding,
    Validation,
    ValidationLine,
)
from workbench.models.request import Mode
from workbench.sentence import Sentence, say

from .readiness_plan import STEPS


def standing(validation: Validation, steps: Sequence[StepPlan] = STEPS) -> Standing:
    """Return how a validation stands, step by step."""
    stood = tuple(_step(plan, validation) for plan in steps)
    checks = [check for step in stood for check in step.checks]
    points, of = sum(step.points for step in stood), sum(step.of for step in stood)
    counts = {state: sum(check.state == state for check in checks) for state in ("passed", "failed", "open")}
    percent = int(points * 100 / of) if of else 0
    words = sum(
        bool(check.evidence) and check.evidence[0].source == "word" and check.state == "passed"
        for check in checks
    )
    told = _told(validation.mode, percent, counts["failed"], counts["open"])
    return Standing(
        steps=stood, points=points, of=of, percent=percent, proven=counts["passed"], failed=counts["failed"], open=counts["open"],
        left_out=len(checks) - sum(counts.values()), words=words, sentence=told,
    )  # fmt: skip


def line_of(validation: Validation) -> ValidationLine:
    """Return a validation as it stands in a list."""
    stood = standing(validation)
    return ValidationLine(
        id=validation.id, shop_id=validation.shop_id, shop_name=validation.shop_name, mode=validation.mode, by=validation.by,
        begun_at=validation.begun_at, changed_at=validation.changed_at, percent=stood.percent, proven=stood.proven, failed=stood.failed,
        open=stood.open, states=tuple((step.plan.key, step.state) for step in stood.steps),
    )  # fmt: skip


def added(validation: Validation, evidence: Iterable[Evidence]) -> Validation:
    """Return the validation with more evidence; of a check that was tried often the oldest goes."""
    every = [*validation.evidence, *evidence]
    kept: list[Evidence] = []
    counts: dict[str, int] = {}
    for one in reversed(every):
        counts[one.check] = counts.get(one.check, 0) + 1
        if counts[one.check] <= MOST_EVIDENCE:
            kept.append(one)
    changed_at = max((one.at for one in every), default=validation.changed_at)
    return validation.model_copy(
        update={"evidence": tuple(reversed(kept)), "changed_at": max(changed_at, validation.changed_at)}
    )


def newest(validation: Validation, check: str) -> Evidence | None:
    """Return what a check rests on now; None where nothing was found yet."""
    return next((one for one in reversed(validation.evidence) if one.check == check), None)


def _step(plan: StepPlan, validation: Validation) -> StepStanding:
    checks = tuple(_check(check, validation) for check in plan.checks)
    counting = [check.state for check in checks if check.of]
    if not counting:
        state = "left_out" if any(check.state == "left_out" for check in checks) else "live_only"
    elif "failed" in counting:
        state = "failed"
    elif "open" not in counting:
        state = "passed"
    else:
        state = "partly" if "passed" in counting else "open"
    return StepStanding.model_validate(
        {"plan": plan, "state": state, "points": sum(one.points for one in checks), "of": sum(one.of for one in checks), "checks": checks}
    )  # fmt: skip


def _check(plan: CheckPlan, validation: Validation) -> CheckStanding:
    found = tuple(one for one in reversed(validation.evidence) if one.check == plan.key)
    state, points, of, why = _counted(plan, found[0] if found else None, validation.mode)
    return CheckStanding(plan=plan, state=state, points=points, of=of, why=why, evidence=found)


def _counted(plan: CheckPlan, latest: Evidence | None, mode: Mode) -> tuple[State, float, int, Sentence]:
    """Return how a check stands, what it counts of what it could, and why."""
    if latest is not None and latest.state == "left_out":
        return "left_out", 0, 0, say("Left out by {who}; it counts neither for nor against.", who=latest.who)
    if mode == "rehearsal" and not plan.rehearsed:
        return (
            "live_only",
            0,
            0,
            say("Only the platform itself can show this; in a rehearsal it does not count."),
        )
    if latest is None:
        return "open", 0, plan.points, say("Nothing shows it yet: 0 of {points}.", points=plan.points)
    if latest.state == "failed":
        return (
            "failed",
            0,
            plan.points,
            say("It was looked at and is not so: 0 of {points}.", points=plan.points),
        )
    if latest.source == "word" and plan.source != "word":
        half = plan.points / 2
        return "passed", half, plan.points, say(
            "A person's word, where the workbench could look itself: it counts half, {half} of {points}.", half=half, points=plan.points
        )  # fmt: skip
    return "passed", plan.points, plan.points, say("Proven: {points} of {points}.", points=plan.points)


def _told(mode: Mode, percent: int, failed: int, left: int) -> Sentence:
    if failed:
        return say(
            "{percent} % of what counts is proven. Not so: {failed}. Begin there.",
            percent=percent,
            failed=failed,
        )
    if percent == 100:
        if mode == "rehearsal":
            return say(
                "Everything that can be rehearsed is proven. The platform itself has not been asked: do it once more live."
            )
        return say("Everything that counts is proven. The shop is ready.")
    if left:
        return say(
            "{percent} % of what counts is proven. Without evidence yet: {left}.",
            percent=percent,
            left=left,
        )
    return say(
        "{percent} % of what counts is proven: some of it rests on a person's word alone.", percent=percent
    )
