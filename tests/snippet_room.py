"""What snippets are tried with: hostile requests, a recorder, and many programs of one language run in one process."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, quote_plus

from workbench.adapters.recorder import Recorder
from workbench.engine.snippets import Arrived
from workbench.models.request import Headers, Request

PLACEHOLDERS: Mapping[str, str] = {
    "$SHOP_KEY": "API key",
    "$SHOP_KEY_2": "another",
    "$EVENT_ADDRESS": "the event's address",
}
ADDED = {
    *(
        "accept",
        "accept-encoding",
        "accept-language",
        "connection",
        "content-length",
        "host",
        "sec-fetch-mode",
        "user-agent",
    )
}
"""Headers that a client may add of its own; all others that arrive are ours."""

HOSTILE = [
    "plain-secret-1", 'quote\'s "and" more', "$HOME `id` $(id) ${x} {$x} #{x}", "back\\slash \\n \\\\ \\x41", "two\nlines\n",
    "ünïcödé-日本-🙂", "@/etc/hostname", "=1:=2@3;4", "100%25 & a+b=c;d", "-X DELETE --next", "!!history !$", "~/[a-z]{1,2}*?#",
    "<b>&amp;</b>'\"", "<?php echo 1; ?> */ // # \"\"\" '''", "ends in backslash\\", "\ttab\x01\x7f\x00", "\u2028\u2029\x85\xa0\ufeff",
    "$SHOP_KEY and %24SHOP_KEY", "%s %(x)s {x} {{x}}", "\r\n\r\nGET / HTTP/1.1\r\n\r\n",
]  # fmt: skip
BODIES = [
    b"", b"@/etc/hostname", b"-d x", b"'", b'"', b"''\n''", b"a\r\nb\r\n", b"\x00", bytes(range(256)), b"-n 100%s \\\\ '\xff' \x00123",
    b"\n\n\n", b'{"a":1}\n', ("é'\n\"$x" * 3000).encode(), b"x" * 70_000, b"\xed\xa0\x80 no UTF-8 \xc3",
]  # fmt: skip
PATHS = [
    "/", "", "/a?x=1&y=%C3%A9+b", "//a/./b/../c", "/a?x=[1]&y={2,3}&z=*", "/.%2e/~a;b=c,d|e", "/a%2fb%7Ec", "/a?", "/%", "?x=1",
    "/a'b?c='d'", "/a^b`c\"<d>\\e", "/a/..", "/a//b/",
]  # fmt: skip


def requests_of(hostile: str) -> list[Request]:
    """Return requests that hold a text everywhere where one can be: in the path, the query, a header, the body, beside secrets."""
    header = re.sub(r"[^ -~]", "", hostile).strip()
    path = f"/a/{quote(hostile, safe='')}?q={quote_plus(hostile)}&k=%24SHOP_KEY"
    pair = base64.b64encode(f"me@example.com:{header}$SHOP_KEY".encode()).decode()
    return [
        Request(
            method="POST", url="https://api.example.com" + path, body=hostile.encode() + b" $SHOP_KEY_2",
            headers=(("X-Text", header), ("Content-Type", "text/plain"), ("Authorization", f"Basic {pair}")),
        ),
        Request(
            method="PUT", url="$EVENT_ADDRESS", body=json.dumps({"text": hostile, "key": "$SHOP_KEY_JSON"}).encode(),
            headers=(("Content-Type", "application/json"), ("X-Mine", f"{header}$SHOP_KEY")),
        ),
    ]  # fmt: skip


def fixed_requests() -> list[Request]:
    """Return the requests that every dialect is tried with."""
    typed: Headers = (("Content-Type", "x/y"),)
    made = [request for hostile in HOSTILE for request in requests_of(hostile)]
    made += [
        Request(method="POST", url="https://api.example.com/b", headers=typed, body=body) for body in BODIES
    ]
    made += [
        Request(method="POST", url="https://api.example.com/b", headers=(), body=body)
        for body in (b"", b"{}", b"\xff\n\n")
    ]
    made += [
        Request(method="GET", url=f"https://api.example.com{path}", headers=(("Empty", ""),))
        for path in PATHS
    ]
    made += [
        Request(method=method, url="https://api.example.com/m", headers=())
        for method in ("HEAD", "PATCH", "DELETE", "OPTIONS")
    ]
    made += [
        Request(method=method, url="https://api.example.com/m", headers=typed, body=b"x")
        for method in ("GET", "DELETE")
    ]
    several: Headers = (("X-Tag", "one"), ("Content-Type", "a/b"), ("X-Tag", "two, three"), ("x-tag", "four"))
    own: Headers = (
        ("Host", "api.example"), ("Content-Length", "2"), ("User-Agent", "mine"), ("Accept", "a/b"), ("Accept-Encoding", "br"),
        ("Connection", "close"), ("Expect", "100-continue"),
    )  # fmt: skip
    made += [
        Request(method="POST", url="https://api.example.com/h", headers=headers, body=b"{}")
        for headers in (several, own)
    ]
    parts = '--x\r\nContent-Disposition: form-data; name="é"\r\n\r\n$SHOP_KEY\r\n--x--\r\n'.encode()
    multipart: Headers = (("Content-Type", "multipart/form-data; boundary=x"),)
    made += [
        Request(method="POST", url="https://api.example.com/f", headers=multipart, body=body)
        for body in (parts, parts.replace(b"\xc3\xa9", b"\xff"))
    ]
    return made


@dataclass(frozen=True)
class Tried:
    """What arrived of one program; None where nothing did."""

    arrived: Arrived | None
    words: str = ""


async def taken(recorder: Recorder) -> list[Arrived]:
    """Return what arrived since the last call."""
    found, recorder.arrived = recorder.arrived, []
    return found


def strangers(request: Request, arrived: Arrived) -> set[str]:
    """Return the names of headers that arrived, and that are neither ours nor a client's usual ones."""
    own = {name.lower() for name, _ in request.headers}
    return {name.lower() for name, _ in arrived.headers} - own - ADDED


