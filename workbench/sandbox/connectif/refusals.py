"""Refusals: how Connectif says no: an HttpError with status, title and detail, its own codes with their lists, and 422 with what is wrong.

https://api-docs.connectif.cloud/connectif-api/guides/custom-error-codes. On demand: an address or id that holds a word such as ``e0103`` or
``http500`` is refused that way (``http429bare``: a 429 without its headers).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from workbench.models.base import JsonValue
from workbench.sandbox.answers import Rendered, written

Wrong = tuple[str, str]
"""A value that is not taken: its JSON pointer and the reason."""

TITLES: Final = {
    400: "Bad Request", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 413: "Payload Too Large",
    415: "Unsupported Media Type", 422: "Unprocessable entity", 429: "Too Many Requests", 500: "Internal Server Error",
    503: "Service Unavailable",
}  # fmt: skip
DETAILS: Final = {
    403: "Permission not granted to the API Key or account has been blocked",
    404: "Resource not found",
    413: "File too large",
    415: "Content type not supported",
    429: "Requests rate limit reached",
    500: "Something went wrong",
    503: "Try again later",
}
_PLANTED: Final = re.compile(
    r"(?<![a-z0-9])(e0[1-4]0[1-3]|http[45][0-9]{2}(?:bare)?)(?![0-9])", re.IGNORECASE
)


class Refusal(NamedTuple):
    """A refusal before it is written. ``bare`` is one without the headers that tell of the limit."""

    status: int
    body: JsonValue
    bare: bool = False

    @property
    def rendered(self) -> Rendered:
        """The whole answer."""
        return written(self.status, [], self.body)


def http_error(status: int, detail: str = "", code: str = "", **more: JsonValue) -> Refusal:
    """Return an HttpError: 401 comes as plain text, the codes' lists beside the code."""
    if status == 401:
        return Refusal(401, "Unauthorized")
    body: dict[str, JsonValue] = {
        "status": status,
        "title": TITLES.get(status, "Error"),
        "detail": detail or DETAILS.get(status, "Error"),
    }
    return Refusal(status, {**body, "code": code, **more} if code else {**body, **more})


def invalid(wrong: Iterable[Wrong]) -> Refusal:
    """Return the 422 of values that are not taken."""
    errors = [{"name": path.rpartition("/")[2], "path": path, "reason": reason} for path, reason in wrong]
    body = {
        "detail": "One or more validation error occurred.",
        "status": 422,
        "title": "Unprocessable entity",
    }
    return Refusal(422, {**body, "validationErrors": errors})


def no_contact(email: str) -> Refusal:
    """Return E0101."""
    return http_error(400, f"Contact with email {email} does not exist.", "E0101")


def no_products(ids: Sequence[str]) -> Refusal:
    """Return E0102, its list spelled as in the page's table."""
    return http_error(400, "One or more products do not exist.", "E0102", productIds=list(ids))


def purchase_domain(ids: Sequence[str], domains: Sequence[str]) -> Refusal:
    """Return E0103, its list spelled as in the page's example."""
    detail = f"Product {ids[0]} had URL from non authorized domain." if ids else "Non authorized domain."
    return http_error(400, detail, "E0103", productsId=list(ids), allowedDomains=list(domains))


def product_domain(domains: Sequence[str]) -> Refusal:
    """Return E0201."""
    return http_error(
        400, "Product had URL from non authorized domain.", "E0201", allowedDomains=list(domains)
    )


def full_queue(code: str, most: int, what: str) -> Refusal:
    """Return E0301 or E0401."""
    return http_error(400, f"Limit of {most} queued {what} reached.", code)


def planted(texts: Iterable[str]) -> str:
    """Return the first word that asks for a refusal in these texts; an empty text for none."""
    for text in texts:
        if found := _PLANTED.search(text):
            return found[1]
    return ""


def refusal_named(word: str, names: Sequence[str] = (), domains: Sequence[str] = ()) -> Refusal:
    """Return the refusal that a planted word asks for. ``names`` are what its lists name."""
    low = word.lower()
    if low.startswith("http"):
        status = int(low[4:7])
        made = invalid([("/planted", "is refused on purpose")]) if status == 422 else http_error(status)
        return made._replace(bare=low.endswith("bare"))
    by_code = {
        "e0101": lambda: no_contact(names[0] if names else "planted@example.com"),
        "e0102": lambda: no_products(names),
        "e0103": lambda: purchase_domain(names, domains),
        "e0201": lambda: product_domain(domains),
        "e0301": lambda: full_queue("E0301", 5, "exports"),
        "e0401": lambda: full_queue("E0401", 10, "imports"),
    }
    by = by_code.get(low)
    return http_error(400, "Refused on purpose.", low.upper()) if by is None else by()
