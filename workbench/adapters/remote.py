"""The door to a workbench's own server process: a proxy with the methods of a service class, derived from its signatures."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Protocol, Self, TypeVar, cast
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

from workbench import errors
from workbench.adapters.wire import NO_ANSWER, client
from workbench.engine.operations import Operation, operations
from workbench.models.base import Problem
from workbench.sentence import Sentence, say

Service = TypeVar("Service")


class Answer(Protocol):
    """What a client gives back for one call."""

    @property
    def status_code(self) -> int: ...  # noqa: D102

    @property
    def content(self) -> bytes: ...  # noqa: D102


Post = Callable[[str, bytes], Awaitable[Answer]]
"""Posts JSON bytes to a path of the server; raises ``Unreachable`` where it does not answer."""

STATUS: dict[type[errors.WorkbenchError], int] = {
    errors.Invalid: 422,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Refused: 409,
    errors.StorageFault: 507,
    errors.Unreachable: 503,
}
TIMEOUT_S = 90.0
VISITOR: Final = "X-Workbench-Visitor"
"""Whom a dashboard calls for, percent-encoded: a header holds no other letters than English ones."""
VISITOR_GROUPS: Final = "X-Workbench-Visitor-Groups"
"""The groups that the proxy in front says the visitor has: each percent-encoded, with commas between them."""
_ERROR: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])
_SENTENCE = TypeAdapter(Sentence)
_PROBLEMS = TypeAdapter(list[Problem])


def path_of(service: str, operation: str) -> str:
    """Return the route of an operation."""
    return f"/api/{service}/{operation.rstrip('_')}"


def proxy(name: str, service: type[Service], post: Post) -> Service:
    """Return an object with the public methods of ``service`` that calls the server for each of them."""
    return cast(Service, _Proxy(name, operations(cast(Any, service)), post))


class _Proxy:
    def __init__(self, name: str, offered: dict[str, Operation], post: Post) -> None:
        self._name = name
        self._offered = offered
        self._post = post

    def __getattr__(self, attribute: str) -> Callable[..., Awaitable[Any]]:
        operation = self.__dict__.get("_offered", {}).get(attribute)
        if operation is None:
            raise AttributeError(f"{self.__dict__.get('_name')} has no operation {attribute!r}")

        async def call(*args: Any, **named: Any) -> Any:
            body = operation.bind(*args, **named).model_dump_json().encode()
            answer = await self._post(path_of(self._name, operation.name), body)
            if answer.status_code != 200:
                raise read_error(answer.content)
            try:
                return operation.result.validate_json(answer.content)
            except ValidationError:
                raise _unreadable() from None

        call.__doc__ = operation.about
        return call

    def __repr__(self) -> str:
        return f"<{self._name} of a workbench server>"


class ServerClient:
    """The connection to one server process: posts with the person's token, and says so when nobody answers.

    A dashboard's pass names its ``visitor``, whose rights count then, and the visitor's ``groups``.
    """

    def __init__(
        self,
        url: str,
        token: str,
        app: Any = None,
        *,
        visitor: str | None = None,
        groups: Sequence[str] = (),
    ) -> None:
        headers = {"Content-Type": "application/json"} | (
            {"Authorization": f"Bearer {token}"} if token else {}
        )
        if visitor is not None:
            headers[VISITOR] = quote(visitor, safe="")
            headers[VISITOR_GROUPS] = ",".join(quote(group, safe="") for group in groups)
        self._client = client(url, app=app, headers=headers)

    @classmethod
    def in_process(
        cls, app: Any, token: str, *, visitor: str | None = None, groups: Sequence[str] = ()
    ) -> Self:
        """Return a connection to an ASGI app in this process: the same wire format without a port."""
        return cls("http://127.0.0.1", token, app, visitor=visitor, groups=groups)

    async def post(self, path: str, body: bytes) -> Answer:
        """Return the answer to a JSON body; raises Unreachable where the server does not answer."""
        try:
            return await self._client.post(path, content=body, timeout=TIMEOUT_S)
        except NO_ANSWER:
            raise errors.Unreachable(
                say("The server process does not answer. Start it with “workbench up”, then reload the page.")
            ) from None

    async def close(self) -> None:
        """Close the connection."""
        await self._client.aclose()

    def __repr__(self) -> str:
        return "<ServerClient>"


def _unreadable() -> errors.Unreachable:
    return errors.Unreachable(
        say("The server process gave an answer that cannot be read. Restart it, then reload the page.")
    )


def status_of(error: errors.WorkbenchError) -> int:
    """Return the HTTP status that stands for an error."""
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), 400)


def write_error(error: errors.WorkbenchError) -> dict[str, Any]:
    """Return an error as a document: its name in the tree, its sentence, its problems."""
    document: dict[str, Any] = {
        "error": type(error).__name__,
        "sentence": _SENTENCE.dump_python(error.sentence, mode="json"),
    }
    if isinstance(error, errors.Invalid):
        document["problems"] = _PROBLEMS.dump_python(list(error.problems), mode="json")
    return document


def read_error(content: bytes) -> errors.WorkbenchError:
    """Return the error of a document that ``write_error`` made; anything else becomes one plain sentence."""
    try:
        document = _ERROR.validate_json(content)
        sentence = _SENTENCE.validate_python(document["sentence"])
        if document["error"] == "Invalid":
            return errors.Invalid(_PROBLEMS.validate_python(document["problems"]))
    except (ValueError, KeyError):
        return _unreadable()
    kind = (
        getattr(errors, document["error"], errors.WorkbenchError)
        if document["error"] in errors.__all__
        else errors.WorkbenchError
    )
    return cast(errors.WorkbenchError, kind(sentence))
