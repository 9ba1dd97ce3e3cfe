"""An SMS account made as a person makes it, for tests that begin behind the wizard."""

from __future__ import annotations

from workbench import Workbench
from workbench.models.message import SenderType
from workbench.models.sms_account import Sender, SmsAccount, SmsSettings

SID = "AC00000000000000000000000000000001"
TOKEN = "0123456789abcdef0123456789abcdef"
SENDER = "+15557122661"
RECIPIENT = "+46701234567"


async def twilio_account(
    bench: Workbench, *, name: str = "Twilio Sweden", sender: str = SENDER, kind: SenderType = "long_code"
) -> SmsAccount:
    """Return a saved Twilio account with one sender."""
    draft = await bench.sms_accounts.draft()
    token = bench.house.vault.seal_text(TOKEN)
    settings = SmsSettings(
        name=name,
        provider="twilio",
        credential_kind="twilio_token",
        credential={"account_sid": SID, "auth_token": token.model_dump()},
        senders=(Sender(value=sender, name="Service", type=kind),),
        consent_at_provider=True,
    )
    await bench.sms_accounts.draft(draft.model_copy(update={"settings": settings, "step": "review"}))
    return await bench.sms_accounts.save(draft.id)
