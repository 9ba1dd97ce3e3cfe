"""The sink of the measurements, in a process of its own: ``python -m tests.benchmarks.sink_process PORT``."""

from __future__ import annotations

import asyncio
import sys
from typing import cast

BODY = b'{"id":"m-1","status":"queued","result":true,"access_token":"t"}'
"""What every sender that takes part is content with."""
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
    len(BODY),
    BODY,
)


class Taking(asyncio.Protocol):
    """Answers each request at once; it looks for no more than where it ends."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are of a class of their own
        self._read = b""

    def data_received(self, data: bytes) -> None:
        self._read += data
        while (end := self._read.find(b"\r\n\r\n")) >= 0:
            head = self._read[:end].lower()
            at = head.find(b"content-length:")
            whole = end + 4 + (int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0)
            if len(self._read) < whole:
                return
            self._read = self._read[whole:]
            self._transport.write(ANSWER)


async def main(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Taking, "127.0.0.1", port)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    try:
        import uvloop as loops
    except ImportError:  # Windows has none
        loops = asyncio  # type: ignore[assignment]
    loops.run(main(int(sys.argv[1])))
