"""SLIDER: one of several stops, from little to much, by mouse, finger or arrow keys; what is chosen is told while it is dragged.

The stops have their words from here, so that a screen reader hears ``1.5 s`` and not the number of a place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import anywidget
import traitlets

from .piece import Said, Words, said

__all__ = ["Slider"]

_ESM = """
function render({ model, el }) {
  // Each widget has its own copy of this module, so a count would begin anew in each.
  const id = `wb-slider-${Math.random().toString(36).slice(2)}`;
  const h = (tag, attributes, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  };
  const label = h("label", { class: "wb-label", for: id });
  const value = h("output", { class: "wb-slider-value", for: id });
  const input = h("input", { type: "range", class: "wb-slider", id, min: 0, step: 1, "aria-describedby": `${id}-hint` });
  const ends = h("div", { class: "wb-slider-ends", "aria-hidden": "true" }, h("span", {}), h("span", {}));
  const hint = h("p", { class: "wb-hint", id: `${id}-hint` });
  const field = h("div", { class: "wb-field" }, h("div", { class: "wb-label-row" }, label, value), input, ends, hint);
  el.classList.add("wb-piece", "wb-piece-slider");
  el.replaceChildren(field);

  const words = () => {
    const texts = model.get("texts");
    const text = texts[Number(input.value)] ?? "";
    value.textContent = text;
    input.setAttribute("aria-valuetext", text);
    input.style.setProperty("--wb-at", `${(100 * Number(input.value)) / Math.max(1, texts.length - 1)}%`);
  };
  // What is dragged is told at most so often, and what it ends at always.
  let timer = 0;
  let waiting = false;
  const tell = () => {
    waiting = false;
    model.set("at", Number(input.value));
    model.save_changes();
  };
  const moved = () => {
    words();
    if (timer) { waiting = true; return; }
    tell();
    timer = setTimeout(function again() {
      timer = 0;
      if (waiting) { tell(); timer = setTimeout(again, 60); }
    }, 60);
  };
  const draw = () => {
    const texts = model.get("texts");
    label.textContent = model.get("label");
    hint.textContent = model.get("hint");
    hint.hidden = !model.get("hint");
    ends.firstChild.textContent = texts[0] ?? "";
    ends.lastChild.textContent = texts[texts.length - 1] ?? "";
    input.max = Math.max(0, texts.length - 1);
    if (!timer) input.value = model.get("at");
    input.disabled = model.get("disabled");
    words();
  };
  input.addEventListener("input", moved);
  model.on("change:at change:texts change:label change:hint change:disabled", draw);
  draw();
  return () => clearTimeout(timer);
}
export default { render };
"""


class Slider(anywidget.AnyWidget):
    """``value`` is the figure of the stop that is chosen; one that is no stop is put among them. ``form`` writes a figure."""

    _esm = _ESM
    label = Words().tag(sync=True)
    hint = Words().tag(sync=True)
    texts = traitlets.List(traitlets.Unicode()).tag(sync=True)
    at = traitlets.Int(0).tag(sync=True)
    disabled = traitlets.Bool(False).tag(sync=True)
    error = Words()

    def __init__(
        self,
        label: Said,
        stops: Sequence[float],
        value: float,
        form: Callable[[float], Said],
        hint: Said = "",
        **state: Any,
    ) -> None:
        self._form = form
        self._stops = sorted({*stops, value})
        super().__init__(
            label=label,
            hint=hint,
            texts=[said(form(stop)) for stop in self._stops],
            at=self._stops.index(value),
            **state,
        )

    @traitlets.validate("at")
    def _a_stop(self, proposal: Any) -> int:
        """Return the nearest place there is: what a browser sends is not trusted."""
        return int(min(max(proposal["value"], 0), max(len(self._stops) - 1, 0)))

    @property
    def stops(self) -> tuple[float, ...]:
        """The figures that can be chosen."""
        return tuple(self._stops)

    @property
    def value(self) -> float:
        """The figure that is chosen."""
        return self._stops[self.at]

    @value.setter
    def value(self, value: float) -> None:
        if value not in self._stops:
            at = self._stops[self.at]
            self._stops = sorted({*self._stops, value})
            with self.hold_trait_notifications():
                self.texts = [said(self._form(stop)) for stop in self._stops]
                self.set_trait("at", self._stops.index(at))
        self.at = self._stops.index(value)

    def __repr__(self) -> str:
        return f"<Slider {self.label!r}>"
