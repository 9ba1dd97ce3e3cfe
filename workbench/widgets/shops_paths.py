"""PATHS: where each call of a shop goes: what no document shows is marked and comes first; each can be changed (R-SYNC-01)."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.models.base import JsonValue
from workbench.models.shop import ShopSettings
from workbench.models.sync_platform import ApiCall, SyncPlatform
from workbench.sentence import N_, Sentence

from . import look
from .fields import TextField
from .fold import Fold, Place
from .secrets import Changed
from .shops_words import GROUPS, path_badge

__all__ = ["Paths"]


class PathField:
    """The path of one call, with what is known of it."""

    def __init__(self, call: ApiCall, settings: ShopSettings, changed: Changed) -> None:
        self.call, self._changed = call, changed
        self.badge = look.show("")
        self.field = TextField(
            Sentence(call.title), value=settings.paths.get(call.key) or call.path, monospace=True, placeholder=call.path,
        )  # fmt: skip
        method = look.show(look.markup('<code class="wb-shop-method">{method}</code>', method=call.method))
        self.widget = look.columns(method, self.field, self.badge)
        self.widget.add_class("wb-shop-call")
        self.field.observe(self._typed, "value")
        self._draw()

    def path(self) -> str:
        """Return the path of one's own, or an empty text."""
        text = str(self.field.value).strip()
        return "" if text == self.call.path else text

    def _typed(self, _change: object) -> None:
        self.field.error = ""
        self._draw()
        self._changed()

    def _draw(self) -> None:
        self.badge.value = path_badge(self.call, ShopSettings(paths={self.call.key: self.path()}))


class Paths:
    """The paths of all calls as one input: those that are not documented first, the others folded away."""

    def __init__(self, platform: SyncPlatform, settings: ShopSettings, changed: Changed) -> None:
        self.fields = {call.key: PathField(call, settings, changed) for call in platform.calls}
        known = {call.key for call in platform.calls}
        self._strange = {key: path for key, path in settings.paths.items() if key not in known}
        doubtful = [call for call in platform.calls if not call.verified]
        self.rest = Fold(
            N_("Documented paths"), *self._groups([call for call in platform.calls if call.verified])
        )
        self.trouble = Place()
        self.widget = look.stack(
            self.trouble.widget,
            look.card(
                N_("Not verified"), *self._groups(doubtful),
                subtitle=N_("No document that we know shows these paths. Try them with your account before you rely on them."),
            ),
            look.card("", self.rest.widget),
        )  # fmt: skip
        if any(self.fields[call.key].path() for call in platform.calls if call.verified):
            self.rest.open()

    def value(self) -> JsonValue:
        """Return the paths of one's own, by call."""
        own = {key: one.path() for key, one in self.fields.items()}
        return {**self._strange, **{key: path for key, path in own.items() if path}}

    def show(self, rest: Sequence[str], sentence: Sentence | None) -> None:
        """Show an error beside the path that ``rest`` names, above all where it names none; None takes all away."""
        if sentence is None:
            self.trouble.put()
            for one in self.fields.values():
                one.field.error = ""
        elif rest and rest[0] in self.fields:
            self.fields[rest[0]].field.error = sentence
            if self.fields[rest[0]].call.verified:
                self.rest.open()
        else:
            self._strange = {}
            self.trouble.put(look.banner("error", sentence))

    def focus(self) -> None:
        """Put the keyboard's focus into the first wrong path."""
        for one in self.fields.values():
            if one.field.error:
                one.field.focus()
                return

    def miss(self, absent: set[str]) -> None:
        """Hold no secret, so miss none."""

    def _groups(self, calls: list[ApiCall]) -> list[look.Stack]:
        entities = dict.fromkeys(call.entity for call in calls)
        return [
            look.stack(
                look.heading(GROUPS[entity], 3), *(self.fields[call.key].widget for call in calls if call.entity == entity), gap="small"
            )
            for entity in entities
        ]  # fmt: skip
