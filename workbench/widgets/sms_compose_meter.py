"""COMPOSE METER: the length of a text as it is typed: measured in this kernel, so that no key waits for the server process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from workbench.engine.message_text import MessageText
from workbench.engine.segments import lengths
from workbench.engine.transliteration import transliterated, written
from workbench.models.base import JsonValue
from workbench.models.message_draft import Lengths
from workbench.sentence import N_, say

from . import look
from .look import Html, markup
from .piece import said
from .sms_compose_words import change_words, forcing_words, lengths_markup, list_markup

__all__ = ["SegmentMeter"]


class SegmentMeter:
    """What stands below the text: segments, the characters that force UCS-2, what was changed."""

    def __init__(self) -> None:
        self.lengths: Lengths | None = None
        self.face = look.show(Html(""))
        self.face.add_class("wb-sms-meter")
        self.widget = self.face

    def measure(self, text: str, rows: Sequence[Mapping[str, JsonValue]], transliterate: bool) -> None:
        """Show how long a text is over sample rows."""
        template = MessageText(text)
        found = self.lengths = lengths(template, rows or ({},), written if transliterate else str)
        parts = [
            lengths_markup(found),
            self._unfilled(found, bool(template.slots), bool(rows)),
            self._segments(found),
        ]
        parts.append(self._changed(template, rows) if transliterate else self._forcing(found))
        self.face.value = Html("").join(parts)

    def _unfilled(self, found: Lengths, slots: bool, rows: bool) -> Html:
        if not slots or not found.unfilled:
            return Html("")
        told = (
            say(
                "{count} of {rows} rows lack a value, and are left out.",
                count=found.unfilled,
                rows=found.rows,
            )
            if rows
            else N_(
                "Measured without what its slots will bring: give sample values, and their lengths are told too."
            )
        )
        return markup('<p class="wb-hint">{text}</p>', text=said(told))

    def _forcing(self, found: Lengths) -> Html:
        if not found.most.forcing:
            return Html("")
        head = say(
            "These characters make it UCS-2, with 70 characters in one segment instead of 160:",
            count=len(found.most.forcing),
        )
        return Html("").join(
            [look.banner_markup("warn", head), list_markup(map(forcing_words, found.most.forcing))]
        )

    def _changed(self, template: MessageText, rows: Sequence[Mapping[str, JsonValue]]) -> Html:
        sample = template.fixed
        if (
            rows
            and not any(problem.blocks for problem in template.problems)
            and not template.unfilled(rows[0])
        ):
            sample = template.render(rows[0])
        done = transliterated(sample)
        if done.changes:
            return Html("").join(
                [
                    look.banner_markup("info", N_("Written in GSM-7:")),
                    list_markup(map(change_words, done.changes)),
                ]
            )
        if done.before.encoding == "ucs2":
            stays = N_("It stays UCS-2: GSM-7 has nothing like some of its characters, so none was changed.")
            only = [one for one in done.before.forcing if one.instead is None]
            return Html("").join([look.banner_markup("warn", stays), list_markup(map(forcing_words, only))])
        return Html("")

    def _segments(self, found: Lengths) -> Html:
        if found.most.segments < 2:
            return Html("")
        parts = Html("").join(markup("<li><span>{text}</span></li>", text=part) for part in found.most.parts)
        return markup(
            '<details class="wb-sms-parts-of"><summary>{head}</summary><ol>{parts}</ol></details>',
            head=said(N_("The segments of the longest text")),
            parts=parts,
        )
