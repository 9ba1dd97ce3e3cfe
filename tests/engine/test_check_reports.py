"""JUnit, HTML and notebook: what CI systems read, what a browser never runs, what is the same each time."""

from __future__ import annotations

import ast
import json
import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.hostile_markup import HOSTILE
from workbench.engine.assertions import run_checks
from workbench.engine.check_notebook import check_notebook
from workbench.engine.html_report import STATES, html_report
from workbench.engine.junit import clean, junit_xml
from workbench.engine.structural_diff import compare_answers
from workbench.models.assertion import Assertion
from workbench.models.cassette import Answer, Report
from workbench.models.request import Outcome
from workbench.sentence import Sentence, say

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
OPENING = re.compile(r"<[a-zA-Z!/]")


def report(*said: str, **more: Any) -> Report:
    """Return the report of an answer that says these things, with a check of each that passes, fails and is broken."""
    answer = Answer(status=200, is_json=True, tree={"said": list(said)}, elapsed_ms=12.5)
    checks = [
        Assertion(path="said", operator="length", expected=len(said)),
        Assertion(path="said[]", operator="matches", expected="("),
    ]
    checks += [
        Assertion(path=f"said[{at}]", operator="equals", expected=f"not {text}")
        for at, text in enumerate(said)
    ]
    other = answer.model_copy(update={"tree": {"said": [f"{text}!" for text in said]}})
    fields: dict[str, Any] = {
        "cassette_id": "cas_1", "name": "Cart", "source": "played", "mode": "rehearsal", "at": NOON, "verdicts": run_checks(checks, answer),
        "status": 200, "elapsed_ms": 12.5, "changes": compare_answers(answer, other, ("body.said[]",)).changes,
        "captured": dict(zip(said, said, strict=True)), "notes": tuple(say("{text}", text=text) for text in said),
        "outcome": Outcome(kind="accepted", sentence=say("Taken: {text}", text=" ".join(said))),
    }  # fmt: skip
    return Report(**{**fields, **more})


# -- JUnit ---------------------------------------------------------------------------------------------------------------


