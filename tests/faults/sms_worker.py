"""A process that takes callbacks, or sends texts, until it is killed: ``python -m tests.faults.sms_worker`` takes lines and forks.

It prints its port first. ``serve HOME`` takes callbacks on it, for the workbench of a home; ``send HOME HOST`` sends the ``draft.json``
of a home in live mode, to that host alone. The port listens from before the first to after the last of them, so who calls between two
waits a moment.

It has loaded everything beforehand, so that a death and a new start cost no more than the workbench's own opening.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from socket import socket

import aiohttp  # noqa: F401 - loaded before the fork
import phonenumbers  # noqa: F401 - loaded before the fork
import sqlalchemy.dialects.sqlite  # noqa: F401 - loaded before the fork
import uvicorn
from fastapi import FastAPI

import workbench.adapters.consent_log
import workbench.adapters.deliveries
import workbench.adapters.ledger
import workbench.adapters.vault
import workbench.sandbox.app
import workbench.services.callback_receiving  # noqa: F401 - loaded before the fork
from tests.callback_room import PUBLIC
from tests.loopback import listener
from workbench import Workbench
from workbench.models.message_draft import MessageDraft
from workbench.models.sending import Confirmation
from workbench.server.sms import add_sms_receiver

ENVIRON = {"WORKBENCH_KEYRING": "off"}


async def serve(bound: socket, home: str) -> None:
    async with Workbench.open(home, public_at=PUBLIC, environ=ENVIRON) as bench:
        await bench.serve()
        app = FastAPI()  # the whole server's, with a route for every method, takes half a second to make
        add_sms_receiver(app, bench.callback_receiving)
        config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False)
        await uvicorn.Server(config).serve(sockets=[bound])


async def send(home: str, host: str) -> None:
    draft = MessageDraft.model_validate_json((Path(home) / "draft.json").read_text())
    async with Workbench.open(
        home, live=True, allowed_hosts=[host], public_at=PUBLIC, environ=ENVIRON
    ) as bench:
        checked = await bench.messages.check(draft)
        await bench.messages.send(draft, Confirmation(host=checked.host, recipient=checked.recipient))


def main() -> None:
    bound = listener()
    bound.listen(512)
    bound.setblocking(False)
    print(bound.getsockname()[1], flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            what, *words = line.split()
            asyncio.run(serve(bound, *words) if what == "serve" else send(*words))
            os._exit(0)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(f"ended {status}", flush=True)


if __name__ == "__main__":
    main()
