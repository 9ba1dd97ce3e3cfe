"""FLOW PICTURE: where everybody goes: ribbons from column to column, as wide as they are many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from workbench.widgets.look import Html, markup
from workbench.widgets.piece import Said, said

from .drawing import Form, fit, frame, px, rectangle, text

__all__ = ["FlowColumn", "Ribbon", "flow_picture"]

BAR = 10.0
"""How wide the bar of a node is."""
THINNEST = 2.0
"""A single contact among a million is still seen."""
SLOT = 36.0
"""A node and its two lines of words never take less room than this, so that no label stands on another."""
GAP = 10.0
TOP = 30.0
"""The room of the columns' titles."""
NAME, FIGURE = 12.5, 11.5
"""The letters of a node's name and of its figure."""


class FlowColumn(NamedTuple):
    """A column: its title, and its nodes in their order, each key with what it is called."""

    title: Said
    nodes: Mapping[str, Said]


@dataclass(frozen=True)
class Ribbon:
    """So many that go the same way: a node of each column. ``tone`` is its colour: a path's name, or ``leak``."""

    way: tuple[str, ...]
    count: int
    tone: str


@dataclass
class _Link:
    """What goes from a node to the next, in one tone; where it leaves and where it arrives."""

    source: str
    target: str
    tone: str
    count: int
    thick: float = 0.0
    y0: float = 0.0
    y1: float = 0.0


@dataclass
class _Node:
    key: str
    name: str
    count: int = 0
    y: float = 0.0
    height: float = 0.0
    out: list[_Link] = field(default_factory=list)
    into: list[_Link] = field(default_factory=list)


def flow_picture(
    key: str,
    title: Said,
    description: Said,
    columns: Sequence[FlowColumn],
    ribbons: Sequence[Ribbon],
    *,
    form: Form,
    tall: float = 230.0,
    width: float = 720.0,
    last: float = 124.0,
) -> Html:
    """Return the picture. ``tall`` is the height of all ribbons together, ``last`` the room for the words of the last column."""
    found = [ribbon for ribbon in ribbons if ribbon.count > 0]
    total = sum(ribbon.count for ribbon in found)
    nodes = [_nodes(at, column, found) for at, column in enumerate(columns)]
    links = [_links(at, nodes, found) for at in range(len(columns) - 1)]
    for link in (link for group in links for link in group):
        link.thick = max(THINNEST, tall * link.count / total)
    height = _place(nodes, tall, total)
    step = (width - BAR - last) / max(len(columns) - 1, 1)
    spots = [step * at for at in range(len(columns))]
    shapes = [_heading(column, x, min(step, width - x)) for column, x in zip(columns, spots, strict=True)]
    for at, group in enumerate(links):
        shapes += [_ribbon(link, spots[at] + BAR, spots[at + 1], nodes, at, form) for link in group]
    for at, column_nodes in enumerate(nodes):
        room = (step if at < len(columns) - 1 else last) - 14
        shapes += [_node(node, spots[at], room, total, form) for node in column_nodes.values()]
    return frame(
        key,
        title,
        description,
        width,
        height,
        Html("").join(shapes),
        headings=[*(column.title for column in columns), title],
        rows=[_row(ribbon, columns, form) for ribbon in found],
    )


def _row(ribbon: Ribbon, columns: Sequence[FlowColumn], form: Form) -> list[str]:
    names = [said(column.nodes[key]) for column, key in zip(columns, ribbon.way, strict=True)]
    return [*names, form(ribbon.count)]


def _nodes(at: int, column: FlowColumn, ribbons: Sequence[Ribbon]) -> dict[str, _Node]:
    """Return the nodes of a column that anybody passes, in the column's order."""
    counts: dict[str, int] = defaultdict(int)
    for ribbon in ribbons:
        counts[ribbon.way[at]] += ribbon.count
    return {key: _Node(key, said(name), counts[key]) for key, name in column.nodes.items() if counts.get(key)}


