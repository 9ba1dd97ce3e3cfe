"""A process that answers a hold until it is killed: ``python -m tests.faults.gate_worker`` takes lines of ``HOME HOST HOLD`` and forks.

It has loaded everything beforehand, so that a death and a new start cost no more than the workbench's own opening.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import aiohttp  # noqa: F401 - loaded before the fork
import sqlalchemy.dialects.sqlite  # noqa: F401 - loaded before the fork

import workbench.adapters.ledger
import workbench.adapters.vault
import workbench.sandbox.app
import workbench.services.keeping  # noqa: F401 - loaded before the fork
from tests.gate_platform import GatePlatform
from tests.gate_room import room
from workbench.models.gate import Gate


async def work(home: str, host: str, hold: str) -> None:
    gate = Gate.model_validate_json((Path(home) / "gate.json").read_text())
    async with room(Path(home), GatePlatform.of(0), live=[host], gate=gate) as made:
        await made.holds.settle(hold)


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            asyncio.run(work(*line.split()))
            os._exit(0)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(f"ended {status}", flush=True)


if __name__ == "__main__":
    main()
