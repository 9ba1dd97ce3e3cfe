"""What goes through the proxy arrives as it was: also what JSON has no word for."""

from __future__ import annotations

import math

from workbench.engine.operations import operations
from workbench.models.event import EventInput
from workbench.services.roles import viewer


class Shop:
    """A service with one operation."""

    @viewer
    async def look(self, given: EventInput) -> str:
        """Return what was given."""
        return repr(given)


def test_what_is_no_number_arrives_as_such() -> None:
    arguments = operations(Shop)["look"].bind(EventInput(values={"price": math.nan, "most": math.inf}))
    again = type(arguments).model_validate_json(arguments.model_dump_json())
    values = again.given.values  # type: ignore[attr-defined]
    assert math.isnan(values["price"])
    assert values["most"] == math.inf
