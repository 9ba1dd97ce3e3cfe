import { focusable, follow, frame, h, pusher } from "./base.js";

// A number field is a text field with a numeric keyboard: type=number swallows what it does not understand, and
// then nobody can say what was wrong. https://technology.blog.gov.uk/2020/02/24/why-the-gov-uk-design-system-team-changed-the-input-type-for-numbers/
const KINDS = { number: { type: "text", inputmode: "decimal" } };

export function text(context) {
  const { model } = context;
  const field = frame(context);
  const push = pusher(model, "value");
  let input;

  const build = () => {
    const kind = KINDS[model.get("input_type")] ?? { type: model.get("input_type") };
    const common = { id: field.id, autocomplete: "off", spellcheck: model.get("input_type") === "text" ? "true" : "false" };
    input = model.get("multiline")
      ? h("textarea", { ...common, class: "wb-input wb-textarea", rows: model.get("rows") })
      : h("input", { ...common, ...kind, class: "wb-input" });
    input.value = model.get("value");
    input.classList.toggle("wb-mono", model.get("monospace"));
    input.addEventListener("input", () => push.later(input.value));
    input.addEventListener("blur", () => push.now(input.value));
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing || model.get("multiline")) return;
      push.now(input.value);
      model.send({ submit: true });
    });
    field.forget();
    field.body.replaceChildren(field.describe(input));
  };
  follow(model, ["multiline", "input_type", "rows", "monospace"], build);
  follow(model, ["placeholder"], () => (input.placeholder = model.get("placeholder")));
  model.on("change:value", () => {
    if (!push.waiting() && input.value !== model.get("value")) input.value = model.get("value");
  });
  focusable(model, () => input);
  return push.flush;
}
