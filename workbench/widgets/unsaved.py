"""UNSAVED: before a page is left in which something was typed and not kept yet, the browser asks, in its own words."""

from __future__ import annotations

import anywidget
import traitlets

__all__ = ["Unsaved"]

_ESM = """
function render({ model, el }) {
  el.hidden = true;
  // The browser gives the sentence: no page may write one. It asks only somebody who has touched the page.
  const leave = (event) => {
    if (!model.get("typed")) return;
    event.preventDefault();
    event.returnValue = true;
  };
  addEventListener("beforeunload", leave);
  return () => removeEventListener("beforeunload", leave);
}
export default { render };
"""


class Unsaved(anywidget.AnyWidget):
    """Stands in a form and is not seen. While ``typed`` is set, a reload or a closed tab is asked about before what is typed is lost."""

    _esm = _ESM
    typed = traitlets.Bool(False).tag(sync=True)

    def __repr__(self) -> str:
        return f"<Unsaved {self.typed}>"
