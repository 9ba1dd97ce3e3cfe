"""ACCOUNTS: the text message accounts of a workbench: the list, drafts, one account below it, or the wizard in their place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from workbench.models.sms_account import ListedAccount, SmsAccount, SmsDraft
from workbench.sentence import N_, say

from . import look
from .draft_row import draft_row
from .fold import Place, visible
from .headline import Headline
from .page import Frame
from .piece import said
from .shelf import Shelf
from .sms_accounts_face import AccountFace
from .sms_accounts_words import account_row, draft_line, draft_name
from .tables import RowList

__all__ = ["SmsShelf"]

COLUMNS: Final[Sequence[Mapping[str, str]]] = (
    {"key": "name", "label": N_("Name"), "kind": "strong"},
    {"key": "state", "label": N_("State")},
    {"key": "provider", "label": N_("Provider")},
    {"key": "senders", "label": N_("Senders")},
    {"key": "unit", "label": N_("Business unit"), "kind": "muted"},
    {"key": "sent", "label": N_("Sent"), "kind": "number"},
)


class SmsShelf(Shelf):
    """The accounts of a workbench; the wizard and the import take the list's place while they are open."""

    KIND = "account"

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame)
        self.listed: list[ListedAccount] = []
        self.face: AccountFace | None = None
        self.list = RowList(N_("Accounts"), columns=COLUMNS)
        self.drafts = Place()
        self.empty = look.show(_invitation(frame.may("operator")))
        new = look.button(N_("New account"), "primary")
        carry = look.button(N_("Import or export"))
        frame.click(new, self.new, self.messages)
        frame.click(carry, self.carry, self.messages)
        self.list.observe(lambda _: self.choose(self.list.selected), "selected")
        self.list.on_open(lambda id: self.choose(id, focus=True))
        ways = [look.buttons(new, carry, align="start")] if frame.may("operator") else []
        self.shelf = look.stack(
            *ways, self.drafts.widget, look.card("", self.list, self.empty), self.detail.widget
        )  # fmt: skip
        self.widget = look.stack(self.messages.widget, self.shelf, self.guest.widget)
        visible(self.list, False)

    def __repr__(self) -> str:
        return f"<SmsShelf of {len(self.listed)}>"

    async def refresh(self) -> None:
        """Read the accounts and drafts anew and leave what is open as it is."""
        accounts = self.frame.bench.sms_accounts
        self.listed = list(await accounts.list())
        drafts = await accounts.drafts() if self.frame.may("operator") else []
        self.list.rows = [account_row(item) for item in self.listed]
        visible(self.list, bool(self.listed))
        visible(self.empty, not self.listed)
        self.drafts.put(*([self._drafts(drafts)] if drafts else []))
        item = self._item(self.face.account.id) if self.face else None
        if self.face is not None and item is not None:
            self.face.show(item)

    async def go(self, place: str) -> None:
        """Begin, resume or show what a link names."""
        kind, _, id = place.partition("=")
        if kind == "new":
            await self.new()
        elif kind == "draft":
            await self.resume(id)
        elif kind == "account":
            self.list.selected = id

    def choose(self, id: str, focus: bool = False) -> None:
        """Show one account below the list."""
        item = self._item(id)
        if item is None:
            self.face = None
            self.detail.put()
        elif self.face is None or self.face.account.id != id or focus:
            self.face = AccountFace(self, item, focus)
            self.detail.put(self.face.widget)
        self._stand(f"account={id}" if item else "")

    # -- the wizard, and carrying ------------------------------------------------------------------------------------

    async def new(self) -> None:
        """Begin an account."""
        await self._wizard(await self.frame.bench.sms_accounts.draft())

    async def resume(self, id: str) -> None:
        """Go on with a draft."""
        found = [draft for draft in await self.frame.bench.sms_accounts.drafts() if draft.id == id]
        if not found:
            self.messages.show("warn", N_("This draft is gone: it was saved or discarded."))
            return
        await self._wizard(found[0])

    async def edit(self, account: SmsAccount) -> None:
        """Change a saved account; it stays as it is until its draft is saved."""
        await self._wizard(await self.frame.bench.sms_accounts.edit(account.id))

    async def carry(self) -> None:
        """Take accounts to another workbench, or bring some from there."""
        from .sms_accounts_carry import Carry  # rarely wanted

        carrying = Carry(self.frame, self.back)
        await carrying.open()
        self._host(carrying.widget)

    async def _wizard(self, draft: SmsDraft) -> None:
        from .sms_accounts_wizard import SmsWizard  # the list is drawn before the wizard's parts are loaded

        wizard = SmsWizard(self.frame, draft, self._saved, self.back, on_apart=self._stand_at)
        await wizard.open()
        title = say("Change “{name}”", name=draft_name(draft)) if draft.account_id else N_("New SMS account")
        self._host(Headline(title), wizard.widget)
        self._stand_at(draft)

    def _stand_at(self, draft: SmsDraft) -> None:
        self._stand(f"draft={draft.id}")

    async def _saved(self, account: SmsAccount) -> None:
        self.face = None
        self.list.selected = ""
        await self.back()
        self.list.selected = account.id

    def _item(self, id: str) -> ListedAccount | None:
        return next((item for item in self.listed if item.account.id == id), None)

    # -- drafts --------------------------------------------------------------------------------------------------------

    def _drafts(self, drafts: Sequence[SmsDraft]) -> look.Stack:
        return look.card(
            N_("Drafts"),
            *[self._draft(draft) for draft in drafts],
            subtitle=N_(
                "Begun and not saved yet: nothing is sent through them. Your colleagues see them too."
            ),
        )

    def _draft(self, draft: SmsDraft) -> look.Row:
        name = draft_name(draft)

        async def drop() -> None:
            await self.frame.bench.sms_accounts.discard(draft.id)
            await self.refresh()
            self.messages.show("ok", say("The draft “{name}” is gone.", name=name))

        return draft_row(
            self.frame,
            self.messages,
            name,
            draft_line(draft),
            resume=lambda: self.resume(draft.id),
            discard=drop,
        )


def _invitation(may: bool) -> look.Html:
    if not may:
        return look.markup(
            '<p class="wb-empty">{text}</p>', text=said(N_("No account has been set up here yet."))
        )
    return look.markup(
        '<div class="wb-empty wb-invite"><h2>{title}</h2><p>{text}</p></div>',
        title=said(N_("Set up your first SMS account")),
        text=said(
            N_(
                "Choose the provider, type its credentials, add your numbers, and copy the callback addresses. "
                "In the rehearsal a stand-in answers in the provider's place, so any credentials of the right form will do."
            )
        ),
    )
