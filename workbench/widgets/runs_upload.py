"""RUNS UPLOAD: a table of any kind that a person chooses, handed on slice by slice as it comes, so that the page never holds it."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from typing import Any

from workbench.errors import WorkbenchError
from workbench.models.run import Table, Upload
from workbench.sentence import say

from .page import Frame
from .piece import Said, said
from .spawn import spawn
from .upload import MOST_BYTES, TextFile

__all__ = ["TableFile"]


class TableFile(TextFile):
    """A button that lets a person choose a table. ``arrived`` is given the table once the workbench keeps it."""

    def __init__(self, frame: Frame, label: Said, arrived: Callable[[Table], Awaitable[object]]) -> None:
        self._frame, self._arrived = frame, arrived
        self._upload: Upload | None = None
        self._sending = False
        super().__init__(label, self._no_text, ".csv,.tsv,.txt,.parquet,.jsonl,.ndjson,.json")

    def _heard(self, _widget: TextFile, content: Any, buffers: Any) -> None:
        if isinstance(content, dict) and content.get("begin"):
            self._name = str(content.get("name") or "")[:200]
        super()._heard(_widget, content, buffers)

    def _begin(self, size: Any) -> None:
        self._upload = None
        if isinstance(size, int) and 0 < size <= MOST_BYTES:
            self._size = size
            self.error = self.note = ""
            spawn(self._open(size))
        else:
            super()._begin(size)

    def _add(self, at: int, part: bytes) -> None:
        if self._upload is None or self._sending or not part or at != self._upload.have:
            return  # not what was asked for
        self._sending = True
        spawn(self._hand_on(self._upload, at, part))

    async def _open(self, size: int) -> None:
        try:
            self._upload = await self._frame.bench.runs.begin_upload(self._name, size)
        except WorkbenchError as error:
            self._fail(error.sentence)
            return
        self.send({"next": 0})

    async def _hand_on(self, upload: Upload, at: int, part: bytes) -> None:
        """Hand a slice on; the next one is asked for once it has arrived."""
        try:
            taken = await self._frame.bench.runs.put_slice(upload.id, at, base64.b64encode(part).decode())
        except WorkbenchError as error:
            self._upload = None
            self._fail(error.sentence)
            return
        finally:
            self._sending = False
        if self._upload is not upload:
            return  # another file was chosen meanwhile
        self._upload = taken
        if taken.table is None:
            self.note = said(
                say("{percent} % of the file has arrived.", percent=100 * taken.have // self._size)
            )
            self.send({"next": taken.have})
            return
        self._upload, self.note = None, ""
        self.send({})
        await self._arrived(taken.table)

    async def _no_text(self, text: str) -> None:
        raise AssertionError("a table is handed on as bytes")

    def __repr__(self) -> str:
        return "<TableFile>"
