"""TELLING: what is to be told, read from a form's values by the names of the wire, with every problem (R-SYNC-19, R-SYNC-21).

``shop_wire`` reads products, carts and purchases. Before it, blanks at the ends go, and numbers are written as they are meant: ``€60,25``
is 60.25. After it, what the page's script would drop is refused here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, TypeVar

from workbench.engine.event_emails import wrong_with
from workbench.engine.shop_money import plain_amount
from workbench.engine.shop_names import CART, LINE, PRODUCT, PURCHASE, Named
from workbench.engine.shop_wire import Read, read_cart, read_product, read_purchase, to_api
from workbench.errors import Invalid
from workbench.models.base import JsonValue, Problem
from workbench.models.shop_data import Cart, Product, Purchase
from workbench.sentence import Sentence, say

from .amounts import meant_by
from .javascript import BLANKS, length
from .reading import CLIENT_KEYS, MOST_WORDS, TAG_LENGTH, TRACKER_LENGTH

Noun = TypeVar("Noun", Product, Cart, Purchase)
Data = Mapping[str, JsonValue]

LINES: Final = "products"
MOST_ID: Final = 200
_NUMBERS: Final = {
    named.key: named.shape
    for named in (*PRODUCT, *LINE, *CART, *PURCHASE)
    if named.shape in ("whole", "money")
}
_FIELD_ID: Final = re.compile(r"[^\s\x00-\x1f\"'<>&=]{1,100}")
_PLACE: Final = re.compile(r"[^\s\x00-\x1f\"'<>&]{1,200}")
_ODD: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def product_told(data: Data) -> Product:
    """Return the product that is told. Raises Invalid: for what is wrong, and for what the script would drop the product without."""
    return _read(data, read_product, lambda product: _needed(product, PRODUCT, ""))


def cart_told(data: Data) -> Cart:
    """Return the cart that is told; totals that are not given are the sums of its lines. Raises Invalid."""
    return _read(_summed(data), read_cart, lambda cart: _lines(cart, CART))


def purchase_told(data: Data) -> Purchase:
    """Return the purchase that is told; totals that are not given are the sums of its lines. Raises Invalid."""
    return _read(_summed(data), read_purchase, lambda purchase: _lines(purchase, PURCHASE))


def contact_told(data: Data) -> dict[str, JsonValue]:
    """Return who the visitor is, as it goes on the wire: ``primaryKey``, ``trackerId``, and fields by their ids. Raises Invalid."""
    found: dict[str, JsonValue] = {}
    problems: list[Problem] = []
    for key, value in data.items():
        if value is None or value == "":
            continue
        if not _FIELD_ID.fullmatch(key) or key in CLIENT_KEYS:
            wrong = say(
                "“{field}” cannot be the id of a field: it is one word, without quotes and other signs.",
                field=key[:60],
            )
            problems.append(Problem(field=key, sentence=wrong))
        elif isinstance(value, (list, dict)):
            problems.append(
                Problem(
                    field=key, sentence=say("“{field}” has to be a text, a number, or yes or no.", field=key)
                )
            )
        else:
            found[key] = _plain(value)
    for key, wrong in _wrong_contact(found):
        problems.append(Problem(field=key, sentence=wrong))
    if not found and not problems:
        problems.append(Problem(field="primaryKey", sentence=say("Give the contact's e-mail address.")))
    if problems:
        raise Invalid(problems)
    return found


def text_told(data: Data, key: str, *, email: bool = False) -> str:
    """Return one text that has to be given; with ``email`` an address. Raises Invalid."""
    value = data.get(key)
    text = str(_plain(value)).strip(BLANKS) if isinstance(value, (str, int, float, Decimal)) else ""
    wrong: Sentence | None = None
    if not text:
        wrong = say("“{field}” is empty, and nothing goes without it. Fill it in.", field=key)
    elif _ODD.search(text):
        wrong = say("“{field}” holds a character that cannot be shown. Type it anew.", field=key)
    elif email:
        wrong = wrong_with(text)
    if wrong is not None:
        raise Invalid([Problem(field=key, sentence=wrong)])
    return text


def words_told(data: Data, key: str) -> list[str]:
    """Return a page's categories or words, those that say something. Raises Invalid for more than arrive, or longer ones."""
    value = data.get(key) or []
    texts = [str(_plain(one)).strip(BLANKS) for one in (value if isinstance(value, list) else [value])]
    found = [text for text in texts if text]
    if len(found) > MOST_WORDS:
        many = say(
            "There are {count}, and only the first {most} arrive. Take some away.",
            count=len(found),
            most=MOST_WORDS,
        )
        raise Invalid([Problem(field=key, sentence=many)])
    long = [text for text in found if key == "tags" and length(text) > TAG_LENGTH]
    if long:
        wrong = say("“{value}” is cut after {most} characters. Shorten it.", value=long[0], most=TAG_LENGTH)
        raise Invalid([Problem(field=key, sentence=wrong)])
    return found


