"""The small form as Panel makes it: ``panel serve panel_form.py``."""

import panel

panel.extension()
name = panel.widgets.TextInput(name="Name")
kind = panel.widgets.Select(name="Kind", options=["mail", "text", "push"])
send = panel.widgets.Button(name="Send")
preview = panel.pane.Str("")


def draw(*_: object) -> None:
    preview.object = f"{kind.value}: {name.value_input}"


name.param.watch(draw, "value_input")
kind.param.watch(draw, "value")
send.on_click(draw)
draw()
panel.Column(name, kind, send, preview).servable(title="Form")
