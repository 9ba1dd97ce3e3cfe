"""Visible catalogue: the catalogue as the running call sees it. What belongs to a unit that is not the caller's is not there.

A document that names others (an integration, a shop, a table) belongs with them; one that names none belongs to whom its maker works for.
``everything`` is the catalogue behind it, for what concerns the whole workbench: backups, migration, upkeep.
"""

from __future__ import annotations

import contextlib
import copy
import re
import time
from collections.abc import Callable, Hashable, Iterator
from typing import TYPE_CHECKING, Any, Final

from workbench.errors import NotFound, Refused
from workbench.models.consent import KEYWORD_SETTINGS, PROFILES
from workbench.models.message_draft import MESSAGE_PRICES
from workbench.models.sms_account import KEYWORDS, SMS_ROUTES
from workbench.models.unit import CHOICES
from workbench.sentence import Sentence, say

from .roles import caller
from .visibility import KIND_OF, UNIT, Eyes, eyes, forbidden, named_in, text_of, working_for

if TYPE_CHECKING:
    from workbench.adapters.catalogue import Catalogue

Json = dict[str, Any]

WHOLE: Final = frozenset({PROFILES, KEYWORDS, KEYWORD_SETTINGS, MESSAGE_PRICES, SMS_ROUTES})
"""Kinds that are the whole workbench's: everybody sees them, those alone change them who work for all units."""

UNSEEN: Final = frozenset({"people", "identity", CHOICES})
"""Kinds that say who may do what: who works for some units does not even see them."""

FRESH_S: Final = 5.0
"""So long what is known of a document's unit counts: what is written by the thousand asks no document for it."""

_HANDLE: Final = re.compile(r"\bsec_[a-z0-9]{8,40}\b")


class VisibleCatalogue:
    """The documents of every kind that the running call may see; its methods are the catalogue's, and raise Forbidden besides."""

    def __init__(self, everything: Catalogue) -> None:
        self.everything = everything
        self._units: dict[str, tuple[str, float]] = {}

    @property
    def notices(self) -> list[Sentence]:
        """What had to be repaired."""
        return self.everything.notices

    @property
    def shared(self) -> bool:
        """Whether the documents are a team's, in its database."""
        return self.everything.shared

    # -- reading -------------------------------------------------------------------------------------------------------

    def kinds(self) -> list[str]:
        """Return the kinds that hold a document."""
        return self.everything.kinds()

    def mark(self, kind: str) -> Hashable:
        """Return what is another one after every change of the kind, and for everybody who sees something else of it."""
        mark = self.everything.mark(kind)
        return None if mark is None else (mark, eyes().units)

    def get(self, kind: str, id: str) -> Json:
        """Return the document. Raises NotFound, also where it is of a unit that the caller does not work for."""
        document = self.everything.get(kind, id)
        if not self._sees(eyes(), kind, id, document):
            raise _not_found(id)
        return _bare(document)

    def all(self, kind: str) -> list[Json]:
        """Return all documents of the kind that the caller sees, in the order of their ids."""
        look = eyes()
        found = self.everything.all(kind)
        return [_bare(one) for one in found if self._sees(look, kind, str(one.get("id", "")), one)]

    def unit_of(self, id: str) -> str:
        """Return the unit of a document as it was some seconds ago at the latest; empty: nobody's, or there is none."""
        unit, at = self._units.get(id, ("", -FRESH_S))
        return unit if time.monotonic() - at < FRESH_S else self.unit_now(id)

    def unit_now(self, id: str) -> str:
        """Return the unit of a document as it is kept now; empty: nobody's, or there is none."""
        unit, kind = "", KIND_OF.get(id.partition("_")[0])
        if kind is not None:
            with contextlib.suppress(NotFound):
                unit = str(self.everything.get(kind, id).get(UNIT, ""))
        self._note(id, unit)
        return unit

    def unit_for(self, *named: str) -> str:
        """Return the unit of what is named (ids, or texts that hold some), else the one that the call works for; empty: nobody's."""
        for text in named:
            for id in [text] if text in self._units else sorted(named_in(text)):
                if unit := self.unit_of(id):
                    return unit
        return self._works_for()

    def unseen(self, kind: str) -> list[Json]:
        """Return the documents of the kind that the caller does not see: for what has to be there once in the whole workbench."""
        look = eyes()
        if look.units is None:
            return []
        return [
            one
            for one in self.everything.all(kind)
            if not self._sees(look, kind, str(one.get("id", "")), one)
        ]

    def require_change(self, kind: str, id: str) -> None:
        """Raise Forbidden where the caller may see a document and not change what belongs to it, NotFound where it is not seen."""
        look = eyes()
        if look.units is not None and not look.may_change(str(self.everything.get(kind, id).get(UNIT, ""))):
            self.get(kind, id)
            raise forbidden()

    def hidden_handles(self) -> set[str]:
        """Return the secrets' handles in documents that the caller does not see."""
        if eyes().units is None:
            return set()
        hidden: set[str] = set()
        for kind in self.everything.kinds():
            for one in self.unseen(kind):
                hidden.update(_HANDLE.findall(text_of(one)))
        return hidden

    # -- changing ------------------------------------------------------------------------------------------------------

    def put(self, kind: str, id: str, document: Json) -> None:
        """Keep the document under ``id``, in place of any that was there."""
        self.update(kind, id, lambda _: document)

    def update(self, kind: str, id: str, change: Callable[[Json | None], Json]) -> Json:
        """Keep what ``change`` makes of the present document (None if there is none), and return it."""
        pen = self._pen(kind)

        def work(before: Json | None) -> Json:
            pen.check(id, before)
            return pen.signed(id, before, change(None if before is None else _bare(before)))

        return _bare(self.everything.update(kind, id, work))

    def delete(self, kind: str, id: str) -> None:
        """Delete the document. Raises NotFound."""
        pen = self._pen(kind)
        if pen.look.units is not None:
            before = self.everything.get(kind, id)
            if not pen.sees(id, before):
                raise _not_found(id)
            pen.check(id, before)
        self.everything.delete(kind, id)

    @contextlib.contextmanager
    def transaction(self, kind: str) -> Iterator[dict[str, Json]]:
        """Give all documents of the kind that the caller sees, by id, to look at and change; they are kept together at the end."""
        pen = self._pen(kind)
        with self.everything.transaction(kind) as documents:
            seen = {id: _bare(one) for id, one in documents.items() if pen.sees(id, one)}
            before = seen if pen.look.units is None else copy.deepcopy(seen)
            known, given = set(seen), dict(seen)
            yield given
            for id in known - set(given):
                pen.check(id, documents[id])
                del documents[id]
            for id, one in given.items():
                if id in known and pen.look.units is not None and before[id] == one:
                    continue
                pen.check(id, documents.get(id))
                untouched = one is seen.get(id) and pen.look.units is None
                documents[id] = (
                    pen.stamped(documents[id], one) if untouched else pen.signed(id, documents.get(id), one)
                )

    def move(self, kind: str, id: str, unit: str) -> None:
        """Give a document to another unit; empty: to nobody in particular. Raises NotFound."""

        def work(before: Json | None) -> Json:
            if before is None:
                raise _not_found(id)
            return {**_bare(before), **({UNIT: unit} if unit else {})}

        self.everything.update(kind, id, work)
        self._note(id, unit)

    # ------------------------------------------------------------------------------------------------------------------

    def _sees(self, look: Eyes, kind: str, id: str, document: Json) -> bool:
        unit = str(document.get(UNIT, ""))
        if id:
            self._note(id, unit)
        return look.see(unit) and not (kind in UNSEEN and look.units is not None)

    def _note(self, id: str, unit: str) -> None:
        self._units[id] = unit, time.monotonic()

    def _works_for(self) -> str:
        """Return the unit that something new belongs to, where it names nothing that has one."""
        person, unit = caller.get(), working_for.get()
        if unit is not None or person is None:
            return unit or ""
        if len(person.units) == 1:
            return person.units[0]
        chosen = self.chosen(person.name)
        if not person.units:
            return chosen
        return chosen if chosen in person.units else person.units[0]

    def chosen(self, name: str) -> str:
        """Return the unit that a person chose to work for; empty: none."""
        try:
            return str(self.everything.get(CHOICES, name)["chosen"])
        except NotFound:
            return ""

    def _pen(self, kind: str) -> _Pen:
        look = eyes()
        hidden = self.hidden_handles() if look.units is not None else set()
        return _Pen(self, kind, look, hidden, self._works_for())


