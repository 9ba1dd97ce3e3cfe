"""SCRIPT: what loads the platform's script on every page, and a shop's own events told through it (R-SYNC-21).

Everything that came from a person stands in the code as JSON whose signs no HTML reader takes for markup: ``</script>`` cannot end it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from workbench.engine.script_id import no_script_id, read_script_id
from workbench.engine.shop_money import money_text
from workbench.engine.strict_json import MAX_DEPTH
from workbench.errors import Invalid
from workbench.models.base import JsonValue, Problem
from workbench.models.tags import ScriptKind
from workbench.sentence import say

from .telling import (
    Data,
    cart_told,
    contact_told,
    product_told,
    purchase_told,
    tagged,
    text_told,
)

READY: Final = "connectif.managed.initialized"
"""The event of the page with which the platform's script says that it can be told something."""
_MARKUP: Final = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def told(kind: ScriptKind, data: Data) -> tuple[list[JsonValue], dict[str, JsonValue]]:
    """Return the events and the options of one thing to tell, by the names of the wire. Raises Invalid with every problem.

    A cart is no event: it goes in the options, whole every time. ``custom``: ``eventId`` and ``payload``.
    """
    match kind:
        case "page-visit" | "login" | "register":
            return [{"type": kind}], {}
        case "product-visited" | "product-searched":
            return [{"type": kind, "product": tagged(product_told(data))}], {}
        case "product-not-found":
            return [{"type": kind, "productId": text_told(data, "productId")}], {}
        case "search":
            return [{"type": kind, "searchText": text_told(data, "searchText")}], {}
        case "newsletter-subscribe":
            return [{"type": kind, "email": text_told(data, "email", email=True)}], {}
        case "cart":
            return [], {"cart": tagged(cart_told(data))}
        case "purchase":
            return [{"type": kind, "purchase": tagged(purchase_told(data))}], {}
        case "custom":
            return [{"type": kind, "eventId": text_told(data, "eventId"), "payload": _payload(data)}], {}


def event_script(kind: ScriptKind, data: Data, contact: Data | None = None) -> str:
    """Return the ``<script>`` that tells it as soon as the platform's own has loaded. Raises Invalid with every problem."""
    events, options = told(kind, data)
    if contact:
        options = {"entityInfo": contact_told(contact), **options}
    return (
        "<script>\n"
        "(function () {\n"
        f"  var events = {code(events)};\n"
        f"  var options = {code(options)};\n"
        "  function tell() {\n"
        "    window.connectif.managed.sendEvents(events, options);\n"
        "  }\n"
        "  if (window.shopEventsReady) {\n"
        "    tell();\n"
        "  } else {\n"
        f'    document.addEventListener("{READY}", tell, {{once: true}});\n'
        "  }\n"
        "})();\n"
        "</script>"
    )


def loader(script_id: str) -> str:
    """Return what loads the platform's script, for every page; it also remembers that it is ready. Raises Invalid for no id.

    ``script_id`` is what the platform shows, with the stage before it where there is one (``eu8/0f3c…``).
    """
    found = read_script_id(script_id)
    if found is None:
        raise Invalid([Problem(field="script_id", sentence=no_script_id(script_id))])
    id, stage = found.id, f"{found.stage}/" if found.stage else ""
    return (
        f'<script async id="__cn_generic_script__{id}">\n'
        "(function (page) {\n"
        f'  page.addEventListener("{READY}", function () {{ window.shopEventsReady = true; }});\n'
        "  function load() {\n"
        f'    if (page.getElementById("__cn_client_script_{id}")) return;\n'
        '    var script = page.createElement("script");\n'
        f'    script.id = "__cn_client_script_{id}";\n'
        f'    script.src = "https://cdn.connectif.cloud/{stage}client-script/{id}";\n'
        "    page.body.appendChild(script);\n"
        "  }\n"
        '  if (page.readyState === "loading") page.addEventListener("DOMContentLoaded", load);\n'
        "  else load();\n"
        "})(document);\n"
        "</script>"
    )


def code(value: JsonValue, indent: str = "  ") -> str:
    """Return a value as code: JSON in lines, amounts digit for digit, and no sign that could end the script or a line."""
    return "".join(_MARKUP.get(sign, sign) for sign in _written(value, indent))


def _written(value: JsonValue, indent: str) -> str:
    if isinstance(value, Decimal):
        return money_text(value)
    if isinstance(value, (Mapping, list)) and value:
        inner = indent + "  "
        if isinstance(value, Mapping):
            parts = [f"{_key(key)}: {_written(one, inner)}" for key, one in value.items()]
        else:
            parts = [_written(one, inner) for one in value]
        first, last = "{}" if isinstance(value, Mapping) else "[]"
        return f"{first}\n{inner}" + f",\n{inner}".join(parts) + f"\n{indent}{last}"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _key(key: JsonValue) -> str:
    text = json.dumps(str(key), ensure_ascii=False)
    return (
        f"[{text}]" if key == "__proto__" else text
    )  # the one name that means something else in an object's braces


def _payload(data: Data) -> JsonValue:
    payload = data.get("payload", {})
    wrong = None
    if not isinstance(payload, Mapping):
        wrong = say("The payload of an event is a JSON object: names with values, in braces.")
    elif _depth(payload) > MAX_DEPTH:
        wrong = say("The payload is nested too deep. Lay it out flatter.")
    else:
        try:
            json.dumps(payload, allow_nan=False, default=str, ensure_ascii=False).encode()
        except (ValueError, TypeError):
            wrong = say(
                "The payload holds a number that JSON cannot write. Replace it by a number or a text."
            )
    if wrong is not None:
        raise Invalid([Problem(field="payload", sentence=wrong)])
    return payload


def _depth(value: JsonValue) -> int:
    level, here = 0, [value]
    while here:
        level += 1
        if level > MAX_DEPTH:
            break
        here = [inner for one in here for inner in _inside(one)]
    return level


def _inside(value: JsonValue) -> list[JsonValue]:
    if isinstance(value, Mapping):
        return list(value.values())
    return value if isinstance(value, list) else []
