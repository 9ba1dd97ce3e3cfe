"""SMS: the page of text messages: accounts, compose and test, callbacks, deliveries, consent, and the custom channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from workbench.sentence import N_

from .headline import Headline
from .page import Frame
from .parts_page import Part, PartsPage

__all__ = ["PARTS", "PLACES", "SmsPage", "sms"]

PARTS: Final[Mapping[str, str]] = {
    "accounts": N_("Accounts"), "compose": N_("Compose"), "deliveries": N_("Deliveries"), "callbacks": N_("Callbacks"),
    "consent": N_("Consent"), "channel": N_("Custom channel"),
}  # fmt: skip
PLACES: Final[Mapping[str, str]] = {
    "account": "accounts", "new": "accounts", "draft": "accounts", "delivery": "deliveries", "callback": "callbacks",
}  # fmt: skip
"""What a link names, and the part of the page that shows it; beside these, the parts themselves (``compose=account=sms_1``)."""


class SmsPage(PartsPage):
    """The content of the page."""

    def __init__(self, frame: Frame) -> None:
        title = Headline(
            N_("Text messages"),
            N_("Set up who carries them, write one, see what each provider would get, and what became of it."),
            level=1, focus=False,
        )  # fmt: skip
        super().__init__(frame, title, PARTS, PLACES, _made, "sms.css")


def _made(key: str, frame: Frame) -> Sequence[Part]:
    """Return a part of the page, loaded when it is first shown so that the page itself opens fast."""
    if key == "compose":
        from .sms_compose import Compose

        return (Compose(frame),)
    if key == "deliveries":
        from .sms_deliveries import DeliveryBoard

        return (DeliveryBoard(frame),)
    if key == "callbacks":
        from .sms_callbacks import CallbackLog
        from .sms_studio import Studio

        return (CallbackLog(frame), Studio(frame))
    if key == "consent":
        from .sms_consent import ConsentCentre

        return (ConsentCentre(frame),)
    if key == "channel":
        from .sms_channel import ChannelDesigner

        return (ChannelDesigner(frame),)
    from .sms_accounts import SmsShelf

    return (SmsShelf(frame),)


async def sms(frame: Frame) -> SmsPage:
    """Return the page of text messages, at its accounts."""
    page = SmsPage(frame)
    await page.turn()
    return page
