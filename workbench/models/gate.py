"""Gates: the one endpoint of an account that a platform's Send Gate calls, what its actions mean, and who is let through.

Facts: https://help.symplify.com/hc/en-us/articles/6238097514386-Send-Gate-Plus ; what that page leaves open is marked in the fact sheet
and is one switch in ``models.platform.Switches``.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from .base import JsonValue, Noun, Problem, SecretRef
from .rules import RuleSet

GateLevel = Literal["project", "sendout"]
HookKind = Literal["batch", "single"]
Flow = Literal["journey", "campaign_manager"]
EndpointKind = Literal["http", "sqs"]
EndpointAuth = Literal["none", "basic", "header", "iam"]
"""IAM belongs to SQS alone, basic and header to HTTP alone; a queue without keys takes them from the environment (``none``)."""

GATES = "gates"
"""The catalogue's folder of gates."""
PLATFORM = "symplify"
"""The provider's key of every call to and from the platform: the journal names it, and the rehearsal finds the stand-in by it."""
TOKEN_HEADER = "X-Carma-Authentication-Token"  # noqa: S105 - a header's name
"""Where the account's token goes, as a customer's client sends it: https://github.com/moonwalker/carmaclient"""

CAMPAIGN_MANAGER_LIMIT_MIN = 60
"""Campaign Manager waits one hour, always; a journey waits as long as its step says."""

SOURCE_IPS: dict[str, str] = {
    "ONE": "192.165.55.111",
    "TWO": "192.165.55.112",
    "THREE": "192.165.55.113",
    "FIVE": "184.107.113.20",
}
"""Where the account's server calls from, by its name: https://help.symplify.com/hc/en-us/articles/360011230659-Webhooks"""


class Action(Noun):
    """One action of a sendout: its identifier, its details, and the level it was set on (None: the hook does not say)."""

    identifier: Annotated[str, Field(max_length=255)]
    details: Annotated[str, Field(max_length=2000)] = ""
    level: GateLevel | None = None


class HookItem(Noun):
    """The one contact of a single hook. ``reject_uri`` is a secret: it decides."""

    contact_id: str
    reject_uri: Annotated[str, Field(repr=False)]


class Hook(Noun):
    """A Send Gate Plus webhook as it was read. Its addresses are secrets: whoever knows one can decide.

    A batch has ``item_download_uri``, a single has ``items``; never both. ``extra`` keeps fields nobody here knows.
    """

    kind: HookKind
    finish_uri: Annotated[str, Field(repr=False)]
    actions: tuple[Action, ...] = ()
    project_name: str = ""
    journey_name: str = ""
    sendout_name: str = ""
    item_download_uri: Annotated[str | None, Field(repr=False)] = None
    items: tuple[HookItem, ...] = ()
    extra: Annotated[dict[str, JsonValue], Field(repr=False)] = Field(default_factory=dict)


class ReadHook(Noun):
    """What became of reading a hook: the hook, or the problems (errors) that keep it from being one; warnings and notes beside it."""

    hook: Hook | None = None
    problems: tuple[Problem, ...] = ()


# What an action means -------------------------------------------------------------------------------------------------


class CheckConsent(Noun):
    """Who is not on the consent list, or is refused by the live check, is rejected. One of both is named.

    ``field`` is what is looked up: ``id`` or a property.
    """

    kind: Literal["check_consent"] = "check_consent"
    consent_list: str = ""
    live_check: str = ""
    field: str = "id"
    reason: str = ""


class AddCode(Noun):
    """Each accepted contact gets one code of the pool, written into the property before the sendout is finished."""

    kind: Literal["add_code"] = "add_code"
    pool: str
    property: str


class AddTag(Noun):
    """Each accepted contact gets the tag; without one, the action's details name it."""

    kind: Literal["tag"] = "tag"
    tag: str = ""


class SetProperty(Noun):
    """Each accepted contact gets the property; without a value, the action's details are it."""

    kind: Literal["set_property"] = "set_property"
    property: str
    value: str = ""


class CallEndpoint(Noun):
    """Each accepted contact is sent through a saved integration, as a test event or a message."""

    kind: Literal["call_endpoint"] = "call_endpoint"
    integration_id: str


MeaningKind = Literal["check_consent", "add_code", "tag", "set_property", "call_endpoint"]
Does = Annotated[CheckConsent | AddCode | AddTag | SetProperty | CallEndpoint, Field(discriminator="kind")]


class Meaning(Noun):
    """What an action of this identifier makes happen. An identifier without a meaning is reported and holds the sendout back."""

    identifier: Annotated[str, Field(min_length=1, max_length=255)]
    does: Does


# What the gate asks and where it writes -------------------------------------------------------------------------------


