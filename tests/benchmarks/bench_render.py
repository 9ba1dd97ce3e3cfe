"""How fast payloads are rendered, beside the usual ways: python -m tests.benchmarks.bench_render.

Two payloads of 10 slots: in the first each value is a text that needs escaping, the second also has numbers, null and slots within a text.
The ways take turns, round by round, and the processor's own time is counted, so that a busy machine changes little; told are medians, and
above all the ratio to ours. Jinja is measured three times, as it is used: its template compiled once for all payloads, compiled anew for
each (``from_string(text).render(values)``), and one template for each field, compiled once, as where people template a parsed document.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from time import process_time
from typing import Any

from tests.benchmarks.figures import sheet_of
from workbench.engine.template import compile_template

ROUNDS = 15
ROUND_S = 0.05
"""Seconds of work in each round of each way."""
Values = dict[str, object]
Render = Callable[[Values], bytes | str]

TEXTS = {f"field_{number}": f"{{{{ v{number} }}}}" for number in range(10)}
TEXT_VALUES: Values = {f"v{number}": f'Olá "{number}" \\ São\nPaulo <b>' for number in range(10)}
MIXED = {
    "from": {"email": "news@example.com", "name": "Example"},
    "personalizations": [{"to": [{"email": "{{ email }}", "name": "{{ name }}"}]}],
    "subject": "{{ subject }}",
    "content": "Hello {{ first_name }}, you have {{ count }} items in your cart",
    "data": {key: f"{{{{ {key} }}}}" for key in ("city", "total", "vip", "note", "code")},
}
MIXED_VALUES: Values = {
    "email": "ana@example.com",
    "name": 'Ana "Lima"\n',
    "subject": "Olá, é hoje!",
    "first_name": "Ana",
    "count": 3,
    "city": "São Paulo \\ SP",
    "total": 12.5,
    "vip": True,
    "note": None,
    "code": "{{ not a slot }}",
}
SLOT = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def ours(payload: object) -> Render:
    """Compile once, render bytes."""
    return compile_template(json.dumps(payload)).render


def filled(part: Any, text: Callable[[str], object]) -> Any:
    """Return the document with each string replaced by what ``text`` makes of it."""
    if isinstance(part, dict):
        return {key: filled(item, text) for key, item in part.items()}
    if isinstance(part, list):
        return [filled(item, text) for item in part]
    return text(part) if isinstance(part, str) else part


def tree_fill(payload: object) -> Render:
    """Walk the parsed tree, fill each string, dump all of it."""

    def text(values: Values, part: str) -> object:
        if whole := SLOT.fullmatch(part):
            return values[whole[1]]
        return SLOT.sub(lambda found: str(values[found[1]]), part)

    return lambda values: json.dumps(filled(payload, lambda part: text(values, part)), ensure_ascii=False)


def jinja_text(payload: object) -> str:
    """Return the payload as a Jinja template in which ``tojson`` writes each value."""

    def written(found: re.Match[str]) -> str:
        parts = SLOT.split(json.loads(found[0]))
        words = [part if place % 2 else json.dumps(part) for place, part in enumerate(parts) if part]
        return f"{{{{ ({' ~ '.join(words)}) | tojson }}}}"

    return re.sub(r'"[^"]*\{\{[^"]*"', written, json.dumps(payload))


def jinja(payload: object) -> dict[str, Render]:
    """Render by Jinja's sandbox; nothing where Jinja is not installed."""
    try:
        from jinja2.sandbox import SandboxedEnvironment
    except ImportError:
        return {}
    environment = SandboxedEnvironment()
    text = jinja_text(payload)
    fields = filled(payload, lambda part: environment.from_string(part) if SLOT.search(part) else part)

    def by_field(values: Values) -> str:
        def done(part: Any) -> Any:
            if isinstance(part, dict):
                return {key: done(item) for key, item in part.items()}
            if isinstance(part, list):
                return [done(item) for item in part]
            return part.render(values) if hasattr(part, "render") else part

        return json.dumps(done(fields), ensure_ascii=False)

    return {
        "jinja2 sandbox + tojson, compiled once": environment.from_string(text).render,
        "jinja2 sandbox, a template a field": by_field,
        "jinja2 sandbox + tojson, compiled each time": lambda values: environment.from_string(text).render(
            values
        ),
    }


def minijinja_render(payload: object) -> dict[str, Render]:
    """Render by minijinja, compiled once; nothing where it is not installed."""
    try:
        from minijinja import Environment
    except ImportError:
        return {}
    environment = Environment(templates={"payload": jinja_text(payload)})
    return {"minijinja + tojson": lambda values: environment.render_template("payload", **values)}


def liquid_text(payload: object) -> str:
    """Return the payload as a Liquid template in which ``json`` writes each value."""

    def written(found: re.Match[str]) -> str:
        parts = SLOT.split(json.loads(found[0]))
        words = [part if place % 2 else f"'{part}'" for place, part in enumerate(parts) if part]
        return f"{{{{ {words[0]}{''.join(f' | append: {word}' for word in words[1:])} | json }}}}"

    return re.sub(r'"[^"]*\{\{[^"]*"', written, json.dumps(payload))


def liquid_render(payload: object) -> dict[str, Render]:
    """Render by python-liquid, compiled once; nothing where it is not installed."""
    try:
        from liquid import Environment
    except ImportError:
        return {}
    template = Environment(extra=True).from_string(liquid_text(payload))
    return {"python-liquid + json": lambda values: template.render(**values)}


def seconds(render: Render, values: Values, count: int) -> float:
    """Return how long one of ``count`` renders takes."""
    start = process_time()
    for _ in range(count):
        render(values)
    return (process_time() - start) / count


def measure(title: str, payload: object, values: Values) -> None:
    """Measure all ways in turns and print one line for each."""
    ways = {
        "ours": ours(payload), "json.dumps(tree fill)": tree_fill(payload), **minijinja_render(payload), **jinja(payload),
        **liquid_render(payload),
    }  # fmt: skip
    counts = {name: max(5, round(ROUND_S / seconds(render, values, 20))) for name, render in ways.items()}
    for render in ways.values():
        assert len(json.loads(render(values))) == len(json.loads(ways["ours"](values)))
    rounds = [
        {name: 1 / seconds(render, values, counts[name]) for name, render in ways.items()}
        for _ in range(ROUNDS)
    ]
    rates = {name: [taken[name] for taken in rounds] for name in ways}
    sheet_of("render", f"Payloads rendered: {title}", "payloads/s", rates, ours="ours").tell()


def main() -> None:
    """Measure both payloads."""
    measure("10 texts that need escaping", TEXTS, TEXT_VALUES)
    measure("10 slots of all kinds", MIXED, MIXED_VALUES)


if __name__ == "__main__":
    main()
