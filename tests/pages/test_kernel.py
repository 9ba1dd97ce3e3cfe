"""What a dashboard's kernel is: light, and without a key: it loads no storage, no vault and no sandbox."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.pages.conftest import RunningServer
from tests.pages.fresh import DASHBOARDS, ROOT, environment
from workbench.bench import Workbench

ABSENT = {
    "boto3", "botocore", "cryptography", "distributed", "fastapi", "jsonschema", "keyring", "matplotlib", "numpy", "pandas",
    "polars", "psycopg", "rfc3987_syntax", "sqlalchemy", "starlette", "tinydb", "typer", "uvicorn",
    "workbench.adapters.catalogue", "workbench.adapters.home", "workbench.adapters.journal", "workbench.adapters.tokens",
    "workbench.adapters.vault", "workbench.sandbox", "workbench.server", "workbench.cli",
}  # fmt: skip
OF_A_KERNEL = {
    "IPython", "comm", "dateutil", "debugpy", "decorator", "executing", "asttokens", "stack_data", "pure_eval", "ipykernel",
    "jupyter_client", "jupyter_core", "jedi", "parso", "matplotlib_inline", "nest_asyncio", "packaging", "pexpect", "platformdirs",
    "prompt_toolkit", "psutil", "ptyprocess", "pydevconsole", "pydevd", "pygments", "six", "tornado", "traitlets", "wcwidth", "zmq",
}  # fmt: skip
"""What IPython and its kernel bring themselves."""
OF_OURS = {
    "annotated_types", "anyio", "anywidget", "babel", "certifi", "click", "email_validator", "dns", "exceptiongroup", "h11", "httpcore",
    "httpx", "idna", "ipywidgets", "msgpack", "msgspec", "orjson", "psygnal", "pydantic", "pydantic_core", "pytz", "re2", "rich",
    "markdown_it", "mdurl", "sniffio", "typing_extensions", "typing_inspection", "workbench", "xmltodict",
}  # fmt: skip
"""What a page may load beside: forms (pydantic), the wire (httpx, which brings click and rich), widgets, and small readers. Whatever else
a page needs is the server's to load, or is loaded when a visitor asks for it."""
NOT_PACKAGES = re.compile(r"_.*|cython_runtime|mypy_extensions|[0-9a-f]{20}__mypyc|pydev.*")
"""Parts of compiled modules and of the debugger that stand beside their packages."""
LOOK = "import sys, json, os; print(json.dumps([sorted(sys.modules), sorted(os.environ)]))"


async def _looked_at(path: Path, env: dict[str, str]) -> tuple[set[str], set[str]]:
    """Return the modules and the environment's names in the kernel of a dashboard that has been drawn."""
    book = nbformat.read(path, as_version=4)
    book.cells.append(nbformat.v4.new_code_cell(LOOK))
    await NotebookClient(book, timeout=120, store_widget_state=False).async_execute(env=env)
    assert "page>" in json.dumps(book.cells[0].outputs)
    modules, names = json.loads(book.cells[-1].outputs[-1]["text"])
    return set(modules), set(names)


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
async def test_a_dashboard_kernel_is_light_and_holds_no_door(
    path: Path, server: RunningServer, tmp_path: Path
) -> None:
    modules, names = await _looked_at(path, server.environment("admin", tmp_path))
    assert "workbench.bench" in modules
    assert modules & ABSENT == set()
    packages = {name.partition(".")[0] for name in modules} - set(sys.stdlib_module_names)
    loaded = {name for name in packages if not NOT_PACKAGES.fullmatch(name)}
    assert loaded - OF_A_KERNEL - OF_OURS == set()
    assert "WORKBENCH_KEY" not in names


def printed(program: str, home: Path) -> str:
    """Return what a program prints in a process of its own."""
    words = [sys.executable, "-c", program]
    return subprocess.run(
        words, cwd=ROOT, env=environment(home), capture_output=True, text=True, check=True
    ).stdout


def test_to_connect_loads_neither_storage_nor_vault_nor_sandbox(tmp_path: Path) -> None:
    program = (
        "import sys, json\nfrom workbench import Workbench\n"
        "Workbench.connect('http://127.0.0.1:9', 'token')\nprint(json.dumps(sorted(sys.modules)))"
    )
    assert set(json.loads(printed(program, tmp_path))) & ABSENT == set()


def test_to_import_the_package_loads_nothing_but_a_little_of_the_standard_library(tmp_path: Path) -> None:
    program = (
        "import sys\nbefore = set(sys.modules)\nimport workbench\nprint(*sorted(set(sys.modules) - before))"
    )
    packages = {name.partition(".")[0] for name in printed(program, tmp_path).split()}
    assert packages - set(sys.stdlib_module_names) == {"workbench"}
    assert not packages & {
        "asyncio",
        "email",
        "http",
        "json",
        "logging",
        "pathlib",
        "socket",
        "ssl",
        "urllib",
    }


def test_to_name_the_pages_loads_no_widget(tmp_path: Path) -> None:
    program = "import sys, workbench.widgets, workbench\nprint('ipywidgets' in sys.modules, 'pydantic' in sys.modules)"
    assert printed(program, tmp_path) == "False False\n"


async def test_to_open_loads_them_all(tmp_path: Path) -> None:
    async with Workbench.open(tmp_path, environ={"WORKBENCH_KEYRING": "off"}) as bench:
        assert bench.house.mode == "rehearsal"
    assert {"workbench.adapters.vault", "workbench.adapters.catalogue", "workbench.sandbox"} <= set(
        sys.modules
    )
