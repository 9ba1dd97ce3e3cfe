"""ENVIRONMENTS: one integration in dev, staging and prod, side by side; promoted and rolled back after a look."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import cast

import ipywidgets

from workbench.engine.promotion import plain_values
from workbench.errors import Invalid
from workbench.models.base import JsonValue
from workbench.models.environment import ENVIRONMENTS, EnvironmentName, EnvironmentSet, Variant
from workbench.sentence import N_, Sentence, say

from . import look
from .carry import file_name
from .download import Download
from .environments_looks import PromotionLook, RollBackLook
from .environments_words import TITLES, options, side_by_side
from .fields import ChoiceField, SecretField, SwitchField, TextField
from .fold import Fold, Place, visible
from .messages import Messages
from .page import Frame
from .piece import said
from .secrets import Desk, KeptSecret

__all__ = ["EnvironmentBoard"]

NONE_KEPT = N_("No integration has environments yet.")
NONE_YET = N_(
    "No integration has environments yet. Choose one below and say which it is now: dev, staging or prod."
)
NONE_SAVED = N_(
    "A saved integration is given environments, and there is none yet. Create one on the page of integrations."
)


class EnvironmentBoard:
    """The environments of one integration at a time; ``found`` is what is shown, None where there is none yet."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.found: EnvironmentSet | None = None
        self.sets: list[EnvironmentSet] = []
        self.messages = Messages()
        self.chosen = ChoiceField(N_("Integration with environments"))
        self.only = SwitchField(N_("Show only what differs"), value=True)
        self.table, self.warnings, self.ways, self.guest = Place(), Place(), Place(), Place()
        self.empty = look.show("", "wb-empty")
        self.alone = look.show("", "wb-hint")
        self.begin = _Begin(self)
        self.value = _OwnValue(self)
        self.chosen.observe(lambda _: self._show(self._item(self.chosen.value)), "value")
        self.only.observe(lambda _: self._draw(), "value")
        may = frame.may("operator")
        self.board = look.stack(
            self.chosen, self.warnings.widget, self.only, self.table.widget, self.alone, self.ways.widget,
        )  # fmt: skip
        own = [self.value.widget, self.begin.widget] if may else []
        self.widget = look.stack(
            look.card(
                N_("Environments"), self.messages.widget, self.empty, self.board, *own,
                subtitle=N_(
                    "One integration, several times: dev to try things, staging for a last look, prod for real contacts. "
                    "Each has its own address and secrets; all else is promoted from one to the next, after a look at what changes."
                ),
            ),
            self.guest.widget,
        )  # fmt: skip
        visible(self.board, False)

    def __repr__(self) -> str:
        return f"<EnvironmentBoard of {len(self.sets)}>"

    async def refresh(self) -> None:
        """Read the environments anew; what is open for a look stays open."""
        self.sets = await self.frame.bench.environments.sets()
        before = self.chosen.value
        self.chosen.options = [(one.id, one.name) for one in self.sets]
        ids = [one.id for one in self.sets]
        self.chosen.value = before if before in ids else (ids[0] if ids else "")
        visible(self.empty, not ids)
        visible(self.board, bool(ids))
        visible(self.value.widget, bool(ids))
        self.found = self._item(self.chosen.value)
        self._draw()
        self.empty.value = look.escape(said(NONE_KEPT))
        if self.frame.may("operator"):
            await self.begin.refresh()
            self.empty.value = look.escape(said(NONE_YET if self.begin.integration.options else NONE_SAVED))
            await self.value.desk.open()

    async def go(self, place: str) -> None:
        """Show the environments of the integration that a link names (``environment=env_1``, or an integration's id)."""
        id = place.partition("=")[2] or place
        for one in self.sets:
            if id == one.id or id in (variant.integration_id for variant in one.variants):
                self.chosen.value = one.id

    async def done(self, found: EnvironmentSet | None) -> None:
        """Put the look away and show what came of it."""
        self.guest.put()
        if found is not None:
            await self.refresh()
            self.messages.show("ok", say("The environments of “{name}” are as they stand below.", name=found.name))  # fmt: skip

    async def look_at(self, source: EnvironmentName, target: EnvironmentName) -> None:
        """Open the look at a promotion."""
        assert self.found is not None
        promotion = await self.frame.bench.environments.promote(self.found.id, source, target)
        opened = PromotionLook(self.frame, promotion, self.done)
        await opened.open()
        self.guest.put(opened.widget)

    async def look_back(self, environment: EnvironmentName) -> None:
        """Open the look at a roll-back."""
        assert self.found is not None
        back = await self.frame.bench.environments.look_back(self.found.id, environment)
        self.guest.put(RollBackLook(self.frame, back, self.done).widget)

    def _show(self, found: EnvironmentSet | None) -> None:
        """Show another integration; a look at the one before is put away."""
        if (found and found.id) != (self.found and self.found.id):
            self.guest.put()
        self.found = found
        self._draw()

    def _draw(self) -> None:
        found = self.found
        if found is None:
            for place in (self.table, self.warnings, self.ways):
                place.put()
            return
        self.warnings.put(*(look.banner("warn", one.sentence) for one in found.warnings))
        there = [one.environment for one in found.variants if one.integration_id]
        several = len(there) > 1
        visible(self.only, several)
        visible(self.alone, not several)
        self.alone.value = "" if several else look.escape(said(_alone(there, self.frame.may("operator"))))
        self.table.put(look.show(side_by_side(found, several and self.only.value)))
        self.ways.put(look.buttons(*self._ways(found), align="start"))
        self.value.draw()

    def _ways(self, found: EnvironmentSet) -> list[ipywidgets.Widget]:
        """Return the buttons: promote to the next environment, roll back, download."""
        ways: list[ipywidgets.Widget] = []
        there = {one.environment for one in found.variants if one.integration_id}
        if self.frame.may("operator"):
            for target in ENVIRONMENTS:
                source = next((one for one in _before(target) if one in there), None)
                if source is not None:
                    ways.append(self._promote(source, target))
            ways += [self._back(one.environment) for one in found.variants if one.back and one.integration_id]
        ways.append(Download(N_("Download for git"), file_name(found.name), self._files, self.messages.guard))
        return ways

    def _promote(self, source: EnvironmentName, target: EnvironmentName) -> ipywidgets.Button:
        button = look.button(say("Promote {source} to {target}…", source=said(TITLES[source]), target=said(TITLES[target])))  # fmt: skip
        self.frame.click(button, lambda: self.look_at(source, target), self.messages)
        return button

    def _back(self, environment: EnvironmentName) -> ipywidgets.Button:
        button = look.button(say("Roll {environment} back…", environment=said(TITLES[environment])), "quiet")
        self.frame.click(button, lambda: self.look_back(environment), self.messages)
        return button

    async def _files(self) -> str:
        assert self.found is not None
        found = await self.frame.bench.environments.definitions(self.found.id)
        documents = {name: json.loads(text) for name, text in found.items()}
        return json.dumps(documents, ensure_ascii=False, indent=2) + "\n"

    def _item(self, id: str) -> EnvironmentSet | None:
        return next((one for one in self.sets if one.id == id), None)