def check_schema(root: ET.Element) -> None:
    """Check what the readers of Jenkins, GitLab, GitHub and Azure rely on, and that the numbers add up."""
    assert root.tag == "testsuites"
    for name in ("tests", "failures", "errors"):
        assert int(root.attrib[name]) == sum(int(suite.attrib[name]) for suite in root)
    for suite in root:
        assert suite.tag == "testsuite"
        assert set(suite.attrib) == {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"}
        datetime.strptime(suite.attrib["timestamp"], "%Y-%m-%dT%H:%M:%S")  # noqa: DTZ007 - the format has no zone
        assert [child.tag for child in suite] == ["properties"] + ["testcase"] * int(suite.attrib["tests"])
        cases = suite.findall("testcase")
        assert all(
            case.attrib["classname"] and case.attrib["name"] and float(case.attrib["time"]) >= 0
            for case in cases
        )
        assert len({case.attrib["name"] for case in cases}) == len(cases)
        for tag in ("failure", "error"):
            found = [child for case in cases for child in case if child.tag == tag]
            assert len(found) == int(suite.attrib[f"{tag}s"])
            assert all(child.attrib["message"] and child.attrib["type"] for child in found)
        assert all(len(case) <= 1 for case in cases)


def test_a_suite_for_each_cassette_a_case_for_each_check() -> None:
    root = ET.fromstring(junit_xml([report("a", "a"), report(name="Other")]))
    check_schema(root)
    assert [suite.attrib["name"] for suite in root] == ["Cart", "Other"]
    assert (root.attrib["tests"], root.attrib["failures"], root.attrib["errors"]) == ("6", "2", "2")
    failure = root.find(".//failure")
    assert failure is not None
    assert failure.attrib["message"] == 'It is "a", not "not a".'
    assert failure.text == 'It is "a", not "not a".\n"a"'


def test_checks_of_the_same_words_are_told_apart() -> None:
    twice = run_checks(
        [Assertion(path="a", operator="exists")] * 3, Answer(status=200, is_json=True, tree={"a": 1})
    )
    root = ET.fromstring(junit_xml([report(verdicts=twice)]))
    check_schema(root)
    assert [case.attrib["name"] for case in root.iter("testcase")] == [
        "a is there",
        "a is there (2)",
        "a is there (3)",
    ]


def test_no_answer_is_an_error_even_where_nothing_was_to_be_checked() -> None:
    lost = report(
        verdicts=(), status=None, outcome=Outcome(kind="uncertain", sentence=say("No answer came in 10 s."))
    )
    root = ET.fromstring(junit_xml([lost]))
    check_schema(root)
    error = root.find(".//error")
    assert error is not None
    assert error.attrib["message"] == "No answer came in 10 s."


@settings(max_examples=40)
@given(st.lists(st.text(max_size=30), min_size=1, max_size=3, unique=True))
def test_any_text_gives_xml_that_can_be_read(said: list[str]) -> None:
    check_schema(ET.fromstring(junit_xml([report(*said, name="".join(said) or "x")])))


def test_control_characters_are_cleaned_and_all_other_text_comes_back() -> None:
    assert clean("a\x00b\x1b[31m\ud800\ufffe\u2028\u202ez\t\né") == "a\ufffdb\ufffd[31m\ufffd\ufffd??z\t\né"
    said = "]]> <x> & \" ' \n\t é 日本 🎉"
    root = ET.fromstring(junit_xml([report(name=said)]))
    assert root[0].attrib["name"] == said


# -- HTML ----------------------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """What a browser would make of a page: its elements, their attributes, its texts."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "main", "section", "h1", "h2", "p", "div", "span", "a", "code",
    "table", "caption", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip


def test_forty_hostile_texts_are_text_everywhere_in_the_page() -> None:
    assert len(HOSTILE) == 40
    one = report(*HOSTILE, name=HOSTILE[0], cassette_id=HOSTILE[1])
    page = Page(html_report([one], title=Sentence(HOSTILE[2]), language='en"><script>'))
    assert {tag for tag, _ in page.tags} <= ALLOWED
    for tag, attributes in page.tags:
        assert not [
            name
            for name in attributes
            if name.startswith("on") or name in ("src", "srcdoc", "style", "action")
        ], tag
        if tag == "a":
            assert re.fullmatch(r"#r[0-9]+", attributes["href"] or "")
    shown = "".join(page.texts)
    for text in HOSTILE:
        assert clean(text) in shown


@pytest.mark.parametrize("text", HOSTILE, ids=[f"hostile-{number}" for number in range(len(HOSTILE))])
def test_a_hostile_text_adds_no_markup(text: str) -> None:
    assert _shape(html_report([report(text, name=text)])) == _shape(html_report([report("x", name="x")]))


def _shape(page: str) -> list[str]:
    return [tag for tag, _ in Page(page).tags]


def test_the_page_needs_nothing_else_reads_in_both_lights_and_says_why() -> None:
    text = html_report([report("a"), report("b", verdicts=(), changes=(), source="kept")])
    assert "default-src 'none'" in text
    assert "prefers-color-scheme: dark" in text
    assert "http://" not in text
    assert "https://" not in text
    assert "<script" not in text
    shown = " ".join(Page(text).texts)
    assert "1 of 2 answers hold." in shown
    assert "changes each time, learned from repeated answers" in shown
    assert 'class="volatile"' in text
    assert html_report([report("a")], words=lambda sentence: f"«{sentence}»").count("«passed»") == 1
    assert set(STATES) == {"passed", "failed", "broken"}


# -- notebook --------------------------------------------------------------------------------------------------------------

DOCUMENT = {
    "name": 'a "quoted" \\ name\u2028é🎉',
    "n": [1, 2.5, None, True],
    "long": [f"item {number}" for number in range(40)],
    "e": {},
}


def notebook(document: Any = DOCUMENT, **more: Any) -> nbformat.NotebookNode:
    fields: dict[str, Any] = {
        "title": "Cart",
        "about": [say("One")],
        "kept": ["passed  a"],
        "played": ["passed  a"],
        **more,
    }
    book = nbformat.reads(check_notebook(document, **fields), as_version=4)
    nbformat.validate(book)
    return book


def test_the_notebook_is_valid_thin_and_holds_the_document_word_for_word() -> None:
    book = notebook()
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    assert [cell.id for cell in code] == ["open", "cassette", "kept", "played", "close"]
    for cell in code:
        tree = compile(cell.source, cell.id, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST)
        assert isinstance(tree, ast.Module)
        assert {type(statement) for statement in tree.body} <= {
            ast.Import,
            ast.ImportFrom,
            ast.Assign,
            ast.Expr,
        }
        assert cell.source.isascii()
    taken = ast.parse(code[1].source.replace("await ", "")).body[0]
    assert isinstance(taken, ast.Assign)
    assert isinstance(taken.value, ast.Call)
    assert ast.literal_eval(taken.value.args[0]) == DOCUMENT


def test_without_an_integration_nothing_is_played() -> None:
    assert [cell.id for cell in notebook(played=None).cells if cell.cell_type == "code"] == [
        "open",
        "cassette",
        "kept",
        "close",
    ]


@settings(max_examples=40)
@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=12,
    )
)
def test_any_document_comes_back_as_it_was(value: Any) -> None:
    source = notebook({"value": value}).cells[3].source
    assigned = ast.parse(source.replace("await ", "")).body[0]
    assert isinstance(assigned, ast.Assign)
    assert isinstance(assigned.value, ast.Call)
    assert ast.literal_eval(assigned.value.args[0]) == {"value": value}


@pytest.mark.parametrize("text", HOSTILE[:10], ids=[f"hostile-{number}" for number in range(10)])
def test_a_hostile_name_is_no_markup_in_the_notebook(text: str) -> None:
    title = notebook(title=text).cells[0].source
    assert not OPENING.search(re.sub(r"\\.", "", title))
    assert json.dumps(title)
