"""The small form as Solara makes it: ``solara run solara_form.py``."""

import solara

name = solara.reactive("")
kind = solara.reactive("mail")


@solara.component
def Page() -> None:
    solara.InputText("Name", value=name, continuous_update=True)
    solara.Select("Kind", values=["mail", "text", "push"], value=kind)
    solara.Button("Send")
    solara.Preformatted(f"{kind.value}: {name.value}")