class _Begin:
    """Where a saved integration is given environments."""

    def __init__(self, board: EnvironmentBoard) -> None:
        self.board = board
        self.messages = Messages()
        self.integration = ChoiceField(N_("Integration"))
        names = [(one, said(TITLES[one])) for one in ENVIRONMENTS]
        self.now = ChoiceField(N_("It is now"), names, value="dev", style="segmented")
        go = look.button(N_("Give it environments"))
        board.frame.click(go, self.begin, self.messages)
        self.fold = Fold(
            N_("Give an integration environments"), look.columns(self.integration, self.now), self.messages.widget,
            look.buttons(go, align="start"),
        )  # fmt: skip
        self.widget = self.fold.widget

    async def refresh(self) -> None:
        taken = {variant.integration_id for one in self.board.sets for variant in one.variants}
        free = [one.integration for one in await self.board.frame.bench.integrations.list_all()]
        self.integration.options = [(one.id, one.name) for one in free if one.id not in taken]
        visible(self.widget, bool(self.integration.options))
        if not self.board.sets:
            self.fold.open()

    async def begin(self) -> None:
        self.integration.error = ""
        if not self.integration.value:
            self.integration.error = N_("Choose an integration.")
            self.integration.focus()
            return
        found = await self.board.frame.bench.environments.begin(
            self.integration.value, cast(EnvironmentName, self.now.value)
        )
        self.integration.value = ""
        await self.board.refresh()
        self.board.chosen.value = found.id


