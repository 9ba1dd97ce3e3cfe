"""From a page to what the script would send, and when it sends nothing (R-SYNC-23)."""

from __future__ import annotations

from workbench.engine.tags.page import Page
from workbench.engine.tags.simulate import cart_is_same, simulate

WHO = '<div class="cn_client_info" style="display:none"><b class="primary_key">ana@example.com</b><b class="_name">Ana</b></div>'


def line(id: str = "p1", price: str = "60.25", name: str = "A") -> str:
    return (
        f'<div class="product_basket_item"><b class="product_id">{id}</b><b class="name">{name}</b><b class="url">https://shop.example/{id}</b>'
        f'<b class="unit_price">{price}</b><b class="quantity">1</b><b class="price">{price}</b></div>'
    )


def cart(lines: str, quantity: int = 1, total: str = "60.25") -> str:
    return (
        f'<div class="cn_cart" style="display:none"><b class="cart_id">c1</b><b class="total_quantity">{quantity}</b>'
        f'<b class="total_price">{total}</b>{lines}</div>'
    )


EMPTY = cart("", 0, "0")


def test_a_page_becomes_the_body_that_the_script_sends() -> None:
    html = (
        "<!doctype html><title>Knives and forks and spoons and plates and cups and pots</title><meta name=keywords content='a, b'>"
        + WHO + cart(line()) + '<div class="cn_search"><b class="search_text">knife</b></div><div class="cn_login"></div>'
        '<div class="cn_product_not_found"><b class="product_id">p9</b></div>'
        '<div class="cn_newsletter_subscribe"><b class="email">a@example.com</b></div><div class="cn_banner_placeholder" id="top"></div>'
        '<i class="cn_page_category">/home</i><i class="cn_page_tag">new</i>'
    )  # fmt: skip
    sent = simulate(Page(html), url="https://shop.example/a?b=ç d")
    assert sent.body == {
        "entityInfo": {"primaryKey": "ana@example.com", "_name": "Ana"},
        "cart": {"cartId": "c1", "totalQuantity": 1, "totalPrice": 60.25, "products": [{
            "productId": "p1", "name": "A", "productDetailUrl": "https://shop.example/p1", "unitPrice": 60.25, "categories": [], "tags": [],
            "relatedExternalProductIds": [], "quantity": 1, "price": 60.25,
        }]},
        "events": [
            {"type": "product-not-found", "productId": "p9"}, {"type": "login"}, {"type": "search", "searchText": "knife"},
            {"type": "newsletter-subscribe", "email": "a@example.com"}, {"type": "page-visit"},
        ],
        "bannerPlaceholders": ["top"],
        "pageInfo": {
            "categories": ["/home"], "title": "Knives and forks and spoons and plates and cups an", "keywords": ["a", " b"],
            "tags": ["new"],
        },
        "browserInfo": {"url": "https%3A%2F%2Fshop.example%2Fa%3Fb%3D%C3%A7%20d"},
    }  # fmt: skip
    assert sent.changed == ("entity", "cart")


def test_nothing_changed_and_nothing_to_tell_sends_nothing() -> None:
    page = Page(WHO + cart(line()))
    sent = simulate(page, page, loads=False)
    assert sent.body is None
    assert "nothing is sent" in str(sent.sentence)


def test_a_page_that_loads_always_tells_its_visit_and_leaves_out_the_same_cart() -> None:
    page = Page(WHO + cart(line()))
    sent = simulate(page, page)
    assert sent.body is not None
    assert sent.events == ("page-visit",)
    assert "cart" not in sent.body
    assert sent.changed == ()


def test_a_change_of_the_cart_or_the_contact_sends() -> None:
    before = Page(WHO + cart(line()))
    assert simulate(Page(WHO + cart(line("p2"))), before, loads=False).changed == ("cart",)
    assert simulate(Page(cart(line())), before, loads=False).changed == ("entity",)
    assert simulate(Page(WHO + EMPTY), before, loads=False).changed == ("cart",)


def test_a_cart_is_the_same_by_ids_quantities_and_prices_alone() -> None:
    before = simulate(Page(cart(line()))).body
    renamed = simulate(Page(cart(line(name="B")))).body
    dearer = simulate(Page(cart(line(price="61"), 1, "61"))).body
    assert before is not None
    assert renamed is not None
    assert dearer is not None
    assert cart_is_same(renamed["cart"], before["cart"])
    assert not cart_is_same(dearer["cart"], before["cart"])


def test_an_emptied_cart_that_is_not_shown_stands_as_abandoned() -> None:
    sent = simulate(Page(WHO), Page(WHO + cart(line())))
    assert "counts as abandoned" in str(sent.sentence)
    assert "counts as abandoned" not in str(simulate(Page(WHO + EMPTY), Page(WHO + cart(line()))).sentence)


def test_the_visitors_id_is_cut_and_may_come_from_the_address() -> None:
    long = f'<div class="cn_client_info" hidden><b class="tracker_id">{"a" * 30}</b></div>'
    sent = simulate(Page(long))
    assert sent.body is not None
    assert sent.body["entityInfo"] == {"trackerId": "a" * 24}
    by_address = simulate(Page("<p>"), url="https://shop.example/?x=1&__cn_tracker=5f2b%20c")
    assert by_address.body is not None
    assert by_address.body["entityInfo"] == {"trackerId": "5f2b c"}


def test_an_address_outside_of_the_allowed_domains_sends_nothing() -> None:
    page = Page(WHO)
    domains = ("https://shop.example", "www.shop.example")
    assert simulate(page, url="https://other.example/", domains=domains).body is None
    assert simulate(page, url="https://shop.example/a", domains=domains).body is not None
    assert simulate(page, url="http://www.shop.example/a", domains=domains).body is not None


def test_the_whole_class_names_a_contacts_value() -> None:
    html = '<div class="cn_client_info" hidden><b class="primary_key x">a@example.com</b><b class="">y</b><b class="size">L</b></div>'
    sent = simulate(Page(html))
    assert sent.body is not None
    assert sent.body["entityInfo"] == {"primary_key x": "a@example.com", "size": "L"}
