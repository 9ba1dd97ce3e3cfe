"""A process that brings an import to its end until it is killed: ``python -m tests.faults.import_worker``.

It takes lines of ``HOME HOST RUN`` and forks for each. It asks and looks again sooner than one would, so that a series of deaths takes no
hours.
"""

from __future__ import annotations

import phonenumbers  # noqa: F401 - loaded before the fork

import workbench.adapters.consent_log
import workbench.adapters.import_store
import workbench.adapters.sync_marks
import workbench.adapters.tables  # noqa: F401 - loaded before the fork
from tests.faults.forked import serve_lines
from tests.faults.run_worker import work
from workbench.engine import import_states
from workbench.services import import_ends, import_uploading

for module in (import_states, import_ends, import_uploading):
    module.LONGEST_S = 0.2  # type: ignore[attr-defined]
import_states.FIRST_S = 0.05  # type: ignore[misc]

if __name__ == "__main__":
    serve_lines(work)
