"""WINDOWS WORDS: a command line of Windows' cmd or of PowerShell as its words, as browsers' developer tools copy them.

In cmd a caret takes the next sign as it is, and what is left is split by the rules of Microsoft's C runtime
(https://learn.microsoft.com/cpp/c-language/parsing-c-command-line-arguments). In PowerShell the backtick does, and single quotes are
doubled (https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_quoting_rules).
"""

from __future__ import annotations

import re
from typing import Final

from .command_words import Simple, Unclosed, Word
from .marked import Marks, Variable
from .secrecy import is_secret_name
from .shell_words import MAX_WORDS

_PERCENT: Final = re.compile(r"%([A-Za-z_][A-Za-z0-9_]{2,})%")
_DOLLAR: Final = re.compile(r"\$(?:\{(?:env:)?(\w+)\}|(?:env:)?([A-Za-z_]\w*))", re.IGNORECASE)
_TICKS: Final = {"n": "\n", "r": "\r", "t": "\t", "0": "\0", "e": "\x1b"}


def cmd_line(text: str, at: int, marks: Marks) -> tuple[Simple, int]:
    """Return the command that begins at ``at``, and the offset behind its line. Raises Unclosed."""
    start, parts, quoted = at, [], -1
    while at < len(text):
        sign = text[at]
        if sign == "^" and quoted < 0:
            piece, at = _after_caret(text, at + 1)
            parts.append(piece)
        elif sign == '"':
            quoted = at if quoted < 0 else -1
            parts.append(sign)
            at += 1
        elif (sign in "\r\n" and (quoted < 0 or _begins_anew(text, at))) or (sign in "&|" and quoted < 0):
            break
        elif sign == "%" and (found := _PERCENT.match(text, at)):
            parts.append(marks.put(Variable(found[1], None, is_secret_name(found[1]))))
            at = found.end()
        else:
            parts.append(sign)
            at += 1
    end = text.find("\n", at)
    return Simple(_arguments("".join(parts), start)), len(text) if end < 0 else end + 1


def _after_caret(text: str, at: int) -> tuple[str, int]:
    """Return what the caret before ``at`` makes: a line break ends here and goes on, a second one is meant as such."""
    for end in ("\r\n", "\n"):
        if text.startswith(end, at):
            at += len(end)
            for more in ("\r\n", "\n"):
                if text.startswith(more, at):
                    return "\n", at + len(more)
            return " " if text[at : at + 1] in (" ", "\t", "-") else "", at
    return text[at : at + 1], at + 1


def _begins_anew(text: str, at: int) -> bool:
    return text[at:].lstrip().startswith("curl")


def _arguments(line: str, offset: int) -> list[Word]:
    """Return the arguments of a command line: backslashes count before a quotation mark only, and two marks in quotes are one."""
    words: list[Word] = []
    now: list[str] = []
    inside = begun = False
    at = 0
    while at < len(line) and len(words) < MAX_WORDS:
        sign = line[at]
        if sign == "\\":
            run = len(line) - at - len(line[at:].lstrip("\\"))
            quoted = line[at + run : at + run + 1] == '"'
            now.append("\\" * (run // 2 if quoted else run))
            at += run
            begun = True
            if quoted and run % 2:
                now.append('"')
                at += 1
        elif sign == '"':
            begun = True
            if inside and line[at + 1 : at + 2] == '"':
                now.append('"')
                at += 1
            else:
                inside = not inside
            at += 1
        elif sign in " \t" and not inside:
            if begun:
                words.append(Word("".join(now), offset, False))
            now, begun = [], False
            at += 1
        else:
            now.append(sign)
            begun = True
            at += 1
    if inside:
        raise Unclosed(offset, '"')
    if begun:
        words.append(Word("".join(now), offset, False))
    return words


class PowerShell:
    """Reads one command line after the other."""

    def __init__(self, text: str, marks: Marks) -> None:
        self.text, self.marks = text, marks
        self.at = 0

    def line(self, at: int) -> tuple[Simple, int]:
        """Return the command that begins at ``at``, and the offset behind its line. Raises Unclosed."""
        self.at = at
        words: list[Word] = []
        while self.at < len(self.text) and len(words) < MAX_WORDS:
            sign = self.text[self.at]
            if sign in " \t\r":
                self.at += 1
            elif found := re.compile(r"`\r?\n").match(self.text, self.at):
                self.at = found.end()
            elif sign in "\n;|":
                self.at += 1
                break
            elif sign == "&" and not words:
                self.at += 1
            else:
                words.append(self._word())
        return Simple(words), self.at

    def _word(self) -> Word:
        start, parts = self.at, []
        while self.at < len(self.text) and self.text[self.at] not in " \t\r\n;|":
            sign = self.text[self.at]
            if here := re.compile(r"@(['\"])[ \t]*\r?\n").match(self.text, self.at):
                parts.append(self._here(here))
            elif sign == "'":
                parts.append(self._single())
            elif sign == '"':
                parts.append(self._double())
            elif sign == "`":
                if re.compile(r"`\r?\n").match(self.text, self.at):
                    break
                parts.append(self._tick())
            elif found := _DOLLAR.match(self.text, self.at):
                parts.append(self._variable(found))
            else:
                parts.append(sign)
                self.at += 1
        text = "".join(parts)
        # before version 7.3 a quotation mark reaches a program only with a backslash before it
        return Word(text.replace('\\"', '"'), start, False)

    def _here(self, opening: re.Match[str]) -> str:
        quote = opening[1]
        end = re.compile(rf"\r?\n{quote}@").search(self.text, opening.end() - 1)
        if end is None:
            raise Unclosed(self.at, "@" + quote)
        self.at = end.end()
        inside = self.text[opening.end() : end.start()]
        return inside if quote == "'" else _DOLLAR.sub(self._mark, inside)

    def _single(self) -> str:
        start, parts = self.at, []
        while True:
            end = self.text.find("'", self.at + 1)
            if end < 0:
                raise Unclosed(start, "'")
            parts.append(self.text[self.at + 1 : end])
            self.at = end
            if not self.text.startswith("''", end):
                self.at = end + 1
                return "'".join(parts)
            self.at = end + 1

    def _double(self) -> str:
        start, parts = self.at, []
        self.at += 1
        while self.at < len(self.text):
            sign = self.text[self.at]
            if self.text.startswith('""', self.at):
                parts.append('"')
                self.at += 2
            elif sign == '"':
                self.at += 1
                return "".join(parts)
            elif sign == "`":
                parts.append(self._tick())
            elif sign == "$" and (found := _DOLLAR.match(self.text, self.at)):
                parts.append(self._variable(found))
            else:
                parts.append(sign)
                self.at += 1
        raise Unclosed(start, '"')

    def _tick(self) -> str:
        following = self.text[self.at + 1 : self.at + 2]
        self.at += 2
        return _TICKS.get(following, following)

    def _variable(self, found: re.Match[str]) -> str:
        self.at = found.end()
        return self._mark(found)

    def _mark(self, found: re.Match[str]) -> str:
        name = found[1] or found[2]
        return self.marks.put(Variable(name, None, is_secret_name(name)))
