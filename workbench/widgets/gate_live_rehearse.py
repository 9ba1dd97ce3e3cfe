"""REHEARSE: the platform's stand-in fires a sendout at a gate, and one sees how it ends there; its clock goes as fast as one says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from pydantic import ValidationError

from workbench.errors import WorkbenchError
from workbench.models.base import JsonValue
from workbench.models.gate import Gate
from workbench.models.platform import Ended, Path, Sendout, Standing, Timing
from workbench.sentence import N_, Sentence, say

from . import look
from .around import Around
from .fields import ChoiceField, TextField
from .fold import Fold, Place, visible
from .gate_live_words import lasting_min
from .gates_fields import Part, Word
from .gates_trial import actions_in
from .headline import Headline
from .language import number
from .messages import Messages
from .piece import said
from .pulse import Pulse
from .secrets import Desk
from .tables import RowList, table, table_markup

__all__ = ["PATHS", "Rehearsing"]

LIVELY_S: Final = 1.0
STEP: Final = 50
PATHS: Final[dict[Path, str]] = {
    "accepted": N_("accepted"), "rejected": N_("rejected"), "timed_out": N_("timed out"), "left_flow": N_("left the flow"),
}  # fmt: skip
TONES: Final[dict[Path, look.Kind]] = {
    "accepted": "ok",
    "rejected": "quiet",
    "timed_out": "error",
    "left_flow": "warn",
}
WORDS = {
    "name": Word(N_("Sendout"), "", "Day 1 mail"),
    "journey_name": Word(
        N_("Journey or campaign"), N_("The gate's time limits go by this name."), "Spring sale"
    ),
    "size": Word(N_("Contacts"), N_("At most a million."), "100"),
    "consent_share": Word(N_("Share with consent"), N_("From 0 to 1: so many carry consent = yes."), "0.8"),
    "segments": Word(N_("Segments"), N_("One a line; dealt out evenly as the property segment.")),
    "single": Word(
        N_("One hook for each contact"), N_("As a triggered message does it. Off: one batch with a file.")
    ),
    "form": Word(N_("Form of the file")),
}
TIMES = {
    "flow": Word(N_("Where it runs")),
    "limit_min": Word(N_("Minutes until it times out"), N_("Campaign Manager always waits 60."), "60"),
    "split": Word(
        N_("Advanced split control"), N_("Rejected and timed-out contacts go on by paths of their own.")
    ),
}
FORMS = (
    ("ndjson", N_("JSON lines")),
    ("json", N_("JSON list")),
    ("csv", N_("CSV table")),
    ("ndjson_gzip", N_("JSON lines, gzipped")),
)
FLOWS = (("journey", N_("journey")), ("campaign_manager", N_("Campaign Manager")))
COLUMNS = (
    {"key": "name", "label": N_("Sendout"), "kind": "strong"},
    {"key": "state", "label": N_("State")},
    {"key": "size", "label": N_("Contacts"), "kind": "number"},
    {"key": "sent", "label": N_("Sent"), "kind": "number"},
    {"key": "waiting", "label": N_("Waiting"), "kind": "number"},
    {"key": "now", "label": N_("Minutes since the hook"), "kind": "number"},
)


class Rehearsing:
    """The panel. ``fired`` is called after a sendout was fired: a hold is about to come."""

    def __init__(self, around: Around, fired: Callable[[], Awaitable[object]]) -> None:
        self.around, self._fired = around, fired
        self.standings: list[Standing] = []
        self.shown = True
        self.messages, self.chosen, self.detail = Messages(), Messages(), Place()
        plain: dict[str, Any] = Sendout().model_dump(mode="json")
        desk = Desk(None)  # type: ignore[arg-type]  # a sendout of the stand-in has no secret
        self.gate = ChoiceField(
            N_("Gate"),
            required=True,
            hint=N_("The stand-in calls it as the platform does, with what it wants shown."),
        )
        self.part = Part(
            Sendout, WORDS, plain, desk, self._edited, options={"form": FORMS},
            beside=(("name", "journey_name"), ("size", "consent_share"), ("single", "form")),
        )  # fmt: skip
        self.times = Part(
            Timing,
            TIMES,
            plain["timing"],
            desk,
            self._edited,
            options={"flow": FLOWS},
            beside=(("flow", "limit_min"),),
        )
        self.next_step = TextField(
            N_("Next step at minute"),
            hint=N_("When the flow's next step runs. Empty: this is the last step."),
            input_type="number",
        )
        hint = N_("One a line: identifier, or identifier=details.")
        self.project = TextField(
            N_("Actions of the project"), multiline=True, rows=2, monospace=True, hint=hint
        )
        self.sendout = TextField(
            N_("Actions of the sendout"), multiline=True, rows=2, monospace=True, hint=hint
        )
        go = look.button(N_("Fire the sendout"), "primary")
        around.click(go, self.fire, self.messages)
        self.list = RowList(
            N_("Sendouts of the stand-in"), columns=COLUMNS, empty=N_("Nothing was fired yet.")
        )
        self.list.observe(lambda _: around.start(self.choose(self.list.selected), self.chosen), "selected")
        self.pulse = Pulse(self.look)
        fold = Fold(N_("Time limit and next step"), self.times.widget, self.next_step)
        self.form = look.stack(
            look.columns(self.gate),
            self.part.widget,
            look.columns(self.project, self.sendout),
            fold.widget,
            look.buttons(go, align="start"),
        )
        self.empty = look.banner(
            "info", N_("There is no open gate yet. Make one under “Gates”, then fire a sendout at it.")
        )
        ways = [self.form] if around.may("operator") else []
        self.widget = look.stack(
            look.card(
                N_("Fire a sendout"), self.empty, *ways, self.messages.widget,
                subtitle=N_("The stand-in plays the platform: it makes the contacts, calls the gate, waits, and settles each contact. No "
                    "message leaves."),
            ),
            look.card(N_("How they end at the platform"), self.list, self.chosen.widget, self.detail.widget, self.pulse),
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"<Rehearsing {len(self.standings)}>"

    def offer(self, gates: Sequence[Gate]) -> None:
        """Offer the gates that are open."""
        opened = [(one.id, one.settings.name) for one in gates if one.open]
        chosen = self.gate.value
        self.gate.options = opened
        self.gate.value = chosen if chosen in {id for id, _ in opened} else opened[0][0] if opened else ""
        visible(self.empty, not opened)
        visible(self.form, bool(opened))

    async def fire(self) -> None:
        """Let the stand-in fire what the form says."""
        wanted = self.read()
        if wanted is None:
            return
        standing = await self.around.bench.rehearsal.fire(self.gate.value, wanted)
        await self._fired()
        await self.refresh()
        self.list.selected = standing.id
        self.messages.show(
            "ok",
            say(
                "“{name}” was fired at the gate: {hook}",
                name=wanted.name,
                hook=standing.hook or say("the hook is on its way"),
            ),
        )
        self.pulse.again()

    def read(self) -> Sendout | None:
        """Return what the form says, or None: what is wrong stands beside its field."""
        self.part.show((), None)
        self.times.show((), None)
        document: dict[str, JsonValue] = dict(self.part.value())
        document["timing"] = {
            **dict(self.times.value()),
            "next_steps_min": [self.next_step.value] if self.next_step.value.strip() else [],
        }
        document["project_actions"] = [one.model_dump() for one in actions_in(self.project.value)]
        document["sendout_actions"] = [one.model_dump() for one in actions_in(self.sendout.value)]
        try:
            return Sendout.model_validate(document)
        except ValidationError as error:
            for item in error.errors(include_url=False, include_input=False):
                self._blame([str(part) for part in item["loc"]])
            return None

    async def refresh(self) -> None:
        """Read how the stand-in's sendouts stand."""
        self.standings = list(await self.around.bench.rehearsal.standings())
        self.list.rows = [_row(one) for one in self.standings]
        chosen = next((one for one in self.standings if one.id == self.list.selected), None)
        if chosen is not None and isinstance(self._shown, _StandingFace) and self._shown.id == chosen.id:
            self._shown.show(chosen)

    _shown: Any = None

    async def choose(self, id: str) -> None:
        """Show one sendout below the list."""
        chosen = next((one for one in self.standings if one.id == id), None)
        self._shown = _StandingFace(self.around, chosen, self.refresh) if chosen else None
        self.detail.put(*([self._shown.widget] if self._shown else []))

    async def look(self) -> float | None:
        """Read the sendouts as long as this part of the page is shown."""
        if not self.shown:
            return None  # who turns to this part again lets it beat again
        try:
            await self.refresh()
        except WorkbenchError as error:
            self.messages.fail(error)
            return 5 * LIVELY_S
        return LIVELY_S if any(not one.closed for one in self.standings) else 5 * LIVELY_S

    def _edited(self) -> None:
        campaign = self.times.inputs["flow"].value() == "campaign_manager"
        minutes = self.times.inputs["limit_min"].widget
        if campaign and minutes.value != "60":
            minutes.value = "60"
        minutes.disabled = campaign

    def _blame(self, where: Sequence[str]) -> None:
        sentence = say("This is not possible here. Write a number within the limits.")
        if where[0] == "timing" and where[1:2] == ["next_steps_min"]:
            self.next_step.error = sentence
        elif where[0] == "timing":
            self.times.show(where[1:], sentence)
        else:
            self.part.show(where, sentence)