class _OwnValue:
    """Where one environment gets a value of its own, which no promotion changes."""

    def __init__(self, board: EnvironmentBoard) -> None:
        self.board = board
        self.messages = Messages()
        self.where = ChoiceField(N_("Environment"), style="segmented")
        self.place = ChoiceField(N_("Place"))
        self.text = TextField(N_("Value"), monospace=True, hint=N_("As it stands in the table above."))
        self.desk = Desk(board.frame.bench.secrets)
        self.secret = KeptSecret(self.desk, SecretField(N_("New secret")))
        go = look.button(N_("Set it"))
        board.frame.click(go, self.set, self.messages)
        self.where.observe(lambda _: self._places(), "value")
        self.place.observe(lambda _: self._fill(), "value")
        self.widget = Fold(
            N_("A value or a secret of one environment alone"), look.columns(self.where, self.place), self.text,
            self.secret.widget, self.messages.widget, look.buttons(go, align="start"),
        ).widget  # fmt: skip

    def draw(self) -> None:
        assert self.board.found is not None
        there = list(options(self.board.found))
        self.where.options = there
        if self.where.value not in (name for name, _ in there):
            self.where.value = there[0][0] if there else ""
        self._places()

    async def set(self) -> None:
        assert self.board.found is not None
        self.text.error = ""
        if self.place.value in self._secrets():
            await self._set_secret(self.board.found.id)
            return
        before, value = self._values().get(self.place.value), cast(JsonValue, self.text.value)
        if not isinstance(before, str):
            try:
                value = json.loads(self.text.value)
            except ValueError:
                self.text.error = N_("This place holds a number, true or false, or a list: write it as JSON.")
                self.text.focus()
                return
        try:
            found = await self.board.frame.bench.environments.set_values(
                self.board.found.id, cast(EnvironmentName, self.where.value), {self.place.value: value}
            )
        except Invalid as error:
            self.text.error = error.sentence
            self.text.focus()
            return
        await self.board.done(found)

    async def _set_secret(self, id: str) -> None:
        await self.desk.idle()
        if self.secret.ref is None:
            self.secret.show((), say("Type this secret and lock it."))
            self.secret.focus()
            return
        found = await self.board.frame.bench.environments.set_secrets(
            id, cast(EnvironmentName, self.where.value), {self.place.value: self.secret.ref}
        )
        await self.board.done(found)

    def _variant(self) -> Variant | None:
        found = self.board.found
        return found.variant(cast(EnvironmentName, self.where.value)) if found and self.where.value else None

    def _values(self) -> dict[str, JsonValue]:
        variant = self._variant()
        return plain_values(variant.definition) if variant else {}

    def _secrets(self) -> list[str]:
        variant = self._variant()
        return list(variant.secrets) if variant else []

    def _places(self) -> None:
        places = [*self._values(), *self._secrets()]
        self.place.options = [(place, place) for place in places]
        if self.place.value not in places:
            self.place.value = "url" if "url" in places else next(iter(places), "")
        self._fill()

    def _fill(self) -> None:
        secret = self.place.value in self._secrets()
        visible(self.text, not secret)
        visible(self.secret.widget, secret)
        self.secret.ref, self.secret.widget.masked = None, ""
        value = self._values().get(self.place.value, "")
        self.text.value = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        self.text.error = ""


def _alone(there: Sequence[EnvironmentName], may: bool) -> Sentence:
    """Return what is said where there is nothing to stand side by side yet."""
    name = said(TITLES[there[0]]) if there else ""
    if not may:
        return say("Only {environment} is there so far.", environment=name)
    return say(
        "Only {environment} is there so far. Promote it, and the next one stands beside it with what differs.",
        environment=name,
    )


def _before(target: EnvironmentName) -> list[EnvironmentName]:
    """Return the environments before this one, the nearest first."""
    return list(reversed(ENVIRONMENTS[: ENVIRONMENTS.index(target)]))
