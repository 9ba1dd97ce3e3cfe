"""HEADING: the title of the present step. When the step changes it takes the focus, so that nobody stays at the foot."""

from __future__ import annotations

import anywidget

from workbench.widgets.piece import Words


class Heading(anywidget.AnyWidget):
    """A title with a line under it, which ``focus`` brings into view and to the keyboard and the screen reader."""

    _esm = """
    export default {
      render({ model, el }) {
        const title = document.createElement("h2");
        const under = document.createElement("p");
        title.className = "wb-h2";
        title.tabIndex = -1;
        under.className = "wb-subtitle";
        el.classList.add("wb-html", "wb-heading");
        el.append(title, under);
        const draw = () => {
          title.textContent = model.get("title");
          under.textContent = model.get("subtitle");
        };
        model.on("change:title change:subtitle", draw);
        model.on("msg:custom", (message) => {
          if (!message.focus) return;
          title.focus({ preventScroll: true });
          const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
          (el.closest(".wb-wizard") ?? el).scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
        });
        draw();
      },
    };
    """
    title = Words().tag(sync=True)
    subtitle = Words().tag(sync=True)

    def __repr__(self) -> str:
        return f"<Heading {self.title!r}>"

    def focus(self) -> None:
        """Bring the heading into view and the focus to it, in the browser."""
        self.send({"focus": True})
