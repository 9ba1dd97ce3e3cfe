"""A proxy before a PostgreSQL, on a port of this machine: it lets everything through until it is told to break a connection off."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from tests.loopback import listener

UNHEARD_S = 0.2
"""How long the server's word is waited for: to some of what a client sends it has nothing to say yet."""

Cut = Literal["before", "after"]
Decide = Callable[[bytes], Cut | None]
"""Says of what a client sends: broken off before the server hears it, or after it has done it and before the client hears that."""


class Proxy:
    """What was broken off so far, and ``decide``, which may be changed at any time."""

    def __init__(self, socket: Path, port: int) -> None:
        self.url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        self.decide: Decide = lambda _: None
        self.cuts = 0
        self._socket = socket

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection until somebody, or ``decide``, breaks it off."""
        try:
            up, down = await asyncio.open_unix_connection(str(self._socket))
        except OSError:  # the server is away: so is this one
            writer.close()
            return
        silent = asyncio.Event()
        back = asyncio.create_task(self._back(up, writer, silent))
        try:
            while data := await reader.read(1 << 16):
                cut = self.decide(data)
                if cut is not None:
                    self.cuts += 1
                    silent.set()
                if cut == "before":
                    break
                down.write(data)
                await down.drain()
                if cut == "after":
                    await asyncio.wait([back], timeout=UNHEARD_S)
                    break
        except OSError:
            pass  # the client is gone
        finally:
            for one in (down, writer):  # first of all: what follows may be cancelled itself
                one.transport.abort()
            back.cancel()
            await asyncio.gather(back, return_exceptions=True)

    @staticmethod
    async def _back(up: asyncio.StreamReader, writer: asyncio.StreamWriter, silent: asyncio.Event) -> None:
        """Carry what the server says; once silent, hear its word and keep it."""
        try:
            while data := await up.read(1 << 16):
                if silent.is_set():
                    return
                writer.write(data)
                await writer.drain()
            writer.close()
        except OSError:
            writer.close()


@contextmanager
def proxied(socket: Path) -> Iterator[Proxy]:
    """Give a proxy before the server at ``socket``, in a thread of its own: a workbench is opened without a loop."""
    listening = listener()
    proxy = Proxy(socket, listening.getsockname()[1])
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def run() -> None:
        writers: set[asyncio.StreamWriter] = set()

        def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writers.add(writer)
            asyncio.create_task(proxy.serve(reader, writer)).add_done_callback(
                lambda _: writers.discard(writer)
            )

        async with await asyncio.start_server(begin, sock=listening):
            await stop.wait()
        for _ in range(
            5
        ):  # one may just have been accepted, and what is broken off is let go in the loop's next turns
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            for writer in list(writers):
                writer.transport.abort()  # whose task is cancelled before its first step closes nothing by itself
            await asyncio.gather(*others, return_exceptions=True)
            await asyncio.sleep(0)

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()), name="proxy")
    thread.start()
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
