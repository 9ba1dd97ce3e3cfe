import asyncio
import hashlib
import json
from importlib.resources import files

import pytest
import traitlets
from hypothesis import given
from hypothesis import strategies as st

from workbench.sentence import N_, say
from workbench.widgets import piece
from workbench.widgets.fields import (
    ChoiceField,
    CopyButton,
    HeaderRows,
    SecretField,
    SwitchField,
    TextField,
)
from workbench.widgets.spawn import settle

BOX = {"v": 1, "epk": "e", "iv": "i", "ct": "c"}


def hear(widget: piece.Piece, content: object) -> None:
    """Let the widget receive a custom message as the browser sends it."""
    widget._handle_custom_msg(content, [])


def sent(widget: piece.Piece) -> list[object]:
    """Record what the widget sends to the browser from now on."""
    messages: list[object] = []
    widget.send = lambda content, buffers=None: messages.append(content)
    return messages


@pytest.fixture
def portuguese() -> object:
    words = {"Name": "Nome", "Lock": "Bloquear", "The {field} is empty.": "O campo {field} está vazio."}
    piece.speak(lambda text: words.get(text, text), lang="pt")
    yield
    piece.speak(lambda text: text)


def test_the_repr_is_the_same_in_every_run() -> None:
    assert repr(TextField("Name")) == "<TextField 'Name'>"
    assert repr(SecretField("API key", masked="**** wxyz")) == "<SecretField 'API key'>"
    assert repr(CopyButton("text")) == "<CopyButton 'Copy'>"


def test_all_traits_of_a_text_field_are_set_by_its_constructor() -> None:
    field = TextField(
        "Name",
        hint="Shown in reports.",
        value="Spring",
        placeholder="Spring sale",
        error="Too short.",
        required=True,
        help="In the console.",
        input_type="email",
        multiline=True,
        rows=7,
    )
    state = field.get_state()
    assert {key: state[key] for key in ("label", "hint", "value", "placeholder", "error", "required")} == {
        "label": "Name",
        "hint": "Shown in reports.",
        "value": "Spring",
        "placeholder": "Spring sale",
        "error": "Too short.",
        "required": True,
    }
    assert (state["input_type"], state["multiline"], state["rows"], state["help"]) == (
        "email",
        True,
        7,
        "In the console.",
    )


def test_the_code_of_the_browser_travels_once_and_not_with_every_field() -> None:
    fields = [TextField("One"), SecretField("Two"), HeaderRows("Three")]
    assert len({field.get_state()["_code"] for field in fields}) == 1
    assert all(len(json.dumps(field.get_state())) < 5_000 for field in fields)
    assert len(fields[0]._code.code) > 10_000


@pytest.mark.parametrize("name", ["fields", "editor"])
def test_the_shipped_bundles_were_built_from_these_sources(name: str) -> None:
    package = files("workbench.widgets")
    sources = sorted((package / "js" / "src").iterdir(), key=lambda file: file.name)
    digest = hashlib.sha256()
    for source in [package / "js" / "package.json", *sources]:
        digest.update(source.read_bytes())
    built = (package / "static" / f"{name}.js").read_text(encoding="utf-8")
    assert built.splitlines()[0] == f"// built from js/src {digest.hexdigest()}", "run npm run build"


@pytest.mark.parametrize(("name", "mark"), [("widgets.js", "// "), ("LICENSES.txt", "")])
def test_the_bundle_of_the_published_pages_was_built_from_these_sources(name: str, mark: str) -> None:
    package = files("workbench.widgets")
    folder = package / "js" / "page"
    digest = hashlib.sha256()
    for source in [folder / "package.json", *sorted((folder / "src").iterdir(), key=lambda file: file.name)]:
        digest.update(source.read_bytes())
    built = (package / "voila" / "templates" / "wb" / "static" / name).read_text(encoding="utf-8")
    if mark:
        assert built.splitlines()[0] == f"// built from js/page {digest.hexdigest()}", "run npm run build"
    else:
        assert all(part in built for part in ("anywidget", "@jupyter-widgets/base", "@lumino/widgets"))


