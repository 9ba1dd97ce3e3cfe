"""DOWNLOAD: a button that makes a text and hands it to the browser as a file.

The text goes out in one message and stays in no trait, so that neither the page's state nor a saved notebook holds it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import anywidget
import traitlets

from .piece import Said, said
from .spawn import spawn

__all__ = ["Download"]

_ESM = """
function render({ model, el }) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "wb-btn wb-secondary";
  const draw = () => {
    button.textContent = model.get("label");
    button.disabled = model.get("busy");
  };
  button.addEventListener("click", () => model.send({ wanted: true }));
  for (const name of ["label", "busy"]) model.on(`change:${name}`, draw);
  model.on("msg:custom", ({ name, text, type }) => {
    const url = URL.createObjectURL(new Blob([text], { type }));
    const link = document.createElement("a");
    link.href = url;
    link.download = name;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  });
  el.replaceChildren(button);
  draw();
}
export default { render };
"""


class Download(anywidget.AnyWidget):
    """The button. ``prepare`` makes the text when it is asked for; ``around`` runs it and says what went wrong."""

    _esm = _ESM
    label = traitlets.Unicode().tag(sync=True)
    busy = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        label: Said,
        name: str,
        prepare: Callable[[], Awaitable[str]],
        around: Callable[[Awaitable[object]], Awaitable[object]],
        type: str = "application/json",  # noqa: A002 - the word of the Blob
    ) -> None:
        self._name, self._type, self._prepare, self._around = name, type, prepare, around
        super().__init__(label=said(label))
        self.on_msg(self._heard)

    async def give(self) -> None:
        """Make the text and hand it over."""
        text = await self._prepare()
        self.send({"name": self._name, "text": text, "type": f"{self._type};charset=utf-8"})

    def _heard(self, _widget: Download, content: Any, _buffers: Any) -> None:
        if isinstance(content, dict) and content.get("wanted") and not self.busy:
            self.busy = True
            spawn(self._once())

    async def _once(self) -> None:
        try:
            await self._around(self.give())
        finally:
            self.busy = False

    def __repr__(self) -> str:
        return f"<Download {self._name!r}>"
