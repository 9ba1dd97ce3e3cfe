import { errorLine, focusable, follow, h, icon, set, uid, word } from "./base.js";
import { seal } from "./seal.js";

// A row's value is sent when the focus leaves the row, not while it is typed: one that is locked at once was never
// sent plain. Until then it is the row's `draft`.
export function headers({ model, el }) {
  const id = uid("rows");
  const legend = h("legend", { class: "wb-label" });
  const hint = h("p", { class: "wb-hint", id: `${id}-hint` });
  const list = h("ul", { class: "wb-hrows" });
  const none = h("p", { class: "wb-empty" });
  const problem = errorLine(model, `${id}-problem`);
  const add = h("button", { type: "button", class: "wb-btn wb-secondary" }, icon("plus"), h("span"));
  const root = h(
    "fieldset",
    { class: "wb-field wb-headers", "aria-describedby": `${id}-hint ${id}-problem` },
    h("div", { class: "wb-label-row" }),
    hint,
    list,
    none,
    h("div", { "aria-live": "polite" }, problem.line),
    add,
  );
  root.prepend(legend);
  el.replaceChildren(root);

  const rows = new Map();
  let timer = 0;

  const isSecret = (row) => model.get("secret_names").includes(row.name.trim().toLowerCase());
  const plain = () => [...rows.values()].map(({ id, name, value, locked, masked }) => ({ id, name, value, locked, masked }));
  const sync = () => {
    clearTimeout(timer);
    model.set("rows", plain());
    model.save_changes();
  };
  const syncLater = () => {
    clearTimeout(timer);
    timer = setTimeout(sync, 80);
  };
  const flush = (row) => {
    if (row.draft === undefined) return;
    row.value = row.draft;
    row.draft = undefined;
    sync();
  };

  const lock = async (row) => {
    const text = row.draft ?? row.value;
    if (!text) return row.nodes.value.focus();
    let box;
    try {
      box = await seal(model.get("public_key"), text);
    } catch (error) {
      row.refusal = word(model, error.reason ?? "failed");
      row.draft = "";
      row.value = "";
      sync();
      return paint(row);
    }
    const here = row.nodes.item.contains(document.activeElement);
    Object.assign(row, { draft: undefined, value: "", locked: true, masked: "****", replacing: false, refusal: "" });
    sync();
    model.send({ sealed: box, row: row.id });
    paint(row);
    if (here) row.nodes.swap.focus();
  };

  const leave = (row) => {
    if (row.replacing && !row.draft) {
      Object.assign(row, { replacing: false, draft: undefined });
      return paint(row);
    }
    if (row.draft && (row.replacing || (isSecret(row) && !row.draft.includes("{{")))) return lock(row);
    return flush(row);
  };

  const remove = (row) => {
    const order = [...rows.values()];
    const at = order.indexOf(row);
    rows.delete(row.id);
    row.nodes.item.remove();
    number();
    sync();
    if (row.locked) model.send({ removed: true, row: row.id });
    const next = order[at + 1] ?? order[at - 1];
    (next ? next.nodes.bin : add).focus();
  };

  const append = (parts = {}, after = null) => {
    let count = rows.size + 1;
    while (rows.has(`r${count}`)) count += 1;
    const row = { id: `r${count}`, name: "", value: "", locked: false, masked: "", young: true, ...parts };
    build(row);
    const order = [...rows.values()];
    order.splice(after ? order.indexOf(after) + 1 : order.length, 0, row);
    rows.clear();
    for (const one of order) rows.set(one.id, one);
    list.replaceChildren(...order.map((one) => one.nodes.item));
    number();
    return row;
  };

  // "Accept: text/html" pasted into the name box is a name and a value; several lines are several rows.
  const paste = (row, event) => {
    const lines = (event.clipboardData?.getData("text") ?? "").split(/\r?\n/).filter((line) => line.trim());
    if (!lines.some((line) => line.includes(":"))) return;
    event.preventDefault();
    let last = row;
    lines.forEach((line, at) => {
      const colon = line.includes(":") ? line.indexOf(":") : line.length;
      const parts = { name: line.slice(0, colon).trim(), draft: line.slice(colon + 1).trim() };
      if (at === 0) Object.assign(row, parts);
      else last = append(parts, last);
      paint(last);
    });
    sync();
    last.nodes.value.focus();
  };

  function build(row) {
    const key = `${id}-${row.id}`;
    const name = h("input", { class: "wb-input wb-mono", type: "text", autocomplete: "off", autocapitalize: "off", spellcheck: "false" });
    const value = name.cloneNode();
    const mask = h("input", { class: "wb-input wb-mono wb-masked", type: "text", readonly: true });
    const seals = h("button", { type: "button", class: "wb-btn wb-secondary" }, icon("lock"), h("span"));
    const swap = h("button", { type: "button", class: "wb-btn wb-secondary" }, icon("swap"), h("span"));
    const bin = h("button", { type: "button", class: "wb-btn wb-quiet wb-icon-only" }, icon("bin"));
    const nameError = errorLine(model, `${key}-name-error`);
    const valueError = errorLine(model, `${key}-value-error`);
    const note = h("p", { class: "wb-hint", id: `${key}-note` });
    const below = h("div", { class: "wb-hrow-below", "aria-live": "polite" }, nameError.line, valueError.line, note);
    const item = h("li", { class: "wb-hrow" }, name, value, mask, seals, swap, bin, below);
    row.nodes = { item, name, value, mask, seals, swap, bin, note, nameError, valueError };

    name.addEventListener("input", () => ((row.name = name.value), paint(row), syncLater()));
    name.addEventListener("blur", () => model.get("rows").some((kept) => kept.id === row.id && kept.name === row.name) || (rows.has(row.id) && sync()));
    name.addEventListener("paste", (event) => paste(row, event));
    name.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.isComposing) (row.locked ? swap : value).focus();
    });
    value.addEventListener("input", () => ((row.draft = value.value), (row.refusal = "")));
    value.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      const last = [...rows.values()].at(-1) === row;
      if (last) addRow();
      else [...rows.values()][[...rows.values()].indexOf(row) + 1].nodes.name.focus();
    });
    item.addEventListener("focusout", (event) => {
      if (document.hasFocus() && rows.has(row.id) && !item.contains(event.relatedTarget)) leave(row);
    });
    seals.addEventListener("click", () => lock(row));
    swap.addEventListener("click", () => ((row.replacing = true), (row.draft = ""), paint(row), value.focus()));
    bin.addEventListener("click", () => remove(row));
  }

  function paint(row) {
    const { item, name, value, mask, seals, swap, bin, note, nameError, valueError } = row.nodes;
    const errors = model.get("errors")[row.id] ?? {};
    const hidden = row.locked && !row.replacing;
    const secret = isSecret(row) && !hidden;
    item.classList.toggle("wb-locked", hidden);
    // Only the one that is shown is named: two inputs of one name would be one too many.
    const named = word(model, "value_of", { number: [...rows.keys()].indexOf(row.id) + 1 });
    set(value, "aria-label", hidden ? null : named);
    set(mask, "aria-label", hidden ? named : null);
    for (const node of [value, seals]) node.hidden = hidden;
    for (const node of [mask, swap]) node.hidden = !hidden;
    if (name.value !== row.name) name.value = row.name;
    const shown = row.draft ?? row.value;
    if (value.value !== shown) value.value = shown;
    value.type = secret || row.replacing ? "password" : "text";
    mask.value = row.masked;
    nameError.show(errors.name);
    valueError.show(row.refusal || errors.value);
    note.textContent = secret ? word(model, "auto") : "";
    note.hidden = !note.textContent;
    set(name, "aria-invalid", errors.name ? "true" : null);
    set(name, "aria-describedby", errors.name ? nameError.line.id : null);
    for (const input of [value, mask]) {
      const wrong = row.refusal || errors.value;
      set(input, "aria-invalid", wrong ? "true" : null);
      set(input, "aria-describedby", [wrong && valueError.line.id, secret && note.id].filter(Boolean).join(" ") || null);
    }
    for (const node of [name, value, seals, swap, bin]) node.disabled = model.get("disabled");
  }

  function number() {
    [...rows.values()].forEach((row, at) => {
      const { name, value, seals, swap, bin } = row.nodes;
      const say = (key) => word(model, key, { number: at + 1 });
      name.setAttribute("aria-label", say("name_of"));
      name.placeholder = word(model, "name");
      value.placeholder = word(model, "value");
      seals.setAttribute("aria-label", say("lock_of"));
      seals.querySelector("span").textContent = word(model, "lock");
      swap.setAttribute("aria-label", say("replace_of"));
      swap.querySelector("span").textContent = word(model, "replace");
      bin.setAttribute("aria-label", say("delete"));
      bin.title = say("delete");
      paint(row);
    });
    none.hidden = rows.size > 0;
  }

  // Python's rows win, except what is being typed here and rows made here that it has not heard of yet.
  function reconcile() {
    const told = model.get("rows");
    const known = new Set(told.map((row) => row.id));
    const young = [...rows.values()].filter((row) => row.young && !known.has(row.id));
    const order = told.map((theirs) => {
      const row = rows.get(theirs.id) ?? { ...theirs };
      if (!row.nodes) build(row);
      const typing = document.activeElement === row.nodes.name;
      Object.assign(row, { value: theirs.value, locked: theirs.locked, masked: theirs.masked, young: false });
      if (!typing) row.name = theirs.name;
      if (!row.locked) row.replacing = false;
      return row;
    });
    rows.clear();
    for (const row of [...order, ...young]) rows.set(row.id, row);
    const nodes = [...rows.values()].map((row) => row.nodes.item);
    if (nodes.length !== list.children.length || nodes.some((node, at) => list.children[at] !== node)) list.replaceChildren(...nodes);
    number();
  }

  const addRow = () => {
    const row = append();
    sync();
    row.nodes.name.focus();
  };
  add.addEventListener("click", addRow);
  root.addEventListener("focusout", (event) => {
    if (!document.hasFocus() || root.contains(event.relatedTarget)) return;
    for (const row of rows.values()) leave(row);
  });

  follow(model, ["label", "hint", "labels", "problem", "disabled"], () => {
    legend.textContent = model.get("label");
    hint.textContent = model.get("hint");
    hint.hidden = !model.get("hint");
    none.textContent = word(model, "empty");
    add.querySelector("span").textContent = word(model, "add");
    add.disabled = model.get("disabled");
    problem.show(model.get("problem"));
    number();
  });
  follow(model, ["rows"], reconcile);
  model.on("change:errors change:secret_names", number);
  focusable(model, () => list.querySelector("[aria-invalid]") ?? list.querySelector("input") ?? add);
  return () => clearTimeout(timer);
}
