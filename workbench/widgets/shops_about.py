"""ABOUT A PLATFORM: what is good to know of it beside a form: what its key must be allowed, its limits, its documentation."""

from __future__ import annotations

from workbench.models.shop import ShopSettings
from workbench.models.sync_platform import SyncPlatform
from workbench.sentence import N_, Sentence, say

from . import look
from .documentation import documentation
from .piece import said
from .shops_words import GROUPS, path_badge
from .tables import table_markup

__all__ = ["paths_table", "permission_card", "platform_card"]


def platform_card(platform: SyncPlatform) -> look.Stack:
    """Return what a platform is, what to know of it, and where its documentation is."""
    shown = look.markup(
        '<ul class="wb-shop-notes">{notes}</ul>{links}', notes=_items(platform.notes), links=documentation(platform.sources)
    )  # fmt: skip
    return look.card(Sentence(platform.name), look.show(shown), subtitle=Sentence(platform.about))


def permission_card(platform: SyncPlatform) -> look.Stack:
    """Return what the key must be allowed, for which calls."""
    found: dict[str, list[str]] = {}
    for call in platform.calls:
        if call.permission:
            found.setdefault(call.permission, []).append(said(Sentence(call.title)))
    rows = [[look.markup('<span class="wb-shop-permission">{text}</span>', text=said(Sentence(name))), " · ".join(calls)]
            for name, calls in found.items()]  # fmt: skip
    return look.card(
        N_("What the key must be allowed"),
        look.show(table_markup([N_("Permission"), N_("Needed to")], rows)),
        subtitle=say("Give it in {platform} only what you use here.", platform=platform.name),
    )


def paths_table(platform: SyncPlatform, settings: ShopSettings) -> look.Html:
    """Return the calls whose paths are not documented, or were changed; a sentence where there are none."""
    rows = [
        [
            said(Sentence(GROUPS[call.entity])),
            said(Sentence(call.title)),
            look.markup(
                '<code class="wb-shop-path">{path}</code>', path=settings.paths.get(call.key) or call.path
            ),
            path_badge(call, settings),
        ]
        for call in platform.calls
        if not call.verified or settings.paths.get(call.key)
    ]
    columns = [N_("Of"), N_("Call"), N_("Path"), N_("State")]
    return table_markup(columns, rows, empty=N_("Every path is documented, and none was changed."))


def _items(notes: tuple[str, ...]) -> look.Html:
    return look.Html("").join(look.markup("<li>{text}</li>", text=said(Sentence(note))) for note in notes)
