"""MARKED: a text in which variables stand as marks, so that it can be split, parsed and put together again without losing them.

A shell's ``$TOKEN`` and Postman's ``{{token}}`` mean the same here. A mark is two signs that the text itself does not have, with the
variable's number between them: JSON, XML, forms and addresses carry it like any other letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

_SIGNS: Final = [chr(code) for code in range(0xFDD0, 0xFDF0)]
"""Code points that Unicode sets aside for use inside of a program (https://www.unicode.org/faq/private_use.html#nonchar1)."""
MAX_DEPTH: Final = 20
"""Variables within the values of variables."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the text: its value where the text gives one (it may hold marks), and whether it is to be kept secret.

    ``form`` is ``base64`` where the value's base64 stands in the text instead of itself.
    """

    name: str
    value: str | None = None
    secret: bool = False
    form: str = ""


class Marks:
    """The variables of a text, and the two signs that stand around their numbers."""

    def __init__(self, text: str) -> None:
        self.open, self.close = _free(text)
        self._pattern = re.compile(f"{self.open}([0-9]+){self.close}")
        self._all: list[Variable] = []
        self._numbers: dict[Variable, int] = {}

    def __repr__(self) -> str:
        return f"<Marks of {len(self._all)} variables>"

    def put(self, variable: Variable) -> str:
        """Return the mark that stands for ``variable``."""
        number = self._numbers.setdefault(variable, len(self._all))
        if number == len(self._all):
            self._all.append(variable)
        return f"{self.open}{number}{self.close}"

    def parts(self, text: str) -> list[str | Variable]:
        """Return the literal pieces and the variables of ``text``, in order; no piece is empty."""
        found = self._pattern.split(text)
        return [self._all[int(piece)] if index % 2 else piece for index, piece in enumerate(found) if piece]

    def has(self, text: str) -> bool:
        """Return whether a variable stands in ``text``."""
        return self.open in text

    def alone(self, text: str) -> Variable | None:
        """Return the variable that ``text`` is nothing but, or None."""
        parts = self.parts(text)
        return parts[0] if len(parts) == 1 and isinstance(parts[0], Variable) else None

    def known(self, text: str, *, secrets: bool = True) -> str:
        """Return ``text`` with the values of all variables that have one; the others stay as marks, secret ones too where not wanted."""
        for _ in range(MAX_DEPTH):
            before = text
            text = "".join(self._known(part, secrets) for part in self.parts(text))
            if text == before:
                break
        return text

    def open_in(self, text: str) -> list[Variable]:
        """Return the variables of ``text`` that have no value."""
        return [part for part in self.parts(self.known(text)) if isinstance(part, Variable)]

    def secret_in(self, text: str) -> bool:
        """Return whether a variable in ``text``, or in one of their values, is secret."""
        for _ in range(MAX_DEPTH):
            variables = [part for part in self.parts(text) if isinstance(part, Variable)]
            if any(variable.secret for variable in variables):
                return True
            text = "".join(variable.value or "" for variable in variables)
        return False

    def named(self, text: str) -> str:
        """Return ``text`` with each variable's name in double braces, as a person reads it."""
        return "".join(
            part if isinstance(part, str) else "{{" + part.name + "}}" for part in self.parts(text)
        )

    def of_braces(self, text: str, values: Mapping[str, Variable]) -> str:
        """Return ``text`` with Postman's ``{{name}}`` as marks."""

        def mark(found: re.Match[str]) -> str:
            name = found[1].strip()
            return self.put(values.get(name, Variable(name))) if name else found[0]

        return BRACED.sub(mark, text) if "{{" in text else text

    def _known(self, part: str | Variable, secrets: bool) -> str:
        if isinstance(part, str):
            return part
        kept = part.value is None or part.form or (part.secret and not secrets)
        return self.put(part) if kept or part.value is None else part.value


BRACED: Final = re.compile(r"\{\{([^{}\n\r]{1,200})\}\}")


def _free(text: str) -> tuple[str, str]:
    """Return two signs that the text does not have; ValueError where it has all that there are."""
    free: Iterable[str] = (sign for sign in _SIGNS if sign not in text)
    found = [sign for sign, _ in zip(free, range(2), strict=False)]
    if len(found) < 2:
        raise ValueError("no sign is left")
    return found[0], found[1]
