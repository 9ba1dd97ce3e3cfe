"""BECOMING: a foreign request becomes an integration: provider, endpoint, credential, headers, payload; what is left behind is said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import unquote, unquote_plus

from workbench.engine.auth import address_field
from workbench.engine.credential_shapes import is_placeholder
from workbench.engine.template import check_template
from workbench.engine.urls import check_url, is_private
from workbench.models.base import JsonValue, Problem
from workbench.models.credential import (
    AddressKey,
    BearerToken,
    Credential,
    HeaderKey,
    NoAuthorization,
    OAuth2,
    Signature,
)
from workbench.models.event import EVENT_PAYLOAD
from workbench.models.imported import Fill, ImportedRequest
from workbench.models.integration import IdentifierType, Settings
from workbench.models.provider import Encoding, Endpoint, Provider
from workbench.sentence import N_, Sentence, say

from .addresses import FITTING, Address, Match, address_of_text, match, provider_of_host
from .found import Auth, BodyKind, Found
from .header_rows import HeaderRows
from .letting_in import FIELD, Evidence, basic_pair, chosen
from .marked import BRACED, Marks, Variable
from .payloads import Payload, is_nested, payload_of, plain_body, repeated
from .secrecy import has_secret_shape, is_secret_parameter
from .secret_book import SecretBook

NAME_LENGTH: Final = 100
KINDS: Final[Mapping[BodyKind, str]] = {
    "none": N_("empty"), "json": N_("JSON"), "form": N_("a form"), "multipart": N_("a form in parts"), "xml": N_("XML"),
    "text": N_("a plain text"),
}  # fmt: skip
ENCODINGS: Final[Mapping[Encoding, str]] = {
    "json": N_("JSON"), "form": N_("a form"), "nested_form": N_("a form"), "multipart": N_("a form in parts"), "xml": N_("XML"),
}  # fmt: skip
MAX_CHECKED: Final = 100_000
"""Characters of a payload that is checked at once."""
SECRET_SEGMENT: Final = 16
"""Characters from which a part of a secret address is a secret of its own."""
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class Becoming:
    """Makes integrations of the requests of one text. ``book`` gathers their secrets."""

    def __init__(self, providers: Mapping[str, Provider], marks: Marks) -> None:
        self.providers = providers
        self.marks = marks
        self.book = SecretBook(marks)

    def request(self, found: Found, id: str) -> ImportedRequest:
        """Return one request as an integration; ``reason`` says why where it is none."""
        return _One(self, found, id).made()


class _One:
    """One request on its way."""

    def __init__(self, around: Becoming, found: Found, id: str) -> None:
        self.around, self.found, self.id = around, found, id
        self.marks, self.book = around.marks, around.book
        self.address = address_of_text(self.marks.known(found.url))
        self.plain = address_of_text(self.marks.known(found.url, secrets=False))
        self.fills: list[Fill] = []
        self.credential: dict[str, JsonValue] = {}
        self.secret_address = False
        self.key_place = ""
        """What stands in the address in place of the first secret of it, where the credential is a key in the address."""

    def made(self) -> ImportedRequest:
        found = self.found
        self._user_in_address()
        matched, provider = self._match()
        endpoint = matched.endpoint if matched else self._own_endpoint(provider)
        self._hide_address(matched)
        evidence = chosen(found, provider, endpoint, self._fields(matched, provider), self.marks)
        self.key_place = evidence.model.auth.value if isinstance(evidence.model.auth, AddressKey) else ""
        self._fill_credential(evidence, provider, endpoint)
        url = self._url(matched, endpoint, evidence)
        reason = self._reason(matched, provider, endpoint)
        headers = HeaderRows(found, self.marks, self.book, self.address.host)
        headers.read(endpoint, evidence)
        self.fills += headers.fills
        payload = self._payload(endpoint, provider)
        settings = self._settings(provider, endpoint, evidence.model, url, headers, payload)
        name = found.name or self._shown(short=True)
        return ImportedRequest(
            id=self.id, name=self._resolved(name)[:NAME_LENGTH], folder=tuple(self._resolved(part) for part in found.folder),
            method=found.method[:20], url=self._shown(), line=found.line, provider_name=provider.name,
            recognised=matched is not None, settings=settings, fills=tuple(self.fills), variables=payload.variables,
            recipient=payload.recipient, left_out=tuple(found.left_out), problems=self._problems(settings, payload), reason=reason,
        )  # fmt: skip

    # -- whose it is --------------------------------------------------------------------------------------------------

    def _match(self) -> tuple[Match | None, Provider]:
        """Return the catalogue's endpoint that is called, and its provider; the custom one where it is nobody's."""
        custom = self.around.providers["custom"]
        known = provider_of_host(self.address.host, self.around.providers.values())
        if known is None and (variable := self.marks.alone(self.address.base)) is not None:
            known = self._by_secret_address(variable)
            if known is not None:
                return match(
                    Address("https", "", "x", "/x", ""), self.found.method, self.found.body.kind, known
                ), known
        if known is None:
            return None, custom
        found = match(self.address, self.found.method, self.found.body.kind, known)
        if found is None or found.endpoint.method != self.found.method:
            sentence = say(
                "{provider} is a provider of the catalogue, but this is none of the calls that the workbench makes to it.",
                provider=known.name,
            )  # fmt: skip
            self.found.leave("parameter", sentence)
            return None, custom
        return found, known

    def _by_secret_address(self, variable: Variable) -> Provider | None:
        """Return the provider whose secret address a variable that is the whole address may be (``$EVENT_URL``, ``$SECRET_1``)."""
        found = [
            (provider, field)
            for provider in self.around.providers.values()
            for endpoint in provider.endpoints
            for model in provider.credentials
            if (field := address_field(endpoint.url, model))
        ]
        named = [
            provider
            for provider, field in found
            if variable.name.lower() in (field, f"{provider.key}_{field}")
        ]
        return next(iter(named or [provider for provider, _ in found if variable.secret]), None)

    def _hide_address(self, matched: Match | None) -> None:
        """Keep an address that is itself a secret, and the long parts of its path, out of all that is shown."""
        if matched is None or not re.fullmatch(r"\{[a-z_]+\}", matched.endpoint.url):
            return
        self.secret_address = True
        for segment in self.address.path.split("/"):
            if len(segment) >= SECRET_SEGMENT:
                self.book.hide(segment)

    def _own_endpoint(self, provider: Provider) -> Endpoint:
        """Return the custom endpoint that fits method and body best: nested names only where they go out as they came."""
        called = [endpoint for endpoint in provider.endpoints if endpoint.method == self.found.method]
        fitting = [one for one in called if one.encoding in FITTING[self.found.body.kind]]
        if is_nested(self.found.body.pairs):
            fitting.sort(key=lambda one: one.encoding != "nested_form")
        return next(iter([*fitting, *called]), provider.endpoint())

    def _fields(self, matched: Match | None, provider: Provider) -> dict[str, str]:
        if matched is None:
            places = [one.auth.value for one in provider.credentials if isinstance(one.auth, AddressKey)]
            key = next(self._secrets_of_address(), None) if places else None
            return {} if key is None else {place.strip("{}"): key for place in places}
        return {name: value or self.found.url for name, value in matched.fields.items()}

    def _reason(self, matched: Match | None, provider: Provider, endpoint: Endpoint) -> Sentence | None:
        """Return why the request is no integration, or None."""
        method = self.found.method
        if method in _READING:
            return say("It asks for something ({method}); an integration sends a message.", method=method)
        if method != endpoint.method:
            ours = " / ".join(sorted({one.method for one in provider.endpoints}))
            return say(
                "The workbench sends to a custom endpoint by {ours}; this request is a {method}.",
                ours=ours,
                method=method[:20],
            )
        if endpoint.encoding not in FITTING[self.found.body.kind]:
            sentence = say(
                "In the text the body is {theirs}; {provider} is sent {ours} here. Its fields were carried over, and go out as {ours}.",
                theirs=Sentence(KINDS[self.found.body.kind]), provider=provider.name, ours=Sentence(ENCODINGS[endpoint.encoding]),
            )  # fmt: skip
            self.found.leave("body", sentence)
        elif endpoint.encoding in ("multipart", "nested_form") and (names := repeated(self.found.body.pairs)):
            sentence = say(
                "Fields that come more than once go out with numbers here, as in {example}: {names}.",
                example=f"{names[0]}[0]", names=", ".join(name[:40] for name in names[:12]),
            )  # fmt: skip
            self.found.leave("body", sentence)
        return None

    # -- how it is let in ---------------------------------------------------------------------------------------------

    def _user_in_address(self) -> None:
        """Take ``user:password@`` out of the address."""
        if not self.address.user:
            return
        name, _, password = self.address.user.partition(":")
        if self.found.auth is None:
            self.found.auth = Auth(
                "basic", {"username": unquote_plus(name), "password": unquote_plus(password)}
            )
        self.book.hide(unquote_plus(password))
        self.book.hide(password)

    def _fill_credential(self, evidence: Evidence, provider: Provider, endpoint: Endpoint) -> None:
        """Put the fields that are known into the credential and ask for its secrets."""
        model = evidence.model
        secret = model.secret_fields()
        for name in model.model_fields:
            value = evidence.values.get(name)
            if name in secret:
                if value is not None or model.model_fields[name].is_required():
                    self._want(model, name, value, provider)
            elif value is not None and (known := self.marks.known(value)):
                self._plain(model, name, known)
        scope = self.marks.known(self.found.auth.scope) if self.found.auth is not None else ""
        if scope and "parameters" in model.model_fields and not self.marks.has(scope):
            self.credential["parameters"] = [{"name": "scope", "value": scope}]
        if isinstance(model.auth, BearerToken) and self.found.header("authorization"):
            sentence = say(
                "The access token in the text lives for a while only. The workbench fetches its own with the client id and secret."
            )
            self.book.hide((self.found.header("authorization") or "").partition(" ")[2])
            self.found.leave("auth", sentence)
        self._other_ways(evidence)

    def _plain(self, model: type[Credential], name: str, known: str) -> None:
        """Put a field of the credential in that is no secret; one whose value the text does not give is left to step 2."""
        open_names = [variable.name for variable in self.marks.open_in(known)]
        if not open_names and not is_placeholder(known):
            self.credential[name] = known
        elif open_names:
            sentence = say("“{title}” is the variable “{name}”, whose value the text does not give. Type it in step 2.",
                           title=_title(model, name), name=open_names[0][:60])  # fmt: skip
            self.found.leave("variable", sentence)

    def _other_ways(self, evidence: Evidence) -> None:
        """Say that a user name and password are left out which the chosen kind has no use for, or an Authorization of another scheme."""
        if "authorization" in evidence.headers or isinstance(evidence.model.auth, Signature):
            return
        pair = basic_pair(self.found, self.marks)
        if pair is not None:
            self.book.hide(self.marks.known(pair[1]))
        made = bool(self.found.header("authorization")) and not isinstance(
            evidence.model.auth, NoAuthorization
        )
        if evidence.score < 3 and (made or self.found.auth is not None):
            label = Sentence(evidence.model.label)
            self.found.leave(
                "auth",
                say("How this request is let in does not fit “{label}”. Choose how in step 2.", label=label),
            )

    def _want(self, model: type[Credential], name: str, value: str | None, whose: Provider) -> None:
        """Ask for a secret of the credential: once for a provider, and for each host of one's own."""
        own = whose.key == "custom"
        title = (
            _title(model, name)
            if own
            else say("{title} ({provider})", title=_title(model, name), provider=whose.name)
        )
        scope = ".".join([whose.key, model.kind, name, *([self.address.host] if own else [])])
        header = self._named_header(model)
        if header:
            title, scope = say("Header {name}", name=header), f"{self.address.host}.{header.lower()}"
        key = self.book.want(value, title, scope=scope, about=_about(model, name), header=header)
        self.fills.append(Fill(place=f"credential.{name}", secret=key))

    def _named_header(self, model: type[Credential]) -> str:
        """Return the header that the request itself names for its key, or an empty text."""
        named = FIELD.fullmatch(model.auth.header) if isinstance(model.auth, HeaderKey) else None
        return str(self.credential.get(named[1], "")) if named else ""

    # -- where it goes ------------------------------------------------------------------------------------------------

    def _url(self, matched: Match | None, endpoint: Endpoint, evidence: Evidence) -> str:
        """Return the address of the integration: the provider's own form of it where that says the same."""
        if matched is not None and address_field(endpoint.url, evidence.model):
            return endpoint.url
        address = self.address
        query = self._query(address.query)
        if matched is None:
            base = self._base()
            self._open_variables(base + query)
            return self.marks.named(base) + (f"?{self._resolved(query)}" if query else "")
        template = address_of_text(endpoint.url)
        base = endpoint.url.partition("?")[0]
        if "{" not in base and address.base.rstrip("/") != base.rstrip("/"):
            base = address.base  # a subdomain or a key of one's own
        query = query if query else template.query
        return self._resolved(base + (f"?{query}" if query else ""))

    def _base(self) -> str:
        """Return the address of an endpoint of one's own without the secrets in its path."""
        pieces = []
        before = self.plain.base.count("/") - self.plain.path.count("/")
        for index, piece in enumerate(self.plain.base.split("/")):
            variables = self._secret_variables(piece)
            shaped = has_secret_shape(piece)
            for value in [piece] * shaped + [
                self.marks.known(variable.value or "") for variable in variables
            ]:
                self.book.hide(value)
            if (shaped or variables) and self.key_place and index > before:
                pieces.append(self.key_place)
                self.key_place = ""
                continue
            if shaped or variables:
                sentence = say(
                    "The path of the address holds a secret. An address is kept readable, so it was left out: let the provider take it "
                    "in a header, and lock that in step 1."
                )
                self.found.leave("secret", sentence)
            pieces.append("{{secret}}" if shaped else piece)
        return "/".join(pieces)

    def _secret_variables(self, piece: str) -> list[Variable]:
        return [part for part in self.marks.parts(piece) if isinstance(part, Variable) and part.secret]

    def _secrets_of_address(self) -> Iterator[str]:
        """Yield the secrets of the address as they are before they are encoded: in its path, then in its query."""
        for piece in self.plain.path.split("/"):
            if has_secret_shape(piece) or self._secret_variables(piece):
                yield unquote(piece)
        for piece in self.address.query.split("&") if self.address.query else ():
            if self._is_secret_parameter(piece):
                yield unquote_plus(piece.partition("=")[2])

    def _is_secret_parameter(self, piece: str) -> bool:
        name, _, value = piece.partition("=")
        plain = unquote_plus(self.marks.known(value))
        declared = unquote_plus(name) in self.found.secret_names
        return declared or self.marks.secret_in(value) or is_secret_parameter(unquote_plus(name), plain)

    def _query(self, query: str) -> str:
        """Return the query without the secrets in it."""
        kept = []
        for piece in query.split("&") if query else ():
            name, _, value = piece.partition("=")
            if self._is_secret_parameter(piece):
                self.book.hide(unquote_plus(self.marks.known(value)))
            if self._is_secret_parameter(piece) and self.key_place:
                kept.append(f"{name}={self.key_place}")
                self.key_place = ""
            elif self._is_secret_parameter(piece):
                sentence = say(
                    "The parameter “{name}” of the address is a secret. An address is kept readable, so it was left out: let the provider "
                    "take the key in a header, and lock that in step 1.",
                    name=unquote_plus(name)[:60],
                )  # fmt: skip
                self.found.leave("secret", sentence)
            else:
                kept.append(piece)
        return "&".join(kept)

    def _open_variables(self, url: str) -> None:
        names = [variable.name for variable in self.marks.open_in(url)]
        for name in dict.fromkeys([*names, *self.found.escapes]):
            sentence = say(
                "The address has the variable “{name}”, whose value the text does not give. "
                "An integration has one fixed address: type it in step 1.",
                name=name[:60],
            )  # fmt: skip
            self.found.leave("variable", sentence)

    def _resolved(self, text: str) -> str:
        return self.marks.named(self.marks.known(text))

    def _shown(self, short: bool = False) -> str:
        """Return the address as it may be shown: without user name and query."""
        base = self.marks.named(self.plain.base)
        if self.secret_address:
            host = self._resolved(self.address.host)
            base = f"{self.address.scheme}://{host}/…" if self.address.scheme else host
        shown = base.partition("://")[2] or base
        return f"{self.found.method} {shown}" if short else base[:2000]

    # -- what it says -------------------------------------------------------------------------------------------------

    def _payload(self, endpoint: Endpoint, provider: Provider) -> Payload:
        found = self.found
        body = found.body
        whole = provider.channel == "event" and not self.marks.has(
            body.text + "".join(value for _, value in body.pairs)
        )
        if (
            whole
            and body.kind != "none"
            and isinstance(event := plain_body(found, endpoint.encoding, self.marks), dict)
        ):
            sentence = say(
                "The payload of an event is the whole event, as its contract makes it on the page Events. "
                "The body of the text is its sample."
            )
            found.leave("example", sentence)
            return Payload(text=EVENT_PAYLOAD, variables={"event": event})
        payload = payload_of(found, endpoint.encoding, self.marks, provider.channel)
        for name, sample in found.samples.items():
            payload.variables.setdefault(name, sample)
        for secret in payload.secrets:
            self.book.hide(secret)
        return payload

    def _settings(
        self, provider: Provider, endpoint: Endpoint, model: type[Credential], url: str, headers: HeaderRows, payload: Payload,
    ) -> Settings:  # fmt: skip
        found, host = self.found, self.address.host.partition(":")[0]
        kind = payload.recipient_kind or ("phone" if provider.channel == "sms" else "email")
        own = provider.key == "custom"
        times = {
            name: float(min(60, max(1, seconds)))
            for name, seconds in (("connect_s", found.connect_s), ("total_s", found.total_s))
            if seconds is not None
        }
        return Settings(
            name=self._resolved(found.name or self._shown(short=True))[:NAME_LENGTH],
            channel="sms" if own and kind == "phone" else provider.channel, provider=provider.key,
            endpoint="" if len(provider.endpoints) == 1 or (own and endpoint == provider.endpoint()) else endpoint.key,
            url=url, headers=tuple(headers.rows),
            identifier=IdentifierType(kind="phone" if kind == "phone" else "email"), credential_kind=model.kind,
            credential=self.credential, payload=payload.text, idempotency_header=headers.key_header if own else "",
            local_test=own and is_private(host), **times,
        )  # fmt: skip

    def _problems(self, settings: Settings, payload: Payload) -> tuple[Problem, ...]:
        """Return what the wizard will ask to be put right, apart from secrets."""
        problems = list(payload.problems)
        wrong = check_url(settings.url, local_test=settings.local_test)
        if wrong is None and (left := BRACED.search(settings.url)):
            wrong = say("The address still holds “{variable}”. Type what belongs there.", variable=left[0])
        if wrong is not None and not self.secret_address:
            problems.append(Problem(field="url", sentence=wrong))
        token_url = self.credential.get("token_url")
        if issubclass(
            self.around.providers[settings.provider].credential(settings.credential_kind), OAuth2
        ) and isinstance(token_url, str):
            wrong = check_url(token_url, local_test=settings.local_test, campaign=False)
            problems += [Problem(field="credential.token_url", sentence=wrong)] if wrong else []
        if len(settings.payload) <= MAX_CHECKED:  # a larger one is checked in the wizard
            problems += [problem for problem in check_template(settings.payload) if problem.blocks]
        return tuple(problems[:20])


def _title(model: type[Credential], name: str) -> Sentence:
    return Sentence(model.model_fields[name].title or name)


def _about(model: type[Credential], name: str) -> Sentence | None:
    text = model.model_fields[name].description
    return Sentence(text) if text else None
