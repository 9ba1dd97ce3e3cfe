"""BAR: what stands at the top of a page: the ways to the other pages, the mode, the language, and who is at work.

Under Voila it takes its place in the template's own bar; in JupyterLab, where pages are notebooks, it is a bar without
links. One message tells Python, when the page has been drawn, what only the browser knows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import anywidget
import traitlets

from .spawn import spawn

__all__ = ["PageLinks", "TopBar"]

_MAKE = """
const h = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") node.textContent = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter(Boolean));
  return node;
};
const published = () => document.body.dataset.voila !== undefined;
const address = ({ page, place }) => `${page}.ipynb${location.search}${place ? `#${place}` : ""}`;
"""

_BAR = (
    _MAKE
    + """
const LANGUAGE = "workbench-language";
const DISMISSED = "workbench-dismissed";
const kept = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
const keep = (name, value) => { try { localStorage.setItem(name, value); } catch { /* a private window: for this page only */ } };
const dismissed = () => (kept(DISMISSED) ?? "").split(" ").filter(Boolean);

const stand = (place) => history.replaceState(null, "", location.pathname + location.search + (place ? `#${place}` : ""));
const place = (model) => {
  const found = decodeURIComponent(location.hash.slice(1));
  const kind = found.split("=")[0];
  if (!model.get("places").includes(kind)) return "";
  // The place is taken once: a reload shall not begin the same thing again. One that only shows something may stay.
  if (!model.get("lasting").includes(kind)) stand("");
  return found;
};

function render({ model, el }) {
  const slot = published() ? document.getElementById("wb-topbar-slot") : null;
  const bar = h("div", { class: "wb-bar" });
  const chosen = h("select", { class: "wb-input wb-select wb-language" });
  chosen.addEventListener("change", () => {
    keep(LANGUAGE, chosen.value);
    model.send({ language: chosen.value });
  });

  const draw = () => {
    const words = model.get("words");
    const focused = bar.contains(document.activeElement) && document.activeElement === chosen;
    const links = [];
    for (const { page, label, current, group } of model.get("links")) {
      const link = h("a", { class: "wb-nav-link", href: address({ page }), "aria-current": current && "page", text: label });
      const last = links.at(-1);
      if (!group) links.push(link);
      else if (last?.dataset.group === group) last.lastChild.append(link);
      else {
        const title = h("summary", { class: "wb-nav-link", text: group });
        const menu = h("div", { class: "wb-nav-menu" }, link);
        links.push(h("details", { class: "wb-nav-group", name: "wb-nav", "data-group": group }, title, menu));
      }
      if (group && current) links.at(-1).firstChild.classList.add("wb-nav-here");
    }
    const mode = model.get("mode");
    chosen.replaceChildren(...model.get("languages").map(([value, text]) => h("option", { value, text, lang: value })));
    chosen.value = model.get("language");
    chosen.setAttribute("aria-label", words.language ?? "");
    const name = h("span", { class: "wb-person-name", text: words.person });
    const role = h("span", { class: "wb-person-role", text: words.role });
    bar.replaceChildren(...[
      slot
        ? h("nav", { class: "wb-nav", "aria-label": words.pages }, ...links)
        : h("strong", { class: "wb-bar-product", text: words.product }),
      mode && h("span", { class: `wb-mode wb-mode-${mode}`, title: words.mode_hint, text: words.mode }),
      chosen,
      words.person && h("span", { class: "wb-person" }, name, role),
    ].filter(Boolean));
    if (focused) chosen.focus();
    document.body.dataset.wbMode = mode;
    if (!slot) return;
    document.title = words.title ? `${words.title} · ${words.product}` : words.product;
    document.documentElement.lang = model.get("language");
  };

  (slot ?? el).append(bar);
  // A class, since the widget's own layout may set its style anew at any time.
  if (slot) (el.classList.add("wb-docked"), el.append(h("span", { hidden: true })));
  for (const name of ["links", "mode", "language", "languages", "words"]) model.on(`change:${name}`, draw);
  draw();
  const moved = () => {
    const to = place(model);
    if (to) model.send({ place: to });
  };
  addEventListener("hashchange", moved);
  const fold = (event) => {
    const open = bar.querySelector(".wb-nav-group[open]");
    if (!open || (event.type === "keydown" ? event.key !== "Escape" : open.contains(event.target))) return;
    open.open = false;
    if (event.type === "keydown") open.firstChild.focus();
  };
  for (const name of ["click", "keydown", "focusin"]) document.addEventListener(name, fold);
  // The newest fifty are enough: a notice that comes again after that is worth a second look.
  model.on("msg:custom", (message) => {
    if (message.dismissed) keep(DISMISSED, [...dismissed(), message.dismissed].slice(-50).join(" "));
    if (typeof message.stand === "string" && published()) stand(message.stand);
  });
  model.send({ arrived: { kept: kept(LANGUAGE), browser: [...navigator.languages], dismissed: dismissed(), place: place(model) } });
  return () => {
    removeEventListener("hashchange", moved);
    for (const name of ["click", "keydown", "focusin"]) document.removeEventListener(name, fold);
    bar.remove();
  };
}
export default { render };
"""
)

_LINKS = (
    _MAKE
    + """
