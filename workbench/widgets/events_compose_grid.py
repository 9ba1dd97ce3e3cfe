"""EVENT GRID: the rows of an array as a small table to type in: add, remove, move, and paste cells from a spreadsheet.

One widget for the whole table: a field of its own for each cell would be a hundred models for ten products.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import anywidget
import traitlets

from workbench.sentence import N_

from .piece import Said, Words, said

__all__ = ["ArrayGrid"]

_ESM = """
const h = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") node.textContent = value;
    else if (name === "on") for (const [event, hear] of Object.entries(value)) node.addEventListener(event, hear);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
};
let made = 0;
function render({ model, el }) {
  const id = `wb-grid-${made += 1}`;
  const words = (name, values = {}) =>
    (model.get("labels")[name] ?? name).replace(/\\{(\\w+)\\}/g, (slot, key) => values[key] ?? slot);
  let timer = 0, mine = "";
  const rows = () => [...body.rows].map((row) =>
    Object.fromEntries([...row.querySelectorAll("input")].map((input) => [input.dataset.column, input.value])));
  const send = () => {
    clearTimeout(timer);
    const now = rows();
    mine = JSON.stringify(now);
    model.set("rows", now);
    model.save_changes();
  };
  const later = () => { clearTimeout(timer); timer = setTimeout(send, 120); };
  const put = (next, focus) => {
    mine = JSON.stringify(next);
    model.set("rows", next);
    model.save_changes();
    draw();
    if (focus) body.rows[focus.row]?.querySelectorAll(focus.what ?? "input")[focus.at ?? 0]?.focus();
  };
  const head = h("tr"), body = h("tbody"), empty = h("p", { class: "wb-empty" });
  const add = h("button", { type: "button", class: "wb-btn wb-secondary", on: { click: () => {
    const blank = Object.fromEntries(model.get("columns").map(({ name }) => [name, ""]));
    put([...rows(), blank], { row: body.rows.length });
  } } });
  const table = h("table", { class: "wb-table wb-event-grid" }, h("thead", {}, head), body);
  const scroll = h("div", { class: "wb-scroll", role: "region", tabindex: "0" }, table);
  const below = h("ul", { class: "wb-event-grid-errors", id: `${id}-errors`, "aria-live": "polite" });
  const move = (at, by) => {
    const next = rows();
    [next[at], next[at + by]] = [next[at + by], next[at]];
    const what = by < 0 ? ".wb-event-up" : ".wb-event-down";
    put(next, { row: at + by, what });
  };
  const drop = (at) => put(rows().filter((_, other) => other !== at), { row: Math.max(0, at - 1) });
  const paste = (event, at, column) => {
    const text = event.clipboardData?.getData("text") ?? "";
    if (!/[\\t\\n]/.test(text.trim())) return;
    event.preventDefault();
    const names = model.get("columns").map(({ name }) => name), next = rows();
    const start = names.indexOf(column);
    text.replace(/\\r/g, "").replace(/\\n$/, "").split("\\n").forEach((line, down) => {
      const row = next[at + down] ?? (next[at + down] = Object.fromEntries(names.map((name) => [name, ""])));
      line.split("\\t").forEach((cell, right) => { if (names[start + right]) row[names[start + right]] = cell; });
    });
    put(next, { row: at, at: start });
  };
  const icon = (name, path) => {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg"), line = document.createElementNS(space, "path");
    line.setAttribute("d", path);
    svg.append(line);
    const drawn = { class: "wb-glyph", viewBox: "0 0 16 16", "aria-hidden": "true" };
    for (const [key, value] of Object.entries(drawn)) svg.setAttribute(key, value);
    return svg;
  };
  const tool = (name, path, at, off, act) => h("button", {
    type: "button", class: `wb-btn wb-quiet wb-icon-only wb-event-${name}`, disabled: off,
    "aria-label": words(name, { number: at + 1 }), title: words(name, { number: at + 1 }), on: { click: act },
  }, icon(name, path));
  function draw() {
    const columns = model.get("columns"), known = model.get("rows"), errors = model.get("errors");
    head.replaceChildren(h("th", { scope: "col", class: "wb-num", text: words("row") }),
      ...columns.map(({ name, type, title }) => h("th", { scope: "col", title: title ? name : null },
        h("span", { text: title || name }), type ? h("small", { text: ` ${type}` }) : null)),
      h("th", { scope: "col" }, h("span", { class: "wb-hidden", text: words("tools") })));
    body.replaceChildren(...known.map((row, at) => h("tr", {},
      h("td", { class: "wb-num", text: at + 1 }),
      ...columns.map(({ name, title }) => h("td", {}, h("input", {
        class: "wb-input", type: "text", autocomplete: "off", spellcheck: "false", "data-column": name,
        "aria-label": words("cell", { column: title || name, number: at + 1 }),
        on: { input: later, blur: () => { if (JSON.stringify(rows()) !== mine) send(); }, paste: (event) => paste(event, at, name) },
      }))),
      h("td", { class: "wb-event-tools" },
        tool("up", "M8 13V3M4 7l4-4 4 4", at, at === 0, () => move(at, -1)),
        tool("down", "M8 3v10M4 9l4 4 4-4", at, at === known.length - 1, () => move(at, 1)),
        tool("remove", "M3 4.5h10M6.5 4.5v-2h3v2M4.5 4.5l.5 9h6l.5-9", at, false, () => drop(at))))));
    [...body.rows].forEach((row, at) => row.querySelectorAll("input").forEach((input) => {
      input.value = known[at][input.dataset.column] ?? "";
    }));
    scroll.hidden = !known.length;
    empty.hidden = !!known.length;
    empty.textContent = model.get("empty");
    add.textContent = words("add");
    scroll.setAttribute("aria-label", model.get("label"));
    mark();
  }
  function mark() {
    const errors = model.get("errors");
    [...body.rows].forEach((row, at) => row.querySelectorAll("input").forEach((input) => {
      const wrong = !!errors[`${at}.${input.dataset.column}`];
      if (wrong) input.setAttribute("aria-invalid", "true"); else input.removeAttribute("aria-invalid");
      if (wrong) input.setAttribute("aria-describedby", `${id}-errors`); else input.removeAttribute("aria-describedby");
    }));
    below.replaceChildren(...Object.values(errors).map((text) => h("li", { class: "wb-error", text })));
    below.hidden = !below.children.length;
  }
  const heard = () => { if (JSON.stringify(model.get("rows")) !== mine) { mine = JSON.stringify(model.get("rows")); draw(); } };
  const focus = (message) => { if (message.focus) (body.querySelector("[aria-invalid]") ?? body.querySelector("input") ?? add).focus(); };
  const title = h("div", { class: "wb-label-row" }, h("span", { class: "wb-label", text: model.get("label") }));
  const hint = h("p", { class: "wb-hint", text: model.get("hint"), hidden: !model.get("hint") });
  model.on("change:rows", heard);
  model.on("change:columns", draw);
  model.on("change:errors", mark);
  model.on("msg:custom", focus);
  el.classList.add("wb-piece");
  const group = { class: "wb-field wb-event-array", role: "group", "aria-label": model.get("label") };
  el.replaceChildren(h("div", group, title, hint, scroll, empty, below, add));
  draw();
  return () => {
    clearTimeout(timer);
    model.off("change:rows", heard);
    model.off("change:columns", draw);
    model.off("change:errors", mark);
  };
}
export default { render };
"""
MOST_ROWS: Final = 500
_WORDS: Final[Mapping[str, str]] = {
    "row": N_("Row"),
    "tools": N_("Move or remove"),
    "cell": N_("{column} in row {number}"),
    "up": N_("Move row {number} up"),
    "down": N_("Move row {number} down"),
    "remove": N_("Remove row {number}"),
    "add": N_("Add a row"),
}


class ArrayGrid(anywidget.AnyWidget):
    """The table. ``rows`` holds a text for each column by its name; ``errors`` a sentence by ``row.column``, rows from 0.

    A column may have a ``title``, which is then shown in its name's place.
    """

    _esm = _ESM
    label = Words().tag(sync=True)
    hint = Words().tag(sync=True)
    empty = Words().tag(sync=True)
    labels: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)
    columns: traitlets.List[Any] = traitlets.List().tag(sync=True)
    rows: traitlets.List[Any] = traitlets.List().tag(sync=True)
    errors: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)

    def __init__(
        self, label: Said, columns: Sequence[Mapping[str, str]], *, hint: Said = "", empty: Said = ""
    ) -> None:
        labels = {name: said(text) for name, text in _WORDS.items()}
        super().__init__(label=label, columns=list(columns), hint=hint, empty=empty, labels=labels)

    @traitlets.validate("rows")
    def _texts(self, proposal: Any) -> list[dict[str, str]]:
        return [
            {str(name): str(cell) for name, cell in row.items()}
            for row in proposal["value"][:MOST_ROWS]
            if isinstance(row, dict)
        ]

    @traitlets.validate("errors")
    def _said(self, proposal: Any) -> dict[str, str]:
        return {place: said(text) for place, text in proposal["value"].items()}

    def focus(self) -> None:
        """Put the keyboard's focus into the first wrong cell, else into the first one."""
        self.send({"focus": True})

    def __repr__(self) -> str:
        return f"<ArrayGrid {self.label!r}>"
