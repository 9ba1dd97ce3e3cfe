"""The platform that holds: what its stand-in plays, and the questions that its documents leave open, each one a switch."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from workbench.sentence import N_, Sentence

from .base import Noun
from .gate import Action, EndpointAuth, EndpointKind, Flow

Path = Literal["accepted", "rejected", "timed_out", "left_flow"]
PATHS: tuple[Path, ...] = ("accepted", "rejected", "timed_out", "left_flow")
"""Where a contact's decision leads; each contact ends in exactly one. Without split control the last three all leave the flow."""


class Switches(Noun):
    """The open questions A-1 to A-11 of the fact sheet (A7), each with its default first."""

    hour_starts: Literal["hook", "generation", "scheduled"] = "hook"
    on_the_limit: Literal["in_time", "late"] = "in_time"
    next_step_on_the_limit: Literal["timed_out", "left_flow"] = "timed_out"
    accept_after_next_step: Literal["sent", "not_sent"] = "sent"
    late_answer: Literal["refused_410", "ignored_200"] = "refused_410"
    cancel_after_finish: Literal["refused_409", "honoured"] = "refused_409"
    properties_used: Literal["at_release", "at_generation"] = "at_release"
    next_step: Literal["earliest", "own_branch"] = "earliest"
    cancels_without_finish: Literal["rejected", "timed_out"] = "rejected"
    last_step: Literal["timed_out", "nothing"] = "timed_out"
    failed_hook: Literal["hold_stays", "released_unsent"] = "hold_stays"


class Question(Noun):
    """One open question: its number, the switch that plays it, and how it is put to the vendor."""

    number: str
    switch: str
    sentence: Sentence


QUESTIONS: tuple[Question, ...] = tuple(
    Question(number=number, switch=switch, sentence=Sentence(text))
    for number, switch, text in (
        (
            "A-1",
            "hour_starts",
            N_(
                "When does the hour start: when the hook is fired, when the messages are generated, or at the scheduled time?"
            ),
        ),
        ("A-2", "on_the_limit", N_("Does an answer exactly on the limit count as in time?")),
        (
            "A-3",
            "next_step_on_the_limit",
            N_(
                "If the next step runs exactly on the limit, do unanswered contacts take the timed-out path or leave the flow?"
            ),
        ),
        (
            "A-4",
            "accept_after_next_step",
            N_(
                "If the next step ran before the limit and the accept comes after it but within the hour, is the message sent?"
            ),
        ),
        (
            "A-5",
            "late_answer",
            N_("What does a call after the limit get: an error, or a 200 without effect?"),
        ),
        (
            "A-6",
            "cancel_after_finish",
            N_("After the finish, while the scheduled send is still ahead: is a cancel still honoured?"),
        ),
        (
            "A-7",
            "properties_used",
            N_(
                "Are properties that are written back during the hold used in the message, or is it rendered before?"
            ),
        ),
        (
            "A-8",
            "next_step",
            N_("With several branches: does the earliest next step of all count, or each branch's own?"),
        ),
        (
            "A-9",
            "cancels_without_finish",
            N_("A batch with cancels and no finish: are the cancelled rejected, or does everybody time out?"),
        ),
        (
            "A-10",
            "last_step",
            N_("A gate on the last step of a campaign: does it time out after one hour, or never?"),
        ),
        (
            "A-11",
            "failed_hook",
            N_(
                "If the hook is not acknowledged: does the hold stay until the limit, or are the contacts released unsent at once?"
            ),
        ),
    )
)


class Timing(Noun):
    """When a hold opens, ends and what comes next; all in minutes from the moment the hook is fired.

    ``next_steps_min`` are the dates of the next step, one for each branch (accepted, rejected, timed out) or one for all; none: the last
    step. ``generated_min`` is at most 0; ``scheduled_min`` is when accepted messages may leave at the earliest.
    """

    flow: Flow = "journey"
    split: bool = True
    limit_min: Annotated[float, Field(ge=1, le=43_200)] = 60.0
    next_steps_min: Annotated[
        tuple[Annotated[float, Field(ge=0, allow_inf_nan=False)], ...], Field(max_length=3)
    ] = ()
    generated_min: Annotated[float, Field(le=0, allow_inf_nan=False)] = 0.0
    scheduled_min: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0


