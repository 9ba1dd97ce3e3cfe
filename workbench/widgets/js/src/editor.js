// The entry of static/editor.js: CodeMirror 6 for JSON with {{ variables }} and ${parameters}.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState } from "@codemirror/state";
import {
  Decoration,
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
  MatchDecorator,
  ViewPlugin,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";

const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--wb-code-key)" },
  { tag: tags.string, color: "var(--wb-code-text)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--wb-code-value)" },
  { tag: [tags.brace, tags.squareBracket, tags.separator], color: "var(--wb-muted)" },
]);

const matcher = new MatchDecorator({
  regexp: /\{\{[^{}\n]*\}\}|\$\{[^{}\n]*\}/g,
  decoration: Decoration.mark({ class: "wb-variable" }),
});
const variables = ViewPlugin.fromClass(
  class {
    constructor(view) {
      this.marks = matcher.createDeco(view);
    }
    update(change) {
      this.marks = matcher.updateDeco(change, this.marks);
    }
  },
  { decorations: (plugin) => plugin.marks },
);

// After "{{" or "${" the names follow, closed by what is missing; asked for anywhere else, whole "{{ name }}" do.
const suggest = (names) => (context) => {
  const open = context.matchBefore(/\{\{\s*[\w.[\]-]*/) ?? context.matchBefore(/\$\{\s*[\w.[\]-]*/);
  if (!open && !context.explicit) return null;
  const plain = names().map((name) => name.replace(/^(\{\{|\$\{)\s*|\s*\}\}?$/g, ""));
  if (!open) {
    const from = context.matchBefore(/[\w.]*/)?.from ?? context.pos;
    return { from, options: plain.map((name) => ({ label: name, apply: `{{ ${name} }}`, type: "variable" })) };
  }
  const [start] = open.text.match(/^(\{\{|\$\{)\s*/);
  const tail = context.state.sliceDoc(context.pos, context.pos + 8);
  const double = start.startsWith("{{");
  const spaced = double && !start.endsWith(" ") ? " " : "";
  const close = double ? (/^\s*\}\}/.test(tail) ? "" : tail.startsWith("}") ? " }" : " }}") : tail.startsWith("}") ? "" : "}";
  return {
    from: open.from + start.length,
    validFor: /^[\w.[\]-]*$/,
    options: plain.map((name) => ({ label: name, apply: `${spaced}${name}${close}`, type: "variable" })),
  };
};

const severities = { error: "error", warning: "warning", note: "info" };

function diagnostic(state, problem) {
  const line = state.doc.line(Math.min(Math.max(problem.line, 1), state.doc.lines));
  const from = Math.min(line.from + Math.max(problem.column - 1, 0), line.to);
  const word = state.wordAt(from);
  const to = word && word.to <= line.to && word.from >= line.from ? word.to : Math.min(from + 1, line.to);
  return { from: to === from && from > line.from ? from - 1 : from, to, severity: severities[problem.level], message: problem.message };
}

/** Show the editor in `parent`; return what the frame does with it. */
export function mount(parent, { text, label, describedBy, completions, words, changed, left }) {
  const labels = new Compartment();
  const writing = new Compartment();
  const named = (name) => EditorView.contentAttributes.of({
    "aria-label": name, "aria-describedby": describedBy(), tabindex: "0", // also for tools that know contenteditable by it alone
  });
  const phrases = {
    Find: words("find"),
    Replace: words("replace_with"),
    next: words("next"),
    previous: words("previous"),
    all: words("all"),
    "match case": words("match_case"),
    "by word": words("whole_word"),
    regexp: words("pattern"),
    replace: words("replace_one"),
    "replace all": words("replace_all"),
    close: words("close"),
  };
  let fromOutside = false;

  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(),
        lintGutter(),
        highlightSpecialChars(),
        history(),
        drawSelection(),
        indentOnInput(),
        syntaxHighlighting(colours),
        bracketMatching(),
        closeBrackets(),
        autocompletion({ override: [suggest(completions)], icons: false }),
        highlightActiveLine(),
        highlightActiveLineGutter(),
        highlightSelectionMatches(),
        EditorView.lineWrapping,
        variables,
        json(),
        EditorState.phrases.of(phrases),
        labels.of(named(label)),
        writing.of([]),
        // Tab is bound to nothing: it leaves the editor, as everywhere on the page.
        keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...completionKeymap]),
        EditorView.updateListener.of((update) => {
          if (update.docChanged && !fromOutside) changed(update.state.doc.toString());
          if (update.focusChanged && !update.view.hasFocus) left();
        }),
      ],
    }),
  });

  return {
    focus: () => view.focus(),
    // Sizes taken while it was hidden are wrong: the line numbers would stand beside other lines.
    measure: () => view.requestMeasure(),
    destroy: () => view.destroy(),
    relabel: (name) => view.dispatch({ effects: labels.reconfigure(named(name)) }),
    readOnly: (on) => view.dispatch({ effects: writing.reconfigure(EditorState.readOnly.of(on)) }),
    problems: (problems) =>
      view.dispatch(setDiagnostics(view.state, problems.filter(({ line }) => line).map((problem) => diagnostic(view.state, problem)))),
    write: (next) => {
      const now = view.state.doc.toString();
      if (now === next) return;
      fromOutside = true;
      view.dispatch({ changes: { from: 0, to: now.length, insert: next }, selection: { anchor: Math.min(view.state.selection.main.head, next.length) } });
      fromOutside = false;
    },
    go: (line, column) => {
      const { from, to } = view.state.doc.line(Math.min(Math.max(line, 1), view.state.doc.lines));
      view.dispatch({ selection: { anchor: Math.min(from + Math.max(column - 1, 0), to) }, scrollIntoView: true });
      view.focus();
    },
  };
}
