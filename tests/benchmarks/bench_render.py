"""How fast payloads are rendered, beside the two usual ways: python tests/benchmarks/bench_render.py.

One payload of 10 slots whose values need escaping. The ways take turns, round by round, and the processor's own time
is counted, so that a busy machine changes little; told are medians, and above all the ratio to ours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from statistics import median
from time import process_time

from workbench.engine.template import compile_template

ROUNDS = 15
RENDERS = 2_000
Values = dict[str, object]
Render = Callable[[Values], bytes | str]

PAYLOAD = {
    "from": {"email": "news@example.com", "name": "Example"},
    "personalizations": [{"to": [{"email": "{{ email }}", "name": "{{ name }}"}]}],
    "subject": "{{ subject }}",
    "content": "Hello {{ first_name }}, you have {{ count }} items in your cart",
    "data": {key: f"{{{{ {key} }}}}" for key in ("city", "total", "vip", "note", "code")},
}
VALUES: Values = {
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


def ours() -> Render:
    """Compile once, render bytes."""
    return compile_template(json.dumps(PAYLOAD)).render


def tree_fill() -> Render:
    """Walk the parsed tree, fill each string, dump all of it."""
    slot = re.compile(r"\{\{\s*(\w+)\s*\}\}")

    def fill(part: object, values: Values) -> object:
        if isinstance(part, dict):
            return {key: fill(item, values) for key, item in part.items()}
        if isinstance(part, list):
            return [fill(item, values) for item in part]
        if not isinstance(part, str):
            return part
        if whole := slot.fullmatch(part):
            return values[whole[1]]
        return slot.sub(lambda found: str(values[found[1]]), part)

    return lambda values: json.dumps(fill(PAYLOAD, values), ensure_ascii=False)


def jinja_sandbox() -> Render | None:
    """Render a Jinja template that writes each value with its tojson filter; None where Jinja is not installed."""
    try:
        from jinja2.sandbox import SandboxedEnvironment
    except ImportError:
        return None
    slot = re.compile(r"\{\{\s*(\w+)\s*\}\}")
    text = slot.sub(r"{{ \1 }}", json.dumps(PAYLOAD))
    text = re.sub(r'"\{\{ (\w+) \}\}"', r"{{ \1 | tojson }}", text)
    text = text.replace(
        json.dumps(PAYLOAD["content"]), "{{ ('Hello ' ~ first_name ~ ', you have ' ~ count) | tojson }}"
    )
    return SandboxedEnvironment().from_string(text).render


def seconds(render: Render) -> float:
    """Return how long one round takes."""
    start = process_time()
    for _ in range(RENDERS):
        render(VALUES)
    return process_time() - start


def main() -> None:
    """Measure all ways in turns and print one line for each."""
    ways = {"ours": ours(), "json.dumps(tree fill)": tree_fill(), "jinja2 sandbox + tojson": jinja_sandbox()}
    found = {name: render for name, render in ways.items() if render}
    for render in found.values():
        assert json.loads(render(VALUES))["personalizations"][0]["to"][0]["name"] == VALUES["name"]
    rounds = [{name: seconds(render) for name, render in found.items()} for _ in range(ROUNDS)]
    for name in found:
        rate = RENDERS / median(taken[name] for taken in rounds)
        ratio = median(taken[name] / taken["ours"] for taken in rounds)
        print(f"{name:26}{rate:>10,.0f} payloads/s   ours is {ratio:5.1f} times as fast")


if __name__ == "__main__":
    main()
