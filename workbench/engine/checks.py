"""Checks: the verdict on an integration's settings, stage by stage, without any widget (R-ESP-1).

Every function returns all problems it finds, in the order of the form; an empty tuple is a yes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from pydantic import ValidationError

from workbench.models.base import JsonValue, Problem, SecretRef
from workbench.models.credential import AddressKey, Credential, HeaderKey, NoAuthorization, OAuth2
from workbench.models.integration import Header, IdentifierType, Settings
from workbench.models.provider import Encoding, Provider
from workbench.sentence import Sentence, say

from .auth import address_field, credentials_for
from .compose import CONTENT_TYPES
from .event_urls import event_segment
from .name_checks import odd_name
from .urls import check_url

VALUE_LENGTH = 8000
RESERVED = frozenset({"host", "content-length", "transfer-encoding", "connection"})
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)  # RFC 9110 section 5.6.2
_FIELD = re.compile(r"\{([a-z_]+)\}")
_ADDRESS = re.compile(r"\s*(?:[A-Za-z]+://)?([^/?]*)(.*)", re.DOTALL)
_PRINTABLE = re.compile(r"[\x20-\x7e]*", re.ASCII)
KNOWN_IDENTIFIERS = ("email", "phone", "email_sha256")


def check_configure(
    settings: Settings, provider: Provider, others: Iterable[tuple[str, str]] = ()
) -> tuple[Problem, ...]:
    """Return the problems of step 1. ``others`` are the names and channels of the integrations there already are."""
    others = tuple(others)
    problems = [*_check_name(settings, others), *_check_channel(settings, others)]
    endpoint = provider.endpoint(settings.endpoint)
    url = settings.url or endpoint.url
    # step 2 checks it
    whole = bool(endpoint.url) and any(address_field(url, model) for model in provider.credentials)
    wrong = None if whole else check_url(url, local_test=settings.local_test)
    if wrong:
        problems.append(Problem(field="url", sentence=wrong))
    elif "YOUR_" in url:
        problems.append(
            Problem(field="url", sentence=say("Replace YOUR_SUBDOMAIN in the URL by your own subdomain."))
        )
    problems += check_headers(settings.headers, _made_header(settings, provider), endpoint.encoding)
    problems += _check_content_type(settings, provider)
    problems += _check_idempotency_header(settings, provider)
    problems += _check_identifier_type(settings.identifier)
    return tuple(problems)


def _check_name(settings: Settings, others: Iterable[tuple[str, str]]) -> list[Problem]:
    name = settings.name.strip()
    if not name:
        sentence = say("Give the integration a name. Campaigns and reports show it.")
    elif (odd := odd_name(name)) is not None:
        sentence = odd
    elif any(name.casefold() == other.strip().casefold() for other, _ in others):
        sentence = say("There already is an integration named “{name}”. Choose another name.", name=name)
    else:
        return []
    return [Problem(field="name", sentence=sentence)]


def _check_channel(settings: Settings, others: Iterable[tuple[str, str]]) -> list[Problem]:
    """One integration per channel, as the product has it, unless the experiment switch is on (R-ESP-5)."""
    taken = next((name for name, channel in others if channel == settings.channel), None)
    if taken is None or settings.allow_several or settings.channel == "event":  # every event has its own
        return []
    sentence = say(
        "The channel {channel} already has the integration “{name}”, and one is allowed. Edit that one, or switch on “Allow several”.",
        channel=settings.channel, name=taken,
    )  # fmt: skip
    return [Problem(field="channel", sentence=sentence)]


def check_headers(headers: Iterable[Header], made: str = "", encoding: Encoding = "json") -> list[Problem]:
    """Return the problems of header rows (R-ESP-6); after this, httpx accepts every one of them (R-ESP-7).

    ``made`` is the header that step 2 makes, ``encoding`` that of the body.
    """
    problems: list[Problem] = []
    seen: set[str] = set()
    for index, header in enumerate(headers):
        name = header.name.strip()
        wrong = check_header_name(name, made) or (
            say("The header “{name}” is there twice. Delete one of the two rows.", name=name)
            if name.lower() in seen
            else None
        )
        seen.add(name.lower())
        if wrong:
            problems.append(Problem(field=f"headers.{index}.name", sentence=wrong))
        if isinstance(header.value, SecretRef):
            continue
        wrong = check_header_value(header.value, name)
        if wrong:
            problems.append(Problem(field=f"headers.{index}.value", sentence=wrong))
        elif name.lower() == "content-type":
            problems += _odd_content_type(header.value, encoding, f"headers.{index}.value")
        elif re.search(r"key|token|secret|password|authorization", name, re.IGNORECASE) and header.value:
            warning = say(
                "The value of “{name}” looks like a secret. Click the lock so that it is encrypted and masked.",
                name=name,
            )
            problems.append(Problem(field=f"headers.{index}.value", sentence=warning, level="warning"))
    return problems


def _odd_content_type(value: str, encoding: Encoding, field: str) -> list[Problem]:
    """Return a warning where a typed Content-Type says another kind of body than the one that goes out."""
    ours = CONTENT_TYPES[encoding]
    if (ours if encoding != "json" else "json") in value.lower() or encoding == "multipart":
        return []
    if encoding == "json":
        warning = say(
            "Content-Type is “{value}”, but the platform sends JSON. Most providers want application/json.",
            value=value[:60],
        )
    else:
        warning = say(
            "Content-Type is “{value}”, but the body goes out as {ours}. Delete this row, or choose another endpoint.",
            value=value[:60],
            ours=ours,
        )
    return [Problem(field=field, sentence=warning, level="warning")]


def _check_content_type(settings: Settings, provider: Provider) -> list[Problem]:
    """Return that a multipart form's Content-Type cannot be typed: it names the boundary, which each body has of its own."""
    if provider.endpoint(settings.endpoint).encoding != "multipart":
        return []
    sentence = say(
        "The workbench writes Content-Type itself here, because it names the form's boundary. Delete this row."
    )
    typed = [
        index for index, item in enumerate(settings.headers) if item.name.strip().lower() == "content-type"
    ]
    return [Problem(field=f"headers.{index}.name", sentence=sentence) for index in typed]


