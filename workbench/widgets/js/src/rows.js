import { focusable, follow, h, set, uid } from "./base.js";

// A grid of which one row can be chosen; one row is in the tab order, arrows move among them.
// https://www.w3.org/WAI/ARIA/apg/patterns/grid/
export function rows({ model, el }) {
  const id = uid("list");
  const head = h("tr", { role: "row" });
  const body = h("tbody", { role: "rowgroup" });
  const caption = h("caption", { class: "wb-hidden", id });
  const table = h(
    "table",
    { class: "wb-table wb-rowlist", role: "grid", "aria-labelledby": id },
    caption,
    h("thead", { role: "rowgroup" }, head),
    body,
  );
  const empty = h("p", { class: "wb-empty" });
  el.replaceChildren(h("div", { class: "wb-scroll" }, table), empty);

  const choose = (row) => {
    if (model.get("selected") === row) return;
    model.set("selected", row);
    model.save_changes();
  };
  const mark = () => {
    const chosen = model.get("selected");
    const lines = [...body.children];
    const stop = lines.find((line) => line.dataset.id === chosen) ?? lines[0];
    for (const line of lines) {
      line.setAttribute("aria-selected", String(line.dataset.id === chosen));
      line.tabIndex = line === stop ? 0 : -1;
    }
  };
  const stay = (line) => {
    for (const other of body.children) other.tabIndex = other === line ? 0 : -1;
  };
  const move = (line) => {
    if (!line) return;
    stay(line);
    line.focus();
  };
  const keys = {
    ArrowDown: (line) => move(line.nextElementSibling),
    ArrowUp: (line) => move(line.previousElementSibling),
    Home: () => move(body.firstElementChild),
    End: () => move(body.lastElementChild),
    " ": (line) => choose(line.dataset.id),
    Enter: (line) => (choose(line.dataset.id), model.send({ open: line.dataset.id })),
  };

  body.addEventListener("keydown", (event) => {
    const line = event.target.closest("tr");
    if (!keys[event.key] || !line) return;
    event.preventDefault();
    keys[event.key](line);
  });
  body.addEventListener("click", (event) => {
    const line = event.target.closest("tr");
    if (line) (choose(line.dataset.id), move(line));
  });
  body.addEventListener("dblclick", (event) => {
    const line = event.target.closest("tr");
    if (line) model.send({ open: line.dataset.id });
  });

  // The colours of a bar say nothing that the text below it and the columns beside it do not say.
  const bar = ({ text, parts }) => {
    const segments = parts.map(({ state, share }) => {
      const segment = h("span", { class: `wb-segment wb-segment-${state}` });
      segment.style.flexGrow = share;
      return segment;
    });
    return h("div", { class: "wb-bar-cell" }, h("div", { class: "wb-segmented", "aria-hidden": "true" }, ...segments), text);
  };
  const cell = (value) => {
    if (value === null || value === undefined || value === "") return "–";
    if (value.parts) return bar(value);
    if (typeof value === "object") return h("span", { class: `wb-badge wb-${value.kind}`, text: value.text });
    return value;
  };
  // A row keeps its line while it is drawn anew: a click that begins before that ends on the same one.
  let lines = new Map();
  follow(model, ["columns", "rows", "label", "empty"], () => {
    const columns = model.get("columns");
    const focused = body.contains(document.activeElement) ? document.activeElement.dataset.id : null;
    caption.textContent = model.get("label");
    head.replaceChildren(
      ...columns.map(({ label, kind }) => h("th", { role: "columnheader", scope: "col", class: kind === "number" ? "wb-num" : null, text: label })),
    );
    const kept = model.get("rows").map((row) => {
      const line = lines.get(row.id) ?? h("tr", { role: "row", "data-id": row.id });
      const drawn = JSON.stringify([row, columns]);
      if (line.drawn !== drawn)
        line.replaceChildren(...columns.map(({ key, kind }) => h("td", { role: "gridcell", class: `wb-cell-${kind}` }, cell(row[key]))));
      line.drawn = drawn;
      return line;
    });
    lines = new Map(kept.map((line) => [line.dataset.id, line]));
    if (kept.length !== body.children.length || kept.some((line, at) => line !== body.children[at])) body.replaceChildren(...kept);
    const some = model.get("rows").length > 0;
    table.hidden = !some;
    empty.hidden = some;
    empty.textContent = model.get("empty");
    mark();
    if (focused && document.activeElement === lines.get(focused)) stay(document.activeElement);
    else if (focused) move(lines.get(focused));
  });
  model.on("change:selected", mark);
  set(table, "tabindex", null);
  focusable(model, () => body.querySelector('[tabindex="0"]'));
}