class _StandingFace:
    """How one sendout stands at the platform, and how each contact ended there."""

    def __init__(self, around: Around, standing: Standing, again: Callable[[], Awaitable[object]]) -> None:
        self.around, self.id, self._again = around, standing.id, again
        self._after: list[int] = []
        self.messages, self.endings = Messages(), Place()
        self.figures, self.timeline = look.show(""), look.show("")
        levers = []
        if around.may("operator"):
            for minutes, text in ((5.0, N_("Let 5 minutes pass")), (60.0, N_("Let an hour pass"))):
                button = look.button(text)
                around.click(button, lambda minutes=minutes: self._advance(minutes), self.messages)  # type: ignore[misc]
                levers.append(button)
        ends = look.button(N_("See how each contact ended"))
        around.click(ends, self.read, self.messages)
        self.widget = look.stack(
            Headline(say("{name}", name=standing.sendout.name), level=3, focus=False), self.figures,
            look.buttons(*levers, ends, align="start"), self.messages.widget, self.endings.widget,
            Fold(N_("What happened at the platform"), self.timeline, opened=True).widget,
        )  # fmt: skip
        self.show(standing)

    def show(self, standing: Standing) -> None:
        """Show the figures as they are now."""
        self.figures.value = _figures(standing)
        rows = [[lasting_min(minute), text] for minute, text in standing.timeline]
        self.timeline.value = table_markup(
            [N_("Minute"), N_("What happened")], rows, N_("At the platform"), N_("Nothing yet."), (0,)
        )

    async def read(self) -> None:
        """Show how the first contacts ended."""
        found = list(await self.around.bench.rehearsal.endings(self.id, 0, STEP))
        rows = [_ended(one) for one in found]
        columns = [
            N_("Row"),
            N_("Contact"),
            N_("Segment"),
            N_("Path"),
            N_("Sent at minute"),
            N_("How it ended"),
            N_("Decided by"),
        ]
        note = (
            [look.show(say("The first {count} are shown.", count=STEP), "wb-hint")]
            if len(found) == STEP
            else []
        )
        self.endings.put(
            table(columns, rows, N_("How each contact ended"), N_("No contact has ended yet."), (0, 4)), *note
        )

    async def _advance(self, minutes: float) -> None:
        await self.around.bench.rehearsal.advance(minutes)
        await self._again()


