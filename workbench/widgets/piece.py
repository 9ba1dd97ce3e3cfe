"""PIECES: what our own small widgets share: code sent once per kernel, one language, a calm repr.

anywidget sends the JavaScript of a widget with every instance (measured: 535 kB for one wizard). Here the
bundle travels once, in one hidden ``Code`` model, and each widget carries a few lines that ask for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any, ClassVar

import anywidget
import ipywidgets
import traitlets

from workbench.sentence import N_, Sentence, Value

Said = str | Sentence
"""What a person reads: a marked English text or a sentence with its values."""

_LOADER = """
async function load(model, name) {
  const id = model.get(name).replace("IPY_MODEL_", "");
  const kept = (globalThis.__workbenchCode ??= new Map());
  if (!kept.has(id)) {
    kept.set(id, (async () => {
      const source = await model.widget_manager.get_model(id);
      const url = URL.createObjectURL(new Blob([source.get("code")], { type: "text/javascript" }));
      try {
        const parts = await import(url);
        parts.arrive?.(source);
        return parts;
      } finally {
        URL.revokeObjectURL(url);
      }
    })().catch((error) => { kept.delete(id); throw error; }));
  }
  return kept.get(id);
}
export default {
  async render(context) {
    const parts = await load(context.model, "_code");
    return parts.draw(context, (name) => load(context.model, name));
  },
};
"""


class Speech:
    """The language in which this kernel's pages speak; one visitor has one kernel, so it is kept once."""

    translate: ClassVar[Callable[[str], str]] = staticmethod(lambda text: text)
    form: ClassVar[Callable[[Value], str]] = staticmethod(str)
    lang: ClassVar[str] = "en"


def speak(translate: Callable[[str], str], form: Callable[[Value], str] = str, lang: str = "en") -> None:
    """Let every widget made from now on speak through ``translate``; values are written by ``form``.

    ``lang`` is the language tag (``pt``) that the page tells to screen readers.
    """
    Speech.translate = staticmethod(translate)
    Speech.form = staticmethod(form)
    Speech.lang = lang
    for code in _codes.values():
        code.lang = lang


def said(text: Said) -> str:
    """Return ``text`` in the language of the page."""
    if isinstance(text, Sentence):
        return text.render(Speech.translate, Speech.form)
    return Speech.translate(text) if text else ""


class Words(traitlets.Unicode[str, Any]):
    """A trait for what a person reads: takes a ``Sentence`` too and holds it in the language of the page."""

    def validate(self, obj: Any, value: Any) -> Any:
        """Return the text to show."""
        return super().validate(obj, said(value) if isinstance(value, (str, Sentence)) else value)


class Code(anywidget.AnyWidget):
    """The carrier of one bundle: never displayed, sent once per kernel."""

    _esm = "export default {};"
    code = traitlets.Unicode().tag(sync=True)
    css = traitlets.Unicode().tag(sync=True)
    lang = traitlets.Unicode("en").tag(sync=True)

    def __repr__(self) -> str:
        return "<Code>"


_codes: dict[str, Code] = {}


def bundle(name: str) -> Code:
    """Return the one carrier of ``static/<name>.js`` in this kernel, made when it is first asked for."""
    kept = _codes.get(name)
    if kept is None or kept.comm is None:
        here = files(__package__)
        kept = _codes[name] = Code(
            code=(here / "static" / f"{name}.js").read_text(encoding="utf-8"),
            css=(here / "look.css").read_text(encoding="utf-8") if name == "fields" else "",
            lang=Speech.lang,
        )
    return kept


class Piece(anywidget.AnyWidget):
    """The base of our own widgets: which part of the bundle draws it, its words, its accessible name."""

    _esm = _LOADER
    part: ClassVar[str] = ""
    words: ClassVar[Mapping[str, str]] = {}

    _part = traitlets.Unicode().tag(sync=True)
    _code = traitlets.Instance(Code).tag(sync=True, **ipywidgets.widget_serialization)
    label = Words().tag(sync=True)
    labels = traitlets.Dict(value_trait=Words(), key_trait=traitlets.Unicode()).tag(sync=True)

    def __init__(self, **state: Any) -> None:
        labels = {name: said(text) for name, text in self.words.items()}
        labels.update({name: said(text) for name, text in (state.pop("labels", None) or {}).items()})
        self._hearers: dict[str, list[Callable[..., object]]] = {}
        super().__init__(_part=self.part, _code=bundle("fields"), labels=labels, **state)
        self.on_msg(self._hear)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.label!r}>"

    def focus(self) -> None:
        """Put the keyboard's focus into this field, in the browser."""
        self.send({"focus": True})

    def _hear(self, _widget: Piece, content: Any, _buffers: Any) -> None:
        """Pass the browser's message on; one of an unknown shape is left alone."""
        if isinstance(content, dict):
            self._receive(content)

    def _receive(self, content: dict[str, Any]) -> None:
        """Act upon one message of the browser; a widget that expects messages overrides it."""

    def _call(self, event: str, *values: object) -> list[asyncio.Task[object]]:
        """Call those who listen to ``event``; a coroutine they return runs as a task whose error is shown."""
        from .spawn import spawn

        results = [hearer(*values) for hearer in self._hearers.get(event, [])]
        return [spawn(result) for result in results if asyncio.iscoroutine(result)]

    def _listen(self, event: str, hearer: Callable[..., object]) -> None:
        self._hearers.setdefault(event, []).append(hearer)


COPY = N_("Copy")


class CopyButton(Piece):
    """A button that copies ``text`` to the clipboard and says so."""

    part: ClassVar[str] = "copy"
    words: ClassVar[Mapping[str, str]] = {
        "copied": N_("Copied"),
        "failed": N_("The browser did not allow it. Select the text and copy it by keyboard."),
    }
    text = traitlets.Unicode().tag(sync=True)

    def __init__(self, text: str = "", label: Said = COPY, **state: Any) -> None:
        super().__init__(text=text, label=label, **state)
