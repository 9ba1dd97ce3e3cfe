"""ONCE: a text that is shown this one time, such as a new token. It goes out in one message and stays in no trait.

So neither the page's state nor a saved notebook holds it, and a page that is reloaded does not show it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import anywidget
import traitlets

from workbench.sentence import N_

from .piece import Said, said

__all__ = ["Once"]

WORDS: Mapping[str, str] = {
    "copy": N_("Copy"),
    "copied": N_("Copied"),
    "failed": N_("The browser did not allow it. Select the text and copy it by keyboard."),
    "gone": N_("It was shown once and is not kept here."),
}

_ESM = """
function render({ model, el }) {
  const words = model.get("words");
  const box = document.createElement("pre");
  box.className = "wb-code";
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", model.get("label"));
  const code = document.createElement("code");
  box.append(code);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "wb-btn wb-secondary";
  button.textContent = words.copy;
  const told = document.createElement("span");
  told.className = "wb-hint";
  told.setAttribute("role", "status");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      told.textContent = words.copied;
    } catch {
      told.textContent = words.failed;
    }
  });
  model.on("msg:custom", ({ text }) => {
    code.textContent = text || words.gone;
    button.hidden = !text;
  });
  el.classList.add("wb-once");
  el.replaceChildren(box, button, told);
  model.send({ drawn: true });
}
export default { render };
"""


class Once(anywidget.AnyWidget):
    """The text, with a button that copies it. It is handed to the first view that is drawn, and forgotten."""

    _esm = _ESM
    label = traitlets.Unicode().tag(sync=True)
    words: traitlets.Dict[str, str] = traitlets.Dict().tag(sync=True)

    def __init__(self, text: str, label: Said) -> None:
        self._text = text
        super().__init__(label=said(label), words={key: said(word) for key, word in WORDS.items()})
        self.on_msg(self._heard)

    def _heard(self, _widget: Once, content: Any, _buffers: Any) -> None:
        if isinstance(content, dict) and content.get("drawn"):
            text, self._text = self._text, ""
            self.send({"text": text})

    def __repr__(self) -> str:
        return "<Once>"
