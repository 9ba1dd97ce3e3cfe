"""Visible vault: the vault as the running call sees it. A secret that another unit's document holds is as if it were not there.

Who knows its handle could else put it into something of his own, and send it to himself.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from typing import TYPE_CHECKING

from workbench.errors import MissingSecret
from workbench.models.base import SecretRef
from workbench.sentence import Sentence, say

from .visibility import eyes, require_all_units

if TYPE_CHECKING:
    from workbench.adapters.keys import KeySource
    from workbench.adapters.vault import Vault

    from .visible_catalogue import VisibleCatalogue


class VisibleVault:
    """The secrets that the running call may open; its methods are the vault's. ``everything`` is the vault behind it."""

    def __init__(self, everything: Vault, documents: VisibleCatalogue) -> None:
        self.everything = everything
        self._documents = documents

    @property
    def notices(self) -> list[Sentence]:
        """What a person should know."""
        return self.everything.notices

    @property
    def key_source(self) -> KeySource:
        """Where the key is."""
        return self.everything.key_source

    def __repr__(self) -> str:
        return repr(self.everything)

    # -- secrets by their handles --------------------------------------------------------------------------------------

    def open_text(self, handle: str) -> str:
        """Return the secret. Raises MissingSecret, also where it is another unit's."""
        if self._hides(handle):
            raise MissingSecret(say("A secret that this needs is not in the vault. Type it again and save."))
        return self.everything.open_text(handle)

    def has(self, handle: str) -> bool:
        """Return whether there is a secret under the handle that may be opened, and that a key at hand opens."""
        return not self._hides(handle) and self.everything.has(handle)

    def forget(self, handle: str) -> None:
        """Delete the secret, unless another unit's document holds it too."""
        if not self._hides(handle):
            self.everything.forget(handle)

    def seal_text(self, value: str) -> SecretRef:
        """Lock the secret away and return its new handle and hint."""
        return self.everything.seal_text(value)

    # -- what is nobody's ----------------------------------------------------------------------------------------------

    def seal_data(self, data: bytes) -> str:
        """Return the data sealed, for whoever keeps it elsewhere."""
        return self.everything.seal_data(data)

    def open_data(self, sealed: str) -> bytes:
        """Return what ``seal_data`` sealed: who may read it is told by where it lies. Raises MissingSecret."""
        return self.everything.open_data(sealed)

    def public_key(self) -> str:
        """Return what a page seals secrets with."""
        return self.everything.public_key()

    def unseal(self, box: Mapping[str, object]) -> str:
        """Return the secret in a box that a page sealed. Raises Refused."""
        return self.everything.unseal(box)

    def mark(self) -> Hashable:
        """Return what is another one after every change, and for everybody who may open others."""
        mark = self.everything.mark()
        return None if mark is None else (mark, eyes().units)

    # -- the whole vault -----------------------------------------------------------------------------------------------

    def handles(self) -> list[str]:
        """Return all handles but those that another unit's document holds."""
        hidden = self._documents.hidden_handles()
        return [handle for handle in self.everything.handles() if handle not in hidden]

    def rotate(self) -> None:
        """Lock everything with a new key. Raises Forbidden for who works for some units only."""
        require_all_units()
        self.everything.rotate()

    def tokens(self) -> Mapping[str, str]:
        """Return every token as it is kept, for a backup. Raises Forbidden for who works for some units only."""
        require_all_units()
        return self.everything.tokens()

    def shut(self) -> list[str]:
        """Return the handles of what no key at hand opens. Raises Forbidden for who works for some units only."""
        require_all_units()
        return self.everything.shut()

    def drop_shut(self, handles: Collection[str]) -> int:
        """Delete those that no key at hand opens, for good. Raises Forbidden for who works for some units only."""
        require_all_units()
        return self.everything.drop_shut(handles)

    def put_tokens(self, tokens: Mapping[str, str]) -> None:
        """Keep tokens that ``tokens`` gave. Raises Forbidden for who works for some units only."""
        require_all_units()
        self.everything.put_tokens(tokens)

    def _hides(self, handle: str) -> bool:
        return handle in self._documents.hidden_handles()