def _row(standing: Standing) -> dict[str, Any]:
    waits = not standing.closed
    return {
        "id": standing.id,
        "name": standing.sendout.name,
        "state": {"text": said(N_("on hold") if waits else N_("ended")), "kind": "info" if waits else "ok"},
        "size": number(standing.size),
        "sent": number(standing.sent),
        "waiting": number(standing.waiting),
        "now": lasting_min(standing.now_min),
    }


def _figures(standing: Standing) -> look.Html:
    told: list[tuple[str, int, str]] = [
        (N_("Waiting"), standing.waiting, "waiting"), (N_("Accepted"), standing.accepted, "accepted"),
        (N_("Rejected"), standing.rejected, "cancelled"), (N_("Timed out"), standing.timed_out, "failed"),
        (N_("Left the flow"), standing.left_flow, "uncertain"),
    ]  # fmt: skip
    tiles = look.Html("").join(
        look.markup(
            '<div class="{none}"><dt><span class="wb-swatch wb-segment-{tone}" aria-hidden="true"></span>{name}</dt><dd>{count}</dd></div>',
            none="wb-count-some" if count else "wb-count-none", tone=tone, name=said(name), count=number(count),
        )
        for name, count, tone in told
    )  # fmt: skip
    total = look.markup(
        '<div class="wb-count-total"><dt>{name}</dt><dd>{count}</dd></div>',
        name=said(N_("Messages sent")),
        count=number(standing.sent),
    )
    warnings: list[Sentence] = []
    if standing.sent_although_rejected:
        warnings.append(
            say(
                "{count} were sent although they were rejected.",
                count=number(standing.sent_although_rejected),
            )
        )
    if standing.sent_without_code:
        warnings.append(
            say("{count} were sent before their code was stored.", count=number(standing.sent_without_code))
        )
    hook = look.markup(
        '<p class="wb-hint">{text}</p>', text=said(say("Hook: {hook}", hook=standing.hook or "–"))
    )
    banners = look.Html("").join(look.banner_markup("error", one) for one in warnings)
    return look.markup(
        '{hook}{banners}<dl class="wb-counts">{tiles}</dl>',
        hook=hook,
        banners=banners,
        tiles=look.Html("").join((tiles, total)),
    )


def _ended(row: Ended) -> list[object]:
    """Return one contact's ending as a row; one that waits has none yet."""
    one = row.ending
    if one is None:
        return [row.number, row.contact, row.segment, look.badge(N_("waiting"), "info"), None, None, None]
    sent_at = said(N_("not sent")) if one.sent_min is None else lasting_min(one.sent_min)
    return [
        row.number,
        row.contact,
        row.segment,
        look.badge(PATHS[one.path], TONES[one.path]),
        sent_at,
        one.words,
        one.decided_by,
    ]
