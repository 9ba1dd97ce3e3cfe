"""TAGS MATRIX: a table to tick: one row for each thing, one column for each way, and beside them how it stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import anywidget
import traitlets

from workbench.sentence import N_

from .piece import Said, Words, said

__all__ = ["Matrix"]

_ESM: Final = """
const h = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") node.textContent = value;
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
};
function render({ model, el }) {
  const words = (name, values) => model.get("labels")[name].replace(/\\{(\\w+)\\}/g, (slot, key) => values[key] ?? slot);
  const body = h("div", { class: "wb-scroll", role: "region", tabindex: "0" });
  const cell = (row, [way, label]) => {
    if (!row.possible.includes(way)) {
      return h("td", { class: "wb-matrix-no" }, h("span", { "aria-hidden": "true", text: "–" }),
        h("span", { class: "wb-hidden", text: words("never", { what: row.title, way: label }) }));
    }
    const name = words("tick", { what: row.title, way: label });
    const box = h("input", { type: "checkbox", "aria-label": name, "data-at": `${row.key} ${way}` });
    box.checked = row.chosen.includes(way);
    box.addEventListener("change", () => model.send({ key: row.key, way, on: box.checked }));
    return h("td", { class: "wb-matrix-cell" }, box);
  };
  const draw = () => {
    const ways = model.get("ways"), rows = model.get("rows"), head = model.get("head");
    const at = el.contains(document.activeElement) ? document.activeElement.dataset.at : "";
    const titles = [h("th", { scope: "col", text: head[0] }),
      ...ways.map(([, label]) => h("th", { scope: "col", class: "wb-matrix-cell", text: label })),
      ...head.slice(1).map((text) => h("th", { scope: "col", text }))];
    const lines = [];
    let group = "";
    for (const row of rows) {
      if (row.group !== group) {
        group = row.group;
        lines.push(h("tr", {}, h("th", { scope: "colgroup", colspan: ways.length + 3, class: "wb-matrix-group", text: group })));
      }
      lines.push(h("tr", {}, h("th", { scope: "row", text: row.title }), ...ways.map((way) => cell(row, way)),
        h("td", {}, h("span", { class: `wb-badge wb-${row.kind}`, text: row.state })),
        h("td", { class: "wb-matrix-why", text: row.why })));
    }
    const table = h("table", { class: "wb-table wb-matrix" }, h("thead", {}, h("tr", {}, ...titles)), h("tbody", {}, ...lines));
    body.setAttribute("aria-label", model.get("label"));
    body.replaceChildren(table);
    if (at) body.querySelector(`[data-at="${CSS.escape(at)}"]`)?.focus();
  };
  model.on("change:rows", draw);
  el.classList.add("wb-piece", "wb-html");
  el.replaceChildren(body);
  draw();
  return () => model.off("change:rows", draw);
}
export default { render };
"""


class Matrix(anywidget.AnyWidget):
    """The table. ``rows`` holds ``{key, title, group, possible, chosen, state, kind, why}``; ``ticked(key, way, on)`` hears each tick."""

    _esm = _ESM
    label = Words().tag(sync=True)
    labels: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)
    head: traitlets.List[Any] = traitlets.List().tag(sync=True)
    ways: traitlets.List[Any] = traitlets.List().tag(sync=True)
    rows: traitlets.List[Any] = traitlets.List().tag(sync=True)

    def __init__(
        self, label: Said, ways: Sequence[tuple[str, str]], ticked: Callable[[str, str, bool], object], *, head: Sequence[Said]
    ) -> None:  # fmt: skip
        self._tell = ticked
        labels = {"tick": said(N_("{what} by {way}")), "never": said(N_("{what} cannot be told by {way}"))}
        super().__init__(
            label=label, labels=labels, ways=[list(way) for way in ways], head=[said(text) for text in head]
        )
        self.on_msg(self._heard)

    def __repr__(self) -> str:
        return f"<Matrix of {len(self.rows)}>"

    def _heard(self, _widget: Matrix, content: Any, _buffers: Any) -> None:
        """Take a tick of the browser, of a cell that there is."""
        if not isinstance(content, dict):
            return
        row = next((row for row in self.rows if row["key"] == content.get("key")), None)
        if row is not None and content.get("way") in row["possible"]:
            self._tell(row["key"], content["way"], bool(content.get("on")))
