"""Defects: what goes wrong with a task that nobody awaits is told to the log, and not lost."""

from __future__ import annotations

import asyncio


def tell_defect(task: asyncio.Task[None], *, but: tuple[type[BaseException], ...] = ()) -> None:
    """Let the log have what ended a task, unless it was cancelled or ended by one of ``but``. For ``add_done_callback``."""
    defect = None if task.cancelled() else task.exception()
    if defect is not None and not isinstance(defect, but):
        told = {"message": f"“{task.get_name()}” failed", "exception": defect, "task": task}
        task.get_loop().call_exception_handler(told)
