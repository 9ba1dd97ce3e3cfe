"""A process that brings a sync to its end until it is killed: ``python -m tests.faults.sync_worker``.

It takes lines of ``HOME HOST RUN`` and forks for each. It has loaded everything beforehand, so that a death and a new start cost no more
than the workbench's own opening.
"""

from __future__ import annotations

import phonenumbers  # noqa: F401 - loaded before the fork

import workbench.adapters.consent_log
import workbench.adapters.import_store
import workbench.adapters.sync_marks
import workbench.adapters.tables
import workbench.services.callback_receiving
import workbench.services.importing
import workbench.services.listening
import workbench.services.syncing  # noqa: F401 - loaded before the fork
from tests.faults.forked import serve_lines
from tests.faults.run_worker import work

if __name__ == "__main__":
    serve_lines(work)