function render({ model, el }) {
  const draw = () => {
    const cards = model.get("kind") === "cards";
    const here = published();
    // Where there are no links, what names no call says nothing.
    const items = model.get("items").filter((item) => here || item.code).map((item) => {
      const box = h(here ? "a" : "div", { class: cards ? "wb-way" : "wb-more", href: here && address(item) },
        h("span", { class: "wb-way-label", text: item.label }),
        item.text && h("span", { class: "wb-way-text", text: item.text }),
        !here && item.code && h("code", { class: "wb-way-code", text: item.code }));
      return h("li", {}, box);
    });
    el.replaceChildren(h("ul", { class: cards ? "wb-ways" : "wb-lines", "aria-label": model.get("label") }, ...items));
  };
  for (const name of ["items", "kind", "label"]) model.on(`change:${name}`, draw);
  draw();
}
export default { render };
"""
)


class TopBar(anywidget.AnyWidget):
    """The bar. It shows what its traits say; ``hear`` is given each message of the browser.

    The browser sends ``{"arrived": {"kept", "browser", "dismissed", "place"}}`` once it is drawn, ``{"language": code}`` when another
    language is chosen, and ``{"place": ...}`` when a link leads to a place on this page. It keeps the language and the
    dismissed notices for the next visit. A place of a kind in ``lasting`` stays in the address.
    """

    _esm = _BAR
    links: traitlets.List[Any] = traitlets.List().tag(sync=True)
    mode = traitlets.Unicode().tag(sync=True)
    language = traitlets.Unicode("en").tag(sync=True)
    languages: traitlets.List[Any] = traitlets.List().tag(sync=True)
    words: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)
    places = traitlets.List(traitlets.Unicode()).tag(sync=True)
    lasting = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(self, hear: Callable[[Mapping[str, Any]], Any], **state: Any) -> None:
        self._hear_with = hear
        super().__init__(**state)
        self.on_msg(self._heard)

    def dismiss(self, key: str) -> None:
        """Let the browser remember that a notice was dismissed."""
        self.send({"dismissed": key})

    def stand(self, place: str) -> None:
        """Let the address of a published page name a place, so that a reload finds it again; the empty text names none."""
        self.send({"stand": place})

    def _heard(self, _widget: TopBar, content: Any, _buffers: Any) -> None:
        if isinstance(content, dict):
            spawn(self._hear_with(content))

    def __repr__(self) -> str:
        return "<TopBar>"


class PageLinks(anywidget.AnyWidget):
    """Links to other pages, as large ``cards`` or as ``lines``; in JupyterLab each shows the call that opens its page.

    ``items`` holds ``{page, place, label, text, code}``; the link keeps the query of the address.
    """

    _esm = _LINKS
    kind = traitlets.Enum(["cards", "lines"], "lines").tag(sync=True)
    items: traitlets.List[Any] = traitlets.List().tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)

    def __init__(self, items: Sequence[Mapping[str, str]], *, label: str, kind: str = "lines") -> None:
        super().__init__(
            items=[{"place": "", "text": "", "code": "", **item} for item in items], label=label, kind=kind
        )

    def __repr__(self) -> str:
        return f"<PageLinks {self.label!r}>"
