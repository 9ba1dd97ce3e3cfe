"""LINT: a page as a whole: each of its tags, those that are ignored, and what looks like one and is never read (R-SYNC-20)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from workbench.models.base import JsonValue
from workbench.models.tags import LintReport, TagSeen
from workbench.sentence import say

from .javascript import cut, length, trim
from .lint_contact import check_client
from .lint_tags import check_cart, check_product, check_purchase, near_names
from .lint_texts import check_email
from .lint_unread import check_unread
from .lint_values import found
from .noting import Notes, seen
from .page import Element, Page
from .reading import (
    MOST_WORDS,
    TAG_LENGTH,
    Value,
    cart_in,
    client_of,
    events_of,
    product_in,
    purchase_in,
)
from .simulate import simulate

SINGLE: Final = (
    "cn_cart",
    "cn_client_info",
    "cn_search",
    "cn_newsletter_subscribe",
    "cn_login",
    "cn_register",
)
"""Tags of which only the first counts."""
SEVERAL: Final = (
    "cn_purchase", "cn_product_visited", "cn_product_searched", "cn_product_not_found", "cn_banner_placeholder",
)  # fmt: skip
WORDS: Final = ("cn_page_category", "cn_page_tag")
KNOWN: Final = (*SINGLE, *SEVERAL, *WORDS)
MOST_IGNORED: Final = 50
MOST_TAGS: Final = 1_000
"""Tags that a report lists."""
_NEED_SOMEBODY: Final = ("cn_login", "cn_register", "cn_purchase")
_SHOWN_ON_PURPOSE: Final = ("cn_banner_placeholder", *WORDS)


def lint(html: str) -> LintReport:
    """Return what the script would make of a page, with every finding at its line.

    Raises Invalid where its tags lie in each other by the thousand.
    """
    page = Page(html)
    notes = Notes(page)
    for tag in KNOWN:
        elements = page.by_class(tag)
        counted = elements[:1] if tag in SINGLE else elements
        for element in counted:
            _check_tag(notes, element, tag)
        for element in elements[len(counted) :][:MOST_IGNORED]:
            _ignored(notes, elements[0], element, tag)
        if tag not in _SHOWN_ON_PURPOSE:
            _check_hidden(notes, counted, tag)
    _check_words(notes)
    _check_twice(notes)
    _check_somebody(notes)
    check_unread(notes, KNOWN)
    found = _tags(page)
    tags = tuple(_seen(page, element, tag) for element, tag in found[:MOST_TAGS])
    _check_cart_shown(notes)
    return LintReport(
        findings=notes.by_line(),
        tags=tags,
        simulated=simulate(page),
        lines=html.count("\n") + 1 if html else 0,
    )


def _check_tag(notes: Notes, element: Element, tag: str) -> None:
    page = notes.page
    if tag == "cn_cart":
        check_cart(notes, element)
    elif tag == "cn_purchase":
        check_purchase(notes, element)
    elif tag == "cn_client_info":
        check_client(notes, element)
    elif tag in ("cn_product_visited", "cn_product_searched"):
        check_product(notes, element, tag)
    elif tag in _TEXTS:
        name = _TEXTS[tag]
        value = found(notes, element, tag, name, loses=tag != "cn_newsletter_subscribe")
        near_names(notes, element, tag, [name])
        if tag == "cn_newsletter_subscribe":
            _check_subscriber(notes, element, value)
    elif tag == "cn_banner_placeholder" and not element.attributes.get("id"):
        notes.add(
            "no_id", "error", "dropped", element, tag,
            say("The place for content has no id, so nothing can be shown in it."), say('Add an id to it: id="…".'),
        )  # fmt: skip
    if tag == "cn_banner_placeholder":
        id = element.attributes.get("id", "")
        same = [
            one
            for one in page.by_class(tag)
            if one.attributes.get("id", "") == id and one.number < element.number
        ]
        if id and same:
            notes.add(
                "id_twice", "warning", "ignored", element, tag,
                say("The id “{id}” is given twice; content is shown in the first place alone.", id=seen(id)),
                say("Give each place its own id."), value=id,
            )  # fmt: skip


def _check_subscriber(notes: Notes, element: Element, value: Element | None) -> None:
    tag = "cn_newsletter_subscribe"
    if value is not None:
        check_email(notes, value, tag, "email")
    elif notes.page.first("email", element) is None:
        notes.add(
            "no_subscriber", "warning", "missing", element, tag,
            say("There is no email in it: the subscription is sent without an address."),
            say('Add <span class="email">…</span> with the address.'), field="email",
        )  # fmt: skip


def _ignored(notes: Notes, first: Element, element: Element, tag: str) -> None:
    page = notes.page
    if tag in ("cn_login", "cn_register"):
        level, same = "note", True
    else:
        same = page.text(first) == page.text(element)
        level = "warning" if same else "error"
    if first.holds(element):
        fix = say("Close the first {tag} before the second begins, or take one of them away.", tag=tag)
    elif same:
        fix = say("Take one of them away.")
    else:
        fix = say("Keep one {tag}, with the values of now.", tag=tag)
    notes.add(
        "second_tag", level, "ignored", element, tag,  # type: ignore[arg-type]
        say("Only the first {tag} counts, in line {line}; this one is ignored without a word.", tag=tag, line=first.line), fix,
    )  # fmt: skip


def _check_hidden(notes: Notes, elements: list[Element], tag: str) -> None:
    for element in elements:
        if not element.hidden and notes.page.text(element):
            notes.add(
                "shown", "warning", "advice", element, tag,
                say("The tag is not hidden: visitors see it, and what the style sheet makes of its text is what is read."),
                say('Add style="display:none" to it.'),
            )  # fmt: skip


def _check_words(notes: Notes) -> None:
    page = notes.page
    for tag in WORDS:
        full = [element for element in page.by_class(tag) if page.text(element)]
        if len(full) > MOST_WORDS:
            lost = ", ".join(seen(page.text(element)) for element in full[MOST_WORDS : MOST_WORDS + 5])
            notes.add(
                "too_many", "warning", "ignored", full[MOST_WORDS], tag,
                say("Only the first {most} {tag} count; {count} are ignored: {lost}.",
                    most=MOST_WORDS, tag=tag, count=len(full) - MOST_WORDS, lost=lost),
                say("Put the most telling ones first, and leave the others out."),
            )  # fmt: skip
        for element in full[:MOST_WORDS] if tag == "cn_page_tag" else ():
            text = trim(page.text(element))
            if length(text) > TAG_LENGTH:
                notes.add(
                    "word_cut", "warning", "changed", element, tag,
                    say("“{value}” is cut to {most} characters: “{left}”.",
                        value=seen(text), most=TAG_LENGTH, left=cut(text, TAG_LENGTH)),
                    say("Write at most {most} characters.", most=TAG_LENGTH), value=text,
                )  # fmt: skip


def _check_twice(notes: Notes) -> None:
    """Note purchases that are told twice on one page: each of them is sent."""
    told: dict[str, Element] = {}
    for element in notes.page.by_class("cn_purchase"):
        value = purchase_in(notes.page, element)
        id = str(value["purchaseId"]) if value else ""
        if id in told:
            notes.add(
                "purchase_twice", "error", "advice", element, "cn_purchase",
                say("The purchase “{id}” is told twice, also in line {line}: both are sent, and it may count twice.",
                    id=seen(id), line=told[id].line),
                say("Keep one tag for each purchase."), field="purchase_id", value=id,
            )  # fmt: skip
        elif id:
            told[id] = element


def _check_somebody(notes: Notes) -> None:
    """Note events that are somebody's on a page that does not say whose."""
    page = notes.page
    if client_of(page).get("primaryKey"):
        return
    told = {event["type"] for event in events_of(page)}
    for tag in _NEED_SOMEBODY:
        element = page.first(tag)
        if element is not None and tag.removeprefix("cn_") in told:
            notes.add(
                "nobody", "warning", "missing", element, tag,
                say("The page does not say who the visitor is: {tag} is sent, and is nobody's.", tag=tag),
                say("Add cn_client_info with the contact's e-mail address as primary_key."), field="primary_key",
            )  # fmt: skip


