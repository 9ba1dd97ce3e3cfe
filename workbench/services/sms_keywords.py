"""SMS keywords: the words that branch a journey when somebody texts them (R-SMS-24, 25)."""

from __future__ import annotations

import asyncio
from typing import Any

from workbench.adapters.clock import new_id
from workbench.engine.keywords import conflicts, settings_of
from workbench.errors import Invalid, NotFound, Refused
from workbench.models.base import Problem
from workbench.models.consent import KEYWORD_SETTINGS, ConsentSettings
from workbench.models.sms_account import KEYWORDS, Keyword
from workbench.sentence import say

from .meanwhile import check_seen
from .roles import operator, viewer
from .sms_shelf import SmsShelf


class SmsKeywords(SmsShelf):
    """What a person can do with keywords."""

    @viewer
    async def keywords(self) -> list[Keyword]:
        """Return the keywords of journeys, by their word."""
        found = await asyncio.to_thread(self.house.catalogue.all, KEYWORDS)
        return sorted((Keyword.model_validate(item) for item in found), key=lambda one: one.word.casefold())

    @operator
    async def save_keyword(self, keyword: Keyword) -> Keyword:
        """Keep a keyword, new (``id`` empty) or changed. Invalid where it means STOP, START or HELP, or is one already.

        Refused where somebody else saved it after the ``updated_at`` that this one has.
        """
        made = keyword.model_copy(update={
            "id": keyword.id or new_id("key"), "word": " ".join(keyword.word.split()),
            "description": keyword.description.strip(), "updated_at": self.house.clock.now(),
        })  # fmt: skip
        consent = await self._consent_settings()

        def change(documents: dict[str, Any]) -> None:
            if keyword.id and keyword.id not in documents:
                raise NotFound(say("The keyword was deleted in the meantime."))
            if keyword.id:
                old = Keyword.model_validate(documents[keyword.id])
                check_seen(keyword.updated_at, old.updated_at, old.word)
            others = [Keyword.model_validate(item) for key, item in documents.items() if key != made.id]
            wrong = conflicts(made.word, consent, others)
            if wrong:
                raise Invalid([Problem(field="word", sentence=wrong)])
            documents[made.id] = made.model_dump(mode="json")

        await asyncio.to_thread(self._transact, KEYWORDS, change)
        return made

    @operator
    async def delete_keyword(self, id: str, confirm: bool = False) -> None:
        """Delete a keyword. Refused with the journeys that use it while there are any, unless it is confirmed."""
        keyword = Keyword.model_validate(await asyncio.to_thread(self.house.catalogue.get, KEYWORDS, id))
        if keyword.uses and not confirm:
            raise Refused(
                say(
                    "The keyword “{word}” is used by: {uses}. They would no longer be reached by it. Delete it all the same?",
                    word=keyword.word, uses=", ".join(keyword.uses[:10]),
                )
            )  # fmt: skip
        await asyncio.to_thread(self.house.catalogue.delete, KEYWORDS, id)

    async def _consent_settings(self) -> ConsentSettings:
        found = await asyncio.to_thread(self.house.catalogue.all, KEYWORD_SETTINGS)
        return settings_of(found[0] if found else None)