def _links(at: int, nodes: Sequence[dict[str, _Node]], ribbons: Sequence[Ribbon]) -> list[_Link]:
    """Return what goes from column ``at`` to the next, ordered so that ribbons cross as little as they can."""
    counts: dict[tuple[str, str, str], int] = defaultdict(int)
    for ribbon in ribbons:
        counts[ribbon.way[at], ribbon.way[at + 1], ribbon.tone] += ribbon.count
    order = [list(nodes[at]), list(nodes[at + 1])]
    links = [_Link(*names, count) for names, count in counts.items()]
    links.sort(key=lambda one: (order[0].index(one.source), order[1].index(one.target), one.tone))
    for one in links:
        nodes[at][one.source].out.append(one)
    for one in sorted(
        links, key=lambda one: (order[1].index(one.target), order[0].index(one.source), one.tone)
    ):
        nodes[at + 1][one.target].into.append(one)
    return links


def _place(nodes: Sequence[dict[str, _Node]], tall: float, total: int) -> float:
    """Give every node and every end of a ribbon its place; return the height of the picture."""
    needed = []
    for column in nodes:
        for node in column.values():
            sides = (sum(link.thick for link in node.out), sum(link.thick for link in node.into))
            node.height = max(*sides, THINNEST, tall * node.count / total if total else 0)
        slots = sum(max(node.height, SLOT) for node in column.values())
        needed.append(slots + GAP * max(len(column) - 1, 0))
    height = max(needed, default=0.0)
    for column, own in zip(nodes, needed, strict=True):
        spare = min((height - own) / max(len(column), 1), 2 * SLOT)
        y = TOP + (height - own - spare * max(len(column) - 1, 0)) / 2
        for node in column.values():
            slot = max(node.height, SLOT)
            node.y = y + (slot - node.height) / 2
            y += slot + GAP + spare
            _ends(node)
    return TOP + height + 4


def _ends(node: _Node) -> None:
    y = node.y + (node.height - sum(link.thick for link in node.out)) / 2
    for link in node.out:
        link.y0, y = y, y + link.thick
    y = node.y + (node.height - sum(link.thick for link in node.into)) / 2
    for link in node.into:
        link.y1, y = y, y + link.thick


def _heading(column: FlowColumn, x: float, room: float) -> Html:
    whole = said(column.title)
    return text(fit(whole, room, 11), x, 12, "wb-c-heading")


def _ribbon(
    link: _Link, x0: float, x1: float, nodes: Sequence[dict[str, _Node]], at: int, form: Form
) -> Html:
    middle = (x0 + x1) / 2
    low0, low1 = link.y0 + link.thick, link.y1 + link.thick
    path = (
        f"M{px(x0)},{px(link.y0)}C{px(middle)},{px(link.y0)} {px(middle)},{px(link.y1)} {px(x1)},{px(link.y1)}"
        f"V{px(low1)}C{px(middle)},{px(low1)} {px(middle)},{px(low0)} {px(x0)},{px(low0)}Z"
    )
    return markup(
        '<path d="{path}" class="wb-c-ribbon wb-c-{tone}"><title>{words}</title></path>',
        path=path,
        tone=link.tone,
        words=f"{nodes[at][link.source].name} → {nodes[at + 1][link.target].name}: {form(link.count)}",
    )


def _node(node: _Node, x: float, room: float, total: int, form: Form) -> Html:
    middle = node.y + node.height / 2
    share = 100 * node.count / total
    percent = f"{form(round(share))} %" if share >= 1 else "< 1 %"
    figure = fit(f"{form(node.count)} · {percent}", room, FIGURE)
    return Html("").join(
        (
            rectangle(x, node.y, BAR, node.height, "wb-c-node", radius=2),
            text(fit(node.name, room, NAME), x + BAR + 6, middle - 2, "wb-c-name wb-c-halo", whole=node.name),
            text(figure, x + BAR + 6, middle + 13, "wb-c-figure wb-c-halo"),
        )
    )
