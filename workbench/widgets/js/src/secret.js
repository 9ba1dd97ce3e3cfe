import { focusable, follow, frame, h, icon, set, word } from "./base.js";
import { seal } from "./seal.js";

// Three states: "typing" (nothing kept, or replacing), "sending", "kept". The typed text lives in the input alone.
export function secret(context) {
  const { model } = context;
  const field = frame(context);
  let replacing = false;
  let sending = false;
  let refusal = "";

  const input = h("input", {
    class: "wb-input wb-mono",
    type: "password",
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    "data-lpignore": "true",
    "data-1p-ignore": "true",
  });
  const mask = h("input", { class: "wb-input wb-mono wb-masked", type: "text", readonly: true });
  const kept = h("p", { class: "wb-hint wb-kept", id: `${field.id}-kept` });
  mask.dataset.note = kept.id;
  const eye = h("button", { type: "button", class: "wb-inside", "aria-pressed": "false" });
  const button = (glyph, role) => h("button", { type: "button", class: `wb-btn wb-${role}` }, icon(glyph), h("span"));
  const lock = button("lock", "secondary");
  const cancel = h("button", { type: "button", class: "wb-btn wb-quiet" });
  const replace = button("swap", "secondary");
  const remove = button("bin", "quiet");
  const typing = h("div", { class: "wb-line" }, h("div", { class: "wb-with-inside" }, input, eye), lock, cancel);
  const locked = h("div", { class: "wb-line" }, mask, replace, remove);
  field.body.append(typing, locked, kept);
  field.describe(input);
  field.describe(mask);

  const reveal = (shown) => {
    input.type = shown ? "text" : "password";
    eye.setAttribute("aria-pressed", String(shown));
    eye.replaceChildren(icon(shown ? "hidden" : "eye"));
    eye.setAttribute("aria-label", word(model, shown ? "hide" : "show"));
    eye.title = word(model, shown ? "hide" : "show");
  };

  const paint = () => {
    const masked = model.get("masked");
    const busy = sending || model.get("busy");
    const asKept = Boolean(masked) && !replacing && !busy;
    typing.hidden = asKept;
    locked.hidden = !asKept;
    kept.hidden = !asKept;
    set(asKept ? input : mask, "id", null);
    set(asKept ? mask : input, "id", field.id);
    mask.value = masked;
    kept.textContent = word(model, "kept");
    for (const [node, name] of [[replace, "replace"], [remove, "remove"], [lock, busy ? "locking" : "lock"]])
      node.querySelector("span").textContent = word(model, name);
    cancel.textContent = word(model, "cancel");
    cancel.hidden = !replacing || busy;
    const off = busy || model.get("disabled");
    for (const node of [input, lock, replace, remove, cancel]) node.disabled = off;
    eye.hidden = !input.value;
    if (!refusal) return;
    // Said here because only the browser knows it; Python's own error takes its place when it comes.
    model.set("error", word(model, refusal));
    model.save_changes();
    refusal = "";
  };

  const empty = () => {
    input.value = "";
    reveal(false);
  };

  const send = async () => {
    if (!input.value || sending) return;
    sending = true;
    paint();
    try {
      const box = await seal(model.get("public_key"), input.value);
      empty();
      replacing = false;
      model.send({ sealed: box });
    } catch (error) {
      empty();
      sending = false;
      refusal = error.reason ?? "failed";
    }
    paint();
  };

  input.addEventListener("input", () => (eye.hidden = !input.value));
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) send();
    if (event.key === "Escape") (empty(), (replacing = false), paint());
  });
  typing.addEventListener("focusout", (event) => {
    // Going to another window (to copy the second half) or to a button of this field is not leaving it.
    if (document.hasFocus() && !typing.contains(event.relatedTarget)) send();
  });
  eye.addEventListener("click", () => (reveal(input.type === "password"), input.focus()));
  lock.addEventListener("click", () => (input.value ? send() : input.focus()));
  cancel.addEventListener("click", () => (empty(), (replacing = false), paint(), replace.focus()));
  replace.addEventListener("click", () => ((replacing = true), paint(), input.focus()));
  remove.addEventListener("click", () => (model.send({ removed: true }), (replacing = true), paint(), input.focus()));

  model.on("msg:custom", (message) => {
    if (!message.taken) return;
    const hadFocus = field.root.contains(document.activeElement) || document.activeElement === document.body;
    sending = false;
    paint();
    if (hadFocus && !locked.hidden) replace.focus();
  });
  model.on("change:masked", () => ((replacing = false), paint()));
  follow(model, ["busy", "labels", "disabled", "error"], paint);
  model.on("change:placeholder", () => (input.placeholder = model.get("placeholder")));
  input.placeholder = model.get("placeholder");
  reveal(false);
  focusable(model, () => (locked.hidden ? input : replace));
  return empty;
}
