"""Meanwhile: two people change the same thing. The second one is told, and what the first one saved stays.

Whoever saves may say what he or she had before the eyes (``seen``): it is kept only while that still stands. Asked inside the
transaction, so that of two who save at the same moment one is told.
"""

from __future__ import annotations

from workbench.errors import Refused
from workbench.sentence import Sentence, say


def check_seen(seen: object, now: object, name: str | Sentence) -> None:
    """Raise Refused where the thing called ``name`` is not what was seen any more; ``seen`` None asks for nothing."""
    if seen is not None and seen != now:
        raise Refused(
            say(
                "“{name}” was changed by somebody else meanwhile, so nothing was saved. Open it again, and make your change there.",
                name=name,
            )
        )
