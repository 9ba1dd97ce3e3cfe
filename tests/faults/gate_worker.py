"""A process that answers a hold until it is killed: ``python -m tests.faults.gate_worker`` takes lines of ``HOME HOST HOLD`` and forks."""

from __future__ import annotations

from pathlib import Path

import workbench.services.keeping  # noqa: F401 - loaded before the fork
from tests.faults.forked import serve_lines
from tests.gate_platform import GatePlatform
from tests.gate_room import room
from workbench.models.gate import Gate


async def work(home: str, host: str, hold: str) -> None:
    gate = Gate.model_validate_json((Path(home) / "gate.json").read_text())
    async with room(Path(home), GatePlatform.of(0), live=[host], gate=gate) as made:
        await made.holds.settle(hold)


if __name__ == "__main__":
    serve_lines(work)
