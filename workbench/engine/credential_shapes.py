"""CREDENTIAL SHAPES: what can be seen of a wrong key without asking the provider (R-SMS-03).

Data keyed by provider and credential field; secrets are judged here and never repeated, only their mask is.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from workbench.models.base import JsonValue, Problem
from workbench.models.credential import Credential
from workbench.models.hosts import bare_host
from workbench.sentence import N_, Sentence, say

from .redact import hint_of


class Shape(NamedTuple):
    """What a field must look like, and the sentence that says so; it may name ``{title}`` and ``{value}`` (masked)."""

    pattern: str
    words: str


_HEX_32: Final = r"[0-9a-fA-F]{32}"

SHAPES: Final[Mapping[str, Mapping[str, Shape]]] = {
    "twilio": {
        "account_sid": Shape(
            rf"AC{_HEX_32}",
            N_("“{title}” is “{value}”. It is AC and 32 digits or letters from a to f: copy it from the start page of Twilio's console."),
        ),
        "auth_token": Shape(
            _HEX_32,
            N_("“{title}” is “{value}”. It is 32 digits or letters from a to f: copy it from the start page of Twilio's console."),
        ),
    },
}  # fmt: skip
"""https://www.twilio.com/docs/glossary/what-is-a-sid"""

SWAPPED: Final[Mapping[str, tuple[str, str]]] = {"twilio": ("account_sid", "auth_token")}
"""Two fields that are easily swapped: the first one's shape in the second, or the other way round."""

BASE64: Final[Mapping[str, tuple[str, ...]]] = {"telesign": ("api_key",)}
"""Keys that are base64, because the provider signs with what they encode."""

CONNECTION_STRINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "azure_communication_services": ("primary_connection_string", "secondary_connection_string"),
}
"""Fields that hold ``endpoint=https://…;accesskey=…``; all of an account name the same resource."""


class Host(NamedTuple):
    """A field that holds the provider's host for this account: how it ends, and one that is right."""

    field: str
    endings: tuple[str, ...]
    example: str


HOSTS: Final[Mapping[str, Host]] = {
    "azure_communication_services": Host("endpoint", (".communication.azure.com",), "contoso.communication.azure.com"),
    "infobip": Host("host", (".infobip.com",), "abc123.api.infobip.com"),
    "link_mobility": Host("host", (".linkmobility.io", "wsx.sp247.net"), "n-eu.linkmobility.io"),
    "vibes": Host("environment", (".vibesapps.com",), "messageapi.vibesapps.com"),
}  # fmt: skip
"""A whole address that is pasted there is cut down to its host."""

IN_USE: Final[Mapping[str, tuple[str, str, str]]] = {
    "azure_communication_services": ("key_in_use", "secondary", "secondary_connection_string"),
}
"""A choice, its value, and the secret that it needs."""

_BLANK: Final = "\u200b\u200c\u200d\u2060\ufeff"
_FILLERS: Final = frozenset("xX*.#?_-•…")
_PLACEHOLDER_WORDS: Final = re.compile(
    r"your[ _-]?(?:own|api|auth|account|customer|secret|access|app|key|token|sid|password|user|name|base|host|id|connection|resource|sub)"
    r"|placeholder|change[ _-]?me|insert[ _-]?here|replace[ _-]?(?:me|this|with)|paste[ _-]?here",
    re.IGNORECASE,
)
_PLACEHOLDER_TEXTS: Final = frozenset(
    {"api key", "api_key", "apikey", "auth token", "auth_token", "authtoken", "account sid", "account_sid", "customer id", "customer_id",
     "secret", "token", "password", "key", "example", "dummy", "none", "null", "n/a", "tbd", "todo"}
)  # fmt: skip
"""Whole texts that stand in manuals where the value belongs."""
_BRACKETED: Final = re.compile(
    r"<[^<>]*>|\{[^{}]*\}|\{\{.*\}\}|\[[^\[\]]*\]|\$\{?[A-Za-z_]\w*\}?|%[A-Za-z_]\w*%", re.DOTALL
)


def tidy_text(text: str) -> str:
    """Return a credential's text without the blanks, line ends and invisible marks around it that a copy brings along."""
    before = None
    while text != before:
        before, text = text, text.strip().strip(_BLANK)
    return text


