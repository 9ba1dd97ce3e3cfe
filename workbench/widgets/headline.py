"""HEADLINE: the title of what has just been opened. It takes the keyboard's focus once, so that nobody is left behind.

A message that asks for the focus would come before the part is drawn, so the wish travels with the part.
"""

from __future__ import annotations

from typing import Any

import anywidget
import traitlets

from .piece import Said, Words

__all__ = ["Headline"]

_ESM = """
function render({ model, el }) {
  const draw = () => {
    const title = document.createElement(`h${model.get("level")}`);
    title.className = `wb-h${model.get("level")}`;
    title.textContent = model.get("title");
    title.tabIndex = -1;
    const under = document.createElement("p");
    under.className = "wb-subtitle";
    under.textContent = model.get("subtitle");
    el.replaceChildren(title, ...(under.textContent ? [under] : []));
    return title;
  };
  el.classList.add("wb-html", "wb-heading");
  model.on("change:title change:subtitle", draw);
  // A part is drawn before it stands on the page, and what stood there before may drop the focus a moment later.
  const hold = (title, until) => {
    const lost = !document.activeElement || document.activeElement === document.body;
    if (title.getClientRects().length && (lost || title.dataset.wanted)) {
      delete title.dataset.wanted;
      title.focus({ preventScroll: true });
      const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
      title.scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
    }
    if (performance.now() < until) requestAnimationFrame(() => hold(title, until));
  };
  const take = (title) => {
    if (!model.get("focus")) return;
    model.set("focus", false);
    model.save_changes();
    title.dataset.wanted = "true";
    hold(title, performance.now() + 1500);
  };
  model.on("change:focus", () => take(el.firstElementChild));
  take(draw());
}
export default { render };
"""


class Headline(anywidget.AnyWidget):
    """A title of ``level`` with a line under it; with ``focus`` it takes the focus when it is drawn, or when that is set later."""

    _esm = _ESM
    title = Words().tag(sync=True)
    subtitle = Words().tag(sync=True)
    level = traitlets.Int(2).tag(sync=True)
    focus = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self, title: Said, subtitle: Said = "", level: int = 2, focus: bool = True, **state: Any
    ) -> None:
        super().__init__(title=title, subtitle=subtitle, level=level, focus=focus, **state)

    def __repr__(self) -> str:
        return f"<Headline {self.title!r}>"
