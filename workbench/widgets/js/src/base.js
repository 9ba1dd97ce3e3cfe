// What every field shares: making elements, following traits, pushing a value, and the frame of label, hint and error.

let made = 0;
export const uid = (what) => `wb-${what}-${(made += 1)}`;

/** Return an element; `on` holds listeners, `text` its text (never markup), null and false leave an attribute out. */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    else if (name === "text") node.textContent = value;
    else set(node, name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** Set an attribute, or take it away when the value is null, undefined or false. */
export function set(node, name, value) {
  if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? "" : value);
}

/** Run `act` now and whenever one of the traits changes. */
export function follow(model, names, act) {
  for (const name of names) model.on(`change:${name}`, act);
  act();
}

/** Return the widget's word `name`, with `{named}` places filled in. */
export function word(model, name, values = {}) {
  const text = model.get("labels")[name] ?? name;
  return text.replace(/\{(\w+)\}/g, (place, key) => values[key] ?? place);
}

/**
 * Send a trait's value: `later` sends at once after a pause and then at most every 80 ms while typing goes on (the last value
 * always arrives), `now` does not wait, `flush` sends what waits.
 */
export function pusher(model, name, wait = 80) {
  let timer = 0;
  let waiting = false;
  let sent = -Infinity;
  let next;
  const flush = () => {
    clearTimeout(timer);
    timer = 0;
    if (!waiting) return;
    waiting = false;
    if (model.get(name) === next) return;
    sent = performance.now();
    model.set(name, next);
    model.save_changes();
  };
  const later = (value) => {
    next = value;
    waiting = true;
    if (timer) return;
    const rest = sent + wait - performance.now();
    if (rest <= 0) flush();
    else timer = setTimeout(flush, rest);
  };
  return { later, flush, now: (value) => (later(value), flush()), waiting: () => waiting };
}

const PATHS = {
  alert: "M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM8 4.5v4M8 11.2v.1",
  lock: "M4.5 7V5a3.5 3.5 0 0 1 7 0v2M3.5 7h9v6.5h-9z",
  eye: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8ZM8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z",
  hidden: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8ZM2.5 13.5l11-11",
  bin: "M3 4.5h10M6.5 4.5v-2h3v2M4.5 4.5l.5 9h6l.5-9",
  plus: "M8 3v10M3 8h10",
  swap: "M13 6A5.5 5.5 0 0 0 3.2 5M3 2v3.2h3.2M3 10a5.5 5.5 0 0 0 9.8 1M13 14v-3.2h-3.2",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  check: "M3 8.5 6.5 12 13 4.5",
};

/** Return a small line drawing; it only repeats what a text says, so it is hidden from screen readers. */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  for (const [key, value] of Object.entries({ class: "wb-glyph", viewBox: "0 0 16 16", "aria-hidden": "true" }))
    svg.setAttribute(key, value);
  return svg;
}

/** Return an error line: an icon, the word "Error" for screen readers, and the text in a node of its own. */
export function errorLine(model, id) {
  const text = h("span", { class: "wb-error-text" });
  const line = h("p", { class: "wb-error", id, hidden: true }, icon("alert"), text);
  const show = (message) => {
    line.hidden = !message;
    text.replaceChildren(...(message ? [h("span", { class: "wb-hidden", text: `${word(model, "error")}: ` }), message] : []));
  };
  return { line, show };
}

/**
 * Return the frame of a field in `el`: label (or legend, for a group), hint, a place for the control, error and help.
 * `describe(input)` links an input to hint and error and marks it invalid and required; call it once per input.
 */
export function frame({ model, el }, { group = false } = {}) {
  const id = uid("field");
  const label = h(group ? "span" : "label", { class: "wb-label", for: group ? null : id });
  const star = h("span", { class: "wb-star", "aria-hidden": "true", text: "*" });
  const head = h(group ? "legend" : "div", { class: "wb-label-row" }, label, star);
  const hint = h("p", { class: "wb-hint", id: `${id}-hint` });
  const error = errorLine(model, `${id}-error`);
  const live = h("div", { "aria-live": "polite" }, error.line);
  const summary = h("summary", {});
  const helpText = h("p", {});
  const help = h("details", { class: "wb-help" }, summary, helpText);
  const body = h("div", { class: "wb-control" });
  const root = h(group ? "fieldset" : "div", { class: "wb-field" }, head, hint, body, live, help);
  const inputs = [];

  const mark = (input) => {
    const ids = [model.get("hint") && hint.id, model.get("error") && error.line.id, input.dataset.note].filter(Boolean);
    set(input, "aria-describedby", ids.join(" ") || null);
    set(input, "aria-invalid", model.get("error") ? "true" : null);
    // A group is required as a whole; a radio of it is not.
    if (input.type !== "radio") set(input, "aria-required", model.get("required") ? "true" : null);
    input.disabled = Boolean(model.get("disabled"));
  };
  follow(model, ["label", "hint", "error", "help", "required", "disabled", "labels"], () => {
    label.textContent = model.get("label");
    head.hidden = !model.get("label");
    star.hidden = !model.get("required");
    star.title = word(model, "required");
    hint.textContent = model.get("hint");
    hint.hidden = !model.get("hint");
    error.show(model.get("error"));
    root.classList.toggle("wb-invalid", Boolean(model.get("error")));
    summary.textContent = word(model, "help");
    helpText.textContent = model.get("help");
    help.hidden = !model.get("help");
    inputs.forEach(mark);
  });
  el.replaceChildren(root);
  return {
    id,
    root,
    body,
    label,
    head,
    describe: (input) => {
      inputs.push(input);
      mark(input);
      return input;
    },
    again: () => inputs.forEach(mark),
    forget: () => inputs.splice(0),
  };
}

/** Focus what `find` returns when Python asks for it. */
export function focusable(model, find) {
  model.on("msg:custom", (message) => {
    if (message.focus) find()?.focus();
  });
}
