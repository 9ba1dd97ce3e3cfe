"""Meanwhile: two people change the same thing. The second one is told, and what the first one saved stays.

Whoever saves may say what he or she had before the eyes (``seen``): it is kept only while that still stands. Asked inside the
transaction, so that of two who save at the same moment one is told. A draft is not refused: the second one's goes on as a draft of its own.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from workbench.adapters.clock import new_id
from workbench.errors import Refused
from workbench.sentence import Sentence, say

if TYPE_CHECKING:
    from .visible_catalogue import VisibleCatalogue


class _Changed(Exception):
    """Somebody else kept the draft meanwhile."""


def check_seen(seen: object, now: object, name: str | Sentence) -> None:
    """Raise Refused where the thing called ``name`` is not what was seen any more; ``seen`` None asks for nothing."""
    if seen is not None and seen != now:
        raise Refused(
            say(
                "“{name}” was changed by somebody else meanwhile, so nothing was saved. Open it again, and make your change there.",
                name=name,
            )
        )


def keep_draft(
    catalogue: VisibleCatalogue,
    kind: str,
    draft: dict[str, Any],
    seen: datetime | None,
    *,
    apart: bool = True,
) -> tuple[str, dict[str, Any] | None]:
    """Keep a draft, and return its id and the one that it replaced, None where it replaced none.

    Where somebody else kept it since ``seen`` (its ``updated_at`` as it was before the eyes; None asks for nothing), theirs stays, and this
    one is kept ``apart``, under an id of its own, or not at all.
    """
    id, replaced = str(draft["id"]), list[dict[str, Any]]()

    def change(known: dict[str, Any] | None) -> dict[str, Any]:
        if known is not None:
            others = seen is not None and datetime.fromisoformat(known["updated_at"]) != seen
            if others and {**known, "updated_at": None} != {**draft, "updated_at": None}:
                raise _Changed
            replaced.append(known)
        return draft

    try:
        catalogue.update(kind, id, change)
    except _Changed:
        if apart:
            id = new_id(id.partition("_")[0])
            catalogue.put(kind, id, {**draft, "id": id})
    return id, replaced[0] if replaced else None