def check_header_name(name: str, made: str = "") -> Sentence | None:
    """Return what is wrong with a header's name, or None."""
    if not name:
        return say("The header has no name. Write it as name: value, or delete the row.")
    if not _TOKEN.fullmatch(name):
        return say(
            "“{name}” is not a possible header name. Use letters, digits and hyphens, without blanks or colons.",
            name=name[:60],
        )
    if name.lower() in RESERVED:
        return say(
            "The header “{name}” is set by the connection itself and cannot be typed. Delete the row.",
            name=name,
        )
    if made and name.lower() == made.lower():
        return say(
            "Step 2 already makes the header “{name}”. Delete this row, or choose another method in step 2.",
            name=name,
        )
    return None


def check_header_value(value: str, name: str = "") -> Sentence | None:
    """Return what is wrong with a header's value (also one that is about to be locked), or None. Never repeats the value."""
    if "\r" in value or "\n" in value:
        return say("The value of “{name}” holds a line break. Write it in one line.", name=name)
    if not _PRINTABLE.fullmatch(value):
        return say(
            "The value of “{name}” holds a character that headers cannot carry. Use plain letters, digits and signs, without accents.",
            name=name,
        )
    if not value.strip():
        return say("The header “{name}” has no value. Type one, or delete the row.", name=name)
    if len(value) > VALUE_LENGTH:
        return say(
            "The value of “{name}” has {length} characters; at most {most} are allowed.",
            name=name,
            length=len(value),
            most=VALUE_LENGTH,
        )
    return None


def _check_idempotency_header(settings: Settings, provider: Provider) -> list[Problem]:
    """Return why the ids of messages cannot go into the header that is named for them; a typed row with its name would repeat one id."""
    endpoint = provider.endpoint(settings.endpoint)
    name = settings.idempotency_header.strip()
    made = {
        "content-type",
        _made_header(settings, provider).lower(),
        *(key.lower() for key, _ in endpoint.headers),
    }
    typed = [header.name.strip().lower() for header in settings.headers]
    if not name:
        ours = endpoint.idempotency_header
        if not ours or ours.lower() not in typed:
            return []
        sentence = say(
            "The workbench fills the header “{name}” with the id of each message. Delete this row.", name=ours
        )
        return [Problem(field=f"headers.{typed.index(ours.lower())}.name", sentence=sentence)]
    if not _TOKEN.fullmatch(name):
        sentence = say(
            "“{name}” is not a possible header name. Use letters, digits and hyphens, without blanks or colons.",
            name=name[:60],
        )
    elif name.lower() in RESERVED | made:
        sentence = say(
            "The header “{name}” has another purpose. Name the one in which your provider takes the id of a message, or leave it empty.",
            name=name,
        )
    elif name.lower() in typed:
        sentence = say(
            "The header “{name}” is also among the header parameters. Delete that row: each message gets an id of its own.",
            name=name,
        )
    else:
        return []
    return [Problem(field="idempotency_header", sentence=sentence)]