def place_told(data: Data) -> str:
    """Return the id of a place for content. Raises Invalid."""
    id = text_told(data, "id")
    if not _PLACE.fullmatch(id):
        raise Invalid([Problem(field="id", sentence=say("An id is one word, without blanks and quotes."))])
    return id


def tagged(noun: Product | Cart | Purchase) -> dict[str, JsonValue]:
    """Return what a page can tell of a noun, by the names of the wire: the API's body without what no tag has a place for."""
    names = PRODUCT if isinstance(noun, Product) else CART if isinstance(noun, Cart) else PURCHASE
    return _shown(to_api(noun), names)


def _shown(value: Data, names: Sequence[Named]) -> dict[str, JsonValue]:
    found = {named.key: value[named.key] for named in names if named.tag and named.key in value}
    if LINES in value:
        found[LINES] = [_shown(line, (*PRODUCT, *LINE)) for line in value[LINES]]
    return found


def _read(
    data: Data, read: Callable[[JsonValue], Read[Noun]], lacking: Callable[[Noun], Iterator[Problem]]
) -> Noun:
    found = read(_prepared(data))
    problems = [one for one in found.problems if one.blocks]
    if found.noun is not None:
        problems += lacking(found.noun)
    if problems or found.noun is None:
        raise Invalid(problems)
    return found.noun


def _prepared(value: JsonValue, key: str = "") -> Any:
    if isinstance(value, Mapping):
        return {name: _prepared(one, name) for name, one in value.items()}
    if isinstance(value, list):
        return [_prepared(one) for one in value]
    if not isinstance(value, str):
        return value
    text = value.strip(BLANKS)
    if key in _NUMBERS and text:
        meant = meant_by(text)
        if len(meant) == 1 and (_NUMBERS[key] == "money" or meant[0] == meant[0].to_integral_value()):
            return plain_amount(meant[0])
    return text


def _summed(data: Data) -> Data:
    """Return the cart or purchase with the totals that were left open."""
    lines = data.get(LINES)
    given = dict(data)
    for named, total in zip(LINE, ("totalQuantity", "totalPrice"), strict=True):
        if given.get(total) in (None, "") and isinstance(lines, list):
            parts = [_amount(line.get(named.key)) if isinstance(line, Mapping) else None for line in lines]
            if all(part is not None for part in parts):
                given[total] = plain_amount(sum((part for part in parts if part is not None), Decimal(0)))
    return given


def _amount(value: JsonValue) -> Decimal | None:
    meant = meant_by(value if isinstance(value, str) else str(value)) if value is not None else ()
    return meant[0] if len(meant) == 1 else None


def _lines(noun: Cart | Purchase, names: Sequence[Named]) -> Iterator[Problem]:
    yield from _needed(noun, names, "")
    for number, line in enumerate(noun.lines):
        yield from _needed(line.product, PRODUCT, f"{LINES}.{number}.")
        yield from _needed(line, LINE, f"{LINES}.{number}.")


def _needed(noun: object, names: Sequence[Named], at: str) -> Iterator[Problem]:
    """Give what the script would drop the whole without: a text that is empty, a number that is missing or below 0."""
    for named in names:
        value = getattr(noun, named.attribute)
        if not named.needed:
            continue
        if value is None or value == "":
            wrong = say(
                "“{field}” is empty, and the page's script would drop all of it without a word. Fill it in.",
                field=named.key,
            )
            yield Problem(field=f"{at}{named.key}", sentence=wrong)
        elif named.shape != "text" and value < 0:
            wrong = say(
                "“{field}” is below 0, and the page's script would drop all of it without a word.",
                field=named.key,
            )
            yield Problem(field=f"{at}{named.key}", sentence=wrong)


def _wrong_contact(found: Data) -> Iterator[tuple[str, Sentence]]:
    key = found.get("primaryKey")
    wrong = wrong_with(str(key)) if key is not None else None
    if wrong is not None:
        yield "primaryKey", wrong
    if length(str(found.get("trackerId", ""))) > TRACKER_LENGTH:
        yield (
            "trackerId",
            say("The visitor's id has at most {most} characters; it would be cut.", most=TRACKER_LENGTH),
        )
    for name, value in found.items():
        if isinstance(value, str) and _ODD.search(value):
            yield name, say("“{field}” holds a character that cannot be shown. Type it anew.", field=name)


def _plain(value: JsonValue) -> JsonValue:
    """Return a value of a form as a page writes it: texts without blanks at their ends, yes and no as ``true`` and ``false``."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value.strip(BLANKS)
    return plain_amount(value if isinstance(value, Decimal) else Decimal(str(value)))
