"""A page is read as a browser reads it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.tags.page import DEEPEST, Page


def test_classes_are_found_in_order_and_inside_of_an_element() -> None:
    page = Page("<div class='a'><b class='x y'>1</b><i class=x>2</i></div><b class='x'>3</b>")
    outer = page.first("a")
    assert outer is not None
    assert [page.text(one) for one in page.by_class("x")] == ["1", "2", "3"]
    assert [page.text(one) for one in page.by_class("x", outer)] == ["1", "2"]
    assert page.first("y") is page.by_class("x")[0]
    assert page.first("z") is None


def test_entities_texts_of_children_and_blanks_are_read_as_the_dom_has_them() -> None:
    page = Page(
        "<p class=n style='DISPLAY : none'> a &amp; <b>b</b>\n  &euro; </p><p class=m> a\n <b> b</b> </p>"
    )
    hidden, shown = page.first("n"), page.first("m")
    assert hidden is not None
    assert shown is not None
    assert page.text(hidden) == "a & b\n  €"
    assert page.text(shown) == "a b"


def test_a_paragraph_ends_before_a_division_and_a_bent_slash_closes_nothing() -> None:
    page = Page(
        "<p class=cn_cart><div class=cart_id>1</div></p><div class=o><span class=a />b<i class=c>d</i></div>"
    )
    cart, span = page.first("cn_cart"), page.first("a")
    assert cart is not None
    assert span is not None
    assert page.first("cart_id", cart) is None
    assert page.text(span) == "bd"


def test_tags_in_comments_scripts_and_templates_are_no_elements_and_are_told_with_their_place() -> None:
    page = Page(
        "<!doctype html>\n<!--\n <div class='cn_cart'>-->\n<script>var a = \"<div class='cn_login'>\";</script>\n"
        "<template>\n<div class=cn_search></div></template><noscript><i class=cn_register></i></noscript>"
        "<textarea>\n\n<b class=cn_purchase></textarea>"
    )
    assert not [name for name in page.classes() if name.startswith("cn_")]
    assert [(one.kind, one.tag, one.line) for one in page.unread] == [
        ("comment", "cn_cart", 3), ("script", "cn_login", 4), ("template", "cn_search", 6), ("noscript", "cn_register", 6),
        ("textarea", "cn_purchase", 8),
    ]  # fmt: skip


def test_capitals_in_classes_count_but_on_a_page_without_a_document_type() -> None:
    assert Page("<!doctype html><html><b class=CN_CART></b>").first("cn_cart") is None
    assert Page("<html><b class=CN_CART></b>").first("cn_cart") is not None
    assert (
        Page("<b class=CN_CART></b>").first("cn_cart") is None
    )  # a piece of a page, whose beginning is not known


def test_places_count_from_one_over_all_kinds_of_line_ends() -> None:
    page = Page("<i></i>\r\n\r\n  <b class=x></b>\n<b class=x></b>")
    assert [(one.line, one.column) for one in page.by_class("x")] == [(3, 3), (4, 1)]


def test_a_page_nested_deeper_than_any_browser_goes_is_read_all_the_same() -> None:
    page = Page("<div class=d>x" * 5000 + "<b class=end>y</b>")
    assert max(element.depth for element in page.elements) == DEEPEST
    assert len(page.by_class("d")) == 5000
    assert [page.text(one) for one in page.by_class("end")] in (
        ["y"],
        [""],
    )  # below the deepest, texts go to the element above


def test_title_and_keywords() -> None:
    page = Page("<title> A\n  shop </title><meta name=keywords content='a, b'><svg><title>no</title></svg>")
    assert (page.title, page.keywords) == ("A shop", "a, b")


@given(st.text(alphabet="<>/=\"' abcn_div!-&;\n", max_size=200))
def test_any_text_is_a_page(html: str) -> None:
    page = Page(html)
    for element in page.elements:
        assert element.number <= element.last < len(page.elements)
        page.text(element)
