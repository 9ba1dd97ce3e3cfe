"""SHELL WORDS: one command line of a POSIX shell as its words, without running anything.

Quotes, escapes, ``$'…'``, variables, here-documents and pipes are understood as far as commands that people share use them; what is
substituted by a command (``$(date)``) stays a variable of the command's name.
https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html
"""

from __future__ import annotations

import re
from typing import Final

from .command_words import Simple, Unclosed, Word
from .marked import Marks, Variable
from .secrecy import is_secret_name
from .shell_output import ansi_escape, decoded, printed

MAX_WORDS: Final = 20_000
MAX_NESTING: Final = 5
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BARE: Final = re.compile(r"[^\s'\"\\$`|&;<>(){}#]+")


class Shell:
    """Reads one command line after the other. ``values`` are the variables that earlier lines set."""

    def __init__(self, text: str, marks: Marks, values: dict[str, str], level: int = 0) -> None:
        self.text, self.marks, self.values = text, marks, values
        self.level = level
        self.at = 0
        self.count = 0
        self._heres: list[tuple[Simple, str, bool, bool]] = []

    def line(self, at: int) -> tuple[list[Simple], int]:
        """Return the simple commands from ``at`` to the end of the command line, and the offset behind it. Raises Unclosed."""
        self.at = at
        self._heres = []
        done: list[Simple] = []
        now = Simple()
        group: list[Simple] | None = None
        fed: list[tuple[Simple, list[Simple]]] = []
        while self.at < len(self.text) and self.count < MAX_WORDS:
            sign = self.text[self.at]
            if (
                sign in " \t\r"
                or self.text.startswith("\\\n", self.at)
                or self.text.startswith("\\\r\n", self.at)
            ):
                self.at += 1 if sign != "\\" else (2 if self.text[self.at + 1] == "\n" else 3)
            elif sign == "#":
                self.at = self._end_of_line()
            elif sign == "\n":
                self.at += 1
                if now.words or not now.piped:
                    break
            elif sign == "|" and not self.text.startswith("||", self.at):
                self.at += 1
                if now.words:
                    done.append(now)
                before, group, now = group if group is not None else [now], None, Simple(piped=True)
                fed.append((now, before))
            elif sign in "|&;":
                self.at += 2 if self.text[self.at : self.at + 2] in ("||", "&&", ";;") else 1
                if now.words:
                    (done if group is None else group).append(now)
                now = Simple()
            elif sign == "{" and not now.words and self.text[self.at + 1 : self.at + 2].isspace():
                self.at, group = self.at + 1, []
            elif sign == "}" and group is not None and not now.words:
                self.at += 1
            elif sign in "<>":
                self._redirected(now)
            elif sign in "()":
                self.at += 1
            else:
                now.words.append(self.word())
                self.count += 1
        if now.words:
            done.append(now)
        for simple, delimiter, plain, tabs in self._heres:
            simple.stdin, simple.piped = self._here(delimiter, plain, tabs), True
        for simple, before in fed:
            simple.stdin = printed(before) if simple.stdin is None else simple.stdin
        return done, self.at

    def _end_of_line(self) -> int:
        end = self.text.find("\n", self.at)
        return len(self.text) if end < 0 else end

    def _redirected(self, now: Simple) -> None:
        """Step over a redirection; a here-document or here-string is read."""
        if self.text.startswith("<<<", self.at):
            self.at += 3
            self._blanks()
            now.stdin, now.piped = self.word().text + "\n", True
        elif self.text.startswith("<<", self.at):
            tabs = self.text.startswith("<<-", self.at)
            self.at += 3 if tabs else 2
            self._blanks()
            delimiter = self.word()
            self._heres.append((now, self.marks.named(delimiter.text), not delimiter.bare, tabs))
        else:
            self.at += 1
            while self.at < len(self.text) and self.text[self.at] in "<>&":
                self.at += 1
            self._blanks()
            if self.at < len(self.text) and self.text[self.at] not in "\n|;":
                self.word()

    def _blanks(self) -> None:
        while self.at < len(self.text) and self.text[self.at] in " \t":
            self.at += 1

    def _here(self, delimiter: str, plain: bool, tabs: bool) -> str:
        lines: list[str] = []
        while self.at < len(self.text):
            end = self._end_of_line()
            line = self.text[self.at : end].removesuffix("\r")
            self.at = end + 1
            if (line.lstrip("\t") if tabs else line) == delimiter:
                break
            lines.append(line.lstrip("\t") if tabs else line)
        text = "".join(f"{line}\n" for line in lines)
        return text if plain else self.expanded(text)

    # -- words --------------------------------------------------------------------------------------------------------

    def word(self) -> Word:
        """Return the word that begins here."""
        start, bare = self.at, True
        parts: list[str] = []
        while self.at < len(self.text):
            sign = self.text[self.at]
            if found := _BARE.match(self.text, self.at):
                parts.append(found[0])
                self.at = found.end()
            elif sign in "{}#" and (parts or sign != "#"):
                parts.append(sign)
                self.at += 1
            elif sign == "'":
                bare = False
                parts.append(self._until("'"))
            elif sign == '"':
                bare = False
                parts.append(self._double())
            elif sign == "\\":
                bare = False
                parts.append(self._escaped())
            elif self.text.startswith("$'", self.at):
                bare = False
                self.at += 1
                parts.append(self._ansi())
            elif self.text.startswith('$"', self.at):
                self.at += 1
            elif sign in "$`":
                parts.append(self._substituted())
            else:
                break
        if self.at == start:  # a sign that begins no word: it is taken as it is, so that reading goes on
            self.at += 1
            parts.append(self.text[start])
        return Word("".join(parts), start, bare)

    def _until(self, sign: str) -> str:
        end = self.text.find(sign, self.at + 1)
        if end < 0:
            raise Unclosed(self.at, sign)
        piece = self.text[self.at + 1 : end]
        self.at = end + 1
        return piece

    def _escaped(self) -> str:
        following = self.text[self.at + 1 : self.at + 2]
        if self.text.startswith("\r\n", self.at + 1):
            self.at += 3
            return ""
        self.at += 2
        return "" if following == "\n" else following

    def _double(self) -> str:
        start = self.at
        parts: list[str] = []
        self.at += 1
        while self.at < len(self.text):
            sign = self.text[self.at]
            if sign == '"':
                self.at += 1
                return "".join(parts)
            if sign == "\\":
                following = self.text[self.at + 1 : self.at + 2]
                parts.append(
                    "" if following == "\n" else following if following in '"\\$`' else sign + following
                )
                self.at += 2
            elif sign in "$`":
                parts.append(self._substituted())
            else:
                end = re.compile(r'["\\$`]').search(self.text, self.at)
                stop = end.start() if end else len(self.text)
                parts.append(self.text[self.at : stop])
                self.at = stop
        raise Unclosed(start, '"')

    def _ansi(self) -> str:
        """Return what ``$'…'`` says: Chrome copies a body with special signs so."""
        start, data = self.at, bytearray()
        self.at += 1
        while self.at < len(self.text):
            sign = self.text[self.at]
            if sign == "'":
                self.at += 1
                return decoded(bytes(data))
            if sign != "\\":
                data += sign.encode("utf-8", "surrogatepass")
                self.at += 1
                continue
            piece, self.at = ansi_escape(self.text, self.at + 1)
            data += piece
        raise Unclosed(start, "$'")

    # -- substitutions ------------------------------------------------------------------------------------------------

    def expanded(self, text: str) -> str:
        """Return the text of a here-document with its variables as marks."""
        inner = Shell(text, self.marks, self.values, self.level)
        parts: list[str] = []
        while inner.at < len(text):
            sign = text[inner.at]
            if sign in "$`":
                parts.append(inner._substituted())
            elif sign == "\\" and text[inner.at + 1 : inner.at + 2] in ("$", "`", "\\"):
                parts.append(text[inner.at + 1])
                inner.at += 2
            else:
                parts.append(sign)
                inner.at += 1
        return "".join(parts)

    def _substituted(self) -> str:
        if self.text[self.at] == "`":
            return self._command(self._until("`"))
        if self.text.startswith("$(", self.at):
            return self._command(self._bracketed())
        if self.text.startswith("${", self.at):
            end = self.text.find("}", self.at)
            if end < 0:
                raise Unclosed(self.at, "${")
            inside = self.text[self.at + 2 : end]
            self.at = end + 1
            name = _NAME.match(inside)
            default = inside.partition(":-")[2] or None
            return self._variable(name[0], default) if name else "${" + inside + "}"
        name = _NAME.match(self.text, self.at + 1)
        if name is None:
            self.at += 1
            return "$"
        self.at = name.end()
        return self._variable(name[0], None)

    def _variable(self, name: str, default: str | None) -> str:
        return self.marks.put(Variable(name, self.values.get(name, default), is_secret_name(name)))

    def _bracketed(self) -> str:
        """Return what stands in ``$( … )``; brackets in quotes do not count."""
        start, depth = self.at, 0
        quote = ""
        at = self.at + 1
        while at < len(self.text):
            sign = self.text[at]
            if quote:
                if sign == "\\" and quote == '"':
                    at += 1
                elif sign == quote:
                    quote = ""
            elif sign in "'\"":
                quote = sign
            elif sign == "\\":
                at += 1
            elif sign == "(":
                depth += 1
            elif sign == ")":
                depth -= 1
                if not depth:
                    self.at = at + 1
                    return self.text[start + 2 : at]
            at += 1
        raise Unclosed(start, "$(")

    def _command(self, inside: str) -> str:
        """Return what a substituted command prints where that can be told; else a variable of its name."""
        inner = Shell(inside, self.marks, self.values, self.level + 1)
        try:
            simples = inner.line(_first(inside))[0] if inner.level <= MAX_NESTING else []
        except Unclosed:
            simples = []
        names = [simple.words[0].text for simple in simples if simple.words]
        if "base64" in names:
            before = simples[names.index("base64")].stdin
            if before is not None:
                return self.marks.put(Variable("", before, secret=True, form="base64"))
        if len(simples) == 1 and (text := printed(simples)) is not None:
            return text.rstrip("\n")
        name = (
            " ".join(self.marks.named(word.text) for word in simples[0].words[:2]) if simples else "command"
        )
        return self.marks.put(Variable(name, None))


def _first(text: str) -> int:
    return len(text) - len(text.lstrip())


def assigned(simple: Simple, values: dict[str, str]) -> bool:
    """Keep what a command such as ``export TOKEN=abc`` sets; return whether it was one."""
    words = (
        simple.words[1:]
        if simple.words and simple.words[0].text in ("export", "set", "readonly")
        else simple.words
    )
    pairs = [word.text.partition("=") for word in words]
    if not pairs or not all(sign and _NAME.fullmatch(name) for name, sign, _ in pairs):
        return False
    values.update({name: value for name, _, value in pairs})
    return True
