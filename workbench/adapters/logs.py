"""LOGS: what the server process tells operators: one JSON object on a line of standard error for each thing that happened.

``{"time": …, "level": "info", "event": "call", "request": …, "who": …, "route": "/api/about/facts", "status": 200, "ms": 1.2}``

Everything goes through here, also what other libraries say and what ends in a traceback. No line holds a secret or a contact's address:
those that the vault knows are replaced in every spelling, others by their form. A traceback has places and no values.
"""

from __future__ import annotations

import contextlib
import json
import logging
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import PurePath
from types import TracebackType
from typing import Any, Final, Literal, TextIO

import orjson

from workbench.engine.log_masks import masked
from workbench.engine.redact import Redactor, hint_of, mask_identifier

Level = Literal["debug", "info", "warning", "error"]
LEVELS: Final[tuple[Level, ...]] = ("debug", "info", "warning", "error")
Field = str | int | float | bool | None

OWN: Final = "workbench.log"
TAKEN_OVER: Final = ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi", "asyncio", "py.warnings")
"""Loggers that would otherwise write in a way of their own."""
SHORTEST: Final = 4
"""Characters of the shortest secret that is looked for: a shorter one would be found in every word."""
FRAMES: Final = 30
CAUSES: Final = 5

context: ContextVar[dict[str, Field]] = ContextVar("log")
"""What every line says that is written during a call: its ``request`` and ``who`` makes it."""


def tell(event: str, level: Level = "info", **fields: Field) -> None:
    """Write one line: an event of the workbench's own, with fields that hold neither a secret nor a contact's address."""
    number = logging.getLevelNamesMapping()[level.upper()]
    logger = logging.getLogger(OWN)
    if logger.isEnabledFor(number):
        logger.log(number, event, extra={"fields": fields})


def tell_defect(event: str, error: BaseException, **fields: Field) -> None:
    """Write one line about an error that nobody expected, with the places it passed."""
    logging.getLogger(OWN).error(event, exc_info=error, extra={"fields": fields})


class Masking:
    """Takes secrets and addresses out of a text.

    ``secrets`` gives the secrets that are known now, by handle; it is asked for each line that strangers wrote. ``salt`` makes
    pseudonyms, the same as in the journal.
    """

    def __init__(self, salt: bytes = b"", secrets: Callable[[], Mapping[str, str]] = dict) -> None:
        self._salt = salt
        self._secrets = secrets
        self._known: Mapping[str, str] = {}
        self._redactor = Redactor({})
        self._turn = threading.Lock()

    def learn(self, salt: bytes, secrets: Callable[[], Mapping[str, str]]) -> None:
        """Know the workbench's salt and secrets from now on."""
        with self._turn:
            self._salt, self._secrets = salt, secrets

    def text(self, text: str) -> str:
        """Return the text without any secret or address."""
        with self._turn:
            return masked(self._now().text(text), self._pseudonym)

    def _now(self) -> Redactor:
        try:
            known = self._secrets()
        except Exception:  # noqa: BLE001 - a vault that cannot be read must not keep anybody from being told so
            known = self._known
        if known != self._known:
            self._known = dict(known)
            self._redactor = Redactor(
                {value: hint_of(value) for value in known.values() if len(value) >= SHORTEST}
            )
        return self._redactor

    def _pseudonym(self, address: str) -> str:
        return mask_identifier(address, self._salt)


class Lines(logging.Formatter):
    """Writes a record as one line of JSON."""

    def __init__(self, masking: Masking) -> None:
        super().__init__()
        self._masking = masking

    def format(self, record: logging.LogRecord) -> str:
        """Return the line. What the workbench itself tells is known to hold nothing; every other text is masked."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
        }
        if record.name == OWN:
            line["event"] = str(record.msg)
            line |= context.get({}) | getattr(record, "fields", {})
        else:
            line |= {"event": "told", "by": record.name} | context.get({})
            line["message"] = self._masking.text(_message(record))
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            line["errors"] = [self._error(one) for one in _chain(error)]
        try:
            return orjson.dumps(line, default=str).decode()
        except TypeError:  # halves of characters
            return json.dumps(line, default=str)

    def _error(self, error: BaseException) -> dict[str, Any]:
        return {
            "type": type(error).__name__,
            "message": self._masking.text(_words(error)),
            "at": _places(error.__traceback__),
        }


class _Writer(logging.StreamHandler[TextIO]):
    """Writes the lines. What goes wrong with one is told without its values: the library would print them."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        with contextlib.suppress(OSError, ValueError):  # whoever read the log is gone
            self.stream.write(
                f'{{"level": "error", "event": "not written", "by": {json.dumps(record.name)}}}\n'
            )


