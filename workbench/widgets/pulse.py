"""PULSE: what is shown is looked at again and again, as long as somebody looks.

The browser beats, not the kernel: a closed tab asks no more, so its kernel falls idle and is culled; a tab in the background
rests; a notebook that is run without a browser leaves nothing running. A new look begins when the one before has ended.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import anywidget

from .piece import Words
from .spawn import spawn

__all__ = ["Pulse"]

Look = Callable[[], Awaitable[float | None]]
"""Looks once and returns the seconds until the next look, None when there is nothing more to see."""

_ESM = """
const PATIENCE = 20000;

function render({ model, el }) {
  const voice = document.createElement("div");
  voice.className = "wb-hidden";
  voice.setAttribute("role", "status");
  el.replaceChildren(voice);
  el.classList.add("wb-pulse");

  let timer = 0;
  let rests = false;
  const beat = () => {
    clearTimeout(timer);
    rests = document.hidden;
    if (rests) return;
    // An answer that never comes, as from a kernel that was restarted, must not be the end of it.
    timer = setTimeout(beat, PATIENCE);
    model.send({ beat: true });
  };
  const told = ({ next }) => {
    clearTimeout(timer);
    if (typeof next === "number") timer = setTimeout(beat, next * 1000);
  };
  const seen = () => { if (rests && !document.hidden) beat(); };
  const speak = () => { voice.textContent = model.get("news"); };

  model.on("msg:custom", told);
  model.on("change:news", speak);
  document.addEventListener("visibilitychange", seen);
  beat();
  return () => {
    clearTimeout(timer);
    model.off("msg:custom", told);
    model.off("change:news", speak);
    document.removeEventListener("visibilitychange", seen);
  };
}
export default { render };
"""


class Pulse(anywidget.AnyWidget):
    """Calls ``look`` at each beat of the browser; ``news`` is what a screen reader says, politely, when it changes."""

    _esm = _ESM
    news = Words().tag(sync=True)

    def __init__(self, look: Look, **state: Any) -> None:
        self._look = look
        self._looking = False
        super().__init__(**state)
        self.on_msg(self._heard)

    def again(self) -> None:
        """Let the browser look at once, and go on from there."""
        self.send({"next": 0})

    def _heard(self, _widget: Pulse, content: Any, _buffers: Any) -> None:
        if isinstance(content, dict) and content.get("beat") and not self._looking:
            self._looking = True
            spawn(self._once())

    async def _once(self) -> None:
        try:
            next_s = await self._look()
        finally:
            self._looking = False
        self.send({"next": next_s})

    def __repr__(self) -> str:
        return "<Pulse>"
