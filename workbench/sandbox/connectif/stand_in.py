"""The stand-in of Connectif: who is let in, how many calls a minute, what is asked, and what was received.

It lives as long as its process; in a rehearsal each workbench has its own.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl, unquote

from starlette.requests import Request as AsgiRequest
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from workbench.adapters.clock import Clock, SystemClock
from workbench.models.base import JsonValue
from workbench.models.provider import Answer, Emulation
from workbench.providers.connectif import PLATFORM
from workbench.sandbox.answers import Rendered, respond, written
from workbench.sandbox.bodies import read_body
from workbench.sandbox.keys import Expected
from workbench.sandbox.tokens import WRONG

from .answering import WRITES, Answering, Call, body_of, names_in
from .imports import Imports
from .meter import Meter
from .refusals import Refusal, http_error, planted, refusal_named
from .routes import Routes
from .settings import StandInSettings
from .store import Record, Store

KEPT: Final = 200_000
"""Calls that are remembered; of more the oldest are forgotten."""
SHOWN: Final = 100
BODY_BYTES: Final = 1_000_000
FORM_BYTES: Final = 65_536
"""What a form may have beside its file."""
READ_ONLY: Final = "readonly"
EMULATION: Final = Emulation(
    unauthorized=Answer(status=401, body="Unauthorized"),
    malformed=Answer(status=400, body={"status": 400, "title": "Bad Request", "detail": "The body cannot be read."}),
    throttled=Answer(
        status=429,
        headers=(("X-RateLimit-Limit", "100"), ("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", "{{ reset }}")),
        body={"status": 429, "title": "Too Many Requests", "detail": "Requests rate limit reached"},
    ),
    server_error=Answer(status=500, body={"status": 500, "title": "Internal Server Error", "detail": "Something went wrong"}),
)  # fmt: skip
"""How faults on purpose are answered."""


class Plan:
    """Refusals that were asked for: each of the next so many calls (of one kind, or of any) is refused in this way."""

    def __init__(self) -> None:
        self._planted: list[tuple[str, str, int]] = []

    def add(self, refusal: str, call: str, times: int) -> None:
        """Let the next ``times`` calls be refused."""
        self._planted.append((refusal, call, times))

    def next(self, call: str) -> str:
        """Return how this call is refused; an empty text where it is not."""
        for index, (refusal, wanted, left) in enumerate(self._planted):
            if wanted in ("", call):
                self._planted[index : index + 1] = [(refusal, wanted, left - 1)] if left > 1 else []
                return refusal
        return ""


class ConnectifStandIn:
    """Connectif's stand-in.

    ``contacts``, ``products``, ``purchases`` and ``coupon_sets`` are what it holds, as plain objects; ``imports`` its imports as the
    platform would tell of them. ``received`` lists the calls, the oldest first; ``counts`` counts those that were taken by call, ``posts``
    how often each purchase was. ``settings`` may be replaced at any time. ``keys_at_reports`` counts keys that were sent for a report.
    """

    def __init__(
        self, expected: Expected | None = None, *, clock: Clock | None = None, settings: StandInSettings | None = None
    ) -> None:  # fmt: skip
        self.clock = clock or SystemClock()
        self.settings = settings or StandInSettings()
        self.expected = expected
        self.received: deque[Record] = deque(maxlen=KEPT)
        self.counts: Counter[str] = Counter()
        self.posts: Counter[str] = Counter()
        self.keys_at_reports = 0
        self._store = Store()
        self._imports = Imports(self._store)
        self._answering = Answering(self._store, self._imports)
        self._meter = Meter()
        self._plan = Plan()
        self._routes = Routes(self.settings.paths)
        self._paths = self.settings.paths

    # -- what it holds ---------------------------------------------------------------------------------------------------

    @property
    def contacts(self) -> dict[str, Record]:
        """The contacts by their email in small letters; one without is under ``external:`` and its id."""
        return self._settled().contacts

    @property
    def products(self) -> dict[str, Record]:
        """The products by the shop's id."""
        return self._settled().products

    @property
    def purchases(self) -> dict[str, Record]:
        """The purchases by the shop's id."""
        return self._settled().purchases

    @property
    def coupon_sets(self) -> dict[str, Record]:
        """The coupon sets by their id."""
        return self._settled().coupon_sets

    @property
    def coupons(self) -> dict[str, list[str]]:
        """The imported codes by their coupon set."""
        return {id: list(codes) for id, codes in self._settled().coupons.items()}

    @property
    def imports(self) -> dict[str, Record]:
        """The imports by their id, as the platform would tell of them now."""
        self._settled()
        now = self.clock.now()
        base = f"https://{self.settings.report_host}/reports"
        return {id: self._imports.told(one, now, base) for id, one in self._imports.kept.items()}

    def plant(self, refusal: str, *, call: str = "", times: int = 1) -> None:
        """Let the next ``times`` calls (of the kind ``call``, or of any) be refused: ``E0401``, ``http500``, ``http429bare``."""
        self._plan.add(refusal, call, times)

    def end_imports(self, *statuses: str) -> None:
        """Let the next imports end with these statuses: ``error``, ``cancelled``, any other word, or ``never``."""
        self._imports.next_ends.extend(statuses)

    # -- calls -----------------------------------------------------------------------------------------------------------

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call."""
        path = _path(scope)
        if path.startswith("/reports/"):
            await read_body(receive, BODY_BYTES)
            await respond(send, self._report(scope, path))
            return
        upload = scope["method"] == "POST" and path.startswith("/imports")
        body = await read_body(receive, self.settings.file_bytes + FORM_BYTES if upload else BODY_BYTES)
        await respond(send, self._answer(scope, path, body))

    async def control(self, _: AsgiRequest) -> JSONResponse:
        """Answer with what is held and what was received lately: ``GET /connectif/received`` of the sandbox on a port."""
        store = self._settled()
        lately = list(self.received)[-SHOWN:]
        held = {
            name: len(getattr(store, name)) for name in ("contacts", "products", "purchases", "coupon_sets")
        }
        return JSONResponse({
            "received": lately, "count": len(self.received), "held": held, "taken": dict(self.counts),
            "imports": list(self.imports.values())[-SHOWN:],
        })  # fmt: skip

    def _answer(self, scope: Scope, path: str, body: bytes | None) -> Rendered:
        now = self.clock.now()
        self._imports.settle(now, self.settings)
        headers = _headers(scope)
        call = self._call(scope, path, headers, body or b"", now)
        parsed = body_of(call.body) if call.key in WRITES else {}
        key, permissions = self._let_in(headers.get("authorization", ""))
        told: list[tuple[str, str]] = []
        refusal: Refusal | None
        if not call.key:
            refusal = self._nowhere(scope["method"], path)
        elif key is None:
            refusal = http_error(401)
        else:
            over, told = self._meter.count(key, self.settings, now)
            refusal = http_error(429) if over else self._refused(call, body, parsed, permissions)
        answered = (
            refusal
            or self._on_demand(call, parsed or {})
            or self._answering.answer(call, parsed or {}, self.settings)
        )
        if isinstance(answered, Refusal):
            reply = answered.rendered
            told = [] if answered.bare else told
        else:
            reply = written(answered[0], [], answered[1])
            self._taken(call.key, parsed or {})
        self._note(scope, path, call, parsed if call.key in WRITES else None, reply.status)
        return reply._replace(headers=[*reply.headers, *told])

    def _call(self, scope: Scope, path: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Call:
        found = self._routing().find(scope["method"], path)
        key, parts = found if found is not None else ("", {})
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        return Call(key, parts, query, body, headers.get("content-type", ""), _root(scope, headers), now)

    def _nowhere(self, method: str, path: str) -> Refusal:
        """Return the refusal of a path that nobody knows: it names those that there are."""
        detail = (
            f"The stand-in for Connectif has no {method} {path}. It has: {', '.join(self._routing().known)}."
        )
        return http_error(405 if self._routing().methods(path) else 404, detail)

    def _refused(
        self, call: Call, body: bytes | None, parsed: Record | None, permissions: tuple[str, ...] | None
    ) -> Refusal | None:  # fmt: skip
        """Return why a call is refused before it is looked at closely."""
        if permissions is not None and PLATFORM.call(call.key).permission not in permissions:
            return http_error(403)
        if body is None:
            return http_error(413)
        if call.key in WRITES and call.content_type.partition(";")[0].strip().lower() != "application/json":
            return http_error(415)
        return http_error(400, "The body must be a JSON object.") if parsed is None else None

    def _on_demand(self, call: Call, body: Record) -> Refusal | None:
        """Return the refusal that was asked for, by ``plant`` or by a word in what the call names."""
        word = self._plan.next(call.key) or planted(names_in(call, body))
        if not word:
            return None
        lines = body.get("products")
        names = (
            [str(line.get("productId")) for line in lines if isinstance(line, dict)]
            if isinstance(lines, list)
            else []
        )
        if word.lower() == "e0101":
            names = [str(body.get("contactEmail", ""))]
        return refusal_named(word, names, self.settings.domains or ("https://shop.example",))

    def _taken(self, name: str, body: Record) -> None:
        self.counts[name] += 1
        if name == "purchase":
            self.posts[str(body["purchaseId"])] += 1

    def _note(self, scope: Scope, path: str, call: Call, body: JsonValue, status: int) -> None:
        self.received.append({
            "at": call.now.isoformat(), "call": call.key, "method": scope["method"], "path": path, "query": call.query, "body": body,
            "status": status,
        })  # fmt: skip

    def _let_in(self, authorization: str) -> tuple[str | None, tuple[str, ...] | None]:
        """Return the key of a call and its permissions (None: all of them); no key where it is not let in."""
        word, _, key = authorization.partition(" ")
        key = key.strip()
        if word != "apiKey" or not key:
            return None, None
        if self.settings.keys is not None:
            return (key, self.settings.keys[key]) if key in self.settings.keys else (None, None)
        if self.expected is not None:
            return (key if key == self.expected.get("api_key") else None), None
        low = key.lower()
        if any(wrong in low for wrong in WRONG):
            return None, None
        return key, _reading() if READ_ONLY in low else None

    def _report(self, scope: Scope, path: str) -> Rendered:
        """Return an error report. Like a file store that takes signed addresses, another host refuses a key beside the signature."""
        self._settled()
        headers = _headers(scope)
        found = self._imports.reports.get(path.removeprefix("/reports/").removesuffix(".csv"))
        if "authorization" in headers:
            self.keys_at_reports += 1
            if not _root(scope, headers).startswith("http://"):
                return written(400, [], "Only one auth mechanism allowed")
        if found is None:
            return written(404, [], "Not Found")
        return Rendered(200, [("Content-Type", "text/csv; charset=utf-8")], found.encode())

    def _settled(self) -> Store:
        self._imports.settle(self.clock.now(), self.settings)
        return self._store

    def _routing(self) -> Routes:
        if self.settings.paths is not self._paths:
            self._routes, self._paths = Routes(self.settings.paths), self.settings.paths
        return self._routes


def _reading() -> tuple[str, ...]:
    return tuple(call.permission for call in PLATFORM.calls if call.method == "GET")


def _path(scope: Scope) -> str:
    """Return the path as it was sent, still percent-encoded, without what the stand-in is mounted under."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    path = raw.decode("latin-1").partition("?")[0]
    root = scope.get("root_path", "")
    return path.removeprefix(root) if root and unquote(path).startswith(root) else path


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def _root(scope: Scope, headers: Mapping[str, str]) -> str:
    """Return the address by which the client knows the stand-in."""
    return f"{scope.get('scheme', 'http')}://{headers.get('host', '')}{scope.get('root_path', '')}"
