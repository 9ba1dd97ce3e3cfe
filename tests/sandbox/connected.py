"""What a connected system does at the platform's stand-in, for tests: an httpx client that reads hooks and calls their addresses."""

from __future__ import annotations

import json
from typing import Any

import httpx

from workbench.models.platform import Ended, Sendout, Standing
from workbench.sandbox.platform.app import IN_PROCESS, Platform


class Connected:
    """A client of one platform: in process, or at an address."""

    def __init__(self, platform: Platform | None = None, at: str = IN_PROCESS) -> None:
        transport = httpx.ASGITransport(platform) if platform is not None else None
        self.client = httpx.AsyncClient(transport=transport, trust_env=False, timeout=30)
        self.at = at

    async def fire(self, sendout: Sendout) -> Standing:
        answer = await self.client.post(f"{self.at}/sendouts", json=sendout.model_dump(mode="json"))
        assert answer.status_code == 201, answer.text
        return Standing.model_validate(answer.json())

    async def standing(self, id: str) -> Standing:
        return Standing.model_validate((await self.client.get(f"{self.at}/sendouts/{id}")).json())

    async def endings(self, id: str, after: int = 0, limit: int = 1000) -> list[Ended]:
        answer = await self.client.get(f"{self.at}/sendouts/{id}/endings?after={after}&limit={limit}")
        return [Ended.model_validate(item) for item in answer.json()["endings"]]

    async def hooks(self, id: str, limit: int = 100) -> list[dict[str, Any]]:
        answer = await self.client.get(f"{self.at}/sendouts/{id}/hooks?limit={limit}")
        return [json.loads(hook) for hook in answer.json()["hooks"]]

    async def advance(self, minutes: float) -> None:
        answer = await self.client.post(f"{self.at}/clock", json={"advance_min": minutes})
        assert answer.status_code == 200, answer.text

    async def rows(self, hook: dict[str, Any]) -> list[dict[str, Any]]:
        answer = await self.client.get(hook["itemDownloadUri"])
        assert answer.status_code == 200, answer.text
        return [json.loads(line) for line in answer.text.splitlines()]

    async def post(self, address: str) -> int:
        return (await self.client.post(address)).status_code

    async def __aenter__(self) -> Connected:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.aclose()