def tidy(settings: Settings) -> Settings:
    """Return the settings with outer blanks trimmed where they mean nothing: name, URL, header names and values."""
    headers = tuple(
        Header(
            name=item.name.strip(),
            value=item.value if isinstance(item.value, SecretRef) else item.value.strip(),
        )
        for item in settings.headers
        if item.name.strip() or item.locked or item.value
    )
    return settings.model_copy(
        update={
            "name": settings.name.strip(),
            "url": settings.url.strip(),
            "headers": headers,
            "idempotency_header": settings.idempotency_header.strip(),
        }
    )


def _check_identifier_type(kind: IdentifierType) -> list[Problem]:
    if kind.kind != "custom":
        return []
    name = kind.name
    if not name.strip() or name != name.strip():
        sentence = say("Name the custom identifier exactly as the platform does, without outer blanks.")
    elif name.lower() in KNOWN_IDENTIFIERS:
        sentence = say(
            "“{name}” is a ready identifier type. Choose it from the list instead of a custom one.", name=name
        )
        if name != name.lower():
            sentence = say("“{name}” differs from the ready type “{known}” only by capital letters; names are case-sensitive.",
                           name=name, known=name.lower())  # fmt: skip
    else:
        return []
    return [Problem(field="identifier.name", sentence=sentence)]


def _made_header(settings: Settings, provider: Provider) -> str:
    """Return the name of the header that the credential makes, or an empty text."""
    try:
        auth = provider.credential(settings.credential_kind).auth
    except KeyError:
        return ""
    if isinstance(auth, NoAuthorization):
        return ""
    named = _FIELD.fullmatch(auth.header) if isinstance(auth, HeaderKey) else None
    if named is not None:  # the header that the person named in step 2
        own = settings.credential.get(named[1])
        return own.strip() if isinstance(own, str) else ""
    return getattr(auth, "header", "Authorization")


def check_authenticate(settings: Settings, provider: Provider) -> tuple[Problem, ...]:
    """Return the problems of step 2; the token URL itself is asked by the service."""
    if settings.credential_kind not in {item.kind for item in provider.credentials}:
        return (_no_method(),)
    credential, problems = credential_of(settings, provider)
    found = [*_check_method(settings, provider), *problems]
    if provider.channel == "event" and isinstance(name := getattr(credential, "event", None), str):
        segment = event_segment(name)
        if isinstance(segment, Sentence):
            found.append(Problem(field="credential.event", sentence=segment))
    if isinstance(credential, OAuth2):
        wrong = check_url(credential.token_url, local_test=settings.local_test, campaign=False)
        if wrong:
            found.append(Problem(field="credential.token_url", sentence=wrong))
        found += _check_token_keys(credential)
    found += _check_own_header(settings, provider, credential)
    found += _check_key_in_address(settings, provider)
    found += [p for p in check_headers(settings.headers, _made_header(settings, provider)) if p.blocks]
    return tuple(found)


def _no_method() -> Problem:
    return Problem(field="credential_kind", sentence=say("Choose how the provider authenticates."))


def _check_method(settings: Settings, provider: Provider) -> list[Problem]:
    """Return that the chosen method cannot fill the endpoint's address: an event's URL is no key, and a key no URL."""
    endpoint = provider.endpoint(settings.endpoint)
    fitting = credentials_for(provider, endpoint)
    if not fitting or provider.credential(settings.credential_kind) in fitting:
        return []
    sentence = say(
        "“{endpoint}” does not work with this method. Choose “{method}”, or another endpoint in step 1.",
        endpoint=Sentence(endpoint.title), method=Sentence(fitting[0].label),
    )  # fmt: skip
    return [Problem(field="credential_kind", sentence=sentence)]


def _check_own_header(settings: Settings, provider: Provider, credential: Credential | None) -> list[Problem]:
    """Return why the header that was named for a key cannot carry it."""
    auth = provider.credential(settings.credential_kind).auth
    named = _FIELD.fullmatch(auth.header) if isinstance(auth, HeaderKey) else None
    if named is None or credential is None:
        return []
    name = str(getattr(credential, named[1]))
    wrong = check_header_name(name)
    if wrong is None and name.lower() == "content-type":
        wrong = say(
            "The header “{name}” says what the body is, and cannot carry a key. Name another one.", name=name
        )
    return [Problem(field=f"credential.{named[1]}", sentence=wrong)] if wrong else []


