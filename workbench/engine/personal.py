"""PERSONAL: what came from a contact is taken out of an exchange before it is kept for others to read; the shape of it stays.

A request holds the template's own words, and what the contact filled in. The latter is found again in the answer, in whatever spelling,
and replaced by a pseudonym that is the same for the same value. What looks like an e-mail address or a phone number goes as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from workbench.models.base import JsonValue
from workbench.models.contact import SAMPLE, Contact
from workbench.models.request import RequestView

from .kept_answer import masked_tree
from .redact import MASK, Redactor, mask_identifier

Mask = Callable[[str], str]

SHORTEST: Final = 3
"""Characters: a shorter text of a contact is not looked for in the answer; it would be found everywhere."""
LONG: Final = 8
MOST_ENCODED: Final = 50
MOST_VALUES: Final = 500
LEFT_OUT: Final = "***"
_EMAIL = re.compile(
    r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}(?:@|%40|&#64;|\\u0040)[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}\.)+[A-Za-z0-9-]{2,63}"
)
_PHONE = re.compile(r"(?:\+|%2[bB])[1-9][0-9][0-9 ().-]{5,16}[0-9](?![0-9])")
_PSEUDONYM = re.compile(r"\*\*\*(?:[^\s#]{0,64})? ?#[0-9a-f]{6}")
_PART = re.compile(r'name="([^"]*)"(?:\r?\n[^\r\n]+)*\r?\n\r?\n(.*?)\r?\n--', re.DOTALL)
"""A field in a multipart body: its name and its value."""
_IN_MARKUP = re.compile(r">([^<>]+)<|=\"([^\"<>]+)\"")
_ORDINARY = re.compile(r"-?[0-9]{1,6}(?:\.[0-9]+)?|true|false|null|none|yes|no|ok", re.IGNORECASE)


def is_pseudonym(text: str) -> bool:
    """Return whether a text is, or holds, a value that was replaced by its pseudonym."""
    return _PSEUDONYM.search(text) is not None


def masking(values: Iterable[str], salt: bytes, secrets: Mapping[str, str] | None = None) -> Mask:
    """Return what replaces ``values`` in a text, in any spelling, by their pseudonyms, with all that looks like an address or a number.

    ``secrets`` are replaced by what stands for them. Short values are found as whole words.
    """
    known = {value: mask_identifier(value, salt) for value in values}
    # identifiers are found in their text forms alone; what is long enough is looked for in base64 and hex as well, as secrets are
    encoded = dict([(value, shown) for value, shown in known.items() if len(value) >= LONG][:MOST_ENCODED])
    redactor = Redactor({**encoded, **(secrets or {})}, known)
    phones = [
        (re.compile(pattern), shown) for value, shown in known.items() if (pattern := _in_any_writing(value))
    ]

    def shadow(found: re.Match[str]) -> str:
        text = found[0]
        return text if "***" in text else mask_identifier(text, salt)

    def mask(text: str) -> str:
        text = redactor.text(text)
        for phone, shown in phones:
            text = phone.sub(shown, text)
        return _PHONE.sub(shadow, _EMAIL.sub(shadow, text))

    return mask


def _in_any_writing(value: str) -> str:
    """Return the expression for a phone number as people write it: in the country's own way, in groups; empty for another value."""
    digits = re.sub(r"[\s().\-/]", "", value)
    if not re.fullmatch(r"\+?[0-9]{8,15}", digits):
        return ""
    own = r"[\s().\-/]{0,3}".join(digits[-8:])
    return rf"(?<![0-9#])[+(]{{0,2}}(?:[0-9][\s().\-/]{{0,3}}){{0,7}}{own}(?![0-9])"


def texts_of(contact: Contact) -> list[str]:
    """Return every text of a contact that tells of a person: identifiers, and the texts within variables and user data."""
    found = dict.fromkeys(value for value in contact.identifiers.values() if len(value) >= SHORTEST)
    found |= dict.fromkeys(
        text
        for text in _texts([contact.variables, contact.user_data])
        if len(text) >= SHORTEST and not _ORDINARY.fullmatch(text)
    )
    return list(found)[:MOST_VALUES]


def filled_in(request: RequestView, constants: Collection[str]) -> list[str]:
    """Return the texts in a request's body that are not the template's own: a contact filled them in."""
    leaves = _leaves(request)
    if leaves is None:  # XML, or what nobody knows
        leaves = [one or other for one, other in _IN_MARKUP.findall(request.body)]
    return [
        text
        for text in dict.fromkeys(leaves)
        if text not in constants
        and len(text) >= SHORTEST
        and not _ORDINARY.fullmatch(text)
        and MASK not in text
        and not is_pseudonym(text)
    ][:MOST_VALUES]