def test_a_new_carrier_is_made_when_the_old_one_was_closed() -> None:
    first = TextField("One")._code
    first.close()
    assert TextField("Two")._code is not first


def test_the_words_of_a_widget_speak_the_language_of_the_page(portuguese: None) -> None:
    field = SecretField(N_("Name"))
    field.error = say("The {field} is empty.", field="URL")
    assert (field.label, field.labels["lock"], field.error) == ("Nome", "Bloquear", "O campo URL está vazio.")
    assert field._code.lang == "pt"


def test_words_can_be_given_for_one_widget() -> None:
    field = SecretField("Key", labels={"lock": "Keep it"})
    assert (field.labels["lock"], field.labels["remove"]) == ("Keep it", "Remove")


def test_names_that_people_gave_are_not_translated(portuguese: None) -> None:
    field = ChoiceField("Name", [("1", "Name"), ("2", say("Name"))])
    assert [label for _, label, _ in field.options] == ["Name", "Nome"]


def test_focus_asks_the_browser() -> None:
    field = TextField("Name")
    messages = sent(field)
    field.focus()
    assert messages == [{"focus": True}]


async def test_enter_in_a_text_field_calls_those_who_listen() -> None:
    field = TextField("Name")
    heard: list[str] = []

    async def save() -> None:
        heard.append("saved")

    field.on_submit(save)
    field.on_submit(lambda: heard.append("at once"))
    hear(field, {"submit": True})
    await settle()
    assert heard == ["at once", "saved"]


def test_options_may_be_short_and_are_always_three_texts() -> None:
    field = ChoiceField("Method", ["POST", ("PUT", "Put"), ("GET", "Get", "Reads.")], value="PUT")
    assert field.options == [["POST", "POST", ""], ["PUT", "Put", ""], ["GET", "Get", "Reads."]]
    assert field.chosen_label == "Put"
    assert ChoiceField("Method", ["POST"]).chosen_label == ""


def test_the_style_of_a_choice_is_one_of_three_and_never_synced_as_style() -> None:
    field = ChoiceField("Method", ["POST"], style="radio")
    state = field.get_state()
    assert "style" not in state
    assert state["_style"] == "radio"
    with pytest.raises(traitlets.TraitError):
        ChoiceField("Method", ["POST"], style="wheel")


def test_a_switch_is_off_unless_told() -> None:
    assert SwitchField("Split").value is False
    assert SwitchField("Split", value=True).get_state()["value"] is True


# --- secrets


def test_a_secret_field_has_no_trait_that_could_hold_the_secret() -> None:
    field = SecretField("Key")
    assert not {"value", "secret", "text", "typed"} & set(field.get_state())


def test_a_sealed_box_reaches_the_callback_and_the_browser_is_told() -> None:
    field = SecretField("Key", error="The key is empty.")
    messages = sent(field)
    boxes: list[object] = []

    def keep(box: dict) -> None:
        boxes.append(box)
        field.masked = "**** wxyz"

    field.on_sealed(keep)
    hear(field, {"sealed": BOX})
    assert boxes == [BOX]
    assert (field.masked, field.error, field.busy) == ("**** wxyz", "", False)
    assert messages[-1] == {"taken": True}


async def test_a_coroutine_keeps_the_field_busy_until_it_ends() -> None:
    field = SecretField("Key")
    messages = sent(field)
    gate = asyncio.Event()

    async def keep(_box: dict) -> None:
        await gate.wait()
        field.masked = "**** wxyz"

    field.on_sealed(keep)
    hear(field, {"sealed": BOX})
    assert field.busy is True
    assert {"taken": True} not in messages
    gate.set()
    await settle()
    assert field.busy is False
    assert messages[-1] == {"taken": True}


