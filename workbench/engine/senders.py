"""SENDERS: what a number, short code or alphanumeric id must look like, and where it can send to (R-SMS-06, 07, 09, 16, 33)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from workbench.models.base import Level, Noun, Problem
from workbench.models.message import SenderType
from workbench.models.pace import Rate
from workbench.models.phone import is_number
from workbench.models.provider import Provider
from workbench.models.sms_account import Sender, SmsSettings
from workbench.sentence import N_, Sentence, say

from .phones import is_toll_free_abroad, normal_number, region_of, shares_north_america, shown

TOLL_FREE: Final = ("800", "833", "844", "855", "866", "877", "888")
"""Area codes in North America that cost the caller nothing (https://www.nanpa.com/numbering/toll-free-codes)."""
SHORT_CODE_DIGITS: Final[Mapping[str, tuple[int, int]]] = {"": (5, 6), "link_mobility": (4, 6)}
"""Fewest and most digits of a short code, by provider (``""``: any other). LINK's own examples have four: ``NO-2333``."""
ALPHANUMERIC_LENGTH: Final = 11
NAME_LENGTH: Final = 100
PATH_LENGTH: Final = 200

TYPE_NAMES: Final[Mapping[SenderType, str]] = {
    "toll_free": N_("Toll-free number"),
    "short_code": N_("Short code"),
    "long_code": N_("Long code"),
    "mobile": N_("Mobile number"),
    "alphanumeric": N_("Alphanumeric sender id"),
}

_ALPHANUMERIC: Final = re.compile(r"[A-Za-z0-9 ]+", re.ASCII)
_LOOKS_LIKE_DIGITS: Final = str.maketrans("OoIl", "0011")
_INTERNATIONAL: Final = re.compile(r"\s*(?:tel:)?\s*(?:\+|00)", re.IGNORECASE)


class RouteRule(Noun):
    """One line of the matrix type x provider x destination; an empty field fits all. The first line that fits decides.

    ``to`` are the destinations it speaks of, ``outside`` those it does not speak of (ISO 3166). ``words`` may name ``{type}``,
    ``{provider}`` and ``{region}``.
    """

    type: SenderType | None = None
    provider: str = ""
    to: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    level: Level = "error"
    words: str
    source: str = ""


DEFAULT_ROUTES: Final[tuple[RouteRule, ...]] = (
    RouteRule(
        provider="vibes",
        outside=("US", "CA"),
        words=N_(
            "{provider} sends to the United States and Canada only, and the recipient is in {region}. Choose another provider for it."
        ),
        source="https://learn.microsoft.com/dynamics365/customer-insights/journeys/real-time-marketing-text-messaging-setup",
    ),
    RouteRule(
        type="alphanumeric",
        to=("US", "CA", "PR"),
        words=N_(
            "Carriers in {region} take no alphanumeric sender id. Send from a toll-free number, a short code or a long code there."
        ),
        source="https://developers.telnyx.com/docs/messaging/messages/alphanumeric-sender-id",
    ),
)
"""What reaches where, to be edited as it changes: a line added before the others goes before them."""


# -- the sender itself ---------------------------------------------------------------------------------------------------


def tidy_sender(sender: Sender) -> Sender:
    """Return the sender with outer blanks gone and its value normal; what cannot be read stays as it was typed.

    Only a number with its + or 00 is spelled anew: ten digits without it may mean two countries.
    """
    value, region = sender.value.strip(), sender.region.strip().upper()
    if sender.type == "alphanumeric":
        value = " ".join(unicodedata.normalize("NFKC", value).split())
    elif sender.type == "short_code":
        normal = normal_number(value)
        if isinstance(normal, str) and not normal.startswith("+"):
            region = region or (
                value[:2].upper() if value[:2].isalpha() else ""
            )  # NO-2333, as LINK Mobility writes it
            value = normal
    elif _INTERNATIONAL.match(value):
        normal = normal_number(value)
        value = normal if isinstance(normal, str) else value
    return sender.model_copy(update={
        "value": value, "name": sender.name.strip(), "business_unit": tidy_path(sender.business_unit),
        "region": region,
    })  # fmt: skip


def check_sender(sender: Sender, settings: SmsSettings, provider: Provider | None) -> list[Problem]:
    """Return what is wrong with one sender of an account, by field (R-SMS-06, 07, 09)."""
    problems = [*_check_type(sender, provider), *_check_name(sender)]
    wrong = check_value(sender, provider.key if provider else "")
    if wrong:
        problems.append(Problem(field="value", sentence=wrong))
    elif provider is not None and provider.sms is not None:
        problems += _check_home(sender, provider, provider.sms.regions)
    problems += check_path(sender.business_unit, "business_unit")
    if not lies_under(sender.business_unit or settings.business_unit, settings.business_unit):
        sentence = say(
            "The sender belongs to “{unit}”, which does not lie under “{parent}”, the account's business unit. "
            "Choose “{parent}” or a unit under it, or give the account a wider one.",
            unit=sender.business_unit, parent=settings.business_unit,
        )  # fmt: skip
        problems.append(Problem(field="business_unit", sentence=sentence))
    return problems


def check_value(sender: Sender, provider: str = "") -> Sentence | None:
    """Return why this value is none of its type, or None (R-SMS-06)."""
    if not sender.value.strip():
        return say(
            "The sender is empty. Type the number, short code or sender id that your provider gave you."
        )
    if sender.type == "short_code":
        return _check_short_code(sender.value, provider)
    if sender.type == "alphanumeric":
        return _check_alphanumeric(sender.value)
    return _check_number(sender.value, sender.type)


def _check_short_code(value: str, provider: str) -> Sentence | None:
    least, most = SHORT_CODE_DIGITS.get(provider, SHORT_CODE_DIGITS[""])
    if "+" in value:
        return say(
            "The short code “{value}” has a +. A short code has neither + nor country code: type its {least} to {most} digits alone.",
            value=shown(value), least=least, most=most,
        )  # fmt: skip
    if not (value.isascii() and value.isdigit() and least <= len(value) <= most):
        return say(
            "“{value}” is no short code: that has {least} to {most} digits and nothing else. Correct it, or choose another type.",
            value=shown(value), least=least, most=most,
        )  # fmt: skip
    return None


def _check_alphanumeric(value: str) -> Sentence | None:
    if is_number(value):
        return say(
            "“{value}” is a number, and a sender id has at least one letter. Add a letter, or choose the type of the number.",
            value=shown(value),
        )
    if len(value) > ALPHANUMERIC_LENGTH:
        return say(
            "The sender id “{value}” has {length} characters; at most {most} are allowed. Shorten it.",
            value=value[:30], length=len(value), most=ALPHANUMERIC_LENGTH,
        )  # fmt: skip
    if not _ALPHANUMERIC.fullmatch(value):
        sign = next(sign for sign in value if not _ALPHANUMERIC.fullmatch(sign))
        return say(
            "The sender id “{value}” holds “{sign}”. Use the letters A to Z without accents, digits and blanks.",
            value=value[:30], sign=sign if sign.isprintable() else f"U+{ord(sign):04X}",
        )  # fmt: skip
    digits = sum(sign.isdigit() for sign in value)
    disguised = value.translate(_LOOKS_LIKE_DIGITS).replace(" ", "").isdigit() and digits >= 3
    if disguised or digits >= 7:
        return say(
            "The sender id “{value}” looks like a phone number, which carriers block. Use your brand's name.",
            value=value,
        )
    return None


def _check_number(value: str, type: SenderType) -> Sentence | None:  # noqa: A002 - the field's name
    normal = normal_number(value)
    if isinstance(normal, Sentence):
        return normal
    if not normal.startswith("+"):
        return say(
            "“{value}” is a short code. Choose that type, or type the whole number with its country code, such as +1 425 555 0123.",
            value=shown(value),
        )
    if not _INTERNATIONAL.match(value):
        return say(
            "The number “{value}” has no + before its country code. Type it in full; if {normal} is meant, type that.",
            value=shown(value), normal=normal,
        )  # fmt: skip
    free = is_toll_free(normal)
    if type == "toll_free" and not free:
        return say(
            "{value} is no toll-free number: in North America those begin with {prefixes} after +1. Correct it, or choose another type.",
            value=shown(normal), prefixes=", ".join(TOLL_FREE),
        )  # fmt: skip
    if type != "toll_free" and free:
        return say(
            "{value} is a toll-free number. Choose the type for toll-free numbers.", value=shown(normal)
        )
    return None


def is_toll_free(number: str) -> bool:
    """Return whether a normal number is toll-free: by its area code in North America, elsewhere by its country's plan."""
    if shares_north_america(number):
        return number[2:5] in TOLL_FREE
    return is_toll_free_abroad(number)


def _check_type(sender: Sender, provider: Provider | None) -> list[Problem]:
    if provider is None or provider.sms is None or sender.type in provider.sms.sender_types:
        return []
    sentence = say(
        "{provider} takes no sender of the type “{type}”. Choose one of: {types}.",
        provider=provider.name, type=Sentence(TYPE_NAMES[sender.type]), types=_listed(provider.sms.sender_types),
    )  # fmt: skip
    return [Problem(field="type", sentence=sentence)]


def _check_name(sender: Sender) -> list[Problem]:
    name = sender.name
    if len(name) > NAME_LENGTH:
        sentence = say(
            "The friendly name has {length} characters; at most {most} are allowed. Shorten it.",
            length=len(name),
            most=NAME_LENGTH,
        )
    elif not name.isprintable():
        sentence = say("The friendly name holds a line break or another invisible character. Type it again.")
    else:
        return []
    return [Problem(field="name", sentence=sentence)]


def _check_home(sender: Sender, provider: Provider, regions: Sequence[str]) -> list[Problem]:
    """Return why this provider has no such number: it serves other countries, or the region of a short code is none."""
    if sender.region and not re.fullmatch(r"[A-Z]{2}", sender.region, re.ASCII):
        sentence = say(
            "“{region}” is no country code. Type two letters, such as SE, or leave it empty.",
            region=sender.region[:20],
        )
        return [Problem(field="region", sentence=sentence)]
    home = region_of(sender.value) if sender.value.startswith("+") else sender.region
    if not home or not regions or home in regions:
        return []
    sentence = say(
        "{provider} has numbers of {regions} only, and this one is of {home}. Use a number of theirs, or choose another provider.",
        provider=provider.name, regions=", ".join(regions), home=home,
    )  # fmt: skip
    return [Problem(field="value", sentence=sentence)]


def _listed(types: Sequence[SenderType]) -> Sentence:
    """Return the names of types as one sentence that is translated part by part."""
    first, *rest = types
    named = Sentence(TYPE_NAMES[first])
    return say("{first}, {rest}", first=named, rest=_listed(rest)) if rest else named


# -- where it can send to --------------------------------------------------------------------------------------------------


def check_route(
    provider: Provider, sender: Sender, region: str, routes: Sequence[RouteRule] = DEFAULT_ROUTES
) -> Problem | None:
    """Return why this sender does not reach a country (ISO 3166), or what to mind; None where nothing is known against it (R-SMS-07).

    An unknown country (``""``) is not judged. A short code beyond its own country is a warning.
    """
    region = region.strip().upper()
    if not region:
        return None
    for rule in routes:
        if _fits(rule, provider.key, sender.type, region):
            words = Sentence(
                rule.words,
                {"provider": provider.name, "type": Sentence(TYPE_NAMES[sender.type]), "region": region},
            )
            return Problem(field="to", sentence=words, level=rule.level)
    served = provider.sms.regions if provider.sms else ()
    if served and region not in served:
        sentence = say(
            "{provider} sends to {regions} only, and the recipient is in {region}. Choose another provider for it.",
            provider=provider.name, regions=", ".join(served), region=region,
        )  # fmt: skip
        return Problem(field="to", sentence=sentence)
    return _border(sender, region) if sender.type == "short_code" else None


def check_rule(rule: RouteRule, where: str) -> Iterator[Problem]:
    """Give what is wrong with a line of the matrix; ``where`` is its place in the form."""
    try:
        told = str(Sentence(rule.words, {"provider": "x", "type": "x", "region": "x"}))
    except (KeyError, ValueError, IndexError, AttributeError):
        told = ""
    if not told.strip():
        sentence = say(
            "The words of this line cannot be shown. Write a sentence; it may name {places}.",
            places="{provider}, {type}, {region}",
        )
        yield Problem(field=f"{where}.words", sentence=sentence)
    for name in ("to", "outside"):
        for region in getattr(rule, name):
            if not (len(region) == 2 and region.isascii() and region.isalpha() and region.isupper()):
                sentence = say(
                    "“{value}” is no country. Write its two capital letters, like SE.", value=region[:20]
                )
                yield Problem(field=f"{where}.{name}", sentence=sentence)


def _fits(rule: RouteRule, provider: str, type: SenderType, region: str) -> bool:  # noqa: A002 - the field's name
    return (
        rule.provider in ("", provider)
        and rule.type in (None, type)
        and (not rule.to or region in rule.to)
        and (not rule.outside or region not in rule.outside)
    )


def _border(sender: Sender, region: str) -> Problem | None:
    if sender.region == region:
        return None
    if sender.region:
        sentence = say(
            "The short code {value} is of {home}, and the recipient is in {region}: a short code seldom works across a border. "
            "Send from a sender of {region}.",
            value=sender.value, home=sender.region, region=region,
        )  # fmt: skip
        return Problem(field="to", sentence=sentence, level="warning")
    sentence = say(
        "The short code {value} works in the country that gave it out alone. Make sure that this is {region}, and note the country with "
        "the sender.",
        value=sender.value, region=region,
    )  # fmt: skip
    return Problem(field="to", sentence=sentence, level="note")


# -- what a sender may do, and to whom it belongs --------------------------------------------------------------------------


def rate_of(provider: Provider, type: SenderType) -> Rate | None:  # noqa: A002 - the field's name
    """Return how often a sender of this type may send with this provider, as the provider declares it; None where nothing is known."""
    return provider.sms.rates.get(type) if provider.sms else None


def seconds_to_send(rate: Rate | None, requests: int) -> float:
    """Return the seconds that so many requests take from one sender at its full rate; 0 where no rate is known."""
    if rate is None or requests <= rate.limit:
        return 0.0
    return (requests - 1) // rate.limit * rate.per_s


def tidy_path(path: str) -> str:
    """Return a business unit's path with single slashes and no blanks around its names."""
    return "/".join(name for name in (" ".join(part.split()) for part in path.split("/")) if name)


def lies_under(path: str, parent: str) -> bool:
    """Return whether a business unit is ``parent`` or lies under it; everything lies under the whole company (``""``) (R-SMS-09)."""
    names, above = _names(path), _names(parent)
    return names[: len(above)] == above


def check_path(path: str, field: str) -> list[Problem]:
    """Return what is wrong with a business unit's path; it names the field."""
    if len(path) > PATH_LENGTH:
        sentence = say(
            "The business unit has {length} characters; at most {most} are allowed. Shorten its names.",
            length=len(path),
            most=PATH_LENGTH,
        )
    elif not path.isprintable():
        sentence = say("The business unit holds a line break or another invisible character. Type it again.")
    else:
        return []
    return [Problem(field=field, sentence=sentence)]


def _names(path: str) -> list[str]:
    return [name.casefold() for name in tidy_path(path).split("/") if name]