def _check_cart_shown(notes: Notes) -> None:
    page = notes.page
    if not any(page.first(tag) for tag in KNOWN):
        notes.put(
            "no_tags", "note", "advice", (1, 1), "", say("There is no tag in what you pasted."),
            say("Paste the page's source as the browser gets it. What a script adds later cannot be seen in it."),
        )  # fmt: skip
    elif page.first("cn_cart") is None and page.first("cn_purchase") is None:
        notes.put(
            "no_cart", "note", "advice", (1, 1), "cn_cart", say("The page shows no cart."),
            say("If the cart can change here, show it, an emptied one too: with its id, 0 and 0."),
        )  # fmt: skip


def _tags(page: Page) -> list[tuple[Element, str]]:
    found = [(element, tag) for tag in KNOWN for element in page.by_class(tag)]
    return sorted(found, key=lambda one: one[0].number)


def _seen(page: Page, element: Element, tag: str) -> TagSeen:
    first = tag not in SINGLE or page.by_class(tag)[0] is element
    value = _value(page, element, tag) if first else None
    return TagSeen(tag=tag, line=element.line, column=element.column, kept=value is not None, value=value)


def _value(page: Page, element: Element, tag: str) -> JsonValue:
    if tag == "cn_cart":
        return cart_in(page, element)
    if tag == "cn_purchase":
        return purchase_in(page, element)
    if tag in ("cn_product_visited", "cn_product_searched"):
        return product_in(page, element)
    if tag == "cn_client_info":
        return client_of(page)
    if tag in _TEXTS:
        return _texts(page, element, tag)
    if tag == "cn_banner_placeholder":
        return element.attributes.get("id") or None
    if tag in WORDS:
        full = [one for one in page.by_class(tag) if page.text(one)][:MOST_WORDS]
        return page.text(element) if element in full else None
    return True


def _texts(page: Page, element: Element, tag: str) -> Value | None:
    name = _TEXTS[tag]
    inner = page.first(name, element)
    text = page.text(inner) if inner is not None else None
    if tag == "cn_newsletter_subscribe":
        return {} if text is None else {name: text}
    return {name: text} if text else None


_TEXTS: Final[Mapping[str, str]] = {
    "cn_search": "search_text", "cn_product_not_found": "product_id", "cn_newsletter_subscribe": "email",
}  # fmt: skip