class _Pen:
    """What one call may write: taken before the kind is locked, for another thread may do the writing."""

    def __init__(
        self, documents: VisibleCatalogue, kind: str, look: Eyes, hidden: set[str], unit: str
    ) -> None:
        self._documents, self._kind, self.look = documents, kind, look
        self._hidden, self._unit = hidden, unit

    def sees(self, id: str, document: Json) -> bool:
        """Return whether the caller sees a document."""
        return self._documents._sees(self.look, self._kind, id, document)

    def check(self, id: str, before: Json | None) -> None:
        """Raise Forbidden unless the caller may put something in this place; Refused where what is there is not seen."""
        if self.look.units is None:
            return
        if self._kind in WHOLE or self._kind in UNSEEN:
            raise forbidden()
        if before is None:
            return
        if not self.sees(id, before):
            raise Refused(say("This id is taken. Choose another one."))
        if not self.look.may_change(str(before.get(UNIT, ""))):
            raise forbidden()

    def signed(self, id: str, before: Json | None, document: Json) -> Json:
        """Return a document with whose it is. Raises NotFound where it names what the caller does not see."""
        text = text_of(document)
        if self.look.units is not None:
            self._check_named(text)
        if self._kind in WHOLE or self._kind in UNSEEN:
            return document
        unit = str(before.get(UNIT, "")) if before is not None else ""
        if not unit:
            unit = self._unit_named(id, text) or (self._unit if before is None else "")
        self._documents._note(id, unit)
        return {**document, UNIT: unit} if unit else document

    @staticmethod
    def stamped(before: Json, document: Json) -> Json:
        """Return a document that belongs to whom it belonged before."""
        return {**document, UNIT: before[UNIT]} if before.get(UNIT) else document

    def _unit_named(self, id: str, text: str) -> str:
        others = sorted(named_in(text) - {id})
        return next((unit for one in others if (unit := self._documents.unit_of(one))), "")

    def _check_named(self, text: str) -> None:
        for one in named_in(text):
            if not self.look.see(self._documents.unit_now(one)):
                raise _not_found(one)
        if self._hidden.intersection(_HANDLE.findall(text)):
            raise NotFound(say("This secret is not in this vault. Type it again."))


def _bare(document: Json) -> Json:
    """Return a document as its noun knows it."""
    return {name: value for name, value in document.items() if name != UNIT}


def _not_found(id: str) -> NotFound:
    return NotFound(say("There is nothing under “{id}”. It may have been deleted meanwhile.", id=id[:80]))


class CallersSight:
    """What the running call sees of the database."""

    def __init__(self, documents: VisibleCatalogue) -> None:
        self._documents = documents

    @property
    def units(self) -> frozenset[str] | None:
        """The caller's units; None: all."""
        return eyes().units

    def unit_for(self, *named: str) -> str:
        """Return the unit of what is named (ids, or texts that hold some), else the one that is worked for; empty: nobody's."""
        return self._documents.unit_for(*named)