def _check_key_in_address(settings: Settings, provider: Provider) -> list[Problem]:
    """Return where the address has no place for the key, has it in its host, which is shown, or names one that is not filled."""
    if provider.endpoint(settings.endpoint).url:
        return []
    model = provider.credential(settings.credential_kind)
    address = _ADDRESS.match(settings.url)
    host, rest = (address[1], address[2]) if address else ("", "")
    secret = [f"{{{name}}}" for name in model.secret_fields()]
    inside = next((place for place in secret if place in host), None)
    if inside is not None:
        sentence = say(
            "{place} stands in the host of the URL, and hosts are shown. A key can only stand in the path or behind “?”.",
            place=inside,
        )
        return [Problem(field="credential_kind", sentence=sentence)]
    if isinstance(model.auth, AddressKey) and model.auth.value not in rest:
        sentence = say(
            "The URL of step 1 has no place for the key. Write {place} where the key belongs, such as {example}.",
            place=model.auth.value, example=f"https://api.example.com/send?key={model.auth.value}",
        )  # fmt: skip
        return [Problem(field="credential_kind", sentence=sentence)]
    known = {f"{{{name}}}" for one in provider.credentials for name in one.secret_fields()}
    filled = {f"{{{name}}}" for name in model.model_fields}
    unfilled = next((place for place in sorted(known - filled) if place in settings.url), None)
    if unfilled is None:
        return []
    sentence = say(
        "The URL of step 1 holds {place}, which “{method}” does not fill: it goes out as it stands there.",
        place=unfilled, method=Sentence(model.label),
    )  # fmt: skip
    return [Problem(field="credential_kind", sentence=sentence, level="warning")]


def credential_of(settings: Settings, provider: Provider) -> tuple[Credential | None, tuple[Problem, ...]]:
    """Return the typed credential, or None with the problems of its fields (``credential.FIELD``)."""
    if settings.credential_kind not in {item.kind for item in provider.credentials}:
        return None, (_no_method(),)
    model = provider.credential(settings.credential_kind)
    try:
        return model.model_validate(settings.credential), ()
    except ValidationError as error:
        return None, problems_of(error, model, "credential")


def _check_token_keys(credential: OAuth2) -> list[Problem]:
    named = [("client_id_key", credential.client_id_key), ("client_secret_key", credential.client_secret_key)]
    named += [
        (f"parameters.{index}.name", parameter.name) for index, parameter in enumerate(credential.parameters)
    ]
    problems = []
    for field, name in named:
        wrong: Sentence | None = None
        if not name.strip():
            wrong = say("The key has no name. Type the name the token URL expects.")
        elif credential.placement == "headers" and not field.startswith("parameters"):
            wrong = check_header_name(name)
        if wrong:
            problems.append(Problem(field=f"credential.{field}", sentence=wrong))
    return problems


def problems_of(error: ValidationError, model: type[Credential], prefix: str) -> tuple[Problem, ...]:
    """Return pydantic's findings in our own words: the field's title, the rule and one fix. Values are never repeated."""
    problems = []
    for item in error.errors(include_url=False, include_input=False):
        name = str(item["loc"][0]) if item["loc"] else ""
        field = model.model_fields.get(name)
        title = Sentence(field.title) if field is not None and field.title else name
        examples = field.examples if field is not None and field.examples else []
        sentence = _worded(item["type"], title, item.get("ctx", {}), str(examples[0]) if examples else "")
        where = (
            ".".join([prefix, *(str(part) for part in item["loc"])])
            if name
            else f"{prefix}.{_first_key(model)}"
        )
        problems.append(Problem(field=where, sentence=sentence))
    return tuple(problems)


def _first_key(model: type[Credential]) -> str:
    return "client_id_key" if "client_id_key" in model.model_fields else next(iter(model.model_fields), "")


def _worded(kind: str, title: Sentence | str, context: Mapping[str, JsonValue], example: str) -> Sentence:
    if kind == "same_key":
        return say(
            "The key “{name}” is used twice in the token request. Rename one of them.",
            name=str(context.get("name", "")),
        )
    if kind in ("missing", "string_too_short", "model_type", "model_attributes_type", "none_required"):
        return say("“{title}” is empty. Fill it in.", title=title)
    if kind == "string_too_long":
        return say(
            "“{title}” is too long; at most {most} characters are allowed.",
            title=title,
            most=context.get("max_length"),
        )
    if kind == "string_pattern_mismatch":
        if example:
            return say(
                "“{title}” does not have the right form. It looks like {example}.",
                title=title,
                example=example,
            )
        return say(
            "“{title}” holds characters that are not allowed there. Check it against your provider's page.",
            title=title,
        )
    if kind in ("literal_error", "enum"):
        return say(
            "“{title}” must be one of {expected}.", title=title, expected=str(context.get("expected", ""))
        )
    if kind == "extra_forbidden":
        return say("“{title}” is not a field of this credential. Remove it.", title=title)
    return say("“{title}” cannot be read. Type it again.", title=title)


def blocking(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the problems that stop the form."""
    return tuple(problem for problem in problems if problem.blocks)
