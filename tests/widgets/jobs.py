"""Jobs for the faces' tests: made through a real workbench, with rows of every end."""

from __future__ import annotations

from workbench import Contact, Workbench
from workbench.models.integration import Integration
from workbench.models.work import JobOptions, Progress


def contacts(count: int) -> list[Contact]:
    """Return contacts that can be sent to."""
    return [
        Contact(identifiers={"email": f"ana{n}@example.com"}, variables={"subject": f"Hello {n}"})
        for n in range(count)
    ]


def nameless(count: int) -> list[Contact]:
    """Return contacts without the variable that the payload wants: their rows end as invalid."""
    return [Contact(identifiers={"email": f"bo{n}@example.com"}) for n in range(count)]


async def filled(house: Workbench, saved: Integration, rows: list[Contact], **options: object) -> str:
    """Return the id of a job that holds these rows and is not started."""
    made = await house.work.create(saved.id, JobOptions.model_validate(options))
    await house.work.add(made.job.id, rows)
    return made.job.id


async def done(house: Workbench, saved: Integration, rows: list[Contact], **options: object) -> str:
    """Return the id of a job that was worked on to its end."""
    id = await filled(house, saved, rows, **options)
    await house.work.start(id)
    await waited(house, id)
    return id


async def waited(house: Workbench, id: str) -> Progress:
    """Return how a job stands once this process does not work on it any more."""
    await house.work.crew.wait(id)
    return await house.work.job(id)
