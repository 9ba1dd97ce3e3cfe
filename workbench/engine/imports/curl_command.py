"""CURL COMMAND: cURL commands as people write them and as developer tools copy them: POSIX shells, Windows' cmd and PowerShell.

Nothing is run and no file is read. https://curl.se/docs/manpage.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote_plus

from workbench.engine.urls import host_of, is_private
from workbench.models.base import Problem
from workbench.sentence import Sentence, say

from .body_kinds import body_of_type
from .command_words import Simple, Unclosed, Word, line_of
from .curl_options import HARMLESS, LEFT_OUT, SHORT, WITH_ARGUMENT
from .found import MAX_REQUESTS, Auth, Body, Found, Gathered, too_many
from .marked import BRACED, Marks
from .shell_words import Shell, assigned
from .windows_words import PowerShell, cmd_line

_PROMPT: Final = r"[ \t]*(?:(?:PS[ \t][^>\n]{0,200}>|[A-Za-z]:\\[^>\n]{0,200}>|[$>%][ \t])[ \t]*)?"
_START: Final = re.compile(
    rf"^{_PROMPT}(?=(?:(?:sudo|time|env|command|&)[ \t]+)?(?:curl(?:\.exe)?[ \t\r\n\\^`]|\{{[ \t]*printf[ \t]"
    r"|printf[ \t]|echo[ \t]|cat[ \t]|(?:export[ \t]+)?[A-Za-z_][A-Za-z0-9_]*=|\$[A-Za-z_]\w*[ \t]*=))",
    re.MULTILINE,
)
COMMAND: Final = re.compile(r"(?:^|[\s|;&(>])curl(?:\.exe)?[ \t\r\n\\^`]")
"""Whether there is a cURL command in a text at all."""
MAX_PROBLEMS: Final = 20
MAX_LINES: Final = 5000
"""Command lines that are looked at, those that only set variables included."""
_FORM_TYPE: Final = "application/x-www-form-urlencoded"
_PAIR: Final = re.compile(r"[^=&]*=[^&]*(?:&[^=&]*=[^&]*)*")


def read_curl(text: str, marks: Marks) -> Gathered:
    """Return the requests of all cURL commands in ``text``, in its order. Never raises."""
    gathered = Gathered()
    values: dict[str, str] = {}
    at = lines = 0
    while found := _START.search(text, at):
        lines += 1
        if gathered.full or lines > MAX_LINES:
            gathered.leave("limit", too_many())
            break
        if len(gathered.problems) >= MAX_PROBLEMS:
            break
        try:
            commands, at = _line(text, found.end(), marks, values)
        except Unclosed as unclosed:
            gathered.blame(unclosed.sentence, line_of(text, unclosed.offset))
            at = _next_line(text, found.end())
            continue
        at = max(at, found.end() + 1)
        for simple in commands:
            _take(simple, text, marks, values, gathered)
    if not gathered.requests and not gathered.problems:
        gathered.blame(
            say(
                "There is no cURL command in this text. A command begins with “curl”, at the start of a line."
            )
        )
    return gathered


def _line(text: str, at: int, marks: Marks, values: dict[str, str]) -> tuple[list[Simple], int]:
    dialect = _dialect(text, at)
    if dialect == "cmd":
        one, end = cmd_line(text, at, marks)
        return [one], end
    if dialect == "powershell":
        one, end = PowerShell(text, marks).line(at)
        return [one], end
    return Shell(text, marks, values).line(at)


def _dialect(text: str, at: int) -> str:
    """Return which shell's quotes a command has, by how its first line goes on, or by what stands before it."""
    end = text.find("\n", at)
    line = text[at : len(text) if end < 0 else end].rstrip("\r \t")
    before = text[text.rfind("\n", 0, at) + 1 : at].strip()
    # behind a single quote it is a sign of a body
    if line.endswith("^") or re.match(r"[^']*(?<!\S)\^\"", line) or re.match(r"[A-Za-z]:\\", before):
        return "cmd"
    if line.endswith("`") or before.startswith("PS") or re.search(r"@['\"]$", line) or line.startswith("$"):
        return "powershell"
    return "posix"