@contextlib.contextmanager
def written(
    level: Level = "info", masking: Masking | None = None, stream: TextIO | None = None
) -> Iterator[None]:
    """Let everything that is logged go to ``stream`` (standard error) as lines, until the end of the block."""
    undo = begin(level, masking, stream)
    try:
        yield
    finally:
        undo()


def begin(
    level: Level = "info", masking: Masking | None = None, stream: TextIO | None = None
) -> Callable[[], None]:
    """Let everything that is logged go to ``stream`` (standard error) as lines. Returns what puts it back as it was."""
    handler = _Writer(stream or sys.stderr)
    handler.setFormatter(Lines(masking or Masking()))
    root = logging.getLogger()
    before = {name: _state(logging.getLogger(name)) for name in TAKEN_OVER}
    handlers, root_level = root.handlers[:], root.level
    own, own_level = logging.getLogger(OWN), logging.getLogger(OWN).level
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)  # of others, what an operator has to know
    own.setLevel(level.upper())
    for name in TAKEN_OVER:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate, logger.disabled = True, False
    logging.captureWarnings(True)
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    sys.excepthook = lambda kind, error, trace: _uncaught(error or kind())
    threading.excepthook = lambda given: _uncaught(given.exc_value or given.exc_type())
    sys.unraisablehook = lambda given: _uncaught(given.exc_value or given.exc_type())

    def undo() -> None:
        sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
        logging.captureWarnings(False)
        root.handlers[:] = handlers
        root.setLevel(root_level)
        own.setLevel(own_level)
        for name, state in before.items():
            logger = logging.getLogger(name)
            logger.handlers[:], logger.propagate, logger.disabled = state

    return undo


def _state(logger: logging.Logger) -> tuple[list[logging.Handler], bool, bool]:
    return logger.handlers[:], logger.propagate, logger.disabled


def _uncaught(error: BaseException) -> None:
    """Tell an error that nobody caught; whoever asked this process to end is no error."""
    if not isinstance(error, (KeyboardInterrupt, SystemExit)):
        tell_defect("defect", error)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):  # a stranger's placeholders and values that do not fit
        return str(record.msg)


def _words(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - a representation that fails must not hide what failed
        return ""


def _chain(error: BaseException) -> list[BaseException]:
    """Return the error and what led to it, and the first ones of a group."""
    found: list[BaseException] = []
    wanted: list[BaseException | None] = [error]
    while wanted and len(found) < CAUSES:
        one = wanted.pop(0)
        if one is None or any(one is other for other in found):
            continue
        found.append(one)
        if isinstance(one, BaseExceptionGroup):
            wanted.extend(one.exceptions)
        wanted.append(one.__cause__ or (None if one.__suppress_context__ else one.__context__))
    return found


def _places(trace: TracebackType | None) -> list[str]:
    """Return the places that an error passed, the last ones: file within its package, line, function; no text of the line."""
    places: list[str] = []
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{_within(code.co_filename)}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return places[-FRAMES:]


def _within(file: str) -> str:
    """Return a file's path from its package on: where this machine keeps it is nobody's business."""
    parts = PurePath(file).parts
    for root in ("site-packages", "dist-packages"):
        if root in parts:
            return "/".join(parts[parts.index(root) + 1 :])
    if "workbench" in parts:
        return "/".join(parts[len(parts) - 1 - parts[::-1].index("workbench") :])
    return "/".join(parts[-2:])
