"""The plan of a sync, asked for embedded and through the server: the same figures, for everybody who may look (R-SYNC-17)."""

from __future__ import annotations

import pytest

from workbench import Workbench
from workbench.errors import NotFound
from workbench.models.sync_estimate import SyncAsk


async def test_a_plan_knows_the_platforms_limit_and_what_it_imports(bench: Workbench) -> None:
    ask = SyncAsk(rows={"contact": 1_000_000, "product": 90, "purchase": 500, "coupon": 40})
    found = await bench.sync_planning.estimate(ask)
    assert found.calls_per_min == 100
    assert [(one.entity, one.advice) for one in found.steps] == [
        ("contact", "import"), ("product", "single"), ("purchase", "single"), ("coupon", "import"),
    ]  # fmt: skip
    assert found.steps[2].imported is None
    assert found.steps[3].single is None
    assert found.curve_of == "contact"
    slow = await bench.sync_planning.estimate(ask.model_copy(update={"calls_per_min": 10}))
    assert slow.seconds > 5 * found.steps[2].advised.seconds


async def test_an_unknown_platform_is_named_with_those_there_are(bench: Workbench) -> None:
    with pytest.raises(NotFound, match="connectif"):
        await bench.sync_planning.estimate(SyncAsk(platform="nobody", rows={"contact": 1}))