def _next_line(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1


def _take(simple: Simple, text: str, marks: Marks, values: dict[str, str], gathered: Gathered) -> None:
    words = simple.words
    while words and words[0].text in ("sudo", "time", "env", "command", "&"):
        words = words[1:]
    if not words or assigned(simple, values):
        return
    if words[0].text not in ("curl", "curl.exe"):
        return
    line = line_of(text, words[0].offset)
    for part in _parts(words[1:]):
        if gathered.full:
            return
        command = _Command(marks, simple, line)
        command.read(part)
        gathered.requests += command.requests()
        gathered.problems += [] if command.urls else _no_url(line)


def _no_url(line: int) -> list[Problem]:
    return [
        Problem(
            field="text",
            sentence=say("This cURL command names no address. Copy the whole command."),
            line=line,
        )
    ]


def _parts(words: list[Word]) -> Iterator[list[Word]]:
    """Yield the words of each request: ``--next`` begins another one."""
    now: list[Word] = []
    for word in words:
        if word.text in ("--next", "-:"):
            yield now
            now = []
        else:
            now.append(word)
    yield now


@dataclass(slots=True)
class _Command:
    """One curl command on its way to requests."""

    marks: Marks
    simple: Simple
    line: int
    urls: list[str] = field(default_factory=list)
    method: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    removed: set[str] = field(default_factory=set)
    data: list[str] = field(default_factory=list)
    query: list[str] = field(default_factory=list)
    parts: list[tuple[str, str]] = field(default_factory=list)
    defaults: dict[str, str] = field(default_factory=dict)
    as_query: bool = False
    head: bool = False
    user: str | None = None
    aws: bool = False
    times: dict[str, float] = field(default_factory=dict)
    notes: Found = field(default_factory=lambda: Found(method="", url=""))

    def read(self, words: list[Word]) -> None:
        """Take all options and addresses."""
        rest = iter(words)
        ended = False
        for word in rest:
            text = word.text
            if ended or not text.startswith("-") or text == "-":
                self.urls.append(text)
            elif text == "--":
                ended = True
            elif text.startswith("--"):
                name = text[2:]
                self.take(name, next(rest, Word("", word.offset)).text if name in WITH_ARGUMENT else "")
            else:
                self._short(text[1:], rest, word)

    def _short(self, letters: str, rest: Iterator[Word], word: Word) -> None:
        """Take ``-sSLXPOST``: letters one after the other, and behind one that wants it its argument."""
        for index, letter in enumerate(letters):
            name = SHORT.get(letter, "")
            if name in WITH_ARGUMENT:
                behind = letters[index + 1 :]
                self.take(name, behind or next(rest, Word("", word.offset)).text)
                return
            self.take(name or letter, "")

    def take(self, name: str, value: str) -> None:
        """Take one option, named as in its long form."""
        option = f"--{name}"
        if name in ("data", "data-ascii", "data-binary", "data-raw", "data-urlencode", "json", "url-query"):
            self._data(name, value)
        elif name in ("form", "form-string"):
            self._part(name, value)
        elif name == "header":
            self._header(value)
        elif name == "url":
            self.urls.append(value)
        elif name == "request":
            self.method = self.marks.known(value).upper()
        elif name == "head":
            self.head = True
        elif name == "get":
            self.as_query = True
        elif name == "user":
            self.user = value
        elif name == "oauth2-bearer":
            self.headers.append(("Authorization", f"Bearer {value}"))
        elif name == "user-agent":
            self.headers.append(("User-Agent", value))
        elif name == "referer":
            self.headers.append(("Referer", value.removesuffix(";auto")))
        elif name in ("max-time", "connect-timeout"):
            self._time(name, value)
        elif name == "basic":
            return
        elif name in LEFT_OUT:
            self.aws = self.aws or name == "aws-sigv4"
            if name != "aws-sigv4":
                kind, why = LEFT_OUT[name]
                self.notes.leave(kind, Sentence(why, {"option": option}), self.line)
        elif name not in HARMLESS and not name.startswith("no-"):
            self.notes.leave(
                "option",
                say("The option {option} is not known here and was left out.", option=option[:40]),
                self.line,
            )

    def _header(self, value: str) -> None:
        if value.startswith("@"):
            self._file("--header", value[1:])
            return
        name, colon, content = value.partition(":")
        if colon and content.strip():
            self.headers.append((name.strip(), content.strip()))
        elif colon:
            self.removed.add(name.strip().lower())
        elif value.endswith(";"):
            self.headers.append((value[:-1].strip(), ""))
        elif value.strip():
            sentence = say(
                "The header “{text}” has no colon, so curl leaves it out too.",
                text=self.marks.named(value)[:60],
            )
            self.notes.leave("header", sentence, self.line)

    def _data(self, name: str, value: str) -> None:
        into = self.query if name == "url-query" else self.data
        if name in ("data-urlencode", "url-query"):
            text = self._encoded(value)
        elif name != "data-raw" and value.startswith("@"):
            text = self._stdin(name, value[1:])
        else:
            text = value
        if text is None:
            return
        if name == "json":
            self.defaults = {"Content-Type": "application/json", "Accept": "application/json"}
            self.data = ["".join([*self.data, text])]
        else:
            into.append(text)

    def _stdin(self, name: str, file: str) -> str | None:
        """Return what is piped in; None, and a note, where it is a file or cannot be told."""
        if file == "-" and self.simple.stdin is not None:
            text = self.simple.stdin
            # -d drops line ends of what it reads, the others do not
            return re.sub(r"[\r\n\0]", "", text) if name in ("data", "data-ascii") else text
        self._file(f"--{name}", file)
        return None

    def _file(self, option: str, file: str) -> None:
        sentence = say(
            "{option} takes “{file}”, which an import does not have. Put its content into the payload.",
            option=option, file="stdin" if file == "-" else self.marks.named(file)[-80:],
        )  # fmt: skip
        self.notes.leave("file", sentence, self.line)

    def _encoded(self, value: str) -> str | None:
        """Return ``--data-urlencode``'s text: ``content``, ``=content``, ``name=content``; ``@file`` and ``name@file`` are files."""
        name, equals, content = value.partition("=")
        if not equals:
            if "@" in value:
                self._file("--data-urlencode", value.partition("@")[2])
                return None
            name, content = "", value
        safe = "".join(
            part if index % 2 else quote_plus(part, errors="surrogatepass")
            for index, part in enumerate(re.split(f"({self.marks.open}[0-9]+{self.marks.close})", content))
        )
        return f"{name}={safe}" if name else safe

    def _part(self, option: str, value: str) -> None:
        name, _, content = value.partition("=")
        if option == "form" and content[:1] in ("@", "<"):
            self._file(f"--form {self.marks.named(name)[:40]}", content[1:].partition(";")[0])
            return
        if option == "form":
            content = re.sub(r";\s*(?:type|filename|headers|encoder)=[^;]*", "", content)
            if len(content) > 1 and content[0] == content[-1] == '"':
                content = content[1:-1].replace('\\"', '"').replace("\\\\", "\\")
        self.parts.append((name, content))

    def _time(self, name: str, value: str) -> None:
        try:
            seconds = float(self.marks.known(value))
        except ValueError:
            return
        if 0 < seconds < 86_400:
            self.times[name] = seconds

    # -- the requests -------------------------------------------------------------------------------------------------

    def requests(self) -> list[Found]:
        """Return a request for each address."""
        return [self._request(url) for url in self.urls[:MAX_REQUESTS]]

    def _request(self, url: str) -> Found:
        body = "&".join(self.data)
        has_body = bool(self.data or self.parts) and not self.as_query
        added = [*self.query, *(self.data if self.as_query else [])]
        url = self._address(url)
        if "".join(added):
            url += ("&" if "?" in url else "?") + "&".join(piece for piece in added if piece)
        method = self.method or ("HEAD" if self.head else "POST" if has_body else "GET")
        found = Found(
            method=method, url=url, line=self.line, headers=self._headers(), left_out=list(self.notes.left_out),
            connect_s=self.times.get("connect-timeout"), total_s=self.times.get("max-time"),
        )  # fmt: skip
        if BRACED.search(url):
            self._postman(found)
            body = self.marks.of_braces(body, {})
        if has_body:
            found.body = self._body(body, found)
        found.quiet = any(name.lower().startswith("sec-") for name, _ in found.headers)
        if self.aws:
            name, _, key = (self.user or "").partition(":")
            found.auth = Auth("aws", {"access_key_id": name, "secret_access_key": key})
        elif self.user is not None and found.header("authorization") is None:
            name, _, password = self.user.partition(":")
            found.auth = Auth("basic", {"username": name, "password": password})
        return found

    def _postman(self, found: Found) -> None:
        """Read ``{{name}}`` as Postman's: an address that is sent has no braces, so this one was copied with its variables in it."""
        found.url = self.marks.of_braces(found.url, {})
        found.headers = [(name, self.marks.of_braces(value, {})) for name, value in found.headers]
        self.parts = [(name, self.marks.of_braces(value, {})) for name, value in self.parts]

    def _address(self, url: str) -> str:
        if "://" in url or self.marks.has(url.partition("/")[0]) or BRACED.match(url):
            return url
        if is_private(host_of("http://" + url)):
            return f"http://{url}"
        sentence = say("The address names no scheme, for which curl takes http://; https:// was put there.")
        self.notes.leave("option", sentence, self.line)
        return f"https://{url}"

    def _headers(self) -> list[tuple[str, str]]:
        given = {name.lower() for name, _ in self.headers} | self.removed
        more = [(name, value) for name, value in self.defaults.items() if name.lower() not in given]
        return self.headers + more

    def _body(self, text: str, found: Found) -> Body:
        if self.parts:
            return Body("multipart", pairs=list(self.parts))
        kind = (found.header("content-type") or "").partition(";")[0].strip().lower()
        if not kind and not _PAIR.fullmatch(text) and text.lstrip()[:1] in ("{", "["):
            if "content-type" not in self.removed:
                sentence = say(
                    "The body is JSON, but curl would call it a form, because no Content-Type is given. It is sent as JSON."
                )
                found.leave("header", sentence)
            return Body("json", text)
        return body_of_type(text, kind or _FORM_TYPE)