def completed(
    provider: str, credential: Mapping[str, JsonValue], texts: Mapping[str, str]
) -> dict[str, JsonValue]:
    """Return a credential with its host bare, and taken out of its connection string where it is empty. ``texts``: the opened fields."""
    filled = dict(credential)
    if provider in HOSTS:
        name = HOSTS[provider].field
        filled[name] = bare_host(filled.get(name) or "")
        for secret in CONNECTION_STRINGS.get(provider, ()):
            read = connection(texts.get(secret, ""))
            if not filled[name] and not isinstance(read, Sentence):
                filled[name] = read[0]
        if not filled[name]:
            del filled[name]
    return filled


def check_shapes(provider: str, model: type[Credential], texts: Mapping[str, str]) -> list[Problem]:
    """Return what is wrong with the texts of a credential, by field (``credential.FIELD``). Empty ones are the model's affair.

    A text is judged without the blanks around it, as it will be kept.
    """
    values = {name: tidy_text(text) for name, text in texts.items()}
    found: dict[str, Sentence] = {}
    for name, text in values.items():
        if text and name in model.model_fields and is_placeholder(text):
            found[name] = say(
                "“{title}” is “{value}”, which only stands for the real value in a manual. Copy yours from your provider.",
                title=title_of(model, name), value=hint_of(text) if name in model.secret_fields() else text[:40],
            )  # fmt: skip
    rest = {name: text for name, text in values.items() if text and name not in found}
    found |= _check_swapped(provider, model, rest)
    for name, shape in SHAPES.get(provider, {}).items():
        if name in rest and name not in found and not re.fullmatch(shape.pattern, rest[name], re.ASCII):
            found[name] = Sentence(
                shape.words, {"title": title_of(model, name), "value": hint_of(rest[name])}
            )
    for name in BASE64.get(provider, ()):
        if name in rest and name not in found and not decoded(rest[name]):
            found[name] = say(
                "“{title}” is “{value}”, which is no base64: it has been cut, or something is in it that does not belong. Copy it again.",
                title=title_of(model, name), value=hint_of(rest[name]),
            )  # fmt: skip
    if (
        provider in HOSTS
        and (wrong := _check_host(HOSTS[provider], model, rest))
        and HOSTS[provider].field not in found
    ):
        found[HOSTS[provider].field] = wrong
    found |= _check_connections(provider, model, rest, found)
    blocking = [
        Problem(field=f"credential.{name}", sentence=found[name])
        for name in model.model_fields
        if name in found
    ]
    return blocking + _check_same(provider, model, rest)


