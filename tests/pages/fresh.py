"""Run a notebook in a real kernel and keep what its cells show: ``python -m tests.pages.fresh`` renews the committed outputs.

A saved notebook carries no widget state, no ids of widgets, no times: what is left is the same on every run.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
DASHBOARDS = sorted((ROOT / "dashboards").glob("*.ipynb"))
VIEW = "application/vnd.jupyter.widget-view+json"


def environment(home: Path) -> dict[str, str]:
    """Return the environment of a kernel with a home of its own, in English."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WORKBENCH_")}
    paths = [str(ROOT), *filter(None, [kept.get("PYTHONPATH")])]
    kept |= {"WORKBENCH_HOME": str(home), "WORKBENCH_KEYRING": "off", "PYTHONPATH": os.pathsep.join(paths)}
    return kept


async def run(path: Path, env: dict[str, str]) -> nbformat.NotebookNode:
    """Return the notebook with its outputs; raises what a cell raises."""
    book = nbformat.read(path, as_version=4)
    client = NotebookClient(book, timeout=120, kernel_name="python3", store_widget_state=False)
    await client.async_execute(env=env)
    return tidy(book)


def tidy(book: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return the notebook as it is committed: no execution times, no widget views, cells numbered as they stand."""
    book.metadata.pop("widgets", None)
    book.metadata["language_info"] = {"name": "python"}
    cells = [cell for cell in book.cells if cell.cell_type == "code"]
    for number, cell in enumerate(cells, 1):
        cell.metadata = {}
        cell.execution_count = number
        for output in cell.outputs:
            if "execution_count" in output:
                output.execution_count = number
            output.get("data", {}).pop(VIEW, None)
    return book


async def renew() -> None:
    """Write every notebook with fresh outputs."""
    with tempfile.TemporaryDirectory() as folder:
        for path in NOTEBOOKS:
            nbformat.write(await run(path, environment(Path(folder) / path.stem)), path)


if __name__ == "__main__":
    asyncio.run(renew())
