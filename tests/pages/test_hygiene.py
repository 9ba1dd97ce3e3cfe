"""What may stand in a saved page: a few lines that call the workbench, outputs that are the same on every run, no state, no secret."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import nbformat
import pytest

from tests.pages.fresh import DASHBOARDS, NOTEBOOKS, VIEW
from workbench import widgets
from workbench.widgets import page

ALLOWED = (
    ast.Module, ast.Import, ast.ImportFrom, ast.alias, ast.Assign, ast.Expr, ast.Name, ast.Load, ast.Store, ast.Attribute,
    ast.Call, ast.keyword, ast.Await, ast.Constant, ast.Dict, ast.List, ast.Tuple, ast.Subscript, ast.UnaryOp, ast.USub,
)  # fmt: skip
"""Imports, assignments, expressions and awaits. No definition, no loop, no condition, no comprehension."""

FROM_WORKBENCH = {
    "Confirmation", "Contact", "EntryFilter", "JobConfirmation", "JobFilter", "JobOptions", "PayloadTemplate", "Rate", "RowFilter",
    "Settings", "Workbench",
    "Answering", "Scenario", "Segment", "Switches", "Timing",
    "Comparison", "GateSettings", "Rule", "RuleSet", "Sendout", "Target", "verify_endpoint",
    "MessageDraft", "Recipient", "Sender", "SmsSettings", "StudioPlan",
    "CheckedFilter", "Event", "EventColumn", "EventInput", "EventMessage", "EventVariable", "Mapped", "RunPlan",
    "ShopSettings", "SyncAsk", "SyncPlan",
}  # fmt: skip
PAGES = [*NOTEBOOKS, *DASHBOARDS]
UNSTABLE = re.compile(
    r"0x[0-9a-f]{6,}"  # an address in memory
    r"|\b(?:int|dra|ent|per|home|sec|job|wrk|gat|hld|so|evt|run|tab|cas|env|shp|val|evd)_[0-9a-f]{6,}"  # an id of ours
    r"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d"  # a time
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}"  # a UUID
    r"|/(?:home|root|tmp|Users)/"  # a place on somebody's machine
    r"|#[0-9a-f]{6}\b"  # a pseudonym of this home
)


def ids(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def code(path: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


@pytest.mark.parametrize("path", PAGES, ids=ids)
def test_a_page_imports_assigns_and_awaits_and_does_nothing_else(path: Path) -> None:
    for cell in code(path):
        for node in ast.walk(ast.parse(cell.source, mode="exec", type_comments=False)):
            assert isinstance(node, ALLOWED), f"{cell.id}: {type(node).__name__}"


@pytest.mark.parametrize("path", PAGES, ids=ids)
def test_a_page_imports_the_public_names_only(path: Path) -> None:
    for cell in code(path):
        for node in ast.walk(ast.parse(cell.source)):
            assert not isinstance(node, ast.Import), "import names from workbench instead"
            if isinstance(node, ast.ImportFrom):
                public = {"workbench": FROM_WORKBENCH, "workbench.widgets": set(widgets.__all__)}
                assert {alias.name for alias in node.names} <= public[str(node.module)]


@pytest.mark.parametrize("path", DASHBOARDS, ids=ids)
def test_a_dashboard_is_one_cell_of_three_lines_and_a_title(path: Path) -> None:
    [cell] = code(path)
    assert len(cell.source.splitlines()) <= 3
    assert cell.outputs == []
    book = nbformat.read(path, as_version=4)
    assert book.metadata["title"] == page.PAGES[path.stem]
    assert len(book.cells) == 1


@pytest.mark.parametrize("path", NOTEBOOKS, ids=ids)
def test_a_notebook_explains_itself_and_waits_for_what_it_began(path: Path) -> None:
    book = nbformat.read(path, as_version=4)
    explained = [cell for cell in book.cells if cell.cell_type == "markdown"]
    assert explained[0].source.startswith("# ")
    assert len(explained) >= len(code(path)) / 2
    assert any("await settle()" in cell.source for cell in code(path)[-2:])
    assert book.metadata["title"]


@pytest.mark.parametrize("path", PAGES, ids=ids)
def test_a_saved_page_carries_no_state_and_nothing_that_changes(path: Path) -> None:
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    assert set(book.metadata) == {"kernelspec", "language_info", "title"}
    assert book.metadata["language_info"] == {"name": "python"}
    assert all(cell.metadata == {} for cell in book.cells)
    for cell in code(path):
        for output in cell.outputs:
            assert output.output_type in {"execute_result", "stream"}, f"{cell.id}: {output}"
            assert VIEW not in output.get("data", {})
            assert output.get("name") != "stderr"
            assert not UNSTABLE.search(json.dumps(output)), cell.id


def test_the_pattern_finds_what_changes() -> None:
    for text in (
        "<object at 0x7f20ecb719e0>",
        "int_01a2006c848200009081f87513",
        "2026-11-21T23:24:01",
        "d0e1f2a3-0000-4000-8000-000000000000",
        "/home/ana/notebook",
        "a***@example.com #996ddc",
    ):
        assert UNSTABLE.search(text), text
