"""Tags: what a shop's pages tell the platform: as hidden HTML, as script events, and what of it would arrive."""

from __future__ import annotations

from typing import Annotated, Final, Literal, get_args

from pydantic import Field

from workbench.sentence import Sentence

from .base import JsonValue, Level, Noun

TagKind = Literal[
    "cart", "purchase", "product_visited", "product_searched", "product_not_found", "search", "login", "register",
    "newsletter_subscribe", "client_info", "page_info", "banner",
]  # fmt: skip
"""The tags that a page may carry; ``page_info`` stands for its categories and words."""
TAG_KINDS: Final[tuple[TagKind, ...]] = get_args(TagKind)
ScriptKind = Literal[
    "page-visit", "product-visited", "product-searched", "product-not-found", "search", "login", "register", "newsletter-subscribe",
    "cart", "purchase", "custom",
]  # fmt: skip
"""What a page's own script may tell, by the wire's names; a cart goes beside the events, not among them."""
SCRIPT_KINDS: Final[tuple[ScriptKind, ...]] = get_args(ScriptKind)
Way = Literal["api", "tag", "js"]
WAYS: Final[tuple[Way, ...]] = get_args(Way)
Effect = Literal["dropped", "changed", "ignored", "missing", "unread", "advice"]
"""What becomes of it: the whole tag is dropped, a value arrives as another, a repeated tag is ignored, something is missing, what looks
like a tag is never read; or nothing, and it could be better."""
MOST_HTML = 1_000_000
"""Letters of a page that is read; a page of a shop has some hundred thousand."""


class Finding(Noun):
    """One thing that the platform's page script would make of a page, and one fix.

    ``rule`` is the rule's name, ``tag`` the class of the tag, ``field`` the class of the value in it (empty: the tag itself). ``line`` and
    ``column`` count from 1 in the pasted page.
    """

    rule: str
    level: Level
    effect: Effect
    tag: str
    field: str = ""
    value: str = ""
    """What is written there, cut to what is readable."""
    line: int
    column: int = 1
    sentence: Sentence
    fix: Sentence


class TagSeen(Noun):
    """A tag on the page: where it begins, whether it arrives, and as what (by the names of the wire)."""

    tag: str
    line: int
    column: int = 1
    kept: bool
    value: JsonValue = None


class Simulated(Noun):
    """What the script would send for a page. ``body`` is None where it sends nothing; ``sentence`` says why, or what goes.

    ``events`` are the types of the events in it; ``changed`` names what differs from the page before: ``entity``, ``cart``, ``push``.
    """

    body: dict[str, JsonValue] | None = None
    sentence: Sentence
    events: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


class LintReport(Noun):
    """A page, read as the script reads it: the tags, the findings by line, and what would be sent."""

    findings: tuple[Finding, ...] = ()
    tags: tuple[TagSeen, ...] = ()
    more_tags: int = 0
    """Tags that are not listed any more."""
    simulated: Simulated
    lines: int = 0

    @property
    def ok(self) -> bool:
        """Whether nothing is lost: no finding is an error."""
        return not any(finding.level == "error" for finding in self.findings)


class Differing(Noun):
    """One value that is not the same in all three: by its path, as it stands in each (None: not there)."""

    path: str
    tag: JsonValue = None
    script: JsonValue = None
    api: JsonValue = None
    known: Sentence | None = None
    """Why it cannot be the same: only the API has a place for it, say. Without it, it is a fault."""


class Comparison(Noun):
    """One cart or purchase, told three ways.

    ``tag``, ``script`` and ``api`` are what each says once it arrived, by the names of the wire; ``api`` is None for a cart, which the API
    does not take. ``html`` and ``code`` are how tag and script are written.
    """

    kind: Literal["cart", "purchase"]
    html: str
    code: str
    tag: JsonValue
    script: JsonValue
    api: JsonValue = None
    differences: tuple[Differing, ...] = ()

    @property
    def equal(self) -> bool:
        """Whether all ways say the same, but for what only one of them has a place for."""
        return all(one.known is not None for one in self.differences)


class Covered(Noun):
    """One thing to tell: which ways there are, which are chosen, and how that stands.

    ``key`` is an API object (``contacts``, ``products``, ``purchases``, ``coupons``) or a web event by its wire's name.
    """

    key: str
    title: str
    group: Literal["object", "event"]
    possible: tuple[Way, ...]
    chosen: tuple[Way, ...] = ()
    state: Literal["covered", "missing", "twice", "impossible"]
    sentence: Sentence | None = None


class Coverage(Noun):
    """Which of the API's objects and of the web events are told, by which way, and which twice."""

    rows: tuple[Covered, ...]
    covered: int = 0
    missing: int = 0
    twice: int = 0


class ActivityCost(Noun):
    """What one kind of event uses up in a month: how many are told, how many are counted (more where it is told twice)."""

    key: str
    title: str
    volume: int
    times: int = 1
    activities: int = 0
    billed: bool = True


class CostTable(Noun):
    """A month's activities against the plan's allowance (0: not given); ``extra`` are those that come of telling a thing twice."""

    rows: tuple[ActivityCost, ...]
    total: int = 0
    extra: int = 0
    allowance: int = 0
    sentence: Sentence


Volume = Annotated[int, Field(ge=0, le=10_000_000_000)]
