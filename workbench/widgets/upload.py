"""UPLOAD: a text file that a person chooses, handed over in slices; neither name nor content becomes state of the page.

A slice is sent when the one before has arrived: a large file never fills the websocket, whose messages are of limited size.
"""

from __future__ import annotations

import codecs
from collections.abc import Awaitable, Callable
from typing import Any, Final

import anywidget
import traitlets

from workbench.sentence import Sentence, say

from .piece import Said, Words, said
from .spawn import spawn

__all__ = ["TextFile"]

MOST_BYTES: Final = 64_000_000
SLICE_BYTES: Final = 1_000_000

_ESM = """
function render({ model, el }) {
  const input = document.createElement("input");
  input.type = "file";
  input.className = "wb-file-input";
  const text = document.createElement("span");
  const label = document.createElement("label");
  label.className = "wb-btn wb-file";
  label.append(text, input);
  const line = document.createElement("p");
  line.className = "wb-hint";
  line.setAttribute("role", "status");
  const error = document.createElement("p");
  error.className = "wb-error";
  error.setAttribute("role", "alert");

  let file = null;
  const slice = (from) => {
    if (!file) return;
    const part = file.slice(from, from + model.get("slice"));
    part.arrayBuffer().then(
      (bytes) => model.send({ slice: from, size: file.size, name: file.name }, {}, [bytes]),
      () => model.send({ unreadable: true }),
    );
  };
  const draw = () => {
    text.textContent = model.get("label");
    input.accept = model.get("accept");
    line.textContent = model.get("note");
    line.hidden = !line.textContent;
    error.textContent = model.get("error");
    error.hidden = !error.textContent;
  };
  const told = (message) => {
    if (typeof message.next === "number") slice(message.next);
    else file = null;
  };
  input.addEventListener("change", () => {
    file = input.files[0] ?? null;
    // So that the same file, put right meanwhile, can be chosen again.
    input.value = "";
    if (file) model.send({ begin: true, size: file.size, name: file.name });
  });
  model.on("msg:custom", told);
  for (const name of ["label", "accept", "note", "error"]) model.on(`change:${name}`, draw);
  el.classList.add("wb-piece");
  el.replaceChildren(label, line, error);
  draw();
  return () => model.off("msg:custom", told);
}
export default { render };
"""


class TextFile(anywidget.AnyWidget):
    """A button that lets a person choose a file of text in UTF-8. ``take`` is given its text, once."""

    _esm = _ESM
    label = Words().tag(sync=True)
    accept = traitlets.Unicode().tag(sync=True)
    note = Words().tag(sync=True)
    error = Words().tag(sync=True)
    slice = traitlets.Int(SLICE_BYTES).tag(sync=True)

    def __init__(self, label: Said, take: Callable[[str], Awaitable[object]], accept: str = "") -> None:
        self._take = take
        self._got: list[bytes] = []
        self._size = 0
        super().__init__(label=said(label), accept=accept)
        self.on_msg(self._heard)

    def _heard(self, _widget: TextFile, content: Any, buffers: Any) -> None:
        if not isinstance(content, dict):
            return
        if content.get("begin"):
            self._begin(content.get("size"))
        elif content.get("unreadable"):
            self._fail(say("The browser could not read the file. Choose it again."))
        elif isinstance(content.get("slice"), int) and len(buffers) == 1:
            self._add(content["slice"], bytes(buffers[0]))

    def _begin(self, size: Any) -> None:
        self._got.clear()
        self.error = self.note = ""
        self._size = size if isinstance(size, int) else 0
        if self._size > MOST_BYTES:
            self._fail(
                say(
                    "The file has {size} MB; a page takes {most} MB at most. Split it into smaller files.",
                    size=round(self._size / 1e6),
                    most=round(MOST_BYTES / 1e6),
                )
            )
        elif self._size <= 0:
            self._fail(say("The file is empty. Choose another one."))
        else:
            self._ask()

    def _add(self, at: int, part: bytes) -> None:
        if not part or at != self._have or at + len(part) > self._size:
            return  # not what was asked for
        self._got.append(part)
        if self._have < self._size:
            self._ask()
            return
        content = b"".join(self._got)
        self._got.clear()
        self.send({})
        try:
            text = content.removeprefix(codecs.BOM_UTF8).decode("utf-8")
        except UnicodeDecodeError:
            self._fail(
                say(
                    "The file is no text in UTF-8, so names with accents would be lost. "
                    "Save it as “CSV UTF-8” and choose it again."
                )
            )
            return
        self.note = ""
        spawn(self._give(text))

    async def _give(self, text: str) -> None:
        await self._take(text)

    @property
    def _have(self) -> int:
        return sum(map(len, self._got))

    def _ask(self) -> None:
        if self._size > SLICE_BYTES:
            self.note = say("{percent} % of the file is read.", percent=100 * self._have // self._size)
        self.send({"next": self._have})

    def _fail(self, sentence: Sentence) -> None:
        self._got.clear()
        self.send({})
        self.note, self.error = "", said(sentence)

    def __repr__(self) -> str:
        return "<TextFile>"
