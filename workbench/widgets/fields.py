"""FIELDS: the inputs of every form: label, hint and error linked to the input; secrets never become state.

Each is a thin face: a value goes out through a trait, an error comes in through one. What is right is decided
elsewhere. The browser's half is ``js/src``; both speak in the messages described at each class.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import traitlets

from workbench.sentence import N_, Sentence

from .piece import CopyButton, Piece, Said, Words, said

__all__ = ["ChoiceField", "CopyButton", "HeaderRows", "SecretField", "SwitchField", "TextField"]

SealedBox = dict[str, Any]
"""A secret encrypted in the browser: ``{"v": 1, "epk": ..., "iv": ..., "ct": ...}``, each part base64url."""

_FIELD_WORDS: Mapping[str, str] = {
    "required": N_("required"),
    "help": N_("Where do I find this?"),
    "error": N_("Error"),
}


class Field(Piece):
    """What every input has: hint, help, error, whether it is required, whether it can be changed now."""

    words: ClassVar[Mapping[str, str]] = _FIELD_WORDS
    hint = Words().tag(sync=True)
    help = Words().tag(sync=True)
    error = Words().tag(sync=True)
    required = traitlets.Bool(False).tag(sync=True)
    disabled = traitlets.Bool(False).tag(sync=True)


class TextField(Field):
    """A line (or ``rows`` lines) of text; ``value`` follows typing by 80 ms, and at once on blur and Enter."""

    part: ClassVar[str] = "text"
    value = traitlets.Unicode().tag(sync=True)
    placeholder = Words().tag(sync=True)
    input_type = traitlets.Enum(["text", "url", "email", "number", "tel", "search"], "text").tag(sync=True)
    multiline = traitlets.Bool(False).tag(sync=True)
    rows = traitlets.Int(4).tag(sync=True)
    monospace = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        label: Said = "",
        *,
        hint: Said = "",
        value: str = "",
        placeholder: Said = "",
        error: Said = "",
        required: bool = False,
        help: Said = "",
        input_type: str = "text",
        multiline: bool = False,
        rows: int = 4,
        **state: Any,
    ) -> None:
        super().__init__(
            label=label,
            hint=hint,
            value=value,
            placeholder=placeholder,
            error=error,
            required=required,
            help=help,
            input_type=input_type,
            multiline=multiline,
            rows=rows,
            **state,
        )

    def on_submit(self, callback: Callable[[], object]) -> None:
        """Call ``callback`` when Enter is pressed in a field of one line; it may be a coroutine function."""
        self._listen("submit", callback)

    def _receive(self, content: dict[str, Any]) -> None:
        if content.get("submit"):
            self._call("submit")


class ChoiceField(Field):
    """One of several: a list to open, radio buttons with a description each, or a row of segments.

    ``options`` holds ``(value, label, description)``; the description may be left out, and a plain text
    stands for both. Labels that are plain text are shown as they are (they may be names that people gave); a
    ``Sentence`` is shown in the language of the page.
    """

    part: ClassVar[str] = "choice"
    words: ClassVar[Mapping[str, str]] = {**_FIELD_WORDS, "choose": N_("Choose…")}
    options: traitlets.List[Any] = traitlets.List().tag(sync=True)
    value = traitlets.Unicode().tag(sync=True)
    # Not synced under this name: ipywidgets takes a synced ``style`` for the model of a style.
    style = traitlets.Enum(["select", "radio", "segmented"], "select")
    _style = traitlets.Unicode("select").tag(sync=True)

    def __init__(
        self,
        label: Said = "",
        options: Sequence[Sequence[Said] | str] = (),
        *,
        value: str = "",
        style: str = "select",
        hint: Said = "",
        error: Said = "",
        required: bool = False,
        help: Said = "",
        **state: Any,
    ) -> None:
        super().__init__(
            label=label,
            options=options,
            value=value,
            style=style,
            _style=style,
            hint=hint,
            error=error,
            required=required,
            help=help,
            **state,
        )

    @traitlets.validate("options")
    def _three_each(self, proposal: Any) -> list[list[str]]:
        return [_option(option) for option in proposal["value"]]

    @property
    def chosen_label(self) -> str:
        """The label of the chosen option, or the empty text."""
        return next((label for value, label, _ in self.options if value == self.value), "")


def _option(option: Sequence[Said] | str) -> list[str]:
    if isinstance(option, str):
        return [option, option, ""]
    shown = [said(part) if isinstance(part, Sentence) else str(part) for part in option]
    label = shown[1] if len(shown) > 1 else shown[0]
    return [str(option[0]), label, shown[2] if len(shown) > 2 else ""]


class SwitchField(Field):
    """On or off."""

    part: ClassVar[str] = "switch"
    value = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self, label: Said = "", *, hint: Said = "", value: bool = False, error: Said = "", **state: Any
    ) -> None:
        super().__init__(label=label, hint=hint, value=value, error=error, **state)


_SEAL_WORDS: Mapping[str, str] = {
    "lock": N_("Lock"),
    "locking": N_("Locking…"),
    "replace": N_("Replace"),
    "remove": N_("Remove"),
    "cancel": N_("Keep the old one"),
    "show": N_("Show what I type"),
    "hide": N_("Hide what I type"),
    "kept": N_("Locked. It is kept in the vault and cannot be shown again."),
    "insecure": N_(
        "This page was not opened over HTTPS or on this computer, so the browser cannot encrypt the secret. "
        "Nothing was sent. Open the page over HTTPS and type it again."
    ),
    "keyless": N_("The workbench has not given this page its key, so nothing was sent. Reload the page."),
    "failed": N_("The browser could not encrypt the secret, so nothing was sent. Reload the page."),
}


class SecretField(Field):
    """A secret, written one way: the typed value is in no trait and no message; only a sealed box leaves.

    The browser encrypts to ``public_key`` (P-256, raw uncompressed point, base64url) and sends
    ``{"sealed": box}`` once; ``{"removed": true}`` when the person removes what is kept. Python answers by
    setting ``masked`` (``""``: nothing kept, ``**** wxyz``: kept) or ``error``.
    """

    part: ClassVar[str] = "secret"
    words: ClassVar[Mapping[str, str]] = {**_FIELD_WORDS, **_SEAL_WORDS}
    masked = traitlets.Unicode().tag(sync=True)
    public_key = traitlets.Unicode().tag(sync=True)
    busy = traitlets.Bool(False).tag(sync=True)
    placeholder = Words().tag(sync=True)

    def __init__(
        self,
        label: Said = "",
        *,
        hint: Said = "",
        masked: str = "",
        public_key: str = "",
        error: Said = "",
        required: bool = False,
        help: Said = "",
        **state: Any,
    ) -> None:
        super().__init__(
            label=label,
            hint=hint,
            masked=masked,
            public_key=public_key,
            error=error,
            required=required,
            help=help,
            **state,
        )

    def on_sealed(self, callback: Callable[[SealedBox], object]) -> None:
        """Call ``callback`` with each sealed box; a coroutine function keeps the field busy to its end."""
        self._listen("sealed", callback)

    def on_removed(self, callback: Callable[[], object]) -> None:
        """Call ``callback`` when the person removes what is kept; ``masked`` is already empty then."""
        self._listen("removed", callback)

    def _receive(self, content: dict[str, Any]) -> None:
        if _is_box(content.get("sealed")):
            self.error = ""
            _busy_until(self, self._call("sealed", content["sealed"]))
        elif content.get("removed"):
            self.masked = ""
            _busy_until(self, self._call("removed"))


class HeaderRows(Piece):
    """Rows of header name and value; the value of a row can be locked like a secret.

    ``rows`` holds ``{id, name, value, locked, masked}`` (``value`` is empty when locked). A value is sent
    when the focus leaves its row, not while it is typed, so that one locked at once was never sent plain. Names
    in ``secret_names`` lock by themselves. The browser sends ``{"sealed": box, "row": id}``.
    ``errors`` holds ``{row_id: {"name": text, "value": text}}``.
    """

    part: ClassVar[str] = "headers"
    words: ClassVar[Mapping[str, str]] = {
        **_FIELD_WORDS,
        **_SEAL_WORDS,
        "name": N_("Name"),
        "value": N_("Value"),
        "add": N_("Add a row"),
        "delete": N_("Delete row {number}"),
        "name_of": N_("Name in row {number}"),
        "value_of": N_("Value in row {number}"),
        "lock_of": N_("Lock the value in row {number}"),
        "replace_of": N_("Replace the locked value in row {number}"),
        "empty": N_("No rows yet."),
        "auto": N_("Values under this name are locked when you leave the row."),
    }
    rows: traitlets.List[Any] = traitlets.List().tag(sync=True)
    errors: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)
    problem = Words().tag(sync=True)
    hint = Words().tag(sync=True)
    public_key = traitlets.Unicode().tag(sync=True)
    secret_names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    disabled = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        label: Said = "",
        *,
        rows: Sequence[Mapping[str, Any]] = (),
        hint: Said = "",
        public_key: str = "",
        secret_names: Sequence[str] = (
            "authorization",
            "proxy-authorization",
            "x-api-key",
            "api-key",
            "apikey",
            "x-auth-token",
            "x-access-token",
            "cookie",
        ),
        **state: Any,
    ) -> None:
        self._masks: dict[str, str] = {}
        super().__init__(
            label=label,
            rows=list(rows),
            hint=hint,
            public_key=public_key,
            secret_names=list(secret_names),
            **state,
        )

    @traitlets.validate("rows")
    def _five_each(self, proposal: Any) -> list[dict[str, Any]]:
        taken: set[str] = set()
        rows = [_row(row, taken) for row in proposal["value"]]
        # The browser says "****" until it has heard the mask; what it says late must not undo it. (What was
        # there before is not in ``self.rows``: traitlets validates what a browser sent after it was set.)
        self._masks = {row["id"]: self._mask(row) for row in rows if row["locked"]}
        return [{**row, "masked": self._masks.get(row["id"], "")} for row in rows]

    def _mask(self, row: Mapping[str, Any]) -> str:
        told = str(row["masked"])
        return self._masks.get(row["id"], told) if told == "****" else told

    @traitlets.validate("errors")
    def _in_words(self, proposal: Any) -> dict[str, dict[str, str]]:
        return {
            row: {part: said(text) for part, text in errors.items()}
            for row, errors in proposal["value"].items()
        }

    def on_sealed(self, callback: Callable[[str, SealedBox], object]) -> None:
        """Call ``callback`` with the id of a row and its sealed box; the row already shows as locked."""
        self._listen("sealed", callback)

    def on_removed(self, callback: Callable[[str], object]) -> None:
        """Call ``callback`` with the id of a row whose locked value was removed, alone or with its row."""
        self._listen("removed", callback)

    def set_masked(self, row_id: str, masked: str) -> None:
        """Show ``masked`` (``**** wxyz``) as the locked value of a row; the empty text unlocks it, empty."""
        self.rows = [
            {**row, "masked": masked, "locked": bool(masked), "value": ""} if row["id"] == row_id else row
            for row in self.rows
        ]

    def _receive(self, content: dict[str, Any]) -> None:
        row = content.get("row")
        if not isinstance(row, str):
            return
        if _is_box(content.get("sealed")):
            self._call("sealed", row, content["sealed"])
        elif content.get("removed"):
            self._call("removed", row)


def _row(row: Mapping[str, Any], taken: set[str]) -> dict[str, Any]:
    """Return one row with all five parts; a locked one never carries a value, no id stands twice."""
    number = len(taken) + 1
    row_id = str(row.get("id") or "")
    while not row_id or row_id in taken:
        row_id, number = f"r{number}", number + 1
    taken.add(row_id)
    locked = bool(row.get("locked"))
    return {
        "id": row_id,
        "name": str(row.get("name") or ""),
        "value": "" if locked else str(row.get("value") or ""),
        "locked": locked,
        "masked": str(row.get("masked") or "****") if locked else "",
    }


def _is_box(box: Any) -> bool:
    return (
        isinstance(box, dict)
        and box.get("v") == 1
        and all(isinstance(box.get(part), str) for part in ("epk", "iv", "ct"))
    )


def _busy_until(field: SecretField, tasks: Sequence[Any]) -> None:
    """Keep ``field`` busy until ``tasks`` have ended, then tell the browser that the box was taken."""
    if not tasks:
        field.send({"taken": True})
        return

    left = set(tasks)
    field.busy = True

    def ended(task: Any) -> None:
        left.discard(task)
        if not left:
            field.busy = False
            field.send({"taken": True})

    for task in tasks:
        task.add_done_callback(ended)
