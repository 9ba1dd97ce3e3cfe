import { focusable, follow, frame, h, pusher, set, word } from "./base.js";

// The frame of the JSON editor: a real text box that always holds the text, the code editor laid over it when its
// bundle loads, and the list of problems that both point to.
export function editor(context, load) {
  const { model } = context;
  const field = frame(context);
  const push = pusher(model, "value");
  const area = h("textarea", { id: field.id, class: "wb-input wb-textarea wb-mono", spellcheck: "false", autocomplete: "off" });
  const code = h("div", { class: "wb-editor", hidden: true });
  const list = h("ul", { class: "wb-problems", id: `${field.id}-problems` });
  const keys = h("p", { class: "wb-hint", id: `${field.id}-keys` });
  const swap = h("button", { type: "button", class: "wb-btn wb-quiet wb-small", hidden: true });
  const foot = h("div", { class: "wb-editor-foot" }, keys, swap);
  area.dataset.note = list.id;
  field.body.append(code, area, foot, h("div", { "aria-live": "polite" }, list));
  field.describe(area);
  let view = null;
  let asText = false;

  const layout = () => {
    const coded = Boolean(view) && !asText;
    code.hidden = !coded;
    area.classList.toggle("wb-hidden", coded);
    // Behind the code editor the text box is there to be read and written, but not a second stop of the Tab key.
    set(area, "tabindex", coded ? "-1" : null);
    swap.hidden = !view;
    swap.textContent = word(model, asText ? "code" : "plain");
    keys.textContent = view ? word(model, "keys") : "";
    keys.hidden = !coded;
    if (coded) view.measure();
  };
  const write = (text, source) => {
    if (source !== "area" && area.value !== text) area.value = text;
    if (source !== "code") view?.write(text);
  };
  const jump = (problem) => {
    if (view && !asText) return view.go(problem.line, problem.column);
    const start = area.value.split("\n").slice(0, problem.line - 1).join("\n").length + (problem.line > 1 ? 1 : 0);
    area.focus();
    area.setSelectionRange(start + problem.column - 1, start + problem.column - 1);
  };

  area.value = model.get("value");
  area.addEventListener("input", () => (write(area.value, "area"), push.later(area.value)));
  area.addEventListener("blur", () => push.flush());
  swap.addEventListener("click", () => ((asText = !asText), layout(), asText ? area.focus() : view.focus()));
  model.on("change:value", () => push.waiting() || write(model.get("value")));
  model.on("msg:custom", (message) => message.go && jump(message.go));
  follow(model, ["labels"], layout);
  follow(model, ["read_only"], () => ((area.readOnly = model.get("read_only")), view?.readOnly(model.get("read_only"))));
  follow(model, ["height"], () => (field.root.style.setProperty("--wb-editor-height", model.get("height"))));
  follow(model, ["problems", "labels"], () => {
    const problems = model.get("problems");
    list.replaceChildren(
      ...problems.map((problem) => {
        const place = problem.line ? word(model, "place", problem) : "";
        const link = place ? h("button", { type: "button", class: "wb-place", text: place, on: { click: () => jump(problem) } }) : null;
        return h("li", { class: `wb-problem wb-${problem.level}` }, link, h("span", { text: problem.message }));
      }),
    );
    list.hidden = problems.length === 0;
    set(area, "aria-invalid", problems.some((problem) => problem.level === "error") || model.get("error") ? "true" : null);
    view?.problems(problems);
  });

  const ready = load("_editor").then(
    (bundle) => {
      view = bundle.mount(code, {
        text: area.value,
        label: word(model, "editor", { label: model.get("label") }),
        describedBy: () => [keys.id, area.getAttribute("aria-describedby")].filter(Boolean).join(" "),
        completions: () => model.get("completions"),
        words: (name) => word(model, name),
        changed: (text) => (write(text, "code"), push.later(text)),
        left: () => push.flush(),
      });
      layout();
      view.readOnly(model.get("read_only"));
      view.problems(model.get("problems"));
      model.on("change:hint change:error change:label", () => view.relabel(word(model, "editor", { label: model.get("label") })));
    },
    (error) => {
      console.warn("the code editor could not be loaded", error);
      keys.textContent = word(model, "broken");
      keys.hidden = false;
    },
  );
  focusable(model, () => (view && !asText ? view : area));
  return () => (push.flush(), ready.then(() => view?.destroy()));
}