class Breaker(Noun):
    """How the platform treats an endpoint that fails.

    It waits ``ack_s`` for the acknowledgement, and after ``failures`` in a row calls nobody for ``rest_s``.
    """

    ack_s: Annotated[float, Field(gt=0, le=60)] = 1.0
    failures: Annotated[int, Field(ge=1, le=1000)] = 5
    rest_s: Annotated[float, Field(ge=0, le=86_400)] = 60.0


class Target(Noun):
    """Where the stand-in delivers its hooks: an HTTP address or a queue, and with which key. Secrets are plain here: it is a rehearsal.

    ``token`` is the header's value, the basic password or the secret access key.
    """

    kind: EndpointKind = "http"
    url: str = ""
    auth: EndpointAuth = "none"
    name: str = ""
    token: Annotated[str, Field(repr=False)] = ""
    region: str = "eu-north-1"


Mischief = Literal[
    "expired_link",  # the item file is gone: 410
    "file_cut",  # the item file breaks off in the middle of a row
    "slow_file",  # the item file takes some seconds, in twenty parts
    "bad_rows",  # every fiftieth row of the item file is no contact
    "double_rows",  # every fiftieth contact stands twice in the item file
    "hook_twice",  # the hook is delivered twice, as a queue may
    "broken_hook",  # the hook is no JSON
    "rejects_fail",  # every twentieth contact's reject is answered 503, always
]


class Sendout(Noun):
    """What the stand-in is asked to send: how many contacts of which making, at which point of a flow, with which actions.

    ``consent_share`` of the contacts carry the property ``consent`` = "yes". ``segments`` are names that are dealt out evenly.
    ``single``: one triggered hook for each contact instead of a batch. ``form`` is how the item file is written.
    ``generation``: immediate messages carry the contact's data of the confirmation, delayed ones those of the scheduled time.
    ``mischief`` is what goes wrong on purpose.
    """

    name: Annotated[str, Field(max_length=255)] = "Day 1 mail"
    journey_name: Annotated[str, Field(max_length=255)] = "Spring sale"
    project_name: Annotated[str, Field(max_length=255)] = "Newsletter"
    size: Annotated[int, Field(ge=0, le=1_000_000)] = 100
    consent_share: Annotated[float, Field(ge=0, le=1)] = 0.8
    segments: tuple[str, ...] = ("new", "regular")
    seed: int = 1
    single: bool = False
    project_actions: tuple[Action, ...] = ()
    sendout_actions: tuple[Action, ...] = ()
    timing: Timing = Timing()
    switches: Switches = Switches()
    breaker: Breaker = Breaker()
    generation: Literal["immediate", "delayed"] = "immediate"
    form: Literal["ndjson", "json", "csv", "ndjson_gzip"] = "ndjson"
    target: Target = Target()
    mischief: tuple[Mischief, ...] = ()


class Ending(Noun):
    """How one contact ended: its path, whether and when its message left (minutes), when it moved on, and which rule of the sheet says so.

    ``words`` tells it as the vectors do: "accepted path", "continues (single path)", "leaves the flow (timed out)",
    "timed-out path, moved at minute 120". ``answer`` is the status that the decision call got, 0 without a call.
    """

    path: Path
    sent: bool
    sent_min: float | None = None
    moved_min: float | None = None
    words: str
    decided_by: str
    answer: int = 0


class Ended(Noun):
    """One contact of a sendout: its number from 1, its id and segment, and how it ended; ``ending`` is None while it waits."""

    number: int
    contact: str
    segment: str = ""
    ending: Ending | None = None


class Standing(Noun):
    """A sendout of the stand-in and how it goes, in numbers that add up to ``size``; ``waiting`` have not ended yet.

    ``sent_without_code`` are messages that left before their code was stored; ``hook`` tells how the hook was taken.
    """

    id: str
    sendout: Sendout
    now_min: float = 0.0
    size: int = 0
    waiting: int = 0
    accepted: int = 0
    rejected: int = 0
    timed_out: int = 0
    left_flow: int = 0
    sent: int = 0
    sent_without_code: int = 0
    sent_although_rejected: int = 0
    hook: str = ""
    closed: bool = False
    timeline: tuple[tuple[float, str], ...] = ()
