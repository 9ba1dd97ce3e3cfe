"""LOOPS: the event loop for a process that works on jobs: uvloop's where it is installed, else Python's own.

The server process has it from uvicorn already; a command that runs a job by itself takes it from here:
``asyncio.Runner(loop_factory=new_loop)``.
"""

from __future__ import annotations

import asyncio


def new_loop() -> asyncio.AbstractEventLoop:
    """Return a new event loop; all of the workbench runs on either."""
    try:
        import uvloop
    except ImportError:  # there is none for Windows
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()
