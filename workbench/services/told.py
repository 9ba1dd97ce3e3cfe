"""What strangers do is told in the journal so many times a minute: nobody can fill the disk by calling."""

from __future__ import annotations

from typing import Final

from workbench.models.journal import Entry

from .house import House

MOST_A_MINUTE: Final = 60


class Told:
    """Tells the journal of ``most`` events a minute; the next one that is told says how many were left out."""

    def __init__(self, house: House, most: int = MOST_A_MINUTE) -> None:
        self.house = house
        self._most = most
        self._minute, self._told, self._untold = -1, 0, 0

    def may_tell(self, entry: Entry) -> Entry | None:
        """Return the entry to be written, with how many were left out before it; None where there were enough this minute."""
        minute = int(self.house.clock.monotonic() // 60)
        if minute != self._minute:
            self._minute, self._told = minute, 0
        if self._told >= self._most:
            self._untold += 1
            return None
        self._told += 1
        more, self._untold = self._untold, 0
        return (
            entry.model_copy(update={"detail": f"{entry.detail} (and {more} more like it)"})
            if more
            else entry
        )

    async def tell(self, entry: Entry) -> None:
        """Write the entry into the journal, where it may be told."""
        told = self.may_tell(entry)
        if told is not None:
            await self.house.journal.append(told)
