"""HEADER ROWS: the headers of a foreign request as header parameters: secrets locked, what the workbench sends by itself left out."""

from __future__ import annotations

from workbench.engine.checks import RESERVED, check_header_name, check_header_value
from workbench.engine.compose import CONTENT_TYPES
from workbench.models.credential import NoAuthorization
from workbench.models.imported import Fill
from workbench.models.integration import Header
from workbench.models.provider import Endpoint
from workbench.sentence import say

from .addresses import FITTING
from .found import Found
from .letting_in import IDEMPOTENCY, Evidence
from .marked import Marks
from .noise import is_noise
from .secrecy import is_secret_header
from .secret_book import SecretBook


class HeaderRows:
    """The rows of one request, where its secrets go, and the header in which an endpoint of one's own takes an id."""

    def __init__(self, found: Found, marks: Marks, book: SecretBook, host: str) -> None:
        self.found, self.marks, self.book, self.host = found, marks, book, host
        self.rows: list[Header] = []
        self.fills: list[Fill] = []
        self.key_header = ""

    def read(self, endpoint: Endpoint, evidence: Evidence) -> None:
        """Take what belongs into the integration, and say what was left out."""
        seen: set[str] = set()
        dropped: list[str] = []
        for name, value in self.found.headers:
            low = name.lower()
            if low in evidence.headers or self._ours(low, value, endpoint):
                continue
            if low in RESERVED or is_noise(low, value, self.found.quiet):
                dropped += [] if low in RESERVED or low.startswith(":") else [name]
            elif low in ("cookie", "set-cookie"):
                self.book.hide(self.marks.known(value))
                self.found.leave(
                    "cookie", say("Cookies belong to one person's browser or session, and are not kept.")
                )
            elif low == "authorization" and not isinstance(evidence.model.auth, NoAuthorization):
                self.book.hide(self.marks.known(value).partition(" ")[2] or self.marks.known(value))
            elif low in IDEMPOTENCY or low == endpoint.idempotency_header.lower() != "":
                self.key_header = "" if endpoint.idempotency_header else name
                self.found.leave(
                    "header", say("The workbench fills “{name}” with the id of each message.", name=name)
                )
            elif low in seen:
                self.found.leave(
                    "header",
                    say("The header “{name}” is there twice; the first one was taken.", name=name[:60]),
                )
            else:
                seen.add(low)
                self._row(name, value)
        if dropped:
            names = ", ".join(
                dict.fromkeys(self.marks.named(self.marks.known(name))[:40] for name in dropped[:12])
            )
            self.found.leave(
                "header",
                say(
                    "Headers that the browser or the tool adds by itself were left out: {names}.", names=names
                ),
            )

    def _ours(self, low: str, value: str, endpoint: Endpoint) -> bool:
        """Return whether the workbench sends this header by itself."""
        if low == "content-type":
            other = endpoint.encoding == "multipart" or endpoint.encoding not in FITTING[self.found.body.kind]
            return other or value.strip().lower() == CONTENT_TYPES[endpoint.encoding]
        return (low, value) in {(name.lower(), own) for name, own in endpoint.headers} or (
            low == "accept" and value.strip() == "*/*"
        )

    def _row(self, name: str, value: str) -> None:
        known = self.marks.known(value)
        name = self.marks.named(self.marks.known(name))
        if check_header_name(name) is not None:
            self.found.leave("header", say("“{name}” is no possible name of a header.", name=name[:60]))
            return
        declared = name.lower() in {one.lower() for one in self.found.secret_names}
        if declared or self.marks.secret_in(value) or is_secret_header(name, known):
            scheme, space, rest = known.partition(" ")
            begins = (
                scheme
                if space and rest and name.lower().endswith("authorization") and not self.marks.has(scheme)
                else ""
            )
            place = f"headers.{len(self.rows)}.value"
            if begins and not self.marks.has(rest):
                self.book.hide(rest)
            scope = f"{self.host}.{name.lower()}"
            key = self.book.want(
                known, say("Header {name}", name=name), scope=scope, header=name, begins=begins
            )
            self.fills.append(Fill(place=place, secret=key))
            self.rows.append(Header(name=name))
        elif self.marks.has(known):
            names = ", ".join(variable.name for variable in self.marks.open_in(known))
            sentence = say(
                "The header “{name}” holds the variable “{variable}”, whose value the text does not give. Type it in step 1.",
                name=name, variable=names[:60],
            )  # fmt: skip
            self.found.leave("variable", sentence)
            self.rows.append(Header(name=name))
        elif check_header_value(known, name) is not None:
            self.found.leave(
                "header", say("The header “{name}” has no value that a header can carry.", name=name)
            )
        else:
            self.rows.append(Header(name=name, value=known))
