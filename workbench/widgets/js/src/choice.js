import { focusable, follow, frame, h, pusher, uid, word } from "./base.js";

export function choice(context) {
  return context.model.get("_style") === "select" ? list(context) : radios(context);
}

function list(context) {
  const { model } = context;
  const field = frame(context);
  const push = pusher(model, "value");
  const select = field.describe(h("select", { id: field.id, class: "wb-input wb-select" }));
  const note = h("p", { class: "wb-hint wb-choice-note", id: `${field.id}-note`, "aria-live": "polite" });
  select.dataset.note = note.id;
  field.body.append(select, note);

  const show = () => {
    select.value = model.get("value");
    const chosen = model.get("options").find(([value]) => value === model.get("value"));
    note.textContent = chosen?.[2] ?? "";
    note.hidden = !note.textContent;
  };
  follow(model, ["options", "labels"], () => {
    const options = model.get("options");
    const none = options.some(([value]) => value === "") ? [] : [["", word(model, "choose")]];
    select.replaceChildren(
      ...[...none, ...options].map(([value, label]) => h("option", { value, text: label, hidden: value === "" && none.length > 0 })),
    );
    show();
  });
  model.on("change:value", show);
  select.addEventListener("change", () => push.now(select.value));
  field.again();
  focusable(model, () => select);
}

function radios(context) {
  const { model } = context;
  const field = frame(context, { group: true });
  const push = pusher(model, "value");
  const group = uid("choice");
  const segmented = model.get("_style") === "segmented";
  const box = h("div", { class: segmented ? "wb-segments" : "wb-radios" });
  field.body.append(box);

  const show = () => {
    for (const input of box.querySelectorAll("input")) {
      input.checked = input.value === model.get("value");
      input.closest("label").classList.toggle("wb-chosen", input.checked);
    }
  };
  follow(model, ["options"], () => {
    field.forget();
    box.replaceChildren(
      ...model.get("options").map(([value, label, description], at) => {
        const input = h("input", { type: "radio", name: group, value, id: `${group}-${at}` });
        const text = h("span", { class: "wb-option-label", text: label });
        const more = description ? h("span", { class: "wb-option-note", id: `${group}-${at}-note`, text: description }) : null;
        if (more) input.dataset.note = more.id;
        input.addEventListener("change", () => push.now(value));
        field.describe(input);
        return h("label", { class: "wb-option", for: input.id }, input, h("span", { class: "wb-option-text" }, text, more));
      }),
    );
    show();
  });
  model.on("change:value", show);
  focusable(model, () => box.querySelector("input:checked") ?? box.querySelector("input"));
}

export function toggle(context) {
  const { model } = context;
  const field = frame(context);
  const push = pusher(model, "value");
  const input = field.describe(h("input", { type: "checkbox", role: "switch", id: field.id, class: "wb-switch" }));
  field.root.classList.add("wb-switch-field");
  field.body.append(input);
  input.addEventListener("change", () => push.now(input.checked));
  follow(model, ["value"], () => (input.checked = model.get("value")));
  focusable(model, () => input);
}
