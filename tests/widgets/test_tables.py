import pytest

from workbench.sentence import say
from workbench.widgets.look import badge
from workbench.widgets.tables import RowList, table, table_markup


def test_every_cell_is_escaped_and_every_badge_shown() -> None:
    html = table_markup(["Path", "Contacts"], [["<img src=x onerror=alert(1)>", badge("a<b", "ok")]])
    assert "<img" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;" in html
    assert '<span class="wb-badge wb-ok">a&lt;b</span>' in html


def test_headings_captions_and_sentences_are_escaped_too() -> None:
    html = table_markup(["<th>"], [[say("{n} sent", n="<5>")]], caption='"<caption>"')
    assert "<th>" not in html.replace('<th scope="col">', "")
    assert "&lt;5&gt; sent" in html
    assert 'aria-label="&quot;&lt;caption&gt;&quot;"' in html


def test_rows_may_be_mappings_and_missing_values_are_dashes() -> None:
    html = table_markup([("name", "Name"), ("sent", "Sent")], [{"name": "A"}, {"sent": 0, "name": ""}])
    assert "<td>A</td><td>–</td>" in html
    assert "<td>–</td><td>0</td>" in html


def test_numbers_stand_to_the_right() -> None:
    html = table_markup(["Path", "Contacts"], [["A", 5]], numeric=(1,))
    assert '<td>A</td><td class="wb-num">5</td>' in html
    assert '<th scope="col" class="wb-num">Contacts</th>' in html


def test_an_empty_table_is_a_sentence() -> None:
    html = table_markup(["Path"], [], empty="No <rows>.")
    assert html == '<p class="wb-empty">No &lt;rows&gt;.</p>'


def test_a_row_of_the_wrong_length_is_not_hidden() -> None:
    with pytest.raises(ValueError, match="zip"):
        table_markup(["One", "Two"], [["only one"]])


def test_the_widget_holds_the_markup() -> None:
    widget = table(["Path"], [["A"]])
    assert widget.value == table_markup(["Path"], [["A"]])
    assert repr(widget) == "<Markup>"


def test_a_row_list_holds_texts_only() -> None:
    rows = RowList(
        "Integrations",
        columns=[("name", "Name"), {"key": "status", "label": "Status", "kind": "muted"}],
        rows=[
            {"id": 7, "name": say("{n} rows", n=3), "status": {"text": "Ready", "kind": "ok"}, "none": None}
        ],
    )
    assert rows.columns == [
        {"key": "name", "label": "Name", "kind": "text"},
        {"key": "status", "label": "Status", "kind": "muted"},
    ]
    assert rows.rows == [{"id": "7", "name": "3 rows", "status": {"text": "Ready", "kind": "ok"}, "none": ""}]
    assert repr(rows) == "<RowList 'Integrations'>"


def test_only_a_row_that_is_there_can_be_opened() -> None:
    rows = RowList("Integrations", columns=[("name", "Name")], rows=[{"id": "1", "name": "A"}])
    opened: list[str] = []
    rows.on_open(opened.append)
    for row in ("1", "2", 1, None):
        rows._handle_custom_msg({"open": row}, [])
    assert opened == ["1"]
