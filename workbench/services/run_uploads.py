"""RUN UPLOADS: tables on their way from a page, slice by slice, for a call takes no more than some megabytes."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from workbench.adapters.clock import new_id
from workbench.errors import NotFound, Refused
from workbench.models.run import Table, Upload
from workbench.sentence import say

from .house import House

if TYPE_CHECKING:
    from workbench.adapters.tables import Tables

MOST_BYTES: Final = 64_000_000
"""What a page hands over at most; a larger file is named by its path, where the workbench is embedded."""
MOST_AT_ONCE: Final = 4
IDLE_S: Final = 600.0
"""Seconds after which what nobody goes on with is forgotten."""


@dataclass(slots=True)
class _Coming:
    name: str
    size: int
    who: str
    at: float
    parts: list[bytes] = field(default_factory=list, repr=False)
    have: int = 0


class Uploads:
    """What is on its way, in this process's memory alone: what is kept of it is kept sealed, by the tables."""

    def __init__(self, house: House, tables: Tables) -> None:
        self._house, self._tables = house, tables
        self._coming: dict[str, _Coming] = {}

    def begin(self, name: str, size: int) -> Upload:
        """Return a new upload of so many bytes."""
        self._forget_idle()
        if size > MOST_BYTES:
            raise Refused(say(
                "The file has {size} MB; a page takes {most} MB at most. Split it, or give its path to a workbench on your own machine.",
                size=round(size / 1e6), most=round(MOST_BYTES / 1e6),
            ))  # fmt: skip
        if size <= 0:
            raise Refused(say("The file is empty. Choose another one."))
        if len(self._coming) >= MOST_AT_ONCE:
            raise Refused(say("Other files are on their way already. Wait until they have arrived."))
        id = new_id("upl")
        self._coming[id] = _Coming(name[:200], size, self._house.person.name, self._house.clock.monotonic())
        return Upload(id=id)

    async def take(self, id: str, at: int, data: str) -> Upload:
        """Take the slice that begins ``at``, in base64; one that was taken before is passed over. After the last one the table is there."""
        coming = self._coming.get(id)
        if coming is None or coming.who != self._house.person.name:
            raise NotFound(say("This upload is not known any more. Choose the file again."))
        part = _decoded(data)
        if at > coming.have or at + len(part) > coming.size:
            raise Refused(say("A part of the file is missing. Choose the file again."))
        if at + len(part) > coming.have:
            part = part[coming.have - at :]
            coming.parts.append(part)
            coming.have += len(part)
            coming.at = self._house.clock.monotonic()
        if coming.have < coming.size:
            return Upload(id=id, have=coming.have)
        del self._coming[id]
        return Upload(id=id, have=coming.have, table=await self._tables.keep(coming.name, coming.parts))

    async def whole(self, name: str, data: str) -> Table:
        """Keep a table that came in one call, in base64."""
        return await self._tables.keep(name[:200], [_decoded(data)])

    def _forget_idle(self) -> None:
        now = self._house.clock.monotonic()
        for id in [id for id, one in self._coming.items() if now - one.at > IDLE_S]:
            del self._coming[id]


def _decoded(data: str) -> bytes:
    try:
        return base64.b64decode(data.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise Refused(
            say("A part of the file did not arrive as it was sent. Choose the file again.")
        ) from None