def is_placeholder(text: str) -> bool:
    """Return whether a text only stands for the real value: “your_api_key”, “<token>”, “xxxx”, a pasted mask."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if (
        plain.casefold() in _PLACEHOLDER_TEXTS
        or _BRACKETED.fullmatch(plain)
        or _PLACEHOLDER_WORDS.search(plain)
    ):
        return True
    if plain.startswith("****"):
        return True  # the mask of a saved secret, not the secret
    body = plain.removeprefix("https://").removeprefix("http://").removeprefix("AC").split(".")[0] or plain
    return len(body) >= 3 and set(body) <= _FILLERS and len(set(body.casefold())) == 1


def misplaced_secrets(provider: str, credential: Mapping[str, object]) -> tuple[str, ...]:
    """Return the plain fields that hold a secret by mistake: those are not kept, for a draft lies on the disk as it is."""
    plain, secret = SWAPPED.get(provider, ("", ""))
    value, shapes = credential.get(plain), SHAPES.get(provider, {})
    wrong = isinstance(value, str) and secret and re.fullmatch(shapes[secret].pattern, tidy_text(value))
    return (plain,) if wrong else ()


def connection(text: str) -> tuple[str, bytes] | Sentence:
    """Return the host and the key in a connection string (``endpoint=https://…;accesskey=…``), or what is wrong with it.

    https://learn.microsoft.com/azure/communication-services/quickstarts/create-communication-resource
    """
    parts = [part.partition("=") for part in tidy_text(text).strip(";").split(";")]
    pairs = {name.strip().casefold(): value.strip() for name, _, value in parts}
    if not pairs.get("endpoint"):
        return say("it has no “endpoint=”")
    if not pairs.get("accesskey"):
        return say("it has no “accesskey=”")
    try:
        address = urlsplit(pairs["endpoint"])
        host = (address.hostname or "").lower()
    except ValueError:
        host = ""
    if not host or address.scheme != "https" or "@" in address.netloc:
        return say("its endpoint is no address that begins with https://")
    key = decoded(pairs["accesskey"])
    if not key:
        return say("its access key is no base64: it has been cut, or something is in it that does not belong")
    return host, key


def decoded(text: str) -> bytes:
    """Return what base64 stands for; empty where it is none."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _check_swapped(provider: str, model: type[Credential], texts: Mapping[str, str]) -> dict[str, Sentence]:
    one, other = SWAPPED.get(provider, ("", ""))
    if not one:
        return {}
    shapes = SHAPES[provider]

    def fits(field: str, shape: str) -> bool:
        return bool(re.fullmatch(shapes[shape].pattern, texts.get(field, ""), re.ASCII))

    names = {"one": title_of(model, one), "other": title_of(model, other)}
    if fits(one, other) and fits(other, one):
        sentence = say("“{one}” and “{other}” are swapped. Put each into the other's field.", **names)
        return {one: sentence, other: sentence}
    if fits(one, other):
        return {
            one: say(
                "This is the “{other}”, not the “{one}”. Lock it into its own field, and type the “{one}” here.",
                **names,
            )
        }
    if fits(other, one):
        return {
            other: say(
                "This is the “{one}”, not the “{other}”. Copy the “{other}” from the line below it.", **names
            )
        }
    return {}


def _check_host(host: Host, model: type[Credential], texts: Mapping[str, str]) -> Sentence | None:
    value = texts.get(host.field, "")
    bare = str(bare_host(value))
    if not value or any(
        (bare.endswith(ending) and bare != ending.removeprefix(".")) or bare == ending
        for ending in host.endings
    ):
        return None
    return say(
        "“{title}” is “{value}”, which is no address of this provider: that ends with {endings}, like {example}.",
        title=title_of(model, host.field), value=value[:60], endings=" / ".join(host.endings), example=host.example,
    )  # fmt: skip


def _check_connections(
    provider: str, model: type[Credential], texts: Mapping[str, str], told: Mapping[str, Sentence]
) -> dict[str, Sentence]:
    """Return what is wrong with connection strings: each by itself, then whether they name the same resource."""
    found: dict[str, Sentence] = {}
    hosts: dict[str, str] = {}
    for name in CONNECTION_STRINGS.get(provider, ()):
        if name not in texts or name in told:
            continue
        read = connection(texts[name])
        if isinstance(read, Sentence):
            found[name] = say(
                "“{title}” ({value}) cannot be used: {why}. Copy the whole connection string from “Keys” in the Azure portal.",
                title=title_of(model, name), value=hint_of(texts[name]), why=read,
            )  # fmt: skip
        else:
            hosts[name] = read[0]
    host = texts.get(HOSTS[provider].field, "") if provider in HOSTS else ""
    for name in hosts:
        if host and hosts[name] != bare_host(host) and HOSTS[provider].field not in told:
            found[name] = say(
                "“{title}” is of {other}, but “{first}” is {host}. Correct the one that is wrong.",
                title=title_of(model, name), other=hosts[name], first=title_of(model, HOSTS[provider].field), host=str(bare_host(host)),
            )  # fmt: skip
    first, *others = hosts or [""]
    for name in others:
        if hosts[name] != hosts[first]:
            found[name] = say(
                "“{title}” is of {other}, but “{first}” is of {host}. Copy both from the same resource.",
                title=title_of(model, name), other=hosts[name], first=title_of(model, first), host=hosts[first],
            )  # fmt: skip
    return found


def _check_same(provider: str, model: type[Credential], texts: Mapping[str, str]) -> list[Problem]:
    """Return a warning where the same connection string stands in two fields."""
    names = [name for name in CONNECTION_STRINGS.get(provider, ()) if texts.get(name)]
    return [
        Problem(
            field=f"credential.{name}",
            level="warning",
            sentence=say(
                "“{title}” is the same as “{first}”. Copy the secondary one, so that the keys can be renewed one after the other.",
                title=title_of(model, name), first=title_of(model, names[0]),
            ),
        )
        for name in names[1:]
        if texts[name] == texts[names[0]]
    ]  # fmt: skip


def title_of(model: type[Credential], name: str) -> Sentence | str:
    """Return what the form calls a field."""
    field = model.model_fields.get(name)
    return Sentence(field.title) if field is not None and field.title else name
