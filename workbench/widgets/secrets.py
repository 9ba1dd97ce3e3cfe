"""DESK: where a page hands in a secret. The browser seals it, the vault keeps it, the page holds a handle.

No method here ever sees the secret itself: a sealed box comes in, ``bench.secrets`` opens it where the vault is,
and what comes back is a ``SecretRef`` with its mask.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench.errors import WorkbenchError
from workbench.models.base import JsonValue, SecretRef
from workbench.sentence import Sentence, say

from .fields import HeaderRows, SealedBox, SecretField
from .piece import said

if TYPE_CHECKING:
    from workbench.services.secrets import Secrets

__all__ = ["Desk", "KeptRows", "KeptSecret", "ref_of"]

Changed = Callable[[], object]

ABSENT = say("This secret is not in this vault. Type it again.")


class Desk:
    """The page's side of the vault: gives out the key that browsers seal with, and keeps what they seal."""

    def __init__(self, secrets: Secrets) -> None:
        self.secrets = secrets
        self.public_key = ""
        self._served: list[SecretField | HeaderRows] = []
        self._at_work: set[asyncio.Task[Any]] = set()

    def __repr__(self) -> str:
        return "<Desk>"

    async def open(self) -> None:
        """Ask for the public key. A restarted server has a new one, so every field made here is told."""
        self.public_key = await self.secrets.public_key()
        self._served = [field for field in self._served if field.comm is not None]
        for field in self._served:
            field.public_key = self.public_key

    def serve(self, field: SecretField | HeaderRows) -> None:
        """Give a field the public key, now and whenever it changes."""
        field.public_key = self.public_key
        self._served.append(field)

    async def keep(self, box: SealedBox, header: str = "") -> SecretRef:
        """Hand in a sealed box and return its handle.

        With ``header`` the secret must also be possible as the value of that header. Raises a WorkbenchError
        that says what is wrong; a box sealed with an old key is one, so the key is asked for anew.
        """
        task = asyncio.current_task()
        assert task is not None
        self._at_work.add(task)
        try:
            ref = await self.secrets.keep(box)
            wrong = await self.secrets.check_header(header, ref) if header else []
        except WorkbenchError:
            await self.open()
            raise
        finally:
            self._at_work.discard(task)
        if wrong:
            raise WorkbenchError(wrong[0].sentence)
        return ref

    async def idle(self) -> None:
        """Wait until every box that has arrived is kept: a click on Next must not overtake a lock."""
        while self._at_work:
            await asyncio.wait(self._at_work)

    async def absent(self, refs: Iterable[SecretRef]) -> set[str]:
        """Return the handles that this vault cannot open."""
        wanted = list(refs)
        there = await self.secrets.present(wanted) if wanted else []
        return {ref.handle for ref, present in zip(wanted, there, strict=True) if not present}


class KeptSecret:
    """One secret of a form: a ``SecretField`` and the handle it stands for.

    ``header`` names the header that carries the secret, where one does: then its characters are checked too.
    """

    def __init__(
        self,
        desk: Desk,
        field: SecretField,
        ref: SecretRef | None = None,
        changed: Changed = lambda: None,
        header: str = "",
    ) -> None:
        self.widget = field
        self.ref = ref
        self._desk = desk
        self._changed = changed
        self._header = header
        field.masked = ref.hint if ref else ""
        desk.serve(field)
        field.on_sealed(self._sealed)
        field.on_removed(self._removed)

    def __repr__(self) -> str:
        return f"<KeptSecret {self.widget.label!r}>"

    def value(self) -> JsonValue:
        """Return the handle as a document, or None."""
        return self.ref.model_dump() if self.ref else None

    def show(self, rest: Sequence[str], sentence: Sentence | None) -> None:
        """Show an error beside the field; None takes it away."""
        self.widget.error = sentence or ""

    def focus(self) -> None:
        """Put the keyboard's focus into the field."""
        self.widget.focus()

    def miss(self, absent: set[str]) -> None:
        """Ask for the secret again where this vault cannot open it."""
        if self.ref is not None and self.ref.handle in absent:
            self.ref, self.widget.masked, self.widget.error = None, "", ABSENT

    async def _sealed(self, box: SealedBox) -> None:
        try:
            ref = await self._desk.keep(box, self._header)
        except WorkbenchError as error:
            self.widget.error = error.sentence
            return
        self.ref = ref
        self.widget.masked = ref.hint
        self.widget.error = ""
        self._changed()

    def _removed(self) -> None:
        self.ref = None
        self._changed()


