"""SigV4: our own signature equals botocore's for many requests, with and without a session token."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tests.providers.signing import cases, request_of
from workbench.providers.amazon_ses import sign

pytestmark = pytest.mark.oracle


async def test_our_signature_is_botocores(sdks: Path) -> None:
    made = cases(seed=7, count=600)
    script = Path(__file__).with_name("signatures.py")
    process = await asyncio.create_subprocess_exec(
        str(sdks), "-I", str(script),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, error = await process.communicate(json.dumps(made).encode())
    assert process.returncode == 0, error.decode()
    wanted = json.loads(out)
    assert len(wanted) == len(made)
    assert any(case["token"] for case in made)
    for case, headers in zip(made, wanted, strict=True):
        assert dict(sign(*request_of(case))) == headers, case
