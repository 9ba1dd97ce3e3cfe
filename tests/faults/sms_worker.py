"""A process that takes callbacks, or sends texts, until it is killed: ``python -m tests.faults.sms_worker`` takes lines and forks.

It prints its port first. ``serve HOME`` takes callbacks on it, for the workbench of a home; ``send HOME HOST`` sends the ``draft.json``
of a home in live mode, to that host alone. The port listens from before the first to after the last of them, so who calls between two
waits a moment.
"""

from __future__ import annotations

from pathlib import Path
from socket import socket

import phonenumbers  # noqa: F401 - loaded before the fork
import uvicorn
from fastapi import FastAPI

import workbench.adapters.consent_log
import workbench.adapters.deliveries
import workbench.services.callback_receiving  # noqa: F401 - loaded before the fork
from tests.callback_room import PUBLIC
from tests.faults.forked import serve_lines
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
    serve_lines(lambda what, *words: serve(bound, *words) if what == "serve" else send(*words))


if __name__ == "__main__":
    main()
