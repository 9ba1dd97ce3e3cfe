"""Spreads for tests: pieces done in any order, some of them twice, by several workbenches on one database."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator, Sequence

from workbench import Workbench
from workbench.errors import Unreachable
from workbench.models.spread import Done, Piece
from workbench.sentence import say


class Shuffled:
    """Does pieces as a cluster would at its worst: in any order, each by another workbench, some again after they were done.

    ``done`` counts what was done; after ``most`` of them nothing is done any more, as if everybody had died.
    """

    def __init__(self, benches: Sequence[Workbench], seed: int = 0, most: int | None = None) -> None:
        self._benches, self._chosen, self.most = benches, random.Random(seed), most
        self.workers = len(benches)
        self.done: list[Piece] = []

    async def each(self, pieces: Sequence[Piece]) -> AsyncIterator[Done]:
        order = [place for place in range(len(pieces)) for _ in range(self._chosen.choice((1, 1, 1, 2)))]
        self._chosen.shuffle(order)
        told: set[int] = set()
        for place in order:
            if self.most is not None and len(self.done) >= self.most:
                raise Unreachable(say("The workers are gone."))
            piece = Piece.model_validate_json(pieces[place].model_dump_json())
            service = getattr(self._chosen.choice(self._benches), piece.service)
            result = json.loads(json.dumps(await getattr(service, piece.method)(**piece.arguments)))
            self.done.append(piece)
            if place not in told:
                told.add(place)
                yield Done(place=place, result=result)
