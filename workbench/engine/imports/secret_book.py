"""SECRET BOOK: the secrets that were met, each asked for once, and their values, so that none is left standing anywhere."""

from __future__ import annotations

from workbench.engine.redact import hint_of
from workbench.models.imported import WantedSecret
from workbench.sentence import Sentence

from .marked import Marks
from .secrecy import holds_secret


class SecretBook:
    """Every secret of one text, by its key (``s1``)."""

    def __init__(self, marks: Marks) -> None:
        self.marks = marks
        self.wanted: list[WantedSecret] = []
        self.values: dict[str, None] = {}
        self._keys: dict[tuple[str, str], str] = {}

    def __repr__(self) -> str:
        return f"<SecretBook of {len(self.wanted)}>"

    def want(
        self,
        text: str | None,
        title: Sentence,
        *,
        scope: str,
        about: Sentence | None = None,
        header: str = "",
        begins: str = "",
    ) -> str:
        """Ask for a secret and return its key. ``text`` is what stands for it; without one it is the same for the same ``scope``."""
        value = self.marks.known(text) if text else ""
        open_names = [variable.name for variable in self.marks.open_in(value)] if value else []
        real = bool(value) and not open_names and holds_secret(value)
        if real:
            self.hide(value)
        identity = (value, begins) if real else (f"{scope}:{'/'.join(open_names)}", "")
        if identity not in self._keys:
            self._keys[identity] = f"s{len(self.wanted) + 1}"
            hint = hint_of(value) if real else ""
            self.wanted.append(
                WantedSecret(
                    key=self._keys[identity], title=title, about=about, hint=hint[:12], name=", ".join(open_names)[:200],
                    header=header, begins=begins,
                )
            )  # fmt: skip
        return self._keys[identity]

    def hide(self, value: str) -> None:
        """Note a secret's value: it is replaced wherever it stands in what is shown."""
        if holds_secret(value):
            self.values[value] = None
