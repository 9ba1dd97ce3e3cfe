"""Shop addresses: where a platform calls when somebody subscribes or unsubscribes, with a secret in the path that can be renewed."""

from __future__ import annotations

from typing import Final

from workbench.engine.newsletter_calls import Change
from workbench.models.shop import Shop, ShopCallbacks

from .house import House
from .sms_addresses import Addresses

PATH: Final = "shops"


class ShopAddresses:
    """Shows the callback addresses of shops; ``tokens`` makes and renews their secret part, and finds whose it is."""

    def __init__(self, house: House, public_at: str) -> None:
        self.house = house
        self.tokens = Addresses(house, public_at)

    def of(self, shop: Shop) -> ShopCallbacks:
        """Return the addresses of a shop. Raises MissingSecret."""
        newest, *older = shop.tokens
        token = self.house.vault.open_text(newest.ref.handle)
        return ShopCallbacks(
            subscribe=self.address(token, "subscribe"),
            unsubscribe=self.address(token, "unsubscribe"),
            reachable=self.tokens.reachable,
            old_until=self.tokens.old_until(older),
        )

    def address(self, token: str, what: Change) -> str:
        """Return one address of a token."""
        return f"{self.tokens.public_at}/{PATH}/{token}/{what}"