DRIVERS: Mapping[str, str] = {
    "python": """
import contextlib, io, json, os, sys, urllib.request
for text, environ in json.load(sys.stdin):
    os.environ.update(environ)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(text, "snippet", "exec"), {"__name__": "__main__"})
    except Exception as error:
        print(repr(error)[:300])
    urllib.request.urlopen(os.environ["MARK"]).read()
""",
    "javascript": """
let all = "";
for await (const piece of process.stdin) all += piece;
const log = console.log;
let at = 0;  // the same module is run once only
for (const [text, environ] of JSON.parse(all)) {
  Object.assign(process.env, environ);
  console.log = () => undefined;
  try {
    await import("data:text/javascript," + encodeURIComponent(text + "//" + at++));
  } catch (error) {
    log(String(error), String(error.cause ?? ""));
  }
  console.log = log;
  await (await fetch(process.env.MARK)).text();
}
""",
}
"""Run many programs in one process, which is ten times as fast; after each one a mark arrives."""


def by_mark(arrived: Iterable[Arrived], count: int) -> list[Arrived | None]:
    """Return what the last request before each mark was."""
    found: list[Arrived | None] = []
    last: Arrived | None = None
    for one in arrived:
        if one.target == "/mark":
            found.append(last)
            last = None
        else:
            last = one
    assert len(found) == count
    return found


def programs(pairs: Sequence[tuple[str, Mapping[str, str]]]) -> str:
    return json.dumps([[text, dict(environ)] for text, environ in pairs])


HTTP_WORDS = """
http() {
  printf '%s\\0' "$@" > "$OUT.words"
  case "$1" in --ignore-stdin) ;; *) cat > "$OUT.body" ;; esac
}
"""
"""In place of HTTPie: keeps the words it was called with, as a shell made them of the snippet."""

HTTPIE_DRIVER = """
import json, os, sys, urllib.request
from pathlib import Path
from httpie.context import Environment
from httpie.core import main
devnull = open(os.devnull, "w")
for out in json.load(sys.stdin):
    words = Path(out + ".words").read_bytes().decode("utf-8", "surrogateescape").split("\\0")[:-1]
    body = Path(out + ".body")
    with open(body if body.exists() else os.devnull, "rb") as stdin:
        config = Path(os.environ["HTTPIE_CONFIG_DIR"])
        quiet = {"stdin_isatty": False, "stdout_isatty": False, "config_dir": config}
        env = Environment(stdin=stdin, stdout=devnull, stderr=devnull, **quiet)
        main(["http", *words], env=env)
    urllib.request.urlopen(os.environ["MARK"]).read()
"""


def script(folder: Path, name: str, text: str) -> Path:
    """Return where a driver lies."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path
