"""Event names: how much one name looks like another, for proposals of a mapping that a person then looks at (R-EVT-23)."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Final

SURE: Final = 75
"""The likeness from which a proposal is made."""

_SAME: Final = tuple(
    frozenset(words.split())
    for words in (
        "email emailaddress mail emailid useremail customeremail correo courriel enderecodeemail contactemail subscriberemail",
        "phone phonenumber mobile mobilephone mobilenumber tel telephone telefone celular telefono movil msisdn whatsapp "
        "customerphone cellphone numtel",
        "id sku code article",
        "sku productsku productid itemid productcode itemcode lineid",
        "name title nome nom nombre",
        "productname itemname producttitle itemtitle productstitle itemstitle",
        "price unitprice preco prix precio",
        "productprice itemprice unitprice productunitprice itemunitprice",
        "quantity qty count quantidade quantite cantidad",
        "image img imageurl imgurl picture thumbnail photo",
        "productimgurl productimage productimageurl itemimage itemimageurl productimg",
        "url link href permalink",
        "productlink producturl itemurl itemlink productpermalink",
        "total totalprice totalamount ordertotal carttotal grandtotal amount valortotal",
        "products items lineitems cartitems orderitems cart lines produtos produits productos articles",
        "date eventdate createdat orderdate created datecreated data fecha",
        "firstname givenname fname primeironome prenom",
        "lastname surname familyname sobrenome apellido",
        "currency currencycode moeda devise moneda",
        "orderid ordernumber orderno purchaseid purchasenumber pedido numerodopedido",
        "userid customerid clientid contactid",
        "city town cidade ville ciudad",
    )
)
_MEANT: Final = {"_name": "firstname"}
"""Fields of a platform's contacts that mean something narrower than their name says: a column of that name wins."""
_OWN_NAME: Final = 95
_NO_WORD: Final = re.compile(r"[\W_]+")


@lru_cache(maxsize=8192)
def squashed(name: str) -> str:
    """Return the name without what people mix up: capitals, blanks, hyphens and underscores."""
    return _NO_WORD.sub("", name[:200]).casefold()


def likeness(wanted: str, *given: str) -> int:
    """Return from 0 to 100 how much a wanted name looks like a given one; of a nested one its parts are given, the outermost first."""
    if wanted in _MEANT:
        return max(likeness(_MEANT[wanted], *given), min(_OWN_NAME, likeness(squashed(wanted), *given)))
    want = squashed(wanted)
    last = squashed(given[-1]) if given else ""
    if not want or not last:
        return 0
    whole = (
        [squashed("".join(given[-2:])), squashed(singular(given[-2]) + given[-1])] if len(given) > 1 else []
    )
    if want in whole:
        return 98
    if want == last:
        return 100 if len(given) == 1 else 96
    if singular(want) == singular(last):
        return 90
    if any(want in group and not group.isdisjoint((last, *whole)) for group in _SAME):
        return 85
    if min(len(want), len(last)) >= 5 and SequenceMatcher(None, want, last).ratio() >= 0.88:
        return 80
    return 0


def singular(name: str) -> str:
    """Return a name without the s of its plural."""
    return name[:-1] if len(name) > 3 and name.endswith("s") else name
