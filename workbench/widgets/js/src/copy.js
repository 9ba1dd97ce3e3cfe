import { focusable, follow, h, icon, word } from "./base.js";

export function copy({ model, el }) {
  const label = h("span");
  const button = h("button", { type: "button", class: "wb-btn wb-quiet wb-copy" }, icon("copy"), label);
  const said = h("span", { class: "wb-hidden", role: "status" });
  let timer = 0;

  const show = (text, glyph) => {
    label.textContent = text;
    button.querySelector("svg").replaceWith(icon(glyph));
  };
  button.addEventListener("click", async () => {
    const done = await write(model.get("text"), button);
    said.textContent = word(model, done ? "copied" : "failed");
    show(said.textContent, done ? "check" : "alert");
    clearTimeout(timer);
    timer = setTimeout(() => ((said.textContent = ""), show(model.get("label"), "copy")), 2500);
  });
  el.replaceChildren(button, said);
  follow(model, ["label"], () => show(model.get("label"), "copy"));
  focusable(model, () => button);
  return () => clearTimeout(timer);
}

// The clipboard API asks for a secure page; the old command works elsewhere.
async function write(text, button) {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Not permitted: the old command is tried.
    }
  }
  const area = h("textarea", { class: "wb-hidden", "aria-hidden": "true", tabindex: "-1" });
  area.value = text;
  button.after(area);
  area.select();
  try {
    return document.execCommand("copy");
  } finally {
    area.remove();
    button.focus();
  }
}
