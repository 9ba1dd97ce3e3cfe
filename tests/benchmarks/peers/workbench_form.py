"""The small form as a page of the workbench makes it: the source of a notebook's one cell."""

import ipywidgets

name = ipywidgets.Text(description="Name")
kind = ipywidgets.Dropdown(description="Kind", options=["mail", "text", "push"])
send = ipywidgets.Button(description="Send")
preview = ipywidgets.HTML()


def draw(*_):
    preview.value = f"<pre>{kind.value}: {name.value}</pre>"


name.observe(draw, "value")
kind.observe(draw, "value")
send.on_click(draw)
draw()
ipywidgets.VBox([name, kind, send, preview])
