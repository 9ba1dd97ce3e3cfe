"""SPAWN: work started by a click, with its reference kept and its error shown.

``button.on_click(async_function)`` never runs, and the exception of a bare task vanishes (both measured).
Every coroutine of the face is started here instead; a page awaits ``settle()`` before it ends, so that nbval
sees what failed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import ipywidgets

T = TypeVar("T")
OnError = Callable[[BaseException], None]

running: set[asyncio.Task[Any]] = set()
unhandled: list[BaseException] = []


def spawn(coroutine: Coroutine[Any, Any, T], on_error: OnError | None = None) -> asyncio.Task[T]:
    """Start ``coroutine`` on the running loop and return its task; the reference is kept until it ends.

    An error goes to ``on_error``. Without one (or when that fails too) it is kept in ``unhandled``, and the
    loop's own exception handler is told, so that it stands in the log; ``settle`` raises it. A cancelled task
    is no error.
    """
    task = asyncio.get_running_loop().create_task(coroutine)
    running.add(task)
    task.add_done_callback(lambda done: _ended(done, on_error))
    return task


def _ended(task: asyncio.Task[Any], on_error: OnError | None) -> None:
    running.discard(task)
    if task.cancelled():
        return
    error = task.exception()
    if error is None:
        return
    if on_error is not None:
        try:
            on_error(error)
        except Exception as second:  # noqa: BLE001 - showing failed: then both are kept, none is lost
            second.__context__ = error
            _keep(task, second)
        return
    _keep(task, error)


def _keep(task: asyncio.Task[Any], error: BaseException) -> None:
    unhandled.append(error)
    task.get_loop().call_exception_handler(
        {"message": "work started from the page failed", "exception": error, "task": task}
    )


async def settle() -> None:
    """Wait until everything that was spawned has ended, then raise the first error that nobody handled."""
    while running:
        await asyncio.gather(*tuple(running), return_exceptions=True)
        await asyncio.sleep(0)  # done-callbacks run one turn later, and may spawn again
    if unhandled:
        first = unhandled[0]
        unhandled.clear()
        raise first


def button_click(
    button: ipywidgets.Button,
    work: Callable[[], Coroutine[Any, Any, object]],
    on_error: OnError | None = None,
) -> None:
    """Run ``work`` at each click of ``button``, which is disabled until that work has ended."""

    async def once() -> None:
        try:
            await work()
        finally:
            button.disabled = False

    def clicked(_button: ipywidgets.Button) -> None:
        # A visitor can fire the click of a disabled button (measured), so the button itself is asked.
        if not button.disabled:
            button.disabled = True
            spawn(once(), on_error)

    button.on_click(clicked)
