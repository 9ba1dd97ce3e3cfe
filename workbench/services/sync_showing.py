"""SYNC SHOWING: what is shown and kept of a shop's calls: no key, contacts as pseudonyms, an import without its file."""

from __future__ import annotations

from typing import Final, NamedTuple

from workbench.engine.read import json_of
from workbench.engine.redact import MASK, Redactor, hint_of, mask_identifier
from workbench.engine.sync_calls import without_file
from workbench.engine.sync_private import contact_texts, masked_body
from workbench.engine.sync_read import report_url
from workbench.engine.urls import host_of
from workbench.models.request import Outcome, Reply, ReplyView, Request, RequestView
from workbench.models.shop import ShopSettings
from workbench.models.sync_platform import SyncPlatform

SHORTEST_HALF: Final = 8
"""Characters of the second half of a key that is masked by itself too."""


class Shown(NamedTuple):
    """An exchange as it may be shown and kept."""

    request: RequestView
    reply: ReplyView | None
    outcome: Outcome


class Showing:
    """Masks a shop's exchanges. ``salt`` is the home's: the same contact has the same pseudonym in it."""

    def __init__(self, platform: SyncPlatform, settings: ShopSettings, key: str, salt: bytes) -> None:
        self._platform, self._settings, self._salt = platform, settings, salt
        self._secrets = _masks(key)
        self._redactor = Redactor(self._secrets)

    def __repr__(self) -> str:
        return "<Showing>"

    def exchange(
        self, call: str, request: Request, reply: Reply | None, outcome: Outcome, recipient: str = ""
    ) -> Shown:  # fmt: skip
        """Return an exchange and its outcome; ``recipient`` is whom it is about."""
        masked = self._masked(call, reply) if outcome.ok else None
        redactor = self._redacting(call, request, reply, recipient, plain=masked is not None)
        view = self._viewed(call, request, redactor)
        return Shown(
            view, None if reply is None else redactor.reply(masked or reply), redactor.outcome(outcome)
        )

    def view(self, call: str, request: Request) -> RequestView:
        """Return a request alone."""
        return self._viewed(call, request, self._redacting(call, request, None, "", plain=True))

    def reply(self, call: str, request: Request, reply: Reply) -> ReplyView:
        """Return a reply alone; ``request`` is what it answers."""
        masked = self._masked(call, reply) if 200 <= reply.status < 300 else None
        return self._redacting(call, request, reply, "", plain=masked is not None).reply(masked or reply)

    def _viewed(self, call: str, request: Request, redactor: Redactor) -> RequestView:
        if self._platform.call(call).entity == "import":
            kept = without_file(request)
        else:
            body = masked_body(self._platform, self._settings, call, request.body, self._pseudonym)
            kept = request.model_copy(update={"body": body or b""})
        return redactor.request(kept).model_copy(update={"size": len(request.body)})

    def _masked(self, call: str, reply: Reply | None) -> Reply | None:
        """Return a reply whose body is masked where a contact's texts stand; None where it is not the JSON that it should be."""
        if reply is None:
            return None
        body = masked_body(self._platform, self._settings, call, reply.body, self._pseudonym, answer=True)
        return None if body is None else reply.model_copy(update={"body": body})

    def _redacting(
        self, call: str, request: Request, reply: Reply | None, recipient: str, *, plain: bool
    ) -> Redactor:  # fmt: skip
        """Return what masks the key and a contact's texts wherever they stand; of an error report's address the host is left.

        ``plain``: the answer is what its API gives, so that beside the masked bodies it can only name who the contact is.
        """
        texts = contact_texts(self._platform, self._settings, call, request, reply, names_only=plain)
        names = {text: self._pseudonym(text) for text in (recipient, *texts) if text}
        report = report_url(json_of(reply)) if reply is not None else ""
        if not report:
            return self._redactor.naming(names)
        return Redactor({**self._secrets, report: f"https://{host_of(report)}/{MASK}"}, names)

    def _pseudonym(self, text: str) -> str:
        return mask_identifier(text, self._salt)


def _masks(key: str) -> dict[str, str]:
    """Return what is shown in place of a key, and of its second half: that alone is the secret of ``id:secret``."""
    plain = key.strip()
    half = plain.partition(":")[2]
    return {plain: hint_of(plain)} | ({half: MASK} if len(half) >= SHORTEST_HALF else {})
