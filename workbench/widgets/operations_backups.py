"""OPERATIONS BACKUPS: make one, list them, read one through, delete one; and what is not in them."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from workbench.errors import Forbidden, NotFound, Unreachable
from workbench.models.backup import Backup
from workbench.sentence import N_, say

from . import look
from .fold import Place
from .language import when
from .messages import Messages
from .operations_words import for_admins, held, size
from .page import Frame
from .piece import said
from .sure import Sure
from .tables import RowList

__all__ = ["BackupsPart"]

COLUMNS: list[Mapping[str, str]] = [
    {"key": "at", "label": N_("Made (UTC)")},
    {"key": "name", "label": N_("File"), "kind": "strong"},
    {"key": "size", "label": N_("Size")},
    {"key": "held", "label": N_("Holds"), "kind": "lines"},
]
KEYS: Mapping[str, str] = {
    "environment": N_(
        "It is what WORKBENCH_KEY holds. Keep that where your other passwords are, apart from the backups; without it the secrets have "
        "to be typed again."
    ),
    "keyring": N_(
        "It is in the keyring of the server's machine. “workbench backup” says how to read it: keep it where your other passwords are, "
        "apart from the backups; without it the secrets have to be typed again."
    ),
}
KEY_FILE = N_(
    "It is in the file vault.key of the workbench's home. Keep a copy of that apart from the backups; without it the secrets have to be "
    "typed again."
)
HOW = N_(
    "A backup stays in the folder “backups” of the workbench's home, on the server's machine; it cannot be downloaded here, for it holds "
    "what you know of your contacts. Fetch it from there, or let it be written elsewhere with the first line. It is brought back with "
    "the second, into an empty folder or an empty database."
)
COMMANDS = "workbench backup /safe/place/workbench.zip\nworkbench restore /safe/place/workbench.zip"
LATE = N_(
    "It takes longer than a page waits. The server goes on writing: open this part again in a while, the backup stands in the list then."
)


class BackupsPart:
    """The part, for admins. Everything in it is done by the server, on its own disk."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.found: list[Backup] = []
        self.messages, self.chosen = Messages(), Place()
        self.sure = Sure(frame, self.messages)
        self.why = Place()
        self.list = RowList(N_("Backups"), columns=COLUMNS, empty=N_("No backup was made here yet."))
        self.list.observe(lambda _: self._choose(), "selected")
        make = look.button(N_("Make a backup"), "primary")
        frame.click(make, self._make, self.messages)
        source = KEYS.get(frame.facts.key_source, KEY_FILE)
        self.cards = look.stack(
            look.card(
                N_("Backups"),
                look.banner("warn", source, N_("The key to the secrets is not in a backup.")),
                look.buttons(make, align="start"),
                self.messages.widget,
                self.list,
                self.chosen.widget,
                self.sure.widget,
                subtitle=N_("Everything this workbench holds in one file, written while it goes on working."),
            ),
            look.card(N_("Fetch it and bring it back"), look.show(HOW), look.code_block(COMMANDS)),
        )
        self.widget = (
            look.stack(self.why.widget, self.cards)
            if frame.may("admin")
            else for_admins(N_("Backups"), frame.facts.person)
        )

    async def refresh(self) -> None:
        """Read the list."""
        if not self.frame.may("admin"):
            return
        try:
            self.found = await self.frame.bench.backups.list_all()
        except Forbidden as error:  # an admin of some units only
            self.why.put(look.banner("info", error.sentence))
            self.cards.layout.display = "none"
            return
        self.list.rows = [_row(one) for one in self.found]
        if not any(one.name == self.list.selected for one in self.found):
            self.list.selected = ""

    async def go(self, place: str) -> None:
        """Nothing inside this part has a name of its own."""

    def _choose(self) -> None:
        one = next((one for one in self.found if one.name == self.list.selected), None)
        if one is None:
            self.chosen.put()
            return
        verify, delete = look.button(N_("Read it through")), look.button(N_("Delete…"))
        self.frame.click(verify, lambda: self._verify(one.name), self.messages)
        delete.on_click(lambda _: self._ask(one))
        version = say("{name}, written by version {version}", name=one.name, version=one.version)
        self.chosen.put(look.show(version), look.buttons(verify, delete, align="start"))

    async def _make(self) -> None:
        self.messages.show("info", N_("The backup is being written…"))
        try:
            made = await self.frame.bench.backups.create()
        except Unreachable:
            await self.frame.bench.about.facts()  # does it answer otherwise? else that is what is said
            self.messages.show("info", LATE)
            return
        await self.refresh()
        self.list.selected = made.name
        self.messages.show(
            "ok", say("{name} is written. It holds: {held}.", name=made.name, held=held(made.totals))
        )

    async def _verify(self, name: str) -> None:
        self.messages.show("info", N_("The backup is being read…"))
        found = await self.frame.bench.backups.verify(name)
        text = say(
            "{name} is whole: every part has its count and its SHA-256. It holds: {held}.",
            name=name,
            held=held(found.totals),
        )
        self.messages.show("ok", text)

    def _ask(self, one: Backup) -> None:
        text = say("{name} of {at} UTC is deleted for good.", name=one.name, at=when(one.made_at))
        self.sure.ask(N_("Delete the backup?"), text, N_("Delete the backup"), lambda: self._delete(one.name))

    async def _delete(self, name: str) -> None:
        with contextlib.suppress(NotFound):  # somebody else was quicker, and it is gone as wanted
            await self.frame.bench.backups.delete(name)
        await self.refresh()
        self.messages.show("ok", say("{name} is deleted.", name=name))


def _row(one: Backup) -> dict[str, str]:
    return {
        "id": one.name,
        "at": when(one.made_at),
        "name": one.name,
        "size": said(size(one.size)),
        "held": said(held(one.totals)),
    }
