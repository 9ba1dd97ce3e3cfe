"""Every silent trap of the page's script is found, at its line, with one fix (R-SYNC-20)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.engine.tags.lint import KNOWN, lint
from workbench.errors import Invalid
from workbench.models.tags import Finding, LintReport

NAMED = '<span class="name">A</span><span class="product_id">p1</span>'
URL = '<span class="url">https://shop.example/a</span>'
PRICE = '<span class="unit_price">60.25</span>'
ITEM = f'<div class="product_basket_item">{NAMED}{URL}{PRICE}<span class="quantity">1</span><span class="price">60.25</span></div>'
TOTALS = '<b class="total_quantity">1</b><b class="total_price">60.25</b>'
WHO = '<div class="cn_client_info" style="display:none"><b class="primary_key">ana@example.com</b></div>'


def hidden(tag: str, inside: str) -> str:
    return f'<div class="{tag}" style="display:none">{inside}</div>'


def visited(inside: str) -> str:
    return hidden("cn_product_visited", inside)


def cart(inside: str) -> str:
    return hidden("cn_cart", inside)


def bought(inside: str) -> str:
    whole = f'<b class="purchase_id">o1</b><b class="cart_id">c1</b>{TOTALS}{ITEM}{inside}'
    return WHO + hidden("cn_purchase", whole)


def of(html: str, rule: str) -> Finding:
    """Return the finding of a rule, on a page whose tag stands in line 3."""
    report = lint(f"<!doctype html>\n<title>Shop</title>\n{html}\n")
    found = [one for one in report.findings if one.rule == rule]
    assert len(found) == 1, [(one.rule, str(one.sentence)) for one in report.findings]
    assert found[0].line == 3
    assert str(found[0].sentence)
    assert str(found[0].fix)
    return found[0]


def kept(html: str) -> list[bool]:
    return [tag.kept for tag in lint(html).tags]


def priced(price: str) -> str:
    return visited(NAMED + URL + f'<b class="unit_price">{price}</b>')


def product_with(name: str, value: str) -> str:
    return visited(NAMED + URL + PRICE + f'<b class="{name}">{value}</b>')


def cart_of(quantity: str, total: str, more: str = "") -> str:
    return cart(
        f'<b class="cart_id">1</b><b class="total_quantity">{quantity}</b><b class="total_price">{total}</b>{more}'
    )


def contact(name: str, value: str) -> str:
    return hidden("cn_client_info", f'<b class="{name}">{value}</b>')


def dated(moment: str) -> str:
    return bought(f'<b class="purchase_date">{moment}</b>')


EARLY = '<p class="cn_cart" style="display:none"><div class="cart_id">1</div></p>'
STATUS = "_newsletter_subscription_status"

TRAPS = {
    "euro": (
        priced("€60.25"),
        "not_a_number",
        "dropped",
        "unit_price",
        "Write 60.25.",
    ),
    "comma": (
        priced("60,25"),
        "number_changed",
        "changed",
        "unit_price",
        "Write 60.25.",
    ),
    "thousands": (
        priced("1.234,56"),
        "number_changed",
        "changed",
        "unit_price",
        "Write 1234.56.",
    ),
    "english": (
        priced("1,234.56"),
        "number_changed",
        "changed",
        "unit_price",
        "Write 1234.56.",
    ),
    "either": (
        priced("1,234"),
        "number_changed",
        "changed",
        "unit_price",
        "60.25",
    ),
    "currency behind": (
        priced("60.25 €"),
        "number_and_more",
        "advice",
        "unit_price",
        "Write 60.25.",
    ),
    "point of thousands": (
        priced("1.234"),
        "number_thousands",
        "advice",
        "unit_price",
        "1234",
    ),
    "below 0": (
        priced("-1"),
        "number_negative",
        "dropped",
        "unit_price",
        "0 or more",
    ),
    "no url": (visited(NAMED + PRICE), "missing", "dropped", "url", "Add"),
    "no price": (visited(NAMED + URL), "missing", "dropped", "unit_price", "Add"),
    "empty": (visited(NAMED.replace("A", " ") + URL + PRICE), "empty", "dropped", "name", "between the tags"),
    "attribute": (
        visited(NAMED + PRICE + '<a class="url" href="https://shop.example"></a>'),
        "empty",
        "dropped",
        "url",
        "href",
    ),
    "optional number": (
        product_with("priority", "high"),
        "not_a_number",
        "missing",
        "priority",
        "whole number",
    ),
    "half a piece": (
        product_with("priority", "2.5"),
        "number_changed",
        "changed",
        "priority",
        "whole number",
    ),
    "relative url": (
        visited(NAMED + PRICE + '<b class="url">/a</b>'),
        "url_not_whole",
        "advice",
        "url",
        "https://",
    ),
    "availability": (
        product_with("availability", "in_stock"),
        "no_choice",
        "advice",
        "availability",
        "instock",
    ),
    "name twice": (
        product_with("name", "B"),
        "repeated",
        "ignored",
        "name",
        "Keep one",
    ),
    "open name": (
        visited('<b class="name">A <i class="name">B</i></b>' + NAMED[24:] + URL + PRICE),
        "not_closed",
        "changed",
        "name",
        "Close",
    ),
    "other name": (
        product_with("imageUrl", "x"),
        "near_name",
        "unread",
        "imageUrl",
        "image_url",
    ),
    "not hidden": (
        f'<div class="cn_product_visited">{NAMED}{URL}{PRICE}</div>',
        "shown",
        "advice",
        "",
        "display:none",
    ),
    "long number": (
        product_with("priority", "12345678901234567890"),
        "number_too_long",
        "changed",
        "priority",
        "shorter",
    ),
    "empty cart": (cart(""), "empty_cart_not_shown", "dropped", "", "total_quantity 0"),
    "closed early": (
        EARLY,
        "empty_cart_not_shown",
        "dropped",
        "",
        "<div> in place of <p>",
    ),
    "second cart": (
        cart_of("1", "60.25", ITEM) + cart('<b class="cart_id">2</b>'),
        "second_tag",
        "ignored",
        "",
        "Keep one",
    ),
    "no cart id": (cart(TOTALS), "missing", "dropped", "cart_id", "Add"),
    "total below 0": (
        cart_of("0", "-3"),
        "number_negative",
        "dropped",
        "total_price",
        "0 or more",
    ),
    "sum": (
        cart(
            f'<b class="cart_id">1</b><b class="total_quantity">2</b><b class="total_price">60.25</b>{ITEM}'
        ),
        "totals_differ",
        "advice",
        "total_quantity",
        "sum",
    ),
    "no quantity": (
        cart_of("1", "60.25", ITEM.replace('<span class="quantity">1</span>', "")),
        "line_without",
        "missing",
        "quantity",
        "Add",
    ),
    "item in item": (
        cart_of("1", "60.25", ITEM.replace("</div>", ITEM + "</div>")),
        "item_in_item",
        "changed",
        "",
        "Close",
    ),
    "item outside": (
        cart_of("1", "60.25", ITEM) + ITEM,
        "outside",
        "unread",
        "",
        "Put it inside",
    ),
    "two classes": (
        contact("primary_key hidden", "a@example.com"),
        "two_classes",
        "changed",
        "primary_key",
        "nothing more",
    ),
    "nested": (
        hidden("cn_client_info", '<p><b class="primary_key">a@example.com</b></p>'),
        "not_direct",
        "unread",
        "primary_key",
        "directly",
    ),
    "tracker": (
        hidden("cn_client_info", f'<b class="tracker_id">{"a" * 25}</b>'),
        "tracker_cut",
        "changed",
        "tracker_id",
        "24",
    ),
    "no address": (
        contact("primary_key", "ana"),
        "no_email",
        "advice",
        "primary_key",
        "address",
    ),
    "contact field": (
        contact("_mobile_phone", "1"),
        "near_name",
        "unread",
        "_mobile_phone",
        "_mobilePhone",
    ),
    "subscription": (
        contact(STATUS, "yes"),
        "no_choice",
        "advice",
        STATUS,
        "one of these",
    ),
    "date": (
        dated("22/11/2026"),
        "not_iso",
        "changed",
        "purchase_date",
        "2026-03-01T09:30:00Z",
    ),
    "date with a blank": (
        dated("2026-11-22 10:00"),
        "not_iso",
        "changed",
        "purchase_date",
        "2026-11-22T10:00",
    ),
    "impossible date": (
        dated("2026-02-30T10:00:00Z"),
        "not_iso",
        "changed",
        "purchase_date",
        "Write it like",
    ),
    "no zone": (
        dated("2026-11-22T10:00:00"),
        "no_zone",
        "advice",
        "purchase_date",
        "zone",
    ),
    "purchase twice": (
        dated("2026-11-22") + bought("").replace(WHO, ""),
        "purchase_twice",
        "advice",
        "purchase_id",
        "Keep one",
    ),
    "nobody": (hidden("cn_login", ""), "nobody", "missing", "primary_key", "cn_client_info"),
    "no search text": (hidden("cn_search", ""), "missing", "dropped", "search_text", "Add"),
    "no subscriber": (hidden("cn_newsletter_subscribe", ""), "no_subscriber", "missing", "email", "Add"),
    "no id": ('<div class="cn_banner_placeholder"></div>', "no_id", "dropped", "", "id="),
    "words": (
        "".join(f'<i class="cn_page_category">c{n}</i>' for n in range(11)),
        "too_many",
        "ignored",
        "",
        "first",
    ),
    "long word": (f'<i class="cn_page_tag">{"x" * 26}</i>', "word_cut", "changed", "", "25"),
    "comment": ("<!-- <div class='cn_login'></div> -->", "in_comment", "unread", "", "comment"),
    "script": ("<script>x = '<div class=\"cn_login\">'</script>", "in_script", "unread", "", "browser"),
    "template": ("<template><div class=cn_login></div></template>", "in_template", "unread", "", "template"),
    "noscript": ("<noscript><div class=cn_login></div></noscript>", "in_noscript", "unread", "", "noscript"),
    "misspelled": (hidden("cn_serch", ""), "unknown_tag", "unread", "", "cn_search"),
    "capitals": (hidden("CN_CART", ""), "unknown_tag", "unread", "", "cn_cart"),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_a_trap_is_found_with_its_line_and_one_fix(trap: str) -> None:
    html, rule, effect, field, fix = TRAPS[trap]
    found = of(html, rule)
    assert (found.effect, found.field) == (effect, field)
    assert fix in str(found.fix)


def test_what_the_script_reads_is_said_in_the_finding() -> None:
    comma = of(priced("60,25"), "number_changed")
    assert str(comma.sentence).startswith("“60,25” is read as 60:")
    grouped = of(priced("1.234,56"), "number_changed")
    assert "read as 1.234" in str(grouped.sentence)


def test_a_product_that_is_dropped_leaves_its_cart_standing() -> None:
    price = ITEM.replace('60.25</span><span class="quantity', '€60.25</span><span class="quantity')
    report = lint(cart(f'<b class="cart_id">1</b>{TOTALS}{price}'))
    assert [(one.rule, one.tag) for one in report.findings if one.level == "error"] == [
        ("not_a_number", "product_basket_item")
    ]
    assert report.tags[0].value["products"] == []
    assert not report.ok


def test_findings_stand_in_the_order_of_the_page() -> None:
    report = lint("\n".join([visited(NAMED), cart(""), hidden("cn_search", ""), visited(URL)]))
    lines = [one.line for one in report.findings]
    assert lines == sorted(lines)
    assert {one.line for one in report.findings if one.rule == "missing"} == {1, 3, 4}


def test_a_page_that_is_right_has_no_finding() -> None:
    right = dated("2026-11-22T10:00:00Z") + cart(f'<b class="cart_id">1</b>{TOTALS}{ITEM}')
    report = lint(f"<!doctype html>{right}")
    assert report.findings == ()
    assert report.ok
    assert all(tag.kept for tag in report.tags)
    assert report.simulated.events == ("purchase", "page-visit")


def test_the_first_cart_counts_even_where_it_is_dropped() -> None:
    assert kept(cart("") + cart(f'<b class="cart_id">1</b>{TOTALS}')) == [False, False]
    assert kept(cart(f'<b class="cart_id">1</b>{TOTALS}') + cart(f'<b class="cart_id">2</b>{TOTALS}')) == [
        True,
        False,
    ]


def test_nothing_pasted_and_no_tags_are_said_so() -> None:
    for html in ("", "<h1>Shop</h1>"):
        assert [one.rule for one in lint(html).findings] == ["no_tags"]
        assert lint(html).ok


@settings(max_examples=25)
@given(st.lists(st.sampled_from([
    *(f'<div class="{tag}">' for tag in KNOWN), "</div>", "<p>", "</p>", '<span class="unit_price">', "€60,25", "60.25", "</span>",
    '<b class="cart_id">', "</b>", '<i class="total_price" hidden>', "1.234,56", ITEM, "<!--", "-->", "<script>", "</script>", "\n",
    '<b class="primary_key x">', '<b class="purchase_date">', "2026-11-22", "<template>", "</template>", "&euro;", "\x00", "\ud7ff",
]), max_size=40))  # fmt: skip
def test_no_page_is_too_broken_and_what_is_lost_is_said(pieces: list[str]) -> None:
    report = lint("".join(pieces))
    LintReport.model_validate_json(report.model_dump_json())
    said = {(one.tag, one.effect) for one in report.findings}
    for tag in report.tags:
        if not tag.kept and tag.tag in (
            "cn_cart",
            "cn_purchase",
            "cn_product_visited",
            "cn_product_searched",
        ):
            assert (tag.tag, "dropped") in said or (tag.tag, "ignored") in said
    for finding in report.findings:
        assert 1 <= finding.line <= max(1, report.lines)
        assert str(finding.sentence)
        assert str(finding.fix)


def test_a_long_cart_is_read_whole_and_its_findings_end_somewhere() -> None:
    html = cart(f'<b class="cart_id">1</b>{TOTALS}' + ITEM.replace('class="price"', 'class="prise"') * 1000)
    report = lint(html)
    assert len(report.findings) == 500
    assert len(report.tags[0].value["products"]) == 1000


@pytest.mark.parametrize("nested", [
    '<div class="cn_product_visited"><b class="name">A</b><b class="category">c</b>',
    '<div class="cn_purchase"><div class="product_basket_item"><b class="name">x</b>',
])  # fmt: skip
def test_tags_in_each_other_by_the_thousand_end_soon(nested: str) -> None:
    """No shop has such a page; with 511 levels, as deep as any browser goes, what it holds is millions of values."""
    with pytest.raises(Invalid) as caught:
        lint(nested * 2_000)
    assert caught.value.problems[0].field == "html"
