import re
from html.parser import HTMLParser
from importlib.resources import files

import ipywidgets
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.sentence import say
from workbench.widgets import look

HOSTILE = "<script>alert(1)</script>\"'&"


def texts(widget: ipywidgets.Widget) -> str:
    """Return the markup of a widget and of all in it."""
    own = (
        widget.value if isinstance(widget, ipywidgets.HTML) and "wb-style" not in widget._dom_classes else ""
    )
    return own + "".join(texts(child) for child in getattr(widget, "children", ()))


@pytest.mark.parametrize(
    "widget",
    [
        look.page(HOSTILE, subtitle=HOSTILE),
        look.card(HOSTILE, subtitle=HOSTILE),
        look.heading(HOSTILE, 3, HOSTILE),
        look.banner("error", HOSTILE, title=HOSTILE),
        look.stepper([HOSTILE, HOSTILE], 1),
        look.show(HOSTILE),
        look.show(look.badge(HOSTILE, "ok")),
        look.code_block(HOSTILE, HOSTILE),
        look.key_value_table([(HOSTILE, HOSTILE)], caption=HOSTILE),
    ],
    ids=lambda widget: type(widget).__name__,
)
def test_no_piece_lets_markup_through(widget: ipywidgets.Widget) -> None:
    html = texts(widget)
    assert "<script" not in html
    assert "&lt;script&gt;" in html


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.text())
def test_a_value_comes_back_as_the_same_text_and_makes_no_element(text: str) -> None:
    parser = Tags()
    parser.feed(look.markup("<b>{value}</b>", value=text))
    parser.close()
    assert parser.seen == ["b"]
    assert parser.text == text


def test_composed_markup_is_escaped_once() -> None:
    inner = look.markup("<i>{x}</i>", x="<")
    assert look.markup("<b>{inner}</b>", inner=inner) == "<b><i>&lt;</i></b>"
    assert look.Html(", ").join(["<", inner]) == "&lt;, <i>&lt;</i>"
    assert look.escape(look.escape("<")) == "&lt;"


def test_the_style_is_the_one_css_file() -> None:
    css = (files("workbench.widgets") / "look.css").read_text(encoding="utf-8")
    assert look.style().value == f"<style>{css}</style>"
    assert repr(look.style()) == "<Markup>"


def test_the_style_asks_for_nothing_and_uses_only_tokens_it_defines() -> None:
    css = (files("workbench.widgets") / "look.css").read_text(encoding="utf-8")
    assert not re.search(r"url\(|@import|https?:", css)
    defined = set(re.findall(r"(--wb-[a-z-]+):", css))
    used = set(re.findall(r"var\((--wb-[a-z-]+)", css))
    assert used - defined - {"--wb-editor-height"} == set()
    assert {"--wb-accent", "--wb-ink", "--wb-muted", "--wb-line", "--wb-card", "--wb-field"} <= defined


def test_a_page_shows_the_style_first_and_reads_shortly() -> None:
    page = look.page("Payloads", look.card("One"))
    assert "wb-style" in page.children[0]._dom_classes
    assert repr(page) == "<Stack of 3>"


def test_the_current_step_is_said_and_not_only_coloured() -> None:
    html = look.stepper_markup(["Configure", "Test", "Save"], 1)
    assert html.count('aria-current="step"') == 1
    assert 'Configure</span><span class="wb-hidden"> (done)</span>' in html


def test_an_error_is_announced_at_once_and_other_banners_politely() -> None:
    assert 'role="alert"' in look.banner_markup("error", "x")
    assert 'role="status"' in look.banner_markup("ok", "x")


def test_sentences_are_spoken_in_every_piece() -> None:
    sentence = say("{n} rows", n=3)
    assert "3 rows" in look.banner_markup("info", sentence)
    assert "3 rows" in look.badge(sentence)
    assert "3 rows" in look.key_value_table([("Rows", sentence)]).value


def test_missing_values_are_dashes_and_zero_is_a_value() -> None:
    html = look.key_value_table([("Region", None), ("Sent", 0), ("Note", "")]).value
    assert re.findall(r"<dd>(.*?)</dd>", html) == ["–", "0", "–"]


def test_columns_share_the_width() -> None:
    left, right = look.show("a"), look.show("b")
    look.columns(left, right, weights=(3, 2))
    assert (left.layout.flex, right.layout.flex) == ("3 1 0", "2 1 0")


def test_a_code_block_copies_the_text_as_it_is() -> None:
    block = look.code_block('{"a": "<b>"}', "JSON")
    assert block.children[0].children[1].text == '{"a": "<b>"}'


def test_a_button_has_its_role() -> None:
    button = look.button("Save", "primary")
    assert (button.description, button.tooltip) == ("Save", None)
    assert "wb-primary" in button._dom_classes
