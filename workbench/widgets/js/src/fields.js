// The entry of static/fields.js: `draw` shows the part that a widget names, `arrive` is called once per kernel.
import { choice, toggle } from "./choice.js";
import { copy } from "./copy.js";
import { headers } from "./headers.js";
import { editor } from "./json.js";
import { rows } from "./rows.js";
import { secret } from "./secret.js";
import { text } from "./text.js";

const parts = { text, choice, switch: toggle, secret, headers, copy, rows, editor };

export function draw(context, load) {
  context.el.classList.add("wb-piece", `wb-piece-${context.model.get("_part")}`);
  return parts[context.model.get("_part")](context, load);
}

/** Give a page that has no look yet (a field shown alone in a notebook) the look, and tell its language. */
export function arrive(source) {
  const css = source.get("css");
  if (css && !getComputedStyle(document.body).getPropertyValue("--wb-accent")) {
    const style = document.createElement("style");
    style.textContent = css;
    document.head.append(style);
  }
  const speak = () => {
    if (document.body.dataset.voila) document.documentElement.lang = source.get("lang");
  };
  source.on("change:lang", speak);
  speak();
}