@pytest.mark.parametrize(
    "content",
    ["text", None, {}, {"sealed": "plain text"}, {"sealed": {"v": 2, "epk": "e", "iv": "i", "ct": "c"}}]
    + [{"sealed": {key: value for key, value in BOX.items() if key != gone}} for gone in BOX],
)
def test_a_message_of_another_shape_is_left_alone(content: object) -> None:
    field = SecretField("Key")
    field.on_sealed(lambda box: pytest.fail(f"taken: {box}"))
    hear(field, content)


def test_removing_empties_the_mask_before_it_is_told() -> None:
    field = SecretField("Key", masked="**** wxyz")
    seen: list[str] = []
    field.on_removed(lambda: seen.append(field.masked))
    hear(field, {"removed": True})
    assert seen == [""]


# --- header rows


def test_rows_get_ids_and_all_their_parts() -> None:
    rows = HeaderRows(
        "Headers", rows=[{"name": "Accept"}, {"id": "mine", "name": "X", "value": "1"}, {"id": "mine"}]
    )
    assert [row["id"] for row in rows.rows] == ["r1", "mine", "r3"]
    assert rows.rows[0] == {"id": "r1", "name": "Accept", "value": "", "locked": False, "masked": ""}


@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "id": st.sampled_from(["", "r1", "r2", "r3", "x"]),
                "name": st.text(max_size=5),
                "value": st.text(max_size=5),
                "locked": st.booleans(),
                "masked": st.sampled_from(["", "****", "**** wxyz"]),
            },
        ),
        max_size=6,
    )
)
def test_no_id_stands_twice_and_no_locked_row_carries_a_value(given_rows: list) -> None:
    rows = HeaderRows("Headers", rows=given_rows).rows
    assert len(rows) == len(given_rows) == len({row["id"] for row in rows})
    for row in rows:
        assert not (row["locked"] and row["value"])
        assert bool(row["masked"]) == row["locked"]


def test_a_locked_row_is_told_with_its_id_and_shows_its_mask() -> None:
    rows = HeaderRows("Headers", rows=[{"id": "r1", "name": "X-Key", "value": "old"}])
    rows.on_sealed(lambda row, box: rows.set_masked(row, "**** wxyz"))
    hear(rows, {"row": "r1", "sealed": BOX})
    assert rows.rows == [{"id": "r1", "name": "X-Key", "value": "", "locked": True, "masked": "**** wxyz"}]
    rows.set_masked("r1", "")
    assert rows.rows[0]["locked"] is False


def test_a_late_state_of_the_browser_does_not_take_the_mask_away() -> None:
    rows = HeaderRows("Headers", rows=[{"id": "r1", "name": "X-Key", "locked": True, "masked": "**** wxyz"}])
    rows.set_state({"rows": [{"id": "r1", "name": "X-Key-2", "locked": True, "masked": "****"}]})
    assert rows.rows[0]["masked"] == "**** wxyz"
    assert rows.rows[0]["name"] == "X-Key-2"
    rows.set_state({"rows": [{"id": "r1", "name": "X-Key-2", "value": "open"}]})
    rows.set_state({"rows": [{"id": "r1", "name": "X-Key-2", "locked": True, "masked": "****"}]})
    assert rows.rows[0]["masked"] == "****"


def test_errors_of_rows_may_be_sentences() -> None:
    rows = HeaderRows("Headers", rows=[{"id": "r1"}])
    rows.errors = {"r1": {"name": say("The {field} is empty.", field="name")}}
    assert rows.errors == {"r1": {"name": "The name is empty."}}


def test_a_removed_row_is_told_by_its_id() -> None:
    rows = HeaderRows("Headers")
    gone: list[str] = []
    rows.on_removed(gone.append)
    hear(rows, {"row": "r1", "removed": True})
    hear(rows, {"row": 1, "removed": True})
    assert gone == ["r1"]
