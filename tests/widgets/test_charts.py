"""Charts: every text is escaped, nothing overlaps or is clipped, whatever is shown; each picture has its words and its table."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.widgets.charts import (
    Bar,
    Column,
    FlowColumn,
    Mark,
    Ribbon,
    Span,
    bars,
    columns,
    curve,
    flow_picture,
    timeline,
)
from workbench.widgets.charts.drawing import fit, nice_ceiling, text_width, ticks
from workbench.widgets.charts.flow import FIGURE, NAME, SLOT, THINNEST
from workbench.widgets.charts.timeline import LETTERS, STEPS, round_minutes, rows_above
from workbench.widgets.look import Html

HOSTILE = "<script>alert(1)</script>\"'&"
LETTER = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="￾￿")
WORDS = st.text(LETTER, max_size=60)
WIDTH = 720.0


def plain(value: float) -> str:
    return f"{value:g}"


def tree(picture: Html) -> ElementTree.Element:
    return ElementTree.fromstring(picture)


def words(element: ElementTree.Element) -> str:
    return element.text or ""


def texts(picture: Html, css_class: str) -> list[ElementTree.Element]:
    return [one for one in tree(picture).iter("text") if css_class in one.attrib["class"].split()]


def place(element: ElementTree.Element, *names: str) -> list[float]:
    return [float(element.attrib[name]) for name in names]


def column(title: str, *names: str) -> FlowColumn:
    return FlowColumn(title, {name: name for name in names})


def flow(ribbons: Sequence[Ribbon], first: Sequence[str] = ("new", "old")) -> Html:
    columns = [column("From", *first), column("By", "yes", "no"), column("To", "in", "out", "late")]
    return flow_picture("f", "Flow", "Who goes where", columns, ribbons, form=plain, width=WIDTH)


def test_no_chart_lets_markup_through() -> None:
    made = [
        flow_picture("f", HOSTILE, HOSTILE, [column(HOSTILE, HOSTILE), column("b", "x")], [Ribbon((HOSTILE, "x"), 1, "leak")], form=plain),
        timeline("t", HOSTILE, HOSTILE, [Mark(1, HOSTILE)], [Span(0, 2, HOSTILE)], form=lambda _: HOSTILE),
        curve("c", HOSTILE, HOSTILE, [(0, 1)], across=HOSTILE, upward=HOSTILE, form=lambda _: HOSTILE, turns_at=0, turn_words=HOSTILE),
        bars("b", HOSTILE, HOSTILE, [Bar(HOSTILE, 3)], form=lambda _: HOSTILE),
        columns("s", HOSTILE, HOSTILE, [(HOSTILE, "done")], [Column(HOSTILE, (3.0,))], form=lambda _: HOSTILE),
    ]  # fmt: skip
    for picture in made:
        assert "<script" not in picture
        assert "&lt;script" in picture
        assert {one.tag for one in tree(picture).iter()}.isdisjoint({"script", "image", "foreignObject", "a"})


@pytest.mark.parametrize(
    "picture",
    [
        flow([Ribbon(("new", "yes", "in"), 3, "accepted")]),
        timeline("t", "When", "A story", [Mark(5, "It begins")], [Span(0, 5, "It waits")], form=plain),
        curve("c", "How far", "Until there", [(1, 2), (2, 0)], across="Time", upward="People", form=plain),
        bars("b", "Rules", "Who decided", [Bar("D", 4)], form=plain),
    ],
    ids=["flow", "timeline", "curve", "bars"],
)
def test_each_is_an_image_with_words_and_a_table_of_the_same_figures(picture: Html) -> None:
    figure = tree(picture)
    [svg] = figure.findall("svg")
    assert svg.attrib["role"] == "img"
    named = svg.attrib["aria-labelledby"].split()
    found = {one.attrib["id"]: words(one) for one in svg if "id" in one.attrib}
    assert all(found[name] for name in named)
    assert figure.findall(".//table/tbody/tr")
    assert "http" not in re.sub(r"xmlns\S*", "", picture)  # nothing is fetched


def test_two_pictures_of_a_page_do_not_share_a_name() -> None:
    one = bars("one", "Rules", "", [Bar("D", 4)], form=plain)
    two = bars("two", "Rules", "", [Bar("D", 4)], form=plain)
    assert set(re.findall(r' id="([^"]+)"', one)).isdisjoint(re.findall(r' id="([^"]+)"', two))


# The flow -----------------------------------------------------------------------------------------------------------------

COUNTS = st.integers(0, 1_000_000)
RIBBONS = st.lists(
    st.builds(
        Ribbon,
        st.tuples(st.sampled_from([f"s{n}" for n in range(12)]), st.sampled_from(["yes", "no"]), st.sampled_from(["in", "out", "late"])),
        COUNTS,
        st.sampled_from(["accepted", "leak"]),
    ),
    min_size=1,
    max_size=40,
).filter(lambda ribbons: any(one.count for one in ribbons))  # fmt: skip


@settings(max_examples=30)
@given(RIBBONS)
def test_labels_of_a_flow_stand_apart_and_inside_the_picture(ribbons: list[Ribbon]) -> None:
    picture = flow(ribbons, [f"s{n}" for n in range(12)])
    tall = float(tree(picture).findall("svg")[0].attrib["viewBox"].split()[3])
    by_column: dict[float, list[float]] = {}
    for label in texts(picture, "wb-c-name"):
        x, y = place(label, "x", "y")
        by_column.setdefault(x, []).append(y)
        assert x + text_width(words(label), NAME) <= WIDTH
        assert y - NAME > 0
    for label in texts(picture, "wb-c-figure"):
        x, y = place(label, "x", "y")
        assert x + text_width(words(label), FIGURE) <= WIDTH
        assert y <= tall
    for heights in by_column.values():
        assert all(below - above >= SLOT for above, below in itertools.pairwise(heights))


@settings(max_examples=30)
@given(RIBBONS)
def test_even_one_contact_is_seen_and_no_node_is_lower_than_its_ribbons(ribbons: list[Ribbon]) -> None:
    picture = flow(ribbons, [f"s{n}" for n in range(12)])
    nodes = [one for one in tree(picture).iter("rect") if one.attrib["class"] == "wb-c-node"]
    assert all(float(node.attrib["height"]) >= THINNEST for node in nodes)
    for path in tree(picture).iter("path"):
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", path.attrib["d"])]
        top, bottom = numbers[1], numbers[-1]
        assert bottom - top >= THINNEST - 0.11  # coordinates have one place
        assert any(
            float(node.attrib["y"]) - 0.2 <= top
            and bottom <= float(node.attrib["y"]) + float(node.attrib["height"]) + 0.2
            for node in nodes
        )


def test_what_nobody_takes_is_not_drawn_and_the_table_tells_every_ribbon() -> None:
    picture = flow([Ribbon(("new", "yes", "in"), 5, "accepted"), Ribbon(("old", "no", "out"), 0, "rejected")])
    assert [words(one) for one in texts(picture, "wb-c-name")] == ["new", "yes", "in"]
    cells = [[words(cell) for cell in row] for row in tree(picture).findall(".//tbody/tr")]
    assert cells == [["new", "yes", "in", "5"]]


def test_a_share_that_rounds_to_nothing_is_said_as_little() -> None:
    picture = flow(
        [Ribbon(("new", "yes", "in"), 999_999, "accepted"), Ribbon(("old", "yes", "in"), 1, "leak")]
    )
    assert "1 · < 1 %" in [words(one) for one in texts(picture, "wb-c-figure")]


# The timeline ----------------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.floats(0, 700), st.floats(5, 400)), max_size=14).map(sorted))
def test_no_label_stands_on_another_nor_on_a_leader(labels: list[tuple[float, float]]) -> None:
    rows = rows_above(labels)
    for at, (x, width) in enumerate(labels):
        for later in range(at + 1, len(labels)):
            reached = labels[later][0] < x + width
            assert not reached or rows[at] > rows[later]


@settings(max_examples=30)
@given(st.lists(st.tuples(st.floats(-600, 50_000), WORDS), min_size=1, max_size=12))
def test_every_label_of_a_timeline_is_inside_the_picture(dates: list[tuple[float, str]]) -> None:
    marks = [Mark(minute, said) for minute, said in dates]
    picture = timeline("t", "When", "Story", marks, [Span(0, 60, "The platform waits")], form=plain)
    svg = tree(picture).findall("svg")[0]
    tall = float(svg.attrib["viewBox"].split()[3])
    found = texts(picture, "wb-c-label")
    assert len(found) == len(marks)
    for label in found:
        x, y = place(label, "x", "y")
        long = text_width(words(label), LETTERS)
        low, high = (x - long, x) if label.attrib["text-anchor"] == "end" else (x, x + long)
        assert low >= 0
        assert high <= WIDTH
        assert y - LETTERS * 0.8 > 0
        assert y < tall


def test_dates_before_the_hook_have_their_place() -> None:
    picture = timeline(
        "t", "When", "", [Mark(-30, "Generated"), Mark(0, "Hook"), Mark(60, "Limit")], form=plain
    )
    places = [float(one.attrib["cx"]) for one in tree(picture).iter("circle")]
    assert places == sorted(places)
    assert places[0] < places[1]


@given(st.floats(-43_200, 0), st.floats(0.01, 100_000))
def test_moments_on_the_axis_are_those_people_count_in(begin: float, last: float) -> None:
    found = round_minutes(begin, last, 8)
    assert 1 <= len(found) <= 9
    assert all(begin - 1e-6 <= one <= last * (1 + 1e-9) + 1e-6 for one in found)
    if len(found) > 1 and last - begin > STEPS[0]:
        assert any(found[1] - found[0] == pytest.approx(step) for step in STEPS)


# Curves, bars, axes ----------------------------------------------------------------------------------------------------

FIGURES = st.floats(0, 1e9).map(lambda value: round(value, 3))


@settings(max_examples=30)
@given(
    st.lists(st.tuples(FIGURES, FIGURES), min_size=1, max_size=30, unique_by=lambda one: one[0]), st.data()
)
def test_a_curve_stays_inside_its_picture(points: list[tuple[float, float]], data: st.DataObject) -> None:
    turns_at = data.draw(st.sampled_from([None, *(x for x, _ in points)]))
    picture = curve(
        "c", "Curve", "", points, across="Setting", upward="Figure", form=plain, turns_at=turns_at,
        turn_words="in time up to there", now=points[0][0],
    )  # fmt: skip
    for one in tree(picture).iter("circle"):
        x, y = place(one, "cx", "cy")
        assert 0 <= x <= WIDTH
        assert 0 <= y <= 220
    assert len(texts(picture, "wb-c-turn-words")) == (turns_at is not None)
    assert len(tree(picture).findall(".//tbody/tr")) == len(points)


def test_a_wide_range_is_told_by_ratios() -> None:
    picture = curve(
        "c", "Curve", "", [(1, 5), (10, 5), (100, 5)], across="x", upward="y", form=plain, width=500
    )
    first, second, third = (
        float(one.attrib["cx"]) for one in tree(picture).iter("circle") if one.attrib["class"] == "wb-c-point"
    )
    assert second - first == pytest.approx(third - second, abs=0.2)


@settings(max_examples=30)
@given(st.lists(st.tuples(WORDS, FIGURES), max_size=12))
def test_bars_and_their_figures_stay_inside(rows: list[tuple[str, float]]) -> None:
    picture = bars("b", "Rules", "", [Bar(name, value) for name, value in rows], form=plain)
    for one in tree(picture).iter("rect"):
        x, long = place(one, "x", "width")
        assert x + long <= WIDTH
    for one in texts(picture, "wb-c-figure"):
        assert float(one.attrib["x"]) + text_width(words(one), 12.5) <= WIDTH + 0.1


@given(WORDS, st.floats(20, 300))
def test_what_is_shortened_fits_and_begins_as_it_was(said: str, room: float) -> None:
    short = fit(said, room, 12)
    assert text_width(short, 12) <= room or len(short) <= 2
    assert said.startswith(short.removesuffix("…")) or short == said
    assert bool(short) == bool(said)


@given(st.floats(-1000, 1e6), st.floats(0.01, 1e6), st.integers(2, 10))
def test_ticks_are_inside_few_and_even(low: float, span: float, at_most: int) -> None:
    found = ticks(low, low + span, at_most)
    assert len(found) <= at_most + 1
    assert all(low - 1e-6 * span <= one <= low + span * (1 + 1e-6) for one in found)


@given(st.floats(1e-6, 1e12))
def test_a_nice_ceiling_is_above_and_near(value: float) -> None:
    assert value * (1 - 1e-6) <= nice_ceiling(value) <= value * 2.5 * (1 + 1e-6)


STACKS = st.lists(st.tuples(*[st.floats(0, 1e6)] * 3), min_size=1, max_size=40)


@given(stacks=STACKS)
@settings(max_examples=100)
def test_columns_stand_on_each_other_within_the_picture(stacks: list[tuple[float, ...]]) -> None:
    parts = [("yes", "done"), ("maybe", "timed_out"), ("no", "bad")]
    rows = [Column(f"{at:02}:00", values) for at, values in enumerate(stacks)]
    picture = columns("c", "Columns", "words", parts, rows, form=plain)
    seen: dict[float, list[tuple[float, float]]] = {}
    for one in tree(picture).iter("rect"):
        x, y, tall = place(one, "x", "y", "height")
        seen.setdefault(x, []).append((y, y + tall))
    for spans in seen.values():
        for (top, _), (_, bottom) in itertools.pairwise(spans):
            assert bottom == pytest.approx(top, abs=0.2)
        assert min(top for top, _ in spans) >= -3.1  # what is there is seen: at least a pixel each
    cells = [cell.text for cell in tree(picture).iter("td")]
    assert cells == [text for row in rows for text in (row.name, *map(plain, row.values))]


def test_two_curves_share_their_scale_and_both_are_named() -> None:
    picture = curve(
        "c", "Break-even", "", [(1, 1), (100, 90), (200, 200)], across="Rows", upward="Minutes", form=plain,
        beside=[(1, 30), (100, 31), (200, 32)], names=("One by one", "Import"),
    )  # fmt: skip
    lines = [one.attrib["class"] for one in tree(picture).iter("polyline")]
    assert lines == ["wb-c-curve wb-c-beside", "wb-c-curve"]
    assert [
        words(one) for one in (*texts(picture, "wb-c-curve-name"), *texts(picture, "wb-c-beside-name"))
    ] == ["One by one", "Import"]
    assert [cell.text for cell in tree(picture).findall(".//tbody/tr")[1]] == ["100", "90", "31"]
