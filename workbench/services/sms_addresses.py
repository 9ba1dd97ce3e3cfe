"""SMS addresses: where providers call us, with a secret in the path that can be renewed (R-SMS-11, 12)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeVar

from workbench.engine.sms import dialect
from workbench.engine.urls import host_of, is_private
from workbench.errors import Invalid
from workbench.models.base import Problem
from workbench.models.callback import CallbackRoute
from workbench.models.provider import Provider
from workbench.models.sms_account import CallbackAddresses, CallbackToken, SmsAccount
from workbench.sentence import Sentence, say

from .house import House

TOKEN_BYTES: Final = 24
MOST_OVERLAP_H: Final = 24.0 * 30
PATH: Final = "sms"


class Called(Protocol):
    """What has callback addresses: an account of texts, a shop."""

    @property
    def tokens(self) -> tuple[CallbackToken, ...]:
        """The secret parts of the addresses, newest first."""
        ...


C = TypeVar("C", bound=Called)


class Addresses:
    """Makes, shows and finds the callback addresses of accounts. ``public_at`` is the address that providers reach us by."""

    def __init__(self, house: House, public_at: str) -> None:
        self.house, self.public_at = house, public_at.rstrip("/")

    @property
    def reachable(self) -> bool:
        """Whether a provider in the internet could reach the addresses: https, and no private host."""
        host = host_of(self.public_at)
        return self.public_at.startswith("https://") and bool(host) and not is_private(host)

    def of(self, account: SmsAccount, provider: Provider) -> CallbackAddresses:
        """Return the addresses of an account with how they are set up at its provider. Raises MissingSecret."""
        newest, *older = account.tokens
        token = self.house.vault.open_text(newest.ref.handle)
        delivery, inbound = self.address(token, "delivery"), self.address(token, "inbound")
        setup = dialect(provider).setup
        values = {"delivery": delivery, "inbound": inbound, "account": account.name}
        return CallbackAddresses(
            delivery=delivery,
            inbound=inbound,
            reachable=self.reachable,
            setup=setup,
            letter=str(Sentence(setup.letter, values)) if setup.by == "support" else "",
            old_until=self.old_until(older),
        )

    def address(self, token: str, route: CallbackRoute) -> str:
        """Return one address of a token."""
        return f"{self.public_at}/{PATH}/{token}/{route}"

    def old_until(self, older: Sequence[CallbackToken]) -> datetime | None:
        """Return until when replaced tokens work yet, None where none does."""
        now = self.house.clock.now()
        return max((one.until for one in older if one.until is not None and one.until > now), default=None)

    def new_token(self) -> CallbackToken:
        """Return a new token, its secret in the vault. Raises CannotWrite."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        return CallbackToken(
            digest=digest(token), ref=self.house.vault.seal_text(token), made_at=self.house.clock.now()
        )

    def check_overlap(self, hours: float) -> None:
        """Raise Invalid where old addresses cannot work on for so many hours."""
        if not 0 <= hours <= MOST_OVERLAP_H:
            sentence = say(
                "The old address may work for 0 to {most} more hours; {hours} is not possible.",
                most=int(MOST_OVERLAP_H), hours=str(hours)[:20],
            )  # fmt: skip
            raise Invalid([Problem(field="overlap_h", sentence=sentence)])

    def rotated(
        self, tokens: Sequence[CallbackToken], new: CallbackToken, overlap_h: float
    ) -> tuple[CallbackToken, ...]:
        """Return the tokens with a new one in front; the others work for so many hours at most. Those whose time is over are left out."""
        now = self.house.clock.now()
        end = now + timedelta(hours=overlap_h)
        kept = [one.model_copy(update={"until": min(one.until or end, end)}) for one in tokens]
        return (new, *(one for one in kept if one.until is not None and one.until > now))

    def owner(self, token: str, among: Sequence[C]) -> C | None:
        """Return the account or shop that a token opens now, or None; every token is compared, so that the time says nothing."""
        shown = digest(token[:200]).encode()
        now = self.house.clock.now()
        found: C | None = None
        for called in among:
            for one in called.tokens:
                fits = hmac.compare_digest(shown, one.digest.encode())
                if fits and (one.until is None or one.until > now):
                    found = called
        return found


def digest(token: str) -> str:
    """Return the SHA-256 of a token; tokens are random and long, so no salt is needed."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