class LiveCheck(Noun):
    """A consent service that is asked for each contact: ``GET url`` with the looked-up value in place of ``{value}``.

    The answer is read at ``path`` (dotted, empty: the whole body) of its JSON; ``yes`` lists the values that mean consent.
    ``fallback`` is the verdict where the service does not answer in ``timeout_s`` or not with a 2xx; ``at_once`` calls go at a time.
    """

    key: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
    url: str
    header: str = ""
    header_value: str | SecretRef = ""
    path: str = ""
    yes: tuple[JsonValue, ...] = (True, "true", "yes", 1)
    timeout_s: Annotated[float, Field(gt=0, le=60)] = 2.0
    at_once: Annotated[int, Field(ge=1, le=256)] = 32
    fallback: Literal["accept", "reject"] = "reject"


class WriteBack(Noun):
    """Where properties are written: ``PUT {base_url}/lists/{list_id}/contacts/{id}/update``.

    The route and its header as a customer's client uses them: https://github.com/moonwalker/carmaclient (facts A8).
    """

    base_url: str = ""
    list_id: str = ""
    token: SecretRef | None = None
    force: bool = False


class TimeLimit(Noun):
    """How long the platform waits, by the name of the journey or campaign: the hook does not say which of both it is.

    ``journey_name`` fits a whole name, ignoring case; empty: every one. The first that fits counts.
    """

    journey_name: Annotated[str, Field(max_length=255)] = ""
    flow: Flow = "campaign_manager"
    minutes: Annotated[int, Field(ge=1, le=43_200)] = CAMPAIGN_MANAGER_LIMIT_MIN


class AnswerOptions(Noun):
    """How a sendout is answered.

    ``start``: by itself, or when a person says so. ``at_once`` calls go at a time, at most ``per_second`` of them begin (None: no limit).
    ``leak_guard``: finish only if every reject was taken. ``on_failed_write``: what becomes of the sendout where a write-back failed.
    ``when_late``: what happens where the calls cannot be made in the time that is left: begin anyway and say so, or hold back.
    """

    start: Literal["itself", "person"] = "itself"
    at_once: Annotated[int, Field(ge=1, le=512)] = 32
    per_second: Annotated[float, Field(gt=0, le=100_000)] | None = None
    leak_guard: bool = True
    on_failed_write: Literal["hold_back", "finish"] = "hold_back"
    when_late: Literal["begin", "hold_back"] = "begin"
    margin_min: Annotated[float, Field(ge=0, le=1440)] = 5.0


class GateSettings(Noun):
    """What the form of a gate holds. May be incomplete: ``engine.gate_checks`` gives the verdict.

    HTTP: the platform calls ``/gate/{key}`` of the server. SQS: the gate polls ``queue_url``.
    ``hosts`` are the hosts (``host`` or ``host:port``) whose addresses may be called; empty: the rehearsal's stand-in alone.
    ``source_ips`` are the addresses a hook may come from; empty: any.
    """

    name: Annotated[str, Field(max_length=120)] = ""
    key: Annotated[str, Field(max_length=40)] = ""
    kind: EndpointKind = "http"
    auth: EndpointAuth = "none"
    username: str = ""
    password: SecretRef | None = None
    header: str = ""
    header_value: SecretRef | None = None
    source_ips: tuple[str, ...] = ()
    queue_url: str = ""
    queue_region: str = ""
    access_key_id: str = ""
    secret_access_key: SecretRef | None = None
    hosts: tuple[str, ...] = ()
    rules: RuleSet = RuleSet()
    meanings: tuple[Meaning, ...] = ()
    live_checks: tuple[LiveCheck, ...] = ()
    write_back: WriteBack = WriteBack()
    limits: tuple[TimeLimit, ...] = (TimeLimit(),)
    answering: AnswerOptions = AnswerOptions()
    account_token: SecretRef | None = None


class Gate(Noun):
    """A gate as it is kept."""

    id: str
    settings: GateSettings
    open: bool = True
    created_at: AwareDatetime
    changed_at: AwareDatetime


class CodePool(Noun):
    """A pool of codes, each handed out once: how many it has, and how many are left.

    ``doubles`` counts what an addition brought that the pool had already.
    """

    key: str
    total: int = 0
    taken: int = 0
    doubles: int = 0

    @property
    def left(self) -> int:
        """The codes that nobody has."""
        return self.total - self.taken


class ConsentList(Noun):
    """An imported list of those who consent: kept as digests, so that no address lies on the disk.

    ``ledger`` says that it is no list, but a name under which the hub's consent ledger is asked. ``doubles`` and ``skipped`` are lines of
    the import that said nothing new, or nothing.
    """

    key: str
    size: int = 0
    doubles: int = 0
    skipped: int = 0
    imported_at: AwareDatetime
    ledger: bool = False