def constants_of(template: JsonValue) -> frozenset[str]:
    """Return the texts of a payload template that nothing fills: ``template`` is its JSON, with the slots as they are written."""
    return frozenset(text for text in _texts(template) if "{{" not in text and "${" not in text)


def impersonal(request: RequestView, constants: Collection[str], mask: Mask) -> RequestView:
    """Return a request without what the contact filled in: texts that are not the template's own are ``***``; a body that cannot be taken
    apart is left out whole. Masked identifiers stay, as pseudonyms.
    """  # noqa: D205 - one sentence

    def text(value: str) -> str:
        if value in constants or _ORDINARY.fullmatch(value):
            return value
        shown = mask(value)
        return (
            shown
            if is_pseudonym(shown) and len(shown) < 120 and " " not in _PSEUDONYM.sub("", shown).strip()
            else LEFT_OUT
        )

    headers = tuple((name, mask(value)) for name, value in request.headers)
    return request.model_copy(
        update={"url": _url(request.url, mask), "headers": headers, "body": _body(request, text)}
    )


def example_of(contact: Contact, kind: str) -> Contact:
    """Return a made-up contact of the same shape: the same names and types, no value of the person's.

    ``kind`` is the identifier type that has to be there.
    """
    identifiers = {name: _made_up_identifier(name) for name in dict.fromkeys((kind, *contact.identifiers))}
    variables: Any = _made_up(contact.variables)
    user_data: Any = _made_up(contact.user_data)
    return Contact(label=SAMPLE.label, identifiers=identifiers, variables=variables, user_data=user_data)


def _made_up_identifier(kind: str) -> str:
    return SAMPLE.identifiers.get(kind, "customer-1001")


def _made_up(value: JsonValue, name: str = "") -> JsonValue:
    if isinstance(value, dict):
        return {key: _made_up(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_made_up(item, name) for item in value]
    if isinstance(value, str):
        return _made_up_text(value, name)
    if isinstance(value, bool) or value is None:
        return value
    return 1 if isinstance(value, int) else 1.5


def _made_up_text(value: str, name: str) -> str:
    """Return a text of the same kind: an address for an address, a date for a date. The empty text stays empty."""
    if "@" in value or name in ("email", "email_sha256"):
        return SAMPLE.identifiers["email_sha256" if name == "email_sha256" else "email"]
    if re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return "2026-01-31" if len(value) <= 10 else "2026-01-31T12:00:00Z"
    if name == "phone" or re.fullmatch(r"\+?[0-9 ().-]{8,}", value):
        return SAMPLE.identifiers["phone"]
    if not value.strip():
        return value
    if re.match(r"https?://", value):
        return "https://www.example.com/"
    return "1" if value.isdigit() else "Example"


def _texts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _leaves(request: RequestView) -> list[str] | None:
    """Return the texts of a request's body; None where it cannot be taken apart."""
    tree = _json(request.body)
    if tree is not None:
        return list(_texts(tree))
    pairs = form_of(request)
    return None if pairs is None else [value for _, value in pairs]


def _body(request: RequestView, mask: Mask) -> str:
    if not request.body:
        return ""
    tree = _json(request.body)
    if tree is not None:
        return json.dumps(masked_tree(tree, mask), ensure_ascii=False)
    pairs = form_of(request)
    if pairs is None:
        return LEFT_OUT
    return "&".join(f"{name}={mask(value)}" for name, value in pairs)


def _json(text: str) -> JsonValue:
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return tree if isinstance(tree, (dict, list)) else None


def form_of(request: RequestView) -> list[tuple[str, str]] | None:
    """Return the fields of a form, in either encoding; None for a body of another kind."""
    kind = next((value.lower() for name, value in request.headers if name.lower() == "content-type"), "")
    if "multipart/form-data" in kind:
        return _PART.findall(request.body)
    if "application/x-www-form-urlencoded" in kind:
        return parse_qsl(request.body, keep_blank_values=True)
    return None


def _url(url: str, mask: Mask) -> str:
    """Return an address whose query's values are masked where they tell of a person."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return mask(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    masked = [(name, mask(value)) for name, value in query]
    shown = parts.query if masked == query else urlencode(masked, safe="*# @+")
    return urlunsplit((parts.scheme, parts.netloc, mask(parts.path), shown, ""))
