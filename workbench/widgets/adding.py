"""ADDING: contacts on their way into a job, part by part; one that was interrupted goes on without a double."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from workbench.bench import Workbench
from workbench.models.contact import Contact

__all__ = ["Adding", "parts_of"]

PART_ROWS: Final = 1_000
PART_BYTES: Final = 2_000_000
"""A part stays well below what the server takes in one call."""


class Adding:
    """Adds contacts to a job that is being filled. ``done`` counts those that are in it; ``told`` is called after each part."""

    def __init__(
        self, bench: Workbench, job_id: str, contacts: Sequence[Contact], told: Callable[[], object]
    ) -> None:
        self.job_id, self.contacts = job_id, contacts
        self.done = 0
        self._bench, self._told = bench, told
        self._stopped = False

    @property
    def complete(self) -> bool:
        """Whether every contact is in the job."""
        return self.done >= len(self.contacts)

    async def run(self) -> None:
        """Add what is not in the job yet, or as much as there is time for until ``stop``; raises what the workbench raises."""
        # After an interruption only the job knows whether the last part has arrived.
        self.done = (await self._bench.work.job(self.job_id)).job.counts.total
        self._told()
        for part in parts_of(self.contacts[self.done :]):
            if self._stopped:
                return
            self.done = await self._bench.work.add(self.job_id, part)
            self._told()

    def stop(self) -> None:
        """Add no further part."""
        self._stopped = True


def parts_of(contacts: Sequence[Contact]) -> Iterator[list[Contact]]:
    """Give the contacts in parts that one call can carry."""
    part: list[Contact] = []
    size = 0
    for contact in contacts:
        weight = len(contact.model_dump_json()) * 2  # beyond ASCII a letter takes more than one byte
        if part and (len(part) == PART_ROWS or size + weight > PART_BYTES):
            yield part
            part, size = [], 0
        part.append(contact)
        size += weight
    if part:
        yield part
