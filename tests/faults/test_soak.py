"""Long series: many sends in one process keep memory flat, and nothing of them is lost from the journal."""

from __future__ import annotations

import gc
import os
import tracemalloc
from pathlib import Path

import pytest

from workbench import Contact, EntryFilter, Settings, Workbench

pytestmark = pytest.mark.soak
SENDS = int(os.environ.get("WORKBENCH_SOAK_SENDS", "5000"))


async def test_thousands_of_sends_keep_memory_flat_and_lose_nothing(tmp_path: Path) -> None:
    async with Workbench.open(tmp_path / "home", environ={"WORKBENCH_KEYRING": "off"}) as bench:
        draft = await bench.integrations.start()
        settings = Settings(
            name="Soak",
            url="https://esp.example.com/send",
            payload='{"to": "${User Identifier}", "n": "{{ n }}"}',
        )
        saved = await bench.integrations.save(draft.model_copy(update={"settings": settings}))
        used: list[int] = []
        tracemalloc.start()
        for number in range(SENDS):
            contact = Contact(identifiers={"email": f"a{number}@example.com"}, variables={"n": number})
            assert (await bench.delivery.send(saved.id, contact)).outcome.ok
            if number in (SENDS // 2, SENDS - 1):
                gc.collect()
                used.append(tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
        assert await bench.house.journal.count(EntryFilter(kind="send")) == SENDS
        assert used[1] - used[0] < 3_000_000, "bytes more after the second half than after the first"
