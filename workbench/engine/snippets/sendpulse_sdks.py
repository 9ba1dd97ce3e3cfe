"""SENDPULSE SDKS: an event as a program with SendPulse's own libraries for Python and PHP, and what they do otherwise.

https://github.com/sendpulse/sendpulse-rest-api-python (0.1.8) and https://github.com/sendpulse/sendpulse-rest-api-php.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

from workbench.engine.redact import MASK
from workbench.models.base import JsonValue
from workbench.models.request import Request
from workbench.sentence import Sentence, say

from .language import PHP, PYTHON, Language
from .php_curl import opened
from .pieces import Pieces
from .python_text import program
from .sendpulse_event import KEYS, SentEvent, event_in, shared_differences

TOKENS: Final = """\
// Keeps the token in memory: the SDK's FileStorage would write it into a file, in clear.
$tokens = new class implements TokenStorageInterface {
    private $kept = [];
    public function set(string $key, string $token): bool { $this->kept[$key] = $token; return true; }
    public function get(string $key): ?string { return $this->kept[$key] ?? null; }
    public function delete(string $key): bool { unset($this->kept[$key]); return true; }
};
"""


def python_sendpulse(request: Request, pieces: Pieces, translate: Callable[[str], str]) -> str:
    """Return a Python program that sends the event with ``pysendpulse``. Raises ValueError where it is no event of SendPulse's REST API."""
    event = _event(request, pieces)
    name = PYTHON.literal(event.name)
    quoted = event.segment != event.name
    call = f'quote({name}, safe="")' if quoted else name
    code = (
        f"body = {_python(event.body, pieces)}\n"
        "with tempfile.TemporaryDirectory() as folder:  # a token that pysendpulse finds in a file is sent wrongly\n"
        "    client = PySendPulse(\n"
        '        os.environ["SENDPULSE_ID"],\n        os.environ["SENDPULSE_SECRET"],\n        "FILE",\n        folder + "/",\n    )\n'
        f"    answer = client.send_event({call}, body)\n"
        "print(answer)\n"
    )
    imports = ["from pysendpulse.pysendpulse import PySendPulse"]
    if quoted:
        imports.append("from urllib.parse import quote")
    return program(imports, [code], pieces, translate)


def php_sendpulse(request: Request, pieces: Pieces, translate: Callable[[str], str]) -> str:
    """Return a PHP program that sends the event with ``sendpulse/rest-api``. Raises ValueError as ``python_sendpulse``."""
    event = _event(request, pieces)
    name = PHP.literal(event.name)
    path = (
        "'events/name/' . rawurlencode(" + name + ")"
        if event.segment != event.name
        else PHP.literal(f"events/name/{event.name}")
    )
    code = (
        "require 'vendor/autoload.php';\n\n"
        "use Sendpulse\\RestApi\\ApiClient;\nuse Sendpulse\\RestApi\\ApiClientException;\n"
        "use Sendpulse\\RestApi\\Contracts\\TokenStorageInterface;\n\n"
        f"$body = {_php(event.body, pieces)};\n{TOKENS}"
        "try {\n"
        "    $client = new ApiClient(getenv('SENDPULSE_ID'), getenv('SENDPULSE_SECRET'), $tokens);\n"
        f'    echo json_encode($client->post({path}, $body)), "\\n";\n'
        "} catch (ApiClientException $error) {\n"
        "    echo $error->getCode(), ' ', json_encode($error->getResponse()), \"\\n\";\n"
        "}\n"
    )
    return opened(pieces, MASK in code, translate) + code


def python_differences(request: Request, pieces: Pieces) -> list[Sentence]:
    """Return what ``pysendpulse`` does otherwise, measured with 0.1.8."""
    return [
        *shared_differences(request, pieces),
        say(
            "pysendpulse writes two slashes at the beginning of the path: //events/name/… instead of /events/name/…."
        ),
        say(
            "pysendpulse writes the JSON with blanks, and letters beyond ASCII as \\u codes: the same values in other bytes."
        ),
        say(
            "pysendpulse waits without a time limit, and of a refusal it shows the status alone, not the server's words."
        ),
    ]


def php_differences(request: Request, pieces: Pieces) -> list[Sentence]:
    """Return what SendPulse's library for PHP does otherwise."""
    found = [
        *shared_differences(request, pieces),
        say("The SDK does not check the server's certificate (TLS), and waits up to five minutes."),
    ]
    event = event_in(request)
    if event is not None and _as_php_writes(event.body) != request.body:
        found.append(
            say(
                "PHP writes slashes in JSON as \\/, letters beyond ASCII as \\u codes, and 10.0 as 10: equal values in other bytes."
            )
        )
    return found


def _as_php_writes(body: JsonValue) -> bytes:
    """Return a body as ``json_encode`` writes it, https://www.php.net/manual/en/function.json-encode.php; for a comparison only."""
    return json.dumps(_whole(body), separators=(",", ":")).replace("/", "\\/").encode()


def _whole(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _event(request: Request, pieces: Pieces) -> SentEvent:
    event = event_in(request)
    if event is None:
        raise ValueError("no event of SendPulse's REST API")
    pieces.note(KEYS)
    return event


def _python(value: JsonValue, pieces: Pieces, depth: int = 0) -> str:
    if isinstance(value, dict):
        return _group(
            "{",
            [f"{PYTHON.literal(key)}: {_python(item, pieces, depth + 1)}" for key, item in value.items()],
            "}",
            depth,
        )
    if isinstance(value, list):
        return _group("[", [_python(item, pieces, depth + 1) for item in value], "]", depth)
    return _text(PYTHON, value, pieces) if isinstance(value, str) else repr(value)


def _php(value: JsonValue, pieces: Pieces, depth: int = 0) -> str:
    if isinstance(value, dict):
        items = [f"{PHP.literal(key)} => {_php(item, pieces, depth + 1)}" for key, item in value.items()]
        # an array with nothing but numbers as keys, or with none, would become a list
        as_object = "" if depth == 0 or any(not key.isdigit() for key in value) else "(object) "
        return as_object + _group("[", items, "]", depth)
    if isinstance(value, list):
        return _group("[", [_php(item, pieces, depth + 1) for item in value], "]", depth)
    if isinstance(value, str):
        return _text(PHP, value, pieces)
    return (
        {None: "null", True: "true", False: "false"}[value]
        if value is None or isinstance(value, bool)
        else repr(value)
    )


def _text(language: Language, value: str, pieces: Pieces) -> str:
    return language.said(pieces.split(value))


def _group(opening: str, items: list[str], closing: str, depth: int) -> str:
    if not items:
        return opening + closing
    margin = "    " * depth
    return opening + "\n" + "".join(f"{margin}    {item},\n" for item in items) + margin + closing
