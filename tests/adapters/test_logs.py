"""The log: one JSON object on a line, and no secret or address in it, whoever wrote it and however it failed."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import logging
import threading
import warnings
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from pydantic import BaseModel, ValidationError

from workbench.adapters import logs
from workbench.adapters.logs import Level, Lines, Masking, tell, tell_defect, written

SECRET = "SG.planted-and-never/seen+4711"
MAIL, PHONE = "ada.lovelace@example.com", "+49 151 12345678"
SALT = b"salt"


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, object]]]]:
    stream = io.StringIO()
    with written("info", Masking(SALT, lambda: {"sec_1": SECRET}), stream):
        yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def text_of(lines: Callable[[], list[dict[str, object]]]) -> str:
    return json.dumps(lines(), ensure_ascii=False)


def test_an_event_is_one_line_with_its_fields_in_order(lines):
    logs.context.set({"request": "req_1", "who": "Ada"})
    tell("call", route="/api/about/facts", status=200, ms=1.5)
    (line,) = lines()
    assert list(line) == ["time", "level", "event", "request", "who", "route", "status", "ms"]
    assert line["time"].endswith("+00:00")
    assert (line["level"], line["event"], line["who"]) == ("info", "call", "Ada")


def test_what_is_below_the_level_is_not_written(lines):
    tell("probe", "debug")
    tell("trouble", "warning")
    assert [line["event"] for line in lines()] == ["trouble"]


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_each_level_lets_through_itself_and_what_is_worse(level: Level):
    stream = io.StringIO()
    with written(level, stream=stream):
        for one in logs.LEVELS:
            tell(one, one)
    told = [json.loads(line)["event"] for line in stream.getvalue().splitlines()]
    assert told == list(logs.LEVELS[logs.LEVELS.index(level) :])


@pytest.mark.parametrize(
    "spelled",
    [
        SECRET,
        quote(SECRET, safe=""),
        base64.b64encode(SECRET.encode()).decode(),
        base64.b64encode(f"user:{SECRET}".encode()).decode(),
        json.dumps({"key": SECRET}),
        SECRET.encode().hex(),
    ],
)
def test_a_secret_that_the_vault_knows_is_in_no_line_in_any_spelling(lines, spelled):
    logging.getLogger("uvicorn.error").warning("It said: %s", spelled)
    logging.getLogger("some.library").error(f"it said {spelled}")
    try:
        raise ValueError(spelled)
    except ValueError as error:
        tell_defect("defect", error)
    assert len(lines()) == 3
    assert spelled not in text_of(lines)
    assert "planted-and-never" not in text_of(lines)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("Authorization: Bearer abc.DEF-123456", "abc.DEF-123456"),
        ('{"api_key": "k-778899aa"}', "k-778899aa"),
        ("client_secret='my dear secret'", "my dear secret"),
        ("GET /x?token=abc123&a=1", "abc123"),
        ("postgresql://wb:hunter2@db.example.com/wb", "hunter2"),
        ("POST /sms/Zx81-secret-token/delivery", "Zx81-secret-token"),
        ("the pass wbk_AAAABBBBCCCC is wrong", "wbk_AAAABBBBCCCC"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "eyJzdWIiOiIxIn0"),
        ("-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----", "MIIEvQ"),
        ("x-amz-signature=deadbeef", "deadbeef"),
        ("Cookie: session=abcd", "abcd"),
        ("AKIAIOSFODNN7EXAMPLE", "IOSFODNN7"),
    ],
)
def test_a_secret_that_nobody_knows_is_found_by_its_form(lines, text, hidden):
    logging.getLogger("uvicorn.error").error(text)
    assert hidden not in text_of(lines)


@pytest.mark.parametrize(
    "address",
    [MAIL, "ADA.LOVELACE@EXAMPLE.COM", quote(MAIL), "ada+tag@mail.example.co.uk", "jürgen@müller.example", PHONE,
     "+4915112345678", "%2B4915112345678", "004915112345678", "4915112345678", "(555) 123-4567", "555-123-4567"],
)  # fmt: skip
def test_a_contact_is_in_no_line_but_as_a_pseudonym(lines, address):
    logging.getLogger("some.library").error("cannot reach %s now", address)
    try:
        raise KeyError(address)
    except KeyError as error:
        tell_defect("defect", error)
    assert address not in text_of(lines)
    assert "***" in text_of(lines)


def test_one_person_has_one_pseudonym(lines):
    for spelled in (MAIL, MAIL.upper(), quote(MAIL)):
        logging.getLogger("some.library").error("reached %s", spelled)
    assert len({line["message"].rpartition("#")[2] for line in lines()}) == 1


@pytest.mark.parametrize(
    "text", ["2026-11-22 18:04:16", "200 in 12.5 ms", "port 8867", "1.26.300", "::1:8867"]
)
def test_times_ports_and_versions_stay(lines, text):
    logging.getLogger("some.library").error(text)
    assert lines()[0]["message"] == text


def test_a_traceback_has_places_and_no_values_and_no_path_of_this_machine(lines):
    def inner(contact: str) -> None:
        local = SECRET
        raise RuntimeError(f"{contact} and {local}")

    try:
        try:
            inner(MAIL)
        except RuntimeError as error:
            raise ExceptionGroup("several", [ValueError(PHONE)]) from error
    except ExceptionGroup as group:
        tell_defect("defect", group, job="job_1")
    (line,) = lines()
    assert [one["type"] for one in line["errors"]] == ["ExceptionGroup", "ValueError", "RuntimeError"]
    assert line["job"] == "job_1"
    assert line["errors"][2]["at"][-1].endswith(" inner")
    for hidden in (MAIL, "12345678", "planted", "/home/", "/work/"):
        assert hidden not in text_of(lines)


def test_what_a_validation_repeats_of_its_input_is_left_out(lines):
    class Form(BaseModel):
        name: int

    with pytest.raises(ValidationError) as caught:
        Form(name="a first name")
    tell_defect("defect", caught.value)
    assert "a first name" not in text_of(lines)
    assert "int_parsing" in text_of(lines)


async def test_asyncios_own_logger_comes_through_it(lines):
    loop = asyncio.get_running_loop()
    loop.call_exception_handler({"message": "task failed", "exception": ValueError(f"to {MAIL}")})
    (line,) = lines()
    assert line["by"] == "asyncio"
    assert line["errors"][0]["type"] == "ValueError"
    assert MAIL not in text_of(lines)


def test_a_thread_that_dies_and_a_warning_come_through_it(lines):
    def die() -> None:
        raise ValueError(SECRET)

    thread = threading.Thread(target=die)
    thread.start()
    thread.join()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn(f"do not use {MAIL}", stacklevel=1)
    assert {line["event"] for line in lines()} == {"defect", "told"}
    assert MAIL not in text_of(lines)
    assert "planted" not in text_of(lines)


def test_a_vault_that_cannot_be_read_does_not_silence_the_log():
    def broken() -> dict[str, str]:
        raise OSError("gone")

    stream = io.StringIO()
    with written("info", Masking(SALT, broken), stream):
        logging.getLogger("some.library").error("hello to %s", MAIL)
    assert "hello to" in stream.getvalue()
    assert MAIL not in stream.getvalue()


def test_a_very_long_line_is_cut_and_costs_no_time_worth_the_name(lines):
    logging.getLogger("some.library").error("a" * 5_000_000)
    logging.getLogger("some.library").error("token" * 1_000_000)
    assert max(len(str(line["message"])) for line in lines()) < 5_000


@pytest.mark.parametrize("message", ["%d of %d", "half a character: \ud800 %s"])
def test_a_message_that_cannot_be_written_as_meant_is_still_told(message):
    record = logging.LogRecord("some.library", logging.ERROR, "", 1, message, (MAIL,), None)
    line = Lines(Masking(SALT)).format(record)
    assert json.loads(line)["message"].startswith(message[:8])
    assert MAIL not in line


def test_a_line_that_cannot_be_written_is_told_without_its_values(capsys):
    class Full(io.StringIO):
        def flush(self) -> None:
            raise OSError("no room")

    stream = Full()
    with written("info", stream=stream):
        tell("call", who=MAIL)
    assert '"event": "not written"' in stream.getvalue()
    assert capsys.readouterr().err == ""


def test_afterwards_everything_is_as_it_was():
    root = logging.getLogger()
    before = (root.handlers[:], root.level, threading.excepthook, logging.getLogger("asyncio").propagate)
    with written("debug", stream=io.StringIO()):
        assert root.handlers != before[0]
    assert (
        root.handlers[:],
        root.level,
        threading.excepthook,
        logging.getLogger("asyncio").propagate,
    ) == before
