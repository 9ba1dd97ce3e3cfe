"""What all tests share: nobody's own home or keyring is touched, no test is timed, and there is a PostgreSQL."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

from tests.postgres import NoPostgres, server

NOBODY = 65534
LONGEST_FIRST = (
    "tests/pages/test_nbval.py",
    "tests/browser/",
    "tests/faults/",
    "tests/oracles/",
    "tests/pages/",
    "tests/cluster/",
    "tests/test_wheel.py",
    "tests/cli/",
)
"""Where the files lie that take minutes: begun first, so that none of them is left over for one process at the end."""

settings.register_profile(
    "untimed", parent=settings(), deadline=None
)  # on a busy machine a limit is a flaky test
settings.load_profile("untimed")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their argument: packed ones hold the time, and each process that collects a test has to call it the same."""
    return argname if isinstance(val, bytes) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long files first; the order is otherwise as it was."""

    def rank(item: pytest.Item) -> int:
        return next(
            (at for at, start in enumerate(LONGEST_FIRST) if item.nodeid.startswith(start)),
            len(LONGEST_FIRST),
        )

    items.sort(key=rank)


@pytest.fixture(scope="session", autouse=True)
def nobodys_own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [
            name for name in os.environ if name.startswith("WORKBENCH_") and name != "WORKBENCH_TEST_POSTGRES"
        ]:
            patch.delenv(name)
        patch.setenv("WORKBENCH_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("WORKBENCH_KEYRING", "off")
        yield


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a server with an empty database. Without one the tests are skipped, but in CI they fail."""
    try:
        with server() as url:
            yield url
    except NoPostgres as why:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(str(why))


@dataclass(frozen=True)
class PlainFolder:
    """A folder outside pytest's own, whose ways nobody bars."""

    path: Path

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """Take the right to write away: the folder's, and root's own while the block runs."""
        self.path.chmod(0o555)
        root = os.geteuid() == 0
        if root:
            os.seteuid(NOBODY)
        try:
            yield
        finally:
            if root:
                os.seteuid(0)
            self.path.chmod(0o755)


@pytest.fixture
def plain_folder() -> Iterator[PlainFolder]:
    """A folder that can be made read-only, also for tests that run as root. Its files belong to whom it is closed to."""
    with tempfile.TemporaryDirectory(prefix="wb") as name:
        Path(name).chmod(0o755)
        if os.geteuid() == 0:
            os.chown(name, NOBODY, NOBODY)
        yield PlainFolder(Path(name))