class KeptRows:
    """Rows of name and value, of which each value can be locked: ``HeaderRows`` and the handles of its locked rows.

    With ``headers`` the rows are HTTP headers, and a locked value must be possible in one.
    """

    def __init__(
        self,
        desk: Desk,
        field: HeaderRows,
        values: Iterable[tuple[str, str | SecretRef]] = (),
        changed: Changed = lambda: None,
        headers: bool = False,
    ) -> None:
        self.widget = field
        self._desk = desk
        self._changed = changed
        self._headers = headers
        self._refs: dict[str, SecretRef] = {}
        rows: list[dict[str, Any]] = []
        for number, (name, value) in enumerate(values, 1):
            row: dict[str, Any] = {"id": f"r{number}", "name": name}
            if isinstance(value, SecretRef):
                self._refs[row["id"]] = value
                row.update(locked=True, masked=value.hint)
            else:
                row["value"] = value
            rows.append(row)
        field.rows = rows
        desk.serve(field)
        field.on_sealed(self._sealed)
        field.on_removed(self._removed)
        field.observe(self._edited, "rows")

    def __repr__(self) -> str:
        return f"<KeptRows {len(self.widget.rows)}>"

    def pairs(self) -> list[tuple[str, str | SecretRef]]:
        """Return name and value of each row that holds anything, in order; a locked value is its handle."""
        return [
            (row["name"], self._refs.get(row["id"], "") if row["locked"] else row["value"])
            for row in self._filled()
        ]

    def value(self) -> JsonValue:
        """Return the rows as a document."""
        return [
            {"name": name, "value": value.model_dump() if isinstance(value, SecretRef) else value}
            for name, value in self.pairs()
        ]

    def show(self, rest: Sequence[str], sentence: Sentence | None) -> None:
        """Show an error beside a row (``("2", "value")``), or under all of them where no row is named."""
        if sentence is None:
            self.widget.errors, self.widget.problem = {}, ""
            return
        filled = self._filled()
        if not rest or not rest[0].isdigit() or int(rest[0]) >= len(filled):
            self.widget.problem = sentence
            return
        part = "value" if len(rest) > 1 and rest[1] == "value" else "name"
        self._blame(filled[int(rest[0])]["id"], part, sentence)

    def focus(self) -> None:
        """Put the keyboard's focus into the first wrong row."""
        self.widget.focus()

    def miss(self, absent: set[str]) -> None:
        """Ask again for the values that this vault cannot open."""
        for row, ref in list(self._refs.items()):
            if ref.handle in absent:
                self._unlock(row, ABSENT)

    def _filled(self) -> list[Mapping[str, Any]]:
        return [row for row in self.widget.rows if row["name"].strip() or row["value"] or row["locked"]]

    def _blame(self, row: str, part: str, sentence: Sentence) -> None:
        errors = self.widget.errors
        self.widget.errors = {**errors, row: {**errors.get(row, {}), part: said(sentence)}}

    def _unlock(self, row: str, sentence: Sentence) -> None:
        self._refs.pop(row, None)
        self.widget.set_masked(row, "")
        self._blame(row, "value", sentence)

    def _edited(self, change: Mapping[str, Any]) -> None:
        before = {row["id"]: row for row in change["old"]}
        touched = {row["id"] for row in change["new"] if row != before.get(row["id"])}
        gone = set(before) - {row["id"] for row in change["new"]}
        self.widget.errors = {
            id: texts for id, texts in self.widget.errors.items() if id not in touched | gone
        }
        self.widget.problem = ""
        for row in gone:
            self._refs.pop(row, None)
        self._changed()

    async def _sealed(self, row: str, box: SealedBox) -> None:
        name = next((item["name"] for item in self.widget.rows if item["id"] == row), "")
        try:
            ref = await self._desk.keep(box, name or "value" if self._headers else "")
        except WorkbenchError as error:
            self._unlock(row, error.sentence)
            return
        self._refs[row] = ref
        self.widget.set_masked(row, ref.hint)
        self._changed()

    def _removed(self, row: str) -> None:
        self._refs.pop(row, None)
        self._changed()


def ref_of(value: JsonValue) -> SecretRef | None:
    """Return the handle that a document holds, or None where it holds none."""
    if isinstance(value, SecretRef):
        return value
    return SecretRef.model_validate(value) if isinstance(value, dict) and "handle" in value else None
